"""What is wrong with the dates of the orders: the future, the distant past, gaps."""

from datetime import date

import ibis
import numpy as np
import pandas as pd

from playbook.intake.check.rows import rows
from playbook.intake.check.rules import Check, found
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings

LEAST_MONTH = 5
"""Orders that the months around one must have for it to be called thin."""


def inspect_calendar(settings: Settings, sources: Sources, history: History, today: date) -> list[Check]:
    """Look for dates that cannot be and for stretches without orders."""
    by_day = _orders_by_day(history)
    return [
        *_impossible(settings, sources, history, today),
        *_alone(settings, by_day),
        *_late(settings, by_day),
        *_months(settings, by_day),
        *_stretches(settings, by_day),
    ]


def _orders_by_day(history: History) -> "pd.Series[int]":
    """Return orders by day, days without any left out."""
    orders = history.orders
    counted = orders.group_by("day").aggregate(orders=orders.count()).order_by("day")
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return pd.Series(frame["orders"].to_numpy(), index=pd.to_datetime(frame["day"]), dtype="int64")


def _impossible(settings: Settings, sources: Sources, history: History, today: date) -> list[Check]:
    days, known = history.all_days, history.all_days.customer_id.notnull()
    last, earliest = ibis.literal(today), ibis.literal(settings.checks.earliest)
    counts = (
        days.aggregate(
            future=days.lines.sum(where=known & (days.day > last)),
            early=days.lines.sum(where=known & (days.day < earliest)),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    checks: list[Check] = []
    if counts["future"]:
        shown = rows(sources, settings, "orders", lambda line: line.ordered_at > last)
        severity = "error" if settings.as_of is None else "warning"
        checks += found("date_future", counts["future"], "ordered_at", shown, severity)  # type: ignore[arg-type]
    if counts["early"]:
        shown = rows(sources, settings, "orders", lambda line: line.ordered_at < earliest)
        checks += found("date_early", counts["early"], "ordered_at", shown)
    return checks


def _alone(settings: Settings, by_day: "pd.Series[int]") -> list[Check]:
    """Return whether the last day, or last few orders, come long after all others."""
    if len(by_day) < 30 or settings.as_of is not None:
        return []
    days = by_day.index
    gap = int((days[-1] - days[-2]).days)
    usual = int(np.diff(days[:-1].to_numpy()).max() / np.timedelta64(1, "D"))
    return (
        found("last_day_alone", gap, "ordered_at") if gap > max(settings.checks.gap_days, 2 * usual) else []
    )


def _late(settings: Settings, by_day: "pd.Series[int]") -> list[Check]:
    """Return whether the as-of date was set to a day long after the last order."""
    if settings.as_of is None or by_day.empty:
        return []
    days = by_day.index
    gap = (settings.as_of - days[-1].date()).days
    usual = int(np.diff(days.to_numpy()).max() / np.timedelta64(1, "D")) if len(days) > 1 else 0
    return found("as_of_late", gap, "ordered_at") if gap > max(settings.checks.gap_days, 2 * usual) else []


def months_of(by_day: "pd.Series[int]") -> "pd.Series[int]":
    """Return orders by month, months without any included."""
    counted = by_day.resample("MS").sum()
    return counted.astype("int64")


def missing_months(by_month: "pd.Series[int]") -> list[pd.Timestamp]:
    """Return the months without orders, where an ordinary month has some."""
    empty = by_month.index[by_month == 0]
    return [month for month in empty if _around(by_month, month) >= 1]


def thin_months(by_month: "pd.Series[int]", share: float) -> list[pd.Timestamp]:
    """Return the months with less than a share of the orders around them, first and last apart.

    The first and the last month are often cut by the export.
    """
    found = []
    for month in by_month.index[1:-1]:
        usual = _around(by_month, month)
        if usual >= LEAST_MONTH and 0 < by_month[month] < share * usual:
            found.append(month)
    return found


def _around(by_month: "pd.Series[int]", month: pd.Timestamp) -> float:
    """Return the median of the orders of the three months before and the three after."""
    near = by_month.loc[month - pd.DateOffset(months=3) : month + pd.DateOffset(months=3)].drop(month)
    return float(near.median()) if len(near) else 0.0


def _months(settings: Settings, by_day: "pd.Series[int]") -> list[Check]:
    if len(by_day) < 2:
        return []
    by_month = months_of(by_day)
    missing = missing_months(by_month)
    thin = thin_months(by_month, settings.checks.thin_month)
    return [
        *found("month_missing", len(missing), "ordered_at", _named(missing)),
        *found("month_thin", len(thin), "ordered_at", _named(thin)),
    ]


def _named(months: list[pd.Timestamp]) -> tuple[str, ...]:
    return tuple(f"{month:%Y-%m}" for month in months)


def _stretches(settings: Settings, by_day: "pd.Series[int]") -> list[Check]:
    """Return stretches without an order, in a log that usually has one every week; missing months apart."""
    if len(by_day) < 30:
        return []
    gaps = np.diff(by_day.index.to_numpy()) / np.timedelta64(1, "D")
    if np.median(gaps) > 3 or np.quantile(gaps, 0.95) > 7:
        return []
    wide = [
        int(place) + 1 for place in np.flatnonzero(gaps > settings.checks.gap_days) if place < len(gaps) - 1
    ]
    empty = set(missing_months(months_of(by_day)))
    kept = [
        place
        for place in wide
        if not empty & set(_whole_months(by_day.index[place - 1], by_day.index[place]))
    ]
    shown = tuple(f"{by_day.index[place - 1]:%Y-%m-%d} to {by_day.index[place]:%Y-%m-%d}" for place in kept)
    return found("days_missing", len(kept), "ordered_at", shown)


def _whole_months(first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    return list(pd.date_range(first.replace(day=1), last, freq="MS"))
