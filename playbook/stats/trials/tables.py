"""Tables with a row for each of some things: a column's heading, format and value in one place."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import pandas as pd

from playbook.show.display import Column, Table
from playbook.show.words import Words

Thing = TypeVar("Thing")


def table_of(
    things: Iterable[Thing],
    columns: Mapping[Column, Callable[[Thing], object]],
    caption: str,
    words: Words,
    note: str = "",
) -> Table:
    """Return a table with a row for each of some things.

    Parameters
    ----------
    columns : mapping
        A column's heading, with its format where it is no text, to how a thing's value is got.
    """
    rows = list(things)
    headed = {column if isinstance(column, str) else column[0]: column for column in columns}
    values = [[value(row) for row in rows] for value in columns.values()]
    frame = pd.DataFrame(dict(zip(headed, values, strict=True)))
    return Table(frame, caption, words, columns=headed, note=note)
