"""The living sheets: every cached value is what a spreadsheet computes, before and after a change."""

import json
import re
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

from playbook.chapter import Chapter
from playbook.chapters.scoring.criteria import chosen_criteria
from playbook.chapters.scoring.ranking import class_names
from playbook.report import workbook
from playbook.report.workbook import live
from playbook.report.workbook.live import HEAD, TABLE
from playbook.settings.client import load
from playbook.show.words import Words
from tests.conftest import make_run
from tests.spreadsheet import convert, rows, table, with_number

WORDS = Words()


def delivered(folder):
    """The run's table of customers who are not ranked apart, best first."""
    frame = pd.read_parquet(folder / "tables" / "customers.parquet")
    among = frame[frame["rank"].notna() & frame["apart"].eq("")]
    return among.sort_values("rank").reset_index(drop=True)


def weighed(frame, criteria, weights, most=5000):
    """Totals, ranks and classes of the live by other weights, in plain pandas."""
    frame, behind = frame.head(most), frame.iloc[most:]
    points = frame[[f"points_{one.name}" for one in criteria]].to_numpy(float)
    found = frame[["customer_id", "second_lifetime_value"]].assign(
        score=np.round(points @ np.array(weights), 6)
    )
    found = found.sort_values(
        ["score", "second_lifetime_value", "customer_id"], ascending=[False, False, True]
    )
    found["rank"] = np.arange(1, len(found) + 1)
    joined = found.join(frame[["best_profit", "return_probability"]])
    lost, wait = lost_and_waiting(joined)
    rest = joined.index[~lost & ~wait]
    n_rest = len(rest) + int((~(lost_and_waiting(behind)[0] | lost_and_waiting(behind)[1])).sum())
    classes = pd.Series("budget", found.index)
    classes[lost], classes[wait] = "let_go", "wait"
    classes[rest[: int(np.ceil(0.2 * n_rest - 1e-9))]] = "first"
    return found.assign(**{"class": classes.map(class_names(WORDS))}).set_index("customer_id")


def lost_and_waiting(frame):
    lost = (frame["best_profit"] <= 0) | (frame["second_lifetime_value"] <= 0)
    return lost, (frame["return_probability"] >= 0.5) & ~lost


def read(path):
    """What the scoring sheet shows, by customer."""
    shown = table(path, "Scoring", HEAD)
    return shown.set_index("donor" if "donor" in shown else "customer")


def assert_same(shown, expected):
    shown = shown.reindex(expected.index)
    assert shown["total"].to_numpy(float) == pytest.approx(expected["score"].to_numpy(float), abs=2e-6)
    assert shown["rank"].astype(int).tolist() == expected["rank"].tolist()
    assert shown["class"].tolist() == expected["class"].tolist()


def round_trip(folder, tmp_path, client_settings, most=5000):
    """Recalculate the workbook as delivered, and with the weight of the first criterion trebled."""
    path, frame = folder / "workbook.xlsx", delivered(folder)
    criteria = [one for one in chosen_criteria(client_settings) if f"points_{one.name}" in frame]
    weights = [one.weight for one in criteria]
    assert_same(read(path), weighed(frame, criteria, weights, most))
    again = convert(path, tmp_path)
    assert_same(read(again), weighed(frame, criteria, weights, most))
    changed = with_number(path, "Weights", f"F{TABLE + 1}", 3, tmp_path / "changed.xlsx")
    moved = weighed(frame, criteria, [3, *weights[1:]], most)
    assert (moved["rank"] != weighed(frame, criteria, weights, most)["rank"].reindex(moved.index)).any()
    assert_same(read(convert(changed, tmp_path)), moved)
    return again


def test_libreoffice_computes_what_python_did_for_the_demo(demo_run, tmp_path):
    again = round_trip(demo_run.folder, tmp_path, load("demo", demo_run.data))
    for sheet in ("Weights", "Scoring", "Present value"):
        before, after = rows(demo_run.folder / "workbook.xlsx", sheet), rows(again, sheet)
        for here, there in zip(before, after, strict=False):
            for cell, other in zip(here, there, strict=False):
                if isinstance(cell, float) and isinstance(other, float):
                    assert other == pytest.approx(cell, rel=1e-9, abs=1e-6), (sheet, here)
                else:
                    assert str(cell) == str(other), (sheet, here)


def test_libreoffice_computes_what_python_did_for_the_donors(donors_run, tmp_path):
    round_trip(donors_run.folder, tmp_path, load("demo_donors", donors_run.data))


def test_of_more_than_the_limit_only_the_best_are_live_and_the_first_sheet_says_so(
    demo_run, tmp_path, monkeypatch
):
    folder = tmp_path / "run"
    shutil.copytree(demo_run.folder, folder)
    monkeypatch.setattr(live, "MOST_LIVE", 150)
    chosen = load("demo", demo_run.data)
    run = Chapter("99", "demo", chosen, folder, demo_run.data)
    workbook.write(run)
    run.sources.close()
    round_trip(folder, tmp_path, chosen, most=150)
    others = len(delivered(folder)) - 150
    told = " ".join(str(row[0]) for row in rows(folder / "workbook.xlsx", "Contents")[:9])
    assert "Live: 150 customers" in told
    assert f"The other {WORDS.number(others)} ranked customers are values" in told


@pytest.fixture(scope="module")
def edited(demo_run, tmp_path_factory):
    """The demo's workbook with another breakpoint and another discount rate, recalculated."""
    place = tmp_path_factory.mktemp("edited")
    row = [row[0] for row in rows(demo_run.folder / "workbook.xlsx", "Weights")].index("bought at a discount")
    moved = with_number(
        demo_run.folder / "workbook.xlsx", "Weights", f"L{row + 1}", 0.9, place / "moved.xlsx"
    )
    return convert(with_number(moved, "Present value", "B4", 0.2, place / "both.xlsx"), place)


def test_a_breakpoint_that_is_changed_changes_the_points(edited):
    shown = read(edited)
    value = shown["bought at a discount: value"].astype(float)
    reached = sum((value <= mark).astype(int) for mark in (0, 0.05, 0.1, 0.2, 0.9))
    assert (value > 0.3).any()
    assert shown["bought at a discount"].astype(float).tolist() == (2.0 * reached).tolist()


def test_another_discount_rate_changes_what_customers_are_worth_today(demo_run, edited):
    usual, shown = (rows(path, "Present value") for path in (demo_run.folder / "workbook.xlsx", edited))
    months = [row[1] for row in usual[9:-1]]
    expected = sum(margin * 1.2 ** (-month / 12) for month, margin in enumerate(months))
    assert shown[5][1] == pytest.approx(expected - usual[4][1], abs=1e-6)
    assert shown[5][1] < usual[5][1]
    life = {item["name"]: item for item in json.loads((demo_run.folder / "findings/06.json").read_text())}
    assert usual[5][1] + usual[4][1] == pytest.approx(life["second_life"]["value"], abs=0.01)


def test_weights_and_shares_are_validated_and_classes_coloured(demo_run):
    with zipfile.ZipFile(demo_run.folder / "workbook.xlsx") as archive:
        weights, scoring = (archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (2, 3))
    assert weights.count('type="decimal"') >= 10
    assert "<sqref>" not in weights
    assert re.search(r'operator="greaterThanOrEqual"[^>]*sqref="F6', weights)
    assert scoring.count("<cfRule") >= 5
    assert 'state="frozen"' in scoring
    assert 'orientation="landscape"' in scoring


@pytest.mark.slow
def test_libreoffice_computes_what_python_did_for_online_retail(online_retail, tmp_path):
    data, name = online_retail
    run = make_run(data, name, tmp_path / "reports")
    round_trip(run.folder, tmp_path, load(name, data))
