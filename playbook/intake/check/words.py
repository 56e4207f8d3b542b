"""The client's words where only certain ones may stand: what they are read as, and which are not known."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import ibis

from playbook.intake.check.rows import PATTERN
from playbook.records.canonical import CLOSED, compared
from playbook.records.reading import Reader
from playbook.records.selection import given_reasons
from playbook.records.sources import Sources

MOST_WORDS = 20
"""Words that are listed of a column."""
GONE_FOR_GOOD = (
    r"\b(moved|moving|relocat|emigrat|expatri|umzug|umgezogen|wegzug|weggezogen|verzogen|ausgewandert|trasfer"
    r"|trasloc|d[ée]m[ée]nag|parti (à|a) l|decease|passed away|died|death|dead\b|verstorben|gestorben"
    r"|todesfall|tod\b|tot\b|decedut|decess|morte?\b|morto\b|d[ée]c[èée]d|d[ée]c[èe]s)"
)
"""How moving away and death are written in English, German, Italian and French, in lower case."""
_PLAIN = re.compile(r"(?!(yes|no|on|off|y|n|true|false|null)$)[^\W\d_][\w .-]*", re.I)


@dataclass(frozen=True)
class Words:
    """The client's words in a column, the commonest first.

    Attributes
    ----------
    table, column : str
    understood : mapping
        Those that are written otherwise than ours, and what they are read as.
    unknown : mapping
        Those that are not understood, and in how many rows they stand.
    """

    table: str
    column: str
    understood: Mapping[str, str]
    unknown: Mapping[str, int]

    @property
    def read_as(self) -> str:
        """What is understood, as a text."""
        return _listed([f"{theirs[:40]} = {ours}" for theirs, ours in self.understood.items()])

    @property
    def not_known(self) -> str:
        """What is not understood, as a text."""
        return _listed([f"{theirs[:40]} ({rows:,})" for theirs, rows in self.unknown.items()])

    @property
    def line(self) -> str:
        """What is to be written in client.yml for those that are not understood."""
        words = ", ".join(f"{_quoted(theirs)}: …" for theirs in [*self.unknown][:MOST_WORDS])
        return f"tables.{self.table}.values: {{{self.column}: {{{words}}}}}"


def words_read(files: Reader) -> list[Words]:
    """Return the words of each such column; those that may tell who somebody is are not among them."""
    found = []
    for (table, column), parts in files.words.items():
        words = ibis.union(*parts) if len(parts) > 1 else parts[0]
        counted = words.group_by("theirs", "ours").aggregate(n=words.count())
        rows = [
            (row["theirs"], row["ours"], row["n"])
            for row in counted.order_by([ibis.desc("n"), "theirs"]).to_pyarrow().to_pylist()
            if row["theirs"] and not re.search(PATTERN, row["theirs"])
        ]
        known = CLOSED[column]
        understood = {t: ours for t, ours, _ in rows if ours in known and compared(t) != compared(ours)}
        unknown = {theirs: n for theirs, ours, n in rows if ours not in known}
        found.append(Words(table, column, understood, unknown))
    return found


def reasons_said(sources: Sources) -> list[str]:
    """Return which reasons of cancellations perhaps no offer changes: proposed, and never assumed."""
    given = given_reasons(sources)
    if given is None:
        return []
    there = given.filter(given.reason.lower().re_search(GONE_FOR_GOOD))
    counted = there.group_by("reason").aggregate(n=there.count()).order_by([ibis.desc("n"), "reason"])
    rows = [
        row
        for row in counted.limit(MOST_WORDS).to_pyarrow().to_pylist()
        if not re.search(PATTERN, row["reason"])
    ]
    if not rows:
        return []
    seen = _listed([f"{row['reason'][:40]} ({row['n']:,})" for row in rows])
    named = ", ".join(_quoted(row["reason"]) for row in rows)
    return [
        f"Unsure, offers.lost_for_good: some cancelled for what perhaps no offer changes: {seen}. They are"
        f" left out only if client.yml says so, below offers: lost_for_good: [{named}]."
    ]


def _listed(texts: list[str]) -> str:
    more = len(texts) - MOST_WORDS
    return ", ".join(texts[:MOST_WORDS]) + (f" and {more:,} more" if more > 0 else "")


def _quoted(word: str) -> str:
    """Return a word as YAML reads it back as a text."""
    return word if _PLAIN.fullmatch(word) else json.dumps(word, ensure_ascii=False)
