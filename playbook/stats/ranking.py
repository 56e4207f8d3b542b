"""How well a score puts first those who then came."""

import numpy as np
from scipy.stats import rankdata

from playbook.records.arrays import Array


def auc(score: Array, came: Array) -> float:
    """Return the chance that one who came stands above one who did not; level pairs count half.

    Parameters
    ----------
    score, came : array, shape (customers,)

    Returns
    -------
    float
        NaN where all came or nobody did.
    """
    return float(drawn_auc(score, came, np.ones((1, len(score))))[0])


def drawn_auc(score: Array, came: Array, weights: Array) -> Array:
    """Return `auc` where customers count as often as each row of ``weights`` says."""
    levels, level = np.unique(score, return_inverse=True)
    found = np.full(len(weights), np.nan)
    for draw, weight in enumerate(weights):
        yes = np.bincount(level, weight * came, len(levels))
        no = np.bincount(level, weight * (1 - came), len(levels))
        if yes.sum() and no.sum():
            found[draw] = yes @ (np.cumsum(no) - no / 2) / (yes.sum() * no.sum())
    return found


def average_precision(score: Array, came: Array) -> float:
    """Return the mean, over those who came, of the share who came among all scored as high."""
    if not came.sum():
        return float("nan")
    at_least = len(score) - rankdata(score, method="min") + 1
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(came[order])
    came_at_least = found[at_least[order].astype(int) - 1]
    return float((came[order] * came_at_least / at_least[order]).sum() / came.sum())


def lift(score: Array, came: Array, share: float = 0.1) -> float:
    """Return the share who came among the first, over that of all; level customers count in part."""
    if not came.sum():
        return float("nan")
    _, level, counts = np.unique(-score, return_inverse=True, return_counts=True)
    before = counts.cumsum() - counts
    taken = np.clip((share * len(score) - before) / counts, 0, 1)[level]
    return float((taken @ came) / taken.sum() / came.mean())
