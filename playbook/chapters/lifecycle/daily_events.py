"""What happened on each day of each person that bears on the stage of the relationship.

People are numbered and their days kept in small tables in the engine, so that what follows works on
numbers and flags instead of names, and can be done for one part of the people at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from playbook.records.history import History, mark_old
from playbook.records.sources import Sources
from playbook.settings.client import Settings

COMPLAINT, SOLVED, VISIT = "complaint", "complaint_solved", "visit"
FLAGS = ("ordered", "interested", "inquired", "regular", "warned", "complained", "solved", "goodbye")
"""What may happen on somebody's day: an order; a sign of interest; a question; visits that are now
enough; a warning; a complaint; one solved; a goodbye."""
LAST_DAYS = {
    "last_order": "ordered",
    "warned_on": "warned",
    "complained_on": "complained",
    "solved_on": "solved",
    "goodbye_on": "goodbye",
}
"""What counts on a later day by when it last happened, with its flag."""
EVER = ("interested", "inquired", "regular")
"""What counts for ever once it has happened."""


@dataclass(frozen=True)
class DailyEvents:
    """The days of everybody known on which something happened.

    Attributes
    ----------
    people : ibis.Table
        customer_id, code (a number), old_customer (bool: see `history.mark_old`).
    days, events : ibis.Table
        code, day and the `FLAGS`: the days with lines, and what else happened; ``events`` may hold
        several rows of a day.
    size : int
        Rows of both.
    settings : Settings
    """

    people: Any
    days: Any
    events: Any
    size: int
    settings: Settings

    def rows(self, part: int = 0, parts: int = 1) -> Any:
        """Return one row per person and day, with the flags; of one part of the people, or all.

        Returns
        -------
        ibis.Table
            code, day and the `FLAGS` (bool).
        """
        days, events = self.days, self.events
        if parts > 1:
            days, events = (table.filter(table.code % parts == part) for table in (days, events))
        both = ibis.union(days, events)
        return both.group_by("code", "day").aggregate(**{name: both[name].any() for name in FLAGS})


def read_daily_events(history: History, sources: Sources) -> DailyEvents:
    """Read from the orders, the events and the table of customers what bears on the stages."""
    people = _keep(sources, "people", _people(history))
    codes = people.select("customer_id", "code")
    lines = history.days.inner_join(codes, "customer_id")
    days = _keep(sources, "days", _flagged(lines, interested=True, ordered=lines.sale_lines > 0))
    events = _keep(sources, "events", _events(history, sources, codes))
    size = int(days.count().execute()) + int(events.count().execute())
    return DailyEvents(people, days, events, size, history.settings)


def _keep(sources: Sources, name: str, rows: Any) -> Any:
    return sources.keep(ibis.util.gen_name(f"stage_{name}"), rows)


def _people(history: History) -> Any:
    """Give everybody known a number, and mark who may have been a customer before the log begins."""
    ids = history.days.select("customer_id").distinct()
    if history.known is not None:
        known = history.known.filter(history.known.customer_id.notnull()).select("customer_id")
        ids = ibis.union(ids, known, distinct=True)
    orders = history.orders
    first = mark_old(orders.group_by("customer_id").aggregate(first_seen=orders.day.min()), history)
    marked = ids.left_join(first.select("customer_id", "old_customer"), "customer_id")
    return marked.select(
        "customer_id",
        code=ibis.row_number().over(order_by=marked.customer_id).cast("int32"),
        old_customer=marked.old_customer.fill_null(False),
    )


def _flagged(rows: Any, **flags: Any) -> Any:
    """Return code, day and all `FLAGS`; those that are not given are false."""
    whole = {name: flags.get(name, False) for name in FLAGS}
    return rows.select(
        "code",
        "day",
        **{name: ibis.literal(flag) if isinstance(flag, bool) else flag for name, flag in whole.items()},
    )


def _events(history: History, sources: Sources, codes: Any) -> Any:
    """Return what happened beside the orders, in as few rows as say it."""
    # Where there is nothing beside the orders, a table without rows stands in for it.
    none = history.days.inner_join(codes, "customer_id").select("code", "day").limit(0)
    parts = [_flagged(none)]
    if sources.events is not None:
        parts += _from_events(_usable(sources.events, history, codes), history.settings)
    known = history.known
    if known is not None and "cancelled_on" in known.columns:
        gone = known.filter(known.cancelled_on <= ibis.literal(history.as_of)).inner_join(
            codes, "customer_id"
        )
        parts.append(_flagged(gone.group_by("code").aggregate(day=gone.cancelled_on.max()), goodbye=True))
    return ibis.union(*parts)


def _usable(events: Any, history: History, codes: Any) -> Any:
    """Return code, day and kind of the events of people known, up to the as-of date."""
    seen = events.filter(events.happened_at <= ibis.literal(history.as_of))
    return seen.select("customer_id", "kind", day=seen.happened_at).inner_join(codes, "customer_id")


def _from_events(events: Any, settings: Settings) -> list[Any]:
    rules = settings.lifecycle
    warnings = tuple(kind for kind in rules.at_risk_events if kind != COMPLAINT)
    parts = [
        _flagged(_first(events, (*rules.prospect_events, *rules.lead_events)), interested=True),
        _flagged(_first(events, rules.lead_events), interested=True, inquired=True),
        _flagged(_regular(events, settings), interested=True, regular=True),
        _flagged(_all(events, warnings), warned=True),
        _flagged(_all(events, rules.lost_events), goodbye=True),
    ]
    if COMPLAINT in rules.at_risk_events:
        parts += [
            _flagged(_all(events, (COMPLAINT,)), complained=True),
            _flagged(_all(events, (SOLVED,)), solved=True),
        ]
    return parts


def _all(events: Any, kinds: Sequence[str]) -> Any:
    return events.filter(events.kind.isin(kinds)).select("code", "day")


def _first(events: Any, kinds: Sequence[str]) -> Any:
    seen = _all(events, kinds)
    return seen.group_by("code").aggregate(day=seen.day.min())


def _regular(events: Any, settings: Settings) -> Any:
    """Return the day on which somebody's visits were first enough, over enough days."""
    rules = settings.lifecycle
    visits = _all(events, (VISIT,))
    counted = visits.group_by("code").aggregate(
        n=visits.count(), first=visits.day.min(), last=visits.day.max()
    )
    spread = counted["last"].delta(counted["first"], unit="day")
    enough = counted.filter((counted.n >= rules.visits) & (spread > rules.visits_over_days))
    theirs = visits.inner_join(enough.select("code", "first"), "code")
    number = ibis.row_number().over(group_by=theirs.code, order_by=theirs.day) + 1
    since = theirs.day.delta(theirs["first"], unit="day")
    numbered = theirs.mutate(enough=(number >= rules.visits) & (since > rules.visits_over_days))
    reached = numbered.filter(numbered.enough)
    return reached.group_by("code").aggregate(day=reached.day.min())
