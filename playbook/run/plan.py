"""What a run will be: decided before anything starts, from the call, the settings and the files."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import playbook
from playbook.archive import earlier as earlier_runs
from playbook.archive import folders
from playbook.archive.folders import file_sha256
from playbook.errors import CallError, DataError
from playbook.records import databases
from playbook.records.confidential import key_fingerprint
from playbook.run import notebooks, pages
from playbook.run.notebooks import ChapterNotebook
from playbook.settings import client as settings
from playbook.settings.yaml import kind_of_no_file

READ_FROM = {
    ("warning",): "05",
    ("scoring", "weights"): "06",
    ("offers", "budget"): "07",
    ("offers", "kind_budgets"): "07",
    ("offers", "channel_capacity"): "07",
    ("offers", "responsible_capacity"): "07",
    ("offers", "contacts_per_caller"): "07",
    ("offers", "least_chance"): "07",
    ("offers", "never_hold_back"): "07",
    ("offers", "weeks"): "07",
    ("offers", "margin_variation"): "07",
}
"""Settings that no chapter before this one reads; where it is changed, those before stay as they are."""
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
    pdf: bool = False
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


def plan_run(request: Request, snapshot: Mapping[str, str] | None = None) -> RunPlan:
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
    chapters = [one.worded(chosen.words) for one in notebooks.choose(available, request.chapters)]
    databases.tables_of(chosen)
    inputs = input_hashes(chosen.inputs(folder), folder) | dict(snapshot or {})
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
    whole = chosen.model_dump(mode="json", exclude={"machine"})
    late = {".".join(place): (first, _taken(whole, place)) for place, first in READ_FROM.items()}
    ground = [
        dict(inputs),
        whole,
        package_sha256(),
        versions(),
        teach,
        id_key,
    ]
    keys: list[str] = []
    for chapter in chapters:
        own = {name: value for name, value in knobs.items() if name in chapter.knobs}
        before = earlier if chapter.number >= LEARNS_FROM else None
        own_code = chapter.changed_for_client  # which may read anything
        read = {name: value for name, (first, value) in late.items() if own_code or chapter.number >= first}
        keys.append(sha256([*ground, chapter.number, chapter.sha256, own, keys, before, read]))
    return keys


def _taken(whole: dict[str, Any], place: Sequence[str]) -> Any:
    """Take a value out of settings."""
    *outer, name = place
    for key in outer:
        whole = whole[key]
    return whole.pop(name)


def sha256(content: Any) -> str:
    """Hash anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


_NAME = re.compile(r"[\w.-]+")


def input_hashes(paths: Sequence[Path], folder: Path) -> dict[str, str]:
    """Return sha256 by the files' names in the client's folder.

    Raises
    ------
    DataError
        Where a file is missing or cannot be read.
    """
    return {_name(path, folder): _hash(path, folder) for path in paths}


@cache
def package_sha256() -> str:
    """Hash this package's own files."""
    folder = Path(playbook.__file__).parent
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    listed = [f"{path.relative_to(folder).as_posix()} {file_sha256(path)}" for path in files]
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


@cache
def versions() -> dict[str, Any]:
    """Return the versions of this package, of Python and of the packages it depends on."""
    needed = [line for line in metadata.requires("playbook") or [] if "extra ==" not in line]
    names = sorted(found[0] for line in needed if (found := _NAME.match(line)))
    return {
        "playbook": metadata.version("playbook"),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in names},
    }


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _hash(path: Path, folder: Path) -> str:
    if kind := kind_of_no_file(path):
        raise DataError(f"{_name(path, folder)} {kind}: put the file there or correct client.yml.")
    try:
        return file_sha256(path)
    except FileNotFoundError as error:
        raise DataError(
            f"{_name(path, folder)} is missing in {folder.name}: put it there or correct client.yml."
        ) from error
    except OSError as error:
        raise DataError(f"{_name(path, folder)} cannot be read: {error.strerror}.") from error
