"""A client's canonical tables, in the engine that works with them."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import ibis
import pandas as pd

from playbook.errors import DataError, PlaybookError, without_values
from playbook.records.canonical import COLUMNS, CONSENTS, NO, REFUSING, YES, compared
from playbook.records.confidential import id_key, shield
from playbook.records.databases import file_of, snapshot, tables_of
from playbook.records.identifiers import (
    Pseudonyms,
    Suppressed,
    cells_of,
    identifiers_in,
    pseudonym,
    pseudonyms_of,
    read_suppressed,
)
from playbook.records.memory import open_engine
from playbook.records.reading import Reader, ReadFile, canonical
from playbook.records.row_rules import LEFT_OUT, kept
from playbook.records.spark import Spark, open_spark
from playbook.settings.client import Settings
from playbook.settings.scoring import named_criteria


@dataclass(frozen=True)
class Unreadable:
    """A value that could not be read; its row was left out.

    As a text it says where it stands and not what: a torn line may hold a name or an address.
    """

    table: str
    file: str
    row: int
    column: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, column {self.column}"

    @property
    def told(self) -> str:
        """Where it stands and what, for `playbook check` alone."""
        return f"{self}: cannot read {self.text!r}"


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
        Table to whom the rows that could not be read may name, identifiers as in `Suppressed`, one set
        per row, complete as ``unreadable`` is; empty where a row does not say whose it is.
    ruled_out : frozenset of str
        The identifiers of who stands in rows of customers or events that a rule of client.yml leaves
        out, and refused there, or is a customer in no other row: nobody of them is contacted.
    swallowed : list of (str, str)
        Table and text of cells that hold whole rows, since a quote stayed open.
    suppressed : Suppressed
        Who is never contacted.
    reader : Reader
        The files as they are.
    pseudonyms : Pseudonyms or None
        What stands for ids; None where they stand themselves.
    spark : Spark or None
        None where the engine is DuckDB, which reads the files, too.
    """

    connection: Any
    orders: Any
    customers: Any = None
    events: Any = None
    contacts: Any = None
    unreadable: list[Unreadable] = field(default_factory=list)
    lost: dict[str, frozenset[frozenset[str]]] = field(default_factory=dict)
    ruled_out: frozenset[str] = frozenset()
    swallowed: list[tuple[str, str]] = field(default_factory=list)
    suppressed: Suppressed = field(default_factory=Suppressed)
    reader: Reader | None = None
    spark: Spark | None = None
    pseudonyms: Pseudonyms | None = None
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
        sources.pseudonyms = pseudonyms_of(settings, folder, sources.files.connection)
        sources.suppressed = read_suppressed(settings, folder, sources.pseudonyms)
        for name in COLUMNS:
            _open_table(sources, settings, folder, name)
        sources.ruled_out = _ruled_out(sources)
        sources.swallowed = _swallowed(sources)
        _take_over(sources, settings)
        collect_unreadable(sources)
    except duckdb.Error as error:
        sources.close()
        raise DataError(f"The data could not be read: {without_values(str(error))}") from error
    except PlaybookError:
        sources.close()
        raise
    return sources


def _opened(settings: Settings) -> Sources:
    scratch = TemporaryDirectory(prefix="playbook-")
    connection = open_engine(settings, Path(scratch.name))
    criteria = {criterion.column for criterion in named_criteria(settings.scoring, settings.preset)}
    reader = Reader(connection, Path(scratch.name), texts=frozenset(settings.report.by) - criteria)
    return Sources(connection, None, reader=reader, _scratch=scratch)


def _ruled_out(sources: Sources) -> frozenset[str]:
    """Return the identifiers of `Sources.ruled_out`."""
    named: list[str] = []
    for name, refused in (("customers", _refuses), ("events", lambda row: row.kind.isin(list(REFUSING)))):
        for _, part in sources.files.parts.get(name, ()):
            if LEFT_OUT not in part.columns:
                continue
            gone = part.filter(part[LEFT_OUT].notnull())
            refusing = gone.filter(refused(gone).fill_null(False))
            alone = gone.select("customer_id").distinct()
            for _, other in sources.files.parts[name] if name == "customers" else ():
                alone = alone.anti_join(kept(other).select("customer_id"), "customer_id")
            columns = [refusing[column] for column in ("customer_id", "email") if column in part.columns]
            found = [refusing.select(one=column).distinct() for column in columns]
            found += [alone.rename(one="customer_id")] if name == "customers" else []
            named += [one for some in found for one in some.to_pyarrow()["one"].to_pylist() if one]
    identifiers = identifiers_in(pd.Series(named, dtype=object), sources.pseudonyms)
    return frozenset().union(*identifiers.values())


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
        setattr(sources, name, shield(settings, name, read, sources.pseudonyms))


def table_errors(settings: Settings, folder: Path) -> list[str]:
    """Return what keeps each table from being opened, one sentence each: what `open_sources` would say."""
    said: list[str] = []
    sources = _opened(settings)
    try:
        sources.files.snapshot = snapshot(settings, folder.resolve(), sources.files.scratch / "snapshot")
        sources.pseudonyms = pseudonyms_of(settings, folder, sources.files.connection)
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


def write_pseudonyms(settings: Settings, folder: Path, snapshot_of: Path, target: Path) -> None:
    """Write the pseudonym of every id in a client's tables, for notebooks that never see the key.

    Parameters
    ----------
    snapshot_of : Path
        The run's folder of the tables that stand in a database.

    Raises
    ------
    DataError, SettingsError
        As `open_sources`.
    """
    sources = _opened(settings)
    try:
        sources.files.snapshot = {name: file_of(snapshot_of, name) for name in tables_of(settings)}
        named = [(name, getattr(settings.tables, name)) for name in COLUMNS]
        ids = [
            canonical(sources.files, name, table, folder.resolve()).select("customer_id").distinct()
            for name, table in named
            if table is not None
        ]
        every = ids[0] if len(ids) == 1 else ibis.union(*ids, distinct=True)
        every = every.filter(every.customer_id.notnull())
        every.mutate(pseudonym=pseudonym(every.customer_id, id_key(folder))).to_parquet(target)
    except duckdb.Error as error:
        raise DataError(f"The data could not be read: {without_values(str(error))}") from error
    finally:
        sources.close()


def collect_unreadable(sources: Sources) -> None:
    """Take what the engine could not parse so far into ``sources.unreadable``.

    Call it after an expression on a table was evaluated; the engine notes rejected values
    while it reads. Tables that came from no file hold none.
    """
    if sources.reader is None:
        return
    connection = sources.reader.connection
    tables = connection.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()
    rows = []
    if ("reject_errors",) in tables:
        rows = connection.raw_sql(
            "SELECT DISTINCT s.file_path, e.line, e.column_name, e.csv_line FROM reject_errors e"
            " JOIN reject_scans s USING (scan_id, file_id) ORDER BY ALL"
        ).fetchall()
    found: set[Unreadable] = set(sources.unreadable)
    for path, line, column, text in rows:
        read = sources.files.files[path]
        value = _value_at(text, column, read)
        shown = (text.strip() if value is None else value)[:80]
        found.add(Unreadable(read.table, read.shown, int(line), str(column), shown))
    torn = [
        (read.table, text)
        for path, _, _, text in rows
        if _may_refuse(text, read := sources.files.files[path])
    ]
    sources.lost = _named_in([*torn, *sources.swallowed], sources.pseudonyms)
    first_of_row: dict[tuple[str, str, int], Unreadable] = {}
    for one in sorted(found, key=lambda one: (one.table, one.file, one.row, one.column, one.text)):
        first_of_row.setdefault((one.table, one.file, one.row), one)
    sources.unreadable = list(first_of_row.values())


def _may_refuse(line: str, read: ReadFile) -> bool:
    """Whether a rejected line may have held a refusal: any of customers, and of events but harmless ones."""
    kind = compared(_value_at(line, read.kind, read) or "") if read.kind else ""
    return read.table == "customers" or (read.table == "events" and kind not in read.harmless)


def _named_in(
    rows: list[tuple[str, str]], pseudonyms: Pseudonyms | None
) -> dict[str, frozenset[frozenset[str]]]:
    """Return by table whom torn rows (table, text) may name: all cells but a yes and a no may be numbers."""
    cells = cells_of(pd.Series([text.replace("\n", ";") for _, text in rows], dtype=object))
    named = identifiers_in(cells[~cells.str.lower().isin([*YES, *NO])], pseudonyms)
    lost: dict[str, set[frozenset[str]]] = {}
    for place, (table, _) in enumerate(rows):
        lost.setdefault(table, set()).add(named.get(place, frozenset()))
    return {table: frozenset(people) for table, people in lost.items()}


def _swallowed(sources: Sources) -> list[tuple[str, str]]:
    """Return table and text of the cells in which whole rows were swallowed."""
    return [
        (name, text)
        for name, parts in sources.files.swallowed.items()
        for part in parts
        for text in part.to_pyarrow()["text"].to_pylist()
    ]


def _value_at(line: str, column: str, read: ReadFile) -> str | None:
    """Return the value of a column in a rejected line; None where the line does not reach so far."""
    values = next(csv.reader(line.strip("\r\n").splitlines()[:1], delimiter=read.form.separator), [])
    at = read.header.index(column) if column in read.header else -1
    return values[at].strip() if 0 <= at < len(values) else None
