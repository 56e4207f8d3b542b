"""The return probability: the chance of an order within the horizon, without a win-back offer.

A landmark survival model: on several past days every customer is described by what was known
then, the days to the next order are modelled (`survival_model`), and the level is set for the
season ahead (`season`). A client too small for that gets the curves of `cells`.

(Kaplan-Meier on spells, conditional on silence, is no substitute: see `cells`.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import Array, Flags, Positions
from playbook.records.history import History
from playbook.stats.cells import fit_cells, past_landmarks
from playbook.stats.landmarks import describe
from playbook.stats.return_interface import Estimate, ReturnModel, predictive_interval
from playbook.stats.season import Level, find_level, followed_landmarks
from playbook.stats.survival_model import NoModelError, WaitModel, chance, fit_waits

LEAST_HISTORY = 60
"""Days of history below which no return probability can be told."""
LEAST_CUSTOMERS, LEAST_COMEBACKS = 200, 50
"""Customers, and comebacks from the landmarks, that the model needs; with fewer `cells` is used."""
MOST_ROWS = 200_000
"""Landmark rows that are described at most: of a larger base, a sample of its customers."""
DRAWN_CUSTOMERS = 4_000
"""Customers of a group on whom its interval is drawn; of a larger group, evenly spaced ones."""
TENTHS = 10
LEAST_RETURNERS = 25

_fitted: WeakKeyDictionary[Any, dict[Any, LandmarkModel | None]] = WeakKeyDictionary()
"""What was fitted on a client's days (`History.all_days`), by all that it depends on; without customers.

Five chapters ask for the same few models, and the engine's tables do not change under them.
"""


@dataclass(frozen=True)
class LandmarkModel(ReturnModel):
    """Return probabilities from the landmark survival model; its Weibull tail carries on beyond follow-up.

    Attributes
    ----------
    waits : WaitModel
    level : Level
    today : DataFrame
        Every customer with an order, as `landmarks.describe` sees them on the as-of date, without
        outcomes, by customer_id.
    orders_per_return : array, shape (10,)
        Mean number of orders within the horizon among returners, by tenth of the log hazard.
    tenth_edges : array, shape (9,)
    draws, seed : int
    """

    waits: WaitModel
    level: Level
    today: pd.DataFrame
    orders_per_return: Array
    tenth_edges: Array
    draws: int
    seed: int
    method: ClassVar[str] = "survival"

    @property
    def seasonal(self) -> bool:
        """Whether the level is that of the same season of earlier years."""
        return self.level.years > 0

    def predict(self, customers: pd.DataFrame, later_days: Any = 0) -> Array:
        """Return the return probability, today or after further days of silence; NaN without orders."""
        found, known, places = self._places(customers)
        if np.ndim(later_days) == 0 and later_days == 0:
            found[known] = self._chance_today[places]
            return found
        later = np.broadcast_to(np.asarray(later_days), found.shape)[known]
        frame = self.today.iloc[places]
        found[known] = chance(self._log_hazard(frame, later) + self.level.shift(_silence(frame, later)))
        return found

    def expected_orders(self, customers: pd.DataFrame) -> Array:
        """Return the expected number of orders: the chance times the orders of returners alike."""
        found, known, places = self._places(customers)
        tenth = np.searchsorted(self.tenth_edges, self._hazard_today[places], side="right")
        found[known] = self._chance_today[places] * self.orders_per_return[tenth]
        return found

    @cached_property
    def _hazard_today(self) -> Array:
        return self._log_hazard(self.today, 0)

    @cached_property
    def _chance_today(self) -> Array:
        return chance(self._hazard_today + self.level.shift(_silence(self.today, 0)))

    def _places(self, customers: pd.DataFrame) -> tuple[Array, Flags, Positions]:
        """Return a NaN for each customer, who of them is known, and where these stand in ``today``."""
        places = self.today.index.get_indexer(pd.Index(customers["customer_id"]))
        known = places >= 0
        return np.full(len(customers), np.nan), known, places[known]

    def expected_buyers(self, customers: pd.DataFrame, level: float = 0.90) -> Estimate:
        """Return how many of these customers are expected to buy, with a predictive interval.

        The interval holds the uncertainty of the model (sandwich over shards of customers), what
        one period differs from another, and the chance of who buys (binomial).
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
        design = self.waits.covariates.design(frame)
        silence = frame["silence"].to_numpy(float)
        estimate = chance(self.waits.log_hazard(design, self.horizon_days) + self.level.shift(silence))
        drawn = chance(
            self.waits.drawn(design, self.horizon_days, self.draws, self.seed)
            + self.level.drawn(silence, self.draws, self.seed)
        )
        return np.asarray(drawn.sum(axis=0) / max(float(estimate.sum()), 1e-12))

    def _log_hazard(self, frame: pd.DataFrame, later_days: Any) -> Array:
        return self.waits.log_hazard(self.waits.covariates.design(frame, later_days), self.horizon_days)


def _silence(frame: pd.DataFrame, later_days: Any) -> Array:
    return np.asarray(np.maximum(frame["silence"].to_numpy(float) + later_days, 0))


def seen_from(history: History, as_of: date) -> History:
    """Return the history as it was known on an earlier day."""
    days = history.days.filter(history.days.day <= ibis.literal(as_of))
    return replace(history, days=days, as_of=as_of, last_day=min(history.last_day, as_of))


def fit(history: History, horizon_days: int, draws: int = 400) -> ReturnModel | None:
    """Estimate return probabilities from past landmarks.

    Returns None where the history is too short or nobody was seen at a landmark and came back.
    """
    length = (history.as_of - history.first_day).days
    if length < LEAST_HISTORY:
        return None
    return _fit_survival(history, horizon_days, draws) or fit_cells(history, horizon_days, min(draws, 200))


def _fit_survival(history: History, horizon_days: int, draws: int) -> LandmarkModel | None:
    """Fit the survival model; None where the client is too small for it, or it does not converge."""
    today = describe(history, [history.as_of], horizon_days, outcomes=False)
    if len(today) < LEAST_CUSTOMERS:
        return None
    contacts, seed = history.contacts_made, history.settings.seed
    seen = (history.days.op(), None if contacts is None else contacts.op())
    asked = (*seen, history.as_of, history.first_day, horizon_days, seed)
    known = _fitted.setdefault(history.all_days, {})
    if asked not in known:
        known[asked] = _fit_landmarks(history, horizon_days, len(today))
    model = known[asked]
    return model and replace(model, today=today.set_index("customer_id"), draws=draws)


def _fit_landmarks(history: History, horizon_days: int, customers: int) -> LandmarkModel | None:
    """Fit the model on past landmarks of a client with so many customers; it holds none of today's."""
    as_of, length = history.as_of, (history.as_of - history.first_day).days
    days = past_landmarks(history, horizon_days)
    followed = followed_landmarks(history.first_day, as_of, horizon_days)
    one_span_ago = as_of - timedelta(days=min(horizon_days, length // 2))
    needed = sorted({*days, *followed.values(), one_span_ago})
    seen = describe(history, needed, horizon_days, min(1.0, MOST_ROWS / (customers * len(needed))))
    seen = seen[~seen["answering"]]
    rows = seen[seen["landmark"].isin(pd.to_datetime(days))]
    on = {day: seen[seen["landmark"] == pd.Timestamp(day)] for day in needed}
    if rows.loc[rows["returned"], "customer_id"].nunique() < LEAST_COMEBACKS:
        return None
    try:
        waits = fit_waits(rows, horizon_days)
    except NoModelError:
        return None
    followed_days = int(rows["wait"].max())
    ago = on[one_span_ago]
    edges, means = _orders_per_return(waits, ago[~ago["aided"]], horizon_days)
    return LandmarkModel(
        horizon_days=horizon_days,
        followed_days=followed_days,
        waits=waits,
        level=find_level(waits, {key: on[day] for key, day in followed.items()}, horizon_days, followed_days),
        today=pd.DataFrame(),
        orders_per_return=means,
        tenth_edges=edges,
        longest_silence=int(rows["silence"].max()),
        draws=0,
        seed=history.settings.seed,
    )


def _orders_per_return(waits: WaitModel, seen: pd.DataFrame, horizon_days: int) -> tuple[Array, Array]:
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
