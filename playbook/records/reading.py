"""Files to canonical expressions: DuckDB reads them, whichever engine works with the tables then.

Every text file goes through DuckDB's CSV reader, which parses each value once and keeps what
it could not read, with line, column and text. Sheets of a workbook, Parquet files that keep dates or
numbers as text, and dialects that DuckDB does not read are first written as CSV, so that there is one
way in.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis

from playbook.archive.sheets import GUARDED
from playbook.errors import DataError, did_you_mean
from playbook.records import cells, dialects, excel, persons, row_rules
from playbook.records.canonical import (
    AS_TEXT,
    CLOSED,
    COLUMNS,
    DAY,
    FLAG,
    GENERAL,
    ID,
    LINES,
    MONEY,
    NUMBER,
    PARTS_OF_ORDERS,
    PERSONS,
    REFUSALS,
    REFUSING,
    TEXT,
    WITH_TOTALS,
    check_mapping,
    compared,
    kinds_of,
    meanings,
    place_of,
)
from playbook.records.memory import literally, write
from playbook.records.row_rules import LEFT_OUT, MET, RowsSeen
from playbook.settings.tables import UNIX_TIME, Format, LineSettings, OrderSettings, TableSettings
from playbook.settings.yaml import kind_of_no_file


@dataclass(frozen=True)
class ReadFile:
    """A file as it is read.

    Attributes
    ----------
    table, shown : str
        The table that it is of, and its name for the user.
    form : Format
    header : list of str
    kind : str
        The column with an event's kind; empty where there is none.
    harmless : frozenset of str
        Kinds, as `canonical.compared`, that are no refusals.
    """

    table: str
    shown: str
    form: Format
    header: list[str]
    kind: str = ""
    harmless: frozenset[str] = frozenset()


@dataclass
class Reader:
    """What reads a client's files, and what it noted of them.

    Attributes
    ----------
    connection : ibis backend
        DuckDB.
    scratch : Path
        Folder of the files that it writes.
    snapshot : mapping
        The file of each table that stands in a database.
    texts : collection of str
        Further columns of customers that hold words.
    parts : dict
        Table to its files, each with the name to show and its canonical expression, as written:
        nothing forgotten or left out, ids as they are; ``row_key``, the same for lines equal in all
        columns; and what `row_rules.marks` says of each row.
    rules : dict
        Table to its rules about rows, as places in client.yml.
    flags : dict
        (table, column) of yes-or-no columns to the text that stands there, an expression per file.
    words : dict
        (table, column) of the columns of `CLOSED` to the client's words (``theirs``) and what they are read
        as (``ours``), an expression per file.
    files : dict
        The path of each text file to how it is read.
    swallowed : dict
        Table to expressions of cells that hold whole rows; see `_swallowed`.
    lists : list of str
        The files of customers, as shown, that have addresses and no numbers of customers.
    columns : dict
        By file, as it is shown, each of its columns and whether client.yml names it.
    """

    connection: Any
    scratch: Path
    snapshot: Mapping[str, Path] = field(default_factory=dict)
    texts: Collection[str] = ()
    parts: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    rules: dict[str, list[str]] = field(default_factory=dict)
    flags: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    words: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    files: dict[str, ReadFile] = field(default_factory=dict)
    swallowed: dict[str, list[Any]] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    columns: dict[str, dict[str, bool]] = field(default_factory=dict)
    _seen: dict[str, RowsSeen] = field(default_factory=dict)

    def rows_seen(self, name: str) -> RowsSeen:
        """Return what a table's rules about rows did; its files are read for it once."""
        if name not in self._seen:
            parts = [part for _, part in self.parts.get(name, ())]
            self._seen[name] = row_rules.seen(parts, self.rules.get(name, ()))
        return self._seen[name]


def canonical(reader: Reader, name: str, table: TableSettings, folder: Path) -> Any:
    """Return the rows of a table's files as one expression with canonical columns; nothing is read yet.

    Raises
    ------
    DataError
        For a file that is missing, empty or no table, and for a mapped column that is not there.
    """
    named = _parts(reader, name, table, folder)
    if isinstance(table, OrderSettings) and table.lines is not None:
        heads = _once(_union(name, [part.drop("row_key") for _, part in named]))
        lines = _parts(reader, LINES, table.lines, folder)
        named = [(shown, _joined(heads, part)) for shown, part in lines]
    if isinstance(table, OrderSettings) and table.persons is not None:
        known = _rows(PERSONS, _parts(reader, PERSONS, table.persons, folder))
        named = [(shown, persons.of_orders(part, known)) for shown, part in named]
    if name == "customers":
        numbered = [row_rules.kept(part) for shown, part in named if shown not in reader.lists]
        named = persons.of_lists(named, reader.lists, numbered)
    reader.parts[name] = named
    lists = [(shown, part) for shown, part in named if name == "customers" and shown in reader.lists]
    people = [pair for pair in named if pair not in lists] if lists else named
    rows = _rows(name, people or lists)
    if people and lists:
        rows = persons.with_lists(rows, _rows(name, lists))
    if isinstance(table, OrderSettings) and table.total_per_order:
        rows = row_rules.once_per_order(rows.mutate(order_id=cells.number(rows.order_id)))
    return rows


def _parts(reader: Reader, name: str, table: TableSettings, folder: Path) -> list[tuple[str, Any]]:
    """Return each file of a table, and each sheet, with the name to show."""
    if name in reader.snapshot:
        shown = f"{name} ({table.table or 'query'})"
        opened = _Opened(reader.snapshot[name], shown, table, table.format)
        return [(shown, _select(reader, name, opened))]
    if not table.files:
        raise DataError(f"client.yml: {place_of(name)}.files names no file.")
    return [
        (opened.shown, _select(reader, name, opened))
        for file in table.files
        for opened in _opened(reader, name, table.part(file), folder / file)
    ]


def _rows(name: str, named: list[tuple[str, Any]]) -> Any:
    """Return the rows of a table's files that count."""
    return _union(name, [row_rules.kept(part).drop("row_key") for _, part in named])


def _union(name: str, parts: list[Any]) -> Any:
    """Return the rows of all files of a table; a column that a file lacks is null there."""
    if len(parts) == 1:
        return parts[0]
    types = {column: part[column].type() for part in parts for column in part.columns}
    columns = [column for column in dict.fromkeys([*kinds_of(name), *types]) if column in types]
    return ibis.union(
        *(
            part.select(**{c: part[c] if c in part.columns else ibis.null(types[c]) for c in columns})
            for part in parts
        )
    )


def _once(heads: Any) -> Any:
    """Return one row per order number, of the rows that count where there are any."""
    heads = heads.mutate(order_id=cells.number(heads.order_id)).filter(lambda head: head.order_id.notnull())
    counts = heads[LEFT_OUT].isnull() if LEFT_OUT in heads.columns else None
    said = {column: heads[column] for column in heads.columns if column not in ("order_id", LEFT_OUT, MET)}
    found = {
        c: value.all(where=counts) if value.type().is_boolean() else value.min(where=counts)
        for c, value in said.items()
    }
    if counts is not None:
        found[LEFT_OUT] = ibis.ifelse(counts.any(), ibis.null("string"), heads[LEFT_OUT].min())
        found[MET] = heads[MET].bit_or()
    return heads.group_by("order_id").aggregate(**found)


def _joined(heads: Any, lines: Any) -> Any:
    """Return the lines, each with what its order says; a line of an order that is left out is left out."""
    lines = lines.mutate(order_id=cells.number(lines.order_id))
    own = [c for c in heads.columns if c not in lines.columns or c in ("order_id", LEFT_OUT, MET)]
    both = lines.left_join(heads.select(*own), "order_id")
    if f"{MET}_right" in both.columns:
        left_out = ibis.coalesce(both[LEFT_OUT], both[f"{LEFT_OUT}_right"])
        both = both.mutate(**{LEFT_OUT: left_out, MET: both[MET] | both[f"{MET}_right"].fill_null(0)})
    kept = [*COLUMNS["orders"], "row_key", LEFT_OUT, MET]
    return both.select(*(column for column in kept if column in both.columns))


@dataclass(frozen=True)
class _Opened:
    """A file, or a sheet of one, that DuckDB reads; ``form`` is the dialect it now has."""

    path: Path
    shown: str
    table: TableSettings
    form: Format


def _opened(reader: Reader, name: str, table: TableSettings, path: Path) -> Iterator[_Opened]:
    """Yield the file as one that DuckDB reads; each sheet of a workbook as a file of its own."""
    if kind := kind_of_no_file(path):
        raise DataError(f"{path.name} {kind}: put the file there or correct client.yml.")
    if not path.exists():
        there = sorted(p.name for p in path.parent.glob("*") if p.suffix != ".yml")
        raise DataError(f"{path.name} is not in the client's folder.{did_you_mean(path.name, there)}")
    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty: ask for the export again.")
    form = table.format
    kind = dialects.file_kind(path)
    if kind == dialects.WORKBOOK:
        for sheet in table.sheet or excel.open_workbook(path).sheet_names[:1]:
            shown = f"{path.name} [{sheet}]"
            own = table.part(shown)
            yield _rewritten(reader, name, own, excel.sheet_rows(path, sheet, own.format), shown)
    elif kind == dialects.PARQUET:
        yield _Opened(path, path.name, table, form)
    elif dialects.needs_rewriting(form):
        yield _rewritten(reader, name, table, dialects.text_rows(path, form), path.name)
    elif form.encoding.lower().replace("_", "-") in ("utf-8", "utf-8-sig", "utf8", "ascii"):
        yield _Opened(path, path.name, table, form)
    else:
        target = _scratch_file(reader)
        dialects.transcode(path, target, form.encoding)
        yield _Opened(target, path.name, table, form)


def _rewritten(
    reader: Reader, name: str, table: TableSettings, rows: Iterable[list[str]], shown: str
) -> _Opened:
    """Write rows as the engine reads them."""
    target = _scratch_file(reader)
    kinds = kinds_of(name, reader.texts)
    days = [theirs for ours, theirs in table.pairs if kinds.get(ours) == DAY]
    numbers = [theirs for ours, theirs in table.pairs if kinds.get(ours, NUMBER) in (MONEY, NUMBER)]
    numbers += table.less if isinstance(table, LineSettings) else ()
    form = table.format if name in WITH_TOTALS else table.format.model_copy(update={"totals": False})
    dialects.rewrite(rows, target, form, days, numbers)
    return _Opened(target, shown, table, dialects.engine_form(form))


def _select(reader: Reader, name: str, opened: _Opened) -> Any:
    """Read one file and name its columns as ours, each with its type."""
    kinds, table = kinds_of(name, reader.texts), opened.table
    check_mapping(name, table)
    row_rules.check_rules(name, table)
    raw = _read_file(reader, name, opened)
    _check_columns(name, opened, raw.columns)
    known, used = reader.columns.setdefault(opened.shown, {}), {theirs for _, theirs in table.pairs}
    used |= row_rules.columns_named(name, table).keys()
    known |= {column: known.get(column, False) or column in used for column in raw.columns}
    said = [
        (ours, row_rules.meant(raw[theirs], table.values[ours]) if ours in table.values else raw[theirs])
        for ours, theirs in table.pairs
    ]
    chosen: dict[str, Any] = {}
    for ours, column in said:
        kind = kinds.get(ours, NUMBER)
        read = cells.refused(column) if ours in REFUSALS else cells.typed(column, kind, table.format)
        chosen[ours] = _both(ours, chosen[ours], read) if ours in chosen else read
    chosen = row_rules.amounts(chosen, raw, name, table)
    for ours, theirs in table.below_zero.items() if isinstance(table, LineSettings) else ():
        other = cells.typed(raw[theirs], kinds[ours], table.format)
        chosen[ours] = ibis.ifelse(chosen["amount"] < 0, other, chosen[ours])
    marks = row_rules.marks(raw, name, table, reader.rules.setdefault(_read_with(name), []))
    if name == "customers" and "customer_id" not in table.columns:
        reader.lists.append(opened.shown)
        chosen["customer_id"] = chosen["email"].lower()
    for ours, column in said:
        if kinds.get(ours) == FLAG:
            texts = row_rules.kept(raw.select(text=cells.number(cells.text_of(column)), **marks))
            reader.flags.setdefault((name, ours), []).append(texts)
    if name == "customers":
        cells.put_together(_apply_refusals(chosen))
    elif name == "contacts":  # a run's campaign.csv or warning_trial.csv, handed in again
        texts = {ours for ours in chosen if kinds.get(ours) in (ID, TEXT)}
        chosen |= {ours: chosen[ours].re_replace(GUARDED, r"\1") for ours in texts}
    for ours in (column for column in CLOSED if column in kinds and column in chosen):
        theirs, chosen[ours] = chosen[ours], cells.understood(chosen[ours], ours)
        words = row_rules.kept(raw.select(theirs=theirs, ours=chosen[ours], **marks))
        reader.words.setdefault((name, ours), []).append(words)
    ordered = {ours: chosen[ours] for ours in dict.fromkeys([*kinds, *chosen]) if ours in chosen}
    key = ibis.struct({name: raw[name] for name in raw.columns}).hash()
    rows = raw.select(**ordered, row_key=key, **marks)
    if name in ("customers", "events"):
        reader.swallowed.setdefault(name, []).append(_swallowed(raw, opened))
    return rows


def _swallowed(raw: Any, opened: _Opened) -> Any:
    """Return, as ``text``, cells in which a quote that stayed open has swallowed rows, and whose they are."""
    parted = re.escape(opened.form.separator)
    row = rf"[\r\n]([^\r\n{parted}]*{parted}){{{max(len(raw.columns) // 2, 1)},}}"
    texts = [raw[name] for name in raw.columns if raw[name].type().is_string()]
    if not texts:
        return raw.select(text=ibis.null("string")).limit(0)
    several = [ibis.ifelse(text.contains("\n"), text, "") for text in texts]
    columns = dict(opened.table.pairs)
    own = raw[columns.get("customer_id") or columns["email"]].cast("string").fill_null("")
    held = raw.select(text=ibis.literal("\n").join([own, *several]))
    return held.filter(held.text.re_search(row))


def _check_columns(name: str, opened: _Opened, has: Sequence[str]) -> None:
    """Refuse a file without a column that client.yml names."""
    place = place_of(name)
    named = [(theirs, f"meant as {ours}", f"{place}.columns") for ours, theirs in opened.table.pairs]
    ruled = row_rules.columns_named(name, opened.table)
    named += [(theirs, why, why.removeprefix("named in ")) for theirs, why in ruled.items()]
    missing = [(theirs, why, where) for theirs, why, where in named if theirs not in has]
    if missing:
        all_named = {theirs for theirs, _, _ in named}
        lacking = [f"{theirs!r} ({why})" for theirs, why, _ in missing]
        told = _it_has(missing[0][0] if len(missing) == 1 else "", has, all_named, opened.form)
        places = " and ".join(dict.fromkeys(where for _, _, where in missing))
        raise DataError(
            f"{opened.shown} has no column {', '.join(lacking)}.{told} Correct {places} in client.yml."
        )


def _it_has(theirs: str, columns: Sequence[str], named: set[str], form: Format) -> str:
    """Return which columns a file has, where half of those named are there.

    Another first row may be no header: it holds a customer, and is not shown.
    """
    if form.header and 2 * len(named.intersection(columns)) < len(named):
        return " Its first row looks like values, or belongs to another file: is that file without a header?"
    return f"{did_you_mean(theirs, columns)} It has: {', '.join(columns)}."


def _apply_refusals(chosen: dict[str, Any]) -> dict[str, Any]:
    """Turn what was refused into consents: a refusal is a no, whatever the consent says."""
    if GENERAL in chosen:
        said = chosen.pop(GENERAL)
        email = chosen.get("may_email", ibis.null("boolean"))
        chosen["may_email"] = ibis.coalesce(email, said)
        chosen["no_contact"] = (~said).fill_null(False) | chosen.get("no_contact", ibis.literal(False))
    for refusal in [name for name in REFUSALS if name in chosen]:
        refused = chosen.pop(refusal)
        for consent in REFUSALS[refusal]:
            said = chosen.get(consent, ibis.null("boolean"))
            chosen[consent] = ibis.ifelse(refused, False, said)
    return chosen


def _both(ours: str, one: Any, other: Any) -> Any:
    """Return what two columns of a refusal, or of a consent, say together: the refusal stands."""
    if ours in REFUSALS:
        return one | other
    return ibis.ifelse((~one).fill_null(False) | (~other).fill_null(False), False, ibis.coalesce(one, other))


def _read_file(reader: Reader, name: str, opened: _Opened) -> Any:
    path, shown, form, kinds = opened.path, opened.shown, opened.form, kinds_of(name, reader.texts)
    table = opened.table
    parsed = {
        theirs: kind for ours, theirs in table.pairs if (kind := kinds.get(ours, NUMBER)) not in AS_TEXT
    }
    parsed |= dict.fromkeys(table.less if isinstance(table, LineSettings) else (), MONEY)
    if form.dates == UNIX_TIME:
        parsed = {theirs: NUMBER if kind == DAY else kind for theirs, kind in parsed.items()}
    if path.parent != reader.scratch and dialects.file_kind(path) == dialects.PARQUET:
        try:
            raw = reader.connection.read_parquet(literally(path), hive_partitioning=False)
        except duckdb.Error as error:
            raise DataError(
                f"{shown} cannot be read as Parquet: it is torn, or something else; ask for it again."
            ) from error
        dialects.refuse_no_header(raw.columns, shown)
        if not any(raw[column].type().is_string() for column in parsed if column in raw.columns):
            return raw
        path = _scratch_file(reader)  # numbers or dates kept as text: read them as text is read
        write(raw, path, f"FORMAT csv, HEADER, DELIMITER {form.separator!r}")
    header = dialects.header_of(path, form, shown)
    said = {compared(theirs): ours for theirs, ours in table.values.get("kind", {}).items()}
    harmless = {word for word, ours in (meanings("kind") | said).items() if ours not in REFUSING}
    reader.files[str(path)] = ReadFile(
        _read_with(name), shown, form, header, dict(table.pairs).get("kind", ""), frozenset(harmless)
    )
    types = {column: kind for column, kind in parsed.items() if column in header}
    for theirs in (*(theirs for _, theirs in table.pairs), *row_rules.columns_named(name, table)):
        if header.count(theirs) > 1:
            raise DataError(f"{shown} has two columns {theirs!r}: rename the one that is not meant.")
    options = dialects.engine_options(form, types, header)
    if _read_with(name) != "orders":  # there such a text may stand for an amount that was lost
        options["nullstr"] = list(dialects.EMPTY)
    try:
        return reader.connection.read_csv(literally(path), **options)
    except duckdb.Error:
        return _read_mended(reader, path, options, shown)


def _read_mended(reader: Reader, path: Path, dialect: dict[str, Any], shown: str) -> Any:
    """Read a file again with line ends of one kind, and room for very long lines."""
    target = _scratch_file(reader)
    with path.open("rb") as lines, target.open("wb") as mended:
        while chunk := lines.read(1 << 20):
            if chunk.endswith(b"\r"):
                chunk += lines.read(1)
            mended.write(chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    reader.files[str(target)] = reader.files[str(path)]
    try:
        return reader.connection.read_csv(literally(target), **dialect, max_line_size=dialects.LONGEST_LINE)
    except duckdb.Error as error:
        raise DataError(
            f"{shown} cannot be read as a table with separator {dialect['delim']!r}: a quote may be open or"
            " lines may be torn; have it exported again, or set the separator in client.yml."
        ) from error


def _read_with(name: str) -> str:
    """Return the table that a table is counted with."""
    return "orders" if name in PARTS_OF_ORDERS else name


def _scratch_file(reader: Reader) -> Path:
    return reader.scratch / f"{len(list(reader.scratch.glob('*.csv')))}.csv"
