"""The cells of a client's files as canonical values: expressions, nothing is read."""

from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from playbook.records import dialects
from playbook.records.canonical import (
    BETWEEN_LETTERS,
    CLOSED,
    CODE,
    DAY,
    FLAG,
    ID,
    NO,
    NOT_REFUSING,
    NUMBER,
    REFUSING_WORDS,
    TEXT,
    YES,
    meanings,
)
from playbook.settings.tables import UNIX_TIME, Format
from playbook.settings.yaml import LAST_YEAR


def typed(column: Any, kind: str, form: Format) -> Any:
    """Return a column as its kind is read; see `canonical.COLUMNS`."""
    if kind == TEXT:
        return text_of(column)
    if kind == CODE:  # a 0, a no or an amount of nothing is no code
        code = text_of(column)
        none = code.lower().isin(NO) | code.re_search(r"^[-+0.,]+$")
        return ibis.ifelse(none, ibis.null("string"), code)
    if kind == ID:  # a number column with gaps is often saved as 17850.0
        plain = number(text_of(column))
        return ibis.ifelse(plain.contains("@"), plain.lower(), plain)
    if kind == FLAG:
        text = number(text_of(column)).lower()
        return ibis.ifelse(text.isnull(), ibis.null("boolean"), text.isin(YES))
    if kind == DAY and form.dates == UNIX_TIME and column.type().is_numeric():
        milliseconds = ibis.ifelse(column < dialects.MILLISECONDS, column * 1000, column)
        return _day(_moment(milliseconds.cast("int64")))
    if kind == DAY:
        return _day(column)
    if kind == NUMBER:
        return column.cast("float64")
    return column.cast(dt.Decimal(18, 4))


def _day(moment: Any) -> Any:
    """Return the day; null for one that stands for none, such as 9999-12-31, and that pandas cannot hold."""
    day = moment.cast("date")
    return ibis.ifelse(day.between(date(1700, 1, 1), date(LAST_YEAR, 12, 31)), day, ibis.null("date"))


def refused(column: Any) -> Any:
    """Return whether a customer refused: only an empty cell and a clear no say that nobody did.

    Such columns hold days, reasons and names of lists; what is not understood is a refusal.
    """
    text = text_of(column).lower()
    return text.notnull() & text.notin(NO).fill_null(False)


def understood(text: Any, column: str) -> Any:
    """Return our words for those of a column of `canonical.CLOSED`; what is not understood stays as it is.

    Refusals are told by patterns too, since they are obeyed in any wording.
    """
    plain = _without_accents(text.lower().replace("ß", "ss")).re_replace(BETWEEN_LETTERS, "")
    known = ibis.literal(meanings(column)).get(plain)  # a long CASE would make `plain` anew for each word
    otherwise = text
    if column == "kind":
        spaced = text.re_replace(r"[\s\p{Z}]+", " ").lower()
        refusals = [(spaced.re_search(words), ours) for ours, words in REFUSING_WORDS.items()]
        otherwise = ibis.cases((spaced.re_search(NOT_REFUSING), text), *refusals, else_=text)
    return ibis.ifelse(text.isin(CLOSED[column]), text, ibis.coalesce(known, otherwise))


def number(text: Any) -> Any:
    """Return a number of a customer or an order without the point that a spreadsheet gave it."""
    return ibis.ifelse(text.endswith(".0"), text.re_replace(r"^(\d+)\.0$", r"\1"), text)


@ibis.udf.scalar.builtin(name="epoch_ms")  # type: ignore[untyped-decorator]
def _moment(milliseconds: int) -> datetime:  # type: ignore[empty-body]
    """Return the moment, of UTC, so many milliseconds after the beginning of 1970."""


@ibis.udf.scalar.builtin(name="strip_accents")  # type: ignore[untyped-decorator]
def _without_accents(text: str) -> str:  # type: ignore[empty-body]
    """Return text without accents, whether or not they are characters of their own."""


@ibis.udf.scalar.builtin(name="trim")  # type: ignore[untyped-decorator]
def _without_spaces(text: str) -> str:  # type: ignore[empty-body]
    """Return text without spaces around it: much cheaper than `strip`, which looks for six characters."""


def text_of(column: Any) -> Any:
    """Return trimmed text, null where empty."""
    return _without_spaces(column.cast("string")).nullif("")


def put_together(chosen: dict[str, Any]) -> None:
    """Add name and address of customers as one text each, where the client has them in parts.

    Beside a postcode or a town the address is the street.
    """
    if "street" not in chosen and {"postcode", "town"} & set(chosen) and "address" in chosen:
        chosen["street"] = chosen["address"]
    if "name" not in chosen and {"first_name", "last_name", "company"} & set(chosen):
        person = _beside(" ", chosen, "first_name", "last_name")
        chosen["name"] = ibis.coalesce(person, chosen.get("company", ibis.null("string")))
    if "street" in chosen:
        place = _beside(" ", chosen, "postcode", "town")
        whole = _beside(", ", {"street": chosen["street"], "place": place}, "street", "place")
        chosen["address"] = ibis.ifelse(chosen["street"].isnull(), ibis.null("string"), whole)


def _beside(blank: str, chosen: dict[str, Any], *names: str) -> Any:
    """Return what stands in some columns of texts, one beside the other; null where nothing does."""
    parts = [chosen.get(name, ibis.null("string")).fill_null("") for name in names]
    return ibis.literal(blank).join(parts).re_replace(f"^{blank}|{blank}$", "").nullif("")
