"""What a notebook that is opened alone works in: a folder with what the chapters before it have found.

What a report of the client holds of them is taken from there. A chapter that was done by hand in the draft
stays as it is, and those after it are made from it. As a command: client, chapter, draft, the folders of data
and of reports, and parameters such as ``budget=4000``.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from filelock import FileLock

from playbook.archive import folders
from playbook.errors import PlaybookError
from playbook.run import runner
from playbook.run.ending import Ending
from playbook.run.notebooks import ChapterNotebook
from playbook.run.plan import Request, plan_run, sha256

KEYS = "keys.json"
"""In a draft: of each chapter that was not done by hand, its key and what it wrote."""
KEPT_DAYS = 30
"""A draft that was not opened for so long is cleared away."""


def fill(draft: Path, request: Request, number: str) -> None:
    """Bring into a draft what the chapters before ``number`` find.

    Raises
    ------
    CallError, SettingsError, DataError, RunFailed
        As `runner.run` does.
    """
    plan = plan_run(request)
    with folders.private(), Ending() as ending, FileLock(f"{draft}.lock"):
        for name in ("tables", "findings", "notebooks"):
            (draft / name).mkdir(parents=True, exist_ok=True)
        try:
            if plan.chosen.source:
                plan = plan_run(request, runner.snapshot(plan, draft / runner.SNAPSHOT))
            running = runner.Running(plan, draft, lambda done, total, now: None, ending)
            _fill(draft, running, number)
        finally:
            (draft / runner.SETTINGS).unlink(missing_ok=True)
            for name in (runner.SCRATCH, runner.SNAPSHOT):
                shutil.rmtree(draft / name, ignore_errors=True)
        draft.touch()
        _clear_old(draft.parent)


def _fill(draft: Path, running: runner.Running, number: str) -> None:
    plan, found = running.plan, folders.checkpoints(running.plan.home)
    ours = json.loads((draft / KEYS).read_text(encoding="utf-8")) if (draft / KEYS).is_file() else {}
    by_hand: list[list[str]] = []
    goes_on_from: list[str] = []
    missing: list[tuple[ChapterNotebook, str]] = []
    for chapter, key in zip(plan.chapters, plan.keys, strict=True):
        if chapter.number >= number:
            break
        wrote, known = _wrote(draft, chapter.number), ours.get(chapter.number)
        done = bool(wrote) and (known is None or known[1] != wrote)
        copy = " (your own copy)" if chapter.changed_for_client else ""
        goes_on_from.append(f"{chapter.number}{' (done by hand)' if done else copy}")
        if done:
            by_hand.append(wrote)
            continue
        key = sha256([key, *by_hand]) if by_hand else key
        if known and wrote and known[0] == key:
            continue
        if key in found and folders.is_intact(found[key]):
            folders.reuse(found[key], draft)
            _note(draft, ours, chapter.number, key)
        else:
            missing.append((chapter, key))
    if missing:
        with running.kernel(f"{draft.name}-{os.getpid()}") as kernel:
            kernel.load()
            for chapter, key in missing:
                print(
                    f"Chapter {chapter.number} has not been run for these settings: running it first.",
                    flush=True,
                )
                running.execute(chapter, kernel)
                _note(draft, ours, chapter.number, key)
    print(f"Goes on from chapters {', '.join(goes_on_from)}.", flush=True)


def _note(draft: Path, ours: dict[str, Any], number: str, key: str) -> None:
    """Write down that a chapter was not done by hand, at once: a later one may fail."""
    ours[number] = [key, _wrote(draft, number)]
    folders.write_text(draft / KEYS, json.dumps(ours))


def _wrote(draft: Path, number: str) -> list[str]:
    """Return the hashes of what a chapter found; none where it was not done."""
    paths = (draft / "findings" / f"{number}.json", draft / "tables" / f"{number}.parquet")
    return [folders.file_sha256(path) for path in paths if path.is_file()]


def _clear_old(drafts: Path) -> None:
    long_ago = time.time() - KEPT_DAYS * 86_400
    for path in drafts.iterdir():
        if path.is_dir() and path.stat().st_mtime < long_ago:
            folders.discard(path)
            Path(f"{path}.lock").unlink(missing_ok=True)


if __name__ == "__main__":
    client, chapter, folder, data, reports, *parameters = sys.argv[1:]
    try:
        fill(Path(folder), Request(client, Path(data), Path(reports), tuple(parameters)), chapter)
    except PlaybookError as error:
        sys.exit(str(error))
