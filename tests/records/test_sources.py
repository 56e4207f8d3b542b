from decimal import Decimal

import pytest
import xlsxwriter

from playbook.errors import DataError
from playbook.records.sources import collect_unreadable, open_sources
from playbook.settings import client as settings


@pytest.fixture
def read(client):
    """Write a client and return its canonical orders as a frame, with the sources."""
    opened = []

    def read_orders(orders, yml="", **files):
        data, name = client(orders, yml, **files)
        sources = open_sources(settings.load(name, data), data / name)
        opened.append(sources)
        frame = sources.orders.execute()
        collect_unreadable(sources)
        return frame, sources

    yield read_orders
    for sources in opened:
        sources.close()


def yml(columns, form="{}", more=""):
    head = "client: A\ntables:\n  orders:\n    files: orders.csv\n"
    return f"{head}    format: {form}\n    columns: {columns}\n{more}"


PLAIN = "{customer_id: c, ordered_at: d, amount: a}"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("{}", "c,d,a\n1,2025-12-31,1234.50\n"),
        (
            '{separator: ";", decimal: ",", thousands: ".", dates: "%d.%m.%Y"}',
            "c;d;a\n1;31.12.2025;1.234,50\n",
        ),
        (
            '{separator: ";", decimal: ".", thousands: "\'", dates: "%d.%m.%y"}',
            "c;d;a\n1;31.12.25;1'234.50\n",
        ),
        ('{separator: "\\t", decimal: ",", dates: "%m/%d/%Y"}', "c\td\ta\n1\t12/31/2025\t1234,50\n"),
        ('{dates: "%d.%m.%Y %H:%M"}', "c,d,a\n1,31.12.2025 23:59,1234.50\n"),
        ("{}", "\ufeffc,d,a\r\n1,2025-12-31,1234.50\r\n"),
    ],
)
def test_the_same_line_in_any_dialect(read, form, text):
    frame, sources = read(text, yml(PLAIN, form))
    row = frame.iloc[0]
    assert (row["customer_id"], str(row["ordered_at"])[:10], row["amount"]) == (
        "1",
        "2025-12-31",
        Decimal("1234.5"),
    )
    assert sources.unreadable == []


def test_windows_letters(client):
    data, name = client(None, yml(PLAIN.replace("d,", "Bestelltag für,"), "{encoding: cp1252}"))
    (data / name / "orders.csv").write_bytes("c,Bestelltag für,a\nMüller,2025-01-01,3\n".encode("cp1252"))
    sources = open_sources(settings.load(name, data), data / name)
    assert sources.orders.execute()["customer_id"].tolist() == ["Müller"]
    sources.close()


def test_what_cannot_be_read_is_kept_with_row_column_and_text(read):
    text = "c,d,a\n1,2025-01-01,5\n2,2025-02-30,5\n3,2025-01-01,five\n4,2025-01-01,6\n"
    frame, sources = read(text, yml(PLAIN))
    assert frame["customer_id"].tolist() == ["1", "4"]
    assert [value.told for value in sources.unreadable] == [
        "orders.csv, row 3, column d: cannot read '2025-02-30'",
        "orders.csv, row 4, column a: cannot read 'five'",
    ]


def test_ids_stay_text_and_keep_leading_zeros(read):
    frame, _ = read("c,d,a\n007,2025-01-01,5\n17850.0,2025-01-01,5\n ,2025-01-01,5\n", yml(PLAIN))
    assert frame["customer_id"].tolist()[:2] == ["007", "17850"]
    assert frame["customer_id"].isna().tolist() == [False, False, True]


def test_amount_is_price_times_quantity_where_only_these_are_there(read):
    columns = "{customer_id: c, ordered_at: d, unit_price: p, quantity: q}"
    frame, _ = read("c,d,p,q\n1,2025-01-01,2.5,4\n1,2025-01-02,2.5,-1\n", yml(columns))
    assert frame["amount"].tolist() == [Decimal("10"), Decimal("-2.5")]


def test_flags_are_read_in_four_languages(read):
    columns = "{customer_id: c, ordered_at: d, amount: a, is_sample: s}"
    lines = "".join(f"1,2025-01-01,5,{word}\n" for word in ("ja", "Oui", "sì", "x", "1", "no", "0", ""))
    frame, _ = read("c,d,a,s\n" + lines, yml(columns))
    assert frame["is_sample"].tolist()[:7] == [True] * 5 + [False] * 2
    assert frame["is_sample"].isna().tolist() == [False] * 7 + [True]


def test_several_files_are_one_table(client):
    columns = PLAIN
    text = yml(columns).replace("files: orders.csv", "files: [orders.csv, more.csv]")
    data, name = client("c,d,a\n1,2025-01-01,5\n", text, more_csv="c,x,d,a\n2,,2025-01-02,6\n")
    sources = open_sources(settings.load(name, data), data / name)
    assert sorted(sources.orders.execute()["customer_id"]) == ["1", "2"]
    sources.close()


def test_a_sheet_of_a_workbook(client):
    text = yml(PLAIN).replace("orders.csv", "orders.xlsx\n    sheet: Sales")
    data, name = client(None, text)
    with xlsxwriter.Workbook(data / name / "orders.xlsx", {"default_date_format": "d mmm yyyy"}) as book:
        book.add_worksheet("Notes")
        sheet = book.add_worksheet("Sales")
        sheet.write_row(0, 0, ["c", "d", "a"])
        from datetime import datetime

        sheet.write_row(1, 0, [17850, datetime(2025, 12, 31), 12.5])
        sheet.write_row(2, 0, ["x1", "2025-12-30", "7"])
        sheet.write_row(3, 0, ["x2", "soon", 7])
    sources = open_sources(settings.load(name, data), data / name)
    frame = sources.orders.execute()
    collect_unreadable(sources)
    assert frame["customer_id"].tolist() == ["17850", "x1"]
    assert frame["amount"].tolist() == [Decimal("12.5"), Decimal("7")]
    assert sources.unreadable[0].told == "orders.xlsx [Sales], row 4, column d: cannot read 'soon'"
    sources.close()


@pytest.mark.parametrize(
    ("orders", "text", "said"),
    [
        (None, yml(PLAIN), "orders.csv is not in the client's folder."),
        ("", yml(PLAIN), "orders.csv is empty"),
        ("c,d,a\n", yml(PLAIN), "orders.csv has no line below its header"),
        ("c,d,sum\n1,2025-01-01,5\n", yml(PLAIN), "orders.csv has no column 'a' (meant as amount)"),
        ("c,d,sum\n1,2025-01-01,5\n", yml(PLAIN), "It has: c, d, sum."),
        ("17,Anna Meier,2025-01-01,5\n1,Bo,2025-01-01,5\n", yml(PLAIN), "Its first row looks like values"),
        ("K000,Anna Muster,Bern\n1,Bo,Ulm\n", yml(PLAIN), "(meant as amount). Its first row looks like"),
        (
            "c,d,a\n1,2025-01-01,5\n",
            yml("{customer_id: c, amount: a}"),
            "does not say which column is ordered_at",
        ),
        (
            "c,d,a\n1,2025-01-01,5\n",
            yml("{customer_id: c, ordered_at: d, amount: a, cupon: a}"),
            "cupon is no column of orders. Did you mean 'coupon'?",
        ),
        ("c,d,a\n1,2025-01-01,5\n", yml(PLAIN, "{encoding: klingon}"), "'klingon' is no known encoding"),
        ("c,d,a\n1,2025-01-01,5\n", yml(PLAIN, "{encoding: utf-16}"), "is no utf-16"),
        (
            "c,d,a\n1,2025-01-01,5\n",
            yml(PLAIN).replace("orders.csv", "order.csv"),
            "Did you mean 'orders.csv'?",
        ),
    ],
)
def test_files_that_cannot_be_used_are_one_sentence(client, orders, text, said):
    data, name = client(orders, text)
    with pytest.raises(DataError) as caught:
        open_sources(settings.load(name, data), data / name)
    assert said in str(caught.value) and "Anna" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_customers_may_bring_any_number(client):
    more = "  customers: {files: people.csv, columns: {customer_id: k, may_email: m, referrals: r}}\n"
    data, name = client("c,d,a\n1,2025-01-01,5\n", yml(PLAIN, more=more), people_csv="k,m,r\n1,ja,3\n2,,\n")
    sources = open_sources(settings.load(name, data), data / name)
    people = sources.customers.order_by("customer_id").execute()
    assert people["referrals"].tolist()[0] == 3
    assert people["may_email"].tolist()[0] is True
    sources.close()


def test_a_table_of_nothing_but_text_and_flags(client):
    more = "  customers: {files: people.csv, columns: {customer_id: k, may_email: m}}\n"
    data, name = client("c,d,a\n1,2025-01-01,5\n", yml(PLAIN, more=more), people_csv="k,m\n1,nein\n")
    sources = open_sources(settings.load(name, data), data / name)
    assert sources.customers.execute().values.tolist() == [["1", False]]
    sources.close()
