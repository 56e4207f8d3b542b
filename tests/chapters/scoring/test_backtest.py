from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

from playbook.archive.findings import Finding
from playbook.chapters.scoring import backtest, suggested_weights
from playbook.chapters.scoring.backtest import Then, taken
from playbook.chapters.scoring.backtest_words import (
    backtest_findings,
    backtest_sentences,
    backtest_table,
    carried_sentences,
    carried_table,
)
from playbook.chapters.scoring.criteria import Sheet
from playbook.chapters.scoring.suggested_weights import (
    suggestion_findings,
    suggestion_sentences,
    suggestion_table,
)
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


def test_suggested_weights_find_the_planted_effects():
    found = suggested_weights.suggest(then_of([3.0, 1.0, 0.0]))
    weights = found.weights.set_index("criterion")["suggested"]
    assert weights["c0"] > 2 * weights["c1"] > 0
    assert weights["c2"] < 0.15
    assert weights.mean() == pytest.approx(1)
    assert found.verdict == "better"


def test_with_little_to_learn_from_the_suggestion_stays_nearer_to_the_chosen_weights():
    far = {
        n: np.mean(
            [
                np.abs(
                    suggested_weights.fit_weights(then.sheet.points, then.later, np.ones(3)) - [1.5, 1, 0.5]
                )
                for then in (then_of([1.5, 1.0, 0.5], n=n, seed=seed, noise=30) for seed in range(15))
            ]
        )
        for n in (60, 600, 6000)
    }
    plain = []
    for seed in range(15):
        then = then_of([1.5, 1.0, 0.5], n=60, seed=seed, noise=30)
        centred = then.sheet.points - then.sheet.points.mean(axis=0)
        weights, _ = nnls(centred, then.later - then.later.mean())
        plain.append(np.abs(weights / weights.mean() - [1.5, 1, 0.5]).mean())
    assert far[6000] < far[600] < far[60] < np.mean(plain)


def test_no_weights_are_suggested_where_the_score_says_nothing():
    assert suggested_weights.suggest(then_of([-1.0, -2.0])) is None
    found = {item.name: item for item in suggestion_findings(None)}
    assert suggestion_sentences(found, WORDS) == ["No weights can be suggested from the past."]
    assert suggestion_table(None, WORDS) is None


def test_equal_effects_give_no_reason_to_change():
    found = suggested_weights.suggest(then_of([1.0, 1.0, 1.0], noise=15))
    assert found.verdict in ("level", "worse")
    said = suggestion_sentences({item.name: item for item in found.findings()}, WORDS)[0]
    assert "keep" in said or "no reason to change" in said


def test_the_two_figures_of_the_chosen_weights_are_told_apart():
    found = {item.name: item for item in suggested_weights.suggest(then_of([3.0, 1.0, 0.0])).findings()}
    quarters = found["chosen_weights_captured"].value
    assert len(suggestion_sentences(found, WORDS)) == 1
    whole = Finding("captured_score_10%", round(quarters - 0.05, 4), unit="share")
    first, second = suggestion_sentences(found | {whole.name: whole}, WORDS)
    ahead = found["suggested_weights_ahead"]
    assert f"{WORDS.number(100 * ahead.high, 1)} percentage points" in first
    assert WORDS.percent(whole.value, 1) in second
    assert second.count(WORDS.percent(quarters, 1)) == 2
    same = Finding(whole.name, quarters, unit="share")
    assert len(suggestion_sentences(found | {whole.name: same}, WORDS)) == 1


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
