"""Chapter 02: the margin that was lost in each month, and what of such margin came back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import ibis
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.lifecycle.by_month import month_ends
from playbook.chapters.lifecycle.daily_events import DailyEvents
from playbook.chapters.lifecycle.development import YEAR, span_in_words
from playbook.chapters.lifecycle.rules import Silences
from playbook.records.history import History
from playbook.show.figures import BLUE, GREY, INK, ORANGE, Picture, new_figure, show_months
from playbook.show.words import Words
from playbook.stats.result import Result

MOST_SHOWN = 24
"""Months."""
DAYS_BEFORE = 365
"""Days up to the last order whose margin counts as a customer's."""
BAR = 22
"""Days: the width of a month's bar."""


@dataclass(frozen=True)
class MarginLost(Result):
    """What customers who were lost, and who came back, had brought in the year up to their last order.

    Attributes
    ----------
    by_month : DataFrame
        By month's end (index, datetime64): lost and came_back (customers), margin_lost and
        margin_back (client's currency). A customer who came back counts with what was lost before.
    whole_from : Timestamp
        Months that begin on this day or later are whole: of those before, the data do not hold the
        year up to the last order.
    """

    by_month: pd.DataFrame
    whole_from: pd.Timestamp

    @property
    def told(self) -> pd.DataFrame:
        """Return the last 12 of the whole months, or as many as there are."""
        begins = self.by_month.index.to_period("M").start_time
        return self.by_month[begins >= self.whole_from].tail(YEAR)

    def findings(self) -> list[Finding]:
        """Return what was lost and what came back in those months; no amounts where there are none."""
        told, months = self.told, Finding("months_of_margin", len(self.told), unit="months")
        if told.empty:
            return [months]
        lost, back = (round(float(told[f"margin_{name}"].sum()), 2) for name in ("lost", "back"))
        return [
            months,
            Finding("margin_lost", lost, unit="money", n=int(told["lost"].sum())),
            Finding("margin_back", back, unit="money", n=int(told["came_back"].sum())),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how much margin was lost, and how much of such margin came back."""
        return margin_sentences(self.by_name, words)

    def figure(self, words: Words) -> Picture | None:
        """Draw what was lost below the line and what came back above it; None where neither can be told."""
        say, shown, found = words.say, self.by_month.tail(MOST_SHOWN), self.by_name
        if not found["months_of_margin"].value or not shown[["lost", "came_back"]].to_numpy().any():
            return None
        values = {
            "span": span_in_words(found["months_of_margin"].value, words),
            "lost": words.money(found["margin_lost"].value),
            "back": words.money(found["margin_back"].value),
        }
        title = say("{span}: {lost} of yearly margin lost, {back} back", **values)
        figure, axes = new_figure(title)
        middle = [end.replace(day=1) + timedelta(days=14) for end in shown.index]
        axes.bar(middle, shown["margin_back"], BAR, color=BLUE, label=say("came back"))
        axes.bar(middle, -shown["margin_lost"], BAR, color=ORANGE, label=say("lost"))
        axes.axhline(0, color=GREY, linewidth=0.8)
        if shown.index[0].replace(day=1) < self.whole_from:
            young = say("before: less than that year is known")
            axes.axvline(self.whole_from, color=INK, linestyle=":", linewidth=1, label=young)
        show_months(axes, middle, words)
        axes.legend(loc="lower left", fontsize=8.5)
        worst = shown["margin_lost"].idxmax()
        alt = say(
            "Bars by month, down for what was lost and up for what came back. {span} {lost} was lost and"
            " {back} came back; most was lost in {month}, {most}.",
            month=words.month(worst),
            most=words.money(shown["margin_lost"].max()),
            **values,
        )
        return Picture(figure, alt)


def find_margin_lost(history: History, daily: DailyEvents, silences: Silences) -> MarginLost:
    """Sum by month what those had brought who lapsed, said goodbye, or came back after it."""
    ends = month_ends(history)
    gone = _with_margin(_losses(history, daily, silences), history)
    lost, back = (_by_month(gone, day).reindex(_months(ends), fill_value=0) for day in ("lost_on", "back_on"))
    columns = {
        "lost": lost["n"],
        "margin_lost": lost["margin"],
        "came_back": back["n"],
        "margin_back": back["margin"],
    }
    by_month = pd.DataFrame({name: column.to_numpy() for name, column in columns.items()})
    by_month.index = pd.DatetimeIndex(pd.to_datetime(ends), name="month")
    cohort = history.settings.tables.orders.cohort
    unseen = timedelta(days=0 if cohort else DAYS_BEFORE + silences.lapsed)
    return MarginLost(by_month, pd.Timestamp(history.first_day + unseen))


def _losses(history: History, daily: DailyEvents, silences: Silences) -> Any:
    """Return the silences in which a customer was lost: customer_id, day, lost_on, back_on (null: not yet).

    By silence, on the day on which the customer counts as lapsed, or by a goodbye before it.
    """
    orders = history.orders.select("customer_id", "day")
    in_order = ibis.window(group_by=orders.customer_id, order_by=orders.day)
    spells = orders.mutate(back_on=orders.day.lead().over(in_order))
    said = daily.events.filter(daily.events.goodbye).inner_join(daily.people, "code")
    said = said.select(who="customer_id", goodbye="day")
    within = spells.join(said, [spells.customer_id == said.who, said.goodbye >= spells.day])
    within = within.filter(within.back_on.isnull() | (within.goodbye < within.back_on))
    first = within.group_by("customer_id", "day").aggregate(goodbye=within.goodbye.min())
    both = spells.left_join(first, ["customer_id", "day"]).drop("customer_id_right", "day_right")
    lapses = (both.day + ibis.interval(days=silences.lapsed + 1)).cast("date")
    both = both.mutate(lost_on=ibis.least(ibis.coalesce(both.goodbye, lapses), lapses))
    until = ibis.coalesce(both.back_on, ibis.literal(history.as_of + timedelta(days=1)))
    return both.filter(both.lost_on < until).select("customer_id", "day", "lost_on", "back_on")


def _with_margin(gone: Any, history: History) -> Any:
    """Add the margin of the year up to the last order before a loss."""
    days = history.days.select("margin", who="customer_id", bought="day")
    theirs = gone.join(days, [gone.customer_id == days.who, days.bought <= gone.day])
    theirs = theirs.filter(theirs.day.delta(theirs.bought, unit="day") < DAYS_BEFORE)
    keys = ["customer_id", "day", "lost_on", "back_on"]
    return theirs.group_by(keys).aggregate(margin=theirs.margin.sum())


def _by_month(gone: Any, day: str) -> pd.DataFrame:
    """Return n and margin by month, numbered from the year 0, of those to whom something happened then."""
    when = gone.filter(gone[day].notnull())
    month = when[day].year().cast("int32") * YEAR + when[day].month().cast("int32")
    counted = when.group_by(month=month).aggregate(n=when.count(), margin=when.margin.sum().cast("float64"))
    frame: pd.DataFrame = counted.order_by("month").to_pyarrow().to_pandas()
    return frame.set_index("month")


def _months(ends: list[Any]) -> list[int]:
    return [end.year * YEAR + end.month for end in ends]


def margin_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what was lost and what came back."""
    months = findings["months_of_margin"].value
    if not months:
        return [words.say("How much margin is lost by month cannot be told yet: the data are too young.")]
    lost, back = findings["margin_lost"], findings["margin_back"]
    return [
        words.say(
            "{span} {gone} who had brought {lost} in the year up to their last order; those who came back had"
            " brought {back}.",
            span=span_in_words(months, words),
            gone=words.say_many("one customer was lost", "{n} customers were lost", lost.n or 0),
            lost=words.money(lost.value),
            back=words.money(back.value),
        )
    ]
