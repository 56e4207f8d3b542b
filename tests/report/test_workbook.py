import html
import re
import zipfile
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from xml.etree import ElementTree

import pandas as pd
import pytest
import python_calamine
from xlsxwriter.worksheet import Worksheet

from playbook.archive.findings import Finding
from playbook.chapters.occasional.kinds import kind_labels
from playbook.report import workbook
from playbook.report.workbook import book
from playbook.report.workbook import sheets as sheets_module
from playbook.report.workbook.columns import choose_columns
from playbook.settings.client import Settings
from playbook.show.words import Words


def rows(path, sheet):
    return python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()


@pytest.fixture(scope="module")
def sheets(demo_run):
    path = demo_run.folder / "workbook.xlsx"
    return {name: rows(path, name) for name in python_calamine.CalamineWorkbook.from_path(path).sheet_names}


def table(sheet):
    return pd.DataFrame(sheet[3:], columns=sheet[2])


def test_kinds_of_occasional_buyers_are_told_as_on_the_page(sheets):
    kinds = set(table(sheets["Occasional buyers"])["kind"])
    assert len(kinds) > 2
    assert kinds <= set(kind_labels(Words()).values())


def test_a_column_is_described_once_and_a_sheet_may_say_what_it_means_there():
    usual, here = (choose_columns(Words(), "week", "responsible", **notes) for notes in ({}, {"week": "x"}))
    assert [column.heading for column in usual] == [column.heading for column in here]
    assert [column.note for column in here] == ["x", usual[1].note]


def parts(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith("xml")}


def test_the_contents_link_to_every_sheet_that_is_shown_and_none_is_empty(demo_run, sheets):
    book = parts(demo_run.folder / "workbook.xlsx")
    shown = re.findall(r'<sheet name="([^"]+)" sheetId="\d+" r:id', book["xl/workbook.xml"])
    hidden = re.findall(r'<sheet name="([^"]+)" sheetId="\d+" state="hidden"', book["xl/workbook.xml"])
    assert shown[0] == "Contents" and hidden == ["Scale"] and [*shown, *hidden] == list(sheets)
    page = book["xl/worksheets/sheet1.xml"]
    links = [html.unescape(one) for one in re.findall(r'<hyperlink ref="A\d+" location="([^"]+)"', page)]
    assert links == [f"'{name}'!A1" for name in shown[1:]]
    listed = [row[0] for row in sheets["Contents"] if row[0] in shown]
    assert listed == shown[1:] and sheets["Contents"][-1][0] == "calls.xlsx"
    assert all(len(cells) > 3 for cells in sheets.values())
    assert sum(len(str(cell).split()) for row in sheets["Contents"] for cell in row) < 330


def test_what_a_column_means_is_a_note_on_its_head(demo_run):
    book = parts(demo_run.folder / "workbook.xlsx")
    noted = " ".join(text for name, text in book.items() if name.startswith("xl/comments"))
    for meaning in ("1 is whom to win back first", "margin if won back", "the last day on which the offer"):
        assert meaning in noted


def test_only_what_follows_the_weights_is_said_to_follow(sheets):
    said = sheets["Weights"][1][0]
    assert "the sheet Scoring and the first 20 in this one follow, the other sheets are as delivered" in said
    assert "all sheets follow" not in " ".join(
        str(cell) for rows in sheets.values() for r in rows for cell in r
    )


def test_the_plan_prints_across_and_its_columns_fit(demo_run, sheets):
    number = list(sheets).index("Plan") + 1
    book = parts(demo_run.folder / "workbook.xlsx")
    page = book[f"xl/worksheets/sheet{number}.xml"]
    assert 'orientation="landscape"' in page and 'fitToHeight="0"' in page
    last = re.search(r"'?Plan'?!\$A\$1:\$([A-Z]+)\$", book["xl/workbook.xml"]).group(1)
    assert sheets["Plan"][2][ord(last) - ord("A")] == "reasons"
    wide = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', page)
    printed = sum(float(width) for first, _, width in wide if int(first) <= ord(last) - ord("A") + 1)
    assert printed < 185  # characters: 130 of usual size fit on A4 across


def test_the_ranking_is_the_run_s_with_names_beside_it(sheets, demo_run):
    frame = pd.read_parquet(demo_run.folder / "tables" / "customers.parquet")
    ranked = frame[frame["rank"].notna()].sort_values("rank")
    shown = table(sheets["Ranking"])
    assert shown["customer"].tolist() == ranked["customer_id"].tolist()
    assert shown["score"].to_numpy(float) == pytest.approx(ranked["score"].to_numpy())
    assert (shown["name"] != "").mean() > 0.9


def test_nobody_held_back_is_in_the_plan(sheets, demo_run):
    plan = table(sheets["Plan"])
    assert len(plan) == len(pd.read_csv(demo_run.folder / "plan.csv"))
    held = table(sheets["Held back"])
    assert len(held) > 0
    assert not set(held["customer"]) & set(plan["customer"])
    assert set(held["held back from"]) == {"offers", "calls of early warning"}


def test_the_early_warning_calls_name_those_who_agreed_and_nobody_held_back(sheets, demo_run):
    frame = pd.read_parquet(demo_run.folder / "tables" / "customers.parquet").set_index("customer_id")
    called = table(rows(demo_run.folder / "calls.xlsx", "Early-warning calls"))
    held = table(sheets["Held back"]).query("`held back from` == 'calls of early warning'")
    assert set(called["customer"]) == set(frame.index[frame["call_rank"].notna()]) and len(held) > 5
    assert (frame.loc[called["customer"], "consent_phone"] == "allowed").all()
    assert not frame.loc[called["customer"], ["lapsed", "call_held_back"]].any().any()
    assert not set(called["customer"]) & set(held["customer"])
    assert (called[["name", "telephone", "what to know", "what to say first"]] != "").all().all()
    instead = table(sheets["Write instead"])["customer"]
    assert not frame.loc[instead, "consent_phone"].isin(["allowed", "assumed"]).any()
    arms = pd.read_csv(demo_run.folder / "warning_trial.csv", dtype={"customer_id": str})
    assert set(arms.loc[arms["arm"] == "control", "customer_id"]) == set(held["customer"])
    assert set(arms.loc[arms["arm"] == "treated", "customer_id"]) < set(called["customer"])
    names = set(called["name"]) | set(held["name"])
    page = (demo_run.folder / "05_warning.html").read_text(encoding="utf-8")
    assert not [name for name in names if name in page]


@dataclass(frozen=True)
class StandIn:
    """A run with one customer whose words look like formulas."""

    folder: object
    words = Words()
    settings = Settings(
        client="=1+1",
        tables={"orders": {"files": "o.csv"}},
        scoring={"criteria": [{"name": "=evil()", "column": "margin"}]},
    )
    as_of = date(2025, 1, 31)
    sources = SimpleNamespace(customers=None)

    def findings(self, number):
        return {"contact_cost": Finding("contact_cost", 1.5)}

    @property
    def customers(self):
        return pd.DataFrame(
            {
                "customer_id": ["=cmd|' /C calc'!A0"],
                "rank": [1],
                "class": ["let_go"],
                "score": [1.0],
                "orders": [1],
                "margin": [-2.5],
                "last_order": [date(2024, 1, 1)],
                "name": ["-1+1"],
                "apart": [""],
                "second_lifetime_value": [3.0],
                "return_probability": [0.1],
                "best_profit": [-1.0],
                "points_=evil()": [1.0],
                "value_=evil()": [-2.5],
                "reason": ["@SUM(1)"],
                "weakest": ["+1"],
            }
        )


def test_what_looks_like_a_formula_is_text(tmp_path):
    workbook.write(StandIn(tmp_path))
    with zipfile.ZipFile(tmp_path / "workbook.xlsx") as archive:
        for name in archive.namelist():
            for formula in re.findall(rb"<f[^>]*>(.*?)</f>", archive.read(name)):
                assert not re.search(rb"cmd|evil|1\+1|SUM\(1\)", formula)
    assert rows(tmp_path / "workbook.xlsx", "Let go")[3][0] == "=cmd|' /C calc'!A0"
    shown = rows(tmp_path / "workbook.xlsx", "Scoring")
    assert shown[5][1:3] == ["=cmd|' /C calc'!A0", "-1+1"]
    assert shown[4][7] == "=evil()"
    assert not (tmp_path / "workbook.partial").exists()


ODD = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF]))


def test_what_no_xml_may_hold_is_shown_as_a_picture_of_it(tmp_path, monkeypatch):
    """In Scoring, names stand in formulas too, with the value that they last had."""
    frame = StandIn(tmp_path).customers
    odd = pd.concat([frame.assign(customer_id=f"K{sign}1") for sign in ODD], ignore_index=True)
    odd = odd.assign(name=f"A{ODD}", reason="<r>you & me</r>", rank=range(1, len(odd) + 1))
    monkeypatch.setattr(StandIn, "customers", odd)
    workbook.write(StandIn(tmp_path))
    with zipfile.ZipFile(tmp_path / "workbook.xlsx") as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
    shown = {row[1]: row[2] for row in rows(tmp_path / "workbook.xlsx", "Scoring")[5 : 5 + len(ODD)]}
    assert len(shown) == len(ODD) and {"K\u24001", "K\u24211"} < set(shown)
    assert set(shown.values()) == {"A" + "".join(name[1:-1] for name in shown)}
    assert rows(tmp_path / "workbook.xlsx", "Ranking")[3][11] == "<r>you & me</r> "


def test_no_formula_is_looked_into_and_none_needs_it(tmp_path, monkeypatch):
    looked_into = []
    usual = Worksheet._prepare_formula
    monkeypatch.setattr(Worksheet, "_prepare_formula", lambda page, formula, *_: looked_into.append(formula))
    workbook.write(StandIn(tmp_path))
    assert looked_into == []
    with zipfile.ZipFile(tmp_path / "workbook.xlsx") as archive:
        pages = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
    formulas = [html.unescape(found) for page in pages for found in re.findall(r"<f[^>]*>(.*?)</f>", page)]
    assert len(formulas) > 10
    assert [usual(Worksheet(), formula, True) for formula in formulas] == formulas


def test_a_list_that_is_too_long_is_cut_and_the_first_sheet_says_so(tmp_path, monkeypatch):
    run = StandIn(tmp_path)
    monkeypatch.setattr(sheets_module, "MOST_ROWS", 0)
    monkeypatch.setattr(book, "MOST_ROWS", 0)
    workbook.write(run)
    told = " ".join(str(row[0]) for row in rows(tmp_path / "workbook.xlsx", "Contents"))
    assert "Only the first 0 rows are in: Ranking, Let go." in told
    assert len(rows(tmp_path / "workbook.xlsx", "Ranking")) == 3


def test_nobody_let_go_is_no_sheet(demo_run, sheets):
    gone = pd.read_parquet(demo_run.folder / "tables" / "customers.parquet")["class"].eq("let_go").sum()
    assert ("Let go" in sheets) == (gone > 0)
