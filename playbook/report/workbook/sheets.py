"""A sheet of the workbook: a sentence above a table of values, with notes on the heads of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from xlsxwriter.worksheet import Worksheet

from playbook.report.workbook.columns import SheetColumn
from playbook.report.workbook.styles import WIDTHS, Styles

HEAD = 2
"""Row of the headings."""
MOST_ROWS = 100_000
"""Rows of a list: more take minutes to write and to open."""
HEAD_HEIGHT = 45
"""Three lines."""
POINTS_PER_LINE, LEAST_POINTS = 13, 30
"""Heights of rows to work from on paper."""


_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"}
_VISIBLE = _PICTURES | {0x7F: "\u2421", 0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


def visible(text: Any) -> Any:
    """Return a text with pictures of the characters that no XML may hold; ids stay apart by them.

    XlsxWriter takes a text between ``<r>`` and ``</r>`` for XML of its own: a blank behind it says no.
    """
    if not isinstance(text, str):
        return text
    return text.translate(_VISIBLE) + " " * (text.startswith("<r>") and text.endswith("</r>"))


class Page(Worksheet):  # type: ignore[misc]
    """A worksheet whose texts any program opens, and that stores formulas as they are written.

    Every text, also the value that a formula last had, is made `visible`. XlsxWriter looks into each
    formula, some thirty times, for functions that only newer versions of Excel know. No sheet uses any
    (they would need the prefix ``_xlfn.``), and there are tens of thousands of formulas.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")

    def _write_string(self, row: int, col: int, string: str, *rest: Any) -> int:
        return int(super()._write_string(row, col, visible(string), *rest))

    def _write_formula(
        self, row: int, col: int, formula: str, cell_format: Any = None, value: Any = 0
    ) -> int:
        return int(super()._write_formula(row, col, formula, cell_format, visible(value)))


class BookSheet(Protocol):
    """What the workbook asks of a sheet."""

    @property
    def title(self) -> str:
        """The sheet's name."""

    @property
    def sentence(self) -> str:
        """What is in it."""

    @property
    def hidden(self) -> bool:
        """Whether only other sheets look there."""

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""


@dataclass(frozen=True)
class TableSheet:
    """A sheet of values: a title, a sentence above the table, and the table.

    ``columns`` that the frame does not have are not shown, nor rows beyond `MOST_ROWS`;
    ``not_printed`` (names) are on the screen only.
    """

    title: str
    sentence: str
    frame: pd.DataFrame
    columns: Sequence[SheetColumn]
    not_printed: Sequence[str] = ()
    hidden: ClassVar[bool] = False

    @property
    def shown(self) -> list[SheetColumn]:
        """Return the columns that the table has."""
        return [column for column in self.columns if column.name in self.frame]

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        columns, frame = self.shown, self.frame.head(MOST_ROWS)
        page.write_string(0, 0, self.sentence)
        for position, column in enumerate(columns):
            write_heading(page, HEAD, position, column.heading, column.note, styles)
            style = styles[column.kind]
            page.set_column(position, position, WIDTHS[column.kind], style)
            write_column(page, HEAD + 1, position, frame[column.name], column.kind, style)
        page.freeze_panes(HEAD + 1, 0)
        if len(frame):
            page.autofilter(HEAD, 0, HEAD + len(frame), len(columns) - 1)
        printable(page, HEAD)
        printed = [place for place, column in enumerate(columns) if column.name not in self.not_printed]
        page.print_area(0, 0, HEAD + len(frame), max(printed))


@dataclass(frozen=True)
class RoomySheet(TableSheet):
    """A sheet to work from on paper: rows as high as their texts, columns as wide as ``widths`` say."""

    widths: Mapping[str, int] = field(default_factory=dict)

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        super().write(page, styles)
        frame = self.frame.head(MOST_ROWS)
        lines = np.ones(len(frame))
        for position, column in enumerate(self.shown):
            width = self.widths.get(column.name, WIDTHS[column.kind])
            page.set_column(position, position, width, styles[column.kind])
            if column.kind == "long":
                length = frame[column.name].fillna("").astype(str).str.len().to_numpy()
                lines = np.maximum(lines, np.ceil(length / (0.95 * width)))
        page.set_row(HEAD, LEAST_POINTS, styles["head"])
        for row, n in enumerate(lines, start=HEAD + 1):
            page.set_row(row, POINTS_PER_LINE * float(n) + 3)


def write_heading(page: Any, row: int, position: int, heading: str, note: str, styles: Styles) -> None:
    """Write the heading of a column, with what it means as a note on the cell."""
    page.write_string(row, position, heading, styles["head"])
    page.set_row(row, HEAD_HEIGHT)
    if note:
        page.write_comment(row, position, note)


def write_column(page: Any, row: int, position: int, values: pd.Series, kind: str, style: Any) -> None:
    """Write values downwards from ``row``; text is text, even where it begins like a formula."""
    for place, value in enumerate(values, start=row):
        if pd.isna(value):
            continue
        if kind in ("text", "long"):
            page.write_string(place, position, str(value), style)
        elif kind == "date":
            page.write_datetime(place, position, pd.Timestamp(value).to_pydatetime(), style)
        else:
            page.write_number(place, position, float(value), style)


def between(low: float, high: float, message: str, title: str = "") -> dict[str, Any]:
    """Return the rule that a cell holds a number within limits, and what is said where it does not."""
    rule = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
    return rule | {"error_message": message} | ({"error_title": title} if title else {})


def printable(page: Any, head: int) -> None:
    """Print a sheet across the width of an A4 page, its headings on each."""
    page.set_landscape()
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)
    page.set_footer("&L&A&R&P / &N")
