"""Systems whose exports are known by name: what each of their files is, and what stands in its columns.

A system is a file in ``systems/``; nothing here knows one. An export is told by its headers, capitals,
blanks and marks aside; where several fit, the one of which more telling headers are there is meant.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from playbook.errors import SettingsError
from playbook.intake.formats import MOST, Doubt, FileColumn, reads_day
from playbook.intake.guess import Guess, Origin
from playbook.intake.look import Look
from playbook.intake.names import squeezed
from playbook.records.canonical import DAY, MONEY, NUMBER, REFUSALS, REQUIRED, kinds_of
from playbook.records.row_rules import plain
from playbook.settings.tables import Cells, Meanings, Names
from playbook.settings.yaml import Strict, first_problem, read_yaml

FOLDER = Path(__file__).parent / "systems"
FILLED = 0.5
"""A column is passed over for a later one that is filled more than twice as often."""
EVERY_ROW = "every row as it is"


class States(Strict):
    """The words of a column in which a row counts, and those in which it does not."""

    count: Names
    out: Names = ()


class Export(Strict):
    """A file that a system exports.

    Attributes
    ----------
    what : str
        With its article, as in "a Shopify order export".
    table : str
    telling : tuple of str
        Headers that tell it; ``share`` of them must be there.
    columns : dict
        Our column to the client's that may be it, the first that is filled.
    dates : tuple of str
        Formats of its dates, the likeliest first; none: as the file itself says.
    states : dict
        A column to the words with which a row counts and does not.
    keep, drop, negative, values, less, below_zero, total_per_order
        As in client.yml.
    patterns : dict
        A column to expressions: rows count whose value fits the first of them that fits any.
    notes, unsure : dict
        What is said of a line of client.yml, by its place below the table, as in ``columns.amount``.
    unless : str
        The ``what`` of another export, beside which this one says nothing more.
    useless : str
        Why such a file cannot be used, as a clause.
    preset : str or None
    """

    what: str
    table: Literal["orders", "lines", "persons", "customers", "events", "contacts"]
    telling: Names = Field(min_length=2)
    share: float = Field(0.75, gt=0, le=1)
    columns: dict[str, Names] = Field(default_factory=dict)
    dates: Names = ()
    states: dict[str, States] = Field(default_factory=dict)
    keep: Cells = Field(default_factory=dict)
    drop: Cells = Field(default_factory=dict)
    negative: Cells = Field(default_factory=dict)
    patterns: dict[str, Names] = Field(default_factory=dict)
    values: Meanings = Field(default_factory=dict)
    less: Names = ()
    below_zero: dict[str, str] = Field(default_factory=dict)
    total_per_order: bool = False
    notes: dict[str, str] = Field(default_factory=dict)
    unsure: dict[str, str] = Field(default_factory=dict)
    unless: str = ""
    useless: str = ""
    preset: str | None = None

    @model_validator(mode="after")
    def _columns_are_known(self) -> "Export":
        if odd := [ours for ours in self.columns if ours not in kinds_of(self.table)]:
            raise ValueError(f"{odd[0]} is no column of {self.table}")
        return self


class System(Strict):
    """A system, and the files that it exports."""

    name: str
    exports: tuple[Export, ...]


@cache
def systems() -> tuple[System, ...]:
    """Return the systems that are known.

    Raises
    ------
    SettingsError
    """
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.yml")))


def _read(path: Path) -> System:
    written = read_yaml(path)
    try:
        return System.model_validate(written)
    except ValidationError as error:
        raise SettingsError(first_problem(error, written, path, {}, System)) from error


def recognised(looks: Sequence[Look]) -> list[Guess | None]:
    """Return what each file is by the system that exported it; None where none is known.

    A file that says nothing more beside another one of its system's is left out.
    """
    found = [_as_export(look) for look in looks]
    there = {guess.origin.what for guess in found if guess and guess.origin}
    return [guess and _beside(guess, there) for guess in found]


def _beside(guess: Guess, there: set[str]) -> Guess:
    origin = guess.origin
    if origin is None or origin.unless not in there:
        return guess
    return replace(guess, table=None, origin=replace(origin, useless=f"there is {origin.unless} as well"))


def _as_export(look: Look) -> Guess | None:
    """Return the file as the export of which most telling headers are there."""
    named = {squeezed(column.name) for column in look.columns} if look.form.header else set()
    fits = []
    for system in systems():
        for export in system.exports:
            met = sum(squeezed(header) in named for header in export.telling)
            if met >= export.share * len(export.telling) and met > 1:
                fits.append((met, export))
    for _, export in sorted(fits, key=lambda pair: -pair[0]):
        guess = _read_as(look, export)
        if guess is not None:
            return guess
    return None


def _read_as(look: Look, export: Export) -> Guess | None:
    """Return a file as this export; None where columns that it needs are not there."""
    if export.useless:
        return Guess(look, None, {}, origin=Origin(export.what, useless=export.useless))
    look = _with_dates(look, export)
    kinds = kinds_of(export.table)
    columns = {
        ours: column.name
        for ours, names in export.columns.items()
        if (column := _first_filled(look, names)) is not None
        and _fits(look, column, kinds.get(ours, NUMBER), ours)
    }
    if not set(_needed(export)) <= set(columns):
        return None
    rules, doubts, open_states = _rules(look, export, columns)
    notes = {tuple(place.split(".", 1)): text for place, text in export.notes.items()}
    doubts += _unsure(export, columns, rules)
    origin = Origin(export.what, rules, notes, open_states, export.unless, preset=export.preset)
    return Guess(look, export.table, columns, tuple(doubts), origin=origin)


def _needed(export: Export) -> tuple[str, ...]:
    if export.table == "customers":
        return ("email",) if "customer_id" not in export.columns else ("customer_id",)
    priced = tuple(ours for ours in ("amount", "unit_price") if ours in export.columns)
    return (*REQUIRED[export.table], *priced[:1])


def _column(look: Look, name: str) -> FileColumn | None:
    wanted = squeezed(name)
    return next((column for column in look.columns if squeezed(column.name) == wanted), None)


def _first_filled(look: Look, names: Iterable[str]) -> FileColumn | None:
    columns = [column for name in names if (column := _column(look, name)) is not None]
    most = max((column.filled for column in columns), default=0)
    return next((column for column in columns if column.filled and column.filled >= FILLED * most), None)


def _fits(look: Look, column: FileColumn, kind: str, ours: str) -> bool:
    if kind == DAY:
        return look.is_day(column)
    return kind not in (MONEY, NUMBER) or ours in REFUSALS or look.is_number(column)


def _with_dates(look: Look, export: Export) -> Look:
    """Read the dates as the system writes them, where the file's own can be read so."""
    days = [ours for ours, kind in kinds_of(export.table).items() if kind == DAY and ours in export.columns]
    columns = [column for ours in days if (column := _first_filled(look, export.columns[ours])) is not None]
    for dates in export.dates:
        form = look.form.model_copy(update={"dates": dates})
        if columns and all(column.share(partial(reads_day, dates=dates)) >= MOST for column in columns):
            doubts = tuple(doubt for doubt in look.doubts if doubt.place != ("format", "dates"))
            return replace(look, form=form, doubts=doubts, _tried={}).with_year()
    return look


# Rules ---------------------------------------------------------------------------------------


def _rules(
    look: Look, export: Export, columns: Mapping[str, str]
) -> tuple[dict[str, Any], list[Doubt], tuple[str, ...]]:
    """Return the rules about rows that hold for a file, what is unsure, and columns of words not known."""
    kept, doubts, strange = _states(look, export)
    kept |= {c.name: v for c, words in _there(look, export.patterns) if (v := _fitting(c, words))}
    kept |= {column.name: list(words) for column, words in _there(look, export.keep)}
    met = {
        rule: {column.name: list(words) for column, words in _there(look, named) if _met(look, column, words)}
        for rule, named in (("drop", export.drop), ("negative", export.negative))
    }
    rules: dict[str, Any] = {
        "keep": kept,
        **met,
        "values": {ours: dict(meaning) for ours, meaning in export.values.items() if ours in columns},
        "less": [column.name for name in export.less if (column := _column(look, name)) and column.values],
        "below_zero": {o: c.name for o, name in export.below_zero.items() if (c := _column(look, name))},
        "total_per_order": export.total_per_order and "order_id" in columns,
    }
    return {rule: said for rule, said in rules.items() if said}, doubts, strange


def _there(look: Look, named: Mapping[str, Any]) -> Iterator[tuple[FileColumn, Any]]:
    """Yield the columns of a file that rules name, each with what they say of it."""
    return ((column, said) for name, said in named.items() if (column := _column(look, name)) is not None)


def _states(look: Look, export: Export) -> tuple[dict[str, list[str]], list[Doubt], tuple[str, ...]]:
    """Return the words that count; a word that is not known does not, and is said."""
    kept: dict[str, list[str]] = {}
    doubts: list[Doubt] = []
    strange: list[str] = []
    for column, states in _there(look, export.states):
        known = {plain(word) for word in (*states.count, *states.out)}
        odd = [value for value in column.values if plain(value) not in known]
        if column.values and not _met(look, column, states.count):
            strange.append(column.name)
        elif column.values:
            kept[column.name] = list(states.count)
        if odd and column.name in kept:
            reason = f"these may count as well: {', '.join(odd)[:80]}"
            doubts.append(Doubt(("keep", column.name), str(kept[column.name]), (EVERY_ROW,), reason))
    return kept, doubts, tuple(strange)


def _met(look: Look, column: FileColumn, words: Iterable[str]) -> bool:
    """Whether one of these words, or an empty cell among them, stands in a column."""
    wanted, place = {plain(word) for word in words}, look.place_of(column.name)
    empty = "" in wanted and any(not row[place].strip() for row in look.sample if place < len(row))
    return empty or any(plain(value) in wanted for value in column.values)


def _fitting(column: FileColumn, expressions: Iterable[str]) -> list[str]:
    fitting = ([v for v in column.values if re.fullmatch(expression, v)] for expression in expressions)
    return sorted(next(filter(None, fitting), []))


def _unsure(export: Export, columns: Mapping[str, str], rules: Mapping[str, Any]) -> list[Doubt]:
    """Return the doubts that a system always has, where the line stands in the file."""
    doubts = []
    for place, reason in export.unsure.items():
        part, _, key = place.partition(".")
        there = columns if part == "columns" else rules.get(part, {})
        chosen = there.get(key) if key else there or None
        if chosen is not None:
            doubts.append(Doubt(tuple(place.split(".", 1)), str(chosen), (), reason))
    return doubts
