"""How a file is written: encoding, separator, header, dates and numbers, found from the file itself.

csv.Sniffer and DuckDB's sniff_csv were weighed: neither tells decimal commas, names of months,
31/12 from 12/31, titles and totals, and the second reads UTF-8 only. What is found here is a `Format`,
so that the file is then read exactly as anybody can read in client.yml.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from playbook.errors import DataError
from playbook.intake.formats import (
    MOST,
    NO_YEAR,
    VALUES_TRIED,
    Doubt,
    FileColumn,
    find_dates,
    find_numbers,
    formats_like,
    number,
    reads_day,
)
from playbook.records import dialects, excel
from playbook.records.dialects import PARQUET, WORKBOOK, file_kind
from playbook.records.memory import literally
from playbook.settings.tables import WHITE_SPACE, Format

ROWS_LOOKED_AT = 200_000
BLOCKS, BLOCK_BYTES = 16, 1 << 18
"""Where a file is longer: how many further blocks are looked at, spread over the rest."""

SHAPE_ROWS = 200


@dataclass(frozen=True)
class Look:
    """A file, or one sheet of it, as far as its values say.

    Attributes
    ----------
    path : Path
    sheet : str or None
        None where the file has no sheets.
    form : Format
    columns : tuple of FileColumn
    total : str or None
        The totals that the file ends with, as text.
    doubts : tuple of Doubt
    sample : tuple of list of str
        The first rows.
    year : int or None
        That which the lines above the header name.
    """

    path: Path
    sheet: str | None
    form: Format
    columns: tuple[FileColumn, ...]
    total: str | None = None
    doubts: tuple[Doubt, ...] = ()
    sample: tuple[list[str], ...] = field(default=(), compare=False, repr=False)
    year: int | None = None
    _tried: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)

    @property
    def shown(self) -> str:
        """The name to show."""
        return f"{self.path.name} [{self.sheet}]" if self.sheet else self.path.name

    def with_year(self) -> "Look":
        """Return this look with the year of dates that name none: that of the file's title, or this one."""
        if not self.form.without_year:
            return self
        form = self.form.model_copy(update={"year": self.year or date.today().year})
        doubts = tuple(doubt for doubt in self.doubts if doubt.place != NO_YEAR.place)
        doubt = replace(NO_YEAR, chosen=str(form.year))
        return replace(self, form=form, doubts=doubts if self.year else (*doubts, doubt))

    def place_of(self, name: str) -> int:
        """Return where in a row a column stands, -1 where the file has none of this name."""
        names = [column.name for column in self.columns]
        return names.index(name) if name in names else -1

    def is_day(self, column: FileColumn) -> bool:
        """Whether a column holds dates as this file writes them."""
        return self._once(
            "day", column, lambda: column.share(lambda text: reads_day(text, self.form.dates)) >= MOST
        )

    def is_number(self, column: FileColumn) -> bool:
        """Whether a column holds numbers as this file writes them; codes with leading zeros are none."""

        def holds_numbers() -> bool:
            coded = any(re.fullmatch(r"0\d+", text) for text in islice(column.values, VALUES_TRIED))
            return not coded and column.share(lambda text: number(text, self.form) is not None) >= MOST

        return self._once("number", column, holds_numbers)

    def _once(self, kind: str, column: FileColumn, holds: Callable[[], bool]) -> bool:
        """Try the values of a column once: they are asked for again with each table and name."""
        if (kind, column.name) not in self._tried:
            self._tried[kind, column.name] = holds()
        return self._tried[kind, column.name]

    def numbers(self, column: FileColumn) -> list[float]:
        """Return the numbers among the first values, in their order."""
        return [value for text in column.first if (value := number(text, self.form)) is not None]


@dataclass
class _Rows:
    """The rows looked at: their beginning with title and header, and the last ones of the file."""

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
        start = list(islice(dialects.lines_of(lines, path.name), SHAPE_ROWS))
    if any("\0" in line for line in start):
        raise DataError(f"{path.name} is neither text, workbook nor Parquet: export it as .csv or .xlsx.")
    form = Format(encoding=encoding, separator=find_separator(start, path.name))
    rows = _text_sample(path, form)
    return _look(path, None, form, rows, doubts)


def _look_at_workbook(path: Path) -> list[Look]:
    workbook, looks = excel.open_workbook(path), []
    for name in workbook.sheet_names:
        rows, last = _Rows([]), deque[tuple[int, list[Any]]](maxlen=dialects.LAST_ROWS)
        for place, cells in enumerate(workbook.get_sheet_by_name(name).iter_rows(), 1):
            if place <= ROWS_LOOKED_AT:
                rows.body.append([excel.cell_text(cell, Format()) for cell in cells])
            last.append((place, cells))
        rows.tail = [(place, [excel.cell_text(cell, Format()) for cell in cells]) for place, cells in last]
        if any(any(row) for row in rows.body):
            looks.append(_look(path, name, Format(), rows, ()))
    if not looks:
        raise DataError(f"{path.name} has no filled sheet: ask for the export again.")
    return looks


def _look_at_parquet(path: Path) -> Look:
    try:
        with duckdb.connect() as engine:
            found = engine.read_parquet(literally(path), hive_partitioning=False).limit(ROWS_LOOKED_AT)
            names, cells = found.columns, found.fetchall()
    except duckdb.Error as error:
        raise DataError(
            f"{path.name} cannot be read as Parquet: it is torn, or something else; ask for it again."
        ) from error
    body = [[excel.cell_text(cell, Format()) for cell in row] for row in cells]
    return _look(path, None, Format(), _Rows([list(names), *body]), ())


def _look(path: Path, sheet: str | None, form: Format, rows: _Rows, doubts: tuple[Doubt, ...]) -> Look:
    skip, header = find_header(rows.body)
    below = rows.body[skip + header :]
    if not below and sheet is not None:
        return Look(path, sheet, form, ())
    if not below:
        raise DataError(f"{path.name} has no line below its header: ask for the export again.")
    names = rows.body[skip] if header else [str(place + 1) for place in range(len(rows.body[skip]))]
    dialects.refuse_no_header(names, f"{path.name} [{sheet}]" if sheet else path.name)
    columns = _columns(names, below)
    dates, date_doubts = find_dates(columns)
    numbers, number_doubts = find_numbers(columns, dates)
    form = form.model_copy(update={"skip": skip, "header": header, "dates": dates} | numbers)
    days = [place for place, column in enumerate(columns) if Look(path, sheet, form, ()).is_day(column)]
    total = _totals(rows.tail, days, skip + header)
    if total:
        form = form.model_copy(update={"totals": True})
    sample = tuple(below[:VALUES_TRIED])
    year = _year_above(rows.body[:skip])
    doubts = (*doubts, *date_doubts, *number_doubts)
    return Look(path, sheet, form, columns, total, doubts, sample, year).with_year()


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[FileColumn, ...]:
    columns = []
    for place, name in enumerate(names):
        texts = [text for row in rows if place < len(row) and (text := row[place].strip())]
        columns.append(FileColumn(name, Counter(texts), tuple(texts[:VALUES_TRIED])))
    return tuple(columns)


def _totals(tail: Sequence[tuple[int, list[str]]], days: Sequence[int], first: int) -> str | None:
    totals = []
    for place, row in reversed([(place, row) for place, row in tail if any(row)]):
        if place <= first or not dialects.is_total(row, days):
            break
        totals.append(" ".join(cell for cell in row if cell.strip()))
    return "; ".join(reversed(totals)) or None


# Text ----------------------------------------------------------------------------------------

_LETTERS = frozenset("äöüÄÖÜßéèêëàâáçùûúîïíìòóôœæñÉÈÊÀÂÇÔŒ€’‘“”«»–—…°·£§²½\u00a0\u202f")
"""What stands beyond ASCII in English, Italian, German and French exports."""


def find_encoding(path: Path) -> tuple[str, tuple[Doubt, ...]]:
    """Return the encoding of a text file.

    Marks at the start decide, then zero bytes, then whether all of it is UTF-8 (ascii: nothing in it tells
    encodings apart). Otherwise the old one of Windows, DOS or Mac in which most letters are ones that the
    four languages have. (Detectors for all languages of the world take a short list of German names for
    Turkish or Chinese.)
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
    try:
        with path.open(encoding="utf-8") as text:
            plain = [chunk.isascii() for chunk in iter(lambda: text.read(1 << 20), "")]
        return ("ascii" if all(plain) else "utf-8"), ()
    except UnicodeDecodeError:
        beyond = _bytes_beyond_ascii(path)
    scores = {name: _letters_in(beyond, name) for name in ("cp1252", "cp850", "mac_roman")}
    best = max(scores, key=lambda name: scores[name])
    others = tuple(name for name in scores if name != best and scores[name] > 0.95 * abs(scores[best]))
    reason = "its letters fit more than one of the old encodings"
    return best, (Doubt(("format", "encoding"), best, others, reason),) if others else ()


def _bytes_beyond_ascii(path: Path) -> Counter[int]:
    counts: Counter[int] = Counter()
    with path.open("rb") as file:
        for raw in iter(lambda: file.read(1 << 20), b""):
            counts.update(raw.translate(None, bytes(range(128))))
    return counts


def _letters_in(counts: Counter[int], encoding: str) -> float:
    letters = {byte: bytes([byte]).decode(encoding, "replace") for byte in counts}
    if "\ufffd" in letters.values():
        return -1.0
    return sum(n for byte, n in counts.items() if letters[byte] in _LETTERS) / counts.total()


def find_separator(lines: Sequence[str], shown: str) -> str:
    """Return the separator under which most lines have the same number of columns, and the most."""
    marked = re.fullmatch(r"\ufeff?\"?sep=(.)\"?\s*", lines[0], re.I) if lines else None
    if marked:
        return marked[1]
    best: tuple[float, int, str] | None = None
    for separator in (";", "\t", ",", "|"):
        widths = Counter(len(row) for row in dialects.csv_rows(lines, separator, shown) if row)
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


def _year_above(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the year that most days and years in the lines above the table name."""
    cells = " ".join(cell for row in rows for cell in row)
    years = Counter(re.findall(r"(?<!\d)((?:19|20)\d\d)(?:(?:0[1-9]|1[0-2])[0-3]\d)?(?!\d)", cells))
    return int(years.most_common(1)[0][0]) if years else None


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Return how many lines stand above the table, and whether its first line names the columns."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:SHAPE_ROWS]]
    for place, width in enumerate(filled):
        below = sorted(n for n in filled[place + 1 : place + 51] if n)
        usual = below[len(below) // 2] if below else 1
        if width >= max(0.8 * usual, 1 if usual == 1 else 2):
            values, *more = (any(map(_is_value, row)) for row in rows[place : place + 3])
            if values and more == [False, True] and filled[place + 1] > width:  # a line about the file
                return place + 1, True
            return place, not values
    return 0, True


def _is_value(cell: str) -> bool:
    """Whether a cell is a number, a date or an address, which no column is called."""
    text = cell.strip()
    return bool(
        re.fullmatch(rf"[-+(]?\s*{dialects.CURRENCY}?\s*\d[\d.,'’:/\s\u00a0\u202f-]*\)?", text)
        or re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", text)
        or any(reads_day(text, dates) for dates in formats_like(text))
    )


def _text_sample(path: Path, form: Format) -> _Rows:
    rows = _Rows(list(islice(dialects.text_rows(path, form), ROWS_LOOKED_AT)))
    size = path.stat().st_size
    if len(rows.body) == ROWS_LOOKED_AT and "16" not in form.encoding:
        with path.open("rb") as file:
            for block in range(1, BLOCKS + 1):
                file.seek(size * block // (BLOCKS + 1))
                rows.body += _parsed(file.read(BLOCK_BYTES).splitlines()[1:-1], form, path.name)
            file.seek(max(size - (1 << 14), 0))
            last = _parsed(file.read().splitlines()[1:], form, path.name)
            rows.tail = [(size, row) for row in last][-dialects.LAST_ROWS :]
    else:
        rows.tail = list(enumerate(rows.body, 1))[-dialects.LAST_ROWS :]
    return rows


def _parsed(lines: Iterable[bytes], form: Format, shown: str) -> Iterator[list[str]]:
    texts = [line.decode(form.encoding, "replace") for line in lines]
    if form.separator == WHITE_SPACE:
        return (text.split() for text in texts)
    return dialects.csv_rows(texts, form.separator, shown)
