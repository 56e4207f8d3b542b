"""Customers by the values of a column that the client names."""

from typing import Any

import ibis
import pandas as pd

from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.report import NEVER_SHOWN
from playbook.stats.rhythms import values_of

OF_ORDERS = ("category", "sales_channel", "source", "coupon")
"""Columns of the orders that say something about a customer: by the first order."""


def known_columns(sources: Sources) -> list[str]:
    """Return the columns by whose values a client's customers can be told apart."""
    customers = () if sources.customers is None else sources.customers.columns
    named = [name for name in customers if name not in NEVER_SHOWN]
    return [*named, *(name for name in OF_ORDERS if name in sources.orders.columns and name not in named)]


def is_of_orders(name: str, sources: Sources) -> bool:
    """Whether a column is one of the orders alone."""
    return sources.customers is None or name not in sources.customers.columns


def levels(name: str, history: History, sources: Sources) -> pd.Series:
    """Return the value of a column (str) by customer_id; who has none is not there.

    Of the orders it is that of the first day with a sale: where there are several, the one on which
    most was spent that day, the first by name where as much was spent on two.

    Parameters
    ----------
    name : str
        One of `known_columns`.
    """
    if is_of_orders(name, sources):
        known = _of_first_order(name, history, sources.orders)
    else:
        known = values_of(history, name).rename(level="value")
    frame = known.order_by("customer_id").to_pyarrow().to_pandas()
    level = frame["level"].str.replace(
        r"^(\d+)\.0$", r"\1", regex=True
    )  # a number that was read with a point
    return pd.Series(level.to_numpy(object), frame["customer_id"], dtype=object)


def _of_first_order(name: str, history: History, lines: Any) -> Any:
    orders = history.orders
    first = orders.group_by("customer_id").aggregate(day=orders.day.min())
    own = lines.select("customer_id", "amount", day="ordered_at", level=lines[name])
    own = own.filter(own.level.notnull() & (own.amount >= 0)).inner_join(first, ["customer_id", "day"])
    spent = own.group_by("customer_id", "level").aggregate(spent=own.amount.sum())
    most = ibis.window(group_by=spent.customer_id, order_by=[ibis.desc(spent.spent), spent.level])
    place = spent.mutate(place=ibis.row_number().over(most))
    return place.filter(place.place == 0).select("customer_id", "level")
