"""Batches: who is run, what stays with whom, and what is left when one is stopped."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from playbook import cli
from playbook.archive import folders
from playbook.errors import CallError
from playbook.run import batch, executors, runner
from playbook.run.batch import DONE, DUE, FAILED, UNCHANGED
from playbook.run.executors import Lanes
from playbook.run.plan import Request
from playbook.settings import client
from tests import toys


@pytest.fixture
def ground(tmp_path, monkeypatch):
    """One chapter and three clients; in real processes too the summary is a toy."""
    return lay_ground(tmp_path, monkeypatch)


def lay_ground(folder, monkeypatch, clients=("acme", "bettini", "cima")):
    for name in clients:
        toys.client(folder / "data", name)
    for name, value in toys.ground(folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runner, "SUMMARY", toys.SUMMARY)
    monkeypatch.chdir(folder)
    toys.chapter(folder / "masters", "01", "data", [])
    return folder


def requests(ground, *clients):
    return [Request(name, ground / "data", ground / "reports") for name in clients]


class Here(Executor):
    """A lane in this process: what is submitted is done before it returns."""

    def submit(self, call, *given):
        future = Future()
        try:
            future.set_result(call(*given))
        except Exception as error:
            future.set_exception(error)
        return future


def run_here(ground, *clients, lanes=1, run=runner.run):
    outcomes = {o.client: o for o in batch.run(requests(ground, *clients), Lanes(lanes, 1, Here, run))}
    for outcome in outcomes.values():
        batch.record(ground / "reports", outcome)
    return outcomes


def call(*words):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["playbook", *map(str, words)])
        cli.main()
    signal.signal(signal.SIGTERM, before)
    return end.value.code


def start(ground, *words):
    """Start a batch as a process of its own."""
    command = [sys.executable, "-m", "playbook", "batch", *words]
    return subprocess.Popen(
        command, cwd=ground, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def wait_for(path, process=None):
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)
    return path.read_text()


def left_in(reports):
    """What is neither a report nor a lock nor the record."""
    return [path.name for path in Path(reports).glob("*/.*") if path.parent.name != folders.LOCKS]


def gone(pid):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


WAITING = """
import os, pathlib, time
pathlib.Path(os.environ["PLAYBOOK_DATA"], client, "pid").write_text(str(os.getpid()))
while client == "bettini":
    time.sleep(1)
"""


# Who is run -----------------------------------------------------------------------------------


def test_named_clients_keep_their_order_and_all_are_sorted(ground):
    assert batch.clients(ground / "data", ["cima", "acme", "cima"]) == ["cima", "acme"]
    assert batch.clients(ground / "data", []) == ["acme", "bettini", "cima"]


@pytest.mark.parametrize("word", ["acne", "../acme"])
def test_a_client_that_is_not_there_is_refused_before_anything_runs(ground, capsys, word):
    assert call("batch", "acme", word) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert word in said.err
    assert not (ground / "reports").exists()


def test_a_data_folder_without_clients_is_refused(tmp_path):
    with pytest.raises(CallError, match="There is no client in"):
        batch.clients(tmp_path, [])


def test_a_dry_run_says_what_would_be_run_and_writes_nothing(ground, capsys):
    (ground / "data" / "cima" / "orders.csv").unlink()
    (ground / "data" / "forgotten").mkdir()
    assert call("batch", "--dry-run") == 1
    told = capsys.readouterr()
    said = told.out.splitlines()
    assert [line.split()[:2] for line in said[:2]] == [["acme", "to"], ["bettini", "to"]]
    assert "orders.csv is missing" in said[2]
    assert said[3] == "3 clients: 1 cannot be run, 2 to be run."
    assert told.err.splitlines() == ["Passed over, for want of a client.yml: forgotten."]
    assert not (ground / "reports").exists()


def test_a_folder_that_may_not_be_looked_into_is_a_client_that_fails(ground, monkeypatch):
    monkeypatch.setattr(client, "_may_enter", lambda folder: folder.name != "bettini")
    outcomes = run_here(ground, *batch.clients(ground / "data", ()))
    assert outcomes["bettini"].status == FAILED
    assert outcomes["bettini"].said == "data/bettini cannot be opened: Permission denied."


def test_a_client_under_way_elsewhere_is_no_failure_and_is_not_noted_as_one(ground, capsys):
    with folders.claim(ground / "reports" / "acme"):
        assert call("batch") == 0
    assert "1 under way" in capsys.readouterr().out
    assert set(batch.read_record(ground / "reports")) == {"bettini", "cima"}


def test_an_unchanged_client_reaches_no_lane(ground):
    assert {outcome.status for outcome in run_here(ground, "acme", "bettini").values()} == {DONE}
    with (ground / "data" / "bettini" / "orders.csv").open("a") as orders:
        orders.write("c,2025-03-01,5\n")
    again = {outcome.client: outcome.status for outcome in batch.foresee(requests(ground, "acme", "bettini"))}
    assert again == {"acme": UNCHANGED, "bettini": DUE}

    def no_lane():
        raise AssertionError("a lane was opened")

    assert [o.status for o in batch.run(requests(ground, "acme"), Lanes(1, 1, no_lane))] == [UNCHANGED]


def loaded(ground, *words):
    """Return what a command prints, and the modules that its process has loaded by the end."""
    code = (
        f"import sys\nfrom playbook import cli\nsys.argv = {['playbook', *words]}\n"
        "try:\n    cli.main()\nfinally:\n    print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ground
    )
    return done.stdout, set(done.stdout.splitlines()[-1].split())


CHAPTERS_OWN = {"pandas", "ibis", "duckdb", "matplotlib", "scipy", "sklearn", "lifelines", "statsmodels"}
RUN_S_OWN = {"numpy", "pyarrow", "papermill", "nbconvert", "jupyter_client"}


def test_a_batch_without_changes_loads_none_of_the_large_packages(ground):
    run_here(ground, "acme", "bettini", "cima")
    said, modules = loaded(ground, "batch")
    assert "3 clients: 3 unchanged." in said
    assert (CHAPTERS_OWN | RUN_S_OWN).isdisjoint(modules)


def test_a_run_leaves_to_its_kernel_what_only_chapters_need_and_a_second_one_loads_nothing(ground):
    _, modules = loaded(ground, "run", "acme")
    assert CHAPTERS_OWN.isdisjoint(modules)
    said, modules = loaded(ground, "run", "acme")
    assert "Nothing has changed" in said
    assert (CHAPTERS_OWN | RUN_S_OWN).isdisjoint(modules)


def test_only_those_that_failed_last_are_run_again(ground):
    toys.chapter(ground / "masters", "01", "data", [toys.code("assert client != 'bettini'")])
    (ground / "data" / "cima" / "orders.csv").unlink()
    outcomes = run_here(ground, "acme", "bettini", "cima")
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "acme": DONE,
        "bettini": FAILED,
        "cima": FAILED,
    }
    reports, everybody = ground / "reports", ["acme", "bettini", "cima"]
    assert batch.failed_before(reports, everybody) == ["bettini", "cima"]
    time.sleep(1.1)  # ends are noted to the second
    toys.chapter(ground / "masters", "01", "data", [])
    runner.run(requests(ground, "bettini")[0])
    assert batch.failed_before(reports, everybody) == ["cima"]


# What stays with whom -------------------------------------------------------------------------


def test_what_goes_wrong_with_one_client_stays_with_it_in_one_line(ground):
    toys.chapter(
        ground / "masters", "01", "data", [toys.code("assert client != 'bettini', 'no luck\\nsuch as'")]
    )
    outcomes = run_here(ground, "acme", "bettini", "cima", lanes=2)
    assert outcomes["bettini"].said == "chapter 01, cell 3: AssertionError: no luck"
    assert {name for name, outcome in outcomes.items() if outcome.status == DONE} == {"acme", "cima"}


def test_an_error_of_our_own_stays_with_its_client_too(ground):
    def stumble(request):
        return {}["nothing"] if request.client == "acme" else runner.run(request)

    outcomes = run_here(ground, "acme", "bettini", run=stumble)
    assert outcomes["acme"].said == "The run stopped: KeyError: 'nothing'"
    assert outcomes["bettini"].status == DONE


def test_a_client_that_is_being_run_elsewhere_is_left_alone(ground):
    with folders.claim(ground / "reports" / "acme"):
        outcomes = run_here(ground, "acme", "bettini")
    assert outcomes["acme"].status == batch.UNDER_WAY
    assert outcomes["acme"].said.startswith("A run of acme is under way")
    assert outcomes["bettini"].status == DONE


def test_a_record_with_a_torn_line_is_read_without_it(ground):
    outcome = batch.Outcome("acme", FAILED, "no", ended="2026-01-01T00:00:00+00:00")
    batch.record(ground / "reports", outcome)
    batch.record(ground / "reports", replace(outcome, status=DONE))
    with (ground / "reports" / batch.RECORD).open("a") as lines:
        lines.write('{"client": "bet')
    assert batch.read_record(ground / "reports") == {"acme": replace(outcome, status=DONE)}
    batch.shorten_record(ground / "reports")
    assert len((ground / "reports" / batch.RECORD).read_text().splitlines()) == 1


def test_a_batch_of_processes_ends_with_a_table_and_1_where_a_client_failed(ground):
    """Two workers; the process of one client is killed, and the others still come to their end."""
    killing = "import os, signal\nif client == 'bettini':\n    os.kill(os.getppid(), signal.SIGKILL)"
    toys.chapter(
        ground / "masters", "01", "data", [toys.code(killing), toys.code("import time; time.sleep(2)")]
    )
    process = start(ground, "--workers", "2")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    lines = out.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [
        ["acme", "done"],
        ["bettini", "failed"],
        ["cima", "done"],
    ]
    assert "Its process was killed" in lines[1]
    assert lines[3:] == ["3 clients: 2 done, 1 failed.", "reports/index.html"]
    assert len(err.splitlines()) == 3
    assert err.splitlines()[-1].startswith("[3/3] ")
    assert "bettini</strong>: Its process was killed" in (ground / "reports" / "index.html").read_text()
    toys.chapter(ground / "masters", "01", "data", [])
    assert call("batch", "--only-failed", "--workers", "1") == 0
    assert left_in(ground / "reports") == []


def in_this_process(patch, *words):
    patch.setattr(executors, "processes", lambda workers: nullcontext(Lanes(1, 1, Here, runner.run)))
    return call("batch", *words)


def test_a_record_that_cannot_be_written_is_told_at_the_end_and_the_others_go_on(ground, monkeypatch, capsys):
    (ground / "reports" / batch.RECORD).mkdir(parents=True)
    assert in_this_process(monkeypatch) == 1
    said = capsys.readouterr()
    assert "3 clients: 3 done.\nreports/index.html" in said.out
    assert said.err.count(".batch.jsonl could not be written: Is a directory") == 1


def test_the_table_is_printed_where_the_pages_cannot_be_written(ground, monkeypatch, capsys):
    (ground / "reports" / "index.html").mkdir(parents=True)
    assert in_this_process(monkeypatch) == 1
    said = capsys.readouterr()
    assert "3 clients: 3 done." in said.out
    assert "The pages over all clients could not be written: Is a directory" in said.err


# What is left when one is stopped -------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_stopped_batch_leaves_nothing_half_written_and_goes_on_from_there(ground, number):
    toys.chapter(ground / "masters", "01", "data", [toys.code(WAITING)])
    process = start(ground, "acme", "bettini", "cima", "--workers", "1")
    kernel = int(wait_for(ground / "data" / "bettini" / "pid", process))
    if number in (signal.SIGINT, signal.SIGHUP):
        os.killpg(process.pid, number)  # as a terminal does: to all processes of the group
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (129, 130, 143, -9)
    assert ("1 client: 1 done." in out) == (number != signal.SIGKILL)
    assert "Traceback" not in err
    assert gone(kernel)
    assert left_in(ground / "reports") == []
    assert not (ground / "reports" / "bettini").exists()
    assert not (ground / "reports" / "cima").exists()
    assert [outcome.status for outcome in batch.foresee(requests(ground, "acme"))] == [UNCHANGED]
