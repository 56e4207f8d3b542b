"""Excel workbooks and LibreOffice sheets, read with python-calamine: their cells as the texts of a row."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import python_calamine

from playbook.errors import DataError, did_you_mean
from playbook.settings.tables import EXCEL_DAYS, UNIX_TIME, Format

MOST_PACKED, LARGE = 200, 32 << 20
"""How many times smaller than itself a part of that many bytes may be packed; tables come to 30."""
MOST_BYTES = 4 << 30
"""Of a workbook that is unpacked."""
MOST_CELLS = 100_000_000
"""Of the rectangle of a sheet: the reader keeps all of them in memory, filled or not."""


def open_workbook(path: Path) -> Any:
    """Open a workbook.

    Raises
    ------
    DataError
        Where it is none, protected with a password, or would take more memory than there is.
    """
    if zipfile.is_zipfile(path):
        _refuse_endless(path)
    try:
        return python_calamine.CalamineWorkbook.from_path(path)
    except (python_calamine.CalamineError, OSError) as error:
        problem = " ".join(str(error).split())[:200]
        raise DataError(f"{path.name} cannot be opened as a workbook: {problem}") from error


def _refuse_endless(path: Path) -> None:
    """Refuse a workbook that grows without end where it is opened: the reader would end the process."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            packed = any(LARGE < one.file_size > MOST_PACKED * one.compress_size for one in parts)
            if packed or sum(one.file_size for one in parts) > MOST_BYTES:
                raise DataError(
                    f"{path.name} would grow to {sum(one.file_size for one in parts) >> 20:,} MB where it is"
                    " opened: ask for the table as CSV."
                )
            for one in parts:
                if one.filename.startswith("xl/worksheets/") and one.filename.endswith(".xml"):
                    with archive.open(one) as sheet:
                        rows, columns = _extent(sheet)
                    if rows * columns > MOST_CELLS:
                        raise DataError(
                            f"{path.name} has a sheet of {rows:,} rows and {columns:,} columns: a cell far"
                            " from the table is filled; clear it, or save the sheet as CSV."
                        )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path.name} cannot be opened as a workbook: {error}.") from error


_ROW, _COLUMN = re.compile(rb'row r="(\d+)"'), re.compile(rb' r="([A-Z]{1,3})\d')
"""As Excel and all that write for it put them; what begins with a fixed text is found three times as fast."""


def _extent(sheet: IO[bytes]) -> tuple[int, int]:
    """Return how many rows and columns a sheet's XML reaches over, by the places that it names."""
    rows, columns, rest = 0, {b""}, b""
    while chunk := sheet.read(1 << 22):
        rows = max([rows, *map(int, _ROW.findall(rest + chunk))])
        columns.update(_COLUMN.findall(rest + chunk))
        rest = chunk[-40:]
    last = max(columns, key=lambda letters: (len(letters), letters))
    return rows, sum((letter - 64) * 26**place for place, letter in enumerate(reversed(last)))


def sheet_rows(path: Path, sheet: str, form: Format) -> Iterator[list[str]]:
    """Yield the rows of a sheet as text in the dialect of ``form``.

    Raises
    ------
    DataError
        Where there is no such sheet.
    """
    workbook = open_workbook(path)
    if sheet not in workbook.sheet_names:
        raise DataError(
            f"{path.name} has no sheet {sheet!r}.{did_you_mean(sheet, workbook.sheet_names)}"
            f" It has: {', '.join(workbook.sheet_names)}."
        )
    for row in workbook.get_sheet_by_name(sheet).iter_rows():
        yield [cell_text(cell, form) for cell in row]


def cell_text(cell: Any, form: Format) -> str:
    """Write a typed cell as the table's dialect would."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float | int):
        text = str(int(cell)) if float(cell).is_integer() else repr(cell)
        return text.replace(".", form.decimal)
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
        if form.dates and form.dates not in (EXCEL_DAYS, UNIX_TIME) and not form.without_year:
            return moment.strftime(form.dates)
        return moment.isoformat(sep=" ")
    return " ".join(str(cell).split()) if cell is not None else ""
