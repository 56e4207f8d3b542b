import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_waltons
from lifelines.statistics import multivariate_logrank_test

from playbook.settings.client import Settings, Survival
from playbook.stats.inactivity import cut, inactivity
from playbook.stats.survival import ShardCounts, kaplan_meier, log_rank, shard_weights


def counts(durations, returned, shards=None):
    frame = pd.DataFrame(
        {"duration": durations, "returned": returned, "shard": 0 if shards is None else shards}
    )
    return frame.groupby(["shard", "duration", "returned"]).size().rename("n").reset_index()


@pytest.fixture
def exponential():
    """20,000 spells with a mean of 50 days, followed for 400, of customers in 64 shards."""
    rng = np.random.default_rng(7)
    waits = rng.exponential(50, 20_000).astype(int)
    return counts(np.minimum(waits, 400), waits < 400, rng.integers(0, 64, len(waits)))


def test_the_curve_from_counts_is_lifelines_on_rows():
    waltons = load_waltons()
    rows = KaplanMeierFitter().fit(waltons["T"], waltons["E"])
    grouped = kaplan_meier(counts(waltons["T"].astype(int), waltons["E"].astype(bool)))
    expected = rows.survival_function_.iloc[:, 0]
    assert [grouped.at(day) for day in expected.index] == pytest.approx(expected.to_list(), abs=1e-12)
    assert rows.median_survival_time_ == 56  # as lifelines' documentation prints it


def test_spells_that_are_followed_from_a_later_day_count_only_from_then_on():
    rng = np.random.default_rng(2)
    entry = rng.integers(0, 40, 500) * (rng.random(500) < 0.5)
    rows = pd.DataFrame({"entry": entry, "duration": entry + rng.integers(1, 90, 500)})
    rows = rows.assign(returned=rng.random(500) < 0.7, shard=rng.integers(0, 64, 500))
    grouped = rows.groupby(list(rows)).size().rename("n").reset_index()
    theirs = KaplanMeierFitter().fit(rows["duration"], rows["returned"], entry=rows["entry"])
    curve = kaplan_meier(grouped)
    days = np.arange(1, 120)
    assert [curve.at(day) for day in days] == pytest.approx(theirs.predict(days).to_list(), abs=1e-12)
    resampled = ShardCounts.of(grouped).survival(np.ones((1, 64)))[0]
    assert resampled[days] == pytest.approx([curve.at(day) for day in days], abs=1e-9)


def test_a_curve_is_cut_off_after_a_day_and_knows_its_interval_at_each(exponential):
    curve = kaplan_meier(exponential)
    early = curve.until(30)
    assert early.days[-1] == 30 and len(early.low) == len(early.days)
    survival, low, high = curve.interval_at(30.5)
    assert low < survival == early.survival[-1] < high
    assert curve.interval_at(-1) == (1, 1, 1)


def test_the_resampled_curve_with_every_shard_once_is_the_curve(exponential):
    once = ShardCounts.of(exponential).survival(np.ones((1, 64)))[0]
    curve = kaplan_meier(exponential)
    assert [curve.at(day) for day in range(len(once))] == pytest.approx(once, abs=1e-9)


def test_the_cut_is_where_nine_in_ten_of_the_returns_have_come(exponential):
    found = cut(exponential, Survival(longest_days=250), seed=1)
    everybody = 1 - np.exp(-250 / 50)
    expected = -50 * np.log(1 - 0.9 * everybody)
    assert found.days == pytest.approx(expected, abs=4)
    assert found.low <= expected + 1 and expected - 2 <= found.high
    assert found.followed_days == 250
    assert found.still_to_return == pytest.approx(0.1 * everybody / (1 - 0.9 * everybody), abs=0.02)
    assert not found.still_falling


def test_a_curve_that_still_falls_is_said_to(exponential):
    assert cut(exponential, Survival(longest_days=60), seed=1).still_falling


def test_the_curve_is_read_only_while_enough_are_followed():
    frame = counts([10] * 50 + [20] * 100 + [30] * 99, [True] * 249)
    assert cut(frame, Survival(), seed=1).followed_days == 20
    assert cut(frame, Survival(longest_days=15), seed=1).followed_days == 15
    assert cut(frame, Survival(least_at_risk=500), seed=1) is None


def test_too_few_spells_or_nobody_back_give_no_cut(exponential):
    assert cut(exponential.head(5).assign(n=1), Survival(), seed=1) is None
    assert cut(exponential.assign(returned=False), Survival(), seed=1) is None


def test_the_same_seed_draws_the_same_shards():
    assert (shard_weights(10, 3) == shard_weights(10, 3)).all()
    assert (shard_weights(10, 3) != shard_weights(10, 4)).any()
    assert (shard_weights(10, 3).sum(axis=1) == 64).all()


def test_the_interval_covers_the_cut_of_the_process_it_came_from():
    truth, covered = -50 * np.log(1 - 0.9 * (1 - np.exp(-150 / 50))), 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        people = rng.integers(0, 400, 3000)  # several spells each, so spells of one customer hang together
        waits = rng.exponential(50, 3000)
        frame = counts(np.minimum(np.ceil(waits), 150).astype(int), waits < 150, people % 64)
        found = cut(frame, Survival(longest_days=149, bootstrap_draws=200), seed=seed)
        covered += found.low - 1 <= truth <= found.high + 1
    assert covered >= 34


def test_the_interval_holds_the_truth_where_late_orders_are_those_of_frequent_buyers():
    second = counts([*range(1, 401)] * 2 + [400] * 200, [True] * 800 + [False] * 200)
    fifth = counts(list(range(1, 41)) * 90 + [100] * 350 + [400] * 50, [True] * 3600 + [False] * 400)
    frame = pd.concat([second.assign(order_number=2), fifth.assign(order_number=5)])
    # each count in every shard alike: what is left of the interval is the censoring
    frame = pd.concat([frame.assign(shard=shard) for shard in range(64)])
    truth = 180  # 3600 by day 40 and two a day make nine in ten of 4400
    pooled = cut(frame.drop(columns="order_number"), Survival(), seed=1)
    assert pooled.low > truth + 30
    found = cut(frame, Survival(), seed=1)
    assert found.low == pytest.approx(truth, abs=2)
    assert (found.days, found.high) == (pooled.days, pooled.high)


@pytest.mark.parametrize(("given", "days", "source"), [(200, 200, "settings"), (None, 365, "assumed")])
def test_settings_beat_data_and_too_few_data_fall_back(given, days, source):
    frame = counts([5, 9], [True, False]).assign(order_number=2)
    orders = {"files": "x.csv"}
    settings = Settings(client="A", tables={"orders": orders}, inactivity_days=given)
    found = inactivity(frame, settings)
    assert (found.days, found.source, found.cut) == (days, source, None)


def test_the_log_rank_test_agrees_with_lifelines_where_spells_are_independent():
    rng = np.random.default_rng(5)
    group = rng.integers(0, 3, 6000)
    wait = np.ceil(rng.exponential(50 * np.array([1, 1.04, 1.08])[group]))
    rows = pd.DataFrame(
        {
            "group": group,
            "shard": rng.integers(0, 64, 6000),
            "duration": np.minimum(wait, 90).astype(int),
            "returned": wait <= 90,
        }
    )
    counts = rows.groupby(list(rows)).size().rename("n").reset_index()
    mine = log_rank(counts)
    theirs = multivariate_logrank_test(rows["duration"], rows["group"], rows["returned"])
    assert mine.p == pytest.approx(theirs.p_value, abs=0.05)
    assert mine.statistic * 2 == pytest.approx(theirs.test_statistic, rel=0.35)


def test_spells_of_the_same_customers_are_not_taken_for_independent():
    """Customers with a rhythm of their own, ten spells each, and no difference between groups."""
    rejected, naive = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        customer = np.repeat(np.arange(400), 10)
        rhythm = rng.gamma(2, 30, 400)
        wait = np.ceil(rng.exponential(rhythm[customer])).astype(int)
        rows = pd.DataFrame(
            {"group": customer % 2, "shard": rng.integers(0, 64, 400)[customer], "duration": wait}
        ).assign(returned=True)
        counts = rows.groupby(list(rows)).size().rename("n").reset_index()
        rejected += log_rank(counts).p < 0.05
        naive += multivariate_logrank_test(wait, customer % 2, np.ones(len(wait))).p_value < 0.05
    assert rejected <= 7
    assert naive >= 15
