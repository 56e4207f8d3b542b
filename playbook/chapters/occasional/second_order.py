"""Chapter 03: how long a second order takes, and the silence after which hardly any comes."""

from dataclasses import dataclass, replace

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.history import History, spell_counts
from playbook.show.display import heading, new_figure
from playbook.show.figures import BLUE, GREY, ORANGE, Picture
from playbook.show.words import Words
from playbook.stats.survival import Curve, Cut, cut, inactivity, kaplan_meier


@dataclass(frozen=True)
class SecondOrder:
    """How long a second order takes, and the silence after which hardly any comes.

    Attributes
    ----------
    days : int
        A silence beyond this makes a one-time buyer occasional.
    source : str
        data, or assumed: too few second orders, and the inactivity threshold stands in.
    inactivity_days : int
        The silence after which a customer counts as lapsed.
    cut : Cut or None
    curve : Curve or None
        Kaplan-Meier of the spells after first orders, old customers left out.
    counts : DataFrame
        These spells by shard, duration (days) and returned, with n.
    """

    days: int
    source: str
    inactivity_days: int
    cut: Cut | None
    curve: Curve | None
    counts: pd.DataFrame
    preset: str = "retail"

    def findings(self) -> list[Finding]:
        """Return the cut and what goes with it."""
        seen = self.cut
        after = Finding("occasional_after_days", self.days, unit="days", verdict=self.source)
        preset = Finding("preset", self.preset)
        if seen is None:
            return [after, preset]
        n = seen.spells
        return [
            replace(after, low=seen.low, high=seen.high, n=n),
            preset,
            Finding("second_order_followed_days", seen.followed_days, unit="days", n=n),
            Finding("second_order_by_followed_days", round(seen.returned, 4), unit="share", n=n),
            Finding("still_to_order_at_cut", round(seen.still_to_return, 4), unit="share", n=n),
            Finding("second_order_still_falling", int(seen.still_falling), unit="yes_no", n=n),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say after how much silence a one-time buyer counts as occasional."""
        return second_order_sentences({finding.name: finding for finding in self.findings()}, words)

    def figure(self, words: Words) -> Picture:
        """Draw the curve from the first to the second order, with the cut."""
        figure, axes = new_figure()
        say = words.say
        axes.set_ylim(0, 1)
        axes.set_xlabel(say("days since the first order"))
        heading(axes, say("Share of new customers who have not ordered a second time"))
        axes.yaxis.set_major_formatter(lambda share, _: words.percent(share))
        if self.curve is None or self.cut is None:
            return Picture(figure, say("No curve: too few new customers have ordered a second time."))
        curve, seen = self.curve, self.cut
        shown = curve.days <= seen.followed_days
        days = curve.days[shown]
        axes.fill_between(days, curve.low[shown], curve.high[shown], step="post", color=BLUE, alpha=0.2)
        axes.step(days, curve.survival[shown], where="post", color=BLUE)
        axes.axhline(1 - seen.returned, color=GREY, linewidth=0.8, linestyle="--")
        axes.axvline(self.days, color=ORANGE)
        axes.axvspan(seen.low, seen.high, color=ORANGE, alpha=0.15, linewidth=0)
        label = say(" occasional after {n} days", n=words.number(self.days))
        axes.text(self.days, 0.97, label, color=ORANGE, va="top")
        alt = say(
            "A falling curve: {early} of the new customers have not ordered again after {quarter} days,"
            " {still} after {days} days, where the cut is, and {last} after {followed} days, where it ends.",
            early=words.percent(curve.at(90)),
            quarter=words.number(90),
            still=words.percent(curve.at(self.days)),
            days=words.number(self.days),
            last=words.percent(1 - seen.returned),
            followed=words.number(seen.followed_days),
        )
        return Picture(figure, alt)


def find_second_order(history: History) -> SecondOrder:
    """Read from the first-to-second spells after how much silence a second order hardly ever comes.

    Old customers are left out: their true first order may lie before the log. Where the spells are
    too few for a cut, the inactivity threshold stands in.
    """
    counts = spell_counts(history)
    first = counts[(counts["order_number"] == 1) & ~counts["old_customer"]]
    settings = history.settings
    lapsed = inactivity(counts, settings).days
    seen = cut(first, settings.survival, settings.seed)
    if seen is None:
        return SecondOrder(lapsed, "assumed", lapsed, None, None, first, settings.preset)
    return SecondOrder(seen.days, "data", lapsed, seen, kaplan_meier(first), first, settings.preset)


def second_order_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the cut from its findings."""
    say, number = words.say, words.number
    after = findings["occasional_after_days"]
    if after.verdict == "assumed":
        return [
            say(
                "How long a second order takes cannot be told from these data: too few new customers made"
                " one. The silence after which customers count as lapsed, {days} days, is taken instead.",
                days=number(after.value),
            )
        ]
    message = (
        "Who bought once counts as an occasional buyer after at least {days} days of silence (95% interval"
        " {low} to {high}): by then 9 in 10 of the second orders that come within {followed} days have"
        " come."
        if findings["second_order_still_falling"].value
        else "Who bought once counts as an occasional buyer after {days} days of silence (95% interval {low}"
        " to {high}): by then 9 in 10 of the second orders that come within {followed} days have come."
    )
    return [
        say(
            message,
            days=number(after.value),
            low=number(after.low or 0),
            high=number(after.high or 0),
            followed=number(findings["second_order_followed_days"].value),
        ),
        say(
            "{share} of the new customers ordered a second time within {followed} days; of those still"
            " silent after {days} days, {late} did.",
            followed=number(findings["second_order_followed_days"].value),
            share=words.percent(findings["second_order_by_followed_days"].value),
            days=number(after.value),
            late=words.percent(findings["still_to_order_at_cut"].value),
        ),
    ]
