"""Which reports of a client are earlier ones, and when what is read of them has changed."""

from datetime import date

import pytest

from playbook.archive import findings
from playbook.archive.earlier import earlier_runs, home_of, stamp
from playbook.archive.findings import Finding

INPUTS = {"client.yml": "a", "orders.csv": "1"}


@pytest.fixture
def home(tmp_path):
    """Reports of three days, one of them failed, one without customers, and a draft."""
    for name in ("2025-01-31", "2025-02-28", "2025-03-31", "2025-02-15.failed", ".draft/2025-02-20"):
        (tmp_path / name / "tables").mkdir(parents=True)
        (tmp_path / name / "findings").mkdir()
        (tmp_path / name / "tables/customers.parquet").write_text(name)
    (tmp_path / "2025-02-27").mkdir()
    return tmp_path


def test_earlier_are_the_good_reports_of_days_before(home):
    runs = earlier_runs(home, date(2025, 3, 31))
    assert [run.as_of for run in runs] == [date(2025, 1, 31), date(2025, 2, 28)]


def test_a_draft_lies_one_folder_deeper_than_a_report(home):
    assert home_of(home / "2025-01-31") == home_of(home / ".draft" / "2025-02-20") == home


def test_a_chapter_that_did_not_run_found_nothing(home):
    (run, *_) = earlier_runs(home, date(2025, 3, 31))
    assert run.findings("04") == {}
    findings.write(run.folder / "findings/04.json", [Finding("days", 215, unit="days")])
    assert run.findings("04")["days"].value == 215


def stamped(home, as_of=None, of_run=lambda folder: {}):
    return stamp(home, INPUTS, as_of, of_run)


def test_the_stamp_changes_with_what_is_read_and_with_nothing_else(home):
    before = stamped(home, date(2025, 3, 31))
    (home / "2025-02-28" / "index.html").write_text("a page")
    (home / "2025-03-31" / "plan.csv").write_text("not earlier")
    assert stamped(home, date(2025, 3, 31)) == before
    (home / "2025-02-28" / "plan.csv").write_text("a plan")
    assert stamped(home, date(2025, 3, 31)) != before


def test_the_report_of_the_same_data_is_not_an_earlier_one(home):
    def of_run(folder):
        same = folder.name == "2025-03-31"
        return {"inputs": {"client.yml": "another", "orders.csv": "1" if same else "0"}}

    assert stamped(home, of_run=of_run) == stamped(home, date(2025, 3, 31))
    assert stamped(home) == stamped(home, date.max)
