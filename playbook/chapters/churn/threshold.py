"""Chapter 04, first half: when a customer is lost."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.history import History, spell_counts
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, ORANGE, Picture
from playbook.show.words import Words
from playbook.stats.survival import Curve, Cut, cut, inactivity, kaplan_meier

ORDER_RANGES = {"2": (2, 2), "3–4": (3, 4), "5–9": (5, 9), "10+": (10, 10)}


@dataclass(frozen=True)
class Threshold:
    """The inactivity threshold, and what it was read from.

    Attributes
    ----------
    days : int
        The silence after which a customer counts as lapsed.
    source : str
        data, settings (a number in ``client.yml``), or assumed (the data are too few).
    cut : Cut or None
        What the data say; None where they are too few.
    curve : Curve or None
        Kaplan-Meier of the spells after second and later orders.
    by_orders : DataFrame
        orders, days, low, high, still_to_return, spells: the cut by order number.
    """

    days: int
    source: str
    cut: Cut | None
    curve: Curve | None
    by_orders: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return the threshold and what goes with it."""
        seen = self.cut
        found = [Finding("inactivity_threshold", self.days, unit="days", verdict=self.source)]
        if seen is None:
            return found
        found[0] = replace(found[0], n=seen.spells)
        if self.source == "data":
            found[0] = replace(found[0], low=seen.low, high=seen.high)
        return [
            *found,
            Finding("followed_days", seen.followed_days, unit="days", n=seen.spells),
            Finding("returned_by_followed_days", seen.returned, unit="share", n=seen.spells),
            Finding("still_to_return_at_threshold", seen.still_to_return, unit="share", n=seen.spells),
            Finding("curve_still_falling", int(seen.still_falling), unit="yes_no", n=seen.spells),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say when a customer counts as lapsed, and how sure that is."""
        return threshold_sentences({finding.name: finding for finding in self.findings()}, words)

    def figure(self, words: Words) -> Picture:
        """Draw the survival curve with the threshold and tau."""
        figure, axes = new_figure()
        say = words.say
        axes.set_ylim(0, 1)
        axes.set_xlabel(say("days since an order"))
        heading(axes, say("Share of customers who have not ordered again"))
        axes.yaxis.set_major_formatter(lambda value, _: words.percent(value))
        if self.curve is None or self.cut is None:
            return Picture(figure, say("No curve: too few customers ordered more than once."))
        shown = self.curve.days <= self.cut.followed_days
        days = self.curve.days[shown]
        axes.fill_between(
            days, self.curve.low[shown], self.curve.high[shown], step="post", color=BLUE, alpha=0.2
        )
        axes.step(days, self.curve.survival[shown], where="post", color=BLUE)
        axes.axvline(self.days, color=ORANGE)
        axes.axvspan(self.cut.low, self.cut.high, color=ORANGE, alpha=0.15, linewidth=0)
        axes.text(
            self.days, 0.97, say(" lapsed after {n} days", n=words.number(self.days)), color=ORANGE, va="top"
        )
        alt = say(
            "A falling curve: {still} of the customers have not ordered again after {days} days,"
            " and {last} after {followed} days, where it ends.",
            still=words.percent(self.curve.at(self.days)),
            days=words.number(self.days),
            last=words.percent(1 - self.cut.returned),
            followed=words.number(self.cut.followed_days),
        )
        return Picture(figure, alt)

    def table(self, words: Words) -> Table:
        """Return the threshold by order number."""
        say = words.say
        headings = {
            "orders": say("after order"),
            "days": say("days"),
            "low": say("from"),
            "high": say("to"),
            "still_to_return": say("still return"),
            "spells": say("spells"),
        }
        formats = dict.fromkeys(("days", "low", "high", "spells"), "number") | {"still_to_return": "percent"}
        return Table(
            self.by_orders,
            say("Inactivity threshold by order number, with its 95% interval"),
            words,
            formats,
            headings,
            say(
                "Spells of all customers together are mostly those of frequent buyers, who come back sooner."
                " “Still return” is the share of those silent at the threshold who came back later."
            ),
        )


def find_threshold(history: History) -> Threshold:
    """Read the inactivity threshold from the spells after second and later orders."""
    counts = spell_counts(history)
    later = counts[counts["order_number"] >= 2]
    found = inactivity(counts, history.settings)
    curve = kaplan_meier(later) if found.cut else None
    return Threshold(found.days, found.source, found.cut, curve, _by_orders(later, history))


def _by_orders(counts: pd.DataFrame, history: History) -> pd.DataFrame:
    settings = history.settings
    rows: list[tuple[Any, ...]] = []
    for label, (low, high) in ORDER_RANGES.items():
        band = counts[counts["order_number"].between(low, high)]
        seen = cut(band, settings.survival, settings.seed)
        spells = int(band["n"].sum())
        if seen is None:
            rows.append((label, None, None, None, None, spells))
        else:
            rows.append((label, seen.days, seen.low, seen.high, seen.still_to_return, spells))
    return pd.DataFrame(rows, columns=["orders", "days", "low", "high", "still_to_return", "spells"])


def threshold_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the threshold from its findings."""
    say, number, percent = words.say, words.number, words.percent
    threshold = findings["inactivity_threshold"]
    if threshold.verdict == "assumed":
        return [
            say(
                "When a customer is lost cannot be told from these data: too few ordered more than once."
                " {days} days of silence are assumed; set inactivity_days to change that.",
                days=number(threshold.value),
            )
        ]
    followed = findings.get("followed_days")
    if threshold.verdict == "settings":
        return [
            say(
                "A customer counts as lapsed after {days} days of silence, as set in client.yml.",
                days=number(threshold.value),
            )
        ]
    at_least = bool(findings["curve_still_falling"].value)
    message = (
        "A customer counts as lapsed after at least {days} days of silence (95% interval {low} to {high}):"
        " by then 9 in 10 of those who return within {followed} days are back."
        if at_least
        else "A customer counts as lapsed after {days} days of silence (95% interval {low} to {high}):"
        " by then 9 in 10 of those who return within {followed} days are back."
    )
    assert followed is not None
    said = [
        say(
            message,
            days=number(threshold.value),
            low=number(threshold.low or 0),
            high=number(threshold.high or 0),
            followed=number(followed.value),
        ),
        say(
            "Lapsed does not mean lost for ever: {share} of those silent that long still come back by day"
            " {followed}. At most {never} of those who ordered twice or more never order again; the data end"
            " too early to say fewer.",
            share=percent(findings["still_to_return_at_threshold"].value),
            followed=number(followed.value),
            never=percent(1 - findings["returned_by_followed_days"].value),
        ),
    ]
    if at_least:
        said.append(
            say("The curve still falls where the data end, so the true threshold may be later, not earlier.")
        )
    return said
