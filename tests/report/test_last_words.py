"""The good last impression: who is in that list, and what is said to them."""

from types import SimpleNamespace

import pandas as pd
import pytest

from playbook.chapters.scoring.let_go import last_words
from playbook.offers.catalogue import PRESETS
from playbook.offers.first_words import texts
from playbook.report.workbook.lists import not_contacted
from playbook.settings.client import Settings
from playbook.show.words import Words


def settings_of(preset="retail") -> Settings:
    return Settings.model_validate({"client": "x", "preset": preset, "tables": {"orders": {}}})


def people(**columns) -> pd.DataFrame:
    known = {"orders": 3, "complaint_on": pd.NaT, "cancellation_on": pd.NaT}
    return pd.DataFrame({"customer_id": ["a"]}).assign(**(known | columns))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "Thank you for your three orders. You will always be welcome."),
        ({"orders": 1, "language": "de"}, "Danke für Ihre Bestellung. Sie sind uns jederzeit willkommen."),
        ({"cancellation_on": pd.Timestamp("2025-04-02")}, "We have noted that you are leaving"),
        (
            {"complaint_on": pd.Timestamp("2025-04-02"), "cancellation_on": pd.Timestamp("2025-05-02")},
            "On 2 April 2025 you told us that something had gone wrong. I am sorry",
        ),
    ],
)
def test_what_went_wrong_comes_first_then_a_cancellation_then_thanks(columns, said):
    [found] = last_words(people(**columns), settings_of())
    assert found.startswith(said)


def test_donors_gave_and_did_not_order_and_unknown_facts_are_left_out():
    [said] = last_words(people().drop(columns=["complaint_on", "cancellation_on"]), settings_of("donations"))
    assert said.startswith("Thank you for your three gifts")


@pytest.mark.parametrize("preset", ["retail", "donations", "subscription"])
def test_a_farewell_is_there_in_four_languages_and_offers_nothing(preset):
    spoken = texts("farewells", preset)
    assert set(spoken) == {"en", "de", "it", "fr"}
    assert all(set(kinds) == {"complaint", "cancellation", "several", "once"} for kinds in spoken.values())
    assert not any("%" in text or "CHF" in text for kinds in spoken.values() for text in kinds.values())
    assert (PRESETS / "farewells.yml").is_file()


def test_who_may_not_be_contacted_or_waits_has_no_last_words_and_who_gets_an_offer_is_not_listed():
    statuses = ["let_go", "no_offer_pays", "suppressed", "not_contactable", "wait", "planned", "held_back"]
    frame = pd.DataFrame({"customer_id": list("abcdefg"), "plan_status": statuses}).assign(
        orders=2, margin=1.0, last_order=pd.Timestamp("2024-01-01"), silence_days=300
    )
    run = SimpleNamespace(words=Words(), settings=settings_of())
    sheet = not_contacted(run, frame)
    told = sheet.frame.set_index("customer_id")["last_words"]
    assert set(told.dropna().index) == {"a", "b"} and len(told) > 2
    assert [column.name for column in sheet.shown][:3] == ["customer_id", "why_no_offer", "last_words"]
    assert not_contacted(run, frame.drop(columns="plan_status")) is None
