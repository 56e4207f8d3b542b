"""Chapter 06, is the second lifetime value right: what was predicted, against what comebacks brought."""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import value
from playbook.stats.inactivity import inactivity
from playbook.stats.result import CannotTell, Result
from playbook.stats.return_probability import seen_from
from playbook.stats.rhythms import with_own_days
from playbook.stats.spells import spell_counts

LEAST_SEEN = 10
"""Comebacks after the split, below which nothing is compared."""
THIRDS = 3
YEAR = 365
LONG_RECORD = 1000
"""Days of history from which the check goes back a year, so that all seasons count alike."""


@dataclass(frozen=True)
class ValueCheck(Result):
    """Second lives predicted at an earlier day, against what they brought since.

    Attributes
    ----------
    split : date
        What was known then is what the prediction knows.
    comebacks : int
        Customers lapsed then who have come back since, and were followed for a month or more.
    predicted, low, high : float
        What they were expected to bring in the months that they were followed, with the 90%
        predictive interval; client's currency, not discounted.
    actual : float
        What they brought in these months.
    thirds : DataFrame
        part (1 is the third of highest predicted value), comebacks, predicted, actual (means).
    days : int
        From the split to today.
    """

    split: date
    comebacks: int
    predicted: float
    low: float
    high: float
    actual: float
    thirds: pd.DataFrame
    days: int

    @property
    def verdict(self) -> str:
        """Return inside, above or below: where the actual margin lies against the interval."""
        return "above" if self.actual > self.high else "below" if self.actual < self.low else "inside"

    def findings(self) -> list[Finding]:
        """Return predicted and actual margin."""
        predicted, low, high, actual = (
            round(amount, 2) for amount in (self.predicted, self.low, self.high, self.actual)
        )
        return [
            Finding("value_check_predicted", predicted, low, high, "money", self.comebacks, self.verdict),
            Finding("value_check_actual", actual, unit="money", n=self.comebacks),
            Finding("value_check_day", self.split.isoformat(), unit="date", n=self.comebacks),
            Finding("value_check_days", self.days, unit="days", n=self.comebacks),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how the predicted second lives stood up to what came."""
        return check_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return predicted and actual margin per comeback, by thirds of the predicted value."""
        say = words.say
        names = {1: say("highest third"), 2: say("middle third"), 3: say("lowest third")}
        frame = self.thirds.assign(part=self.thirds["part"].map(names))
        caption = say(
            "Margin per comeback since {day}, in the months that each was followed",
            day=words.date(self.split),
        )
        return Table(
            frame,
            caption,
            words,
            columns={
                "part": say("by predicted value"),
                "comebacks": (say("comebacks"), "number"),
                "predicted": (say("predicted margin"), "money"),
                "actual": (say("margin that came"), "money"),
            },
            bars=("predicted", "actual"),
        )


def check_second_lives(history: History, days_back: int | None = None) -> ValueCheck | CannotTell:
    """Predict second lives from what was known at an earlier day, and hold them against what came.

    The split lies a year back where the record is `LONG_RECORD` days long, else one horizon, half
    the record at most. Cannot tell where too few second lives were known then, or fewer than
    `LEAST_SEEN` have come back since.
    """
    length = (history.as_of - history.first_day).days
    usual = YEAR if length >= LONG_RECORD else min(history.settings.horizon_days, length // 2)
    days = days_back or usual
    split = history.as_of - timedelta(days=days)
    past = seen_from(history, split)
    threshold = inactivity(spell_counts(past), past.settings).days
    life = value.second_life(past, threshold)
    untried = Finding("value_check_predicted", None, unit="money", verdict="untried")
    cannot_tell = CannotTell((untried,), check_sentences)
    if life is None:
        return cannot_tell
    seen = _comebacks_since(history, split, threshold, life.last_month + 1)
    if len(seen) < LEAST_SEEN:
        return cannot_tell
    seen["order_margin"] = value.mean_order_margin(past, seen["customer_id"])
    seen["predicted"] = life.expected(seen["order_margin"], seen["months"])
    predicted, low, high = life.group_interval(seen["order_margin"], seen["months"])
    order = np.argsort(-seen["order_margin"].to_numpy(float), kind="stable")
    seen.loc[seen.index[order], "part"] = 1 + np.arange(len(seen)) * THIRDS // len(seen)
    thirds = seen.groupby("part", as_index=False).agg(
        comebacks=("predicted", "size"), predicted=("predicted", "mean"), actual=("actual", "mean")
    )
    return ValueCheck(split, len(seen), predicted, low, high, float(seen["actual"].sum()), thirds, days)


def _comebacks_since(history: History, split: date, threshold: int, most_months: int) -> pd.DataFrame:
    """Return the first order since the split of those lapsed then, and what followed it.

    Returns
    -------
    DataFrame
        customer_id; months (30 days each) followed, 1 to ``most_months``; actual (margin in them).
    """
    orders, day = history.orders, ibis.literal(split)
    turned = orders.group_by("customer_id").aggregate(
        last=ibis.ifelse(orders.day <= day, orders.day, None).max(),
        back=ibis.ifelse(orders.day > day, orders.day, None).min(),
    )
    turned = with_own_days(turned, history, threshold)
    silent = day.delta(turned["last"], unit="day") > turned.inactivity_days
    turned = turned.filter(turned.back.notnull() & silent)
    months = ibis.literal(history.as_of).delta(turned.back, unit="day") // value.MONTH_DAYS
    turned = turned.mutate(months=ibis.least(months.cast("int64"), most_months))
    turned = turned.filter(turned.months > 0)
    days = history.days.select("customer_id", "margin", spent="day")
    joined = turned.inner_join(days, "customer_id")
    since = joined.spent.delta(joined.back, unit="day")
    counted = (since >= 0) & (since < joined.months * value.MONTH_DAYS)
    grouped = joined.group_by("customer_id", "months").aggregate(
        actual=joined.margin.sum(where=counted).cast("float64")
    )
    frame: pd.DataFrame = grouped.order_by("customer_id").to_pyarrow().to_pandas()
    return frame


def check_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how the predicted second lives stood up to what came."""
    say, money, predicted = words.say, words.money, findings["value_check_predicted"]
    if predicted.value is None:
        return [
            say(
                "The value of a second life could not be tried on the past: too few customers had come back"
                " by then, or have since."
            )
        ]
    days = findings["value_check_days"].value
    seasons = " " + say("(Seasons differ, and this is not a full year.)") if days < YEAR else ""
    verdicts = {
        "inside": say("That is within the interval."),
        "above": say("That is more than the interval allows: second lives may be worth more than shown."),
        "below": say("That is less than the interval allows: take second lives for worth less than shown."),
    }
    return [
        say(
            "Tried on the past: {n} customers who were lapsed {days} days ago have come back since. From"
            " what was known then they would bring {predicted} in the months that followed (90% interval"
            " {low} to {high}); they brought {actual}.",
            n=words.number(predicted.n or 0),
            days=words.number(days),
            predicted=money(predicted.value),
            low=money(predicted.low or 0),
            high=money(predicted.high or 0),
            actual=money(findings["value_check_actual"].value),
        )
        + " "
        + verdicts[str(predicted.verdict)]
        + seasons
    ]
