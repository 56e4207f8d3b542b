"""Histories for the benchmarks: the two public logs, and generated clients of any length."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from playbook.demo import donors, retailer
from playbook.records.history import History, read_history
from playbook.records.sources import Sources, open_sources
from playbook.settings.client import Settings, load
from tests.conftest import REAL_DATA, write_cdnow, write_online_retail

WRITERS = {"CDNOW": write_cdnow, "Online Retail II": write_online_retail}
WORLD_END = date(2027, 12, 31)


@contextmanager
def real(name: str) -> Iterator[History]:
    """Open CDNOW or Online Retail II."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "client"
        WRITERS[name](REAL_DATA, folder)
        settings = load("client", Path(place))
        sources = open_sources(settings, folder)
        yield read_history(settings, sources)
        sources.close()


def generated(kind: str, seed: int) -> History:
    """Return a generated retailer or charity whose record runs to the end of its world."""
    make = retailer.generate if kind == "retailer" else donors.generate
    demo = make(seed, last_day=WORLD_END)
    lines = demo.orders
    columns = [name for name in ("list_amount", "quantity", "sales_channel", "source") if name in lines]
    lines = lines.assign(ordered_at=pd.to_datetime(lines["ordered_at"]))
    lines = lines[["customer_id", "ordered_at", "amount", *columns]].dropna(subset=["customer_id", "amount"])
    connection = ibis.duckdb.connect()
    table = connection.create_table("order_lines", ibis.memtable(lines))
    money = {name: table[name].cast("decimal(18, 4)") for name in ("amount", "list_amount") if name in lines}
    table = table.mutate(**money, ordered_at=table.ordered_at.cast("date"))
    contacts = connection.create_table("contacts", ibis.memtable(demo.contacts))
    contacts = contacts.mutate(contacted_at=contacts.contacted_at.cast("date"))
    events = connection.create_table("events", ibis.memtable(demo.events))
    events = events.mutate(happened_at=events.happened_at.cast("date"))
    return read_history(
        Settings(client=kind, tables={"orders": {"files": "none"}}),
        Sources(connection, table, contacts=contacts, events=events),
    )


def came_within(history: History, as_of: date, days: int, customers: pd.Series) -> np.ndarray:
    """Return whether each customer ordered within the days after."""
    orders = history.orders
    until = ibis.literal(as_of + timedelta(days=days))
    after = orders.filter((orders.day > ibis.literal(as_of)) & (orders.day <= until))
    return customers.isin(set(after.select("customer_id").distinct().to_pyarrow()[0].to_pylist())).to_numpy()
