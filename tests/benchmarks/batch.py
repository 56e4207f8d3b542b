"""Batches of demo-sized clients: two workers, a loop of commands, nothing to do; and one large client."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from playbook.settings.client import load
from tests.benchmarks.landmarks import generate
from tests.benchmarks.measure import Cost, cost, line, python
from tests.benchmarks.overhead import PROJECT, _masters, _seconds_in_cells

CLIENTS = 12
IN_LOOP = 2
"""Clients that the loop of commands is timed on; each of them costs the same."""

LARGE = int(os.environ.get("PLAYBOOK_BENCH_CUSTOMERS", "1000000"))
LINES_EACH = 100
"""Order lines of each customer of the large client."""


def main() -> None:
    """Time batches of copies of the demo client, then the large client."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _many(folder)
        shutil.rmtree(folder / "data")
        _large(folder, LARGE // 10, LARGE)


def _many(folder: Path) -> None:
    print(f"{CLIENTS} demo-sized clients")
    for number in range(CLIENTS):
        shutil.copytree(PROJECT / "data" / "demo", folder / "data" / f"c{number:02d}")
    two = _batch(folder, "two", 2)
    one = _batch(folder, "one", 1)
    again = _batch(folder, "one", 1)
    reports = [next((folder / "one" / f"c{number:02d}").glob("????-??-??")) for number in range(CLIENTS)]
    work = sum(map(_seconds_in_cells, reports))
    loop = sum(_commands(folder, f"c{number:02d}") for number in range(IN_LOOP)) * CLIENTS / IN_LOOP
    line("one worker, wall", one.seconds, unit="s")
    line("two workers, wall", two.seconds, unit="s")
    line("one worker / two workers", one.seconds / two.seconds, "at least 1.6")
    line("work in cells (one worker)", work, unit="s")
    line(f"papermill and nbconvert in a loop ({IN_LOOP} clients, scaled to {CLIENTS}), wall", loop, unit="s")
    line("our overhead / theirs", (one.seconds - work) / (loop - work), "at most 0.12")
    line("second batch, nothing changed, wall", again.seconds, unit="s")
    line("second batch / first", again.seconds / one.seconds, "at most 0.02")


def _batch(folder: Path, reports: str, workers: int) -> Cost:
    places = ["--data", folder / "data", "--reports", folder / reports]
    return cost(python("-m", "playbook", "batch", "--workers", workers, *places))


def _commands(folder: Path, client: str) -> float:
    """Run a client's notebooks one by one with papermill, and turn each into a page with nbconvert."""
    run, settings = folder / f"loop_{client}", folder / f"{client}.json"
    run.mkdir()
    settings.write_text(load(client, folder / "data").model_dump_json())
    places = {"PLAYBOOK_DATA": folder / "data", "PLAYBOOK_RUN": run, "PLAYBOOK_SETTINGS": settings}
    environment = os.environ | {name: str(place) for name, place in places.items()}
    total = 0.0
    for notebook in _masters():
        executed = folder / notebook.name
        words = ["-m", "papermill", notebook, executed, "-p", "client", client, "--no-progress-bar"]
        total += cost(python(*words), environment).seconds
        total += cost(python("-m", "jupyter", "nbconvert", "--to", "html", executed), environment).seconds
    return total


def _large(folder: Path, few: int, many: int) -> None:
    """Run a client of many lines on disk with little memory, and a tenth of it."""
    spent = {}
    for customers in (few, many):
        data = folder / "data" / "large"
        lines = _write_large(data, customers)
        places = ["--data", data.parent, "--reports", folder / f"large_{customers}"]
        spent[customers] = cost(python("-m", "playbook", "run", "large", *places))
        run = next((folder / f"large_{customers}" / "large").glob("????-??-??"))
        found = {
            item["name"]: item["value"] for item in json.loads((run / "findings" / "01.json").read_text())
        }
        assert found["lines_read"] == lines
        print(f"{lines:,} order lines of {found['customers']:,} customers, engine limited to 2 GB")
        line("run, wall", spent[customers].seconds, unit="s")
        line("peak memory of a process", spent[customers].gigabytes, "below 8", "GB")
        shutil.rmtree(data)
    growth = (spent[many].seconds / many) / (spent[few].seconds / few)
    line("time per line / time per line of the tenth", growth, "at most 1.2")


def _write_large(folder: Path, customers: int) -> int:
    """Write a client whose every order has several lines; return how many lines there are."""
    import duckdb

    folder.mkdir(parents=True)
    days = folder / "days.parquet"
    generate(days, customers)
    orders = duckdb.read_parquet(str(days)).shape[0]
    each = max(1, round(LINES_EACH * customers / orders))
    duckdb.sql(
        f"""COPY (SELECT customer_id, ordered_at, CAST(amount / {each} AS DECIMAL(18, 4)) AS amount
            FROM '{days}', range({each})) TO '{folder / "orders.parquet"}'"""
    )
    days.unlink()
    (folder / "client.yml").write_text(
        "client: Large\nmachine: {memory_limit: 2GB}\ntables:\n  orders:\n    files: orders.parquet\n"
        "    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}\n"
    )
    return orders * each
