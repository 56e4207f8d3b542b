"""LibreOffice as a reader of workbooks: recalculates them, and prints them."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import python_calamine

RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
"""LibreOffice shows cached values on opening unless it is told to compute: 0 is always."""


def office() -> str:
    """Return the program; skip the test where it is missing."""
    found = shutil.which("soffice")
    if found is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")
    return found


def convert(path: Path, folder: Path, kind: str = "xlsx") -> Path:
    """Open a workbook, recalculate everything, and save it in a folder as another file."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    words = [f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", kind]
    command = [office(), *words, "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / "out" / f"{path.stem}.{kind}"


def rows(path: Path, sheet: str) -> list[list[object]]:
    """Return a sheet's values, from its first row and column."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def table(path: Path, sheet: str, head: int) -> pd.DataFrame:
    """Return the table of a sheet below the row of its headings."""
    found = rows(path, sheet)
    return pd.DataFrame(found[head + 1 :], columns=found[head])


def with_number(path: Path, sheet: str, cell: str, number: float, copy: Path) -> Path:
    """Return a copy of a workbook with another number in one cell, as if somebody had typed it."""
    names = python_calamine.CalamineWorkbook.from_path(path).sheet_names
    part = f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part:
                pattern = rf'(<c r="{cell}"[^>]*>)<v>[^<]*</v>'.encode()
                content, n = re.subn(pattern, rb"\g<1><v>%s</v>" % str(number).encode(), content)
                assert n == 1, f"{sheet} has no number in {cell}"
            new.writestr(name, content)
    return copy
