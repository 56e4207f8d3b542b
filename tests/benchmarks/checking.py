"""``playbook check`` on ten million order lines, against a bare DuckDB scan of the same file."""

import os
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
    columns:
      {customer_id: customer, ordered_at: day, amount: amount, quantity: quantity, order_id: number,
       category: article}
"""

SCAN = """
SELECT count(*), min(customer), max(day), sum(amount), sum(quantity), max(number), max(article)
FROM read_csv('{file}', header = true, delim = ',', columns = {{
    'customer': 'VARCHAR', 'day': 'TIMESTAMP', 'amount': 'DECIMAL(18, 4)', 'quantity': 'DECIMAL(18, 4)',
    'number': 'VARCHAR', 'article': 'VARCHAR'}})
"""


def main() -> None:
    """Compare all checks with one scan that parses every column, with and without little memory."""
    print(f"{LINES:,} order lines checked")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "large"
        folder.mkdir()
        generate(folder / "orders.csv")
        (folder / "client.yml").write_text(SETTINGS)
        bare = cost(python("-m", "tests.benchmarks.checking", folder / "orders.csv"))
        words = python("-m", "playbook", "check", "large", "--data", place)
        free = cost(words)
        little = cost(words, os.environ | {"PLAYBOOK_MEMORY": "600MB"})
    _show("bare DuckDB scan", bare)
    _show("playbook check", free)
    _show("playbook check, engine held to 600 MB", little)
    line("playbook check / bare scan, wall", free.seconds / bare.seconds, "at most 12")
    line("playbook check, peak memory", free.gigabytes, "below 2", "GB")
    line("playbook check with little memory, peak memory", little.gigabytes, "below 1", "GB")


def _show(way: str, spent: Cost) -> None:
    line(f"{way}, wall", spent.seconds, unit="s")
    line(f"{way}, peak memory", spent.gigabytes, unit="GB")


def generate(file: Path, lines: int = LINES, customers: int = CUSTOMERS) -> None:
    """Write order lines with numbers and quantities, five to two orders."""
    duckdb.sql(
        f"""COPY (SELECT
              'C' || lpad(CAST(CAST({customers} * pow(hash(o) % 1000003 / 1000003.0, 1.5) AS BIGINT)
                  AS VARCHAR), 7, '0') AS customer,
              DATE '2021-01-01' + CAST(hash(o, 2) % 1460 AS INTEGER) AS day,
              round(5 + 200 * pow(hash(i, 3) % 10007 / 10007.0, 3), 2) AS amount,
              1 + hash(i, 5) % 3 AS quantity, 'O' || o AS number, 'P' || (hash(i, 4) % 5000) AS article
           FROM (SELECT i, i * 2 // 5 AS o FROM range({lines}) r(i))) TO '{file}' (HEADER)"""
    )


if __name__ == "__main__":
    print(duckdb.sql(SCAN.format(file=sys.argv[1])).fetchall())
