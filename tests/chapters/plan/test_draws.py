"""What a plan may bring, drawn many times."""

import numpy as np
import pytest

from playbook.archive.findings import Finding
from playbook.chapters.plan.draws import relative_interval, sigma_of_range
from playbook.chapters.plan.plan import make_plan
from playbook.offers.catalogue import Learned, Response
from playbook.offers.response import draw_response
from tests.builders import offer, people
from tests.chapters.plan.campaigns import plan_for, prepared, settings_of


@pytest.mark.parametrize("idle", [0.0, 0.4])
def test_the_drawn_profits_have_the_expected_profit_as_their_mean(idle):
    made = offer(incentive_return=6.0, incentive_stay=10.0, discount=0.1, second_life_share=0.9)
    known = Learned(**(made.response.model_dump() | {"points": 0.08, "idle": idle}))
    made = made.model_copy(update={"response": known})
    plan = plan_for(people(300, second_lifetime_value=400.0), made, settings=settings_of(budget=1e6))
    error = plan.draws.draws.std() / np.sqrt(len(plan.draws.draws))
    assert plan.draws.draws.mean() == pytest.approx(plan.profit, abs=4 * error)


def test_without_uncertainty_of_response_and_margin_only_chance_is_left():
    sure = {"points": 0.05, "low": 0.05, "high": 0.05}
    chosen = settings_of(offers={"budget": 1e6, "margin_variation": 0, "holdout_share": 0})
    plan = plan_for(people(1000), offer(response=sure), settings=chosen)
    # Each brings 100 with a chance of 5%, and would have come anyway otherwise: binomial.
    assert plan.draws.draws.std() == pytest.approx(100 * np.sqrt(1000 * 0.05 * 0.95), rel=0.05)


def test_the_intervals_of_contacts_add_up_to_that_of_the_plan():
    ranges = {"value_range": (0.7, 1.3), "chance_range": (0.6, 1.4)}
    response = {"points": 0.05, "low": 0.02, "high": 0.1}
    frame = people(2000, return_probability=np.linspace(0.02, 0.3, 2000))
    campaign = prepared(frame, [offer(response=response)], settings_of(budget=1e6))
    plan = make_plan(campaign, least_chance=0.0, **ranges)
    contacts, (low, high) = plan.contacts, plan.draws.interval
    assert (contacts["expected_profit_low"] < contacts["expected_profit"]).all()
    assert (contacts["expected_profit"] < contacts["expected_profit_high"]).all()
    summed = contacts[["expected_profit_low", "expected_profit_high"]].sum()
    assert summed["expected_profit_low"] == pytest.approx(low, abs=0.1 * (high - low))
    assert summed["expected_profit_high"] == pytest.approx(high, abs=0.1 * (high - low))


def test_a_response_is_drawn_within_its_range_around_its_value():
    drawn = draw_response(Response(points=0.03, low=0.01, high=0.08), 20_000, np.random.default_rng(1))
    assert 0.01 <= drawn.min() and drawn.max() <= 0.08
    assert drawn.mean() == pytest.approx(0.03, abs=2e-4)


def test_where_an_offer_does_nothing_its_costs_are_lost_whatever_a_second_life_is_worth():
    known = Learned(points=0.05, low=0.04, high=0.06, idle=0.3, source="measured")
    made = offer(second_life_share=1.5).model_copy(update={"response": known})
    plan = plan_for(people(400), made, settings=settings_of(budget=1e6, holdout_share=0))
    assert plan.draws.chance_of_profit == pytest.approx(0.7, abs=0.04)
    assert made.expected_share == pytest.approx(1.35)
    other = made.model_copy(update={"response": known.model_copy(update={"idle": 0.0})})
    sure = plan_for(people(400), other, settings=settings_of(budget=1e6, holdout_share=0))
    assert sure.profit > plan.profit and sure.draws.chance_of_profit > 0.99


def test_both_forms_of_the_response_are_drawn():
    frame = people(2000, return_probability=np.repeat([0.01, 0.4], 1000), second_lifetime_value=50.0)
    frame.loc[1000:, "second_lifetime_value"] = 1.0  # only those with little chance are worth an offer
    sure = {"points": 0.05, "low": 0.05, "high": 0.05}
    plan = plan_for(frame, offer(response=sure), settings=settings_of(budget=1e6, holdout_share=0))
    assert len(plan.contacts) == 1000
    low, high = plan.draws.interval
    assert low < 0 < plan.profit / 2 < high, "under the same odds ratio hardly any of them is moved"


def test_beyond_the_tested_silence_the_same_points_and_the_same_odds_are_drawn_and_the_claim_lies_between():
    frame = people(2000, return_probability=np.repeat([0.4, 0.02], 1000), second_lifetime_value=100.0)
    frame["silence_days"] = np.repeat([300, 600], 1000)
    known = Learned(points=0.1, low=0.1, high=0.1, idle=0.0, source="measured", span=(200.0, 400.0))
    made = offer(cost=0.1).model_copy(update={"response": known})
    chosen = settings_of(offers={"budget": 1e6, "margin_variation": 0, "holdout_share": 0})
    plan = plan_for(frame, made, settings=chosen)
    fewer, more = np.quantile(plan.draws.draws, [0.25, 0.75])
    assert fewer < plan.profit - 1000 and plan.profit + 1000 < more
    assert more == pytest.approx(2000 * (0.1 * 100 - 0.1), rel=0.05)


def test_a_share_that_may_be_nothing_is_not_one_that_is_known():
    assert sigma_of_range(None) == 0 == sigma_of_range((0.7, 0.7))
    assert sigma_of_range((0.0, 1.0)) > sigma_of_range((0.4, 1.0)) > 0
    assert sigma_of_range((0.8, 1.25)) == pytest.approx(np.log(1.25 / 0.8) / (2 * 1.645), rel=0.03)


def test_an_unsure_value_of_second_lives_widens_the_interval():
    given = prepared(people(300), [offer()])
    narrow, wide = (make_plan(given, value_range=r).draws.interval for r in (None, (0.4, 2.5)))
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_the_range_of_a_second_life_is_read_as_factors():
    finding = Finding("second_life", 100.0, 80.0, 130.0)
    assert relative_interval(finding) == (0.8, 1.3)
    assert relative_interval(Finding("second_life", None)) is None
    assert relative_interval(None) is None
