import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from playbook.archive.earlier import home_of
from playbook.errors import RunFailed
from playbook.run import draft, runner
from playbook.run.plan import Request
from tests import toys

SEEN = "from pathlib import Path; Path({place!r}).open('a').write({word!r} + '\\n')"


@pytest.fixture
def ground(tmp_path, monkeypatch):
    """A client and three chapters that write down when they run."""
    (tmp_path / "masters").mkdir()
    toys.client(tmp_path / "data")
    for number, name in (("01", "data"), ("04", "churn"), ("05", "warning")):
        toys.chapter(tmp_path / "masters", number, name, [seen(tmp_path, number)])
    for name, place in (("NOTEBOOKS", "masters"), ("DATA", "data"), ("REPORTS", "reports")):
        monkeypatch.setenv(f"PLAYBOOK_{name}", str(tmp_path / place))
    monkeypatch.setattr(runner, "SUMMARY", toys.SUMMARY)
    return tmp_path


def seen(ground, word):
    return toys.code(SEEN.format(place=str(ground / "seen"), word=word))


def ran(ground):
    """What ran since this was last asked."""
    path = ground / "seen"
    words = path.read_text().split() if path.is_file() else []
    path.unlink(missing_ok=True)
    return words


def fill(ground, number, name="a", **asked):
    place = ground / "reports" / "acme" / ".draft" / name
    draft.fill(place, Request("acme", ground / "data", ground / "reports", **asked), number)
    return place


def test_a_draft_takes_from_a_report_what_it_holds_and_runs_the_rest(ground):
    runner.run(Request("acme", ground / "data", ground / "reports", chapters="01"))
    toys.chapter(ground / "masters", "04", "churn", [seen(ground, "new 04")])
    ran(ground)
    runner.run(Request("acme", ground / "data", ground / "reports"))
    assert ran(ground) == ["01", "new", "04", "05"]
    place = fill(ground, "05")
    assert ran(ground) == []
    assert sorted(path.name for path in (place / "tables").iterdir()) == ["01.parquet", "04.parquet"]
    assert not any(path.name.startswith(".") for path in place.iterdir())
    fill(ground, "05", name="b", parameters=("horizon_days=90",))
    assert ran(ground) == ["01", "new", "04"]
    fill(ground, "05", name="b", parameters=("horizon_days=90",))
    assert ran(ground) == []


def test_what_was_done_by_hand_stays_and_what_follows_is_made_from_it(ground, capsys):
    place = fill(ground, "05")
    assert ran(ground) == ["01", "04"]
    by_hand = place / "findings" / "01.json"
    changed = json.loads(by_hand.read_text())
    changed[0]["n"] = 7
    by_hand.write_text(json.dumps(changed))
    fill(ground, "05")
    assert ran(ground) == ["04"]
    assert capsys.readouterr().out.endswith("Goes on from chapters 01 (done by hand), 04.\n")
    assert json.loads(by_hand.read_text()) == changed
    fill(ground, "05")
    assert ran(ground) == []


OPEN = "from playbook.chapter import open_chapter; run = open_chapter('04', 'acme', {}); print(run.folder)"


def opened(given="", before=()):
    """Open chapter 04 in a process of its own; return its folder or error, behind what it says ``before``."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN.format(given)], capture_output=True, text=True, check=False
    )
    said = done.stderr if done.returncode else done.stdout
    *told, last = said.splitlines()
    assert done.returncode or told == list(before)
    return last


def test_what_ran_before_a_chapter_that_failed_is_not_taken_for_done_by_hand(ground):
    good = (ground / "masters" / "04_churn.ipynb").read_text()
    toys.chapter(ground / "masters", "04", "churn", [toys.code("1 / 0")])
    with pytest.raises(RunFailed):
        fill(ground, "05")
    (ground / "masters" / "04_churn.ipynb").write_text(good)
    toys.chapter(ground / "masters", "01", "data", [seen(ground, "new 01")])
    ran(ground)
    fill(ground, "05")
    assert ran(ground) == ["new", "01", "04"]


def test_notebooks_of_two_settings_share_no_draft_and_come_from_the_client_s_own_copies(ground):
    own = ground / "data" / "acme" / "notebooks"
    own.mkdir()
    toys.chapter(own, "01", "data", [seen(ground, "own 01")])
    from_it = "Goes on from chapters 01 (your own copy)."
    running = ["Chapter 01 has not been run for these settings: running it first.", from_it]
    plain, other = Path(opened(before=running)), Path(opened("horizon_days=90", before=running))
    assert ran(ground) == ["own", "01"] * 2
    assert plain != other and home_of(plain) == home_of(other) == ground / "reports" / "acme"
    assert Path(opened(before=[from_it])) == plain
    assert ran(ground) == []
    assert (plain / "findings" / "01.json").is_file()


def test_an_earlier_chapter_that_fails_is_named(ground):
    toys.chapter(ground / "masters", "01", "data", [toys.code("1 / 0")])
    assert opened().endswith("CallError: chapter 01, cell 3: ZeroDivisionError: division by zero")


def test_a_notebook_says_an_error_of_the_user_s_without_the_way_that_led_to_it(ground):
    source = "from playbook.chapter import open_chapter\nopen_chapter('04', 'acne')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, allow_errors=True).execute()
    [output] = notebook.cells[0].outputs
    said = "".join(output.traceback)
    assert output.output_type == "error" and "Did you mean 'acme'?" in said and "line" not in said


def test_drafts_of_long_ago_are_cleared(ground, monkeypatch):
    old = fill(ground, "01", name="old")
    monkeypatch.setattr(draft, "KEPT_DAYS", -1)
    new = fill(ground, "01", name="new")
    assert not old.exists() and not new.exists()
