"""Spells of silence: from each order to the next, as far as they were followed and unaided."""

from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

from playbook.records.history import History, mark_old, once, shard


def spells(history: History) -> Any:
    """Return the spells of silence: from each order to the next.

    A spell is followed to the next order, to the first contact of a win-back campaign or to the last day
    with the usual flow of orders, whichever comes first.

    Returns
    -------
    ibis.Table
        customer_id; order_number (1 for the spell after the first order); start (date);
        duration (days); returned (bool: an order ended it); open (bool: no order followed at all);
        first_seen (the first order); old_customer (bool: see `mark_old`).
    """
    orders = history.orders.select("customer_id", "day")
    by_day = ibis.window(group_by=orders.customer_id, order_by=orders.day)
    found = orders.mutate(
        order_number=ibis.row_number().over(by_day) + 1,
        following=orders.day.lead().over(by_day),
        first_seen=orders.day.min().over(group_by=orders.customer_id),
    )
    end, contacts = ibis.literal(history.data_end), history.contacts_made
    if contacts is not None:
        later = found.join(contacts, [found.customer_id == contacts.customer_id, contacts.day > found.day])
        asked = later.group_by("customer_id", "day").aggregate(asked=later.day_right.min())
        found = found.left_join(asked, ["customer_id", "day"]).drop("customer_id_right", "day_right")
        end = ibis.least(ibis.coalesce(found.asked, end), end)
    returned = (found.following <= end).fill_null(False)
    end = ibis.greatest(ibis.ifelse(returned, found.following, end), found.day)
    found = found.mutate(
        duration=end.delta(found.day, unit="day").cast("int32"),
        returned=returned,
        open=found.following.isnull(),
    )
    names = ("customer_id", "order_number", "duration", "returned", "open", "first_seen", "old_customer")
    return mark_old(found, history).select(*names, start="day")


def _at_risk(found: Any, history: History) -> Any:
    """Part spells at the days on which the client was closed, which are no time at risk.

    Adds ``entry``: days of silence before which a part was not followed; 0 for the first one.
    """
    if not history.closed:
        return found.mutate(entry=ibis.literal(0))
    never, eve = date(1, 1, 1), timedelta(days=1)
    begins = [never, *(reopened - eve for _, reopened in history.closed)]
    ends = [*(last for last, _ in history.closed), date(9999, 1, 1)]
    named = {"begins": begins, "ends": ends, "next_begins": [*begins[1:], date(9999, 1, 1)]}
    periods = ibis.memtable(named, schema=dict.fromkeys(named, "date"))
    parts = found.mutate(end=found.start + found.duration.cast("interval('D')")).cross_join(periods)
    parts = parts.filter((parts.start <= parts.ends) & ((parts.end > parts.begins) | (parts.begins == never)))
    return parts.mutate(
        entry=ibis.greatest(parts.begins.delta(parts.start, unit="day"), 0),
        duration=ibis.least(parts.end, parts.ends).delta(parts.start, unit="day"),
        returned=parts.returned & (parts.end <= parts.ends),
        open=parts.open & (parts.end <= parts.next_begins),  # the last part, also where it ends while closed
    )


def spell_counts(history: History, values: Any = None) -> pd.DataFrame:
    """Count spells by what the curves need.

    Parameters
    ----------
    values : ibis.Table, optional
        customer_id and value, one row per customer: counted by value too, null where there is none.

    Returns
    -------
    DataFrame
        order_number (1 to 10; 10 stands for ten and more), old_customer, shard, entry and duration
        (days), returned, open, value where asked for, n; sorted.
    """
    return _counted(history) if values is None else _count(history, values)


@once
def _counted(history: History) -> pd.DataFrame:
    return _count(history, None)


def _count(history: History, values: Any) -> pd.DataFrame:
    found = _at_risk(spells(history), history)
    found = found if values is None else found.left_join(values, "customer_id")
    keys = {
        "order_number": ibis.least(found.order_number, 10).cast("int64"),
        "old_customer": found.old_customer,
        "shard": shard(found.customer_id).cast("int64"),
        "entry": found.entry.cast("int64"),
        "duration": found.duration.cast("int64"),
        "returned": found.returned,
        "open": found.open,
        **({} if values is None else {"value": found.value}),
    }
    counted = found.group_by(**keys).aggregate(n=found.count()).order_by(list(keys))
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame
