"""A client's exports to canonical Ibis tables.

Every text file goes through DuckDB's CSV reader, which parses each value once and keeps what
it could not read, with line, column and text. Sheets of a workbook, and Parquet files that keep
dates or numbers as text, are first written as CSV in the same dialect, so that there is one way in.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import python_calamine

from playbook.confidential import Suppressed, read_suppressed, shield
from playbook.errors import DataError, PlaybookError, did_you_mean
from playbook.settings import Format, Settings, Table

MONEY = "DECIMAL(18,4)"
ID, TEXT, DAY, FLAG, NUMBER = "id", "VARCHAR", "TIMESTAMP", "flag", "DOUBLE"
AS_TEXT = (ID, TEXT, FLAG)

COLUMNS: dict[str, dict[str, str]] = {
    "orders": {
        "customer_id": ID,
        "ordered_at": DAY,
        "amount": MONEY,
        "unit_price": MONEY,
        "quantity": MONEY,
        "order_id": TEXT,
        "margin": MONEY,
        "list_amount": MONEY,
        "coupon": TEXT,
        "is_sample": FLAG,
        "is_promotion": FLAG,
        "sales_channel": TEXT,
        "source": TEXT,
        "category": TEXT,
    },
    "customers": {
        "customer_id": ID,
        "name": TEXT,
        "email": TEXT,
        "phone": TEXT,
        "address": TEXT,
        "language": TEXT,
        "segment": TEXT,
        "acquired_on": DAY,
        "cancelled_on": DAY,
        "may_email": FLAG,
        "may_phone": FLAG,
        "may_letter": FLAG,
        "may_visit": FLAG,
        "owner": TEXT,
    },
    "events": {
        "customer_id": ID,
        "happened_at": DAY,
        "kind": TEXT,
        "value": NUMBER,
        "detail": TEXT,
    },
    "contacts": {
        "campaign": TEXT,
        "customer_id": ID,
        "contacted_at": DAY,
        "channel": TEXT,
        "arm": TEXT,
        "offer": TEXT,
        "cost": MONEY,
    },
}
"""Canonical columns and how they are read; further columns of `customers` are numbers."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "orders": ("customer_id", "ordered_at"),
    "customers": ("customer_id",),
    "events": ("customer_id", "happened_at", "kind"),
    "contacts": ("campaign", "customer_id", "contacted_at", "channel", "arm"),
}

NO = ("0", "false", "f", "no", "n", "nein", "falsch", "non", "faux", "falso", "-", ".", "0.0")
YES = ("1", "true", "t", "yes", "y", "x", "ja", "j", "wahr", "sì", "si", "s", "vero", "oui", "o", "vrai")


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
    orders : ibis.Table
        One row per line of the export, with the canonical columns that the client has.
    customers, events, contacts : ibis.Table or None
        None where the client has no such table.
    unreadable : list of Unreadable
        Complete for a table once it was read to its end: see `collect_unreadable`.
    parts : dict
        Table to its files, each with the name to show and its canonical expression, as written:
        nothing forgotten, ids as they are.
    flags : dict
        (table, column) of yes-or-no columns to the text that stands there, an expression per file.
    suppressed : Suppressed
        Who is never contacted.
    """

    connection: Any
    orders: Any
    customers: Any = None
    events: Any = None
    contacts: Any = None
    unreadable: list[Unreadable] = field(default_factory=list)
    parts: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    flags: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    suppressed: Suppressed = field(default_factory=Suppressed)
    _files: dict[str, tuple[str, str, Format]] = field(default_factory=dict)
    _scratch: TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close the engine and delete the scratch files."""
        self.connection.disconnect()
        if self._scratch:
            self._scratch.cleanup()


def open_sources(settings: Settings, folder: Path) -> Sources:
    """Open a client's tables; nothing but the small tables is read yet.

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
    """
    folder = folder.resolve()
    scratch = TemporaryDirectory(prefix="playbook-")
    sources = Sources(connection=_engine(scratch), orders=None, _scratch=scratch)
    try:
        sources.suppressed = read_suppressed(settings, folder)
        for name in ("orders", "customers", "events", "contacts"):
            table = getattr(settings.tables, name)
            if table is not None:
                read = _canonical(sources, name, table, folder)
                setattr(sources, name, shield(settings, folder, name, read))
        for name in ("customers", "events", "contacts"):
            expression = getattr(sources, name)
            if expression is not None:
                setattr(sources, name, sources.connection.create_table(name, expression, temp=True))
        collect_unreadable(sources)
    except duckdb.Error as error:
        sources.close()
        raise DataError(f"The data could not be read: {_one_line(error)}") from error
    except PlaybookError:
        sources.close()
        raise
    return sources


def _engine(scratch: TemporaryDirectory[str]) -> Any:
    """Return an engine that works on disk what does not fit into memory.

    PLAYBOOK_MEMORY, such as ``1GB``, says how much it may take.
    """
    limit = {"memory_limit": os.environ["PLAYBOOK_MEMORY"]} if os.environ.get("PLAYBOOK_MEMORY") else {}
    return ibis.duckdb.connect(
        preserve_insertion_order=False, temp_directory=f"{scratch.name}/engine", **limit
    )


def collect_unreadable(sources: Sources) -> None:
    """Take what the engine could not parse so far into ``sources.unreadable``.

    Call it after an expression on a table was evaluated; the engine notes rejected values
    while it reads.
    """
    tables = sources.connection.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()
    if ("reject_errors",) not in tables:
        return
    rows = sources.connection.raw_sql(
        "SELECT DISTINCT s.file_path, e.line, e.column_name, e.csv_line FROM reject_errors e"
        " JOIN reject_scans s USING (scan_id, file_id) ORDER BY ALL"
    ).fetchall()
    found = set(sources.unreadable)
    for path, line, column, text in rows:
        table, file, form = sources._files[path]
        value = _value_at(text, sources, path, column, form)
        found.add(Unreadable(table, file, int(line), str(column), value))
    sources.unreadable = _first_of_each_row(sorted(found, key=lambda u: (u.table, u.file, u.row)))


def _first_of_each_row(values: Iterable[Unreadable]) -> list[Unreadable]:
    rows: dict[tuple[str, str, int], Unreadable] = {}
    for value in values:
        rows.setdefault((value.table, value.file, value.row), value)
    return list(rows.values())


def _value_at(line: str, sources: Sources, path: str, column: str, form: Format) -> str:
    """Return the value of a column in a rejected line, or the line where it is torn."""
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next(csv.reader(lines, delimiter=form.separator))
    values = next(csv.reader(line.strip("\r\n").splitlines()[:1], delimiter=form.separator), [])
    at = header.index(column) if column in header else -1
    return values[at].strip()[:80] if 0 <= at < len(values) else line.strip()[:80]


# Files to expressions ------------------------------------------------------------------------


def _canonical(sources: Sources, name: str, table: Table, folder: Path) -> Any:
    if not table.files:
        raise DataError(f"client.yml: tables.{name}.files names no file.")
    named = [
        (shown, _select(sources, name, table, path, shown))
        for file in table.files
        for path, shown in _text_files(sources, table, folder / file)
    ]
    sources.parts[name] = named
    parts = [part for _, part in named]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _text_files(sources: Sources, table: Table, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file as one that DuckDB reads, with the name to show to the user."""
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*") if p.suffix != ".yml")
        raise DataError(f"{path.name} is not in the client's folder.{did_you_mean(path.name, there)}")
    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty: ask for the export again.")
    target = _scratch_file(sources)
    if path.suffix.lower() in (".xlsx", ".xls", ".xlsb", ".ods"):
        sheet = _write_sheet(path, table, target)
        yield target, f"{path.name} [{sheet}]"
    elif path.suffix.lower() in (".parquet", ".pq"):
        yield path, path.name
    elif table.format.encoding.lower().replace("_", "-") in ("utf-8", "utf-8-sig", "utf8", "ascii"):
        yield path, path.name
    else:
        _transcode(path, target, table.format.encoding)
        yield target, path.name


def _transcode(path: Path, target: Path, encoding: str) -> None:
    try:
        with (
            path.open(encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            while chunk := source.read(1 << 20):
                copy.write(chunk)
    except UnicodeError as error:
        raise DataError(f"{path.name} is no {encoding}: set format.encoding in client.yml.") from error
    except LookupError as error:
        raise DataError(f"client.yml: {encoding!r} is no known encoding; try cp1252 or utf-8.") from error


def _write_sheet(path: Path, table: Table, target: Path) -> str:
    """Write a sheet as CSV in the table's own dialect, one line per row of the sheet."""
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
    except (python_calamine.CalamineError, OSError) as error:
        raise DataError(f"{path.name} cannot be opened as a workbook: {_one_line(error)}") from error
    sheet = table.sheet or workbook.sheet_names[0]
    if sheet not in workbook.sheet_names:
        raise DataError(
            f"{path.name} has no sheet {sheet!r}.{did_you_mean(sheet, workbook.sheet_names)}"
            f" It has: {', '.join(workbook.sheet_names)}."
        )
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=table.format.separator)
        for row in workbook.get_sheet_by_name(sheet).iter_rows():
            writer.writerow([_as_text(cell, table.format) for cell in row])
    return sheet


def _as_text(cell: Any, form: Format) -> str:
    """Write a typed cell as the table's dialect would."""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float | int):
        text = str(int(cell)) if float(cell).is_integer() else repr(cell)
        return text.replace(".", form.decimal)
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
        return moment.strftime(form.dates) if form.dates else moment.isoformat(sep=" ")
    return " ".join(str(cell).split()) if cell is not None else ""


def _select(sources: Sources, name: str, table: Table, path: Path, shown: str) -> Any:
    """Read one file and name its columns as ours, each with its type."""
    kinds = COLUMNS[name]
    _check_mapping(name, table)
    raw = _read_file(sources, name, table, path, shown)
    for ours, theirs in table.columns.items():
        if theirs not in raw.columns:
            raise DataError(
                f"{shown} has no column {theirs!r} (meant as {ours}).{did_you_mean(theirs, raw.columns)}"
                f" It has: {', '.join(raw.columns)}. Correct tables.{name}.columns in client.yml."
            )
    chosen = {
        ours: _typed(raw[theirs], kinds.get(ours, NUMBER)).name(ours)
        for ours, theirs in table.columns.items()
    }
    for ours, theirs in table.columns.items():
        if kinds.get(ours) == FLAG:
            sources.flags.setdefault((name, ours), []).append(raw.select(text=_text(raw[theirs])))
    if name == "orders" and "amount" not in chosen:
        chosen["amount"] = (chosen["unit_price"] * chosen["quantity"]).cast(dt.Decimal(18, 4))
    chosen.pop("unit_price", None)
    return raw.select(**{ours: chosen[ours] for ours in dict.fromkeys([*kinds, *chosen]) if ours in chosen})


def _check_mapping(name: str, table: Table) -> None:
    kinds = COLUMNS[name]
    for ours in table.columns:
        if ours not in kinds and name != "customers":
            raise DataError(
                f"client.yml: tables.{name}.columns.{ours} is no column of {name}."
                f"{did_you_mean(ours, kinds)} Known: {', '.join(kinds)}."
            )
    missing = [ours for ours in _required(name, table) if ours not in table.columns]
    if missing:
        raise DataError(f"client.yml: tables.{name}.columns does not say which column is {missing[0]}.")


def _required(name: str, table: Table) -> list[str]:
    required = list(REQUIRED[name])
    if name == "orders":
        priced = "unit_price" in table.columns and "quantity" in table.columns
        required += [] if priced else ["amount"]
    return required


def _read_file(sources: Sources, name: str, table: Table, path: Path, shown: str) -> Any:
    parsed = {
        theirs: kind
        for ours, theirs in table.columns.items()
        if (kind := COLUMNS[name].get(ours, NUMBER)) not in AS_TEXT
    }
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            raw = sources.connection.read_parquet(path)
        except duckdb.Error as error:
            raise DataError(f"{shown} cannot be read as Parquet: {_one_line(error)}") from error
        if not any(raw[column].type().is_string() for column in parsed if column in raw.columns):
            return raw
        path = _scratch_file(sources)  # numbers or dates kept as text: read them as text is read
        raw.to_csv(path, delimiter=table.format.separator)
    header = _header(path, table.format, shown)
    sources._files[str(path)] = (name, shown, table.format)
    types = {column: kind for column, kind in parsed.items() if column in header}
    try:
        return sources.connection.read_csv(path, **_dialect(table.format, types))
    except duckdb.Error as error:
        raise DataError(
            f"{shown} cannot be read as a table with separator {table.format.separator!r}: {_one_line(error)}"
        ) from error


def _scratch_file(sources: Sources) -> Path:
    assert sources._scratch is not None
    folder = Path(sources._scratch.name)
    return folder / f"{len(list(folder.glob('*.csv')))}.csv"


def _header(path: Path, form: Format, shown: str) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next(csv.reader(lines, delimiter=form.separator), [])
        first = lines.readline()
    if not header or not first:
        raise DataError(f"{shown} has no line below its header: ask for the export again.")
    return header


def _dialect(form: Format, types: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "delim": form.separator,
        "header": True,
        "quote": '"',
        "escape": '"',
        "decimal_separator": form.decimal,
        "all_varchar": True,
        "store_rejects": True,
        "rejects_limit": 0,
    }
    if types:
        options["types"] = types
    if form.thousands:
        options["thousands"] = form.thousands
    if form.dates:
        options["timestampformat"] = form.dates
    return options


def _typed(column: Any, kind: str) -> Any:
    if kind == TEXT:
        return _text(column)
    if kind == ID:  # a number column with gaps is often saved as 17850.0
        text = _text(column)
        return ibis.ifelse(text.endswith(".0"), text.re_replace(r"^(\d+)\.0$", r"\1"), text)
    if kind == FLAG:
        text = _text(column).lower()
        return ibis.ifelse(text.isnull(), ibis.null("boolean"), text.isin(YES))
    if kind == DAY:
        return column.cast("date")
    if kind == NUMBER:
        return column.cast("float64")
    return column.cast(dt.Decimal(18, 4))


def _text(column: Any) -> Any:
    """Return trimmed text, null where empty."""
    return column.cast("string").strip().nullif("")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def example(unreadable: list[Unreadable], table: str) -> str:
    """Return the first unreadable value of a table as words, for a message."""
    return next(str(value) for value in unreadable if value.table == table)


def unreadable_frame(sources: Sources) -> pd.DataFrame:
    """Return what could not be read: one row per value, columns table, file, row, column, text."""
    columns = ["table", "file", "row", "column", "text"]
    return pd.DataFrame([vars(value) for value in sources.unreadable], columns=columns)
