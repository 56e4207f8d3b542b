"""What a client owes its customers: who is never contacted, what is forgotten, and pseudonyms for ids.

Pseudonyms are keyed hashes: without the key nobody can try out customer numbers one after another.
The key is never in the repository, in ``client.yml`` or in a report.
"""

import csv
import hashlib
import hmac
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playbook.errors import DataError, SettingsError
from playbook.settings.client import PROJECT, SUPPRESSION_FILE, Settings

KEY, KEY_FILE = "PLAYBOOK_ID_KEY", "PLAYBOOK_ID_KEY_FILE"
IDS = "PLAYBOOK_IDS"
"""The environment variable with the file of a run's pseudonyms: its notebooks see it in place of the key."""
LEAST_KEY = 16
"""Characters that a key must have at least."""
LENGTH = 20
"""Hexadecimal digits of a pseudonym: 80 bits, so that ten million ids meet once in 20 billion tries."""


@dataclass(frozen=True)
class Suppressed:
    """Who is never contacted.

    Attributes
    ----------
    entries : tuple of frozenset of str
        One per line of the file: the forms of a customer's id in which it may stand in the tables
        (pseudonyms where these are asked for), or an e-mail address in lower case.
    """

    entries: tuple[frozenset[str], ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """All forms of all ids."""
        return frozenset(form for entry in self.entries for form in entry if "@" not in form)

    @property
    def emails(self) -> frozenset[str]:
        """All e-mail addresses."""
        return frozenset(form for entry in self.entries for form in entry if "@" in form)


def read_suppressed(folder: Path, pseudonyms: "Pseudonyms | None" = None) -> Suppressed:
    """Read ``suppress.csv``: one customer id or e-mail address a line, in its first column.

    Raises
    ------
    DataError
        Where the file is not UTF-8 text: nobody may be contacted because a list was unreadable.
    """
    path = folder / SUPPRESSION_FILE
    if not path.is_file():
        return Suppressed()
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            dialect = ";" if ";" in path.read_text(encoding="utf-8-sig") else ","
            first = [row[0].strip() for row in csv.reader(lines, delimiter=dialect) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{SUPPRESSION_FILE} cannot be read as UTF-8 text, so that nobody knows who must not be"
            " contacted: save it again as CSV UTF-8."
        ) from error
    entries = {entry for entry in first if entry and entry.lower() not in ("customer_id", "email", "e-mail")}
    forms = [_forms(entry) for entry in sorted(entries)]
    if pseudonyms is None:
        return Suppressed(tuple(forms))
    called = pseudonyms.of({form for some in forms for form in some})
    return Suppressed(
        tuple(frozenset(form if "@" in form else called[form] for form in some) for some in forms)
    )


def _forms(entry: str) -> frozenset[str]:
    return frozenset({entry.lower()} if "@" in entry else {entry, entry.upper(), entry.lower()})


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

    def of(self, ids: Collection[str]) -> dict[str, str]:
        """Return the pseudonym of each id; an empty text for an id that stands in no table."""
        if self.key is not None:
            return {one: pseudonym_of(one, self.key) for one in ids}
        written = self.written.filter(self.written.customer_id.isin(sorted(ids)))
        known = written.to_pyarrow().to_pydict()
        return dict.fromkeys(ids, "") | dict(zip(known["customer_id"], known["pseudonym"], strict=True))

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
    digest = hashlib.sha256((inner + customer_id).encode()).hexdigest()
    return "P" + hashlib.sha256((outer + digest).encode()).hexdigest()[:LENGTH]


def pseudonym(customer_id: Any, key: str) -> Any:
    """Return the pseudonyms of a column of ids, as an expression.

    A hash in a hash, each with its own half of the key filling the first block of SHA-256, as
    in HMAC (Bellare, Canetti and Krawczyk 1996, NMAC); the engine does the work. The letter in front
    keeps spreadsheets from reading a number.
    """
    inner, outer = _halves(key)
    digest = (inner + customer_id).hexdigest("sha256")
    return "P" + (outer + digest).hexdigest("sha256")[0:LENGTH]


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
            kept |= (table.kind == "unsubscribe").fill_null(False)
        table = table.filter(kept)
    return pseudonyms.put_on(table) if pseudonyms else table
