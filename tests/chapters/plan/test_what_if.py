"""What would change the plan: other responses, budgets, callers."""

import numpy as np
import pytest

from playbook.chapters.plan import sliders, what_would_change
from playbook.chapters.plan.plan import make_plan
from playbook.chapters.plan.sliders import answer, explore_plan
from playbook.chapters.plan.words import (
    change_sentences,
)
from playbook.show.words import Words
from tests.builders import offer, people
from tests.chapters.plan.campaigns import found, plan_for, settings_of

WORDS = Words()


def test_responses_30_percent_lower_and_break_even_by_hand():
    plan = plan_for(people(10), offer(cost=2.0), settings=settings_of(holdout_share=0))
    findings = found(plan)
    assert findings["plan_expected_profit"].value == pytest.approx(10 * (5 - 2))
    assert findings["profit_if_response_30_lower"].value == pytest.approx(10 * (3.5 - 2))
    assert findings["break_even_response"].value == pytest.approx(0.4, abs=1e-3)


def test_the_other_form_is_shown_with_the_share_in_common():
    frame = people(60, return_probability=np.linspace(0.001, 0.3, 60), second_lifetime_value=80.0)
    plan = plan_for(frame, offer(cost=3.0), settings=settings_of(holdout_share=0))
    other = what_would_change(plan)
    again = make_plan(plan.campaign, form="odds", least_chance=0)
    common = set(plan.contacts["customer_id"]) & set(again.contacts["customer_id"])
    assert other.in_common == pytest.approx(len(common) / len(plan.contacts))
    assert 0 < other.in_common < 1
    assert other.other_profit == pytest.approx(again.profit, rel=0.005)


def test_one_more_caller_is_worth_what_the_calls_beyond_the_capacity_bring():
    call = offer("Call", channel="phone", cost=2.0, capacity_per_week=1)
    chosen = settings_of(
        holdout_share=0,
        weeks=2,
        offers={"budget": 1e4, "holdout_share": 0, "weeks": 2} | {"contacts_per_caller": 1},
    )
    frame = people(6, second_lifetime_value=[600.0, 500, 400, 300, 200, 100])
    findings = found(plan_for(frame, call, settings=chosen))
    # Two calls can be made, and two more by one more caller: 0.05 * 400 - 2 and 0.05 * 300 - 2.
    assert findings["value_of_one_more_caller"].value == pytest.approx(18 + 13)
    said = change_sentences(findings, WORDS)
    assert any(sentence.startswith("One more caller (1 call a week for 2 weeks)") for sentence in said)
    assert found(plan_for(frame, offer()))["value_of_one_more_caller"].value is None


def test_the_sliders_answer_in_a_table_with_the_plans_own_numbers(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")
    plan = plan_for(people(60), offer(), settings=settings_of(budget=50))
    table = explore_plan(plan, WORDS)
    chosen = table.frame.iloc[0]
    assert chosen["expected profit"] == WORDS.money(plan.profit)
    profits = {row["setting"]: row["expected profit"] for _, row in table.frame.iterrows()}
    assert profits[f"budget: {WORDS.money(0)}"] == WORDS.money(0)
    assert answer(plan, 50, 1, 1, WORDS).draw().alt
    assert table.frame["customers"].iloc[0] == str(len(plan.contacts))


def test_as_chosen_the_sliders_show_the_plan_itself_and_not_a_sample(monkeypatch):
    random = np.random.default_rng(4)
    frame = people(80, second_lifetime_value=random.lognormal(5, 1, 80))
    plan = plan_for(frame, offer(), settings=settings_of(budget=60))
    monkeypatch.setattr(sliders, "ENOUGH", 20)
    assert list(answer(plan, 60, 1, 1, WORDS).cells.values()) == [
        WORDS.money(plan.profit),
        WORDS.number(len(plan.contacts)),
        WORDS.money(plan.spend),
    ]
    assert answer(plan, 60, 1, 1.15, WORDS).cells["expected profit"] != WORDS.money(plan.profit)


def test_the_profit_over_the_budget_never_falls():
    random = np.random.default_rng(2)
    frame = people(80, second_lifetime_value=random.lognormal(5, 1, 80))
    curve = what_would_change(plan_for(frame, offer(), settings=settings_of(budget=60))).budgets
    assert curve["profit"].is_monotonic_increasing
    assert (curve["spend"] <= curve["budget"] + 1e-6).all()
    assert curve["profit"].iloc[0] == 0
