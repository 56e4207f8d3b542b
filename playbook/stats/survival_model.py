"""An accelerated-failure-time model of the days from a landmark to the next order.

Weibull (Kalbfleisch and Prentice 2002, section 2.3.4), with covariates that say how a customer
bought until then. Its cumulative hazard within t days is (t / exp(x b)) ** shape, so that the
chance of an order within t days is one minus the exponential of minus it; all that is said of
levels and their uncertainty is said of the logarithm of that hazard.

The likelihood and penalty are those of lifelines' WeibullAFTFitter. They are maximised here by
Newton steps, which takes a fiftieth of the time; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.records.arrays import SHARDS, Array
from playbook.records.history import YEAR
from playbook.stats.landmarks import FIRST

PENALIZER, PENALTY_ROWS = 1e-4, 5.0
"""Ridge penalty on standardised coefficients: a floor, and so many rows' worth of likelihood."""
CLIPPED = (0.005, 0.995)
"""Quantiles of the landmarks' rows outside which a covariate is clipped."""
LEAST_SCALE = 1e-6
LONGEST_LOG_HAZARD = 6.0
SHORTEST_WAIT = 0.5
MOST_STANDARDISED = 30.0
MOST_STEPS, MOST_HALVINGS = 60, 30
LONGEST_STEP, SMALL_STEP = 2.0, 1e-7
OPTIONAL = ("discount", "coupons", "won", "complained")
KIND = "="
LEAST_SHARE = 0.01
"""Share of the rows below which a channel or source of first orders is none of its own."""
UNEVENNESS = (0.02, 5.0)
"""Squared coefficients of variation beyond which gaps are not told apart."""
EVEN_GAPS = 3.0


class NoModelError(Exception):
    """The likelihood had no maximum that could be found."""


def chance(log_cumulative_hazard: Array) -> Array:
    """Return the chance of an order of a logarithm of the cumulative hazard."""
    return np.asarray(-np.expm1(-np.exp(np.minimum(log_cumulative_hazard, LONGEST_LOG_HAZARD))))


@dataclass(frozen=True)
class Covariates:
    """How customers' columns become standardised covariates.

    Attributes
    ----------
    horizon_days : int
        Days before the landmark that ``recent`` counts.
    typical_gap : float
        Median days between orders of those who ordered more than once; a customer's own gap is
        shrunk to it by the weight of one spell.
    names : tuple of str
        The covariates that vary.
    low, high, mean, scale : array, shape (covariates,)
    """

    horizon_days: int
    typical_gap: float
    names: tuple[str, ...]
    low: Array
    high: Array
    mean: Array
    scale: Array

    @classmethod
    def of(cls, frame: pd.DataFrame, horizon_days: int, wanted: Collection[str] = ()) -> Covariates:
        """Learn range and scale from the rows of the landmarks; drop what does not vary or is not wanted."""
        several = frame[frame["orders"] > 1]
        gaps = (several["age"] - several["silence"]) / (several["orders"] - 1)
        gap = float(gaps.median()) if len(gaps) else float(frame["silence"].median() + 1)
        columns = _columns(frame, gap, horizon_days, 0) | _of_kinds(frame, _common_kinds(frame))
        values = np.column_stack(list(columns.values()))
        low, high = np.quantile(values, CLIPPED, axis=0)
        values = np.clip(values, low, high)
        mean, scale = values.mean(axis=0), values.std(axis=0)
        kept = (scale > LEAST_SCALE) & [not wanted or name in wanted for name in columns]
        names = tuple(name for name, keep in zip(columns, kept, strict=True) if keep)
        return cls(horizon_days, gap, names, low[kept], high[kept], mean[kept], scale[kept])

    def design(self, frame: pd.DataFrame, later_days: Any = 0) -> Array:
        """Return the covariates, clipped and standardised, and a last column of ones.

        Parameters
        ----------
        frame : DataFrame
            As `landmarks.describe` returns it.
        later_days : int or array
            Days of further silence after the day it describes.
        """
        columns = _columns(frame, self.typical_gap, self.horizon_days, later_days)
        columns |= _of_kinds(frame, [name for name in self.names if KIND in name])
        chosen = [columns.get(name, np.zeros(len(frame))) for name in self.names]
        values = np.empty((len(frame), len(self.names) + 1))
        values[:, -1] = 1.0
        for k, column in enumerate(chosen):
            clipped = np.clip(column, self.low[k], self.high[k])
            values[:, k] = (clipped - self.mean[k]) / self.scale[k]
        return values


def _columns(frame: pd.DataFrame, typical_gap: float, horizon_days: int, later_days: Any) -> dict[str, Array]:
    orders = frame["orders"].to_numpy(float)
    span = (frame["age"] - frame["silence"]).to_numpy(float)
    silence = np.maximum(frame["silence"].to_numpy(float) + later_days, 0)
    gap = (span + typical_gap) / orders
    log_orders, log_silence = np.log(orders), np.log1p(silence)
    overdue = np.log((silence + 1) / (gap + 1))
    log_amount = np.log1p(np.maximum(frame["amount"].to_numpy(float) / orders, 0))
    unevenness = _unevenness(frame)
    columns = {
        "log_orders": log_orders,
        "log_silence": log_silence,
        "overdue": overdue,
        "log_rate": np.log(orders / (span + silence + 30)),
        "log_amount": log_amount,
        "first_order": (orders == 1).astype(float),
        "log_recent": np.log1p(_still_recent(frame, horizon_days, later_days)),
        "log_same_season": np.log1p(np.where(silence < YEAR, frame["season"].to_numpy(float), 0)),
        "log_orders_squared": log_orders**2,
        "log_silence_squared": log_silence**2,
        "log_silence_beyond_a_year": np.maximum(log_silence - np.log(YEAR + 1), 0),
        "overdue_squared": overdue**2,
        "log_amount_squared": log_amount**2,
        "log_orders_log_silence": log_orders * log_silence,
        "unevenness": unevenness,
        "unevenness_overdue": unevenness * overdue,
        "unevenness_overdue_squared": unevenness * overdue**2,
    }
    if "in_season" in frame:
        season = frame["in_season"].to_numpy(float)
        columns |= {
            "in_season": season,
            "in_season_log_silence": season * log_silence,
            "in_season_overdue": season * overdue,
            "in_season_log_same_season": season * columns["log_same_season"],
        }
    if "complaints" in frame:
        columns["log_complaints"] = np.log1p(frame["complaints"].to_numpy(float))
    return columns | {name: frame[name].to_numpy(float) for name in OPTIONAL if name in frame}


def _common_kinds(frame: pd.DataFrame) -> list[str]:
    """Return, as ``column=kind``, the common channels and sources of first orders but the commonest."""
    shares = [frame[name].value_counts(normalize=True) for name in FIRST if name in frame]
    return [f"{one.index.name}{KIND}{kind}" for one in shares for kind in one.index[one >= LEAST_SHARE][1:]]


def _of_kinds(frame: pd.DataFrame, kinds: Collection[str]) -> dict[str, Array]:
    """Return whose first order was of each kind."""
    parted = {kind: kind.split(KIND, 1) for kind in kinds}
    return {kind: np.asarray(frame[column] == value, dtype=float) for kind, (column, value) in parted.items()}


def _unevenness(frame: pd.DataFrame) -> Array:
    """Return how unevenly a customer's orders follow each other: 0 as chance alone would have them.

    The logarithm of the squared coefficient of variation of the gaps, which is 1 for a Poisson process
    and 1 / k for gaps from a gamma distribution of shape k (Wheat and Morrison 1990; Platzer and
    Reutterer 2016), shrunk to 0 by the weight of `EVEN_GAPS` gaps. A silence that would say little of
    an uneven customer says much of an even one.
    """
    gaps = frame["orders"].to_numpy(float) - 1
    mean = (frame["age"] - frame["silence"]).to_numpy(float) / np.maximum(gaps, 1)
    square = frame["squared_gaps"].to_numpy(float) / np.maximum(gaps, 1)
    variance = np.maximum(square - mean**2, 0) * gaps / np.maximum(gaps - 1, 1)
    uneven = np.log(np.clip(variance / np.maximum(mean, 1) ** 2, *UNEVENNESS))
    return np.asarray(np.where(gaps > 1, uneven * (gaps - 1) / (gaps - 1 + EVEN_GAPS), 0))


def _still_recent(frame: pd.DataFrame, horizon_days: int, later_days: Any) -> Array:
    """Return the orders within the horizon before, after further silence: thinned evenly.

    The last order counts until it is older than the horizon.
    """
    recent, silence = frame["recent"].to_numpy(float), frame["silence"].to_numpy(float)
    room = np.maximum(horizon_days - silence, 1)
    kept = np.clip(1 - np.asarray(later_days) / room, 0, 1)
    thinned = np.minimum(recent, 1) + np.maximum(recent - 1, 0) * kept
    return np.asarray(np.where(silence + later_days < horizon_days, thinned, 0))


@dataclass(frozen=True)
class WaitModel:
    """The fitted model.

    Attributes
    ----------
    coefficients : array, shape (covariates + 1,)
        Of the logarithm of the Weibull scale in days; the last is the intercept.
    log_shape : float
    variance : array, shape (covariates + 2, covariates + 2)
        Of coefficients and log_shape, robust to the same customer standing at several landmarks
        (sandwich over shards of customers).
    """

    covariates: Covariates
    coefficients: Array
    log_shape: float
    variance: Array

    def log_hazard(self, design: Array, days: float | Array) -> Array:
        """Return the logarithm of the cumulative hazard of an order within ``days`` (one, or by row)."""
        return np.asarray(np.exp(self.log_shape) * (np.log(days) - design @ self.coefficients))

    def drawn(self, design: Array, days: float, draws: int, seed: int) -> Array:
        """Return `log_hazard` under coefficients drawn from their uncertainty, shape (rows, draws)."""
        centre = np.append(self.coefficients, self.log_shape)
        values = np.random.default_rng(seed).multivariate_normal(
            centre, self.variance, size=draws, method="eigh"
        )
        return np.asarray(np.exp(values[:, -1]) * (np.log(days) - design @ values[:, :-1].T))


def fit_waits(frame: pd.DataFrame, horizon_days: int) -> WaitModel:
    """Fit the days to the next order by the covariates of landmarks.

    Parameters
    ----------
    frame : DataFrame
        Rows of `landmarks.describe`, with wait (days, above 0), returned and shard.

    Raises
    ------
    NoModelError
        Where the fit does not converge.
    """
    covariates = Covariates.of(frame, horizon_days)
    design = covariates.design(frame)
    wait = np.maximum(frame["wait"].to_numpy(float), SHORTEST_WAIT)
    returned = frame["returned"].to_numpy(float)
    penalty = np.full(design.shape[1] + 1, PENALIZER * len(frame) + PENALTY_ROWS)
    penalty[-2:] = 0.0
    found, inverse = _maximise(design, wait, returned, penalty)
    scores = _scores(design, wait, returned, found)
    variance = _sandwich(inverse, scores, frame["shard"].to_numpy(int))
    return WaitModel(covariates, found[:-1], float(found[-1]), variance)


def _maximise(design: Array, wait: Array, returned: Array, penalty: Array) -> tuple[Array, Array]:
    """Maximise the penalised likelihood by Newton steps; return the estimate and its inverse Hessian."""
    found = np.zeros(design.shape[1] + 1)
    found[-2] = np.log(wait.sum() / max(returned.sum(), 0.5))
    reached = _log_likelihood(design, wait, returned, penalty, found)
    for _ in range(MOST_STEPS):
        gradient = _scores(design, wait, returned, found).sum(axis=0) - penalty * found
        curvature = _curvature(design, wait, returned, penalty, found)
        step = np.linalg.solve(curvature, gradient)
        step *= min(1.0, LONGEST_STEP / np.abs(step).max())
        for _ in range(MOST_HALVINGS):
            further = _log_likelihood(design, wait, returned, penalty, found + step)
            if further >= reached - 1e-9 * abs(reached):
                break
            step /= 2
        else:
            raise NoModelError("The model of the return probability did not converge.")
        found, reached = found + step, further
        if np.abs(step).max() < SMALL_STEP:
            inverse = np.linalg.inv(_curvature(design, wait, returned, penalty, found))
            return found, np.asarray(inverse, dtype=np.float64)
    raise NoModelError("The model of the return probability did not converge.")


def _log_likelihood(design: Array, wait: Array, returned: Array, penalty: Array, values: Array) -> float:
    z = _standardised(design, wait, values)
    density = returned * (values[-1] + z - np.log(wait))
    return float((density - np.exp(z)).sum() - (penalty * values**2).sum() / 2)


def _standardised(design: Array, wait: Array, values: Array) -> Array:
    z = np.exp(values[-1]) * (np.log(wait) - design @ values[:-1])
    return np.asarray(np.minimum(z, MOST_STANDARDISED))


def _scores(design: Array, wait: Array, returned: Array, values: Array) -> Array:
    """Return each row's derivative of the log likelihood by coefficients and log_shape."""
    z = _standardised(design, wait, values)
    excess = returned - np.exp(z)
    return np.column_stack([-np.exp(values[-1]) * design * excess[:, None], returned + z * excess])


def _curvature(design: Array, wait: Array, returned: Array, penalty: Array, values: Array) -> Array:
    """Return minus the Hessian of the penalised likelihood; where it is not positive, its expectation.

    It is judged with its penalty: without it, columns that say the same leave an eigenvalue about 0,
    whose sign is chance, and steps by the expectation alone may never settle.
    """
    shape, z = np.exp(values[-1]), _standardised(design, wait, values)
    hazard = np.exp(z)
    slopes = np.column_stack([-shape * design, z])
    expected = (slopes * hazard[:, None]).T @ slopes + np.diag(penalty)
    full, excess = expected.copy(), returned - hazard
    mixed = shape * (design.T @ excess)
    full[:-1, -1] += mixed
    full[-1, :-1] += mixed
    full[-1, -1] -= float(z @ excess)
    return np.asarray(full if np.linalg.eigvalsh(full)[0] > 0 else expected)


def _sandwich(inverse: Array, scores: Array, shards: Any) -> Array:
    """Return the variance that is robust to rows of one customer (shards of customers)."""
    summed = np.zeros((SHARDS, scores.shape[1]))
    np.add.at(summed, shards, scores)
    summed -= summed.mean(axis=0)
    return np.asarray(inverse @ (summed.T @ summed) @ inverse)
