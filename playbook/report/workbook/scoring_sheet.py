"""The scoring sheet: points, totals, ranks and classes as formulas."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from playbook.chapters.scoring.criteria import MONEY, MOST, SHARES
from playbook.chapters.scoring.ranking import BUDGET, FIRST, LET_GO, WAIT
from playbook.report.workbook import live
from playbook.report.workbook.columns import PROSPECT, SheetColumn, choose_columns
from playbook.report.workbook.live import HEAD, TIE, WEIGHT_ROW, LiveSheet, text
from playbook.report.workbook.sheets import printable, write_column, write_heading
from playbook.report.workbook.styles import WIDTHS, Styles
from playbook.settings.scoring import Criterion


@dataclass(frozen=True)
class ScoringSheet(LiveSheet):
    """Customers in rows, criteria in columns; everything that follows from the weights is live."""

    name = "scoring"

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        found, say = self.live, self.live.words.say
        page.write_string(0, 0, say("The scoring sheet"), styles["title"])
        page.write_string(1, 0, self.sentence)
        page.write_string(WEIGHT_ROW, 0, say("weights, from the sheet of that name"), styles["bold"])
        for column in (*self._front(), *self._criteria(), *self._back()):
            position = found.column(column.name)
            write_heading(page, HEAD, position, column.heading, column.note, styles)
            page.set_column(position, position, WIDTHS[column.kind], styles[column.kind])
        for place, criterion in enumerate(found.criteria):
            self._write_criterion(page, place, criterion, styles)
        self._write_back(page, styles)
        self._write_front(page, styles)
        self._finish(page, styles)

    @property
    def sentence(self) -> str:
        """What is in it, and what follows what."""
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

    def _front(self) -> list[SheetColumn]:
        words, say = self.live.words, self.live.words.say
        rank, *customer = choose_columns(
            words, "rank", "customer_id", "name", rank=say("1 is whom to win back first; live")
        )
        as_delivered = say("does not follow the weights")
        return [
            rank,
            *customer,
            SheetColumn(
                "class", say("class"), "text", say("first, if the budget allows, wait, let go; live")
            ),
            SheetColumn(
                "score", say("total"), "decimal", say("sum of the points, each times its weight; live")
            ),
            SheetColumn("delivered_rank", say("rank as delivered"), "number", as_delivered),
            SheetColumn("delivered_class", say("class as delivered"), "text", as_delivered),
        ]

    def _criteria(self) -> list[SheetColumn]:
        say, names = self.live.words.say, self.live.labels
        points = say("points from 0 to 10; live; none where not known")
        values = say("what the points are for")
        return [
            *(SheetColumn(f"points_{place}", name, "decimal", points) for place, name in enumerate(names)),
            *(
                SheetColumn(f"value_{place}", say("{name}: value", name=name), _kind(one), values)
                for place, (one, name) in enumerate(zip(self.live.criteria, names, strict=True))
            ),
        ]

    def _back(self) -> list[SheetColumn]:
        words, say = self.live.words, self.live.words.say
        return [
            *choose_columns(words, *PROSPECT, second_lifetime_value=say("margin if won back; decides ties")),
            SheetColumn(
                "best_profit",
                say("best offer at best"),
                "money",
                say("profit of the best offer if people respond as well as one may hope"),
            ),
            SheetColumn(
                "tie",
                say("place among equals"),
                "number",
                say("by second lifetime value, then number; constant"),
            ),
            SheetColumn(
                "key",
                say("total for ranking"),
                "decimal",
                say("the total, less a trifle for the place among equals"),
            ),
            SheetColumn(
                "rest",
                say("worth an offer"),
                "decimal",
                say("the same, of those neither let go nor waited for"),
            ),
        ]

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
        found = self.live
        for column in self._back():
            if column.name in live.KNOWN:
                at, numbers = found.column(column.name), found.rows[column.name]
                write_column(page, HEAD + 1, at, numbers, column.kind, styles[column.kind])
        wait = found.setting("wait")
        for row, place in enumerate(found.ties):
            at, cell = HEAD + 1 + row, self._cells(row)
            waits = _is(cell["return_probability"], ">=" + wait)
            page.write_number(at, found.column("tie"), place, styles["number"])
            key = f"={cell['score']}-{cell['tie']}*{TIE:.10f}"
            page.write_formula(at, found.column("key"), key, styles["exact"], found.keys[row])
            shown = "" if np.isnan(found.rest[row]) else found.rest[row]
            formula = f'=IF(OR({_lost(cell)},{waits}),"",{cell["key"]})'
            page.write_formula(at, found.column("rest"), formula, styles["exact"], shown)

    def _cells(self, row: int) -> dict[str, str]:
        return {name: self.live.cell(name, row) for name in (*live.BACK, "score")}

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
        cell = self._cells(row)
        names = {kind: text(name) for kind, name in found.classes.items()}
        offered = f"IF({cell['rest']}>={found.setting('cut')},{names[FIRST]},{names[BUDGET]})"
        left = f"IF(OR({_lost(cell)}),{names[LET_GO]},{names[WAIT]})"
        return f"=IF(ISNUMBER({cell['rest']}),{offered},{left})"

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


def _lost(cell: dict[str, str]) -> str:
    """Return the conditions of which one lets a customer go."""
    return f"{_is(cell['best_profit'], '<=0')},{_is(cell['second_lifetime_value'], '<=0')}"


def _kind(criterion: Criterion) -> str:
    if criterion.column in MONEY:
        return "money"
    return "share" if criterion.column in SHARES else "decimal"
