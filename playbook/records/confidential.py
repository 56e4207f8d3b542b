"""What a client owes its customers: who is never contacted, what is forgotten, and pseudonyms for ids.

Pseudonyms are keyed hashes: without the key nobody can try out customer numbers one after another.
The key is never in the repository, in ``client.yml`` or in a report.
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

from playbook.errors import DataError, SettingsError
from playbook.records.canonical import REFUSING
from playbook.records.identifiers import cells_of, emails_in, phones, spelled, spelled_by_engine
from playbook.settings.client import PROJECT, SUPPRESSION_FILE, Settings
from playbook.settings.yaml import kind_of_no_file

KEY, KEY_FILE = "PLAYBOOK_ID_KEY", "PLAYBOOK_ID_KEY_FILE"
IDS = "PLAYBOOK_IDS"
"""The environment variable with the file of a run's pseudonyms: its notebooks see it in place of the key."""
LEAST_KEY = 16
"""Characters that a key must have at least."""
LENGTH = 20
"""Hexadecimal digits of a pseudonym: 80 bits, so that ten million ids meet once in 20 billion tries."""
SPELLING = 8
"""Further digits that tell the ways in which one number is spelled, for all but the plainest."""


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


# Pseudonyms ----------------------------------------------------------------------------------


def id_key(folder: Path) -> str:
    """Return the key of the pseudonyms, from the environment or from a file that it names.

    Raises
    ------
    SettingsError
        Where there is no key, a short one, or its file lies in the project or the client's folder.
    """
    key = os.environ.get(KEY, "")
    if not key and (named := os.environ.get(KEY_FILE)):
        path = Path(named).resolve()
        if path.is_relative_to(PROJECT.resolve()) or path.is_relative_to(folder.resolve()):
            raise SettingsError(
                f"{KEY_FILE}: keep the key outside the project and the client's folder, where nobody"
                " hands it on with the data."
            )
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{KEY_FILE}: the file of the key cannot be read.") from error
    if len(key) < LEAST_KEY:
        raise SettingsError(
            f"client.yml: pseudonymise needs a key of {LEAST_KEY} characters or more in the environment"
            f" variable {KEY}, or in a file that {KEY_FILE} names."
        )
    return key


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


def key_fingerprint(settings: Settings, folder: Path) -> str:
    """Return what tells one key from another without giving it away; empty without pseudonyms."""
    if not settings.pseudonymise:
        return ""
    return hmac.new(id_key(folder).encode(), b"fingerprint", hashlib.sha256).hexdigest()


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


# What a table becomes ------------------------------------------------------------------------

DAY_OF = {"orders": "ordered_at", "events": "happened_at", "contacts": "contacted_at"}


def shield(settings: Settings, name: str, table: Any, pseudonyms: Pseudonyms | None = None) -> Any:
    """Return a canonical table without what is to be forgotten, and with pseudonyms where asked for.

    An unsubscription is never forgotten: whoever asked to be left alone is left alone.
    """
    if settings.forget_before and name in DAY_OF:
        day = table[DAY_OF[name]]
        kept = day.isnull() | (day >= settings.forget_before)
        if name == "events":
            kept |= table.kind.isin(REFUSING).fill_null(False)
        table = table.filter(kept)
    return pseudonyms.put_on(table) if pseudonyms else table
