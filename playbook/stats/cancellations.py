"""Contracts that were cancelled: the day by customer, and who is lost through it today."""

import pandas as pd

from playbook.records.arrays import Flags
from playbook.records.history import History

LEAST_CANCELLED = 10
"""Cancelled contracts below which silence says who left."""


def cancellation_days(history: History) -> pd.Series | None:
    """Return the day of cancellation (datetime64) by customer_id, those still to come among them.

    None where fewer than `LEAST_CANCELLED` contracts were cancelled by the as-of date.
    """
    days = _days(history)
    return None if int((days <= pd.Timestamp(history.as_of)).sum()) < LEAST_CANCELLED else days


def lost_by_cancellation(customers: pd.DataFrame, history: History) -> Flags:
    """Say whose contract was cancelled by the as-of date, with no order since.

    Parameters
    ----------
    customers : DataFrame
        customer_id, last_order.
    """
    day = customers["customer_id"].map(_days(history))
    since = pd.to_datetime(customers["last_order"]) > day
    return ((day <= pd.Timestamp(history.as_of)) & ~since).to_numpy(bool)


def _days(history: History) -> pd.Series:
    known = history.known
    if known is None or "cancelled_on" not in known.columns:
        return pd.Series(dtype="datetime64[ns]")
    ended = known.filter(known.customer_id.notnull() & known.cancelled_on.notnull())
    table = ended.group_by("customer_id").aggregate(day=ended.cancelled_on.min())
    frame = table.order_by("customer_id").to_pyarrow().to_pandas()
    return pd.Series(pd.to_datetime(frame["day"]).to_numpy(), frame["customer_id"], dtype="datetime64[ns]")
