"""Which occasional buyers are left out, what that saves and what it gives up."""

import numpy as np
import pytest

from playbook.chapters.occasional.words import left_out_cautions
from playbook.offers.catalogue import Offer, Response
from tests.chapters.occasional.study import WORDS, as_csv, nobody_again, settings_text, steady_shop

LETTER = Offer(
    name="letter",
    kind="emotional",
    channel="letter",
    cost=1.6,
    responsible="us",
    response=Response(points=0.02, low=0.01, high=0.03),
)


MAIL = LETTER.model_copy(update={"name": "mail", "channel": "email", "cost": 0.1})


def test_left_out_are_those_who_bring_less_than_the_cheapest_contact_and_to_whom_no_offer_adds_its_cost(demo):
    dear = LETTER.model_copy(update={"cost": 3.0})
    call = LETTER.model_copy(
        update={
            "name": "call",
            "channel": "phone",
            "cost": 6.0,
            "response": Response(points=0.1, low=0, high=1),
        }
    )
    alone, both = (demo.weigh(offers).customers for offers in ([dear], [dear, call]))
    worth = alone["return_probability"] * alone["life_value"]
    short = alone["occasional"] & (worth < alone["contact_cost"])
    assert (alone["left_out"] == short & (0.02 * alone["life_value"] <= 3.0)).all()
    assert 0 < alone["left_out"].sum() < short.sum()
    called = alone["left_out"] & ~both["left_out"]
    assert called.any() and (0.1 * alone.loc[called, "life_value"] > 6.0).all()


def test_by_the_methods_default_nobody_is_left_out_at_a_loss_and_the_page_does_not_argue(demo):
    for weighed in (
        demo.weighed,
        demo.weigh([LETTER]),
        demo.weigh([LETTER.model_copy(update={"cost": 3.0})]),
    ):
        assert weighed.totals["given_up"] <= weighed.totals["saved"]
        assert not any("more than it saves" in said for said in weighed.sentences(WORDS))
        assert left_out_cautions(weighed.by_name, WORDS) == []


def test_saved_is_a_contact_each_and_given_up_is_what_the_contact_would_have_added(demo):
    weighed = demo.weigh([LETTER.model_copy(update={"cost": 3.0})])
    out = weighed.customers[weighed.customers["left_out"]]
    assert len(out) > 50
    found = {finding.name: finding for finding in weighed.findings()}
    reached = out["contact_cost"].notna()
    assert found["cost_saved"].value == pytest.approx(3.0 * reached.sum(), abs=0.01)
    worth = out.loc[reached, "life_value"].clip(lower=0).sum()
    given_up = found["margin_given_up"]
    assert given_up.value == pytest.approx(0.02 * worth, rel=1e-3)
    assert (given_up.low, given_up.high) == pytest.approx((0.01 * worth, 0.03 * worth), rel=1e-3)


def test_no_cost_is_saved_on_customers_who_may_not_be_contacted(demo):
    seen = demo.weigh([MAIL]).customers
    nobody = seen["contact_cost"].isna()
    assert nobody.any()
    assert not seen.loc[nobody, "left_out"].any()
    assert (seen.loc[nobody, "gain"] == 0).all()


def test_the_cheapest_contact_is_by_a_channel_that_the_customer_allows(read):
    more = (
        "  customers: {files: who.csv, columns: {customer_id: customer_id, may_email: may_email,"
        " may_letter: may_letter, acquired_on: acquired_on}}\n"
    )
    who = "customer_id,may_email,may_letter,acquired_on\nc0001,1,1,\nc0003,0,1,\nc0005,,,\nc0007,0,0,\n"
    chapter = read(as_csv(steady_shop()), settings_text(more=more), who_csv=who)
    seen = chapter.weigh([LETTER, MAIL])
    cost = seen.customers.set_index("customer_id")["contact_cost"]
    assert cost[["c0001", "c0003", "c0005", "c0009"]].tolist() == [0.1, 1.6, 1.6, 1.6]
    assert np.isnan(cost["c0007"])


def test_an_offer_for_a_complaint_is_no_cheap_contact_for_everybody(demo):
    apology = LETTER.model_copy(update={"name": "sorry", "cost": 0.01, "suits": ("complaint",)})
    seen = demo.weigh([LETTER, apology]).customers
    assert seen["contact_cost"].min() == 1.6
    none = demo.weigh([apology])
    assert none.customers["contact_cost"].isna().all()


def test_treat_out_leaves_all_occasional_buyers_out(read):
    more = "occasional: {treat: out}\n"
    chapter = read(as_csv(steady_shop()), settings_text(more=more))
    seen = chapter.weighed.customers
    assert seen["occasional"].any()
    assert (seen["left_out"] == seen["occasional"]).all()
    assert "as set in client.yml" in chapter.sentences
    assert chapter.findings["cost_saved"].value == pytest.approx(1.6 * seen["left_out"].sum())


def test_treat_keep_leaves_nobody_out(read):
    chapter = read(as_csv(steady_shop()), settings_text(more="occasional: {treat: keep}\n"))
    assert chapter.weighed.customers["occasional"].any()
    assert not chapter.weighed.customers["left_out"].any()
    assert "is left out of win-back, as set in client.yml" in chapter.sentences
    assert left_out_cautions(chapter.findings, WORDS) == []


def test_a_kind_never_leaves_anybody_out(demo):
    other = demo.base.customers.assign(occasional_kind=None)
    again = demo.weigh(demo.offers, other)
    assert (again.customers["left_out"] == demo.weighed.customers["left_out"]).all()


def test_a_selection_of_the_client_stands_over_the_list(read):
    more = "occasional: {treat: out}\nselection: {orders: {min: 1, max: 1}}\n"
    assert "stands over this" in read(as_csv(steady_shop()), settings_text(more=more)).sentences
    assert "stands over this" not in read(as_csv(steady_shop()), settings_text()).sentences


def test_nobody_is_left_out_where_nobody_was_ever_seen_to_return(read):
    chapter = read(as_csv(nobody_again()), settings_text())
    assert not chapter.weighed.customers["left_out"].any()
    assert chapter.findings["left_out"].verdict == "unknown"
    assert chapter.findings["margin_given_up"].value is None
    assert "cannot be told" in chapter.weighed.sentences(WORDS)[0]


def test_by_kind_the_left_out_and_their_costs_add_up(demo):
    shown = demo.weighed.by_kind(demo.kinds).table(WORDS).frame
    totals = demo.weighed.totals
    assert shown["left_out"].sum() == totals["left_out"]
    assert shown["saved"].sum() == pytest.approx(totals["saved"])
    assert shown["given_up"].sum() == pytest.approx(totals["given_up"])


def test_of_the_kinds_with_most_to_leave_out_the_price_is_told(demo):
    said = demo.weighed.by_kind(demo.kinds).sentences(WORDS)
    assert len(said) == 3
    row = demo.weighed.by_kind(demo.kinds).table(WORDS).frame.sort_values("left_out").iloc[-1]
    assert f"{row['left_out']} cannot pay for a contact" in said[0]
    assert WORDS.money(row["given_up"]) in said[0]


def test_the_picture_says_both_sums(demo):
    alt = demo.weighed.figure(WORDS).alt
    assert WORDS.money(demo.weighed.totals["saved"]) in alt
    assert WORDS.money(demo.weighed.totals["given_up"]) in alt
