"""Clients whose tables stand in a database, or are asked of files: a snapshot, read like any other files.

A run takes one snapshot, its rows sorted, so that the same rows are the same bytes. Every chapter sees
that one, and no notebook the password.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playbook.errors import DataError, SettingsError
from playbook.records.canonical import DAY, MONEY, kinds_of
from playbook.settings.client import Settings
from playbook.settings.tables import TableSettings

PASSWORD = "PLAYBOOK_SOURCE_PASSWORD"
"""The environment variable with the password; no kernel of a run gets it."""

SNAPSHOT = "PLAYBOOK_SNAPSHOT"
"""The environment variable with the folder of a run's snapshot."""

FILES = "files"
"""The source of those whose queries read the client's own files."""

BATCH = 100_000
"""Rows that are taken from a database at a time."""

_IN_FILES = ("duckdb", "sqlite")
"""Databases that are a file; a relative path begins at the client's folder."""


def tables_of(settings: Settings) -> dict[str, TableSettings]:
    """Return the tables that stand in the database, by canonical name.

    Raises
    ------
    SettingsError
        Where a table names no source, or two, or nothing is read from the source.
    """
    named = settings.tables.named()
    for name, table in named.items():
        if sum(map(bool, (table.files, table.table, table.query))) > 1:
            raise SettingsError(f"client.yml: {name}: name files, a table or a query, not several of them.")
    found = {name: table for name, table in named.items() if table.table or table.query}
    if found and settings.source is None:
        raise SettingsError(
            f"client.yml: {next(iter(found))} is a table of a database: say of which, as in"
            " source: postgres://reader@host/name."
        )
    if settings.source and not found:
        raise SettingsError("client.yml: nothing is read from the source: give a table its table: or query:.")
    return found


def snapshot(settings: Settings, folder: Path, scratch: Path) -> Mapping[str, Path]:
    """Return the file of each table that stands in a database: the run's, or one taken now.

    Parameters
    ----------
    folder : Path
        The client's folder.
    scratch : Path
        Where files are written that are taken now.

    Raises
    ------
    DataError
        Where the database does not answer, or has no such table; never with the password.
    """
    tables = tables_of(settings)
    if run := os.environ.get(SNAPSHOT):
        return {name: _file(Path(run), name) for name in tables}
    return take(settings, folder, scratch) if tables else {}


def take(settings: Settings, folder: Path, target: Path) -> dict[str, Path]:
    """Copy the tables that stand in the client's database to Parquet files in ``target``."""
    source = str(settings.source)
    tables, target = tables_of(settings), target.resolve()
    target.mkdir(parents=True, exist_ok=True)
    try:
        with _connected(source, folder, target) as connection:
            for name, table in tables.items():
                if source == FILES:
                    _check_question(name, table)
                _copy(_rows(connection, name, table), _file(target, name))
    except Exception as error:  # every driver has errors of its own, and some repeat what they were given
        raise DataError(f"{source} cannot be read: {_without_password(error)}") from None
    return {name: _file(target, name) for name in tables}


@contextmanager
def _connected(source: str, folder: Path, target: Path) -> Iterator[Any]:
    connection = _over_files(folder, target) if source == FILES else _connect(source, folder)
    try:
        with chdir(folder if source == FILES else "."):
            yield connection
    finally:
        connection.disconnect()


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _connect(source: str, folder: Path) -> Any:
    import ibis

    address = urlsplit(source)
    if address.scheme in _IN_FILES:
        path = folder / (address.netloc + address.path)
        if not path.is_file():
            raise DataError(f"there is no file {path.name} in {folder.name}.")
        own = {"read_only": True} if address.scheme == "duckdb" else {}
        return getattr(ibis, address.scheme).connect(path, **own)
    password = os.environ.get(PASSWORD)
    return ibis.connect(source, **({"password": password} if password else {}))


def _over_files(folder: Path, target: Path) -> Any:
    """Return an engine without tables that reads the files of a folder, and writes its snapshot to another.

    Paths are relative to the folder as long as that is the working directory; whatever else there is on
    the machine is refused, links that lead there too.
    """
    import ibis

    connection = ibis.duckdb.connect()
    quoted = ", ".join("'" + str(place).replace("'", "''") + "/'" for place in (folder.resolve(), target))
    connection.raw_sql(f"SET allowed_directories = [{quoted}]")
    connection.raw_sql("SET enable_external_access = false")
    connection.raw_sql("SET lock_configuration = true")
    return connection


def _check_question(name: str, table: TableSettings) -> None:
    """Refuse what is not one query of the client's files: the files are never written to."""
    import duckdb

    if table.query is None:
        raise DataError(f"{name}: files have no tables: name files, or ask them with query")
    statements = duckdb.extract_statements(table.query)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise DataError(f"{name}: a query is one SELECT")


def _rows(connection: Any, name: str, table: TableSettings) -> Any:
    """Return the rows: days as dates, money with four places, as text what is neither number nor flag."""
    import ibis.expr.datatypes as dt

    rows = _asked(connection, name, table)
    kinds = {theirs: kinds_of(name).get(ours) for ours, theirs in table.columns.items()}
    chosen = {}
    for column in rows.columns:
        value, kind = rows[column], kinds.get(column)
        if kind == DAY and (value.type().is_timestamp() or value.type().is_date()):
            value = value.cast("date")
        elif kind == MONEY and value.type().is_numeric():
            value = value.cast(dt.Decimal(18, 4))
        elif not (value.type().is_integer() or value.type().is_floating() or value.type().is_boolean()):
            value = value.cast("string")
        chosen[column] = value
    return rows.select(**chosen)


def _asked(connection: Any, name: str, table: TableSettings) -> Any:
    """Return the table, or the query as a view that lasts as long as the connection."""
    from ibis.common.exceptions import TableNotFound

    if table.query:
        view = f"playbook_{name}"
        connection.raw_sql(f"CREATE TEMPORARY VIEW {view} AS {table.query.strip().rstrip(';')}")
        return connection.table(view)
    *schema, last = str(table.table).split(".")
    try:
        return connection.table(last, database=".".join(schema) or None)
    except TableNotFound as error:
        raise DataError(f"there is no table {table.table}") from error


def _copy(rows: Any, path: Path) -> None:
    """Write rows as Parquet, batch by batch, and then sorted."""
    import duckdb
    import pyarrow.parquet as pq

    unsorted = path.with_suffix(".unsorted")
    if rows.get_backend().name == "duckdb":
        rows.to_parquet(unsorted)
    else:
        with rows.to_pyarrow_batches(chunk_size=BATCH) as batches:
            with pq.ParquetWriter(unsorted, batches.schema) as file:
                for batch in batches:
                    file.write_batch(batch)
    with duckdb.connect(config={"temp_directory": str(path.parent / "engine")}) as engine:
        engine.read_parquet(str(unsorted)).order("ALL").write_parquet(str(path))
    unsorted.unlink()


def _without_password(error: Exception) -> str:
    """Return what an error says, in one line that ends with a full stop."""
    said = " ".join(str(error).split()) or type(error).__name__
    if password := os.environ.get(PASSWORD):
        said = said.replace(password, "***")
    return said.rstrip(".") + "."
