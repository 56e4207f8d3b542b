"""What an offer does to a return, and what it is worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.offers.catalogue import Offer
from playbook.offers.response import (
    best_optimistic_profit,
    expected_profit,
    incentive_return,
    incentive_staying,
    profit_of,
    staying,
    with_offer,
)
from playbook.settings.client import Settings

SETTINGS = Settings.model_validate({"client": "x", "tables": {"orders": {}}, "discount_rate": 0.08})
SHARES = st.floats(0, 1, allow_nan=False)


def offer(**changes) -> Offer:
    given = {
        "name": "Letter",
        "kind": "material",
        "channel": "letter",
        "cost": 2.0,
        "responsible": "marketing",
        "response": {"points": 0.05, "low": 0.01, "high": 0.1},
    }
    return Offer.model_validate(given | changes)


def test_points_are_added_alike_to_everybody_and_clipped():
    assert with_offer(np.array([0.0, 0.2, 0.98]), 0.05, "points") == pytest.approx([0.05, 0.25, 1.0])


def test_the_odds_ratio_adds_the_same_points_at_the_mean_and_most_in_the_middle():
    p0 = np.array([0.02, 0.2, 0.5, 0.96])
    added = with_offer(p0, 0.1, "odds", reference=0.2) - p0
    assert added[1] == pytest.approx(0.1)
    assert added[2] > added[1] > added[0] > 0
    assert added[3] < added[2]


@given(p0=SHARES, points=st.floats(-1, 1), reference=SHARES, form=st.sampled_from(["points", "odds"]))
def test_a_probability_stays_one_whatever_the_form(p0, points, reference, form):
    p1 = float(with_offer(np.array([p0]), points, form, reference)[0])
    assert 0 <= p1 <= 1
    assert (p1 - p0) * points >= -1e-9


def test_without_a_reference_the_odds_are_calibrated_at_the_mean_of_those_given():
    p0 = np.array([0.1, 0.3, np.nan])
    expected = with_offer(p0, 0.05, "odds", reference=0.2)
    np.testing.assert_allclose(with_offer(p0, 0.05, "odds"), expected)


def test_expected_profit_is_the_formula_of_the_method():
    # 0.25 * (90 - 8 - 0.4 * 10) - 0.2 * 100 - 2 = 19.5 - 20 - 2
    profit = expected_profit(
        np.array([0.2]), np.array([0.25]), np.array([100.0]), np.array([90.0]), 2, 8, 0.4 * 10
    )
    assert profit == pytest.approx([-2.5])


def test_those_who_would_have_come_anyway_get_the_incentive_too():
    p0, v0 = np.array([0.1, 0.6]), np.array([100.0, 100.0])
    profit = profit_of(offer(incentive_return=10.0), 0.05, p0, v0, np.zeros(2), SETTINGS, "points")
    assert profit == pytest.approx([0.05 * 100 - 0.15 * 10 - 2, 0.05 * 100 - 0.65 * 10 - 2])


def test_a_discount_is_charged_once_on_the_order_of_the_return():
    paid = incentive_return(offer(discount=0.2, incentive_return=1.0), np.array([50.0, np.nan, -5.0]))
    assert paid == pytest.approx([11.0, 1.0, 1.0])


def test_the_staying_incentive_is_weighed_by_who_stays_and_when_it_is_paid():
    assert staying(180, SETTINGS) == pytest.approx(0.5 / 1.08 ** (180 / 365.25))
    assert staying(360, SETTINGS) == pytest.approx(0.25 / 1.08 ** (360 / 365.25))
    parts = offer(stay_stages=[{"days": 180, "amount": 4}, {"days": 360, "amount": 10}])
    paid = 4 * staying(180, SETTINGS) + 10 * staying(360, SETTINGS)
    assert incentive_staying(parts, SETTINGS) == pytest.approx(paid)
    assert parts.whole_stay == 14


def test_the_best_optimistic_profit_is_that_of_the_best_offer_under_its_high_response():
    offers = [offer(), offer(name="Call", channel="phone", cost=6.0)]
    p0, v0, order = np.array([0.1, 0.1, np.nan]), np.array([100.0, 10.0, 50.0]), np.full(3, 40.0)
    best = best_optimistic_profit(offers, p0, v0, order, SETTINGS)
    assert best[:2] == pytest.approx([0.1 * 100 - 2, 0.1 * 10 - 2])
    assert np.isnan(best[2])


@given(p0=SHARES, v0=st.floats(0, 1e5), points=st.floats(0.01, 0.1))
def test_no_offer_within_its_range_beats_the_optimistic_profit(p0, v0, points):
    one = offer(incentive_return=3.0, discount=0.1, second_life_share=0.9)
    values = np.array([p0]), np.array([v0]), np.array([40.0])
    best = best_optimistic_profit([one], *values, SETTINGS)
    within = profit_of(one, points, *values, SETTINGS, "points")
    paid = incentive_return(one, values[2])
    if 0.9 * v0 > paid[0]:
        assert within[0] <= best[0] + 1e-9
