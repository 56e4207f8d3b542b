"""What `playbook check` and chapter 01 find, where it stands, and how it travels into the report."""

from datetime import date

import pandas as pd
import pytest

from playbook.chapters.data import intake as checks
from playbook.errors import DataError
from playbook.intake.check import inspect, refuse_errors
from playbook.intake.check.command import examine
from playbook.intake.check.rules import RULES, check_findings, checks_table, found
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.show.words import Words
from tests.conftest import SETTINGS, playbook

WORDS, TODAY = Words(), date(2025, 12, 31)
HEAD = "customer_id,ordered_at,amount\n"
DAYS = pd.date_range("2025-01-03", "2025-12-20", freq="3D").strftime("%Y-%m-%d")
SOUND = HEAD + "".join(f"c{n % 30},{day},{10 + n}\n" for n, day in enumerate(DAYS))


@pytest.fixture
def see(client):
    def examine_lines(lines, yml="", **files):
        data, name = client(lines, yml, **files)
        return examine(settings.load(name, data), data / name, TODAY)

    return examine_lines


def codes(seen):
    return {check.code: check for check in seen.checks}


def test_sound_data_have_no_warning(see):
    seen = see(SOUND)
    assert [check.code for check in seen.checks] == ["consent_unknown"]
    assert seen.errors == ()
    assert seen.as_of == date(2025, 12, 20)


def test_rows_are_those_of_the_file_also_below_lines_that_cannot_be_read(see):
    lines = SOUND.splitlines()
    lines[10] = "c1,no day,5"
    lines[20] = ",2025-03-01,5"
    seen = codes(see("\n".join(lines) + "\n"))
    assert seen["lines_unreadable"].examples[0].startswith("orders.csv, row 11, column ordered_at")
    assert seen["lines_without_customer"].examples == ("orders.csv, row 21",)


def test_everything_is_said_at_once_and_errors_first(see):
    lines = SOUND + "c1,2050-01-01,5\n,2025-03-01,5\nC1,2025-03-01,5\nc2,1900-01-01,5\n"
    seen = see(lines)
    severities = [check.severity for check in seen.checks]
    assert severities == sorted(severities, key=("error", "warning", "note").index)
    assert {"date_future", "lines_without_customer", "id_spelling", "date_early"} <= set(codes(seen))
    printed = seen.lines(WORDS)
    assert printed[0].startswith("Error (orders, ordered_at): 1 line lies in the future.")
    assert "orders.csv, row 120" in printed[0]


def test_two_tables_that_cannot_be_opened_are_both_said(see):
    yml = """client: Acme
tables:
  orders: {files: gone.csv, columns: {customer_id: a, ordered_at: b, amount: c}}
  customers: {files: orders.csv, columns: {customer_id: number}}
"""
    refusals = see(SOUND, yml).refusals
    assert len(refusals) == 2
    assert "gone.csv" in refusals[0] and "'number'" in refusals[1]


def test_a_date_to_come_is_a_warning_where_the_as_of_date_is_set(see):
    seen = codes(see(SOUND + "c1,2050-01-01,5\n", SETTINGS + "as_of: 2025-12-20\n"))
    assert seen["date_future"].severity == "warning"


def test_an_as_of_date_long_after_the_last_order_is_a_warning(see):
    late = codes(see(SOUND, SETTINGS + "as_of: 2029-12-31\n"))["as_of_late"]
    assert late.severity == "warning" and late.count > 1000
    assert "as_of_late" not in codes(see(SOUND, SETTINGS + "as_of: 2025-12-20\n"))


def test_thresholds_stand_in_the_settings(see):
    strict = SETTINGS + "checks: {customer_share: 0.02, least_buyers: 5}\n"
    assert "customer_dominates" not in codes(see(SOUND))
    assert codes(see(SOUND, strict))["customer_dominates"].count >= 5


def test_errors_stop_a_run_with_one_sentence(client):
    data, name = client(SOUND + "c1,2050-01-01,5\n")
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    history = read_history(chosen, sources)
    with pytest.raises(DataError, match="1 line lies in the future") as stopped:
        refuse_errors(inspect(chosen, sources, history, TODAY))
    assert "\n" not in str(stopped.value)
    sources.close()


def test_warnings_travel_and_notes_stay(see):
    seen = see(SOUND + "C1,2025-03-01,5\n" + SOUND.removeprefix(HEAD).splitlines()[0] + "\n")
    told = {finding.name: finding for finding in check_findings(seen.checks)}
    assert told["check_id_spelling"].verdict == "warning"
    assert told["check_lines_duplicated"].verdict == "note"
    base = ("lines_without_customer", "lines_unreadable", "lines_incomplete", "lines_after_as_of")
    counts = {name: checks.Finding(name, 0) for name in base} | {
        "lines_read": checks.Finding("lines_read", 9)
    }
    said = checks.warnings(counts | told, WORDS)
    assert len(said) == 1
    assert said[0].startswith("2 customer numbers differ from others in upper and lower case")


def test_findings_of_one_rule_in_two_tables_are_one():
    both = found("personal_data", 2, table="events") + found("personal_data", 3, table="contacts")
    (finding,) = check_findings(both)
    assert (finding.name, finding.value, finding.unit) == ("check_personal_data", 5, "events contacts")


def test_every_rule_says_what_it_does_and_what_to_do():
    for code, rule in RULES.items():
        assert "{n}" in rule.many or code == "consent_unknown", code
        assert all(text.endswith(".") for text in (rule.one, rule.many, rule.effect, rule.advice)), code
        (check,) = found(code, 2)
        assert rule.advice in check.text(WORDS)


def test_the_demo_runs_with_warnings_and_no_error(demo_data):
    seen = examine(settings.load("demo", demo_data), demo_data / "demo", TODAY)
    found_codes = codes(seen)
    assert seen.errors == ()
    assert found_codes["lines_unreadable"].count == 16
    assert found_codes["lines_without_customer"].count == 249
    assert "row 453" in checks_table(seen.checks, WORDS).frame["examples"][0]


def test_a_month_that_is_missing_is_marked_in_the_picture(client):
    lines = [line for line in SOUND.splitlines() if "2025-06" not in line]
    data, name = client("\n".join(lines) + "\n")
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    intake = checks.take_in(read_history(chosen, sources), sources, TODAY)
    sources.close()
    assert intake.months.loc[intake.months["gap"], "month"].tolist() == [pd.Timestamp("2025-06-01")]
    assert "Marked as gaps: Jun 2025." in intake.figure(WORDS).alt
    assert intake.verdict == "not_enough" or intake.verdict == "with_care"


def test_the_command_ends_with_2_after_saying_everything(client):
    data, name = client(SOUND + "c1,2050-01-01,5\n,2025-03-01,5\n")
    done = playbook("check", name, "--data", str(data))
    assert done.returncode == 2
    assert "1 line lies in the future" in done.stdout and "1 line has no customer" in done.stdout
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1


def test_ids_stay_hidden_where_pseudonyms_are_asked_for(see, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_ID_KEY", "a key that nobody guesses")
    seen = see(SOUND + "C1,2025-03-01,5\n", SETTINGS + "pseudonymise: true\n")
    spelling = codes(seen)["id_spelling"]
    assert (spelling.count, spelling.examples, spelling.values) == (2, (), ())
    assert not any(" c1" in paragraph or "C1" in paragraph for paragraph in seen.lines(WORDS))


PEOPLE = """number,since,name,mail,mail_ok,blocked
c1,Anna Meier,Anna Meier,anna@meier.ch,yes,
c2,2024-01-01,Bo Odermatt,bo@,ask Bo Odermatt,told Cora Frei
c3,2024-01-01,Test Dora Zwyssig,dora@zwyssig.ch,no,
c3,2024-01-01,Test Dora Zwyssig,dora@zwyssig.ch,no,
Egon Fux,2024-01-01,Egon Fux,bo@,no,
"""
EVENTS = "number,day,what\nc1,2025-01-01,call Gian Huber\nIda Jost,2025-01-01,visit\nc2,Lea Mohr,visit\n"
CONTACTS = "number,day,campaign,arm,how\nc1,2025-01-01,for Nina Oser,with Pia Rey,by Rita Suter\n"
WITH_PEOPLE = (
    SETTINGS
    + """  customers:
    files: people.csv
    columns:
      {customer_id: number, acquired_on: since, name: name, email: mail, may_email: mail_ok, blocked: blocked}
  events: {files: events.csv, columns: {customer_id: number, happened_at: day, kind: what}}
  contacts:
    files: contacts.csv
    columns: {customer_id: number, contacted_at: day, campaign: campaign, arm: arm, channel: how}
"""
)
SLIPPED = SOUND + "Tim Ulmer,Vera Wyss,5\nUrs Zaugg,2025-03-01,5\nURS ZAUGG,2025-03-01,5\n"
NAMED = (
    "Meier Odermatt Frei Zwyssig Fux Huber Jost Mohr Oser Rey Suter Ulmer Wyss Zaugg ZAUGG meier bo@".split()
)
FILES = {"people_csv": PEOPLE, "events_csv": EVENTS, "contacts_csv": CONTACTS}


def test_a_report_says_where_something_is_wrong_and_the_terminal_what(client, see):
    data, name = client(SLIPPED, WITH_PEOPLE, **FILES)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    intake = checks.take_in(read_history(chosen, sources), sources, TODAY)
    shown = [checks.unreadable_lines(sources, WORDS), intake.wrong(WORDS)]
    sources.close()
    html = "".join(table._repr_html_() for table in shown)
    report = (
        html + str(shown) + "".join(intake.sentences(WORDS)) + repr(intake.checks) + repr(sources.unreadable)
    )
    assert [word for word in NAMED if word in report] == []
    assert {"people.csv, row 2, column since", "events.csv, row 4, column day"} <= set(
        "; ".join(shown[1].frame["examples"]).split("; ")
    )
    assert "customers, may_email" in set(shown[1].frame["where"])
    said = "\n".join(see(SLIPPED, WITH_PEOPLE, **FILES).lines(WORDS))
    assert [
        word for word in ("ask Bo", "told Cora", "call Gian", "'Anna Meier'", "Urs Zaugg") if word not in said
    ] == []


def test_the_terminal_shows_no_values_where_pseudonyms_are_asked_for(see, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_ID_KEY", "a key that nobody guesses")
    seen = see(SLIPPED, WITH_PEOPLE + "pseudonymise: true\n", **FILES)
    said = "\n".join([*seen.lines(WORDS), *seen.errors, repr(seen)])
    assert [word for word in NAMED if word in said] == []
    nothing = see(
        "c,d,a\nAnna Meier,soon,5\n",
        SETTINGS.replace(
            "customer_id: customer_id, ordered_at: ordered_at, amount: amount",
            "customer_id: c, ordered_at: d, amount: a",
        )
        + "pseudonymise: true\n",
    )
    assert "row 2, column d" in nothing.refusals[0] and "soon" not in "".join(nothing.lines(WORDS))


def test_a_refusal_of_a_run_holds_no_value(client):
    """It stands on the page over all clients too."""
    data, name = client(SOUND + "Tim Ulmer,Vera Wyss,5\n" * 9, SETTINGS)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    with pytest.raises(DataError, match=r"the first: orders.csv, row \d+, column ordered_at\.") as stopped:
        read_history(chosen, sources)
    sources.close()
    assert "Wyss" not in str(stopped.value) and "Ulmer" not in str(stopped.value)


def test_words_are_said_with_what_they_are_read_as_and_unknown_ones_all_at_once(see):
    kinds = [
        "Besuch",
        "Besuch",
        "VISIT",
        "Disdetta",
        "Treffen",
        "Treffen",
        "",
        "yes",
        "Messe: Bern",
        "a@b.ch",
    ]
    lines = "c,d,k\n" + "".join(f"c1,2025-05-01,{kind}\n" for kind in kinds)
    yml = SETTINGS + "  events: {files: events.csv, columns: {customer_id: c, happened_at: d, kind: k}}\n"
    found = codes(see(SOUND, yml, events_csv=lines))
    assert found["words_understood"].values == ("Besuch = visit, Disdetta = cancellation",)
    assert found["words_understood"].table == "events"
    assert found["events_kind_unknown"].count == 6
    line = 'tables.events.values: {kind: {Treffen: …, "Messe: Bern": …, "yes": …}}'
    told = f"to be written in client.yml as {line}"
    assert found["events_kind_unknown"].values == ("Treffen (2), Messe: Bern (1), yes (1)", told)
