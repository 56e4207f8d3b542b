"""How dates and numbers are written, from the values of a column alone."""

from collections import Counter

import pytest

from playbook.intake.formats import FileColumn, find_dates, find_numbers, formats_like, number, reads_day
from playbook.settings.tables import EXCEL_DAYS, Format


def column(*values, name="value"):
    return FileColumn(name, Counter(values), values)


@pytest.mark.parametrize(
    ("values", "dates"),
    [
        (("2025-12-31", "2025-01-02 23:59:59"), None),
        (("31.12.2025", "02.01.2025"), "%d.%m.%Y"),
        (("12/31/2025", "01/02/2025"), "%m/%d/%Y"),
        (("31. Dez. 2025", "2. März 2025"), "%d. %b %Y"),
        (("20251231", "20250102"), "%Y%m%d"),
        (("45657", "45660"), EXCEL_DAYS),
    ],
)
def test_dates_settle_how_they_are_written(values, dates):
    assert find_dates([column(*values, name="date")]) == (dates, ())


def test_days_that_rise_settle_what_is_the_day_and_what_the_month():
    rising = (
        "03/01/2025",
        "04/01/2025",
        "05/01/2025",
        "01/02/2025",
        "02/02/2025",
        "03/02/2025",
        "04/02/2025",
    )
    assert find_dates([column(*rising)]) == ("%d/%m/%Y", ())


def test_dates_that_may_be_read_both_ways_are_a_doubt():
    dates, (doubt,) = find_dates([column("03/04/2025", "05/02/2025")])
    assert (doubt.place, doubt.chosen) == (("format", "dates"), dates)
    assert {dates, *doubt.others} == {"%d/%m/%Y", "%m/%d/%Y"}


def test_a_number_is_a_day_of_excel_only_in_a_column_called_a_date():
    assert find_dates([column("45657", "45660", name="amount")]) == (None, ())


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("1,234.50", "5.00"), (".", ",", "plain")),
        (("1.234,50", "5,00"), (",", ".", "plain")),
        (("1'234.50", "12.00"), (".", "'", "plain")),
        (("1\u00a0234,50", "5,00"), (",", "\u00a0", "plain")),
        (("CHF 12.50", "CHF 8.00"), (".", None, "written")),
        (("(12,50)", "8,00-"), (",", None, "written")),
        (("1.234", "2000"), (".", None, "plain")),
        (("12", "8"), (".", None, "plain")),
    ],
)
def test_numbers_settle_how_they_are_written(values, found):
    form, doubts = find_numbers([column(*values)], None)
    assert (form["decimal"], form["thousands"], form["amounts"]) == found
    assert doubts == ()


def test_three_digits_behind_the_only_mark_are_a_doubt():
    form, (doubt,) = find_numbers([column("1.234", "2.345")], None)
    assert (form["decimal"], form["thousands"]) == (",", ".")
    assert doubt.others == (".",) and "a thousand" in doubt.reason


def test_dates_are_no_numbers():
    form, _ = find_numbers([column("31.12.25", "30.11.25"), column("5,20", "7,10")], "%d.%m.%y")
    assert (form["decimal"], form["thousands"]) == (",", None)


def test_a_number_is_read_as_its_file_writes_it():
    assert number("1'234.50", Format(thousands="'")) == 1234.5
    assert number("1'234.50", Format()) is None
    assert number("CHF 5.00", Format()) is None
    assert number("CHF 5.00-", Format(amounts="written")) == -5


def test_text_is_no_date():
    assert formats_like("pots and pans") == []
    assert not reads_day("31.02.2025", "%d.%m.%Y")
    assert not reads_day("31.12.1025", "%d.%m.%Y")
