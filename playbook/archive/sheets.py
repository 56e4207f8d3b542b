"""Files that people open in a spreadsheet, and hand in again: no text in them is a formula.

A text that a spreadsheet would take for one begins with an apostrophe, and so does one that would look like
such a text: whatever is read again is what it was.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

_SIGNS = r"[=+\-@\t\r]"
FORMULA = rf"^('*{_SIGNS})"
"""A text that is written behind an apostrophe."""
GUARDED = rf"^'('*{_SIGNS})"
"""Such a text as it stands in the file; its group is what it was."""


def write_sheet(frame: pd.DataFrame, path: Path, **form: Any) -> None:
    """Write a table as CSV, whole or not at all; numbers stay numbers.

    Parameters
    ----------
    form
        As ``DataFrame.to_csv`` takes it.
    """
    sheet = _changed(frame, FORMULA, r"'\1")
    partial = path.with_suffix(".partial")
    sheet.to_csv(partial, index=False, **({"lineterminator": "\n"} | form))
    partial.replace(path)


def read_sheet(path: Path, dates: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that `write_sheet` wrote, UTF-8 with commas; the columns of ``dates`` as dates.

    Only an empty cell is nothing: a customer may be called NA.
    """
    nothing: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
    read = pd.read_csv(path, dtype={"customer_id": str}, parse_dates=list(dates), **nothing)
    return _changed(read, GUARDED, r"\1")


def _changed(frame: pd.DataFrame, pattern: str, to: str) -> pd.DataFrame:
    """Replace a pattern in all texts."""

    def change(cell: Any) -> Any:
        return re.sub(pattern, to, cell) if isinstance(cell, str) else cell

    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.assign(**{str(name): frame[name].map(change) for name in texts})
