"""Chapter 05: all signals together, as the risk of each customer to leave.

The return probability of chapter 04 says what silence, rhythm and orders say. A logistic regression
on past landmarks lets the signals move it, each held towards saying nothing (a ridge penalty), so that
signals that never vary, repeat each other or separate perfectly do no harm.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit

from playbook.chapters.warning.judged import Signals, judge
from playbook.chapters.warning.leaving import NO_ORDER, LookBack
from playbook.records.arrays import Array
from playbook.records.history import YEAR

PRIOR_SPREAD = 0.5
"""Standard deviation towards 0 of what a signal adds to the log odds: 19 in 20 odds ratios between
0.4 and 2.7."""
LEAST_ROWS, LEAST_OUTCOMES = 200, 50
"""Descriptions, and of them those who left and those who stayed, below which nothing is fitted."""
NEAR_0 = 1e-4


@dataclass(frozen=True)
class Combined:
    """The combined warning.

    Attributes
    ----------
    effects : dict
        Signal to what it adds to the log odds of leaving, among customers alike.
    rhythm : dict
        Of clients without a return probability: log orders, log silence and log age, to what they add.
    level : float
        The intercept of the landmark in the same season a year ago, else of the latest; 0 with a
        return probability.
    horizon_days : int
        Days within which leaving counts: those that the risk of today is about.
    """

    effects: dict[str, float]
    rhythm: dict[str, float]
    level: float
    horizon_days: int

    @property
    def on_chance(self) -> bool:
        """Whether it moves the return probability."""
        return not self.rhythm

    def log_odds(self, rows: pd.DataFrame, shown: pd.DataFrame) -> Array:
        """Return the log odds of leaving.

        Parameters
        ----------
        rows : DataFrame
            orders, silence, age, chance.
        shown : DataFrame
            The signals, aligned; see `signals.read`.
        """
        log_odds = _odds(rows) if self.on_chance else np.full(len(rows), self.level)
        behaviour = _rhythm(rows)
        for name, effect in self.rhythm.items():
            log_odds = log_odds + effect * behaviour[name]
        for name, effect in self.effects.items():
            log_odds = log_odds + effect * shown[name].fillna(0.0).to_numpy(float)
        return np.asarray(log_odds)

    def risk(self, rows: pd.DataFrame, shown: pd.DataFrame) -> Array:
        """Return the risk of leaving.

        Where the return probability is known, the signals only deal it out anew: as many are
        expected to leave in all.
        """
        log_odds = self.log_odds(rows, shown)
        if not self.on_chance or not len(log_odds):
            return np.asarray(expit(log_odds))
        expected = float(np.clip((1 - rows["chance"]).sum(), 0.01, len(log_odds) - 0.01))
        shift = brentq(lambda moved: float(expit(log_odds + moved).sum()) - expected, -40, 40)
        return np.asarray(expit(log_odds + shift))


def combine(past: LookBack | None) -> Combined | None:
    """Fit the combined warning.

    The signals that may say something (Akaike's rule), each beside customers alike: with the same
    return probability, as many orders, as long a silence, and the same signals known. Returns
    None where too few left or stayed, or no signal adds to the return probability.
    """
    if past is None:
        return None
    on_chance = past.outcome == NO_ORDER and bool(past.rows["chance"].notna().any())
    if on_chance:
        past = past.take(past.rows["chance"].notna().to_numpy(bool))
    left = past.rows["left"].to_numpy(float)
    if len(left) < LEAST_ROWS or min(left.sum(), (1 - left).sum()) < LEAST_OUTCOMES:
        return None
    signals = judge(past)
    names = signals.promising if isinstance(signals, Signals) else []
    if on_chance and not names:
        return None
    columns = _columns(past, names, on_chance)
    landmark, days = pd.factorize(past.rows["landmark"], sort=True)
    design = np.column_stack([*columns.values(), np.eye(len(days))[landmark]])
    # Signals are held as they are, on or off; the others per standard deviation; levels of days hardly.
    scale = np.array([1.0 if name in names else column.std() for name, column in columns.items()])
    penalty = np.r_[scale**2 / PRIOR_SPREAD**2, np.full(len(days), 1e-2)]
    fitted = ridge(design, left, penalty, _odds(past.rows) if on_chance else np.zeros(len(left)))
    effects = dict(zip(columns, (float(value) for value in fitted), strict=False))
    level = float(fitted[len(columns) + _reference(pd.DatetimeIndex(days), past.horizon_days)])
    return Combined(
        {name: effects[name] for name in names},
        {} if on_chance else {name: effects.get(name, 0.0) for name in _rhythm(past.rows)},
        0.0 if on_chance else level,
        past.wanted_days if on_chance else past.horizon_days,
    )


def _columns(past: LookBack, names: list[str], on_chance: bool) -> dict[str, Array]:
    """Return the columns of the regression: the signals, then what is held alike and differs at all."""
    held = _rhythm(past.rows)
    if on_chance:
        held["odds"] = _odds(past.rows)
    held |= {f"known_{name}": np.asarray(past.signals[name].notna(), dtype=np.float64) for name in names}
    columns = {name: past.signals[name].fillna(0.0).to_numpy(float) for name in names}
    return columns | {name: column for name, column in held.items() if column.std() > 0}


def _reference(days: pd.DatetimeIndex, horizon_days: int) -> int:
    """Return the place of the landmark that is about a year before the end, else of the latest."""
    back = np.asarray((days[-1:].repeat(len(days)) - days).days) + horizon_days
    near = np.abs(back - YEAR)
    return int(near.argmin()) if near.min() <= horizon_days // 4 else len(days) - 1


def ridge(design: Array, left: Array, penalty: Array, offset: Array) -> Array:
    """Return the coefficients of a logistic regression with a ridge penalty (Hoerl and Kennard 1970).

    With a penalty on every column the likelihood has one maximum, whatever the columns.
    """

    def loss(beta: Array) -> float:
        eta = design @ beta + offset
        return float(np.logaddexp(0, eta).sum() - left @ eta + penalty @ beta**2 / 2)

    def slope(beta: Array) -> Array:
        return np.asarray(design.T @ (expit(design @ beta + offset) - left) + penalty * beta)

    def curvature(beta: Array) -> Array:
        p = expit(design @ beta + offset)
        return np.asarray((design * (p * (1 - p))[:, None]).T @ design + np.diag(penalty))

    start = np.zeros(design.shape[1])
    fitted = minimize(loss, start, jac=slope, hess=curvature, method="trust-exact", tol=1e-6)
    return np.asarray(fitted.x)


def _rhythm(rows: pd.DataFrame) -> dict[str, Array]:
    """Return what is known of everybody."""
    return {
        "log_orders": np.log(rows["orders"].to_numpy(float)),
        "log_silence": np.log1p(rows["silence"].to_numpy(float)),
        "log_age": np.log1p(rows["age"].to_numpy(float)),
    }


def _odds(rows: pd.DataFrame) -> Array:
    """Return the log odds of leaving by the return probability alone."""
    return np.asarray(-logit(np.clip(rows["chance"].to_numpy(float), NEAR_0, 1 - NEAR_0)))
