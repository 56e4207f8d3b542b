"""What callers and visitors work from, and how much there is to do by week."""

from typing import Any

import pandas as pd

from playbook.catalogue import NAMED
from playbook.chapter import Chapter
from playbook.offer_words import channel_names
from playbook.plan_sheet import read_plan
from playbook.wording import Words
from playbook.workbook.sheets import PERSONAL, Column, TableSheet, who

LEFT_OUT = ("email", "address")
"""Personal columns that a caller does not need."""
DAYS = ("first_order", "last_order", "complaint_on", "cancellation_on")


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
    return TableSheet(say("Weeks"), say("Who does how much, and when."), counted, columns)


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
    empty = {"reached": None, "agreed": None, "notes": None}
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
        Column("reached", say("reached on"), "text", say("for the caller to fill in")),
        Column("agreed", say("agreed"), "text", say("for the caller to fill in")),
        Column("notes", say("notes"), "text", say("complaints go to the responsible the same day")),
    ]
    sentence = words.say_many(
        "{n} customer to call or visit. Listen first; who asks to be left in peace is left in peace.",
        "{n} customers to call or visit. Listen first; who asks to be left in peace is left in peace.",
        len(sheet),
    )
    return TableSheet(say("Calls"), sentence, sheet.assign(**empty), columns)


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
