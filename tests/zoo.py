"""A zoo of damaged exports: a small cut of the demo client, each time with one thing wrong with it.

Each animal has its expected answer: the right table, a named finding, or an error of one sentence.
``python -m tests.zoo`` writes what came of them to docs/zoo.md.
"""

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from playbook.errors import PlaybookError
from playbook.intake.check.command import examine
from playbook.intake.check.rules import Check
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings import client
from playbook.show.words import Words
from tests import zoo_damages, zoo_dialects
from tests.zoo_client import ERROR, TABLE, Animal, write

DOCUMENT = Path(__file__).parent.parent / "docs" / "zoo.md"
TODAY = date(2025, 12, 31)
ZOO = (*zoo_dialects.ANIMALS, *zoo_damages.ANIMALS)


@dataclass(frozen=True)
class Outcome:
    """What came of an animal."""

    as_expected: bool
    answer: str


def visit(one: Animal, place: Path) -> Outcome:
    """Damage a fresh client and look what comes of it."""
    folder = place / "zoo"
    write(folder)
    try:
        one.damage(folder)
        return _judge(one, folder)
    finally:
        shutil.rmtree(folder)


def _judge(one: Animal, folder: Path) -> Outcome:
    try:
        chosen = client.load(folder.name, folder.parent)
        seen = examine(chosen, folder, TODAY)
    except PlaybookError as error:
        said = str(error)
        return Outcome(one.expected == ERROR and one.words in said and "\n" not in said, said)
    if seen.refusals:
        said = seen.refusals[0]
        return Outcome(one.expected == ERROR and one.words in said and "\n" not in said, said)
    usual = {check.code: check.count for check in _healthy_checks()}
    new = {check.code: check for check in seen.checks if check.count != usual.get(check.code)}
    if one.expected == TABLE:
        right = _table(folder).equals(_healthy_table()) and not seen.errors
        return Outcome(right, "the right table" if right else f"another table; {', '.join(new)}")
    if one.expected in new:
        check = new[one.expected]
        return Outcome(True, f"{check.severity}: {check.text(Words())}")
    return Outcome(False, f"found only {', '.join(new) or 'nothing'}")


@cache
def _healthy_checks() -> tuple[Check, ...]:
    with TemporaryDirectory() as place:
        write(Path(place) / "zoo")
        return examine(client.load("zoo", Path(place)), Path(place) / "zoo", TODAY).checks


@cache
def _healthy_table() -> pd.DataFrame:
    with TemporaryDirectory() as place:
        write(Path(place) / "zoo")
        return _table(Path(place) / "zoo")


def _table(folder: Path) -> pd.DataFrame:
    chosen = client.load(folder.name, folder.parent)
    sources = open_sources(chosen, folder)
    try:
        return customers(read_history(chosen, sources))
    finally:
        sources.close()


def results() -> Iterator[tuple[Animal, Outcome]]:
    """Visit all animals."""
    with TemporaryDirectory() as place:
        for one in ZOO:
            yield one, visit(one, Path(place))


def document(found: list[tuple[Animal, Outcome]]) -> str:
    """Return the result table as Markdown."""
    out = io.StringIO()
    good = sum(outcome.as_expected for _, outcome in found)
    kinds = {TABLE: "the right table", ERROR: "an error of one sentence"}
    out.write(
        "# The zoo of damaged exports\n\nWritten by `python -m tests.zoo`; a test holds it against what the"
        f" package does. {good} of {len(found)} animals get the answer that they should.\n\n"
        "| what happened to the export | what should come of it | what comes of it |\n|:--|:--|:--|\n"
    )
    for one, outcome in found:
        expected = kinds.get(one.expected, f"the finding `{one.expected}`")
        answer = outcome.answer.replace("|", "\\|")
        answer = answer if len(answer) <= 220 else answer[:217] + "..."
        mark = "" if outcome.as_expected else "**not as expected:** "
        out.write(f"| {one.name} | {expected} | {mark}{answer} |\n")
    return out.getvalue()


if __name__ == "__main__":
    DOCUMENT.write_text(document(list(results())), encoding="utf-8")
    print(DOCUMENT)
