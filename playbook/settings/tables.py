"""How a client's tables are written: files, dialects, and what their columns are called."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from playbook.settings.yaml import Strict

WHITE_SPACE = " "
"""The separator of files whose columns are parted by any number of blanks or tabs."""

EXCEL_DAYS = "excel"
"""The dates of files that hold Excel's day numbers: days since 1899-12-30."""


class Format(Strict):
    """How a text file is written.

    Attributes
    ----------
    encoding : str
        As Python names it.
    separator : str
        One character; `WHITE_SPACE` for any white space.
    decimal, thousands : str
    dates : str or None
        A strptime format, %b and %B being month names in English, German, French or Italian;
        `EXCEL_DAYS`; None for ISO.
    skip : int
        Lines above the header, such as a title.
    header : bool
        False: the file has no header, and its columns are called by their position, from 1.
    totals : bool
        Totals at the end of the file are left out.
    amounts : str
        written: with a currency, brackets or a minus behind for negative ones; slower to read.
    """

    encoding: str = "utf-8"
    separator: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: str | None = Field(None, min_length=1, max_length=1)
    dates: str | None = None
    skip: int = Field(0, ge=0)
    header: bool = True
    totals: bool = False
    amounts: Literal["plain", "written"] = "plain"


def _one_or_several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else () if value is None else value


def _names_or_positions(columns: Any) -> Any:
    """Return columns with positions, which YAML reads as numbers, as the names that they are."""
    if not isinstance(columns, Mapping):
        return columns
    return {ours: str(theirs) if isinstance(theirs, int) else theirs for ours, theirs in columns.items()}


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_several)]
ColumnNames = Annotated[dict[str, str], BeforeValidator(_names_or_positions)]


class Part(Strict):
    """What one file of a table has otherwise than the others; None means "as the others"."""

    sheet: Names | None = None
    format: Format | None = None
    columns: ColumnNames | None = None


class TableSettings(Strict):
    """Where a table comes from and what its columns are called: ``{ours: theirs}``.

    ``sheet`` names one or several sheets of a workbook; none: the first. ``differs`` says, by file,
    what is not as in the other files. Instead of files, ``table`` or ``query`` names what is read from
    the database that ``source`` in the settings names.
    """

    files: Names = ()
    table: str | None = None
    query: str | None = None
    sheet: Names = ()
    format: Format = Format()
    columns: ColumnNames = Field(default_factory=dict)
    differs: dict[str, Part] = Field(default_factory=dict)

    def part(self, file: str) -> "TableSettings":
        """Return this table as one of its files has it."""
        own = self.differs.get(file, Part())
        changes = {
            name: value
            for name in ("sheet", "format", "columns")
            if (value := getattr(own, name)) is not None
        }
        return self.model_copy(update=changes)


class OrderSettings(TableSettings):
    """The orders. ``cohort``: the log begins with these customers' first orders, no left truncation.

    ``lines``: where one file holds the orders (number, customer, date) and another one their lines
    (number, amount), the lines; they are joined on order_id.
    """

    zero_is_order: bool = False
    cohort: bool = False
    lines: TableSettings | None = None


class EventSettings(TableSettings):
    """The events. ``kinds`` says what the client's words mean, in any case: ``{Kündigung: cancellation}``."""

    kinds: dict[str, str] = Field(default_factory=dict)


class Tables(Strict):
    """The four canonical tables; only orders are required."""

    orders: OrderSettings
    customers: TableSettings | None = None
    events: EventSettings | None = None
    contacts: TableSettings | None = None

    def named(self) -> dict[str, TableSettings]:
        """Return the tables that there are, lines of their own included."""
        tables = {
            "orders": self.orders,
            "lines": self.orders.lines,
            "customers": self.customers,
            "events": self.events,
            "contacts": self.contacts,
        }
        return {name: table for name, table in tables.items() if table is not None}
