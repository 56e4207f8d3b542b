"""The best customers lost: what is known of each, and what the plan does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.words import status_names
from playbook.records.history import History
from playbook.records.selection import given_reasons
from playbook.records.sources import Sources
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result

MOST, SHOWN = 20, 5
"""Customers in all, and at first sight."""
KINDS = ("complaint", "complaint_solved", "cancellation", "unsubscribe", "no_contact")


@dataclass(frozen=True)
class BestLost(Result):
    """The lost with the highest past margin.

    Attributes
    ----------
    people : DataFrame
        customer_id, margin (client's currency), last_order, status (see `Plan.status`), offer (None:
        none), and what is known: reason (of a cancellation since the last order, empty where none is
        given; None: not cancelled), complaint (day of the last one, NaT where it was solved),
        unsubscribed (bool), discount (share off the list price of the last order; NaN: not known), coupon
        (bool: the last order); the highest margin first.
    lost, margin : int, float
        How many are lost in all, lapsed or cancelled, and their past margin.
    deep : float
        Share off the list price from which an order is a bargain.
    """

    people: pd.DataFrame
    lost: int
    margin: float
    deep: float

    def findings(self) -> list[Finding]:
        """Return what the best brought, and for how many of them the plan has an offer."""
        n, planned = len(self.people), int(self.people["offer"].notna().sum())
        brought = round(float(self.people["margin"].sum()), 2)
        return [
            Finding("best_lost_margin", brought, unit="money", n=n),
            Finding("best_lost_planned", planned, unit="customers", n=n),
            Finding("all_lost_margin", round(self.margin, 2), unit="money", n=self.lost),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how much of what is lost is theirs, and how many get an offer."""
        return best_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the first of them."""
        return self._table(self.people[:SHOWN], words.say("The best customers lost"), words)

    def others(self, words: Words) -> Table | None:
        """Return the others; None where there are none."""
        others = self.people[SHOWN:]
        caption = words.say("The best customers lost, {n} to {last}", n=SHOWN + 1, last=len(self.people))
        return self._table(others, caption, words) if len(others) else None

    def _table(self, people: pd.DataFrame, caption: str, words: Words) -> Table:
        say, names = words.say, status_names(words) | {"not_selected": words.say("not selected")}
        rows = people.to_dict("records")
        frame = pd.DataFrame(
            {
                "customer_id": people["customer_id"].tolist(),
                "margin": people["margin"].tolist(),
                "last": [
                    words.month(row["last_order"]) if pd.notna(row["last_order"]) else None for row in rows
                ],
                "known": ["; ".join(_known(row, self.deep, words)) or None for row in rows],
                "plan": [row["offer"] or names[str(row["status"])] for row in rows],
            }
        )
        columns: dict[str, Column] = {
            "customer_id": say("customer"),
            "margin": (say("past margin"), "money"),
            "last": say("last order"),
            "known": say("what is known"),
            "plan": say("offer, or why none"),
        }
        if not any(_known(row, self.deep, words) for row in self.people.to_dict("records")):
            del columns["known"]
        return Table(frame, caption, words, columns=columns)


def find_best_lost(plan: Plan, history: History, sources: Sources) -> BestLost:
    """Find the lost, lapsed or cancelled, with the highest past margin, and what is known of them."""
    everybody = plan.campaign.everybody.assign(status=plan.status)
    lost = everybody[everybody["lapsed"] | everybody["cancelled"]]
    best = lost.sort_values(["margin", "customer_id"], ascending=[False, True]).head(MOST)
    best = best[["customer_id", "margin", "last_order", "status", "cancelled"]].reset_index(drop=True)
    offers = plan.contacts.set_index("customer_id")["offer"]
    best["offer"] = _or_none(best["customer_id"].map(offers))
    happened, ids = _happened(best["customer_id"].tolist(), history, sources), best["customer_id"]
    found = happened.reindex(ids).reset_index()
    since = found["cancellation"] >= pd.to_datetime(best["last_order"])
    reason = ids.map(_reasons(ids.tolist(), sources)).fillna("")
    best["reason"] = _or_none(reason.where(since | best["cancelled"]))
    solved = found["complaint_solved"] >= found["complaint"]
    best["complaint"] = found["complaint"].mask(solved)
    best["unsubscribed"] = found[["unsubscribe", "no_contact"]].notna().any(axis=1)
    best = best.join(_last_orders(ids.tolist(), history), on="customer_id")
    best["coupon"] = best["coupon"] > 0
    deep = history.settings.occasional.deep_discount
    return BestLost(best, len(lost), float(lost["margin"].sum()), deep)


def _or_none(values: pd.Series) -> pd.Series:
    return values.astype(object).mask(values.isna(), None)


def _happened(ids: Sequence[str], history: History, sources: Sources) -> pd.DataFrame:
    """Return the last day of each of `KINDS` (datetime64), by customer_id."""
    if sources.events is None:
        empty = pd.Series(dtype="datetime64[ns]")
        return pd.DataFrame(dict.fromkeys(KINDS, empty), index=pd.Index([], name="customer_id"))
    events = sources.events
    own = events.filter(events.customer_id.isin(ids) & (events.happened_at <= ibis.literal(history.as_of)))
    last = {kind: own.happened_at.max(where=own.kind == kind) for kind in KINDS}
    frame: pd.DataFrame = own.group_by("customer_id").aggregate(**last).to_pyarrow().to_pandas()
    days: pd.DataFrame = frame.set_index("customer_id").apply(pd.to_datetime)
    return days


def _reasons(ids: Sequence[str], sources: Sources) -> pd.Series:
    """Return why a contract was cancelled, by customer_id; the first by name where there are several."""
    given = given_reasons(sources)
    if given is None:
        return pd.Series(dtype=object)
    own = given.filter(given.customer_id.isin(ids))
    frame = own.group_by("customer_id").aggregate(reason=own.reason.min()).to_pyarrow().to_pandas()
    return pd.Series(frame["reason"].to_numpy(object), frame["customer_id"], dtype=object)


def _last_orders(ids: Sequence[str], history: History) -> pd.DataFrame:
    """Return discount and coupon (lines with one) of the last order, by customer_id."""
    own = history.orders.filter(history.orders.customer_id.isin(ids))
    last = own.group_by("customer_id").aggregate(day=own.day.max())
    rows = own.inner_join(last, ["customer_id", "day"])
    listed = rows.list_amount if "list_amount" in rows.columns else ibis.null("decimal(18,4)")
    listed, paid = listed.cast("float64"), rows.sale_amount.cast("float64")
    known = rows.select(
        "customer_id",
        discount=ibis.ifelse(listed > 0, 1 - paid / listed, None),
        coupon=rows.coupon_lines if "coupon_lines" in rows.columns else ibis.literal(0),
    )
    frame: pd.DataFrame = known.to_pyarrow().to_pandas()
    return frame.set_index("customer_id").astype({"discount": float})


def _known(row: Any, deep: float, words: Words) -> list[str]:
    """Word what is known of a customer that may say why."""
    say, said = words.say, []
    if row["reason"] is not None:
        message = "cancelled: {reason}" if row["reason"] else "cancelled"
        said.append(say(message, reason=row["reason"]))
    if pd.notna(row["complaint"]):
        said.append(say("complaint of {month} unsolved", month=words.month(row["complaint"])))
    if row["unsubscribed"]:
        said.append(say("unsubscribed"))
    if row["discount"] >= deep:
        said.append(say("last order {share} off", share=words.percent(row["discount"])))
    elif row["coupon"]:
        said.append(say("last order with a coupon"))
    return said


def best_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how much of what is lost the best had brought, and how many of them get an offer."""
    best, every = findings["best_lost_margin"], findings["all_lost_margin"]
    if not best.n or every.value <= 0:
        return []
    return [
        words.say_many(
            "The best of the {lost} lost, lapsed or cancelled, brought {share} of their past margin;"
            " the plan has an offer for {planned} of them.",
            "The best {n} of the {lost} lost, lapsed or cancelled, brought {share} of their past margin;"
            " the plan has an offer for {planned} of them.",
            best.n,
            lost=words.number(every.n or 0),
            share=words.percent(best.value / every.value),
            planned=words.number(findings["best_lost_planned"].value),
        )
    ]
