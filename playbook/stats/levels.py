"""Customers by the values of a column that the client names."""

from typing import Any

import ibis
import pandas as pd

from playbook.records.canonical import COLUMNS
from playbook.records.history import History
from playbook.records.same_person import labelled
from playbook.records.sources import Sources
from playbook.settings.report import NEVER_SHOWN

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
        table = labelled(sources.customers)
        known = table.group_by("customer_id").aggregate(level=_text(name, table).min())
    frame = known.filter(known.level.notnull()).order_by("customer_id").to_pyarrow().to_pandas()
    return pd.Series(frame["level"].to_numpy(object), frame["customer_id"], dtype=object)


def _of_first_order(name: str, history: History, lines: Any) -> Any:
    orders = history.orders
    first = orders.group_by("customer_id").aggregate(day=orders.day.min())
    own = lines.select("customer_id", "amount", day="ordered_at", level=_text(name, lines))
    own = own.filter(own.level.notnull() & (own.amount >= 0)).inner_join(first, ["customer_id", "day"])
    spent = own.group_by("customer_id", "level").aggregate(spent=own.amount.sum())
    most = ibis.window(group_by=spent.customer_id, order_by=[ibis.desc(spent.spent), spent.level])
    place = spent.mutate(place=ibis.row_number().over(most))
    return place.filter(place.place == 0).select("customer_id", "level")


def _text(name: str, table: Any) -> Any:
    """Return a column as text, a whole number without the point that it was read with."""
    text = table[name].cast("string")
    kind = COLUMNS["customers"].get(name) or COLUMNS["orders"].get(name)
    return text if kind else text.re_replace(r"\.0+$", "")
