"""Spark as the engine: its session, the tables that it takes over, and what differs there from DuckDB.

The files are read by DuckDB, on one machine, and handed over as Parquet; every expression after that
runs on Spark as it would on DuckDB.
"""

import atexit
import os
import re
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from subprocess import DEVNULL
from tempfile import mkdtemp
from typing import Any

from ibis.util import gen_name

from playbook.errors import SettingsError
from playbook.records.memory import beside, memory_limit, write
from playbook.settings.client import Settings


@dataclass(frozen=True)
class Spark:
    """A session of Spark, and where its tables lie.

    Attributes
    ----------
    connection : ibis backend
    folder : Path
        Where tables are handed over and kept; all of Spark's workers see it.
    own : bool
        The session was opened for this run and ends with it.
    """

    connection: Any
    folder: Path
    own: bool

    def take_over(self, name: str, rows: Any) -> Any:
        """Return the rows of the reading engine's expression as a table of Spark."""
        path = self.folder / f"{name}.parquet"
        write(rows, path)
        return self.connection.read_parquet(path, table_name=gen_name(name))

    def keep(self, name: str, rows: Any) -> Any:
        """Evaluate an expression of Spark now, and return its rows as a table.

        Ibis leaves out a cast to what it takes for the type already; Spark's product of two decimals
        has more places than that.
        """
        path = self.folder / gen_name(name)
        rows.to_parquet(path)
        return self.connection.read_parquet(path, table_name=gen_name(name)).cast(rows.schema())

    def close(self) -> None:
        """Delete the tables, and end the session unless it was there before."""
        if self.own:
            self.connection.disconnect()
        rmtree(self.folder, ignore_errors=True)


def open_spark(settings: Settings, scratch: Path) -> Spark:
    """Open a session on ``machine.master``, or take the one that is there.

    Without a master, that is the session that this process has, or the one that ``SPARK_REMOTE`` names;
    else all cores of this machine.

    Parameters
    ----------
    scratch : Path
        Folder for what Spark writes where ``machine.temp_directory`` is not set.

    Raises
    ------
    SettingsError
        Where pyspark or a Java runtime is missing, or the master does not answer.
    """
    place, master = settings.machine.temp_directory, settings.machine.master or ""
    if master and not master.startswith("local") and not place:
        raise SettingsError(
            "client.yml: engine: spark on another machine needs machine.temp_directory, a folder that this"
            " machine and all of Spark's workers see."
        )
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SettingsError(
            "client.yml: engine: spark needs the packages of the extra: pip install 'playbook[spark]'."
        ) from error
    import ibis

    there = SparkSession.getActiveSession()
    session = there or _session(settings, scratch)
    folder = Path(mkdtemp(prefix="playbook-spark-", dir=place or scratch))
    return Spark(ibis.pyspark.connect(session), folder, own=there is None)


def _session(settings: Settings, scratch: Path) -> Any:
    from py4j.protocol import Py4JJavaError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    if os.environ.get("SPARK_REMOTE"):
        return SparkSession.builder.getOrCreate()
    conf = SparkConf(loadDefaults=False).setAll(list(_configuration(settings, scratch).items()))
    try:
        return SparkSession(SparkContext(gateway=_java(conf), conf=conf))
    except PySparkRuntimeError as error:
        raise SettingsError(
            "client.yml: engine: spark needs a Java runtime (on Debian: default-jre-headless)."
        ) from error
    except Py4JJavaError as error:
        where = f"machine.master {settings.machine.master!r}" if settings.machine.master else "this machine"
        said = str(error.java_exception.getMessage()).rstrip(".")
        raise SettingsError(f"client.yml: Spark did not start on {where}: {said}.") from error


def _java(conf: Any) -> Any:
    """Start Java, unless this process has one; what it says would stand in the report."""
    from pyspark import SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._gateway:
        return SparkContext._gateway
    gateway = launch_gateway(conf, {"stdout": DEVNULL, "stderr": DEVNULL})
    atexit.register(gateway.shutdown)
    return gateway


def _configuration(settings: Settings, scratch: Path) -> dict[str, str]:
    """Return what Spark is started with; of a cluster only what the run itself needs."""
    chosen = {
        "spark.app.name": "playbook",
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={scratch}",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }
    master, cores = settings.machine.master, max(1, (os.cpu_count() or 1) // beside())
    if master:
        chosen["spark.master"] = master
    if master and not master.startswith("local"):
        return chosen
    chosen |= {
        "spark.master": master or f"local[{cores}]",
        "spark.driver.host": "localhost",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": settings.machine.temp_directory or str(scratch),
        "spark.sql.shuffle.partitions": str(cores),
        "spark.ui.enabled": "false",
    }
    if limit := memory_limit(settings):
        chosen["spark.driver.memory"] = whole_megabytes(limit)
    return chosen


def whole_megabytes(limit: str) -> str:
    """Return an amount of memory such as ``1.5 GB`` as Spark writes it, ``1536m``."""
    amount, unit = re.fullmatch(r"([\d.]+) ?([KMGT])i?B", limit).groups()  # type: ignore[union-attr]
    return f"{float(amount) * 1024 ** ('KMGT'.index(unit) - 1):.0f}m"
