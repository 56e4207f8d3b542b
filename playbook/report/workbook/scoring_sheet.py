"""The scoring sheet: points, totals, ranks and classes as formulas."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from playbook.chapter import Chapter
from playbook.chapters.scoring.criteria import MONEY, MOST, SHARES
from playbook.chapters.scoring.ranking import BUDGET, FIRST, LET_GO, WAIT
from playbook.report.workbook import live
from playbook.report.workbook.live import HEAD, TIE, WEIGHT_ROW, Live, text
from playbook.report.workbook.sheets import printable, write_heading
from playbook.report.workbook.styles import WIDTHS, Styles
from playbook.settings.scoring import Criterion


@dataclass(frozen=True)
class ScoringSheet:
    """Customers in rows, criteria in columns; everything that follows from the weights is live."""

    live: Live

    @property
    def title(self) -> str:
        """The sheet's name."""
        return self.live.titles["scoring"]

    def notes(self) -> list[tuple[str, str]]:
        """Return heading and meaning of each column."""
        say = self.live.words.say
        others = [
            (heading, note)
            for name, heading, _, note in self._columns()
            if note and not name.startswith(("points_", "value_"))
        ]
        return [
            *others,
            (say("each criterion"), say("points from 0 to 10; live; none where not known")),
            (say("each criterion: value"), say("what the points are for")),
        ]

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        found, say = self.live, self.live.words.say
        page.write_string(0, 0, say("The scoring sheet"), styles["title"])
        page.write_string(1, 0, self._sentence())
        page.write_string(WEIGHT_ROW, 0, say("weights, from the sheet of that name"), styles["bold"])
        for name, heading, kind, note in self._columns():
            position = found.column(name)
            write_heading(page, HEAD, position, heading, note, styles)
            page.set_column(position, position, WIDTHS[kind], styles[kind])
        for place, criterion in enumerate(found.criteria):
            self._write_criterion(page, place, criterion, styles)
        self._write_back(page, styles)
        self._write_front(page, styles)
        self._finish(page, styles)

    def _sentence(self) -> str:
        found = self.live
        said = found.words.say_many(
            "{n} customer, live: change a weight or a breakpoint in the sheet of weights, and points,"
            " total, rank and class follow. Sort by rank to see who comes first then.",
            "{n} customers, live: change a weight or a breakpoint in the sheet of weights, and points,"
            " totals, ranks and classes follow. Sort by rank to see who comes first then.",
            found.n,
        )
        if len(found.later):
            said += " " + found.words.say(
                "{n} more, all behind these as delivered, stand as values in the sheet of the ranking.",
                n=found.words.number(len(found.later)),
            )
        return said

    def _columns(self) -> list[tuple[str, str, str, str]]:
        say, found = self.live.words.say, self.live
        front = [
            ("rank", say("rank"), "number", say("1 is whom to win back first; live")),
            ("customer_id", say("customer"), "text", say("the client's number")),
            ("name", say("name"), "text", ""),
            ("class", say("class"), "text", say("first, if the budget allows, wait, let go; live")),
            ("score", say("total"), "decimal", say("sum of the points, each times its weight; live")),
            ("delivered_rank", say("rank as delivered"), "number", say("does not follow the weights")),
            ("delivered_class", say("class as delivered"), "text", say("does not follow the weights")),
        ]
        points = [
            (f"points_{place}", name, "decimal", say("points from 0 to 10; live; none where not known"))
            for place, name in enumerate(found.labels)
        ]
        values = [
            (f"value_{place}", say("{name}: value", name=name), _kind(one), say("what the points are for"))
            for place, (one, name) in enumerate(zip(found.criteria, found.labels, strict=True))
        ]
        back = [
            ("worth", say("second lifetime value"), "money", say("margin if won back; decides ties")),
            ("chance", say("chance unaided"), "share", say("of an order within the horizon")),
            (
                "profit",
                say("best offer at best"),
                "money",
                say("profit of the best offer if people respond as well as one may hope"),
            ),
            (
                "tie",
                say("place among equals"),
                "number",
                say("by second lifetime value, then number; constant"),
            ),
            (
                "key",
                say("total for ranking"),
                "decimal",
                say("the total, less a trifle for the place among equals"),
            ),
            (
                "rest",
                say("worth an offer"),
                "decimal",
                say("the same, of those neither let go nor waited for"),
            ),
        ]
        return [*front, *points, *values, *back]

    def _write_criterion(self, page: Any, place: int, criterion: Criterion, styles: Styles) -> None:
        """Write weight, values and live points of one criterion."""
        found, column = self.live, self.live.column(f"points_{place}")
        page.write_formula(WEIGHT_ROW, column, f"={found.weight(place)}", styles["exact"], criterion.weight)
        values, points = found.values[:, place], found.points[:, place]
        style = styles[_kind(criterion)]
        for row in range(found.n):
            if not np.isnan(values[row]):
                page.write_number(HEAD + 1 + row, found.column(f"value_{place}"), values[row], style)
            formula = self._points_formula(place, criterion, row)
            page.write_formula(HEAD + 1 + row, column, formula, styles["decimal"], points[row])

    def _points_formula(self, place: int, criterion: Criterion, row: int) -> str:
        found, value = self.live, self.live.cell(f"value_{place}", row)
        if criterion.points == "percentile":
            values, points = found.scale_cells(place)
            if not len(found.scales[place]):
                return "=0"
            return f"=IF(ISNUMBER({value}),INDEX({points},IFERROR(MATCH({value},{values},1),1)),0)"
        marks, sign = found.marks(place), "<=" if criterion.better == "high" else ">="
        reached = f"SUMPRODUCT(ISNUMBER({marks})*({marks}{sign}{value}))"
        return f"=IF(ISNUMBER({value}),{MOST}*{reached}/COUNT({marks}),0)"

    def _write_back(self, page: Any, styles: Styles) -> None:
        """Write what decides ties and classes, and the two columns that ranks are read from."""
        found, rows = self.live, self.live.rows
        keys, rest = self.keys(), self.rest()
        for name, column, kind in (
            ("worth", "second_lifetime_value", "money"),
            ("chance", "return_probability", "share"),
            ("profit", "best_profit", "money"),
        ):
            for row, number in enumerate(rows[column].to_numpy(float)):
                if not np.isnan(number):
                    page.write_number(HEAD + 1 + row, found.column(name), number, styles[kind])
        wait = found.setting("wait")
        for row, place in enumerate(found.ties):
            cell = {name: found.cell(name, row) for name in (*live.BACK, "score")}
            lost = (
                f"OR({_is(cell['profit'], '<=0')},{_is(cell['worth'], '<=0')},"
                f"{_is(cell['chance'], '>=' + wait)})"
            )
            page.write_number(HEAD + 1 + row, found.column("tie"), place, styles["number"])
            key = f"={cell['score']}-{cell['tie']}*{TIE:.10f}"
            page.write_formula(HEAD + 1 + row, found.column("key"), key, styles["exact"], keys[row])
            shown = "" if np.isnan(rest[row]) else rest[row]
            formula = f'=IF({lost},"",{cell["key"]})'
            page.write_formula(HEAD + 1 + row, found.column("rest"), formula, styles["exact"], shown)

    def keys(self) -> Any:
        """Return the totals, less a trifle for the order of ties."""
        return self.live.rows["score"].to_numpy(float) - self.live.ties * TIE

    def rest(self) -> Any:
        """Return the same for those neither let go nor waited for, NaN for the others."""
        return np.where(self.live.not_first(self.live.rows), np.nan, self.keys())

    def _write_front(self, page: Any, styles: Styles) -> None:
        """Write who it is, the total, the rank and the class."""
        found, rows = self.live, self.live.rows
        first, last = (f"points_{place}" for place in (0, len(found.criteria) - 1))
        start, end = (xl_col_to_name(found.column(name)) for name in (first, last))
        weights = f"${start}${WEIGHT_ROW + 1}:${end}${WEIGHT_ROW + 1}"
        names = rows["name"] if "name" in rows else pd.Series(None, rows.index)
        called = rows["class"].map(found.classes)
        everybody = found.whole("key")
        for row, (score, rank) in enumerate(zip(rows["score"], rows["rank"], strict=True)):
            at = HEAD + 1 + row
            page.write_string(at, found.column("customer_id"), str(rows["customer_id"][row]), styles["text"])
            if pd.notna(names[row]):
                page.write_string(at, found.column("name"), str(names[row]), styles["text"])
            total = f"=ROUND(SUMPRODUCT({found.cell(first, row)}:{found.cell(last, row)},{weights}),6)"
            page.write_formula(at, found.column("score"), total, styles["exact"], score)
            ranked = f"=RANK({found.cell('key', row)},{everybody},0)"
            page.write_formula(at, found.column("rank"), ranked, styles["number"], int(rank))
            page.write_formula(
                at, found.column("class"), self._class_formula(row), styles["text"], called[row]
            )
            page.write_number(at, found.column("delivered_rank"), int(rank), styles["number"])
            page.write_string(at, found.column("delivered_class"), called[row], styles["text"])

    def _class_formula(self, row: int) -> str:
        found = self.live
        cell = {name: found.cell(name, row) for name in live.BACK}
        names = {kind: text(name) for kind, name in found.classes.items()}
        offered = f"IF({cell['rest']}>={found.setting('cut')},{names[FIRST]},{names[BUDGET]})"
        gone = f"OR({_is(cell['profit'], '<=0')},{_is(cell['worth'], '<=0')})"
        return f"=IF(ISNUMBER({cell['rest']}),{offered},IF({gone},{names[LET_GO]},{names[WAIT]}))"

    def _finish(self, page: Any, styles: Styles) -> None:
        """Colour points and classes; freeze, filter and lay out for print."""
        found, end = self.live, HEAD + self.live.n
        start, stop = found.column("points_0"), found.column(f"points_{len(found.criteria) - 1}")
        page.conditional_format(
            HEAD + 1,
            start,
            end,
            stop,
            {
                "type": "2_color_scale",
                "min_type": "num",
                "min_value": 0,
                "max_type": "num",
                "max_value": MOST,
                "min_color": "#FFFFFF",
                "max_color": "#7FB8DA",
            },
        )
        place = found.column("class")
        for kind, style in ((FIRST, "best"), (BUDGET, "fair"), (WAIT, "quiet"), (LET_GO, "gone")):
            rule = {"type": "cell", "criteria": "==", "value": text(found.classes[kind])}
            page.conditional_format(HEAD + 1, place, end, place, rule | {"format": styles[style]})
        page.freeze_panes(HEAD + 1, 3)
        page.autofilter(HEAD, 0, end, found.column(live.BACK[-1]))
        printable(page, HEAD)
        page.print_area(0, 0, end, stop)


def _is(cell: str, condition: str) -> str:
    """Return a comparison that is false for a cell without a number."""
    return f"AND(ISNUMBER({cell}),{cell}{condition})"


def _kind(criterion: Criterion) -> str:
    if criterion.column in MONEY:
        return "money"
    return "share" if criterion.column in SHARES else "decimal"


def scoring(run: Chapter, frame: pd.DataFrame) -> ScoringSheet | None:
    """Return the living scoring sheet; None where nobody is ranked."""
    found = live.of(run, frame)
    return ScoringSheet(found) if found else None
