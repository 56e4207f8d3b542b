"""The living sheets: every cached value is what a spreadsheet computes, before and after a change."""

import numpy as np
import pandas as pd
import pytest

from playbook.criteria import chosen_criteria
from playbook.scoring import class_names
from playbook.settings import load
from playbook.wording import Words
from playbook.workbook.live import HEAD, TABLE
from tests.conftest import make_run
from tests.spreadsheet import convert, rows, table, with_number

WORDS = Words()


def delivered(run):
    """The run's table of customers who are live in its workbook, best first."""
    frame = pd.read_parquet(run.folder / "tables" / "customers.parquet")
    among = frame[frame["rank"].notna() & frame["apart"].eq("")]
    return among.sort_values("rank").head(5000).reset_index(drop=True)


def weighed(frame, criteria, weights):
    """Totals, ranks and classes by other weights, in plain pandas."""
    points = frame[[f"points_{one.name}" for one in criteria]].to_numpy(float)
    found = frame[["customer_id", "second_lifetime_value"]].assign(
        score=np.round(points @ np.array(weights), 6)
    )
    found = found.sort_values(
        ["score", "second_lifetime_value", "customer_id"], ascending=[False, False, True]
    )
    found["rank"] = np.arange(1, len(found) + 1)
    joined = found.join(frame[["best_profit", "return_probability"]])
    lost = (joined["best_profit"] <= 0) | (joined["second_lifetime_value"] <= 0)
    wait = (joined["return_probability"] >= 0.5) & ~lost
    rest = joined.index[~lost & ~wait]
    classes = pd.Series("budget", found.index)
    classes[lost], classes[wait] = "let_go", "wait"
    classes[rest[: int(np.ceil(0.2 * len(rest) - 1e-9))]] = "first"
    return found.assign(**{"class": classes.map(class_names(WORDS))}).set_index("customer_id")


def read(path):
    """What the scoring sheet shows, by customer."""
    shown = table(path, "Scoring", HEAD)
    return shown.set_index("customer")


def assert_same(shown, expected):
    shown = shown.reindex(expected.index)
    assert shown["total"].to_numpy(float) == pytest.approx(expected["score"].to_numpy(float), abs=2e-6)
    assert shown["rank"].astype(int).tolist() == expected["rank"].tolist()
    assert shown["class"].tolist() == expected["class"].tolist()


def round_trip(run, tmp_path, client_settings):
    """Recalculate the workbook as delivered, and with the weight of the first criterion trebled."""
    path, frame = run.folder / "workbook.xlsx", delivered(run)
    criteria = [one for one in chosen_criteria(client_settings) if f"points_{one.name}" in frame]
    weights = [one.weight for one in criteria]
    assert_same(read(path), weighed(frame, criteria, weights))
    again = convert(path, tmp_path)
    assert_same(read(again), weighed(frame, criteria, weights))
    changed = with_number(path, "Weights", f"F{TABLE + 1}", 3, tmp_path / "changed.xlsx")
    moved = weighed(frame, criteria, [3, *weights[1:]])
    assert (moved["rank"] != weighed(frame, criteria, weights)["rank"].reindex(moved.index)).any()
    assert_same(read(convert(changed, tmp_path)), moved)
    return again


def test_libreoffice_computes_what_python_did_for_the_demo(demo_run, tmp_path):
    again = round_trip(demo_run, tmp_path, load("demo", demo_run.data))
    for sheet in ("Weights", "Scoring", "Present value"):
        before, after = rows(demo_run.folder / "workbook.xlsx", sheet), rows(again, sheet)
        for here, there in zip(before, after, strict=False):
            for cell, other in zip(here, there, strict=False):
                if isinstance(cell, float) and isinstance(other, float):
                    assert other == pytest.approx(cell, rel=1e-9, abs=1e-6), (sheet, here)
                else:
                    assert str(cell) == str(other), (sheet, here)


def test_libreoffice_computes_what_python_did_for_the_donors(donors_run, tmp_path):
    round_trip(donors_run, tmp_path, load("demo_donors", donors_run.data))


@pytest.mark.slow
def test_libreoffice_computes_what_python_did_for_online_retail(online_retail, tmp_path):
    data, name = online_retail
    run = make_run(data, name, tmp_path / "reports")
    round_trip(run, tmp_path, load(name, data))
