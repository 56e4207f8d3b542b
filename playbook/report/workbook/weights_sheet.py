"""The weights: what the client may change; and the scale by which ranks become points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.scoring.ranking import FIRST
from playbook.report.workbook import live
from playbook.report.workbook.live import MARKS, MOST_MARKS, SETTINGS, TABLE, TIE, Live, text
from playbook.report.workbook.sheets import printable, write_heading
from playbook.report.workbook.styles import Styles

SHOWN = 20
"""Customers of the live list below the weights."""
WEIGHT, MEAN = 5, 6


@dataclass(frozen=True)
class WeightsSheet:
    """Weights, breakpoints and cut-offs to change, and who comes first by them."""

    live: Live

    @property
    def title(self) -> str:
        """The sheet's name."""
        return self.live.titles["weights"]

    def notes(self) -> list[tuple[str, str]]:
        """Return heading and meaning of each column."""
        say = self.live.words.say
        return [
            (say("weight"), say("change it: 0 leaves a criterion out, 2 counts it twice")),
            (say("breakpoint"), say("change it; each that is reached gives the same part of ten points")),
            (say("mean points"), say("over the customers of the scoring sheet; live")),
        ]

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        say = self.live.words.say
        page.write_string(0, 0, say("What counts, and how much"), styles["title"])
        page.write_string(
            1, 0, say("Yellow cells are yours to change: all sheets follow. Weights of 1 are the plain sum.")
        )
        weights = f"$F${TABLE + 1}:$F${TABLE + len(self.live.criteria)}"
        warning = text(say("Give at least one criterion a weight above 0."))
        page.write_formula(2, 0, f'=IF(SUM({weights})>0,"",{warning})', styles["alarm"], "")
        self._write_criteria(page, styles)
        self._write_settings(page, styles)
        self._write_first(page, styles)
        page.set_column(0, 0, 46)
        page.set_column(1, 3, 18)
        page.set_column(4, 4, 26)
        page.set_column(WEIGHT, MARKS + MOST_MARKS - 1, 10)
        page.freeze_panes(TABLE, 1)
        printable(page, TABLE - 1)

    def _write_criteria(self, page: Any, styles: Styles) -> None:
        found, say = self.live, self.live.words.say
        headings = [say("criterion"), say("group"), say("points"), say("better"), "", say("weight")]
        headings += [say("mean points"), say("breakpoints"), *[""] * (MOST_MARKS - 1)]
        notes = dict(self.notes())
        for position, heading in enumerate(headings):
            write_heading(page, TABLE - 1, position, heading, notes.get(heading, ""), styles)
        for place, (criterion, name) in enumerate(zip(found.criteria, found.labels, strict=True)):
            row, by_rank = TABLE + place, criterion.points == "percentile"
            page.write_string(row, 0, name)
            page.write_string(row, 1, say(criterion.group))
            page.write_string(row, 2, say("by rank") if by_rank else say("by breakpoints"))
            page.write_string(row, 3, say("high") if criterion.better == "high" else say("low"))
            page.write_number(row, WEIGHT, criterion.weight, styles["input_decimal"])
            page.data_validation(row, WEIGHT, row, WEIGHT, self._no_less_than_zero())
            points = found.whole(f"points_{place}", sheet=True)
            mean = float(found.points[:, place].mean())
            page.write_formula(row, MEAN, f"=AVERAGE({points})", styles["decimal"], mean)
            if not by_rank:
                self._write_marks(page, row, [float(mark) for mark in criterion.points], styles)

    def _write_marks(self, page: Any, row: int, marks: list[float], styles: Styles) -> None:
        say = self.live.words.say
        for place in range(MOST_MARKS):
            if place < len(marks):
                page.write_number(row, MARKS + place, marks[place], styles["input_exact"])
            else:
                page.write_blank(row, MARKS + place, None, styles["input_exact"])
        rule = {
            "validate": "decimal",
            "criteria": "between",
            "minimum": -1e15,
            "maximum": 1e15,
            "error_title": say("Not a number"),
            "error_message": say("A breakpoint is a number, or the cell is empty."),
        }
        page.data_validation(row, MARKS, row, MARKS + MOST_MARKS - 1, rule)

    def _no_less_than_zero(self) -> dict[str, Any]:
        say = self.live.words.say
        return {
            "validate": "decimal",
            "criteria": ">=",
            "value": 0,
            "input_title": say("Weight"),
            "input_message": say("0 or more; 1 counts once."),
            "error_title": say("Not a weight"),
            "error_message": say("A weight is a number, 0 or more."),
        }

    def _write_settings(self, page: Any, styles: Styles) -> None:
        """Write the cut-offs of the classes and what follows from them."""
        found, say = self.live, self.live.words.say
        rest, row = found.whole("rest", sheet=True), TABLE + len(found.criteria) + 2
        page.write_string(row - 1, 0, say("Classes"), styles["bold"])
        share, n_first, later = (found.setting(name) for name in ("first_share", "n_first", "later_rest"))
        behind = int((~found.not_first(found.later)).sum())
        classes, delivered = (found.whole(name, sheet=True) for name in ("class", "delivered_class"))
        first = text(found.classes[FIRST])
        formulas: dict[str, tuple[str, str, Any, str]] = {
            "n_first": (
                say("how many come first"),
                f"=ROUNDUP({share}*(COUNT({rest})+{later})-0.000000001,0)",
                self._n_first(behind),
                "number",
            ),
            "cut": (
                say("total from which a customer comes first"),
                f"=IF({n_first}<1,1E+300,IF({n_first}>=COUNT({rest}),MIN({rest}),LARGE({rest},{n_first})))",
                self._cut(behind),
                "exact",
            ),
            "still_first": (
                say("first as delivered, and still first"),
                f"=COUNTIFS({classes},{first},{delivered},{first})",
                found.first_in_rows,
                "number",
            ),
        }
        inputs: dict[str, tuple[str, Any]] = {
            "first_share": (say("share of those worth an offer who come first"), found.first_share),
            "wait": (say("chance to return unaided from which to wait"), found.wait_probability),
        }
        for place, name in enumerate(SETTINGS):
            if name in inputs:
                label, value = inputs[name]
                page.write_number(row + place, WEIGHT, value, styles["input_share"])
                page.data_validation(row + place, WEIGHT, row + place, WEIGHT, self._share())
            elif name == "later_rest":
                label = say("worth an offer, but not live")
                page.write_number(row + place, WEIGHT, behind, styles["number"])
            else:
                label, formula, value, style = formulas[name]
                page.write_formula(row + place, WEIGHT, formula, styles[style], value)
            page.write_string(row + place, 0, label)

    def _share(self) -> dict[str, Any]:
        say = self.live.words.say
        return {
            "validate": "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": 1,
            "error_title": say("Not a share"),
            "error_message": say("A share lies between 0% and 100%."),
        }

    def _n_first(self, behind: int) -> int:
        rest = int((~self.live.not_first(self.live.rows)).sum()) + behind
        return int(np.ceil(self.live.first_share * rest - 1e-9))

    def _cut(self, behind: int) -> float:
        """Return the total from which a customer comes first."""
        found = self.live
        keys = found.rows["score"].to_numpy(float) - found.ties * TIE
        rest = np.sort(keys[~found.not_first(found.rows).to_numpy(bool)])[::-1]
        n = self._n_first(behind)
        if n < 1:
            return 1e300
        return float(rest[min(n, len(rest)) - 1]) if len(rest) else 0.0

    def _write_first(self, page: Any, styles: Styles) -> None:
        """Write the live list of the best."""
        found, say = self.live, self.live.words.say
        head = TABLE + len(found.criteria) + len(SETTINGS) + 4
        shown = min(SHOWN, found.n)
        page.write_string(
            head - 1, 0, say("The first {n} by these weights", n=found.words.number(shown)), styles["bold"]
        )
        columns = ("customer_id", "class", "score", "name", "delivered_rank")
        headings = [say("customer"), say("class"), say("total"), say("name"), say("rank as delivered")]
        for position, heading in enumerate([say("rank"), *headings]):
            write_heading(page, head, position, heading, "", styles)
        ranks = found.whole("rank", sheet=True)
        rows = found.rows
        for row in range(shown):
            at = head + 1 + row
            page.write_number(at, 0, row + 1, styles["left"])
            cached = {
                "customer_id": str(rows["customer_id"][row]),
                "name": str(rows["name"][row]) if "name" in rows and pd.notna(rows["name"][row]) else "",
                "class": found.classes[str(rows["class"][row])],
                "score": float(rows["score"][row]),
                "delivered_rank": int(rows["rank"][row]),
            }
            for position, name in enumerate(columns, start=1):
                found_in = f"INDEX({found.whole(name, sheet=True)},MATCH($A{at + 1},{ranks},0))"
                formula = f'={found_in}&""' if name == "name" else f"={found_in}"
                style = styles["exact" if name == "score" else "number" if "rank" in name else "text"]
                page.write_formula(at, position, formula, style, cached[name])


@dataclass(frozen=True)
class ScaleSheet:
    """Which value gets how many points, for the criteria that go by rank."""

    live: Live

    @property
    def title(self) -> str:
        """The sheet's name."""
        return self.live.titles["scale"]

    def notes(self) -> list[tuple[str, str]]:
        """Return heading and meaning of each column."""
        say = self.live.words.say
        return [(say("value, points"), say("by rank among all ranked customers as delivered; constant"))]

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        found, say = self.live, self.live.words.say
        page.write_string(
            0, 0, say("Points by rank: which value gets how many. The scoring sheet looks here.")
        )
        for place, (criterion, name) in enumerate(zip(found.criteria, found.labels, strict=True)):
            if criterion.points != "percentile":
                continue
            scale = found.scales[place]
            page.write_string(1, 2 * place, name, styles["head"])
            page.write_string(1, 2 * place + 1, say("points"), styles["head"])
            page.write_column(2, 2 * place, scale["value"].tolist())
            page.write_column(2, 2 * place + 1, scale["points"].tolist())
        page.set_column(0, 2 * len(found.criteria), 14)
        page.freeze_panes(2, 0)
        printable(page, 1)


def weights(run: Chapter, frame: pd.DataFrame) -> WeightsSheet | None:
    """Return the sheet of weights; None where nobody is ranked."""
    found = live.of(run, frame)
    return WeightsSheet(found) if found else None


def scale(run: Chapter, frame: pd.DataFrame) -> ScaleSheet | None:
    """Return the scale of points by rank; None where nobody is ranked."""
    found = live.of(run, frame)
    return ScaleSheet(found) if found else None
