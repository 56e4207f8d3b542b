"""The base by stage month by month, against pandas that replays the months on a tenth of it.

A million customers, ten million orders, twenty million events, 36 months. What is compared are whole
processes that read the same Parquet files and end with the base by stage at every month's end; both must
count the same. Growth is from a tenth of the customers, orders and events to all of them.
"""

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.benchmarks.measure import Cost, cost, line, python

SIZES = (100_000, 1_000_000)
ORDERS_EACH, EVENTS_EACH, MONTHS = 10, 20, 36
FIRST, DAYS = date(2022, 1, 1), 1096
AT_RISK, LAPSED, LOST = 90, 180, 400
MEMORY = "2GB"
"""What the engine may take, as PLAYBOOK_MEMORY would say; what does not fit it keeps on disk."""


def main() -> None:
    """Compare time and memory of both ways, each in a process of its own."""
    spent: dict[tuple[str, int], Cost] = {}
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            folder = Path(place) / str(size)
            folder.mkdir()
            generate(folder, size)
            counts = [
                duckdb.read_parquet(f"{folder}/{name}.parquet").shape[0] for name in ("orders", "events")
            ]
            print(f"{size:,} customers, {counts[0]:,} orders, {counts[1]:,} events, {MONTHS} months")
            ways = ("engine", "pandas") if size == SIZES[0] else ("engine",)
            for way in ways:
                log = folder / way
                spent[way, size] = cost(python("-m", "tests.benchmarks.stages", way, folder), log=log)
                line(f"{way}, whole process", spent[way, size].seconds, unit="s")
                line(f"{way}, peak memory", spent[way, size].gigabytes, unit="GB")
            if len(ways) == 2:
                same = (folder / "engine").read_text() == (folder / "pandas").read_text()
                line("both count the same (1: yes)", float(same), "1")
    few, many = SIZES
    scaled = spent["pandas", few].seconds * many / few
    line("engine / pandas on a tenth, scaled up", spent["engine", many].seconds / scaled, "below 1")
    line(
        "growth from a tenth to the whole", spent["engine", many].seconds / spent["engine", few].seconds,
        "at most 12",
    )  # fmt: skip
    line("peak memory", spent["engine", many].gigabytes, "below 4", "GB")


def generate(folder: Path, customers: int) -> None:
    """Write orders and events; a customer's days begin when they joined and crowd at the beginning."""
    who = "'C' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id"
    people = f"(SELECT i, CAST(hash(i, 1) % {DAYS - 100} AS INTEGER) AS joined FROM range({customers}) r(i))"
    for name, each, seed in (("orders", ORDERS_EACH, 2), ("events", EVENTS_EACH, 3)):
        many = f"CAST(2 * {each} * (hash(i, {seed}) % 1009 / 1009.0) AS BIGINT)"
        day = f"joined + CAST(({DAYS} - joined) * pow(hash(i, o, {seed}) % 99991 / 99991.0, 1.5) AS INTEGER)"
        value = (
            "CAST(20 + hash(i, o) % 100 AS DECIMAL(18, 4)) AS amount"
            if name == "orders"
            else "CASE hash(i, o, 7) % 40 WHEN 0 THEN 'inquiry' WHEN 1 THEN 'complaint' WHEN 2 THEN"
            " 'complaint_solved' WHEN 3 THEN 'unsubscribe' ELSE 'visit' END AS kind"
        )
        when = "ordered_at" if name == "orders" else "happened_at"
        duckdb.sql(
            f"""COPY (SELECT {who}, DATE '{FIRST}' + least({day}, {DAYS - 1}) AS {when}, {value}
                FROM (SELECT *, unnest(range(1 + {many})) AS o FROM {people}))
                TO '{folder}/{name}.parquet'"""
        )


def engine(folder: Path) -> None:
    """Count the months as chapter 02 does."""
    import ibis

    from playbook.chapters.lifecycle.by_month import count_months
    from playbook.chapters.lifecycle.daily_events import read_daily_events
    from playbook.chapters.lifecycle.rules import Silences
    from playbook.records.history import read_history
    from playbook.records.sources import Sources
    from playbook.settings.client import Settings
    from playbook.stats.inactivity import Inactivity

    connection = ibis.duckdb.connect(temp_directory=f"{folder}/engine_files", memory_limit=MEMORY)
    settings = Settings(
        client="A",
        as_of=FIRST + timedelta(days=DAYS - 1),
        tables={"orders": {"files": "x", "cohort": True}},
        lifecycle={"months": MONTHS},
    )
    events = connection.create_table("events", connection.read_parquet(folder / "events.parquet"), temp=True)
    sources = Sources(connection, connection.read_parquet(folder / "orders.parquet"), events=events)
    history = read_history(settings, sources)
    silences = Silences(AT_RISK, LAPSED, LOST, Inactivity(LAPSED, "settings", None), "settings", "settings")
    print(count_months(history, read_daily_events(history, sources), silences).base.to_numpy().tolist())


def pandas(folder: Path) -> None:
    """Replay every month: who had ordered how often by then, how long ago, and what else had happened."""
    import numpy as np
    import pandas as pd

    orders = pd.read_parquet(folder / "orders.parquet").drop_duplicates(["customer_id", "ordered_at"])
    events = pd.read_parquet(folder / "events.parquet")
    for frame in (orders, events):
        frame["customer_id"] = frame["customer_id"].astype("category")
        day = frame.columns[1]
        frame["day"] = pd.to_datetime(frame.pop(day))
    last = pd.Timestamp(FIRST) + pd.Timedelta(days=DAYS - 1)
    ends = pd.date_range(end=last, periods=MONTHS, freq="ME")
    counted = []
    for end in ends:
        bought = (
            orders[orders["day"] <= end].groupby("customer_id", observed=True)["day"].agg(["size", "max"])
        )
        happened = events[events["day"] <= end]
        visits = happened[happened["kind"] == "visit"].groupby("customer_id", observed=True)["day"]
        visits = visits.agg(["size", "min", "max"])
        seen = pd.DataFrame(index=pd.Index(orders["customer_id"].cat.categories.union(bought.index)))
        seen["orders"] = bought["size"].reindex(seen.index).fillna(0)
        seen["last"] = bought["max"].reindex(seen.index)
        spread = (visits["max"] - visits["min"]).dt.days
        regular = visits.index[(visits["size"] >= 10) & (spread > 30)]
        seen["regular"] = seen.index.isin(regular)
        for kind in ("inquiry", "complaint", "complaint_solved", "unsubscribe"):
            of_kind = happened[happened["kind"] == kind].groupby("customer_id", observed=True)["day"].max()
            seen[kind] = of_kind.reindex(seen.index)
        seen["visited"] = seen.index.isin(visits.index)
        silence = (end - seen["last"]).dt.days
        unsolved = (seen["complaint"] >= seen["last"]) & ~(seen["complaint_solved"] >= seen["complaint"])
        warned = (seen["unsubscribe"] >= seen["last"]) | unsolved
        buyer = seen["orders"] > 0
        rules = {
            8: buyer & (silence > LOST),
            7: buyer & (silence > LAPSED),
            6: buyer & ((silence > AT_RISK) | warned),
            5: buyer & ((seen["orders"] >= 3) | seen["regular"]),
            4: buyer & (seen["orders"] >= 2),
            3: buyer,
            2: seen["inquiry"].notna() | seen["regular"],
            1: seen["visited"],
            0: seen[["complaint", "complaint_solved", "unsubscribe"]].notna().any(axis=1),
        }
        stage = np.select(list(rules.values()), list(rules), -1)
        known = stage[stage >= 0]
        counted.append(np.bincount(known, minlength=9).tolist())
    print(counted)


if __name__ == "__main__":
    {"engine": engine, "pandas": pandas}[sys.argv[1]](Path(sys.argv[2]))
