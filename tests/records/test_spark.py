"""Spark as the engine: the same tables as DuckDB's, on a real Spark of this machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from playbook.errors import SettingsError
from playbook.records.sources import open_sources
from playbook.records.spark import whole_megabytes
from playbook.settings.client import Settings, load
from tests.conftest import make_run, playbook

PYSPARK, JAVA = find_spec("pyspark"), shutil.which("java") or os.environ.get("JAVA_HOME")
needs_spark = pytest.mark.skipif(
    not (PYSPARK and JAVA),
    reason="no Spark: install pyspark (tests/spark.txt) and a Java runtime (on Debian: default-jre-headless)",
)

ROUNDING = 1e-9
"""Largest difference between two engines, as a share of the number."""


@pytest.fixture(autouse=True)
def java_for_short_runs(monkeypatch):
    """Java compiles but little: a run here is over before more of it would pay."""
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


def on_spark(folder: Path, data: Path) -> Path:
    """Copy a client, with Spark as its engine."""
    shutil.copytree(folder, data / folder.name)
    settings = data / folder.name / "client.yml"
    settings.write_text("engine: spark\n" + settings.read_text(encoding="utf-8"), encoding="utf-8")
    return data


def assert_same_run(one: Path, other: Path) -> None:
    """Hold the tables, the plan and the findings of two runs against each other."""
    names = [path.relative_to(one) for path in sorted(one.glob("tables/*.parquet"))]
    assert len(names) > 8
    for name in names:
        left, right = pd.read_parquet(one / name), pd.read_parquet(other / name)
        pd.testing.assert_frame_equal(left, right, rtol=ROUNDING, atol=ROUNDING, obj=str(name))
    plans = [pd.read_csv(run / "plan.csv") for run in (one, other)]
    pd.testing.assert_frame_equal(*plans, rtol=ROUNDING, atol=ROUNDING, obj="plan.csv")
    for path in sorted(one.glob("findings/*.json")):
        left, right = (found(run / "findings" / path.name) for run in (one, other))
        assert left.keys() == right.keys(), path.name
        for name, value in left.items():
            if isinstance(value, float):
                value = pytest.approx(value, rel=ROUNDING, abs=ROUNDING, nan_ok=True)
            assert right[name] == value, name


def found(path: Path) -> dict[str, object]:
    """Return each number and text of a file of findings by its name."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return {f"{one['name']}.{key}": value for one in told for key, value in one.items()}


@needs_spark
@pytest.mark.slow
@pytest.mark.parametrize("client", ["demo", "demo_donors"])
def test_a_run_on_spark_gives_the_tables_plan_and_findings_of_duckdb(client, demo_data, tmp_path, request):
    expected = request.getfixturevalue({"demo": "demo_run", "demo_donors": "donors_run"}[client])
    done = make_run(on_spark(demo_data / client, tmp_path / "data"), client, tmp_path / "reports")
    assert_same_run(expected.folder, done.folder)


@needs_spark
@pytest.mark.slow
def test_a_real_log_gives_on_spark_the_tables_plan_and_findings_of_duckdb(online_retail, tmp_path):
    data, client = online_retail
    expected = make_run(data, client, tmp_path / "duckdb")
    done = make_run(on_spark(data / client, tmp_path / "data"), client, tmp_path / "spark")
    assert_same_run(expected.folder, done.folder)


ORDERS = "customer_id,ordered_at,amount\n" + "".join(
    f"K{number % 7},2024-{1 + number % 12:02d}-{1 + number % 28:02d},{number}.25\n" for number in range(200)
)

CLIENT = """client: Acme
{engine}
tables:
  orders:
    files: orders.csv
    columns: {{customer_id: customer_id, ordered_at: ordered_at, amount: amount}}
"""

SEEN = """
import sys
from pathlib import Path
from playbook.records.history import customers, read_history
from playbook.stats.spells import spell_counts
from playbook.settings.client import load
from playbook.records.sources import open_sources
from playbook.records.spark import whole_megabytes
{before}
settings = load("acme", Path({data!r}))
sources = open_sources(settings, Path({data!r}) / "acme")
history = read_history(settings, sources)
print(sources.connection.name)
print(customers(history).to_csv(), spell_counts(history).to_csv())
sources.close()
{after}
"""


def seen(data: Path, before: str = "", after: str = "", **environment: str) -> list[str]:
    """Return the engine, its customers and spells, and what is printed after, as lines."""
    code = SEEN.format(data=str(data), before=before, after=after)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1:]
    return [line for line in done.stdout.splitlines() if line]


@pytest.fixture
def acme(client):
    """Write the client with some lines on its engine, and return the data folder."""

    def write(engine: str = "engine: spark") -> Path:
        return client(ORDERS, CLIENT.format(engine=engine))[0]

    return write


@pytest.fixture
def master(tmp_path):
    """Start a master and a worker of Spark on this machine, and return the master's address."""
    started = []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"spark://127.0.0.1:{port}"
    start = Path(str(PYSPARK.origin)).parent / "bin" / "spark-class"
    here, place = ["--host", "127.0.0.1", "--webui-port", "0"], ["--work-dir", tmp_path / "work"]
    for name, words in (
        ("master.Master", [*here, "--port", port]),
        ("worker.Worker", [*here, *place, "--cores", "1", "--memory", "1g", address]),
    ):
        log = (tmp_path / f"{name}.log").open("w")
        command = [start, f"org.apache.spark.deploy.{name}", *words]
        started.append(subprocess.Popen(command, stdout=log, stderr=log))
        log.close()
    until = time.monotonic() + 90
    while "Successfully registered" not in (tmp_path / "worker.Worker.log").read_text():
        assert time.monotonic() < until, (tmp_path / "worker.Worker.log").read_text()
        time.sleep(0.2)
    yield address
    for process in reversed(started):
        process.terminate()
        process.wait()


@needs_spark
@pytest.mark.slow
def test_a_master_elsewhere_works_on_the_tables_in_the_folder_that_its_workers_see(acme, master, tmp_path):
    expected = seen(acme(""))
    place = tmp_path / "seen_by_all"
    place.mkdir()
    told = seen(acme(f"engine: spark\nmachine: {{master: '{master}', temp_directory: {place}}}"))
    assert expected[0] == "duckdb" and told == ["pyspark", *expected[1:]]
    assert not list(place.iterdir())
    assert any((tmp_path / "work").iterdir()), "the worker has not worked"


@needs_spark
@pytest.mark.slow
def test_a_session_that_is_there_is_used_and_outlives_the_run(acme):
    before = (
        "from pyspark.sql import SparkSession\n"
        "own = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate()"
    )
    after = "print(own.range(7).count(), own.sparkContext.master)"
    told = seen(acme(), before, after)
    assert told[0] == "pyspark" and told[-1] == "7 local[1]"
    assert told[1:-1] == seen(acme(""))[1:]


@needs_spark
@pytest.mark.slow
def test_a_master_that_does_not_answer_is_an_error_in_one_sentence(acme, tmp_path):
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        address = f"spark://127.0.0.1:{taken.getsockname()[1]}"
        data = acme(f"engine: spark\nmachine: {{master: '{address}', temp_directory: {tmp_path}}}")
        done = playbook("check", "acme", "--data", str(data))
    assert done.returncode == 2
    assert f"Spark did not start on machine.master '{address}'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@needs_spark
@pytest.mark.slow
def test_without_java_the_message_says_what_to_install(acme):
    told = seen(acme(), JAVA_HOME="/nowhere")
    assert told == [
        "playbook.errors.SettingsError: client.yml: engine: spark needs a Java runtime"
        " (on Debian: default-jre-headless)."
    ]


def test_a_master_elsewhere_needs_a_folder_that_its_workers_see(acme):
    data = acme("engine: spark\nmachine: {master: 'spark://127.0.0.1:7077'}")
    with pytest.raises(SettingsError, match="another machine needs"):
        open_sources(load("acme", data), data / "acme")


def test_without_pyspark_the_message_says_what_to_install(acme, monkeypatch):
    data = acme()
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(SettingsError, match=r"pip install 'playbook\[spark\]'"):
        open_sources(load("acme", data), data / "acme")


@pytest.mark.parametrize(
    ("written", "told"), [("2GB", "2048m"), ("1.5 GiB", "1536m"), ("600MB", "600m"), ("1TB", "1048576m")]
)
def test_memory_is_told_to_spark_in_whole_megabytes(written, told):
    assert whole_megabytes(written) == told


def test_an_engine_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="'duckdb' or 'spark'"):
        Settings(client="Acme", engine="flink", tables={"orders": {"files": "x"}})
