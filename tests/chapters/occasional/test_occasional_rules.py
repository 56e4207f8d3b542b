"""Chapter 03: what the cut and the rules change, reasons in words, and the sliders."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.occasional import sensitivity as rules_of
from playbook.chapters.occasional.left_out import LeftOut
from playbook.chapters.occasional.reasons import with_reasons
from playbook.chapters.occasional.second_order import SecondOrder
from playbook.settings.client import Occasional
from playbook.show.sliders import over_settings
from playbook.show.words import Words
from tests.chapters.occasional.test_occasional import PROJECT, opened

WORDS = Words()


@pytest.fixture(scope="module")
def demo():
    with opened(PROJECT / "data", "demo") as chapter:
        yield chapter


@pytest.fixture(scope="module")
def lists(demo):
    return rules_of.lists_of(demo.weighed, demo.first, demo.second, demo.history.settings.occasional)


@pytest.fixture(scope="module")
def table(demo, lists):
    return rules_of.rule_table(demo.history, lists, demo.weighed, WORDS).frame


def test_as_chosen_is_what_the_chapter_found(demo, lists, table):
    row, totals = table.iloc[0], demo.weighed.totals
    assert row["occasional"] == demo.findings["occasional"].value
    assert (row["left_out"], row["saved"], row["given_up"]) == pytest.approx(
        (totals["left_out"], totals["saved"], totals["given_up"])
    )
    chosen = {name: knob.chosen for name, knob in rules_of.knobs(lists, WORDS).items()}
    cells = rules_of.ask(lists, WORDS, **chosen).cells
    assert cells["occasional"] == WORDS.number(row["occasional"])
    assert cells["cost saved"] == WORDS.money(totals["saved"])


def test_every_rule_with_a_number_or_a_list_is_in_the_table(table):
    told = " ".join(table["rule"] + " " + table["value"])
    for rule in (
        "share of second orders", "days at the beginning", "treatment", "discount from",
        "share of the lines", "sources that count as paid",
    ):  # fmt: skip
        assert rule in told


def test_a_later_cut_and_a_longer_beginning_shorten_the_list(table):
    occasional = table.set_index(["rule", "value"])["occasional"]
    shares = occasional[[rule.startswith("share of second") for rule, _ in occasional.index]]
    assert shares.iloc[0] > table["occasional"].iloc[0] > shares.iloc[1]
    begin = occasional[[rule.startswith("days at the beginning") for rule, _ in occasional.index]]
    assert begin.iloc[0] > table["occasional"].iloc[0] >= begin.iloc[1]


def test_a_stricter_rule_of_a_kind_shortens_that_kind_and_leaves_the_list_alone(demo, lists):
    mild, strict = (
        lists.rare() & (lists.kinds(lists.rules.model_copy(update={"deep_discount": share})) == "bargain")
        for share in (0.1, 0.4)
    )
    assert mild.sum() > strict.sum()
    answers = [
        rules_of.ask(lists, WORDS, cut=lists.cut, treat="apart", deep_discount=share, least_share=0.5)
        for share in (0.1, 0.4)
    ]
    assert answers[0].cells["left out"] == answers[1].cells["left out"]
    assert answers[0].cells["of a kind"] != answers[1].cells["of a kind"]


def test_leaving_all_out_saves_every_contact(demo, lists):
    totals = lists.totals(lists.rare(), "out")
    occasional = demo.weighed.customers.query("occasional")
    assert totals["left_out"] == len(occasional)
    assert totals["saved"] == pytest.approx(occasional["contact_cost"].sum())


def test_by_kind_the_left_out_and_their_costs_add_up(demo):
    shown = demo.weighed.by_kind(demo.kinds, WORDS).frame
    totals = demo.weighed.totals
    assert shown["left_out"].sum() == totals["left_out"]
    assert shown["saved"].sum() == pytest.approx(totals["saved"])
    assert shown["given_up"].sum() == pytest.approx(totals["given_up"])


def test_only_sliders_whose_columns_are_there_are_shown(lists):
    bare = replace(lists, first=lists.first[["old_customer", "sale_lines", "sale_amount"]])
    assert set(rules_of.knobs(bare, WORDS)) == {"cut", "treat"}
    shown = over_settings(
        "x", lambda **at: rules_of.ask(bare, WORDS, **at), rules_of.knobs(bare, WORDS), WORDS
    )
    assert len(shown.frame) == 9


def test_the_picture_says_both_sums(demo):
    alt = rules_of.side_by_side(demo.weighed.totals, WORDS).alt
    assert WORDS.money(demo.weighed.totals["saved"]) in alt
    assert WORDS.money(demo.weighed.totals["given_up"]) in alt


def large(size: int) -> rules_of.Lists:
    random = np.random.default_rng(1)
    ids = [f"c{n:06}" for n in range(size)]
    people = pd.DataFrame(
        {
            "customer_id": ids,
            "orders": 1,
            "old_customer": False,
            "silence_days": random.integers(0, 900, size),
            "pays": random.random(size) < 0.4,
            "contact_cost": 1.6,
            "gain": random.random(size),
        }
    )
    first = pd.DataFrame(
        {
            "customer_id": ids,
            "old_customer": False,
            "sale_lines": random.integers(1, 5, size),
            "sale_amount": 80.0,
            "list_amount": random.choice([80.0, 100.0, 130.0], size),
            "sample_lines": random.integers(0, 2, size),
            "coupon_lines": random.integers(0, 2, size),
            "promotion_lines": random.integers(0, 2, size),
            "sales_channel": random.choice(["online", "shop"], size),
            "last_channel": "online",
            "source": random.choice(["affiliate", "organic"], size),
        }
    )
    second = SecondOrder(300, "data", 200, None, None, first)
    return rules_of.lists_of(LeftOut(people, "apart", 300, False), first, second, Occasional())


def test_a_slider_redraws_a_hundred_thousand_customers_within_half_a_second():
    lists = large(100_000)
    seconds = []
    for cut in (250, 300, 350):
        began = time.perf_counter()
        answer = rules_of.ask(lists, WORDS, cut=cut, treat="apart", deep_discount=0.3, least_share=0.5)
        assert answer.draw is not None
        answer.draw().svg()
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.5, seconds


def test_every_occasional_buyer_has_a_reason_in_words_and_nobody_else(demo):
    seen = demo.weighed.customers
    reasons = with_reasons(seen, demo.kinds, demo.second.days, WORDS)
    assert (reasons.notna() == seen["occasional"]).all()
    row = seen[seen["occasional"] & (seen["occasional_kind"] == "coupon") & seen["left_out"]].iloc[0]
    text = reasons[row.name]
    assert f"One order, {WORDS.number(row['silence_days'])} days ago" in text
    assert "with a coupon" in text
    assert "Left out" in text
    assert WORDS.money(row["contact_cost"], 2) in text


def test_a_reason_says_where_no_contact_is_allowed_or_nothing_can_be_told(demo):
    seen = demo.weighed.customers.query("occasional").head(2).copy()
    seen["contact_cost"] = [np.nan, 1.6]
    seen["worth"] = [1.0, np.nan]
    reasons = with_reasons(seen, demo.kinds, demo.second.days, WORDS)
    assert reasons.iloc[0].endswith("No contact is allowed.")
    assert reasons.iloc[1].endswith("What a contact could bring cannot be told.")


def test_how_much_the_list_depends_on_the_cut_is_told(demo, lists):
    said = rules_of.cut_sentences(lists, WORDS)
    table = demo.weighed.sensitivity(WORDS).frame.set_index("days")["occasional"]
    for cut in (lists.cut - 90, lists.cut, lists.cut + 90):
        assert WORDS.number(table[cut]) in said[0]
