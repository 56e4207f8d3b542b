from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.scoring import backtest
from playbook.chapters.scoring.backtest import Then, taken
from playbook.chapters.scoring.backtest_words import (
    backtest_findings,
    backtest_sentences,
    backtest_table,
    carried_sentences,
    carried_table,
)
from playbook.chapters.scoring.criteria import Sheet
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client
from playbook.settings.scoring import Criterion
from playbook.show.words import Words

WORDS = Words()
DATA = Path(__file__).parents[3] / "data"


def then_of(effects, n=3000, seed=1, noise=5.0):
    """A past day whose later margin follows the points by planted effects."""
    random = np.random.default_rng(seed)
    points = random.uniform(0, 10, (n, len(effects)))
    later = np.maximum(points @ np.array(effects, dtype=float) + random.normal(0, noise, n), 0)
    criteria = tuple(Criterion(name=f"c{place}", column="margin") for place in range(len(effects)))
    sheet = Sheet(criteria, (), points, points)
    frame = pd.DataFrame(
        {"score": sheet.score(), "revenue": points[:, 0], "rfm": points[:, -1], "chance": random.random(n)}
    )
    return Then(frame, sheet, later, random.integers(0, 64, n), 1)


def test_those_level_are_taken_in_part():
    assert taken(pd.Series([5, 3, 3, 3, 1]), 0.4).tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])


def test_what_is_captured_is_the_share_of_the_first_tenth_by_hand():
    then = then_of([1.0, 0.0], n=100, noise=0)
    first = np.argsort(-then.later)[:10]
    value, low, high = then.captured(then.later)
    assert value == pytest.approx(then.later[first].sum() / then.later.sum())
    assert low <= value <= high
    assert then.ahead(then.later, then.later) == (0.0, 0.0, 0.0)


def test_a_random_tenth_captures_a_tenth_within_its_range():
    value, low, high = then_of([1.0, 0.0]).at_random()
    assert value == 0.1
    assert 0.08 < low < 0.1 < high < 0.12


def test_the_criterion_that_carries_is_named_and_the_one_that_costs_too():
    then = then_of([3.0, 0.0, -1.0])
    carried = backtest._carried(then).set_index("criterion")
    assert carried.loc["c0", "adds_low"] > 0
    assert carried.loc["c2", "adds_high"] < 0
    assert carried.loc["c0", "alone"] > carried.loc["c1", "alone"] > carried.loc["c2", "alone"]


def test_without_a_past_that_is_said():
    found = {item.name: item for item in backtest_findings(None)}
    assert "could not be tried" in backtest_sentences(found, WORDS)[0]
    assert carried_sentences(found, WORDS) == []
    assert backtest_table(None, WORDS) is None
    assert carried_table(None, WORDS) is None


# The demo retailer ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo():
    chosen, folder = client.load("demo", DATA), DATA / "demo"
    sources = open_sources(chosen, folder)
    history = read_history(chosen, sources)
    yield history, sources, backtest.backtest(history, sources)
    sources.close()


def test_the_ranking_captures_more_later_margin_than_chance(demo):
    captured = demo[2].captured.set_index(["ranking", "share"])
    for share in backtest.SHARES:
        assert captured.loc[("score", share), "value"] > captured.loc[("random", share), "high"]
        assert captured.loc[("score", share), "low"] <= captured.loc[("score", share), "value"]


def test_the_backtest_knows_nothing_of_what_came_later(demo):
    history, sources, tried = demo
    chosen = history.settings.model_copy(update={"as_of": tried.as_of})
    past_sources = open_sources(chosen, DATA / "demo")
    past = read_history(chosen, past_sources)
    alone = backtest.ranked_then(history, sources, tried.as_of, tried.horizon_days)
    assert past.as_of == tried.as_of
    later = backtest._later_margin(past, tried.as_of, tried.horizon_days)
    past_sources.close()
    assert not later["later"].any()
    pd.testing.assert_series_equal(alone.customers["score"], tried.then.customers["score"])


def test_words_and_numbers_say_the_same(demo):
    found = {item.name: item for item in demo[2].findings()}
    said = " ".join(backtest_sentences(found, WORDS) + carried_sentences(found, WORDS))
    assert WORDS.percent(found["captured_score_10%"].value) in said
    assert "who is valuable, not who can be won" in said
    assert len(demo[2].table(WORDS).frame) == 5
    carried = demo[2].criteria_table(WORDS)
    assert len(carried.frame) == len(demo[2].then.sheet.names)
    assert "percentage points" in carried.headings["adds"]
    assert not carried.frame["adds"].str.contains("%").any()
