"""Everybody whom a page counts stands in exactly one of the lists that are handed over."""

from collections import Counter

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from playbook.archive import findings


def column(path, sheet):
    """The customers of a sheet, which has its headings in the third row."""
    book = CalamineWorkbook.from_path(path)
    if sheet not in book.sheet_names:
        return []
    rows = book.get_sheet_by_name(sheet).to_python()
    place = rows[2].index(next(head for head in rows[2] if head in ("customer", "donor")))
    return [row[place] for row in rows[3:] if row[place]]


def mailed(folder):
    files = [path for path in (folder / "mailing").glob("*_??.csv")]
    return [
        one
        for path in files
        for one in pd.read_csv(path, sep=";", encoding="utf-8-sig", dtype=str)["customer_id"]
    ]


@pytest.fixture(params=["demo_run", "donors_run"])
def run(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def lists(run):
    book, calls = run.folder / "workbook.xlsx", run.folder / "calls.xlsx"
    held = pd.read_csv(run.folder / "mailing" / "control_group.csv", sep=";", encoding="utf-8-sig", dtype=str)
    return {
        "planned": [*mailed(run.folder), *column(calls, "Win-back calls")],
        "held_back": list(held["customer_id"]),
        "not contacted": column(book, "Not contacted"),
    }


def test_what_becomes_of_everybody_stands_in_one_list_alone(run, lists):
    status = pd.read_parquet(run.folder / "tables" / "07.parquet").set_index("customer_id")["plan_status"]
    status = status[status != "not_selected"]
    counted = Counter(one for listed in lists.values() for one in listed)
    assert set(counted) == set(status.index) and set(counted.values()) == {1}
    for name, listed in lists.items():
        own = status[status == name] if name in ("planned", "held_back") else status[~status.isin([*lists])]
        assert set(listed) == set(own.index)


def test_the_pages_count_as_many_as_the_lists_hold(run, lists):
    plan, warning = (findings.read(run.folder / "findings" / f"{number}.json") for number in ("07", "05"))
    assert plan["plan_customers"].value == len(lists["planned"])
    assert plan["held_back"].value == len(lists["held_back"])
    spoken = sum(plan[f"plan_{channel}"].value for channel in ("phone", "visit"))
    assert spoken == len(column(run.folder / "calls.xlsx", "Win-back calls"))
    assert warning["calls"].value == len(column(run.folder / "calls.xlsx", "Early-warning calls"))
    assert plan["no_room"].value + plan["no_offer_pays"].value <= len(lists["not contacted"])


def test_nobody_is_called_twice_nor_called_and_left_alone(run, lists):
    early = column(run.folder / "calls.xlsx", "Early-warning calls")
    held = column(run.folder / "workbook.xlsx", "Held back")
    assert len(set(early)) == len(early) and not set(early) & {*lists["planned"], *held}
    assert {*lists["held_back"]} <= set(held)
