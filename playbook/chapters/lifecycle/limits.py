"""Chapter 02: which stages the data cannot show, and what in them could not be used."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

import ibis
import pandas as pd

from playbook.archive.findings import Finding
from playbook.records.history import History, known_since
from playbook.records.sources import Sources
from playbook.settings.lifecycle import EventKind
from playbook.show.words import Words
from playbook.stats.result import Result

MISSING = {
    "events": "There are no events, so prospects and leads cannot be told from suspects, nobody is firmly"
    " engaged by visits, and complaints, unsubscriptions and cancellations are not seen.",
    "events_but_cancelled": "There are no events, so prospects and leads cannot be told from suspects, nobody"
    " is firmly engaged by visits, and complaints and unsubscriptions are not seen; cancellations are, by"
    " their day in the table of customers.",
    "visits": "The events hold no visits, so nobody is firmly engaged by visits.",
    "prospects": "The events hold none of the kinds that make a prospect.",
    "leads": "The events hold none of the kinds that make a lead: leads are only those who visit often.",
    "people": "There is no table of customers: people who never ordered are not seen, and with them"
    " suspects, prospects and leads.",
}
"""What may not be there, and what cannot be seen without it."""
MOST_NAMED = 5


@dataclass(frozen=True)
class Limits(Result):
    """What keeps stages from being seen.

    Attributes
    ----------
    missing : tuple of str
        Of `MISSING`: events, or all of them but cancellations; visits, prospects, leads (kinds of
        events that are not there), people (no table of customers).
    unknown_kinds : tuple of str
        Kinds of events that no rule knows, the commonest first.
    unknown, visits_without_customer, of_strangers : int
        Events that count for nothing: of such kinds; visits of nobody; of people who are not known.
    perhaps_older : int
        Customers called engaged though they have fewer orders, as they may be older than the log.
    acquired_before, acquired_after : int
        People without an order whom the client won before the log begins, and after the as-of date.
    without_sale : int
        People with lines in the orders of which none is a sale.
    record_days : int
        Days from the first line to the as-of date.
    lost_days : int
        Days of silence after which a customer is lost.
    """

    missing: tuple[str, ...]
    unknown_kinds: tuple[str, ...]
    unknown: int
    visits_without_customer: int
    of_strangers: int
    perhaps_older: int
    acquired_before: int
    acquired_after: int
    without_sale: int
    record_days: int
    lost_days: int

    def findings(self) -> list[Finding]:
        """Return what is missing and how much could not be used."""
        kinds = ", ".join(self.unknown_kinds)
        return [
            Finding("stages_not_shown_without", " ".join(self.missing), n=len(self.missing)),
            Finding("events_of_unknown_kind", self.unknown, unit="events", verdict=kinds or None),
            Finding("visits_without_customer", self.visits_without_customer, unit="events"),
            Finding("events_of_strangers", self.of_strangers, unit="events"),
            Finding("perhaps_older", self.perhaps_older, unit="customers"),
            Finding("acquired_before", self.acquired_before, unit="customers"),
            Finding("acquired_after", self.acquired_after, unit="customers"),
            Finding("without_sale", self.without_sale, unit="customers"),
            Finding("record_days", self.record_days, unit="days"),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say which stages the data cannot show, and what could not be used."""
        said = [words.say(MISSING[name]) for name in self.missing]
        said += [*self._not_used(words), *self._record_too_short(words)]
        return said or [words.say("All stages can be seen in these data.")]

    def _not_used(self, words: Words) -> list[str]:
        """Say which events count for nothing, and who stands in a lower stage than they may deserve."""
        counted = [
            (
                self.unknown,
                "{n} event is of a kind that no rule knows, and counts for nothing: {kinds}.",
                "{n} events are of kinds that no rule knows, and count for nothing: {kinds}.",
            ),
            (
                self.visits_without_customer,
                "{n} visit has no customer and counts for nobody.",
                "{n} visits have no customer and count for nobody.",
            ),
            (
                self.of_strangers,
                "{n} event is of somebody who is neither in the orders nor in a table of customers.",
                "{n} events are of people who are neither in the orders nor in a table of customers.",
            ),
            (
                self.perhaps_older,
                "{n} customer counts as engaged with fewer orders than that takes: first seen when the data"
                " begin, and perhaps a customer before.",
                "{n} customers count as engaged with fewer orders than that takes: they were first seen"
                " when the data begin, and may have been customers before.",
            ),
            (
                self.acquired_before,
                "{n} person was won before the data begin and has not ordered since: perhaps a former"
                " customer, who counts by what can be measured, as a suspect, prospect or lead.",
                "{n} people were won before the data begin and have not ordered since. They may be former"
                " customers; they count by what can be measured, as suspects, prospects or leads.",
            ),
            (
                self.acquired_after,
                "{n} person was won only after the day that this is seen from, and counts as a suspect.",
                "{n} people were won only after the day that this is seen from, and count as suspects.",
            ),
            (
                self.without_sale,
                "{n} person has only returns, or lines without an amount: no order, and so no more than a"
                " prospect or lead.",
                "{n} people have only returns, or lines without an amount: no order, and so no more than"
                " prospects or leads.",
            ),
        ]
        kinds = ", ".join(self.unknown_kinds)
        return [words.say_many(one, many, n, kinds=kinds) for n, one, many in counted if n]

    def _record_too_short(self, words: Words) -> list[str]:
        """Say so where nobody can have been silent for long enough to be lost."""
        lost = words.number(self.lost_days)
        if self.record_days > self.lost_days:
            return []
        if not self.record_days:
            return [
                words.say(
                    "The data hold a single day: nobody can have been silent for the {lost} days after which"
                    " a customer is lost.",
                    lost=lost,
                )
            ]
        return [
            words.say_many(
                "The data go back {n} day, too little for anybody to have been silent for the {lost} days"
                " after which a customer is lost.",
                "The data go back {n} days, too few for anybody to have been silent for the {lost} days"
                " after which a customer is lost.",
                self.record_days,
                lost=lost,
            )
        ]


def find_limits(history: History, sources: Sources, customers: pd.DataFrame, lost_days: int) -> Limits:
    """Look for what keeps stages from being seen.

    Parameters
    ----------
    customers : DataFrame
        The customer table with customer_id, orders, stage and old_customer (bool).
    """
    events = sources.events
    if events is not None:  # one without a date may have happened by then, and is looked at
        events = events.filter((events.happened_at <= ibis.literal(history.as_of)).fill_null(True))
    kinds = _kinds(events)
    unknown = kinds[~kinds.index.isin(get_args(EventKind))]
    orders, without = customers["orders"], customers["orders"] == 0
    few = orders < history.settings.lifecycle.engaged_orders
    before, after = _acquired_outside(history, customers.loc[without, "customer_id"])
    return Limits(
        missing=_missing(sources, history, kinds.index),
        unknown_kinds=tuple(
            f"{str(kind)[:40] or '(empty)'} ({n:,})" for kind, n in unknown["n"].head(MOST_NAMED).items()
        ),
        unknown=int(unknown["n"].sum()),
        visits_without_customer=int(kinds["of_nobody"].get("visit", 0)),
        of_strangers=_of_strangers(events, history),
        perhaps_older=int(((customers["stage"] == "engaged") & few & ~without).sum()),
        acquired_before=before,
        acquired_after=after,
        without_sale=_without_sale(history),
        record_days=(history.as_of - history.first_day).days,
        lost_days=lost_days,
    )


def _kinds(events: Any) -> pd.DataFrame:
    """Count events by kind, and those of them that are nobody's; the commonest kind first."""
    if events is None:
        return pd.DataFrame({"n": [], "of_nobody": []}, dtype="int64")
    counted = events.group_by(kind=events.kind.fill_null("")).aggregate(
        n=events.count(), of_nobody=events.customer_id.isnull().sum()
    )
    frame: pd.DataFrame = counted.order_by([ibis.desc("n"), "kind"]).to_pyarrow().to_pandas()
    return frame.set_index("kind")


def _missing(sources: Sources, history: History, kinds: Iterable[str]) -> tuple[str, ...]:
    rules = history.settings.lifecycle
    wanted = {"visits": ("visit",), "prospects": rules.prospect_events, "leads": rules.lead_events}
    missing = [name for name, of in wanted.items() if not set(kinds) & set(of)]
    if sources.events is None:
        dated = history.known is not None and "cancelled_on" in history.known.columns
        missing = ["events_but_cancelled" if dated else "events"]
    return (*missing, *(["people"] if history.known is None else []))


def _of_strangers(events: Any, history: History) -> int:
    """Count the events of people who are neither in the orders nor in a table of customers."""
    if events is None:
        return 0
    strangers = events.filter(events.customer_id.notnull()).anti_join(history.days, "customer_id")
    if history.known is not None:
        strangers = strangers.anti_join(history.known, "customer_id")
    return int(strangers.count().execute())


def _acquired_outside(history: History, without_order: pd.Series) -> tuple[int, int]:
    """Count who was won before the log begins, and who only after the as-of date."""
    acquired = known_since(history)
    if acquired is None:
        return 0, 0
    outside = (
        acquired.filter(acquired.acquired_on < ibis.literal(history.first_day)),
        acquired.filter(acquired.acquired_on > ibis.literal(history.as_of)),
    )
    before, after = (without_order.isin(rows.customer_id.to_pyarrow().to_pylist()).sum() for rows in outside)
    return int(before), int(after)


def _without_sale(history: History) -> int:
    days = history.days
    sold = days.group_by("customer_id").aggregate(sale_lines=days.sale_lines.sum())
    return int(sold.filter(sold.sale_lines == 0).count().execute())
