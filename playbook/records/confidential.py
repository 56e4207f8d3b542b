"""What a client owes its customers: what is forgotten, and the key of the pseudonyms for ids.

Pseudonyms are keyed hashes: without the key nobody can try out customer numbers one after another.
The key is never in the repository, in ``client.yml`` or in a report.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Any

from playbook.errors import SettingsError
from playbook.records.canonical import REFUSING, is_any_of
from playbook.settings.client import PROJECT, Settings

KEY, KEY_FILE = "PLAYBOOK_ID_KEY", "PLAYBOOK_ID_KEY_FILE"
IDS = "PLAYBOOK_IDS"
"""The environment variable with the file of a run's pseudonyms: its notebooks see it in place of the key."""
LEAST_KEY = 16
"""Characters that a key must have at least."""


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


# What a table becomes ------------------------------------------------------------------------

DAY_OF = {"orders": "ordered_at", "events": "happened_at", "contacts": "contacted_at"}


def shield(settings: Settings, name: str, table: Any, pseudonyms: Any = None) -> Any:
    """Return a canonical table without what is to be forgotten, and with pseudonyms where asked for.

    An unsubscription is never forgotten: whoever asked to be left alone is left alone; nor is a
    cancellation for a reason that no offer changes.
    """
    if settings.forget_before and name in DAY_OF:
        day = table[DAY_OF[name]]
        kept = day.isnull() | (day >= settings.forget_before)
        if name == "events":
            kept |= table.kind.isin(REFUSING).fill_null(False)
            if (named := settings.offers.lost_for_good) and "detail" in table.columns:
                kept |= (table.kind == "cancellation").fill_null(False) & is_any_of(table.detail, named)
        table = table.filter(kept)
    return pseudonyms.put_on(table) if pseudonyms else table
