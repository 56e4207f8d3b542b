"""Which selection holds, in words, and what it leaves out."""

import pytest

from playbook.archive.findings import Finding
from playbook.chapters.plan.selection import rule_in_words, selection_findings, selection_sentences
from playbook.settings.client import PRESETS, SelectionRule
from playbook.show.words import Words
from tests.builders import people, settings_of

WORDS = Words()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"orders": {"min": 1, "max": 1}}, "exactly 1 order"),
        (
            {"orders": {"min": 3}, "last_order_months_ago": {"max": 24}},
            "at least 3 orders, last order at most",
        ),
        ({"first_order_months_ago": {"min": 12, "max": 18}}, "first order 12 to 18 months ago"),
        ({"where": {"segment": ["a", "b"], "town": "Chur"}}, "segment: a or b, town: Chur"),
        ({}, "everybody"),
    ],
)
def test_a_rule_is_said_in_words(rule, said):
    assert rule_in_words(SelectionRule.model_validate(rule), WORDS).startswith(said)


def test_the_page_says_whose_selection_holds_and_what_it_leaves_out():
    frame = people(10, lapsed=[True] * 8 + [False] * 2, second_lifetime_value=50.0)
    frame["status"] = ["not_selected"] * 6 + ["addressed"] * 4
    preset = settings_of(preset="donations", selection=PRESETS["donations"]["selection"])
    found = {finding.name: finding for finding in selection_findings(frame, preset)}
    assert found["selection_leaves_out"] == Finding("selection_leaves_out", 6, unit="customers", n=8)
    assert (found["selection_value_left_out"].value, found["selection_value"].value) == (300.0, 200.0)
    whom, out = selection_sentences(preset.selection, found, WORDS)
    assert whom == (
        "Who is addressed is said by the preset’s selection: exactly 1 order, first order 12 to 18 months"
        " ago; or at least 3 orders, last order 18 to 24 months ago."
    )
    assert out.startswith("It leaves out 6 of the 8 lapsed (75%), whose second lives would be worth")
    assert "write selection: null in client.yml" in out
    own = settings_of(preset="donations", selection=[{"orders": {"min": 1}}])
    found = {finding.name: finding for finding in selection_findings(frame, own)}
    assert "said by the selection in client.yml" in selection_sentences(own.selection, found, WORDS)[0]


def test_without_a_selection_nothing_is_said():
    assert selection_findings(people(), settings_of()) == []
    assert selection_sentences(None, {}, WORDS) == []
