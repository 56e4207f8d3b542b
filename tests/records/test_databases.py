"""Clients in a database: the same tables as from files, and a password that is never seen."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from playbook.demo import retailer
from playbook.errors import DataError, SettingsError
from playbook.records.databases import PASSWORD, take
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings.client import load
from tests.builders import settings_of
from tests.conftest import playbook

SECRET = "s3cret/with:odd@signs"

COLUMNS = {
    "orders": "{customer_id: customer_id, ordered_at: ordered_at, amount: amount, quantity: quantity,"
    " list_amount: list_amount, coupon: coupon, is_sample: is_sample, sales_channel: sales_channel}",
    "customers": "{customer_id: customer_id, may_email: may_email, may_phone: may_phone}",
    "events": "{customer_id: customer_id, happened_at: happened_at, kind: kind}",
}


@pytest.fixture(scope="module")
def world():
    """Typed tables of a generated shop: orders, customers, events."""
    made = retailer.generate(3)
    orders = made.orders.dropna(subset=["customer_id", "amount"])
    keep = orders["customer_id"].isin(sorted(orders["customer_id"].unique())[:900])
    orders = orders.loc[keep, [name.strip(" {}").split(":")[0] for name in COLUMNS["orders"].split(",")]]
    people = made.customers[["customer_id", "may_email", "may_phone"]]
    events = made.events[["customer_id", "happened_at", "kind"]]
    tables = {"orders": orders, "customers": people, "events": events}
    return {
        name: table[table["customer_id"].isin(set(orders["customer_id"]))] for name, table in tables.items()
    }


TYPES = {
    "customer_id": "varchar",
    "amount": "decimal(12, 2)",
    "list_amount": "decimal(12, 2)",
    "quantity": "integer",
}


def as_duckdb(world, path):
    with duckdb.connect(str(path)) as connection:
        for name, table in world.items():
            typed = ", ".join(_typed(column) for column in table)
            connection.register("given", table.astype(object).where(table.notna(), None))
            connection.execute(f"CREATE TABLE {name} AS SELECT {typed} FROM given ORDER BY hash(customer_id)")
            connection.unregister("given")


def _typed(column):
    days = {"ordered_at", "happened_at"}
    kind = "date" if column in days else TYPES.get(column)
    return f"CAST({column} AS {kind}) AS {column}" if kind else column


def test_a_database_and_its_snapshot_may_be_called_what_they_like(tmp_path):
    place = tmp_path / "o'brien [1]"
    for number, name in enumerate(("o[1]?#.duckdb", "o1.duckdb")):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT {number} AS c")
    orders = {"table": "t", "columns": {"customer_id": "c", "ordered_at": "c", "amount": "c"}}
    settings = settings_of(source="duckdb://o[1]?#.duckdb", tables={"orders": orders})
    for folder in (tmp_path / "o'brien 1", place):  # the first is what the second would fit as a pattern
        taken = take(settings, tmp_path, folder)
    assert [path.name for path in sorted(place.iterdir())] == ["orders.parquet"]
    assert pq.read_table(taken["orders"]).to_pydict() == {"c": [0]}


def as_files(world, folder):
    for name, table in world.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def client(folder, source=None, query=False):
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["client: Acme", "margin_rate: 0.4"] + ([f"source: {source}"] if source else []) + ["tables:"]
    for name, columns in COLUMNS.items():
        place = f"files: {name}.csv" if not source else f"table: {name}"
        if source and query and name == "orders":
            place = "query: SELECT * FROM orders WHERE amount IS NOT NULL"
        lines.append(f"  {name}: {{{place}, columns: {columns}}}")
    (folder / "client.yml").write_text("\n".join(lines) + "\n")
    return folder


def seen(folder):
    """The customer table and the counts of events, as every chapter gets them."""
    settings = load(folder.name, folder.parent)
    sources = open_sources(settings, folder)
    frame = customers(read_history(settings, sources))
    events = sources.events.group_by("kind").aggregate(n=sources.events.count()).order_by("kind").execute()
    people = sources.customers.order_by("customer_id").execute()
    sources.close()
    return frame, events, people


def same(one, other):
    for left, right in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(left, right)


@pytest.fixture(scope="module")
def from_files(world, tmp_path_factory):
    folder = client(tmp_path_factory.mktemp("data") / "acme")
    as_files(world, folder)
    return folder


@pytest.fixture(scope="module")
def server(world):
    """A PostgreSQL of its own with the tables, which asks for a password."""
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if found is None:
        pytest.skip("PostgreSQL's server is not installed (on Debian: postgresql)")
    psycopg = pytest.importorskip("psycopg")
    programs = Path(found).resolve().parent
    place = Path(tempfile.mkdtemp(prefix="pg"))
    (place / "password").write_text(SECRET)
    owner = {}
    if os.geteuid() == 0:  # the server refuses to be run by root
        owner = {"user": "postgres", "group": "postgres"}
        for path in (place, place / "password"):
            shutil.chown(path, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    how = ["--auth=scram-sha-256", "-U", "reader", f"--pwfile={place}/password", "--no-sync", "-E", "UTF8"]
    subprocess.run(
        [programs / "initdb", "-D", place / "data", *how], check=True, capture_output=True, cwd="/", **owner
    )
    command = [
        programs / "postgres",
        "-D",
        place / "data",
        "-p",
        str(port),
        "-k",
        place,
        "-h",
        "127.0.0.1",
        "-F",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **owner
    )
    address = {"host": "127.0.0.1", "port": port, "user": "reader", "password": SECRET, "dbname": "postgres"}
    until = time.monotonic() + 30
    while True:
        try:
            connection = psycopg.connect(**address, autocommit=True)
            break
        except psycopg.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.1)
    with connection:
        for name, table in world.items():
            kinds = [f"{column} {_postgres(column)}" for column in table]
            connection.execute(f"CREATE TABLE {name} ({', '.join(kinds)})")
            with connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT csv)") as rows:
                rows.write(table.sample(frac=1, random_state=1).to_csv(index=False, header=False))
    yield f"postgres://reader@127.0.0.1:{port}/postgres"
    process.send_signal(signal.SIGINT)  # "fast": it does not wait for clients to leave
    process.wait(timeout=30)
    shutil.rmtree(place)


def _postgres(column):
    if column in ("ordered_at", "happened_at"):
        return "timestamp" if column == "happened_at" else "date"
    return {"is_sample": "text", "may_email": "boolean", "may_phone": "boolean"}.get(
        column, TYPES.get(column, "text")
    )


def test_a_database_in_a_file_gives_the_same_as_files(world, from_files, tmp_path):
    folder = client(tmp_path / "data" / "acme", "duckdb://shop.duckdb", query=True)
    as_duckdb(world, folder / "shop.duckdb")
    same(seen(from_files), seen(folder))


def test_a_database_server_gives_the_same_as_files(from_files, server, tmp_path, monkeypatch):
    monkeypatch.setenv(PASSWORD, SECRET)
    same(seen(from_files), seen(client(tmp_path / "data" / "acme", server)))
    same(seen(from_files), seen(client(tmp_path / "data" / "acme", server, query=True)))


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, "wrong" + SECRET])
def test_a_wrong_or_missing_password_is_said_without_it(server, tmp_path, monkeypatch, given):
    folder = client(tmp_path / "data" / "acme", server)
    monkeypatch.delenv(PASSWORD, raising=False)
    if given:
        monkeypatch.setenv(PASSWORD, given)
    done = playbook("run", "acme", "--data", str(folder.parent), "--reports", str(tmp_path / "reports"))
    assert done.returncode == 2
    assert "cannot be read" in done.stderr and "password" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert SECRET not in done.stderr
    assert not (tmp_path / "reports" / "acme").exists()


def test_a_table_that_is_not_there_is_named(server, tmp_path, monkeypatch):
    monkeypatch.setenv(PASSWORD, SECRET)
    folder = client(tmp_path / "data" / "acme", server)
    settings = folder / "client.yml"
    settings.write_text(settings.read_text().replace("table: orders", "table: sales.orders"))
    with pytest.raises(DataError, match=r"there is no table sales\.orders\.$"):
        open_sources(load("acme", folder.parent), folder)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (f"postgres://reader:{SECRET}@host/shop", "take the password out"),
        (f"postgres://reader@host/shop?password={SECRET}", "take the password out"),
        (f"{{url: postgres://host, password: {SECRET}}}", "source"),
    ],
)
def test_a_password_in_the_settings_is_refused_and_not_repeated(tmp_path, source, sentence):
    folder = client(tmp_path / "data" / "acme", source)
    with pytest.raises(SettingsError, match=sentence) as refusal:
        load("acme", folder.parent)
    assert SECRET not in str(refusal.value)
    assert "with:odd" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("source: duckdb://shop.duckdb\n", ""), "say of which"),
        (("table: orders", "table: orders, files: orders.csv"), "not several of them"),
        (("table: ", "files: "), "nothing is read from the source"),
    ],
)
def test_a_table_is_in_files_or_in_a_database_that_is_named(tmp_path, change, sentence):
    folder = client(tmp_path / "data" / "acme", "duckdb://shop.duckdb")
    settings = folder / "client.yml"
    settings.write_text(settings.read_text().replace(*change))
    done = playbook("run", "acme", "--data", str(folder.parent), "--reports", str(tmp_path / "reports"))
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_database_file_that_is_not_there_is_named(tmp_path):
    folder = client(tmp_path / "data" / "acme", "duckdb://shop.duckdb")
    with pytest.raises(DataError, match=r"there is no file shop\.duckdb in acme"):
        open_sources(load("acme", folder.parent), folder)


@pytest.mark.slow
def test_runs_from_files_and_from_databases_write_the_same_tables(
    world, from_files, server, tmp_path, monkeypatch
):
    """Byte for byte; a second run of the same rows is not made; the password stands nowhere."""
    monkeypatch.setenv(PASSWORD, SECRET)
    data = tmp_path / "data"
    shutil.copytree(from_files, data / "files")
    client(data / "server", server)
    as_duckdb(world, client(data / "local", "duckdb://shop.duckdb") / "shop.duckdb")
    places = ("--data", str(data), "--reports", str(tmp_path / "reports"))
    tables = {}
    for name in ("files", "server", "local"):
        done = playbook("run", name, *places)
        assert done.returncode == 0, done.stderr
        folder = Path(done.stdout.splitlines()[-1]).parent
        tables[name] = {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}
        for path in folder.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    assert tables["files"] == tables["server"] == tables["local"]
    assert "Nothing has changed" in playbook("run", "server", *places).stdout
