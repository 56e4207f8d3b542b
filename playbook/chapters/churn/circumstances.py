"""What was known of every customer on past days that might bear on a return, and what followed.

Nothing here looks later than the day on which it is measured, but for the outcome: the days to the
next order, followed for one horizon. The days lie one horizon apart, so that no order is an outcome
twice.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import SHARDS
from playbook.records.history import History, shard
from playbook.records.sources import Sources
from playbook.stats.spells import spells

MOST_LANDMARKS = 4
MOST_ROWS = 12_000
"""Descriptions above which customers are drawn, whole shards of them and then some of those."""
LEAST_FOLLOWED = 30
"""Days of follow-up below which nothing is compared."""
MOST_LEVELS = 4
"""Levels of a category that are compared with its commonest one."""
LEAST_IN_LEVEL = 0.02
"""Share of the descriptions that a level needs to be compared on its own."""
NOT_KNOWN = "?"
"""The level of a category whose value is not known."""
OTHER = "…"
"""The level of a category that holds what is too rare to be compared."""

FLAGS = {"sample_lines": "sample", "coupon_lines": "coupon", "promotion_lines": "promotion"}
CATEGORIES = {"sales_channel": "channel", "source": "source"}
TERMS = (
    "unsolved_complaint",
    "solved_complaint",
    "low_review",
    "returned_goods",
    "discount",
    "order_value",
    *FLAGS.values(),
    *CATEGORIES.values(),
)
"""What is compared, the most telling first; of two that say the same the later one is left out."""


@dataclass(frozen=True)
class Circumstances:
    """Customers described on past days, and followed for one horizon.

    Attributes
    ----------
    rows : DataFrame
        customer_id, landmark (position), wait (days to the next order, at most the horizon),
        returned (bool: an order within the horizon), orders, silence, age (days since the
        first order); sorted.
    terms : DataFrame
        One numeric column per comparison, aligned with ``rows``: flags as 0 and 1, ``discount`` in
        tenths of the list price, ``order_value`` in doublings, categories as ``name=level``.
    adjusters : DataFrame
        What is held equal and not reported, beside the number of orders and the silence.
    references : dict
        Category to the level that the others are compared with.
    missing : tuple of str
        `TERMS` for which the client has no column or event.
    landmarks : tuple of date
    horizon_days : int
    """

    rows: pd.DataFrame
    terms: pd.DataFrame
    adjusters: pd.DataFrame
    references: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    landmarks: tuple[date, ...] = ()
    horizon_days: int = 0


def describe(history: History, sources: Sources) -> Circumstances | None:
    """Describe customers on days one horizon apart; None where the history holds no two spans of 30 days."""
    length = (history.as_of - history.first_day).days
    horizon = min(history.settings.horizon_days, length // 2)
    if horizon < LEAST_FOLLOWED:
        return None
    spans = min(length // horizon - 1, MOST_LANDMARKS)
    landmarks = tuple(history.as_of - timedelta(days=horizon * k) for k in range(spans, 0, -1))
    history = _sampled(history, len(landmarks))
    parts = [_at(history, day, horizon).assign(landmark=k) for k, day in enumerate(landmarks)]
    rows = pd.concat(parts, ignore_index=True)
    happened = [_events(sources, day, k) for k, day in enumerate(landmarks)]
    if seen := [part for part in happened if part is not None]:
        rows = rows.merge(pd.concat(seen), on=["customer_id", "landmark"], how="left")
    rows = rows.merge(_first_orders(history), on="customer_id", how="left")
    if len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=history.settings.seed)
    rows = rows.sort_values(["landmark", "customer_id"], kind="stable").reset_index(drop=True)
    return _as_terms(rows, landmarks, horizon)


def _sampled(history: History, landmarks: int) -> History:
    """Keep as many shards of customers as describe about `MOST_ROWS` rows, at least one."""
    customers = int(history.days.customer_id.nunique().execute())
    kept = int(np.ceil(SHARDS * MOST_ROWS / max(customers * landmarks, 1)))
    if kept >= SHARDS:
        return history
    return replace(history, days=history.days.filter(shard(history.days.customer_id) < kept))


def _at(history: History, landmark: date, horizon: int) -> pd.DataFrame:
    """Describe everyone who had ordered by a day, and the days to their next order."""
    days, day = history.days, ibis.literal(landmark)
    end = ibis.literal(landmark + timedelta(days=horizon))
    before, order = days.day <= day, days.sale_lines > 0
    measures = {
        "orders": (before & order).sum(),
        "first": days.day.min(where=before & order),
        "last": days.day.max(where=before & order),
        "following": days.day.min(where=order & (days.day > day) & (days.day <= end)),
        "amount": days.sale_amount.sum(where=before).cast("float64"),
        "return_lines": days.return_lines.sum(where=before),
    }
    if "list_amount" in days.columns:
        measures["listed"] = days.list_amount.sum(where=before).cast("float64")
    seen = days.group_by("customer_id").aggregate(**measures)
    seen = seen.filter(seen.orders > 0)
    kept = [name for name in ("orders", "amount", "return_lines", "listed") if name in seen.columns]
    table = seen.select(
        "customer_id",
        *kept,
        silence=day.delta(seen["last"], unit="day"),
        age=day.delta(seen["first"], unit="day"),
        wait=seen.following.fill_null(end).delta(day, unit="day"),
        returned=seen.following.notnull(),
    )
    frame: pd.DataFrame = table.order_by("customer_id").to_pyarrow().to_pandas()
    return frame.astype(dict.fromkeys(("orders", "silence", "age", "wait"), "int64"))


def _events(sources: Sources, landmark: date, number: int) -> pd.DataFrame | None:
    """Count complaints and reviews up to a day; None where there are no events."""
    if sources.events is None:
        return None
    events = sources.events.filter(
        sources.events.customer_id.notnull() & (sources.events.happened_at <= ibis.literal(landmark))
    )
    measures = {
        "complaints": events.count(where=events.kind == "complaint"),
        "solved": events.count(where=events.kind == "complaint_solved"),
    }
    if "value" in events.columns:
        measures["review"] = events.value.mean(where=events.kind == "review")
    frame: pd.DataFrame = events.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    return frame.assign(landmark=number)


def _first_orders(history: History) -> pd.DataFrame:
    """Return how each customer's first order was bought, and whether it may lie before the log."""
    found, orders = spells(history), history.orders
    known = [name for name in (*FLAGS, *CATEGORIES) if name in orders.columns]
    bought = orders.select("customer_id", *known, start="day")
    firsts = found.filter(found.order_number == 1).inner_join(bought, ["customer_id", "start"])
    table = firsts.select("customer_id", "old_customer", *known).order_by("customer_id")
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


# Columns to terms ----------------------------------------------------------------------------


def _as_terms(rows: pd.DataFrame, landmarks: tuple[date, ...], horizon: int) -> Circumstances:
    old = rows["old_customer"].to_numpy(bool)
    terms, references = pd.DataFrame(index=rows.index), {}
    adjusters = pd.DataFrame({"old_customer": old.astype(float)})
    if "complaints" in rows and rows["complaints"].sum():
        open_ones = rows["complaints"].fillna(0) - rows["solved"].fillna(0)
        terms["unsolved_complaint"] = (open_ones > 0).astype(float)
        terms["solved_complaint"] = ((rows["complaints"] > 0) & (open_ones <= 0)).astype(float)
    if "review" in rows and rows["review"].notna().any():
        terms["low_review"] = (rows["review"] < rows["review"].median()).astype(float)
        adjusters["reviewed"] = rows["review"].notna().astype(float)
    if rows["return_lines"].sum():
        terms["returned_goods"] = (rows["return_lines"] > 0).astype(float)
    if "listed" in rows:
        paid = rows["amount"] / rows["listed"].where(rows["listed"] > 0)
        terms["discount"] = 10 * (1 - paid).fillna(0).clip(0, 1)
    terms["order_value"] = _doublings(rows["amount"] / rows["orders"])
    for column, name in FLAGS.items():
        if column in rows:
            given = rows[column] > 0
            terms[name] = (given & ~old & (given[~old].nunique() > 1)).astype(float)
    for column, name in CATEGORIES.items():
        if column in rows and rows[column].notna().any():
            levels, references[name] = _levels(rows[column], name)
            terms = pd.concat([terms, levels.mul(~old, axis=0)], axis=1)
    have = {str(column).partition("=")[0] for column in terms} | set(references)
    kept = ["customer_id", "landmark", "wait", "returned", "orders", "silence", "age"]
    missing = tuple(name for name in TERMS if name not in have)
    return Circumstances(rows[kept], terms, adjusters, references, missing, landmarks, horizon)


def _doublings(values: pd.Series) -> pd.Series:
    """Return the binary logarithm, held within the middle 98% of the positive values."""
    positive = values[values > 0]
    if positive.empty:
        return pd.Series(0.0, index=values.index)
    held = values.clip(positive.quantile(0.01), positive.quantile(0.99))
    return pd.Series(np.log2(held), index=values.index)


def _levels(values: pd.Series, name: str) -> tuple[pd.DataFrame, str]:
    """Return one 0-1 column per level but the commonest, and that one's name."""
    filled = values.fillna(NOT_KNOWN)
    counts = filled.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    known = counts.drop(NOT_KNOWN, errors="ignore")
    reference = str(known.index[0])
    common = [
        level
        for level in counts.index
        if level != reference and counts[level] >= LEAST_IN_LEVEL * len(filled)
    ]
    named = common[:MOST_LEVELS]
    columns = {f"{name}={level}": (filled == level).astype(float) for level in named}
    rest = ~filled.isin([reference, *named])
    if rest.any():
        columns[f"{name}={OTHER}"] = rest.astype(float)
    return pd.DataFrame(columns, index=values.index), reference


def as_design(seen: Circumstances) -> pd.DataFrame:
    """Return what is held equal in every comparison: orders, silence, time known and landmark."""
    rows = seen.rows
    design = {
        "log_orders": np.log(rows["orders"]),
        "once": (rows["orders"] == 1).astype(float),
        "log_silence": np.log1p(rows["silence"]),
        "log_age": np.log1p(rows["age"]),
    }
    design |= {f"landmark_{k}": (rows["landmark"] == k).astype(float) for k in range(1, len(seen.landmarks))}
    together: Any = pd.DataFrame(design)
    return pd.DataFrame(pd.concat([together, seen.adjusters], axis=1))
