"""The weights: what the client may change; and the scale by which ranks become points."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from playbook.chapters.scoring.ranking import FIRST
from playbook.report.workbook.live import MARKS, MOST_MARKS, SETTINGS, TABLE, LiveSheet, text
from playbook.report.workbook.sheets import between, printable, write_heading
from playbook.report.workbook.styles import Styles

SHOWN = 20
"""Customers of the live list below the weights."""
WEIGHT, MEAN = 5, 6


@dataclass(frozen=True)
class WeightsSheet(LiveSheet):
    """Weights, breakpoints and cut-offs to change, and who comes first by them."""

    name = "weights"

    @property
    def sentence(self) -> str:
        """What is in it, and what follows what."""
        return self.live.words.say(
            "Yellow cells are yours to change: the sheet {scoring} and the first {n} in this one follow,"
            " the other sheets are as delivered. Weights of 1 are the plain sum.",
            scoring=self.live.titles["scoring"],
            n=self.live.words.number(min(SHOWN, self.live.n)),
        )

    def _notes(self) -> dict[str, str]:
        """Return the meaning of each heading that needs one."""
        say = self.live.words.say
        return {
            say("weight"): say("change it: 0 leaves a criterion out, 2 counts it twice"),
            say("breakpoints"): say("change it; each that is reached gives the same part of ten points"),
            say("mean points"): say("over the customers of the scoring sheet; live"),
        }

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        say = self.live.words.say
        page.write_string(0, 0, say("What counts, and how much"), styles["title"])
        page.write_string(1, 0, self.sentence)
        weights = f"$F${TABLE + 1}:$F${TABLE + len(self.live.criteria)}"
        warning = text(say("Give at least one criterion a weight above 0."))
        page.write_formula(2, 0, f'=IF(SUM({weights})>0,"",{warning})', styles["alarm"], "")
        self._write_criteria(page, styles)
        self._write_settings(page, styles)
        self._write_first(page, styles)
        page.set_column(0, 0, 46)
        page.set_column(1, 3, 18)
        page.set_column(4, 4, 26)
        page.set_column(WEIGHT, MARKS + MOST_MARKS - 1, 12)
        page.freeze_panes(TABLE, 1)
        printable(page, TABLE - 1)

    def _write_criteria(self, page: Any, styles: Styles) -> None:
        found, say = self.live, self.live.words.say
        headings = [say("criterion"), say("group"), say("points"), say("better"), "", say("weight")]
        headings += [say("mean points"), say("breakpoints"), *[""] * (MOST_MARKS - 1)]
        notes = self._notes()
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
        message = say("A breakpoint is a number, or the cell is empty.")
        rule = between(-1e15, 1e15, message, say("Not a number"))
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
        limits = between(0, 1, say("A share lies between 0% and 100%."), say("Not a share"))
        cells: dict[str, tuple[str, float, str, str]] = {  # label, value, style, formula
            "first_share": (
                say("share of those worth an offer who come first"),
                found.first_share,
                "input_share",
                "",
            ),
            "wait": (
                say("chance to return unaided from which to wait"),
                found.wait_probability,
                "input_share",
                "",
            ),
            "later_rest": (say("worth an offer, but not live"), behind, "number", ""),
            "n_first": (
                say("how many come first"),
                self._n_first(behind),
                "number",
                f"=ROUNDUP({share}*(COUNT({rest})+{later})-0.000000001,0)",
            ),
            "cut": (
                say("total from which a customer comes first"),
                self._cut(behind),
                "exact",
                f"=IF({n_first}<1,1E+300,IF({n_first}>=COUNT({rest}),MIN({rest}),LARGE({rest},{n_first})))",
            ),
            "still_first": (
                say("first as delivered, and still first"),
                int((found.rows["class"] == FIRST).sum()),
                "number",
                f"=COUNTIFS({classes},{first},{delivered},{first})",
            ),
        }
        for at, name in enumerate(SETTINGS, start=row):
            label, value, style, formula = cells[name]
            page.write_string(at, 0, label)
            if formula:
                page.write_formula(at, WEIGHT, formula, styles[style], value)
            else:
                page.write_number(at, WEIGHT, value, styles[style])
            if style == "input_share":
                page.data_validation(at, WEIGHT, at, WEIGHT, limits)

    def _n_first(self, behind: int) -> int:
        rest = np.isfinite(self.live.rest).sum() + behind
        return int(np.ceil(self.live.first_share * rest - 1e-9))

    def _cut(self, behind: int) -> float:
        """Return the total from which a customer comes first."""
        rest, n = self.live.rest, self._n_first(behind)
        rest = np.sort(rest[np.isfinite(rest)])[::-1]
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
        columns = {  # heading and style
            "customer_id": (say("customer"), "text"),
            "class": (say("class"), "text"),
            "score": (say("total"), "exact"),
            "name": (say("name"), "text"),
            "delivered_rank": (say("rank as delivered"), "number"),
        }
        for position, heading in enumerate([say("rank"), *(heading for heading, _ in columns.values())]):
            write_heading(page, head, position, heading, "", styles)
        rows = found.rows.head(shown).assign(delivered_rank=lambda rows: rows["rank"].astype(int))
        rows["class"] = rows["class"].map(found.classes)
        values = rows.reindex(columns=list(columns)).fillna({"name": ""})
        ranks = found.whole("rank", sheet=True)
        for row, cached in enumerate(values.to_dict("records")):
            at = head + 1 + row
            page.write_number(at, 0, row + 1, styles["left"])
            for position, (name, (_, style)) in enumerate(columns.items(), start=1):
                found_in = f"INDEX({found.whole(name, sheet=True)},MATCH($A{at + 1},{ranks},0))"
                formula = f'={found_in}&""' if name == "name" else f"={found_in}"
                page.write_formula(at, position, formula, styles[style], cached[name])


@dataclass(frozen=True)
class ScaleSheet(LiveSheet):
    """Which value gets how many points, for the criteria that go by rank."""

    name = "scale"
    hidden = True

    @property
    def sentence(self) -> str:
        """What is in it."""
        return self.live.words.say("Points by rank: which value gets how many. The scoring sheet looks here.")

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        found, say = self.live, self.live.words.say
        page.write_string(0, 0, self.sentence)
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
