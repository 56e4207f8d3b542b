"""Errors that reach a user: one sentence that says what, where and what to do."""

import os
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any


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


class UnderWay(RunFailed):
    """Another run of the client is under way; nothing is wrong with it."""


class CellFailed(Exception):
    """A notebook stopped before its end.

    Attributes
    ----------
    cell : int or None
        Number of the cell, as in ``In [7]``; None where no cell was running.
    name, message : str
        Class of the error, empty where no error was raised, and what happened.
    notebook : NotebookNode or None
        The notebook as far as it came.
    """

    def __init__(self, cell: int | None, name: str, message: str, notebook: Any = None) -> None:
        super().__init__(cell, name, message)
        self.cell = cell
        self.name = name
        self.message = message
        self.notebook = notebook


def one_line(error: BaseException) -> str:
    """Return an error as one line: what, where and what to do."""
    if isinstance(error, PlaybookError):
        return " ".join(str(error).split())
    if isinstance(error, OSError):
        last = PurePath(os.fsdecode(error.filename or "")).parts[-2:]
        place = f" ({PurePath(*last)})" if last else ""
        return f"The run stopped: {error.strerror or error}{place}."
    if isinstance(error, BrokenExecutor):
        return "Its process was killed; where memory ran out, run fewer at a time with --workers."
    return " ".join(f"The run stopped: {type(error).__name__}: {error}".split())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest known word, or an empty string."""
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
