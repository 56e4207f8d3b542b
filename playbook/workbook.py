"""``workbook.xlsx``: the ranking, the plan, whom to let go and whom to leave alone, for the client's desk.

It carries names and contact details, which the report does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import xlsxwriter

from playbook.chapter import Chapter
from playbook.wording import Words

FILE = "workbook.xlsx"
PERSONAL = ("name", "email", "phone", "address", "language")
"""Columns of the client's customer table that the sheets repeat where they are there."""
WIDTHS = {"text": 18, "long": 60, "number": 11, "money": 13, "share": 11, "date": 12, "decimal": 10}


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its name in the tables, its heading, how it is shown, and what it means."""

    name: str
    heading: str
    kind: str
    note: str


@dataclass(frozen=True)
class Sheet:
    """A sheet: a title, a sentence above the table, and the table."""

    title: str
    sentence: str
    frame: pd.DataFrame
    columns: Sequence[Column]


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
    words = run.words
    sheets = [
        _ranking(frame, words),
        *([_plan(run, frame, words), _held_back(frame, words)] if "offer" in frame else []),
        _let_go(frame, words),
    ]
    partial = run.folder / "workbook.partial"
    with xlsxwriter.Workbook(partial, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": run.settings.client, "created": datetime(*run.as_of.timetuple()[:3])})
        styles = _styles(book, words)
        _write_notes(book, styles, run, sheets)
        for sheet in sheets:
            _write_sheet(book, styles, sheet)
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


# The sheets ----------------------------------------------------------------------------------


def _ranking(frame: pd.DataFrame, words: Words) -> Sheet:
    say = words.say
    ranked = frame[frame["rank"].notna()].sort_values("rank")
    points = [str(name) for name in frame if str(name).startswith("points_")]
    columns = [
        Column("rank", say("rank"), "number", say("1 is whom to win back first")),
        *_who(frame, words),
        Column("class", say("class"), "text", say("first, budget (if the budget allows), wait, let_go")),
        Column("score", say("score"), "decimal", say("sum of the points, each times its weight")),
        Column("second_lifetime_value", say("second lifetime value"), "money", say("margin if won back")),
        Column("return_probability", say("chance unaided"), "share", say("of an order within the horizon")),
        *_past(words),
        *(
            Column(name, name.removeprefix("points_"), "decimal", say("points from 0 to 10"))
            for name in points
        ),
        Column("reason", say("reasons"), "long", say("the two criteria with most points")),
        Column("weakest", say("weakest point"), "long", say("the criterion with fewest points")),
    ]
    sentence = words.say_many("{n} customer, best first.", "{n} customers, best first.", len(ranked))
    return Sheet(say("Ranking"), sentence, ranked, columns)


def _plan(run: Chapter, frame: pd.DataFrame, words: Words) -> Sheet:
    say = words.say
    plan = pd.read_csv(run.folder / "plan.csv", dtype={"customer_id": str}, parse_dates=["contact_by"])
    personal = frame[["customer_id", *(name for name in PERSONAL if name in frame)]]
    plan = plan.merge(personal, on="customer_id", how="left")
    columns = [
        Column("week", say("week"), "text", say("in which to make contact")),
        Column("responsible", say("responsible"), "text", say("who does it")),
        *_who(frame, words),
        Column("offer", say("offer"), "text", say("from the catalogue")),
        Column("channel", say("channel"), "text", ""),
        Column("contact_by", say("contact by"), "date", say("the last day on which the offer still pays")),
        Column("contact_cost", say("cost of contact"), "money", ""),
        Column("incentive_return", say("on return"), "money", say("paid if the customer returns")),
        Column("incentive_stay", say("on staying"), "money", say("paid if the customer stays")),
        Column("return_probability", say("chance unaided"), "share", say("of an order within the horizon")),
        Column("return_probability_with_offer", say("chance with the offer"), "share", ""),
        Column("expected_profit", say("expected profit"), "money", say("over leaving the customer alone")),
        Column("expected_profit_low", say("from"), "money", say("at the low end of the response")),
        Column("expected_profit_high", say("to"), "money", say("at the high end of the response")),
        Column("reason", say("reasons"), "long", say("why this customer")),
        Column("first_words", say("what to say first"), "long", ""),
    ]
    sentence = words.say_many("{n} contact to make.", "{n} contacts to make.", len(plan))
    return Sheet(say("Plan"), sentence, plan, columns)


def _held_back(frame: pd.DataFrame, words: Words) -> Sheet:
    say = words.say
    held = frame[frame["holdout"]].sort_values("rank")
    columns = [*_who(frame, words), Column("rank", say("rank"), "number", "")]
    sentence = say("Do NOT contact: drawn by chance, to measure what the offers do to the others.")
    return Sheet(say("Held back"), sentence, held, columns)


def _let_go(frame: pd.DataFrame, words: Words) -> Sheet:
    say = words.say
    gone = frame[frame["class"] == "let_go"].sort_values("rank")
    columns = [
        *_who(frame, words),
        Column("second_lifetime_value", say("second lifetime value"), "money", say("margin if won back")),
        Column("return_probability", say("chance unaided"), "share", say("of an order within the horizon")),
        *_past(words),
        Column("weakest", say("weakest point"), "long", say("the criterion with fewest points")),
    ]
    sentence = say(
        "No offer pays for them, even if it worked as well as hoped: leave a good last impression."
    )
    return Sheet(say("Let go"), sentence, gone, columns)


def _who(frame: pd.DataFrame, words: Words) -> list[Column]:
    personal = [Column(name, words.say(name), "text", "") for name in PERSONAL if name in frame]
    return [Column("customer_id", words.say("customer"), "text", words.say("the client's number")), *personal]


def _past(words: Words) -> list[Column]:
    say = words.say
    return [
        Column("orders", say("orders"), "number", say("days with a purchase")),
        Column("margin", say("past margin"), "money", say("net of returns")),
        Column("last_order", say("last order"), "date", ""),
        Column("silence_days", say("days of silence"), "number", say("since the last order")),
    ]


# Writing -------------------------------------------------------------------------------------


def _styles(book: Any, words: Words) -> dict[str, Any]:
    formats = {
        "text": "@",
        "number": "#,##0",
        "money": "#,##0.00",
        "share": "0.0%",
        "decimal": "0.0",
        "date": "yyyy-mm-dd",
    }
    styles = {name: book.add_format({"num_format": form}) for name, form in formats.items()}
    styles["long"] = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    styles["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    styles["title"] = book.add_format({"bold": True, "font_size": 14})
    return styles


def _write_notes(book: Any, styles: dict[str, Any], run: Chapter, sheets: Sequence[Sheet]) -> None:
    """Write the first sheet: what this is, and what each column of each sheet means."""
    page, say = book.add_worksheet(run.words.say("Notes")), run.words.say
    page.write_string(0, 0, run.settings.client, styles["title"])
    date, currency = run.words.date(run.as_of), run.settings.currency
    page.write_string(1, 0, say("Data as of {date}. Money in {currency}.", date=date, currency=currency))
    page.write_string(2, 0, say("Personal data: handle it as the client's own records are handled."))
    page.write_row(4, 0, [say("sheet"), say("column"), say("what it means")], styles["head"])
    notes = [(s.title, c.heading, c.note) for s in sheets for c in s.columns if c.note and c.name in s.frame]
    for row, note in enumerate(notes, start=5):
        page.write_row(row, 0, note)
    page.set_column(0, 1, 24)
    page.set_column(2, 2, 70)
    page.freeze_panes(5, 0)


def _write_sheet(book: Any, styles: dict[str, Any], sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.title)
    columns = [column for column in sheet.columns if column.name in sheet.frame]
    page.write_string(0, 0, sheet.sentence)
    page.write_row(2, 0, [column.heading for column in columns], styles["head"])
    for position, column in enumerate(columns):
        style = styles[column.kind]
        page.set_column(position, position, WIDTHS[column.kind], style)
        _write_column(page, position, sheet.frame[column.name], column.kind, style)
    page.freeze_panes(3, 0)
    if len(sheet.frame):
        page.autofilter(2, 0, 2 + len(sheet.frame), len(columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(2)


def _write_column(page: Any, position: int, values: pd.Series, kind: str, style: Any) -> None:
    """Write one column below the heading; text is text, even where it begins like a formula."""
    for row, value in enumerate(values, start=3):
        if pd.isna(value):
            continue
        if kind in ("text", "long"):
            page.write_string(row, position, str(value), style)
        elif kind == "date":
            page.write_datetime(row, position, pd.Timestamp(value).to_pydatetime(), style)
        else:
            page.write_number(row, position, float(value), style)
