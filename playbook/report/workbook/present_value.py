"""The present value of a customer, new and won back: margins and retention to change, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.chapter import Chapter
from playbook.report.workbook.sheets import between, printable, write_heading
from playbook.report.workbook.styles import Styles
from playbook.show.words import Words

RATE, ACQUISITION, WIN_BACK, NEW, BACK, SHARE = 3, 4, 5, 6, 7, 8
"""Rows of the figures at the top: three to change, three that follow."""
HEAD = 11
"""Row of the headings of both tables."""
MONTHS = 7
"""Column of the second table."""


@dataclass(frozen=True)
class PresentValueSheet:
    """A new customer year by year beside a customer won back month by month.

    Attributes
    ----------
    active, margins : sequence of float
        By year of a first life: share still buying, and margin of those who buy.
    months : sequence of float
        By month of a second life: mean margin per comeback.
    rate : float
        Discount rate per year.
    win_back_cost : float
        Cost of contacts and incentives per customer who returns, as planned; 0 without a plan.
    """

    active: Sequence[float]
    margins: Sequence[float]
    months: Sequence[float]
    rate: float
    win_back_cost: float
    words: Words

    @property
    def title(self) -> str:
        """The sheet's name."""
        return self.words.say("Present value")

    def notes(self) -> list[tuple[str, str]]:
        """Return heading and meaning of each column."""
        say = self.words.say
        return [
            (say("still buying"), say("share of new customers with an order in that year; change it")),
            (say("margin of a buyer"), say("mean margin in that year of those who buy; change it")),
            (say("margin of a comeback"), say("mean by month after it, with those who bought no more")),
            (
                say("discount"),
                say("what a later amount is worth today: (1 + rate) to the power of minus years"),
            ),
        ]

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        say, words = self.words.say, self.words
        page.write_string(0, 0, say("What a customer is worth today"), styles["title"])
        page.write_string(
            1,
            0,
            say("Yellow cells are yours to change. Amounts in {currency}.", currency=words.currency),
        )
        self._write_inputs(page, styles)
        self._write_new(page, styles)
        self._write_back(page, styles)
        page.set_column(0, 0, 46)
        page.set_column(1, MONTHS + 4, 14)
        page.freeze_panes(HEAD + 1, 0)
        printable(page, HEAD)

    def new_value(self) -> float:
        """Return the discounted margin of a new customer; year 1 is not discounted."""
        margins = np.array(self.active) * np.array(self.margins)
        return float(margins @ (1 + self.rate) ** -np.arange(len(margins), dtype=float))

    def back_value(self) -> float:
        """Return the discounted margin of a second life, the second lifetime value of a mean comeback."""
        margins = np.array(self.months)
        return float(margins @ (1 + self.rate) ** (-np.arange(len(margins)) / 12))

    def _write_inputs(self, page: Any, styles: Styles) -> None:
        say, words = self.words.say, self.words
        for row, label, value, style in (
            (RATE, say("discount rate per year"), self.rate, "input_share"),
            (ACQUISITION, say("cost of winning a new customer (not in the data)"), 0.0, "input_money"),
            (WIN_BACK, say("cost per customer who returns, as planned"), self.win_back_cost, "input_money"),
        ):
            page.write_string(row, 0, label)
            page.write_number(row, 1, value, styles[style])
        page.data_validation(RATE, 1, RATE, 1, between(0, 1, say("A rate lies between 0% and 100%.")))
        money = {"validate": "decimal", "criteria": ">=", "value": 0}
        money["error_message"] = say("A cost is a number, 0 or more.")
        page.data_validation(ACQUISITION, 1, WIN_BACK, 1, money)
        new, back = self.new_value(), self.back_value() - self.win_back_cost
        total = HEAD + 2 + len(self.active), HEAD + 2 + len(self.months)
        spans = words.number(len(self.active)), words.number(len(self.months))
        figures: tuple[tuple[int, str, str, float | str, str], ...] = (
            (
                NEW,
                say("a new customer is worth (years: {n})", n=spans[0]),
                f"=$F${total[0]}-$B${ACQUISITION + 1}",
                new,
                "total_money",
            ),
            (
                BACK,
                say("a customer won back is worth (months: {n})", n=spans[1]),
                f"=$L${total[1]}-$B${WIN_BACK + 1}",
                back,
                "total_money",
            ),
            (
                SHARE,
                say("won back, as a share of new"),
                f'=IF($B${NEW + 1}>0,$B${BACK + 1}/$B${NEW + 1},"")',
                back / new if new > 0 else "",
                "total_share",
            ),
        )
        for row, label, formula, shown, style in figures:
            page.write_string(row, 0, label, styles["bold"])
            page.write_formula(row, 1, formula, styles[style], shown)

    def _write_new(self, page: Any, styles: Styles) -> None:
        """Write the table of a new customer: inputs, and what each year is worth today."""
        say, notes = self.words.say, dict(self.notes())
        page.write_string(HEAD - 1, 0, say("A new customer, by year"), styles["bold"])
        headings = [say("year"), say("still buying"), say("margin of a buyer"), say("expected margin")]
        for place, heading in enumerate([*headings, say("discount"), say("worth today")]):
            write_heading(page, HEAD, place, heading, notes.get(heading, ""), styles)
        if not self.active:
            page.write_string(HEAD + 1, 0, say("The record is too short to follow new customers for a year."))
        for place, (share, margin) in enumerate(zip(self.active, self.margins, strict=True)):
            row, at = HEAD + 1 + place, HEAD + 2 + place
            factor = (1 + self.rate) ** -place
            page.write_number(row, 0, place + 1, styles["number"])
            page.write_number(row, 1, share, styles["input_share"])
            page.write_number(row, 2, margin, styles["input_money"])
            page.write_formula(row, 3, f"=B{at}*C{at}", styles["money"], share * margin)
            page.write_formula(row, 4, f"=(1+$B${RATE + 1})^-(A{at}-1)", styles["factor"], factor)
            page.write_formula(row, 5, f"=D{at}*E{at}", styles["money"], share * margin * factor)
        last = HEAD + 1 + len(self.active)
        page.write_string(last, 0, say("sum"), styles["total_text"])
        page.write_formula(last, 5, _sum("F", len(self.active)), styles["total_money"], self.new_value())

    def _write_back(self, page: Any, styles: Styles) -> None:
        """Write the table of a customer won back."""
        say, notes = self.words.say, dict(self.notes())
        page.write_string(HEAD - 1, MONTHS, say("A customer won back, by month"), styles["bold"])
        headings = [say("month"), say("margin of a comeback"), say("still counted"), say("discount")]
        notes[say("still counted")] = say("1 counts the month, 0 leaves it out; change it")
        for place, heading in enumerate([*headings, say("worth today")], start=MONTHS):
            write_heading(page, HEAD, place, heading, notes.get(heading, ""), styles)
        if not self.months:
            page.write_string(HEAD + 1, MONTHS, say("Too few have come back to follow second lives."))
        for month, margin in enumerate(self.months):
            row, at = HEAD + 1 + month, HEAD + 2 + month
            factor = (1 + self.rate) ** (-month / 12)
            page.write_number(row, MONTHS, month, styles["number"])
            page.write_number(row, MONTHS + 1, margin, styles["input_money"])
            page.write_number(row, MONTHS + 2, 1, styles["input_number"])
            formula = f"=(1+$B${RATE + 1})^(-H{at}/12)"
            page.write_formula(row, MONTHS + 3, formula, styles["factor"], factor)
            page.write_formula(row, MONTHS + 4, f"=I{at}*J{at}*K{at}", styles["money"], margin * factor)
        last = HEAD + 1 + len(self.months)
        page.write_string(last, MONTHS, say("sum"), styles["total_text"])
        page.write_formula(
            last, MONTHS + 4, _sum("L", len(self.months)), styles["total_money"], self.back_value()
        )


def _sum(letter: str, rows: int) -> str:
    return f"=SUM({letter}{HEAD + 2}:{letter}{HEAD + 1 + rows})" if rows else "=0"


def present_value(run: Chapter, frame: pd.DataFrame) -> PresentValueSheet | None:
    """Return the sheet of present values; None before chapter 06 has found them."""
    found = run.findings("06")
    if "first_life_active" not in found:
        return None
    months = found["second_life_months"].value if "second_life_months" in found else []
    return PresentValueSheet(
        found["first_life_active"].value,
        found["first_life_margin"].value,
        months,
        run.settings.discount_rate,
        _cost_per_return(run),
        run.words,
    )


def _cost_per_return(run: Chapter) -> float:
    """Return what the plan spends per customer expected to return; 0 without a plan."""
    path = run.folder / "plan.csv"
    if not path.is_file():
        return 0.0
    plan = pd.read_csv(path)
    chance = plan["return_probability_with_offer"]
    if not chance.sum() > 0:
        return 0.0
    spent = plan["contact_cost"] + chance * (plan["incentive_return"] + plan["incentive_stay"])
    return round(float(spent.sum() / chance.sum()), 2)
