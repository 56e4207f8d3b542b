import io
import os
import signal
import subprocess
import sys
import time
from importlib import metadata

import pytest

from playbook import cli
from playbook.run import runner
from tests import toys

PLAYBOOK = [sys.executable, "-m", "playbook.cli"]


@pytest.fixture
def ground(tmp_path, monkeypatch):
    """One chapter and one client, with the folders as the commands expect them."""
    (tmp_path / "masters").mkdir()
    monkeypatch.setenv("PLAYBOOK_NOTEBOOKS", str(tmp_path / "masters"))
    monkeypatch.setattr(runner, "SUMMARY", toys.SUMMARY)
    monkeypatch.chdir(tmp_path)
    toys.client(tmp_path / "data")
    (tmp_path / "data" / "noyml").mkdir()
    toys.chapter(tmp_path / "masters", "01", "data", [])
    return tmp_path


def call(*words):
    """Call the command in this process; return its exit code."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["playbook", *words])
        cli.main()
    signal.signal(signal.SIGTERM, before)
    return end.value.code


def test_a_run_ends_with_the_path_of_the_report(ground, capsys):
    assert call("run", "acme") == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "reports/acme/2025-12-31/index.html"
    assert said.err.splitlines() == ["[0/1] The data", "[1/1] Summary"]
    assert call("run", "acme") == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith("Nothing has changed")
    assert said.out.splitlines()[-1] == "reports/acme/2025-12-31/index.html"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "acne"], "Did you mean 'acme'?"),
        (["run", "../acme"], "is no client name"),
        (["run", "a/b"], "is no client name"),
        (["run", "acme", "-p", "horizon_day=9"], "Did you mean 'horizon_days'?"),
        (["run", "acme", "-p", "horizon_days"], "NAME=VALUE"),
        (["run", "acme", "-p", "horizon_days=soon"], "whole number"),
        (["run", "acme", "--as-of", "31.12.2025"], "expected a date such as 2025-12-31"),
        (["run", "acme", "--chapters", "07"], "There is no chapter '07'"),
        (["run", "acme", "--data", "elsewhere"], "elsewhere is no folder"),
        (["run", "noyml"], "noyml has no client.yml: playbook new noyml FILE..."),
        (["batch", "--cluster", ""], "write the scheduler's address as tcp://HOST:8786"),
        (["batch", "--cluster", "nonsense"], "write the scheduler's address as tcp://HOST:8786"),
        (["lab", "acne"], "Did you mean 'acme'?"),
    ],
)
def test_a_wrong_call_ends_in_one_sentence_and_2(ground, capsys, words, sentence):
    assert call(*words) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""
    assert not (ground / "reports").exists()


def test_an_unknown_option_is_2(ground, capsys):
    assert call("run", "acme", "--frsh") == 2
    assert "--frsh" in capsys.readouterr().err


def test_wrong_settings_are_2(ground, capsys):
    (ground / "data" / "acme" / "client.yml").write_text("client: [")
    assert call("run", "acme") == 2
    assert "client.yml" in capsys.readouterr().err


def test_a_failed_run_is_1_and_says_where(ground, capsys):
    toys.chapter(ground / "masters", "01", "data", [toys.code("1 / 0")])
    assert call("run", "acme") == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "Error: chapter 01, cell 3: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("words", [["run", "acme"], ["batch"]])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_starts(ground, capsys, words):
    (ground / "reports").write_text("a file stands here")
    assert call(*words) == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == ["Error: --reports: nothing can be written to reports."]


def test_the_version_is_said(capsys):
    assert call("--version") == 0
    assert capsys.readouterr().out.strip() == metadata.version("playbook")


def test_warnings_of_a_run_are_said(ground, capsys):
    toys.chapter(ground / "masters", "01", "data", [toys.code("import sys; print('mind', file=sys.stderr)")])
    assert call("run", "acme") == 0
    assert "Warning: chapter 01: mind" in capsys.readouterr().err


def test_a_changed_copy_is_run_and_both_manifest_and_page_say_so(ground, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))
    assert call("lab", "acme") == 0
    copy = ground / "data" / "acme" / "notebooks" / "01_data.ipynb"
    copy.write_text(copy.read_text().replace("knob: int", "print('mine')\\nknob: int"))
    toys.chapter(ground / "masters", "01", "data", [toys.code("new = 1")])
    assert call("run", "acme") == 0
    place = ground / "reports" / "acme" / "2025-12-31"
    assert '"changed_for_client": true' in (place / "manifest.json").read_text()
    assert "This chapter was changed for this client." in (place / "01_data.html").read_text()
    assert "the master has changed since" in capsys.readouterr().err


def test_check_reads_the_data_and_runs_nothing(ground, capsys):
    assert call("check", "acme") == 0
    assert "No column says who may be contacted" in capsys.readouterr().out
    assert not (ground / "reports").exists()


def test_check_says_what_makes_the_data_unusable(ground, capsys):
    (ground / "data" / "acme" / "orders.csv").write_text("customer_id,amount\na,1\n")
    assert call("check", "acme") == 2
    assert "ordered_at" in capsys.readouterr().err


def test_lab_opens_jupyterlab_on_the_clients_copies_or_the_masters(ground, monkeypatch, capsys):
    started = []

    def start(command, env, check):
        started.append((command[3], env["PLAYBOOK_DATA"], command[4:]))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", start)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert call("lab", "acme") == 3
    assert call("lab") == call("lab", "--", "--port=9000", "--no-browser") == 3
    assert call("lab", "acme", "--", "--port=9000") == 3
    data, own = str(ground / "data"), f"--ServerApp.root_dir={ground / 'data' / 'acme' / 'notebooks'}"
    masters = f"--ServerApp.root_dir={ground / 'masters'}"
    assert started == [
        (own, data, []),
        (masters, data, []),
        (masters, data, ["--port=9000", "--no-browser"]),
        (own, data, ["--port=9000"]),
    ]
    capsys.readouterr()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert call("lab") == 3
    assert started[-1][2] == ["--allow-root"] and "as root" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_neither_folder_nor_kernel(ground, number):
    toys.chapter(
        ground / "masters",
        "01",
        "data",
        [toys.code("import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)")],
    )
    words = ["run", "acme"]
    process = subprocess.Popen([*PLAYBOOK, *words], stderr=subprocess.PIPE, text=True, cwd=ground)
    pid = ground / "masters" / "pid"
    while not (pid.exists() and pid.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode not in (0, 2)
    assert "Traceback" not in said
    assert not (ground / "reports" / "acme").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_the_command_starts_without_the_heavy_packages():
    heavy = {
        "pandas",
        "numpy",
        "matplotlib",
        "ibis",
        "lifelines",
        "scipy",
        "sklearn",
        "papermill",
        "nbconvert",
        "pyarrow",
    }
    code = "import sys, playbook.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("proposed", "others", "typed", "taken"),
    [
        ("5000", (), "12000", "12000"),
        ("5000", (), "", "5000"),
        ("a", ("b",), "c\nb", "b"),
        ("", (), "6.5", "6.5"),
    ],
)
def test_new_takes_any_answer_where_none_are_listed(proposed, others, typed, taken, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    assert cli._ask("offers.budget", proposed, others) == taken
