"""Files in dialects that the engine does not read, rewritten line by line as those that it does.

What the engine cannot: other encodings than UTF-8, columns parted by any white space, month names,
Excel's day numbers, amounts with a currency, brackets or a minus behind, totals at the end.
Rows keep their numbers, and what cannot be read stays as it is, so that the engine rejects it with its
row and its text.
"""

import csv
import re
import shutil
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from playbook.errors import DataError
from playbook.settings.tables import EXCEL_DAYS, UNIX_TIME, WHITE_SPACE, Format, names_no_year

LONGEST_LINE = 32 << 20
"""Characters of the longest line that is read, and bytes where the engine's own limit of 2 MB was passed."""
MOST_COLUMNS, LONGEST_NAME = 2_000, 1_000
"""Columns of a table, and characters of a column's name: what has more is no table, or not read as meant."""
MILLISECONDS = 100_000_000_000
"""From here on a count since 1970 is one of milliseconds: as seconds it lies beyond the year 5000."""
A_LEAP_YEAR = 2000
"""Stands in where no year is known yet: it has all the days that a year may have."""
EMPTY = (
    "",
    "NULL",
    "null",
    "(null)",
    "\\N",
    "NaN",
    "nan",
    "#N/A",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "00.00.0000",
)
"""What programs write where nothing stands."""
LAST_ROWS = 5
"""How many rows at the end may be totals."""

MONTHS = (
    "jan januar january gennaio gen janvier janv jänner jän",
    "feb februar february febbraio février févr fev févr. fevrier",
    "mar märz march marzo mars mär mrz maerz",
    "apr april aprile avril avr",
    "may mai maggio mag",
    "jun juni june giugno giu juin",
    "jul juli july luglio lug juillet juil",
    "aug august agosto ago août aout",
    "sep september settembre set sept septembre",
    "oct oktober october ottobre ott okt octobre",
    "nov november novembre",
    "dec dezember december dicembre dic dez décembre déc decembre",
)
_MONTH = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
_WORD = re.compile(r"[^\W\d_]{3,}\.?")
_TOTAL = re.compile(
    r"((grand |sub)?tota(l|le|li|ux)|(gesamt|end|zwischen)?summe|gesamt(total|betrag|ergebnis)?|somme)\b.*",
    re.I,
)
CURRENCY = r"(?:[A-Z]{3}|Fr\.?|SFr\.?|[€$£¥])"
AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-+\u2212])?\s*{CURRENCY}?\s*(?P<inner>[-+\u2212])?\s*"
    rf"(?P<digits>\d[\d.,'’\s\u00a0\u202f]*?)(?:\.[-\u2013\u2014]{{1,2}})?"
    rf"\s*{CURRENCY}?\s*(?P<behind>[-\u2212])?\s*(?P<close>\))?",
)
"""An amount as people write it; its digits are a group of their own."""
BLANKS = " \u00a0\u202f"
_QUOTES = "'’"


def needs_rewriting(form: Format) -> bool:
    """Whether the engine cannot read this dialect itself (its encoding aside)."""
    return (
        form.separator == WHITE_SPACE
        or form.amounts == "written"
        or form.totals
        or (form.dates is not None and re.search(r"%[bBz]", form.dates) is not None)
        or form.dates == EXCEL_DAYS
        or form.without_year
        or (form.thousands is not None and not form.thousands.isascii())
    )


def engine_form(form: Format) -> Format:
    """Return the dialect of a file that was rewritten."""
    changed: dict[str, Any] = {"encoding": "utf-8", "thousands": None, "dates": None, "totals": False}
    if form.separator == WHITE_SPACE:
        changed["separator"] = "\t"
    return form.model_copy(update=changed)


def rewrite(
    rows: Iterable[list[str]],
    target: Path,
    form: Format,
    days: Sequence[str],
    numbers: Sequence[str],
) -> None:
    """Write rows as the engine reads them, without totals at the end where the form has them left out.

    Parameters
    ----------
    rows : iterable of list of str
        All rows of the file, those above the header included.
    days, numbers : sequence of str
        Columns with dates and with amounts.
    """
    changes: dict[int, Callable[[str], str]] = {}
    day_places: list[int] = []
    waiting: deque[tuple[int, list[str]]] = deque()
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=engine_form(form).separator, lineterminator="\n")
        for number, row in enumerate(rows, 1):
            if number == form.skip + 1:
                names = row if form.header else [str(place + 1) for place in range(len(row))]
                day_places = [names.index(name) for name in days if name in names]
                changes = dict.fromkeys(day_places, _day_reader(form))
                number_places = [names.index(name) for name in numbers if name in names]
                changes |= dict.fromkeys(number_places, lambda text: plain_number(text, form))
            if number > form.skip + form.header:
                for place, change in changes.items():
                    if place < len(row) and row[place]:
                        row[place] = change(row[place])
            waiting.append((number, row))
            if len(waiting) > (LAST_ROWS if form.totals else 0):
                writer.writerow(waiting.popleft()[1])
        while waiting and form.totals and waiting[-1][0] > form.skip + form.header:
            if any(waiting[-1][1]) and not is_total(waiting[-1][1], day_places):
                break
            waiting.pop()
        writer.writerows(row for _, row in waiting)


def is_total(row: Sequence[str], day_places: Sequence[int]) -> bool:
    """Whether a row at the end of a file is a total: no date in it, and a word for it or hardly a value."""
    if any(place < len(row) and re.search(r"\d", row[place]) for place in day_places):
        return False
    filled = [cell.strip() for cell in row if cell.strip()]
    width = max(len(row), *(place + 1 for place in day_places), 0)
    named = any(_TOTAL.fullmatch(cell) for cell in filled)
    return len(filled) <= max(width * (0.7 if named else 0.4), 1) and (named or bool(day_places))


# Files ---------------------------------------------------------------------------------------

TEXT_FILE, WORKBOOK, PARQUET = "text", "workbook", "parquet"


def file_kind(path: Path) -> str:
    """Return what a file is by its first bytes, whatever its name says.

    Raises
    ------
    DataError
        For an archive and for a web page, which no reader takes for a table.
    """
    with path.open("rb") as file:
        start = file.read(2048)
    if start.startswith(b"PAR1"):
        return PARQUET
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return WORKBOOK
    if start.startswith(b"PK\x03\x04"):
        names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
        if any(name.startswith("xl/") or name == "content.xml" for name in names):
            return WORKBOOK
        raise DataError(f"{path.name} is a zip archive: unpack it and name the files that are in it.")
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|\?xml|table|head|meta)", start, re.I):
        raise DataError(f"{path.name} is a web page, not a table: open it in Excel and save it as .xlsx.")
    return TEXT_FILE


def transcode(path: Path, target: Path, encoding: str) -> None:
    """Copy a text file as UTF-8.

    Raises
    ------
    DataError
        Where the file is not in this encoding.
    """
    with _decoded(path, encoding) as source, target.open("w", encoding="utf-8", newline="") as copy:
        shutil.copyfileobj(source, copy)


@contextmanager
def _decoded(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a text file; where it is not in this encoding, say so."""
    try:
        with path.open(encoding=encoding, newline="") as text:
            yield text
    except UnicodeError as error:
        raise DataError(f"{path.name} is no {encoding}: set format.encoding in client.yml.") from error
    except LookupError as error:
        raise DataError(f"client.yml: {encoding!r} is no known encoding; try cp1252 or utf-8.") from error


def header_of(path: Path, form: Format, shown: str) -> list[str]:
    """Return the names of a file's columns: those in its header, or their positions."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        lines = lines_of(text, shown)
        above = sum(1 for _ in islice(lines, form.skip))
        rows = csv_rows(lines, form.separator, shown)
        first, second = next(rows, []), next(rows, None)
    refuse_no_header(first, shown)
    if above < form.skip or not first or (form.header and second is None):
        raise DataError(f"{shown} has no line below its header: ask for the export again.")
    return first if form.header else [str(place + 1) for place in range(len(first))]


def refuse_no_header(names: Sequence[str], shown: str) -> None:
    """Refuse a header that no table has: its separator or its quotes are not those that are meant.

    Raises
    ------
    DataError
        For thousands of columns, and for a name as long as a page.
    """
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{shown} has {len(names):,} columns, and at most {MOST_COLUMNS:,} are read: ask for those that"
            " are needed."
        )
    longest = max(map(len, names), default=0)
    if longest > LONGEST_NAME:
        raise DataError(
            f"{shown} has a column with a name of {longest:,} characters: a quote may be open, or its first"
            " line is no header; correct the file or the format in client.yml."
        )


def engine_options(form: Format, types: dict[str, str], header: list[str]) -> dict[str, Any]:
    """Return how the engine's reader is called; columns without a type are text."""
    options: dict[str, Any] = {
        "delim": form.separator,
        "header": form.header,
        "skip": form.skip,
        "quote": '"',
        "escape": '"',
        "decimal_separator": form.decimal,
        "all_varchar": True,
        "store_rejects": True,
        "rejects_limit": 0,
        "hive_partitioning": False,
    }
    if not form.header:
        options["names"] = header
    if types:
        options["types"] = types
    if form.thousands:
        options["thousands"] = form.thousands
    if form.dates and form.dates != UNIX_TIME:
        options["timestampformat"] = form.dates
    return options


# Rows ----------------------------------------------------------------------------------------


def text_rows(path: Path, form: Format) -> Iterator[list[str]]:
    """Yield the rows of a text file.

    Raises
    ------
    DataError
        Where the file is not in the encoding that the format names.
    """
    with _decoded(path, form.encoding) as text:
        lines = lines_of(text, path.name)
        if form.separator == WHITE_SPACE:
            yield from (line.split() for line in lines)
        else:
            yield from csv_rows(lines, form.separator, path.name)


def csv_rows(lines: Iterable[str], separator: str, shown: str) -> Iterator[list[str]]:
    """Yield the rows of lines; a cell may be as long as the longest line.

    Raises
    ------
    DataError
        For a cell that is longer: a quote is open.
    """
    csv.field_size_limit(LONGEST_LINE)
    try:
        yield from csv.reader(lines, delimiter=separator)
    except csv.Error as error:
        raise DataError(f"{shown} is no table of text: {error}.") from error


def lines_of(text: TextIO, shown: str) -> Iterator[str]:
    """Yield the lines of a text.

    Raises
    ------
    DataError
        For a line that is as long as a file: nobody knows how much memory it would take.
    """
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise DataError(
                f"{shown} has a line of more than {LONGEST_LINE >> 20} MB: it is no table of text."
            )
        yield line


# Values --------------------------------------------------------------------------------------


def plain_number(text: str, form: Format) -> str:
    """Return an amount without currency, brackets and thousands marks; unreadable text as it is."""
    found = AMOUNT.fullmatch(text.strip())
    if not found or bool(found["open"]) != bool(found["close"]):
        return text
    digits = found["digits"].rstrip(BLANKS + ".,")
    for mark in _alike(form.thousands):
        if re.search(rf"\{mark}(?!\d{{3}}(?!\d))", digits):
            return text
        digits = digits.replace(mark, "")
    if not re.fullmatch(rf"\d+(\{form.decimal}\d+)?", digits):
        return text
    negative = bool(found["open"]) + sum(
        found[part] in ("-", "\u2212") for part in ("minus", "inner", "behind")
    )
    return f"-{digits}" if negative else digits


def _alike(thousands: str | None) -> str:
    """Return a thousands mark and those that people write in its place: blanks of any kind, both quotes."""
    if thousands is None:
        return ""
    return next((group for group in (BLANKS, _QUOTES) if thousands in group), thousands)


def _day_reader(form: Format) -> Callable[[str], str]:
    @lru_cache(maxsize=100_000)
    def read(text: str) -> str:
        moment = parse_day(text, form.dates, form.year)
        return text if moment is None else moment.isoformat(sep=" ")

    return read


def parse_day(text: str, dates: str | None, year: int | None = None) -> datetime | None:
    """Return a date or time of day as written in ``dates``; None where it cannot be read.

    Parameters
    ----------
    dates : str or None
        A strptime format in which %b and %B stand for the name of a month in English, German,
        French or Italian, short or in full; `EXCEL_DAYS`; `UNIX_TIME`; or None for ISO. Days are those
        of the time zone that the text names.
    year : int or None
        That of dates which do not name theirs, typed cells of a workbook aside.
    """
    text = text.strip()
    try:
        if dates is None:
            return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=None)
        if dates == EXCEL_DAYS:
            return _from_excel(text)
        if dates == UNIX_TIME:
            return _from_unix(text)
        if re.search(r"%[bB]", dates):
            text, dates = month_as_number(text), re.sub(r"%[bB]\.?", "%m", dates)
        if names_no_year(dates):
            return _in_year(text, dates, year or A_LEAP_YEAR)
        return datetime.strptime(text, dates).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _from_excel(text: str) -> datetime:
    """Return the moment of a day number: days since 1899-12-30, its fraction the time of day."""
    if re.fullmatch(r"\d{1,6}([.,]\d+)?", text):
        days = float(text.replace(",", "."))
        return datetime(1899, 12, 30) + timedelta(seconds=round(days * 86400))
    return datetime.fromisoformat(text)


def _from_unix(text: str) -> datetime:
    """Return the moment of a count of seconds, or milliseconds, since 1970, as UTC has it."""
    if not re.fullmatch(r"-?\d+([.,]\d+)?", text):
        return datetime.fromisoformat(text).replace(tzinfo=None)
    count = float(text.replace(",", "."))
    return datetime(1970, 1, 1) + timedelta(seconds=count / 1000 if count >= MILLISECONDS else count)


def _in_year(text: str, dates: str, year: int) -> datetime:
    """Return a date that names no year; a zero in front, that a spreadsheet took away, is put back."""
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        return datetime.fromisoformat(text).replace(tzinfo=None)
    if not re.sub("%[dm]", "", dates):
        text = text.zfill(4)
    return datetime.strptime(f"{text} {year}", f"{dates} %Y")


def month_as_number(text: str) -> str:
    """Return a date with the name of its month as a number; without one as it is."""
    for word in _WORD.finditer(text):
        name = word[0].lower()
        number = _MONTH.get(name.rstrip(".")) or _MONTH.get(name)
        if number:
            return f"{text[: word.start()]}{number:02d}{text[word.end() :]}"
    return text
