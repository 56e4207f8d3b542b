"""Survival curves, cuts and bootstrap intervals from grouped counts.

The engine counts (duration, event, how many); what is here needs nothing else. Counts that are
also grouped by shard of customers can be resampled: a bootstrap over customers, not over spells.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from lifelines import KaplanMeierFitter

from playbook.records.arrays import Array
from playbook.settings.client import Settings, Survival


@dataclass(frozen=True)
class Curve:
    """A survival curve on whole days.

    Attributes
    ----------
    days : array, shape (m,)
        Days at which the curve is given, rising.
    survival, low, high : array, shape (m,)
        Share still without the event, with its 95% interval (Greenwood, log-log).
    at_risk : array, shape (m,)
        Spells still followed just before each day.
    """

    days: Array
    survival: Array
    low: Array
    high: Array
    at_risk: Array

    def at(self, day: float) -> float:
        """Return the survival at a day; 1 before the first."""
        position = int(np.searchsorted(self.days, day, side="right")) - 1
        return float(self.survival[position]) if position >= 0 else 1.0


def kaplan_meier(counts: pd.DataFrame, column: str = "duration") -> Curve:
    """Estimate the survival curve of spells (Kaplan and Meier 1958).

    Parameters
    ----------
    counts : DataFrame
        Columns ``duration`` (days; or the named one), ``returned`` (bool), ``n`` (how many spells).
    """
    grouped = counts.groupby([column, "returned"], as_index=False)["n"].sum()
    fitter = KaplanMeierFitter()
    fitter.fit(grouped[column], grouped["returned"], weights=grouped["n"])
    interval = fitter.confidence_interval_survival_function_.to_numpy()
    table = fitter.event_table
    return Curve(
        days=table.index.to_numpy(float),
        survival=fitter.survival_function_.iloc[:, 0].to_numpy(float),
        low=np.nan_to_num(interval[:, 0], nan=1.0),
        high=np.nan_to_num(interval[:, 1], nan=1.0),
        at_risk=table["at_risk"].to_numpy(float),
    )


@dataclass(frozen=True)
class ShardCounts:
    """Events and departures by shard of customers and day: what resampling needs.

    Attributes
    ----------
    events, leaving : array, shape (shards, days)
        Spells that end with the event, and all spells that end, on each day from 0 on.
    """

    events: Array
    leaving: Array

    @classmethod
    def of(cls, counts: pd.DataFrame, column: str = "duration", shards: int = 64) -> "ShardCounts":
        """Lay counts (``shard``, a duration, ``returned``, ``n``) out by shard and day."""
        days = int(counts[column].max()) + 1 if len(counts) else 1
        leaving, events = np.zeros((shards, days)), np.zeros((shards, days))
        place = (counts["shard"].to_numpy(int), counts[column].to_numpy(int))
        n = counts["n"].to_numpy(float)
        np.add.at(leaving, place, n)
        np.add.at(events, place, n * counts["returned"].to_numpy(float))
        return cls(events, leaving)

    def survival(self, weights: Array) -> Array:
        """Return the product-limit curve of each weighting of the shards.

        Parameters
        ----------
        weights : array, shape (draws, shards)

        Returns
        -------
        array, shape (draws, days)
        """
        leaving = weights @ self.leaving
        at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
        hazard = np.divide(weights @ self.events, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
        curve: Array = np.cumprod(1 - hazard, axis=1)
        return curve


def shard_weights(draws: int, seed: int, shards: int = 64) -> Array:
    """Draw how often each shard is taken, ``draws`` times: the bootstrap over customers."""
    chosen = np.random.default_rng(seed).multinomial(shards, np.full(shards, 1 / shards), size=draws)
    return chosen.astype(float)


@dataclass(frozen=True)
class Cut:
    """The day by which almost all who return have returned.

    Attributes
    ----------
    days : int
        First day on which the share of all returns seen within ``followed_days`` is reached.
    low, high : float
        95% bootstrap interval over customers.
    followed_days : int
        tau: the smaller of the longest allowed and the longest duration with enough at risk.
    returned : float
        Share returned by tau, 1 - S(tau).
    still_to_return : float
        Of those silent at the cut, the share who return by tau.
    still_falling : bool
        The curve still fell over the last third of tau: read the cut as "at least".
    spells, returns : int
        Spells and returns it was read from.
    """

    days: int
    low: float
    high: float
    followed_days: int
    returned: float
    still_to_return: float
    still_falling: bool
    spells: int
    returns: int


def cut(counts: pd.DataFrame, settings: Survival, seed: int) -> Cut | None:
    """Find the day by which ``share_of_returns`` of the returns within tau have come.

    Returns None where fewer than ``least_at_risk`` spells were ever at risk, or nobody returned.

    Parameters
    ----------
    counts : DataFrame
        Columns ``shard``, ``duration`` (days), ``returned``, ``n``.
    """
    followed = followed_days(counts, settings)
    if followed is None or not counts.loc[counts["returned"], "n"].sum():
        return None
    shards = ShardCounts.of(counts)
    curve = shards.survival(np.ones((1, 64)))[0]
    returned = 1 - float(curve[followed])
    if returned <= 0:
        return None
    draws = shards.survival(shard_weights(settings.bootstrap_draws, seed))
    drawn = _first_reaching(draws[:, : followed + 1], settings.share_of_returns)
    late = float(curve[round(followed * 2 / 3)] - curve[followed])
    share = settings.share_of_returns
    return Cut(
        days=int(_first_reaching(curve[None, : followed + 1], share)[0]),
        low=float(np.quantile(drawn, 0.025)),
        high=float(np.quantile(drawn, 0.975)),
        followed_days=followed,
        returned=returned,
        still_to_return=(1 - share) * returned / (1 - share * returned),
        still_falling=late > 0.05 * returned,
        spells=int(counts["n"].sum()),
        returns=int(counts.loc[counts["returned"], "n"].sum()),
    )


@dataclass(frozen=True)
class Inactivity:
    """The silence after which a customer counts as lapsed.

    Attributes
    ----------
    days : int
    source : str
        data, settings (a number in ``client.yml``), or assumed (the data are too few).
    cut : Cut or None
        What the data say; None where they are too few.
    """

    days: int
    source: str
    cut: Cut | None


def inactivity(spell_counts: pd.DataFrame, settings: Settings) -> Inactivity:
    """Read the inactivity threshold from the spells after second and later orders.

    Parameters
    ----------
    spell_counts : DataFrame
        As `history.spell_counts` returns them.
    """
    later = spell_counts[spell_counts["order_number"] >= 2]
    seen = cut(later, settings.survival, settings.seed)
    if settings.inactivity_days is not None:
        return Inactivity(settings.inactivity_days, "settings", seen)
    if seen is None:
        return Inactivity(settings.survival.fallback_inactivity_days, "assumed", None)
    return Inactivity(seen.days, "data", seen)


def followed_days(counts: pd.DataFrame, settings: Survival) -> int | None:
    """Return tau: the smaller of the longest allowed and the longest duration with enough at risk."""
    if counts.empty:
        return None
    leaving = counts.groupby("duration")["n"].sum().sort_index(ascending=False).cumsum()
    enough = leaving.index[leaving >= settings.least_at_risk]
    if not len(enough) or enough.max() < 1:
        return None
    return int(min(enough.max(), settings.longest_days))


def _first_reaching(survival: Array, share: float) -> npt.NDArray[np.int64]:
    """Return, by row, the first day whose returns reach ``share`` of those at the last day."""
    returned = 1 - survival
    reached = returned >= share * returned[:, -1:] - 1e-12
    first: npt.NDArray[np.int64] = reached.argmax(axis=1)
    return first
