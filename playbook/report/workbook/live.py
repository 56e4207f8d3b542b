"""What the living sheets share: who stands in them, by which criteria, and in which cells.

The scoring sheet computes points, totals, ranks and classes from the weights sheet. Points by rank
are looked up in the scale sheet (a percentile depends on everybody, and counting everybody again in
each cell is what makes spreadsheets slow); points by breakpoints are computed from the breakpoints.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from playbook.chapter import Chapter
from playbook.chapters.scoring.criteria import chosen_criteria, label
from playbook.chapters.scoring.ranking import class_names
from playbook.records.arrays import Array
from playbook.settings.scoring import Criterion
from playbook.show.words import Words

MOST_LIVE = 5000
"""Customers with formulas: LibreOffice ranks so many in 3 s, and 50,000 in 144 s."""
MOST_MARKS = 8
"""Cells for breakpoints."""
HEAD = 4
"""Row of the scoring sheet's headings (from 0); the weights stand above them."""
WEIGHT_ROW = 3
TABLE = 5
"""Row of the first criterion in the weights sheet."""
TIE = 1e-10
"""What a place in the order of ties takes off the total: less than half of its last digit."""


@dataclass(frozen=True)
class Live:
    """Customers and criteria of the living sheets.

    Attributes
    ----------
    criteria : tuple of Criterion
    rows : DataFrame
        The best `MOST_LIVE` of those who are not ranked apart, by rank.
    later : DataFrame
        The others who are not ranked apart; their values do not follow the weights.
    first_share, wait_probability : float
        Cut-offs of the classes.
    """

    criteria: tuple[Criterion, ...]
    rows: pd.DataFrame
    later: pd.DataFrame
    first_share: float
    wait_probability: float
    words: Words

    @property
    def n(self) -> int:
        """Return how many customers have formulas."""
        return len(self.rows)

    @property
    def titles(self) -> dict[str, str]:
        """Return the names of the living sheets."""
        say = self.words.say
        return {"weights": say("Weights"), "scoring": say("Scoring"), "scale": say("Scale")}

    @property
    def labels(self) -> list[str]:
        """Return how the criteria are called."""
        return [label(criterion.name, self.words) for criterion in self.criteria]

    @cached_property
    def points(self) -> Array:
        """Return the points, shape (customers, criteria)."""
        return self.rows[[f"points_{one.name}" for one in self.criteria]].to_numpy(float)

    @cached_property
    def values(self) -> Array:
        """Return the values that the points were given for, NaN where missing."""
        return self.rows[[f"value_{one.name}" for one in self.criteria]].to_numpy(float)

    @cached_property
    def ties(self) -> Array:
        """Return each customer's place among those level: by second lifetime value, then by id."""
        order = self.rows.sort_values(["second_lifetime_value", "customer_id"], ascending=[False, True])
        places = pd.Series(np.arange(1, self.n + 1), order.index)
        return np.asarray(places.reindex(self.rows.index), dtype=float)

    @property
    def classes(self) -> dict[str, str]:
        """Return how the classes are called."""
        return class_names(self.words)

    def not_first(self, frame: pd.DataFrame) -> pd.Series:
        """Whether customers are let go or waited for, whatever their total."""
        lost = (frame["best_profit"] <= 0) | (frame["second_lifetime_value"] <= 0)
        return lost | (frame["return_probability"] >= self.wait_probability)

    @cached_property
    def keys(self) -> Array:
        """Return the totals by which customers are ranked: less a trifle for the order of ties."""
        return self.rows["score"].to_numpy(float) - self.ties * TIE

    @cached_property
    def rest(self) -> Array:
        """Return the same of those neither let go nor waited for, NaN for the others."""
        return np.where(self.not_first(self.rows), np.nan, self.keys)

    # Where things stand --------------------------------------------------------------------

    def column(self, name: str) -> int:
        """Return the position of a column of the scoring sheet: of `COLUMNS`, points_i or value_i."""
        return self._places[name]

    @cached_property
    def _places(self) -> dict[str, int]:
        places = range(len(self.criteria))
        of_criteria = [f"{kind}_{place}" for kind in ("points", "value") for place in places]
        return {name: position for position, name in enumerate([*FRONT, *of_criteria, *BACK])}

    def cell(self, name: str, row: int) -> str:
        """Return the address of a customer's cell within the scoring sheet; ``row`` counts from 0."""
        return f"${xl_col_to_name(self.column(name))}{HEAD + 2 + row}"

    def whole(self, name: str, sheet: bool = False) -> str:
        """Return the address of a whole column of customers."""
        letter = xl_col_to_name(self.column(name))
        found = f"${letter}${HEAD + 2}:${letter}${HEAD + 1 + self.n}"
        return f"{quoted(self.titles['scoring'])}!{found}" if sheet else found

    def setting(self, name: str) -> str:
        """Return the address of a cell of the weights sheet: first_share, wait, cut and so on."""
        row = TABLE + len(self.criteria) + 2 + SETTINGS.index(name)
        return f"{quoted(self.titles['weights'])}!$F${row + 1}"

    def weight(self, place: int) -> str:
        """Return the address of a criterion's weight."""
        return f"{quoted(self.titles['weights'])}!$F${TABLE + place + 1}"

    def marks(self, place: int) -> str:
        """Return the address of a criterion's breakpoints."""
        first, last = xl_col_to_name(MARKS), xl_col_to_name(MARKS + MOST_MARKS - 1)
        row = TABLE + place + 1
        return f"{quoted(self.titles['weights'])}!${first}${row}:${last}${row}"

    @cached_property
    def scales(self) -> list[pd.DataFrame]:
        """Return, by criterion, the different values, rising, with the points that each gets."""
        return [
            pd.DataFrame({"value": values, "points": points})
            .dropna()
            .drop_duplicates("value")
            .sort_values("value", ignore_index=True)
            for values, points in zip(self.values.T, self.points.T, strict=True)
        ]

    def scale_cells(self, place: int) -> tuple[str, str]:
        """Return the addresses of a criterion's values and points in the scale sheet."""
        last = 2 + len(self.scales[place])
        title = quoted(self.titles["scale"])
        values, points = xl_col_to_name(2 * place), xl_col_to_name(2 * place + 1)
        return f"{title}!${values}$3:${values}${last}", f"{title}!${points}$3:${points}${last}"


FRONT = ("rank", "customer_id", "name", "class", "score", "delivered_rank", "delivered_class")
KNOWN = ("second_lifetime_value", "return_probability", "best_profit")
BACK = (*KNOWN, "tie", "key", "rest")
MARKS = 7
"""Position of the first breakpoint in the weights sheet."""
SETTINGS = ("first_share", "wait", "later_rest", "n_first", "cut", "still_first")


def of(run: Chapter, frame: pd.DataFrame) -> Live | None:
    """Return what the living sheets show; None where nobody is ranked or points are not there."""
    criteria = tuple(one for one in chosen_criteria(run.settings) if f"value_{one.name}" in frame)
    if not criteria:
        return None
    among = frame[frame["rank"].notna() & frame["apart"].fillna("").eq("")].sort_values("rank")
    if among.empty:
        return None
    scoring = run.settings.scoring
    rows, later = among.head(MOST_LIVE).reset_index(drop=True), among.iloc[MOST_LIVE:]
    return Live(criteria, rows, later, scoring.first_share, scoring.wait_probability, run.words)


@dataclass(frozen=True)
class LiveSheet:
    """Base of the sheets whose cells follow the weights."""

    live: Live
    name: ClassVar[str]
    hidden: ClassVar[bool] = False

    @classmethod
    def of(cls, run: Chapter, frame: pd.DataFrame) -> Self | None:
        """Return the sheet; None where nobody is ranked."""
        found = of(run, frame)
        return cls(found) if found else None

    @property
    def title(self) -> str:
        """The sheet's name in the report's language."""
        return self.live.titles[self.name]


def quoted(title: str) -> str:
    """Return a sheet's name as a formula names it."""
    return "'" + title.replace("'", "''") + "'"


def text(content: str) -> str:
    """Return a text as a formula holds it."""
    return '"' + content.replace('"', '""') + '"'
