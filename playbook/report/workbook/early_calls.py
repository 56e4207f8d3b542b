"""The calls of early warning: whom to call before they leave, and whom chance holds back."""

from datetime import timedelta
from typing import Any

import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.warning.openings import call_words, promises, usual_caller
from playbook.offers import catalogue
from playbook.offers.window import Window
from playbook.report.workbook.calls import LEFT_OUT, RoomySheet
from playbook.report.workbook.sheets import Column, TableSheet, who
from playbook.settings.client import client_folder
from playbook.show.words import Words

WORKING_DAYS = 5
REPEATED = ("warning", "know", "first_step", "leaving_risk", "margin_at_stake")
ON_SCREEN = ("leaving_risk", "margin_at_stake")
"""Columns that a caller does not need on paper."""
WIDTHS = {
    "call_rank": 6,
    "by": 11,
    "caller": 18,
    "language": 5,
    "warning": 34,
    "know": 30,
    "first_step": 28,
    "say": 46,
    "promise": 24,
    "notes": 26,
}


def early_calls(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the sheet for those who call: whom, by when, why, what to say first, room for notes.

    None where nobody is called. Nobody without consent for a call, on the suppression list or held
    back is in it: chapter 05 has not given them a place.
    """
    if "call_rank" not in frame or not frame["call_rank"].notna().any():
        return None
    words, say = run.words, run.words.say
    listed = frame[frame["call_rank"].notna()].sort_values("call_rank", ignore_index=True)
    offers = catalogue.load(run.settings, client_folder(run.client, run.data))
    usual = listed["call_kind"].map(lambda kind: usual_caller(offers, kind) or say("customer service"))
    monday = Window(run.as_of, 1).start
    friday = monday + timedelta(days=WORKING_DAYS - 1)
    sheet = listed.assign(
        by=listed["call_kind"].map(lambda kind: monday if kind == "cancellation" else friday),
        caller=listed["caller"].where(listed["caller"].notna(), usual),
        know=_known(listed, words),
        say=call_words(listed, run.settings),
        promise=promises(listed["call_kind"], offers, words),
        notes=None,
    )
    sentence = words.say_many(
        "{n} customer to call in the week of {monday}, before the customer leaves. Listen, and sell nothing;"
        " who asks to be left in peace is left in peace.",
        "{n} customers to call in the week of {monday}, before they leave, those with most at stake first."
        " Listen, and sell nothing; who asks to be left in peace is left in peace.",
        len(sheet),
        monday=words.date(monday),
    )
    return RoomySheet(
        say("Early-warning calls"), sentence, sheet, _columns(frame, words), ON_SCREEN, widths=WIDTHS
    )


def _columns(frame: pd.DataFrame, words: Words) -> list[Column]:
    say = words.say
    return [
        Column("call_rank", say("call"), "number", say("1 is whom to call first")),
        Column("by", say("call by"), "date", say("a cancellation is called about before it is confirmed")),
        Column("caller", say("responsible"), "text", say("who looks after the customer, else the usual one")),
        *[column for column in who(frame, words) if column.name not in LEFT_OUT],
        Column("warning", say("why"), "long", say("what the customer showed, or has not done")),
        Column("know", say("what to know"), "long", say("from the client's own records")),
        Column("first_step", say("begin with"), "long", say("what the call is about")),
        Column("say", say("what to say first"), "long", say("in the customer's language")),
        Column("promise", say("may be promised"), "long", say("from the catalogue of offers")),
        Column("notes", say("reached, agreed, notes"), "text", say("for the caller to fill in")),
        Column("leaving_risk", say("risk to leave"), "share", say("of no order within the horizon")),
        Column(
            "margin_at_stake", say("margin at stake"), "money", say("the risk times the margin of who stays")
        ),
    ]


def calls_held_back(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return who would be called and is not, by chance; None where there is nobody."""
    if "call_held_back" not in frame or not frame["call_held_back"].any():
        return None
    words, say = run.words, run.words.say
    held = frame[frame["call_held_back"]].sort_values("customer_id", ignore_index=True)
    sentence = say(
        "Do NOT call to ask whether they are satisfied: drawn by chance, to measure what such calls do. Who"
        " complains, cancels or calls is served as everybody is."
    )
    return TableSheet(say("Calls held back"), sentence, held, who(frame, words))


def write_instead(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return who would be called, may not be, and may be written to; None where there is nobody."""
    if "write_instead" not in frame or not frame["write_instead"].any():
        return None
    words, say = run.words, run.words.say
    listed = frame[frame["write_instead"]]
    listed = listed.sort_values(
        ["margin_at_stake", "customer_id"], ascending=[False, True], ignore_index=True
    )
    ways = {"letter": say("letter"), "email": say("e-mail")}
    may = {way: listed[f"consent_{way}"].isin(("allowed", "assumed")) for way in ways}
    about = {
        "satisfaction": say("ask whether they are satisfied, and what could be better"),
        "complaint": say("apologise and put it right; sell nothing"),
        "cancellation": say("answer before you confirm the cancellation"),
    }
    sheet = listed.assign(
        ways=[", ".join(ways[way] for way in ways if may[way][row]) for row in listed.index],
        first_step=listed["call_kind"].map(about),
        know=_known(listed, words),
    )
    columns = [
        *who(frame, words),
        Column("ways", say("may be written to by"), "text", say("where consent is recorded or assumed")),
        *(column for column in _columns(frame, words) if column.name in REPEATED),
    ]
    sentence = say(
        "They would be called, had they agreed to it: write to them instead, and ask whether they may be"
        " called. Those with most at stake come first."
    )
    return RoomySheet(say("Write instead"), sentence, sheet, columns, widths=WIDTHS)


def _known(listed: pd.DataFrame, words: Words) -> list[str]:
    """Say what the customer has bought so far."""
    facts = listed[["orders", "first_order", "last_order", "margin"]].itertuples(index=False)
    return [
        words.say_many(
            "one order, on {last}; margin {margin}",
            "{n} orders, from {first} to {last}; margin {margin}",
            int(orders),
            first=_day(first, words),
            last=_day(last, words),
            margin=words.money(margin),
        )
        for orders, first, last, margin in facts
    ]


def _day(day: Any, words: Words) -> str:
    return words.date(pd.Timestamp(day).date())
