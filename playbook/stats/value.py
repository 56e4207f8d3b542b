"""What a customer is worth: the margin of an order, and of a second life after a comeback.

A customer's few orders say little about the next one, so the mean margin per order is shrunk
towards the mean of all. What a second life brings is read, month by month, from the second lives
that this client has already seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import numpy as np
import pandas as pd
from scipy.stats import norm

from playbook.records.arrays import SHARDS, Array
from playbook.records.history import MONEY, History, once, shard
from playbook.stats.rhythms import with_own_days
from playbook.stats.survival import shard_weights

SQUARES = dt.Decimal(38, 8)
MONTH_DAYS, QUARTER, QUARTERS = 30, 3, 4
LAST_MONTH = 36
"""The last month of a second life that is counted."""
ENOUGH_COMEBACKS = 50
"""Comebacks followed through a month below which it is not read."""
FEW_COMEBACKS = 10
"""The same where fewer than `ENOUGH_COMEBACKS` were ever followed for a month."""


# The margin of an order ----------------------------------------------------------------------


@dataclass(frozen=True)
class Shrinkage:
    """How far a customer's mean margin per order is drawn to the mean of all.

    Empirical Bayes in the form of Bühlmann and Straub's credibility (Bühlmann and Straub 1970;
    Efron and Morris 1975), with the moment (analysis of variance) estimators for unequal numbers
    of orders.

    Attributes
    ----------
    mean : float
        Mean margin per order over customers, each weighted by its credibility; client's currency.
    within : float
        Variance of an order's margin around its customer's mean. NaN where nobody ordered twice.
    between : float
        Variance of the customers' means; 0 where customers differ no more than their orders do.
    """

    mean: float
    within: float
    between: float

    def credibility(self, orders: Any) -> Array:
        """Return the weight of a customer's own mean, n / (n + within / between), 0 to 1.

        Where nobody ordered twice, orders and customers cannot be told apart: they are taken to
        vary alike, so that one order has a weight of a half.
        """
        n = np.asarray(orders, dtype=float)
        if np.isnan(self.within):
            return np.asarray(n / (n + 1))
        if self.between <= 0:
            return np.zeros_like(n)
        return np.asarray(n / (n + self.within / self.between))

    def mean_margin(self, orders: Any, margin: Any) -> Array:
        """Return the shrunk mean margin per order; NaN without an order.

        Parameters
        ----------
        orders, margin : array
            A customer's orders, and the sum of their margins net of returns.
        """
        n, total = np.asarray(orders, dtype=float), np.asarray(margin, dtype=float)
        own = np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
        weight = self.credibility(n)
        return np.asarray(weight * own + (1 - weight) * self.mean)


def shrinkage(orders: Any, margin: Any, squares: Any) -> Shrinkage:
    """Estimate the shrinkage from customers' counts, sums and sums of squares.

    Parameters
    ----------
    orders, margin, squares : array, shape (customers,)
        Number of orders (1 or more), sum of their margins, sum of their squared margins.
    """
    n, total, square = (np.asarray(values, dtype=float) for values in (orders, margin, squares))
    if not len(n):
        return Shrinkage(np.nan, np.nan, 0.0)
    everybody, own = n.sum(), total / n
    overall = float(total.sum() / everybody)
    spare = everybody - len(n)
    within = float(np.maximum(square - total**2 / n, 0).sum() / spare) if spare else np.nan
    if len(n) < 2:
        return Shrinkage(overall, within, 0.0)
    differing = (n * (own - overall) ** 2).sum() - (len(n) - 1) * np.nan_to_num(within)
    between = max(0.0, float(differing / (everybody - (n**2).sum() / everybody)))
    found = Shrinkage(overall, within, between)
    weight = found.credibility(n)
    if not weight.any():
        return found
    return Shrinkage(float((weight * own).sum() / weight.sum()), within, between)


@once
def order_margins(history: History) -> pd.DataFrame:
    """Count every customer's orders and their margins.

    An order's margin is net of the returns up to the next order; returns before the first order
    are those of orders that the log does not hold, and left out.

    Returns
    -------
    DataFrame
        customer_id, orders, margin (sum over orders), squares (sum of squared margins); sorted.
    """
    orders = _net_orders(history)
    exact = orders.margin.cast(MONEY)
    counted = orders.group_by("customer_id").aggregate(
        orders=orders.count(),
        margin=orders.margin.sum(),
        squares=(exact * exact).cast(SQUARES).sum(),
    )
    frame: pd.DataFrame = counted.order_by("customer_id").to_pyarrow().to_pandas()
    return frame.astype({"orders": "int64", "margin": "float64", "squares": "float64"})


def mean_order_margin(history: History, ids: Iterable[str]) -> Array:
    """Return customers' mean margin per order, shrunk towards that of all.

    Parameters
    ----------
    ids : iterable of str
        Customer ids, in the order of the result.

    Returns
    -------
    array, shape (customers,)
        In the client's currency; NaN for a customer without an order.
    """
    seen = order_margins(history)
    found = shrinkage(seen["orders"], seen["margin"], seen["squares"])
    means = pd.Series(found.mean_margin(seen["orders"], seen["margin"]), seen["customer_id"])
    return np.asarray(means.reindex(list(ids)), dtype=float)


def expected_margin(customers: pd.DataFrame) -> Array:
    """Return the margin expected within the horizon, without an offer.

    Parameters
    ----------
    customers : DataFrame
        expected_orders, mean_order_margin.
    """
    return (customers["expected_orders"] * customers["mean_order_margin"]).to_numpy(float)


def _net_orders(history: History) -> Any:
    """Return customer_id, order_number, day and margin (net of returns up to the next order)."""
    days = history.days
    so_far = ibis.cumulative_window(group_by=days.customer_id, order_by=days.day)
    numbered = days.select(
        "customer_id", "day", "margin", order_number=(days.sale_lines > 0).cast("int64").sum().over(so_far)
    )
    bought = numbered.filter(numbered.order_number > 0)
    return bought.group_by("customer_id", "order_number").aggregate(
        day=bought.day.min(), margin=bought.margin.sum()
    )


# Second lives --------------------------------------------------------------------------------


@dataclass(frozen=True)
class SecondLife:
    """What comebacks brought, month by month (30 days each).

    Attributes
    ----------
    months : array, shape (K + 1,)
        c(k): mean margin in month k after a comeback, over the comebacks followed through month
        k, zeros included; the comeback's own order is in month 0. Client's currency.
    draws : array, shape (draws, K + 1)
        The same with resampled customers and quarters of their comebacks.
    followed : array of int, shape (K + 1,)
        Comebacks followed through each month.
    order_margin : float
        Mean over comebacks of the customer's mean margin per order before the comeback, shrunk.
    method : str
        second_lives, or few_second_lives where fewer than `ENOUGH_COMEBACKS` were followed.
    dispersion : float
        Variance of what a group of second lives brings over what is expected of it, client's
        currency: a quasi-Poisson scale (Wedderburn 1974; Pearson's estimator, over shards of
        customers).
    """

    months: Array
    draws: Array
    followed: Array
    order_margin: float
    method: str
    dispersion: float

    @property
    def last_month(self) -> int:
        """Return K, the last month that is counted; nothing is carried beyond it."""
        return len(self.months) - 1

    @property
    def comebacks(self) -> int:
        """Return how many comebacks were followed through the first month."""
        return int(self.followed[0])

    def value(self, discount_rate: float) -> float:
        """Return the discounted margin of an average second life."""
        return float(self.months @ _discounts(len(self.months), discount_rate))

    def expected(self, order_margin: Any, months: Any) -> Array:
        """Return what second lives bring, not discounted, within the months that each is followed.

        Parameters
        ----------
        order_margin, months : array
            A customer's shrunk mean margin per order, and the months; those beyond K add nothing.
        """
        cumulated = np.concatenate([[0.0], self.months.cumsum()])
        within = np.minimum(np.asarray(months, dtype=int), len(self.months))
        return np.asarray(np.asarray(order_margin) / self.order_margin * cumulated[within])

    def group_interval(
        self, order_margin: Any, months: Any, level: float = 0.90
    ) -> tuple[float, float, float]:
        """Return what a group of second lives is expected to bring, with its predictive interval.

        The variance adds that of the months' means (resampled customers) and that of the group's
        own second lives (`dispersion`); normal quantiles.
        """
        ratio, within = np.asarray(order_margin) / self.order_margin, np.asarray(months, dtype=int)
        within = np.minimum(within, len(self.months))
        by_length = np.bincount(within, ratio, len(self.months) + 1)
        reaching = by_length[::-1].cumsum()[::-1][1:]  # of all ratios, those followed through month k
        total = float(self.months @ reaching)
        variance = float(np.var(self.draws @ reaching)) + self.dispersion * max(total, 0.0)
        half = float(norm.ppf((1 + level) / 2) * np.sqrt(variance))
        return total, total - half, total + half

    def interval(self, discount_rate: float, level: float = 0.90) -> tuple[float, float]:
        """Return the interval of `value` from resampled customers."""
        tail = (1 - level) / 2
        low, high = np.quantile(self.draws @ _discounts(len(self.months), discount_rate), [tail, 1 - tail])
        return float(low), float(high)


def second_life(history: History, inactivity_days: int, draws: int = 500) -> SecondLife | None:
    """Read the months of a second life from earlier comebacks.

    A comeback is an order after a spell longer than the threshold. A customer who lapses and comes
    back again begins another second life; the months of the first go on.

    Returns None where fewer than `FEW_COMEBACKS` were followed for a month, or the customers who
    came back had brought no margin.

    Parameters
    ----------
    inactivity_days : int
        The silence after which a customer counts as lapsed, for those without a threshold of their own
        (see `rhythms`).
    draws : int
        Resamplings of customers (by shard) for the interval.
    """
    comebacks = _comebacks(history, inactivity_days)
    before = _count_before(comebacks)
    followed = _followed(before)
    counted = followed.sum(axis=(0, 1)).astype(int)
    enough = ENOUGH_COMEBACKS if counted[0] >= ENOUGH_COMEBACKS else FEW_COMEBACKS
    length = int((counted >= enough).sum())
    if not length:
        return None
    seen = order_margins(history)
    shrunk = shrinkage(seen["orders"], seen["margin"], seen["squares"])
    order_margin = _mean_before(before, shrunk)
    if order_margin <= 0:
        return None
    margins = _margins(history, comebacks)[:, :, :length]
    months = _drawn_months(margins, followed[:, :, :length], draws, history.settings.seed)
    method = "second_lives" if enough == ENOUGH_COMEBACKS else "few_second_lives"
    life = SecondLife(months[0], months[1:], counted[:length], order_margin, method, 0.0)
    return replace(life, dispersion=_dispersion(life, before, shrunk, margins.sum(axis=(1, 2))))


def _drawn_months(margins: Array, followed: Array, draws: int, seed: int) -> Array:
    """Return the mean margin of each month, then the same of each draw, shape (1 + draws, months).

    Customers are drawn (by shard), and so are the quarters in which they came back, whose seasons and
    kinds of comeback differ and of which a short record holds few: each draw weighs both, independently
    (Owen 2007; the quarters by gamma weights, as in Rubin 1981, so that none is missing). Their variance is
    that of the mean of the quarters seen, and of one year's quarters to come.
    """
    random = np.random.default_rng([seed, 4])
    quarter = np.arange(LAST_MONTH + 2) // QUARTER
    seen = np.bincount(quarter, followed[:, :, 0].sum(axis=0)) > 0
    by_quarter = random.gamma(1 / (1 + seen.sum() / QUARTERS), size=(draws, len(seen)))
    of_shard = np.vstack([np.ones((1, SHARDS)), shard_weights(draws, seed)])
    of_quarter = np.vstack([np.ones((1, len(quarter))), by_quarter[:, quarter]])
    sums, counts = (
        np.einsum("ds,dm,smk->dk", of_shard, of_quarter, cells, optimize=True)
        for cells in (margins, followed)
    )
    return np.asarray(np.divide(sums, counts, out=np.zeros_like(counts), where=counts > 0))


def _dispersion(life: SecondLife, before: pd.DataFrame, shrunk: Shrinkage, brought: Array) -> float:
    """Return Pearson's statistic of the shards' margins over its degrees of freedom."""
    order_margin = shrunk.mean_margin(before["orders"], before["margin"] / before["n"])
    expected = life.expected(order_margin, before["months"]) * before["n"].to_numpy(float)
    by_shard = np.bincount(before["shard"].to_numpy(int), expected, SHARDS)
    seen = by_shard > 0
    squared = (brought[seen] - by_shard[seen]) ** 2 / by_shard[seen]
    return float(squared.sum() / max(int(seen.sum()) - 1, 1))


def second_lifetime_value(customers: pd.DataFrame, life: SecondLife | None, discount_rate: float) -> Array:
    """Return what a second life of each customer would bring, once it has begun.

    The customer's mean margin per order over that of the comebacks, times the discounted months
    of an average second life. Where second lives are too few, the customer's mean margin per order
    times the orders to expect within the horizon of one who returns, one at least.

    Parameters
    ----------
    customers : DataFrame
        mean_order_margin; and return_probability, expected_orders, used without ``life``.
    discount_rate : float
        Per year.

    Returns
    -------
    array, shape (customers,)
        In the client's currency; NaN for a customer without an order.
    """
    margin = customers["mean_order_margin"].to_numpy(float)
    if life is not None:
        return np.asarray(margin / life.order_margin * life.value(discount_rate))
    chance = customers["return_probability"].to_numpy(float)
    orders = customers["expected_orders"].to_numpy(float)
    per_return = np.divide(orders, chance, out=np.ones_like(orders), where=chance > 0)
    return np.asarray(margin * np.fmax(per_return, 1.0))


def _discounts(months: int, rate: float) -> Array:
    return np.asarray((1 + rate) ** (-np.arange(months) / 12))


def _comebacks(history: History, inactivity_days: int) -> Any:
    """Return one row per comeback: customer_id, day, months followed, orders and margin before."""
    orders = _net_orders(history)
    by_day = ibis.window(group_by=orders.customer_id, order_by=orders.day)
    so_far = ibis.cumulative_window(group_by=orders.customer_id, order_by=orders.day)
    found = orders.mutate(
        previous=orders.day.lag().over(by_day), margin_so_far=orders.margin.sum().over(so_far)
    )
    found = with_own_days(found, history, inactivity_days)
    found = found.filter(
        found.previous.notnull() & (found.day.delta(found.previous, unit="day") > found.inactivity_days)
    )
    left = ibis.literal(history.as_of).delta(found.day, unit="day")
    return found.select(
        "customer_id",
        "day",
        months=ibis.least((left // MONTH_DAYS).cast("int64"), LAST_MONTH + 1),
        orders_before=found.order_number - 1,
        margin_before=found.margin_so_far - found.margin,
    )


def _count_before(comebacks: Any) -> pd.DataFrame:
    """Count comebacks by shard, months followed and orders before, with their margin before."""
    keys = {
        "shard": shard(comebacks.customer_id).cast("int64"),
        "months": comebacks.months,
        "orders": comebacks.orders_before,
    }
    counted = comebacks.group_by(**keys).aggregate(n=comebacks.count(), margin=comebacks.margin_before.sum())
    frame: pd.DataFrame = counted.order_by(list(keys)).to_pyarrow().to_pandas()
    return frame.astype({"margin": "float64"})


def _followed(before: pd.DataFrame) -> Array:
    """Count comebacks by shard, months followed in all, and month, where it was followed."""
    ended = np.zeros((SHARDS, LAST_MONTH + 2))
    np.add.at(
        ended, (before["shard"].to_numpy(int), before["months"].to_numpy(int)), before["n"].to_numpy(float)
    )
    within = np.arange(LAST_MONTH + 2)[:, None] > np.arange(LAST_MONTH + 1)
    return np.asarray(ended[:, :, None] * within)


def _mean_before(before: pd.DataFrame, shrunk: Shrinkage) -> float:
    """Return the mean over comebacks of the shrunk mean margin per order before."""
    mean = shrunk.mean_margin(before["orders"], before["margin"] / before["n"])
    return float(np.average(mean, weights=before["n"]))


def _margins(history: History, comebacks: Any) -> Array:
    """Sum the margins of comebacks as `_followed` counts them."""
    days = history.days.select("customer_id", "margin", spent="day")
    joined = comebacks.inner_join(days, "customer_id")
    joined = joined.mutate(month=joined.spent.delta(joined.day, unit="day") // MONTH_DAYS)
    inside = joined.filter((joined.spent >= joined.day) & (joined.month < joined.months))
    keys = {
        "shard": shard(inside.customer_id).cast("int64"),
        "months": inside.months,
        "month": inside.month.cast("int64"),
    }
    frame = inside.group_by(**keys).aggregate(margin=inside.margin.sum()).to_pyarrow().to_pandas()
    margins = np.zeros((SHARDS, LAST_MONTH + 2, LAST_MONTH + 1))
    margins[tuple(frame[name].to_numpy(int) for name in keys)] = frame["margin"].to_numpy(float)
    return margins
