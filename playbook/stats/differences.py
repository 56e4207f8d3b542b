"""What sets two groups apart: standardised differences, with intervals and against false discoveries."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

Z = 1.959963984540054
"""The normal quantile of a 95% interval."""
FALSE_DISCOVERIES = 0.05
"""Level of Benjamini and Hochberg's procedure."""
LEAST_KNOWN = 30
"""Customers of either group of whom an attribute must be known to be compared."""
COLUMNS = ("attribute", "inside", "outside", "difference", "low", "high", "p", "q", "verdict")


class Difference(NamedTuple):
    """A standardised difference with its 95% interval."""

    value: float
    low: float
    high: float


def standardised(
    mean: float, other: float, variance: float, other_variance: float, n: int, m: int
) -> Difference:
    """Return the difference of two means over their pooled standard deviation.

    The pooled variance is the mean of both (Austin 2009), the error that of Hedges and Olkin (1985).

    Parameters
    ----------
    n, m : int
        Sizes of the two groups.
    """
    spread = np.sqrt((variance + other_variance) / 2)
    value = float((mean - other) / spread)
    error = float(np.sqrt((n + m) / (n * m) + value**2 / (2 * (n + m))))
    return Difference(value, value - Z * error, value + Z * error)


def compare_groups(described: pd.DataFrame, inside: pd.Series) -> pd.DataFrame:
    """Compare one group with another, attribute by attribute.

    Attributes known of fewer than `LEAST_KNOWN` customers of either group, and those that do not
    vary, are left out. P-values are Welch's; Benjamini and Hochberg's procedure over all attributes
    gives q and the verdict.

    Parameters
    ----------
    described : DataFrame
        One row per customer, one numeric or bool column per attribute; NaN: not known.
    inside : Series of bool
        Who is in the first group; the others are the second.

    Returns
    -------
    DataFrame
        attribute; inside, outside (means, of bool columns shares); difference, low, high
        (standardised, 95%); p, q; verdict (more, less, alike). The largest difference first.
    """
    rows = []
    for name in described:
        values = described[name].astype(float)
        ours, theirs = values[inside].dropna(), values[~inside].dropna()
        if min(len(ours), len(theirs)) < LEAST_KNOWN or not ours.var() + theirs.var() > 0:
            continue
        means, variances = (ours.mean(), theirs.mean()), (ours.var(), theirs.var())
        difference = standardised(*means, *variances, len(ours), len(theirs))
        p = float(stats.ttest_ind(ours, theirs, equal_var=False).pvalue)
        rows.append((name, *means, *difference, p))
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:-2]))
    if frame.empty:
        return frame.assign(q=[], verdict=[])
    clear, frame["q"], *_ = multipletests(frame["p"], alpha=FALSE_DISCOVERIES, method="fdr_bh")
    frame["verdict"] = np.where(clear, np.where(frame["difference"] > 0, "more", "less"), "alike")
    order = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)
