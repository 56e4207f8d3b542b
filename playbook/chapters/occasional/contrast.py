"""Chapter 03: what sets occasional buyers apart from active customers, on the day of their first order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2

from playbook.archive.findings import Finding, Findings
from playbook.chapters.occasional import kinds
from playbook.settings.client import Occasional
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, GREY, ORANGE, Picture
from playbook.show.words import Words
from playbook.stats.differences import standardised

LEAST_IN_GROUP = 30
"""Customers in either group below which they are not compared."""
MEASURES = (
    "occasional",
    "active",
    "difference",
    "difference_low",
    "difference_high",
    "odds_ratio",
    "odds_ratio_low",
    "odds_ratio_high",
    "verdict",
)


@dataclass(frozen=True)
class Contrast:
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
                    round(float(row[key]), 4) for key in (name, f"{name}_low", f"{name}_high")
                )
                label = f"{name}_{row['attribute']}"
                found.append(Finding(label, value, low, high, unit, n, row["verdict"]))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what the first orders of occasional buyers have more and less often."""
        return contrast_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return shares, standardised differences and odds ratios."""
        say, number = words.say, words.number
        labels = attribute_labels(words)
        seen = self.attributes
        shown = pd.DataFrame(
            {
                "attribute": seen["attribute"].map(labels),
                "occasional": seen["occasional"],
                "active": seen["active"],
                "difference": seen["difference"],
                "difference_between": [
                    words.between(number(low, 2), number(high, 2))
                    for low, high in zip(seen["difference_low"], seen["difference_high"], strict=True)
                ],
                "odds_ratio": seen["odds_ratio"],
                "odds_ratio_between": [
                    words.between(number(low, 2), number(high, 2))
                    for low, high in zip(seen["odds_ratio_low"], seen["odds_ratio_high"], strict=True)
                ],
            }
        )
        headings = {
            "attribute": say("the first order"),
            "occasional": say("occasional"),
            "active": say("active"),
            "difference": say("standardised difference"),
            "difference_between": say("95% interval"),
            "odds_ratio": say("odds ratio"),
            "odds_ratio_between": say("95% interval "),
        }
        formats = dict.fromkeys(("occasional", "active"), "percent")
        formats |= dict.fromkeys(("difference", "odds_ratio"), "decimal")
        return Table(
            shown,
            say("First orders of occasional buyers and of active customers"),
            words,
            formats,
            headings,
            say(
                "Occasional buyers: {occasional}; active customers, with two orders or more and not lapsed:"
                " {active}. Only first orders from the same span of time are compared. A large order is one"
                " above {median}, the median of the active.",
                occasional=number(self.occasional),
                active=number(self.active),
                median=words.money(self.median_amount),
            )
            if len(seen)
            else "",
        )

    def figure(self, words: Words) -> Picture:
        """Draw the odds ratios with their intervals."""
        say, seen = words.say, self.attributes
        figure, axes = new_figure(height=1.4 + 0.36 * len(seen))
        heading(axes, say("Odds ratio against active customers"))
        if seen.empty:
            return Picture(figure, say("No odds ratios: too few customers to compare."))
        labels = attribute_labels(words)
        places = np.arange(len(seen))[::-1]
        colors = seen["verdict"].map({"more": ORANGE, "less": BLUE, "alike": GREY})
        axes.hlines(places, seen["odds_ratio_low"], seen["odds_ratio_high"], color=colors)
        axes.scatter(seen["odds_ratio"], places, color=colors, zorder=3)
        axes.axvline(1, color=GREY, linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20], minor=False)
        axes.set_xlim(
            min(0.2, seen["odds_ratio_low"].min() / 1.2), max(5, seen["odds_ratio_high"].max() * 1.2)
        )
        axes.xaxis.set_major_formatter(lambda ratio, _: words.number(ratio, 0 if ratio >= 1 else 1))
        axes.xaxis.set_minor_formatter(lambda *_: "")
        axes.set_yticks(places, [labels[name] for name in seen["attribute"]])
        axes.set_xlabel(say("left: seen less often with occasional buyers; right: more often"))
        strongest = seen.loc[np.log(seen["odds_ratio"]).abs().idxmax()]
        alt = say(
            "Dots with intervals, one line per attribute of the first order; the farthest from 1 is"
            " “{attribute}”, with an odds ratio of {ratio}.",
            attribute=labels[strongest["attribute"]],
            ratio=words.number(strongest["odds_ratio"], 2),
        )
        return Picture(figure, alt)


def compare(first: pd.DataFrame, customers: pd.DataFrame, settings: Occasional) -> Contrast:
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
    seen = first.merge(customers[["customer_id", "orders", "lapsed", "occasional"]], on="customer_id")
    rare = seen[seen["occasional"]]
    active = seen[(seen["orders"] > 1) & ~seen["lapsed"] & ~seen["old_customer"]]
    active = active[active["age"].between(rare["age"].min(), rare["age"].max())]
    if min(len(rare), len(active)) < LEAST_IN_GROUP:
        return Contrast(pd.DataFrame(columns=["attribute", *MEASURES]), len(rare), len(active), np.nan)
    median = float(active["sale_amount"].median())
    rows = []
    pairs = zip(
        attributes(rare, settings, median).items(), attributes(active, settings, median).values(), strict=True
    )
    for (name, inside), outside in pairs:
        counts = (int(inside.sum()), len(inside), int(outside.sum()), len(outside))
        if 0 < counts[0] + counts[2] < counts[1] + counts[3]:
            rows.append({"attribute": name, **_compare(*counts)})
    return Contrast(pd.DataFrame(rows, columns=["attribute", *MEASURES]), len(rare), len(active), median)


def attributes(first: pd.DataFrame, settings: Occasional, large: float) -> dict[str, pd.Series]:
    """Return what each first order was, one bool Series per attribute whose columns are there.

    Parameters
    ----------
    large : float
        Amount above which an order is a large one.
    """
    found = {"large": first["sale_amount"] > large}
    for name, column in (
        ("sample", "sample_lines"),
        ("coupon", "coupon_lines"),
        ("promotion", "promotion_lines"),
    ):
        if column in first:
            found[name] = first[column] > 0
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
    measures = (
        inside / n,
        outside / m,
        *difference,
        float(table.oddsratio),
        float(low),
        float(high),
        "more" if low > 1 else "less" if high < 1 else "alike",
    )
    return dict(zip(MEASURES, measures, strict=True))


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
    ratios = {name.removeprefix(prefix): seen for name, seen in findings.items() if name.startswith(prefix)}
    if not ratios:
        return [
            say("What sets occasional buyers apart from active customers cannot be told: too few to compare.")
        ]
    listed = {
        verdict: "; ".join(
            _with_ratio(name, seen, words) for name, seen in ratios.items() if seen.verdict == verdict
        )
        for verdict in ("more", "less", "alike")
    }
    said = []
    if listed["more"]:
        said.append(
            say(
                "More often than that of active customers, the first order of occasional buyers was {list}.",
                list=listed["more"],
            )
        )
    if listed["less"]:
        said.append(
            say(
                "Less often than that of active customers, the first order of occasional buyers was {list}.",
                list=listed["less"],
            )
        )
    if listed["alike"]:
        said.append(say("No difference that could be told from chance: {list}.", list=listed["alike"]))
    said.append(
        say("These are associations: they help to recognise occasional buyers, and do not say why they left.")
    )
    return said


def _with_ratio(name: str, ratio: Finding, words: Words) -> str:
    return words.say(
        "{attribute} (odds ratio {ratio}, {low} to {high})",
        attribute=attribute_labels(words)[name],
        ratio=words.number(ratio.value, 1),
        low=words.number(ratio.low or 0, 1),
        high=words.number(ratio.high or 0, 1),
    )
