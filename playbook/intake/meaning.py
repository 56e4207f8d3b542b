"""What the rows of orders mean, proposed from their words: which count, which are refunds, what lowers them.

A word that is not known is not taken for money: rows with it are left out, and said to be unsure.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from playbook.intake.content import is_flag, placeholders
from playbook.intake.formats import Doubt, FileColumn
from playbook.intake.grouping import Found
from playbook.intake.guess import Guess
from playbook.intake.look import Look
from playbook.intake.names import squeezed
from playbook.intake.vocabulary import BACK, COUNTS, COUNTS_NOT, NO_SALES, SALES
from playbook.records.canonical import LINES, NO, YES, without_accents
from playbook.records.row_rules import plain

STATE = re.compile(r"status|state|zustand|stato|statut|etat", re.I)
TYPE = re.compile(
    r"type|typ\b|art$|\bart\b|tipo|kind|nature|vorgang|soll|haben|debit|dare|avere|s/h|d/c", re.I
)
TEST = re.compile(r"\btest|sandbox|probebestell", re.I)
LIVE = re.compile(r"live ?mode|\blive\b", re.I)
ENDED = re.compile(r"cancel|storn|annul|void|delet|gelosch", re.I)
FULFILMENT = re.compile(
    r"fulfil|shipping|shipment|deliver|liefer|versand|spedizion|consegn|livraison|expedition", re.I
)
REFUND = re.compile(r"refund|erstatt|rimbors|rembours", re.I)
NET = re.compile(r"\bnet|netto|nach abzug", re.I)
CENTS = re.compile(r"cents?\b|rappen|centim|centesim|minor|(?<![a-z])ct\b", re.I)
WHOLE = re.compile(r"total|order|bestell|auftrag|gesamt|ordine|commande|summe|beleg|rechnung", re.I)
SIDES = {"s": "h", "h": "s", "d": "c", "c": "d", "debit": "credit", "credit": "debit", "dare": "avere"}
SIDES |= {"avere": "dare", "soll": "haben", "haben": "soll"}
"""The two sides of an account."""

MOST_WORDS = 40
ENTIRE, LEAST_ORDERS = 0.9, 2


def propose_rules(found: Found) -> None:
    """Put what the rows of a table mean into it, with its doubts: as a system says, else by their words.

    A system's columns of states that it does not write so are read by their words.
    """
    origins = [guess.origin for guess in found.guesses if guess.origin is not None]
    for origin in origins:
        found.rules = _merged(found.rules, origin.rules)
        for column in _columns(found):
            if column.name in origin.strange and column.name not in found.rules.get("keep", {}):
                _states(found, column, column.name)
    if found.name in ("orders", LINES) and not origins:
        _propose_by_words(found)
        _nobody(found)


def _merged(rules: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return the rules of two files of a table as one."""
    both = dict(rules)
    for rule, said in more.items():
        if isinstance(said, dict):
            both[rule] = both.get(rule, {}) | said
        elif isinstance(said, list):
            both[rule] = list(dict.fromkeys([*both.get(rule, []), *said]))
        else:
            both[rule] = said
    return both


def _propose_by_words(found: Found) -> None:
    columns = [column for column in _columns(found) if column.name not in set(found.columns.values())]
    priced = {"amount", "unit_price"} & set(found.columns)
    for column in columns:
        named = without_accents(re.sub(r"[_-]", " ", column.name))
        if _ended(found, column, named) or _tests(found, column, named) or _states(found, column, named):
            continue
        if priced and (_types(found, column, named) or _sides(found, column, named)):
            continue
        if priced and REFUND.search(named) and _is_money(found, column):
            net = NET.search(found.columns.get("amount", ""))
            reason = f"{found.columns.get('amount')} may be without it already"
            _add(found, "less", "", [column.name], reason if net else "")
    _cents(found)
    _totals(found)


def _columns(found: Found) -> list[FileColumn]:
    """Return the columns of all files of a table, those of one name together."""
    together: dict[str, FileColumn] = {}
    for guess in found.guesses:
        for column in guess.look.columns if guess.look.form.header else ():
            known = together.get(column.name, FileColumn(column.name, Counter(), ()))
            together[column.name] = FileColumn(
                column.name, known.values + column.values, known.first or column.first
            )
    return list(together.values())


def _add(found: Found, rule: str, column: str, values: Sequence[str], reason: str) -> bool:
    """Add a rule; a reason says why it is unsure."""
    if column:
        found.rules.setdefault(rule, {})[column] = list(values)
    else:
        found.rules[rule] = [*found.rules.get(rule, []), *values]
    if reason:
        place, chosen = ((rule, column), list(values)) if column else ((rule,), found.rules[rule])
        found.doubts.append(Doubt(place, str(chosen), ("every row as it is",), reason))
    return True


def _known(words: str) -> frozenset[str]:
    return frozenset(squeezed(word) for word in words.split())


def _sorted_out(column: FileColumn, *kinds: str) -> tuple[list[list[str]], list[str]]:
    """Return the values of a column by kinds of words, and those that are of none of them."""
    known = [_known(words) for words in kinds]
    spelled: dict[str, str] = {}
    for value, _ in column.values.most_common():
        spelled.setdefault(plain(value), value)
    by_kind = [[v for v in spelled.values() if squeezed(v) in words] for words in known]
    return by_kind, [v for v in spelled.values() if not any(squeezed(v) in words for words in known)]


def _few_words(column: FileColumn) -> bool:
    return (
        bool(column.values)
        and len(column.values) <= MOST_WORDS
        and not all(v.isdigit() for v in column.values)
    )


def _rows(column: FileColumn, values: Iterable[str]) -> int:
    meant = {plain(value) for value in values}
    return sum(n for value, n in column.values.items() if plain(value) in meant)


# Which rows count ----------------------------------------------------------------------------


def _states(found: Found, column: FileColumn, named: str) -> bool:
    """Keep the states in which an order counts, where some are known not to, or are not known at all."""
    if not _few_words(column):
        return False
    (good, bad), odd = _sorted_out(column, COUNTS, COUNTS_NOT)
    known = _rows(column, good + bad) / column.filled
    if not ((STATE.search(named) and good + bad) or known > ENTIRE) or not (bad or odd):
        return False
    if FULFILMENT.search(named):  # what is not sent yet is bought all the same
        ended = [value for value in bad if ENDED.search(without_accents(value))]
        return _add(found, "drop", column.name, ended, "") if ended else True
    if not good or _rows(column, good) < _rows(column, odd):
        return (
            _add(found, "drop", column.name, bad, "the other words are not known" if odd else "")
            if bad
            else False
        )
    empty = [""] if _empty(found, column) else []
    reasons = [f"these may count as well: {', '.join(odd)[:80]}"] if odd else []
    reasons += ["rows without a word may not count"] if empty else []
    return _add(found, "keep", column.name, good + empty, "; ".join(reasons))


def _tests(found: Found, column: FileColumn, named: str) -> bool:
    """Drop rows that a flag calls a test."""
    if not is_flag(column):
        return False
    words = YES if TEST.search(named) else NO if LIVE.search(named) else ()
    values = [value for value in column.values if value.lower() in words]
    return _add(found, "drop", column.name, values, "") if values else False


def _nobody(found: Found) -> None:
    """Drop rows of nobody in particular, who would be a customer with very many orders."""
    for column in _columns(found):
        if column.name == found.columns.get("customer_id") and (nobody := placeholders(column)):
            _add(found, "drop", column.name, nobody, "these look like nobody in particular")


def _ended(found: Found, column: FileColumn, named: str) -> bool:
    """Keep rows without the day on which their order was cancelled."""
    days = any(guess.look.is_day(column) for guess in found.guesses) and _empty(found, column)
    return (
        bool(column.values)
        and days
        and bool(ENDED.search(named))
        and _add(found, "keep", column.name, [""], "")
    )


# What the amounts are ------------------------------------------------------------------------


def _types(found: Found, column: FileColumn, named: str) -> bool:
    """Turn the sign of rows whose type takes money back, and drop those that are no sales."""
    if not _few_words(column):
        return False
    (back, sales, none), odd = _sorted_out(column, BACK, SALES, NO_SALES + COUNTS_NOT)
    none = [value for value in none if value not in back]
    known = _rows(column, back + sales + none) / column.filled
    if not (back or none) or not (known > ENTIRE or (TYPE.search(named) and sales)):
        return False
    listed = ", ".join(odd)[:80]
    reason = f"these words are not known: {listed}" if odd else ""
    turned = back and not _below_zero(found, column, back)
    if turned:
        _add(found, "negative", column.name, back, reason)
    if none:
        _add(found, "drop", column.name, none, reason)
    return bool(turned or none)


def _sides(found: Found, column: FileColumn, named: str) -> bool:
    """Turn the sign of the rarer side of an account, which is a guess."""
    sides = {squeezed(value): value for value in column.values}
    if len(sides) != 2 or not TYPE.search(named) or any(SIDES.get(one) not in sides for one in sides):
        return False
    common, rare = (value for value, _ in column.values.most_common(2))
    return _add(found, "negative", column.name, [rare], f"{common} comes more often, and is taken for sales")


def _below_zero(found: Found, column: FileColumn, values: Sequence[str]) -> bool:
    """Whether the amounts of these rows are below zero already."""
    meant, amount = {plain(value) for value in values}, found.columns.get("amount", "")
    seen = [
        below.startswith(("-", "(", "\u2212"))
        for look, row in _sample(found)
        if plain(_cell(look, row, column.name)) in meant and (below := _cell(look, row, amount))
    ]
    return bool(seen) and all(seen)


def _empty(found: Found, column: FileColumn) -> bool:
    """Whether a row with an amount, where its file has any, has nothing in this column."""
    amount = found.columns.get("amount")
    return any(
        not _cell(look, row, column.name) and (amount is None or _cell(look, row, amount))
        for look, row in _sample(found)
        if look.place_of(column.name) >= 0
    )


def _is_money(found: Found, column: FileColumn) -> bool:
    return bool(column.values) and any(
        guess.look.is_number(column) and not guess.look.is_day(column)
        for guess in found.guesses
        if column.name in {other.name for other in guess.look.columns}
    )


def _cents(found: Found) -> None:
    """Read amounts as cents where their column's name says so; where only their ends do, say so."""
    money = found.columns.get("amount") or found.columns.get("unit_price")
    column = next((column for column in _columns(found) if column.name == money), None)
    if column is None or not column.values or any(not value.isdigit() for value in column.values):
        return
    if CENTS.search(re.sub(r"[_-]", " ", column.name)):
        found.form = found.form.model_copy(update={"cents": True})
        return
    ends = sum(n for value, n in column.values.items() if value[-2:] in ("90", "95", "99") and len(value) > 2)
    if ends > 0.3 * column.filled:
        ours = "amount" if found.columns.get("amount") == money else "unit_price"
        reason = "whole numbers that often end in 90, 95 or 99 may be cents (format: cents: true)"
        found.doubts.append(Doubt(("columns", ours), str(money), (), reason))


def _totals(found: Found) -> None:
    """Count the amount of an order once where all its lines have the same, or only one of them has any."""
    amount, number = found.columns.get("amount"), found.columns.get("order_id")
    if found.name != "orders" or found.lines is not None or not amount or not number:
        return
    orders: dict[str, list[tuple[list[str], str]]] = {}
    for look, row in _sample(found):
        if order := _cell(look, row, number):
            orders.setdefault(order, []).append((row, _cell(look, row, amount)))
    several = [lines for lines in orders.values() if any(row != lines[0][0] for row, _ in lines)]
    once = [{paid for _, paid in lines if paid} for lines in several]
    blank = any(not paid for lines in several for _, paid in lines)
    if not several or sum(len(amounts) == 1 for amounts in once) < ENTIRE * len(several):
        return
    if blank or len(several) >= LEAST_ORDERS:
        found.rules["total_per_order"] = True
        if not blank and not WHOLE.search(amount):
            reason = "each line of an order has the same amount"
            found.doubts.append(Doubt(("total_per_order",), "True", ("every row as it is",), reason))


def _sample(found: Found) -> Iterator[tuple[Look, list[str]]]:
    return ((guess.look, row) for guess in found.guesses for row in guess.look.sample)


def _cell(look: Look, row: list[str], name: str) -> str:
    place = look.place_of(name)
    return row[place].strip() if 0 <= place < len(row) else ""


def columns_ruled(rules: dict[str, Any]) -> set[str]:
    """Return the client's columns that rules name."""
    named = {column for rule in ("keep", "drop", "negative", "less") for column in rules.get(rule, ())}
    return named | set(rules.get("below_zero", {}).values())


def rules_in(found: Found, guess: Guess) -> dict[str, Any]:
    """Return the rules of a table as far as one of its files has the columns."""
    names = {column.name for column in guess.look.columns}
    own: dict[str, Any] = {}
    for rule, named in found.rules.items():
        if rule == "values":
            own[rule] = {ours: meaning for ours, meaning in named.items() if ours in guess.columns}
        elif rule == "below_zero":
            own[rule] = {ours: theirs for ours, theirs in named.items() if theirs in names}
        elif isinstance(named, dict):
            own[rule] = {column: values for column, values in named.items() if column in names}
        else:
            own[rule] = [column for column in named if column in names] if isinstance(named, list) else named
    return own
