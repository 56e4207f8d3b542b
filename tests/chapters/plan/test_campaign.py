"""Who is addressed, what suits them, and who is held back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.chapters.plan.campaign import stratified_draw
from playbook.chapters.plan.plan import make_plan
from playbook.chapters.plan.prices import NOBODY
from tests.builders import offer, people
from tests.chapters.plan.campaigns import found, plan_for, prepared, settings_of


def test_only_the_ranked_first_or_if_the_budget_allows_are_addressed():
    classes = ["first", "budget", "wait", "let_go", None]
    frame = people(5, **{"class": classes})
    assert prepared(frame, [offer()]).everybody["status"].tolist() == [
        "addressed",
        "addressed",
        "wait",
        "let_go",
        "not_ranked",
    ]


def test_occasional_buyers_left_out_are_never_addressed_but_by_a_selection():
    frame = people(3, left_out=[True, False, False])
    assert prepared(frame, [offer()]).everybody["status"].tolist()[0] == "left_out"
    chosen = settings_of(selection=[{"orders": {"min": 1}}])
    assert prepared(frame, [offer()], chosen).everybody["status"].tolist()[0] == "addressed"


def test_without_a_value_or_a_channel_nobody_is_addressed_and_it_is_counted():
    value = [np.nan, 100.0, 100.0]
    frame = people(3, second_lifetime_value=value, may_letter=[True, False, True])
    findings = found(plan_for(frame, offer()))
    assert (findings["value_unknown"].value, findings["not_contactable"].value) == (1, 1)
    assert (findings["addressed"].value, findings["selected"].value) == (1, 3)


def test_an_unsolved_complaint_gets_only_what_suits_a_complaint():
    frame = people(4, complaint=[True, True, False, False], may_phone=[True, False, True, True])
    sorry = offer("Sorry", channel="phone", cost=4.0, suits=["complaint"])
    plan = plan_for(frame, offer("Discount", kind="financial"), sorry)
    got = dict(zip(plan.contacts["customer_id"], plan.contacts["offer"], strict=True))
    assert got == {"K000": "Sorry", "K002": "Discount", "K003": "Discount"}
    assert found(plan)["plan_complaints"].value == 1


def test_a_cancellation_gets_a_call_where_that_is_possible():
    frame = people(3, cancellation=[True, True, False], may_phone=[True, False, True])
    plan = plan_for(frame, offer("Call", channel="phone", cost=4.0), offer("Letter"))
    got = dict(zip(plan.contacts["customer_id"], plan.contacts["offer"], strict=True))
    assert got == {"K000": "Call", "K001": "Letter", "K002": "Letter"}


def test_an_offer_that_brings_nobody_back_never_seems_to_pay():
    frame = people(3, return_probability=0.4, second_lifetime_value=500.0)
    better = prepared(frame, [offer(cost=2.0, second_life_share=1.3)])
    assert better.profit(0, "points", 0.0) == pytest.approx(-2.0)
    assert better.profit(0, "points", better.response_of(0)).min() > 0


@given(st.integers(0, 400), st.sampled_from([0.0, 0.05, 0.1, 0.3]), st.integers(0, 5))
def test_the_holdout_is_its_share_in_all_and_in_every_fifth(n, share, seed):
    score = np.random.default_rng(n).random(n)
    drawn = stratified_draw(score, share, seed)
    if n * share < 1:
        assert not drawn.any()
        return
    assert abs(drawn.sum() - n * share) <= 1
    fifth = np.argsort(np.argsort(score)) * 5 // n
    for part in range(5):
        assert abs(drawn[fifth == part].sum() - (fifth == part).sum() * share) < 1


def test_everybody_is_held_back_with_the_same_chance_and_the_seed_decides():
    score = np.arange(50.0)
    draws = np.array([stratified_draw(score, 0.1, seed) for seed in range(2000)])
    assert draws.mean(axis=0) == pytest.approx(0.1, abs=0.03)
    np.testing.assert_array_equal(stratified_draw(score, 0.1, 7), stratified_draw(score, 0.1, 7))


def test_a_campaign_of_nobody_holds_nobody_back():
    plan = plan_for(people(), offer(), settings=settings_of(budget=0))
    assert not plan.columns()["holdout"].any()
    assert found(plan)["held_back"].value == 0


def test_an_offer_for_some_stages_is_made_to_them_alone():
    frame = people(3, stage=["lapsed", "lost", "lapsed"])
    plan = plan_for(frame, offer(stages=["lapsed"]))
    assert plan.contacts["customer_id"].tolist() == ["K000", "K002"]
    assert len(plan_for(people(3), offer(stages=["lapsed"])).contacts) == 3


def test_with_a_least_chance_only_what_surely_pays_is_offered():
    unsure = {"points": 0.05, "low": 0.0, "high": 0.1}
    frame = people(2, second_lifetime_value=[1000.0, 50.0])
    given = settings_of(offers={"least_chance": 0.9, "holdout_share": 0, "budget": 100})
    assert plan_for(frame, offer(response=unsure)).contacts["customer_id"].tolist() == ["K000", "K001"]
    surely = plan_for(frame, offer(response=unsure), settings=given)
    assert surely.contacts["customer_id"].tolist() == ["K000"]


def test_whoever_was_contacted_lately_or_is_on_the_suppression_list_is_left_in_peace():
    frame = people(
        3, contacted_recently=[True, False, False], consent_letter=["allowed", "suppressed", "allowed"]
    )
    plan = plan_for(frame, offer())
    assert plan.contacts["customer_id"].tolist() == ["K002"]
    assert plan.status.tolist()[:2] == ["contacted_recently", "suppressed"]


def test_the_choice_is_none_for_those_held_back():
    held = prepared(people(200), [offer()], settings_of(holdout_share=0.1))
    assert held.held_back.sum() == 20
    assert not np.isfinite(held.problem().profit[held.held_back]).any()
    plan = make_plan(held, least_chance=0)
    held = plan.campaign
    assert (plan.assignment.choice[held.held_back] == NOBODY).all()
