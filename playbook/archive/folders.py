"""A run's folder: where chapters write, what is recorded about them, and how it comes into place.

A run is written to ``.run-ID`` and swapped in as a whole, so that a reader sees the old report or
the new one and nothing between.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from playbook.errors import RunFailed, UnderWay

CUSTOMERS = Path("tables") / "customers.parquet"
INDEX = "index.html"
MANIFEST = "manifest.json"
UNDATED = "undated"
LOCKS = ".locks"
"""Folder in the reports' folder with a lock file for each client."""

PRIVATE = 0o077
"""The umask of everything that clients' data go to: folders of mode 700, files of 600."""

PATIENCE = 10.0
"""Seconds that a killed run's kernel may go on writing: it looks once a second whether it was orphaned."""

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(\.failed)?|undated\.failed")


@dataclass(frozen=True)
class ChapterRecord:
    """What the manifest says about one chapter.

    ``key`` is its checkpoint; ``files`` holds what it wrote, path in the run to sha256.
    """

    chapter: str
    status: str
    seconds: float
    notebook_sha256: str
    changed_for_client: bool
    key: str
    files: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


@dataclass
class Manifest:
    """The record of a run, as ``manifest.json`` holds it."""

    client: str
    name: str
    currency: str
    as_of: str | None
    status: str
    started: str
    finished: str | None
    seconds: float
    versions: Mapping[str, Any]
    inputs: Mapping[str, str]
    settings_sha256: str
    teach: bool
    partial: bool
    warnings: list[str] = field(default_factory=list)
    chapters: list[ChapterRecord] = field(default_factory=list)
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A chapter's results in an earlier run's folder."""

    folder: Path
    files: Mapping[str, str]


@contextmanager
def private() -> Iterator[None]:
    """Make folders and files that nobody else may read, for as long as this goes on, whatever the umask."""
    before = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def claim(home: Path) -> Iterator[None]:
    """Keep other runs of the client away for as long as this one goes on.

    Raises
    ------
    UnderWay
        Where another run of the client is.
    """
    from filelock import FileLock, Timeout

    locks = home.parent / LOCKS
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{home.name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise UnderWay(f"A run of {home.name} is under way: wait until it has ended, or stop it.") from None
    try:
        yield
    finally:
        lock.release()


def begin(home: Path) -> Path:
    """Make the folder of a new run in the client's folder of reports."""
    run = home / f".run-{os.getpid()}-{secrets.token_hex(4)}"
    for name in ("tables", "findings", "notebooks"):
        (run / name).mkdir(parents=True)
    return run


def begun(home: Path) -> list[str]:
    """Return the names of runs that have not come into place."""
    return [run.name for run in home.glob(".run-*")]


def tidy(home: Path) -> None:
    """Complete an interrupted swap and remove what killed runs left behind; only under `claim`."""
    for old in home.glob(".*.old"):
        _complete_swap(old)
    for name in begun(home):
        discard(home / name)


def is_tidy(home: Path) -> bool:
    """Whether no killed run has left anything."""
    return not any(home.glob(".*.old")) and not begun(home)


def discard(folder: Path) -> None:
    """Remove a folder, also while an orphaned kernel is still writing there."""
    give_up = time.monotonic() + PATIENCE
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def swap(run: Path, name: str) -> Path:
    """Put a finished run in place as ``name``; return its folder."""
    target, old = run.parent / name, run.parent / f".{name}.old"
    if target.exists():
        target.rename(old)
    run.rename(target)
    if old.exists():
        shutil.rmtree(old)
    return target


def place(as_of: str | None, status: str, partial: bool) -> str:
    """Return the name of a run's folder."""
    kind = ".failed" if status == "failed" else ".partial" if partial else ""
    return (as_of or UNDATED) + kind


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", errors="backslashreplace")  # names of files may be no text
    part.replace(path)


def write_manifest(run: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, the last file of a run."""
    write_text(run / MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a run's manifest; an empty one where it is missing, cannot be read or is none."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return manifest if _is_manifest(manifest) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _is_manifest(read: Any) -> bool:
    """Whether what was read has the kinds of values that a manifest has, as far as it has them."""
    if not _fits(read, _KINDS) or not _fits(read.get("error") or {}, {"message": str}):
        return False
    if read.get("as_of"):
        date.fromisoformat(read["as_of"])
    entries = read.get("chapters", [])
    if not all(_fits(entry, _ENTRY_KINDS) for entry in entries):
        return False
    texts = [read.get("warnings", []), *(entry.get("files", {}).values() for entry in entries)]
    return all(isinstance(text, str) for several in texts for text in several)


def _fits(holder: Any, kinds: Mapping[str, Any]) -> bool:
    return isinstance(holder, dict) and all(
        isinstance(holder[name], kind) for name, kind in kinds.items() if name in holder
    )


_TEXT = str | None
_KINDS = dict.fromkeys(("client", "name", "currency", "status"), str) | {
    "as_of": _TEXT,
    "finished": _TEXT,
    "teach": bool,
    "partial": bool,
    "inputs": dict,
    "warnings": list,
    "chapters": list,
    "error": dict | None,
}
_ENTRY_KINDS = {"chapter": str, "status": str, "key": str, "files": dict}


def checkpoints(home: Path) -> dict[str, Checkpoint]:
    """Return what earlier runs of the client, good or failed, hold for each checkpoint key."""
    return {
        entry["key"]: Checkpoint(folder, entry["files"])
        for folder in finished(home)
        for entry in read_manifest(folder).get("chapters", [])
        if entry.get("status") in ("done", "cached") and entry.get("key") and entry.get("files")
    }


def complete_run(home: Path, keys: Sequence[str], teach: bool) -> Path | None:
    """Return the folder of a good run with exactly these chapters, if there is one."""
    for folder in finished(home):
        manifest = read_manifest(folder)
        entries = manifest.get("chapters", [])
        same = [entry.get("key") for entry in entries] == list(keys) and manifest.get("teach") == teach
        pages = [folder / INDEX, folder / CUSTOMERS]
        if same and manifest.get("status") == "done" and all(page.is_file() for page in pages):
            if all(is_intact(Checkpoint(folder, entry["files"])) for entry in entries):
                return folder
    return None


def is_intact(checkpoint: Checkpoint) -> bool:
    """Whether all files of a checkpoint are there, unchanged."""
    paths = {checkpoint.folder / name: sha256 for name, sha256 in checkpoint.files.items()}
    return all(path.is_file() and file_sha256(path) == sha256 for path, sha256 in paths.items())


def reuse(checkpoint: Checkpoint, run: Path) -> None:
    """Copy a checkpoint's files into a run."""
    for name in checkpoint.files:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkpoint.folder / name, run / name)


def written(run: Path) -> dict[str, tuple[int, int]]:
    """Return the files of a run with the time and size by which a change shows; no pages, none hidden."""
    files = {path.relative_to(run): path for path in sorted(run.rglob("*")) if path.suffix != ".html"}
    kept = {name: path for name, path in files.items() if not any(part[0] == "." for part in name.parts)}
    stamps = {name: path.stat() for name, path in kept.items() if path.is_file()}
    return {name.as_posix(): (at.st_mtime_ns, at.st_size) for name, at in stamps.items()}


def as_of(run: Path) -> date | None:
    """Return the as-of date that chapter 01 found; None before it has."""
    path = run / "findings" / "01.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    dates = [finding["value"] for finding in found if finding["name"] == "as_of"]
    return date.fromisoformat(dates[0]) if dates else None


def join_tables(run: Path, chapters: Iterable[str]) -> None:
    """Join the chapters' tables to ``tables/customers.parquet``.

    Raises
    ------
    RunFailed
        Where two tables do not hold the same customers in the same order, or the same column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    joined: pa.Table | None = None
    for chapter in chapters:
        path = run / "tables" / f"{chapter}.parquet"
        if not path.is_file():
            continue
        table = pq.ParquetFile(path).read().replace_schema_metadata(None)  # `read_table` imports pandas
        joined = table if joined is None else _with_columns(joined, table, chapter)
    if joined is None:
        raise RunFailed("No chapter wrote a table of customers.")
    pq.write_table(joined, run / CUSTOMERS)


def file_sha256(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _with_columns(joined: Any, table: Any, chapter: str) -> Any:
    if not joined.column("customer_id").equals(table.column("customer_id")):
        raise RunFailed(
            f"chapter {chapter}: its table does not hold the same customers as the chapters before."
        )
    for name in table.column_names:
        if name == "customer_id":
            continue
        if name in joined.column_names:
            raise RunFailed(f"chapter {chapter}: an earlier chapter has already written the column {name!r}.")
        joined = joined.append_column(table.schema.field(name), table.column(name))
    return joined


def now() -> str:
    """Return the time as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def finished(home: Path) -> list[Path]:
    """Return the client's dated folders, failed ones first, so that good ones win a lookup."""
    folders = [path for path in home.glob("*") if path.is_dir() and _DATED.fullmatch(path.name)]
    return sorted(folders, key=lambda path: (not path.name.endswith(".failed"), path.name))


def _complete_swap(old: Path) -> None:
    """Finish a swap that stopped after the old run was moved away, or before it was removed."""
    name = old.name.removeprefix(".").removesuffix(".old")
    target = old.parent / name
    if not target.exists():
        ready = [run for run in old.parent.glob(".run-*") if _belongs(run, name)]
        (ready[0] if ready else old).rename(target)
    if old.exists():
        shutil.rmtree(old)


def _belongs(run: Path, name: str) -> bool:
    """Whether a run was finished and about to be put in place as ``name``."""
    manifest = read_manifest(run)
    ended = manifest.get("status") in ("done", "failed")
    return ended and name == place(manifest["as_of"], manifest["status"], manifest["partial"])
