"""What the cut and the rules change, in a table and with sliders."""

from dataclasses import replace

import numpy as np
import pytest

from playbook.chapters.occasional import vary_rules
from playbook.chapters.occasional.sensitivity import CUT_SHIFTS, Sensitivity, ask, knobs
from playbook.show.sliders import over_settings
from tests.chapters.occasional.study import WORDS


@pytest.fixture(scope="module")
def varied(demo):
    return vary_rules(demo.history, demo.weighed, demo.first, demo.second)


@pytest.fixture(scope="module")
def table(demo, varied):
    return varied.table(WORDS).frame


def test_as_chosen_is_what_the_chapter_found(demo, varied, table):
    row, totals = table.iloc[0], demo.weighed.totals
    assert row["occasional"] == demo.findings["occasional"].value
    assert (row["left_out"], row["saved"], row["given_up"]) == pytest.approx(
        (totals["left_out"], totals["saved"], totals["given_up"])
    )
    chosen = {name: knob.chosen for name, knob in knobs(varied, WORDS).items()}
    cells = ask(varied, WORDS, **chosen).cells
    assert cells["occasional"] == WORDS.number(row["occasional"])
    assert cells["cost saved"] == WORDS.money(totals["saved"])


def test_every_rule_with_a_number_or_a_list_is_in_the_table(table):
    shown = " ".join(table["rule"] + " " + table["value"])
    for rule in (
        "share of second orders", "days at the beginning", "treatment", "discount from",
        "share of the lines", "sources that count as paid",
    ):  # fmt: skip
        assert rule in shown


def test_a_later_cut_and_a_longer_beginning_shorten_the_list(table):
    occasional = table.set_index(["rule", "value"])["occasional"]
    shares = occasional[[rule.startswith("share of second") for rule, _ in occasional.index]]
    assert shares.iloc[0] > table["occasional"].iloc[0] > shares.iloc[1]
    begin = occasional[[rule.startswith("days at the beginning") for rule, _ in occasional.index]]
    assert begin.iloc[0] > table["occasional"].iloc[0] >= begin.iloc[1]


def test_a_stricter_rule_of_a_kind_shortens_that_kind_and_leaves_the_list_alone(demo, varied):
    mild, strict = (
        varied.occasional()
        & varied.of_kind(["bargain"], varied.rules.model_copy(update={"deep_discount": share}))
        for share in (0.1, 0.4)
    )
    assert mild.sum() > strict.sum()
    answers = [
        ask(varied, WORDS, cut=varied.cut, treat="apart", deep_discount=share, least_share=0.5)
        for share in (0.1, 0.4)
    ]
    assert answers[0].cells["left out"] == answers[1].cells["left out"]
    assert answers[0].cells["of a kind"] != answers[1].cells["of a kind"]


def test_leaving_all_out_saves_every_contact(demo, varied):
    totals = varied.totals(varied.occasional(), "out")
    occasional = demo.weighed.customers.query("occasional")
    assert totals["left_out"] == len(occasional)
    assert totals["saved"] == pytest.approx(occasional["contact_cost"].sum())


def test_only_sliders_whose_columns_are_there_are_shown(varied):
    bare = replace(varied, first=varied.first[["old_customer", "sale_lines", "sale_amount"]])
    assert set(knobs(bare, WORDS)) == {"cut", "treat"}
    shown = over_settings("x", lambda **at: ask(bare, WORDS, **at), knobs(bare, WORDS), WORDS)
    assert len(shown.frame) == 9


def larger(varied: Sensitivity, size: int) -> Sensitivity:
    drawn = np.random.default_rng(1).integers(0, len(varied.once), size)
    return replace(varied, once=varied.once.iloc[drawn], first=varied.first.iloc[drawn])


def test_how_much_the_list_depends_on_the_cut_is_told(varied):
    said = varied.sentences(WORDS)
    for cut in (varied.cut - 90, varied.cut, varied.cut + 90):
        assert WORDS.number(varied.totals(varied.occasional(cut))["occasional"]) in said[0]


def test_a_later_cut_shortens_the_list_and_what_is_left_out(varied):
    totals = [varied.totals(varied.occasional(varied.cut + shift)) for shift in (0, *CUT_SHIFTS)]
    by_cut = sorted(zip((0, *CUT_SHIFTS), totals, strict=True), key=lambda pair: pair[0])
    for name in ("occasional", "left_out", "saved", "given_up"):
        amounts = [total[name] for _, total in by_cut]
        assert amounts == sorted(amounts, reverse=True), name
