"""A client's canonical tables, in the engine that works with them."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import ibis

from playbook.errors import DataError, PlaybookError
from playbook.records.canonical import COLUMNS, CONSENTS
from playbook.records.confidential import Suppressed, id_key, pseudonym_of, read_suppressed, shield
from playbook.records.databases import snapshot
from playbook.records.memory import open_engine
from playbook.records.reading import Reader, ReadFile, canonical
from playbook.records.row_rules import LEFT_OUT, kept
from playbook.records.spark import Spark, open_spark
from playbook.settings.client import Settings


@dataclass(frozen=True)
class Unreadable:
    """A value that could not be read; its row was left out."""

    table: str
    file: str
    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, column {self.column}: cannot read {self.text!r}"


@dataclass
class Sources:
    """A client's canonical tables in one engine.

    Attributes
    ----------
    connection : ibis backend
        The engine that the tables are in.
    orders : ibis.Table
        One row per line of the export, with the canonical columns that the client has.
    customers, events, contacts : ibis.Table or None
        None where the client has no such table.
    unreadable : list of Unreadable
        Complete for a table once it was read to its end: see `collect_unreadable`.
    lost : mapping
        Table to the customers in whose rows something could not be read, complete as ``unreadable``
        is; an empty id where a row does not even say whose it is.
    ruled_out : frozenset of str
        Who stands in rows of customers or events that a rule of client.yml leaves out, and refused
        there, or is a customer in no other row: nobody of them is contacted.
    suppressed : Suppressed
        Who is never contacted.
    reader : Reader
        The files as they are.
    id_key : str or None
        The key of the pseudonyms that stand for ids; None where the ids stand themselves.
    spark : Spark or None
        None where the engine is DuckDB, which reads the files, too.
    """

    connection: Any
    orders: Any
    customers: Any = None
    events: Any = None
    contacts: Any = None
    unreadable: list[Unreadable] = field(default_factory=list)
    lost: dict[str, frozenset[str]] = field(default_factory=dict)
    ruled_out: frozenset[str] = frozenset()
    suppressed: Suppressed = field(default_factory=Suppressed)
    reader: Reader | None = None
    spark: Spark | None = None
    id_key: str | None = None
    _scratch: TemporaryDirectory[str] | None = None

    @property
    def files(self) -> Reader:
        """The files as they are."""
        assert self.reader is not None
        return self.reader

    def keep(self, name: str, rows: Any) -> Any:
        """Evaluate an expression now, and return its rows as a table of the engine."""
        if self.spark:
            return self.spark.keep(name, rows)
        return self.connection.create_table(name, rows, temp=True)

    def close(self) -> None:
        """Close the engine and delete the scratch files."""
        if self.spark:
            self.spark.close()
        if self.reader:
            self.reader.connection.disconnect()
        if self._scratch:
            self._scratch.cleanup()


def open_sources(settings: Settings, folder: Path) -> Sources:
    """Open a client's tables; nothing but the small tables is read yet, unless Spark is the engine.

    Parameters
    ----------
    settings : Settings
        Says which files there are, how they are written and what their columns are called.
    folder : Path
        The client's folder.

    Raises
    ------
    DataError
        For a file that is missing, empty or no table, and for a mapped column that is not there.
    SettingsError
        For an engine that is not installed or does not answer.
    """
    folder = folder.resolve()
    sources = _opened(settings)
    try:
        sources.files.snapshot = snapshot(settings, folder, sources.files.scratch / "snapshot")
        sources.suppressed = read_suppressed(settings, folder)
        sources.id_key = id_key(folder) if settings.pseudonymise else None
        for name in COLUMNS:
            _open_table(sources, settings, folder, name)
        sources.ruled_out = _ruled_out(sources)
        _take_over(sources, settings)
        collect_unreadable(sources)
    except duckdb.Error as error:
        sources.close()
        said = " ".join(str(error).split())[:200]
        raise DataError(f"The data could not be read: {said}") from error
    except PlaybookError:
        sources.close()
        raise
    return sources


def _opened(settings: Settings) -> Sources:
    scratch = TemporaryDirectory(prefix="playbook-")
    connection = open_engine(settings, Path(scratch.name))
    reader = Reader(connection, Path(scratch.name))
    return Sources(connection, None, reader=reader, _scratch=scratch)


def _ruled_out(sources: Sources) -> frozenset[str]:
    """Return the ids of `Sources.ruled_out`."""
    ids: set[str] = set()
    for name, refused in (("customers", _refuses), ("events", lambda row: row.kind == "unsubscribe")):
        marked = [part for _, part in sources.files.parts.get(name, ()) if LEFT_OUT in part.columns]
        for part in marked:
            gone = part.filter(part[LEFT_OUT].notnull() & part.customer_id.notnull())
            refusing = gone.filter(refused(gone).fill_null(False)).select("customer_id")
            ids |= set(refusing.distinct().to_pyarrow()["customer_id"].to_pylist())
            if name == "customers":
                others = [kept(other).select("customer_id") for _, other in sources.files.parts[name]]
                alone = gone.select("customer_id").distinct()
                for other in others:
                    alone = alone.anti_join(other, "customer_id")
                ids |= set(alone.to_pyarrow()["customer_id"].to_pylist())
    key = sources.id_key
    return frozenset(pseudonym_of(customer, key) for customer in ids) if key else frozenset(ids)


def _refuses(row: Any) -> Any:
    """Whether a row of customers holds a refusal."""
    consents = [row[name] for name in CONSENTS if name in row.columns]
    return ibis.or_(*((~said).fill_null(False) for said in consents)) if consents else ibis.literal(False)


def _take_over(sources: Sources, settings: Settings) -> None:
    """Put the small tables into the engine; all of them where another one than the reader works."""
    if settings.engine == "spark":
        sources.spark = open_spark(settings, sources.files.scratch)
        sources.connection = sources.spark.connection
    for name in COLUMNS:
        rows = getattr(sources, name)
        if rows is not None and sources.spark:
            setattr(sources, name, sources.spark.take_over(name, rows))
        elif rows is not None and name != "orders":
            setattr(sources, name, sources.keep(name, rows))


def _open_table(sources: Sources, settings: Settings, folder: Path, name: str) -> None:
    table = getattr(settings.tables, name)
    if table is not None:
        read = canonical(sources.files, name, table, folder)
        setattr(sources, name, shield(settings, folder, name, read))


def table_errors(settings: Settings, folder: Path) -> list[str]:
    """Return what keeps each table from being opened, one sentence each: what `open_sources` would say."""
    said: list[str] = []
    sources = _opened(settings)
    try:
        sources.files.snapshot = snapshot(settings, folder.resolve(), sources.files.scratch / "snapshot")
        for name in COLUMNS:
            try:
                _open_table(sources, settings, folder.resolve(), name)
            except DataError as error:
                said.append(str(error))
    except DataError as error:
        said.append(str(error))
    finally:
        sources.close()
    return said


def collect_unreadable(sources: Sources) -> None:
    """Take what the engine could not parse so far into ``sources.unreadable``.

    Call it after an expression on a table was evaluated; the engine notes rejected values
    while it reads. Tables that came from no file hold none.
    """
    if sources.reader is None:
        return
    connection = sources.reader.connection
    tables = connection.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()
    if ("reject_errors",) not in tables:
        return
    rows = connection.raw_sql(
        "SELECT DISTINCT s.file_path, e.line, e.column_name, e.csv_line FROM reject_errors e"
        " JOIN reject_scans s USING (scan_id, file_id) ORDER BY ALL"
    ).fetchall()
    found, lost = set(sources.unreadable), {name: set(ids) for name, ids in sources.lost.items()}
    for path, line, column, text in rows:
        read = sources.files.files[path]
        value = _value_at(text, column, read)
        shown = (text.strip() if value is None else value)[:80]
        found.add(Unreadable(read.table, read.shown, int(line), str(column), shown))
        lost.setdefault(read.table, set()).add(_customer_in(text, read, sources.id_key))
    sources.lost = {name: frozenset(ids) for name, ids in lost.items()}
    first_of_row: dict[tuple[str, str, int], Unreadable] = {}
    for one in sorted(found, key=lambda one: (one.table, one.file, one.row, one.column, one.text)):
        first_of_row.setdefault((one.table, one.file, one.row), one)
    sources.unreadable = list(first_of_row.values())


def _customer_in(line: str, read: ReadFile, key: str | None) -> str:
    """Return whose row a rejected line is, as far as it can be told; else an empty text."""
    customer = (_value_at(line, read.customer, read) or "").removesuffix(".0")
    return pseudonym_of(customer, key) if customer and key else customer


def _value_at(line: str, column: str, read: ReadFile) -> str | None:
    """Return the value of a column in a rejected line; None where the line does not reach so far."""
    values = next(csv.reader(line.strip("\r\n").splitlines()[:1], delimiter=read.form.separator), [])
    at = read.header.index(column) if column in read.header else -1
    return values[at].strip() if 0 <= at < len(values) else None
