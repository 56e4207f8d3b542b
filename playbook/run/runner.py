"""Runs a client's chapters in sequence and puts the report in place.

The chapters run in a kernel; this process only hands them out, and writes pages meanwhile. It
imports neither pandas nor matplotlib: what it does before the kernel starts is felt by everyone.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from playbook.archive import folders
from playbook.archive.folders import ChapterRecord, Checkpoint, Manifest
from playbook.errors import (
    CallError,
    CellFailed,
    DataError,
    PlaybookError,
    RunFailed,
    SettingsError,
    without_colours,
    without_folders,
    without_values,
)
from playbook.records import databases
from playbook.records.confidential import IDS
from playbook.run import notebooks, one_file, pages
from playbook.run.ending import Ending
from playbook.run.kernel import WarmKernel, sockets, without_secrets
from playbook.run.notebooks import ChapterNotebook
from playbook.run.plan import Request, RunPlan, input_hashes, plan_run, sha256, versions
from playbook.show.words import Words

SETTINGS = ".settings.json"
SCRATCH = ".scratch"
"""Where chapters put temporary files. It goes with the run, also where a kernel or this process is killed."""
SNAPSHOT = ".snapshot"
"""What was read from the client's database; it goes with the run too."""
PSEUDONYMS = "pseudonyms.parquet"
"""In it, the pseudonym of every id, where ids do not stand themselves."""

SUMMARY = "from playbook.report import summary; summary.write()"

_USERS_ERRORS: dict[str, type[PlaybookError]] = {
    kind.__name__: kind for kind in (CallError, DataError, SettingsError)
}

Announce = Callable[[int, int, str], None]
"""Called with chapters done, chapters in all, and what runs now."""


@dataclass(frozen=True)
class Finished:
    """A run that ended well; ``unchanged`` where an earlier report was already this one."""

    page: Path
    warnings: tuple[str, ...] = ()
    unchanged: bool = False


def run(request: Request, announce: Announce = lambda done, total, now: None) -> Finished:
    """Run a client's chapters and put the report in place.

    Raises
    ------
    CallError, SettingsError, DataError
        Where the call, the settings or the data are wrong; nothing is left behind.
    RunFailed
        Where a chapter stopped; the run is kept as ``AS_OF.failed``.
    """
    plan = plan_run(request)
    with folders.private(), Ending() as ending, folders.claim(plan.home):
        for name in folders.begun(plan.home):
            folders.discard(sockets(name))
        folders.tidy(plan.home)
        if plan.chosen.source is None and (finished := unchanged(plan)):
            return finished
        with _run_folder(plan.home) as folder:
            if plan.chosen.source:
                with ending.at_once():
                    plan = plan_run(request, snapshot(plan, folder / SNAPSHOT))
                if finished := unchanged(plan):
                    return finished
            _leave_out_slow_grammar()
            return Running(plan, folder, announce, ending).to_the_end()


def snapshot(plan: RunPlan, target: Path) -> dict[str, str]:
    """Copy what stands in the client's database to the run's folder; return sha256 by what was read."""
    return {
        f"{table} (database)": folders.file_sha256(path)
        for table, path in databases.take(plan.chosen, plan.folder, target).items()
    }


def unchanged(plan: RunPlan) -> Finished | None:
    """Return the report that is already there, where a run would only make it once more."""
    asked = plan.request
    ready = None if asked.fresh or asked.chapters else folders.complete_run(plan.home, plan.keys, asked.teach)
    if ready is None:
        return None
    if asked.pdf and not (ready / one_file.PAPER).is_file():
        one_file.write_paper(ready, plan.chosen.language)
    return Finished(ready / folders.INDEX, tuple(folders.read_manifest(ready)["warnings"]), unchanged=True)


def _leave_out_slow_grammar() -> None:
    """Keep jsonschema from compiling a grammar of web addresses, which takes it a second.

    It is optional there, and the format of notebooks has no field that it would check.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


@contextmanager
def _run_folder(home: Path) -> Iterator[Path]:
    """Make a run's folder and see that it does not outlive the run."""
    folder = folders.begin(home)
    try:
        yield folder
    finally:
        folders.discard(folder)
        if not any(home.iterdir()):
            home.rmdir()


class Running:
    """One run under way: its folder, its kernel and what is known so far."""

    def __init__(self, plan: RunPlan, folder: Path, announce: Announce, ending: Ending) -> None:
        self.plan = plan
        self.folder = folder
        self.announce = announce
        self.ending = ending
        self.began = time.monotonic()
        self.seen: dict[str, tuple[int, int]] = {}
        self.manifest = Manifest(
            client=plan.request.client,
            name=plan.chosen.client,
            currency=plan.chosen.currency,
            as_of=None,
            status="running",
            started=folders.now(),
            finished=None,
            seconds=0.0,
            versions=versions(),
            inputs=plan.inputs,
            settings_sha256=sha256(plan.chosen.model_dump_json()),
            teach=plan.request.teach,
            partial=plan.request.chapters is not None,
        )

    def to_the_end(self) -> Finished:
        """Run everything and put the report in place."""
        try:
            with self.kernel(self.folder.name) as kernel, ThreadPoolExecutor(1) as writer:
                self._run_all(kernel, writer)
            self.ending.check()
            self._refuse_changed_inputs()
        except RunFailed as failure:
            self._refuse_changed_inputs()
            nowhere = {"chapter": None, "cell": None, "message": str(failure)}
            self.manifest.error = self.manifest.error or nowhere
            self._put_in_place("failed")
            raise
        place = self._put_in_place("done")
        return Finished(place / folders.INDEX, tuple(self.manifest.warnings))

    @contextmanager
    def kernel(self, name: str) -> Iterator[WarmKernel]:
        """Start a kernel for the chapters, with what they read besides the client's files."""
        folders.write_text(self.folder / SETTINGS, self.plan.chosen.model_dump_json())
        (self.folder / SCRATCH).mkdir(exist_ok=True)
        if self.plan.chosen.pseudonymise:
            self._write_pseudonyms()
        with WarmKernel(self._environment(), name, self.ending) as kernel:
            yield kernel

    def _write_pseudonyms(self) -> None:
        """Write down what stands for each id: no kernel gets the key."""
        from playbook.records.sources import write_pseudonyms  # loads Ibis, which other clients do without

        snapshot = self.folder / SNAPSHOT
        snapshot.mkdir(exist_ok=True)
        write_pseudonyms(self.plan.chosen, self.plan.folder, snapshot, snapshot / PSEUDONYMS)

    def _run_all(self, kernel: WarmKernel, writer: ThreadPoolExecutor) -> None:
        found = {} if self.plan.request.fresh else folders.checkpoints(self.plan.home)
        kernel.load()  # before the writer starts: two threads that import only slow each other
        writing: list[Future[None]] = [writer.submit(pages.warm_up)]
        total = len(self.plan.chapters)
        for done, (chapter, key) in enumerate(zip(self.plan.chapters, self.plan.keys, strict=True)):
            self.announce(done, total, chapter.title)
            record = self._chapter(chapter, key, found.get(key), kernel)
            self.manifest.chapters.append(record)
            self.manifest.as_of = _iso(folders.as_of(self.folder))
            writing.append(writer.submit(self._write_page, chapter))
        self.announce(total, total, Words(self.plan.chosen.language).say("Summary"))
        folders.write_manifest(self.folder, self.manifest)
        numbers = [chapter.number for chapter in self.plan.chapters]
        writing.append(writer.submit(folders.join_tables, self.folder, numbers))
        self._write_summary(kernel)
        for written in writing:
            written.result()
        one_file.write(self.folder, [href for href, _ in self.plan.nav], self.plan.chosen.language)
        if self.plan.request.pdf:
            one_file.write_paper(self.folder, self.plan.chosen.language)

    def _refuse_changed_inputs(self) -> None:
        """Refuse what was read from files that are no longer those that were hashed before."""
        now = input_hashes(self.plan.chosen.inputs(self.plan.folder), self.plan.folder)
        for name, hashed in now.items():
            if self.plan.inputs.get(name) != hashed:
                raise DataError(f"{name} changed while it was read: run again once it is complete.")

    def _chapter(
        self, chapter: ChapterNotebook, key: str, found: Checkpoint | None, kernel: WarmKernel
    ) -> ChapterRecord:
        """Run a chapter, or take its results from an earlier run."""
        began = time.monotonic()
        status = "done"
        if found and folders.is_intact(found):
            folders.reuse(found, self.folder)
            status = "cached"
        else:
            self.execute(chapter, kernel)
        self._note(chapter)
        return ChapterRecord(
            chapter=chapter.number,
            status=status,
            seconds=round(time.monotonic() - began, 3),
            notebook_sha256=chapter.sha256,
            changed_for_client=chapter.changed_for_client,
            key=key,
            files=self._newly_written(),
        )

    def execute(self, chapter: ChapterNotebook, kernel: WarmKernel) -> None:
        """Run a chapter; raise what stopped it, in the user's words."""
        timeout = self.plan.chosen.cell_timeout_seconds
        parameters = self.plan.parameters(chapter)
        notebook = notebooks.worded(notebooks.read(chapter.path), self.plan.chosen.words)
        if not self.plan.request.teach:
            notebook = notebooks.without_lessons(notebook)
        try:
            done = kernel.execute(notebook, parameters, chapter.path.parent, timeout)
        except CellFailed as failed:
            raise self._failure(failed, chapter) from None
        self._keep(chapter, done)
        if not (self.folder / "findings" / f"{chapter.number}.json").is_file():
            raise self._failure(CellFailed(None, "", "it ended without writing its findings"), chapter)

    def _keep(self, chapter: ChapterNotebook, notebook: Any) -> None:
        cells = [
            {**cell, "outputs": _told(cell["outputs"])} if "outputs" in cell else cell
            for cell in notebook["cells"]
        ]
        text = json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False) + "\n"
        folders.write_text(self.folder / "notebooks" / f"{chapter.name}.ipynb", text)

    def _failure(self, failed: CellFailed, chapter: ChapterNotebook | None) -> PlaybookError:
        """Record what stopped the run; return the error that says it to the user."""
        if failed.name in _USERS_ERRORS:
            return _USERS_ERRORS[failed.name](" ".join(failed.message.split()))
        message = without_folders(without_values(failed.message))
        if failed.notebook is not None and chapter:
            self._keep(chapter, failed.notebook)
        where = f"chapter {chapter.number}" if chapter else "summary"
        where += f", cell {failed.cell}" if failed.cell else ""
        sentence = ": ".join(filter(None, (where, failed.name, message)))
        if chapter and chapter.master_moved_on:
            sentence += f" (the client's own {chapter.path.name} is older than its master)"
        self.manifest.error = {
            "chapter": chapter.number if chapter else None,
            "cell": failed.cell,
            "message": sentence,
        }
        if chapter:
            self._record_failed(chapter, sentence)
        return RunFailed(sentence)

    def _record_failed(self, chapter: ChapterNotebook, sentence: str) -> None:
        self.manifest.chapters.append(
            ChapterRecord(
                chapter=chapter.number,
                status="failed",
                seconds=0.0,
                notebook_sha256=chapter.sha256,
                changed_for_client=chapter.changed_for_client,
                key="",
                error=sentence,
            )
        )

    def _note(self, chapter: ChapterNotebook) -> None:
        """Add to the warnings what a chapter wrote to stderr, and what is odd about its notebook."""
        notebook = self._executed(chapter)
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                if output.get("name") == "stderr":
                    self._warn(f"chapter {chapter.number}: {''.join(output['text']).strip()}")
        if chapter.master_moved_on:
            self._warn(
                f"chapter {chapter.number}: the master has changed since it was changed for this client."
            )

    def _warn(self, warning: str) -> None:
        warning = without_folders(warning)
        if warning not in self.manifest.warnings:
            self.manifest.warnings.append(warning)

    def _write_page(self, chapter: ChapterNotebook) -> None:
        import nbformat

        notebook = nbformat.from_dict(self._executed(chapter))  # type: ignore[no-untyped-call]
        teach = self.plan.request.teach
        without_words = pages.pictures_without_words(notebook, teach)
        if without_words:
            self._warn(f"chapter {chapter.number}: {without_words} of its figures have no description.")
        active = f"{chapter.name}.html"
        html = pages.chapter_page(
            chapter.title,
            notebook,
            nav=self.plan.nav,
            active=active,
            language=self.plan.chosen.language,
            client=self.plan.chosen.client,
            as_of=folders.as_of(self.folder),
            teach=teach,
            notes=self._remarks(chapter),
        )
        folders.write_text(self.folder / active, html)

    def _remarks(self, chapter: ChapterNotebook) -> list[str]:
        say = Words(self.plan.chosen.language).say
        changed = say("This chapter was changed for this client.") if chapter.changed_for_client else ""
        moved = say("The general version has changed since.") if chapter.master_moved_on else ""
        return [" ".join(filter(None, (changed, moved)))] if changed else []

    def _write_summary(self, kernel: WarmKernel) -> None:
        folders.write_manifest(self.folder, self.manifest)  # the summary names the files that were read
        try:
            stderr = kernel.run(SUMMARY, self.folder, self.plan.chosen.cell_timeout_seconds)
        except CellFailed as failed:
            raise self._failure(failed, None) from None
        if stderr.strip():
            self._warn(f"summary: {stderr.strip()}")

    def _put_in_place(self, status: str) -> Path:
        (self.folder / SETTINGS).unlink()
        shutil.rmtree(self.folder / SCRATCH)
        shutil.rmtree(self.folder / SNAPSHOT, ignore_errors=True)
        self.manifest.status = status
        self.manifest.finished = folders.now()
        self.manifest.seconds = round(time.monotonic() - self.began, 3)
        folders.write_manifest(self.folder, self.manifest)
        return folders.swap(self.folder, folders.place(self.manifest.as_of, status, self.manifest.partial))

    def _executed(self, chapter: ChapterNotebook) -> Any:
        return notebooks.read(self.folder / "notebooks" / f"{chapter.name}.ipynb")

    def _newly_written(self) -> dict[str, str]:
        """Return the files that came or changed since this was last asked, with their hashes."""
        now = folders.written(self.folder)
        new = [name for name, stamp in now.items() if self.seen.get(name) != stamp]
        self.seen = now
        return {name: folders.file_sha256(self.folder / name) for name in new}

    def _environment(self) -> dict[str, str]:
        run, scratch = self.folder.resolve(), str(self.folder.resolve() / SCRATCH)
        return without_secrets(os.environ) | {
            "PLAYBOOK_DATA": str(self.plan.request.data.resolve()),
            "PLAYBOOK_REPORTS": str(self.plan.request.reports.resolve()),
            "PLAYBOOK_RUN": str(run),
            "PLAYBOOK_SETTINGS": str(run / SETTINGS),
            "PLAYBOOK_BESIDE": str(self.plan.request.beside),
            "PLAYBOOK_HEADLESS": "1",
            **({databases.SNAPSHOT: str(run / SNAPSHOT)} if self.plan.chosen.source else {}),
            **({IDS: str(run / SNAPSHOT / PSEUDONYMS)} if self.plan.chosen.pseudonymise else {}),
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch),
        }


def _told(outputs: Any) -> Any:
    """Return outputs of a notebook without folders of the machine, which tracebacks and warnings name."""
    if isinstance(outputs, str):
        return without_folders(without_colours(outputs))
    if isinstance(outputs, Mapping):
        return {name: _told(value) for name, value in outputs.items()}
    return [_told(value) for value in outputs] if isinstance(outputs, list) else outputs


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
