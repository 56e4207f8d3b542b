"""Chapter 05: what a customer does before leaving, as it was known on a given day.

Everything is measured from orders and events up to that day and nothing later, in the engine: one
GROUP BY per moment. A moment is a customer on a day, so that the same signals can be read on a past
landmark, today, and on the day before somebody's last order.
"""

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.records.history import MONEY, History
from playbook.records.sources import Sources
from playbook.settings.client import EarlyWarning

NEEDS: dict[str, tuple[str, str]] = {
    "overdue": ("orders", ""),
    "longer_gaps": ("orders", ""),
    "fewer_orders": ("orders", ""),
    "falling_value": ("orders", ""),
    "smaller_order": ("orders", ""),
    "more_discount": ("column", "list_amount"),
    "returned_goods": ("returns", ""),
    "unsolved_complaint": ("event", "complaint"),
    "complaint": ("event", "complaint"),
    "several_complaints": ("event", "complaint"),
    "fewer_visits": ("event", "visit"),
    "unsubscribed": ("event", "unsubscribe"),
    "cancellation": ("event", "cancellation"),
    "low_review": ("event", "review"),
    "inquiry": ("event", "inquiry"),
    "call": ("event", "call"),
}
"""The signals, and what each takes: orders alone, lines of returns, a column of the orders, an event."""

KIND_OF_COMPLAINT = "complaint="
"""Begins the name of the signal that a complaint was of one kind (the events' detail)."""
MOST_KINDS = 5
LEAST_ORDERS = 3
"""Orders from which on there is a usual gap, and a usual amount."""
EXPECTED_VISITS = 1.0
"""Visits to expect of a customer's own earlier rate, below which fewer visits cannot be told."""


@dataclass(frozen=True)
class Visible:
    """What of a client's data can show signals.

    Attributes
    ----------
    signals : tuple of str
        The signals that can be measured, those of `NEEDS` first, then the kinds of complaints.
    missing : tuple of str
        Signals of `NEEDS` whose column or event the data do not hold.
    kinds : tuple of str
        The commonest kinds of complaints.
    usual_review : float
        The median of all reviews; NaN without any.
    """

    signals: tuple[str, ...]
    missing: tuple[str, ...]
    kinds: tuple[str, ...]
    usual_review: float


def find_visible(history: History, sources: Sources) -> Visible:
    """See which signals the client's data can show."""
    events = events_of(history, sources)
    held: set[tuple[str, str]] = {("orders", "")}
    kinds: tuple[str, ...] = ()
    usual = float("nan")
    if events is not None:
        held |= {
            ("event", kind) for kind in events.select("kind").distinct().to_pyarrow()["kind"].to_pylist()
        }
        kinds, usual = _kinds(events), _usual_review(events)
    if "list_amount" in history.days.columns:
        held.add(("column", "list_amount"))
    if history.days.return_lines.sum().execute():
        held.add(("returns", ""))
    if np.isnan(usual):  # without a mark no review can be told to be low
        held.discard(("event", "review"))
    seen = tuple(name for name, need in NEEDS.items() if need in held)
    missing = tuple(name for name in NEEDS if name not in seen)
    return Visible((*seen, *(KIND_OF_COMPLAINT + kind for kind in kinds)), missing, kinds, usual)


def events_of(history: History, sources: Sources) -> Any:
    """Return the usable events up to the as-of date, or None."""
    events = sources.events
    if events is None:
        return None
    return events.filter(events.customer_id.notnull() & (events.happened_at <= ibis.literal(history.as_of)))


def _kinds(events: Any) -> tuple[str, ...]:
    """Return the commonest details of complaints; none where there is only one."""
    if "detail" not in events.columns:
        return ()
    named = events.filter((events.kind == "complaint") & events.detail.notnull())
    counted = named.group_by("detail").aggregate(n=named.count()).order_by([ibis.desc("n"), "detail"])
    names = counted.limit(MOST_KINDS).to_pyarrow()["detail"].to_pylist()
    return tuple(str(name) for name in names) if len(names) > 1 else ()


def _usual_review(events: Any) -> float:
    if "value" not in events.columns:
        return float("nan")
    median = events.filter((events.kind == "review") & events.value.notnull()).value.median().execute()
    return float("nan") if median is None else float(median)


def shown_at(moments: pd.DataFrame, history: History, sources: Sources, visible: Visible) -> pd.DataFrame:
    """Return which signals are on at moments (customer_id, day), as `read` returns it."""
    return read(measure(history, sources, moments, visible), visible, history.settings.warning)


# Measured in the engine ----------------------------------------------------------------------


def measure(history: History, sources: Sources, moments: pd.DataFrame, visible: Visible) -> pd.DataFrame:
    """Measure what the signals are made of.

    Parameters
    ----------
    moments : DataFrame
        customer_id, day (datetime64): one row per moment.

    Returns
    -------
    DataFrame
        One row per moment, in the order given; counts, sums (client's currency) and days up to the
        moment's day, 0 or missing where nothing had happened.
    """
    asked = pd.DataFrame(
        {
            "at": np.arange(len(moments)),
            "customer_id": moments["customer_id"].to_numpy(object),
            "moment": pd.to_datetime(moments["day"]).to_numpy("datetime64[us]"),
        }
    )
    table = ibis.memtable(asked)
    table = table.mutate(moment=table.moment.cast("date"))
    parts = [_from_orders(history, table)]
    events = events_of(history, sources)
    if events is not None:
        parts.append(_from_events(events, table, history.settings.warning, visible))
    measured = pd.DataFrame(index=pd.RangeIndex(len(moments)))
    for part in parts:
        frame = part.order_by("at").to_pyarrow().to_pandas(date_as_object=False).set_index("at")
        measured = measured.join(frame)
    names = [str(name) for name in measured]
    days = {name: pd.to_datetime(measured[name]) for name in names if name.startswith("day_")}
    counts = [name for name in names if name not in days]
    measured[counts] = measured[counts].astype(float).fillna(0.0)
    return measured.assign(day=pd.to_datetime(moments["day"]).to_numpy(), **days)


def _from_orders(history: History, asked: Any) -> Any:
    recent = history.settings.warning.recent_days
    joined = history.days.inner_join(asked, "customer_id")
    joined = joined.filter(joined.day <= joined.moment)
    order, since = joined.sale_lines > 0, joined.moment.delta(joined.day, unit="day")
    late, before = since < recent, (since >= recent) & (since < 2 * recent)
    measures = {
        "orders": order.sum(),
        "day_first": joined.day.min(where=order),
        "day_last": joined.day.max(where=order),
        "amount": joined.sale_amount.sum().cast("float64"),
        "recent_orders": (order & late).sum(),
        "earlier_orders": (order & before).sum(),
        "recent_amount": joined.sale_amount.sum(where=late).cast("float64"),
        "earlier_amount": joined.sale_amount.sum(where=before).cast("float64"),
        "returns": joined.return_lines.sum(where=late),
    }
    if "list_amount" in joined.columns:
        measures["listed"] = joined.list_amount.sum().cast("float64")
    seen = joined.group_by("at").aggregate(**measures)
    again = joined.inner_join(seen.select("at", "day_last"), "at")
    last = again.day == again.day_last
    measures = {
        "day_previous": again.day.max(where=(again.sale_lines > 0) & (again.day < again.day_last)),
        "last_amount": again.sale_amount.sum(where=last).cast("float64"),
    }
    if "list_amount" in again.columns:
        measures["last_listed"] = again.list_amount.sum(where=last).cast("float64")
    latest = again.group_by("at").aggregate(**measures)
    return seen.left_join(latest, "at").drop("at_right")


def _from_events(events: Any, asked: Any, settings: EarlyWarning, visible: Visible) -> Any:
    joined = events.inner_join(asked, "customer_id")
    joined = joined.filter(joined.happened_at <= joined.moment)
    since = joined.moment.delta(joined.happened_at, unit="day")
    late, kind = since < settings.recent_days, joined.kind
    visit = kind == "visit"
    measures = {
        "complaints": joined.count(where=kind == "complaint"),
        "recent_complaints": joined.count(where=(kind == "complaint") & late),
        "day_complaint": joined.happened_at.max(where=kind == "complaint"),
        "day_solved": joined.happened_at.max(where=kind == "complaint_solved"),
        "visits": joined.count(where=visit & (since < settings.visit_days)),
        "earlier_visits": joined.count(where=visit & (since >= settings.visit_days)),
        "day_first_visit": joined.happened_at.min(where=visit),
        "unsubscribed": joined.count(where=(kind == "unsubscribe") & late),
        "day_cancellation": joined.happened_at.max(where=kind == "cancellation"),
        "inquiries": joined.count(where=(kind == "inquiry") & late),
        "calls": joined.count(where=(kind == "call") & late),
    }
    if "low_review" in visible.signals:
        marked = (kind == "review") & late & joined.value.notnull()
        measures["reviews"] = joined.count(where=marked)
        measures["review_sum"] = joined.value.cast(MONEY).sum(where=marked).cast("float64")
    for number, name in enumerate(visible.kinds):
        measures[f"kind_{number}"] = joined.count(
            where=(kind == "complaint") & late & (joined.detail == ibis.literal(name))
        )
    return joined.group_by("at").aggregate(**measures)


# From measures to signals --------------------------------------------------------------------


def read(measured: pd.DataFrame, visible: Visible, settings: EarlyWarning) -> pd.DataFrame:
    """Say which signals are on.

    Parameters
    ----------
    measured : DataFrame
        As `measure` returns it.

    Returns
    -------
    DataFrame
        One float column per signal of ``visible.signals``: 1 on, 0 off, NaN where it cannot be told
        for this customer, who has, say, no usual gap yet.
    """
    read_of = {**_of_orders(measured, settings), **_of_events(measured, visible, settings)}
    return pd.DataFrame({name: read_of[name] for name in visible.signals}, index=measured.index)


def _given(on: pd.Series, known: pd.Series) -> pd.Series:
    """Return 1 and 0 where a signal can be told, NaN elsewhere."""
    return on.astype(float).where(known)


def _of_orders(m: pd.DataFrame, settings: EarlyWarning) -> dict[str, pd.Series]:
    orders, known = m["orders"], m["orders"] >= LEAST_ORDERS
    gap = (m["day_last"] - m["day_first"]).dt.days / (orders - 1).clip(lower=1)
    last_gap = (m["day_last"] - m["day_previous"]).dt.days
    before = (m["day_previous"] - m["day_first"]).dt.days / (orders - 2).clip(lower=1)
    silence = (m["day"] - m["day_last"]).dt.days
    usual_amount = (m["amount"] - m["last_amount"]) / (orders - 1).clip(lower=1)
    compared = m["earlier_orders"] >= LEAST_ORDERS - 1
    found = {
        "overdue": _given(silence >= settings.overdue * gap, known & (gap > 0)),
        "longer_gaps": _given(last_gap >= settings.overdue * before, (orders > LEAST_ORDERS) & (before > 0)),
        "fewer_orders": _given(m["recent_orders"] <= settings.fall * m["earlier_orders"], compared),
        "falling_value": _given(
            m["recent_amount"] <= settings.fall * m["earlier_amount"], compared & (m["earlier_amount"] > 0)
        ),
        "smaller_order": _given(m["last_amount"] <= settings.fall * usual_amount, known & (usual_amount > 0)),
        "returned_goods": (m["returns"] > 0).astype(float),
    }
    if "listed" in m:
        listed = m["listed"] - m["last_listed"]
        usual = 1 - (m["amount"] - m["last_amount"]) / listed.where(listed > 0)
        last = 1 - m["last_amount"] / m["last_listed"].where(m["last_listed"] > 0)
        listed_both = known & usual.notna() & last.notna()
        found["more_discount"] = _given(last - usual >= settings.discount_points - 1e-9, listed_both)
    return found


def _of_events(m: pd.DataFrame, visible: Visible, settings: EarlyWarning) -> dict[str, pd.Series]:
    if "complaints" not in m:
        return {}
    unsolved = m["day_complaint"].notna() & ~(m["day_solved"] >= m["day_complaint"])
    announced = m["day_cancellation"].notna() & ~(m["day_cancellation"] < m["day_last"])
    span = (m["day"] - m["day_first_visit"]).dt.days + 1 - settings.visit_days
    expected = settings.visit_days * m["earlier_visits"] / span.where(span >= settings.visit_days)
    found = {
        "unsolved_complaint": unsolved.astype(float),
        "several_complaints": (m["complaints"] > 1).astype(float),
        "fewer_visits": _given(m["visits"] <= settings.fall * expected, expected >= EXPECTED_VISITS),
        "cancellation": announced.astype(float),
    }
    if "reviews" in m:
        mean = m["review_sum"] / m["reviews"].where(m["reviews"] > 0)
        found["low_review"] = _given(mean < visible.usual_review, mean.notna())
    counts = {
        "complaint": "recent_complaints",
        "unsubscribed": "unsubscribed",
        "inquiry": "inquiries",
        "call": "calls",
    } | {KIND_OF_COMPLAINT + name: f"kind_{number}" for number, name in enumerate(visible.kinds)}
    return found | {name: (m[count] > 0).astype(float) for name, count in counts.items()}
