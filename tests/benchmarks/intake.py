"""Order lines of a large CSV file to the customer table, against pandas and bare DuckDB."""

import sys
import tempfile
from pathlib import Path

import duckdb

from tests.benchmarks.measure import Cost, cost, line, python

LINES, CUSTOMERS = 10_000_000, 1_000_000

SETTINGS = """client: Large
tables:
  orders:
    files: orders.csv
    columns: {customer_id: customer, ordered_at: day, amount: amount}
"""

RULES = {"drop": "{product: [P17, P18]}", "negative": "{product: [P19]}"}

BARE = """
COPY (
    SELECT customer, count(*) FILTER (sales > 0) AS orders, sum(revenue) AS revenue, sum(margin) AS margin,
           min(day) FILTER (sales > 0) AS first_order, max(day) FILTER (sales > 0) AS last_order
    FROM (
        SELECT customer, CAST(day AS DATE) AS day, count(*) FILTER (amount > 0) AS sales,
               sum(amount) AS revenue, sum(amount * 0.35) AS margin
        FROM read_csv('{file}', header = true, delim = ',', columns = {{
            'customer': 'VARCHAR', 'day': 'TIMESTAMP', 'amount': 'DECIMAL(18, 4)', 'product': 'VARCHAR'}})
        GROUP BY ALL
    )
    GROUP BY customer ORDER BY customer
) TO '{target}' (FORMAT parquet)
"""


def main() -> None:
    """Compare the ways from the file to the customer table."""
    print(f"{LINES:,} order lines of {CUSTOMERS:,} customers to the customer table")
    with tempfile.TemporaryDirectory() as place:
        folder = client(Path(place) / "large", SETTINGS)
        generate(folder / "orders.csv")
        costs = {way: cost(python("-m", "tests.benchmarks.intake", way, folder)) for way in WAYS}
        scan = cost(python("-m", "tests.benchmarks.intake", "scan", folder))
        rules = {}
        for rule, values in RULES.items():
            ruled = client(Path(place) / rule, f"{SETTINGS}    {rule}: {values}\n")
            (ruled / "orders.csv").hardlink_to(folder / "orders.csv")
            rules[rule] = cost(python("-m", "tests.benchmarks.intake", "playbook", ruled))
    for way, spent in costs.items():
        _show(way, spent)
    line("playbook / pandas", costs["playbook"].seconds / costs["pandas"].seconds, "at most 0.4")
    line("playbook / duckdb", costs["playbook"].seconds / costs["duckdb"].seconds, "at most 1.3")
    for rule, spent in rules.items():
        line(f"playbook with a rule ({rule}) / duckdb", spent.seconds / costs["duckdb"].seconds)
        more = spent.processor - costs["playbook"].processor
        line(f"processor time of {rule} / that of a bare scan", more / scan.processor, "at most 1")


def client(folder: Path, settings: str) -> Path:
    """Make a client's folder."""
    folder.mkdir()
    (folder / "client.yml").write_text(settings)
    return folder


def _show(way: str, spent: Cost) -> None:
    line(f"{way}, wall", spent.seconds, unit="s")
    line(f"{way}, peak memory", spent.gigabytes, unit="GB")


def generate(file: Path, lines: int = LINES, customers: int = CUSTOMERS) -> None:
    """Write order lines, five to two orders, of customers who differ in how often they buy."""
    duckdb.sql(
        f"""COPY (SELECT 'C' || lpad(CAST(CAST({customers} * pow(hash(o) % 1000003 / 1000003.0, 1.5)
                  AS BIGINT) AS VARCHAR), 7, '0') AS customer,
              DATE '2021-01-01' + CAST(hash(o, 2) % 1460 AS INTEGER) AS day,
              round(5 + 200 * pow(hash(i, 3) % 10007 / 10007.0, 3), 2) AS amount,
              'P' || (hash(i, 4) % 5000) AS product
           FROM (SELECT i, i * 2 // 5 AS o FROM range({lines}) r(i))) TO '{file}' (HEADER)"""
    )


def by_playbook(folder: Path) -> None:
    """Read with the package."""
    from playbook.records.history import customers, read_history
    from playbook.records.sources import open_sources
    from playbook.settings.client import load

    settings = load(folder.name, folder.parent)
    sources = open_sources(settings, folder)
    customers(read_history(settings, sources)).to_parquet(folder / "playbook.parquet")
    sources.close()


def by_pandas(folder: Path) -> None:
    """Read and group as pandas is used every day."""
    import pandas as pd

    lines = pd.read_csv(folder / "orders.csv", parse_dates=["day"], dtype={"customer": str})
    days = lines.groupby(["customer", "day"], as_index=False)["amount"].sum()
    grouped = days.groupby("customer")
    table = grouped.agg(
        orders=("day", "size"),
        revenue=("amount", "sum"),
        first_order=("day", "min"),
        last_order=("day", "max"),
    )
    table.to_parquet(folder / "pandas.parquet")


def by_duckdb(folder: Path) -> None:
    """Run the same aggregation as one statement of SQL."""
    duckdb.sql(BARE.format(file=folder / "orders.csv", target=folder / "duckdb.parquet"))


def scan(folder: Path) -> None:
    """Read every cell once."""
    duckdb.sql(f"SELECT count(COLUMNS(*)), sum(amount) FROM read_csv('{folder / 'orders.csv'}')").fetchall()


WAYS = {"playbook": by_playbook, "pandas": by_pandas, "duckdb": by_duckdb}

if __name__ == "__main__":
    (WAYS | {"scan": scan})[sys.argv[1]](Path(sys.argv[2]))
