"""The inactivity threshold: the silence by which almost all of those who come back are back.

Read from Kaplan-Meier counts, with a bootstrap over shards of customers; and the same cut for second
orders, from which an occasional buyer is told.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from playbook.records.arrays import SHARDS, Array
from playbook.settings.client import Settings, Survival
from playbook.show.words import Words
from playbook.stats.survival import ShardCounts, shard_weights


@dataclass(frozen=True)
class Cut:
    """The day by which almost all who return have returned.

    Attributes
    ----------
    days : int
        First day on which the share of all returns seen within ``followed_days`` is reached.
    low, high : float
        95% bootstrap interval over customers; where there are several order numbers, that of the cut read
        by order number too (see `_by_order_number`): it reaches from the lower to the upper of both.
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
        Columns ``shard``, ``duration`` (days), ``returned``, ``n``, ``entry`` where spells are parted, and
        ``order_number`` where there are several.
    """
    shards = ShardCounts.of(counts)
    followed = _followed_days(shards, settings)
    if followed is None or not counts.loc[counts["returned"], "n"].sum():
        return None
    curve = shards.survival(np.ones((1, SHARDS)))[0]
    returned = 1 - float(curve[followed])
    if returned <= 0:
        return None
    weights = shard_weights(settings.bootstrap_draws, seed)
    draws = [shards.until(followed).survival(weights)]
    if "order_number" in counts and counts["order_number"].nunique() > 1:
        draws.append(_by_order_number(counts, shards, weights, followed))
    share = settings.share_of_returns
    drawn = [_first_reaching(curves, share) for curves in draws]
    late = float(curve[round(followed * 2 / 3)] - curve[followed])
    days = int(_first_reaching(curve[None, : followed + 1], share)[0])
    return Cut(
        days=days,
        low=float(min(np.quantile(reached, 0.025) for reached in drawn)),
        high=float(max(np.quantile(reached, 0.975) for reached in drawn)),
        followed_days=followed,
        returned=returned,
        still_to_return=1 - float(curve[followed] / curve[days]) if curve[days] else 0.0,
        still_falling=late > 0.05 * returned,
        spells=int(counts.loc[counts["entry"] == 0, "n"].sum() if "entry" in counts else counts["n"].sum()),
        returns=int(counts.loc[counts["returned"], "n"].sum()),
    )


@dataclass(frozen=True)
class Inactivity:
    """The silence after which a customer counts as lapsed.

    Attributes
    ----------
    days : int
    source : str
        data, settings (a number in ``client.yml``), floor (the data say less than the least that
        ``client.yml`` takes for a lapse), or assumed (the data are too few).
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
        As `spells.spell_counts` returns them.
    """
    later = spell_counts[spell_counts["order_number"] >= 2]
    in_data = cut(later, settings.survival, settings.seed)
    if settings.inactivity_days is not None:
        return Inactivity(settings.inactivity_days, "settings", in_data)
    if in_data is None:
        return Inactivity(settings.survival.fallback_inactivity_days, "assumed", None)
    if in_data.days < settings.survival.least_inactivity_days:
        return Inactivity(settings.survival.least_inactivity_days, "floor", in_data)
    return Inactivity(in_data.days, "data", in_data)


def share_in_words(share: float, words: Words) -> str:
    """Return ``share_of_returns`` as sentences have it: 9 in 10, or 95%."""
    tenths = round(10 * share, 6)
    return words.say("{n} in 10", n=words.number(tenths)) if tenths.is_integer() else words.percent(share)


def _followed_days(shards: ShardCounts, settings: Survival) -> int | None:
    """Return tau: the smaller of the longest allowed and the longest duration with enough at risk."""
    enough = np.flatnonzero(shards.at_risk.sum(axis=0) >= settings.least_at_risk)
    return int(min(enough[-1], settings.longest_days)) if len(enough) and enough[-1] >= 1 else None


def _by_order_number(counts: pd.DataFrame, pooled: ShardCounts, weights: Array, followed: int) -> Array:
    """Return the curve of each weighting as the mean of the order numbers' own curves, by their spells.

    A long silence is seen only after early orders, most of them second and third ones, while the late
    orders are those of frequent buyers: censoring tells of the rhythm, and the pooled curve falls too
    slowly. Within an order number it tells less (Robins and Finkelstein 2000). Where nobody of an order
    number is at risk any more, the hazard of all stands in.
    """
    whole, days = pooled.until(followed).hazard(weights), pooled.events.shape[1]
    curves, spells = np.zeros_like(whole), np.zeros((len(weights), 1))
    for _, part in counts.groupby("order_number"):
        own = ShardCounts.of(part, days=days).until(followed)
        begun = weights @ own.at_risk[:, :1]
        curves += begun * np.cumprod(1 - own.hazard(weights, whole), axis=1)
        spells += begun
    return np.asarray(curves / spells)


def _first_reaching(survival: Array, share: float) -> npt.NDArray[np.int64]:
    """Return, by row, the first day whose returns reach ``share`` of those at the last day."""
    returned = 1 - survival
    reached = returned >= share * returned[:, -1:] - 1e-12
    first: npt.NDArray[np.int64] = reached.argmax(axis=1)
    return first
