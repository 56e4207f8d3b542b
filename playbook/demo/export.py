"""Tables written as a client's system exports them: text files in its own dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DAMAGED_DATES = ("31.02.{year}", "00.00.0000", "k.A.")
DAMAGED_NUMBERS = ("#WERT!", "n/a", "--")


@dataclass(frozen=True)
class Dialect:
    """How a file is written: the keys of `format` in client.yml, and the words for yes and no."""

    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    dates: str = "%Y-%m-%d"
    yes: str = "ja"
    no: str = "nein"


def money(value: float, dialect: Dialect) -> str:
    """Write two decimals in the dialect's marks; empty where missing."""
    if np.isnan(value):
        return ""
    marks = {",": dialect.thousands, ".": dialect.decimal}
    return "".join(marks.get(sign, sign) for sign in f"{value:,.2f}")


def number(value: float) -> str:
    """Write a whole number; empty where missing."""
    return "" if pd.isna(value) else str(int(value))


def yes_no(value: bool | None, dialect: Dialect) -> str:
    """Write yes or no; empty where nobody asked."""
    return "" if pd.isna(value) else (dialect.yes if value else dialect.no)


def as_text(table: pd.DataFrame, forms: Mapping[str, str], dialect: Dialect) -> pd.DataFrame:
    """Return the table as strings.

    Parameters
    ----------
    table : DataFrame
        Canonical columns.
    forms : mapping of column to form
        money, number, yes_no, flag, date; columns not named are text already.
    """
    written: dict[str, Callable[[pd.Series[Any]], Any]] = {
        "money": lambda column: [money(value, dialect) for value in column.astype(float)],
        "number": lambda column: [number(value) for value in column],
        "yes_no": lambda column: [yes_no(value, dialect) for value in column],
        "flag": lambda column: column.astype(int).astype(str),
        "date": lambda column: column.dt.strftime(dialect.dates).fillna(""),
        "text": lambda column: column.fillna("").astype(str),
    }
    columns = {name: written[forms.get(name, "text")](table[name]) for name in table.columns}
    return pd.DataFrame(columns, index=table.index)


def damage(
    text: pd.DataFrame,
    every: int,
    date: str,
    amount: str,
    year: int,
    dates: tuple[str, ...] = DAMAGED_DATES,
    numbers: tuple[str, ...] = DAMAGED_NUMBERS,
) -> pd.DataFrame:
    """Repeat every so many rows with a date or an amount that nobody can read, as exports do.

    Every damaged row is an additional one, so that a reader that leaves them out has the true table.
    """
    picked = np.arange(every // 2, len(text), every)
    rows = text.iloc[picked].copy()
    bad_date = np.arange(len(rows)) % 2 == 0
    turn = np.arange(len(rows)) // 2
    bad_dates = np.array([form.format(year=year) for form in dates])[turn % len(dates)]
    rows[date] = np.where(bad_date, bad_dates, rows[date])
    rows[amount] = np.where(bad_date, rows[amount], np.array(numbers)[turn % len(numbers)])
    rows.index = pd.Index(picked + 0.5)
    return pd.concat([text, rows]).sort_index()


def write_text(text: pd.DataFrame, headers: Mapping[str, str], path: Path, dialect: Dialect) -> None:
    """Write the columns named in `headers` under those names, in that order."""
    rows = [dialect.separator.join(headers.values())]
    columns = [text[name] for name in headers]
    rows += [dialect.separator.join(row) for row in zip(*columns, strict=True)]
    path.write_bytes(("\r\n".join(rows) + "\r\n").encode(dialect.encoding))
