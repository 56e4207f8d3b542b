"""Survival curves, log-rank tests and bootstrap intervals from grouped counts.

The engine counts (duration, event, how many); what is here needs nothing else, so that a log of any
size takes the same time. Counts that are also grouped by shard of customers can be resampled: a
bootstrap over customers, not over spells.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from scipy import stats

from playbook.records.arrays import SHARDS, Array


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
        return self.interval_at(day)[0]

    def interval_at(self, day: float) -> tuple[float, float, float]:
        """Return the survival at a day, with the ends of its interval."""
        position = int(np.searchsorted(self.days, day, side="right")) - 1
        if position < 0:
            return 1.0, 1.0, 1.0
        return float(self.survival[position]), float(self.low[position]), float(self.high[position])

    def until(self, day: float) -> "Curve":
        """Return the curve up to a day."""
        shown = self.days <= day
        parts = (self.days, self.survival, self.low, self.high, self.at_risk)
        return Curve(*(part[shown] for part in parts))


def kaplan_meier(counts: pd.DataFrame, column: str = "duration") -> Curve:
    """Estimate the survival curve of spells (Kaplan and Meier 1958).

    Parameters
    ----------
    counts : DataFrame
        Columns ``duration`` (days; or the named one), ``returned`` (bool), ``n`` (how many spells); and
        ``entry`` (days before which a spell was not yet followed), where there is one.
    """
    keys = [name for name in ("entry", column, "returned") if name in counts]
    grouped = counts.groupby(keys, as_index=False)["n"].sum()
    fitter = KaplanMeierFitter()
    fitter.fit(grouped[column], grouped["returned"], entry=grouped.get("entry"), weights=grouped["n"])
    interval = fitter.confidence_interval_survival_function_.to_numpy()
    table = fitter.event_table.reindex(fitter.survival_function_.index)
    return Curve(
        days=table.index.to_numpy(float),
        survival=fitter.survival_function_.iloc[:, 0].to_numpy(float),
        low=np.nan_to_num(interval[:, 0], nan=1.0),
        high=np.nan_to_num(interval[:, 1], nan=1.0),
        at_risk=table["at_risk"].to_numpy(float),
    )


@dataclass(frozen=True)
class ShardCounts:
    """Events and spells at risk by shard of customers and day: what resampling needs.

    Attributes
    ----------
    events, at_risk : array, shape (shards, days)
        Spells that end with the event on each day from 0 on, and those still followed just before it.
    """

    events: Array
    at_risk: Array

    @classmethod
    def of(cls, counts: pd.DataFrame, column: str = "duration", days: int | None = None) -> "ShardCounts":
        """Lay counts out by shard and day.

        Parameters
        ----------
        counts : DataFrame
            shard, a duration, returned, n; and entry, as `kaplan_meier` takes it.
        days : int, optional
            How many; without it as many as the longest duration needs.
        """
        days = days or (int(counts[column].max()) + 2 if len(counts) else 1)
        events, change = np.zeros((SHARDS, days)), np.zeros((SHARDS, days))
        shards, n = counts["shard"].to_numpy(int), counts["n"].to_numpy(float)
        duration = counts[column].to_numpy(int)
        entry = counts["entry"].to_numpy(int) if "entry" in counts else np.zeros(len(counts), int)
        np.add.at(events, (shards, duration), n * counts["returned"].to_numpy(float))
        np.add.at(change, (shards, np.where(entry > 0, entry + 1, 0)), n)
        np.add.at(change, (shards, duration + 1), -n)
        return cls(events, change.cumsum(axis=1))

    def until(self, day: int) -> "ShardCounts":
        """Return the counts up to a day."""
        return ShardCounts(self.events[:, : day + 1], self.at_risk[:, : day + 1])

    def survival(self, weights: Array) -> Array:
        """Return the product-limit curve of each weighting of the shards.

        Parameters
        ----------
        weights : array, shape (draws, shards)

        Returns
        -------
        array, shape (draws, days)
        """
        return np.asarray(np.cumprod(1 - self.hazard(weights), axis=1))

    def hazard(self, weights: Array, otherwise: Array | float = 0.0) -> Array:
        """Return, shaped as the curves, the share of those at risk with the event; else ``otherwise``."""
        at_risk = weights @ self.at_risk
        out = np.broadcast_to(otherwise, at_risk.shape).astype(float)
        return np.asarray(np.divide(weights @ self.events, at_risk, out=out, where=at_risk > 0))


def shard_weights(draws: int, seed: int) -> Array:
    """Draw how often each shard is taken, ``draws`` times: the bootstrap over customers."""
    chosen = np.random.default_rng(seed).multinomial(SHARDS, np.full(SHARDS, 1 / SHARDS), size=draws)
    return chosen.astype(float)


# Groups against each other --------------------------------------------------------------------


@dataclass(frozen=True)
class LogRank:
    """Whether groups differ in their hazards, whatever the day.

    Attributes
    ----------
    statistic : float
        F: Hotelling's T² of observed minus expected events, scaled.
    p : float
    """

    statistic: float
    p: float


def log_rank(counts: pd.DataFrame) -> LogRank | None:
    """Test whether the hazards of groups differ (Mantel 1966), spells of one customer not being independent.

    The variance of observed minus expected events is that of leaving out one shard of customers
    after another (jackknife), so a customer's spells are taken together.

    Parameters
    ----------
    counts : DataFrame
        group, shard, duration, returned, n; and entry, as `kaplan_meier` takes it.

    Returns
    -------
    LogRank or None
        None where there are fewer than two groups or too few shards for the variance.
    """
    groups = sorted(counts["group"].unique())
    free = len(groups) - 1
    if free < 1 or counts["shard"].nunique() < free + 20:
        return None
    days = int(counts["duration"].max()) + 2
    parts = [ShardCounts.of(counts[counts["group"] == group], days=days) for group in groups]
    events, at_risk = np.stack([part.events for part in parts]), np.stack([part.at_risk for part in parts])
    total = _excess_events(events.sum(axis=1), at_risk.sum(axis=1))[:-1]
    present = np.flatnonzero(at_risk.sum(axis=(0, 2)))
    without = np.stack(
        [
            _excess_events(events.sum(axis=1) - events[:, k], at_risk.sum(axis=1) - at_risk[:, k])[:-1]
            for k in present
        ]
    )
    number = len(present)
    pseudo = number * total - (number - 1) * without
    variance = np.atleast_2d(np.cov(pseudo.T)) / number
    if np.linalg.matrix_rank(variance) < free:
        return None
    squared = float(total @ np.linalg.solve(variance, total))
    statistic = squared * (number - free) / (free * (number - 1))
    return LogRank(statistic, float(stats.f.sf(statistic, free, number - free)))


def _excess_events(events: Array, at_risk: Array) -> Array:
    """Return observed minus expected events by group; both arguments by group and day."""
    everybody = at_risk.sum(axis=0)
    hazard = np.divide(events.sum(axis=0), everybody, out=np.zeros_like(everybody), where=everybody > 0)
    return np.asarray((events - at_risk * hazard).sum(axis=1))
