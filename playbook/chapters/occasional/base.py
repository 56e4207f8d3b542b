"""Chapter 03: who was hardly ever going to be a customer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.occasional.evidence import Kinds
from playbook.chapters.occasional.kinds import EVERY_KIND
from playbook.chapters.occasional.second_order import SecondOrder
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import return_probability
from playbook.stats.result import Result
from playbook.stats.rhythms import own_days

GROUPS = ("occasional", "recent", "old_customer", "several")


@dataclass(frozen=True)
class OccasionalBase(Result):
    """Every customer, with who is an occasional buyer and what is to be expected of them.

    Attributes
    ----------
    customers : DataFrame
        The customer table with silence_days, lapsed, old_customer, group (one of `GROUPS`, empty without an
        order), occasional, occasional_kind, return_probability, expected_orders.
    groups : DataFrame
        group, customers, margin (past, client's currency), expected, low, high (buyers within
        the horizon, 90% predictive interval; NaN where they cannot be told).
    horizon_days : int
    preset : str
    """

    customers: pd.DataFrame
    groups: pd.DataFrame
    horizon_days: int
    preset: str

    def findings(self) -> list[Finding]:
        """Return who is occasional, by kind, and how many of them are expected to order."""
        groups = {row["group"]: row for row in self.groups.to_dict("records")}
        n, buyers = int(groups["occasional"]["customers"]), int(self.groups["customers"].sum())
        once = int((self.customers["orders"] == 1).sum())
        kinds = self.customers["occasional_kind"].value_counts()
        return [
            Finding("occasional", n, unit="customers", n=buyers),
            Finding("one_time_buyers", once, unit="customers", n=buyers),
            Finding("one_time_recent", int(groups["recent"]["customers"]), unit="customers", n=buyers),
            Finding("one_time_old", int(groups["old_customer"]["customers"]), unit="customers", n=buyers),
            Finding("horizon_days", self.horizon_days, unit="days"),
            Finding("preset", self.preset),
            *self._returners(n, buyers),
            *(
                Finding(f"occasional_{kind}", int(kinds.get(kind, 0)), unit="customers", n=n)
                for kind in EVERY_KIND
            ),
        ]

    def _returners(self, n: int, buyers: int) -> list[Finding]:
        name, unit = "occasional_returners", "customers"
        [row] = self.groups[self.groups["group"] == "occasional"].to_dict("records")
        if pd.isna(row["expected"]):
            return [Finding(name, None, unit=unit, n=n, verdict="unknown")]
        return [
            Finding(name, row["expected"], row["low"], row["high"], unit, n),
            Finding("all_returners", float(self.groups["expected"].sum()), unit=unit, n=buyers),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how many are occasional, and who of the one-time buyers is not."""
        return base_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return where those who bought once stand, beside those who bought more often."""
        say = words.say
        labels = {
            "occasional": say("once, and silent beyond the cut: occasional"),
            "recent": say("once, not long enough ago"),
            "old_customer": say("once, and perhaps known since before the data begin"),
            "several": say("two orders or more"),
        }
        expected = say("expected to return within {days} days", days=words.number(self.horizon_days))
        return Table(
            self.groups.assign(group=self.groups["group"].map(labels)),
            say("Those who bought once are not one group"),
            words,
            columns={
                "group": say("ordered"),
                "customers": (say("customers"), "number"),
                "margin": (say("past margin"), "money"),
                "expected": (expected, "number"),
                "low": (say("from"), "number"),
                "high": (say("to"), "number"),
            },
            note=say("Expected without any offer, with 90% intervals."),
            bars=("customers", "margin", "expected"),
        )


def find_occasional(
    history: History, customers: pd.DataFrame, first: pd.DataFrame, second: SecondOrder, kinds: Kinds
) -> OccasionalBase:
    """Say of every customer whether they are an occasional buyer, and of which kind.

    Parameters
    ----------
    customers : DataFrame
        The customer table: customer_id, orders, margin, last_order.
    first : DataFrame
        As `kinds.first_orders` returns it.
    """
    horizon, labelled = history.settings.horizon_days, _labelled(history, customers, first, second)
    kind = labelled["customer_id"].map(kinds.kind)
    labelled["occasional_kind"] = [
        k if rare else None for k, rare in zip(kind, labelled["occasional"], strict=True)
    ]
    model = return_probability.fit(history, horizon)
    labelled["return_probability"] = np.nan if model is None else model.predict(labelled)
    labelled["expected_orders"] = np.nan if model is None else model.expected_orders(labelled)
    rows = []
    for group in GROUPS:
        members = labelled[labelled["group"] == group]
        expected = (np.nan,) * 3 if model is None else model.expected_buyers(members)
        rows.append((group, len(members), float(members["margin"].sum()), *(round(n, 1) for n in expected)))
    columns = ["group", "customers", "margin", "expected", "low", "high"]
    return OccasionalBase(labelled, pd.DataFrame(rows, columns=columns), horizon, history.settings.preset)


def _labelled(
    history: History, customers: pd.DataFrame, first: pd.DataFrame, second: SecondOrder
) -> pd.DataFrame:
    """Return the customer table with silence_days, lapsed, old_customer, occasional and group."""
    days = (pd.Timestamp(history.as_of) - pd.to_datetime(customers["last_order"])).dt.days
    # who never ordered has no silence, and is neither lapsed nor occasional
    silence, once = days.astype("Int32"), customers["orders"] == 1
    old = customers["customer_id"].isin(first.loc[first["old_customer"], "customer_id"])
    own = own_days(customers["customer_id"], history, second.inactivity_days)
    occasional = once & ~old & (silence > second.days).fillna(False).astype(bool)
    return customers.assign(
        silence_days=silence,
        lapsed=(silence > own).fillna(False).astype(bool),
        old_customer=old,
        occasional=occasional,
        group=np.select([occasional, once & ~old, once, customers["orders"] > 1], GROUPS, ""),
    )


def base_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is occasional, and who of the one-time buyers is not."""
    if not findings["one_time_buyers"].value:
        return [words.say("Nobody bought only once: there are no occasional buyers.")]
    said = [_how_many(findings["occasional"], words), *_who_is_not(findings, words)]
    return [*said, _expected(findings, words)] if findings["occasional"].value else said


def _how_many(occasional: Finding, words: Words) -> str:
    buyers = occasional.n or 0
    if not occasional.value and buyers <= 1:
        return words.say("Nobody who bought once is an occasional buyer.")
    return words.say_many(
        "{n} of all who ever ordered ({buyers}) is an occasional buyer ({share})."
        if buyers != 1
        else "The one customer who ever ordered is an occasional buyer.",
        "{n} of {buyers} customers who ever ordered are occasional buyers ({share}).",
        occasional.value,
        buyers=words.number(buyers),
        share=words.percent(occasional.value / max(buyers, 1)),
    )


def _who_is_not(findings: Findings, words: Words) -> list[str]:
    recent, old = findings["one_time_recent"].value, findings["one_time_old"].value
    if not recent and not old:
        return []
    return [
        words.say_many(
            "The one who bought once may have been a customer before the data begin."
            if old
            else "The one who bought once did so too recently to tell.",
            "Not everybody who bought once is one of them: of {n} one-time buyers {recent} bought too"
            " recently to tell, and {old} may have been customers before the data begin.",
            findings["one_time_buyers"].value,
            recent=words.number(recent),
            old=words.number(old),
        )
    ]


def _expected(findings: Findings, words: Words) -> str:
    back, number = findings["occasional_returners"], words.number
    if back.verdict == "unknown":
        return words.say("How many of them would return unaided cannot be told from these data.")
    return words.say_many(
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
