"""What a run will be: decided before anything starts, from the call, the settings and the files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from playbook.archive import earlier as earlier_runs
from playbook.archive import folders
from playbook.errors import CallError
from playbook.records import databases
from playbook.records.confidential import key_fingerprint
from playbook.run import notebooks, pages, provenance
from playbook.run.notebooks import ChapterNotebook
from playbook.settings import client as settings

LEARNS_FROM = "06"
"""The first chapter that reads earlier reports of the client."""


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    ``parameters`` are words such as ``horizon_days=90``; ``beside`` is how many runs share the machine.
    """

    client: str
    data: Path
    reports: Path
    parameters: tuple[str, ...] = ()
    as_of: date | None = None
    chapters: str | None = None
    fresh: bool = False
    teach: bool = False
    beside: int = 1


@dataclass(frozen=True)
class RunPlan:
    """All that is decided before anything runs.

    ``keys`` holds the checkpoint of each chapter, ``knobs`` the parameters that go to notebooks.
    """

    request: Request
    folder: Path
    chosen: settings.Settings
    chapters: Sequence[ChapterNotebook]
    knobs: Mapping[str, Any]
    inputs: Mapping[str, str]
    keys: Sequence[str]

    @property
    def home(self) -> Path:
        """The client's folder of reports."""
        return self.request.reports / self.request.client

    @cached_property
    def nav(self) -> list[tuple[str, str]]:
        """The pages of the report."""
        labels = {chapter.name: chapter.label for chapter in self.chapters}
        return pages.links(labels, self.chosen.language)

    def parameters(self, chapter: ChapterNotebook) -> dict[str, Any]:
        """Return what papermill passes to a chapter."""
        own = {name: value for name, value in self.knobs.items() if name in chapter.knobs}
        return {"client": self.request.client} | own


def make_plan(request: Request, snapshot: Mapping[str, str] | None = None) -> RunPlan:
    """Check the call and the settings, and decide what runs.

    Parameters
    ----------
    snapshot : mapping
        What was read from the client's database, with its sha256; without it a client with a database
        counts as one whose data are not known yet.

    Raises
    ------
    CallError, SettingsError, DataError
        Where the call or the settings are wrong, or a file is missing.
    """
    folder = settings.client_folder(request.client, request.data)
    notebooks.renew_copies(request.client, folder)
    available = notebooks.chapters(folder)
    for chapter in available:
        if chapter.changed_for_client and (sentence := notebooks.what_to_change(chapter.path)):
            raise CallError(sentence)
    extra = {name: kind for chapter in available for name, kind in chapter.knobs.items()}
    given = settings.parse_parameters(request.parameters, extra=extra)
    overrides = {name: value for name, value in given.items() if settings.is_setting(name)}
    knobs = {name: value for name, value in given.items() if not settings.is_setting(name)}
    chosen = settings.load(request.client, request.data, overrides | {"as_of": request.as_of})
    chapters = [one.worded(chosen.preset) for one in notebooks.choose(available, request.chapters)]
    databases.tables_of(chosen)
    inputs = provenance.input_hashes(chosen.inputs(folder), folder) | dict(snapshot or {})
    return RunPlan(
        request=request,
        folder=folder,
        chosen=chosen,
        chapters=chapters,
        knobs=knobs,
        inputs=inputs,
        keys=_keys(
            chapters,
            inputs,
            chosen,
            knobs,
            request.teach,
            key_fingerprint(chosen, folder),
            earlier_runs.stamp(request.reports / request.client, inputs, chosen.as_of, folders.read_manifest),
        ),
    )


def _keys(
    chapters: Sequence[ChapterNotebook],
    inputs: Mapping[str, str],
    chosen: settings.Settings,
    knobs: Mapping[str, Any],
    teach: bool,
    id_key: str,
    earlier: str,
) -> list[str]:
    """Return the checkpoint of each chapter: everything its results depend on."""
    ground = [
        dict(inputs),
        chosen.model_dump_json(exclude={"machine"}),
        provenance.package_sha256(),
        provenance.versions(),
        teach,
        id_key,
    ]
    keys: list[str] = []
    for chapter in chapters:
        own = {name: value for name, value in knobs.items() if name in chapter.knobs}
        before = earlier if chapter.number >= LEARNS_FROM else None
        keys.append(sha256([*ground, chapter.number, chapter.sha256, own, keys, before]))
    return keys


def sha256(content: Any) -> str:
    """Hash anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
