"""The chapter notebooks: the masters, and the copies that were changed for one client."""

import ast
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playbook.errors import CallError, RunFailed, did_you_mean
from playbook.settings.client import PROJECT
from playbook.settings.yaml import kind_of_no_file
from playbook.show.words import Words

Notebook = dict[str, Any]
LESSONS = frozenset({"exercise", "solution", "teach", "hide"})
"""Tags of cells that only a report for teaching runs."""

_CLIENT_LINE = re.compile(r"^(client\s*(?::\s*\w+\s*)?=\s*)([^#\n]*?)(\s*(?:#.*)?)$", re.MULTILINE)
_KINDS = {"int": int, "float": float, "str": str}


@dataclass(frozen=True)
class ChapterNotebook:
    """A chapter as it will be run for one client.

    Attributes
    ----------
    number : str
        Two digits, such as ``04``.
    name : str
        The notebook's name without its ending, such as ``04_churn``.
    path : Path
        The notebook that is run: the master, or the client's changed copy.
    title, label : str
        The notebook's first heading, and what links to it say.
    sha256 : str
        Hash of the cells, whatever their outputs.
    knobs : mapping
        Parameters that only this notebook knows, with their types.
    changed_for_client : bool
        The client's copy is run, since its code differs from the master.
    master_moved_on : bool
        The master has changed since that copy was made.
    """

    number: str
    name: str
    path: Path
    title: str
    label: str
    sha256: str
    knobs: Mapping[str, type]
    changed_for_client: bool = False
    master_moved_on: bool = False

    def worded(self, words: Words) -> "ChapterNotebook":
        """Return the chapter with title and label in the client's language and words."""
        notebook = worded(read(self.path), words)
        return replace(self, title=title(notebook, self.name), label=label(notebook, self.name))


def masters_folder() -> Path:
    """Return the folder of the masters; ``PLAYBOOK_NOTEBOOKS`` names another one."""
    chosen = os.environ.get("PLAYBOOK_NOTEBOOKS")
    return Path(chosen) if chosen else PROJECT / "notebooks"


def chapters(client_folder: Path) -> list[ChapterNotebook]:
    """Return all chapters in order, each as it is run for the client.

    Raises
    ------
    RunFailed
        Where there is no master, or one cannot be read.
    """
    masters = _master_paths()
    if not masters:
        raise RunFailed(f"There is no chapter notebook in {masters_folder()}.")
    return [_for_client(path, client_folder / "notebooks" / path.name) for path in masters]


def choose(available: Sequence[ChapterNotebook], wanted: str | None) -> list[ChapterNotebook]:
    """Return the chapters named by ``04``, ``01-04`` or ``01,04`` and all that come before them.

    Raises
    ------
    CallError
        For a chapter that is not there.
    """
    if wanted is None:
        return list(available)
    known = [chapter.number for chapter in available]
    last = max(number for part in wanted.split(",") for number in _span(part, known))
    return [chapter for chapter in available if chapter.number <= last]


def copy_for_client(client: str, client_folder: Path) -> tuple[list[Path], list[Path]]:
    """Copy the masters to the client's folder, with ``client`` set in their parameters cells.

    A copy whose code was changed is never overwritten.

    Returns
    -------
    tuple of list of Path
        The copies written, and those kept because they were changed.
    """
    folder = client_folder / "notebooks"
    folder.mkdir(exist_ok=True)
    written, kept = [], []
    for master in _master_paths():
        path = folder / master.name
        if path.exists() and _changed_by_hand(read(path), read(master)):
            kept.append(path)
            continue
        _write_copy(read(master), client, path)
        written.append(path)
    return written, kept


def renew_copies(client: str, client_folder: Path) -> None:
    """Write anew the client's copies that nobody changed and whose master has moved on.

    They are not run, but whoever opens one should not meet the imports of an older package.
    """
    for master in _master_paths():
        path = client_folder / "notebooks" / master.name
        if path.exists() and os.access(path, os.W_OK):
            copy, notebook = read(path), read(master)
            if not _changed_by_hand(copy, notebook) and code_sha256(copy) != code_sha256(notebook):
                _write_copy(notebook, client, path)


def what_to_change(copy: Path) -> str | None:
    """Say what to change in a copy that imports what is no longer there; None where nothing is missing."""
    notebook, master = read(copy), read(masters_folder() / copy.name)
    gone = sorted(name for name in _imported(notebook) if not _is_there(name))
    if not gone:
        return None
    setup = "; ".join(f"`{line}`" for line in _import_lines(master))
    moved = "which is" if len(gone) == 1 else "which are"
    return (
        f"{copy.name} was changed for this client and imports {', '.join(gone)}, {moved} no longer there:"
        f" write {setup} in its setup cell, as in the master, and call by that name what its cells need."
    )


def read(path: Path) -> Notebook:
    """Return a notebook as plain JSON.

    Raises
    ------
    RunFailed
        Where the file is no notebook.
    """
    try:
        if kind := kind_of_no_file(path):
            raise RunFailed(f"{path.name} {kind}, and no notebook.")
        notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            "".join([cell["cell_type"], source(cell), *tags(cell)]).encode()
        _remembered(notebook)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunFailed(f"{path.name} is no notebook: delete it, and the master is run.") from error
    return notebook


def source(cell: Mapping[str, Any]) -> str:
    """Return a cell's text."""
    return "".join(cell["source"])


def tags(cell: Mapping[str, Any]) -> list[str]:
    """Return a cell's tags."""
    return list(cell.get("metadata", {}).get("tags", []))


def without_lessons(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notebook without what only teaches or tests: no report shows it, and none waits for it."""
    kept = [cell for cell in notebook["cells"] if not LESSONS.intersection(tags(cell))]
    return {**notebook, "cells": kept}


def worded(notebook: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return the notebook with its prose and label in the client's language and words, cell by cell."""
    kept = _remembered(notebook)
    if "label" in kept:
        kept["label"] = words.text(kept["label"])
    cells = [
        {**cell, "source": words.text(source(cell))} if cell["cell_type"] == "markdown" else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells, "metadata": {**notebook.get("metadata", {}), "playbook": kept}}


def title(notebook: Mapping[str, Any], otherwise: str) -> str:
    """Return the notebook's first heading."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            heading = re.search(r"^#\s+(.+?)\s*#*$", source(cell), re.MULTILINE)
            if heading:
                return re.sub(r"[*_`]", "", heading.group(1))
    return otherwise


def label(notebook: Mapping[str, Any], otherwise: str) -> str:
    """Return the word or two that links to a chapter say: ``label`` in its metadata, or its title."""
    return str(_remembered(notebook).get("label") or title(notebook, otherwise))


def code_sha256(notebook: Mapping[str, Any]) -> str:
    """Hash the code cells, whichever client is set in the parameters cell."""
    code = [
        _CLIENT_LINE.sub(r"\1", source(cell)) if "parameters" in tags(cell) else source(cell)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    return _sha256(code)


def cells_sha256(notebook: Mapping[str, Any]) -> str:
    """Hash all cells with their tags, without their outputs."""
    return _sha256([[cell["cell_type"], source(cell), tags(cell)] for cell in notebook["cells"]])


def _master_paths() -> list[Path]:
    return sorted(masters_folder().glob("0[1-8]_*.ipynb"))


def _for_client(master: Path, copy: Path) -> ChapterNotebook:
    notebook = read(master)
    chapter = _chapter(master, notebook)
    if not copy.exists():
        return chapter
    changed = read(copy)
    if not _changed_by_hand(changed, notebook) or code_sha256(changed) == code_sha256(notebook):
        return chapter
    remembered = _remembered(changed).get("master_sha256", code_sha256(notebook))
    return replace(
        _chapter(copy, changed),
        changed_for_client=True,
        master_moved_on=remembered != code_sha256(notebook),
    )


def _chapter(path: Path, notebook: Notebook) -> ChapterNotebook:
    return ChapterNotebook(
        number=path.name[:2],
        name=path.stem,
        path=path,
        title=title(notebook, path.stem),
        label=label(notebook, path.stem),
        sha256=cells_sha256(notebook),
        knobs=_knobs(notebook),
    )


def _knobs(notebook: Notebook) -> dict[str, type]:
    """Read ``name: type = None`` lines of the parameters cell; one that is no Python fails when it runs."""
    cells = [source(cell) for cell in notebook["cells"] if "parameters" in tags(cell)]
    lines = _statements(cells[0]) if cells else []
    return {
        line.target.id: _KINDS.get(ast.unparse(line.annotation), str)
        for line in lines
        if isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and line.target.id != "client"
    }


def _statements(code: str) -> list[ast.stmt]:
    """Return the statements of a cell; none where it is no Python, or more than the parser can hold."""
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _import_lines(notebook: Notebook) -> list[str]:
    """Return the notebook's imports of this package, a line each; a cell that is no Python has none."""
    lines = []
    for cell in notebook["cells"]:
        body = _statements(source(cell)) if cell["cell_type"] == "code" else []
        imports = (ast.unparse(line) for line in body if isinstance(line, ast.Import | ast.ImportFrom))
        lines += [line for line in imports if line.split()[1].partition(".")[0] == "playbook"]
    return lines


def _imported(notebook: Notebook) -> set[str]:
    """Return the modules of this package that a notebook imports, by their full names."""
    names: set[str] = set()
    for line in map(ast.parse, _import_lines(notebook)):
        for node in line.body:
            if isinstance(node, ast.ImportFrom) and node.module == "playbook":
                names |= {f"playbook.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(str(node.module))
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
    return names


def _is_there(module: str) -> bool:
    """Whether the package has a module of this name; it is not imported, since chapters load much."""
    path = PROJECT.joinpath(*module.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def _changed_by_hand(copy: Notebook, master: Notebook) -> bool:
    """Whether a copy's code is no longer what was copied."""
    as_copied = _remembered(copy).get("copy_sha256", code_sha256(master))
    return bool(code_sha256(copy) != as_copied)


def _remembered(notebook: Mapping[str, Any]) -> dict[str, Any]:
    return dict(notebook.get("metadata", {}).get("playbook", {}))


def _write_copy(notebook: Notebook, client: str, path: Path) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        if "parameters" in tags(cell):
            cell["source"] = _CLIENT_LINE.sub(lambda m: f'{m[1]}"{client}"{m[3]}', source(cell))
    code = code_sha256(notebook)
    kept = notebook.setdefault("metadata", {}).setdefault("playbook", {})
    kept.update(master_sha256=code, copy_sha256=code)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _span(part: str, known: Sequence[str]) -> list[str]:
    first, dash, last = part.strip().partition("-")
    ends = [_known(end, known) for end in ((first, last) if dash else (first,))]
    return [number for number in known if ends[0] <= number <= ends[-1]] or ends


def _known(number: str, known: Sequence[str]) -> str:
    padded = number.strip().zfill(2)
    if padded not in known:
        there = f"There are: {', '.join(known)}."
        raise CallError(f"There is no chapter {number.strip()!r}.{did_you_mean(padded, known)} {there}")
    return padded


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
