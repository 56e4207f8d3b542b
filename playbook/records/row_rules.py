"""Which rows of a client's count, and for how much: the rules of client.yml as expressions on its columns.

Nothing is read here. Which rule leaves a row out, and which rules it meets, stands in two columns beside
it until the rows are put together, so that one look over a table counts what all its rules do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import numpy as np
import pandas as pd

from playbook.errors import DataError, did_you_mean
from playbook.records.canonical import AS_TEXT, FLAG, ID, MONEY, NO, YES, kinds_of, place_of
from playbook.settings.lifecycle import EVENT_KINDS
from playbook.settings.tables import ANYTHING, LineSettings, OrderSettings, TableSettings

LEFT_OUT, MET = "left_out", "met"
"""Beside each row: by which column and value it is left out, null where it counts; which rules it meets."""
REPEATS = "repeats"
"""Beside each order that became one line: how many lines it had beyond that."""

_BETWEEN = "\x1f"
_MONEY = dt.Decimal(18, 4)


@dataclass(frozen=True)
class RowRule:
    """Values that a rule names: where in client.yml, in which column of the client's, and which."""

    place: str
    column: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class RowsSeen:
    """What the rules of a table did.

    Attributes
    ----------
    left_out : DataFrame
        column, value (the client's), rows; most first.
    idle : tuple of str
        The rules whose values stand in no row, as places in client.yml.
    """

    left_out: pd.DataFrame
    idle: tuple[str, ...]


def rules_of(name: str, table: TableSettings) -> list[RowRule]:
    """Return the rules of a table that name values."""
    place = place_of(name)
    named: dict[str, Mapping[str, Iterable[str]]] = {"keep": table.keep, "drop": table.drop}
    if isinstance(table, LineSettings):
        named["negative"] = table.negative
    rules = [
        RowRule(f"{place}.{rule}.{column}", column, tuple(words))
        for rule, columns in named.items()
        for column, words in columns.items()
    ]
    meanings: dict[str, tuple[str, ...]] = {}
    for ours, said in table.values.items():
        meanings[ours] = tuple(one for one in said if one != ANYTHING)
    return rules + [
        RowRule(f"{place}.values.{ours}", theirs, meanings[ours])
        for ours, theirs in table.pairs
        if meanings.get(ours)
    ]


def columns_named(name: str, table: TableSettings) -> dict[str, str]:
    """Return the client's columns that rules name, each with what it is named for."""
    named = {}
    if isinstance(table, LineSettings):
        named = {column: f"named in {place_of(name)}.less" for column in table.less}
        named |= {c: f"named in {place_of(name)}.below_zero.{o}" for o, c in table.below_zero.items()}
    return named | {rule.column: f"named in {rule.place}" for rule in rules_of(name, table)}


def check_rules(name: str, table: TableSettings) -> None:
    """Refuse rules about columns that the mapping does not have, and meanings that a column cannot have.

    Raises
    ------
    DataError
    """
    place, kinds = place_of(name), kinds_of(name)
    for ours, meanings in table.values.items():
        if ours not in table.columns:
            raise DataError(
                f"client.yml: {place}.values.{ours} is no column under {place}.columns."
                f"{did_you_mean(ours, table.columns)}"
            )
        if kinds.get(ours) not in AS_TEXT or kinds[ours] == ID:
            raise DataError(
                f"client.yml: {place}.values.{ours} is no column of words: only those have meanings."
            )
        odd = [word for word in meanings.values() if word.lower() not in (*YES, *NO, "")]
        if kinds[ours] == FLAG and odd:
            raise DataError(f"client.yml: {place}.values.{ours}: write yes or no in place of {odd[0]!r}.")
        unknown = [word for word in meanings.values() if word not in EVENT_KINDS]
        if ours == "kind" and unknown:
            raise DataError(
                f"client.yml: {place}.values.kind: {unknown[0]!r} is no kind of event."
                f"{did_you_mean(unknown[0], EVENT_KINDS)} There are: {', '.join(EVENT_KINDS)}."
            )
    if isinstance(table, LineSettings):
        ruled = [rule for rule in ("less", "negative", "below_zero") if getattr(table, rule)]
        for ours in table.below_zero:
            if ours not in table.columns or kinds.get(ours) not in AS_TEXT:
                raise DataError(
                    f"client.yml: {place}.below_zero.{ours} is no column of numbers of customers or of words"
                    f" under {place}.columns."
                )
        if ruled and not {"amount", "unit_price"} & set(table.columns):
            rule = ruled[0]
            raise DataError(
                f"client.yml: {place}.{rule} changes the amount, which {place}.columns does not name."
            )
    if isinstance(table, OrderSettings) and table.total_per_order and "order_id" not in table.columns:
        raise DataError(
            f"client.yml: {place}.total_per_order needs the number of the order:"
            f" name its column as {place}.columns.order_id."
        )


# Values --------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Return a value as it is compared: without capitals and blanks."""
    return "".join(text.split()).lower()


def _compared(column: Any) -> Any:
    if column.type().is_boolean():
        column = column.cast("int8")
    text = column.cast("string").fill_null("").lower()
    if column.type().is_floating():
        text = text.re_replace(r"\.0$", "")
    bare, blank = text, ibis.literal(False)
    for mark in (" ", "\u00a0", "\t"):
        bare, blank = bare.replace(mark, ""), blank | text.contains(mark)
    return ibis.ifelse(blank, bare, text)  # to look for blanks is much cheaper than to replace none


def _is_one_of(column: Any, words: Sequence[str]) -> Any:
    wanted = {plain(word) for word in words}
    if column.type().is_boolean():
        wanted |= {"1"} if wanted & set(YES) else set()
        wanted |= {"0"} if wanted & set(NO) else set()
    return _compared(column).isin(sorted(wanted))


def meant(column: Any, meanings: Mapping[str, str]) -> Any:
    """Return a column of words with the client's words replaced by what they mean."""
    found = {plain(theirs): ours for theirs, ours in meanings.items() if theirs != ANYTHING}
    text = otherwise = column.cast("string")
    if ANYTHING in meanings:
        otherwise = ibis.ifelse(_compared(column) == "", text, meanings[ANYTHING])
    return _compared(column).cases(*found.items(), else_=otherwise) if found else otherwise


# Rows that count -----------------------------------------------------------------------------


def marks(raw: Any, name: str, table: TableSettings, places: list[str]) -> dict[str, Any]:
    """Return the columns `LEFT_OUT` and `MET` of a file; none where the table has no such rule.

    ``places`` gathers the rules of a table over all its files: a rule's position in it is its bit.
    """
    rules = rules_of(name, table)
    if not rules:
        return {}
    places += [rule.place for rule in rules if rule.place not in places]
    nothing = ibis.null("string")
    met, left_out = ibis.literal(0, "int64"), []
    for rule in rules:
        hit = _is_one_of(raw[rule.column], rule.words)
        met = met | ibis.ifelse(hit, 1 << places.index(rule.place), 0).cast("int64")
        kind = rule.place.removeprefix(f"{place_of(name)}.").split(".")[0]
        if kind in ("keep", "drop"):
            said = (rule.column + _BETWEEN) + raw[rule.column].cast("string").fill_null("").strip()
            left_out.append(
                ibis.ifelse(hit, nothing, said) if kind == "keep" else ibis.ifelse(hit, said, nothing)
            )
    return {LEFT_OUT: ibis.coalesce(nothing, *left_out), MET: met}


def kept(part: Any) -> Any:
    """Return the rows of a file that count, without what stands beside them for the rules."""
    if LEFT_OUT not in part.columns:
        return part
    return part.filter(part[LEFT_OUT].isnull()).drop(LEFT_OUT, MET)


def seen(parts: Sequence[Any], places: Sequence[str]) -> RowsSeen:
    """Look over the rows of a table once; see `RowsSeen`.

    Parameters
    ----------
    parts : sequence of ibis.Table
        Its files, with `marks` and ``row_key``, which leaves out whatever row cannot be read.
    places : sequence of str
        The table's rules, as `marks` gathered them.
    """
    marked = [part.select("row_key", LEFT_OUT, MET) for part in parts if LEFT_OUT in part.columns]
    if not marked:
        return RowsSeen(pd.DataFrame({"column": [], "value": [], "rows": []}), ())
    rows = ibis.union(*marked) if len(marked) > 1 else marked[0]
    counted = rows.group_by(LEFT_OUT).aggregate(rows=rows.row_key.count(), met=rows[MET].bit_or())
    frame = counted.order_by([ibis.desc("rows"), LEFT_OUT]).to_pyarrow().to_pandas()
    met = int(np.bitwise_or.reduce(frame["met"].to_numpy("int64"), initial=0))
    found = frame[frame[LEFT_OUT].notna()].reset_index(drop=True)
    named = found[LEFT_OUT].str.split(_BETWEEN, n=1, expand=True).reindex(columns=[0, 1])
    left_out = pd.DataFrame({"column": named[0], "value": named[1], "rows": found["rows"]})
    return RowsSeen(left_out, tuple(place for bit, place in enumerate(places) if not met >> bit & 1))


# Amounts -------------------------------------------------------------------------------------


def amounts(chosen: dict[str, Any], raw: Any, name: str, table: TableSettings) -> dict[str, Any]:
    """Return the canonical columns of a file with the amounts that its rules make of them.

    A price times its quantity is an amount where none is given. Then what ``less`` names is taken off
    the size of an amount, and what ``negative`` names turns its sign.
    """
    kinds, changed = kinds_of(name), dict(chosen)
    cent = ibis.literal("0.01").cast(dt.Decimal(3, 2)) if table.format.cents else None
    if cent is not None:
        money = [ours for ours in changed if kinds.get(ours) == MONEY and ours != "quantity"]
        changed |= {ours: (changed[ours] * cent).cast(_MONEY) for ours in money}
    if "unit_price" in changed:
        price = changed.pop("unit_price")
        changed.setdefault("amount", (price * changed["quantity"]).cast(_MONEY))
    if not isinstance(table, LineSettings):
        return changed
    for column in table.less:
        off = raw[column].cast(_MONEY).abs().fill_null(0)
        off = off if cent is None else off * cent
        amount = changed["amount"]
        changed["amount"] = ibis.ifelse(amount < 0, amount + off, amount - off).cast(_MONEY)
    for column, words in table.negative.items():
        changed = _turned(changed, _is_one_of(raw[column], words))
    return changed


def _turned(chosen: dict[str, Any], back: Any) -> dict[str, Any]:
    """Turn the sign of rows that are written as if they were sales."""
    turned = back & (chosen["amount"] > 0)
    with_it = [name for name in ("amount", "margin", "list_amount") if name in chosen]
    changed = chosen | {name: ibis.ifelse(turned, -chosen[name], chosen[name]) for name in with_it}
    if "quantity" in chosen:
        changed["quantity"] = ibis.ifelse(back, -chosen["quantity"].abs(), chosen["quantity"])
    return changed


def once_per_order(lines: Any) -> Any:
    """Return one line per order, customer, day and direction, whose total stood on each of its lines.

    Lines without the number of an order stay as they are. `REPEATS` counts what is left out.
    """
    alone = ibis.ifelse(lines.order_id.isnull(), ibis.uuid().cast("string"), "")
    back = (lines.amount < 0).fill_null(False)
    keys = {name: lines[name] for name in ("order_id", "customer_id", "ordered_at")}
    said = {}
    for name in (name for name in lines.columns if name not in keys):
        value = lines[name]
        if value.type().is_boolean():
            said[name] = value.all()
        elif value.type().is_numeric():
            said[name] = ibis.ifelse(back.any(), value.min(), value.max())
        else:
            said[name] = value.max()
    counted = lines.group_by(**keys, alone=alone, back=back).aggregate(**said, **{REPEATS: lines.count() - 1})
    return counted.select(*lines.columns, REPEATS)
