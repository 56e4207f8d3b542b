"""A batch on a real Dask scheduler with two worker processes, one of which is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from playbook.archive import folders
from tests import toys

pytest.importorskip("distributed")

CLIENTS = ("acme", "bettini", "cima", "dolci")

WORKING = """
import os, pathlib, time
pathlib.Path(os.environ["PLAYBOOK_DATA"], client, "worker").write_text(str(os.getppid()))
time.sleep(2)
"""


@pytest.fixture
def ground(tmp_path, monkeypatch):
    for name in CLIENTS:
        toys.client(tmp_path / "data", name)
    for name, value in toys.ground(tmp_path).items():
        monkeypatch.setenv(name, value)
    toys.chapter(tmp_path / "masters", "01", "data", [toys.code(WORKING)])
    return tmp_path


def wait_for(path):
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until, path
        time.sleep(0.05)
    return path.read_text()


@pytest.fixture
def address(ground):
    """A scheduler with two workers of one thread each, in folders of their own."""
    file, started = ground / "scheduler.json", []

    def start(module, *words):
        place = ground / f"{module}{len(started)}"
        place.mkdir()
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard"]
        started.append(
            subprocess.Popen(
                [*command, "--scheduler-file", str(file), *words],
                cwd=place,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    wait_for(file)
    for _ in range(2):
        start("dask_worker", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
    yield json.loads(file.read_text())["address"]
    for process in started:
        process.kill()
        process.wait()


def batch(ground, address, **how):
    command = [sys.executable, "-m", "playbook", "batch", "--cluster", address]
    return subprocess.Popen(
        command, cwd=ground, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how
    )


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_client(ground, address):
    process = batch(ground, address)
    workers = {client: int(wait_for(ground / "data" / client / "worker")) for client in CLIENTS[:2]}
    assert len(set(workers.values())) == 2
    os.kill(workers["bettini"], signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert "4 clients: 4 done." in out
    assert "Traceback" not in err
    assert int((ground / "data" / "bettini" / "worker").read_text()) == workers["acme"]
    for client in CLIENTS:
        assert [path.name for path in (ground / "reports" / client).iterdir()] == ["2025-12-31"]
        manifest = folders.read_manifest(ground / "reports" / client / "2025-12-31")
        assert (manifest["client"], manifest["status"]) == (client, "done")


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named(ground):
    process = batch(ground, "tcp://127.0.0.1:9")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.splitlines() == ["Error: --cluster: no scheduler answers at tcp://127.0.0.1:9."]
    assert not (ground / "reports").exists()
