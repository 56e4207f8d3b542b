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
from scipy.stats import multivariate_t

from playbook.records.arrays import Array
from playbook.records.history import LEAST_OPEN, YEAR, Closed, open_share
from playbook.stats.landmarks import open_days_before
from playbook.stats.survival_model import LONGEST_LOG_HAZARD, chance

KNOTS = (30, 180, 540)
"""Days of silence at which the level is corrected; between them linearly in the log of silence."""
PRIOR_EVENTS = 10.0
"""Expected returns by which a correction at a knot is held to that of all."""
FURTHEST_KNOT = 4.0
"""How far, on the log hazard, the level at a knot may lie from that of all."""
LEAST_HAZARD = 1e-12
LEAST_BEFORE = 90
"""Days of history a fully followed landmark needs before it."""
LEAST_ROWS = 20
"""Customers a landmark needs for its level to be read."""
LEVEL_YEARS, MOST_YEARS = 4, 12
"""Earlier years that the level and the model are taken from, and those whose errors are."""
DRIFT = 0.3
"""Standard deviation, on the log hazard, of one year's level against those before it."""
SEASON_SPREAD, YOUNG_SPREAD = 0.15, 0.70
"""Standard deviation, on the log hazard, of a period against what it should be: with the same
season of earlier years seen, and without. Measured on rolling dates; see the calibration benchmark."""
KNOT_SPREADS = (0.20, 0.40, 0.60)
"""Both of customers of one silence against all."""
TAIL_SPREAD = 0.30
"""What a doubling of the horizon beyond follow-up adds to it."""
PRIOR_FREEDOM = 4
"""Of the t distribution of a period, before the client's own errors: two more than the years which the
spreads above are worth beside these."""
SPREAD_STEPS = 50


@dataclass(frozen=True)
class Level:
    """How the model's log hazard is moved for the days ahead.

    Attributes
    ----------
    shifts : array, shape (knots,)
        Added to the log hazard at each knot of silence.
    covariance : array, shape (knots, knots)
        Of a coming period's shifts around these: the scale of a t distribution of ``freedom``.
    years : int
        Earlier years whose same season was seen; 0 where none was.
    """

    shifts: Array
    covariance: Array
    freedom: int
    years: int

    def shift(self, silence: Array) -> Array:
        """Return what is added to the log hazard at each silence."""
        return np.asarray(hats(silence) @ self.shifts)

    def drawn(self, silence: Array, draws: int, seed: int) -> Array:
        """Return `shift` under the uncertainty of a coming period, shape (rows, draws)."""
        random = np.random.default_rng([seed, 1])
        kind = multivariate_t(np.zeros(len(KNOTS)), self.covariance, self.freedom, allow_singular=True)
        moved = np.reshape(kind.rvs(draws, random_state=random), (draws, len(KNOTS)))
        return np.asarray(hats(silence) @ (self.shifts + moved).T)


def hats(silence: Array) -> Array:
    """Return how much each knot counts at each silence: linear in its logarithm, adding to 1."""
    places, at = np.log1p(np.array(KNOTS, dtype=float)), np.log1p(np.asarray(silence, dtype=float))
    return np.column_stack([np.interp(at, places, row) for row in np.eye(len(KNOTS))])


def followed_landmarks(
    first_day: date, as_of: date, horizon_days: int, closed: Closed = ()
) -> dict[tuple[str, int], date]:
    """Return the fully followed landmarks that tell the season.

    Parameters
    ----------
    closed : sequence
        When the client was closed: a landmark after which that was most of the horizon tells nothing
        of its season.

    Returns
    -------
    dict
        By ("before", k): a horizon ago and the same day k years earlier; by ("same", k): the
        as-of date k years earlier. Empty where not even one year holds both.
    """
    year = YEAR * math.ceil(horizon_days / YEAR)
    last = open_days_before(as_of, horizon_days, closed)
    found: dict[tuple[str, int], date] = {}
    for k in range(1, MOST_YEARS + 1):
        same, before = as_of - timedelta(days=k * year), last - timedelta(days=k * year)
        if before < first_day + timedelta(days=LEAST_BEFORE):
            break
        if min(open_share(day, horizon_days, closed) for day in (same, before)) >= LEAST_OPEN:
            found |= {("same", k): same, ("before", k): before}
    if found:
        found["before", 0] = last
    return found


def find_level(outcomes: Mapping[tuple[str, int], Outcome], horizon_days: int, followed_days: int) -> Level:
    """Find the level for the horizon ahead, and how far it may miss.

    How far is taken from what the same would have missed in each earlier year, with those before it
    alone: the knots of silence together, so that it holds for all and for the lapsed, and without
    what was chance of who was seen (`_spread`).

    Parameters
    ----------
    outcomes : mapping
        By the keys of `followed_landmarks`.
    followed_days : int
        Days the model's landmarks were followed; beyond them the interval grows.
    """
    tail = TAIL_SPREAD * max(0.0, math.log2(horizon_days / max(followed_days, 1)))
    years = [k for _, k in outcomes if ("same", k) in outcomes and ("before", k) in outcomes]
    years = sorted(set(years))
    if ("before", 0) not in outcomes or not years:
        young = _spread([], [], _variances(YOUNG_SPREAD, KNOT_SPREADS))
        return Level(np.zeros(len(KNOTS)), young + tail**2, PRIOR_FREEDOM, 0)
    shifts, error = _forecast(outcomes, 0, years)
    missed, errors = [], []
    for k in years[:-1]:
        expected, of_expected = _forecast(outcomes, k, years)
        missed.append(outcomes["same", k].shifts - expected)
        errors.append(of_expected + outcomes["same", k].covariance)
    covariance = _spread(missed, errors, _variances(SEASON_SPREAD, KNOT_SPREADS)) + error + tail**2
    return Level(shifts, covariance, PRIOR_FREEDOM + len(missed), len(years))


def _variances(common: float, by_knot: tuple[float, ...]) -> Array:
    """Return the covariance of shifts with a deviation common to the knots, and one of each alone."""
    return np.asarray(np.full((len(KNOTS), len(KNOTS)), common**2) + np.diag(np.square(by_knot)))


def _spread(missed: list[Array], errors: list[Array], prior: Array) -> Array:
    """Return the scale of a t distribution of a year's shifts around what was expected of them.

    Their covariance is that of random effects whose estimates have known errors, by
    expectation-maximisation (Laird and Ware 1982), under an inverse Wishart distribution with the
    prior as its mean; the scale is that of the next year's (Gelman et al. 2013, section 3.6).
    """
    found, years = prior, PRIOR_FREEDOM - 2 + len(missed)
    for _ in range(SPREAD_STEPS):
        total = (PRIOR_FREEDOM - 2) * prior
        for one, error in zip(missed, errors, strict=True):
            gain = found @ np.linalg.inv(found + error)
            total = total + np.outer(gain @ one, gain @ one) + found - gain @ found
        found = total / years
    return np.asarray((found + found.T) / 2 * years / (years + 2))


def _forecast(
    outcomes: Mapping[tuple[str, int], Outcome], year: int, years: list[int]
) -> tuple[Array, Array]:
    """Return the shifts that the years before one lead to expect of its season, and their covariance.

    Those of the same season, moved by what the horizon before this one differed from the horizons
    before those, as far as that is more than chance.
    """
    earlier = [k for k in years if k > year][:LEVEL_YEARS]
    same, before = ([outcomes[kind, k] for k in earlier] for kind in ("same", "before"))
    last, n = outcomes["before", year], len(earlier)
    noise = last.covariance + sum(one.covariance for one in before) / n**2
    drifting = _variances(DRIFT, KNOT_SPREADS)
    kept = drifting @ np.linalg.inv(drifting + noise)
    drift = last.shifts - np.mean([one.shifts for one in before], axis=0)
    expected = np.mean([one.shifts for one in same], axis=0) + kept @ drift
    return expected, kept @ noise @ kept.T + sum(one.covariance for one in same) / n**2


@dataclass(frozen=True)
class Outcome:
    """What came of the customers of one fully followed landmark, against the model.

    Attributes
    ----------
    shifts : array, shape (knots,)
        What must be added to the log hazard at each knot of silence.
    covariance : array, shape (knots, knots)
        Of these, by the chance of who was seen.
    """

    shifts: Array
    covariance: Array

    @classmethod
    def of(cls, log_hazard: Array, returned: Array, frame: pd.DataFrame) -> Outcome:
        """Compare the log hazard of each of a landmark's customers with who returned."""
        shift = common_shift(log_hazard, returned)
        basis = hats(frame["silence"].to_numpy(float))
        typical = basis.T @ log_hazard / np.maximum(basis.sum(axis=0), 1e-9)
        prior = np.maximum(chance(typical + shift), LEAST_HAZARD)
        hazards, bases = np.concatenate([log_hazard, typical]), np.vstack([basis, np.eye(len(KNOTS))])
        weight = np.concatenate([np.ones(len(returned)), PRIOR_EVENTS / prior])
        shifts = _by_silence(hazards, bases, np.concatenate([returned, prior]), weight, shift)
        of_row = weight * _information(hazards + bases @ shifts)
        rows = len(returned)
        seen, held = basis.T @ (basis * of_row[:rows, None]), np.diag(of_row[rows:])
        return cls(shifts, _covariance(seen, held))


def _information(log_hazard: Array) -> Array:
    """Return Fisher's information of each row about its log hazard: binomial, complementary log-log link."""
    hazard = np.clip(np.exp(np.minimum(log_hazard, LONGEST_LOG_HAZARD)), LEAST_HAZARD, None)
    return np.asarray(hazard**2 * np.exp(-hazard) / -np.expm1(-hazard))


def _covariance(seen: Array, held: Array) -> Array:
    """Return the covariance of shifts held to a common one, which is itself only as sure as was seen.

    Parameters
    ----------
    seen, held : array, shape (knots, knots)
        The information of customers, and that by which the knots are held together.
    """
    inverse, common = np.linalg.inv(seen + held), max(float(seen.sum()), LEAST_HAZARD)
    pulled, known = held.sum(axis=1) / common, seen.sum(axis=1)
    mixed = np.outer(known, pulled) + np.outer(pulled, known) + common * np.outer(pulled, pulled)
    return np.asarray(inverse + inverse @ mixed @ inverse)


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
