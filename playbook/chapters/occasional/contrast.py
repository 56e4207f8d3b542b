"""Chapter 03: what sets occasional buyers apart from active customers, on the day of their first order."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2

from playbook.archive.findings import Finding, Findings
from playbook.chapters.occasional import kinds
from playbook.settings.client import Occasional
from playbook.show.display import Table, interval_texts
from playbook.show.figures import BLUE, GREY, ORANGE, Picture, intervals
from playbook.show.words import Words
from playbook.stats.differences import standardised
from playbook.stats.result import CannotTell, Result

LEAST_IN_GROUP = 30
"""Customers in either group below which they are not compared."""


@dataclass(frozen=True)
class Contrast(Result):
    """First orders of occasional buyers against those of active customers.

    Attributes
    ----------
    attributes : DataFrame
        attribute; occasional, active (share of each group with it); difference, difference_low,
        difference_high (standardised: the difference of the shares over their pooled standard
        deviation, 95%); odds_ratio, odds_ratio_low, odds_ratio_high (95%); verdict (more, less, alike).
    occasional, active : int
        Customers compared.
    median_amount : float
        Median amount of the active customers' first orders, client's currency.
    """

    attributes: pd.DataFrame
    occasional: int
    active: int
    median_amount: float

    def findings(self) -> list[Finding]:
        """Return the odds ratio and the standardised difference of each attribute."""
        found = [
            Finding("compared_occasional", self.occasional, unit="customers"),
            Finding("compared_active", self.active, unit="customers"),
        ]
        n = self.occasional + self.active
        for row in self.attributes.to_dict("records"):
            for name, unit in (("odds_ratio", "ratio"), ("difference", "standard_deviations")):
                value, low, high = (
                    round(float(row[key]), 6) for key in (name, f"{name}_low", f"{name}_high")
                )
                label = f"{name}_{row['attribute']}"
                found.append(Finding(label, value, low, high, unit, n, row["verdict"]))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what the first orders of occasional buyers have more and less often."""
        return contrast_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return shares, standardised differences and odds ratios."""
        say, number, rows = words.say, partial(words.number, digits=2), self.attributes

        def between(measure: str) -> list[str]:
            return interval_texts(rows, f"{measure}_low", f"{measure}_high", number, words)

        return Table(
            rows.assign(
                attribute=rows["attribute"].map(attribute_labels(words)),
                difference_between=between("difference"),
                odds_ratio_between=between("odds_ratio"),
            ),
            say("First orders of occasional buyers and of active customers"),
            words,
            columns={
                "attribute": say("the first order"),
                "occasional": (say("occasional"), "percent"),
                "active": (say("active"), "percent"),
                "difference": (say("standardised difference"), "decimal"),
                "difference_between": say("95% interval"),
                "odds_ratio": (say("odds ratio"), "decimal"),
                "odds_ratio_between": say("95% interval "),
            },
            note=say(
                "Occasional buyers: {occasional}; active customers, with two orders or more and not lapsed:"
                " {active}. Only first orders from the same span of time are compared. A large order is one"
                " above {median}, the median of the active.",
                occasional=words.number(self.occasional),
                active=words.number(self.active),
                median=words.money(self.median_amount),
            ),
        )

    def figure(self, words: Words) -> Picture:
        """Draw the odds ratios with their intervals."""
        say, rows = words.say, self.attributes
        columns = {"odds_ratio": "value", "odds_ratio_low": "low", "odds_ratio_high": "high"}
        rows = rows.assign(label=rows["attribute"].map(attribute_labels(words)))
        rows = rows[["label", *columns, "verdict"]].rename(columns=columns)
        apart = words.number((rows["verdict"] != "alike").sum())
        figure = intervals(
            say("Attributes that tell them apart: {n} of {all}", n=apart, all=words.number(len(rows))),
            rows,
            {"more": ORANGE, "less": BLUE, "alike": GREY},
            words,
            across=say("odds ratio; left: less often with occasional buyers; right: more"),
            at_least=(0.2, 5),
        )
        farthest = rows.loc[np.log(rows["value"]).abs().idxmax()]
        alt = say(
            "Dots with intervals, one line per attribute of the first order; the farthest from 1 is"
            " “{attribute}”, with an odds ratio of {ratio}.",
            attribute=farthest["label"],
            ratio=words.number(farthest["value"], 2),
        )
        return Picture(figure, alt)


def compare_with_active(
    first: pd.DataFrame, customers: pd.DataFrame, settings: Occasional
) -> Contrast | CannotTell:
    """Compare first orders of occasional buyers with those of active customers.

    Active are customers with two orders or more who are not lapsed; old customers are left out, as
    their first order may lie before the log. The active are taken from the same span of first
    orders as the occasional, so that a change of range or season is not taken for a difference.

    Parameters
    ----------
    first : DataFrame
        As `kinds.first_orders` returns it.
    customers : DataFrame
        customer_id, orders, lapsed, occasional.
    """
    labelled = first.merge(customers[["customer_id", "orders", "lapsed", "occasional"]], on="customer_id")
    rare = labelled[labelled["occasional"]]
    active = labelled[(labelled["orders"] > 1) & ~labelled["lapsed"] & ~labelled["old_customer"]]
    active = active[active["age"].between(rare["age"].min(), rare["age"].max())]
    rows, median = [], float(active["sale_amount"].median())
    if min(len(rare), len(active)) >= LEAST_IN_GROUP:
        theirs = attributes(active, settings, median)
        for name, ours in attributes(rare, settings, median).items():
            counts = (int(ours.sum()), len(rare), int(theirs[name].sum()), len(active))
            if 0 < counts[0] + counts[2] < counts[1] + counts[3]:
                rows.append({"attribute": name, **_compare(*counts)})
    contrast = Contrast(pd.DataFrame(rows), len(rare), len(active), median)
    return contrast if rows else CannotTell(tuple(contrast.findings()), contrast_sentences)


def attributes(first: pd.DataFrame, settings: Occasional, large: float) -> dict[str, pd.Series]:
    """Return what each first order was, one bool Series per attribute whose columns are there.

    Parameters
    ----------
    large : float
        Amount above which an order is a large one.
    """
    found = {"large": first["sale_amount"] > large}
    for name in ("sample", "coupon", "promotion"):
        if f"{name}_lines" in first:
            found[name] = first[f"{name}_lines"] > 0
    if "list_amount" in first:
        found["deep_discount"] = kinds.deep_discount(first, settings)
    if "sales_channel" in first:
        found["online"] = kinds.online(first, settings)
    if "source" in first:
        found["paid"] = kinds.paid(first, settings)
    return found


def _compare(inside: int, n: int, outside: int, m: int) -> dict[str, Any]:
    """Compare two shares by odds ratio and standardised difference.

    Where a count is 0, half is added to all four.
    """
    table = Table2x2([[inside, n - inside], [outside, m - outside]], shift_zeros=True)
    (yes, no), (others_yes, others_no) = table.table
    p, q = yes / (yes + no), others_yes / (others_yes + others_no)
    difference = standardised(p, q, p * (1 - p), q * (1 - q), n, m)
    low, high = table.oddsratio_confint()
    return {
        "occasional": inside / n,
        "active": outside / m,
        "difference": difference.value,
        "difference_low": difference.low,
        "difference_high": difference.high,
        "odds_ratio": float(table.oddsratio),
        "odds_ratio_low": float(low),
        "odds_ratio_high": float(high),
        "verdict": "more" if low > 1 else "less" if high < 1 else "alike",
    }


# The words -----------------------------------------------------------------------------------


def attribute_labels(words: Words) -> dict[str, str]:
    """Return what each attribute is called."""
    say = words.say
    return {
        "large": say("a large one"),
        "sample": say("one with a sample"),
        "coupon": say("one with a coupon"),
        "promotion": say("one with a promoted product"),
        "deep_discount": say("one at a deep discount"),
        "online": say("placed online"),
        "paid": say("through paid search or an affiliate"),
    }


def contrast_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what sets occasional buyers apart from its findings."""
    say, prefix = words.say, "odds_ratio_"
    ratios = {name.removeprefix(prefix): f for name, f in findings.items() if name.startswith(prefix)}
    if not ratios:
        return [
            say("What sets occasional buyers apart from active customers cannot be told: too few to compare.")
        ]
    messages = {
        "more": "More often than that of active customers, the first order of occasional buyers was {list}.",
        "less": "Less often than that of active customers, the first order of occasional buyers was {list}.",
        "alike": "No difference that could be told from chance: {list}.",
    }
    said = []
    for verdict, message in messages.items():
        listed = [
            _with_ratio(name, ratio, words) for name, ratio in ratios.items() if ratio.verdict == verdict
        ]
        if listed:
            said.append(say(message, list="; ".join(listed)))
    return [
        *said,
        say(
            "These are associations: they help to recognise occasional buyers, and do not say why they left."
        ),
    ]


def _with_ratio(name: str, ratio: Finding, words: Words) -> str:
    return words.say(
        "{attribute} (odds ratio {ratio}, {low} to {high})",
        attribute=attribute_labels(words)[name],
        ratio=words.number(ratio.value, 1),
        low=words.number(ratio.low or 0, 1),
        high=words.number(ratio.high or 0, 1),
    )
