"""Return probabilities of a small client: by number of orders and band of silence alone.

On several past days every customer is described by the number of orders and the silence then
known, and followed from that day on. Kaplan-Meier by these two, time counted from the landmark, a
constant hazard beyond what was followed.

(Kaplan-Meier on spells, conditional on silence, is no substitute: it takes everybody who was ever
silent so long, at whatever time, and expects far too few.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import Array, Positions
from playbook.records.history import SHARDS, History, at_landmark, shard
from playbook.stats.return_interface import Estimate, ReturnModel, predictive_interval
from playbook.stats.survival import ShardCounts, shard_weights

ORDER_BANDS = (1, 2, 3, 5, 10)
ORDER_LABELS = ("1", "2", "3–4", "5–9", "10+")
SILENCE_BANDS = (0, 31, 61, 91, 181, 366, 731)
SILENCE_LABELS = ("0–30", "31–60", "61–90", "91–180", "181–365", "366–730", "731+")
LANDMARKS = (0.35, 0.52, 0.69, 0.86, 1.03, 1.2)
"""How many horizons before the as-of date customers are described."""
LEAST_IN_CELL = 50
"""Customers a cell needs of its own; a smaller one takes the curve of its silence band."""
LEAST_AT_RISK = 20
"""Customers still followed below which a curve is not read further."""


def order_band(orders: Any) -> Positions:
    """Return the position in `ORDER_BANDS` of each number of orders."""
    return np.searchsorted(ORDER_BANDS, np.asarray(orders), side="right") - 1


def silence_band(silence: Any) -> Positions:
    """Return the position in `SILENCE_BANDS` of each silence in days."""
    return np.searchsorted(SILENCE_BANDS, np.asarray(silence), side="right") - 1


@dataclass(frozen=True)
class CellModel(ReturnModel):
    """Return probabilities by number of orders and band of silence.

    Attributes
    ----------
    probability : array, shape (order bands, silence bands)
    draws : array, shape (draws, order bands, silence bands)
        The same from resampled customers.
    orders_per_return : array, shape (order bands, silence bands)
        Mean number of orders within the horizon among those who returned.
    """

    probability: Array
    draws: Array
    orders_per_return: Array
    method: ClassVar[str] = "cells"

    def predict(self, customers: pd.DataFrame, later_days: Any = 0) -> Array:
        """Return the return probability, today or after further days of silence; NaN without orders."""
        later = customers.assign(silence_days=customers["silence_days"] + later_days)
        return self._look_up(self.probability, later)

    def expected_orders(self, customers: pd.DataFrame) -> Array:
        """Return the expected number of orders within the horizon."""
        return self.predict(customers) * self._look_up(self.orders_per_return, customers)

    def expected_buyers(self, customers: pd.DataFrame, level: float = 0.90) -> Estimate:
        """Return how many of these customers are expected to buy, with a predictive interval.

        The interval holds both the uncertainty of the probabilities (bootstrap over customers)
        and the chance of who buys (binomial).
        """
        known = customers[customers["orders"] > 0]
        rows, columns = self._cells(known)
        counts = np.zeros(self.probability.shape)
        np.add.at(counts, (rows, columns), 1)
        expected = float((counts * self.probability).sum())
        totals = (self.draws * counts).sum(axis=(1, 2))
        variance = float((self.probability * (1 - self.probability) * counts).sum())
        random = np.random.default_rng(len(totals))
        low, high = predictive_interval(totals, variance, random, level)
        return expected, max(0.0, low), min(float(len(known)), high)

    def _cells(self, customers: pd.DataFrame) -> tuple[Positions, Positions]:
        return order_band(customers["orders"]), silence_band(customers["silence_days"])

    def _look_up(self, cells: Array, customers: pd.DataFrame) -> Array:
        found = np.full(len(customers), np.nan)
        bought = (customers["orders"] > 0).to_numpy()
        found[bought] = cells[self._cells(customers[bought])]
        return found


def past_landmarks(history: History, horizon_days: int) -> list[date]:
    """Return the days on which customers are described: closer together where the history is short."""
    reach = min(horizon_days, (history.as_of - history.first_day).days / (2 * LANDMARKS[-1]))
    return [history.as_of - timedelta(days=round(share * reach)) for share in LANDMARKS]


def fit_cells(history: History, horizon_days: int, draws: int) -> CellModel | None:
    """Estimate return probabilities from past landmarks.

    Returns None where nobody was seen at a landmark and came back.
    """
    landmarks = past_landmarks(history, horizon_days)
    counts = pd.concat([_landmark_counts(history, landmark) for landmark in landmarks])
    if counts.empty or not counts["returned"].any():
        return None
    probability = _by_cell(counts, horizon_days, draws, history.settings.seed)
    last = int(counts["silence_band"].max()) + 1
    return CellModel(
        horizon_days=horizon_days,
        followed_days=int(counts["wait"].max()),
        longest_silence=10**6 if last == len(SILENCE_BANDS) else SILENCE_BANDS[last] - 1,
        probability=probability[0],
        draws=probability[1:],
        orders_per_return=_orders_per_return(history, horizon_days),
    )


def _landmark_counts(history: History, landmark: date) -> pd.DataFrame:
    """Count customers at a landmark by order band, silence band, shard, wait and outcome."""
    seen = at_landmark(history, landmark)
    keys = {
        "order_band": _band(seen.orders, ORDER_BANDS),
        "silence_band": _band(seen.silence, SILENCE_BANDS),
        "shard": shard(seen.customer_id).cast("int64"),
        "wait": seen.wait,
        "returned": seen.returned,
    }
    counted = seen.group_by(**keys).aggregate(n=seen.count()).order_by(list(keys))
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame


def _band(column: Any, starts: Sequence[int]) -> Any:
    return sum((column >= start).cast("int64") for start in starts[1:])


def _by_cell(counts: pd.DataFrame, horizon: int, draws: int, seed: int) -> Array:
    """Estimate every cell, and `draws` times from resampled customers: shape (1 + draws, *cells).

    A cell with too few customers of its own takes the curve of its silence band.
    """
    weights = np.vstack([np.ones((1, SHARDS)), shard_weights(draws, seed)])
    by_silence = _by_silence(counts, horizon, weights)
    values = np.repeat(by_silence[:, None, :], len(ORDER_BANDS), axis=1)
    cells: Any = counts.groupby(["order_band", "silence_band"])
    for (order, silence), cell in cells:
        if cell["n"].sum() >= LEAST_IN_CELL:
            values[:, order, silence] = _returned_by(cell, horizon, weights)
    return values


def _by_silence(counts: pd.DataFrame, horizon: int, weights: Array) -> Array:
    """Estimate each band of silence over all order numbers; an unseen band takes the one before."""
    values = np.zeros((len(weights), len(SILENCE_BANDS)))
    seen: dict[Any, pd.DataFrame] = dict(iter(counts.groupby("silence_band")))
    nearest = counts
    for band in range(len(SILENCE_BANDS)):
        if band in seen and seen[band]["n"].sum() >= LEAST_IN_CELL:
            nearest = seen[band]
        values[:, band] = _returned_by(nearest, horizon, weights)
    return values


def _returned_by(counts: pd.DataFrame, horizon: int, weights: Array) -> Array:
    """Return the share returned by the horizon, by weighting of the shards.

    Beyond the last day on which `LEAST_AT_RISK` are still followed the hazard is that of the
    half before it.
    """
    survival = ShardCounts.of(counts, "wait").survival(weights)
    by_wait = counts.groupby("wait")["n"].sum().sort_index(ascending=False).cumsum()
    last = int(by_wait.index[by_wait >= min(LEAST_AT_RISK, by_wait.iloc[-1])].to_numpy(int).max())
    if horizon <= last:
        return np.asarray(1 - survival[:, horizon])
    half = last // 2
    kept = np.divide(
        survival[:, last], survival[:, half], out=np.ones(len(weights)), where=survival[:, half] > 0
    )
    further = kept ** ((horizon - last) / max(last - half, 1))
    return np.asarray(1 - survival[:, last] * further)


def _orders_per_return(history: History, horizon: int) -> Array:
    """Return, by cell, the mean orders within the horizon among returners of one horizon ago.

    Where the history does not hold a whole horizon: the longest part of it that it holds, and
    then at least that many orders. Cells are pooled by tenth of what they hold: a cell with few
    returners takes the mean of all.
    """
    span = min(horizon, (history.as_of - history.first_day).days // 2)
    landmark = history.as_of - timedelta(days=span)
    seen, orders = at_landmark(history, landmark), history.orders
    after = orders.filter(orders.day > ibis.literal(landmark))
    later = after.group_by("customer_id").aggregate(later=after.count())
    joined = seen.inner_join(later, "customer_id")
    keys = {
        "order_band": _band(joined.orders, ORDER_BANDS),
        "silence_band": _band(joined.silence, SILENCE_BANDS),
    }
    frame = (
        joined.group_by(**keys).aggregate(n=joined.count(), later=joined.later.sum()).to_pyarrow().to_pandas()
    )
    shape = (len(ORDER_BANDS), len(SILENCE_BANDS))
    if frame.empty:
        return np.ones(shape)
    overall = float(frame["later"].astype(float).sum() / frame["n"].sum())
    means = np.full(shape, overall)
    for row in frame.itertuples():
        if row.n >= LEAST_IN_CELL / 2:
            means[row.order_band, row.silence_band] = float(row.later) / row.n
    return means
