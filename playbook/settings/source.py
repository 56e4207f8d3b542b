"""Where a client's tables come from: what may not stand in an address, and no file of another client's."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from playbook.errors import SettingsError
from playbook.settings.yaml import kind_of_no_file

IN_FILES = ("duckdb", "sqlite")
"""Databases that are a file; its path begins at the client's folder."""

_SECRET = re.compile(
    r"(?i)(?:^|[?&;#\s])(?!(?:sslkey|passfile)=[\w./~\\:-]+(?:[&;#\s]|$))"
    r"(?:[\w.-]*(?:pass|pwd|secret|token|credential|signature)[\w.-]*|[\w.-]*key(?:_?id)?|sig|sas)\s*="
)
"""A part of an address that is secret by its name; the path of a file with a secret is none."""


def refuse_secrets(address: str) -> None:
    """Refuse an address with a password, a token or a key in it.

    Raises
    ------
    ValueError
        Never with what stands there.
    """
    said = unquote(address)
    if re.search(r"://[^@]*:[^@]*@", said) or _SECRET.search(said):
        raise ValueError(
            "take the password out, or what else is secret there; it is read from"
            " PLAYBOOK_SOURCE_PASSWORD alone"
        )


def refuse_outside(folder: Path, files: Iterable[str], source: str | None) -> None:
    """Refuse files, and a database in a file, that do not lie in the client's folder.

    The folder may be a link, and links in it may lead to other places in it. What is no file is refused
    where it is opened.

    Raises
    ------
    SettingsError
        With the file's name alone.
    """
    kind, _, place = (source or "").partition("://")
    for path in (folder / name for name in [*files, *([place] if kind in IN_FILES else [])]):
        if not kind_of_no_file(path) and not path.resolve().is_relative_to(folder.resolve()):
            raise SettingsError(
                f"client.yml names {path.name}, which lies outside the client's folder: put the file there."
            )
