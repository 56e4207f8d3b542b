"""What a file seems to be: its table, and its columns."""

from dataclasses import dataclass, field
from typing import Any

from playbook.intake.formats import Doubt
from playbook.intake.look import Look
from playbook.records.canonical import REFUSALS


@dataclass(frozen=True)
class Origin:
    """The system that exported a file, and what follows from that.

    Attributes
    ----------
    what : str
        As in "a Shopify order export".
    rules : dict
        What the rows mean, as in client.yml.
    notes : dict
        What is said of a line of client.yml, by its place below the table.
    strange : tuple of str
        Columns of states whose words the system does not write so: another language's.
    unless, useless : str
        The export beside which this one says nothing more; why it cannot be used.
    preset : str or None
    """

    what: str
    rules: dict[str, Any] = field(default_factory=dict)
    notes: dict[tuple[str, ...], str] = field(default_factory=dict)
    strange: tuple[str, ...] = ()
    unless: str = ""
    useless: str = ""
    preset: str | None = None


@dataclass(frozen=True)
class Guess:
    """What a file is taken for.

    Attributes
    ----------
    look : Look
    table : str or None
        orders, lines, persons, customers, events, contacts; None where it is none of them.
    columns : dict
        Ours to theirs.
    doubts : tuple of Doubt
    origin : Origin or None
        None where no system is known to export such a file.
    also : dict
        Consents and refusals to their further columns.
    elsewhere : frozenset of str
        Columns that another table takes from this file.
    """

    look: Look
    table: str | None
    columns: dict[str, str]
    doubts: tuple[Doubt, ...] = ()
    origin: Origin | None = None
    also: dict[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    @property
    def named(self) -> dict[str, list[str]]:
        """Ours to all of theirs."""
        return {ours: [theirs, *self.also.get(ours, ())] for ours, theirs in self.columns.items()}

    @property
    def refusals(self) -> list[str]:
        """Columns of the file that hold refusals, as its customers have them."""
        return [theirs for ours, several in self.named.items() if ours in REFUSALS for theirs in several]

    @property
    def unused(self) -> list[str]:
        """Columns of the file that stand for nothing of ours."""
        used = self.elsewhere.union(*self.named.values())
        return [
            column.name for column in self.look.columns if column.name.strip() and column.name not in used
        ]
