"""Clients in a database: the same tables as from files, and a password that is never seen."""

import os
import re
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
from playbook.records.databases import PASSWORD, tables_of, take
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
        *(
            (f"{address}{name}={SECRET}", "take the password out")
            for address in ("postgres://reader@host/shop?", "md://shop?x=1&", "'host=h ", "'mssql://h/shop;")
            for name in (
                "token",
                "PASSWORD",
                "pass%77ord",
                "sslpassword",
                "api_key",
                "apikey",
                "client_secret",
            )
        ),
        (f"s3://bucket?access_key_id={SECRET}", "take the password out"),
        (f"azure://x?sv=1&sig={SECRET}", "take the password out"),
        (f"'postgres://host/shop?sslkey=-----BEGIN PRIVATE KEY-----{SECRET}'", "take the password out"),
    ],
)
def test_a_password_in_the_settings_is_refused_and_not_repeated(tmp_path, source, sentence):
    quoted = f"{source}'" if source.startswith("'") and not source.endswith("'") else source
    folder = client(tmp_path / "data" / "acme", quoted)
    with pytest.raises(SettingsError, match=sentence) as refusal:
        load("acme", folder.parent)
    assert SECRET not in str(refusal.value)
    assert "with:odd" not in str(refusal.value)


def test_what_is_no_secret_may_stand_in_the_address(tmp_path):
    source = (
        "postgres://reader@host/shop?sslmode=require&sslkey=/etc/ssl/me.key&keepalives=1&passfile=~/.pgpass"
    )
    assert load("acme", client(tmp_path / "data" / "acme", source).parent).source == source


QUERIES = (
    "SELECT 1; DROP TABLE orders",
    "SELECT 1; CALL f()",
    "DELETE FROM orders",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    "WITH new AS (INSERT INTO orders VALUES (1) RETURNING *) SELECT * FROM new",
    "SELECT * INTO copy FROM orders",
    "SELECT * FROM orders INTO OUTFILE 'x'",
    "CREATE TABLE x AS SELECT 1",
    *("COPY orders TO 'x.csv'", "ATTACH 'x.db' AS x", "EXPORT DATABASE 'x'"),
    *(
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "SET threads = 1",
        "CALL f()",
        "EXPLAIN ANALYZE SELECT 1",
    ),
    *("no sql at all", ";", "(("),
)


@pytest.mark.parametrize(
    "source", ["duckdb://shop.duckdb", "postgresql://reader@host/shop", "sqlite://shop.db"]
)
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_does_more_than_read_is_refused_before_anything_starts(query, source, capfd):
    with pytest.raises(SettingsError, match=r"^client\.yml: orders\.query may read and nothing else"):
        tables_of(settings_of(source=source, tables={"orders": {"query": query}}))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "query",
    [
        "WITH some AS (SELECT * FROM orders) SELECT * FROM some UNION ALL SELECT * FROM some;",
        "SELECT customer_id, ordered_at::date AS ordered_at, sum(amount) FILTER (WHERE amount > 0) AS amount"
        " FROM orders GROUP BY 1, 2 -- all of them",
    ],
)
def test_a_query_that_reads_may_be_asked(query):
    assert list(tables_of(settings_of(source="postgres://h/s", tables={"orders": {"query": query}}))) == [
        "orders"
    ]


def test_a_query_reads_no_file_outside_the_clients_folder(world, tmp_path):
    folder = client(tmp_path / "data" / "acme", "duckdb://shop.duckdb", query=True)
    as_duckdb(world, folder / "shop.duckdb")
    (tmp_path / "data" / "other.csv").write_text("customer_id,ordered_at,amount\nAnna Meier,2025-01-01,5\n")
    settings = folder / "client.yml"
    usual = settings.read_text()
    for place in ("read_csv('{}')", "'{}'", '"{}"', "read_text('{}')", "glob('{}')"):
        outside = place.format(tmp_path / "data" / "other.csv")
        settings.write_text(usual.replace("FROM orders WHERE amount IS NOT NULL", f"FROM {outside}"))
        with pytest.raises(DataError, match=r"^shop\.duckdb cannot be read: Permission Error") as refusal:
            open_sources(load("acme", folder.parent), folder)
        assert "Anna" not in str(refusal.value) and str(tmp_path) not in str(refusal.value)


def test_a_query_changes_nothing_on_a_server(server, tmp_path, monkeypatch):
    psycopg = pytest.importorskip("psycopg")
    monkeypatch.setenv(PASSWORD, SECRET)
    folder = client(tmp_path / "data" / "acme", server, query=True)
    settings = folder / "client.yml"
    with psycopg.connect(server, password=SECRET, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE counter")
        counting = "SELECT * FROM orders WHERE nextval('counter') > 0"
        settings.write_text(re.sub(r"SELECT [^,]*", counting, settings.read_text()))
        with pytest.raises(DataError, match="read-only transaction"):
            open_sources(load("acme", folder.parent), folder)
        assert connection.execute("SELECT is_called FROM counter").fetchone() == (False,)


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


# Queries of files ----------------------------------------------------------------------------

ASKED = """client: Acme
source: files
tables:
  orders:
    query: {query}
    format: {{dates: "%d.%m.%Y"}}
    columns: {{customer_id: who, ordered_at: day, amount: paid}}
"""
HEADS = "id;who;day\n1;A;03.01.2024\n2;B;05.02.2024\n"
PAYMENTS = "id,paid,kind\n1,8,voucher\n1,30.5,card\n2,50,card\n2,9,fee\n"
JOINED = (
    "SELECT who, strftime(day, '%d.%m.%Y') AS day, sum(paid) AS paid FROM 'heads.csv'"
    " JOIN read_csv('2024/pay*.csv') USING (id) WHERE kind <> 'fee' GROUP BY ALL"
)


@pytest.fixture
def asked(tmp_path):
    def write(query):
        folder = tmp_path / "data" / "acme"
        (folder / "2024").mkdir(parents=True, exist_ok=True)
        (folder / "heads.csv").write_text(HEADS)
        (folder / "2024" / "payments.csv").write_text(PAYMENTS)
        (tmp_path / "data" / "other.csv").write_text("who,day,paid\nX,2024-01-01,1\n")
        (folder / "client.yml").write_text(ASKED.format(query=query))
        return folder

    return write


def test_a_query_reads_the_clients_files_wherever_it_is_run(asked, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folder = asked(JOINED)
    sources = open_sources(load("acme", folder.parent), folder)
    rows = sources.orders.order_by("customer_id").to_pyarrow().to_pylist()
    sources.close()
    assert [(row["customer_id"], str(row["ordered_at"]), float(row["amount"])) for row in rows] == [
        ("A", "2024-01-03", 38.5),
        ("B", "2024-02-05", 50),
    ]
    assert Path.cwd() == tmp_path


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM '../other.csv'", "disabled by configuration"),
        ("SELECT * FROM read_text('/etc/hostname')", "disabled by configuration"),
        ("SELECT * FROM 'link.csv'", "disabled by configuration"),
        ("SELECT 1; COPY (SELECT 1) TO 'heads.csv'", "orders.query may read and nothing else"),
        ("COPY (SELECT 1) TO 'heads.csv'", "orders.query may read and nothing else"),
        ("SET enable_external_access = true", "orders.query may read and nothing else"),
        ("SELECT * FROM nothing.csv", "files cannot be read: "),
    ],
)
def test_a_query_reads_nothing_outside_the_folder_and_writes_nothing(asked, query, said):
    folder = asked(query)
    (folder / "link.csv").symlink_to(folder.parent / "other.csv")
    with pytest.raises((DataError, SettingsError)) as error:
        open_sources(load("acme", folder.parent), folder)
    assert said in str(error.value) and "\n" not in str(error.value)
    assert (folder / "heads.csv").read_text() == HEADS


def test_files_have_no_tables_to_name(asked):
    folder = asked("x")
    text = (folder / "client.yml").read_text().replace("query: x", "table: heads")
    (folder / "client.yml").write_text(text)
    with pytest.raises(DataError, match="orders: files have no tables: name files, or ask them with query"):
        open_sources(load("acme", folder.parent), folder)
