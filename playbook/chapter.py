"""What a chapter's notebook opens: its settings, its history, and where its results go."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from playbook.archive import findings as found
from playbook.archive.earlier import home_of
from playbook.archive.findings import Finding, Findings
from playbook.archive.folders import PRIVATE
from playbook.errors import CallError, PlaybookError
from playbook.records.history import History, customers, read_history
from playbook.records.sources import Sources, open_sources
from playbook.settings.client import PROJECT, Settings, client_folder, load, override
from playbook.show.display import Say, Table
from playbook.show.exercises import SPOKEN
from playbook.show.figures import Picture, Pictures
from playbook.show.words import Words
from playbook.stats.result import Result

TYPES: dict[str, pa.DataType] = {
    "customer_id": pa.string(),
    "orders": pa.int64(),
    "revenue": pa.float64(),
    "margin": pa.float64(),
    "first_order": pa.date32(),
    "last_order": pa.date32(),
    "silence_days": pa.int32(),
    "stage": pa.string(),
    "lapsed": pa.bool_(),
    "occasional": pa.bool_(),
    "occasional_kind": pa.string(),
    "return_probability": pa.float64(),
    "expected_orders": pa.float64(),
    "warning": pa.string(),
    "second_lifetime_value": pa.float64(),
    "score": pa.float64(),
    "rank": pa.int64(),
    "class": pa.string(),
    "contactable": pa.bool_(),
    "offer": pa.string(),
    "offer_kind": pa.string(),
    "channel": pa.string(),
    "responsible": pa.string(),
    "contact_by": pa.date32(),
    "expected_profit": pa.float64(),
    "holdout": pa.bool_(),
}
"""Columns that other programs read from the customer table, with their types."""


@dataclass(frozen=True)
class Chapter:
    """One chapter of one client's run.

    Attributes
    ----------
    number : str
        01 to 08.
    client : str
        The client's folder name.
    settings : Settings
        The effective settings.
    folder : Path
        The run's folder.
    """

    number: str
    client: str
    settings: Settings
    folder: Path
    data: Path

    @property
    def client_folder(self) -> Path:
        """Where the client's own files are."""
        return client_folder(self.client, self.data)

    @property
    def home(self) -> Path:
        """Where the client's reports are."""
        return home_of(self.folder)

    @property
    def words(self) -> Words:
        """The language, currency and terms of the report."""
        return self.settings.words

    @property
    def sources(self) -> Sources:
        """The client's tables, read once per run."""
        return self._tables[0]

    @property
    def history(self) -> History:
        """The client's orders by day, up to the as-of date."""
        return self._tables[1]

    @property
    def _tables(self) -> tuple[Sources, History]:
        in_a_run = "PLAYBOOK_RUN" in os.environ  # which sees one state of the files from its first chapter on
        stamp = () if in_a_run else _stamp(self.settings, self.client_folder)
        return _read(self.data, self.client, self.settings.model_dump_json(), stamp)

    @property
    def as_of(self) -> date:
        """The day everything is seen from."""
        return self.history.as_of

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per customer known, sorted by id, with the columns of all earlier chapters."""
        frame = customers(self.history)
        for path in sorted((self.folder / "tables").glob("[0-9][0-9].parquet")):
            if path.stem < self.number:
                earlier = pq.read_table(path).to_pandas()
                new = [column for column in earlier if column not in frame]
                frame = pd.concat([frame, earlier[new]], axis=1)
        return frame

    def say(self, *results: Result, kind: str = "say") -> Say:
        """Show in words what was found; ``kind`` is say, warning or decision."""
        return Say([sentence for result in results for sentence in result.sentences(self.words)], kind)

    def table(self, result: Result) -> Table | None:
        """Show a result's table; nothing where it has none."""
        return result.table(self.words)

    def figure(self, result: Result) -> Picture | Pictures | None:
        """Show a result's figure; nothing where it has none."""
        return result.figure(self.words)

    def findings(self, number: str) -> Findings:
        """Return what an earlier chapter found, by name."""
        return found.read(self.folder / "findings" / f"{number}.json")

    def finish(self, results_by_customer: pd.DataFrame, *results: Result | Iterable[Finding]) -> None:
        """Write this chapter's columns (with customer_id) and findings; the chapter is then done."""
        listed = [result.findings() if isinstance(result, Result) else result for result in results]
        tables, findings = self.folder / "tables", self.folder / "findings"
        tables.mkdir(exist_ok=True)
        findings.mkdir(exist_ok=True)
        frame = results_by_customer.sort_values("customer_id", kind="stable").reset_index(drop=True)
        columns = {str(name): _as_arrow(frame[name], TYPES.get(str(name))) for name in frame}
        table = pa.table(columns)
        partial = tables / f"{self.number}.partial"
        pq.write_table(table, partial)
        partial.replace(tables / f"{self.number}.parquet")
        found.write(findings / f"{self.number}.json", [finding for some in listed for finding in some])


def _as_arrow(values: pd.Series, kind: pa.DataType | None) -> pa.Array:
    """Return a column as other programs read it; a column without any value keeps its type."""
    if kind is not None and values.isna().all():
        return pa.nulls(len(values), kind)
    return pa.Array.from_pandas(values, type=kind)


def open_chapter(number: str, client: str, **knobs: Any) -> Chapter:
    """Open a chapter for a client.

    In a run the settings and folders are the run's. Opened alone, the chapter works in a draft folder of
    these settings, beside the reports, into which the earlier chapters are brought first.

    Parameters
    ----------
    knobs
        Names of `settings.PARAMETERS` to change; None means "as in client.yml".
    """
    data = Path(os.environ.get("PLAYBOOK_DATA", PROJECT / "data"))
    chosen = {name: value for name, value in knobs.items() if value is not None}
    if run := os.environ.get("PLAYBOOK_RUN"):
        path = Path(os.environ["PLAYBOOK_SETTINGS"])
        settings = override(Settings.model_validate_json(path.read_text(encoding="utf-8")), chosen)
        opened = Chapter(number, client, settings, Path(run), data)
    else:
        opened = _open_draft(number, client, chosen, data)
    SPOKEN[:] = [opened.words]
    return opened


def _open_draft(number: str, client: str, chosen: dict[str, Any], data: Path) -> Chapter:
    """Open a chapter in the draft of these settings and files; no other settings or files share it."""
    os.umask(PRIVATE)  # of this kernel, which runs one notebook
    _say_errors_in_a_sentence()
    settings = load(client, data, chosen)
    reports = Path(os.environ.get("PLAYBOOK_REPORTS", PROJECT / "reports"))
    as_of = Chapter(number, client, settings, reports, data).as_of
    stamp = _stamp(settings, client_folder(client, data))
    key = hashlib.sha256(f"{settings.model_dump_json()}{stamp}".encode()).hexdigest()
    draft = reports / client / ".draft" / f"{as_of.isoformat()}-{key[:12]}"
    draft.mkdir(parents=True, exist_ok=True)
    if number > "01":
        words = [client, number, str(draft), str(data), str(reports)]
        given = [f"{name}={value}" for name, value in chosen.items()]
        _fill([sys.executable, "-m", "playbook.run.draft", *words, *given])
    return Chapter(number, client, settings, draft, data)


def _fill(command: list[str]) -> None:
    """Bring the earlier chapters into the draft, and show which of them run."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as filling:
        for line in filling.stdout or ():
            print(line, end="", flush=True)
        said = filling.stderr.read() if filling.stderr else ""
    if filling.returncode:
        raise CallError((said.strip().splitlines() or ["The chapters before it did not run."])[-1])


def _say_errors_in_a_sentence() -> None:
    """Print errors that are the user's to mend, in a notebook, without the way that led to them."""
    from IPython.core.getipython import get_ipython

    def in_a_sentence(shell: Any, kind: Any, error: BaseException, trace: Any, **_: Any) -> None:
        shell.showtraceback((kind, error, trace), exception_only=True)

    if (shell := get_ipython()) is not None:
        shell.set_custom_exc((PlaybookError,), in_a_sentence)  # type: ignore[no-untyped-call]


def _stamp(settings: Settings, folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when one of a client's files does."""
    there = [path for path in settings.inputs(folder) if path.exists()]
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in there)


@lru_cache(maxsize=1)
def _read(data: Path, client: str, settings: str, stamp: tuple[object, ...]) -> tuple[Sources, History]:
    """Read the client's tables once per process, as long as neither the settings nor a file changes."""
    chosen = Settings.model_validate_json(settings)
    sources = open_sources(chosen, client_folder(client, data))
    return sources, read_history(chosen, sources)
