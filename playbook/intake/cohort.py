"""Whether a log of orders is a cohort from its birth: it begins with all its customers' first orders."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

LATECOMERS = 0.001
"""A share of customers first seen later than the others that is not looked at, such as slips in numbers."""
LEAST_REST, TIMES = 183, 3
"""Days of the log after the last new customer, and how many times as long they are as those before."""
LEAST_LATER_HALF = 0.25
LEAST_FLOW = 0.05
LEAST_LATE, LEAST_LATE_SHARE = 30, 0.1


@dataclass(frozen=True)
class Cohort:
    """What speaks for a cohort: so many customers, the last of them new on a day, and the last order."""

    customers: int
    last_new: date
    last_day: date

    @property
    def reason(self) -> str:
        """The evidence, as a clause."""
        return f"nobody is new after {self.last_new}, though orders go on until {self.last_day}"


def cohort_in(days: Any) -> Cohort | None:
    """Return the cohort that a log is, None where too little speaks for it.

    New customers come in the first days of the log, its window, and nobody does in the rest of it. That alone
    says little: in a log that begins in the middle of a business without new customers, the old ones are
    first seen early too. So all of this must hold:

    - The rest of the log is `TIMES` as long as the window, in which all but `LATECOMERS` of the customers are
      first seen, and has `LEAST_REST` days: no short log.
    - The second half of the window brought `LEAST_LATER_HALF` of the customers: those of an old base, and
      those carried over from an older system, are met at its beginning.
    - In the last third of the log there are, by day, `LEAST_FLOW` of the orders of the window: it lives on.
    - Had the log begun where the window ends, `LEAST_LATE_SHARE` of the customers seen from there on, and
      `LEAST_LATE` of them, would first be seen later than another window from there. As many old customers
      would have come late in this log, if it had begun in the middle of business, and nobody did.

    Parameters
    ----------
    days : ibis.Table
        customer_id and day of each line, or of each day with one; neither is null.
    """
    people = days.group_by("customer_id").aggregate(first=days.day.min())
    new = _by_day(people.group_by(day=people["first"]).aggregate(n=people.count()))
    flow = _by_day(days.group_by("day").aggregate(n=days.count()))
    if new.empty:
        return None
    arrived, length = new.cumsum(), int(flow.index[-1])
    customers = int(arrived.iloc[-1])
    window = int(arrived.index[arrived.ge(customers * (1 - LATECOMERS))][0])
    rest = length - window
    if rest < max(LEAST_REST, TIMES * window):
        return None
    if new[(new.index > window / 2) & (new.index <= window)].sum() < LEAST_LATER_HALF * customers:
        return None
    flowing = flow[flow.index > length * 2 / 3].sum() / (length / 3)
    if flowing < LEAST_FLOW * flow[flow.index <= window].sum() / window:
        return None
    begin = new.attrs["begin"]
    last_new = begin + timedelta(days=window)
    if not _would_come_late(days, last_new, timedelta(days=window)):
        return None
    return Cohort(customers, last_new, begin + timedelta(days=length))


def _by_day(counted: Any) -> "pd.Series[int]":
    """Return counts by day since the first one, the date of which stands in ``attrs``."""
    frame = counted.order_by("day").to_pyarrow().to_pandas()
    dates = pd.to_datetime(frame["day"])
    series: pd.Series[int] = pd.Series(frame["n"].to_numpy("int64"), (dates - dates.min()).dt.days)
    series.attrs["begin"] = None if frame.empty else dates.min().date()
    return series


def _would_come_late(days: Any, begin: date, window: timedelta) -> bool:
    """Whether enough of the customers of a log that begins after a day would be first seen after a window."""
    later = days.filter(days.day > ibis.literal(begin))
    people = later.group_by("customer_id").aggregate(first=later.day.min())
    counted = people.aggregate(
        all=people.count(), late=(people["first"] > ibis.literal(begin + window)).sum()
    )
    row = counted.to_pyarrow().to_pylist()[0]
    return bool((row["late"] or 0) >= max(LEAST_LATE, LEAST_LATE_SHARE * row["all"]))
