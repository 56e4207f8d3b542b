"""How the dates and numbers of a file are written, found from the values of its columns."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from playbook.records.dialects import AMOUNT, BLANKS, month_as_number, parse_day, plain_number
from playbook.settings.tables import EXCEL_DAYS, UNIX_TIME, Format

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


NO_YEAR = Doubt(("format", "year"), "", (), "the dates name no year")


@dataclass(frozen=True)
class FileColumn:
    """A column's name, its distinct values with how often they come, and the first ones in order."""

    name: str
    values: Counter[str]
    first: tuple[str, ...]

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


# Dates ---------------------------------------------------------------------------------------

_DAYS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y"),
    *("%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%d. %b %Y", "%d %b %Y", "%d %b %y"),
    *(
        "%b-%d-%Y",
        "%b-%d-%y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d/%b/%Y",
        "%b %d, %Y",
        "%b %d %Y",
        "%d.%b.%Y",
        "%d. %m. %Y",
    ),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M", ", %H:%M:%S")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}(:?\d{2})?| UTC)?)?)?")
_NAMED = re.compile(
    r"dat[aeu]|jour|giorno|tag$|^tag|day|when|quan|seit|since|depuis|\bdal\b|created|time|zeit", re.I
)
SHORT_DAYS = "%d%m"
"""Day and month in three or four digits, as bookkeeping writes them."""


def _shape(text: str) -> str:
    """Return a date with its numbers, month and half of the day blotted out."""
    text = month_as_number(re.sub(r"\s+", " ", text.strip()))
    return re.sub(r"\d+", "0", re.sub(r"\b[ap]\.?m\b\.?", "P", text, flags=re.I))


_ZONED = "%Y-%m-%d %H:%M:%S %z"


def _by_shape() -> dict[str, list[str]]:
    shapes: dict[str, list[str]] = {"0-0-0 0:0:0 +0": [_ZONED], "0-0-0 0:0:0 -0": [_ZONED]}
    for form in (day + time for day in _DAYS for time in _TIMES):
        shape = re.sub(r"%[a-zA-Z]", "0", form.replace("%p", "P"))
        shapes.setdefault(re.sub("0+", "0", shape), []).append(form)
    return shapes


_BY_SHAPE = _by_shape()


def formats_like(text: str) -> list[str | None]:
    """Return the formats that have the shape of this text; None stands for ISO."""
    found: list[str | None] = [None] if _ISO.fullmatch(text.strip()) else []
    if not re.search(r"\d", text):
        return found
    named = month_as_number(text) != text
    return found + [
        form for form in _BY_SHAPE.get(_shape(text), []) if ("%b" in form) == named and len(text) < 40
    ]


def reads_day(text: str, dates: str | None) -> bool:
    """Whether this format reads the text as a date of our times."""
    if dates is None:
        return _ISO.fullmatch(text) is not None and parse_day(text, None) is not None
    if dates == EXCEL_DAYS and not re.fullmatch(r"[1-5]\d{4}([.,]\d+)?", text):
        return _ISO.fullmatch(text) is not None
    if dates == UNIX_TIME and not re.fullmatch(r"\d{9,10}(\d{3})?(\.\d+)?", text):
        return _ISO.fullmatch(text) is not None
    if dates == SHORT_DAYS and not re.fullmatch(r"\d{3,4}", text):
        return False
    moment = parse_day(text, dates)
    return moment is not None and 1900 <= moment.year <= 2100


def find_dates(columns: Sequence[FileColumn]) -> tuple[str | None, tuple[Doubt, ...]]:
    """Return the format of a file's dates: the one that most of its columns of dates are written in."""
    fits: Counter[str | None] = Counter()
    for column in columns:
        tried = dict(islice(column.values.items(), VALUES_TRIED))
        shapes = Counter(form for text, n in tried.items() for form in formats_like(text) for _ in range(n))
        for form, _ in shapes.most_common(6):
            share = column.share(lambda text, form=form: reads_day(text, form))  # type: ignore[misc]
            if share >= MOST / 2:
                fits[form] += round(share * column.filled)
    if not fits:
        return _counted_days(columns)
    best = max(fits.values())
    equal = [form for form in fits if fits[form] >= 0.995 * best]
    if len(equal) == 1 or None in equal:
        return equal[0], ()
    chosen, others = _day_or_month_first([form for form in equal if form], columns)
    reason = "day and month could be the other way round"
    return chosen, (Doubt(("format", "dates"), chosen, others, reason),) if others else ()


def _day_or_month_first(forms: Sequence[str], columns: Sequence[FileColumn]) -> tuple[str, tuple[str, ...]]:
    """Choose between 03/04 and 04/03 by the order in which a file lists its dates.

    Returns
    -------
    (format, other formats)
        No others where the dates rise, or fall, in one of the formats alone.
    """
    forms = sorted(forms, key=lambda form: form.find("%m"), reverse=True)
    for column in columns:
        in_order = {}
        for form in forms:
            days = [day for text in column.first if (day := parse_day(text, form))]
            steps = [(later - earlier).days for earlier, later in pairwise(days)]
            if len(steps) >= 5:
                rising = sum(step >= 0 for step in steps) / len(steps)
                in_order[form] = max(rising, 1 - rising)
        ranked = sorted(in_order, key=lambda form: -in_order[form])
        if len(ranked) > 1 and in_order[ranked[0]] > max(0.9, in_order[ranked[1]] + 0.05):
            return ranked[0], ()
    return forms[0], tuple(forms[1:])


def _counted_days(columns: Sequence[FileColumn]) -> tuple[str | None, tuple[Doubt, ...]]:
    """Return how a column called a date holds numbers: counts of days or seconds since 1990, or 0301."""
    latest = (date.today() + timedelta(days=366) - date(1899, 12, 30)).days
    for column in columns:
        if not _NAMED.search(column.name):
            continue
        plausible = column.share(
            lambda text: bool(re.fullmatch(r"\d{5}([.,]\d+)?", text)) and 32874 <= int(text[:5]) <= latest
        )
        if plausible >= MOST:
            return EXCEL_DAYS, ()
        if column.share(lambda text: _since_1990(parse_day(text, UNIX_TIME), text)) >= MOST:
            return UNIX_TIME, ()
        if column.share(lambda text: reads_day(text, SHORT_DAYS)) >= MOST:
            return SHORT_DAYS, ()
    return None, ()


def _since_1990(moment: datetime | None, text: str) -> bool:
    latest = date.today() + timedelta(days=366)
    return reads_day(text, UNIX_TIME) and moment is not None and date(1990, 1, 1) <= moment.date() <= latest


# Numbers -------------------------------------------------------------------------------------

_GROUPED = re.compile(r"\d{1,3}(?:([.,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_SIMPLE = re.compile(r"\d+([.,]\d+)?")


def number(text: str, form: Format) -> float | None:
    """Return a number as this file writes it, None where it is none."""
    if len(text) > 40 or not re.search(r"\d", text):
        return None
    bare = plain_number(text, form)
    if form.amounts == "plain" and not re.fullmatch(r"\s*[-+]?[\d.,'’\s\u00a0\u202f]+", text):
        return None
    if not re.fullmatch(rf"[-+]?\d+(\{form.decimal}\d+)?", bare):
        return None
    return float(bare.replace(form.decimal, "."))


@dataclass
class _Marks:
    """How often each mark stands in a file's numbers, and as what.

    Attributes
    ----------
    decimal, thousands : Counter
        Marks that can be nothing else.
    either : Counter
        Marks of numbers such as 1.234, which may be both.
    unmarked_large : bool
        Whether a number of a thousand or more goes without a mark.
    written : bool
        Whether something other than a plain number stands there: a currency, brackets, a minus behind.
    """

    decimal: Counter[str] = field(default_factory=Counter)
    thousands: Counter[str] = field(default_factory=Counter)
    either: Counter[str] = field(default_factory=Counter)
    unmarked_large: bool = False
    written: bool = False

    def add(self, text: str, count: int) -> None:
        """Count the marks of one value."""
        digits = _digits(text)
        if not digits:
            return
        self.written |= not re.fullmatch(rf"[-+]?\s*[\d.,'’\s{BLANKS}]*\d", text)
        marks = re.findall(rf"[.,'’{BLANKS}]", digits)
        if not marks:
            self.unmarked_large |= len(digits) > 3
        elif len(set(marks)) > 1:
            self.decimal[marks[-1]] += count
            self.thousands[marks[0]] += count
        elif len(marks) > 1 or marks[0] not in ".,":
            self.thousands[marks[0]] += count
        elif len(digits.split(marks[0])[1]) != 3 or digits.startswith("0"):
            self.decimal[marks[0]] += count
        else:
            self.either[marks[0]] += count


def find_numbers(
    columns: Sequence[FileColumn], dates: str | None
) -> tuple[dict[str, Any], tuple[Doubt, ...]]:
    """Return the decimal and thousands marks of a file and how its amounts are written.

    A mark that comes last or before other than three digits is the decimal one; one that comes twice, and
    whatever else stands between groups of three, is the one of thousands. 1.234 alone says neither:
    where no number of a thousand or more goes without a mark, it is one of thousands.
    """
    marks = _Marks()
    for column in columns:
        if column.share(lambda text: reads_day(text, dates)) < MOST and _numeric(column):
            for text, count in column.values.items():
                marks.add(text, count)
    point, doubts = _decimal_mark(marks)
    thousands = [mark for mark, _ in marks.thousands.most_common() if mark != point]
    rivals = tuple(mark for mark in marks.decimal if mark != point)
    if rivals:
        reason = f"both marks come as decimal ones, {dict(marks.decimal)}"
        doubts.append(Doubt(("format", "decimal"), point, rivals, reason))
        thousands = [mark for mark in thousands if mark not in marks.decimal]
    if thousands and thousands[0] == " ":  # named by the other kind, so that none is left to the engine
        thousands = [*(mark for mark in thousands if mark in BLANKS[1:]), *thousands]
    found = {"decimal": point, "thousands": thousands[0] if thousands else None}
    return found | {"amounts": "written" if marks.written else "plain"}, tuple(doubts)


def _decimal_mark(marks: _Marks) -> tuple[str, list[Doubt]]:
    """Settle what marks are that may be both; return the decimal one, and whether that is a guess."""
    doubts: list[Doubt] = []
    point = marks.decimal.most_common(1)[0][0] if marks.decimal else None
    for mark, count in marks.either.items():
        if mark == point:
            continue
        marks.thousands[mark] += count
        if point is None and marks.unmarked_large:
            marks.thousands.pop(mark)
            point = mark
        elif point is None and not (marks.thousands - marks.either):
            point = "." if mark == "," else ","
            reason = f"1{mark}234 may be a thousand or a little more than one"
            doubts.append(Doubt(("format", "decimal"), point, (mark,), reason))
    if point is None:
        taken = next((mark for mark in marks.thousands if mark in ".,"), ",")
        point = "," if taken == "." else "."
    return point, doubts


def _digits(text: str) -> str:
    """Return an amount without currency, sign and brackets; nothing where it is none."""
    found = AMOUNT.fullmatch(text)
    return found["digits"].strip(BLANKS + ".,") if found else ""


def _numeric(column: FileColumn) -> bool:
    """Whether a column is one of numbers under some marks."""

    def fits(text: str) -> bool:
        digits = _digits(text) if len(text) < 40 else ""
        return bool(_GROUPED.fullmatch(digits) or _SIMPLE.fullmatch(digits)) and not re.match(r"0\d", digits)

    return column.share(fits) >= MOST
