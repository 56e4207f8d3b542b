"""Chapter 02: which stages the data cannot show, and what in them could not be used."""

from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.history import History, known_since
from playbook.records.sources import Sources
from playbook.show.words import Words

KINDS = ("visit", "inquiry", "complaint", "complaint_solved", "cancellation", "unsubscribe", "review", "call")
MOST_NAMED = 5


@dataclass(frozen=True)
class Limits:
    """What keeps stages from being seen.

    Attributes
    ----------
    missing : tuple of str
        Of: events, visits, prospects, leads (kinds of events that are not there), people (no table of
        customers).
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
    preset : str
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
    preset: str

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
            Finding("preset", self.preset),
        ]


def find_limits(history: History, sources: Sources | None, customers: pd.DataFrame) -> Limits:
    """Look for what keeps stages from being seen.

    Parameters
    ----------
    customers : DataFrame
        The customer table with customer_id, orders, stage and old_customer (bool).
    """
    events = None if sources is None else sources.events
    used = _events(events, history)
    rules = history.settings.lifecycle
    orders, without = customers["orders"], customers["orders"] == 0
    before, after = _acquired_outside(history, customers.loc[without, "customer_id"])
    perhaps = (customers["stage"] == "engaged") & (orders < rules.engaged_orders) & ~without
    return Limits(
        missing=_missing(events is not None, set(used["kinds"]), history),
        unknown_kinds=tuple(used["unknown_kinds"]),
        unknown=used["unknown"],
        visits_without_customer=used["visits_of_nobody"],
        of_strangers=used["of_strangers"],
        perhaps_older=int(perhaps.sum()),
        acquired_before=before,
        acquired_after=after,
        without_sale=_without_sale(history),
        record_days=(history.as_of - history.first_day).days,
        preset=history.settings.preset,
    )


def _missing(has_events: bool, kinds: set[str], history: History) -> tuple[str, ...]:
    rules, missing = history.settings.lifecycle, []
    if not has_events:
        missing.append("events")
    else:
        wanted = {"visits": ("visit",), "prospects": rules.prospect_events, "leads": rules.lead_events}
        missing += [name for name, of in wanted.items() if not kinds & set(of)]
    return (*missing, *(["people"] if history.known is None else []))


def _events(events: Any, history: History) -> dict[str, Any]:
    if events is None:
        nothing: dict[str, Any] = {"kinds": [], "unknown_kinds": [], "unknown": 0}
        return nothing | {"visits_of_nobody": 0, "of_strangers": 0}
    seen = events.filter((events.happened_at <= ibis.literal(history.as_of)).fill_null(True))
    counted = seen.group_by(kind=seen.kind.fill_null("")).aggregate(
        n=seen.count(), of_nobody=seen.customer_id.isnull().sum()
    )
    kinds = counted.order_by([ibis.desc("n"), "kind"]).to_pyarrow().to_pandas().set_index("kind")
    odd = kinds[~kinds.index.isin(KINDS)]
    named = [f"{str(kind)[:40] or '(empty)'} ({n:,})" for kind, n in odd["n"].head(MOST_NAMED).items()]
    strangers = seen.filter(seen.customer_id.notnull()).anti_join(history.days, "customer_id")
    if history.known is not None:
        strangers = strangers.anti_join(history.known, "customer_id")
    return {
        "kinds": list(kinds.index),
        "unknown_kinds": named,
        "unknown": int(odd["n"].sum()),
        "visits_of_nobody": int(kinds["of_nobody"].get("visit", 0)),
        "of_strangers": int(strangers.count().execute()),
    }


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


# The words -----------------------------------------------------------------------------------


def limit_sentences(findings: Findings, words: Words) -> list[str]:
    """Word which stages the data cannot show, and what could not be used, from the findings."""
    return [
        *_missing_sentences(findings, words),
        *_event_sentences(findings, words),
        *_order_sentences(findings, words),
    ]


def _missing_sentences(findings: Findings, words: Words) -> list[str]:
    say = words.say
    missing = str(findings["stages_not_shown_without"].value).split()
    sentences = {
        "events": say(
            "There are no events, so prospects and leads cannot be told from suspects, nobody is firmly"
            " engaged by visits, and complaints, unsubscriptions and cancellations are not seen."
        ),
        "visits": say("The events hold no visits, so nobody is firmly engaged by visits."),
        "prospects": say("The events hold none of the kinds that make a prospect."),
        "leads": say(
            "The events hold none of the kinds that make a lead: leads are only those who visit often."
        ),
        "people": say(
            "There is no table of customers: people who never ordered are not seen, and with them"
            " suspects, prospects and leads."
        ),
    }
    return [sentence for name, sentence in sentences.items() if name in missing]


def _event_sentences(findings: Findings, words: Words) -> list[str]:
    unknown, nobody = findings["events_of_unknown_kind"], findings["visits_without_customer"].value
    strangers, said = findings["events_of_strangers"].value, []
    if unknown.value:
        said.append(
            words.say_many(
                "{n} event is of a kind that no rule knows, and counts for nothing: {kinds}.",
                "{n} events are of kinds that no rule knows, and count for nothing: {kinds}.",
                unknown.value,
                kinds=unknown.verdict,
            )
        )
    if nobody:
        said.append(
            words.say_many(
                "{n} visit has no customer and counts for nobody.",
                "{n} visits have no customer and count for nobody.",
                nobody,
            )
        )
    if strangers:
        said.append(
            words.say_many(
                "{n} event is of somebody who is neither in the orders nor in a table of customers.",
                "{n} events are of people who are neither in the orders nor in a table of customers.",
                strangers,
            )
        )
    return said


def _order_sentences(findings: Findings, words: Words) -> list[str]:
    said = []
    older, former = findings["perhaps_older"].value, findings["acquired_before"].value
    if older:
        said.append(
            words.say_many(
                "{n} customer counts as engaged with fewer orders than that takes: first seen when the data"
                " begin, and perhaps a customer before.",
                "{n} customers count as engaged with fewer orders than that takes: they were first seen"
                " when the data begin, and may have been customers before.",
                older,
            )
        )
    if former:
        said.append(
            words.say_many(
                "{n} person was won before the data begin and has not ordered since: perhaps a former"
                " customer, who counts by what can be measured, as a suspect, prospect or lead.",
                "{n} people were won before the data begin and have not ordered since. They may be former"
                " customers; they count by what can be measured, as suspects, prospects or leads.",
                former,
            )
        )
    later = findings["acquired_after"].value
    if later:
        said.append(
            words.say_many(
                "{n} person was won only after the day that this is seen from, and counts as a suspect.",
                "{n} people were won only after the day that this is seen from, and count as suspects.",
                later,
            )
        )
    without = findings["without_sale"].value
    if without:
        said.append(
            words.say_many(
                "{n} person has only returns, or lines without an amount: no order, and so no more than a"
                " prospect or lead.",
                "{n} people have only returns, or lines without an amount: no order, and so no more than"
                " prospects or leads.",
                without,
            )
        )
    return said + _record_too_short(findings, words)


def _record_too_short(findings: Findings, words: Words) -> list[str]:
    """Say so where nobody can have been silent for long enough to be lost."""
    record, lost = findings["record_days"].value, findings["silence_lost"].value
    if record > lost:
        return []
    if not record:
        return [
            words.say(
                "The data hold a single day: nobody can have been silent for the {lost} days after which a"
                " customer is lost.",
                lost=words.number(lost),
            )
        ]
    return [
        words.say_many(
            "The data go back {n} day, too little for anybody to have been silent for the {lost} days"
            " after which a customer is lost.",
            "The data go back {n} days, too few for anybody to have been silent for the {lost} days"
            " after which a customer is lost.",
            record,
            lost=words.number(lost),
        )
    ]
