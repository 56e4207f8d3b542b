"""Chapter 03: who was hardly ever going to be a customer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.occasional.evidence import Kinds, kind_sentences
from playbook.chapters.occasional.kinds import COLUMNS, NO_KIND, NOT_KNOWN
from playbook.chapters.occasional.left_out_words import left_out_sentences
from playbook.chapters.occasional.second_order import SecondOrder, second_order_sentences
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import return_probability

GROUPS = ("occasional", "recent", "old_customer", "several")


@dataclass(frozen=True)
class Base:
    """Every customer, with who is an occasional buyer and what is to be expected of them.

    Attributes
    ----------
    customers : DataFrame
        The customer table with silence_days, lapsed, old_customer, group (one of `GROUPS`, None without an
        order), occasional, occasional_kind, return_probability.
    groups : DataFrame
        group, customers, margin (past, client's currency), expected, low, high (buyers within
        the horizon, 90% predictive interval; NaN where they cannot be told).
    horizon_days : int
    """

    customers: pd.DataFrame
    groups: pd.DataFrame
    horizon_days: int
    preset: str = "retail"

    def findings(self) -> list[Finding]:
        """Return who is occasional, by kind, and how many of them are expected to order."""
        seen, rows = self.customers, {row["group"]: row for row in self.groups.to_dict("records")}
        occasional = rows["occasional"]
        n = int(occasional["customers"])
        buyers = int(self.groups["customers"].sum())
        found = [
            Finding("occasional", n, unit="customers", n=buyers),
            Finding("one_time_buyers", int((seen["orders"] == 1).sum()), unit="customers", n=buyers),
            Finding("one_time_recent", int(rows["recent"]["customers"]), unit="customers", n=buyers),
            Finding("one_time_old", int(rows["old_customer"]["customers"]), unit="customers", n=buyers),
            Finding("horizon_days", self.horizon_days, unit="days"),
            Finding("preset", self.preset),
        ]
        if pd.isna(occasional["expected"]):
            found.append(Finding("occasional_returners", None, unit="customers", n=n, verdict="unknown"))
        else:
            found += [
                Finding(
                    "occasional_returners",
                    occasional["expected"],
                    occasional["low"],
                    occasional["high"],
                    "customers",
                    n,
                ),
                Finding("all_returners", float(self.groups["expected"].sum()), unit="customers", n=buyers),
            ]
        counts = seen["occasional_kind"].value_counts()
        kinds = [*COLUMNS, NO_KIND, NOT_KNOWN]
        return [
            *found,
            *(
                Finding(f"occasional_{kind}", int(counts.get(kind, 0)), unit="customers", n=n)
                for kind in kinds
            ),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how many are occasional, and who of the one-time buyers is not."""
        return base_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return where those who bought once stand, beside those who bought more often."""
        say = words.say
        labels = {
            "occasional": say("once, and silent beyond the cut: occasional"),
            "recent": say("once, not long enough ago"),
            "old_customer": say("once, and perhaps known since before the data begin"),
            "several": say("two orders or more"),
        }
        shown = self.groups.assign(group=self.groups["group"].map(labels))
        headings = {
            "group": say("ordered"),
            "customers": say("customers"),
            "margin": say("past margin"),
            "expected": say("expected to return within {days} days", days=words.number(self.horizon_days)),
            "low": say("from"),
            "high": say("to"),
        }
        formats = dict.fromkeys(("customers", "expected", "low", "high"), "number") | {"margin": "money"}
        return Table(
            shown,
            say("Those who bought once are not one group"),
            words,
            formats,
            headings,
            say("Expected without any offer, with 90% intervals."),
        )


def see_base(
    history: History, frame: pd.DataFrame, first: pd.DataFrame, second: SecondOrder, kinds: Kinds
) -> Base:
    """Say of every customer whether they are an occasional buyer, and of which kind.

    Parameters
    ----------
    frame : DataFrame
        The customer table: customer_id, orders, margin, last_order.
    first : DataFrame
        As `kinds.first_orders` returns it.
    """
    seen, settings = frame.copy(), history.settings
    silence = (pd.Timestamp(history.as_of) - pd.to_datetime(seen["last_order"])).dt.days.astype("Int32")
    old = set(first.loc[first["old_customer"], "customer_id"])
    once = seen["orders"] == 1
    seen["silence_days"] = silence
    seen["lapsed"] = (silence > second.inactivity_days).fillna(False).astype(bool)
    seen["old_customer"] = seen["customer_id"].isin(old)
    seen["occasional"] = once & ~seen["old_customer"] & (silence > second.days).fillna(False).astype(bool)
    seen["group"] = np.select(
        [seen["occasional"], once & seen["old_customer"], once, seen["orders"] > 1],
        ["occasional", "old_customer", "recent", "several"],
        "",
    )
    kind = seen["customer_id"].map(kinds.kind)
    seen["occasional_kind"] = [k if rare else None for k, rare in zip(kind, seen["occasional"], strict=True)]
    model = return_probability.fit(history, settings.horizon_days)
    seen["return_probability"] = np.nan if model is None else model.predict(seen)
    seen["expected_orders"] = np.nan if model is None else model.expected_orders(seen)
    rows = []
    for group in GROUPS:
        members = seen[seen["group"] == group]
        expected = (np.nan,) * 3 if model is None else model.expected_buyers(members)
        rows.append((group, len(members), float(members["margin"].sum()), *(round(n, 1) for n in expected)))
    columns = ["group", "customers", "margin", "expected", "low", "high"]
    return Base(seen, pd.DataFrame(rows, columns=columns), settings.horizon_days, settings.preset)


def occasional_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the chapter from its findings: who is occasional, of which kind, what leaving out does."""
    return [
        *second_order_sentences(findings, words),
        *base_sentences(findings, words),
        *kind_sentences(findings, words),
        *left_out_sentences(findings, words),
    ]


def base_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is occasional, and who of the one-time buyers is not."""
    say, number = words.say, words.number
    occasional, once = findings["occasional"], findings["one_time_buyers"]
    if not once.value:
        return [say("Nobody bought only once: there are no occasional buyers.")]
    said = [
        words.say_many(
            "{n} of all who ever ordered ({buyers}) is an occasional buyer ({share})."
            if occasional.n != 1
            else "The one customer who ever ordered is an occasional buyer.",
            "{n} of {buyers} customers who ever ordered are occasional buyers ({share}).",
            occasional.value,
            buyers=number(occasional.n or 0),
            share=words.percent(occasional.value / max(occasional.n or 0, 1)),
        )
        if occasional.value or (occasional.n or 0) > 1
        else say("Nobody who bought once is an occasional buyer.")
    ]
    recent, old = findings["one_time_recent"].value, findings["one_time_old"].value
    if recent or old:
        said.append(
            words.say_many(
                "The one who bought once may have been a customer before the data begin."
                if old
                else "The one who bought once did so too recently to tell.",
                "Not everybody who bought once is one of them: of {n} one-time buyers {recent} bought too"
                " recently to tell, and {old} may have been customers before the data begin.",
                once.value,
                recent=number(recent),
                old=number(old),
            )
        )
    back = findings["occasional_returners"]
    if not occasional.value:
        return said
    if back.verdict == "unknown":
        said.append(say("How many of them would return unaided cannot be told from these data."))
    else:
        said.append(
            words.say_many(
                "They are not nobody: about {n} of them returns within {days} days without any offer (90%"
                " interval {low} to {high}), {share} of all who are expected to return.",
                "They are not nobody: about {n} of them return within {days} days without any offer (90%"
                " interval {low} to {high}), {share} of all who are expected to return.",
                round(back.value),
                days=number(findings["horizon_days"].value),
                low=number(back.low or 0),
                high=number(back.high or 0),
                share=words.percent(back.value / max(findings["all_returners"].value, back.value, 1e-9)),
            )
        )
    return said
