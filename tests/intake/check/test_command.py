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
    assert found_codes["lines_unreadable"].count == 13
    assert found_codes["lines_without_customer"].count == 240
    assert "31.02.2023" in checks_table(seen.checks, WORDS).frame["examples"][0]


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
    assert (spelling.count, spelling.examples) == (2, ())
    assert not any(" c1" in paragraph or "C1" in paragraph for paragraph in seen.lines(WORDS))
