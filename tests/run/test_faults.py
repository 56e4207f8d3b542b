"""What may go wrong around a run: killed processes, full disks, moving files, missing rights.

Every fault is met by a real command on small chapters; the contamination of one client by another is
looked for with the real ones.
"""

import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd
import pytest

from playbook.archive import folders
from tests import toys
from tests.conftest import SETTINGS, playbook

LAST_GOOD = "2025-12-31"
NO_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Root ignores file permissions; without these two capabilities it does not."""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Two chapters and a client with a good report, and the environment to run them in."""
    folder = tmp_path_factory.mktemp("good")
    toys.client(folder / "data")
    environment = toys.ground(folder)
    toys.chapter(folder / "masters", "01", "data", [])
    toys.chapter(folder / "masters", "04", "churn", [])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        assert run(folder).returncode == 0
    return folder, environment


@pytest.fixture
def ground(good, tmp_path, monkeypatch):
    """A copy of it, with a short temporary folder of its own, which stays empty."""
    folder, environment = good
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for name, value in environment.items():
        monkeypatch.setenv(name, value.replace(str(folder), str(tmp_path)))
    scratch = tempfile.mkdtemp(prefix="pb")
    monkeypatch.setenv("TMPDIR", scratch)
    yield tmp_path
    left = os.listdir(scratch)
    shutil.rmtree(scratch)
    assert left == []


def words(ground, *more):
    return ["run", "acme", "--data", str(ground / "data"), "--reports", str(ground / "reports"), *more]


def run(ground, *more, before=()):
    command = [*before, sys.executable, "-m", "playbook", *words(ground, *more)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def start(ground, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "playbook", *words(ground, *more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(done, code, sentence):
    last = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert (done.returncode, len(last)) == (code, 1), done.stderr
    assert last[0].startswith(f"Error: {sentence}"), last[0]


def change_chapter(ground, *cells, number="04", name="churn"):
    toys.chapter(ground / "masters", number, name, [toys.code(cell) for cell in cells])


def content(folder):
    """A report's files, but for what tells one run from another."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if (path.is_file() and path.suffix in (".parquet", ".html")) or path.parent.name == "findings"
    }


def home(ground):
    return ground / "reports" / "acme"


def names(ground):
    return sorted(path.name for path in home(ground).iterdir())


# Kernels --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the notebook kernel died"),
        ("while True:\n    pass", "it took longer than 2 seconds"),
    ],
    ids=["killed", "never ends"],
)
def test_a_kernel_that_is_killed_or_never_ends_costs_one_run_and_no_report(ground, cell, cause):
    settings = ground / "data" / "acme" / "client.yml"
    settings.write_text(settings.read_text() + "cell_timeout_seconds: 2\n")
    before = content(home(ground) / LAST_GOOD)
    change_chapter(ground, cell)
    refused(run(ground), 1, f"chapter 04, cell 3: {cause}")
    assert names(ground) == [LAST_GOOD, f"{LAST_GOOD}.failed"]
    assert content(home(ground) / LAST_GOOD) == before
    change_chapter(ground)
    assert run(ground).returncode == 0


# Disk -----------------------------------------------------------------------------------------


@pytest.fixture
def little_disk(ground):
    """A disk of one megabyte where the reports lie."""
    place = ground / "reports"
    kept = ground / "kept"
    place.rename(kept)
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    shutil.copytree(kept, place, dirs_exist_ok=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full_while_the_report_is_written_costs_no_report(little_disk, ground):
    before = content(home(ground) / LAST_GOOD)
    change_chapter(ground, "print('much ado ' * 60_000)")  # fits once, as a notebook, and not as a page too
    done = run(ground)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert set(names(ground)) <= {LAST_GOOD, f"{LAST_GOOD}.failed"}
    assert content(home(ground) / LAST_GOOD) == before
    subprocess.run(["mount", "-o", "remount,size=8m", str(little_disk)], check=True)
    assert run(ground).returncode == 0
    assert "much ado" in (home(ground) / LAST_GOOD / "04_churn.html").read_text()


# Killed ---------------------------------------------------------------------------------------


def whole(folder):
    manifest = folders.read_manifest(folder)
    kept = [folders.Checkpoint(folder, entry["files"]) for entry in manifest.get("chapters", [])]
    return (
        manifest.get("status") == "done"
        and all(map(folders.is_intact, kept))
        and (folder / "index.html").is_file()
    )


@pytest.mark.slow
def test_a_run_killed_at_any_moment_loses_nothing_and_the_next_one_is_right(ground):
    right = content(home(ground) / LAST_GOOD)
    began = time.monotonic()
    assert run(ground, "--fresh").returncode == 0
    longest = time.monotonic() - began
    moments = random.Random(1)
    for _ in range(20):
        process = start(ground, "--fresh")
        time.sleep(moments.uniform(0, longest))
        process.kill()
        process.communicate()
        assert whole(home(ground) / LAST_GOOD) or whole(home(ground) / f".{LAST_GOOD}.old")
    done = run(ground, "--fresh")
    assert done.returncode == 0, done.stderr
    assert names(ground) == [LAST_GOOD]
    assert content(home(ground) / LAST_GOOD) == right


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--chapters", "01")], ids=["whole", "partial"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_told_to_end_leaves_nothing_behind(ground, number, more):
    """At any moment, and also where it is told so twice; the fixture looks for what is left elsewhere."""
    began = time.monotonic()
    assert run(ground, "--fresh").returncode == 0
    longest = time.monotonic() - began
    moments = random.Random(1)
    for _ in range(6):
        process = start(ground, "--fresh", *more)
        time.sleep(moments.uniform(0.2, 0.8) * longest)
        process.send_signal(number)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said
        assert all(whole(home(ground) / name) for name in names(ground))  # one came to its end before
        assert not any(name.startswith(".") for name in names(ground))
        assert os.listdir(os.environ["TMPDIR"]) == []


TOLD_TO_END = """
import os, signal, sys
from jupyter_client.provisioning import LocalProvisioner
from playbook import cli
name, number = sys.argv.pop(1), int(sys.argv.pop(1))
step = getattr(LocalProvisioner, name)
async def told(self, *args, **more):
    done = await step(self, *args, **more)
    print("kernel", self.process.pid, file=sys.stderr)
    for _ in range(2):
        os.kill(os.getpid(), number)
    return done
setattr(LocalProvisioner, name, told)
cli.main()
"""


@pytest.mark.parametrize("step", ["launch_kernel", "kill"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_is_told_to_end_while_its_kernel_starts_or_ends_leaves_none(ground, number, step):
    command = [sys.executable, "-c", TOLD_TO_END, step, str(int(number)), *words(ground, "--fresh")]
    before = content(home(ground) / LAST_GOOD)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 128 + number, done.stderr
    assert os.listdir(os.environ["TMPDIR"]) == []
    assert names(ground) == [LAST_GOOD]
    assert content(home(ground) / LAST_GOOD) == before
    kernel = re.findall(r"^kernel (\d+)$", done.stderr, re.MULTILINE)
    assert all(not os.path.exists(f"/proc/{number}") for number in kernel)


def test_a_run_that_outlives_its_terminal_goes_on(ground):
    flag = ground / "begun"
    change_chapter(
        ground, f"import pathlib, time\npathlib.Path({str(flag)!r}).write_text('x')\ntime.sleep(2)"
    )
    command = ["nohup", sys.executable, "-m", "playbook", *words(ground)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not flag.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


STOPPING_SWAP = """
import os, pathlib, signal, sys
from playbook import cli
from playbook.archive import folders
after, rename, swap = int(sys.argv.pop(1)), pathlib.Path.rename, folders.swap
def stopping(path, target):
    global after
    moved = rename(path, target)
    after -= 1
    if after == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return moved
def swap_and_stop(run, name):
    pathlib.Path.rename = stopping
    return swap(run, name)
folders.swap = swap_and_stop
cli.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("renamed", [1, 2], ids=["old one moved away", "new one in place"])
def test_an_interrupted_swap_is_completed_by_the_next_command(ground, renamed):
    change_chapter(ground, "print('the new one')")
    command = [sys.executable, "-c", STOPPING_SWAP, str(renamed), *words(ground)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert f".{LAST_GOOD}.old" in names(ground)
    done = run(ground)
    assert done.returncode == 0
    assert "Nothing has changed" in done.stdout  # what had been finished counts
    assert names(ground) == [LAST_GOOD]
    assert "the new one" in (home(ground) / LAST_GOOD / "04_churn.html").read_text()


# Files ----------------------------------------------------------------------------------------

APPEND = """
import os
from pathlib import Path
with Path(os.environ["PLAYBOOK_DATA"], client, "orders.csv").open("a") as orders:
    orders.write("c,2025-03-01,5\\n")
"""


@pytest.mark.parametrize("more", ["", "1 / 0"], ids=["chapters end well", "a chapter stumbles over it"])
def test_a_file_that_changes_while_it_is_read_is_refused(ground, more):
    before = content(home(ground) / LAST_GOOD)
    change_chapter(ground, APPEND, more)
    refused(run(ground), 2, "orders.csv changed while it was read: run again once it is complete.")
    assert names(ground) == [LAST_GOOD]
    assert content(home(ground) / LAST_GOOD) == before


def test_a_file_that_goes_while_it_is_read_is_refused(ground):
    gone = "import os, pathlib\npathlib.Path(os.environ['PLAYBOOK_DATA'], client, 'orders.csv').unlink()"
    change_chapter(ground, gone)
    refused(run(ground), 2, "orders.csv is missing")
    assert names(ground) == [LAST_GOOD]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("data/acme", "data/acme cannot be opened: Permission denied"),
        ("data/acme/client.yml", "client.yml cannot be read: Permission denied"),
        ("data/acme/orders.csv", "orders.csv cannot be read: Permission denied"),
        ("reports/acme", "The run stopped: Permission denied"),
    ],
)
def test_a_place_without_rights_is_named_in_one_sentence(ground, place, sentence):
    before = [] if os.geteuid() else NO_RIGHTS
    if before and shutil.which("setpriv") is None:
        pytest.skip("root needs setpriv to give up its rights")
    path = ground / place
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o500 if place.startswith("reports") else 0)
    try:
        done = run(ground, "--fresh", before=before)
    finally:
        path.chmod(mode)
    refused(done, done.returncode, sentence)
    assert done.returncode in (1, 2)
    assert path.name in done.stderr
    assert names(ground) == [LAST_GOOD]


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken", ["tables/01.parquet", "findings/01.json", "notebooks/01_data.ipynb", "manifest.json"]
)
def test_a_corrupt_checkpoint_is_not_used(ground, broken):
    right = content(home(ground) / LAST_GOOD)
    (home(ground) / LAST_GOOD / broken).write_bytes(b"{\x00")
    done = run(ground)
    assert done.returncode == 0, done.stderr
    assert "Nothing has changed" not in done.stdout
    assert content(home(ground) / LAST_GOOD) == right


# Two at once ----------------------------------------------------------------------------------


def test_a_second_run_of_a_client_says_that_one_is_under_way(ground):
    flag = ground / "begun"
    change_chapter(
        ground, f"import pathlib, time\npathlib.Path({str(flag)!r}).write_text('x')\ntime.sleep(4)"
    )
    first = start(ground)
    until = time.monotonic() + 60
    while not flag.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    refused(run(ground), 1, "A run of acme is under way: wait until it has ended, or stop it.")
    _, said = first.communicate(timeout=60)
    assert first.returncode == 0, said
    assert names(ground) == [LAST_GOOD]


# Contamination --------------------------------------------------------------------------------


def shop(folder, seed):
    """A shop whose customers have the same ids in every world, and other lives."""
    draw = np.random.default_rng(seed)
    customers = [f"C{number:04d}" for number in range(500)]
    frames = []
    for customer in customers:
        gaps = draw.exponential(draw.gamma(2, 20 + 15 * seed), draw.geometric(0.15 + 0.1 * seed))
        days = draw.integers(0, 700) + np.cumsum(gaps)
        frames.append(pd.DataFrame({"customer_id": customer, "day": days[days < 1095].astype(int)}))
    orders = pd.concat(frames, ignore_index=True)
    orders["ordered_at"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(orders.pop("day"), unit="D")
    orders["amount"] = draw.gamma(2, 20 * seed, len(orders)).round(2)
    folder.mkdir(parents=True)
    orders.to_csv(folder / "orders.csv", index=False)
    (folder / "client.yml").write_text(SETTINGS + "horizon_days: 90\n")


def tables(reports, client):
    folder = next((reports / client).glob("????-??-??"))
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


@pytest.mark.slow
def test_clients_with_the_same_customers_do_not_touch_each_other(tmp_path):
    """One worker, both orders, against each client alone."""
    data = tmp_path / "data"
    for seed, client in enumerate(("acme", "bettini"), 1):
        shop(data / client, seed)
    alone = {}
    for client in ("acme", "bettini"):
        reports = tmp_path / "alone"
        done = playbook("run", client, "--data", str(data), "--reports", str(reports))
        assert done.returncode == 0, done.stderr
        alone[client] = tables(reports, client)
    assert alone["acme"] != alone["bettini"]
    for order in (("acme", "bettini"), ("bettini", "acme")):
        reports = tmp_path / "-".join(order)
        places = ["--workers", "1", "--data", str(data), "--reports", str(reports)]
        done = playbook("batch", *order, *places)
        assert done.returncode == 0, done.stdout
        for client in order:
            assert tables(reports, client) == alone[client]
