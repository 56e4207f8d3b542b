"""Chapter 03: what the cut and each rule change: the list, the cost saved and the margin given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from playbook.chapters.occasional.kinds import COLUMNS, assign, first_orders, hits, kind_labels
from playbook.chapters.occasional.left_out import LeftOut
from playbook.chapters.occasional.left_out_words import treatments
from playbook.chapters.occasional.second_order import SecondOrder, find_second_order
from playbook.records.history import History
from playbook.settings.client import Occasional
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import GREY, ORANGE, Picture
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words

SHARES_OF_RETURNS = (0.80, 0.95)
TRUNCATIONS = (0, 180)
DEEP_DISCOUNTS = (0.1, 0.2, 0.3, 0.4)
LEAST_SHARES = (0.25, 0.5, 1.0)
CUT_SHIFTS = (-90, -60, -30, 30, 60, 90)


@dataclass(frozen=True)
class Lists:
    """One-time buyers with all that the cut and the rules work on.

    Attributes
    ----------
    once : DataFrame
        Customers with one order who may not be older than the log, by customer_id: silence_days, pays
        (bool: worth the cheapest contact), contact_cost, gain (client's currency).
    first : DataFrame
        Their first orders, as `kinds.first_orders` returns them, in the same order.
    cut : int
        Days of silence beyond which they are occasional.
    rules : Occasional
    """

    once: pd.DataFrame
    first: pd.DataFrame
    cut: int
    rules: Occasional

    def rare(self, cut: int | None = None) -> Any:
        """Return who is occasional at a cut, as flags."""
        return (self.once["silence_days"] > (self.cut if cut is None else cut)).to_numpy(bool)

    def kinds(self, rules: Occasional | None = None) -> Any:
        """Return the kind of every first order under some rules."""
        return assign(hits(self.first, rules or self.rules)).to_numpy(object)

    def totals(self, chosen: Any, treat: str | None = None) -> dict[str, float]:
        """Return occasional, left_out, saved and given_up of the customers chosen."""
        seen, treat = self.once[chosen], treat or self.rules.treat
        out = {"apart": seen[~seen["pays"]], "out": seen, "keep": seen.iloc[:0]}[treat]
        return {
            "occasional": len(seen),
            "left_out": len(out),
            "saved": float(out["contact_cost"].sum()),
            "given_up": float(out["gain"].sum()),
        }


def lists_of(weighed: LeftOut, first: pd.DataFrame, second: SecondOrder, rules: Occasional) -> Lists:
    """Return the one-time buyers of a weighed base with their first orders."""
    seen = weighed.customers
    once = seen[(seen["orders"] == 1) & ~seen["old_customer"]].set_index("customer_id")
    theirs = first.set_index("customer_id").reindex(once.index)
    return Lists(once, theirs, second.days, rules)


# A table of one rule after the other ---------------------------------------------------------


def rule_table(history: History, lists: Lists, weighed: LeftOut, words: Words) -> Table:
    """Return what each rule at another value would change, one at a time.

    Rules of a kind are told by the occasional buyers of that kind, all others by all.
    """
    say = words.say
    rows = [_row(say("as chosen"), "", lists.totals(lists.rare()))]
    rows += _of_everybody(history, lists, weighed, words)
    rows += _of_kinds(lists, words)
    headings = {
        "rule": say("rule"),
        "value": say("set to"),
        "occasional": say("occasional"),
        "left_out": say("left out"),
        "saved": say("cost saved"),
        "given_up": say("margin given up"),
    }
    formats = {"occasional": "number", "left_out": "number", "saved": "money", "given_up": "money"}
    return Table(
        pd.DataFrame(rows, columns=list(headings)),
        say("What each rule would change at another value"),
        words,
        formats,
        headings,
        say("The rules of a kind are followed by the occasional buyers of that kind alone."),
    )


def _row(rule: str, value: str, totals: Mapping[str, float]) -> dict[str, Any]:
    return {"rule": rule, "value": value, **totals}


def _of_everybody(history: History, lists: Lists, weighed: LeftOut, words: Words) -> list[dict[str, Any]]:
    say, rows = words.say, []
    settings = history.settings
    for share in SHARES_OF_RETURNS:
        survival = settings.survival.model_copy(update={"share_of_returns": share})
        cut = _cut_under(replace(history, settings=settings.model_copy(update={"survival": survival})))
        label = say("share of second orders that make the cut")
        value = say("{share} (day {days})", share=words.percent(share), days=words.number(cut))
        rows.append(_row(label, value, lists.totals(lists.rare(cut))))
    if not settings.tables.orders.cohort:
        for days in TRUNCATIONS:
            other = settings.lifecycle.model_copy(update={"left_truncation_days": days})
            past = replace(history, settings=settings.model_copy(update={"lifecycle": other}))
            second, first = find_second_order(past), first_orders(past)
            old = set(first.loc[first["old_customer"], "customer_id"])
            people = weighed.customers.assign(old_customer=weighed.customers["customer_id"].isin(old))
            again = lists_of(replace(weighed, customers=people), first, second, lists.rules)
            label = say("days at the beginning whose customers may be older")
            rows.append(_row(label, words.number(days), again.totals(again.rare())))
    others = {treat: name for treat, name in treatments(words).items() if treat != lists.rules.treat}
    rows += [
        _row(say("treatment"), name, lists.totals(lists.rare(), treat)) for treat, name in others.items()
    ]
    return rows


def _cut_under(history: History) -> int:
    return find_second_order(history).days


def _of_kinds(lists: Lists, words: Words) -> list[dict[str, Any]]:
    """Return the rows of the rules of kinds whose columns the client has."""
    labels, rules, has = kind_labels(words), lists.rules, set(lists.first)
    changes: list[tuple[str, str, str, dict[str, Any]]] = []
    if "list_amount" in has:
        changes += [
            ("bargain", words.say("discount from"), words.percent(value), {"deep_discount": value})
            for value in DEEP_DISCOUNTS
        ]
    for kind, column in (("sample", "sample_lines"), ("promotion", "promotion_lines")):
        if column in has:
            changes += [
                (kind, words.say("share of the lines from"), words.percent(value), {"least_share": value})
                for value in LEAST_SHARES
            ]
    if {"source", "sales_channel"} <= has:
        changes += [
            (
                "online_only",
                words.say("sources that count as paid"),
                ", ".join(left) or words.say("none"),
                {"paid_sources": left},
            )
            for left in _without_one(rules.paid_sources)
        ]
    rows, rare = [], lists.rare()
    for kind in COLUMNS:
        mine = [change for change in changes if change[0] == kind]
        if not mine:
            continue
        rows.append(_row(labels[kind], words.say("as chosen"), lists.totals(rare & (lists.kinds() == kind))))
        for _, what, value, update in mine:
            if all(getattr(rules, name) == new for name, new in update.items()):
                continue
            chosen = rare & (lists.kinds(rules.model_copy(update=update)) == kind)
            rows.append(_row(f"{labels[kind]}: {what}", value, lists.totals(chosen)))
    return rows


def _without_one(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(name for name in names if name != left_out) for left_out in names]


# Sliders -------------------------------------------------------------------------------------


def knobs(lists: Lists, words: Words) -> dict[str, Knob]:
    """Return the sliders of the cut and of the rules whose columns the client has."""
    say, rules, has = words.say, lists.rules, set(lists.first)
    cuts = [days for shift in CUT_SHIFTS if (days := lists.cut + shift) > 0]
    found = {"cut": Knob(say("cut (days of silence)"), cuts, lists.cut, words.number)}
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


def cut_sentences(lists: Lists, words: Words) -> list[str]:
    """Say how much the list, and what is left out, depend on the cut."""
    if not lists.rare().any():
        return []
    earlier, now, later = (lists.totals(lists.rare(max(lists.cut + n, 1))) for n in (-90, 0, 90))
    values = {
        "occasional": words.between(words.number(later["occasional"]), words.number(earlier["occasional"])),
        "left_out": words.between(words.number(later["left_out"]), words.number(earlier["left_out"])),
        "now": words.number(now["occasional"]),
        "out": words.number(now["left_out"]),
    }
    message = (
        "With a cut 90 days later or earlier the list would hold {occasional} instead of {now}, and the same"
        " {out} would be left out: what each is worth decides, not the cut."
        if earlier["left_out"] == later["left_out"]
        else "With a cut 90 days later or earlier the list would hold {occasional} instead of {now}, and"
        " {left_out} instead of {out} would be left out."
    )
    return [words.say(message, **values)]


def explore_rules(lists: Lists, words: Words) -> Any:
    """Show the sliders with what they change; in a run the same as a small table."""
    caption = words.say("What the cut and the rules change")
    return explore(caption, partial(ask, lists, words), knobs(lists, words), words)


def ask(lists: Lists, words: Words, **chosen: Any) -> Answer:
    """Return the list, the cost saved and the margin given up under a setting of the sliders."""
    cut, treat = int(chosen.pop("cut")), str(chosen.pop("treat"))
    rare = lists.rare(cut)
    kinds = lists.kinds(lists.rules.model_copy(update=chosen) if chosen else None)
    totals = lists.totals(rare, treat)
    say = words.say
    cells = {
        say("occasional"): words.number(totals["occasional"]),
        say("of a kind"): words.number((rare & pd.Series(kinds).isin(COLUMNS).to_numpy()).sum()),
        say("left out"): words.number(totals["left_out"]),
        say("cost saved"): words.money(totals["saved"]),
        say("margin given up"): words.money(totals["given_up"]),
    }
    return Answer(cells, lambda: side_by_side(totals, words))


def side_by_side(totals: Mapping[str, float], words: Words) -> Picture:
    """Draw the cost saved beside the margin given up."""
    say = words.say
    figure, axes = new_figure(height=1.9)
    heading(axes, say("What leaving them out saves, and what it gives up"))
    names = [say("margin given up"), say("cost saved")]
    values = [totals["given_up"], totals["saved"]]
    if "given_up_low" in totals and totals["left_out"]:
        low, high = totals["given_up_low"], totals["given_up_high"]
        axes.hlines(0, low, high, color="#1F2937", linewidth=1.5, zorder=3)
    axes.barh(names, values, color=[ORANGE, GREY], height=0.55)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_formatter(lambda value, _: words.compact(value))
    axes.set_xlim(0, max(*values, totals.get("given_up_high", 0.0), 1.0) * 1.08)
    alt = say(
        "Two bars: leaving out {n} occasional buyers saves {saved} and gives up {given_up} of margin.",
        n=words.number(totals["left_out"]),
        saved=words.money(totals["saved"]),
        given_up=words.money(totals["given_up"]),
    )
    return Picture(figure, alt)
