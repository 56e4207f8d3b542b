from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.scoring import backtest, try_on_past, which_carried
from playbook.chapters.scoring.backtest import PastRanking, RankingBacktest, taken
from playbook.chapters.scoring.criteria import ScoreSheet
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client
from playbook.settings.scoring import Criterion
from playbook.show.words import Words
from tests.chapters.scoring.histories import history_of

WORDS = Words()
DATA = Path(__file__).parents[3] / "data"


def past_of(effects, n=3000, seed=1, noise=5.0):
    """A past day whose later margin follows the points by planted effects."""
    random = np.random.default_rng(seed)
    points = random.uniform(0, 10, (n, len(effects)))
    later = np.maximum(points @ np.array(effects, dtype=float) + random.normal(0, noise, n), 0)
    criteria = tuple(Criterion(name=f"c{place}", column="margin") for place in range(len(effects)))
    sheet = ScoreSheet(criteria, (), points, points)
    frame = pd.DataFrame(
        {"score": sheet.score(), "revenue": points[:, 0], "rfm": points[:, -1], "chance": random.random(n)}
    )
    return PastRanking(frame, sheet, later, random.integers(0, 64, n), 1)


def test_those_level_are_taken_in_part():
    assert taken(pd.Series([5, 3, 3, 3, 1]), 0.4).tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])


def test_what_is_captured_is_the_share_of_the_first_tenth_by_hand():
    past = past_of([1.0, 0.0], n=100, noise=0)
    first = np.argsort(-past.later)[:10]
    value, low, high = past.captured(past.later)
    assert value == pytest.approx(past.later[first].sum() / past.later.sum())
    assert low <= value <= high
    assert past.ahead(past.later, past.later) == (0.0, 0.0, 0.0)


def test_a_random_tenth_captures_a_tenth_within_its_range():
    value, low, high = past_of([1.0, 0.0]).at_random()
    assert value == 0.1
    assert 0.08 < low < 0.1 < high < 0.12


def test_the_criterion_that_carries_is_named_and_the_one_that_costs_too():
    tried = RankingBacktest(date(2024, 1, 1), 183, past_of([3.0, 0.0, -1.0]), pd.DataFrame(), pd.DataFrame())
    carried = which_carried(tried)
    alone = carried.criteria.set_index("criterion")["alone"]
    assert alone["c0"] > alone["c1"] > alone["c2"]
    assert [item.value for item in carried.findings()] == [["c0"], ["c2"]]
    assert carried.sentences(WORDS)[0] == "Carried the ranking beyond chance: c0."
    assert carried.sentences(WORDS)[1].endswith("would have brought more, beyond chance: c2.")


def test_without_a_past_that_is_said():
    tried = try_on_past(history_of([("a", "2024-01-01", 5), ("b", "2024-02-01", 5)]), None)
    assert "could not be tried" in tried.sentences(WORDS)[0]
    assert tried.by_name["score_ahead_of_revenue"].verdict == "untried"
    carried = which_carried(tried)
    assert carried.findings() == carried.sentences(WORDS) == []
    assert tried.table(WORDS) is None and carried.table(WORDS) is None


# The demo retailer ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo():
    chosen, folder = client.load("demo", DATA), DATA / "demo"
    sources = open_sources(chosen, folder)
    history = read_history(chosen, sources)
    yield history, sources, try_on_past(history, sources)
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
    alone = backtest.rank_as_of(history, sources, tried.as_of, tried.horizon_days)
    assert past.as_of == tried.as_of
    later = backtest._later_margin(past, tried.as_of, tried.horizon_days)
    past_sources.close()
    assert not later["later"].any()
    pd.testing.assert_series_equal(alone.customers["score"], tried.past.customers["score"])


def test_words_and_numbers_say_the_same(demo):
    tried = demo[2]
    said = " ".join(tried.sentences(WORDS))
    assert WORDS.percent(tried.by_name["captured_score_10%"].value) in said
    assert "who is valuable, not who can be won" in said
    assert len(tried.table(WORDS).frame) == 5
    carried = which_carried(tried).table(WORDS)
    assert len(carried.frame) == len(tried.past.sheet.names)
    assert "percentage points" in str(carried)
    assert not carried.frame["adds"].str.contains("%").any()
