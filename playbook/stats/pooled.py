"""Who orders within the horizon, of a client too small for the survival model.

A penalised logistic regression on orders, silence, the silence over a customer's own gap and, where it
was seen before, the season, pooled over landmarks that were followed so long; with a bootstrap over
customers, since the same few stand at every landmark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from playbook.records.arrays import Array
from playbook.stats.landmarks import came_within, followed_through
from playbook.stats.survival_model import Covariates

COLUMNS = ("log_orders", "log_silence", "overdue", "in_season", "in_season_overdue")
PENALTY = 2.0
"""Ridge penalty on standardised coefficients, as many rows' worth of likelihood."""
DRAWS = 100
LONGEST_LOGIT = 12.0


@dataclass(frozen=True)
class PooledModel:
    """The fitted regression.

    Attributes
    ----------
    coefficients : array, shape (1 + draws, covariates + 1)
        Of the log odds of an order within ``span`` days: the estimate, then those from customers
        weighted by chance (Rubin's bootstrap, 1981); the last column is the intercept.
    """

    covariates: Covariates
    coefficients: Array
    span: int

    def log_hazard(self, design: Array, days: float | Array) -> Array:
        """Return the logarithm of the cumulative hazard of an order within ``days``: a constant one."""
        return np.asarray(
            self._log_hazard(design @ self.coefficients[0]) + np.log(np.divide(days, self.span))
        )

    def drawn(self, design: Array, days: float, draws: int, _: int) -> Array:
        """Return `log_hazard` of resampled customers, shape (rows, draws)."""
        values = np.resize(self.coefficients[1:], (draws, self.coefficients.shape[1]))
        return np.asarray(self._log_hazard(design @ values.T) + np.log(days / self.span))

    @staticmethod
    def _log_hazard(log_odds: Array) -> Array:
        return np.asarray(np.log(np.log1p(np.exp(np.clip(log_odds, -LONGEST_LOGIT, LONGEST_LOGIT)))))


def fit_pooled(rows: pd.DataFrame, horizon_days: int, span: int, seed: int) -> PooledModel | None:
    """Fit who orders within ``span`` days of the landmark; None where nobody or everybody did.

    Parameters
    ----------
    rows : DataFrame
        Rows of `landmarks.describe`, each followed for ``span`` days.
    """
    rows = followed_through(rows, span, seed)
    came = came_within(rows, span)
    if came.all() or not came.any():
        return None
    covariates = Covariates.of(rows, horizon_days, COLUMNS)
    design = covariates.design(rows)
    people = pd.factorize(rows["customer_id"])[0]
    drawn = np.random.default_rng(seed).exponential(size=(DRAWS, people.max() + 1))
    regression = LogisticRegression(C=1 / PENALTY)
    found = []
    for by_row in [np.ones(len(rows)), *drawn[:, people]]:
        regression.fit(design[:, :-1], came, by_row)
        found.append(np.append(regression.coef_[0], regression.intercept_))
    return PooledModel(covariates, np.array(found), span)
