"""The workbook as a whole: which sheets it has, in which order, and its contents."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import xlsxwriter

from playbook.chapter import Chapter
from playbook.offers.names import CALLS_FILE
from playbook.report.workbook import calls, lists, live, plan, present_value
from playbook.report.workbook.columns import PERSONAL
from playbook.report.workbook.scoring_sheet import ScoringSheet
from playbook.report.workbook.sheets import (
    MOST_ROWS,
    POINTS_PER_LINE,
    BookSheet,
    Page,
    TableSheet,
    printable,
    visible,
)
from playbook.report.workbook.styles import Styles, make_styles
from playbook.report.workbook.weights_sheet import ScaleSheet, WeightsSheet

FILE = "workbook.xlsx"
NARROW, WIDE = 24, 124
"""Characters across the first column of the contents, and across both."""

SHEETS: tuple[Callable[[Chapter, pd.DataFrame], BookSheet | None], ...] = (
    WeightsSheet.of,
    ScoringSheet.of,
    present_value.present_value,
    lists.ranking,
    plan.weeks,
    plan.contacts,
    plan.held_back,
    lists.write_instead,
    lists.let_go,
    lists.not_contacted,
    lists.occasional,
    lists.stages,
    ScaleSheet.of,
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
    made = [sheet for make in SHEETS if (sheet := make(run, frame)) is not None]
    sheets = [sheet for sheet in made if not isinstance(sheet, TableSheet) or len(sheet.frame)]
    partial = run.folder / "workbook.partial"
    with xlsxwriter.Workbook(partial, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"title": visible(run.settings.client), "created": datetime(*run.as_of.timetuple()[:3])}
        )
        styles = make_styles(book, run.words)
        _write_contents(book, styles, run, frame, sheets)
        for sheet in sheets:
            page = book.add_worksheet(sheet.title, Page)
            sheet.write(page, styles)
            if sheet.hidden:
                page.hide()
    partial.replace(run.folder / FILE)
    if "offer" in frame:
        calls.write(run, frame)


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


def _write_contents(
    book: Any, styles: Styles, run: Chapter, frame: pd.DataFrame, sheets: Sequence[BookSheet]
) -> None:
    """Write the first sheet: what this is, what is live, and a link to each sheet."""
    page, say = book.add_worksheet(run.words.say("Contents"), Page), run.words.say
    page.write_string(0, 0, run.settings.client, styles["title"])
    cut = [s.title for s in sheets if isinstance(s, TableSheet) and len(s.frame) > MOST_ROWS]
    told = _introduction(run, frame)
    if cut:
        message = "Only the first {n} rows are in: {sheets}. All stand in tables/customers.parquet."
        told.append(say(message, n=run.words.number(MOST_ROWS), sheets=", ".join(cut)))
    for row, sentence in enumerate(told, start=1):
        page.merge_range(row, 0, row, 1, sentence, styles["wrap"])
        _make_room(page, row, sentence, WIDE)
    head = len(told) + 2
    page.write_row(head, 0, [say("sheet"), say("what is in it")], styles["head"])
    links = [
        (f"internal:{live.quoted(one.title)}!A1", one.title, one.sentence) for one in sheets if not one.hidden
    ]
    if "offer" in frame:
        calls_are = say(
            "whom to call or visit, with what to know and to say; filled in, it is handed in again"
        )
        links.append((f"external:{CALLS_FILE}", CALLS_FILE, calls_are))
    for row, (link, title, sentence) in enumerate(links, start=head + 1):
        page.write_url(row, 0, link, styles["link"], title)
        page.write_string(row, 1, sentence, styles["wrap"])
        _make_room(page, row, sentence, WIDE - NARROW)
    page.set_column(0, 0, NARROW)
    page.set_column(1, 1, WIDE - NARROW)
    printable(page, head)


def _make_room(page: Any, row: int, sentence: str, width: int) -> None:
    """Make a row as high as its sentence needs in a cell of so many characters."""
    page.set_row(row, POINTS_PER_LINE * (1 + len(sentence) // width) + 4)


def _introduction(run: Chapter, frame: pd.DataFrame) -> list[str]:
    """Return what the first sheet says before the table of columns."""
    words, say, found = run.words, run.words.say, live.of(run, frame)
    date, currency = words.date(run.as_of), run.settings.currency
    said = [
        say("Data as of {date}. Money in {currency}.", date=date, currency=currency),
        say("Personal data: handle it as the client's own records are handled."),
    ]
    if found is None:
        return said
    live_now = words.say_many(
        "Live: {n} customer in the sheet {scoring} follows the yellow cells of the sheet {weights}; all other"
        " lists are as delivered, as values.",
        "Live: {n} customers in the sheet {scoring} follow the yellow cells of the sheet {weights}; all other"
        " lists are as delivered, as values.",
        found.n,
        **{name: found.titles[name] for name in ("scoring", "weights")},
    )
    if len(found.later):
        live_now += " " + say(
            "The other {n} ranked customers are values too: more than {most} would make a spreadsheet slow.",
            n=words.number(len(found.later)),
            most=words.number(live.MOST_LIVE),
        )
    return [
        *said,
        live_now,
        say("This ranking shows who is valuable, not who can be won."),
    ]
