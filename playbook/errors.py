"""Errors that reach a user: one sentence that says what, where and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class PlaybookError(Exception):
    """Base of all errors that are shown to a user as a sentence, without a traceback."""

    exit_code = 1


class CallError(PlaybookError):
    """The command was called wrongly: unknown client, unknown parameter."""

    exit_code = 2


class SettingsError(PlaybookError):
    """The client's settings are wrong."""

    exit_code = 2


class DataError(PlaybookError):
    """The client's data cannot be used."""

    exit_code = 2


class RunFailed(PlaybookError):
    """A run stopped for a reason that is neither call, settings nor data."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest known word, or an empty string."""
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
