"""Which of the canonical tables a file is, and which of its columns is which, by name and by content."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from playbook.intake.content import counts_up, is_flag, is_id, mostly_unique, of_few_rows
from playbook.intake.formats import MOST, Doubt, FileColumn
from playbook.intake.guess import Guess
from playbook.intake.look import Look
from playbook.intake.names import (
    CERTAIN,
    LEAST,
    LIKELY,
    MONEY_OF_A_LINE,
    _known,
    _tokens,
    name_fits,
    squeezed,
)
from playbook.intake.permission import (
    ABOUT_IT,
    meaning,
    refuses,
    says_consent,
    words_of,
)
from playbook.intake.vocabulary import TABLE_WORDS, WORDS
from playbook.records.canonical import (
    COLUMNS,
    CONSENTS,
    DAY,
    FLAG,
    GENERAL,
    ID,
    LINES,
    MONEY,
    NO,
    NUMBER,
    REFUSALS,
    YES,
    compared,
    meanings,
    without_accents,
)

NEEDED = ("customer_id", "ordered_at", "order_id", "amount", "unit_price")
"""Columns for which an empty one is never taken."""
POOR = 0.5
"""How well a column that counts up still fits for money, and one of few rows for the customer."""

TELLING = {
    "events": {"customer_id", "happened_at", "kind"},
    "contacts": {"customer_id", "contacted_at", "arm"},
}
"""Columns without which a file is no such table."""

NOT_A_MEASURE = re.compile(
    r"plz|zip|postal|post ?code|^cap$|\bnpa\b|phone|tel|fax|mobil|birth|gebur|nascit|naiss|jahrgang|iban"
    r"|^id\b|\bid$"
    r"|\bnr\b|nummer|number|numero|code|codice|year|jahr|anno|année|age$|lat$|lon|konto|cod\b",
    re.I,
)


IDENTIFIER = re.compile(r"\b(id|nr|no|num|nummer|number|numero|code|ref|key)\b")
"""What stands in the names of columns that tell something apart, and measure nothing."""


@dataclass(frozen=True)
class _Fit:
    score: float
    ours: str
    column: FileColumn


# One table -----------------------------------------------------------------------------------


def recognise(look: Look) -> Guess:
    """Return which table a file is and what its columns are."""
    candidates = [found for name in WORDS if (found := _as_table(look, name)) is not None]
    if not candidates and permissions(look) and (found := _as_table(look, "customers", repeated=True)):
        candidates = [found]
    if not candidates:
        return Guess(look, None, {})
    return max(candidates, key=lambda pair: pair[0])[1]


def _as_table(look: Look, name: str, repeated: bool = False) -> tuple[float, Guess] | None:
    """Return the file read as this table and how well it fits; None where it cannot be it.

    ``repeated``: customers may stand in several rows.
    """
    said = permissions(look) if name == "customers" else {}
    spoken = {column.name for columns in said.values() for column in columns}
    fits = [_Fit(CERTAIN, ours, columns[0]) for ours, columns in said.items()]
    fits += _assigned(look, name, spoken)
    found = {fit.ours: fit.column for fit in fits}
    doubts = [
        _doubt(fit.ours, [fit.column], f"the name {fit.column.name!r} does not say it clearly")
        for fit in fits
        if fit.score < LIKELY and look.form.header
    ]
    table: str | None = name
    if name == "orders":
        doubts += _by_content(look, found)
        doubts += _price_or_amount(look, found)
        table = _kind_of_orders(found)
        if not table:
            return None
        if table == LINES:
            found.pop("customer_id", None)
    elif name == "customers":
        if "customer_id" not in found:
            doubts += _any_id(look, found)
        number = found.get("customer_id", found.get("email") if {*CONSENTS, *REFUSALS} & set(found) else None)
        if number is None or len(look.columns) < 2:
            return None
        if not repeated and not mostly_unique(number):
            return None
        doubts += _persons(look, found)
        _names_apart(found)
        _further_numbers(look, found, spoken)
    elif not TELLING[name] <= set(found):
        return None
    doubts = [*_poor(look, name, found), *doubts, *_rivals(look, name, found)]
    score = sum(fit.score for fit in fits) + _hint(look, name) + _bonus(look, table, found)
    order = [*COLUMNS[name], *found]
    columns = {ours: found[ours].name for ours in dict.fromkeys(order) if ours in found}
    also = {ours: tuple(column.name for column in more) for ours, (_, *more) in said.items() if more}
    kept = tuple({d.place: d for d in reversed(doubts) if d.place[1] in columns}.values())
    return score, Guess(look, table, columns, kept, also=also)


def _doubt(ours: str, columns: Sequence[FileColumn], reason: str) -> Doubt:
    """Doubt the first of some columns; the others may be meant in its place."""
    first, *others = (column.name for column in columns)
    return Doubt(("columns", ours), first, tuple(others), reason)


def _kind_of_orders(found: dict[str, FileColumn]) -> str | None:
    priced = "amount" in found or {"unit_price", "quantity"} <= set(found)
    if {"customer_id", "ordered_at"} <= set(found) and (priced or "order_id" in found):
        return "orders"
    if priced and "order_id" in found and "ordered_at" not in found:
        return LINES
    return None


_PERMISSIONS = (*CONSENTS, GENERAL, *REFUSALS)


def permissions(look: Look) -> dict[str, list[FileColumn]]:
    """Return the consents and refusals of a file, each with its columns, by their names.

    Whatever stands in a column of refusals, or of consents by a word such as "erlaubt", it is one; what
    may be a column of something else (Newsletter, Kontakt) needs answers in it.
    """
    found: dict[str, list[FileColumn]] = {}
    for column in look.columns if look.form.header else ():
        exact = [ours for ours in _PERMISSIONS if squeezed(column.name) in _known("customers", ours)]
        ours = exact[0] if exact else meaning(column.name)
        if ours and (ours in REFUSALS or _answers(look, column)):
            found.setdefault(ours, []).append(column)
    return found


def _answers(look: Look, column: FileColumn) -> bool:
    """Whether a column of consents holds answers, not only when, whence or how often somebody was asked."""
    if not column.values or is_flag(column):
        return True
    refused = any(refuses(text) for text in column.values)
    if says_consent(column.name) and not ABOUT_IT.search(words_of(column.name)):
        return refused or not look.is_day(column)
    answered = column.share(lambda text: text.lower() in (*YES, *NO)) >= 0.5 and not look.is_number(column)
    return refused or answered


def _assigned(look: Look, name: str, spoken: set[str]) -> list[_Fit]:
    """Give each column of ours the column that fits best, the best fit first, beside those spoken for."""
    kinds = {o: COLUMNS[name].get(o, NUMBER) for o in WORDS[name] if o not in _PERMISSIONS}
    kinds |= {"customer_id": ID}
    fits = [
        _Fit(score, ours, column)
        for ours, kind in kinds.items()
        for column in look.columns
        if column.name.strip()
        and look.form.header
        and (score := name_fits(name, ours, column.name) * _may_be(look, column, ours, kind)) >= LEAST
    ]
    taken = set(spoken)
    chosen: dict[str, _Fit] = {}
    for fit in sorted(fits, key=lambda fit: (not fit.column.values, -fit.score)):
        if fit.ours not in chosen and fit.column.name not in taken:
            chosen[fit.ours] = fit
            taken.add(fit.column.name)
    return list(chosen.values())


def _may_be(look: Look, column: FileColumn, ours: str, kind: str) -> float:
    """Return how well a column's content goes with what it would be, 0 to 1."""
    if not column.values:
        return 0.0 if ours in NEEDED else LIKELY
    if kind == DAY:
        return float(look.is_day(column))
    if ours in MONEY_OF_A_LINE and IDENTIFIER.search(" ".join(_tokens(column.name))):
        return 0.0
    if kind == MONEY and counts_up(look, column):
        return POOR if ours in NEEDED else 0.0
    if kind in (MONEY, NUMBER):
        return float(look.is_number(column) and not look.is_day(column)) or float(
            kind == NUMBER and is_flag(column)
        )
    if kind == FLAG:
        return float(is_flag(column))
    if look.is_day(column):
        return 0.0
    if ours == "email":
        return float(column.share(lambda text: "@" in text) > 0.5)
    if ours == "customer_id":
        return float(is_id(column)) * (POOR if of_few_rows(look, column) else 1)
    if ours in ("name", "first_name", "last_name", "company"):
        return float(not look.is_number(column) and not is_flag(column))
    if ours == "phone":
        return float(column.share(lambda text: len(re.findall(r"\d", text)) >= 6) > 0.5)
    if ours in (
        "coupon",
        "segment",
        "language",
        "category",
        "sales_channel",
        "source",
        "owner",
        "kind",
        "cancel_reason",
    ):
        return 0.5 if len(column.values) > 50 and column.unique else 1.0
    return 1.0


def _names_apart(found: dict[str, FileColumn]) -> None:
    """Beside a first name the name is the last one, and beside a last name the first one."""
    for one, other in (("first_name", "last_name"), ("last_name", "first_name")):
        if one in found and other not in found and "name" in found:
            found[other] = found.pop("name")


# By content ----------------------------------------------------------------------------------


def _by_content(look: Look, found: dict[str, FileColumn]) -> list[Doubt]:
    """Find the columns that orders cannot do without where no name tells them."""
    doubts: list[Doubt] = []

    def free() -> list[FileColumn]:
        taken = {column.name for column in found.values()}
        return [column for column in look.columns if column.values and column.name not in taken]

    def take(ours: str, columns: Sequence[FileColumn], reason: str) -> None:
        if ours not in found and columns:
            found[ours] = columns[0]
            doubts.append(_doubt(ours, columns, f"no name says it; {reason}"))

    take("ordered_at", [column for column in free() if look.is_day(column)], "it holds dates")
    numbers = {column.name: look.numbers(column) for column in free() if look.is_number(column)}
    if not {"amount", "unit_price"} & set(found):
        cents = [column for column in free() if any(value % 1 for value in numbers.get(column.name, ()))]
        take("amount", sorted(cents, key=lambda c: -_size(numbers[c.name])), "it holds numbers with decimals")
    addresses = [column for column in free() if column.share(lambda text: "@" in text) > MOST]
    number = found.get("customer_id")
    if addresses and (number is None or (of_few_rows(look, number) and not of_few_rows(look, addresses[0]))):
        found["customer_id"] = addresses[0]
        reason = "no column has a number of most customers; their addresses stand for them"
        doubts.append(_doubt("customer_id", [addresses[0], *([number] if number else [])], reason))
    ids = [column for column in free() if _repeats(column) and is_id(column) and not look.is_day(column)]
    reason = "its values look like numbers of customers"
    take("customer_id", sorted(ids, key=lambda column: -len(column.values)), reason)
    if not {"amount", "unit_price", "order_id"} & set(found):
        whole = [column for column in free() if column.name in numbers and not column.unique]
        take("amount", sorted(whole, key=lambda c: -_size(numbers[c.name])), "it holds the largest numbers")
    if not look.form.header:
        small = [column for column in free() if column.name in numbers and _few(column, numbers[column.name])]
        take("quantity", small[:1] if len(small) == 1 else [], "it holds small whole numbers")
    return doubts


def _size(values: Sequence[float]) -> float:
    return fmean(abs(value) for value in values)


def _repeats(column: FileColumn) -> bool:
    """Whether values come again and again, as customers do, and there are more than a few."""
    return not column.unique and not is_flag(column) and len(column.values) >= min(10, column.filled / 20)


def _few(column: FileColumn, values: Sequence[float]) -> bool:
    return len(column.values) <= 0.05 * column.filled + 5 and all(value % 1 == 0 for value in values)


def _any_id(look: Look, found: dict[str, FileColumn]) -> list[Doubt]:
    used = {column.name for column in found.values()}
    unique = [c for c in look.columns if c.name not in used and mostly_unique(c) and is_id(c)]
    if not unique or len(found) < 2:
        return []
    found["customer_id"] = unique[0]
    return [_doubt("customer_id", unique, "no name says it; no value in it comes twice")]


def _price_or_amount(look: Look, found: dict[str, FileColumn]) -> list[Doubt]:
    """Tell the price of a piece from what was paid for the line, by name and by returns.

    A return has a negative quantity; what was paid is then negative too, a price is not.
    """
    if "unit_price" in found and ("amount" in found or "quantity" not in found):
        found.setdefault("amount", found["unit_price"])
        found.pop("unit_price")
    if "quantity" not in found:
        return []
    returned = _negative(look, found["quantity"])
    if "unit_price" in found and returned and _negative(look, found["unit_price"]) > returned / 2:
        found["amount"] = found.pop("unit_price")
    if "amount" in found and returned and not _negative(look, found["amount"]):
        reason = "quantities go below zero and it never does: it may be the price of a piece (unit_price)"
        return [_doubt("amount", [found["amount"]], reason)]
    return []


def _negative(look: Look, column: FileColumn) -> float:
    values = look.numbers(column)
    return fmean(value < 0 for value in values) if values else 0.0


def _rivals(look: Look, name: str, found: dict[str, FileColumn]) -> list[Doubt]:
    """Say which other columns have names that are as good for what is required."""
    doubts = []
    used = {column.name for column in found.values()}
    for ours in ("customer_id", "ordered_at", "amount"):
        kind = COLUMNS[name].get(ours)
        if ours not in found or not kind or not look.form.header:
            continue
        score = name_fits(name, ours, found[ours].name)
        rivals = [
            column
            for column in look.columns
            if column.name not in used
            and column.name.strip()
            and name_fits(name, ours, column.name) * _may_be(look, column, ours, kind) >= max(score, LIKELY)
        ]
        if rivals and score >= LIKELY:
            named = " or ".join(column.name for column in rivals)
            doubts.append(_doubt(ours, [found[ours], *rivals], f"it may be {named} as well"))
    return doubts


def _poor(look: Look, name: str, found: dict[str, FileColumn]) -> list[Doubt]:
    """Doubt a customer of few rows, and amounts that count up, where nothing better was there."""
    poor = {ours: column for ours, column in found.items() if name == "orders" and look.form.header}
    doubts = []
    if "customer_id" in poor and of_few_rows(look, poor["customer_id"]):
        reason = "more than half of the rows have none, or all the same: it may not be the customer"
        doubts.append(_doubt("customer_id", [poor["customer_id"]], reason))
    for ours in ("amount", "unit_price"):
        if ours in poor and counts_up(look, poor[ours]):
            reason = "it counts up from row to row: it may be a number of the order"
            doubts.append(_doubt(ours, [poor[ours]], reason))
    return doubts


PER_ORDER = "it may be a number per order"


def _persons(look: Look, found: dict[str, FileColumn]) -> list[Doubt]:
    """Doubt a customer number that never comes twice where another one does: it may be one per order."""
    used = {column.name for column in found.values()}
    if "customer_id" not in found:
        return []
    return [
        _doubt(
            "customer_id",
            [found["customer_id"], column],
            f"{PER_ORDER}, and {column.name} the customer's: then the orders need this file as their persons",
        )
        for column in look.columns
        if column.name not in used
        and not column.unique
        and not is_flag(column)
        and name_fits("orders", "customer_id", column.name) >= LEAST
        and is_id(column)
        and not look.is_day(column)
        and len(column.values) > 0.2 * column.filled
    ]


def _further_numbers(look: Look, found: dict[str, FileColumn], spoken: set[str]) -> None:
    """Take every other numeric column of customers along under its own name."""
    used = spoken | {column.name for column in found.values()}
    for column in look.columns:
        if column.name in used or not column.values or not look.form.header or look.is_day(column):
            continue
        if look.is_number(column) and not NOT_A_MEASURE.search(column.name) and not column.unique:
            ours = re.sub(r"[^a-z0-9]+", "_", without_accents(column.name)).strip("_")
            if ours[:1].isalpha() and ours not in {*found, *COLUMNS["customers"], *_PERMISSIONS}:
                found[ours] = column


def _hint(look: Look, name: str) -> float:
    title = f"{look.path.stem} {look.sheet or ''}".lower()
    return 0.5 if any(word in title for word in TABLE_WORDS[name].split()) else 0.0


def _bonus(look: Look, table: str | None, found: dict[str, FileColumn]) -> float:
    """Return what the content says for a table beyond its columns' names."""
    if table == "events":
        known = found["kind"].share(lambda text: compared(text) in meanings("kind"))
        return known - (1.5 if len(found["kind"].values) > 40 else 0)
    if table == "contacts":
        return 1.0 if len(found["arm"].values) <= 4 else -1.0
    if table == "customers" and "customer_id" not in found:  # a list of addresses, if it is nothing else
        return -2.0
    if table == "customers":
        return 0.0 if "acquired_on" in found or {"name", "email"} & set(found) else -1.0
    return 0.5 if "amount" in found or "unit_price" in found else 0.0
