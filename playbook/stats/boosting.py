"""A gradient boosting of who orders within the horizon, on landmarks that were followed so long.

Averaged with the survival model on the logarithm of the cumulative hazard: it finds what no line
through the covariates says, and the survival model holds it where landmarks are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from playbook.records.arrays import Array
from playbook.stats.landmarks import came_within, followed_through
from playbook.stats.survival_model import Covariates

MOST_BOOSTED = 50_000
"""Landmark rows that it is fitted on at most; of more, evenly spaced ones."""
SETTINGS = {"max_iter": 40, "learning_rate": 0.075, "max_leaf_nodes": 8, "min_samples_leaf": 100}
LEAST_CHANCE = 1e-5


@dataclass(frozen=True)
class BoostedModel:
    """The fitted trees, and which of the covariates they are grown on."""

    trees: HistGradientBoostingClassifier
    columns: list[int]

    def log_hazard(self, design: Array) -> Array:
        """Return the logarithm of the cumulative hazard of an order within the horizon."""
        with _one_thread():
            found = self.trees.predict_proba(design[:, self.columns])[:, 1]
        return np.asarray(np.log(-np.log1p(-np.clip(found, LEAST_CHANCE, 1 - LEAST_CHANCE))))


def fit_boosting(rows: pd.DataFrame, covariates: Covariates, horizon_days: int, seed: int) -> BoostedModel:
    """Fit who orders within the horizon.

    Parameters
    ----------
    rows : DataFrame
        Rows of `landmarks.describe`, each followed for the horizon; some returned and some did not.
    """
    rows = followed_through(rows, horizon_days, seed)
    if len(rows) > MOST_BOOSTED:
        rows = rows.iloc[np.linspace(0, len(rows) - 1, MOST_BOOSTED).round().astype(int)]
    columns = [k for k, name in enumerate(covariates.names) if "squared" not in name]
    trees: Any = HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **SETTINGS)
    with _one_thread():
        trees.fit(covariates.design(rows)[:, columns], came_within(rows, horizon_days))
    return BoostedModel(trees, columns)


def _one_thread() -> Any:
    """Keep the trees to one thread: beside other reports, more wait for each other ten times as long."""
    return threadpool_limits(1, user_api="openmp")
