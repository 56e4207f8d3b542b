import numpy as np
import pandas as pd

from playbook.chapters.scoring.backtest import PastRanking, RankingBacktest, backtest_sentences
from playbook.chapters.scoring.comparisons import try_other_weights
from playbook.chapters.scoring.criteria import ScoreSheet, give_points
from playbook.chapters.scoring.ranking import Ranking
from playbook.chapters.scoring.sliders import WeightTrial, explore_weights
from playbook.settings.client import Settings
from playbook.settings.scoring import Criterion
from playbook.show.words import Words
from playbook.stats.result import CannotTell

WORDS = Words()
CRITERIA = (
    Criterion(name="a", column="margin"),
    Criterion(name="b", column="orders"),
    Criterion(name="d", column="discount_share", points=(0.1, 0.2, 0.4), better="low"),
)


def trial(n=300, more=0):
    random = np.random.default_rng(3)
    criteria = CRITERIA + tuple(Criterion(name=f"m{place}", column="margin") for place in range(more))
    values = random.random((n, len(criteria)))
    points = np.column_stack([give_points(values[:, place], one) for place, one in enumerate(criteria)])
    sheet = ScoreSheet(criteria, (), values, points)
    order = np.argsort(-sheet.score(), kind="stable")
    sheet = sheet.of(order)
    frame = pd.DataFrame({"customer_id": [f"k{i}" for i in range(n)], "score": sheet.score(), "apart": ""})
    frame["class"] = np.where(np.arange(n) < n // 5, "first", "budget")
    settings = Settings(client="A", tables={"orders": {"files": "o"}})
    past = PastRanking(frame, sheet, values[:, 0], random.integers(0, 64, n), 1)
    tried = RankingBacktest(None, 183, past, pd.DataFrame(), pd.DataFrame())
    ranking = Ranking(frame, sheet, frame, 0, 0.1, settings)
    return WeightTrial(ranking, tried, try_other_weights(ranking, WORDS), WORDS)


def chosen(one):
    return {name: knob.chosen for name, knob in one.knobs().items()}


def test_there_is_a_slider_for_each_weight_and_each_set_of_breakpoints():
    assert list(trial().knobs()) == ["weight_a", "weight_b", "weight_d", "stretch_d"]


def test_as_chosen_everybody_stays_first():
    one = trial()
    cells = list(one.ask(**chosen(one)).cells.values())
    assert cells[0] == "100%"
    assert cells[1] == WORDS.percent(one.stability.by_name["stability"].value)
    assert cells[2].startswith(WORDS.percent(one.tried.past.captured(one.ranking.sheet.score())[0]))


def test_a_weight_that_is_moved_moves_the_ranking_and_what_it_captures():
    one = trial()
    usual = one.ask(**chosen(one))
    moved = one.ask(**chosen(one) | {"weight_b": 0, "weight_d": 0})
    assert next(iter(moved.cells.values())) != "100%"
    assert list(moved.cells.values())[1] == "100%"
    best = one.tried.past.captured(one.ranking.sheet.points[:, 0])[0]
    assert list(moved.cells.values())[2].startswith(WORDS.percent(best))
    assert moved.draw().alt != usual.draw().alt


def test_breakpoints_are_stretched():
    one = trial()
    moved = one.ask(**chosen(one) | {"weight_a": 0, "weight_b": 0, "stretch_d": 2})
    marks = CRITERIA[2].model_copy(update={"points": (0.2, 0.4, 0.8)})
    expected = give_points(one.sheet.values[:, 2], marks)
    assert list(moved.cells.values())[2].startswith(WORDS.percent(one.tried.past.captured(expected)[0]))


def test_no_weights_at_all_have_no_answer():
    one = trial()
    assert set(one.ask(**dict.fromkeys(chosen(one), 0)).cells.values()) == {"–"}


def test_without_a_past_or_anybody_first_a_dash_stands_in_its_place():
    one = trial()
    assert (
        list(
            WeightTrial(one.ranking, CannotTell((), backtest_sentences), one.stability, WORDS)
            .ask(**chosen(one))
            .cells.values()
        )[2]
        == "–"
    )
    one.ranking.customers["class"] = "let_go"
    assert set(one.ask(**chosen(one)).cells.values()) == {"–"}


def test_in_a_report_it_is_a_table(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")
    one = trial()
    table = explore_weights(one.ranking, one.tried, one.stability, WORDS)
    assert len(table.frame) == 1 + 3 * 2 + 2
