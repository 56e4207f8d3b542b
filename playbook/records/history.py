"""Orders to the tables that everything starts from: days, customers, spells, landmarks.

All of them are Ibis expressions; the engine counts. An order is a day with a sale line; returns
lower revenue and margin and never make or remove an order.

The return probability is the chance of an order without a win-back offer. What came after a contact of an
earlier win-back campaign says nothing of it: from there on a customer's return was no longer unaided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, wraps
from itertools import pairwise
from typing import Any, Concatenate, ParamSpec, TypeVar

import ibis
import ibis.expr.datatypes as dt
import numpy as np
import pandas as pd

from playbook.errors import DataError
from playbook.records.arrays import SHARDS
from playbook.records.row_rules import REPEATS
from playbook.records.sources import Sources, collect_unreadable
from playbook.settings.client import Settings

MONEY = dt.Decimal(18, 4)
MOST_REACHED = 0.25
"""A campaign that treated a larger share of all buyers is the client's usual marketing."""
LAST_WEEKS, HALF_YEAR, LEAST_WEEK, THIN = 8, 34, 10, 0.25
"""So many weeks at the end may be cut off; those from there to half a year before tell the usual flow, where
they have so many orders; a week with a smaller share of them is thin."""
LEAST_DAYS = 30
"""Days with orders without which it is not known when the client was closed."""
MOST_SILENT = 3653
"""Days from the last order to the as-of date: ten years."""
YEAR = 365
LEAST_OPEN = 0.5
"""Share of a stretch's days that were open below which it does not speak for its season."""
MOST_KEPT = 500_000
"""Cells of a table up to which an answer is kept for whoever asks again."""
Closed = Sequence[tuple[date, date]]
"""Stretches on which a client was closed: the last day before, the first after."""


@dataclass(frozen=True)
class History:
    """A client's orders by day, up to the as-of date, in the engine.

    Attributes
    ----------
    all_days : ibis.Table
        One row per customer and day, customer and day possibly null, whatever the date;
        see `order_days` for its columns.
    days : ibis.Table
        The usable part: customer and day known, day not after ``as_of``.
    known : ibis.Table or None
        The table of customers.
    as_of, first_day, last_day : date
        The day everything is seen from; the first and the last day with a line.
    win_back : ibis.Table or None
        The contacts of earlier win-back campaigns, see `win_back_contacts`.
    complaints : ibis.Table or None
        customer_id and day of each complaint, where the client has events.
    answers : dict
        What was asked of this history before, see `once`.
    """

    settings: Settings
    all_days: Any
    days: Any
    known: Any
    as_of: date
    first_day: date
    last_day: date
    win_back: Any = None
    complaints: Any = None
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def orders(self) -> Any:
        """One row per order: the days with a sale line."""
        return self.days.filter(self.days.sale_lines > 0)

    @cached_property
    def orders_by_day(self) -> "pd.Series[int]":
        """Orders by day, days without any left out."""
        orders = self.orders
        counted = orders.group_by("day").aggregate(orders=orders.count()).order_by("day")
        frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
        return pd.Series(frame["orders"].to_numpy(), index=pd.to_datetime(frame["day"]), dtype="int64")

    @cached_property
    def data_end(self) -> date:
        """The last day with the usual flow of orders: most often the as-of date.

        Where that lies far behind the last line, the day of that; where weeks at the end have less than
        a quarter of the orders of the half-year before them, and of the same weeks a year ago, the day
        before them.
        """
        if (self.as_of - self.last_day).days > self.settings.checks.gap_days:
            return self.last_day
        if (self.as_of - self.first_day).days < 7 * HALF_YEAR or not len(self.orders_by_day):
            return self.as_of
        weeks = [(self.as_of - day.date()).days // 7 for day in self.orders_by_day.index]
        by_week = self.orders_by_day.groupby(np.array(weeks)).sum()
        counts = by_week.reindex(range(int(by_week.index.max()) + 1), fill_value=0).to_numpy(float)
        usual, thin = float(np.median(counts[LAST_WEEKS:HALF_YEAR])), 0
        while thin < LAST_WEEKS:
            ago = counts[thin + 51 : thin + 54]
            least = min(usual, float(ago.mean())) if len(ago) == 3 else usual
            if least < LEAST_WEEK or counts[thin] >= THIN * least:
                break
            thin += 1
        return self.as_of - timedelta(days=7 * thin)

    @cached_property
    def closed(self) -> tuple[tuple[date, date], ...]:
        """Stretches without any order where most weeks have one: the last day before, the first after.

        A day alone at the end makes none: it may be a slip of the pen.
        """
        days = [day.date() for day in self.orders_by_day.index]
        gaps = np.array([(after - before).days for before, after in pairwise(days)])
        if len(days) < LEAST_DAYS or np.median(gaps) > 3 or np.quantile(gaps, 0.95) > 7:
            return ()
        wide = gaps[:-1] > self.settings.checks.gap_days
        return tuple(both for both, is_wide in zip(pairwise(days), wide, strict=False) if is_wide)

    @cached_property
    def shocks(self) -> tuple[tuple[date, date], ...]:
        """Those of `closed` that are no season: the client was open at that time of the years beside it."""
        return tuple(
            (last, reopened)
            for last, reopened in self.closed
            if all(
                open_share(last + timedelta(days=away), (reopened - last).days, self.closed) > LEAST_OPEN
                for away in (-YEAR, YEAR)
            )
        )

    @property
    def contacts_made(self) -> Any:
        """The contacts of win-back campaigns up to the as-of date, or None."""
        if self.win_back is None:
            return None
        return self.win_back.filter(self.win_back.day <= ibis.literal(self.as_of))


P = ParamSpec("P")
R = TypeVar("R")


def once(ask: Callable[Concatenate[History, P], R]) -> Callable[Concatenate[History, P], R]:
    """Ask a history once for what several chapters need; a table of more cells than `MOST_KEPT` each time."""

    @wraps(ask)
    def answer(history: History, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (ask, args, tuple(sorted(kwargs.items())))
        found = history.answers[key] if key in history.answers else ask(history, *args, **kwargs)
        if not isinstance(found, pd.DataFrame):
            history.answers[key] = found
        elif found.size <= MOST_KEPT:
            history.answers[key] = found
            found = found.copy()
        return found

    return answer


def open_share(begin: date, days: int, closed: Closed) -> float:
    """Return the share of the days after ``begin`` on which the client was not closed."""
    end = begin + timedelta(days=days)
    gone = ((min(end + timedelta(days=1), reopened) - max(begin, last)).days - 1 for last, reopened in closed)
    return 1 - sum(max(one, 0) for one in gone) / days


def read_history(settings: Settings, sources: Sources) -> History:
    """Read all order lines once, to one row per customer and day.

    Raises
    ------
    DataError
        Where no line has a customer and a date, more values than tolerated cannot be read, or the
        as-of date lies before the first line or ten years after the last.
    """
    days = sources.keep("days", order_days(settings, sources.orders))
    collect_unreadable(sources)
    _check_tolerated(settings, sources, days)
    known = days.filter(days.day.notnull() & days.customer_id.notnull())
    first, last = known.aggregate(first=known.day.min(), last=known.day.max()).execute().iloc[0]
    if pd.isna(first):
        raise DataError("No line of the orders has both a customer and a date: there is nobody to report on.")
    first_day, last_day = pd.Timestamp(first).date(), pd.Timestamp(last).date()
    as_of = settings.as_of or last_day
    if as_of < first_day:
        raise DataError(f"The as-of date {as_of} lies before the first order, {first_day}.")
    if (as_of - last_day).days > MOST_SILENT:
        told = f"lies over ten years after the last order, {last_day}: correct as_of or ask for newer orders"
        raise DataError(f"The as-of date {as_of} {told}.")
    usable = days.filter(days.customer_id.notnull() & days.day.notnull() & (days.day <= ibis.literal(as_of)))
    return History(
        settings,
        days,
        usable,
        sources.customers,
        as_of,
        first_day,
        min(last_day, as_of),
        win_back_contacts(sources, usable),
        _complaints(sources),
    )


def _complaints(sources: Sources) -> Any:
    events = sources.events
    if events is None:
        return None
    known = events.filter((events.kind == "complaint") & events.customer_id.notnull())
    known = known.filter(known.happened_at.notnull()).select("customer_id", day="happened_at")
    return sources.keep("complaints", known)


def order_days(settings: Settings, lines: Any) -> Any:
    """Sum order lines by customer and day.

    Returns
    -------
    ibis.Table
        customer_id, day; lines, sale_lines, return_lines, zero_lines, incomplete_lines (counts);
        revenue (sum of all amounts) and margin in the client's currency; and, of the sale lines
        alone, sale_amount, list_amount, coupon_lines, sample_lines, promotion_lines,
        sales_channel, last_channel and source, where the client has the columns; repeated_lines,
        those that only repeated the total of their order.
    """
    amount, sale = lines.amount, _is_sale(settings, lines)
    returned = (amount < 0) & ~sale
    if "quantity" in lines.columns:
        returned = ((amount < 0) | (lines.quantity < 0).fill_null(False)) & ~sale
    measures = {
        "lines": lines.count(),
        "sale_lines": lines.count(where=sale),
        "return_lines": lines.count(where=returned),
        "zero_lines": lines.count(where=(amount == 0) & ~sale & ~returned),
        "incomplete_lines": lines.count(where=amount.isnull() | lines.ordered_at.isnull()),
        "revenue": _money(amount),
        "margin": _margin(settings, lines),
        "sale_amount": _money(amount, where=sale),
    }
    measures |= _attributes(lines, sale)
    if REPEATS in lines.columns:
        measures["repeated_lines"] = lines[REPEATS].sum()
    return lines.group_by(customer_id=lines.customer_id, day=lines.ordered_at).aggregate(**measures)


def _is_sale(settings: Settings, lines: Any) -> Any:
    """Whether a line is a sale: paid, and of no quantity below 1; false where the amount is not known."""
    paid = lines.amount >= 0 if settings.tables.orders.zero_is_order else lines.amount > 0
    if "quantity" not in lines.columns:
        return paid.fill_null(False)
    return (paid & (lines.quantity > 0).fill_null(True)).fill_null(False)


def _money(amount: Any, where: Any = None) -> Any:
    return amount.sum(where=where).fill_null(0).cast(MONEY)


def _margin(settings: Settings, lines: Any) -> Any:
    """Margin where given, else revenue times the client's rate."""
    rate = ibis.literal(settings.margin_rate).cast(MONEY)
    if "margin" not in lines.columns:
        return (_money(lines.amount) * rate).cast(MONEY)
    return _money(lines.margin.fill_null((lines.amount * rate).cast(MONEY)))


def _attributes(lines: Any, sale: Any) -> dict[str, Any]:
    """Sum up what the sale lines of a day tell about how they were bought."""
    has = set(lines.columns)
    attributes: dict[str, Any] = {}
    if "list_amount" in has:
        listed = lines.list_amount.fill_null(lines.amount)
        attributes["list_amount"] = _money(listed, where=sale)
    if "coupon" in has:
        attributes["coupon_lines"] = lines.count(where=sale & lines.coupon.notnull())
    if "is_sample" in has:
        attributes["sample_lines"] = lines.count(where=sale & lines.is_sample)
    if "is_promotion" in has:
        attributes["promotion_lines"] = lines.count(where=sale & lines.is_promotion)
    if "sales_channel" in has:
        channel = lines.sales_channel
        attributes |= {"sales_channel": channel.min(where=sale), "last_channel": channel.max(where=sale)}
    if "source" in has:
        attributes["source"] = lines.source.min(where=sale)
    return attributes


def _check_tolerated(settings: Settings, sources: Sources, days: Any) -> None:
    lines = int(days.lines.sum().execute() or 0)
    unreadable = [value for value in sources.unreadable if value.table == "orders"]
    read = lines + len(unreadable)
    if read == 0:
        raise DataError("The orders have no line: ask for the export again.")
    if len(unreadable) > settings.tolerated_unreadable * read:
        raise DataError(
            f"{len(unreadable):,} of {read:,} order lines cannot be read, more than the tolerated"
            f" {settings.tolerated_unreadable:.1%}; the first: {unreadable[0]}. See what stands there with"
            " playbook check; correct tables.orders.format in client.yml or the file."
        )


# One row per customer ------------------------------------------------------------------------


@once
def customers(history: History) -> pd.DataFrame:
    """Return one row per customer known, with or without orders, sorted by customer_id.

    Returns
    -------
    DataFrame
        customer_id; orders; revenue and margin net of returns (client's currency, float64);
        first_order and last_order (datetime64, NaT without an order); sale_amount, and list_amount
        where known.
    """
    days = history.days
    is_order = days.sale_lines > 0
    measures = {
        "orders": days.count(where=is_order),
        "revenue": days.revenue.sum().cast("float64"),
        "margin": days.margin.sum().cast("float64"),
        "first_order": days.day.min(where=is_order),
        "last_order": days.day.max(where=is_order),
        "sale_amount": days.sale_amount.sum().cast("float64"),
    }
    if "list_amount" in days.columns:
        measures["list_amount"] = days.list_amount.sum().cast("float64")
    counted = days.group_by("customer_id").aggregate(**measures)
    table = _with_known(counted, history).order_by("customer_id").to_pyarrow()
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    money = [name for name in ("revenue", "margin", "sale_amount", "list_amount") if name in frame]
    return frame.fillna(dict.fromkeys(money, 0.0) | {"orders": 0}).astype({"orders": "int64"})


def _with_known(counted: Any, history: History) -> Any:
    """Add the customers who have no line in the orders."""
    if history.known is None:
        return counted
    known = history.known.filter(history.known.customer_id.notnull())
    silent = known.select("customer_id").distinct().anti_join(counted, "customer_id")
    empty = {name: ibis.null(kind) for name, kind in counted.schema().items()}
    return ibis.union(counted, silent.select(**(empty | {"customer_id": silent.customer_id})))


def known_since(history: History) -> Any:
    """Return customer_id and acquired_on of those whose date of acquisition is known, or None."""
    known = history.known
    if known is None or "acquired_on" not in known.columns:
        return None
    named = known.filter(known.acquired_on.notnull() & known.customer_id.notnull())
    return named.group_by("customer_id").aggregate(acquired_on=named.acquired_on.min())


# Old customers and shards ----------------------------------------------------------------------


def shard(customer_id: Any) -> Any:
    """Return the customer's shard, 0 to 63, from the md5 of the id: the same on every engine."""
    digest, digits = customer_id.hexdigest("md5"), ibis.literal("0123456789abcdef")
    return (digits.find(digest[0:1]) * 16 + digits.find(digest[1:2])) % SHARDS


def mark_old(found: Any, history: History) -> Any:
    """Mark, as ``old_customer``, the customers who bought before the log began (left truncation).

    ``found`` has customer_id and first_seen, the day of the first order. Who is first seen within
    the log's first days, and not known to have been acquired then, is left out of first-to-second
    spells and never called occasional or just engaged.
    """
    if history.settings.tables.orders.cohort:
        return found.mutate(old_customer=ibis.literal(False))
    begin, acquired = ibis.literal(history.first_day), known_since(history)
    if acquired is not None:
        found = found.left_join(acquired, "customer_id")
    old = found.first_seen.delta(begin, unit="day") < history.settings.lifecycle.left_truncation_days
    if acquired is not None:
        old = ibis.ifelse(found.acquired_on.notnull(), found.acquired_on < begin, old)
    return found.mutate(old_customer=old)


# Earlier win-back campaigns -------------------------------------------------------------------


def win_back_contacts(sources: Sources, days: Any) -> Any:
    """Return the contacts made by win-back campaigns: customer_id, day; None where none is known.

    Held-back customers were not contacted and are not among them; campaigns that reached more than
    `MOST_REACHED` of all buyers count as usual marketing, where there are several: a single one is not usual.
    """
    if sources.contacts is None:
        return None
    contacts = sources.contacts
    made = contacts.filter(
        (contacts.arm.lower() == "treated")
        & contacts.campaign.notnull()
        & contacts.customer_id.notnull()
        & contacts.contacted_at.notnull()
    )
    buyers = int(days.filter(days.sale_lines > 0).customer_id.nunique().execute() or 0)
    sizes = made.group_by("campaign").aggregate(reached=made.customer_id.nunique())
    small = sizes.filter(sizes.reached <= MOST_REACHED * buyers)
    usual = int(sizes.filter(sizes.reached > MOST_REACHED * buyers).count().execute()) > 1
    kept = made.semi_join(small, "campaign") if usual else made
    kept = kept.select("customer_id", day="contacted_at").distinct()
    return sources.keep("win_back_contacts", kept)
