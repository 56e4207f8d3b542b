"""What is wrong with the dates of the orders: the future, the distant past, gaps."""

from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.intake.check.rows import Delivery, one_row
from playbook.intake.check.rule import Severity
from playbook.intake.check.rules import Check, found
from playbook.intake.cohort import cohort_in
from playbook.records.arrays import Array
from playbook.records.history import History
from playbook.settings.client import Settings

LEAST_MONTH = 5
"""Orders that the months around one must have for it to be called thin."""


def inspect_calendar(data: Delivery, today: date) -> list[Check]:
    """Look for dates that cannot be and for stretches without orders."""
    by_day = data.history.orders_by_day
    return [
        *_impossible(data, today),
        *_alone(data.settings, by_day),
        *_late(data.settings, by_day),
        *_months(data.settings, by_day),
        *_stretches(data.history),
        *_cohort(data),
    ]


def _impossible(data: Delivery, today: date) -> list[Check]:
    days, settings = data.history.all_days, data.settings
    known = days.customer_id.notnull()
    last, earliest = ibis.literal(today), ibis.literal(settings.checks.earliest)
    counts = one_row(
        days,
        future=days.lines.sum(where=known & (days.day > last)),
        early=days.lines.sum(where=known & (days.day < earliest)),
    )
    severity: Severity = "error" if settings.as_of is None else "warning"
    future, early = counts["future"], counts["early"]
    return [
        *data.in_rows(
            "date_future", future, "ordered_at", lambda line: line.ordered_at > last, severity=severity
        ),
        *data.in_rows("date_early", early, "ordered_at", lambda line: line.ordered_at < earliest),
    ]


def _alone(settings: Settings, by_day: "pd.Series[int]") -> list[Check]:
    """Return whether the last day, or last few orders, come long after all others."""
    if len(by_day) < 30 or settings.as_of is not None:
        return []
    days = by_day.index
    return _far_out("last_day_alone", settings, (days[-1] - days[-2]).days, days[:-1])


def _late(settings: Settings, by_day: "pd.Series[int]") -> list[Check]:
    """Return whether the as-of date was set to a day long after the last order."""
    if settings.as_of is None or by_day.empty:
        return []
    days = by_day.index
    return _far_out("as_of_late", settings, (settings.as_of - days[-1].date()).days, days)


def _far_out(code: str, settings: Settings, gap: int, days: "pd.Index[Any]") -> list[Check]:
    """Return the check of a gap after some days that is far wider than the widest between them."""
    usual = _gaps(days).max(initial=0)
    return found(code, gap, "ordered_at") if gap > max(settings.checks.gap_days, 2 * usual) else []


def _gaps(days: "pd.Index[Any]") -> Array:
    """Return the days from each day to the next."""
    gaps: Array = np.diff(days.to_numpy()) / np.timedelta64(1, "D")
    return gaps


def months_of(by_day: "pd.Series[int]") -> "pd.Series[int]":
    """Return orders by month, months without any included."""
    counted = by_day.resample("MS").sum()
    return counted.astype("int64")


def missing_months(by_month: "pd.Series[int]") -> list[pd.Timestamp]:
    """Return the months without orders, where an ordinary month has some."""
    empty = by_month.index[by_month == 0]
    return [month for month in empty if _around(by_month, month) >= 1]


def thin_months(by_month: "pd.Series[int]", share: float) -> list[pd.Timestamp]:
    """Return the months with less than a share of the orders around them.

    The first and the last month are not looked at: they are often cut by the export.
    """
    usual = {month: _around(by_month, month) for month in by_month.index[1:-1]}
    return [m for m, around in usual.items() if around >= LEAST_MONTH and 0 < by_month[m] < share * around]


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


def _stretches(history: History) -> list[Check]:
    """Return the stretches without an order that are no whole months, which are reported as missing."""
    empty = set(missing_months(months_of(history.orders_by_day))) if history.closed else set()
    wide = [
        f"{before} to {after}"
        for before, after in history.closed
        if not empty.intersection(pd.date_range(before.replace(day=1), after, freq="MS"))
    ]
    return found("days_missing", len(wide), "ordered_at", tuple(wide))


def _cohort(data: Delivery) -> list[Check]:
    """Return whether the log looks like a cohort from its birth, where client.yml does not say."""
    born = cohort_in(data.history.days) if data.settings.tables.orders.cohort is None else None
    if born is None:
        return []
    return found("cohort_not_said", born.customers, "ordered_at", (born.reason,))
