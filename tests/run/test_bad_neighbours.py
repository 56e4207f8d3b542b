"""Whatever one client's files hold, the others of a batch are run, and the table says what is wrong."""

import json
import os
import shutil
import signal
from concurrent.futures import BrokenExecutor

import pytest

from playbook.run import batch, portfolio, runner
from playbook.run.batch import CANNOT, DONE, DUE, UNCHANGED
from playbook.run.executors import Lanes
from tests import toys
from tests.run.test_batch import Here, call, lay_ground, requests, run_here

LAST = "2025-12-31"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Three clients with a good report each."""
    folder = tmp_path_factory.mktemp("good")
    with pytest.MonkeyPatch.context() as patch:
        lay_ground(folder, patch)
        assert {outcome.status for outcome in run_here(folder, "acme", "bettini", "cima").values()} == {DONE}
    return folder


@pytest.fixture
def ground(good, tmp_path, monkeypatch):
    """A copy of them; whoever waits for a pipe is woken, and fails."""
    shutil.copytree(good, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("PLAYBOOK_NOTEBOOKS", str(tmp_path / "masters"))
    monkeypatch.setattr(runner, "SUMMARY", toys.SUMMARY)
    monkeypatch.chdir(tmp_path)

    def wake(number, frame):
        raise AssertionError("something waits for ever")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(60)
    yield tmp_path
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def put(name, content):
    """Return a fault: something else in place of a file of bettini's folder."""

    def fault(ground):
        path = ground / name
        path.parent.mkdir(exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if callable(content):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)

    return fault


def link(target):
    return lambda path: path.symlink_to(target)


NONE = "01_data.ipynb is no notebook"
OURS, YML, COPY = "data/bettini", "data/bettini/client.yml", "data/bettini/notebooks/01_data.ipynb"
HOME = f"reports/bettini/{LAST}"
BOMB = "selection:\n  where:\n    a: &a {x: 1}\n" + "".join(
    f"    {name}: &{name} {{{', '.join(f'{key}: *{last}' for key in 'pqrstuvwx')}}}\n"
    for last, name in zip("abcdefghij", "bcdefghijk", strict=True)
)


def settings(more, files="[orders.csv]"):
    return put(YML, toys.CLIENT_YML.replace("[orders.csv]", files) + more)


def notebook(parameters, **changes):
    """Return a fault: a copy of the chapter whose parameters cell is another one."""
    cell = toys.code(parameters, "parameters") | changes
    return put(COPY, json.dumps(toys.notebook(toys.prose("# Data"), cell)))


NO_RUN = {
    "settings nested deeply in brackets": (settings("selection: " + "[" * 3000 + "]" * 3000), "nested"),
    "settings nested deeply": (
        settings("selection:\n" + "".join(" " * n + "a:\n" for n in range(1, 60))),
        "nested more than 40 deep",
    ),
    "settings whose aliases unfold without end": (settings(BOMB), "more than 20,000 settings"),
    "half a character in the settings": (
        settings('selection: {where: {a: "\\ud800"}}\n'),
        "client.yml, line 6: a character in it is none",
    ),
    "half a character in a file's name": (settings("", '["o\\ud800.csv"]'), "a character in it is none"),
    "a zero in a file's name": (settings("", '["o\\0.csv"]'), "a character in it is none"),
    "a number of 6000 digits": (settings(f"seed: {'9' * 6000}\n"), "a date or a number in it does not exist"),
    "a number that nobody means": (
        settings(f"seed: {10**16}\n"),
        "seed: write at most 1,000,000,000",
    ),
    "days beyond the calendar": (settings("horizon_days: 4000000\n"), "horizon_days: write at most 36,525"),
    "settings of a megabyte": (settings(f"# {'x' * (1 << 20)}\n"), "longer than a megabyte"),
    "a pipe for settings": (put(YML, os.mkfifo), "client.yml is a pipe or a device"),
    "a device for settings": (put(YML, link("/dev/zero")), "client.yml is a pipe or a device"),
    "a folder for settings": (put(YML, os.mkdir), "client.yml is a folder"),
    "settings that lead nowhere": (put(YML, link("nowhere")), "client.yml is a link that leads nowhere"),
    "settings that lead to themselves": (put(YML, link("client.yml")), "client.yml cannot be read"),
    "a client that leads nowhere": (put(OURS, link("nowhere")), "the link leads nowhere"),
    "a pipe for orders": (put(f"{OURS}/orders.csv", os.mkfifo), "orders.csv is a pipe or a device"),
    "a device for orders": (put(f"{OURS}/orders.csv", link("/dev/zero")), "orders.csv is a pipe or a device"),
    "a folder for orders": (put(f"{OURS}/orders.csv", os.mkdir), "orders.csv is a folder"),
    "a pipe for those who must not be contacted": (put(f"{OURS}/suppress.csv", os.mkfifo), "suppress.csv is"),
    "a notebook that is text": (put(COPY, "hello"), NONE),
    "a notebook that is a folder": (put(COPY, os.mkdir), "01_data.ipynb is a folder"),
    "a notebook that is a pipe": (put(COPY, os.mkfifo), "01_data.ipynb is a pipe"),
    "a notebook that is a list": (put(COPY, "[]"), NONE),
    "a notebook without cells": (put(COPY, '{"cells": null}'), NONE),
    "a notebook of texts": (put(COPY, '{"cells": ["a"]}'), NONE),
    "a cell without a text": (
        put(COPY, '{"cells": [{"cell_type": "code"}]}'),
        NONE,
    ),
    "a cell that is a number": (notebook("", source=3), NONE),
    "a cell with a number for tags": (notebook("", metadata={"tags": 3}), NONE),
    "a notebook with a list of metadata": (
        put(COPY, '{"cells": [], "metadata": [1]}'),
        NONE,
    ),
    "a notebook nested deeply": (put(COPY, "[" * 100_000), NONE),
    "half a character in a notebook": (notebook("x = '\ud800'"), NONE),
}
"""Faults of a client that cannot be run, and words of what is said."""


def manifest(**changes):
    def fault(ground):
        path = ground / HOME / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return fault


def another_day(ground):
    shutil.copytree(ground / HOME, ground / "reports" / "bettini" / "2025-99-99")


RECORD = f"reports/{batch.RECORD}"
STILL_RUN = {
    "a cell of code that is no Python": (notebook("x = '\0'"), DUE),
    "a cell of code that no parser holds": (notebook(f"x = {'-' * 100_000}1"), DUE),
    "a torn manifest": (put(f"{HOME}/manifest.json", '{"as'), DUE),
    "a manifest that is a list": (put(f"{HOME}/manifest.json", "[]"), DUE),
    "a manifest that is no text": (put(f"{HOME}/manifest.json", b"\xff\xfe"), DUE),
    "a manifest that is a pipe": (put(f"{HOME}/manifest.json", os.mkfifo), DUE),
    "a manifest that is a folder": (put(f"{HOME}/manifest.json", os.mkdir), DUE),
    "a manifest nested deeply": (put(f"{HOME}/manifest.json", "[" * 100_000), DUE),
    "a manifest without chapters": (manifest(chapters=None), DUE),
    "a manifest of numbers": (manifest(chapters=[1]), DUE),
    "a manifest whose chapters have no files": (manifest(chapters=[{"key": "a", "files": None}]), DUE),
    "a manifest that ended in a number": (manifest(finished=5), DUE),
    "a manifest of no day": (manifest(as_of="soon"), DUE),
    "a manifest with a list of inputs": (manifest(inputs=[1]), DUE),
    "a manifest without warnings": (manifest(warnings=None), DUE),
    "a manifest with a text for an error": (manifest(error="x", status="failed"), DUE),
    "torn findings": (put(f"{HOME}/findings/01.json", "[{"), DUE),
    "findings that are no list": (put(f"{HOME}/findings/04.json", '{"a": 1}'), UNCHANGED),
    "findings that are no numbers": (
        put(f"{HOME}/findings/07.json", '[{"name": "plan_expected_profit", "value": "x", "verdict": [1]}]'),
        UNCHANGED,
    ),
    "findings that are a pipe": (put(f"{HOME}/findings/07.json", os.mkfifo), UNCHANGED),
    "a report of a day that is none": (another_day, UNCHANGED),
    "reports that are a file": (put("reports/bettini", "x"), DUE),
    "reports that lead nowhere": (put("reports/bettini", link("nowhere")), DUE),
    "a torn record": (put(RECORD, '{"client": "bet'), UNCHANGED),
    "a record that is no text": (put(RECORD, b'{"client": "\xff"}\n'), UNCHANGED),
    "a record of other things": (
        put(RECORD, '{"client": ["x"], "status": 3, "said": ""}\n{"client": "bettini", "status": "failed",'
                    ' "said": "x", "ended": 5}\n'),
        UNCHANGED,
    ),
    "a record nested deeply": (put(RECORD, "[" * 100_000 + "\n"), UNCHANGED),
}  # fmt: skip
"""Faults that a run gets over, and what becomes of the client."""


@pytest.mark.parametrize("name", NO_RUN)
def test_a_client_that_cannot_be_run_says_why_and_stops_no_other(ground, name):
    fault, words = NO_RUN[name]
    fault(ground)
    said = looked_at(ground, CANNOT)
    assert words in said
    assert str(ground) not in said


@pytest.mark.parametrize("name", STILL_RUN)
def test_what_a_run_can_do_without_stops_nobody(ground, name):
    fault, status = STILL_RUN[name]
    fault(ground)
    looked_at(ground, status)


def looked_at(ground, expected):
    """Go through all that a batch does before a client is run, and after; return what is said of bettini."""
    everybody = batch.clients(ground / "data", ())
    outcomes = {outcome.client: outcome for outcome in batch.foresee(requests(ground, *everybody))}
    status = {client: outcome.status for client, outcome in outcomes.items()}
    assert status == {"acme": UNCHANGED, "bettini": expected, "cima": UNCHANGED}
    batch.shorten_record(ground / "reports")
    for outcome in outcomes.values():
        batch.record(ground / "reports", outcome)
    assert batch.read_record(ground / "reports") == outcomes
    entries = portfolio.read(ground / "reports", everybody)
    pages = portfolio.write(ground / "reports", entries, compare=True)
    assert "acme/2025-12-31/index.html" in pages[0].read_text()
    assert len(outcomes["bettini"].said.splitlines()) <= 1
    return outcomes["bettini"].said


def test_a_folder_whose_name_is_no_text_is_named_as_far_as_it_can_be(ground, capsys):
    os.rename(os.fsencode(ground / OURS), os.fsencode(ground / "data") + b"/bett\xff")
    assert call("batch", "--workers", "1") == 1
    told = capsys.readouterr().out
    assert r"'bett\udcff' is no client name" in told
    assert "3 clients: 1 failed, 2 unchanged." in told
    assert r"bett\udcff" in (ground / "reports" / "index.html").read_text()
    assert batch.failed_before(ground / "reports", batch.clients(ground / "data", ())) == ["bett\udcff"]


def test_a_lane_that_was_killed_while_it_waited_costs_no_client(ground):
    class Killed(Here):
        """Runs one client, and then takes no other."""

        used = False

        def submit(self, call, *given):
            if self.used:
                raise BrokenExecutor
            self.used = True
            return super().submit(call, *given)

    for client in ("acme", "bettini", "cima"):
        (ground / "data" / client / "orders.csv").write_text(toys.ORDERS + "c,2025-03-01,5\n")
    ran = [request.client for request in requests(ground, "acme", "bettini", "cima")]
    lanes = Lanes(1, 1, Killed, lambda request: runner.Finished(ground / request.client))
    outcomes = list(batch.run(requests(ground, *ran), lanes))
    assert [(outcome.client, outcome.status) for outcome in outcomes] == [(client, DONE) for client in ran]
