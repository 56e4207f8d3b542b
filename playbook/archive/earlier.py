"""Earlier reports of a client: which there are, and a hash of what is read of them.

Nothing here imports pandas: the process that only hands out chapters uses it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from playbook.archive import findings as found
from playbook.archive.findings import Findings

REMEMBERED = "campaigns.parquet"
"""What a run keeps of the campaigns that it measured, for the runs after it."""
READ = (
    "findings/02.json",
    "findings/04.json",
    "findings/07.json",
    "plan.csv",
    "held_back.csv",
    "tables/customers.parquet",
    REMEMBERED,
)
"""What is read of an earlier run."""

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class EarlierRun:
    """A good report of this client as of an earlier day."""

    as_of: date
    folder: Path

    def findings(self, chapter: str) -> Findings:
        """Return a chapter's findings; none where it did not run."""
        path = self.folder / "findings" / f"{chapter}.json"
        return found.read(path) if path.is_file() else {}


def home_of(folder: Path) -> Path:
    """Return the client's folder of reports, from a run's or a draft's folder."""
    return folder.parent.parent if folder.parent.name == ".draft" else folder.parent


def earlier_runs(home: Path, before: date) -> list[EarlierRun]:
    """Return the client's good reports as of earlier days, in order of time."""
    runs = []
    for path in sorted(home.glob("*-*-*")):
        day = _day_of(path.name)
        if day and day < before and (path / "tables/customers.parquet").is_file():
            runs.append(EarlierRun(day, path))
    return runs


def _day_of(name: str) -> date | None:
    """Return the day that a folder is called by; None where that is none."""
    try:
        return date.fromisoformat(name) if _DATED.fullmatch(name) else None
    except ValueError:
        return None


def stamp(
    home: Path,
    inputs: Mapping[str, str],
    as_of: date | None,
    manifest_of: Callable[[Path], Mapping[str, Any]],
) -> str:
    """Return a hash of what chapters 06 to 08 will read of earlier runs.

    The last run of the same files is this one made before, and not an earlier one: its day is that
    of the run to be made. Where there is none, all reports that are there are earlier ones.

    Parameters
    ----------
    inputs : mapping
        File to sha256 of the run to be made.
    as_of : date or None
        As set by the call or in ``client.yml``.
    manifest_of : callable
        Reads a folder's manifest.
    """
    runs = earlier_runs(home, as_of or date.max)
    if as_of is None:
        files = _data(inputs)
        same = [run.as_of for run in runs if _data(manifest_of(run.folder).get("inputs", {})) == files]
        runs = [run for run in runs if not same or run.as_of < max(same)]
    digest = hashlib.sha256()
    for run in runs:
        for name in READ:
            path = run.folder / name
            if path.is_file():
                digest.update(f"{run.as_of}{name}".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _data(inputs: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in inputs.items() if not name.endswith(".yml")}
