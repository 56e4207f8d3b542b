"""The workbook as a whole: which sheets it has, in which order, and its first page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import xlsxwriter

from playbook.chapter import Chapter
from playbook.workbook import lists, plan
from playbook.workbook.sheets import PERSONAL, Sheet
from playbook.workbook.styles import Styles, make_styles

FILE = "workbook.xlsx"

SHEETS: tuple[Callable[[Chapter, pd.DataFrame], Sheet | None], ...] = (
    lists.ranking,
    plan.contacts,
    plan.held_back,
    lists.let_go,
)
"""The sheets in their order. Each takes the run and its customers, personal columns joined."""


def write(run: Chapter) -> None:
    """Write the workbook into the run's folder, whole or not at all.

    Parameters
    ----------
    run : Chapter
        All chapters of the run are finished; without chapter 06 there is nothing to write.
    """
    frame = run.customers
    if "rank" not in frame:
        return
    frame = frame.merge(_people(run), on="customer_id", how="left")
    sheets = [sheet for make in SHEETS if (sheet := make(run, frame)) is not None]
    partial = run.folder / "workbook.partial"
    with xlsxwriter.Workbook(partial, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": run.settings.client, "created": datetime(*run.as_of.timetuple()[:3])})
        styles = make_styles(book, run.words)
        _write_notes(book, styles, run, sheets)
        for sheet in sheets:
            sheet.write(book.add_worksheet(sheet.title), styles)
    partial.replace(run.folder / FILE)


def _people(run: Chapter) -> pd.DataFrame:
    """Return the personal columns that the client has, one row per customer."""
    known = run.sources.customers
    if known is None:
        return pd.DataFrame({"customer_id": pd.Series(dtype=object)})
    shown = () if run.settings.pseudonymise else PERSONAL
    columns = [name for name in shown if name in known.columns]
    named = known.filter(known.customer_id.notnull()).select("customer_id", *columns)
    people: pd.DataFrame = named.order_by(["customer_id", *columns]).to_pyarrow().to_pandas()
    return people.drop_duplicates("customer_id")


def _write_notes(book: Any, styles: Styles, run: Chapter, sheets: Sequence[Sheet]) -> None:
    """Write the first sheet: what this is, and what each column of each sheet means."""
    page, say = book.add_worksheet(run.words.say("Notes")), run.words.say
    page.write_string(0, 0, run.settings.client, styles["title"])
    date, currency = run.words.date(run.as_of), run.settings.currency
    page.write_string(1, 0, say("Data as of {date}. Money in {currency}.", date=date, currency=currency))
    page.write_string(2, 0, say("Personal data: handle it as the client's own records are handled."))
    page.write_row(4, 0, [say("sheet"), say("column"), say("what it means")], styles["head"])
    notes = [(sheet.title, *note) for sheet in sheets for note in sheet.notes()]
    for row, note in enumerate(notes, start=5):
        page.write_row(row, 0, note)
    page.set_column(0, 1, 24)
    page.set_column(2, 2, 70)
    page.freeze_panes(5, 0)
