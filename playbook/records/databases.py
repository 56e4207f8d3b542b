"""Clients whose tables stand in a database, or are asked of files: a snapshot, read like any other files.

A run takes one snapshot, its rows sorted, so that the same rows are the same bytes. Every chapter sees
that one, and no notebook the password.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from playbook.errors import DataError, PlaybookError, SettingsError, without_folders, without_values
from playbook.records.canonical import DAY, MONEY, kinds_of
from playbook.settings.client import Settings
from playbook.settings.source import IN_FILES
from playbook.settings.tables import TableSettings

PASSWORD = "PLAYBOOK_SOURCE_PASSWORD"
"""The environment variable with the password; no kernel of a run gets it."""

SNAPSHOT = "PLAYBOOK_SNAPSHOT"
"""The environment variable with the folder of a run's snapshot."""

FILES = "files"
"""The source of those whose queries read the client's own files."""

BATCH = 100_000
"""Rows that are taken from a database at a time."""

_DIALECTS = {"postgresql": "postgres", "mssql": "tsql"}
"""How sqlglot calls the language of a database, where that is not the scheme of its address."""


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
    for name, table in found.items():
        if table.query:
            only_reading(name, table.query, str(settings.source))
    return found


def only_reading(name: str, query: str, source: str) -> str:
    """Return a query as it is asked: parsed, found to be one that reads and nothing else, and written anew.

    Raises
    ------
    SettingsError
        For anything but one SELECT, also where another statement stands in it.
    """
    import sqlglot
    from sqlglot import exp

    scheme = "duckdb" if source == FILES else source.partition("://")[0]
    dialect = _DIALECTS.get(scheme, scheme if scheme in sqlglot.Dialect.classes else None)
    begins = (
        sqlglot.TokenType.SELECT,
        sqlglot.TokenType.WITH,
        sqlglot.TokenType.FROM,
        sqlglot.TokenType.L_PAREN,
    )
    try:
        kinds = [token.token_type for token in sqlglot.tokenize(query, read=dialect)]
        alone = kinds and kinds[0] in begins and sqlglot.TokenType.SEMICOLON not in kinds[:-1]
        tree = sqlglot.parse_one(query, read=dialect) if alone else None
    except sqlglot.errors.SqlglotError:
        tree = None
    if not isinstance(tree, exp.Query) or tree.find(exp.DDL, exp.DML, exp.Into, exp.Command):
        raise SettingsError(
            f"client.yml: {name}.query may read and nothing else: write one SELECT, or WITH ... SELECT."
        )
    return str(tree.sql(dialect=dialect))


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
        return {name: file_of(Path(run), name) for name in tables}
    return take(settings, folder, scratch) if tables else {}


def take(settings: Settings, folder: Path, target: Path) -> dict[str, Path]:
    """Copy the tables that stand in the client's database to Parquet files in ``target``."""
    source = str(settings.source)
    tables, target = tables_of(settings), target.resolve()
    target.mkdir(parents=True, exist_ok=True)
    try:
        with _connected(source, folder, target) as connection:
            rows = {name: _rows(connection, name, table, source) for name, table in tables.items()}
            _change_nothing(connection)
            for name, table in rows.items():
                _copy(table, file_of(target, name))
    except Exception as error:  # every driver has errors of its own, and some repeat what they were given
        raise DataError(f"{_shown(source)} cannot be read: {_without_password(error)}") from None
    return {name: file_of(target, name) for name in tables}


@contextmanager
def _connected(source: str, folder: Path, target: Path) -> Iterator[Any]:
    connection = _connect(source, folder, target)
    try:
        with chdir(folder if source == FILES else "."):
            yield connection
    finally:
        connection.disconnect()


def file_of(folder: Path, name: str) -> Path:
    """Return the file of a table in a snapshot."""
    return folder / f"{name}.parquet"


def _connect(source: str, folder: Path, target: Path) -> Any:
    """Connect; of the machine's files a DuckDB sees those in the client's folder, and its own target.

    For a client whose source is its files it has no tables, and paths begin at the client's folder.
    """
    import ibis

    kind, _, place = source.partition("://")
    if kind in IN_FILES or source == FILES:
        path = folder / place
        if source != FILES and not path.is_file():
            raise DataError(f"there is no file {path.name} in {folder.name}.")
        if kind == "sqlite":
            return ibis.sqlite.connect(path)
        connection = ibis.duckdb.connect() if source == FILES else ibis.duckdb.connect(path, read_only=True)
        seen = ", ".join(
            "'{}/'".format(str(place.resolve()).replace("'", "''")) for place in (folder, target)
        )
        connection.raw_sql(f"SET allowed_directories = [{seen}]")
        connection.raw_sql("SET enable_external_access = false")
        return connection
    password = os.environ.get(PASSWORD)
    return ibis.connect(source, **({"password": password} if password else {}))


def _change_nothing(connection: Any) -> None:
    """Let the database refuse whatever is not reading; views that last as long as the connection are made."""
    if connection.name == "duckdb":
        connection.raw_sql("SET lock_configuration = true")
    elif connection.name == "postgres":
        connection.raw_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.con.commit()
    elif connection.name == "mysql":
        connection.raw_sql("SET SESSION TRANSACTION READ ONLY")


def _shown(source: str) -> str:
    """Return an address as a message names it: of a file its name alone."""
    kind, _, place = source.partition("://")
    return Path(place).name if kind in IN_FILES else source


def _rows(connection: Any, name: str, table: TableSettings, source: str) -> Any:
    """Return the rows: days as dates, money with four places, as text what is neither number nor flag."""
    import ibis.expr.datatypes as dt

    rows = _asked(connection, name, table, source)
    kinds = {theirs: kinds_of(name).get(ours) for ours, theirs in table.pairs}
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


def _asked(connection: Any, name: str, table: TableSettings, source: str) -> Any:
    """Return the table, or the query as a view that lasts as long as the connection."""
    from ibis.common.exceptions import TableNotFound

    if source == FILES and not table.query:
        raise DataError(f"{name}: files have no tables: name files, or ask them with query.")
    if table.query:
        view = f"playbook_{name}"
        connection.raw_sql(f"CREATE TEMPORARY VIEW {view} AS {only_reading(name, table.query, source)}")
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

    from playbook.records.memory import literally, write

    unsorted = path.with_suffix(".unsorted")
    if rows.get_backend().name == "duckdb":
        write(rows, unsorted)
    else:
        with rows.to_pyarrow_batches(chunk_size=BATCH) as batches:
            with pq.ParquetWriter(unsorted, batches.schema) as file:
                for batch in batches:
                    file.write_batch(batch)
    with duckdb.connect(config={"temp_directory": str(path.parent / "engine")}) as engine:
        engine.read_parquet(literally(unsorted)).order("ALL").write_parquet(str(path))
    unsorted.unlink()


def _without_password(error: Exception) -> str:
    """Return what an error says, in one line that ends with a full stop; no value of a row, no folder."""
    ours = isinstance(error, PlaybookError)
    said = str(error) if ours else without_folders(without_values(str(error))) or type(error).__name__
    if password := os.environ.get(PASSWORD):
        said = said.replace(password, "***")
    return said.rstrip(".") + "."
