"""No page names a folder of the machine that it was made on."""

import re
import sys
import tempfile
from functools import cache
from pathlib import Path

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
