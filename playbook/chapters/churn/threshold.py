"""Chapter 04, first part: after how much silence a customer is lost; computed in `stats.inactivity`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.churn.by_value import ByValue, by_value, by_value_sentences
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.figures import ORANGE, Picture, new_figure
from playbook.show.words import Words
from playbook.stats.inactivity import Inactivity, cut, inactivity, share_in_words
from playbook.stats.result import Result
from playbook.stats.spells import spell_counts
from playbook.stats.survival import Curve, kaplan_meier
from playbook.stats.survival_figure import draw_curve

ORDER_RANGES = {"2": (2, 2), "3–4": (3, 4), "5–9": (5, 9), "10+": (10, 10)}


@dataclass(frozen=True)
class Threshold(Inactivity, Result):
    """The inactivity threshold, and what it was read from.

    Attributes
    ----------
    curve : Curve or None
        Kaplan-Meier of the spells after second and later orders; None where they are too few.
    by_orders : DataFrame
        orders, days, low, high, still_to_return, spells: the cut by order number.
    share : float
        Of all returns, the share that have come by the threshold (``survival.share_of_returns``).
    never : float or None
        Share of the customers with two orders or more who at most never order again.
    customers : int
        How many they are.
    values : ByValue or None
        The threshold by a column of the customers, where one parts their rhythms.
    """

    curve: Curve | None
    by_orders: pd.DataFrame
    share: float
    never: float | None
    customers: int
    values: ByValue | None

    def findings(self) -> list[Finding]:
        """Return the threshold and what goes with it."""
        by_value = self.values.findings() if self.values else []
        if self.cut is None:
            return [Finding("inactivity_threshold", self.days, unit="days", verdict=self.source), *by_value]
        data, n = self.cut, self.cut.spells
        low, high = (data.low, data.high) if self.source == "data" else (None, None)
        return [
            Finding("inactivity_threshold", self.days, low, high, "days", n, self.source),
            Finding("followed_days", data.followed_days, unit="days", n=n),
            Finding("returned_by_followed_days", data.returned, unit="share", n=n),
            Finding("still_to_return_at_threshold", data.still_to_return, unit="share", n=n),
            Finding("never_order_again_at_most", self.never, unit="share", n=self.customers),
            Finding("curve_still_falling", int(data.still_falling), unit="yes_no", n=n),
            *by_value,
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say when a customer counts as lapsed, and how sure that is."""
        return threshold_sentences(self.by_name, words, self.share)

    def figure(self, words: Words) -> Picture | None:
        """Draw the survival curve with the threshold, up to tau; None where there are too few spells."""
        if self.curve is None or self.cut is None:
            return None
        say, days = words.say, words.number(self.days)
        back = (1 - self.curve.at(min(self.days, self.cut.followed_days))) / self.cut.returned
        title = say(
            "{share} of those who come back are back after {days} days", share=words.percent(back), days=days
        )
        figure, axes = new_figure(title)
        draw_curve(axes, self.curve.until(self.cut.followed_days), words)
        axes.axvline(self.days, color=ORANGE)
        axes.axvspan(self.cut.low, self.cut.high, color=ORANGE, alpha=0.15, linewidth=0)
        axes.text(self.days, 0.97, say(" lapsed after {n} days", n=days), color=ORANGE, va="top")
        axes.set_xlabel(say("days since an order"))
        axes.set_ylabel(say("without another order"))
        alt = say(
            "A falling curve: {still} of the customers have not ordered again after {days} days,"
            " and {last} after {followed} days, where it ends.",
            still=words.percent(self.curve.at(self.days)),
            days=days,
            last=words.percent(1 - self.cut.returned),
            followed=words.number(self.cut.followed_days),
        )
        return Picture(figure, alt)

    def table(self, words: Words) -> Table:
        """Return the threshold by order number."""
        say = words.say
        return Table(
            self.by_orders,
            say("Inactivity threshold by order number, with its 95% interval"),
            words,
            columns={
                "orders": say("after order"),
                "days": (say("days"), "number"),
                "low": (say("from"), "number"),
                "high": (say("to"), "number"),
                "still_to_return": (say("still return"), "percent"),
                "spells": (say("spells"), "number"),
            },
            note=say(
                "Spells of all customers together are mostly those of frequent buyers, who come back sooner."
                " “Still return” is the share of those silent at the threshold who came back later."
            ),
        )

    def by_value(self, words: Words) -> Table | None:
        """Return the threshold by the values of a column; None where none parts rhythms."""
        return self.values.table(words) if self.values else None


def find_threshold(history: History) -> Threshold:
    """Read the inactivity threshold from the spells after second and later orders."""
    counts = spell_counts(history)
    later = counts[counts["order_number"] >= 2]
    found = inactivity(counts, history.settings)
    curve = kaplan_meier(later) if found.cut else None
    never = _never(later, curve, found.cut.followed_days) if curve and found.cut else None
    share, customers = history.settings.survival.share_of_returns, int(later.loc[later["open"], "n"].sum())
    by_orders = _by_orders(later, history)
    values = by_value(history, found)
    return Threshold(found.days, found.source, found.cut, curve, by_orders, share, never, customers, values)


def _never(later: pd.DataFrame, curve: Curve, followed: int) -> float:
    """Return the share of customers who by the curve, to its end, are at most never to order again.

    Each counts once, by the silence that is open: S(tau) / S(silence), and 1 beyond tau.
    """
    silent = later[later["open"]]
    still = [curve.at(followed) / curve.at(min(days, followed)) for days in silent["duration"]]
    return float(np.average(still, weights=silent["n"]))


def _by_orders(counts: pd.DataFrame, history: History) -> pd.DataFrame:
    settings, rows = history.settings, []
    for label, (low, high) in ORDER_RANGES.items():
        band = counts[counts["order_number"].between(low, high)]
        found = cut(band, settings.survival, settings.seed)
        values = (found.days, found.low, found.high, found.still_to_return) if found else (None,) * 4
        rows.append((label, *values, int(band["n"].sum())))
    return pd.DataFrame(rows, columns=["orders", "days", "low", "high", "still_to_return", "spells"])


def threshold_sentences(findings: Findings, words: Words, share: float) -> list[str]:
    """Word the threshold from its findings, and from the share of all returns that have come by then."""
    return _of_all(findings, words, share) + by_value_sentences(findings, words)


def _of_all(findings: Findings, words: Words, share: float) -> list[str]:
    say, number, percent = words.say, words.number, words.percent
    threshold = findings["inactivity_threshold"]
    days = number(threshold.value)
    if threshold.verdict == "assumed":
        return [
            say(
                "When a customer is lost cannot be told from these data: too few ordered more than once."
                " {days} days of silence are assumed; set inactivity_days to change that.",
                days=days,
            )
        ]
    if threshold.verdict == "settings":
        return [
            say("A customer counts as lapsed after {days} days of silence, as set in client.yml.", days=days)
        ]
    if threshold.verdict == "floor":
        return [
            say(
                "A customer counts as lapsed after {days} days of silence: by the data it would be sooner,"
                " but nobody does before (survival: least_inactivity_days).",
                days=days,
            )
        ]
    never = findings["never_order_again_at_most"]
    at_least, followed = findings["curve_still_falling"].value, number(findings["followed_days"].value)
    message = (
        "A customer counts as lapsed after at least {days} days of silence (95% interval {low} to {high}):"
        " by then {share} of those who return within {followed} days are back."
        if at_least
        else "A customer counts as lapsed after {days} days of silence (95% interval {low} to {high}):"
        " by then {share} of those who return within {followed} days are back."
    )
    low, high = number(threshold.low or 0), number(threshold.high or 0)
    said = [
        say(message, days=days, low=low, high=high, followed=followed, share=share_in_words(share, words)),
        say(
            "Lapsed does not mean lost for ever: {share} of those silent that long still come back by day"
            " {followed}. Of the {customers} customers who ordered twice or more, {never} at most never order"
            " again: the data are too young to tell whether it is fewer.",
            share=percent(findings["still_to_return_at_threshold"].value),
            followed=followed,
            never=percent(never.value),
            customers=number(never.n or 0),
        ),
    ]
    if at_least:
        said.append(
            say("The curve still falls where the data end, so the true threshold may be later, not earlier.")
        )
    return said
