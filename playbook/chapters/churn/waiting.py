"""Chapter 04, fourth part: what waiting costs, by silence and for each lapsed customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns

from playbook.archive.findings import Finding, Findings
from playbook.chapters.churn.lapsed import CustomerBase, order_label
from playbook.records.arrays import Array
from playbook.show.display import Table
from playbook.show.figures import BLUE, GREY, ORANGE, Picture, new_figure, percent_axis
from playbook.show.words import Words
from playbook.stats.cells import ORDER_LABELS, order_band
from playbook.stats.result import Result

FURTHER_DAYS = (30, 60, 90)
NOTICE_DAYS = 28
CURVE_BANDS = {0: GREY, 2: BLUE, 3: ORANGE}
"""Order bands that are drawn, with their colours."""
CURVE_STEP, LONGEST_CURVE = 15, 730
FRESH_DAYS, LEAST_FRESH, MOST_FRESH = 60, 20, 1000
"""The curves follow customers of at most so much silence today; at least, and at most, so many."""


@dataclass(frozen=True)
class Waiting(Result):
    """What the return probability is, and what it will be.

    Attributes
    ----------
    later : DataFrame
        By customer, in the order of the base: return_probability_in_30, _60, _90; NaN unless
        lapsed.
    groups : DataFrame
        group (all, or a band of orders), customers, now, in_30, in_60, in_90: the mean return
        probability of the lapsed.
    curves : dict
        By order band: return probability after 0, 15, 30, ... days of silence.
    falling : int
        Lapsed customers at or above ``min_return`` today who fall below it within four weeks.
    """

    later: pd.DataFrame
    groups: pd.DataFrame
    curves: dict[int, Array]
    falling: int
    base: CustomerBase

    def findings(self) -> list[Finding]:
        """Return how the chance of the lapsed melts."""
        if self.groups.empty:
            return [Finding("waiting_now", None, unit="share", verdict="unknown")]
        everyone, n = self.groups.iloc[0], len(self.base.lapsed)
        return [
            Finding("waiting_now", round(everyone["now"], 6), unit="share", n=n),
            *[
                Finding(f"waiting_in_{days}", round(everyone[f"in_{days}"], 6), unit="share", n=n)
                for days in FURTHER_DAYS
            ],
            Finding("falling_below_min_return", self.falling, unit="customers", n=n),
            Finding("waiting_min_return", self.base.min_return, unit="share"),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say what waiting costs."""
        return waiting_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the chance of the lapsed today and after more silence, by number of orders."""
        say, number = words.say, words.number
        labels = {name: order_label(name, words) for name in ORDER_LABELS} | {"all": say("all")}
        later = {f"in_{days}": (say("in {days} days", days=number(days)), "percent") for days in FURTHER_DAYS}
        return Table(
            self.groups.assign(group=self.groups["group"].map(labels)),
            say(
                "Chance of an order within {days} days, today and after more silence",
                days=number(self.base.horizon_days),
            ),
            words,
            columns={
                "group": say("lapsed customers"),
                "customers": (say("how many"), "number"),
                "now": (say("today"), "percent"),
                **later,
            },
        )

    def figure(self, words: Words) -> Picture | None:
        """Draw the return probability by silence, for one order and for several; None without curves."""
        if not self.curves:
            return None
        say, number, percent = words.say, words.number, words.percent
        band, curve = list(self.curves.items())[-1]
        first = min(2, len(curve) - 1)
        ends = {
            "high": percent(float(curve[first])),
            "first": number(first * CURVE_STEP),
            "low": percent(float(curve[-1])),
            "last": number((len(curve) - 1) * CURVE_STEP),
        }
        title = say(
            "{group}: a chance of {high} after {first} days of silence, {low} after {last}",
            group=order_label(ORDER_LABELS[band], words),
            **ends,
        )
        figure, axes = new_figure(title)
        for shown, chances in self.curves.items():
            days = np.arange(len(chances)) * CURVE_STEP
            name = order_label(ORDER_LABELS[shown], words)
            sns.lineplot(x=days, y=chances, estimator=None, color=CURVE_BANDS[shown], label=name, ax=axes)
        axes.legend(frameon=False)
        axes.set_ylim(0, 1)
        percent_axis(axes.yaxis, words)
        axes.set_xlabel(say("days of silence"))
        axes.set_ylabel(say("chance of an order within {days} days", days=number(self.base.horizon_days)))
        alt = say(
            "Lines of the chance by silence: for {orders} orders it goes from {high} after {first} days of"
            " silence to {low} after {last}.",
            orders=ORDER_LABELS[band],
            **ends,
        )
        return Picture(figure, alt)


def waiting_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what waiting costs from its findings."""
    say, percent = words.say, words.percent
    now = findings["waiting_now"]
    if now.verdict == "unknown":
        return [say("What waiting costs cannot be told from these data, or nobody is lapsed.")]
    return [
        say(
            "A lapsed customer has a chance of {now} today on average; {soon} after 30 more days of silence,"
            " and {later} after 90.",
            now=percent(now.value, 1),
            soon=percent(findings["waiting_in_30"].value, 1),
            later=percent(findings["waiting_in_90"].value, 1),
        ),
        words.say_many(
            "{n} lapsed customer falls below {minimum} within the next four weeks.",
            "{n} lapsed customers fall below {minimum} within the next four weeks.",
            int(findings["falling_below_min_return"].value),
            minimum=percent(findings["waiting_min_return"].value, 1),
        ),
    ]


def find_cost_of_waiting(base: CustomerBase) -> Waiting:
    """Look at what each lapsed customer's chance will be after more silence."""
    names = [f"return_probability_in_{days}" for days in FURTHER_DAYS]
    later = pd.DataFrame(np.nan, index=base.customers.index, columns=names)
    columns = ["group", "customers", "now", *[f"in_{days}" for days in FURTHER_DAYS]]
    lapsed = base.lapsed
    if base.model is None or lapsed.empty:
        return Waiting(later, pd.DataFrame(columns=columns), _curves(base), 0, base)
    now = lapsed["return_probability"].to_numpy(float)
    for name, days in zip(names, FURTHER_DAYS, strict=True):
        later.loc[lapsed.index, name] = base.chance_later(lapsed, days)
    soon = base.chance_later(lapsed, NOTICE_DAYS)
    falling = int(((now >= base.min_return) & (soon < base.min_return)).sum())
    chances = np.column_stack([now, later.loc[lapsed.index].to_numpy(float)])
    bands = order_band(lapsed["orders"])
    rows = [("all", len(lapsed), *chances.mean(axis=0))]
    for band in np.unique(bands):
        own = chances[bands == band]
        rows.append((ORDER_LABELS[band], len(own), *own.mean(axis=0)))
    groups = pd.DataFrame(rows, columns=columns)
    return Waiting(later, groups, _curves(base), falling, base)


def _curves(base: CustomerBase) -> dict[int, Array]:
    """Follow today's fresh customers of each band through more and more silence."""
    if base.model is None:
        return {}
    fresh = base.buyers[base.buyers["silence_days"] <= FRESH_DAYS]
    bands = order_band(fresh["orders"])
    last = min(base.model.longest_silence, LONGEST_CURVE)
    curves = {}
    for band in CURVE_BANDS:
        members = fresh[bands == band]
        if len(members) < LEAST_FRESH:
            continue
        members = members.iloc[:: max(1, len(members) // MOST_FRESH)]
        silence = members["silence_days"].to_numpy(int)
        curve = [base.model.predict(members, day - silence).mean() for day in range(0, last + 1, CURVE_STEP)]
        curves[band] = np.array(curve)
    return curves
