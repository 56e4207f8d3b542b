"""The call sheet of early warning: who, by when, why, what to say; nobody who is not to be called."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from playbook.chapters.warning import openings
from playbook.offers import catalogue, first_words
from playbook.report.workbook.calls import calls_held_back, early_calls, write_instead
from playbook.settings.client import Settings
from playbook.show.words import Words

TUESDAY = date(2025, 9, 30)


def a_run(folder, **chosen):
    home = folder / "acme"
    home.mkdir()
    (home / "client.yml").write_text("client: Acme\n", encoding="utf-8")
    settings = Settings(client="Acme", tables={"orders": {"files": "o.csv"}}, **chosen)
    return SimpleNamespace(settings=settings, words=Words(), as_of=TUESDAY, client_folder=home, folder=folder)


def people():
    kinds = ["satisfaction", "cancellation", "complaint", None, None, "satisfaction"]
    return pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "name": ["Anna", "=Bea", "Carla", "Dina", "Emma", "Fina"],
            "phone": "000 555",
            "email": "x@example.com",
            "language": ["de", "it", "fr", "de", "de", "rm"],
            "orders": [3, 2, 1, 5, 5, 1],
            "margin": 100.0,
            "first_order": date(2024, 1, 5),
            "last_order": date(2025, 5, 4),
            "call_rank": [3.0, 1.0, 2.0, None, None, 4.0],
            "call_kind": kinds,
            "call_held_back": [False, False, False, True, False, False],
            "caller": ["S. Probst", None, None, None, None, None],
            "first_step": "begin",
            "warning": "why",
            "leaving_risk": 0.5,
            "margin_at_stake": 10.0,
        }
    )


@pytest.fixture
def sheet(tmp_path):
    return early_calls(a_run(tmp_path), people())


def test_those_to_call_stand_by_rank_with_name_and_number_and_nobody_else(sheet):
    assert list(sheet.frame["customer_id"]) == ["b", "c", "a", "f"]
    shown = [column.name for column in sheet.shown]
    assert shown[:7] == ["call_rank", "by", "caller", "customer_id", "name", "phone", "language"]
    assert "email" not in shown  # a caller does not need it
    assert sheet.sentence.startswith("4 customers to call in the week of 6 Oct 2025")


def test_a_cancellation_is_called_about_on_monday_the_others_by_friday(sheet):
    assert list(sheet.frame["by"]) == [date(2025, 10, 6), *[date(2025, 10, 10)] * 3]


def test_who_looks_after_the_customer_calls_else_whoever_the_catalogue_names(sheet):
    by_customer = sheet.frame.set_index("customer_id")["caller"]
    assert by_customer["a"] == "S. Probst" and by_customer["b"] == "customer service"


def test_what_to_say_first_fits_the_reason_and_the_language(sheet):
    said = sheet.frame.set_index("customer_id")["first_words"]
    assert said["a"].startswith("Sie haben 3 Mal bei uns bestellt")
    assert said["b"].startswith("Ci ha detto che desidera lasciarci. Prima di confermarlo")
    assert said["c"].startswith("Vous nous avez signalé")
    assert said["f"].startswith("You ordered from us on 4 May 2025")  # no Romansh: the report's language


def test_only_a_complaint_is_answered_with_what_the_catalogue_holds_for_it(sheet):
    promised = sheet.frame.set_index("customer_id")["promise"]
    assert promised["c"] == "Apology and repair by phone: CHF\N{NO-BREAK SPACE}10 with the next order"
    assert promised["a"] == promised["f"] == "nothing"


def test_who_is_held_back_stands_on_a_sheet_of_their_own(tmp_path):
    held = calls_held_back(a_run(tmp_path), people())
    assert list(held.frame["customer_id"]) == ["d"] and held.sentence.startswith("Do NOT call")


def test_who_may_only_be_written_to_stands_apart_with_the_way_that_is_allowed(tmp_path):
    frame = people().assign(write_instead=[False, False, False, False, True, False], call_kind="cancellation")
    frame["consent_letter"], frame["consent_email"] = "assumed", "refused"
    sheet = write_instead(a_run(tmp_path), frame)
    assert list(sheet.frame["customer_id"]) == ["e"] and list(sheet.frame["ways"]) == ["letter"]
    assert list(sheet.frame["first_step"]) == ["answer before you confirm the cancellation"]
    assert write_instead(a_run(tmp_path / "acme"), people()) is None


def test_without_calls_there_is_no_sheet(tmp_path):
    run, nobody = a_run(tmp_path), people().assign(call_rank=None, call_held_back=False)
    assert early_calls(run, nobody) is None and calls_held_back(run, nobody) is None
    assert early_calls(run, people().drop(columns=["call_rank"])) is None


@pytest.mark.parametrize("preset", ["usual", "donations"])
def test_every_language_of_the_openings_says_every_kind(preset):
    texts = first_words.texts("checking_in", preset)
    assert set(texts) == {"en", "de", "it", "fr"}
    for said in texts.values():
        assert set(said) == {"complaint", "cancellation", "several", "once"}
        assert "{orders}" in said["several"] and "{last_order}" in said["once"]


def test_a_charity_thanks_and_a_call_costs_what_the_catalogue_says(tmp_path):
    run = a_run(tmp_path, preset="donations")
    listed = early_calls(run, people()).frame.set_index("customer_id")
    assert "danken" in listed["first_words"]["a"]
    offers = catalogue.load(run.settings, tmp_path)
    assert openings.cost_of_call(offers) == 9.0
    assert openings.cost_of_call(()) is None and openings.usual_caller((), "complaint") is None
