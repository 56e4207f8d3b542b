"""Sentences, tables and pictures as a notebook shows them and the report prints them.

Each displays itself as the last line of a cell. Text from a client's data is escaped here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from playbook.show.words import Words, escape

Thing = TypeVar("Thing")
Column = str | tuple[str, str]
"""A column's heading; with how its values are shown, where they are no text: (heading, format)."""


@dataclass(frozen=True)
class Table:
    """A small table with a caption.

    Attributes
    ----------
    frame : DataFrame
        Raw values; the first column heads the rows.
    caption : str
        Says what the table holds.
    columns : mapping
        Column of the frame to its heading and format (see `Column`; one of number, percent, chance,
        money, money_exact, date, decimal), in the order in which they are shown; none: all columns, as text.
    note : str
        A line below the table.
    bars : sequence of str
        Columns whose cells carry a bar, as long as the value is of the largest in those of its format;
        below zero it has the colour of caution.
    """

    frame: pd.DataFrame
    caption: str
    words: Words
    columns: Mapping[str, Column] = field(default_factory=dict)
    note: str = ""
    bars: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Keep only the columns that are shown, and of two that say the same in the client's words one."""
        shown: list[str] = []
        for column in self.columns:
            alike = [other for other in shown if self.heading(other) == self.heading(column)]
            if not any(self.frame[column].equals(self.frame[other]) for other in alike):
                shown.append(column)
        if shown:
            object.__setattr__(self, "frame", self.frame[shown])

    def heading(self, column: str) -> str:
        """Return what stands above a column."""
        described = self.columns.get(column, column)
        return described if isinstance(described, str) else described[0]

    def format(self, column: str) -> str | None:
        """Return how a column's values are shown; None where they are text."""
        described = self.columns.get(column, column)
        return None if isinstance(described, str) else described[1]

    def cell(self, column: str, value: Any) -> str:
        """Return a value as the reader sees it; a dash where there is none."""
        if value is None or (not isinstance(value, str) and pd.isna(value)):
            return "–"
        words, kind = self.words, self.format(column)
        if kind is None:
            return str(value)
        formats: dict[str, Any] = {
            "number": words.number,
            "percent": lambda share: words.percent(share, 1),
            "chance": words.chance,
            "money": words.money,
            "money_exact": lambda amount: words.money(amount, 2),
            "date": words.date,
            "decimal": lambda number: words.number(number, 2),
        }
        return str(formats[kind](value))

    def _repr_html_(self) -> str:
        if self.frame.empty:
            return f'<p class="note">{escape(self.caption)}: {escape(self.words.say("none"))}.</p>'
        columns = list(self.frame.columns)
        head = "".join(map(self._head, columns))
        rows = "".join(self._row(columns, row) for row in self.frame.itertuples(index=False, name=None))
        note = f'<p class="note">{escape(self.note)}</p>' if self.note else ""
        caption = escape(self.caption)
        return (
            f'<div class="table" tabindex="0" role="region" aria-label="{caption}">'
            f'<table class="playbook"><caption>{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
        )

    def _head(self, column: str) -> str:
        heading = escape(self.heading(column))
        return f'<th scope="col"{self._align(column)}>{heading}</th>' if heading else "<td></td>"

    def _row(self, columns: Sequence[str], values: Sequence[Any]) -> str:
        first = f'<th scope="row">{escape(self.cell(columns[0], values[0]))}</th>'
        cells = [
            f"<td{self._align(column, value)}>{escape(self.cell(column, value))}</td>"
            for column, value in zip(columns[1:], values[1:], strict=True)
        ]
        return f"<tr>{first}{''.join(cells)}</tr>"

    def _align(self, column: str, value: Any = None) -> str:
        kinds = ["number"] if self.format(column) else []
        if column in self.bars and pd.notna(value) and value:
            alike = [other for other in self.bars if self.format(other) == self.format(column)]
            share = abs(value) / self.frame[alike].abs().max(axis=None)
            kinds += ["bar", f"b{max(5, 5 * round(20 * share))}", *(["below"] if value < 0 else [])]
        return f' class="{" ".join(kinds)}"' if kinds else ""

    def __str__(self) -> str:
        """Return the table as plain text, as it is compared between runs."""
        if self.frame.empty:
            return f"{self.caption}: {self.words.say('none')}."
        shown = {
            self.heading(c): [self.cell(c, value) for value in self.frame[c]] for c in map(str, self.frame)
        }
        return pd.DataFrame(shown).to_string(index=False)


def interval_texts(
    frame: pd.DataFrame, low: str, high: str, shown: Callable[[float], str], words: Words
) -> list[str]:
    """Return the interval of each row between two of its columns, in words; a dash where there is none."""
    return [
        words.between(shown(least), shown(most)) if pd.notna(least) else "–"
        for least, most in zip(frame[low], frame[high], strict=True)
    ]


def table_of(
    things: Iterable[Thing],
    columns: Mapping[Column, Callable[[Thing], object]],
    caption: str,
    words: Words,
    note: str = "",
) -> Table:
    """Return a table with a row for each of some things.

    Parameters
    ----------
    columns : mapping
        A column's heading, with its format where it is no text, to how a thing's value is got.
    """
    rows = list(things)
    headed = {column if isinstance(column, str) else column[0]: column for column in columns}
    values = [[value(row) for row in rows] for value in columns.values()]
    frame = pd.DataFrame(dict(zip(headed, values, strict=True)))
    return Table(frame, caption, words, columns=headed, note=note)


@dataclass(frozen=True)
class Say:
    """Sentences, one paragraph each; ``kind`` is say, warning or decision."""

    sentences: Sequence[str]
    kind: str = "say"

    def _repr_html_(self) -> str:
        return "".join(f'<p class="{self.kind}">{escape(sentence)}</p>' for sentence in self.sentences)

    def __str__(self) -> str:
        return "\n".join(self.sentences)
