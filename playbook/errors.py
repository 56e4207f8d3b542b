"""Errors that reach a user: one sentence that says what, where and what to do.

No sentence names a folder of the machine, nor a value that an engine or a library quotes.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor
from difflib import get_close_matches
from functools import cache
from pathlib import Path, PurePath
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
        return _LONG.sub(r"\1…\2", without_folders(" ".join(str(error).split())))
    if isinstance(error, OSError):
        names = [part for part in PurePath(os.fsdecode(error.filename or "")).parts if part[0] != "."]
        place = f" ({names[-1]})" if names else ""  # not a run's own folder, which says nothing: whose it is
        return f"The run stopped: {error.strerror or without_values(str(error))}{place}."
    if isinstance(error, BrokenExecutor):
        return "Its process was killed; where memory ran out, run fewer at a time with --workers."
    said = without_folders(without_values(str(error)))
    return f"The run stopped: {type(error).__name__}: {said}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest known word, or an empty string."""
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


# What no sentence holds -----------------------------------------------------------------------

_QUOTED = re.compile(r"""(['"`])(?![a-z_][a-z0-9_]*\1).*?\1""")
"""A quoted text that is no name of a program's own."""
LONGEST_QUOTED = 80
_LONG = re.compile(rf"""(?<!\w)(['"][^'"]{{{LONGEST_QUOTED}}})[^'"]*(['"])(?!\w)""")
"""A longer one, and not what stands between two apostrophes."""


def without_values(text: str) -> str:
    """Return the first line of an error of an engine or a library, without the values that it quotes.

    They are cells of the client's files: a name, an address. What follows the first line is often a
    whole line of a file.
    """
    first = next(iter(text.strip().splitlines()), "")
    return " ".join(_QUOTED.sub("…", first).split())


def without_colours(text: str) -> str:
    """Return text without what colours it on a terminal."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


_USUAL = (
    *("home", "Users", "root", "tmp", "var", "usr", "opt", "mnt", "srv", "private", "etc", "data", "work"),
    *("workspace", "workspaces", "Volumes", "media", "builds", "nix", "app"),
)
_CELL = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][\w.~-]+)*[/\\]ipykernel_\d+[/\\]\d+\.py")
"""What a warning calls the cell that it comes from; another name in every run.

It begins at a slash, and not anywhere: the text of a picture is a word of hundreds of thousands of letters.
"""
_DRIVE = re.compile(r"(?<![\w/])[A-Za-z]:(?:\\[^\\\s<>\"':]+)*\\([^\\\s<>\"':]+)")


def without_folders(text: str) -> str:
    """Return text in which absolute paths are cut down to their last name."""
    return _DRIVE.sub(r"\1", _below_roots().sub(r"\1", _CELL.sub("a cell", text)))


@cache
def _below_roots() -> re.Pattern[str]:
    """Match absolute paths below the roots of this machine, or of usual ones; addresses are no paths."""
    here = (Path(sys.prefix), Path(tempfile.gettempdir()), Path(__file__), Path.cwd(), Path.home())
    first = {path.parts[1] for path in here if len(path.parts) > 1}
    roots = "|".join(re.escape(name) for name in sorted({*first, *_USUAL}))
    return re.compile(rf"(?<![\w:/.<+=])/(?:{roots})(?:/[^/\s<>\"'&:;,()]+)*/([^/\s<>\"'&:;,()]+)/?")
