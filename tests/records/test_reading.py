"""Files to canonical tables: types, files that differ, orders and their lines, refusals."""

from datetime import date
from decimal import Decimal

import ibis
import pandas as pd
import pytest

from playbook.errors import DataError
from playbook.records.reading import Reader, canonical
from playbook.records.sources import Sources, collect_unreadable
from playbook.settings.tables import LineSettings, OrderSettings, TableSettings

COLUMNS = {"customer_id": "c", "ordered_at": "d", "amount": "a"}


@pytest.fixture
def read(tmp_path):
    """Write files and read them as a table; return its rows and the reader."""

    def of(name, table, **files):
        (tmp_path / "scratch").mkdir(exist_ok=True)
        for file, text in files.items():
            (tmp_path / f"{file}.csv").write_text(text)
        reader = Reader(ibis.duckdb.connect(), tmp_path / "scratch")
        rows = canonical(reader, name, table, tmp_path).to_pyarrow().to_pylist()
        return rows, reader

    return of


def test_values_have_the_types_of_their_columns(read):
    table = OrderSettings(files="orders.csv", columns=COLUMNS | {"is_sample": "s", "coupon": "k"})
    text = "c,d,a,s,k\n17850.0,2025-05-01,1.5,Ja,\n, 2025-05-02,2,perhaps, X \n"
    rows, _ = read("orders", table, orders=text)
    first, second = sorted(rows, key=lambda row: row["ordered_at"])
    assert first == {
        "customer_id": "17850",
        "ordered_at": date(2025, 5, 1),
        "amount": Decimal("1.5000"),
        "is_sample": True,
        "coupon": None,
    }
    assert (second["customer_id"], second["is_sample"], second["coupon"]) == (None, False, "X")


@pytest.mark.parametrize("none", ["9999-12-31", "0001-01-01", "2200-01-01", "infinity", "253402214400000"])
@pytest.mark.parametrize("name", ["orders", "events", "contacts"])
def test_a_day_that_stands_for_none_is_none(read, name, none):
    day = {"orders": "ordered_at", "events": "happened_at", "contacts": "contacted_at"}[name]
    columns = {"customer_id": "c", day: "d"} | {"orders": {"amount": "a"}, "events": {"kind": "a"}}.get(
        name, {}
    )
    columns |= dict.fromkeys(("campaign", "arm", "channel") if name == "contacts" else (), "a")
    unix = {"dates": "unix"} if none.isdigit() else {}
    good = "2199-12-31" if not unix else "7258032000"
    table = (OrderSettings if name == "orders" else TableSettings)(
        files="x.csv", columns=columns, format=unix
    )
    rows, _ = read(name, table, x=f"c,d,a\n1,{none},5\n2,{good},5\n")
    assert {row["customer_id"]: row[day] for row in rows} == {"1": None, "2": date(2199, 12, 31)}


def test_price_times_quantity_is_the_amount_unless_there_is_one(read):
    columns = {"customer_id": "c", "ordered_at": "d", "unit_price": "p", "quantity": "q"}
    text = "c,d,p,q,a\n1,2025-05-01,2.5,3,9\n"
    (row,), _ = read("orders", OrderSettings(files="orders.csv", columns=columns), orders=text)
    assert row["amount"] == Decimal("7.5") and "unit_price" not in row
    columns["amount"] = "a"
    (row,), _ = read("orders", OrderSettings(files="orders.csv", columns=columns), orders=text)
    assert row["amount"] == 9


def test_files_of_one_table_may_differ_and_a_missing_column_is_null(read):
    later = {"columns": COLUMNS | {"coupon": "k"}, "format": {"separator": ";"}}
    table = OrderSettings(files=["old.csv", "new.csv"], columns=COLUMNS, differs={"new.csv": later})
    rows, reader = read("orders", table, old="c,d,a\n1,2024-05-01,5\n", new="c;d;a;k\n2;2025-05-01;6;X\n")
    assert sorted((row["customer_id"], row["coupon"]) for row in rows) == [("1", None), ("2", "X")]
    assert [shown for shown, _ in reader.parts["orders"]] == ["old.csv", "new.csv"]


ODD = ["o[1].csv", "o*.csv", "o?.csv", "o[!a].csv", "o{1}.csv", "o'x.csv", "o[1]'.csv", "region=north.csv"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("folder", ["client", "o'brien [1]", "a*", "region=north"])
def test_the_file_that_is_named_is_read_and_no_other(tmp_path, name, folder, kind):
    """Beside it lies what its name would fit as a pattern."""
    for place, customer in ((tmp_path / folder, "right"), (tmp_path / "ab", "wrong")):
        place.mkdir()
        for file in ("o1.csv", "oo.csv", name):
            rows = pd.DataFrame(
                {"c": [customer if file == name else "wrong"], "d": "2025-05-01", "a": ["soon"]}
            )
            rows.to_csv(place / file, index=False) if kind == "csv" else rows.to_parquet(place / file)
    scratch = tmp_path / folder / "scratch"
    scratch.mkdir()
    reader = Reader(ibis.duckdb.connect(), scratch)
    table = canonical(
        reader, "orders", OrderSettings(files=name, columns=COLUMNS | {"amount": "c"}), tmp_path / folder
    )
    assert table.columns == ("customer_id", "ordered_at", "amount")
    sources = Sources(reader.connection, table, reader=reader)
    assert table.customer_id.execute().tolist() == []
    collect_unreadable(sources)
    (lost,) = sources.unreadable
    assert (lost.file, lost.text) == (name, "right")


def test_lines_get_the_customer_and_the_day_of_their_order(read):
    lines = LineSettings(files="lines.csv", columns={"order_id": "n", "amount": "a"})
    heads = {"order_id": "n", "customer_id": "c", "ordered_at": "d"}
    table = OrderSettings(files="orders.csv", columns=heads, lines=lines)
    rows, _ = read(
        "orders",
        table,
        orders="n,c,d\n1.0,A,2025-05-01\n2,B,2025-05-02\n2,B,2025-05-02\n",
        lines="n,a\n1,5\n1,6\n2,7\n3,8\n",
    )
    found = {(row["order_id"], row["amount"]): row["customer_id"] for row in rows}
    assert found == {("1", 5): "A", ("1", 6): "A", ("2", 7): "B", ("3", 8): None}
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("consent", "refusal", "may"),
    [("yes", "", True), ("yes", "no", True), ("yes", "yes", False), ("", "yes", False), ("", "", None)],
)
def test_a_refusal_is_a_no_whatever_the_consent_says(read, consent, refusal, may):
    columns = {"customer_id": "c", "may_email": "m", "no_contact": "n"}
    text = f"c,m,n\n1,{consent},{refusal}\n"
    (row,), _ = read("customers", TableSettings(files="people.csv", columns=columns), people=text)
    assert row["may_email"] is may
    assert row["may_phone"] is (False if refusal == "yes" else None)
    assert "no_contact" not in row


ANSWERS = "id,a,b\n1,x,\n2,,no\n3,,\n4,yes,yes\n"


@pytest.mark.parametrize(
    ("ours", "may_email", "may_letter"),
    [
        ("no_contact", [False, None, None, False], [False, None, None, False]),
        ("may_email", [True, False, None, True], None),
        ("may_advertise", [True, False, None, True], [None, False, None, None]),
    ],
)
def test_what_several_columns_say_is_one_answer(read, ours, may_email, may_letter):
    table = TableSettings(files="people.csv", columns={"customer_id": "id", ours: ["a", "b"]})
    rows, _ = read("customers", table, people=ANSWERS)
    assert [row["may_email"] for row in rows] == may_email
    assert [row.get("may_letter") for row in rows] == (may_letter or [None] * 4)


def test_a_general_yes_does_not_outweigh_a_no_for_email(read):
    columns = {"customer_id": "id", "may_advertise": "a", "may_email": "b"}
    rows, _ = read(
        "customers", TableSettings(files="p.csv", columns=columns), p="id,a,b\n1,1.0,0.0\n2,1.0,\n"
    )
    assert [row["may_email"] for row in rows] == [False, True]


def test_only_consents_and_refusals_have_several_columns(read):
    table = TableSettings(files="people.csv", columns={"customer_id": "id", "name": ["a", "b"]})
    with pytest.raises(DataError, match=r"columns\.name names 2 columns: name the one that is meant"):
        read("customers", table, people=ANSWERS)


def test_equal_lines_have_one_key_whatever_file_they_stand_in(read):
    table = OrderSettings(files=["one.csv", "two.csv"], columns=COLUMNS)
    text = "c,d,a,more\n1,2025-05-01,5,{}\n"
    _, reader = read("orders", table, one=text.format("x") + "1,2025-05-01,5,y\n", two=text.format("x"))
    keys = pd.concat([part.select("row_key").to_pandas() for _, part in reader.parts["orders"]])["row_key"]
    assert sorted(keys.value_counts()) == [1, 2]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (OrderSettings(columns=COLUMNS), "tables.orders.files names no file"),
        (OrderSettings(files="order.csv", columns=COLUMNS), "Did you mean 'orders.csv'"),
        (OrderSettings(files="orders.csv", columns=COLUMNS | {"amount": "sum"}), "has no column 'sum'"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(read, table, said):
    with pytest.raises(DataError, match=said):
        read("orders", table, orders="c,d,a\n1,2025-05-01,5\n")
