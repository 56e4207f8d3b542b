"""Chapter 05: customers who were not lapsed on past days, what they showed then, and whether they left.

Whoever orders nothing within the horizon has left; where the client's contracts have dates of
cancellation, whoever cancels within it.
"""

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

import numpy as np
import pandas as pd

from playbook.chapters.warning import signals
from playbook.chapters.warning.signals import Visible
from playbook.records.arrays import Array, Flags
from playbook.records.history import YEAR, History
from playbook.records.sources import Sources
from playbook.settings.client import EarlyWarning
from playbook.stats import return_probability
from playbook.stats.cancellations import cancellation_days
from playbook.stats.landmarks import describe
from playbook.stats.rhythms import own_days

MOST_LANDMARKS = 4
MOST_ROWS = 200_000
"""Descriptions at most: of a larger base, a sample of its customers."""
LEAST_FOLLOWED = 30
LEAST_BEFORE = 90
"""Days of history that a landmark needs before it, or the horizon where that is shorter."""
SAME_SEASON = 15
"""Days by which a landmark may miss the day one year ago and still stand for its season."""
NO_ORDER, CANCELLED = "no_order", "cancelled"
"""What counts as leaving."""


@dataclass(frozen=True)
class LookBack:
    """Customers not lapsed, on past days.

    Attributes
    ----------
    rows : DataFrame
        customer_id, landmark (datetime64), shard, orders, silence, age (days), left (bool), chance
        (the return probability as it would have been told on that day; NaN where it could not),
        threshold_days (the silence after which this customer counts as lapsed, by today's threshold).
    signals : DataFrame
        Which signals were on, aligned with ``rows``; see `signals.read`.
    before : DataFrame
        The same on the day before the customer's last order.
    visible : Visible
    horizon_days : int
    threshold_days : int
        The silence after which customers count as lapsed who have no threshold of their own.
    wanted_days : int
        The horizon of the settings; longer where the history does not hold two of it.
    outcome : str
        no_order or cancelled: what counts as leaving.
    rules : EarlyWarning
        From where on a signal is on.
    """

    rows: pd.DataFrame
    signals: pd.DataFrame
    before: pd.DataFrame
    visible: Visible
    horizon_days: int
    threshold_days: int
    wanted_days: int
    outcome: str
    rules: EarlyWarning

    @property
    def landmarks(self) -> list[date]:
        """The days on which customers were described, the earliest first."""
        return [pd.Timestamp(day).date() for day in sorted(self.rows["landmark"].unique())]

    def take(self, chosen: Flags) -> Self:
        """Return some of the rows."""
        parts = {name: getattr(self, name)[chosen] for name in ("rows", "signals", "before")}
        return replace(self, **{name: frame.reset_index(drop=True) for name, frame in parts.items()})


def horizon_that_fits(history: History) -> int | None:
    """Return the horizon, or the longest of which two fit the history; None below 30 days."""
    length = (history.as_of - history.first_day).days
    horizon = min(history.settings.horizon_days, length // 2)
    return horizon if horizon >= LEAST_FOLLOWED else None


def landmark_days(history: History, horizon_days: int) -> list[date]:
    """Return past days with a whole horizon after them, the same season one year ago among them.

    They lie one horizon apart; the day one year ago is added where none of them is near it and a
    horizon has passed since.
    """
    length = (history.as_of - history.first_day).days - min(LEAST_BEFORE, horizon_days)
    back = [k * horizon_days for k in range(1, MOST_LANDMARKS + 1) if k * horizon_days <= length]
    year = YEAR * math.ceil(horizon_days / YEAR)
    if year <= length and not any(abs(days - year) <= SAME_SEASON for days in back):
        back.append(year)
    return sorted(history.as_of - timedelta(days=days) for days in back)


def look_back(
    history: History, sources: Sources, threshold_days: int, horizon_days: int | None
) -> LookBack | None:
    """Describe customers not lapsed on past days, and see who left.

    Parameters
    ----------
    horizon_days : int or None
        From `horizon_that_fits`.

    Returns
    -------
    LookBack or None
        None where the history is too short, or nobody was there.
    """
    days = landmark_days(history, horizon_days) if horizon_days else []
    if horizon_days is None or not days:
        return None
    customers = int(history.days.customer_id.nunique().execute())
    share = min(1.0, MOST_ROWS / (customers * len(days)))
    seen = describe(history, days, horizon_days, share)
    ends = cancellation_days(history)
    outcome = NO_ORDER if ends is None else CANCELLED
    seen["left"] = seen["later"] == 0
    seen["threshold_days"] = own_days(seen["customer_id"], history, threshold_days)
    if ends is None:
        seen = seen[seen["silence"] <= seen["threshold_days"]]
    else:
        after = (seen["customer_id"].map(ends) - seen["landmark"]).dt.days
        seen = seen.assign(left=(after <= horizon_days))[~(after <= 0)]
    if seen.empty:
        return None
    seen = seen.reset_index(drop=True)
    seen["chance"] = _chances(history, seen, horizon_days)
    visible = signals.find_visible(history, sources)
    described = ["customer_id", "landmark", "shard", "orders", "silence", "threshold_days", "age"]
    then = pd.DataFrame({"customer_id": seen["customer_id"], "day": seen["landmark"]})
    before = then.assign(day=then["day"] - pd.to_timedelta(seen["silence"] + 1, unit="D"))
    return LookBack(
        rows=seen[[*described, "left", "chance"]],
        signals=signals.shown_at(then, history, sources, visible),
        before=signals.shown_at(before, history, sources, visible),
        visible=visible,
        horizon_days=horizon_days,
        threshold_days=threshold_days,
        wanted_days=history.settings.horizon_days,
        outcome=outcome,
        rules=history.settings.warning,
    )


def _chances(history: History, seen: pd.DataFrame, horizon_days: int) -> Array:
    """Return the return probability that would have been told on each row's landmark."""
    found = np.full(len(seen), np.nan)
    for landmark, rows in seen.groupby("landmark"):
        day = pd.Timestamp(str(landmark)).date()
        model = return_probability.fit(return_probability.seen_from(history, day), horizon_days)
        if model is not None:
            found[rows.index.to_numpy()] = model.predict(rows.rename(columns={"silence": "silence_days"}))
    return found


def who_showed(past: LookBack | None, signal: str) -> tuple[pd.Series, pd.Series]:
    """Return who left, and who showed a signal; nobody where there is no past to look at."""
    if past is None:
        return pd.Series(dtype=bool), pd.Series(dtype=float)
    return past.rows["left"], past.signals[signal]


def today(
    history: History, sources: Sources, customers: pd.DataFrame, visible: Visible, contracts: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers not lapsed today, or those whose contract runs, and their signals.

    Parameters
    ----------
    customers : DataFrame
        The customer table with orders, last_order, lapsed and return_probability.
    contracts : bool
        Whether cancellations are dated.

    Returns
    -------
    watched : DataFrame
        The rows of ``customers`` with silence and age (days) and chance (the return probability).
    shown : DataFrame
        Which signals are on, aligned.
    """
    here = (customers["orders"] > 0).to_numpy(bool)
    ends = cancellation_days(history) if contracts else None
    if ends is None:
        here &= ~customers["lapsed"].to_numpy(bool)
    else:
        here &= ~(customers["customer_id"].map(ends) <= pd.Timestamp(history.as_of)).to_numpy(bool)
    watched = customers[here].reset_index(drop=True)
    as_of = pd.Timestamp(history.as_of)
    for name, since in (("silence", "last_order"), ("age", "first_order")):
        watched[name] = (as_of - pd.to_datetime(watched[since])).dt.days.astype("int64")
    watched["chance"] = watched["return_probability"].astype(float)
    now = watched[["customer_id"]].assign(day=as_of)
    return watched, signals.shown_at(now, history, sources, visible)
