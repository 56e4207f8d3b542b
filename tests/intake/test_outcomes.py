"""A filled-in calls.xlsx, handed in: contacts, events and refusals, each once, and chapter 08 counts them."""

import shutil
from datetime import date, datetime

import pandas as pd
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from playbook.archive import findings
from playbook.chapter import Chapter
from playbook.chapters.measurement import calls_made
from playbook.errors import CallError, DataError
from playbook.intake.outcomes import hand_in
from playbook.settings.client import load
from tests.conftest import playbook

PLAN, EARLY = "Win-back calls", "Early-warning calls"
OCTOBER = date(2025, 10, 7)


def filled(path, target, made, **changed):
    """Copy calls.xlsx with (outcome, called on, call back on) by sheet and place of the call."""
    book = CalamineWorkbook.from_path(path)
    with xlsxwriter.Workbook(target) as copy:
        day = copy.add_format({"num_format": "yyyy-mm-dd"})
        for name in book.sheet_names:
            page = copy.add_worksheet(name)
            for number, row in enumerate(book.get_sheet_by_name(name).to_python()):
                row = [changed.get(str(cell), cell) for cell in row]
                if (name, number - 3) in made:
                    row[-4:-1] = made[name, number - 3]
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(number, place, datetime(cell.year, cell.month, cell.day), day)
                    else:
                        page.write(number, place, cell)
    return target


@pytest.fixture
def client(demo_run, tmp_path):
    """A copy of the demo client, and what hands in a filled-in copy of its calls.xlsx."""
    data, reports = tmp_path / "data", demo_run.folder.parent.parent
    shutil.copytree(demo_run.data / "demo", data / "demo")

    def give(made, name="demo", **changed):
        file = filled(demo_run.folder / "calls.xlsx", tmp_path / "calls.xlsx", made, **changed)
        return hand_in(name, file, load("demo", data), data / "demo", reports)

    return data, give


def customer(run, sheet, place):
    return (
        CalamineWorkbook.from_path(run.folder / "calls.xlsx")
        .get_sheet_by_name(sheet)
        .to_python()[place + 3][1]
    )


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_came_of_the_calls_is_counted_by_the_next_run_each_once(client, demo_run):
    data, give = client
    first = {
        (PLAN, 0): ("agreed", OCTOBER, ""),
        (PLAN, 1): ("do not contact again", OCTOBER, ""),
        (PLAN, 2): ("call back on", OCTOBER, date(2025, 10, 20)),
        (EARLY, 0): ("reached", OCTOBER, ""),
    }
    give(first)
    once = files(data / "demo")
    give(first)
    assert files(data / "demo") == once
    give({(PLAN, 2): ("agreed", date(2025, 10, 20), ""), (PLAN, 3): ("no answer", OCTOBER, "")})
    never = (data / "demo" / "suppress.csv").read_text().split()
    assert never == [customer(demo_run, PLAN, 1)]
    contacts = pd.read_csv(data / "demo" / "done_contacts.csv", dtype=str)
    plan = pd.read_csv(demo_run.folder / "campaign.csv", dtype=str)
    assert (contacts["campaign"] == "Plan 2025-09-30").sum() == len(plan)
    days = contacts.set_index("customer_id")["contacted_at"]
    assert days[customer(demo_run, PLAN, 0)] == "2025-10-07"
    assert days[customer(demo_run, PLAN, 2)] == "2025-10-20"
    assert (contacts["arm"] == "control").sum() > (plan["arm"] == "control").sum() > 0

    run = Chapter("08", "demo", load("demo", data), demo_run.folder, data)
    made = calls_made(run.sources)
    counts = made.counts.set_index("campaign")
    assert counts.loc["Plan 2025-09-30", ["called", "agreed", "never", "no_answer"]].tolist() == [4, 2, 1, 1]
    assert counts["reached"].sum() == 1 and made.by_name["calls_made"].value == 5
    assert "What came of the calls" in made.table(run.words)._repr_html_()
    run.sources.close()


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({(PLAN, 4): ("maybe", OCTOBER, "")}, "row 8, column outcome: 'maybe' is none of reached"),
        ({(PLAN, 4): ("agreed", "", "")}, "row 8, column called on: write the day of the call"),
        ({(PLAN, 4): ("agreed", "last week", "")}, "row 8, column called on: 'last week' is no day"),
        ({(PLAN, 4): ("", OCTOBER, "")}, "row 8, column outcome: a day without an outcome"),
        ({(EARLY, 0): ("agreed", date(2199, 1, 1), "")}, f"{EARLY}, row 4, column called on: 2199"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_written(client, made, sentence):
    data, give = client
    before = files(data / "demo")
    with pytest.raises(DataError, match=r"calls\.xlsx, sheet ") as refused:
        give({(PLAN, 0): ("agreed", OCTOBER, "")} | made)
    assert sentence in str(refused.value)
    assert files(data / "demo") == before


def test_only_this_client_s_calls_of_a_report_that_is_there_are_taken(client, demo_run, tmp_path):
    data, give = client
    with pytest.raises(CallError, match="is of demo, not of acme"):
        give({}, name="acme")
    with pytest.raises(CallError, match="2024-01-01, which is not there"):
        give({}, **{"2025-09-30": "2024-01-01"})
    with pytest.raises(DataError, match="was to be left alone"):
        held = pd.read_csv(demo_run.folder / "held_back.csv", dtype=str)["customer_id"][0]
        give({(PLAN, 0): ("agreed", OCTOBER, "")}, **{customer(demo_run, PLAN, 0): held})
    (tmp_path / "other.xlsx").write_bytes((demo_run.folder / "workbook.xlsx").read_bytes())
    with pytest.raises(CallError, match=r"is no calls\.xlsx"):
        hand_in("demo", tmp_path / "other.xlsx", load("demo", data), data / "demo", tmp_path)


def test_a_campaign_that_was_handed_in_by_hand_is_not_counted_twice(client, demo_run):
    data, give = client
    folder = data / "demo"
    shutil.copy(demo_run.folder / "campaign.csv", folder / "kontakte.csv")
    with pytest.raises(CallError, match=r"kontakte\.csv holds Plan 2025-09-30 already"):
        give({(PLAN, 0): ("agreed", OCTOBER, "")})
    assert not (folder / "done_contacts.csv").exists()


def test_the_next_run_shows_the_calls_though_it_is_of_the_same_day_and_a_later_list_is_still_taken(
    client, demo_run, tmp_path
):
    data, give = client
    shutil.copytree(demo_run.folder, tmp_path / "reports" / "demo" / demo_run.folder.name)
    give({(PLAN, 0): ("agreed", OCTOBER, ""), (PLAN, 1): ("do not contact again", OCTOBER, "")})
    again = playbook("run", "demo", "--data", str(data), "--reports", str(tmp_path / "reports"))
    assert again.returncode == 0, again.stderr
    folder = tmp_path / "reports" / "demo" / demo_run.folder.name
    page = (folder / "08_measurement.html").read_text(encoding="utf-8")
    assert "What came of the calls" in page
    found = findings.read(folder / "findings" / "08.json")
    assert found["calls_made"].value == 2
    customers = pd.read_parquet(folder / "tables" / "customers.parquet").set_index("customer_id")
    assert customers.loc[customer(demo_run, PLAN, 1), "consent_phone"] == "suppressed"
    arms = pd.read_csv(data / "demo" / "done_contacts.csv", dtype=str).set_index("customer_id")["arm"]
    later = filled(
        demo_run.folder / "calls.xlsx",
        tmp_path / "later.xlsx",
        {(PLAN, 0): ("agreed", OCTOBER, ""), (PLAN, 2): ("refused", OCTOBER, "")},
    )
    hand_in(
        "demo", later, load("demo", data), data / "demo", tmp_path / "reports"
    )  # that plan is another now
    now = pd.read_csv(data / "demo" / "done_contacts.csv", dtype=str).set_index("customer_id")
    assert now["arm"].to_dict() == arms.to_dict()
    assert now.loc[customer(demo_run, PLAN, 2), "contacted_at"] == "2025-10-07"


def test_the_list_of_another_run_of_the_same_day_is_refused(client, demo_run):
    data, give = client
    before = files(data / "demo")
    with pytest.raises(CallError, match="is of another run of 2025-09-30 than the report there"):
        give({(PLAN, 0): ("agreed", OCTOBER, "")}, **{customer(demo_run, PLAN, 3): "K99999"})
    assert files(data / "demo") == before
    with pytest.raises(DataError, match=r"sheet Early-warning calls, row 4: nobody has the number K99999"):
        called = {(EARLY, 0): ("do not contact again", OCTOBER, "")}
        give(called, **{customer(demo_run, EARLY, 0): "K99999"})
    assert files(data / "demo") == before
