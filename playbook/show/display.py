"""Sentences, tables and pictures as a notebook shows them and the report prints them.

Each displays itself as the last line of a cell. Text from a client's data is escaped here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from playbook.show.figures import THEME
from playbook.show.words import Words, escape

# Until every figure is drawn through `figures`:
STYLE = THEME


def new_figure(width: float = 7.2, height: float = 3.8, columns: int = 1) -> tuple[Figure, Any]:
    """Return an empty figure in the report's style, with its axes (an array where several)."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        axes = figure.subplots(1, columns)
    return figure, axes


def heading(axes: Any, text: str) -> None:
    """Put a title over the axes, flush left."""
    axes.set_title(text, loc="left", fontsize=11, fontweight="bold", color="#1F2937")


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
        Column of the frame to its heading and format (see `Column`; one of number, percent, money,
        money_exact, date, decimal), in the order in which they are shown; none: all columns, as text.
    note : str
        A line below the table.
    """

    frame: pd.DataFrame
    caption: str
    words: Words
    formats: Mapping[str, str] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the description of the columns apart."""
        if self.columns:
            described = {name: (c, "") if isinstance(c, str) else c for name, c in self.columns.items()}
            object.__setattr__(self, "frame", self.frame[list(described)])
            object.__setattr__(self, "headings", {name: heading for name, (heading, _) in described.items()})
            object.__setattr__(self, "formats", {name: form for name, (_, form) in described.items() if form})

    def cell(self, column: str, value: Any) -> str:
        """Return a value as the reader sees it; a dash where there is none."""
        if value is None or (not isinstance(value, str) and pd.isna(value)):
            return "–"
        words, kind = self.words, self.formats.get(column)
        if kind is None:
            return str(value)
        formats: dict[str, Any] = {
            "number": words.number,
            "percent": lambda share: words.percent(share, 1),
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
        head = "".join(
            f'<th scope="col"{self._align(c)}>{escape(self.headings.get(c, c))}</th>' for c in columns
        )
        rows = "".join(self._row(columns, row) for row in self.frame.itertuples(index=False, name=None))
        note = f'<p class="note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<div class="table"><table class="playbook"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
        )

    def _row(self, columns: Sequence[str], values: Sequence[Any]) -> str:
        first = f'<th scope="row">{escape(self.cell(columns[0], values[0]))}</th>'
        cells = [
            f"<td{self._align(column)}>{escape(self.cell(column, value))}</td>"
            for column, value in zip(columns[1:], values[1:], strict=True)
        ]
        return f"<tr>{first}{''.join(cells)}</tr>"

    def _align(self, column: str) -> str:
        return ' class="number"' if column in self.formats else ""

    def __str__(self) -> str:
        """Return the table as plain text, as it is compared between runs."""
        if self.frame.empty:
            return f"{self.caption}: {self.words.say('none')}."
        shown = {
            self.headings.get(c, c): [self.cell(c, value) for value in self.frame[c]]
            for c in self.frame.columns
        }
        return pd.DataFrame(shown).to_string(index=False)


@dataclass(frozen=True)
class Say:
    """Sentences, one paragraph each; ``kind`` is say, warning or decision."""

    sentences: Sequence[str]
    kind: str = "say"

    def _repr_html_(self) -> str:
        return "".join(f'<p class="{self.kind}">{escape(sentence)}</p>' for sentence in self.sentences)

    def __str__(self) -> str:
        return "\n".join(self.sentences)
