"""Return probabilities of a million customers, against BG/NBD and one customer aggregation.

Orders are drawn customer by customer (BG/NBD's own process with a season), not copied from a log.
What it takes to start and to read the orders by day is taken off every way's time. The aims are for
wall time on a machine of our own; on a shared one the processor's time beside it says more, though
it counts against ways that use several cores.
"""

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.benchmarks.measure import Cost, cost, line, python

SIZES = (100_000, 1_000_000)
ORDERS_EACH = 16
HORIZON = 183
FIRST, DAYS = date(2022, 1, 1), 1095


def main() -> None:
    """Compare time and memory of the ways, each in a process of its own."""
    spent: dict[tuple[str, int], Cost] = {}
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            file = Path(place) / f"{size}.parquet"
            generate(file, size)
            orders = duckdb.read_parquet(str(file)).shape[0]
            print(f"{size:,} customers, {orders:,} orders")
            for way in WAYS:
                spent[way, size] = cost(python("-m", "tests.benchmarks.landmarks", way, file))
                line(f"{way}, whole process", spent[way, size].seconds, unit="s")
                line(f"{way}, processor", spent[way, size].processor, unit="s")
                line(f"{way}, peak memory", spent[way, size].gigabytes, unit="GB")
    few, many = SIZES
    for clock in ("seconds", "processor"):

        def net(way: str, size: int, clock: str = clock) -> float:
            return float(getattr(spent[way, size], clock) - getattr(spent["nothing", size], clock))

        ours, one = net("fit and predict", many), net("aggregation", many)
        print("By wall time" if clock == "seconds" else "By the processor's time")
        line("fit and predict / BG/NBD fit", ours / net("BG/NBD", many), "at most 0.5")
        line("landmark features / one aggregation", net("features", many) / one, "at most 8")
        line("growth from 0.1 to 1 million customers", ours / net("fit and predict", few), "at most 12")
    line("peak memory", spent["fit and predict", many].gigabytes, "at most 6", "GB")


def generate(file: Path, customers: int) -> None:
    """Write one row per order: each customer has a rate of their own and leaves at a time of their own."""
    duckdb.sql(
        f"""COPY (
            WITH people AS (
                SELECT i, 'C' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_id,
                       CAST(hash(i, 1) % {DAYS} AS INTEGER) AS joined,
                       {ORDERS_EACH} * 2.2 * pow(hash(i, 2) % 10007 / 10007.0, 2) AS rate,
                       200 + 1500 * (hash(i, 3) % 10007 / 10007.0) AS stays
                FROM range({customers}) r(i)),
            orders AS (
                SELECT customer_id, joined + CAST(o * stays / (1 + rate) * (0.5 + hash(i, o) % 997 / 997.0)
                       AS INTEGER) AS day, hash(i, o, 5) % 9973 / 9973.0 AS u
                FROM (SELECT *, unnest(range(1 + CAST(rate * 1.8 AS BIGINT))) AS o FROM people))
            SELECT customer_id, DATE '{FIRST}' + day AS ordered_at,
                   CAST(round(5 + 200 * pow(u, 3), 2) AS DECIMAL(18, 4)) AS amount
            FROM orders WHERE day < {DAYS}) TO '{file}'"""
    )


def _history(file: Path):
    import ibis

    from playbook.records.history import read_history
    from playbook.records.sources import Sources
    from playbook.settings.client import Settings

    connection = ibis.duckdb.connect()
    lines = connection.read_parquet(file)
    return read_history(Settings(client="A", tables={"orders": {"files": "x"}}), Sources(connection, lines))


def nothing(file: Path) -> None:
    """Start and read the orders by day, as every way of ours does."""
    _history(file)


def fit_and_predict(file: Path) -> None:
    """Fit the model and predict every customer."""
    from playbook.stats import return_probability

    model = return_probability.fit(_history(file), HORIZON)
    customers = model.today.reset_index()
    model.predict(customers)
    model.expected_buyers(customers)


def features(file: Path) -> None:
    """Describe the sample at its landmarks, and everybody today."""
    from playbook.stats.landmarks import describe
    from playbook.stats.return_probability import LANDMARKS

    history = _history(file)
    today = describe(history, [history.as_of], HORIZON, outcomes=False)
    days = [history.as_of - timedelta(days=round(HORIZON * share)) for share in LANDMARKS]
    describe(history, days, HORIZON, min(1.0, 150_000 / (len(today) * len(days))))


def aggregation(file: Path) -> None:
    """Count one row per customer."""
    from playbook.records.history import customers

    customers(_history(file))


def bg_nbd(file: Path) -> None:
    """Fit lifetimes' BG/NBD on the same customers, read from the same table."""
    from lifetimes import BetaGeoFitter

    from playbook.records.history import customers

    history = _history(file)
    seen = customers(history)
    first, last = seen["first_order"], seen["last_order"]
    age = (last.max() - first).dt.days / 7
    BetaGeoFitter(penalizer_coef=1e-4).fit(seen["orders"] - 1, (last - first).dt.days / 7, age)


WAYS = {
    "nothing": nothing,
    "aggregation": aggregation,
    "features": features,
    "fit and predict": fit_and_predict,
    "BG/NBD": bg_nbd,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]))
