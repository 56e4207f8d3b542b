"""A gradient boosting of who orders within the horizon, on landmarks that were followed so long.

It begins where the survival model stands, and finds what no line through the covariates says: by what
factor the hazard of each customer is higher or lower. Trees that begin at the mean of all never come down to
the chance of those who hardly ever return. Averaged with the survival model on the logarithm of the
cumulative hazard, which holds it where landmarks are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from playbook.records.arrays import Array
from playbook.stats.landmarks import came_within
from playbook.stats.survival_model import SHORTEST_WAIT, WaitModel

MOST_BOOSTED = 50_000
"""Landmark rows that it is fitted on at most; of more, evenly spaced ones."""
SETTINGS = {"max_iter": 40, "learning_rate": 0.075, "max_leaf_nodes": 8, "min_samples_leaf": 100}
MOST_BINS = 255
"""Values of a covariate that trees tell apart; of more, they are brought into so many bins before. The trees
would find the same ones themselves, and sort all rows anew for each of them."""

LEAST_LOG_HAZARD = -20.0


@dataclass(frozen=True)
class BoostedModel:
    """The fitted trees, the model that they begin from, and which of its covariates they are grown on.

    ``edges`` holds the upper ends of each covariate's bins; none where its values are as they are.
    """

    trees: HistGradientBoostingRegressor
    waits: WaitModel
    columns: list[int]
    edges: list[Array]
    horizon_days: int

    def log_hazard(self, design: Array) -> Array:
        """Return the logarithm of the cumulative hazard of an order within the horizon."""
        with _one_thread():
            factor = np.concatenate([self._factor(part) for part in _parts(design)])
        return np.asarray(self.waits.log_hazard(design, self.horizon_days) + np.log(factor))

    def _factor(self, design: Array) -> Array:
        return np.asarray(self.trees.predict(_binned(design[:, self.columns], self.edges)))


def fit_boosting(rows: pd.DataFrame, waits: WaitModel, horizon_days: int, seed: int) -> BoostedModel:
    """Fit who orders within the horizon.

    The likelihood of a wait under a proportional hazard is that of a Poisson count, 1 or 0, whose mean is the
    cumulative hazard until its end (Aitkin and Clayton 1980).

    Parameters
    ----------
    rows : DataFrame
        Rows of `landmarks.describe`, each followed for the horizon or to a contact; some returned.
    """
    if len(rows) > MOST_BOOSTED:
        rows = rows.iloc[np.linspace(0, len(rows) - 1, MOST_BOOSTED).round().astype(int)]
    columns = [k for k, name in enumerate(waits.covariates.names) if "squared" not in name]
    trees: Any = HistGradientBoostingRegressor(
        loss="poisson", random_state=seed, early_stopping=False, **SETTINGS
    )
    design = waits.covariates.design(rows)
    followed = rows["wait"].to_numpy(float).clip(SHORTEST_WAIT, horizon_days)
    expected = np.exp(np.clip(waits.log_hazard(design, followed), LEAST_LOG_HAZARD, None))
    came = came_within(rows, horizon_days).astype(float)
    edges = [_edges(design[:, k], expected) for k in columns]
    with _one_thread():
        trees.fit(_binned(design[:, columns], edges), came / expected, expected)
    return BoostedModel(trees, waits, columns, edges, horizon_days)


def _edges(values: Array, weights: Array) -> Array:
    """Return the upper ends of bins of equal weight; none where values are few."""
    if len(np.unique(values)) <= MOST_BINS:
        return np.array([])
    shares = np.linspace(0, 1, MOST_BINS + 1)[1:-1]
    return np.unique(np.quantile(values, shares, weights=weights, method="inverted_cdf"))


def _parts(design: Array) -> list[Array]:
    """Return the rows in parts, so that no copy of all is made."""
    return np.array_split(design, 1 + len(design) // MOST_BOOSTED)


def _binned(design: Array, edges: list[Array]) -> Array:
    """Return the number of each value's bin, and values themselves where there are no bins."""
    columns = zip(design.T, edges, strict=True)
    return np.column_stack(
        [np.searchsorted(ends, column) if len(ends) else column for column, ends in columns]
    )


def _one_thread() -> Any:
    """Keep the trees to one thread: beside other reports, more wait for each other ten times as long."""
    return threadpool_limits(1, user_api="openmp")
