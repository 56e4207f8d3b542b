import pytest
from xlsxwriter import Workbook

from playbook.errors import DataError
from playbook.intake.look import find_encoding, find_header, find_separator, look_at
from playbook.records.dialects import parse_day, plain_number
from playbook.settings.tables import Format


def form_of(tmp_path, text: str, encoding: str = "utf-8") -> dict:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding=encoding, newline="")
    return look_at(path)[0].form.model_dump(exclude_defaults=True, exclude={"encoding"})


def rows(*values: str, separator: str = ";", header: str = "Kunde;Wert") -> str:
    return "\n".join([header, *(f"K{n}{separator}{value}" for n, value in enumerate(values))]) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "cp850", "mac_roman", "utf-16"])
def test_the_encoding_is_found(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_text("Kunde;Ort\nMüller;Zürich\nDépôt;Genève\nCaffè;Forlì\n", encoding=encoding)
    assert find_encoding(path) == (encoding, ())


def test_utf_16_without_a_mark_is_found(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("Kunde;Ort\nMüller;Zürich\n".encode("utf-16-le"))
    assert find_encoding(path)[0] == "utf-16-le"


def test_plain_letters_do_not_tell_encodings_apart(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    assert find_encoding(path) == ("ascii", ())


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (["a;b;c", "1;2,5;3", "1;2,5;3"], ";"),
        (["a,b", '"x, y",2', '"z; w",3'], ","),
        (["a\tb", "1 000\t2", "1 000\t2"], "\t"),
        (["a|b|c", "1|2|3"], "|"),
        ([" 00001 19970101  1   11.77", " 00002 19970112  1   12.00"], " "),
        (["sep=;", "a;b", "1,5;2,5"], ";"),
        (["Orders of 2025", "", "a;b;c", "1;2;3", "1;2;3", "1;2;3"], ";"),
    ],
)
def test_the_separator_is_found(lines, separator):
    assert find_separator(lines, "orders.csv") == separator


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ([["Kunde", "Datum"], ["1", "2025-01-01"]], (0, True)),
        ([["1", "2025-01-01"], ["2", "2025-01-02"]], (0, False)),
        ([["Umsätze 2025"], [], ["Kunde", "Datum", "Betrag"], ["1", "2025-01-01", "5"]], (2, True)),
        ([["Export vom", "31.12.2025", ""], ["Kunde", "Datum", "Betrag"], *[["1", "x", "5"]] * 9], (1, True)),
        ([["Kunde", "Datum", "Notiz", "Grund"], ["1", "2025-01-01", "", ""]], (0, True)),
    ],
)
def test_the_header_is_found_below_a_title_or_missing(table, found):
    assert find_header(table) == found


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        (["1'234.50", "12.00"], {"thousands": "'"}),
        (["1.234,50", "12,00"], {"decimal": ",", "thousands": "."}),
        (["1 234,50", "12,00"], {"decimal": ",", "thousands": " "}),
        (["1\u202f234,50", "12,00"], {"decimal": ",", "thousands": "\u202f"}),
        (["1.234.567", "12"], {"decimal": ",", "thousands": "."}),
        (["12,5", "1,250"], {"decimal": ","}),
        (["12.5", "1,250"], {"thousands": ","}),
        (["1.250", "0.500"], {}),
        (["12.-", "CHF 7.50"], {"amounts": "written"}),
        (["(12.50)", "7.50"], {"amounts": "written"}),
        (["12,50-", "7,50"], {"decimal": ",", "amounts": "written"}),
        (["12", "-7"], {}),
    ],
)
def test_decimal_and_thousands_marks_are_found(tmp_path, values, marks):
    assert form_of(tmp_path, rows(*values, "3", "4")) == {"separator": ";"} | marks


def test_a_mark_that_may_be_both_is_unsure(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(rows("1.234", "2.345", "7"))
    (doubt,) = look_at(path)[0].doubts
    assert (doubt.place, doubt.chosen, doubt.others) == (("format", "decimal"), ",", (".",))


def test_telephone_numbers_and_codes_are_no_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Tel;Code;Nr\n079 555 12 34;00123;7\n079 555 12 35;00124;8\n")
    look = look_at(path)[0]
    assert [look.is_number(column) for column in look.columns] == [False, False, True]
    assert look.form.thousands is None


@pytest.mark.parametrize(
    ("values", "dates"),
    [
        (["2025-12-31", "2025-01-02"], None),
        (["2025-12-31 23:59", "2025-01-02 00:00"], None),
        (["2025-12-31T23:59:00Z", "2025-01-02T00:00:00+01:00"], None),
        (["2025-12-31 23:59:00 +0100"], "%Y-%m-%d %H:%M:%S %z"),
        (["31.12.2025", "2.1.2025"], "%d.%m.%Y"),
        (["31.12.25", "02.01.25"], "%d.%m.%y"),
        (["31/12/2025", "02/01/2025"], "%d/%m/%Y"),
        (["12/31/2025", "01/02/2025"], "%m/%d/%Y"),
        (["12/31/2025 11:59 PM", "01/02/2025 1:00 AM"], "%m/%d/%Y %I:%M %p"),
        (["20251231", "20250102"], "%Y%m%d"),
        (["31. Dezember 2025", "2. März 2025"], "%d. %b %Y"),
        (["31 dicembre 2025", "2 gennaio 2025"], "%d %b %Y"),
        (["31 déc. 2025", "2 févr. 2025"], "%d %b %Y"),
        (["31-Dec-25", "02-Jan-25"], "%d-%b-%y"),
        (["Dec 31, 2025", "January 2, 2025"], "%b %d, %Y"),
        (["31.12.2025 23:59:59"], "%d.%m.%Y %H:%M:%S"),
    ],
)
def test_the_format_of_dates_is_found(tmp_path, values, dates):
    path = tmp_path / "a.csv"
    path.write_text(rows(*values, header="Kunde;Datum"))
    look = look_at(path)[0]
    assert (look.form.dates, look.doubts) == (dates, ())
    assert look.is_day(look.columns[1])


def test_the_order_of_a_file_tells_days_from_months(tmp_path):
    values = [f"{month:02d}/{day:02d}/2025" for month in (1, 2, 3) for day in (1, 4, 7, 10)]
    path = tmp_path / "a.csv"
    path.write_text(rows(*values))
    look = look_at(path)[0]
    assert (look.form.dates, look.doubts) == ("%m/%d/%Y", ())


def test_dates_that_may_be_either_are_unsure(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(rows("03/04/2025", "05/01/2025", "01/09/2025"))
    (doubt,) = look_at(path)[0].doubts
    assert (doubt.chosen, doubt.others) == ("%d/%m/%Y", ("%m/%d/%Y",))


def test_day_numbers_of_excel_are_found_by_the_name_of_their_column(tmp_path):
    assert form_of(tmp_path, rows("45292", "45300", header="Kunde;Bestelldatum"))["dates"] == "excel"
    assert "dates" not in form_of(tmp_path, rows("45292", "45300", header="Kunde;Betrag"))


@pytest.mark.parametrize("total", ["Total;;24.00", ";;24.00", "Summe;;24.00\n\n"])
def test_totals_at_the_end_are_found(tmp_path, total):
    lines = [f"K{n};0{n}.01.2025;{n}.00" for n in range(1, 9)]
    text = "\n".join(["Kunde;Datum;Betrag", *lines])
    assert "totals" not in form_of(tmp_path, f"{text}\n")
    assert form_of(tmp_path, f"{text}\n{total}\n")["totals"] is True


@pytest.mark.parametrize(
    ("text", "dates", "iso"),
    [
        ("31. Dezember 2025", "%d. %b %Y", "2025-12-31"),
        ("2 août 2025", "%d %b %Y", "2025-08-02"),
        ("45292.5", "excel", "2024-01-01T12:00"),
        ("2025-12-31 23:30:00 -0500", "%Y-%m-%d %H:%M:%S %z", "2025-12-31T23:30"),
        ("31.02.2025", "%d.%m.%Y", None),
        ("soon", "%d %b %Y", None),
    ],
)
def test_days_are_read_as_written(text, dates, iso):
    moment = parse_day(text, dates)
    assert moment is None if iso is None else moment.isoformat().startswith(iso)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("CHF 1'234.50", "1234.50"),
        ("CHF 1’234.50", "1234.50"),
        ("-1'234.50", "-1234.50"),
        ("(1'234.50)", "-1234.50"),
        ("CHF -12.00", "-12.00"),
        ("12.50-", "-12.50"),
        ("12.-", "12"),
        ("€ 5", "5"),
        ("1'23.50", "1'23.50"),
        ("(12.50", "(12.50"),
        ("12,50", "12,50"),
        ("n/a", "n/a"),
    ],
)
def test_amounts_are_read_as_written(text, plain):
    assert plain_number(text, Format(thousands="'")) == plain


def test_dates_as_text_and_as_dates_in_one_sheet(tmp_path):
    from datetime import datetime

    path = tmp_path / "a.xlsx"
    with Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Kunde", "Datum", "Betrag"])
        for place in range(1, 13):
            sheet.write_row(place, 0, [f"K{place}", f"{place + 12}.01.2025", "12,50"])
        sheet.write_datetime(12, 1, datetime(2025, 1, 31))
    assert look_at(path)[0].form == Format(decimal=",", dates="%d.%m.%Y")


@pytest.mark.parametrize("content", [b"\0\1\2\3" * 99, bytes(range(256)) * 9])
def test_what_is_no_text_is_one_sentence(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"^a\.csv .*\.$"):
        look_at(path)
