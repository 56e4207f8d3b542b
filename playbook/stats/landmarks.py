"""Customers on past days: what was known of them then, and what followed.

Everything is one GROUP BY over the orders, so that it runs on any engine; the only window is that of
an order and the one before it. What describes a customer on a day uses nothing later than that day.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow.compute as pc

from playbook.records.arrays import Flags
from playbook.records.history import LEAST_OPEN, YEAR, Closed, History, open_share, shard

SAMPLE_PARTS = 4096
"""Into how many parts customers fall by the md5 of seed and id, to draw a sample of them."""
FIRST = ("sales_channel", "source")
"""What is known of a first order, where the client has the columns."""
OPEN_DAYS = 90
"""So long after a contact without an order since then a customer may still answer it."""
KEYS = ("landmark", "customer_id")
OUTCOMES = ("landmark", "shard", "wait", "returned", "later", "aided", "answering")
"""What is of no use of a day that nothing has followed yet."""


def describe(
    history: History,
    landmarks: Sequence[date],
    horizon_days: int,
    share: float = 1.0,
    outcomes: bool = True,
) -> pd.DataFrame:
    """Describe everyone who had ordered by each of several days, and what followed to the as-of date.

    Parameters
    ----------
    landmarks : sequence of date
    horizon_days : int
        Days before the landmark that count as recent, and days after it in which orders are counted.
    share : float
        Share of the customers, drawn by the settings' seed; 1 for all.
    outcomes : bool
        Whether the columns named in `OUTCOMES` are wanted.

    Returns
    -------
    DataFrame
        Days on which the client was closed (`History.shocks`) are not counted. customer_id; landmark
        (datetime64); shard (0 to 63); orders; silence and age (days since the last and the first
        order); amount (sum of sales, client's currency); recent (orders in the horizon before);
        season (orders in the days that one year later are the horizon; see
        `_with_seasons`); squared_gaps (sum of the squared days between orders);
        discount (share of the list price not paid) and coupons (share of orders with one) where
        the client has the columns; won (1.0 where the last order came shortly after a contact of a
        win-back campaign, else 0.0) where any is known; complaints, and complained (1.0 where one came since
        the last order, else 0.0), where the client has events; sales_channel and source of the first order
        where it has the columns; wait (days to the next order, to such a contact,
        or to the last day with the usual flow of orders), returned (bool: unaided), later (orders in
        the horizon after), aided and answering (bool, see `unaided`). Sorted by landmark and
        customer_id.
    """
    if not landmarks:
        raise ValueError("At least one landmark is needed.")
    sample, days = _sample(history, share), sorted(set(landmarks))
    orders = _with_seasons(_spaced(sample, history.shocks), days, horizon_days, history.shocks)
    described = _with_first(_described(orders, history, horizon_days), sample)
    wanted = described if outcomes else described.drop(*OUTCOMES)
    table = wanted.to_pyarrow().sort_by([(name, "ascending") for name in KEYS if name in wanted.columns])
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    counts = ["shard", "squared_gaps", "orders", "recent", "silence", "age", "wait", "later"]
    return frame.astype({name: "int64" for name in counts if name in frame})


def open_days(earlier: Any, later: Any, closed: Closed) -> Any:
    """Return the days from one day to a later one (expressions) on which the client was not closed."""
    found = later.delta(earlier, unit="day")
    for last, reopened in closed:
        days = (reopened - last).days - 1
        gone = (
            day.delta(ibis.literal(last), unit="day").clip(lower=0, upper=days) for day in (later, earlier)
        )
        found = found - next(gone) + next(gone)
    return found


def open_days_before(day: date, days: int, closed: Closed) -> date:
    """Return the day from which so many days on which the client was not closed lead to ``day``."""
    found = day - timedelta(days=days)
    for last, reopened in reversed(closed):
        if last < day and found < reopened:
            found -= timedelta(days=(reopened - last).days - 1)
    return found


def _spaced(orders: Any, closed: Closed) -> Any:
    """Add to each order the square of the days since the customer's order before it; 0 for the first."""
    earlier = orders.day.lag().over(group_by=orders.customer_id, order_by=orders.day)
    gap = open_days(earlier, orders.day, closed).fill_null(0)
    return orders.mutate(squared_gap=gap * gap)


def _with_seasons(orders: Any, landmarks: Sequence[date], horizon_days: int, closed: Closed) -> Any:
    """Add each landmark to each order, with which orders before it tell the season and what each counts.

    Those of the days that one year later are the horizon. Where the client was closed on some of
    them, orders on the others stand for all; where it was closed on most, those of the whole year do.
    """
    window, since, weights = min(horizon_days, YEAR), [], []
    for day in landmarks:
        begin = day - timedelta(days=YEAR)
        share, of_year = (open_share(begin, days, closed) for days in (window, YEAR))
        mostly = share >= LEAST_OPEN
        since.append(YEAR - window if mostly else 0)
        weights.append(1 / share if mostly else window / max(of_year * YEAR, 1))
    named = {"landmark": landmarks, "season_since": since, "season_weight": weights}
    if len(landmarks) == 1:
        return orders.mutate(**{name: ibis.literal(values[0]) for name, values in named.items()})
    kinds = {"landmark": "date", "season_since": "int64", "season_weight": "float64"}
    return orders.cross_join(ibis.memtable(named, schema=kinds))


def _described(orders: Any, history: History, horizon_days: int) -> Any:
    day, closed = orders.landmark, history.shocks
    before = orders.day <= day
    since, ago = open_days(orders.day, day, closed), day.delta(orders.day, unit="day")
    in_season = before & (ago < YEAR) & (ago >= orders.season_since)
    measures = {
        "orders": before.sum(),
        "first": orders.day.min(),
        "last": orders.day.max(where=before),
        "following": orders.day.min(where=~before),
        "amount": orders.sale_amount.sum(where=before).cast("float64"),
        "recent": (before & (since < horizon_days)).sum(),
        "season": ibis.ifelse(in_season, orders.season_weight, 0.0).sum(),
        "later": (~before & (since >= -horizon_days)).sum(),
        "squared_gaps": orders.squared_gap.sum(where=before),
    }
    if "list_amount" in orders.columns:
        measures["listed"] = orders.list_amount.sum(where=before).cast("float64")
    if "coupon_lines" in orders.columns:
        measures["with_coupon"] = (before & (orders.coupon_lines > 0)).sum()
    seen = orders.group_by("customer_id", "landmark").aggregate(**measures)
    seen = unaided(seen.filter(seen.orders > 0), history.contacts_made, horizon_days)
    seen = _with_complaints(seen, history)
    day = seen.landmark
    known = ibis.literal(history.data_end)
    end = ibis.greatest(ibis.least(ibis.coalesce(seen.until, seen.following, known), known), day)
    columns = {
        "landmark": day,
        "shard": shard(seen.customer_id),
        "orders": seen.orders,
        "silence": open_days(seen.last, day, closed),
        "age": open_days(seen.first, day, closed),
        "amount": seen.amount,
        "recent": seen.recent,
        "season": seen.season,
        "squared_gaps": seen.squared_gaps,
        "wait": open_days(day, end, closed),
        "returned": (seen.following <= known).fill_null(False) & seen.until.isnull(),
        "later": seen.later,
        "aided": seen.aided,
        "answering": seen.answering,
    }
    if "listed" in measures:
        paid = seen.amount / ibis.ifelse(seen.listed > 0, seen.listed, None)
        columns["discount"] = (1 - paid).fill_null(0.0).clip(lower=0.0, upper=1.0)
    columns |= {name: seen[name] for name in ("complaints", "complained") if name in seen.columns}
    if history.contacts_made is not None:
        columns["won"] = seen.won.cast("float64")
    if "with_coupon" in measures:
        columns["coupons"] = seen.with_coupon / seen.orders
    return seen.select("customer_id", **columns)


def unaided(seen: Any, contacts: Any, horizon_days: int) -> Any:
    """Add to customers of landmarks what contacts did to what was seen of them.

    Parameters
    ----------
    seen : ibis.Table
        customer_id, landmark, last and following: the days of the orders before and after the landmark.
    contacts : ibis.Table or None
        As `win_back_contacts` returns them.

    Returns
    -------
    ibis.Table
        With until (the day of the first contact after the landmark, where it came before the next
        order; null else), aided (bool: that contact came within the horizon), answering (bool:
        contacted shortly before the landmark, and no order since) and won (bool: the last order came
        shortly after a contact).
    """
    if contacts is None:
        no = ibis.literal(False)
        return seen.mutate(until=ibis.null("date"), aided=no, answering=no, won=no)
    both = seen.select("customer_id", "landmark", "last").inner_join(contacts, "customer_id")
    earlier = both.day <= both.landmark
    nearest = both.group_by("customer_id", "landmark").aggregate(
        contacted_before=both.day.max(where=earlier),
        contacted_after=both.day.min(where=~earlier),
        answered=both.day.max(where=both.day <= both.last),
    )
    joined = seen.left_join(nearest, ["customer_id", "landmark"])
    joined = joined.drop("customer_id_right", "landmark_right")
    first = joined.following.isnull() | (joined.contacted_after < joined.following)
    until = ibis.ifelse(first, joined.contacted_after, ibis.null("date"))
    aided = (until.delta(joined.landmark, unit="day") <= horizon_days).fill_null(False)
    answering = (joined.contacted_before >= joined.last) & (
        joined.landmark.delta(joined.contacted_before, unit="day") < OPEN_DAYS
    )
    won = joined.last.delta(joined.answered, unit="day") < OPEN_DAYS
    marked = joined.mutate(
        until=until, aided=aided, answering=answering.fill_null(False), won=won.fill_null(False)
    )
    return marked.drop("contacted_before", "contacted_after", "answered")


def _with_first(described: Any, orders: Any) -> Any:
    """Add the channel and source of each customer's first order; empty where it has none."""
    names = [name for name in FIRST if name in orders.columns]
    if not names:
        return described
    first = {name: orders[name].fill_null("").argmin(orders.day) for name in names}
    joined = described.left_join(orders.group_by("customer_id").aggregate(**first), "customer_id")
    return joined.drop("customer_id_right")


def _with_complaints(seen: Any, history: History) -> Any:
    """Add how often each customer complained by the landmark, and whether since the last order."""
    made = history.complaints
    if made is None:
        return seen
    both = seen.select("customer_id", "landmark", "last").inner_join(made, "customer_id")
    both = both.filter(both.day <= both.landmark)
    counted = both.group_by("customer_id", "landmark").aggregate(
        complaints=both.count().cast("float64"), complained=(both.day >= both.last).max().cast("float64")
    )
    joined = seen.left_join(counted, ["customer_id", "landmark"])
    joined = joined.drop("customer_id_right", "landmark_right")
    return joined.mutate(
        complaints=joined.complaints.fill_null(0.0), complained=joined.complained.fill_null(0.0)
    )


def _sample(history: History, share: float) -> Any:
    """Return the orders of a share of the customers.

    Who is drawn is settled here: the engine would filter by the md5 before it brings a customer's
    orders together, and take it once an order.
    """
    orders = history.orders
    if share >= 1:
        return orders
    people = orders.select("customer_id").distinct()
    digest = (ibis.literal(f"{history.settings.seed}:") + people.customer_id).hexdigest("md5")
    digits = ibis.literal("0123456789abcdef")
    part: Any = sum(digits.find(digest[k : k + 1]) * 16**k for k in range(3))
    parts = people.select("customer_id", part=part).to_pyarrow()
    drawn = parts.filter(pc.field("part") < round(share * SAMPLE_PARTS)).select(["customer_id"])
    return orders.semi_join(ibis.memtable(drawn), "customer_id")


def came_within(rows: pd.DataFrame, span: int) -> Flags:
    """Return who ordered within ``span`` days of the landmark."""
    return np.asarray(rows["returned"] & (rows["wait"] <= span))


def followed_through(rows: pd.DataFrame, span: int, seed: int) -> pd.DataFrame:
    """Leave out by chance, of customers whom a campaign contacted before an order, as much as was unseen.

    A row followed for a third of the span stays with a chance of a third. To leave all of them out would
    leave out those who had not come by then.
    """
    seen = rows["wait"].to_numpy(float) / span
    drawn = np.random.default_rng([seed, 3]).random(len(rows))
    return rows[came_within(rows, span) | (drawn < seen)]
