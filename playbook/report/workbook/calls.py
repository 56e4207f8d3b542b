"""What callers and visitors work from, and how much there is to do by week."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.plan.plan_sheet import read_plan
from playbook.offers.catalogue import NAMED
from playbook.offers.names import channel_names
from playbook.report.workbook.sheets import HEAD, PERSONAL, Column, TableSheet, who
from playbook.report.workbook.styles import WIDTHS, Styles
from playbook.show.words import Words

TALK_WIDTHS = {
    "know": 46,
    "first_words": 46,
    "offer": 22,
    "language": 5,
    "channel": 8,
    "week": 11,
    "notes": 26,
}
POINTS_PER_LINE, LEAST_POINTS = 13, 30
LEFT_OUT = ("email", "address")
"""Personal columns that a caller does not need."""
DAYS = ("first_order", "last_order", "complaint_on", "cancellation_on")


@dataclass(frozen=True)
class RoomySheet(TableSheet):
    """A sheet to work from on paper: rows as high as their texts, columns as wide as ``widths`` say."""

    widths: Mapping[str, int] = field(default_factory=dict)

    def write(self, page: Any, styles: Styles) -> None:
        """Write the sheet on an empty page."""
        super().write(page, styles)
        lines = np.ones(len(self.frame))
        for position, column in enumerate(self.shown):
            width = self.widths.get(column.name, WIDTHS[column.kind])
            page.set_column(position, position, width, styles[column.kind])
            if column.kind == "long":
                length = self.frame[column.name].astype(str).str.len().to_numpy()
                lines = np.maximum(lines, np.ceil(length / (0.95 * width)))
        page.set_row(HEAD, LEAST_POINTS, styles["head"])
        for row, n in enumerate(lines, start=HEAD + 1):
            page.set_row(row, POINTS_PER_LINE * float(n) + 3)


def weeks(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return how many contacts each responsible makes in each week; None without chapter 07."""
    if "offer" not in frame:
        return None
    words, say = run.words, run.words.say
    plan = read_plan(run.folder)
    names = channel_names(words)
    plan["channel"] = plan["channel"].map(names)
    by = ["week", "responsible", "channel", "offer"]
    counted = plan.groupby(by, as_index=False).agg(
        contacts=("customer_id", "size"),
        cost=("contact_cost", "sum"),
        contact_by=("contact_by", "min"),
        expected_profit=("expected_profit", "sum"),
    )
    columns = [
        Column("week", say("week"), "date", say("its Monday")),
        Column("responsible", say("responsible"), "text", say("who does it")),
        Column("channel", say("channel"), "text", ""),
        Column("offer", say("offer"), "text", say("from the catalogue")),
        Column("contacts", say("contacts"), "number", ""),
        Column("cost", say("they cost"), "money", say("without incentives")),
        Column(
            "contact_by", say("earliest deadline"), "date", say("the first of them no longer pays after it")
        ),
        Column("expected_profit", say("expected profit"), "money", say("over leaving the customers alone")),
    ]
    sentence = say("Who does how much, and when.")
    return RoomySheet(say("Weeks"), sentence, counted, columns, widths={"offer": 34, "responsible": 22})


def calls(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the sheet for those who call or visit: whom, what to know, what to say first, room for notes.

    None where nobody is called or visited.
    """
    if "offer" not in frame:
        return None
    words, say = run.words, run.words.say
    plan = read_plan(run.folder)
    plan = plan[plan["channel"].isin(NAMED)]
    if plan.empty:
        return None
    personal = [name for name in PERSONAL if name in frame and name not in LEFT_OUT]
    sheet = plan.merge(frame[["customer_id", "orders", *DAYS, *personal]], on="customer_id", how="left")
    sheet = sheet.sort_values(["responsible", "week", "rank"], ignore_index=True)
    sheet["channel"] = sheet["channel"].map(channel_names(words))
    sheet["know"] = [_know(row, words) for row in sheet.to_dict("records")]
    columns = [
        Column("responsible", say("responsible"), "text", say("who speaks for the client")),
        Column("week", say("week"), "date", say("its Monday")),
        Column("contact_by", say("contact by"), "date", say("after it the offer no longer pays: leave it")),
        *[column for column in who(frame, words) if column.name not in LEFT_OUT],
        Column("channel", say("channel"), "text", ""),
        Column("know", say("what to know"), "long", say("from the client's own records")),
        Column("first_words", say("what to say first"), "long", say("in the customer's language")),
        Column("offer", say("offer"), "text", say("from the catalogue")),
        Column("incentive_return", say("on return"), "money", say("what may be promised on return")),
        Column("incentive_stay", say("on staying"), "money", say("what may be promised for staying")),
        Column("notes", say("reached, agreed, notes"), "text", say("for the caller to fill in")),
    ]
    sentence = words.say_many(
        "{n} customer to call or visit. Listen first; who asks to be left in peace is left in peace.",
        "{n} customers to call or visit. Listen first; who asks to be left in peace is left in peace.",
        len(sheet),
    )
    return RoomySheet(say("Calls"), sentence, sheet.assign(notes=None), columns, widths=TALK_WIDTHS)


def _know(row: dict[Any, Any], words: Words) -> str:
    """Say what is known of a customer: history, what weighs on the talk, why they were chosen."""
    say = words.say
    days = {name: _date(row[name], words) for name in DAYS}
    said = [
        words.say_many("{n} order", "{n} orders", int(row["orders"])),
        say("first on {date}", date=days["first_order"]) if days["first_order"] else "",
        say("last on {date}", date=days["last_order"]) if days["last_order"] else "",
        say("COMPLAINT of {date} not solved", date=days["complaint_on"]) if days["complaint_on"] else "",
        say("CANCELLATION announced on {date}: call before you confirm it", date=days["cancellation_on"])
        if days["cancellation_on"]
        else "",
    ]
    return "; ".join([*(part for part in said if part), str(row["reason"])])


def _date(day: Any, words: Words) -> str:
    return "" if pd.isna(day) else words.date(pd.Timestamp(day).date())
