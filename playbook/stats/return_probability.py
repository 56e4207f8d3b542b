"""The return probability: the chance of an order within the horizon, without a win-back offer.

On several past days every customer is described by what was known then. A survival model of the days
to the next order (`survival_model`) is averaged with a gradient boosting that begins from it
(`boosting`), on the logarithm of the cumulative hazard; the level is set for the season ahead
(`season`). A client too small for that gets the pooled regression alone, on few covariates.

(Kaplan-Meier on spells, conditional on silence, is no substitute: it takes everybody who was ever
silent so long, at whatever time, and expects far too few.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import Array, Flags, Positions
from playbook.records.history import History, once, open_share
from playbook.stats.boosting import BoostedModel, fit_boosting
from playbook.stats.landmarks import OUTCOMES, came_within, describe, open_days_before
from playbook.stats.pooled import PooledModel, fit_pooled
from playbook.stats.season import (
    LEAST_BEFORE,
    LEAST_ROWS,
    LEVEL_YEARS,
    MOST_YEARS,
    Level,
    Outcome,
    find_level,
    followed_landmarks,
)
from playbook.stats.survival_model import NoModelError, WaitModel, chance, fit_waits

Estimate = tuple[float, float, float]
"""A value with the ends of its interval."""
LANDMARKS = (0.35, 0.52, 0.69, 0.86, 1.03, 1.2)
"""How many horizons before the as-of date customers are described."""
FOLLOWED = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0)
"""The same of a small client, whose landmarks are all followed to the end."""
LEAST_HISTORY = 60
"""Days of history below which no return probability can be told."""
LEAST_CUSTOMERS, LEAST_COMEBACKS = 200, 50
"""Customers, and comebacks from the landmarks, that the whole model needs."""
MOST_ROWS = 150_000
"""Landmark rows that are described at most: of a larger base, a sample of its customers."""
DRAWN_CUSTOMERS = 4_000
"""Customers of a group on whom its interval is drawn; of a larger group, evenly spaced ones."""
FEW_ORDERS = 12_000
"""Orders up to which today's customers are described with the past days, where no sample is drawn of them."""
TENTHS = 10
LEAST_RETURNERS = 25


@dataclass(frozen=True)
class ReturnModel:
    """The chance of an order within the horizon; customers asked for have a customer_id.

    Attributes
    ----------
    horizon_days : int
        Days within which a return counts.
    followed_days : int
        Longest follow-up from a landmark; the model carries on beyond it.
    longest_silence : int
        The longest silence, in days, that landmarks saw.
    boosted : BoostedModel or None
        None where the client is too small for it.
    today : DataFrame
        Every customer with an order, as `landmarks.describe` sees them on the as-of date, without
        outcomes, by customer_id.
    orders_per_return : array, shape (10,)
        Mean number of orders within the horizon among returners, by tenth of the log hazard.
    tenth_edges : array, shape (9,)
    """

    horizon_days: int
    followed_days: int
    longest_silence: int
    waits: WaitModel | PooledModel
    boosted: BoostedModel | None
    level: Level
    today: pd.DataFrame
    orders_per_return: Array
    tenth_edges: Array
    draws: int
    seed: int

    @property
    def method(self) -> str:
        """Return ``averaged``, ``survival`` where the record is too young, ``pooled`` of a small client."""
        if isinstance(self.waits, PooledModel):
            return "pooled"
        return "survival" if self.boosted is None else "averaged"

    @property
    def extrapolated(self) -> bool:
        """Whether the horizon is longer than what was followed."""
        return self.horizon_days > self.followed_days

    @property
    def seasonal(self) -> bool:
        """Whether the level is that of the same season of earlier years."""
        return self.level.years > 0

    def predict(self, customers: pd.DataFrame, later_days: Any = 0) -> Array:
        """Return the return probability, today or after further days of silence; NaN without orders.

        What the boosting says of today's silence is carried along: later, the survival model alone
        says what more of it does.

        Parameters
        ----------
        later_days : int or array, shape (customers,)
            Days of further silence after today.
        """
        found, known, places = self._places(customers)
        if np.ndim(later_days) == 0 and later_days == 0:
            found[known] = self._chance_today[places]
            return found
        later = np.broadcast_to(np.asarray(later_days), found.shape)[known]
        frame = self.today.iloc[places]
        design = self.waits.covariates.design(frame, later)
        hazard = self.waits.log_hazard(design, self.horizon_days) + self._hazards_today[1][places]
        found[known] = chance(hazard + self.level.shift(_silence(frame, later)))
        return found

    def expected_orders(self, customers: pd.DataFrame) -> Array:
        """Return the expected number of orders: the chance times the orders of returners alike."""
        found, known, places = self._places(customers)
        tenth = np.searchsorted(self.tenth_edges, self._hazards_today[0][places], side="right")
        found[known] = self._chance_today[places] * self.orders_per_return[tenth]
        return found

    @cached_property
    def _hazards_today(self) -> tuple[Array, Array]:
        """Return today's log hazards, and what averaging with the boosting adds in them."""
        design = self.waits.covariates.design(self.today)
        return _log_hazard(self.waits, self.boosted, design, self.horizon_days)

    @cached_property
    def _chance_today(self) -> Array:
        return chance(self._hazards_today[0] + self.level.shift(_silence(self.today, 0)))

    def _places(self, customers: pd.DataFrame) -> tuple[Array, Flags, Positions]:
        """Return a NaN for each customer, who of them is known, and where these stand in ``today``."""
        places = self.today.index.get_indexer(pd.Index(customers["customer_id"]))
        known = places >= 0
        return np.full(len(customers), np.nan), known, places[known]

    def expected_buyers(self, customers: pd.DataFrame, level: float = 0.90) -> Estimate:
        """Return how many of these customers are expected to buy, with a predictive interval.

        The interval holds the uncertainty of the model (over customers), what one period differs
        from another, and the chance of who buys (binomial).
        """
        _, _, places = self._places(customers)
        if not len(places):
            return 0.0, 0.0, 0.0
        probability = self._chance_today[places]
        expected = float(probability.sum())
        totals = expected * self._drawn_ratio(places)
        chance_of_sample = float((probability * (1 - probability)).sum())
        random = np.random.default_rng([self.seed, 2])
        low, high = predictive_interval(totals, chance_of_sample, random, level)
        return (
            expected,
            float(np.clip(low, 0.0, expected)),
            float(np.clip(high, expected, len(probability))),
        )

    def _drawn_ratio(self, places: Positions) -> Array:
        """Return, by draw, the expected buyers over those of the estimate."""
        if len(places) > DRAWN_CUSTOMERS:
            places = places[np.linspace(0, len(places) - 1, DRAWN_CUSTOMERS).round().astype(int)]
        frame = self.today.iloc[places]
        drawn = chance(
            self.waits.drawn(self.waits.covariates.design(frame), self.horizon_days, self.draws, self.seed)
            + self._hazards_today[1][places][:, None]
            + self.level.drawn(frame["silence"].to_numpy(float), self.draws, self.seed)
        )
        return np.asarray(drawn.sum(axis=0) / max(float(self._chance_today[places].sum()), 1e-12))


def predictive_interval(
    totals: Array, variance: float | Array, random: np.random.Generator, level: float = 0.90
) -> tuple[float, float]:
    """Return the interval of drawn totals, with the chance of who buys added to each.

    Parameters
    ----------
    totals : array, shape (draws,)
        What is expected under each draw.
    variance : float or array, shape (draws,)
        Of the number around what is expected (binomial).
    """
    drawn = totals + random.normal(0, 1, len(totals)) * np.sqrt(variance)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _log_hazard(
    waits: WaitModel | PooledModel, boosted: BoostedModel | None, design: Array, days: int
) -> tuple[Array, Array]:
    """Return the log hazard of both models, averaged, and how far it lies from that of the first."""
    hazard = waits.log_hazard(design, days)
    boost = np.zeros(len(design)) if boosted is None else (boosted.log_hazard(design) - hazard) / 2
    return hazard + boost, boost


def _silence(frame: pd.DataFrame, later_days: Any) -> Array:
    return np.asarray(np.maximum(frame["silence"].to_numpy(float) + later_days, 0))


@once
def seen_from(history: History, as_of: date) -> History:
    """Return the history as it was known on an earlier day."""
    days = history.days.filter(history.days.day <= ibis.literal(as_of))
    return replace(history, days=days, as_of=as_of, last_day=min(history.last_day, as_of))


def fit(history: History, horizon_days: int, draws: int = 400) -> ReturnModel | None:
    """Estimate return probabilities from past landmarks.

    Returns None where the history is too short or nobody was seen at a landmark and came back.
    """
    if (history.as_of - history.first_day).days < LEAST_HISTORY:
        return None
    today = None if history.orders_by_day.sum() <= FEW_ORDERS else _today(history, horizon_days)
    model = _fit_landmarks(history, horizon_days, None if today is None else len(today))
    if model is None:
        return None
    if today is None:
        today = _today(history, horizon_days) if model.today.empty else model.today
    return replace(model, today=today, draws=draws)


def _today(history: History, horizon_days: int) -> pd.DataFrame:
    return _as_today(describe(history, [history.as_of], horizon_days, outcomes=False))


def _as_today(described: pd.DataFrame) -> pd.DataFrame:
    return described.set_index("customer_id").assign(in_season=1)


@dataclass(frozen=True)
class _Days:
    """The past days on which customers are described.

    Attributes
    ----------
    recent : list of date
        Some followed for less than the horizon; closer together where the history is short.
    seasonal : dict
        See `season.followed_landmarks`.
    span : int
        The horizon, or the longest part of it that can be followed with as much before it.
    ago : date
        The day that long ago.
    followed : list of date
        Days followed for that span, of the last years.
    """

    recent: list[date]
    seasonal: Mapping[tuple[str, int], date]
    span: int
    ago: date
    followed: list[date]

    @classmethod
    def of(cls, history: History, horizon_days: int, small: bool) -> _Days:
        as_of, closed = history.as_of, history.shocks
        length = (as_of - history.first_day).days
        length = round(length * open_share(history.first_day, length, closed))
        reach, span = min(horizon_days, length / (2 * LANDMARKS[-1])), min(horizon_days, length // 2)
        recent = [open_days_before(as_of, round(share * reach), closed) for share in LANDMARKS]
        seasonal = followed_landmarks(history.first_day, as_of, horizon_days, closed)
        ago = open_days_before(as_of, span, closed)
        late = [day for (_, k), day in seasonal.items() if k <= LEVEL_YEARS]
        back = [round(share * span) for share in (FOLLOWED if small else ())]
        followed = [
            open_days_before(as_of, days, closed) for days in back if days <= max(span, length - LEAST_BEFORE)
        ]
        followed += [ago, *(day for day in recent + late if day <= ago)]
        return cls(recent, seasonal, span, ago, sorted(set(followed)))

    @property
    def all(self) -> list[date]:
        return sorted({*self.recent, *self.seasonal.values(), *self.followed})

    def same_season(self, years: int = MOST_YEARS) -> list[date]:
        """Return the as-of date of earlier years."""
        return [day for (kind, k), day in self.seasonal.items() if kind == "same" and k <= years]


@once
def _fit_landmarks(history: History, horizon_days: int, customers: int | None) -> ReturnModel | None:
    """Fit the model on past landmarks of a client with so many customers.

    None: of few, whom the model then holds as they are today, where no sample was drawn of them.
    """
    found, with_today = None, customers is None
    if customers is None:
        customers = int(history.orders.customer_id.nunique().execute())
    for small in (False, True) if customers >= LEAST_CUSTOMERS else (True,):
        days = _Days.of(history, horizon_days, small)
        found = found or _fit_on(history, days, horizon_days, customers, with_today, small)
    return found


def _fit_on(
    history: History, days: _Days, horizon_days: int, customers: int, with_today: bool, small: bool
) -> ReturnModel | None:
    """Fit the model, or that of a small client; None where comebacks are too few for it."""
    seed, share = history.settings.seed, min(1.0, MOST_ROWS / max(customers * len(days.all), 1))
    with_today = with_today and share >= 1
    seen = describe(history, days.all + [history.as_of] * with_today, horizon_days, share)
    is_today = _on(seen, [history.as_of])
    today = _as_today(seen[is_today].drop(columns=[*OUTCOMES]))
    seen = seen[~is_today & ~seen["answering"]]
    seen["in_season"] = _on(seen, days.same_season()).astype(float)
    followed = seen[_on(seen, days.followed)]
    rows = followed if small else _rows(seen, days, horizon_days)
    waits = fit_pooled(rows, horizon_days, days.span, seed) if small else _fit_waits(rows, horizon_days)
    if waits is None:
        return None
    boosted = None
    came = came_within(followed, horizon_days).sum()
    fully = days.span == horizon_days and LEAST_COMEBACKS <= came <= len(followed) - LEAST_COMEBACKS
    if fully and isinstance(waits, WaitModel):
        boosted = fit_boosting(followed, waits, horizon_days, seed)
    ago = seen[_on(seen, [days.ago])]
    edges, means = _orders_per_return(waits, ago[~ago["aided"]], horizon_days)
    outcomes = {
        key: _outcome(waits, boosted, seen[_on(seen, [day])], horizon_days)
        for key, day in days.seasonal.items()
        if _on(seen, [day]).sum() >= LEAST_ROWS
    }
    followed_days = days.span if small else int(rows["wait"].max())
    return ReturnModel(
        horizon_days=horizon_days,
        followed_days=followed_days,
        longest_silence=int(rows["silence"].max()),
        waits=waits,
        boosted=boosted,
        level=find_level(outcomes, horizon_days, followed_days),
        today=today,
        orders_per_return=means,
        tenth_edges=edges,
        draws=0,
        seed=seed,
    )


def _fit_waits(rows: pd.DataFrame, horizon_days: int) -> WaitModel | None:
    """Fit the survival model; None where comebacks are too few for it, or it does not converge."""
    if rows.loc[rows["returned"], "customer_id"].nunique() < LEAST_COMEBACKS:
        return None
    try:
        return fit_waits(rows, horizon_days)
    except NoModelError:
        return None


def _on(seen: pd.DataFrame, days: list[date]) -> Flags:
    return np.asarray(seen["landmark"].isin(pd.to_datetime(days)))


def _rows(seen: pd.DataFrame, days: _Days, horizon_days: int) -> pd.DataFrame:
    """Return the survival model's rows: the recent landmarks, and those of the same season.

    Of these, what comes later than the horizon is another season.
    """
    rows = seen[_on(seen, [*days.recent, *days.same_season(LEVEL_YEARS)])]
    late = (rows["in_season"] > 0) & (rows["wait"] > horizon_days)
    return rows.assign(
        wait=rows["wait"].mask(late, horizon_days), returned=rows["returned"].mask(late, False)
    )


def _outcome(
    waits: WaitModel | PooledModel, boosted: BoostedModel | None, frame: pd.DataFrame, horizon_days: int
) -> Outcome:
    """Compare the model with what came of one landmark's customers.

    A customer whom a campaign contacted is followed to that contact alone: to leave them out would
    leave out those who had not come by then.
    """
    followed = np.where(frame["aided"], np.maximum(frame["wait"], 1), horizon_days)
    design = waits.covariates.design(frame)
    hazard = waits.log_hazard(design, followed) + _log_hazard(waits, boosted, design, horizon_days)[1]
    returned = ((frame["wait"] <= horizon_days) & frame["returned"]).to_numpy(float)
    return Outcome.of(np.asarray(hazard), returned, frame)


def _orders_per_return(
    waits: WaitModel | PooledModel, seen: pd.DataFrame, horizon_days: int
) -> tuple[Array, Array]:
    """Return the edges of tenths of the log hazard, and the mean orders of the returners of each.

    Of customers of one horizon ago, or of the longest span that the history holds, who then made
    at least that many. A tenth with few returners takes the mean of all.
    """
    hazard = waits.log_hazard(waits.covariates.design(seen), horizon_days)
    edges = np.quantile(hazard, np.arange(1, TENTHS) / TENTHS)
    later = seen["later"].to_numpy(float)
    came = later > 0
    tenth = np.searchsorted(edges, hazard, side="right")[came]
    counts = np.bincount(tenth, minlength=TENTHS)
    sums = np.bincount(tenth, later[came], TENTHS)
    overall = float(sums.sum() / max(counts.sum(), 1)) if came.any() else 1.0
    means = np.where(counts >= LEAST_RETURNERS, sums / np.maximum(counts, 1), overall)
    return edges, means
