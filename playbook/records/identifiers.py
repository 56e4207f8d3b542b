"""What tells one person from another, by one rule wherever somebody is looked up; who is never contacted.

A number is compared without capitals, blanks of any kind, marks that nobody sees, zeros in front and the
point that a spreadsheet put behind; a telephone by its last digits, however its country is written.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from playbook.errors import DataError
from playbook.records.confidential import IDS, id_key
from playbook.settings.client import SUPPRESSION_FILE, Settings
from playbook.settings.yaml import kind_of_no_file

PHONE_DIGITS = 9
"""Last digits of a telephone that tell it, however its country is written; shorter ones tell nothing."""

PLACEHOLDER = (
    r"(?i)^(0+|9{4,}|x{2,}|\?+|-+|n/?a|none|null|nan|unknown|unbekannt|sconosciuto|inconnu|guest|gast|ospite|cash"
    r"|bar|barverkauf|contanti|comptant|laufkunde|anonym|anonymous|dummy|diverse|divers)$"
)
"""Numbers that stand for nobody in particular."""

_UNSEEN = r"[\s\p{Z}\p{Cf}\p{Cc}]+|^'"
_NUMBER, _BARE = r"^0*(\d+?)(?:\.0)?$", r"\1"
_NO_EMAIL = r"\s<>\"'();:,|?/\u200b\ufeff"
_EMAIL = rf"[^{_NO_EMAIL}]+@[^{_NO_EMAIL}]*[^.{_NO_EMAIL}]"
_SEVERAL = r"(?:(?=\S*\d)(?=\S*[^\W\d])[\w.-]+[\s/]+)+(?=\S*\d)(?=\S*[^\W\d])[\w.-]+|\d{4,}(?:[\s/]+\d{4,})+"
"""Several numbers in one cell: all of letters and digits, or all of four digits or more."""
_CELLS = r"[;,|\t\"]"


def spelled(ids: pd.Series) -> pd.Series:
    """Return customers' numbers as they are compared, on the same index."""
    texts = pa.array(ids, pa.string(), from_pandas=True)
    bare = pc.utf8_lower(pc.replace_substring_regex(texts, _UNSEEN, ""))
    plain = pc.replace_substring_regex(bare, _NUMBER, _BARE)
    return pd.Series(plain.to_numpy(zero_copy_only=False), ids.index, dtype=object)


def spelled_by_engine(ids: Any) -> Any:
    """Return the expression of what `spelled` returns."""
    return ids.re_replace(_UNSEEN, "").lower().re_replace(_NUMBER, _BARE)


def emails_in(texts: pd.Series) -> pd.Series:
    """Return every e-mail address in some texts, in lower case, each on the index of its text."""
    found = texts.dropna().astype(str).str.lower().str.findall(_EMAIL).explode()
    return found.dropna()


def phones(texts: pd.Series) -> pd.Series:
    """Return the last digits of all telephones in some texts, each on the index of its text."""
    texts = texts.dropna().astype(str)
    digits = pd.concat([texts, texts.str.split(r"[;,/|]", regex=True).explode()]).str.replace(
        r"\D", "", regex=True
    )
    return digits[digits.str.len() >= PHONE_DIGITS].str[-PHONE_DIGITS:]


def cells_of(lines: pd.Series) -> pd.Series:
    """Return the cells of lines of text, whatever separates them, each on the index of its line."""
    cells = lines.str.split(_CELLS, regex=True).explode().str.strip()
    several = (
        cells[cells.str.fullmatch(_SEVERAL).fillna(False).astype(bool)]
        .str.split(r"[\s/]+", regex=True)
        .explode()
    )
    cells = pd.concat([cells, several])
    return cells[cells != ""].dropna()


# Pseudonyms ----------------------------------------------------------------------------------

LENGTH = 20
"""Hexadecimal digits of a pseudonym: 80 bits, so that ten million ids meet once in 20 billion tries."""
SPELLING = 8
"""Further digits that tell the ways in which one number is spelled, for all but the plainest."""


@dataclass(frozen=True)
class Pseudonyms:
    """What stands for ids: made with the key, or, in a run's notebooks, as the run wrote it down before.

    Attributes
    ----------
    key : str or None
        None in a run's notebooks, which never see it.
    written : ibis.Table or None
        customer_id, pseudonym: of every id in the client's tables.
    """

    key: str | None
    written: Any = None

    def of(self, numbers: Collection[str]) -> dict[str, str]:
        """Return how the pseudonyms of numbers begin, as `spelled` compares these; nothing for a stranger."""
        if self.key is not None:
            return {one: pseudonym_of(one, self.key) for one in numbers}
        plain = self.written.mutate(plain=spelled_by_engine(self.written.customer_id))
        known = plain.filter(plain.plain.isin(sorted(numbers))).to_pyarrow().to_pydict()
        begun = [one[: 1 + LENGTH] for one in known["pseudonym"]]
        return dict.fromkeys(numbers, "") | dict(zip(known["plain"], begun, strict=True))

    def put_on(self, table: Any) -> Any:
        """Return a table with pseudonyms in place of its ids."""
        if self.key is not None:
            return table.mutate(customer_id=pseudonym(table.customer_id, self.key))
        written = self.written.rename(written_id="customer_id")
        both = table.left_join(written, table.customer_id == written.written_id)
        return both.mutate(customer_id=both.pseudonym).select(*table.columns)


def pseudonyms_of(settings: Settings, folder: Path, connection: Any) -> Pseudonyms | None:
    """Return what stands for ids; None where they stand themselves.

    Raises
    ------
    SettingsError
        As `id_key`.
    """
    if not settings.pseudonymise:
        return None
    if run := os.environ.get(IDS):
        return Pseudonyms(None, connection.read_parquet(run))
    return Pseudonyms(id_key(folder))


def pseudonym_of(customer_id: str, key: str) -> str:
    """Return the pseudonym of one id; see `pseudonym`."""
    inner, outer = _halves(key)

    def hashed(text: str) -> str:
        digest = hashlib.sha256((inner + text).encode()).hexdigest()
        return hashlib.sha256((outer + digest).encode()).hexdigest()

    plain = str(spelled(pd.Series([customer_id])).iloc[0])
    return "P" + hashed(plain)[:LENGTH] + ("" if plain == customer_id else hashed(customer_id)[:SPELLING])


def pseudonym(customer_id: Any, key: str) -> Any:
    """Return the pseudonyms of a column of ids, as an expression.

    A hash in a hash, each with its own half of the key filling the first block of SHA-256, as
    in HMAC (Bellare, Canetti and Krawczyk 1996, NMAC); the engine does the work. The letter in front
    keeps spreadsheets from reading a number. Ids that are spelled alike begin alike: see `spelling_of`.
    """
    inner, outer = _halves(key)

    def hashed(text: Any) -> Any:
        return (outer + (inner + text).hexdigest("sha256")).hexdigest("sha256")

    plain = spelled_by_engine(customer_id)
    own = ibis.ifelse(plain == customer_id, "", hashed(customer_id)[0:SPELLING])
    return "P" + hashed(plain)[0:LENGTH] + own


def spelling_of(ids: pd.Series, pseudonymous: bool) -> pd.Series:
    """Return numbers as `identifiers.spelled` compares them; pseudonyms begin alike where they are."""
    return ids.str[: 1 + LENGTH] if pseudonymous else spelled(ids)


def _halves(key: str) -> tuple[str, str]:
    inner, outer = (hmac.new(key.encode(), part, hashlib.sha256).hexdigest() for part in (b"inner", b"outer"))
    return inner, outer


# Who is never contacted ----------------------------------------------------------------------


@dataclass(frozen=True)
class Suppressed:
    """Who is never contacted.

    Attributes
    ----------
    lines : mapping
        Row of the file, from 1, to all identifiers that its cells may be; see `identifiers_in`.
    headed : bool
        The first row seems to be a header.
    """

    lines: Mapping[int, frozenset[str]] = field(default_factory=dict)
    headed: bool = False


def read_suppressed(settings: Settings, folder: Path, pseudonyms: "Pseudonyms | None" = None) -> Suppressed:
    """Read every cell of ``suppress.csv``: customers' numbers, e-mail addresses and telephones.

    Raises
    ------
    DataError
        Where the file is not UTF-8 text, or has a name that is almost this one: nobody may be
        contacted because a list was not read.
    """
    path = folder / SUPPRESSION_FILE
    named = {file.name for file in settings.inputs(folder)}
    for other in sorted(folder.glob("[sS][uU][pP][pP][rR][eE][sS][sS]*")):
        if other.name != SUPPRESSION_FILE and other.name not in named:
            raise DataError(
                f"{other.name} is not read: name it {SUPPRESSION_FILE}, save it as CSV UTF-8, or delete it."
            )
    if kind := kind_of_no_file(path):
        raise DataError(f"{SUPPRESSION_FILE} {kind}, so that nobody knows who must not be contacted.")
    if not path.is_file():
        return Suppressed()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{SUPPRESSION_FILE} cannot be read as UTF-8 text, so that nobody knows who must not be"
            " contacted: save it again as CSV UTF-8."
        ) from error
    headed = bool(lines) and _HEADER.search(lines[0]) is not None and not re.search(r"[\d@]", lines[0])
    cells = cells_of(pd.Series(lines, range(1, len(lines) + 1), dtype=object))
    return Suppressed(identifiers_in(cells, pseudonyms), headed)


def identifiers_in(cells: pd.Series, pseudonyms: "Pseudonyms | None") -> dict[Any, frozenset[str]]:
    """Return by index what texts may be, as `same_person.Everybody` compares it: kind, blank, what it is."""
    numbers = spelled(cells)
    if pseudonyms:
        numbers = numbers.map(pseudonyms.of(set(numbers.dropna())))
    parts = {"number": numbers, "email": emails_in(cells), "telephone": phones(cells)}
    named = pd.concat([kind + " " + part[part != ""].dropna().astype(object) for kind, part in parts.items()])
    return {row: frozenset(found) for row, found in named.groupby(level=0)}


_HEADER = re.compile(
    r"(?i)customer|kunde|client|mail|nummer|number|num[eé]ro|telef|phone|\b(id|nr|name|nome|nom)\b"
)
