"""Exports that are wrong: a named finding or an error of one sentence must come of them."""

import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from tests.zoo_client import COLUMNS, ERROR, TABLE, Animal, configure, healthy, keeper, orders, save

ANIMALS: list[Animal] = []
animal = keeper(ANIMALS)
Change = Callable[[pd.DataFrame], pd.DataFrame | None]


def with_change(name: str, expected: str, table: str = "orders", words: str = "") -> Callable[[Change], None]:
    """Add an animal of which one table is changed, in place or into another one."""

    def add(change: Change) -> None:
        def damage(folder: Path) -> None:
            frame = healthy()[table].copy()
            changed = change(frame)
            save(folder, frame if changed is None else changed, f"{table}.csv")

        animal(name, expected, words)(damage)

    return add


def put(column: str, value: Any, rows: Any = slice(0, 2)) -> Change:
    """Return a change that writes a value into some rows of a column."""

    def change(frame: pd.DataFrame) -> None:
        frame.loc[frame.index[rows], column] = value

    return change


# Orders --------------------------------------------------------------------------------------

with_change("two dates that do not exist", "lines_unreadable")(put("date", "2024-02-31"))
with_change("two amounts that are none", "lines_unreadable")(put("amount", "#WERT!"))
with_change("a third of the dates unreadable", "lines_unreadable")(put("date", "soon", slice(None, None, 3)))
with_change("lines without a customer", "lines_without_customer")(put("customer", "", slice(0, 40)))
with_change("lines without an amount", "lines_incomplete")(put("amount", ""))
with_change("lines without a date", "lines_incomplete")(put("date", ""))
with_change("amounts of zero", "amount_zero")(put("amount", "0.00"))
with_change("free lines and the rest negative", "no_sale")(put("amount", "-1.00", slice(None)))
with_change("negative amounts with a positive quantity", "sign_contradiction")(put("amount", "-5.00"))
with_change("a date in the year 2052", "date_future")(put("date", "2052-05-01", slice(0, 1)))
with_change("a date of next month", "date_future")(put("date", "2026-01-15", slice(0, 1)))
with_change("dates of 1900-01-01", "date_early")(put("date", "1900-01-01"))
with_change("a slip of the pen in the last date", "last_day_alone")(put("date", "2025-12-14", slice(0, 1)))
with_change("customers called 9999999", "id_placeholder")(put("customer", "9999999"))
with_change("customers called N/A", "id_placeholder")(put("customer", "N/A"))
with_change("a number written as 1.23E+05", "id_damaged")(put("customer", "1.23457E+05", slice(0, 1)))
with_change("a number that became #REF!", "id_damaged")(put("customer", "#REF!", slice(0, 1)))
with_change("a mail address in the coupon", "personal_data")(put("coupon", "anna@example.com"))
with_change("a test customer", "customer_internal", "customers")(put("name", "Test Test", slice(0, 1)))
with_change("one amount of ten million", "amount_extreme")(put("amount", "10000000.00", slice(0, 1)))


@with_change("numbers in lower case here and there", "id_spelling")
def _(frame: pd.DataFrame) -> None:
    frame.loc[::50, "customer"] = frame["customer"].str.lower()


@with_change("numbers with a blank in them here and there", "id_spelling")
def _(frame: pd.DataFrame) -> None:
    frame.loc[::50, "customer"] = frame["customer"].str[:3] + " " + frame["customer"].str[3:]


@with_change("the last quarter left out of the middle", "month_missing")
def _(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[~frame["date"].str[:7].isin(["2024-05", "2024-06"])]


@with_change("a month of which one line in ten is there", "month_thin")
def _(frame: pd.DataFrame) -> pd.DataFrame:
    thin = frame["date"].str.startswith("2024-05")
    return frame[~thin | (thin.cumsum() % 12 == 1)]


@with_change("every line twice", "lines_duplicated")
def _(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame])


@with_change("order numbers that begin anew", "order_number_reused")
def _(frame: pd.DataFrame) -> None:
    frame.loc[:, "number"] = [str(n % 300) for n in range(len(frame))]


@with_change("all cash sales under one number", "customer_dominates")
def _(frame: pd.DataFrame) -> None:
    frame.loc[::2, "customer"] = "K10007"


@with_change("returns of what was never bought", "return_without_order")
def _(frame: pd.DataFrame) -> pd.DataFrame:
    back = frame.iloc[:3].assign(customer="K99999", date="2024-01-15", amount="-5.00", quantity="-1")
    return pd.concat([frame, back])


@animal("the same file under two names", "lines_in_two_files")
def _(folder: Path) -> None:
    save(folder, orders(), "again.csv")
    configure(folder, files="[orders.csv, again.csv]")


@animal("two years that overlap by a month", "lines_in_two_files")
def _(folder: Path) -> None:
    frame = orders()
    save(folder, frame[frame["date"] < "2024-07-01"], "first.csv")
    save(folder, frame[frame["date"] >= "2024-06-01"], "second.csv")
    configure(folder, files="[first.csv, second.csv]")


@animal("two currencies", "currency_mixed")
def _(folder: Path) -> None:
    frame = orders().assign(currency="CHF")
    frame.loc[::7, "currency"] = "EUR"
    save(folder, frame)
    configure(folder, columns=COLUMNS + "      currency: currency\n")


@animal("another currency than in client.yml", "currency_mixed")
def _(folder: Path) -> None:
    save(folder, orders().assign(currency="USD"))
    configure(folder, columns=COLUMNS + "      currency: currency\n")


@animal("leading zeros lost in one of two files", "id_zeros_lost")
def _(folder: Path) -> None:
    people = healthy()["customers"].copy()
    people["id"] = "00" + people["id"].str[1:]
    save(folder, people, "customers.csv")
    frame = orders()
    frame["customer"] = frame["customer"].str[1:]
    save(folder, frame)


@animal("all numbers in scientific notation", "id_damaged")
def _(folder: Path) -> None:
    frame = orders()
    frame["customer"] = [f"{float(number[1:]):.2E}" for number in frame["customer"]]
    save(folder, frame)


# Customers, events, contacts -----------------------------------------------------------------

with_change("a customer twice", "customers_twice", "customers")(
    lambda frame: pd.concat([frame, frame.iloc[:1]])
)
with_change("half of the customers missing", "buyers_unknown", "customers")(lambda frame: frame.iloc[::2])
with_change("customers without a number", "customers_without_id", "customers")(put("id", ""))
with_change("consent: perhaps", "consent_unreadable", "customers")(put("mail_ok", "vielleicht"))
with_change("acquired in the future", "acquired_future", "customers")(put("since", "2027-01-01"))
with_change("a date of acquisition that is none", "customers_unreadable", "customers")(put("since", "early"))
with_change("mail addresses without a domain", "email_malformed", "customers")(put("email", "anna"))
with_change("one mail address for five", "email_shared", "customers")(put("email", "a@b.ch", slice(0, 5)))
with_change("unknown kinds of events", "events_kind_unknown", "events")(put("kind", "newsletter"))
with_change("events without a customer", "events_without_customer", "events")(put("customer", ""))
with_change("events of strangers", "events_customer_unknown", "events")(put("customer", "Z1"))
with_change("events on a day that is none", "events_unreadable", "events")(put("day", "yesterday"))
with_change("events in the future", "events_after_as_of", "events")(put("day", "2026-05-01"))
with_change("a telephone number in a remark", "personal_data", "events")(put("detail", "+41 91 555 12 34"))
with_change("contacts after the as-of date", "contacts_after_as_of", "contacts")(put("day", "2025-12-24"))
with_change("arms called A and B", "contacts_arm_unknown", "contacts")(put("arm", "A", slice(None, None, 2)))
with_change("no control group", "contacts_no_control", "contacts")(put("arm", "treated", slice(None)))
with_change("a channel called Pigeon", "contacts_channel_unknown", "contacts")(put("channel", "pigeon"))
with_change("contacts without a day", "contacts_without_customer", "contacts")(put("day", ""))
with_change("contacts of strangers", "contacts_customer_unknown", "contacts")(put("customer", "Z1"))
with_change("contacts with a torn date", "contacts_unreadable", "contacts")(put("day", "2025-03"))


@with_change("customers in both arms", "contacts_both_arms", "contacts")
def _(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[:4].assign(arm=["control", "treated"] * 2)])


@with_change("customers under other numbers than in the orders", "buyers_unknown", "customers")
def _(frame: pd.DataFrame) -> None:
    frame["id"] = [f"X-{n}" for n in range(len(frame))]


@animal("a suppression list of strangers", "suppressed_unknown")
def _(folder: Path) -> None:
    (folder / "suppress.csv").write_text("customer_id\nZ1\nnobody@example.org\n")


@animal("a suppression list of customers", "suppressed")
def _(folder: Path) -> None:
    ids = healthy()["customers"]["id"]
    (folder / "suppress.csv").write_text(f"{ids[0]}\n{ids[1].lower()}\nPERSON7@example.com\n")


@animal("a suppression list of names with mail addresses, and of links", "suppressed")
def _(folder: Path) -> None:
    (folder / "suppress.csv").write_text("asked us;Anna <Person7@Example.com>\n;mailto:person8@example.com\n")


@animal("a suppression list called Suppress.csv", ERROR, "is not read")
def _(folder: Path) -> None:
    (folder / "Suppress.csv").write_text("person7@example.com\n")


@animal("a suppression list that is no text", ERROR, "save it again as CSV UTF-8")
def _(folder: Path) -> None:
    (folder / "suppress.csv").write_bytes("Müller;ä\n".encode("utf-16"))


# Files ---------------------------------------------------------------------------------------


def _replaced(name: str, expected: str, words: str, content: bytes, file: str = "orders.csv") -> None:
    @animal(name, expected, words)
    def _(folder: Path) -> None:
        (folder / file).write_bytes(content)
        if file != "orders.csv":
            configure(folder, files=file)


def _compound(*streams: str) -> bytes:
    """Return the frame of an old Office file with streams of the names given, filled with zeros.

    Excel keeps a workbook with a password in such a frame: EncryptionInfo and EncryptedPackage.
    """
    free, end, size = 0xFFFFFFFF, 0xFFFFFFFE, 4096
    numbers = (0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    start = struct.pack("<8s16xHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 62, 3, 0xFFFE, 9, 6)
    header = start + struct.pack("<10I", *numbers) + struct.pack("<109I", 0, *[free] * 108)
    sectors = [0xFFFFFFFD, end]
    entries = [_entry("Root Entry", 5, 1, end, 0)]
    for place, name in enumerate(streams):
        first = len(sectors)
        sectors += [*range(first + 1, first + size // 512), end]
        entries.append(_entry(name, 2, place + 2 if place + 1 < len(streams) else free, first, size))
    fat = struct.pack("<128I", *sectors, *[free] * (128 - len(sectors)))
    directory = b"".join(entries).ljust(512, b"\0")
    return header + fat + directory + bytes(size * len(streams))


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    free = 0xFFFFFFFF
    text = (name + "\0").encode("utf-16-le")
    right, below = (free, child) if kind == 5 else (child, free)
    place = struct.pack("<HBBIII16sIQQIQ", len(text), kind, 1, free, right, below, b"", 0, 0, 0, first, size)
    return text.ljust(64, b"\0") + place


HTML = b"<html><body><table><tr><td>customer</td></tr></table></body></html>"
_replaced("an empty file", ERROR, "is empty", b"")
_replaced("a header and nothing below", ERROR, "no line below its header", b"number,date,customer,amount\n")
_replaced("a web page saved as .xls", ERROR, "web page", HTML, "orders.xls")
_replaced("a web page saved as .csv", ERROR, "web page", HTML)
_replaced("a PDF called .csv", ERROR, "orders.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n")
_replaced("a picture called .csv", ERROR, "orders.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
_replaced("JSON called .csv", ERROR, "orders.csv", b'[{"customer": "a", "amount": 3},\n{"customer": "b"}]\n')
_replaced("text called .xlsx", ERROR, "orders.xlsx", b"customer,amount\na,3\n", "orders.xlsx")
_replaced("text called .parquet", ERROR, "orders.parquet", b"customer,amount\na,3\n", "orders.parquet")
_replaced("a torn Parquet file", ERROR, "orders.parquet", b"PAR1" + bytes(200), "orders.parquet")
_replaced(
    "a workbook with a password",
    ERROR,
    "orders.xlsx",
    _compound("EncryptedPackage", "EncryptionInfo"),
    "orders.xlsx",
)


@animal("a zip archive called .csv", ERROR, "zip archive")
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    text = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", text)


@animal("a torn workbook", ERROR, "orders.xlsx")
def _(folder: Path) -> None:
    healthy()["orders"].to_excel(folder / "orders.xlsx", index=False, engine="xlsxwriter")
    whole = (folder / "orders.xlsx").read_bytes()
    (folder / "orders.xlsx").write_bytes(whole[: len(whole) // 2])
    configure(folder, files="orders.xlsx")


@animal("a sheet that is not there", ERROR, "has no sheet")
def _(folder: Path) -> None:
    healthy()["orders"].to_excel(folder / "orders.xlsx", index=False, engine="xlsxwriter")
    configure(folder, files="orders.xlsx", more="    sheet: Sales\n")


@animal("a file that is not there", ERROR, "is not in the client's folder")
def _(folder: Path) -> None:
    (folder / "orders.csv").rename(folder / "order.csv")


@animal("a file called o[1].csv beside one called o1.csv", TABLE)
def _(folder: Path) -> None:
    (folder / "orders.csv").rename(folder / "o[1].csv")
    save(folder, orders().iloc[:9], "o1.csv")
    configure(folder, files="'o[1].csv'")


@animal("a file called *.csv", TABLE)
def _(folder: Path) -> None:
    (folder / "orders.csv").rename(folder / "*.csv")
    configure(folder, files="'*.csv'")


@animal("ten thousand columns", ERROR, "has 10,007 columns")
def _(folder: Path) -> None:
    lines = (folder / "orders.csv").read_text().splitlines()[:9]
    more = ",".join(f"c{n}" for n in range(10_000))
    (folder / "orders.csv").write_text("".join(f"{line},{more}\n" for line in lines))


@animal("a column with a name of 200,000 letters", ERROR, "a quote may be open")
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    path.write_text(path.read_text().replace("number,", f"number,{'x' * 200_000}", 1))


@animal("one line of 40 million letters", ERROR, "a line of more than 32 MB")
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("w") as file:
        file.writelines("x" * 1_000_000 for _ in range(40))


def _workbook(folder: Path, rows: Iterator[bytes]) -> None:
    """Write a workbook of which the rows are those given, as XML."""
    with zipfile.ZipFile(folder / "orders.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.writelines(rows)
    configure(folder, files="orders.xlsx")


@animal("a workbook of a few KB with a cell of 300 MB", ERROR, "would grow to 286 MB")
def _(folder: Path) -> None:
    _workbook(folder, (b"x" * 1_000_000 for _ in range(300)))


@animal("a cell in the last corner of a sheet", ERROR, "a cell far from the table is filled")
def _(folder: Path) -> None:
    cells = ((1, b"A1"), (1048576, b"XFD1048576"))
    _workbook(folder, (b'<row r="%d"><c r="%b"><v>1</v></c></row>' % cell for cell in cells))


@animal("a pipe where a file should be", ERROR, "orders.csv is a pipe or a device")
def _(folder: Path) -> None:
    (folder / "orders.csv").unlink()
    os.mkfifo(folder / "orders.csv")


@animal("a device where a file should be", ERROR, "orders.csv is a pipe or a device")
def _(folder: Path) -> None:
    (folder / "orders.csv").unlink()
    (folder / "orders.csv").symlink_to("/dev/zero")


@animal("a folder where the suppression list should be", ERROR, "nobody knows who must not be contacted")
def _(folder: Path) -> None:
    (folder / "suppress.csv").mkdir()


@animal("a folder where a file should be", ERROR, "orders.csv is a folder")
def _(folder: Path) -> None:
    (folder / "orders.csv").unlink()
    (folder / "orders.csv").mkdir()


with_change("a column renamed", ERROR, words="has no column 'amount'")(
    lambda f: f.rename(columns={"amount": "sum"})
)


@animal("a column that is needed named twice", ERROR, "amount")
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0] + ",amount", *(line + ",1.00" for line in lines[1:])]) + "\n")


@animal("the wrong separator in client.yml", ERROR, "has no column")
def _(folder: Path) -> None:
    configure(folder, '{separator: ";"}')


@animal("an encoding that nobody knows", ERROR, "no known encoding")
def _(folder: Path) -> None:
    configure(folder, "{encoding: utf-88}")


@animal("Windows-1252 read as UTF-8", "lines_unreadable")
def _(folder: Path) -> None:
    frame = orders()
    frame.loc[::3, "article"] = "Küche"
    save(folder, frame, encoding="cp1252")


@animal("decimal commas read as points", ERROR, "order lines cannot be read")
def _(folder: Path) -> None:
    frame = orders()
    frame["amount"] = frame["amount"].str.replace(".", ",")
    save(folder, frame)


@animal("days and months the wrong way round", "lines_unreadable")
def _(folder: Path) -> None:
    frame = orders()
    frame["date"] = pd.to_datetime(frame["date"]).dt.strftime("%m/%d/%Y")
    save(folder, frame)
    configure(folder, '{dates: "%d/%m/%Y"}')


@animal("a file cut in the middle of a line", "lines_unreadable")
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    path.write_bytes(path.read_bytes()[:-30])


@animal("NUL bytes in a line", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame.loc[5, "article"] = "pots\0pans"
    save(folder, frame)


@animal("a line full of NUL bytes", "lines_unreadable")
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("ab") as file:
        file.write(bytes(200) + b"\n")


@animal("a line with two fields too many", "lines_unreadable")
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("a") as file:
        file.write("B1,2024-01-05,K10007,pots,pans,1,5.00,,\n")


@animal("a line with half of its fields", "lines_unreadable")
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("a") as file:
        file.write("B1,2024-01-05,K10007\n")


@animal("a quote that is never closed", ERROR, "a quote may be open")
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("a") as file:
        file.write('B1,2024-01-05,K10007,"pots,1,5.00,\n')


@animal("an as-of date before the data", ERROR, "before the first order")
def _(folder: Path) -> None:
    configure(folder, top="as_of: 2001-01-01\n")
