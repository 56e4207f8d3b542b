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


LEAST_LOG_HAZARD = -20.0


@dataclass(frozen=True)
class BoostedModel:
    """The fitted trees, the model that they begin from, and which of its covariates they are grown on."""

    trees: HistGradientBoostingRegressor
    waits: WaitModel
    columns: list[int]
    horizon_days: int

    def log_hazard(self, design: Array) -> Array:
        """Return the logarithm of the cumulative hazard of an order within the horizon."""
        with _one_thread():
            factor = self.trees.predict(design[:, self.columns])
        return np.asarray(self.waits.log_hazard(design, self.horizon_days) + np.log(factor))


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
    with _one_thread():
        trees.fit(design[:, columns], came / expected, expected)
    return BoostedModel(trees, waits, columns, horizon_days)


def _one_thread() -> Any:
    """Keep the trees to one thread: beside other reports, more wait for each other ten times as long."""
    return threadpool_limits(1, user_api="openmp")
