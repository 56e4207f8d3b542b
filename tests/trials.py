"""Small clients with campaigns, made in memory, for tests of the measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from playbook.records.history import History, customers, read_history
from playbook.records.sources import Sources, open_sources
from playbook.settings.client import Settings, load
from playbook.settings.measurement import Measurement
from playbook.stats.trials.data import CampaignTrial, read_trials
from playbook.stats.trials.measure import Measured, measure

START = pd.Timestamp("2025-03-03")
AS_OF = date(2025, 12, 31)
RULES = Measurement(bootstrap_draws=200)
CONTACTS = {
    "campaign": "string",
    "customer_id": "string",
    "contacted_at": "date",
    "channel": "string",
    "arm": "string",
    "offer": "string",
    "cost": "decimal(18, 4)",
}


@dataclass(frozen=True)
class Client:
    history: History
    sources: Sources
    customers: pd.DataFrame

    def trials(self, **more) -> list[CampaignTrial]:
        return read_trials(self.history, self.sources, self.customers, **more)


def client_of(orders, contacts, events=None, known=None, **settings) -> Client:
    """Open tables given as frames; orders are customer_id, ordered_at, amount (margin is all of it)."""
    chosen = {"client": "x", "tables": {"orders": {}}, "margin_rate": 1.0, "as_of": AS_OF} | settings
    connection = ibis.duckdb.connect()
    made = {
        "orders": (orders, {"customer_id": "string", "ordered_at": "date", "amount": "decimal(18, 4)"}),
        "contacts": (contacts, {name: CONTACTS[name] for name in contacts}),
        "events": (events, {"customer_id": "string", "happened_at": "date", "kind": "string"}),
        "customers": (known, {name: "string" for name in known} if known is not None else {}),
    }
    tables = {
        name: connection.create_table(f"{name}_given", _typed(frame, schema), temp=True)
        for name, (frame, schema) in made.items()
        if frame is not None
    }
    sources = Sources(connection=connection, **tables)
    history = read_history(Settings.model_validate(chosen), sources)
    return Client(history, sources, customers(history)[["customer_id"]])


def _typed(frame: pd.DataFrame, schema: dict) -> ibis.Table:
    frame = frame[list(schema)].copy()
    for name, kind in schema.items():
        if kind == "date":
            frame[name] = pd.to_datetime(frame[name]).dt.date
        if kind.startswith("decimal"):
            frame[name] = frame[name].astype(float).round(2)
    given = {name: "float64" if kind.startswith("decimal") else kind for name, kind in schema.items()}
    table = ibis.memtable(frame, schema=given)
    return table.mutate(
        **{name: table[name].cast(kind) for name, kind in schema.items() if kind.startswith("decimal")}
    )


def contacts_of(treated, control, start=START, **columns) -> pd.DataFrame:
    """Contacts of one campaign, everybody on one day; cost 1 where contacted."""
    arms = ["treated"] * len(treated) + ["control"] * len(control)
    made = {
        "campaign": "SPRING",
        "customer_id": [*treated, *control],
        "contacted_at": start,
        "channel": "letter",
        "arm": arms,
        "offer": ["Letter"] * len(treated) + [None] * len(control),
        "cost": [1.0] * len(treated) + [np.nan] * len(control),
    }
    return pd.DataFrame(made | columns)


def ids(letter: str, n: int) -> list[str]:
    return [f"{letter}{number:05}" for number in range(n)]


def orders_of(*rows) -> pd.DataFrame:
    """Orders from (customer ids, day from the start, amount)."""
    parts = [
        pd.DataFrame({"customer_id": who, "ordered_at": START + pd.Timedelta(days=day), "amount": amount})
        for who, day, amount in rows
    ]
    return pd.concat(parts, ignore_index=True)


def simple(n=200, won=80, unaided=40, amount=20.0, later=0, **settings) -> Client:
    """Two arms of n; so many of each come back on day 10, and ``later`` of the control group on day 60."""
    treated, control = ids("T", n), ids("C", n)
    spread = np.linspace(0.5, 1.5, n) * amount
    rows = [(treated + control, -400, 30.0)]
    rows += [(treated[:won], 10, spread[:won]), (control[:unaided], 10, spread[:unaided])]
    if later:
        rows.append((control[-later:], 60, spread[-later:]))
    return client_of(orders_of(*rows), contacts_of(treated, control), **settings)


def changed(rows: pd.DataFrame, won=80) -> Client:
    """The customers of `simple` with other contacts; so many of those contacted come back."""
    spread = np.linspace(10, 30, 200)
    listed = [(ids("T", 200) + ids("C", 200), -400, 30.0)]
    listed += [(ids("T", won), 10, spread[:won]), (ids("C", 40), 10, spread[:40])]
    return client_of(orders_of(*listed), rows)


def judged(client, rules=RULES, **more) -> Measured:
    """The first campaign of a client, measured."""
    return measure(client.trials(**more)[0], rules, 1)


@contextmanager
def opened(data: Path, name: str) -> Iterator[tuple[History, Sources]]:
    """The tables of a client's folder."""
    chosen = load(name, data)
    sources = open_sources(chosen, data / name)
    yield read_history(chosen, sources), sources
    sources.close()


@cache
def measured_campaigns(name: str, data: Path) -> dict[str, Measured]:
    """All campaigns of a client's folder by name, measured once."""
    with opened(data, name) as (history, sources):
        trials = read_trials(history, sources, customers(history))
        return {trial.campaign: measure(trial, history.settings.measurement, 1) for trial in trials}
