"""Chapter 03: what the cut and each rule change: the list, the cost saved and the margin given up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.occasional.kinds import COLUMNS, assign, first_orders, hits, kind_labels
from playbook.chapters.occasional.left_out import (
    LeftOut,
    amount_columns,
    is_left_out,
    side_by_side,
    totals_of,
)
from playbook.chapters.occasional.second_order import SecondOrder, find_second_order
from playbook.chapters.occasional.words import treatments
from playbook.records.arrays import Flags
from playbook.records.history import History
from playbook.settings.client import Occasional
from playbook.show.display import Table
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words
from playbook.stats.result import Result

SHARES_OF_RETURNS = (0.80, 0.95)
TRUNCATIONS = (0, 180)
DEEP_DISCOUNTS = (0.1, 0.2, 0.3, 0.4)
LEAST_SHARES = (0.25, 0.5, 1.0)
CUT_SHIFTS = (-90, -60, -30, 30, 60, 90)

Row = dict[str, Any]


@dataclass(frozen=True)
class Sensitivity(Result):
    """One-time buyers with all that the cut and the rules work on.

    Attributes
    ----------
    history : History
    weighed : LeftOut
    once : DataFrame
        The weighed customers with one order who may not be older than the log, by customer_id.
    first : DataFrame
        Their first orders, as `kinds.first_orders` returns them, in the same order.
    cut : int
        Days of silence beyond which they are occasional.
    """

    history: History
    weighed: LeftOut
    once: pd.DataFrame
    first: pd.DataFrame
    cut: int

    @property
    def rules(self) -> Occasional:
        """Return the rules as chosen."""
        return self.history.settings.occasional

    def occasional(self, cut: int | None = None) -> Flags:
        """Say who is occasional at a cut."""
        return (self.once["silence_days"] > (self.cut if cut is None else cut)).to_numpy(bool)

    def of_kind(self, kinds: Sequence[str], rules: Occasional) -> Flags:
        """Say whose first order is of one of these kinds under some rules."""
        return assign(hits(self.first, rules)).isin(kinds).to_numpy(bool)

    def totals(self, chosen: Flags, treat: str | None = None) -> dict[str, float]:
        """Return occasional (how many are chosen), and what leaving them out under a treatment comes to."""
        people = self.once[chosen]
        out = is_left_out(people, treat or self.rules.treat)
        return {"occasional": len(people)} | totals_of(people[out])

    def findings(self) -> list[Finding]:
        """Return nothing: what is not as chosen is no finding."""
        return []

    def sentences(self, words: Words) -> list[str]:
        """Say how much the list, and what is left out, depend on the cut."""
        if not self.occasional().any():
            return []
        earlier, now, later = (self.totals(self.occasional(max(self.cut + n, 1))) for n in (-90, 0, 90))

        def between(name: str) -> str:
            return words.between(words.number(later[name]), words.number(earlier[name]))

        message = (
            "With a cut 90 days later or earlier the list would hold {occasional} instead of {now}, and the"
            " same {out} would be left out: what each is worth decides, not the cut."
            if earlier["left_out"] == later["left_out"]
            else "With a cut 90 days later or earlier the list would hold {occasional} instead of {now}, and"
            " {left_out} instead of {out} would be left out."
        )
        return [
            words.say(
                message,
                occasional=between("occasional"),
                left_out=between("left_out"),
                now=words.number(now["occasional"]),
                out=words.number(now["left_out"]),
            )
        ]

    def table(self, words: Words) -> Table:
        """Return what each rule at another value would change, one at a time."""
        say = words.say
        rows = [
            _row(say("as chosen"), "", self.totals(self.occasional())),
            *_other_cuts(self, words),
            *_other_beginnings(self, words),
            *_other_treatments(self, words),
            *_other_rules(self, words),
        ]
        return Table(
            pd.DataFrame(rows),
            say("What each rule would change at another value"),
            words,
            columns={
                "rule": say("rule"),
                "value": say("set to"),
                "occasional": (say("occasional"), "number"),
                **amount_columns(words),
            },
            note=say("The rules of a kind are followed by the occasional buyers of that kind alone."),
        )


def vary_rules(history: History, weighed: LeftOut, first: pd.DataFrame, second: SecondOrder) -> Sensitivity:
    """Return the one-time buyers of a weighed base with their first orders, to try other rules on them."""
    people = weighed.customers
    once = people[(people["orders"] == 1) & ~people["old_customer"]].set_index("customer_id")
    return Sensitivity(
        history, weighed, once, first.set_index("customer_id").reindex(once.index), second.days
    )


# A table of one rule after the other ---------------------------------------------------------


def _row(rule: str, value: str, totals: dict[str, float]) -> Row:
    return {"rule": rule, "value": value, **totals}


def _with_settings(history: History, part: str, **changes: Any) -> History:
    """Return the history under settings of which one part is changed."""
    changed = getattr(history.settings, part).model_copy(update=changes)
    return replace(history, settings=history.settings.model_copy(update={part: changed}))


def _other_cuts(chosen: Sensitivity, words: Words) -> list[Row]:
    rows, rule = [], words.say("share of second orders that make the cut")
    for share in SHARES_OF_RETURNS:
        cut = find_second_order(_with_settings(chosen.history, "survival", share_of_returns=share)).days
        value = words.say("{share} (day {days})", share=words.percent(share), days=words.number(cut))
        rows.append(_row(rule, value, chosen.totals(chosen.occasional(cut))))
    return rows


def _other_beginnings(chosen: Sensitivity, words: Words) -> list[Row]:
    if chosen.history.settings.tables.orders.cohort:  # all are new customers, whenever the log begins
        return []
    rows, rule = [], words.say("days at the beginning whose customers may be older")
    for days in TRUNCATIONS:
        past = _with_settings(chosen.history, "lifecycle", left_truncation_days=days)
        second, first = find_second_order(past), first_orders(past)
        people = chosen.weighed.customers
        old = people["customer_id"].isin(first.loc[first["old_customer"], "customer_id"])
        weighed = replace(chosen.weighed, customers=people.assign(old_customer=old))
        again = vary_rules(past, weighed, first, second)
        rows.append(_row(rule, words.number(days), again.totals(again.occasional())))
    return rows


def _other_treatments(chosen: Sensitivity, words: Words) -> list[Row]:
    rule, occasional = words.say("treatment"), chosen.occasional()
    return [
        _row(rule, name, chosen.totals(occasional, treat))
        for treat, name in treatments(words).items()
        if treat != chosen.rules.treat
    ]


def _other_rules(chosen: Sensitivity, words: Words) -> list[Row]:
    """Return a row for each other value of a rule of a kind; it counts the buyers of that kind."""
    rules, occasional, rows = chosen.rules, chosen.occasional(), []
    for kind, changes in _changes(rules, words).items():
        if not changes or not set(COLUMNS[kind]) <= set(chosen.first):
            continue
        label = kind_labels(words)[kind]
        for what, value, update in [("", words.say("as chosen"), {}), *changes]:
            changed = rules.model_copy(update=update)
            if not update or changed != rules:
                totals = chosen.totals(occasional & chosen.of_kind([kind], changed))
                rows.append(_row(f"{label}: {what}" if what else label, value, totals))
    return rows


def _changes(rules: Occasional, words: Words) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """Return the other values of each kind's rule: what it is called, the value in words, the setting."""
    say, percent = words.say, words.percent
    shares = [
        (say("share of the lines from"), percent(share), {"least_share": share}) for share in LEAST_SHARES
    ]
    discounts = [(say("discount from"), percent(share), {"deep_discount": share}) for share in DEEP_DISCOUNTS]
    sources = [
        (say("sources that count as paid"), ", ".join(others) or say("none"), {"paid_sources": others})
        for left_out in rules.paid_sources
        for others in [tuple(source for source in rules.paid_sources if source != left_out)]
    ]
    return {"sample": shares, "promotion": shares, "bargain": discounts, "online_only": sources}


# Sliders -------------------------------------------------------------------------------------


def explore_rules(chosen: Sensitivity, words: Words) -> Any:
    """Show the sliders with what they change; in a run the same as a small table."""
    caption = words.say("What the cut and the rules change")
    return explore(caption, partial(ask, chosen, words), knobs(chosen, words), words)


def knobs(chosen: Sensitivity, words: Words) -> dict[str, Knob]:
    """Return the sliders of the cut and of the rules whose columns the client has."""
    say, rules, has = words.say, chosen.rules, set(chosen.first)
    cuts = [days for shift in CUT_SHIFTS if (days := chosen.cut + shift) > 0]
    found = {"cut": Knob(say("cut (days of silence)"), cuts, chosen.cut, words.number)}
    if "list_amount" in has:
        found["deep_discount"] = Knob(
            say("a bargain: discount from"), DEEP_DISCOUNTS, rules.deep_discount, words.percent
        )
    if {"sample_lines", "promotion_lines"} & has:
        found["least_share"] = Knob(
            say("samples, promotions: share of the lines from"),
            LEAST_SHARES,
            rules.least_share,
            words.percent,
        )
    names = treatments(words)
    found["treat"] = Knob(say("treatment"), tuple(names), rules.treat, names.__getitem__)
    return found


def ask(chosen: Sensitivity, words: Words, *, cut: int, treat: str, **rules: float) -> Answer:
    """Return the list, the cost saved and the margin given up under a setting of the sliders."""
    say, occasional = words.say, chosen.occasional(cut)
    some_kind = chosen.of_kind(list(COLUMNS), chosen.rules.model_copy(update=rules))
    totals = chosen.totals(occasional, treat)
    cells = {
        say("occasional"): words.number(totals["occasional"]),
        say("of a kind"): words.number((occasional & some_kind).sum()),
        say("left out"): words.number(totals["left_out"]),
        say("cost saved"): words.money(totals["saved"]),
        say("margin given up"): words.money(totals["given_up"]),
    }
    return Answer(cells, lambda: side_by_side(totals, words))
