"""What all looks at a client's data share: what is wrong, in which rows of the files, with examples.

Rows are counted as a spreadsheet counts them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from playbook.intake.check.rule import Severity
from playbook.intake.check.rules import Check, found
from playbook.records.canonical import COLUMNS
from playbook.records.history import History
from playbook.records.row_rules import kept
from playbook.records.sources import Sources, Unreadable
from playbook.settings.client import Settings
from playbook.settings.tables import Format

MOST = 3
"""Examples given of each thing that is wrong."""

Wrong = Callable[[Any], Any]
"""From a table of canonical columns to a boolean column: where something is wrong."""


@dataclass(frozen=True)
class Delivery:
    """A client's data as they are looked through."""

    settings: Settings
    sources: Sources
    history: History

    def in_rows(
        self,
        code: str,
        count: int,
        column: str,
        wrong: Wrong,
        table: str = "orders",
        severity: Severity | None = None,
    ) -> list[Check]:
        """Return the check of a rule that ``count`` rows break, with the first of them in the files."""
        shown = self._first_rows(table, wrong) if count else ()
        return found(code, count, column, shown, severity, table)

    def unread(self, code: str, table: str, severity: Severity | None = None) -> list[Check]:
        """Return the check of the rows of a table that could not be read."""
        lost = self.lost(table)
        columns = ", ".join(sorted({value.column for value in lost}))
        places, told = tuple(map(str, lost[:MOST])), tuple(value.told for value in lost[:MOST])
        return found(code, len(lost), columns, places, severity, values=told)

    def lost(self, table: str) -> list[Unreadable]:
        """Return what could not be read in a table."""
        return [value for value in self.sources.unreadable if value.table == table]

    def _first_rows(self, table: str, wrong: Wrong) -> tuple[str, ...]:
        """Return the first rows of a table's files for which a condition holds.

        The files are read once more, from the top, until enough was found: nothing is kept.
        """
        named: list[str] = []
        files = self.sources.files
        files.connection.raw_sql("SET preserve_insertion_order = true")
        for file, part in files.parts[table]:
            numbered = part.mutate(row_number=ibis.row_number())
            # row_key needs every column, so that rows are left out here that cannot be read, and only those
            some = kept(numbered.filter(wrong(numbered))).select("row_number", "row_key")
            some = some.limit(MOST - len(named))
            places = sorted(some.to_pyarrow()["row_number"].to_pylist())
            named += [f"{file}, row {self._row(table, file, place)}" for place in places]
            if len(named) >= MOST:
                break
        files.connection.raw_sql("SET preserve_insertion_order = false")
        return tuple(named)

    def _row(self, table: str, file: str, place: int) -> int:
        """Return the row in the file, from 1, of the ``place``-th row that could be read, from 0."""
        form = self._format(table, file)
        row = place + 1 + form.skip + int(form.header and not file.endswith((".parquet", ".pq")))
        unread = {
            value.row for value in self.sources.unreadable if (value.table, value.file) == (table, file)
        }
        for other in sorted(unread):
            row += other <= row
        return row

    def _format(self, table: str, shown: str) -> Format:
        described = getattr(self.settings.tables, table)
        file = next((name for name in described.files if shown.startswith(name.rsplit("/")[-1])), "")
        form: Format = described.part(file).format
        return form


def one_row(table: Any, **measures: Any) -> dict[str, Any]:
    """Return aggregates of a whole table by name, 0 in place of null."""
    row: dict[str, Any] = table.aggregate(**measures).to_pyarrow().to_pylist()[0]
    return {name: 0 if value is None else value for name, value in row.items()}


def count_of(table: Any) -> int:
    """Return the number of rows of an expression."""
    return int(table.count().execute())


def values(table: Any, column: str) -> tuple[str, ...]:
    """Return the first values of a column in alphabetical order."""
    some = table.select(value=table[column].cast("string")).distinct().order_by("value").limit(MOST)
    return tuple(f"{value}"[:60] for value in some.to_pyarrow()["value"].to_pylist())


def each(code: str, wrong: Any, column: str, shown: str = "customer_id") -> list[Check]:
    """Return the check of a rule that each of some rows breaks, with values of a column."""
    count = count_of(wrong)
    return found(code, count, column, values=values(wrong, shown) if count else ())


def each_customer(code: str, wrong: Any, column: str, table: str | None = None) -> list[Check]:
    """Return the check of a rule that the customers of some rows break, each counted once."""
    count = one_row(wrong, n=wrong.customer_id.nunique())["n"]
    return found(code, count, column, table=table, values=values(wrong, "customer_id") if count else ())


# Personal data -------------------------------------------------------------------------------

CONTACT_DETAIL: dict[str, tuple[str, ...]] = {
    "orders": ("coupon", "sales_channel", "source", "category"),
    "customers": ("segment", "cancel_reason"),
    "events": ("detail",),
    "contacts": ("campaign", "channel", "offer"),
}
"""Text columns that are shown, in which no e-mail address or telephone number is expected."""

PATTERN = r"[^@\s]+@[^@\s]+\.\w|(\+|00)\d[\d /().-]{7,}\d"


def personal_columns(table: str, has: Sequence[str]) -> str:
    """Return the columns that were searched, as words."""
    return ", ".join(name for name in CONTACT_DETAIL[table] if name in has)


def holds_contact_detail(table: str, rows: Any) -> Any:
    """Whether some text column of a row holds an e-mail address or a telephone number."""
    columns = [name for name in CONTACT_DETAIL[table] if name in rows.columns]
    flags = [rows[name].re_search(PATTERN).fill_null(False) for name in columns]
    return ibis.or_(*flags) if flags else rows.customer_id.isnull() & ibis.literal(False)


def inspect_row_rules(data: Delivery) -> list[Check]:
    """Look at what the rules of each table did; values that may tell who somebody is are not shown."""
    checks = []
    for name in (name for name in COLUMNS if data.sources.files.rules.get(name)):
        seen = data.sources.files.rows_seen(name)
        columns = ", ".join(dict.fromkeys(seen.left_out["column"]))
        told = tuple(
            f"{row['column']}: {row['value'][:40] or '(empty)'} ({row['rows']:,})"
            for row in seen.left_out.head(20).to_dict("records")
            if not re.search(PATTERN, row["value"])
        )
        rows = int(seen.left_out["rows"].sum())
        checks += found("rows_ruled_out", rows, columns, table=name, values=told)
        checks += found("rule_without_rows", len(seen.idle), "", seen.idle, table=name)
    return checks
