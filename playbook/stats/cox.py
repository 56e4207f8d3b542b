"""Cox regressions that always settle: columns checked beforehand, intervals by customer, hazards checked."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError, ConvergenceWarning
from lifelines.statistics import proportional_hazard_test
from scipy import stats

from playbook.records.arrays import Array, Flags, Positions
from playbook.stats.differences import FALSE_DISCOVERIES, Z

LEAST_CUSTOMERS = 30
"""Customers with, and without, what a flag says, below which it is not compared."""
LEAST_EVENTS = 10
"""Events among those with, and among those without it."""
SAME = 1e-6
"""Span of a column below which it is the same for everybody."""
MOST_SHARED = 0.95
"""Share of a column's variance that other columns may explain."""


@dataclass(frozen=True)
class Survivors:
    """Rows of a Cox regression beside their columns.

    Attributes
    ----------
    wait : array of int
        Days followed.
    event : array of bool
    stratum : array of int
        Rows of different strata are never compared.
    customer : array of int
        Rows of one customer are not independent.
    """

    wait: Array
    event: Flags
    stratum: Positions
    customer: Positions

    def take(self, chosen: Flags | Positions) -> "Survivors":
        """Return some of the rows."""
        return Survivors(self.wait[chosen], self.event[chosen], self.stratum[chosen], self.customer[chosen])


@dataclass(frozen=True)
class Fit:
    """Hazard ratios.

    Attributes
    ----------
    ratios : DataFrame
        term; ratio, low, high (95%, robust by customer); p; steady_p (of the test of proportional
        hazards by Schoenfeld's residuals: small where the ratio changes with time; NaN where not tested).
    dropped : dict
        Terms left out because the estimate did not settle, with the reason ``unsettled``.
    """

    ratios: pd.DataFrame
    dropped: dict[str, str]


def usable(
    terms: pd.DataFrame, held: pd.DataFrame, rows: Survivors
) -> tuple[list[str], list[str], dict[str, str]]:
    """Choose the columns that can be estimated.

    Returns
    -------
    terms, held : list of str
        The columns of each frame to keep.
    dropped : dict
        Term to why not: constant (everybody is alike), few (too few customers or events with or
        without it), collinear (others say the same).
    """
    dropped = {str(name): why for name in terms if (why := _unfit(terms[name], rows))}
    kept_held = [str(name) for name in held if held[name].nunique() > 1]
    candidates = [str(name) for name in terms if name not in dropped]
    together = pd.concat([held[kept_held], terms[candidates]], axis=1)
    inside = (together - together.groupby(rows.stratum).transform("mean")).to_numpy(float)
    basis: list[Array] = []
    kept: list[str] = []
    for name, column in zip(together.columns, inside.T, strict=True):
        scale = float(column @ column)
        rest = column - sum((one * (one @ column) for one in basis), np.zeros(len(column)))
        rest = rest - sum((one * (one @ rest) for one in basis), np.zeros(len(column)))
        left = float(rest @ rest)
        if left > (1 - MOST_SHARED) * scale and scale > 1e-9 * len(column):
            basis.append(rest / np.sqrt(left))
            kept.append(str(name))
        elif name in candidates:
            dropped[str(name)] = "collinear"
    return [c for c in candidates if c in kept], [c for c in kept_held if c in kept], dropped


def _unfit(values: pd.Series, rows: Survivors) -> str | None:
    """Return why a column cannot be estimated; None where it can."""
    if np.ptp(values) < SAME:
        return "constant"
    if set(values.unique()) != {0.0, 1.0}:
        return None
    given = values.to_numpy() == 1
    for side in (given, ~given):
        if len(np.unique(rows.customer[side])) < LEAST_CUSTOMERS or rows.event[side].sum() < LEAST_EVENTS:
            return "few"
    return None


def fit(terms: pd.DataFrame, held: pd.DataFrame, rows: Survivors, check_steady: bool = True) -> Fit | None:
    """Fit Cox's proportional hazards (lifelines, Efron's ties), with intervals robust by customer.

    Columns must have passed `usable`. Where the estimate still does not settle, the last term
    goes and the others are fitted again; None where none is left.
    """
    dropped: dict[str, str] = {}
    names = [str(name) for name in terms]
    while names:
        design = pd.concat([held, terms[names]], axis=1).astype(float).reset_index(drop=True)
        scale = design.std(ddof=0)
        design = (design - design.mean()) / scale
        frame = design.assign(wait=rows.wait, event=rows.event, stratum=rows.stratum)
        try:
            fitter = _fitted(frame)
        except (ConvergenceError, ConvergenceWarning):
            dropped[names.pop()] = "unsettled"
            continue
        return Fit(_ratios(fitter, frame, design, scale, names, rows, check_steady), dropped)
    return None


def _fitted(frame: pd.DataFrame) -> CoxPHFitter:
    fitter = CoxPHFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        fitter.fit(frame, "wait", "event", strata="stratum")
    return fitter


def _ratios(
    fitter: CoxPHFitter,
    frame: pd.DataFrame,
    design: pd.DataFrame,
    scale: pd.Series,
    names: list[str],
    rows: Survivors,
    check_steady: bool,
) -> pd.DataFrame:
    beta = fitter.params_[design.columns].to_numpy(float)
    bread = fitter.variance_matrix_.loc[design.columns, design.columns].to_numpy(float)
    error = np.sqrt(np.diag(cluster_variance(design.to_numpy(float), beta, bread, rows)))
    steady = np.full(len(beta), np.nan)
    if check_steady:
        tested = proportional_hazard_test(fitter, frame, time_transform="rank").summary
        steady = tested.loc[design.columns, "p"].to_numpy(float)
    found = pd.DataFrame(
        {
            "term": design.columns,
            "ratio": np.exp(beta / scale),
            "low": np.exp((beta - Z * error) / scale),
            "high": np.exp((beta + Z * error) / scale),
            "p": 2 * stats.norm.sf(np.abs(beta / error)),
            "steady_p": steady,
        }
    )
    return found[found["term"].isin(names)].reset_index(drop=True)


def cluster_variance(x: Array, beta: Array, bread: Array, rows: Survivors) -> Array:
    """Return the variance of Cox coefficients robust to rows of the same customer (Lin and Wei 1989).

    Done here on arrays, as lifelines' ``cluster_col`` takes seconds where this takes milliseconds;
    ties in the residuals as Breslow has them.

    Parameters
    ----------
    x : array, shape (rows, columns)
    beta : array, shape (columns,)
    bread : array, shape (columns, columns)
        The inverse of the observed information.
    """
    residuals = score_residuals(x, beta, rows)
    _, position = np.unique(rows.customer, return_inverse=True)
    sums = np.zeros((position.max() + 1, x.shape[1]))
    np.add.at(sums, position, residuals)
    return np.asarray(bread @ (sums.T @ sums) @ bread)


def score_residuals(x: Array, beta: Array, rows: Survivors) -> Array:
    """Return each row's part of the score of the partial likelihood, shape (rows, columns)."""
    order = np.lexsort((-rows.wait, rows.stratum))
    x, sorted_rows = x[order], rows.take(order)
    wait, event, stratum = sorted_rows.wait, sorted_rows.event, sorted_rows.stratum
    risk = np.exp(x @ beta)
    new_stratum = np.r_[True, stratum[1:] != stratum[:-1]]
    new_time = new_stratum | np.r_[True, wait[1:] != wait[:-1]]
    time = np.cumsum(new_time) - 1  # of each row: its distinct time, in each stratum the latest first
    latest = np.flatnonzero(new_stratum[new_time])  # of each stratum: its first distinct time
    of_stratum = np.cumsum(new_stratum[new_time]) - 1
    last_row = np.r_[np.flatnonzero(new_time)[1:] - 1, len(x) - 1]
    at_risk = _between(np.c_[risk, risk[:, None] * x], np.flatnonzero(new_stratum)[of_stratum], last_row)
    mean = at_risk[:, 1:] / at_risk[:, :1]
    hazard = np.bincount(time, weights=event) / at_risk[:, 0]
    earliest = np.r_[latest[1:] - 1, len(last_row) - 1][of_stratum]
    upto = _between(np.c_[hazard, hazard[:, None] * mean], np.arange(len(last_row)), earliest)[time]
    found = event[:, None] * (x - mean[time]) - risk[:, None] * (x * upto[:, :1] - upto[:, 1:])
    residuals = np.empty_like(found)
    residuals[order] = found
    return np.asarray(residuals)


def _between(values: Array, start: Positions, end: Positions) -> Array:
    """Return sums of rows from ``start`` to ``end``, both included."""
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(total[end + 1] - total[start])


def discoveries(p: pd.Series) -> pd.Series:
    """Say which tests stand at a false discovery rate of 5% (Benjamini and Hochberg 1995); NaN never."""
    found, tested = pd.Series(False, index=p.index), p.dropna()
    if len(tested):
        found[tested.index] = stats.false_discovery_control(tested) < FALSE_DISCOVERIES
    return found
