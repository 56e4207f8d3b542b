"""Settings, offers and customers as small as a test of offers needs them."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from playbook.offers.catalogue import Offer
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS


def settings_of(**changes: Any) -> Settings:
    """Settings of a client with a table of orders, and the defaults of the method for all the rest."""
    return Settings.model_validate({"client": "x", "tables": {"orders": {}}} | changes)


def offer(name: str = "Letter", **changes: Any) -> Offer:
    """A letter that costs 2 and is assumed to bring back 5 more of a hundred, between 1 and 10."""
    given = {
        "name": name,
        "kind": "material",
        "channel": "letter",
        "cost": 2.0,
        "responsible": "marketing",
        "response": {"points": 0.05, "low": 0.01, "high": 0.1},
    }
    return Offer.model_validate(given | changes)


def people(n: int = 40, **columns: Any) -> pd.DataFrame:
    """Customers as chapters 03, 04 and 06 leave them, with what is known of their consent."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"customer_id": [f"K{i:03}" for i in range(n)]})
    defaults = {
        "orders": 3,
        "revenue": 150.0,
        "lapsed": True,
        "left_out": False,
        "silence_days": 300,
        "return_probability": 0.1,
        "second_lifetime_value": 100.0,
        "score": random.random(n) * 100,
        "rank": np.arange(1, n + 1),
        "class": "first",
        "reason": "past margin",
        "complaint": False,
        "cancellation": False,
        "owner": None,
        "contacted_recently": False,
        "lost_for_good": False,
        "cancelled": False,
        "last_order": date(2025, 3, 1),
        "complaint_on": pd.NaT,
        "cancellation_on": pd.NaT,
    }
    for channel in CHANNELS:
        defaults |= {f"may_{channel}": True, f"assumed_{channel}": False}
    return frame.assign(**(defaults | columns))
