import numpy as np
import pandas as pd
import pytest

from playbook.chapters.scoring.criteria import ScoreSheet
from playbook.chapters.scoring.let_go import let_go_reasons, whom_to_let_go
from playbook.chapters.scoring.ranking import Ranking
from playbook.settings.client import Settings
from playbook.settings.scoring import Criterion
from playbook.show.words import Words

WORDS = Words()


@pytest.fixture
def ranking():
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "margin": [10.0, 40.0, 30.0],
            "silence_days": [400, 500, 600],
            "second_lifetime_value": [9.0, -2.0, 3.0],
            "return_probability": [0.2, 0.05, 0.01],
            "best_profit": [1.0, -0.5, -0.25],
            "class": ["first", "let_go", "let_go"],
        }
    )
    sheet = ScoreSheet((Criterion(name="x", column="margin"),), (), np.zeros((3, 1)), np.zeros((3, 1)))
    settings = Settings(client="A", tables={"orders": {"files": "o"}})
    return Ranking(customers, sheet, customers, 0, 1.2, settings)


def plain(text):
    return text.replace("\xa0", " ")


def test_each_let_go_has_a_reason_made_from_its_own_numbers(ranking):
    said = [plain(text) for text in let_go_reasons(ranking.of("let_go"), WORDS)]
    assert said == [
        "would bring no margin if back",
        "worth CHF 3.00 if back, 1.0% return unaided: even the best offer loses CHF 0.25",
    ]


def test_what_contacting_them_would_have_cost_is_said(ranking):
    said = plain(whom_to_let_go(ranking).sentences(WORDS)[0])
    assert said.startswith("2 customers are better left to competitors: past margin CHF 70 in all.")
    assert "would have cost CHF 2.40" in said
    assert "would lose CHF 0.75" in said


def test_the_list_names_those_with_the_highest_past_margin_first(ranking):
    assert whom_to_let_go(ranking).table(WORDS).frame["customer_id"].tolist() == ["b", "c"]


def test_where_nobody_is_let_go_the_reason_is_said(ranking):
    ranking.customers["class"] = "budget"
    assert "cheapest contact costs" in whom_to_let_go(ranking).sentences(WORDS)[0]
    assert whom_to_let_go(ranking).table(WORDS) is None
