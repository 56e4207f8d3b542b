"""How a file is written: encoding, separator, header, dates and numbers, found from the file itself.

csv.Sniffer and DuckDB's sniff_csv were weighed: neither tells decimal commas, names of months,
31/12 from 12/31, titles and totals, and the second reads UTF-8 only. What is found here is a `Format`,
so that the file is then read exactly as anybody can read in client.yml.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import duckdb

from playbook import plain
from playbook.errors import DataError
from playbook.settings import EXCEL_DAYS, WHITE_SPACE, Format
from playbook.sources import PARQUET, WORKBOOK, file_kind

ROWS_LOOKED_AT = 200_000
BLOCKS, BLOCK_BYTES = 16, 1 << 18
"""Where a file is longer: how many further blocks are looked at, spread over the rest."""

SHAPE_ROWS = 200
VALUES_TRIED = 2_000
MOST = 0.9
"""Share of the values that must fit before a column is one of dates or numbers."""


@dataclass(frozen=True)
class Doubt:
    """A choice that the file does not settle.

    Attributes
    ----------
    place : tuple of str
        Keys below the table in client.yml, such as ("format", "dates").
    chosen : str
    others : tuple of str
        What else it may be.
    reason : str
        One clause, as it stands behind "unsure:".
    """

    place: tuple[str, ...]
    chosen: str
    others: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Column:
    """A column's name, its distinct values with how often they come, and the first ones in order."""

    name: str
    values: Counter[str]
    first: tuple[str, ...]
    rows: int

    @property
    def filled(self) -> int:
        """How many rows have a value."""
        return self.values.total()

    @property
    def unique(self) -> bool:
        """Whether no value comes twice."""
        return bool(self.values) and len(self.values) == self.filled

    def share(self, fits: Callable[[str], bool]) -> float:
        """Return the share of the filled rows whose value fits, by up to `VALUES_TRIED` distinct ones."""
        tried = dict(islice(self.values.items(), VALUES_TRIED))
        total = sum(tried.values())
        return sum(count for text, count in tried.items() if fits(text)) / total if total else 0.0


@dataclass(frozen=True)
class Look:
    """A file, or one sheet of it, as far as it can be told.

    Attributes
    ----------
    path : Path
    sheet : str or None
        None where the file has no sheets.
    form : Format
    columns : tuple of Column
    total : str or None
        The totals that the file ends with, as text.
    doubts : tuple of Doubt
    """

    path: Path
    sheet: str | None
    form: Format
    columns: tuple[Column, ...]
    total: str | None = None
    doubts: tuple[Doubt, ...] = ()
    _told: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)

    @property
    def shown(self) -> str:
        """The name to show."""
        return f"{self.path.name} [{self.sheet}]" if self.sheet else self.path.name

    def is_day(self, column: Column) -> bool:
        """Whether a column holds dates as this file writes them."""
        if ("day", column.name) not in self._told:
            fits = column.share(lambda text: _reads(text, self.form.dates)) >= MOST
            self._told["day", column.name] = fits
        return self._told["day", column.name]

    def is_number(self, column: Column) -> bool:
        """Whether a column holds numbers as this file writes them; codes with leading zeros are none."""
        if ("number", column.name) not in self._told:
            coded = any(re.fullmatch(r"0\d+", text) for text in islice(column.values, VALUES_TRIED))
            fits = column.share(lambda text: number(text, self.form) is not None) >= MOST
            self._told["number", column.name] = fits and not coded
        return self._told["number", column.name]

    def numbers(self, column: Column) -> list[float]:
        """Return the numbers among the first values, in their order."""
        return [value for text in column.first if (value := number(text, self.form)) is not None]


@dataclass
class _Rows:
    """The rows looked at: their beginning with title and header, and the last ones of the file."""

    head: list[list[str]]
    body: list[list[str]]
    tail: list[tuple[int, list[str]]] = field(default_factory=list)


def look_at(path: Path) -> list[Look]:
    """Return what a file holds: one look, or one for each sheet that is not empty.

    Raises
    ------
    DataError
        For a file that is missing, empty, protected or no table at all.
    """
    if not path.is_file():
        raise DataError(f"{path} is no file.")
    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty: ask for the export again.")
    kind = file_kind(path)
    if kind == PARQUET:
        return [_look_at_parquet(path)]
    if kind == WORKBOOK:
        return _look_at_workbook(path)
    return [_look_at_text(path)]


def _look_at_text(path: Path) -> Look:
    encoding, doubts = find_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as lines:
        start = list(islice(lines, SHAPE_ROWS))
    if any("\0" in line for line in start):
        raise DataError(f"{path.name} is neither text, workbook nor Parquet: export it as .csv or .xlsx.")
    form = Format(encoding=encoding, separator=find_separator(start))
    rows = _text_sample(path, form)
    return _look(path, None, form, rows, doubts)


def _look_at_workbook(path: Path) -> list[Look]:
    workbook, looks = plain.open_workbook(path), []
    for name in workbook.sheet_names:
        rows, last = _Rows([], []), deque[tuple[int, list[Any]]](maxlen=plain.LAST_ROWS)
        for place, cells in enumerate(workbook.get_sheet_by_name(name).iter_rows(), 1):
            if place <= ROWS_LOOKED_AT:
                rows.body.append([plain.cell_text(cell, Format()) for cell in cells])
            last.append((place, cells))
        rows.tail = [(place, [plain.cell_text(cell, Format()) for cell in cells]) for place, cells in last]
        if any(any(row) for row in rows.body):
            looks.append(_look(path, name, Format(), rows, ()))
    if not looks:
        raise DataError(f"{path.name} has no filled sheet: ask for the export again.")
    return looks


def _look_at_parquet(path: Path) -> Look:
    try:
        with duckdb.connect() as engine:
            found = engine.read_parquet(str(path)).limit(ROWS_LOOKED_AT)
            names, cells = found.columns, found.fetchall()
    except duckdb.Error as error:
        problem = " ".join(str(error).split())[:200]
        raise DataError(f"{path.name} cannot be read as Parquet: {problem}") from error
    body = [[plain.cell_text(cell, Format()) for cell in row] for row in cells]
    return _look(path, None, Format(), _Rows([], [list(names), *body]), ())


def _look(path: Path, sheet: str | None, form: Format, rows: _Rows, doubts: tuple[Doubt, ...]) -> Look:
    skip, header = find_header(rows.body)
    below = rows.body[skip + header :]
    if not below and sheet is not None:
        return Look(path, sheet, form, ())
    if not below:
        raise DataError(f"{path.name} has no line below its header: ask for the export again.")
    names = rows.body[skip] if header else [str(place + 1) for place in range(len(rows.body[skip]))]
    columns = _columns(names, below)
    dates, date_doubts = find_dates(columns)
    numbers, number_doubts = find_numbers(columns, dates)
    form = form.model_copy(update={"skip": skip, "header": header, "dates": dates} | numbers)
    days = [place for place, column in enumerate(columns) if Look(path, sheet, form, ()).is_day(column)]
    total = _totals(rows.tail, days, skip + header)
    if total:
        form = form.model_copy(update={"totals": True})
    return Look(path, sheet, form, columns, total, (*doubts, *date_doubts, *number_doubts))


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    columns = []
    for place, name in enumerate(names):
        texts = [text for row in rows if place < len(row) and (text := row[place].strip())]
        columns.append(Column(name, Counter(texts), tuple(texts[:VALUES_TRIED]), len(rows)))
    return tuple(columns)


def _totals(tail: Sequence[tuple[int, list[str]]], days: Sequence[int], first: int) -> str | None:
    found = []
    for place, row in reversed(tail):
        if any(row):
            if place <= first or not plain.is_total(row, days):
                break
            found.append(" ".join(cell for cell in row if cell.strip()))
    return "; ".join(reversed(found)) or None


# Text ----------------------------------------------------------------------------------------

_LETTERS = frozenset("äöüÄÖÜßéèêëàâáçùûúîïíìòóôœæñÉÈÊÀÂÇÔŒ€’‘“”«»–—…°·£§²½\u00a0\u202f")
"""What stands beyond ASCII in English, Italian, German and French exports."""


def find_encoding(path: Path) -> tuple[str, tuple[Doubt, ...]]:
    """Return the encoding of a text file.

    Marks at the start decide, then zero bytes, then whether all of it is UTF-8 (ascii: nothing in it tells
    encodings apart). Otherwise the old one
    of Windows, DOS or Mac in which most letters are ones that the four languages have. (Detectors for
    all languages of the world take a short list of German names for Turkish or Chinese.)
    """
    with path.open("rb") as file:
        start = file.read(1 << 16)
        if start.startswith(b"\xef\xbb\xbf"):
            return "utf-8-sig", ()
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16", ()
        even, odd = start[0::2].count(0), start[1::2].count(0)
        if even + odd > len(start) / 5:
            return ("utf-16-le" if odd > even else "utf-16-be"), ()
        file.seek(0)
        beyond: Counter[int] = Counter()
        ascii_only = True
        try:
            with path.open(encoding="utf-8") as lines:
                while chunk := lines.read(1 << 20):
                    ascii_only = ascii_only and chunk.isascii()
        except UnicodeDecodeError:
            for raw in iter(lambda: file.read(1 << 20), b""):
                beyond.update(raw.translate(None, bytes(range(128))))
    if not beyond:
        return ("ascii" if ascii_only else "utf-8"), ()
    scores = {name: _letters_in(beyond, name) for name in ("cp1252", "cp850", "mac_roman")}
    best = max(scores, key=lambda name: scores[name])
    others = tuple(name for name in scores if name != best and scores[name] > 0.95 * abs(scores[best]))
    reason = "its letters fit more than one of the old encodings"
    return best, (Doubt(("format", "encoding"), best, others, reason),) if others else ()


def _letters_in(counts: Counter[int], encoding: str) -> float:
    letters = {byte: bytes([byte]).decode(encoding, "replace") for byte in counts}
    if "\ufffd" in letters.values():
        return -1.0
    return sum(n for byte, n in counts.items() if letters[byte] in _LETTERS) / counts.total()


def find_separator(lines: Sequence[str]) -> str:
    """Return the separator under which most lines have the same number of columns, and the most."""
    marked = re.fullmatch(r"\ufeff?\"?sep=(.)\"?\s*", lines[0], re.I) if lines else None
    if marked:
        return marked[1]
    best: tuple[float, int, str] | None = None
    for separator in (";", "\t", ",", "|"):
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        if widths:
            width, rows = max(widths.items(), key=lambda pair: (pair[0] > 1, pair[1]))
            found = (round(rows / widths.total(), 1), width, separator)
            if width > 1 and (best is None or found[:2] > best[:2]):
                best = found
    if best is not None and (best[0] >= 0.5 or best[1] > 2):
        return best[2]
    widths = Counter(len(line.split()) for line in lines if line.strip())
    width, rows = widths.most_common(1)[0] if widths else (0, 0)
    return WHITE_SPACE if width > 1 and rows >= MOST * widths.total() else ","


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Return how many lines stand above the table, and whether its first line names the columns."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:SHAPE_ROWS]]
    for place, width in enumerate(filled):
        below = sorted(n for n in filled[place + 1 : place + 51] if n)
        usual = below[len(below) // 2] if below else 1
        if width >= max(0.8 * usual, 1 if usual == 1 else 2):
            return place, not any(_is_value(cell) for cell in rows[place])
    return 0, True


def _is_value(cell: str) -> bool:
    """Whether a cell is a number, a date or an address, which no column is called."""
    text = cell.strip()
    return bool(
        re.fullmatch(rf"[-+(]?\s*{plain.CURRENCY}?\s*\d[\d.,'’:/\s\u00a0\u202f-]*\)?", text)
        or re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", text)
        or any(_reads(text, dates) for dates in _formats_like(text))
    )


def _text_sample(path: Path, form: Format) -> _Rows:
    rows = _Rows([], list(islice(plain.text_rows(path, form), ROWS_LOOKED_AT)))
    size = path.stat().st_size
    if len(rows.body) == ROWS_LOOKED_AT and "16" not in form.encoding:
        with path.open("rb") as file:
            for block in range(1, BLOCKS + 1):
                file.seek(size * block // (BLOCKS + 1))
                rows.body += _parsed(file.read(BLOCK_BYTES).splitlines()[1:-1], form)
            file.seek(max(size - (1 << 14), 0))
            rows.tail = [(size, row) for row in _parsed(file.read().splitlines()[1:], form)][
                -plain.LAST_ROWS :
            ]
    else:
        rows.tail = list(enumerate(rows.body, 1))[-plain.LAST_ROWS :]
    return rows


def _parsed(lines: Iterable[bytes], form: Format) -> Iterator[list[str]]:
    texts = [line.decode(form.encoding, "replace") for line in lines]
    if form.separator == WHITE_SPACE:
        return (text.split() for text in texts)
    return csv.reader(texts, delimiter=form.separator)


# Dates ---------------------------------------------------------------------------------------

_DAYS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y"),
    *("%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%d. %b %Y", "%d %b %Y", "%d %b %y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%b %d, %Y", "%b %d %Y", "%d.%b.%Y", "%d. %m. %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}(:?\d{2})?| UTC)?)?)?")
_NAMED = re.compile(r"dat[aeu]|jour|giorno|tag$|^tag|day|when|quan|seit|since|depuis|\bdal\b", re.I)


def _shape(text: str) -> str:
    """Return a date with its numbers, month and half of the day blotted out."""
    text = plain._month_as_number(re.sub(r"\s+", " ", text.strip()))
    return re.sub(r"\d+", "0", re.sub(r"\b[ap]\.?m\b\.?", "P", text, flags=re.I))


_ZONED = "%Y-%m-%d %H:%M:%S %z"


def _by_shape() -> dict[str, list[str]]:
    shapes: dict[str, list[str]] = {"0-0-0 0:0:0 +0": [_ZONED], "0-0-0 0:0:0 -0": [_ZONED]}
    for form in (day + time for day in _DAYS for time in _TIMES):
        shape = re.sub(r"%[a-zA-Z]", "0", form.replace("%p", "P"))
        shapes.setdefault(re.sub("0+", "0", shape), []).append(form)
    return shapes


_BY_SHAPE = _by_shape()


def _formats_like(text: str) -> list[str | None]:
    found: list[str | None] = [None] if _ISO.fullmatch(text.strip()) else []
    if not re.search(r"\d", text):
        return found
    named = plain._month_as_number(text) != text
    return found + [
        form for form in _BY_SHAPE.get(_shape(text), []) if ("%b" in form) == named and len(text) < 40
    ]


def _reads(text: str, dates: str | None) -> bool:
    if dates is None:
        return _ISO.fullmatch(text) is not None and plain.parse_day(text, None) is not None
    if dates == EXCEL_DAYS and not re.fullmatch(r"[1-5]\d{4}([.,]\d+)?", text):
        return _ISO.fullmatch(text) is not None
    moment = plain.parse_day(text, dates)
    return moment is not None and 1900 <= moment.year <= 2100


def find_dates(columns: Sequence[Column]) -> tuple[str | None, tuple[Doubt, ...]]:
    """Return the format of a file's dates: the one that most of its columns of dates are written in."""
    fits: Counter[str | None] = Counter()
    for column in columns:
        tried = dict(islice(column.values.items(), VALUES_TRIED))
        shapes = Counter(form for text, n in tried.items() for form in _formats_like(text) for _ in range(n))
        for form, _ in shapes.most_common(6):
            share = column.share(lambda text, form=form: _reads(text, form))  # type: ignore[misc]
            if share >= MOST / 2:
                fits[form] += round(share * column.filled)
    if not fits:
        return _excel_days(columns)
    written = [form for form in fits if form is not None]
    best = max(fits.values())
    equal = [form for form in fits if fits[form] >= 0.995 * best]
    chosen = equal[0] if len(equal) == 1 or None in equal else _day_or_month_first(equal, columns)
    if None in equal and not written:
        chosen = None
    if chosen is not None:
        return chosen[0] if isinstance(chosen, tuple) else chosen, _doubt_of_order(chosen)
    return None, ()


def _doubt_of_order(chosen: Any) -> tuple[Doubt, ...]:
    if not isinstance(chosen, tuple):
        return ()
    first, others = chosen
    return (Doubt(("format", "dates"), first, others, "day and month could be the other way round"),)


def _day_or_month_first(equal: Sequence[str | None], columns: Sequence[Column]) -> Any:
    """Choose between 03/04 and 04/03 by the order in which a file lists its dates.

    Returns the format, or (format, other formats) where the order says nothing.
    """
    forms = sorted((form for form in equal if form), key=lambda form: form.find("%m"), reverse=True)
    for column in columns:
        sorted_share = {}
        for form in forms:
            days = [day for text in column.first if (day := plain.parse_day(text, form))]
            steps = [(later - earlier).days for earlier, later in pairwise(days)]
            if len(steps) >= 5:
                sorted_share[form] = sum(step >= 0 for step in steps) / len(steps)
        if len(sorted_share) < 2:
            continue
        high, second = sorted(
            sorted_share, key=lambda form: -max(sorted_share[form], 1 - sorted_share[form])
        )[:2]
        best, other = (max(sorted_share[form], 1 - sorted_share[form]) for form in (high, second))
        if best > 0.9 and best - other > 0.05:
            return high
    return forms[0], tuple(forms[1:])


def _excel_days(columns: Sequence[Column]) -> tuple[str | None, tuple[Doubt, ...]]:
    """Return `EXCEL_DAYS` where a column called a date holds numbers of days since 1990."""
    latest = (date.today() + timedelta(days=366) - date(1899, 12, 30)).days
    for column in columns:
        plausible = column.share(
            lambda text: bool(re.fullmatch(r"\d{5}([.,]\d+)?", text)) and 32874 <= int(text[:5]) <= latest
        )
        if plausible >= MOST and _NAMED.search(column.name):
            return EXCEL_DAYS, ()
    return None, ()


# Numbers -------------------------------------------------------------------------------------

_GROUPED = re.compile(r"\d{1,3}(?:([.,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_SIMPLE = re.compile(r"\d+([.,]\d+)?")


def number(text: str, form: Format) -> float | None:
    """Return a number as this file writes it, None where it is none."""
    if len(text) > 40 or not re.search(r"\d", text):
        return None
    bare = plain.plain_number(text, form)
    if form.amounts == "plain" and not re.fullmatch(r"\s*[-+]?[\d.,'’\s\u00a0\u202f]+", text):
        return None
    if not re.fullmatch(rf"[-+]?\d+(\{form.decimal}\d+)?", bare):
        return None
    return float(bare.replace(form.decimal, "."))


def find_numbers(columns: Sequence[Column], dates: str | None) -> tuple[dict[str, Any], tuple[Doubt, ...]]:
    """Return the decimal and thousands marks of a file and how its amounts are written.

    A mark that comes last or before other than three digits is the decimal one; one that comes twice, and
    whatever else stands between groups of three, is the one of thousands. 1.234 alone says neither:
    where no number of a thousand or more goes without a mark, it is one of thousands.
    """
    decimal: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    single: Counter[str] = Counter()
    unmarked_large = False
    written = False
    for column in columns:
        if column.share(lambda text: _reads(text, dates)) >= MOST or not _numeric(column):
            continue
        for text, count in column.values.items():
            found = plain._AMOUNT.fullmatch(text)
            if not found:
                continue
            digits = found["digits"].strip(" \u00a0\u202f.,")
            written |= not re.fullmatch(r"[-+]?\s*[\d.,'’\s\u00a0\u202f]*\d", text)
            marks = re.findall(r"[.,'’ \u00a0\u202f]", digits)
            if not marks:
                unmarked_large |= len(digits) > 3
            elif len(set(marks)) > 1:
                decimal[marks[-1]] += count
                thousands[marks[0]] += count
            elif len(marks) > 1 or marks[0] not in ".,":
                thousands[marks[0]] += count
            elif len(digits.split(marks[0])[1]) != 3 or digits.startswith("0"):
                decimal[marks[0]] += count
            else:
                single[marks[0]] += count
    doubts: list[Doubt] = []
    point = decimal.most_common(1)[0][0] if decimal else None
    for mark in single:
        if mark == point:
            continue
        thousands[mark] += single[mark]
        if point is None and unmarked_large and mark not in decimal:
            thousands.pop(mark)
            point = mark
        elif point is None and not (thousands - single):
            other = "." if mark == "," else ","
            reason = f"1{mark}234 may be a thousand or a little more than one"
            doubts.append(Doubt(("format", "decimal"), other, (mark,), reason))
            point = other
    if point is None:
        taken = next((mark for mark in thousands if mark in ".,"), ",")
        point = "," if taken == "." else "."
    marks = [mark for mark, _ in thousands.most_common() if mark != point]
    if any(decimal[mark] > 0 for mark in decimal if mark != point):
        most = {mark: n for mark, n in decimal.items()}
        reason = f"both marks come as decimal ones, {most}"
        doubts.append(Doubt(("format", "decimal"), point, tuple(m for m in most if m != point), reason))
        marks = [mark for mark in marks if mark not in decimal]
    if marks and marks[0] == " " and any(mark in "\u00a0\u202f" for mark in marks):
        marks.insert(0, next(mark for mark in marks if mark in "\u00a0\u202f"))
    amounts = "written" if written else "plain"
    return {"decimal": point, "thousands": marks[0] if marks else None, "amounts": amounts}, tuple(doubts)


def _numeric(column: Column) -> bool:
    """Whether a column is one of numbers under some marks."""

    def fits(text: str) -> bool:
        found = plain._AMOUNT.fullmatch(text) if len(text) < 40 else None
        digits = found["digits"].strip(" \u00a0\u202f.,") if found else ""
        return bool(_GROUPED.fullmatch(digits) or _SIMPLE.fullmatch(digits)) and not re.match(r"0\d", digits)

    return column.share(fits) >= MOST
