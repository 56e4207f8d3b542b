"""How a client's tables are written: files, dialects, and what their columns are called."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from playbook.settings.yaml import Strict

WHITE_SPACE = " "
"""The separator of files whose columns are parted by any number of blanks or tabs."""

EXCEL_DAYS = "excel"
"""The dates of files that hold Excel's day numbers: days since 1899-12-30."""

ANYTHING = "*"
"""Among the values of a column, whatever is written in it and not named beside it."""

UNIX_TIME = "unix"
"""The dates of files that count seconds, or milliseconds, since 1970; days are those of UTC."""


def names_no_year(dates: str) -> bool:
    """Whether dates written so are a day and a month alone."""
    return "%d" in dates and not re.search("%-?[YyGcxDF]", dates)


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
        `EXCEL_DAYS`; `UNIX_TIME`; None for ISO.
    year : int or None
        The year of dates that do not name theirs, such as 0301 with "%d%m".
    skip : int
        Lines above the header, such as a title; blank ones count.
    header : bool
        False: the file has no header, and its columns are called by their position, from 1.
    totals : bool
        Totals at the end of the file are left out.
    amounts : str
        written: with a currency, brackets or a minus behind for negative ones; slower to read.
    cents : bool
        Amounts are in cents: a hundredth of what is written; quantities are not.
    """

    encoding: str = "utf-8"
    separator: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: str | None = Field(None, min_length=1, max_length=1)
    dates: str | None = None
    year: int | None = Field(None, ge=1900, le=2100)
    skip: int = Field(0, ge=0)
    header: bool = True
    totals: bool = False
    amounts: Literal["plain", "written"] = "plain"
    cents: bool = False

    @model_validator(mode="after")
    def _with_a_year(self) -> "Format":
        if self.without_year and self.year is None:
            raise ValueError("the dates name no year: say which, as in year: 2024")
        return self

    @property
    def without_year(self) -> bool:
        """Whether the dates are a day and a month alone."""
        return self.dates is not None and names_no_year(self.dates)


def _one_or_several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else () if value is None else value


def _names_or_positions(columns: Any) -> Any:
    """Return columns with positions, which YAML reads as numbers, as the names that they are."""

    def name(theirs: Any) -> Any:
        several = isinstance(theirs, list | tuple)
        return tuple(map(name, theirs)) if several else str(theirs) if isinstance(theirs, int) else theirs

    if not isinstance(columns, Mapping):
        return columns
    return {ours: name(theirs) for ours, theirs in columns.items()}


def _words(value: Any) -> Any:
    """Return one or several cells as the texts that they are: true, 1 and an empty one too."""
    several = value if isinstance(value, list | tuple) else [value]
    return tuple(_word(cell) for cell in several)


def _word(cell: Any) -> str:
    return str(cell).lower() if isinstance(cell, bool) else "" if cell is None else str(cell)


def _named_by_text(mapping: Any) -> Any:
    return {_word(key): value for key, value in mapping.items()} if isinstance(mapping, Mapping) else mapping


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_several)]
Several = Annotated[tuple[str, ...], Field(min_length=1)]
ColumnNames = Annotated[dict[str, str | Several], BeforeValidator(_names_or_positions)]
"""Ours to theirs; consents and refusals of customers may have several columns."""


Cells = Annotated[
    dict[str, Annotated[tuple[str, ...], BeforeValidator(_words)]], BeforeValidator(_named_by_text)
]
"""Values by the column of the client's that they stand in; an empty text is an empty cell."""
Word = Annotated[str, BeforeValidator(_word)]
Meanings = dict[str, Annotated[dict[str, Word], BeforeValidator(_named_by_text)]]
"""By our column, what a value of the client's means: ``{theirs: ours}``."""


class Part(Strict):
    """What one file of a table has otherwise than the others; None means "as the others"."""

    sheet: Names | None = None
    format: Format | None = None
    columns: ColumnNames | None = None
    keep: Cells | None = None
    drop: Cells | None = None
    less: Names | None = None
    negative: Cells | None = None
    below_zero: dict[str, str] | None = None
    values: Meanings | None = None


class TableSettings(Strict):
    """Where a table comes from, what its columns are called (``{ours: theirs}``) and which rows count.

    A consent, or a refusal, may stand in several columns: ``{no_contact: [Werbesperre, Robinson]}``. A
    refusal in any of them holds, and a consent is a yes only where none says no.

    ``sheet`` names one or several sheets of a workbook; none: the first. ``differs`` says, by file,
    what is not as in the other files. Instead of files, ``table`` or ``query`` names what is read from
    the database that ``source`` in the settings names, or, with ``source: files``, from files in the
    client's folder.

    Values are compared without capitals and blanks, and an empty text is an empty cell:

    Attributes
    ----------
    keep, drop : dict
        A column of the client's to values: only rows with one of them count, or none of those rows.
        Rows that are left out are counted, and a refusal in them holds all the same.
    values : dict
        Our column to what the client's values in it mean, ``{theirs: ours}``: consents, kinds of events,
        arms, channels, any column of words. What is not named stays as it is; `ANYTHING` names
        whatever else is written.
    """

    files: Names = ()
    table: str | None = None
    query: str | None = None
    sheet: Names = ()
    format: Format = Format()
    columns: ColumnNames = Field(default_factory=dict)
    keep: Cells = Field(default_factory=dict)
    drop: Cells = Field(default_factory=dict)
    values: Meanings = Field(default_factory=dict)
    differs: dict[str, Part] = Field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each of our columns with each of the client's that stands for it."""
        return [
            (ours, one)
            for ours, theirs in self.columns.items()
            for one in ([theirs] if isinstance(theirs, str) else theirs)
        ]

    def with_file(self, file: str, columns: Sequence[str]) -> "TableSettings":
        """Return this table with one more file, of commas, ISO dates and our own columns."""
        own = Part(
            format=Format(), columns=dict(zip(columns, columns, strict=True)), keep={}, drop={}, values={}
        )
        return self.model_copy(update={"files": (*self.files, file), "differs": {**self.differs, file: own}})

    def part(self, file: str) -> "TableSettings":
        """Return this table as one of its files has it."""
        own = self.differs.get(file, Part())
        changes = {name: value for name in Part.model_fields if (value := getattr(own, name)) is not None}
        return self.model_copy(update=changes)


class LineSettings(TableSettings):
    """A table with amounts, and what changes them.

    Attributes
    ----------
    less : tuple of str
        Columns of the client's, such as refunds, discounts and fees, that are taken off the amount,
        whatever their sign; off the size of an amount below zero.
    negative : dict
        A column of the client's to values: in these rows, such as refunds, chargebacks or debits,
        amount, quantity and margin are below zero, whether or not they are written so.
    below_zero : dict
        What stands in another column in rows of an amount below zero, ``{ours: theirs}``: a payment comes
        from the customer, and its refund goes to them.
    """

    less: Names = ()
    negative: Cells = Field(default_factory=dict)
    below_zero: dict[str, str] = Field(default_factory=dict)


class OrderSettings(LineSettings):
    """The orders.

    ``cohort``: the log begins with these customers' first orders, no left truncation; None: it does not, and
    `playbook check` says where it looks otherwise.
    ``lines``: where one file holds the orders (number, customer, date) and another one their lines
    (number, amount), the lines; they are joined on order_id. ``persons``: where the orders name a number
    of their own for each order, the file that says whose it is: number, customer_id.
    ``total_per_order``: amount, margin and list_amount are those of the whole order, and count once though
    they stand on each of its lines; None: they are those of the lines, and `playbook check` says where they
    look otherwise.
    """

    zero_is_order: bool = False
    cohort: bool | None = None
    total_per_order: bool | None = None
    lines: LineSettings | None = None
    persons: TableSettings | None = None


class Tables(Strict):
    """The four canonical tables; only orders are required."""

    orders: OrderSettings
    customers: TableSettings | None = None
    events: TableSettings | None = None
    contacts: TableSettings | None = None

    def named(self) -> dict[str, TableSettings]:
        """Return the tables that there are, lines of their own included."""
        tables = {
            "orders": self.orders,
            "lines": self.orders.lines,
            "persons": self.orders.persons,
            "customers": self.customers,
            "events": self.events,
            "contacts": self.contacts,
        }
        return {name: table for name, table in tables.items() if table is not None}

    def files(self) -> list[str]:
        """Return the files of all tables."""
        return [name for table in self.named().values() for name in table.files]

    def with_handed_in(self, folder: Path) -> "Tables":
        """Return the tables with what ``playbook done`` has left in the client's folder."""
        there = {
            table: getattr(self, table) or TableSettings(columns={name: name for name in columns})
            for table, (file, columns) in HANDED_IN.items()
            if (folder / file).is_file()
        }
        return self.model_copy(update={name: one.with_file(*HANDED_IN[name]) for name, one in there.items()})


HANDED_IN = {
    "contacts": (
        "done_contacts.csv",
        ("campaign", "customer_id", "contacted_at", "channel", "arm", "offer", "cost"),
    ),
    "events": ("done_events.csv", ("customer_id", "happened_at", "kind", "detail")),
}
"""By table, the file of `playbook done`, which client.yml does not name, and its columns."""
