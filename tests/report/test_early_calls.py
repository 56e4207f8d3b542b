"""The call sheet of early warning: who, by when, why, what to say; nobody who is not to be called."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from playbook.chapters.warning import openings
from playbook.offers import catalogue, first_words
from playbook.offers.known import region_of, to_dial
from playbook.report.workbook.calls import early_calls
from playbook.report.workbook.lists import write_instead
from playbook.report.workbook.plan import held_back
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
            "revenue": 150.0,
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
    assert shown[:5] == ["caller", "customer_id", "name", "dial", "speaks"]
    assert shown[-4:] == ["outcome", "called_on", "call_back_on", "notes"]
    assert not {"email", "warning", "leaving_risk"} & set(shown)  # a caller does not need them
    assert sheet.sentence.startswith("4 customers to call in the week of 6 Oct 2025")


def test_a_cancellation_is_called_about_on_monday_the_others_by_friday(sheet):
    assert list(sheet.frame["until"]) == [date(2025, 10, 6), *[date(2025, 10, 10)] * 3]


def test_who_looks_after_the_customer_calls_else_whoever_the_catalogue_names(sheet):
    by_customer = sheet.frame.set_index("customer_id")["caller"]
    assert by_customer["a"] == "S. Probst" and by_customer["b"] == "customer service"


def test_what_to_say_first_fits_the_reason_and_the_language(sheet):
    said = sheet.frame.set_index("customer_id")["first_words"]
    assert said["a"].startswith("Sie haben dreimal bei uns bestellt")
    assert said["b"].startswith("Ci ha detto che desiderava lasciarci. Vorrei capire")
    assert said["c"].startswith("Vous nous avez signalé")
    assert said["f"].startswith("Sie haben am 4. Mai 2025")  # no Romansh: what most of them speak


def test_only_a_complaint_is_answered_with_what_the_catalogue_holds_for_it(sheet):
    promised = sheet.frame.set_index("customer_id")["promise"]
    assert promised["c"] == "CHF\N{NO-BREAK SPACE}10 with the next order"
    assert promised["a"] == promised["f"] == "nothing"


def test_who_is_held_back_stands_on_a_sheet_of_their_own(tmp_path):
    held = held_back(a_run(tmp_path), people().assign(rank=None))
    assert list(held.frame["customer_id"]) == ["d"] and held.sentence.startswith("Do NOT contact")


def test_who_may_only_be_written_to_stands_apart_with_the_way_that_is_allowed(tmp_path):
    frame = people().assign(write_instead=[False, False, False, False, True, False], call_kind="cancellation")
    frame["consent_letter"], frame["consent_email"] = "assumed", "refused"
    sheet = write_instead(a_run(tmp_path), frame)
    assert list(sheet.frame["customer_id"]) == ["e"] and list(sheet.frame["ways"]) == ["letter"]
    assert list(sheet.frame["first_step"]) == ["answer before you confirm the cancellation"]
    assert write_instead(a_run(tmp_path / "acme"), people()) is None


def test_what_is_known_is_said_in_the_customer_s_language(sheet):
    known = sheet.frame.set_index("customer_id")["know"]
    assert known["a"] == "drei Bestellungen, die letzte im Mai 2025, im Schnitt CHF\N{NO-BREAK SPACE}50"
    assert known["c"].startswith("une commande, en mai 2025, ")


def test_numbers_are_dialled_with_their_country_and_what_is_none_is_said(tmp_path):
    numbers = ["079 123 45 67", "+39 06 6988 2000", None, None, None, "12"]
    sheet = early_calls(a_run(tmp_path), people().assign(phone=numbers))
    dialled = sheet.frame.set_index("customer_id")["dial"]
    assert dialled["a"] == "+41791234567" and dialled["b"] == "+390669882000"
    assert sheet.frame["customer_id"].tolist() == ["b", "a", "f", "c"]  # who has none stands last
    assert "For one of them the export has no telephone number" in sheet.sentence
    assert "One number, in yellow, is none that can be dialled" in sheet.sentence
    swiss = to_dial(pd.Series(["079 123 45 67", "0041 44 668 18 00"]), "CH")
    assert swiss["number"].tolist() == ["+41791234567", "+41446681800"] and swiss["sure"].all()


@pytest.mark.parametrize(
    ("currency", "language", "region"), [("CHF", "it", "CH"), ("EUR", "de", "DE"), ("EUR", "en", None)]
)
def test_a_number_without_a_country_is_of_the_currency_s(tmp_path, currency, language, region):
    chosen = a_run(tmp_path, currency=currency, offers={"language": language}).settings
    assert region_of(chosen) == region


def test_without_calls_there_is_no_sheet(tmp_path):
    run, nobody = a_run(tmp_path), people().assign(call_rank=None, call_held_back=False)
    assert held_back(run, nobody.assign(rank=None)).frame.empty
    for frame in (nobody, people().drop(columns=["call_rank", "call_kind", "caller"])):
        sheet = early_calls(run, frame)
        assert sheet.frame.empty and sheet.sentence == "Nobody is to be called."


@pytest.mark.parametrize("preset", ["usual", "donations"])
def test_every_language_of_the_openings_says_every_kind(preset):
    texts = first_words.texts("checking_in", preset)
    assert set(texts) == {"en", "de", "it", "fr"}
    for said in texts.values():
        assert set(said) == {"complaint", "cancellation", "several", "once"}
        assert "{times}" in said["several"] and "{last_order}" in said["once"]


def test_a_charity_thanks_and_a_call_costs_what_the_catalogue_says(tmp_path):
    run = a_run(tmp_path, preset="donations")
    listed = early_calls(run, people()).frame.set_index("customer_id")
    assert "danken" in listed["first_words"]["a"]
    offers = catalogue.load(run.settings, tmp_path)
    assert openings.cost_of_call(offers) == 9.0
    assert openings.cost_of_call(()) is None and openings.usual_caller((), "complaint") is None
