"""Bands of orders and of silence by which customers are shown."""

from typing import Any

import numpy as np

from playbook.records.arrays import Positions

ORDER_BANDS = (1, 2, 3, 5, 10)
ORDER_LABELS = ("1", "2", "3–4", "5–9", "10+")
SILENCE_BANDS = (0, 31, 61, 91, 181, 366, 731)
SILENCE_LABELS = ("0–30", "31–60", "61–90", "91–180", "181–365", "366–730", "731+")


def order_band(orders: Any) -> Positions:
    """Return the position in `ORDER_BANDS` of each number of orders."""
    return np.searchsorted(ORDER_BANDS, np.asarray(orders), side="right") - 1


def silence_band(silence: Any) -> Positions:
    """Return the position in `SILENCE_BANDS` of each silence in days."""
    return np.searchsorted(SILENCE_BANDS, np.asarray(silence), side="right") - 1
