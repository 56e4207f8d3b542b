"""The present value of a customer won back: margins to change month by month, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from playbook.chapter import Chapter
from playbook.report.workbook.sheets import between, printable, write_heading
from playbook.report.workbook.styles import Styles
from playbook.show.words import Words

RATE, WIN_BACK, BACK = 3, 4, 5
"""Rows of the figures at the top: two to change, and what follows."""
HEAD = 8
"""Row of the table's headings."""


@dataclass(frozen=True)
class PresentValueSheet:
    """What a customer won back brings month by month, and what that is worth today.

    Attributes
    ----------
    months : sequence of float
        By month of a second life: mean margin per comeback.
    rate : float
        Discount rate per year.
    win_back_cost : float
        Cost of contacts and incentives per customer who returns, as planned; 0 without a plan.
    """

    months: Sequence[float]
    rate: float
    win_back_cost: float
    words: Words
    hidden: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """The sheet's name."""
        return self.words.say("Present value")

    @property
    def sentence(self) -> str:
        """What is in it."""
        return self.words.say(
            "What a customer won back is worth, by month. Yellow cells are yours to change. Amounts in"
            " {currency}.",
            currency=self.words.currency,
        )

    def _notes(self) -> dict[str, str]:
        """Return the meaning of each heading that needs one."""
        say = self.words.say
        return {
            say("margin of a comeback"): say("mean by month after it, with those who bought no more"),
            say("still counted"): say("1 counts the month, 0 leaves it out; change it"),
            say("discount"): say(
                "what a later amount is worth today: (1 + rate) to the power of minus years"
            ),
        }

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        title = self.words.say("What a customer won back is worth today")
        page.write_string(0, 0, title, styles["title"])
        page.write_string(1, 0, self.sentence)
        self._write_figures(page, styles)
        self._write_months(page, styles)
        page.set_column(0, 0, 46)
        page.set_column(1, 4, 14)
        page.freeze_panes(HEAD + 1, 0)
        printable(page, HEAD)

    def value(self) -> float:
        """Return the discounted margin of a second life, the second lifetime value of a mean comeback."""
        margins = np.array(self.months)
        return float(margins @ (1 + self.rate) ** (-np.arange(len(margins)) / 12))

    def _write_figures(self, page: Any, styles: Styles) -> None:
        """Write the discount rate, the cost of winning back, and what a customer is worth after it."""
        say, n = self.words.say, len(self.months)
        page.write_string(RATE, 0, say("discount rate per year"))
        page.write_number(RATE, 1, self.rate, styles["input_share"])
        page.data_validation(RATE, 1, RATE, 1, between(0, 1, say("A rate lies between 0% and 100%.")))
        page.write_string(WIN_BACK, 0, say("cost per customer who returns, as planned"))
        page.write_number(WIN_BACK, 1, self.win_back_cost, styles["input_money"])
        message = say("A cost is a number, 0 or more.")
        no_less = {"validate": "decimal", "criteria": ">=", "value": 0, "error_message": message}
        page.data_validation(WIN_BACK, 1, WIN_BACK, 1, no_less)
        label = say("a customer won back is worth (months: {n})", n=self.words.number(n))
        page.write_string(BACK, 0, label, styles["bold"])
        formula, worth = f"=$E${HEAD + 2 + n}-$B${WIN_BACK + 1}", self.value() - self.win_back_cost
        page.write_formula(BACK, 1, formula, styles["total_money"], worth)

    def _write_months(self, page: Any, styles: Styles) -> None:
        """Write the table: inputs, and what each month is worth today."""
        say, notes = self.words.say, self._notes()
        page.write_string(HEAD - 1, 0, say("A customer won back, by month"), styles["bold"])
        headings = [say("month"), say("margin of a comeback"), say("still counted"), say("discount")]
        for place, heading in enumerate([*headings, say("worth today")]):
            write_heading(page, HEAD, place, heading, notes.get(heading, ""), styles)
        for month, margin in enumerate(self.months):
            row, at = HEAD + 1 + month, HEAD + 2 + month
            factor = (1 + self.rate) ** (-month / 12)
            page.write_number(row, 0, month, styles["left"])
            page.write_number(row, 1, margin, styles["input_money"])
            page.write_number(row, 2, 1, styles["input_number"])
            page.write_formula(row, 3, f"=(1+$B${RATE + 1})^(-A{at}/12)", styles["factor"], factor)
            page.write_formula(row, 4, f"=B{at}*C{at}*D{at}", styles["money"], margin * factor)
        last = HEAD + 1 + len(self.months)
        page.write_string(last, 0, say("sum"), styles["total_text"])
        page.write_formula(last, 4, f"=SUM(E{HEAD + 2}:E{last})", styles["total_money"], self.value())


def present_value(run: Chapter, frame: pd.DataFrame) -> PresentValueSheet | None:
    """Return the sheet of present values; None where chapter 06 has found no second lives."""
    found = run.findings("06")
    if "second_life_months" not in found:
        return None
    months = found["second_life_months"].value
    return PresentValueSheet(months, run.settings.discount_rate, _cost_per_return(run), run.words)


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
