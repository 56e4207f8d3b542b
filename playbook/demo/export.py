"""Tables written as a client's system exports them: text files in its own dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from playbook.demo.world import Demo

DAMAGED_EVERY = 900


@dataclass(frozen=True)
class Dialect:
    """How a file is written: the keys of `format` in client.yml, yes and no, and what nobody can read."""

    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    dates: str = "%Y-%m-%d"
    yes: str = "ja"
    no: str = "nein"
    bad_dates: tuple[str, ...] = ("31.02.{year}", "00.00.0000", "k.A.")
    bad_numbers: tuple[str, ...] = ("#WERT!", "n/a", "--")


def money(value: float, dialect: Dialect) -> str:
    """Write two decimals as the dialect does; empty where missing."""
    if np.isnan(value):
        return ""
    signs = {",": dialect.thousands, ".": dialect.decimal}
    return "".join(signs.get(sign, sign) for sign in f"{value:,.2f}")


def number(value: float) -> str:
    """Write a whole number; empty where missing."""
    return "" if pd.isna(value) else str(int(value))


def yes_no(value: bool | None, dialect: Dialect) -> str:
    """Write yes or no; empty where nobody asked."""
    return "" if pd.isna(value) else (dialect.yes if value else dialect.no)


@dataclass(frozen=True)
class ExportFile:
    """A file that the client's system writes.

    Parameters
    ----------
    name : str
        Of the file; of the orders, which come in one file a year, with {year} in it.
    dialect : Dialect
    columns : mapping
        Canonical column to its header, with its form where it is no text (header, form): money, number,
        yes_no, flag or date.
    """

    name: str
    dialect: Dialect
    columns: Mapping[str, str | tuple[str, str]]

    def as_text(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the file's columns as strings, under their headers."""
        written: dict[str, Callable[[pd.Series[Any]], Any]] = {
            "money": lambda column: [money(value, self.dialect) for value in column.astype(float)],
            "number": lambda column: [number(value) for value in column],
            "yes_no": lambda column: [yes_no(value, self.dialect) for value in column],
            "flag": lambda column: column.astype(int).astype(str),
            "date": lambda column: column.dt.strftime(self.dialect.dates).fillna(""),
            "text": lambda column: column.fillna("").astype(str),
        }
        text = {}
        for name, described in self.columns.items():
            header, form = (described, "text") if isinstance(described, str) else described
            text[header] = written[form](table[name])
        return pd.DataFrame(text, index=table.index)

    def write(self, table: pd.DataFrame, folder: Path) -> None:
        """Write the table as one file."""
        self._write(self.as_text(table), folder / self.name)

    def write_by_year(self, orders: pd.DataFrame, folder: Path) -> None:
        """Write the orders as one file a year, each with some rows that nobody can read."""
        text, years = self.as_text(orders), orders["ordered_at"].dt.year
        for year in sorted(years.unique()):
            of_year = text[years == year].reset_index(drop=True)
            self._write(self._damaged(of_year, year), folder / self.name.format(year=year))

    def _damaged(self, text: pd.DataFrame, year: int) -> pd.DataFrame:
        """Repeat every so many rows with a date or an amount that nobody can read, as exports do.

        Every damaged row is an additional one, so that a reader that leaves them out has the true table.
        """
        date, amount = (str(self.columns[name][0]) for name in ("ordered_at", "amount"))
        picked = np.arange(DAMAGED_EVERY // 2, len(text), DAMAGED_EVERY)
        rows = text.iloc[picked].copy()
        bad_date = np.arange(len(rows)) % 2 == 0
        turn = np.arange(len(rows)) // 2
        dates = np.array([form.format(year=year) for form in self.dialect.bad_dates])
        numbers = np.array(self.dialect.bad_numbers)
        rows[date] = np.where(bad_date, dates[turn % len(dates)], rows[date])
        rows[amount] = np.where(bad_date, rows[amount], numbers[turn % len(numbers)])
        rows.index = pd.Index(picked + 0.5)
        return pd.concat([text, rows]).sort_index() if len(rows) else text

    def _write(self, text: pd.DataFrame, path: Path) -> None:
        rows = [self.dialect.separator.join(text.columns)]
        rows += [self.dialect.separator.join(row) for row in text.itertuples(index=False, name=None)]
        path.write_bytes(("\r\n".join(rows) + "\r\n").encode(self.dialect.encoding))


def write_files(demo: Demo, files: Mapping[str, ExportFile], folder: Path) -> None:
    """Write the four tables, each as its file says."""
    files["orders"].write_by_year(demo.orders, folder)
    for name in ("customers", "events", "contacts"):
        files[name].write(getattr(demo, name), folder)
