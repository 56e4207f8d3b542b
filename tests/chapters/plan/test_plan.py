"""Chapter 07: who is addressed, the plan, what it may bring, and how it is said."""

import csv
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from playbook.archive.findings import Finding, read
from playbook.chapters.plan import by_status, by_week, first_contacts, one_customer, what_would_change
from playbook.chapters.plan.campaign import Campaign, stratified_draw
from playbook.chapters.plan.comparisons import same_for_all
from playbook.chapters.plan.draws import relative_interval
from playbook.chapters.plan.plan import make_plan
from playbook.chapters.plan.plan_sheet import COLUMNS, write_plan
from playbook.chapters.plan.prices import NOBODY
from playbook.chapters.plan.sliders import answer, explore_plan
from playbook.chapters.plan.words import (
    assumed_sentences,
    change_sentences,
    decision_sentence,
    offers_sentences,
    status_names,
)
from playbook.offers.catalogue import Response
from playbook.offers.response import draw_response
from playbook.records.reach import reach
from playbook.records.sources import Sources
from playbook.settings.offers import CHANNELS
from playbook.show.words import Words
from tests.builders import offer, people
from tests.chapters.plan.campaigns import AS_OF, found, plan_for, prepared, settings_of

WORDS = Words()

# Who may be contacted ------------------------------------------------------------------------

KNOWN = {
    "customer_id": ["a", "b", "c", "d"],
    "may_email": [True, False, None, True],
    "may_phone": [None, None, None, False],
    "may_letter": [False, None, True, None],
    "email": ["a@example.com", "b@example.com", "c@example.com", None],
    "owner": ["Anna", None, None, None],
}


def sources_of(known=None, events=None) -> Sources:
    tables = {}
    if known is not None:
        schema = {n: "boolean" if n.startswith("may_") else "string" for n in known}
        schema |= {"cancelled_on": "date"} if "cancelled_on" in known else {}
        tables["customers"] = ibis.memtable(pd.DataFrame(known), schema=schema)
    if events is not None:
        frame = pd.DataFrame(events, columns=["customer_id", "happened_at", "kind"])
        schema = {"customer_id": "string", "happened_at": "date", "kind": "string"}
        tables["events"] = ibis.memtable(frame, schema=schema)
    return Sources(connection=None, orders=None, **tables)


def reached(known=None, events=None, consent=("letter",), **rules) -> pd.DataFrame:
    customers = pd.DataFrame({"customer_id": ["a", "b", "c", "d"], "last_order": date(2025, 3, 1)})
    chosen = settings_of(consent=consent, offers=rules)
    return reach(customers, sources_of(known, events), chosen, AS_OF).set_index("customer_id")


def test_a_no_is_a_no_and_nothing_known_is_allowed_only_where_assumed():
    found = reached(KNOWN)
    assert found["may_letter"].tolist() == [False, True, True, True]
    assert found["assumed_letter"].tolist() == [False, True, False, True]
    assert found["may_phone"].tolist() == [False] * 4
    assert found["may_visit"].tolist() == [False] * 4
    assert found["owner"].tolist() == ["Anna", None, None, None]


def test_email_needs_a_yes_an_address_and_no_unsubscription():
    assert reached(KNOWN)["may_email"].tolist() == [True, False, False, False]
    left = [("a", date(2025, 5, 1), "unsubscribe")]
    assert not reached(KNOWN, left)["may_email"].any()


def test_consent_assumed_for_a_channel_does_not_overrule_a_no():
    found = reached(KNOWN, consent=("phone",))
    assert found["may_phone"].tolist() == [True, True, True, False]
    assert not found.loc["b", "may_letter"]


def test_without_a_table_of_customers_only_the_assumed_channel_is_allowed():
    found = reached()
    assert found["may_letter"].all() and found["assumed_letter"].all()
    assert not found[["may_email", "may_phone", "may_visit"]].any(axis=None)


def test_a_complaint_counts_until_it_is_solved_and_a_cancellation_since_the_last_order():
    events = [
        ("a", date(2025, 1, 1), "complaint"),
        ("b", date(2025, 1, 1), "complaint"),
        ("b", date(2025, 1, 5), "complaint_solved"),
        ("c", date(2025, 1, 5), "complaint_solved"),
        ("c", date(2025, 2, 5), "complaint"),
        ("c", date(2025, 8, 1), "cancellation"),
        ("d", date(2025, 2, 1), "cancellation"),
        ("d", date(2025, 12, 1), "complaint"),
    ]
    found = reached(KNOWN, events)
    assert found["complaint"].tolist() == [True, False, True, False]
    assert found["cancellation"].tolist() == [False, False, True, False]


def test_old_complaints_and_cancellations_no_longer_ask_for_a_call():
    events = [
        ("a", AS_OF - timedelta(40), "cancellation"),
        ("b", AS_OF - timedelta(41), "cancellation"),
        ("c", AS_OF - timedelta(50), "complaint"),
        ("d", AS_OF - timedelta(51), "complaint"),
    ]
    found = reached(KNOWN, events, cancellation_days=40, complaint_days=50)
    assert found["cancellation"].tolist() == [True, False, False, False]
    assert found["complaint"].tolist() == [False, False, True, False]
    assert found[["complaint_on", "cancellation_on"]].notna().sum().tolist() == [1, 1]
    coming = KNOWN | {"cancelled_on": [None, None, None, AS_OF + timedelta(200)]}
    assert reached(coming, cancellation_days=40)["cancellation"].tolist() == [False, False, False, True]


# Who is addressed ----------------------------------------------------------------------------


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


# The holdout ---------------------------------------------------------------------------------


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


# The plan ------------------------------------------------------------------------------------


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
    plan = make_plan(given)
    contacts, everybody = plan.contacts, given.everybody.set_index("customer_id")
    made = {o.name: o for o in given.offers}
    assert not contacts["customer_id"].duplicated().any()
    assert plan.spend <= given.settings.offers.budget + 1e-6
    assert (contacts["expected_profit"] > 0).all()
    assert not set(contacts["customer_id"]) & set(given.people.loc[given.held_back, "customer_id"])
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
    for view in (by_week, by_status, first_contacts):
        assert view(plan, WORDS)._repr_html_()
    assert one_customer(plan, WORDS).frame.empty
    assert what_would_change(plan).figure(WORDS).alt


def test_the_verdict_is_do_it_only_above_zero_and_try_small_where_a_loss_is_possible():
    sure = plan_for(people(400), offer(cost=0.1))
    low, high = sure.draws.interval
    assert 0 < low < sure.profit < high
    assert sure.verdict == "do_it"
    unsure = plan_for(people(20), offer(cost=4.0, response={"points": 0.05, "low": -0.05, "high": 0.1}))
    assert unsure.draws.interval[0] < 0 < unsure.profit
    assert unsure.verdict == "try_small"
    findings = found(unsure)
    assert decision_sentence(findings, WORDS).startswith("Try it small")
    assert any("is assumed, not measured" in said for said in assumed_sentences(findings, WORDS))


def test_what_is_measured_is_not_called_assumed():
    measured = {"points": 0.05, "low": 0.04, "high": 0.06, "source": "measured"}
    findings = found(plan_for(people(), offer(response=measured)))
    assert findings["response_assumed"].value == 0
    assert not any("not measured" in said for said in assumed_sentences(findings, WORDS))


# What it may bring ---------------------------------------------------------------------------


def test_the_drawn_profits_have_the_expected_profit_as_their_mean():
    made = offer(incentive_return=6.0, incentive_stay=10.0, discount=0.1, second_life_share=0.9)
    plan = plan_for(people(300, second_lifetime_value=400.0), made, settings=settings_of(budget=1e6))
    error = plan.draws.draws.std() / np.sqrt(len(plan.draws.draws))
    assert plan.draws.draws.mean() == pytest.approx(plan.profit, abs=4 * error)


def test_without_uncertainty_of_response_and_margin_only_chance_is_left():
    sure = {"points": 0.05, "low": 0.05, "high": 0.05}
    chosen = settings_of(offers={"budget": 1e6, "margin_variation": 0, "holdout_share": 0})
    plan = plan_for(people(1000), offer(response=sure), settings=chosen)
    # Each brings 100 with a chance of 5%, and would have come anyway otherwise: binomial.
    assert plan.draws.draws.std() == pytest.approx(100 * np.sqrt(1000 * 0.05 * 0.95), rel=0.05)


def test_a_response_is_drawn_within_its_range_around_its_value():
    drawn = draw_response(Response(points=0.03, low=0.01, high=0.08), 20_000, np.random.default_rng(1))
    assert 0.01 <= drawn.min() and drawn.max() <= 0.08
    assert drawn.mean() == pytest.approx(0.03, abs=2e-4)


def test_an_unsure_value_of_second_lives_widens_the_interval():
    given = prepared(people(300), [offer()])
    narrow, wide = (make_plan(given, value_range=r).draws.interval for r in (None, (0.4, 2.5)))
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_the_range_of_a_second_life_is_read_as_factors():
    finding = Finding("second_life", 100.0, 80.0, 130.0)
    assert relative_interval(finding) == (0.8, 1.3)
    assert relative_interval(Finding("second_life", None)) is None
    assert relative_interval(None) is None


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
    again = make_plan(plan.campaign, form="odds")
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


def test_with_a_least_chance_only_what_surely_pays_is_offered():
    unsure = {"points": 0.05, "low": 0.0, "high": 0.1}
    frame = people(2, second_lifetime_value=[1000.0, 50.0])
    given = settings_of(offers={"least_chance": 0.9, "holdout_share": 0, "budget": 100})
    assert plan_for(frame, offer(response=unsure)).contacts["customer_id"].tolist() == ["K000", "K001"]
    surely = plan_for(frame, offer(response=unsure), settings=given)
    assert surely.contacts["customer_id"].tolist() == ["K000"]


def test_an_offer_for_some_stages_is_made_to_them_alone():
    frame = people(3, stage=["lapsed", "lost", "lapsed"])
    plan = plan_for(frame, offer(stages=["lapsed"]))
    assert plan.contacts["customer_id"].tolist() == ["K000", "K002"]
    assert len(plan_for(people(3), offer(stages=["lapsed"])).contacts) == 3


def test_an_offer_whose_dates_are_over_is_named_beside_the_plan():
    findings = found(plan_for(people(), offer("Old", last_day=date(2025, 9, 1)), offer()))
    assert "One offer cannot be made in these weeks, by its dates: “Old”." in offers_sentences(
        findings, WORDS
    )


def test_whoever_was_contacted_lately_or_is_on_the_suppression_list_is_left_in_peace():
    frame = people(
        3, contacted_recently=[True, False, False], consent_letter=["allowed", "suppressed", "allowed"]
    )
    plan = plan_for(frame, offer())
    assert plan.contacts["customer_id"].tolist() == ["K002"]
    assert plan.status.tolist()[:2] == ["contacted_recently", "suppressed"]


def test_contact_pressure_counts_contacts_made_and_no_control_groups():
    rows = [
        ("a", AS_OF - timedelta(29), "treated"),
        ("b", AS_OF - timedelta(30), "treated"),
        ("c", AS_OF - timedelta(1), "control"),
        ("d", AS_OF - timedelta(200), "treated"),
        ("d", AS_OF - timedelta(100), "treated"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "contacted_at", "arm"])
    contacts = ibis.memtable(frame, schema={"customer_id": "string", "contacted_at": "date", "arm": "string"})
    sources = Sources(connection=None, orders=None, contacts=contacts)
    customers = pd.DataFrame({"customer_id": list("abcd"), "last_order": date(2025, 3, 1)})
    calm = reach(customers, sources, settings_of(), AS_OF)
    assert calm["contacted_recently"].tolist() == [True, False, False, False]
    at_most_two = settings_of(offers={"most_contacts": 2})
    assert reach(customers, sources, at_most_two, AS_OF)["contacted_recently"].tolist() == [
        True,
        False,
        False,
        True,
    ]


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


def test_the_profit_over_the_budget_never_falls():
    random = np.random.default_rng(2)
    frame = people(80, second_lifetime_value=random.lognormal(5, 1, 80))
    curve = what_would_change(plan_for(frame, offer(), settings=settings_of(budget=60))).budgets
    assert curve["profit"].is_monotonic_increasing
    assert (curve["spend"] <= curve["budget"] + 1e-6).all()
    assert curve["profit"].iloc[0] == 0


def test_the_same_discount_for_all_gives_incentives_to_those_who_come_anyway():
    frame = people(10, return_probability=0.4)
    discount = offer("20% off", kind="financial", discount=0.2, cost=0.5)
    same = same_for_all(prepared(frame, [discount]))
    assert same.given_away == pytest.approx(10 * 0.4 * 0.2 * 50)
    assert same.profit == pytest.approx(10 * (0.45 * (100 - 10) - 0.4 * 100 - 0.5))
    assert same.claimed - same.profit == pytest.approx(10 * 0.4 * 100)
    assert len(same.sentences(WORDS)) == 3
    none = same_for_all(prepared(frame, [offer()]))
    assert none.sentences(WORDS)[0].startswith(
        "There is nothing to compare with: the catalogue holds no discount"
    )


# plan.csv ------------------------------------------------------------------------------------


def test_the_sheet_holds_the_columns_in_order_and_no_formulas(tmp_path):
    frame = people(3, last_order=pd.NaT, reason=["=1+1", "@home", "plain"], customer_id=["-K1", "+K2", "K3"])
    low = offer(first_words="- hello", response={"points": 0.05, "low": 0.0, "high": 0.1})
    plan = plan_for(frame, low)
    write_plan(tmp_path, plan.contacts)
    with (tmp_path / "plan.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["customer_id"] for row in rows] == ["'-K1", "'+K2", "K3"]
    assert [row["reason"] for row in rows] == ["'=1+1", "'@home", "plain"]
    assert rows[0]["expected_profit_low"] == "-2.0"
    assert rows[0]["first_words"] == "'- hello"
    assert (rows[0]["week"], rows[0]["contact_by"]) == ("2025-10-06", "2025-11-02")


def test_an_empty_plan_is_a_sheet_with_its_head(tmp_path):
    plan = plan_for(people(), offer(), settings=settings_of(budget=0))
    write_plan(tmp_path, plan.contacts)
    assert (tmp_path / "plan.csv").read_text().strip() == ",".join(COLUMNS)


# The demo retailer ---------------------------------------------------------------------------


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
    assert share == pytest.approx(0.1, abs=0.01)
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


def test_the_choice_is_none_for_those_held_back():
    held = prepared(people(200), [offer()])
    plan = make_plan(held)
    assert held.held_back.sum() == 20
    assert (plan.assignment.choice[held.held_back] == NOBODY).all()
