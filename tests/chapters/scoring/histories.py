"""Histories made of a few order lines."""

import ibis
import pandas as pd

from playbook.records.history import read_history
from playbook.records.sources import Sources
from playbook.settings.client import Settings


def history_of(lines, **settings):
    """Read order lines (customer_id, ordered_at, amount) as a client's history; amounts are margins."""
    lines = pd.DataFrame(lines, columns=["customer_id", "ordered_at", "amount"])
    lines = lines.assign(ordered_at=pd.to_datetime(lines["ordered_at"]))
    connection = ibis.duckdb.connect()
    table = connection.create_table("lines", ibis.memtable(lines))
    table = table.mutate(amount=table.amount.cast("decimal(18, 4)"), ordered_at=table.ordered_at.cast("date"))
    chosen = Settings(client="A", margin_rate=1, tables={"orders": {"files": "none"}}, **settings)
    return read_history(chosen, Sources(connection, table))
