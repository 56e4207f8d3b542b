"""``playbook check``: everything that is wrong at once, in words that can be sent to the client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from playbook.errors import DataError
from playbook.intake.check import inspect
from playbook.intake.check.rules import Check, severity_names
from playbook.records.history import read_history
from playbook.records.sources import Sources, Unreadable, open_sources, table_errors
from playbook.settings.client import Settings
from playbook.show.words import Words


@dataclass(frozen=True)
class Examination:
    """What is wrong with a client's data.

    Attributes
    ----------
    refusals : tuple of str
        Why the data cannot be read at all, a sentence each; empty where they can.
    checks : tuple of Check
        Errors first.
    unreadable : tuple of str
        The first values that could not be read, with file, row and column; where ids are pseudonyms,
        without the values: a torn line holds ids and names as they are.
    as_of : date or None
        None where the orders cannot be read.
    """

    refusals: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    unreadable: tuple[str, ...] = ()
    as_of: date | None = None

    @property
    def errors(self) -> tuple[str, ...]:
        """What stops a run, a sentence each."""
        broken = [check.what(Words()) for check in self.checks if check.severity == "error"]
        return (*self.refusals, *broken)

    def lines(self, words: Words) -> list[str]:
        """Return what to print, errors first, one paragraph each."""
        say, names = words.say, severity_names(words)
        said = [f"{names['error'].capitalize()}: {refusal}" for refusal in self.refusals]
        for check in self.checks:
            where = f"{check.table}, {check.column}" if check.column else check.table
            said.append(f"{names[check.severity].capitalize()} ({where}): {check.text(words)}")
        if self.unreadable:
            said.append(say("The first values that could not be read:"))
            said += [f"  {value}" for value in self.unreadable]
        if not said:
            said.append(say("Nothing was found to be wrong with the data."))
        return said


def examine(settings: Settings, folder: Path, today: date | None = None) -> Examination:
    """Read a client's data once and look for everything that can be wrong with them."""
    try:
        sources = open_sources(settings, folder)
    except DataError as error:
        return Examination(refusals=tuple(table_errors(settings, folder) or [str(error)]))
    try:
        return _examine_open(settings, sources, today)
    finally:
        sources.close()


def _examine_open(settings: Settings, sources: Sources, today: date | None) -> Examination:
    try:  # too many unreadable lines are one thing among others here, not the end
        history = read_history(settings.model_copy(update={"tolerated_unreadable": 1.0}), sources)
    except DataError as error:
        first = _first(settings, sources.unreadable)
        return Examination(refusals=(_why(settings, sources, error),), unreadable=first)
    checks = inspect(settings, sources, history, today, with_values=not settings.pseudonymise)
    return Examination(checks=checks, unreadable=_first(settings, sources.unreadable), as_of=history.as_of)


def _why(settings: Settings, sources: Sources, error: DataError) -> str:
    """Return why nothing is left to look at: most often because nothing could be read."""
    lost = [value for value in sources.unreadable if value.table == "orders"]
    if not lost:
        return str(error)
    return (
        f"{len(lost):,} order lines cannot be read, and no other has a customer and a date; the first:"
        f" {_first(settings, lost)[0]}. Correct tables.orders.format in client.yml or the file."
    )


def _first(settings: Settings, unreadable: Sequence[Unreadable], most: int = 5) -> tuple[str, ...]:
    return tuple(str(value) if settings.pseudonymise else value.told for value in unreadable[:most])


def summary_of(errors: Sequence[str]) -> str:
    """Return the errors in one sentence, for the end of the command."""
    more = f" ({len(errors) - 1} more above)" if len(errors) > 1 else ""
    return f"{errors[0]}{more}"
