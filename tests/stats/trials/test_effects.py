"""Differences between arms: their intervals, adjusted, drawn again and corrected for several arms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from playbook.stats.trials.effects import (
    Effect,
    adjust,
    bootstrap,
    correct,
    difference_skewness,
    harm,
    skewed,
    symmetric,
    welch,
)
from tests.trials import client_of, contacts_of, ids, judged, orders_of


def test_the_interval_is_welchs():
    random = np.random.default_rng(2)
    yes, no = random.normal(1, 3, 400), random.normal(0, 1, 100)
    values, treated = np.concatenate([yes, no]), np.repeat([True, False], [400, 100])
    effect = welch(values, treated, np.ones(500), "margin", 90, 30)
    a, b = yes.var(ddof=1) / 400, no.var(ddof=1) / 100
    assert effect.se == pytest.approx(np.sqrt(a + b))
    from scipy.stats import t

    freedom = (a + b) ** 2 / (a**2 / 399 + b**2 / 99)
    assert effect.freedom == pytest.approx(freedom)
    reach = t.ppf(0.975, freedom) * np.sqrt(a + b)
    assert effect.high - effect.low == pytest.approx(2 * reach, rel=0.01)
    assert (effect.high + effect.low) / 2 == pytest.approx(effect.value, abs=0.05 * reach)  # hardly skewed


def test_a_long_tail_moves_both_bounds_to_the_side_of_the_smaller_arms_tail():
    random = np.random.default_rng(3)
    values = np.where(random.random(3000) < 0.2, random.lognormal(3, 1.2, 3000), 0.0)
    treated = np.arange(3000) < 2700
    effect = welch(values, treated, values, "margin", 90, 30)
    assert (effect.low + effect.high) / 2 < effect.value
    for u in (-2.0, 0.3, 2.5):
        assert skewed(symmetric(u, effect.skewness), effect.skewness) == pytest.approx(u)


def test_a_small_arm_without_its_large_amounts_still_has_its_bound_moved_out():
    random = np.random.default_rng(3)
    large = np.where(random.random(2700) < 0.2, random.lognormal(3, 1.2, 2700), 0.0)
    small = np.where(np.arange(300) < 60, 60.0 + np.arange(300) % 7, 0.0)
    values, treated = np.concatenate([large, small]), np.arange(3000) < 2700
    effect = welch(values, treated, values, "margin", 90, 30)
    below, above = effect.value - effect.low, effect.high - effect.value
    shape = ((small - small.mean()) ** 3).mean() / small.std() ** 3
    alone = -shape * small.std() ** 3 / 300**2 / effect.se**3
    assert effect.skewness < alone
    assert below > 1.05 * above


def test_the_shape_of_one_arm_alone_counts_where_the_other_has_no_spread():
    found = difference_skewness((100, 50), (4.0, 0.0), (16.0, 0.0), 0.2)
    assert found == pytest.approx(16.0 / 100**2 / 0.2**3)


def test_the_adjusted_interval_moves_out_as_welchs_does():
    random = np.random.default_rng(5)
    values = np.where(random.random(3000) < 0.1, random.lognormal(3, 1.2, 3000), 0.0)
    treated = np.arange(3000) < 2700
    effect = adjust(
        welch(values, treated, values, "margin", 90, 30), values, treated, random.random((3000, 2))
    )
    below, above = effect.adjusted - effect.adjusted_low, effect.adjusted_high - effect.adjusted
    assert below > 1.05 * above
    assert below / above == pytest.approx((effect.value - effect.low) / (effect.high - effect.value), rel=0.3)


def test_no_interval_below_thirty_buyers_in_the_smaller_arm():
    values = np.zeros(1000)
    values[:100], values[900:903] = 5.0, 5.0
    treated = np.arange(1000) < 900
    assert not welch(values, treated, values, "margin", 90, 30).has_interval
    assert welch(values, treated, values, "margin", 90, 10).has_interval


@tries(max_examples=30, deadline=None)
@given(st.integers(1, 10_000))
def test_the_bootstrap_agrees_with_the_formula(seed):
    random = np.random.default_rng(seed)
    values = np.where(random.random(4000) < 0.1, random.gamma(2, 20, 4000), 0.0)
    treated = np.arange(4000) < 2500
    effect = welch(values, treated, values, "margin", 90, 30)
    drawn = bootstrap(values[:, None], treated, 1500, seed)[:, 0]
    assert drawn.mean() == pytest.approx(effect.value, abs=4 * effect.se / np.sqrt(1500) + 1e-9)
    assert drawn.std(ddof=1) == pytest.approx(effect.se, rel=0.10)


def test_several_arms_are_corrected_as_holm_orders_them():
    def effect(value, p):
        low, high = value - 1.96, value + 1.96
        return Effect("margin", "money", 90, 99, 99, 0, 0, value, 99, 1.0, low, high, p)

    clear, close, nothing = correct([effect(4.0, 0.0001), effect(2.1, 0.036), effect(0.1, 0.9)])
    assert clear.corrected_low == pytest.approx(4.0 - 2.394, abs=0.01)  # 5% over three
    assert close.corrected_low < 0 < close.low  # 5% over two is not reached
    assert nothing.corrected_high - nothing.corrected_low > 2 * 1.96


def test_adjustment_for_what_was_before_narrows_the_interval():
    random = np.random.default_rng(3)
    people = ids("A", 1200)
    past = random.gamma(2, 30, 1200)
    after = past * 0.4 + random.gamma(2, 2, 1200)
    orders = orders_of((people, -200, past), (people, 20, after))
    client = client_of(orders, contacts_of(people[::2], people[1::2]))
    main = judged(client).main
    assert main.adjusted_high - main.adjusted_low < 0.8 * (main.high - main.low)


def test_harm_needs_no_number_of_cases():
    values = np.zeros(1000)
    values[:40] = 1
    effect = harm(values, np.arange(1000) < 500, "unsubscribe", 90)
    assert effect.value == pytest.approx(0.08)
    assert 0.05 < effect.low < 0.08 < effect.high < 0.11
