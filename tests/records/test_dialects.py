"""Files that the engine does not read are rewritten so that it does, and no value changes on the way."""

import csv
import zipfile
from datetime import date, datetime

import pytest

from playbook.errors import DataError
from playbook.records import dialects, excel
from playbook.settings.tables import EXCEL_DAYS, WHITE_SPACE, Format


@pytest.mark.parametrize(
    ("text", "form", "plain"),
    [
        ("CHF 1'234.50", Format(amounts="written", thousands="'"), "1234.50"),
        ("CHF 1’234.50", Format(amounts="written", thousands="'"), "1234.50"),
        ("(12,50)", Format(amounts="written", decimal=","), "-12,50"),
        ("12.50-", Format(amounts="written"), "-12.50"),
        ("1\u202f234,50 €", Format(amounts="written", decimal=",", thousands=" "), "1234,50"),
        ("50.--", Format(amounts="written"), "50"),
        ("12'34.50", Format(thousands="'"), "12'34.50"),
        ("(12.50", Format(amounts="written"), "(12.50"),
        ("soon", Format(), "soon"),
    ],
)
def test_an_amount_becomes_plain_or_stays_as_it_is(text, form, plain):
    assert dialects.plain_number(text, form) == plain


@pytest.mark.parametrize(
    ("text", "dates", "day"),
    [
        ("31. Dez. 2025", "%d. %b %Y", datetime(2025, 12, 31)),
        ("2 août 2025", "%d %B %Y", datetime(2025, 8, 2)),
        ("45657", EXCEL_DAYS, datetime(2024, 12, 31)),
        ("45657,5", EXCEL_DAYS, datetime(2024, 12, 31, 12)),
        ("2025-01-01 23:30:00 UTC", None, datetime(2025, 1, 1, 23, 30)),
        ("2025-01-01T23:30:00+05:00", None, datetime(2025, 1, 1, 23, 30)),
        ("31.02.2025", "%d.%m.%Y", None),
    ],
)
def test_a_day_is_read_as_it_is_written(text, dates, day):
    assert dialects.parse_day(text, dates) == day


def rewritten(tmp_path, rows, form):
    dialects.rewrite(rows, tmp_path / "out.csv", form, ["day"], ["amount"])
    with (tmp_path / "out.csv").open(newline="") as file:
        return list(csv.reader(file))


HEADER = ["day", "amount", "shop", "note"]
TOTAL = ["Total", "5.00", "", ""]


def test_rows_keep_their_numbers_and_totals_go(tmp_path):
    rows = [["Sales"], HEADER, ["1 May 2025", "CHF 5.00", "A", ""], ["soon", "?", "A", ""], TOTAL, [""]]
    form = Format(skip=1, dates="%d %b %Y", amounts="written", totals=True)
    read = [["2025-05-01 00:00:00", "5.00", "A", ""], ["soon", "?", "A", ""]]
    assert rewritten(tmp_path, rows, form) == [["Sales"], HEADER, *read]


def test_a_total_in_the_middle_or_not_asked_for_stays(tmp_path):
    rows = [HEADER, TOTAL, ["2025-05-01 00:00:00", "5.00", "A", ""]]
    assert rewritten(tmp_path, rows, Format(totals=True)) == rows
    assert rewritten(tmp_path, [*rows, TOTAL], Format()) == [*rows, TOTAL]


def test_a_row_with_a_date_is_no_total():
    assert dialects.is_total(["Total", "", "9.00"], [1])
    assert not dialects.is_total(["Total", "2025-05-01", "9.00"], [1])


@pytest.mark.parametrize(
    ("form", "needed"),
    [
        (Format(separator=";", decimal=",", thousands="."), False),
        (Format(separator=WHITE_SPACE), True),
        (Format(thousands="’"), True),
        (Format(dates="%d %b %Y"), True),
        (Format(dates="%d.%m.%Y"), False),
        (Format(dates=EXCEL_DAYS), True),
        (Format(totals=True), True),
        (Format(amounts="written"), True),
    ],
)
def test_only_what_the_engine_cannot_read_is_rewritten(form, needed):
    assert dialects.needs_rewriting(form) == needed


def test_a_file_is_what_its_first_bytes_say(tmp_path):
    path = tmp_path / "orders.csv"
    for start, kind in ((b"PAR1", "parquet"), (b"\xd0\xcf\x11\xe0", "workbook"), (b"a,b\n", "text")):
        path.write_bytes(start)
        assert dialects.file_kind(path) == kind
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "a,b\n")
    with pytest.raises(DataError, match="zip archive"):
        dialects.file_kind(path)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (",".join(f"c{n}" for n in range(dialects.MOST_COLUMNS + 1)), "has 2,001 columns"),
        (f"a,{'x' * 200_000}", "a name of 200,000 characters"),
        ('a,"b\n' + "1,2\n" * 100_000, "a name of 400,007 characters"),
    ],
)
def test_a_header_that_no_table_has_is_refused_in_a_short_sentence(tmp_path, header, said):
    path = tmp_path / "orders.csv"
    path.write_text(f"{header}\n1,2\n")
    with pytest.raises(DataError, match=said) as error:
        dialects.header_of(path, Format(), "orders.csv")
    assert len(str(error.value)) < 200


def test_a_cell_of_a_page_is_read_and_a_line_without_an_end_is_not(tmp_path, monkeypatch):
    path = tmp_path / "orders.csv"
    path.write_text(f"a,b\n1,{'x' * 300_000}\n")
    assert [len(row[1]) for row in dialects.text_rows(path, Format())] == [1, 300_000]
    monkeypatch.setattr(dialects, "LONGEST_LINE", 1000)
    with pytest.raises(DataError, match="a line of more than"):
        list(dialects.text_rows(path, Format()))


@pytest.mark.parametrize("read", [dialects.transcode, lambda path, _, encoding: rows_of(path, encoding)])
def test_a_wrong_encoding_is_said_by_name(tmp_path, read):
    path = tmp_path / "orders.csv"
    path.write_bytes("Müller".encode("cp1252"))
    with pytest.raises(DataError, match=r"orders.csv is no utf-8: set format.encoding"):
        read(path, tmp_path / "copy.csv", "utf-8")
    with pytest.raises(DataError, match="'utf-88' is no known encoding"):
        read(path, tmp_path / "copy.csv", "utf-88")


def rows_of(path, encoding):
    return list(dialects.text_rows(path, Format(encoding=encoding)))


@pytest.mark.parametrize(
    ("cell", "form", "text"),
    [
        (date(2025, 5, 1), Format(dates="%d.%m.%Y"), "01.05.2025"),
        (date(2025, 5, 1), Format(), "2025-05-01 00:00:00"),
        (17850.0, Format(), "17850"),
        (12.5, Format(decimal=","), "12,5"),
        (True, Format(), "1"),
        (None, Format(), ""),
        (" two\n words ", Format(), "two words"),
    ],
)
def test_a_cell_is_written_as_the_table_writes_it(cell, form, text):
    assert excel.cell_text(cell, form) == text
