"""What to say first, and the files that go to the mail house and the callers."""

import csv
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from playbook.chapters.plan import handed_over
from playbook.chapters.plan.handed_over import hand_over, intended, valid_until
from playbook.chapters.plan.plan_sheet import COLUMNS, write_plan
from playbook.offers.catalogue import PRESETS, Offer, load
from playbook.offers.first_words import first_words, speaks, texts
from playbook.settings.offers import Offers
from playbook.stats.trials.earlier import read_intended, read_plan
from tests.builders import offer, people, settings_of
from tests.chapters.plan import campaigns
from tests.chapters.plan.campaigns import plan_for


def call(**changes) -> Offer:
    said = {"en": "Hello.", "de": "Guten Tag."}
    return offer("Call", **({"kind": "emotional", "channel": "phone", "first_words": said} | changes))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "You have ordered from us three times, the last time on 1 March 2025. Hello."),
        ({"orders": 1}, "You ordered from us on 1 March 2025. Hello."),
        ({"language": "de-CH"}, "Sie haben dreimal bei uns bestellt, zuletzt am 1. März 2025. Guten Tag."),
        ({"language": "it"}, "Ha ordinato da noi tre volte, l’ultima il 1º marzo 2025. Hello."),
        ({"language": "xx"}, "You have ordered from us three times, the last time on 1 March 2025. Hello."),
        (
            {"cancellation": True, "cancellation_on": pd.Timestamp("2025-04-02")},
            "On 2 April 2025 you told us that you wanted to leave us. Hello.",
        ),
        ({"cancellation": True}, "Hello."),
        (
            {"complaint": True, "complaint_on": pd.Timestamp("2025-04-02"), "cancellation": True},
            "On 2 April 2025 you told us that something had gone wrong, and we have not put it right. Hello.",
        ),
    ],
)
def test_what_is_said_first_comes_from_reason_history_and_offer_in_the_customers_language(columns, said):
    assert first_words(people(1, **columns), call(), settings_of()) == [said]


def test_whose_language_is_not_known_is_addressed_in_that_of_the_offers():
    chosen = settings_of().model_copy(update={"offers": Offers(language="it")})
    assert speaks(pd.DataFrame({"language": ["de", None, "xx"]}), chosen) == ["de", "it", "it"]
    assert speaks(pd.DataFrame({"orders": [1]}), chosen) == ["it"]
    assert speaks(pd.DataFrame({"orders": [1]}), settings_of()) == ["en"]


@pytest.mark.parametrize(
    ("language", "respected"),
    [
        ("en", "we respect that."),
        ("de", "Das respektieren wir."),
        ("it", "lo rispettiamo."),
        ("fr", "le respectons."),
    ],
)
def test_a_donor_who_wants_to_stop_is_told_that_this_is_respected(language, respected):
    leaving = people(1, cancellation=True, cancellation_on=pd.Timestamp("2025-04-02"), language=language)
    [said] = first_words(leaving, call(), settings_of(preset="donations"))
    assert respected in said


def test_a_charitys_donors_gave_and_did_not_order():
    [said] = first_words(people(1), call(first_words="Thank you."), settings_of(preset="donations"))
    assert said == "You have supported us three times, the last time on 1 March 2025. Thank you."


@pytest.mark.parametrize("preset", ["retail", "donations", "subscription"])
def test_every_preset_speaks_the_four_languages(preset, tmp_path):
    for made in load(settings_of(preset=preset), tmp_path):
        assert set(made.first_words) == {"en", "de", "it", "fr"}
    spoken = texts("openings", preset)
    assert set(spoken) == {"en", "de", "it", "fr"}
    assert all(set(kinds) == {"complaint", "cancellation", "several", "once"} for kinds in spoken.values())
    assert (PRESETS / "openings.yml").is_file()


def test_an_offer_may_be_taken_up_until_its_validity_is_over():
    made = [call(valid_days=30), call(last_day=date(2025, 12, 1)), call()]
    assert valid_until(pd.Series([date(2025, 11, 30)] * 3), made) == [
        date(2025, 12, 30),
        date(2025, 12, 1),
        None,
    ]


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
    assert -2.0 < float(rows[0]["expected_profit_low"]) < float(rows[0]["expected_profit"])
    assert rows[0]["first_words"] == "'- hello"
    assert (rows[0]["week"], rows[0]["contact_by"]) == ("2025-10-06", "2025-11-02")


def test_ids_that_look_like_formulas_are_read_as_they_were(tmp_path):
    frame = people(3, customer_id=["-7", "+4179", "K3"])
    plan = plan_for(frame, offer(response={"points": 0.05, "low": 0.0, "high": 0.1}))
    write_plan(tmp_path, plan.contacts)
    read_back = read_plan(tmp_path)
    assert set(read_back["customer_id"]) == {"-7", "+4179", "K3"}
    assert list(read_back["week"].unique()) == ["2025-10-06"]


def test_those_held_back_and_the_mailing_hold_no_formulas(tmp_path, monkeypatch):
    odd = people(100, customer_id=[f"={n:03}" for n in range(100)])
    plan = plan_for(odd, offer("@Letter"), settings=campaigns.settings_of(holdout_share=0.1))
    run = SimpleNamespace(folder=tmp_path, settings=settings_of(), as_of=date(2025, 9, 30))
    monkeypatch.setattr(handed_over, "_addresses", lambda run: odd[["customer_id"]].assign(address="+Way 1"))
    hand_over(run, plan)
    with (tmp_path / "held_back.csv").open(newline="") as file:
        assert {row["customer_id"][:2] + row["offer"] for row in csv.DictReader(file)} == {"'='@Letter"}
    assert set(read_intended(tmp_path)["offer"]) == {"@Letter"}
    assert set(read_intended(tmp_path)["customer_id"]) == set(intended(plan)["customer_id"])
    for row in [row for path in (tmp_path / "mailing").glob("letter_*.csv") for row in read(path)]:
        assert (row["customer_id"][:2], row["address"], row["offer"]) == ("'=", "'+Way 1", "'@Letter")
    held = read(tmp_path / "mailing" / "control_group.csv")
    assert {row["customer_id"][:2] for row in held} == {"'="} and len(held) == len(intended(plan))


def test_an_empty_plan_is_a_sheet_with_its_head(tmp_path):
    plan = plan_for(people(), offer(), settings=campaigns.settings_of(budget=0))
    write_plan(tmp_path, plan.contacts)
    assert (tmp_path / "plan.csv").read_text().strip() == ",".join(COLUMNS)


def test_those_held_back_are_written_down_with_the_offer_they_would_have_got():
    plan = plan_for(
        people(100, may_letter=[True] * 50 + [False] * 50),
        *(offer(), offer("Mail", channel="email")),
        settings=campaigns.settings_of(holdout_share=0.1),
    )
    kept = intended(plan)
    held_back = plan.campaign.people[plan.held_back]
    assert set(kept["customer_id"]) == set(held_back["customer_id"]) and len(kept) == 50
    assert not set(kept["customer_id"]) & set(plan.contacts["customer_id"])
    by_mail = set(held_back.loc[~held_back["may_letter"], "customer_id"])
    assert set(kept.loc[kept["offer"] == "Mail", "customer_id"]) >= by_mail


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_the_mail_house_gets_every_letter_and_mail_once_and_nobody_else(demo_run):
    plan = pd.read_csv(demo_run.folder / "plan.csv", dtype=str)
    customers = pd.read_parquet(demo_run.folder / "tables" / "customers.parquet").set_index("customer_id")
    files = {path.name: read(path) for path in (demo_run.folder / "mailing").glob("*.csv")}
    refused, held = files.pop("do_not_contact.csv"), files.pop("control_group.csv")
    alone = {row["customer_id"] for row in [*refused, *held] if row.get("channels", "all") == "all"}
    status = pd.read_parquet(demo_run.folder / "tables" / "07.parquet").set_index("customer_id")[
        "plan_status"
    ]
    assert set(customers.index[customers["holdout"]]) == set(status.index[status == "held_back"])
    assert {row["customer_id"] for row in held} == set(status.index[status == "held_back"])
    assert alone >= set(status.index[status == "same_person"])
    said = {(row["customer_id"], channel) for row in refused for channel in row["channels"].split(", ")}
    for channel in ("phone", "letter", "email"):
        no = set(customers.index[customers[f"consent_{channel}"] == "refused"])
        assert no <= {who for who, how in said if how in (channel, "all")}
    for channel in ("letter", "email"):
        listed = [
            row["customer_id"] for name, rows in files.items() if name.startswith(channel) for row in rows
        ]
        assert sorted(listed) == sorted(plan.loc[plan["channel"] == channel, "customer_id"])
    assert {name.split("_")[1] for name in files} == {"de.csv", "fr.csv", "it.csv"}
    for name, rows in files.items():
        assert {row["language"] for row in rows} == {name[-6:-4]}
        assert all(row["text"] and row["offer"] for row in rows)
        assert {row["valid_until"] for row in rows} == {""}  # the preset's offers have no end
        assert not [cell for row in rows for cell in row.values() if {*';"\n'} & {*cell} or cell == "0.0"]
        assert all(row["begins"] for row in rows)
        assert {row["on_return"] for row in rows} <= {"", "CHF 5", "5 CHF"}
        assert name.startswith("email") or all(
            row["street"] and row["postcode"] and row["town"] for row in rows
        )
        assert all(row["name_parts"] == ("taken apart" if row["name"] else "") for row in rows)
        assert "phone" not in rows[0] and ("email" in rows[0]) == name.startswith("email")
        assert len({row["code"] for row in rows}) == len(rows)
        assert next(iter(rows[0])) == "customer_id"
        assert all(row["code"].endswith(row["customer_id"]) for row in rows)
        assert not {row["customer_id"] for row in rows} & alone
        assert not {(row["customer_id"], name.split("_")[0]) for row in rows} & said


def test_names_and_addresses_stand_in_no_page(demo_run):
    names = [row["name"] or "nobody" for row in read(demo_run.folder / "mailing" / "email_de.csv")]
    pages = "".join(path.read_text(encoding="utf-8") for path in demo_run.folder.glob("*.html"))
    assert not [name for name in names if name in pages and name != "nobody"]
