"""A proposal for ``client.yml`` from a client's exports: what was found, and where it is unsure."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from playbook.errors import CallError, DataError
from playbook.intake.assumed import Ask, assume
from playbook.intake.check.words import reasons_said, words_read
from playbook.intake.client_file import UNSURE, Comments, write
from playbook.intake.cohort import Cohort, cohort_in
from playbook.intake.grouping import Found, merged_form, tables_of
from playbook.intake.guess import Guess
from playbook.intake.language import guess_language
from playbook.intake.look import look_at
from playbook.intake.meaning import columns_ruled, propose_rules, rules_in
from playbook.intake.permission import consent_first
from playbook.intake.recognise import recognise
from playbook.intake.systems import recognised
from playbook.records import excel
from playbook.records.canonical import CLOSED, COLUMNS, WITH_TOTALS
from playbook.records.dialects import WORKBOOK, file_kind
from playbook.records.sources import Sources, collect_unreadable, open_sources
from playbook.settings.client import SETTINGS_FILE, SUPPRESSION_FILE, load, named_client
from playbook.settings.tables import Format
from playbook.settings.yaml import read_yaml
from playbook.show.words import SOURCE_LANGUAGE


@dataclass(frozen=True)
class Proposal:
    """What was written, and what there is to say about it."""

    path: Path
    said: tuple[str, ...]


def propose(client: str, files: Sequence[Path], data: Path, ask: Ask | None) -> Proposal:
    """Look at exports, copy them into the client's folder and write ``client.yml``.

    What stands in ``client.yml`` already and is not from an earlier proposal stays as it is, with its
    comments; files that it names are looked at again.

    Parameters
    ----------
    client : str
        Name of the folder in ``data``.
    files : sequence of Path
    data : Path
    ask : callable or None
        None: nobody is asked, and what is unsure is marked in ``client.yml``.

    Raises
    ------
    CallError, DataError
        For a file that is missing or cannot be read, and where no file looks like orders.
    """
    named_client(client)
    folder = data / client
    listed = [path for path in files if path.name == SUPPRESSION_FILE]
    _refuse_another_list(listed, folder)
    chosen = _chosen([path for path in files if path not in listed], folder)
    looks = [look for path in chosen for look in look_at(path)]
    guesses = [guess or recognise(look) for look, guess in zip(looks, recognised(looks), strict=True)]
    said: list[str] = []
    tables = tables_of(guesses, said)
    if "orders" not in tables:
        raise DataError(_no_orders(guesses))
    for found in _all(tables):
        propose_rules(found)
    if ask is not None:
        for found in _all(tables):
            _settle(found, ask)
    written = read_yaml(folder / SETTINGS_FILE) if (folder / SETTINGS_FILE).is_file() else {}
    tree, comments = _tree(client, tables, ask, written)
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*chosen, *listed]:
        _copy(path, folder / path.name)
    kept, unsure = write(folder, tree, comments)
    read, born = _read_back(client, data)
    if born is not None:
        tree["tables"]["orders"]["cohort"] = True
        comments["tables", "orders", "cohort"] = born.reason
        kept, unsure = write(folder, tree, comments)
        read.append(f"orders, cohort: true, since {born.reason}.")
    not_known = [line for line in read if line.startswith("Unsure, ")]
    read = [line for line in read if line not in not_known]
    said = [*unsure, *not_known, *said, *_described(tables), *kept, *read]
    return Proposal(folder / SETTINGS_FILE, tuple(said))


def _refuse_another_list(listed: Sequence[Path], folder: Path) -> None:
    """Refuse to put a suppression list in the place of another one."""
    target = folder / SUPPRESSION_FILE
    if listed and target.is_file() and listed[0].read_bytes() != target.read_bytes():
        raise CallError(
            f"{SUPPRESSION_FILE} stands in the client's folder already and says something else: add the new"
            " lines to it, and leave the file out here."
        )


def _chosen(files: Sequence[Path], folder: Path) -> list[Path]:
    """Return the files given and those of the client's that were there before."""
    names = [path.name for path in files]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CallError(f"Two files are called {twice[0]}: rename one of them.")
    for path in files:
        if not path.is_file():
            raise CallError(f"{path} is no file: name the export as it stands on disk.")
    before: list[str] = []
    if (folder / SETTINGS_FILE).is_file():
        tables = read_yaml(folder / SETTINGS_FILE).get("tables") or {}
        for table in [*tables.values(), (tables.get("orders") or {}).get("lines")]:
            named = (table or {}).get("files") or []
            before += [named] if isinstance(named, str) else list(named)
    given = dict(zip(names, files, strict=True))
    there = [name for name in before if name in given or (folder / name).is_file()]
    return [given.get(name, folder / name) for name in dict.fromkeys([*there, *names])]


def _copy(path: Path, target: Path) -> None:
    if not target.exists() or not path.samefile(target):
        shutil.copy2(path, target)
        target.chmod(0o600)


def _no_orders(guesses: Sequence[Guess]) -> str:
    for guess in guesses:
        if guess.origin is not None and guess.origin.useless:
            known = f"{guess.look.shown} is {guess.origin.what}"
            return f"{known}, and there are no other orders: {guess.origin.useless}."
    seen = "; ".join(
        f"{guess.look.shown} has {', '.join(c.name for c in guess.look.columns[:12])}"
        for guess in guesses[:3]
    )
    return (
        "No file looks like orders, which need a customer, a date and an amount:"
        f" {seen[:400]}. Name the file of orders too, or write client.yml by hand."
    )


def _all(tables: dict[str, Found]) -> list[Found]:
    parts = [part for found in tables.values() for part in (found, found.lines, found.persons)]
    return [part for part in parts if part is not None]


def _guesses(tables: dict[str, Found]) -> list[Guess]:
    return [guess for found in _all(tables) for guess in found.guesses]


# Questions -----------------------------------------------------------------------------------


def _settle(found: Found, ask: Ask) -> None:
    """Ask what is unsure and has more than one answer, and take the answer."""
    for doubt in list(found.doubts):
        if not doubt.others:
            continue
        what = " ".join(doubt.place)
        answer = ask(f"{found.name}, {what} ({doubt.reason})", doubt.chosen, doubt.others)
        found.doubts.remove(doubt)
        if doubt.place[0] == "columns":
            ours = doubt.place[1]
            found.guesses = [_with_column(guess, ours, doubt.chosen, answer) for guess in found.guesses]
        elif doubt.place[0] in found.rules:
            if answer != doubt.chosen:
                _without_rule(found, doubt.place)
        elif answer != doubt.chosen:
            update = {doubt.place[1]: answer}
            if doubt.place[1] == "decimal" and found.form.thousands == answer:
                update["thousands"] = doubt.chosen
            found.form = found.form.model_copy(update=update)


def _without_rule(found: Found, place: tuple[str, ...]) -> None:
    rule, *column = place
    if column and len(found.rules[rule]) > 1:
        del found.rules[rule][column[0]]
    else:
        del found.rules[rule]


def _with_column(guess: Guess, ours: str, proposed: str, answer: str) -> Guess:
    if guess.columns.get(ours) != proposed or answer not in {column.name for column in guess.look.columns}:
        return guess
    columns = {name: theirs for name, theirs in guess.columns.items() if theirs != answer}
    return replace(guess, columns=columns | {ours: answer})


# The file ------------------------------------------------------------------------------------


def _tree(
    client: str, tables: dict[str, Found], ask: Ask | None, written: dict[str, Any]
) -> tuple[CommentedMap, Comments]:
    """Return the proposal as a YAML tree, and comments by the place where they stand."""
    tree = CommentedMap(client=client)
    comments: Comments = {}
    assume(tree, comments, _guesses(tables), ask, written)
    spending = tree.pop("offers")
    tree["tables"] = CommentedMap()
    for name, found in tables.items():
        place = ("tables", name)
        tree["tables"][name] = _table(found, place, comments)
        for part, inner in (("lines", found.lines), ("persons", found.persons)):
            if inner is not None:
                tree["tables"][name][part] = _table(inner, (*place, part), comments)
    tree["offers"] = spending
    guessed = guess_language(_guesses(tables))
    if guessed and guessed[0] != SOURCE_LANGUAGE:
        spending["language"] = guessed[0]
        comments["offers", "language"] = UNSURE + guessed[1]
    return tree, comments


def _table(found: Found, place: tuple[str, ...], comments: Comments) -> CommentedMap:
    table = CommentedMap(files=sorted({guess.look.path.name for guess in found.guesses}))
    sheets = _sheets(found)
    if sheets:
        common = max(sheets.values(), key=lambda named: sum(named == other for other in sheets.values()))
        table["sheet"] = common if len(common) > 1 else common[0]
    unsure = {doubt.place[1]: doubt.chosen for doubt in found.doubts if doubt.place[0] == "format"}
    form = unsure | _dumped(found.form)
    if form:
        table["format"] = CommentedMap(form)
    table["columns"] = CommentedMap(_mapped(found.named, found.form))
    table.update(_noted(found.rules))
    differs = _differing(found, sheets, table.get("sheet"))
    if differs:
        table["differs"] = differs
    parts: list[tuple[tuple[str, ...], Any]] = [((), table)]
    parts += [(("differs", name), own) for name, own in differs.items()]
    known = dict.fromkeys(guess.origin.what for guess in found.guesses if guess.origin)
    if known:
        comments[(*place, "files")] = ", ".join(known)
    for guess in found.guesses:
        for where, text in guess.origin.notes.items() if guess.origin else ():
            for key, part in parts:
                if _inner(part, where) is not None:
                    comments[(*place, *key, *where)] = text
    for doubt in found.doubts:
        for key, part in parts:
            if str(_inner(part, doubt.place)) == doubt.chosen:
                comments[(*place, *key, *doubt.place)] = UNSURE + doubt.reason
    if unused := _unused(found):
        comments[(*place, "columns")] = unused
    totals = [guess.look.total for guess in found.guesses if guess.look.total and found.name in WITH_TOTALS]
    if totals and "format" in table:
        comments[(*place, "format", "totals")] = f"left out at the end: {totals[0][:80]}"
    return table


def _unused(found: Found) -> str:
    """Return which columns of a table's files are not used, those that may speak of contact first."""
    ruled = columns_ruled(found.rules)
    unused = list(dict.fromkeys(n for guess in found.guesses for n in guess.unused if n not in ruled))
    return f"not used: {', '.join(consent_first(unused))}" if unused else ""


def _inner(part: Any, place: Sequence[str]) -> Any:
    for key in place:
        part = part.get(key) if isinstance(part, dict) else None
    return part


def _noted(rules: dict[str, Any]) -> dict[str, Any]:
    return {rule: _on_a_line(said) for rule, said in rules.items()}


def _on_a_line(said: Any) -> Any:
    """Return what a rule says as YAML with the words of a column on one line."""
    if isinstance(said, dict):
        return CommentedMap({key: _on_a_line(inner) for key, inner in said.items()})
    if not isinstance(said, list):
        return said
    words = CommentedSeq(said)
    words.fa.set_flow_style()
    return words


def _sheets(found: Found) -> dict[str, list[str]]:
    """Return the sheets of each workbook that has more than one."""
    sheets: dict[str, list[str]] = {}
    for guess in found.guesses:
        if guess.look.sheet is not None:
            sheets.setdefault(guess.look.path.name, []).append(guess.look.sheet)
    for guess in found.guesses:
        if file_kind(guess.look.path) == WORKBOOK:
            order = excel.open_workbook(guess.look.path).sheet_names
            sheets[guess.look.path.name].sort(key=order.index)
    return sheets


def _dumped(form: Format) -> dict[str, Any]:
    written = form.model_dump(exclude_defaults=True)
    if written.get("encoding") in ("ascii", "utf-8-sig"):
        del written["encoding"]
    return written


def _mapped(named: dict[str, list[str]], form: Format) -> dict[str, Any]:
    """Return columns as client.yml names them: several as a list, by position where there is no header."""
    return {
        ours: several if len(several) > 1 else several[0] if form.header else int(several[0])
        for ours, several in named.items()
    }


def _differing(found: Found, sheets: dict[str, list[str]], common: Any) -> CommentedMap:
    """Return what single files, or sheets, have otherwise than the table."""
    differs = CommentedMap()
    for name, named in sheets.items():
        own = named if len(named) > 1 else named[0]
        if own != common:
            differs[name] = CommentedMap(sheet=own)
    several = {name for name, named in sheets.items() if len(named) > 1}
    for guess in found.guesses:
        key = guess.look.shown if guess.look.path.name in several else guess.look.path.name
        part = CommentedMap()
        if merged_form(found.form, guess) != found.form and guess is not found.guesses[0]:
            part["format"] = CommentedMap(_dumped(guess.look.form))
        if guess.named != found.named:
            part["columns"] = CommentedMap(_mapped(guess.named, guess.look.form))
        rules = rules_in(found, guess)
        part |= _noted({rule: said for rule, said in rules.items() if said != found.rules[rule]})
        if part:
            differs.setdefault(key, CommentedMap()).update(part)
    return differs


# What to say ---------------------------------------------------------------------------------


def _described(tables: dict[str, Found]) -> list[str]:
    said = []
    for found in _all(tables):
        files = ", ".join(dict.fromkeys(guess.look.shown for guess in found.guesses))
        for guess in found.guesses:
            if guess.origin is not None:
                said.append(f"{guess.look.shown} is {guess.origin.what}.")
                notes = guess.origin.notes.items()
                said += [f"  {'.'.join(where)}: {text}." for where, text in notes if _holds(found, where)]
        columns = ", ".join(f"{ours} = {' + '.join(theirs)}" for ours, theirs in found.named.items())
        said.append(f"{found.name}: {files}: {columns}.")
        said += [f"{found.name}, {unused}." for unused in [_unused(found)] if unused]
        for guess in found.guesses:
            if guess.look.total and found.name in WITH_TOTALS:
                said.append(
                    f"{guess.look.shown} ends with totals, which are left out: {guess.look.total[:80]}."
                )
        said += [f"{found.name}, {line}." for line in _rules_said(found)]
    return said


def _holds(found: Found, place: Sequence[str]) -> bool:
    """Whether a table of the proposal has the line of which something is said."""
    return _inner({"columns": found.columns, **found.rules}, place) is not None


def _rules_said(found: Found) -> list[str]:
    """Return the rules about rows, a clause each."""
    said: list[str] = []
    for rule, named in found.rules.items():
        if isinstance(named, dict):
            for column, values in named.items():
                words = [values] if isinstance(values, str) else values
                said.append(f"{rule} {column}: {', '.join(value or '(empty)' for value in words)}")
        else:
            said.append(f"{rule}: {', '.join(named) if isinstance(named, list) else 'yes'}")
    return said


def _read_back(client: str, data: Path) -> tuple[list[str], Cohort | None]:
    """Read the tables as a run will: say what was read and what was not, and whether it is a cohort."""
    settings = load(client, data)
    opened = open_sources(settings, data / client)
    said = []
    try:
        for name in COLUMNS:
            table = getattr(opened, name)
            if table is not None:
                rows = int(table.count().execute())
                said.append(f"{name}: {rows:,} rows can be read.")
        opened.orders.aggregate(
            first=opened.orders.ordered_at.min(), sum=opened.orders.amount.sum()
        ).execute()
        lines = opened.orders.select("customer_id", day="ordered_at").drop_null()
        born = cohort_in(lines)
        said += [*_words_said(opened), *reasons_said(opened)]
        collect_unreadable(opened)
        if opened.unreadable:
            said.append(f"{len(opened.unreadable):,} rows cannot be read, such as {opened.unreadable[0]}.")
    finally:
        opened.close()
    return said, born


def _words_said(opened: Sources) -> list[str]:
    """Return what words of the client's are read as, and which are not understood."""
    said = []
    for words in words_read(opened.files):
        place = f"{words.table}.{words.column}"
        if words.understood:
            said.append(f"{place}: {words.read_as}.")
        if words.unknown:
            ours = ", ".join(CLOSED[words.column])
            told = f"{words.not_known} is not understood; say in client.yml which is {ours}: {words.line}"
            said.append(f"Unsure, {place}: {told}.")
    return said
