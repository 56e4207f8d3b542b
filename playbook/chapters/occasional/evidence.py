"""Chapter 03: which kinds of first orders are really seldom followed by a second, with this client."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import proportion_confint

from playbook.archive.findings import Finding, Findings, rounded
from playbook.chapters.occasional.kinds import (
    COLUMNS,
    EVERY_KIND,
    NOT_KNOWN,
    assign,
    hits,
    kind_labels,
    missing_columns,
    paid,
)
from playbook.settings.client import Occasional, Settings
from playbook.show.display import Table, interval_texts
from playbook.show.words import Words
from playbook.stats.result import Result

LEAST_FIRST_ORDERS = 30
"""First orders of a kind, and of the others, below which its second-order rate is not judged."""


@dataclass(frozen=True)
class Kinds(Result):
    """The kinds of first orders and how often each was followed by a second.

    Attributes
    ----------
    kind : Series
        Kind of each buyer by customer_id: a kind, none or not_known.
    days : int
        Days within which a second order counts.
    evidence : DataFrame
        kind; hits (first orders that fit the rule); first_orders (of this kind by precedence, old
        customers left out, made at least ``days`` ago); second_orders (of those, with a second
        order within ``days``); rate, rate_low, rate_high (95%, Wilson); others_rate (the same of all
        other first orders); ratio, ratio_low, ratio_high (95%, of the two rates); verdict (occasional,
        not_occasional_here, not_known).
    missing : tuple of str
        Columns of the orders that the rules would take and the client does not have.
    unnamed_sources : tuple of str
        The most frequent sources of first orders, where none is among those that settings name.
    preset : str
    """

    kind: pd.Series
    days: int
    evidence: pd.DataFrame
    missing: tuple[str, ...]
    unnamed_sources: tuple[str, ...]
    preset: str

    def findings(self) -> list[Finding]:
        """Return the second-order rate of each kind with its verdict, and what is missing."""
        found = [
            Finding("second_order_days", self.days, unit="days"),
            Finding("columns_missing", " ".join(self.missing), unit="columns", n=len(self.missing)),
            Finding("sources_unnamed", ", ".join(self.unnamed_sources), n=len(self.unnamed_sources)),
            Finding("preset", self.preset),
        ]
        for row in self.evidence.to_dict("records"):
            for name, unit in (("rate", "share"), ("ratio", "ratio")):
                value, low, high = (rounded(row[column]) for column in (name, f"{name}_low", f"{name}_high"))
                label, n = f"second_order_{name}_{row['kind']}", int(row["first_orders"])
                found.append(Finding(label, value, low, high, unit, n, row["verdict"]))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say which kinds come back less often than others, which do not, and what cannot be told."""
        return kind_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the evidence for each kind."""
        say, days = words.say, words.number(self.days)
        rows = self.evidence
        rows = rows[rows["hits"].notna() | (rows["first_orders"] > 0)]
        shown = rows.assign(
            kind=rows["kind"].map(kind_labels(words)),
            interval=interval_texts(rows, "rate_low", "rate_high", words.percent, words),
            verdict=rows["verdict"].map(verdict_labels(words)),
        )
        return Table(
            shown,
            say("A second order within {days} days, by what the first was", days=days),
            words,
            columns={
                "kind": say("what the first order was"),
                "hits": (say("fit the rule"), "number"),
                "first_orders": (say("followed long enough"), "number"),
                "rate": (say("ordered again"), "percent"),
                "interval": say("95% interval"),
                "others_rate": (say("all others"), "percent"),
                "verdict": say("verdict"),
            },
            note=say(
                "A first order that fits several rules counts for the first of them, from the top of the"
                " table. “Followed long enough” are the first orders made at least {days} days ago; “all"
                " others” are those of them outside the line. Customers from before the log begins are left"
                " out.",
                days=days,
            ),
        )


def measure_kinds(first: pd.DataFrame, settings: Settings, days: int) -> Kinds:
    """Apply the rules to all first orders and measure how often each kind orders again.

    Parameters
    ----------
    first : DataFrame
        As `kinds.first_orders` returns it.
    days : int
        Days within which a second order counts; only first orders at least that old are compared, so
        that all had the same chance.
    """
    rules = settings.occasional
    hit = hits(first, rules)
    kind, new = assign(hit), ~first["old_customer"]
    followed = new & (first["age"] >= days)
    again = first["returned"] & (first["duration"] <= days)
    rows = []
    for name in EVERY_KIND:
        of_kind = kind == name
        if name not in COLUMNS and not of_kind.any():
            continue
        row = {"kind": name, "hits": int((hit[name] & new).sum()) if name in hit else None}
        row |= _compare(again[followed & of_kind], again[followed & ~of_kind], rules.usual_rate)
        rows.append(row if name in COLUMNS else row | {"verdict": None})
    return Kinds(
        kind=kind.set_axis(first["customer_id"]),
        days=days,
        evidence=pd.DataFrame(rows),
        missing=missing_columns(first),
        unnamed_sources=_unnamed_sources(first, rules),
        preset=settings.preset,
    )


def _unnamed_sources(first: pd.DataFrame, rules: Occasional) -> tuple[str, ...]:
    if "source" not in first or paid(first, rules).any():
        return ()
    return tuple(first["source"].value_counts().index[:5])


def _compare(came: pd.Series, others_came: pd.Series, usual_rate: float) -> dict[str, Any]:
    """Compare a kind's second-order rate with that of all other first orders, by who came again."""
    n, others_n, again, others_again = len(came), len(others_came), int(came.sum()), int(others_came.sum())
    rate_low, rate_high = proportion_confint(again, n, method="wilson") if n else (np.nan, np.nan)
    ratio, low, high = np.nan, np.nan, np.nan
    if min(n, others_n) >= LEAST_FIRST_ORDERS and others_again:
        table = Table2x2([[again, n - again], [others_again, others_n - others_again]], shift_zeros=True)
        ratio, (low, high) = table.riskratio, table.riskratio_confint()
    return {
        "first_orders": n,
        "second_orders": again,
        "rate": again / n if n else np.nan,
        "rate_low": rate_low,
        "rate_high": rate_high,
        "others_rate": others_again / others_n if others_n else np.nan,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "verdict": "occasional" if high < 1 else "not_occasional_here" if low > usual_rate else NOT_KNOWN,
    }


def verdict_labels(words: Words) -> dict[str, str]:
    """Return what is said of a kind after its second-order rate."""
    say = words.say
    return {
        "occasional": say("seldom come back"),
        "not_occasional_here": say("not occasional here"),
        NOT_KNOWN: say("cannot be told"),
    }


def kind_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the evidence for the kinds from its findings."""
    say, days = words.say, words.number(findings["second_order_days"].value)
    missing = str(findings["columns_missing"].value).split()
    kinds = _by_verdict(findings, missing)
    if findings["preset"].value == "donations" and not any(kinds.values()):
        return [
            say(
                "The kinds that this chapter knows (samples, coupons, promotions, bargains, paid search) are"
                " those of shops: nothing in these data tells kinds of occasional buyers apart.",
            )
        ]
    labels = kind_labels(words)
    messages = {
        "occasional": "Seldom followed by a second order within {days} days: {kinds}.",
        "not_occasional_here": "Not occasional here, because they come back about as often as the others:"
        " {kinds}.",
        NOT_KNOWN: "Too few first orders to tell whether they come back less often: {kinds}.",
    }
    said = []
    for verdict, message in messages.items():
        listed = [
            labels[kind] if verdict == NOT_KNOWN else _with_rate(kind, findings, words)
            for kind in kinds[verdict]
        ]
        if listed:
            said.append(say(message, days=days, kinds="; ".join(listed)))
    return said + _missing_sentences(findings, missing, words)


def _by_verdict(findings: Findings, missing: Sequence[str]) -> dict[str, list[str]]:
    """Return the kinds whose columns are there, by verdict."""
    kinds: dict[str, list[str]] = {"occasional": [], "not_occasional_here": [], NOT_KNOWN: []}
    for kind, columns in COLUMNS.items():
        if not set(columns.values()) & set(missing):
            kinds[str(findings[f"second_order_rate_{kind}"].verdict)].append(kind)
    return kinds


def _with_rate(kind: str, findings: Findings, words: Words) -> str:
    rate, ratio = findings[f"second_order_rate_{kind}"], findings[f"second_order_ratio_{kind}"]
    return words.say(
        "{kind} ({rate}, {ratio} times the rate of all others, 95% interval {low} to {high})",
        kind=kind_labels(words)[kind],
        rate=words.percent(rate.value),
        ratio=words.number(ratio.value, 2),
        low=words.number(ratio.low or 0, 2),
        high=words.number(ratio.high or 0, 2),
    )


def _missing_sentences(findings: Findings, missing: Sequence[str], words: Words) -> list[str]:
    said = []
    if missing:
        labels = kind_labels(words)
        hidden = [
            words.say("{kind} ({columns})", kind=labels[kind], columns=", ".join(lacking))
            for kind, columns in COLUMNS.items()
            if (lacking := [theirs for theirs in columns.values() if theirs in missing])
        ]
        said.append(
            words.say(
                "Cannot be told without further columns of the orders, named in brackets: {kinds}.",
                kinds="; ".join(hidden),
            )
        )
    if findings["sources_unnamed"].value:
        said.append(
            words.say(
                "No first order came from a source that counts as paid; the most frequent are {sources}."
                " Name the paid ones under occasional.paid_sources in client.yml.",
                sources=findings["sources_unnamed"].value,
            )
        )
    return said
