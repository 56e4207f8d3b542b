"""The level of the return probability: what the season and the last year add to what landmarks have seen.

A model fitted on landmarks of the last months speaks of the season just passed. Where the data
reach, its level is therefore taken from fully followed landmarks: the one a horizon ago, moved by
what the same season differed from that one in each earlier year (the seasonal difference of Box
and Jenkins, on the logarithm of the hazard). By three points of silence, since what such a model
gets wrong it gets wrong by silence. Where no season was seen before, the level stays, and the
interval says what that may mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.stats import t as student

from playbook.records.arrays import Array
from playbook.records.history import SHARDS
from playbook.stats.landmarks import YEAR
from playbook.stats.survival_model import LONGEST_LOG_HAZARD, WaitModel, chance

KNOTS = (30, 180, 540)
"""Days of silence at which the level is corrected; between them linearly in the log of silence."""
PRIOR_EVENTS = 10.0
"""Expected returns by which a correction at a knot is held to that of all."""
FURTHEST_KNOT = 4.0
"""How far, on the log hazard, the level at a knot may lie from that of all."""
LEAST_HAZARD = 1e-12
LEAST_BEFORE = 90
"""Days of history a fully followed landmark needs before it."""
LEAST_ROWS, LEAST_RETURNS = 100, 20
MOST_YEARS = 4
SEASON_SPREAD, YOUNG_SPREAD = 0.15, 0.40
"""Standard deviation, on the log hazard, of a period against what it should be: with the same
season of earlier years seen, and without. Measured on rolling dates; see the calibration benchmark."""
KNOT_SPREAD = 0.25
"""The same of customers of one silence against all."""
TAIL_SPREAD = 0.30
"""What a doubling of the horizon beyond follow-up adds to it."""
PRIOR_FREEDOM = 4
"""Years that the spreads above are worth beside those seen in the client's own data."""


@dataclass(frozen=True)
class Level:
    """How the model's log hazard is moved for the days ahead.

    Attributes
    ----------
    shifts : array, shape (knots,)
        Added to the log hazard at each knot of silence.
    spread : float
        Standard deviation of a period's level (log hazard), a t distribution of ``freedom``.
    knot_spread : array, shape (knots,)
        The same at each knot, against the common level.
    error : float
        Standard error of the level by the chance of who was seen.
    years : int
        Earlier years whose same season was seen; 0 where none was.
    """

    shifts: Array
    spread: float
    knot_spread: Array
    error: float
    freedom: int
    years: int

    def shift(self, silence: Array) -> Array:
        """Return what is added to the log hazard at each silence."""
        return np.asarray(hats(silence) @ self.shifts)

    def drawn(self, silence: Array, draws: int, seed: int) -> Array:
        """Return `shift` under the uncertainty of a coming period, shape (rows, draws)."""
        random = np.random.default_rng([seed, 1])
        period = student.rvs(self.freedom, size=draws, random_state=random) * self.spread
        chance_of_sample = random.normal(0, self.error, draws)
        knots = random.normal(0, 1, (len(KNOTS), draws)) * self.knot_spread[:, None]
        return np.asarray(hats(silence) @ (self.shifts[:, None] + knots) + period + chance_of_sample)


def hats(silence: Array) -> Array:
    """Return how much each knot counts at each silence: linear in its logarithm, adding to 1."""
    places, at = np.log1p(np.array(KNOTS, dtype=float)), np.log1p(np.asarray(silence, dtype=float))
    return np.column_stack([np.interp(at, places, row) for row in np.eye(len(KNOTS))])


def followed_landmarks(first_day: date, as_of: date, horizon_days: int) -> dict[tuple[str, int], date]:
    """Return the fully followed landmarks that tell the season.

    Returns
    -------
    dict
        By ("before", k): a horizon ago and the same day k years earlier; by ("same", k): the
        as-of date k years earlier. Empty where not even one year holds both.
    """
    year = YEAR * math.ceil(horizon_days / YEAR)
    found: dict[tuple[str, int], date] = {}
    earliest = first_day + timedelta(days=LEAST_BEFORE)
    for k in range(1, MOST_YEARS + 1):
        same = as_of - timedelta(days=k * year)
        before = same - timedelta(days=horizon_days)
        if before < earliest:
            break
        found |= {("same", k): same, ("before", k): before}
    if found:
        found["before", 0] = as_of - timedelta(days=horizon_days)
    return found


def find_level(
    model: WaitModel,
    seen: Mapping[tuple[str, int], pd.DataFrame],
    horizon_days: int,
    followed_days: int,
) -> Level:
    """Find the level for the horizon ahead.

    Parameters
    ----------
    seen : mapping
        By the keys of `followed_landmarks`, the customers on that day, as `landmarks.describe`
        returns them.
    followed_days : int
        Days the model's landmarks were followed; beyond them the interval grows.
    """
    tail = TAIL_SPREAD * max(0.0, math.log2(horizon_days / max(followed_days, 1)))
    outcomes = {key: _Outcome.of(model, frame, horizon_days) for key, frame in seen.items()}
    outcomes = {key: outcome for key, outcome in outcomes.items() if outcome.enough}
    years = [k for k in range(1, MOST_YEARS + 1) if ("same", k) in outcomes and ("before", k) in outcomes]
    if ("before", 0) not in outcomes or not years:
        flat = np.zeros(len(KNOTS))
        spread = math.hypot(YOUNG_SPREAD, tail)
        return Level(flat, spread, np.full(len(KNOTS), KNOT_SPREAD), 0.0, PRIOR_FREEDOM, 0)
    differences = np.array([outcomes["same", k].shift - outcomes["before", k].shift for k in years])
    variances = [outcomes["same", k].variance + outcomes["before", k].variance for k in years]
    by_silence = np.array(
        [outcomes["same", k].by_silence() - outcomes["before", k].by_silence() for k in years]
    )
    spread = float(_spread(differences[:, None], SEASON_SPREAD)[0])
    knot_spread = _spread(by_silence - differences[:, None], KNOT_SPREAD)
    last = outcomes["before", 0]
    error = math.sqrt(last.variance + float(np.sum(variances)) / len(years) ** 2)
    shifts = last.by_silence() + float(differences.mean())
    freedom = PRIOR_FREEDOM + len(years) - 1
    return Level(shifts, math.hypot(spread, tail), knot_spread, error, freedom, len(years))


def _spread(differences: Array, prior: float) -> Array:
    """Return how far a coming year may lie from the mean of those seen; one column each."""
    years = len(differences)
    squares = ((differences - differences.mean(axis=0)) ** 2).sum(axis=0) * (1 + 1 / years)
    return np.asarray(np.sqrt((PRIOR_FREEDOM * prior**2 + squares) / (PRIOR_FREEDOM + years - 1)))


@dataclass(frozen=True)
class _Outcome:
    """What came of the customers of one fully followed landmark, against the model.

    A customer whom a campaign contacted is followed to that contact alone: to leave them out would
    leave out those who had not come by then.
    """

    log_hazard: Array
    returned: Array
    silence: Array
    shift: float
    variance: float

    @classmethod
    def of(cls, model: WaitModel, frame: pd.DataFrame, days: int) -> _Outcome:
        followed = np.where(frame["aided"], np.maximum(frame["wait"], 1), days)
        expected = model.log_hazard(model.covariates.design(frame), followed)
        returned = ((frame["wait"] <= days) & frame["returned"]).to_numpy(float)
        shift = common_shift(expected, returned)
        probability = chance(expected + shift)
        information = float(-np.sum(np.log1p(-np.minimum(probability, 1 - 1e-9)) * (1 - probability)))
        left = np.bincount(frame["shard"].to_numpy(int), returned - probability, SHARDS)
        variance = float((left**2).sum()) / max(information, 1e-9) ** 2
        return cls(expected, returned, frame["silence"].to_numpy(float), shift, variance)

    @property
    def enough(self) -> bool:
        """Whether enough customers were seen, and some came back and some did not."""
        came = self.returned.sum()
        return len(self.returned) >= LEAST_ROWS and LEAST_RETURNS <= came < len(self.returned)

    def by_silence(self) -> Array:
        """Return the shift at each knot, held to the common one by `PRIOR_EVENTS`."""
        basis = hats(self.silence)
        weight = np.maximum(basis.sum(axis=0), 1e-9)
        typical = basis.T @ self.log_hazard / weight
        prior = chance(typical + self.shift)
        return _by_silence(
            np.concatenate([self.log_hazard, typical]),
            np.vstack([basis, np.eye(len(KNOTS))]),
            np.concatenate([self.returned, prior]),
            np.concatenate([np.ones(len(self.returned)), PRIOR_EVENTS / prior]),
            self.shift,
        )


def _by_silence(log_hazard: Array, basis: Array, returned: Array, weight: Array, shift: float) -> Array:
    """Return the shift at each knot: the binomial likelihood's maximum, complementary log-log link."""

    def loss(shifts: Array) -> tuple[float, Array]:
        hazard = np.exp(np.minimum(log_hazard + basis @ shifts, LONGEST_LOG_HAZARD))
        hazard = np.maximum(hazard, LEAST_HAZARD)
        gone = -np.expm1(-hazard)
        value = weight @ (returned * np.log(gone) - (1 - returned) * hazard)
        slope = weight * (returned * hazard * np.exp(-hazard) / gone - (1 - returned) * hazard)
        return -float(value), -(basis.T @ slope)

    bounds = [(shift - FURTHEST_KNOT, shift + FURTHEST_KNOT)] * len(KNOTS)
    start = np.full(len(KNOTS), shift)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-9}
    )
    return np.asarray(found.x)


def common_shift(log_hazard: Array, returned: Array) -> float:
    """Return what added to every log hazard makes as many expected as came."""
    total = float(np.clip(returned.sum(), 0.5, max(len(returned) - 0.5, 0.5)))

    def excess(shift: float) -> float:
        return float(chance(log_hazard + shift).sum()) - total

    return float(brentq(excess, -30, 30)) if len(returned) > 1 else 0.0
