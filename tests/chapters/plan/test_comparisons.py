"""The same discount for all, and cheap at first against worth it; the selection of the charity."""

import pandas as pd
import pytest

from playbook.archive.findings import read
from playbook.chapters.plan.comparisons import long_run, same_for_all
from playbook.show.words import Words
from tests.builders import offer, people
from tests.chapters.plan.campaigns import prepared, settings_of

WORDS = Words()


def test_the_cheapest_return_need_not_be_the_one_that_pays():
    call = offer("Call", channel="phone", cost=8.0, response={"points": 0.10, "low": 0, "high": 0.2})
    letter = offer("Letter", cost=1.0, second_life_share=0.5)
    found = long_run(prepared(people(40), [call, letter], settings_of(holdout_share=0)))
    shown = found.offers.set_index("offer")
    assert shown.loc["Call", ["additional", "per_return", "profit"]].tolist() == pytest.approx(
        [10, 80, 10 - 8]
    )
    # 0.15 * 50 - 0.1 * 100 - 1: a letter wins back for less, and loses what a second life is worth.
    assert shown.loc["Letter", ["additional", "per_return", "profit"]].tolist() == pytest.approx(
        [5, 20, -3.5]
    )
    [said] = found.sentences(WORDS)
    assert said.startswith("“Letter” is the cheapest way") and "“Call” pays CHF" in said
    assert "“Letter” costs CHF\N{NO-BREAK SPACE}3.50 per contact more than it brings" in said
    assert [finding.verdict for finding in found.findings()] == ["Letter", "Call"]
    assert found.table(WORDS).frame["offer"].tolist() == ["Call", "Letter"]


def test_offers_are_compared_on_the_same_customers_or_not_at_all():
    call = offer("Call", channel="phone")
    frame = people(80, may_phone=[True] * 40 + [False] * 40)
    assert long_run(prepared(frame, [call, offer()])).customers == 40
    few = long_run(prepared(people(20), [call, offer()]))
    assert few.sentences(WORDS)[0].startswith("Too few")
    assert few.table(WORDS) is None
    [finding] = few.findings()
    assert (finding.name, finding.value) == ("cheapest_return", None)


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


def test_the_charity_calls_though_a_first_gift_is_cheaper_by_mail(donors_run):
    findings = read(donors_run.folder / "findings" / "07.json")
    assert findings["cheapest_return"].verdict == "Story by e-mail"
    assert findings["best_in_the_long_run"].verdict == "Thank-you call"
    assert findings["plan_phone"].value > 0
    page = (donors_run.folder / "07_offers.html").read_text(encoding="utf-8")
    assert "What “Story by e-mail” brings is assumed, not measured." in page


def test_the_charity_addresses_the_red_cross_selection_whatever_the_labels_say(donors_run):
    frame = pd.read_parquet(donors_run.folder / "tables" / "customers.parquet")
    plan = pd.read_csv(donors_run.folder / "plan.csv", dtype={"customer_id": str})
    day = pd.Timestamp(donors_run.folder.name)

    def ago(column, least, most):
        moments = pd.to_datetime(frame[column])
        return (moments <= day - pd.DateOffset(months=least)) & (moments >= day - pd.DateOffset(months=most))

    once = (frame["orders"] == 1) & ago("first_order", 12, 18)
    regular = (frame["orders"] >= 3) & ago("last_order", 18, 24)
    chosen = set(frame.loc[once | regular, "customer_id"])
    selected = set(frame.loc[frame["plan_status"] != "not_selected", "customer_id"])
    assert selected == chosen
    assert set(plan["customer_id"]) | set(frame.loc[frame["holdout"], "customer_id"]) <= chosen
    assert len(plan) > 50
