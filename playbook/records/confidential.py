"""What a client owes its customers: who is never contacted, what is forgotten, and pseudonyms for ids.

Pseudonyms are keyed hashes: without the key nobody can try out customer numbers one after another.
The key is never in the repository, in ``client.yml`` or in a report.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from playbook.errors import DataError, SettingsError
from playbook.records.canonical import REFUSING
from playbook.records.identifiers import named_in, spelled, spelled_by_engine
from playbook.settings.client import PROJECT, SUPPRESSION_FILE, Settings
from playbook.settings.yaml import kind_of_no_file

KEY, KEY_FILE = "PLAYBOOK_ID_KEY", "PLAYBOOK_ID_KEY_FILE"
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


def read_suppressed(settings: Settings, folder: Path) -> Suppressed:
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
    key = id_key(folder) if settings.pseudonymise else None
    read = {row: identifiers_in(line, key) for row, line in enumerate(lines, 1)}
    headed = bool(lines) and _HEADER.search(lines[0]) is not None and not re.search(r"[\d@]", lines[0])
    return Suppressed({row: found for row, found in read.items() if found}, headed)


def identifiers_in(line: str, key: str | None = None) -> frozenset[str]:
    """Return what the cells of a line may be, as `same_person.Everybody` compares it."""
    numbers, emails, telephones = named_in(line)
    numbers = {pseudonym_of(number, key) for number in numbers} if key else numbers
    return frozenset(
        f"{kind} {one}"
        for kind, found in (("number", numbers), ("email", emails), ("telephone", telephones))
        for one in found
    )


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


def spelling_of(ids: pd.Series, key: str | None) -> pd.Series:
    """Return numbers as `identifiers.spelled` compares them; pseudonyms begin alike where they are."""
    return ids.str[: 1 + LENGTH] if key else spelled(ids)


def _halves(key: str) -> tuple[str, str]:
    inner, outer = (hmac.new(key.encode(), part, hashlib.sha256).hexdigest() for part in (b"inner", b"outer"))
    return inner, outer


# What a table becomes ------------------------------------------------------------------------

DAY_OF = {"orders": "ordered_at", "events": "happened_at", "contacts": "contacted_at"}


def shield(settings: Settings, folder: Path, name: str, table: Any) -> Any:
    """Return a canonical table without what is to be forgotten, and with pseudonyms where asked for.

    An unsubscription is never forgotten: whoever asked to be left alone is left alone.
    """
    if settings.forget_before and name in DAY_OF:
        day = table[DAY_OF[name]]
        kept = day.isnull() | (day >= settings.forget_before)
        if name == "events":
            kept |= table.kind.isin(REFUSING).fill_null(False)
        table = table.filter(kept)
    if settings.pseudonymise:
        table = table.mutate(customer_id=pseudonym(table.customer_id, id_key(folder)))
    return table
