"""Excel workbooks and LibreOffice sheets, read with python-calamine: their cells as the texts of a row."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import python_calamine

from playbook.errors import DataError, did_you_mean
from playbook.settings.tables import EXCEL_DAYS, UNIX_TIME, Format


def open_workbook(path: Path) -> Any:
    """Open a workbook.

    Raises
    ------
    DataError
        Where it is none, or protected with a password.
    """
    try:
        return python_calamine.CalamineWorkbook.from_path(path)
    except (python_calamine.CalamineError, OSError) as error:
        problem = " ".join(str(error).split())[:200]
        raise DataError(f"{path.name} cannot be opened as a workbook: {problem}") from error


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
