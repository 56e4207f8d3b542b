"""The address of a client's database: what may not stand in it."""

import re
from urllib.parse import unquote

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
