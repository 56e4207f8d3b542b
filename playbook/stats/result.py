"""What a chapter works out: numbers for programs, and the same in words, in a table and in a figure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.archive.findings import Finding, Findings
from playbook.show.words import Words

if TYPE_CHECKING:
    from playbook.show.display import Table
    from playbook.show.figures import Picture, Pictures


class Result:
    """Base of what a chapter works out. Words are made from the findings, so that they never part."""

    def findings(self) -> list[Finding]:
        """Return the numbers, one each, as other programs read them."""
        raise NotImplementedError

    @property
    def by_name(self) -> Findings:
        """The findings by name."""
        return {finding.name: finding for finding in self.findings()}

    def sentences(self, words: Words) -> list[str]:
        """Return what it means, one paragraph each."""
        return []

    def table(self, words: Words) -> "Table | None":
        """Return the numbers as a table; None where there is nothing to show."""
        return None

    def figure(self, words: Words) -> "Picture | Pictures | None":
        """Return the picture or pictures; None where there is nothing to show."""
        return None


@dataclass(frozen=True)
class CannotTell(Result):
    """What stands in for a result where the data do not allow it: it says so, and shows nothing.

    Attributes
    ----------
    found : tuple of Finding
        What is left for other programs to read.
    worded : callable
        Makes the sentences of the result from its findings, these ones included.
    """

    found: tuple[Finding, ...]
    worded: Callable[[Findings, Words], list[str]]

    def findings(self) -> list[Finding]:
        """Return the findings that say so."""
        return list(self.found)

    def sentences(self, words: Words) -> list[str]:
        """Say that it cannot be told, and why."""
        return self.worded(self.by_name, words)
