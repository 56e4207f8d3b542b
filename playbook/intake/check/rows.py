"""Where something stands: rows of the files, as they are counted in a spreadsheet."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import ibis

from playbook.records.sources import Sources
from playbook.settings.client import Settings

MOST = 3
"""Examples given of each thing that is wrong."""


def rows(sources: Sources, settings: Settings, table: str, wrong: Callable[[Any], Any]) -> tuple[str, ...]:
    """Return the first rows of a table's files for which a condition holds.

    The files are read once more, from the top, until enough was found: nothing is kept.

    Parameters
    ----------
    wrong : callable
        From a table of canonical columns to a boolean column.
    """
    named: list[str] = []
    sources.files.connection.raw_sql("SET preserve_insertion_order = true")
    for shown, part in sources.files.parts[table]:
        numbered = part.mutate(row_number=ibis.row_number())
        # row_key needs every column, so that rows are left out here that cannot be read, and only those
        some = numbered.filter(wrong(numbered)).select("row_number", "row_key").limit(MOST - len(named))
        places = sorted(some.to_pyarrow()["row_number"].to_pylist())
        named += [f"{shown}, row {_row(sources, settings, table, shown, place)}" for place in places]
        if len(named) >= MOST:
            break
    sources.files.connection.raw_sql("SET preserve_insertion_order = false")
    return tuple(named)


def _row(sources: Sources, settings: Settings, table: str, shown: str, place: int) -> int:
    """Return the row in the file of the ``place``-th row that could be read, both from 0 and 1."""
    form = _format(settings, table, shown)
    row: int = place + 1 + form.skip + int(form.header and not shown.endswith((".parquet", ".pq")))
    unread = {value.row for value in sources.unreadable if (value.table, value.file) == (table, shown)}
    for other in sorted(unread):
        row += other <= row
    return row


def _format(settings: Settings, table: str, shown: str) -> Any:
    described = getattr(settings.tables, table)
    file = next((name for name in described.files if shown.startswith(name.rsplit("/")[-1])), "")
    return described.part(file).format


def unread(sources: Sources, settings: Settings, table: str) -> tuple[int, str, tuple[str, ...]]:
    """Return how many rows of a table could not be read, in which columns, and where they stand.

    What stands there is left out where ids are pseudonyms: a torn line holds them as they are.
    """
    lost = [value for value in sources.unreadable if value.table == table]
    columns = ", ".join(sorted({value.column for value in lost}))
    shown = [f"{v.file}, row {v.row}, column {v.column}" if settings.pseudonymise else str(v) for v in lost]
    return len(lost), columns, tuple(shown[:MOST])


def values(table: Any, column: str, wanted: Any = None) -> tuple[str, ...]:
    """Return the first values of a column in alphabetical order, those ``wanted``."""
    chosen = table if wanted is None else table.filter(wanted)
    some = chosen.select(value=chosen[column].cast("string")).distinct().order_by("value").limit(MOST)
    return tuple(f"{value}"[:60] for value in islice(some.to_pyarrow()["value"].to_pylist(), MOST))
