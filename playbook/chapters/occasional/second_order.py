"""Chapter 03: how long a second order takes, and the silence after which hardly any comes."""

from dataclasses import dataclass, replace

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.history import History
from playbook.show.figures import GREY, ORANGE, Picture, new_figure
from playbook.show.words import Words
from playbook.stats.inactivity import Cut, cut, inactivity, share_in_words
from playbook.stats.result import Result
from playbook.stats.spells import spell_counts
from playbook.stats.survival import kaplan_meier
from playbook.stats.survival_figure import draw_curve


@dataclass(frozen=True)
class SecondOrder(Result):
    """How long a second order takes, and the silence after which hardly any comes.

    Attributes
    ----------
    cut : Cut or None
        Read from the spells; None: too few second orders, and the inactivity threshold stands in.
    inactivity_days : int
        The silence after which a customer counts as lapsed.
    counts : DataFrame
        Spells after first orders, old customers left out, by shard, duration (days) and returned, with n.
    preset : str
    share : float
        Of all second orders, the share that have come by the cut (``survival.share_of_returns``).
    """

    cut: Cut | None
    inactivity_days: int
    counts: pd.DataFrame
    preset: str
    share: float

    @property
    def days(self) -> int:
        """A silence beyond this makes a one-time buyer occasional."""
        return self.cut.days if self.cut else self.inactivity_days

    def findings(self) -> list[Finding]:
        """Return the cut and what goes with it."""
        after = Finding("occasional_after_days", self.days, unit="days", verdict="assumed")
        preset, cut = Finding("preset", self.preset), self.cut
        if cut is None:
            return [after, preset]
        n = cut.spells
        return [
            replace(after, low=cut.low, high=cut.high, n=n, verdict="data"),
            preset,
            Finding("second_order_followed_days", cut.followed_days, unit="days", n=n),
            Finding("second_order_by_followed_days", round(cut.returned, 6), unit="share", n=n),
            Finding("still_to_order_at_cut", round(cut.still_to_return, 6), unit="share", n=n),
            Finding("second_order_still_falling", int(cut.still_falling), unit="yes_no", n=n),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say after how much silence a one-time buyer counts as occasional."""
        return second_order_sentences(self.by_name, words, self.share)

    def figure(self, words: Words) -> Picture | None:
        """Draw the curve from the first to the second order, with the cut; None where there is no cut."""
        if self.cut is None:
            return None
        say, cut, curve = words.say, self.cut, kaplan_meier(self.counts)
        title = say(
            "Who bought once counts as occasional after {days} days of silence", days=words.number(cut.days)
        )
        figure, axes = new_figure(title)
        draw_curve(axes, curve.until(cut.followed_days), words)
        axes.axhline(1 - cut.returned, color=GREY, linewidth=0.8, linestyle="--")
        axes.axvline(cut.days, color=ORANGE)
        axes.axvspan(cut.low, cut.high, color=ORANGE, alpha=0.15, linewidth=0)
        axes.set_xlabel(say("days since the first order"))
        axes.set_ylabel(say("share without a second order"))
        alt = say(
            "A falling curve: {early} of the new customers have not ordered again after {quarter} days,"
            " {still} after {days} days, where the cut is, and {last} after {followed} days, where it ends.",
            early=words.percent(curve.at(90)),
            quarter=words.number(90),
            still=words.percent(curve.at(cut.days)),
            days=words.number(cut.days),
            last=words.percent(1 - cut.returned),
            followed=words.number(cut.followed_days),
        )
        return Picture(figure, alt)


def find_second_order(history: History) -> SecondOrder:
    """Read from the first-to-second spells after how much silence a second order hardly ever comes.

    Old customers are left out: their true first order may lie before the log. Where the spells are
    too few for a cut, the inactivity threshold stands in.
    """
    settings, counts = history.settings, spell_counts(history)
    first = counts[(counts["order_number"] == 1) & ~counts["old_customer"]]
    return SecondOrder(
        cut=cut(first, settings.survival, settings.seed),
        inactivity_days=inactivity(counts, settings).days,
        counts=first,
        preset=settings.preset,
        share=settings.survival.share_of_returns,
    )


def second_order_sentences(findings: Findings, words: Words, share: float) -> list[str]:
    """Word the cut from its findings, and from the share of all second orders that have come by then."""
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
    days, followed = number(after.value), number(findings["second_order_followed_days"].value)
    falling = findings["second_order_still_falling"].value
    return [
        say(
            "Who bought once counts as an occasional buyer after {days} days of silence (95% interval {low}"
            " to {high}): by then {share} of the second orders that come within {followed} days have come.",
            days=say("at least {days}", days=days) if falling else days,
            share=share_in_words(share, words),
            low=number(after.low or 0),
            high=number(after.high or 0),
            followed=followed,
        ),
        say(
            "{share} of the new customers ordered a second time within {followed} days; of those still"
            " silent after {days} days, {late} did.",
            followed=followed,
            share=words.percent(findings["second_order_by_followed_days"].value),
            days=days,
            late=words.percent(findings["still_to_order_at_cut"].value),
        ),
    ]
