"""What chapters ask of a model of the return probability, whichever of them a client's data allow."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from playbook.records.arrays import Array

Estimate = tuple[float, float, float]
"""A value with the ends of its interval."""


@dataclass(frozen=True)
class ReturnModel(ABC):
    """The chance of an order within the horizon; customers have customer_id, orders, silence_days.

    Attributes
    ----------
    horizon_days : int
        Days within which a return counts.
    followed_days : int
        Longest follow-up from a landmark; the model carries on beyond it.
    longest_silence : int
        The longest silence, in days, that landmarks saw.
    """

    horizon_days: int
    followed_days: int
    longest_silence: int
    method: ClassVar[str]

    @property
    def extrapolated(self) -> bool:
        """Whether the horizon is longer than what was followed."""
        return self.horizon_days > self.followed_days

    @property
    def seasonal(self) -> bool:
        """Whether the level is that of the same season of earlier years."""
        return False

    @abstractmethod
    def predict(self, customers: pd.DataFrame, later_days: Any = 0) -> Array:
        """Return the return probability of customers; NaN without orders.

        Parameters
        ----------
        later_days : int or array, shape (customers,)
            Days of further silence after today.
        """

    @abstractmethod
    def expected_orders(self, customers: pd.DataFrame) -> Array:
        """Return the expected number of orders within the horizon."""

    @abstractmethod
    def expected_buyers(self, customers: pd.DataFrame, level: float = 0.90) -> Estimate:
        """Return how many of these customers are expected to buy, with a predictive interval."""


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
