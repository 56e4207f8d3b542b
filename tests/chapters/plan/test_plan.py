"""Who gets which offer and when, within all limits, and how it is said."""

import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from playbook.archive.findings import read
from playbook.chapters.plan import by_responsible, first_contacts, one_customer, what_would_change
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.decision import beyond_tested, headline
from playbook.chapters.plan.pictures import profit_by_offer, who_is_contacted
from playbook.chapters.plan.plan import make_plan
from playbook.chapters.plan.words import (
    assumed_sentences,
    change_sentences,
    offers_sentences,
    status_names,
)
from playbook.offers.catalogue import Failure, Learned
from playbook.offers.response import with_offer
from playbook.settings.offers import CHANNELS
from playbook.show.words import Words
from tests.builders import offer, people
from tests.chapters.plan.campaigns import AS_OF, found, plan_for, prepared, settings_of

WORDS = Words()


@st.composite
def campaigns(draw) -> Campaign:
    n = draw(st.integers(1, 40))

    def flags():
        return draw(st.lists(st.booleans(), min_size=n, max_size=n))

    columns = {f"may_{channel}": flags() for channel in CHANNELS}
    columns |= {"complaint": flags(), "cancellation": flags(), "left_out": flags()}
    columns |= {"contacted_recently": flags()}
    columns["consent_letter"] = np.where(flags(), "suppressed", "allowed")
    columns["owner"] = draw(st.lists(st.sampled_from([None, "Anna", "Ben"]), min_size=n, max_size=n))
    columns["second_lifetime_value"] = draw(st.lists(st.floats(-20, 900), min_size=n, max_size=n))
    columns["return_probability"] = draw(st.lists(st.floats(0, 1), min_size=n, max_size=n))
    made = [
        offer(
            f"Offer {i}",
            channel=draw(st.sampled_from(CHANNELS)),
            cost=draw(st.floats(0, 20)),
            incentive_return=draw(st.sampled_from([0.0, 8.0])),
            discount=draw(st.sampled_from([0.0, 0.2])),
            incentive_stay=draw(st.sampled_from([0.0, 15.0])),
            suits=draw(st.sampled_from([(), ("complaint",), ("cancellation",)])),
            capacity_per_week=draw(st.sampled_from([None, 0, 1, 3])),
            first_day=draw(st.sampled_from([None, date(2025, 10, 15), date(2026, 5, 1)])),
        )
        for i in range(draw(st.integers(1, 4)))
    ]
    limits = {
        "budget": draw(st.floats(0, 300)),
        "holdout_share": draw(st.sampled_from([0.0, 0.1, 0.4])),
        "weeks": 4,
        "kind_budgets": draw(st.sampled_from([{}, {"material": 20}])),
        "channel_capacity": draw(st.sampled_from([{}, {"phone": 1, "letter": 2}])),
        "responsible_capacity": draw(st.sampled_from([{}, {"Anna": 1, "marketing": 2}])),
    }
    chosen = settings_of(offers=limits, seed=draw(st.integers(0, 9)))
    random = np.random.default_rng(n)
    frame = people(n, **columns)
    addressed = prepared(frame, made, chosen)
    p0 = addressed.p0[:, None]
    return prepared(frame, made, chosen, np.clip(p0 * random.uniform(0.5, 1.1, (len(p0), 4)), 0, 1))


@tries(max_examples=60, deadline=None)
@given(campaigns())
def test_no_plan_breaks_budget_capacity_consent_holdout_or_offers_twice(given):
    plan = make_plan(given, least_chance=0)
    contacts, everybody = plan.contacts, given.everybody.set_index("customer_id")
    made = {o.name: o for o in given.offers}
    assert not contacts["customer_id"].duplicated().any()
    assert plan.spend <= given.settings.offers.budget + 1e-6
    assert (contacts["expected_profit"] > 0).all()
    assert not set(contacts["customer_id"]) & set(given.people.loc[plan.held_back, "customer_id"])
    for row in contacts.to_dict("records"):
        who, what = everybody.loc[row["customer_id"]], made[row["offer"]]
        assert who[f"may_{row['channel']}"]
        assert not who["left_out"] and not who["contacted_recently"]
        assert who["consent_letter"] != "suppressed"
        assert not who["complaint"] or "complaint" in what.suits
        assert row["week"] <= row["contact_by"] and row["week"] + timedelta(6) >= (what.first_day or AS_OF)
    for (name, _), n in contacts.groupby(["offer", "week"]).size().items():
        assert made[name].capacity_per_week is None or n <= made[name].capacity_per_week
    limits = given.settings.offers
    for column, most in (("channel", limits.channel_capacity), ("responsible", limits.responsible_capacity)):
        for (name, _), n in contacts.groupby([column, "week"]).size().items():
            assert n <= most.get(name, np.inf)
    for kind, spend in contacts.groupby("offer_kind")["expected_spend"].sum().items():
        assert spend <= limits.kind_budgets.get(kind, np.inf) + 1e-6
    shown = plan.columns()
    assert not (shown["holdout"] & shown["offer"].notna()).any()
    assert (shown["contactable"] | shown["offer"].isna()).all()


def test_each_gets_the_offer_that_brings_most():
    frame = people(2, second_lifetime_value=[400.0, 50.0])
    call = offer("Call", channel="phone", cost=6.0, response={"points": 0.08, "low": 0, "high": 0.1})
    plan = plan_for(frame, offer(), call)
    # 0.08 * 400 - 6 = 26 against 0.05 * 400 - 2 = 18; 0.08 * 50 - 6 < 0.05 * 50 - 2 = 0.5
    assert plan.contacts.set_index("customer_id")["offer"].to_dict() == {"K000": "Call", "K001": "Letter"}
    assert plan.profit == pytest.approx(26 + 0.5)


def test_the_owner_speaks_for_the_client_in_person_but_not_by_letter():
    frame = people(2, owner=["Anna", "Anna"], may_phone=[True, False])
    call = offer("Call", channel="phone", response={"points": 0.08, "low": 0, "high": 0.1})
    plan = plan_for(frame, call, offer())
    assert plan.contacts.set_index("channel")["responsible"].to_dict() == {
        "phone": "Anna",
        "letter": "marketing",
    }


def test_an_offer_is_contacted_by_its_last_day_and_one_that_is_over_is_not_made():
    frame = people(2)
    [until] = plan_for(frame, offer(last_day=date(2025, 10, 15))).contacts["contact_by"].unique()
    assert until == date(2025, 10, 15)
    assert plan_for(frame, offer(last_day=date(2025, 9, 1))).contacts.empty
    assert plan_for(frame, offer(first_day=date(2026, 9, 1))).contacts.empty


def test_contact_by_is_the_last_week_in_which_the_offer_still_pays():
    # With half a second life's value E = (p0 + 0.05) V/2 - p0 V - c falls as p0 rises.
    rising = np.array([[0.01, 0.01, 0.2, 0.01]])
    frame = people(1, return_probability=0.01, second_lifetime_value=200.0)
    plan = plan_for(frame, offer(second_life_share=0.5), chances=rising)
    assert plan.contacts["contact_by"].tolist() == [date(2025, 10, 19)]


def test_weeks_are_filled_by_profit_up_to_the_capacity():
    frame = people(5, second_lifetime_value=[100.0, 500.0, 300.0, 200.0, 400.0])
    plan = plan_for(frame, offer(capacity_per_week=2))
    by_week = plan.contacts.groupby("week")["customer_id"].apply(sorted).tolist()
    assert by_week == [["K001", "K004"], ["K002", "K003"], ["K000"]]
    assert plan.contacts["week"].iloc[0] == date(2025, 10, 6)


@pytest.mark.parametrize(
    ("changes", "columns", "budget", "why"),
    [
        ({}, {"lapsed": False}, 1000, "nobody_selected"),
        ({}, {"return_probability": np.nan}, 1000, "unknown"),
        ({}, {"may_letter": False}, 1000, "nobody_contactable"),
        ({}, {"class": "wait"}, 1000, "nobody_addressed"),
        ({"cost": 50.0}, {}, 1000, "no_offer_pays"),
        ({"suits": ["complaint"]}, {}, 1000, "no_offer_suits"),
        ({"capacity_per_week": 0}, {}, 1000, "no_capacity"),
        ({"last_day": date(2025, 9, 1)}, {}, 1000, "offers_over"),
        ({}, {}, 0, "no_room"),
        ({}, {}, 1.5, "no_room"),
    ],
)
def test_a_plan_of_nobody_says_why_and_never_that_it_should_be_done(changes, columns, budget, why):
    plan = plan_for(people(**columns), offer(**changes), settings=settings_of(budget=budget))
    findings = found(plan)
    assert plan.contacts.empty
    assert findings["plan_customers"].verdict == why
    assert findings["plan_expected_profit"].verdict in ("do_not", "unknown")
    said = offers_sentences(findings, WORDS) + change_sentences(findings, WORDS)
    assert not any(sentence.startswith(("Do it", "Try it")) for sentence in said)
    for table in (plan.table, what_would_change(plan).table, what_would_change(plan).form_table):
        assert table(WORDS)._repr_html_()
    for view in (by_responsible, first_contacts):
        assert view(plan, WORDS)._repr_html_()
    assert one_customer(plan, WORDS).frame.empty
    assert who_is_contacted(plan, WORDS).alt and profit_by_offer(plan, WORDS) is None
    assert what_would_change(plan).figure(WORDS).alt


def learned(points=0.05, low=0.04, high=0.06, idle=0.0, span=(200.0, 400.0), source="measured", **changes):
    known = Learned(points=points, low=low, high=high, idle=idle, span=span, source=source)
    return offer(**changes).model_copy(update={"response": known})


def test_do_it_needs_a_measured_response_and_an_interval_above_zero():
    measured = plan_for(people(400), learned(cost=0.1), least_chance=0.5)
    low, high = measured.draws.interval
    assert 0 < low < measured.profit < high
    assert (measured.verdict, measured.measured_share) == ("do_it", 1.0)
    assert ", 100% of it measured here." in headline(found(measured), WORDS)
    # As good, but assumed, or measured by nobody but the catalogue's author.
    stated = {"points": 0.05, "low": 0.04, "high": 0.06, "source": "measured"}
    for made in (learned(span=None, source="assumed", cost=0.1), offer(cost=0.1, response=stated)):
        plan = plan_for(people(400), made, least_chance=0.5)
        assert plan.draws.interval[0] > 0
        assert (plan.verdict, plan.measured_share) == ("try_small", 0.0)
        assert "none of it measured here yet" in headline(found(plan), WORDS)
    unsure = plan_for(people(400), learned(cost=4.0, low=0.0, high=0.1), least_chance=0.5)
    assert unsure.draws.interval[0] < 0 < unsure.profit
    assert unsure.verdict == "try_small"
    assert headline(found(unsure), WORDS).startswith("Try it small")


def test_the_picture_of_profit_adds_up_and_hatches_what_was_not_measured():
    silence = np.where(np.arange(400) < 240, 300, 2000)
    made = [learned(cost=0.1, name="Call"), offer("Card", cost=0.2, channel="email")]
    plan = plan_for(people(400, silence_days=silence), *made)
    assert plan.draws.by_offer.sum(axis=1) == pytest.approx(plan.draws.draws)
    picture = profit_by_offer(plan, WORDS)
    bars = [patch.get_width() for patch in picture.figure.axes[0].patches]
    known, rest = bars[: len(bars) // 2], bars[len(bars) // 2 :]
    assert sum(bars) == pytest.approx(plan.profit)
    assert sum(known) / sum(bars) == pytest.approx(plan.measured_share) and sum(rest) > 0
    low, high = plan.draws.interval_of(0)
    assert f"{WORDS.money(low)} to {WORDS.money(high)}" in picture.alt


def test_the_picture_of_who_is_contacted_counts_everybody_once():
    plan = plan_for(people(400), learned(cost=0.1))
    counts = [int(n.replace(",", "")) for n in re.findall(r": ([\d,]+)", who_is_contacted(plan, WORDS).alt)]
    known, _, selected, *becomes = counts
    assert known == len(plan.campaign.everybody) and selected == sum(becomes)


@pytest.mark.parametrize(("within", "verdict"), [(160, "try_small"), (240, "do_it")])
def test_half_of_the_profit_must_be_measured_on_customers_silent_for_as_long(within, verdict):
    silence = np.where(np.arange(400) < within, 300, 2000)
    chosen = settings_of(holdout_share=0)
    plan = plan_for(people(400, silence_days=silence), learned(cost=0.1), settings=chosen)
    assert plan.draws.interval[0] > 0
    assert (plan.verdict, plan.measured_share) == (verdict, pytest.approx(within / 400))
    findings, beyond = found(plan), plan.contacts["beyond"]
    assert findings["profit_beyond_tested"].n == beyond.sum() == 400 - within
    outside = plan.contacts.loc[beyond, "expected_profit"].sum()
    assert findings["profit_beyond_tested"].value == pytest.approx(outside, abs=0.01)
    [said] = beyond_tested(findings, WORDS)
    assert f"comes from {400 - within} customers whose silence lies beyond" in said


def test_beyond_the_tested_silence_the_same_points_fall_towards_the_same_odds():
    chance = np.where(np.arange(60) < 40, 0.2, 0.01)
    silence = np.repeat([300, 401, 800, 4000], [40, 5, 5, 10])
    given = prepared(people(60, silence_days=silence, return_probability=chance), [learned()])
    added = given.chance_with(0, "points", 0.05) - given.p0
    same_odds = with_offer(np.array([0.01]), 0.05, "odds", 0.2)[0] - 0.01
    assert added[:40] == pytest.approx(0.05)
    assert added[45] == pytest.approx((0.05 + same_odds) / 2)  # twice the silence that was tested
    assert 0.05 > added[40] > added[45] > added[50] > same_odds
    assert given.profit(0, "points", 0.05) == pytest.approx(added * given.v0 - 2.0)


def test_a_plan_without_an_even_chance_of_a_profit_is_not_made():
    idle = learned(idle=0.6, span=None, source="assumed", cost=0.1)
    plan = plan_for(people(400), idle, least_chance=0.5)
    findings = found(plan)
    assert plan.contacts.empty and (plan.status == "no_offer_pays").any()
    assert not plan.columns()["holdout"].any()
    assert (plan.verdict, findings["plan_customers"].verdict) == ("do_not", "no_even_chance")
    assert findings["chance_of_profit"].value == pytest.approx(0.4, abs=0.04)
    assert "a chance of a profit of" in headline(findings, WORDS)
    assert what_would_change(plan).figure(WORDS) is None, "no budget makes it likely to pay"
    assert (
        plan_for(people(400), learned(idle=0.3, span=None, cost=0.1), least_chance=0.5).verdict == "try_small"
    )


def test_a_kind_that_failed_is_not_planned_and_the_page_says_which_and_why():
    failed = offer("20% off", kind="financial").model_copy(
        update={"failed": Failure(campaign="RABATT24", verdict="backfires_later")}
    )
    plan = plan_for(people(), failed, offer(cost=2.5))
    assert set(plan.contacts["offer"]) == {"Letter"}
    said = change_sentences(found(plan), WORDS)
    assert said[0].startswith("No financial offer is planned") and "offers.retry" in said[1]
    assert "“RABATT24” brought money at first and lost it later" in said[0]
    assert plan_for(people(), failed).why_nobody == "no_offer_pays"


def test_what_is_measured_is_not_called_assumed():
    measured = {"points": 0.05, "low": 0.04, "high": 0.06, "source": "measured"}
    findings = found(plan_for(people(), offer(response=measured)))
    assert findings["response_assumed"].value == 0
    assert not any("not measured" in said for said in assumed_sentences(findings, WORDS))


@pytest.mark.parametrize(("stated", "told"), [({}, True), ({"phone": 5}, True), ({"letter": 2.5}, False)])
def test_prices_are_the_preset_s_until_each_channel_s_is_stated(stated, told):
    settings = settings_of(offers={"budget": 1000, "holdout_share": 0, "contact_costs": stated})
    said = assumed_sentences(found(plan_for(people(), offer(cost=2.5), settings=settings)), WORDS)
    assert any("what they cost are the preset's" in sentence for sentence in said) == told


def test_an_offer_whose_dates_are_over_is_named_beside_the_plan():
    findings = found(plan_for(people(), offer("Old", last_day=date(2025, 9, 1)), offer()))
    assert "One offer cannot be made in these weeks, by its dates: “Old”." in offers_sentences(
        findings, WORDS
    )


@pytest.mark.parametrize(
    ("offers_settings", "said"),
    [
        ({"kind_budgets": {"emotional": -1}}, "emotional must be 0 or more"),
        ({"kind_budgets": {"kind": 1}}, "kind_budgets"),
        ({"channel_capacity": {"phone": -1}}, "phone must be 0 or more"),
        ({"budget": -1}, "budget"),
        ({"least_chance": 1}, "least_chance"),
        ({"earlier": {"x": "nice"}}, "earlier"),
    ],
)
def test_impossible_limits_are_refused(offers_settings, said):
    with pytest.raises(ValueError, match=said):
        settings_of(offers=offers_settings)


def test_limits_of_nothing_leave_a_plan_of_nobody():
    for limits in ({"channel_capacity": {"letter": 0}}, {"kind_budgets": {"material": 0}}):
        plan = plan_for(people(), offer(), settings=settings_of(offers=limits))
        assert plan.contacts.empty
        assert plan.verdict == "do_not"


def test_the_demos_plan_keeps_its_promises(demo_run):
    findings = read(demo_run.folder / "findings" / "07.json")
    customers = pq.read_table(demo_run.folder / "tables" / "customers.parquet").to_pandas()
    sheet = pd.read_csv(demo_run.folder / "plan.csv")
    assert len(sheet) == findings["plan_customers"].value > 500
    assert sheet["expected_profit"].sum() == pytest.approx(findings["plan_expected_profit"].value, abs=10)
    assert findings["budget_used"].value <= findings["budget"].value
    assert set(sheet["customer_id"]) == set(customers.loc[customers["offer"].notna(), "customer_id"])
    assert not customers.loc[customers["holdout"], "offer"].notna().any()
    share = customers["holdout"].sum() / (customers["holdout"].sum() + len(sheet))
    assert share == pytest.approx(0.1, abs=0.02)  # of those worth it; some of them are over the budget
    assert findings["gap"].value < 1e-3
    assert (sheet["channel"] == "phone").sum() <= 60 * 8 * 2


def test_every_number_of_the_demos_status_is_named(demo_run):
    customers = pq.read_table(demo_run.folder / "tables" / "07.parquet").to_pandas()
    assert set(customers["plan_status"]) <= {*status_names(WORDS), "not_selected"}
    planned = customers["plan_status"] == "planned"
    assert (customers["offer"].notna() == planned).all()


def test_nobody_in_the_demos_plan_said_no_to_the_channel(demo_run):
    sheet = pd.read_csv(demo_run.folder / "plan.csv").set_index("customer_id")
    known = pd.read_csv(demo_run.data / "demo" / "kunden.csv", sep=";", encoding="cp1252").set_index("Nr")
    for channel, column in (("email", "Mail ok"), ("phone", "Tel ok"), ("letter", "Brief ok")):
        said = known.loc[sheet.index[sheet["channel"] == channel], column]
        assert not (said == "nein").any()
        assert channel == "letter" or (said == "ja").all()


def test_contacts_stand_by_week_responsible_and_expected_profit():
    worth = [100.0, 500.0, 300.0, 200.0, 400.0]
    frame = people(5, second_lifetime_value=worth, rank=[1, 2, 3, 4, 5], owner=["B", "A", "B", "A", "B"])
    found = plan_for(frame, offer(channel="visit", capacity_per_week=4)).contacts
    keys = list(zip(found["week"], found["responsible"], -found["expected_profit"], strict=True))
    assert len(keys) == 5 and keys == sorted(keys)
    assert found["rank"].tolist() != sorted(found["rank"])
