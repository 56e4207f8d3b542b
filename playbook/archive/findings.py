"""What a chapter found, one number each, as other programs read it."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playbook.archive.folders import write_text


@dataclass(frozen=True)
class Finding:
    """One number of a chapter, with its interval, unit, sample size and verdict."""

    name: str
    value: Any
    low: float | None = None
    high: float | None = None
    unit: str = ""
    n: int | None = None
    verdict: str | None = None


Findings = dict[str, Finding]


def rounded(value: float, digits: int = 6) -> float | None:
    """Return a number as a finding holds it; None where it is not known.

    Far finer than any sentence shows it: what is rounded twice may end beside what a table rounds once.
    """
    return round(float(value), digits) if math.isfinite(value) else None


def write(path: Path, findings: Iterable[Finding]) -> None:
    """Write findings as JSON, the file whole or not at all."""
    text = json.dumps([asdict(finding) for finding in findings], indent=1, allow_nan=False)
    write_text(path, text + "\n")


def read(path: Path) -> Findings:
    """Read a chapter's findings by name.

    Raises
    ------
    ValueError
        Where the file holds none.
    """
    try:
        found = [Finding(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
        return {one.name: one for one in found}
    except (TypeError, RecursionError) as error:
        raise ValueError(f"{path.name} holds no findings.") from error
