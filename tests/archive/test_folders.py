import json
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from playbook.archive import folders
from playbook.errors import RunFailed

DEAD = "999999999"


def a_run(folder, as_of="2025-12-31", status="done", partial=False, text="new"):
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(text)
    manifest = {"as_of": as_of, "status": status, "partial": partial}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def names(home):
    return sorted(path.name for path in home.iterdir())


def test_a_swap_replaces_the_earlier_run_and_leaves_nothing_else(tmp_path):
    a_run(tmp_path / "2025-12-31", text="old")
    folders.swap(a_run(tmp_path / ".run-1-x"), "2025-12-31")
    assert names(tmp_path) == ["2025-12-31"]
    assert (tmp_path / "2025-12-31" / "index.html").read_text() == "new"


def test_a_swap_that_stopped_before_the_new_run_came_is_completed_with_the_new_run(tmp_path):
    a_run(tmp_path / ".2025-12-31.old", text="old")
    a_run(tmp_path / f".run-{DEAD}-x")
    folders.tidy(tmp_path)
    assert names(tmp_path) == ["2025-12-31"]
    assert (tmp_path / "2025-12-31" / "index.html").read_text() == "new"


@pytest.mark.parametrize(
    "other", [{"as_of": "2025-06-30"}, {"status": "failed"}, {"status": "running"}, {"partial": True}]
)
def test_a_swap_whose_new_run_is_not_there_is_undone(tmp_path, other):
    a_run(tmp_path / ".2025-12-31.old", text="old")
    a_run(tmp_path / f".run-{DEAD}-x", **other)
    folders.tidy(tmp_path)
    assert names(tmp_path) == ["2025-12-31"]
    assert (tmp_path / "2025-12-31" / "index.html").read_text() == "old"


def test_a_swap_that_stopped_before_the_old_run_was_removed_is_completed(tmp_path):
    a_run(tmp_path / ".2025-12-31.old", text="old")
    a_run(tmp_path / "2025-12-31", text="new")
    folders.tidy(tmp_path)
    assert names(tmp_path) == ["2025-12-31"]
    assert (tmp_path / "2025-12-31" / "index.html").read_text() == "new"


def test_a_swap_of_a_partial_run_does_not_become_the_full_run(tmp_path):
    a_run(tmp_path / ".2025-12-31.partial.old", partial=True, text="old")
    a_run(tmp_path / f".run-{DEAD}-x", partial=True)
    folders.tidy(tmp_path)
    assert names(tmp_path) == ["2025-12-31.partial"]
    assert (tmp_path / "2025-12-31.partial" / "index.html").read_text() == "new"


def test_what_killed_runs_left_is_removed(tmp_path):
    for name in (".run-1-a", ".run-odd"):
        (tmp_path / name / "tables").mkdir(parents=True)
    assert sorted(folders.begun(tmp_path)) == [".run-1-a", ".run-odd"]
    folders.tidy(tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_an_orphaned_kernel_still_fills_is_removed_in_the_end(tmp_path):
    run = tmp_path / ".run-1-a"
    run.mkdir()
    code = (
        "import pathlib, sys, time\n"
        "folder, end = pathlib.Path(sys.argv[1]), time.monotonic() + 1\n"
        "while time.monotonic() < end:\n"
        "    try:\n"
        "        (folder / str(time.monotonic_ns())).touch()\n"
        "    except FileNotFoundError:\n"
        "        break\n"
    )
    orphan = subprocess.Popen([sys.executable, "-c", code, str(run)])
    while not any(run.iterdir()):
        time.sleep(0.01)
    folders.discard(run)
    orphan.wait(timeout=10)
    assert not run.exists()


def test_a_client_is_claimed_by_one_run_at_a_time(tmp_path):
    home = tmp_path / "reports" / "acme"
    with folders.claim(home):
        with (
            pytest.raises(RunFailed, match=r"^A run of acme is under way: .* stop it\.$"),
            folders.claim(home),
        ):
            pass
        with folders.claim(home.with_name("bettini")):
            pass
    with folders.claim(home):
        pass


def table(run, chapter, **columns):
    (run / "tables").mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), run / "tables" / f"{chapter}.parquet")


def test_the_chapters_tables_are_joined_with_their_types(tmp_path):
    table(tmp_path, "01", customer_id=["a", "b"], orders=pa.array([1, 2], pa.int64()))
    table(tmp_path, "04", customer_id=["a", "b"], lapsed=[True, None])
    folders.join_tables(tmp_path, ["01", "02", "04"])
    joined = pq.read_table(tmp_path / "tables" / "customers.parquet")
    assert joined.to_pydict() == {"customer_id": ["a", "b"], "orders": [1, 2], "lapsed": [True, None]}
    assert [str(kind) for kind in joined.schema.types] == ["string", "int64", "bool"]


def test_tables_of_different_customers_are_not_joined(tmp_path):
    table(tmp_path, "01", customer_id=["a", "b"])
    table(tmp_path, "04", customer_id=["b", "a"], lapsed=[True, False])
    with pytest.raises(RunFailed, match="chapter 04"):
        folders.join_tables(tmp_path, ["01", "04"])


def test_two_chapters_cannot_write_the_same_column(tmp_path):
    table(tmp_path, "02", customer_id=["a"], lapsed=[True])
    table(tmp_path, "04", customer_id=["a"], lapsed=[False])
    with pytest.raises(RunFailed, match="'lapsed'"):
        folders.join_tables(tmp_path, ["02", "04"])


def test_a_checkpoint_with_a_changed_file_is_not_intact(tmp_path):
    table(tmp_path, "01", customer_id=["a"])
    path = tmp_path / "tables" / "01.parquet"
    checkpoint = folders.Checkpoint(tmp_path, {"tables/01.parquet": folders.file_sha256(path)})
    assert folders.is_intact(checkpoint)
    path.write_bytes(b"something else")
    assert not folders.is_intact(checkpoint)
    path.unlink()
    assert not folders.is_intact(checkpoint)


def test_a_manifest_that_cannot_be_read_counts_as_none(tmp_path):
    (tmp_path / "2025-12-31").mkdir()
    (tmp_path / "2025-12-31" / "manifest.json").write_text("{")
    assert folders.checkpoints(tmp_path) == {}
    assert folders.complete_run(tmp_path, ["key"], teach=False) is None
