"""What rows mean by client.yml: which count, what their words mean, and what their amounts are."""

from datetime import date
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from pydantic import ValidationError

from playbook.errors import DataError
from playbook.records.reading import Reader, canonical
from playbook.settings.tables import Format, OrderSettings, TableSettings

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


def orders(files="orders.csv", columns=COLUMNS, **rules):
    return OrderSettings.model_validate({"files": files, "columns": columns} | rules)


def amounts(rows):
    return sorted(row["amount"] for row in rows)


STATUS = (
    "c,d,a,s,t\n1,2025-05-01,1,Bezahlt,\n2,2025-05-02,2, STORNIERT ,\n"
    "3,2025-05-03,4,,true\n4,2025-05-04,8,bezahlt,1\n"
)


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ({"keep": {"s": "bezahlt"}}, [1, 8]),
        ({"keep": {"s": ["Bezahlt", None]}}, [1, 4, 8]),
        ({"drop": {"s": ["storniert", "Entwurf"]}}, [1, 4, 8]),
        ({"drop": {"t": [True, 1]}}, [1, 2]),
        ({"keep": {"s": "BEZAHLT"}, "drop": {"t": 1}}, [1]),
    ],
)
def test_rows_count_by_what_stands_in_a_column(read, rules, left):
    rows, _ = read("orders", orders(**rules), orders=STATUS)
    assert amounts(rows) == left
    assert set(rows[0]) == set(COLUMNS)


def test_what_is_left_out_is_counted_once_and_a_rule_that_meets_no_row_is_named(read):
    rules = {"keep": {"s": ["bezahlt", ""]}, "drop": {"t": [True], "c": ["9"]}}
    _, reader = read("orders", orders(**rules), orders=STATUS)
    seen = reader.rows_seen("orders")
    assert seen.left_out.to_dict("records") == [
        {"column": "s", "value": "STORNIERT", "rows": 1},
        {"column": "t", "value": "true", "rows": 1},
    ]
    assert seen.idle == ("tables.orders.drop.c",)


def test_a_row_that_cannot_be_read_is_not_counted_as_left_out_as_well(read):
    text = "c,d,a,s\n1,2025-05-01,1,x\n2,2025-05-02,none,x\n3,2025-05-03,2,y\n"
    rows, reader = read("orders", orders(drop={"s": "x"}), orders=text)
    assert amounts(rows) == [2]
    assert reader.rows_seen("orders").left_out["rows"].tolist() == [1]


def test_one_file_of_several_may_go_without_a_rule(read):
    rules = {"drop": {"s": "x"}, "differs": {"old.csv": {"drop": {}}}}
    files = {"old": "c,d,a\n1,2024-05-01,1\n", "new": "c,d,a,s\n1,2025-05-01,2,x\n1,2025-05-01,4,y\n"}
    rows, reader = read("orders", orders(["old.csv", "new.csv"], **rules), **files)
    assert amounts(rows) == [1, 4]
    assert reader.rows_seen("orders").left_out["rows"].tolist() == [1]


def test_the_lines_of_an_order_that_is_left_out_are_left_out_with_it(read):
    heads = {"order_id": "n", "customer_id": "c", "ordered_at": "d"}
    lines = {"files": "lines.csv", "columns": {"order_id": "n", "amount": "a"}, "drop": {"k": "freight"}}
    table = orders("heads.csv", heads, drop={"s": "canceled"}, lines=lines)
    rows, reader = read(
        "orders",
        table,
        heads="n,c,d,s\n1,A,2025-05-01,ok\n2,B,2025-05-02,canceled\n3,C,2025-05-03,canceled\n3,C,2025-05-03,ok\n",
        lines="n,a,k\n1,1,\n1,2,freight\n2,4,\n3,8,\n4,16,\n",
    )
    assert sorted((row["amount"], row["customer_id"]) for row in rows if row["customer_id"]) == [
        (1, "A"),
        (8, "C"),
    ]
    assert [row["amount"] for row in rows if row["customer_id"] is None] == [16]
    seen = reader.rows_seen("orders")
    assert dict(zip(seen.left_out["column"], seen.left_out["rows"], strict=True)) == {"k": 1, "s": 1}
    assert seen.idle == ()


@pytest.mark.parametrize(
    ("column", "words"), [("test", [True]), ("test", ["yes"]), ("test", [1]), ("mode", [2])]
)
def test_flags_and_numbers_of_a_parquet_file_are_compared_as_they_are_written(read, tmp_path, column, words):
    frame = pd.DataFrame({"c": ["1", "2"], "d": pd.to_datetime(["2025-05-01"] * 2), "a": [1.0, 2.0]})
    frame.assign(test=[False, True], mode=[1.0, 2.0]).to_parquet(tmp_path / "orders.parquet")
    rows, _ = read("orders", orders("orders.parquet", drop={column: words}))
    assert amounts(rows) == [1]


# Amounts -------------------------------------------------------------------------------------

NUMBERED = COLUMNS | {"order_id": "n"}


def test_the_total_of_an_order_on_each_of_its_lines_counts_once(read):
    text = (
        "n,c,d,a,q\n1,A,2025-05-01,60,1\n1,A,2025-05-01,60,2\n1,A,2025-05-01,,1\n2,B,2025-05-01,42,1\n"
        "1,A,2026-05-01,30,1\n3,A,2025-05-02,-9,-1\n3,A,2025-05-02,-9,-2\n"
        ",C,2025-05-03,5,1\n,C,2025-05-03,5,1\n"
    )
    table = orders(columns=NUMBERED | {"quantity": "q"}, total_per_order=True)
    rows, _ = read("orders", table, orders=text)
    assert amounts(rows) == [-9, 5, 5, 30, 42, 60]
    assert sum(row["repeats"] for row in rows) == 3
    assert {row["quantity"] for row in rows if row["amount"] == -9} == {-2}


def test_refunds_discounts_and_fees_are_taken_off_whatever_their_sign(read):
    text = "c;d;a;r;f\n1;2025-05-01;80,00;80,00;\n1;2025-05-02;50,00;;-2,50\n1;2025-05-03;-50,00;;2,50\n"
    table = orders(less=["r", "f"], format={"separator": ";", "decimal": ","})
    rows, _ = read("orders", table, orders=text)
    assert amounts(rows) == [Decimal("-47.5"), 0, Decimal("47.5")]


def test_a_type_turns_the_sign_once(read):
    text = "c,d,a,q,m,t\n1,2025-05-01,5,1,2,Charge\n1,2025-05-02,5,1,2,Refund\n1,2025-05-03,-5,-1,-2,refund\n"
    table = orders(
        columns=COLUMNS | {"quantity": "q", "margin": "m"}, negative={"t": ["Refund", "Chargeback"]}
    )
    rows, reader = read("orders", table, orders=text)
    found = sorted((row["ordered_at"].day, row["amount"], row["quantity"], row["margin"]) for row in rows)
    assert found == [(1, 5, 1, 2), (2, -5, -1, -2), (3, -5, -1, -2)]
    assert reader.rows_seen("orders").idle == () and reader.rows_seen("orders").left_out.empty


def test_amounts_in_cents_are_a_hundredth_and_quantities_are_not(read):
    columns = {"customer_id": "c", "ordered_at": "d", "unit_price": "p", "quantity": "q"}
    table = orders(columns=columns, format={"cents": True}, less="r")
    rows, _ = read("orders", table, orders="c,d,p,q,r\n1,2025-05-01,1999,2,98\n")
    assert (rows[0]["amount"], rows[0]["quantity"]) == (Decimal("39"), 2)


# Words ---------------------------------------------------------------------------------------


def test_words_mean_what_client_yml_says(read):
    columns = {"customer_id": "c", "may_email": "e", "no_phone": "p", "segment": "s"}
    values = {
        "may_email": {"erlaubt": "yes", "nicht erlaubt": "no", "offen": ""},
        "no_phone": {"darf": "no"},
        "segment": {"VIP Kunde": "vip"},
    }
    table = TableSettings(files="people.csv", columns=columns, values=values)
    text = "c,e,p,s\n1,Erlaubt,darf,vipkunde\n2,nicht erlaubt,,x\n3,offen,liste,\n4,ja,,\n"
    rows, reader = read("customers", table, people=text)
    assert {r["customer_id"]: (r["may_email"], r["may_phone"], r["segment"]) for r in rows} == {
        "1": (True, None, "vip"),
        "2": (False, None, "x"),
        "3": (None, False, None),
        "4": (True, None, None),
    }
    assert reader.flags["customers", "may_email"][0].to_pyarrow()["text"].to_pylist() == [
        "yes",
        "no",
        None,
        "ja",
    ]
    table = TableSettings(
        files="calls.csv",
        columns={"campaign": "k", "customer_id": "c", "contacted_at": "d", "channel": "w", "arm": "g"},
        values={"arm": {"Test": "treated", 0: "control"}, "channel": {"Anruf": "phone"}},
    )
    rows, reader = read(
        "contacts", table, calls="k,c,d,w,g\nX,1,2025-05-01,anruf,TEST\nX,2,2025-05-01,E-Mail,0\n"
    )
    assert [(row["channel"], row["arm"]) for row in rows] == [("phone", "treated"), ("email", "control")]


# What is wrong with a rule -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"keep": {"Statu": "x"}}, "orders.csv has no column 'Statu' (named in tables.orders.keep.Statu)"),
        ({"less": ["r"]}, "orders.csv has no column 'r' (named in tables.orders.less)"),
        ({"values": {"chanel": {"a": "b"}}}, "tables.orders.values.chanel is no column under"),
        ({"values": {"amount": {"a": "b"}}}, "tables.orders.values.amount is no column of words"),
        ({"total_per_order": True}, "tables.orders.total_per_order needs the number of the order"),
        (
            {"columns": COLUMNS | {"is_sample": "Status"}, "values": {"is_sample": {"Probe": "jup"}}},
            "tables.orders.values.is_sample: write yes or no in place of 'jup'",
        ),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_in_one_sentence(read, rules, said):
    with pytest.raises(DataError, match=r"^[^\n]*$") as error:
        read("orders", orders(**({"columns": COLUMNS} | rules)), orders="c,d,a,Status\n1,2025-05-01,1,x\n")
    assert said in str(error.value)


def test_the_sign_of_lines_is_turned_where_their_amounts_are(read):
    lines = {"files": "lines.csv", "columns": {"order_id": "n", "amount": "a"}}
    heads = {"order_id": "n", "customer_id": "c", "ordered_at": "d"}
    table = orders("heads.csv", heads, negative={"t": "Refund"}, lines=lines)
    with pytest.raises(DataError, match=r"tables\.orders\.negative changes the amount"):
        read("orders", table, heads="n,c,d,t\n1,A,2025-05-01,Refund\n", lines="n,a\n1,1\n")


# Dates and headers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ({"dates": "unix"}, "1704276000"),
        ({"dates": "unix"}, "1704276000123"),
        ({"dates": "unix", "amounts": "written"}, "1704276000"),
        ({"dates": "%d%m", "year": 2024}, "0301"),
        ({"dates": "%d%m", "year": 2024}, "301"),
        ({"dates": "%d.%m.", "year": 2024}, "3.1."),
        ({"dates": "%d. %b", "year": 2024}, "3. Januar"),
        ({"dates": "%b-%d-%y"}, "Jan-03-24"),
    ],
)
def test_days_are_read_however_they_are_written(read, form, written):
    rows, _ = read("orders", orders(format=form), orders=f"c,d,a\n1,{written},1\n")
    assert rows[0]["ordered_at"] == date(2024, 1, 3)


def test_the_29th_of_february_is_a_day_of_a_leap_year_alone(read):
    form = {"dates": "%d%m", "year": 2024}
    assert read("orders", orders(format=form), orders="c,d,a\n1,2902,1\n")[0][0]["ordered_at"] == date(
        2024, 2, 29
    )
    assert read("orders", orders(format=form | {"year": 2023}), orders="c,d,a\n1,2902,1\n")[0] == []


def test_seconds_since_1970_may_be_numbers_of_a_parquet_file(read, tmp_path):
    pd.DataFrame({"c": ["1"], "d": [1704276000], "a": [5.0]}).to_parquet(tmp_path / "orders.parquet")
    rows, _ = read("orders", orders("orders.parquet", format={"dates": "unix"}))
    assert rows[0]["ordered_at"] == date(2024, 1, 3)


def test_dates_without_a_year_need_one_in_client_yml():
    with pytest.raises(ValidationError, match="the dates name no year"):
        Format(dates="%d%m")


@pytest.mark.parametrize("above", ["Export\n\n", "\n\n", "Export;;\n\nStand 2025\n"])
def test_titles_and_blank_lines_stand_above_the_header(read, above):
    text = above + "c;d;a\n1;2025-05-01;1\n\n2;2025-05-02;2\n"
    form = {"separator": ";", "skip": above.count("\n")}
    assert amounts(read("orders", orders(format=form), orders=text)[0]) == [1, 2]
