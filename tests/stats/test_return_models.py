"""The models of who returns and their level, each on its own: boosting, pooled regression, season."""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from playbook.chapters import churn
from playbook.records.history import read_history
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.stats import boosting, return_probability
from playbook.stats.boosting import fit_boosting
from playbook.stats.landmarks import came_within, describe, followed_through
from playbook.stats.pooled import fit_pooled
from playbook.stats.season import (
    KNOT_SPREADS,
    KNOTS,
    LEVEL_YEARS,
    PRIOR_FREEDOM,
    SEASON_SPREAD,
    Outcome,
    find_level,
)
from playbook.stats.survival_model import Covariates, chance, fit_waits
from tests.benchmarks.clients import came_within as came_after
from tests.benchmarks.return_worlds import WORLDS

HORIZON = 183


def followed_rows(n=6000, seed=1):
    """Customers whose chance to return jumps at 60 days of silence, which no smooth model says."""
    random = np.random.default_rng(seed)
    orders, silence = 1 + random.poisson(2, n), random.integers(0, 300, n)
    returned = random.random(n) < np.where(silence < 60, 0.8, 0.1)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(n)],
            "orders": orders,
            "silence": silence,
            "age": silence + 30 * (orders - 1),
            "squared_gaps": 900 * (orders - 1),
            "amount": 10.0 * orders,
            "recent": 1,
            "season": 0,
            "wait": np.where(returned, random.integers(1, HORIZON + 1, n), HORIZON),
            "returned": returned,
            "shard": np.arange(n) % 64,
        }
    )


def test_covariates_in_bins_give_the_trees_that_would_be_grown_on_their_values(monkeypatch):
    rows = followed_rows()
    rows["amount"] *= 1 + np.random.default_rng(2).random(len(rows))  # more values than bins
    waits = fit_waits(rows, HORIZON)
    design, found = waits.covariates.design(rows), []
    for most in (boosting.MOST_BINS, len(rows)):
        monkeypatch.setattr(boosting, "MOST_BINS", most)
        model = fit_boosting(rows, waits, HORIZON, seed=1)
        found.append((model.log_hazard(design), sum(map(len, model.edges))))
    assert np.array_equal(found[0][0], found[1][0])
    assert found[0][1] > 0 == found[1][1]


def test_the_boosting_finds_a_jump_and_is_the_same_on_any_number_of_threads():
    rows = followed_rows()
    waits, found = fit_waits(rows, HORIZON), []
    for threads in (1, 2):
        with threadpool_limits(threads):
            model = fit_boosting(rows, waits, HORIZON, seed=1)
            found.append(chance(model.log_hazard(waits.covariates.design(rows))))
    assert (found[0] == found[1]).all()
    just, beyond = (found[0][rows["silence"].between(*days)].mean() for days in ((50, 59), (60, 69)))
    assert just == pytest.approx(0.8, abs=0.06) and beyond == pytest.approx(0.1, abs=0.06)


def test_the_chance_is_the_mean_of_both_models_on_the_log_hazard():
    world = WORLDS["yearly givers, in October"]
    model = return_probability.fit(return_probability.seen_from(world.make(0), world.as_of), HORIZON)
    assert model.method == "averaged"
    design = model.waits.covariates.design(model.today)
    both = (model.waits.log_hazard(design, HORIZON) + model.boosted.log_hazard(design)) / 2
    expected = chance(both + model.level.shift(model.today["silence"].to_numpy(float)))
    assert model.predict(model.today.reset_index()) == pytest.approx(expected)


def test_the_boosting_comes_down_to_those_who_hardly_ever_return():
    rows = followed_rows(20_000)
    random = np.random.default_rng(5)
    gone = rows["silence"] > 250
    rows["returned"] &= ~gone | (random.random(len(rows)) < 0.05)
    waits = fit_waits(rows, HORIZON)
    found = chance(fit_boosting(rows, waits, HORIZON, seed=1).log_hazard(waits.covariates.design(rows)))
    assert found[gone].sum() < 2 * came_within(rows, HORIZON)[gone].sum()


def test_customers_contacted_early_do_not_pull_the_share_of_returners():
    rows = followed_rows(40_000)
    random = np.random.default_rng(2)
    contact = np.where(random.random(len(rows)) < 0.5, random.integers(1, HORIZON, len(rows)), HORIZON + 1)
    cut = contact < rows["wait"]
    seen = rows.assign(wait=rows["wait"].mask(cut, contact), returned=rows["returned"] & ~cut)
    kept = came_within(followed_through(seen, HORIZON, 1), HORIZON).mean()
    truth = came_within(rows, HORIZON).mean()
    dropped = came_within(seen[~cut], HORIZON).mean()
    assert abs(kept - truth) < 0.3 * min(abs(dropped - truth), abs(came_within(seen, HORIZON).mean() - truth))


def test_the_pooled_regression_carries_a_short_span_on_and_varies_with_customers():
    rows = followed_rows(150)
    model = fit_pooled(rows, 2 * HORIZON, HORIZON, seed=1)
    design = model.covariates.design(rows)
    span, twice = (np.exp(model.log_hazard(design, days)) for days in (HORIZON, 2 * HORIZON))
    assert twice == pytest.approx(2 * span)
    drawn = chance(model.drawn(design, HORIZON, 100, 1)).sum(axis=0)
    assert came_within(rows, HORIZON).sum() == pytest.approx(chance(np.log(span)).sum(), rel=0.02)
    assert 3 < drawn.std() < 12
    assert fit_pooled(rows.assign(returned=False), HORIZON, HORIZON, seed=1) is None


def outcome(shift, variance=0.001):
    return Outcome(np.full(len(KNOTS), float(shift)), variance * np.eye(len(KNOTS)))


def test_a_client_whose_seasons_differed_gets_the_wider_interval():
    def level(swing):
        past = [(-1) ** k * swing for k in range(10)]
        before = {("before", k): outcome(0) for k in range(10)}
        return find_level({("same", k): outcome(past[k]) for k in range(1, 10)} | before, HORIZON, HORIZON)

    steady, swinging = level(0.0), level(0.8)
    assert steady.freedom == swinging.freedom == PRIOR_FREEDOM + 8
    assert steady.covariance[0, 0] < (SEASON_SPREAD**2 + KNOT_SPREADS[0] ** 2) / 2
    assert 0.6 < np.sqrt(swinging.covariance[0, 0]) < 1.3
    assert swinging.covariance[0, 2] > 0.8 * swinging.covariance[0, 0]


def test_what_is_chance_of_who_was_seen_is_no_spread_of_years():
    def width(noise):
        past = [(-1) ** k * 0.3 for k in range(10)]
        same = {("same", k): outcome(past[k], noise) for k in range(1, 10)}
        before = {("before", k): outcome(0) for k in range(10)}
        level = find_level(same | before, HORIZON, HORIZON)
        return level.covariance[0, 0] - noise / LEVEL_YEARS

    assert width(0.09) < 0.75 * width(0.001)


def test_a_level_is_as_sure_as_who_was_seen_however_it_is_held_together():
    frame = pd.DataFrame({"silence": np.full(400, 60.0), "shard": 0})
    few = Outcome.of(np.full(400, np.log(0.01)), (np.arange(400) < 4).astype(float), frame)
    assert np.diag(few.covariance) == pytest.approx(0.3, abs=0.15)


def test_a_drift_is_followed_as_far_as_it_is_more_than_chance():
    same = {("same", k): outcome(1) for k in (1, 2)}

    def expected(variance):
        before = {("before", k): outcome(-2) for k in (1, 2)} | {("before", 0): outcome(-1, variance)}
        return find_level(same | before, HORIZON, HORIZON).shifts[0]

    assert expected(0.001) == pytest.approx(2, abs=0.05)
    assert expected(5.0) == pytest.approx(1, abs=0.1)


def estimates(name, seed):
    world = WORLDS[name]
    history = world.make(seed)
    past = return_probability.seen_from(history, world.as_of)
    model = return_probability.fit(past, HORIZON)
    seen = model.today.reset_index()
    came = came_after(history, world.as_of, HORIZON, seen["customer_id"])
    return model, past, seen, came


@pytest.mark.parametrize("name", ["December shop, in November", "December shop, in January"])
def test_a_shop_of_one_season_is_judged_by_that_season(name):
    model, past, seen, came = estimates(name, 1)
    expected, low, high = model.expected_buyers(seen)
    assert low <= came.sum() <= high
    assert abs(expected - came.sum()) < 0.2 * came.sum() + 5
    tried = churn.try_on_past(past, churn.find_threshold(past))
    assert tried.as_of == past.as_of - timedelta(days=365)
    everybody = tried.groups.iloc[0]
    assert everybody["low"] <= everybody["actual"] <= everybody["high"]


def test_of_sixty_business_customers_the_lapsed_are_not_given_the_chance_of_the_active():
    held, ratios = 0, []
    for seed in range(5):
        model, _, seen, came = estimates("60 business customers", seed)
        assert model.method == "pooled"
        lapsed = (seen["silence"] > 180).to_numpy()
        expected, low, high = model.expected_buyers(seen[lapsed])
        held += low <= came[lapsed].sum() <= high
        ratios.append((expected, came[lapsed].sum()))
    assert held >= 4
    expected, actual = np.sum(ratios, axis=0)
    assert expected < 2 * actual + 5


def test_a_young_record_is_tried_one_horizon_earlier():
    world = WORLDS["marketplace, 95% once"]
    past = return_probability.seen_from(world.make(0), date(2013, 6, 15))
    tried = churn.try_on_past(past, churn.find_threshold(past))
    assert tried.as_of == past.as_of - timedelta(days=HORIZON)


def test_who_complained_or_came_by_another_channel_returns_less_where_the_record_says_so():
    rows = followed_rows(8000).assign(sales_channel="shop", complaints=0.0, complained=0.0)
    random = np.random.default_rng(4)
    fair, complained = random.random(len(rows)) < 0.3, (random.random(len(rows)) < 0.1).astype(float)
    rows["sales_channel"] = np.where(fair, "fair", "shop")
    rows = rows.assign(complaints=complained, complained=complained)
    stays = random.random(len(rows)) < np.where(fair | (complained > 0), 0.3, 1.0)
    rows["returned"] &= stays
    covariates = Covariates.of(rows, HORIZON)
    assert {"sales_channel=fair", "complained"} <= set(covariates.names)
    model = fit_waits(rows, HORIZON)
    found = chance(model.log_hazard(covariates.design(rows), HORIZON))
    assert found[fair].mean() < 0.5 * found[~fair].mean()
    few = rows[fair].head(3)
    assert covariates.design(few).tolist() == covariates.design(rows)[fair][:3].tolist()


def test_complaints_and_first_channel_are_those_known_on_the_day():
    lines = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "ordered_at": pd.to_datetime(["2024-01-05", "2024-05-01", "2024-01-10"]),
            "amount": 10.0,
            "sales_channel": ["shop", "online", None],
        }
    )
    told = pd.DataFrame(
        {"customer_id": "a", "happened_at": pd.to_datetime(["2024-02-01", "2024-06-01"]), "kind": "complaint"}
    )
    connection = ibis.duckdb.connect()
    orders, events = (connection.create_table(n, ibis.memtable(t)) for n, t in (("o", lines), ("e", told)))
    orders = orders.mutate(
        ordered_at=orders.ordered_at.cast("date"), amount=orders.amount.cast("decimal(18, 4)")
    )
    events = events.mutate(happened_at=events.happened_at.cast("date"))
    settings = Settings(client="c", tables={"orders": {"files": "none"}})
    history = read_history(settings, Sources(connection, orders, events=events))
    seen = describe(history, [date(2024, 3, 1), date(2024, 5, 1)], HORIZON)
    assert seen["sales_channel"].tolist() == ["shop", "", "shop", ""]
    assert seen["complaints"].tolist() == [1, 0, 1, 0] and seen["complained"].tolist() == [1, 0, 0, 0]
