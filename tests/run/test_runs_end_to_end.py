"""Whole runs: the contract, the same tables twice, chapters alone and in sequence, real logs."""

import json
import os
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.conftest import PROJECT, make_run, playbook

CHECK = PROJECT.parent / "shared" / "tools" / "check_contract.py"


def held_to_contract(folder):
    if not CHECK.exists():
        pytest.skip("the contract's checker is not beside the project")
    done = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").glob("*.parquet"))}


def test_the_demo_keeps_the_contract(demo_run):
    held_to_contract(demo_run.folder)


def test_the_charity_keeps_the_contract(donors_run):
    held_to_contract(donors_run.folder)


def test_two_runs_of_the_same_input_give_the_same_bytes(demo_run, demo_data, tmp_path):
    again = make_run(demo_data, "demo", tmp_path / "again")
    assert tables(again.folder) == tables(demo_run.folder)
    findings = {path.name: path.read_text() for path in (again.folder / "findings").iterdir()}
    assert findings == {path.name: path.read_text() for path in (demo_run.folder / "findings").iterdir()}


@pytest.mark.slow
def test_each_chapter_gives_the_same_alone_as_in_sequence(demo_run, demo_data, tmp_path):
    """The plain papermill command, a new kernel for each notebook, on the earlier chapters' results."""
    folder = tmp_path / "alone"
    folder.mkdir()
    settings = tmp_path / "settings.json"
    from playbook.settings.client import load

    settings.write_text(load("demo", demo_data).model_dump_json())
    places = {"PLAYBOOK_DATA": demo_data, "PLAYBOOK_RUN": folder, "PLAYBOOK_SETTINGS": settings}
    environment = os.environ | {name: str(place) for name, place in places.items()}
    for notebook in sorted((PROJECT / "notebooks").glob("0[1-9]_*.ipynb")):
        words = [notebook, tmp_path / "out.ipynb", "-p", "client", "demo", "--no-progress-bar"]
        command = [sys.executable, "-m", "papermill", *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    in_sequence = tables(demo_run.folder)
    in_sequence.pop("customers.parquet")
    assert tables(folder) == in_sequence
    for path in sorted((folder / "findings").iterdir()):
        assert path.read_text() == (demo_run.folder / "findings" / path.name).read_text()


def test_no_name_or_address_of_a_customer_is_in_the_report(demo_run, demo_data):
    people = pd.read_csv(demo_data / "demo" / "kunden.csv", sep=";", encoding="cp1252", dtype=str)
    pages = " ".join(path.read_text(encoding="utf-8") for path in demo_run.folder.glob("*.html"))
    for column in ("Name", "E-Mail", "Telefon"):
        values = people[column].dropna().unique()
        assert not [value for value in values if len(value) > 5 and value in pages], column


def test_an_unchanged_client_is_not_run_again(demo_run, demo_data):
    before = (demo_run.folder / "manifest.json").read_bytes()
    done = playbook("run", "demo", "--data", str(demo_data), "--reports", str(demo_run.folder.parent.parent))
    assert done.returncode == 0
    assert "Nothing has changed" in done.stdout
    assert (demo_run.folder / "manifest.json").read_bytes() == before


@pytest.mark.slow
def test_online_retail_ii_has_the_published_counts(online_retail, tmp_path):
    run = make_run(*online_retail, tmp_path)
    held_to_contract(run.folder)
    found = {
        item["name"]: item["value"] for item in json.loads((run.folder / "findings/01.json").read_text())
    }
    assert (found["lines_read"], found["customers"], found["buyers"]) == (1_044_847, 5_942, 5_878)


@pytest.mark.slow
def test_cdnow_has_the_published_counts(cdnow, tmp_path):
    run = make_run(*cdnow, tmp_path)
    held_to_contract(run.folder)
    found = {
        item["name"]: item["value"] for item in json.loads((run.folder / "findings/01.json").read_text())
    }
    assert (found["lines_read"], found["buyers"], found["revenue"]) == (69_659, 23_570, 2_500_315.63)
    frame = pq.read_table(run.folder / "tables" / "customers.parquet").to_pandas()
    assert str(frame["first_order"].min()) == "1997-01-01" and str(frame["last_order"].max()) == "1998-06-30"
