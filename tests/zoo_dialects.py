"""Exports that are odd but sound: the table must come out right."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import xlsxwriter

from tests.zoo_client import COLUMNS, ORDERS, TABLE, Animal, configure, healthy, keeper, orders, save

ANIMALS: list[Animal] = []
animal = keeper(ANIMALS)


def with_dates(pattern: str) -> pd.DataFrame:
    frame = orders()
    frame["date"] = pd.to_datetime(frame["date"]).dt.strftime(pattern)
    return frame


def with_amounts(decimal: str, thousands: str = "") -> pd.DataFrame:
    """Return orders of which one is above a thousand, however it is written."""
    frame = orders()
    written = [f"{float(amount):,.2f}" for amount in frame["amount"]]
    table = str.maketrans({",": thousands, ".": decimal})
    frame["amount"] = [amount.translate(table) for amount in written]
    return frame


@animal("nothing", TABLE)
def _(folder: Path) -> None:
    pass


@animal("a mark (BOM) at the start", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), encoding="utf-8-sig")


@animal("UTF-16", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), encoding="utf-16")
    configure(folder, "{encoding: utf-16}")


@animal("Windows-1252 with umlauts", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["article"] = "Küche für Gäste"
    save(folder, frame, encoding="cp1252")
    configure(folder, "{encoding: cp1252}")


@animal("semicolons and decimal commas", TABLE)
def _(folder: Path) -> None:
    save(folder, with_amounts(","), sep=";")
    configure(folder, '{separator: ";", decimal: ","}')


@animal("thousands with an apostrophe: 1'234.50", TABLE)
def _(folder: Path) -> None:
    save(folder, with_amounts(".", "'"))
    configure(folder, '{thousands: "\'"}')


@animal("thousands with a point: 1.234,50", TABLE)
def _(folder: Path) -> None:
    save(folder, with_amounts(",", "."), sep=";")
    configure(folder, '{separator: ";", decimal: ",", thousands: "."}')


@animal("thousands with a blank: 1 234,50", TABLE)
def _(folder: Path) -> None:
    save(folder, with_amounts(",", " "), sep=";")
    configure(folder, '{separator: ";", decimal: ",", thousands: " "}')


@animal("dates as 31.12.2025", TABLE)
def _(folder: Path) -> None:
    save(folder, with_dates("%d.%m.%Y"))
    configure(folder, '{dates: "%d.%m.%Y"}')


@animal("dates as 12/31/2025", TABLE)
def _(folder: Path) -> None:
    save(folder, with_dates("%m/%d/%Y"))
    configure(folder, '{dates: "%m/%d/%Y"}')


@animal("dates with the time of day", TABLE)
def _(folder: Path) -> None:
    save(folder, with_dates("%Y-%m-%d 23:59:59"))


@animal("dates as Excel's day numbers", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["date"] = (pd.to_datetime(frame["date"]) - pd.Timestamp("1899-12-30")).dt.days.astype(str)
    save(folder, frame)
    configure(folder, "{dates: excel}")


@animal("dates with names of months", TABLE)
def _(folder: Path) -> None:
    save(folder, with_dates("%d %B %Y"))
    configure(folder, '{dates: "%d %B %Y"}')


@animal("tabs", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), sep="\t")
    configure(folder, '{separator: "\\t"}')


@animal("vertical bars", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), sep="|")
    configure(folder, '{separator: "|"}')


@animal("line ends of Windows", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), lineterminator="\r\n")


@animal("line ends of Windows and of Unix mixed", TABLE)
def _(folder: Path) -> None:
    lines = (folder / "orders.csv").read_text().splitlines()
    text = "".join(line + ("\r\n" if n % 3 else "\n") for n, line in enumerate(lines))
    (folder / "orders.csv").write_bytes(text.encode())


@animal("everything in quotes", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), quoting=csv.QUOTE_ALL)


@animal("separators, quotes and line breaks inside a field", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["article"] = 'pots, "large"\nand small'
    save(folder, frame)


@animal("blank lines at the end", TABLE)
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("a") as file:
        file.write("\n\n\n")


@animal("no line end after the last line", TABLE)
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    path.write_text(path.read_text().rstrip("\n"))


@animal("a title above the header", TABLE)
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    path.write_text("Export of all orders\n\n" + path.read_text())
    configure(folder, "{skip: 2}")


@animal("a line of totals at the end", TABLE)
def _(folder: Path) -> None:
    with (folder / "orders.csv").open("a") as file:
        file.write("Total,,,,,99999.00,\n")
    configure(folder, "{totals: true}")


@animal("no header", TABLE)
def _(folder: Path) -> None:
    save(folder, orders(), header=False)
    ours = dict(zip(ORDERS, range(1, 8), strict=True))
    named = [line.split(": ") for line in COLUMNS.splitlines()]
    columns = "".join(f"{name}: {ours[theirs]}\n" for name, theirs in named)
    configure(folder, "{header: false}", columns=columns)


@animal("amounts written with their currency", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["amount"] = "CHF " + frame["amount"]
    save(folder, frame)
    configure(folder, "{amounts: written}")


def _workbook(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name, frame in sheets.items():
            page = book.add_worksheet(name)
            day = book.add_format({"num_format": "dd.mm.yyyy"})
            page.write_row(0, 0, list(frame.columns))
            for row, line in enumerate(frame.itertuples(index=False), start=1):
                for place, (column, value) in enumerate(zip(frame.columns, line, strict=True)):
                    if column == "date":
                        page.write_datetime(row, place, pd.Timestamp(value).to_pydatetime(), day)
                    elif column in ("quantity", "amount"):
                        page.write_number(row, place, float(value))
                    else:
                        page.write_string(row, place, value)


@animal("an Excel workbook", TABLE)
def _(folder: Path) -> None:
    _workbook(folder / "orders.xlsx", {"Orders": orders()})
    configure(folder, files="orders.xlsx")


@animal("a workbook with a sheet a year", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    years = {year: frame[frame["date"].str.startswith(year)] for year in ("2023", "2024", "2025")}
    _workbook(folder / "orders.xlsx", years)
    configure(folder, files="orders.xlsx", more='    sheet: ["2023", "2024", "2025"]\n')


@animal("a workbook that is called .csv", TABLE)
def _(folder: Path) -> None:
    _workbook(folder / "made.xlsx", {"Orders": orders()})
    (folder / "made.xlsx").replace(folder / "orders.csv")


@animal("a file a year", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    for year in ("2023", "2024", "2025"):
        save(folder, frame[frame["date"].str.startswith(year)], f"{year}.csv")
    configure(folder, files="[2023.csv, 2024.csv, 2025.csv]")


@animal("Parquet", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["date"], frame["amount"] = pd.to_datetime(frame["date"]), frame["amount"].astype(float)
    frame["quantity"] = frame["quantity"].astype(int)
    frame.to_parquet(folder / "orders.parquet")
    configure(folder, files="orders.parquet")


@animal("Parquet with all columns text", TABLE)
def _(folder: Path) -> None:
    orders().to_parquet(folder / "orders.parquet")
    configure(folder, files="orders.parquet")


@animal("columns in another order", TABLE)
def _(folder: Path) -> None:
    save(folder, orders()[list(reversed(ORDERS))])


@animal("300 columns", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    more = pd.DataFrame({f"extra {n}": "0" for n in range(293)}, index=frame.index)
    save(folder, pd.concat([frame, more], axis=1))


@animal("a column that nobody asked for named twice", TABLE)
def _(folder: Path) -> None:
    path = folder / "orders.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0] + ",note,note", *(line + ",a,b" for line in lines[1:])]) + "\n")


@animal("a cell of 5 MB", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame.loc[100, "article"] = "x" * 5_000_000
    save(folder, frame)


@animal("a formula in a customer's name", TABLE)
def _(folder: Path) -> None:
    people = healthy()["customers"].copy()
    people.loc[3, "name"] = '=HYPERLINK("http://example.com","Anna")'
    save(folder, people, "customers.csv")


@animal("a web page's code in a customer's name", TABLE)
def _(folder: Path) -> None:
    people = healthy()["customers"].copy()
    people.loc[3, "name"] = "<script>alert(1)</script>"
    save(folder, people, "customers.csv")


@animal("blanks around the numbers of customers", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["customer"] = "  " + frame["customer"] + " "
    save(folder, frame)


@animal("a file in a folder of its own", TABLE)
def _(folder: Path) -> None:
    (folder / "from the till").mkdir()
    shutil.move(folder / "orders.csv", folder / "from the till" / "orders.csv")
    configure(folder, files='"from the till/orders.csv"')


@animal("names in Greek, Chinese and Arabic", TABLE)
def _(folder: Path) -> None:
    frame = orders()
    frame["article"] = "Ελλάδα 中文 العربية 🎁"
    save(folder, frame)
