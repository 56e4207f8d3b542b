"""How far a client's own campaigns bear out what the catalogue assumes of all offers.

Offers may do nothing here at all, or the same share of what is stated on average: each kind that was
measured says something of both, and so moves what is assumed of the kinds that were not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import logsumexp
from scipy.stats import norm

from playbook.offers.catalogue import Response
from playbook.offers.response import WEIGHT, share_of_range
from playbook.records.arrays import Array

NOTHING = 1 / 3
"""Chance that no offer does anything at a client, before any was measured there."""
SPREAD = 0.5
"""Standard deviation, before anything is measured, of the share of what is stated that comes true."""
LEVELS = np.arange(0.02, 4.001, 0.02)
"""Shares of what is stated that are held for possible."""
MOST_DOUBT = 1e6

Cell = tuple[str, str]
"""A kind of kindness and a channel."""


@dataclass(frozen=True)
class Trust:
    """What is to be believed of the catalogue's responses.

    Attributes
    ----------
    level : float
        Share of the stated points that comes true on average, where offers do anything.
    nothing : float
        Chance that no offer does anything.
    doubt : float
        Factor on the variance of all assumptions, 1 where they have proved right.
    """

    level: float = 1.0
    nothing: float = NOTHING
    doubt: float = 1.0


def trust_in(measured: pd.DataFrame, assumed: Mapping[Cell, Response]) -> Trust:
    """Hold what was measured against what is assumed.

    The level has a normal prior of mean 1 and deviation `SPREAD`, above 0; offers do nothing with a
    prior chance of `NOTHING`. Around the level responses spread as their stated ranges do, times one
    factor for all, at least 1, at which they lie as far from it as they should (Paule and Mandel 1982).

    Parameters
    ----------
    measured : DataFrame
        kind, channel, raw_points, se: one row for each kind and channel.
    assumed : mapping
        (kind, channel) to the response that the catalogue assumes.
    """
    cells = zip(measured["kind"], measured["channel"], strict=True)
    known = [cell in assumed and stated_variance(assumed[cell]) > 0 for cell in cells]
    measured = measured[known]
    if measured.empty:
        return Trust()
    stated = [assumed[cell] for cell in zip(measured["kind"], measured["channel"], strict=True)]
    points, spread = np.array([one.points for one in stated]), np.array([stated_variance(s) for s in stated])
    raw, error = measured["raw_points"].to_numpy(float), measured["se"].to_numpy(float) ** 2
    trust = Trust()
    for _ in range(2):  # what all share is no doubt, and doubt makes what all share less sure
        likely = _likelihood(raw, points, trust.doubt * spread + error)
        level = float(LEVELS @ np.exp(likely - logsumexp(likely)))
        trust = Trust(level, doubt=_doubt(raw - level * points, spread, error))
    likely = _likelihood(raw, points, trust.doubt * spread + error)
    level = float(LEVELS @ np.exp(likely - logsumexp(likely)))
    idle = np.log(NOTHING) + norm.logpdf(raw, 0, np.sqrt(error)).sum()
    nothing = float(np.exp(idle - np.logaddexp(idle, np.log1p(-NOTHING) + logsumexp(likely))))
    return Trust(level, nothing, trust.doubt)


def _likelihood(raw: Array, stated: Array, variance: Array) -> Array:
    """Return the logarithm of prior and likelihood of each of `LEVELS`."""
    prior = norm.logpdf(LEVELS, 1, SPREAD)
    fit = norm.logpdf(raw, LEVELS[:, None] * stated, np.sqrt(variance)).sum(axis=1)
    return np.asarray(prior - logsumexp(prior) + fit)


def stated_variance(response: Response) -> float:
    """Return the variance of a PERT distribution over the stated range."""
    width = response.high - response.low
    if width <= 0:
        return 0.0
    mean = share_of_range(response)
    return width**2 * mean * (1 - mean) / (WEIGHT + 1)


def _doubt(off: Array, spread: Array, error: Array) -> float:
    """Return the factor at which measurements lie as far ``off`` as ``spread`` and ``error`` have it."""

    def excess(factor: float) -> float:
        return float((off**2 / (factor * spread + error)).sum() - len(off))

    if excess(1.0) <= 0:
        return 1.0
    return float(brentq(excess, 1.0, MOST_DOUBT)) if excess(MOST_DOUBT) < 0 else MOST_DOUBT
