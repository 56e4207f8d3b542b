"""What callers and visitors work from: the calls of the plan, and those of early warning."""

from datetime import timedelta
from typing import Any

import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.warning.openings import call_words, promises, usual_caller
from playbook.offers import catalogue
from playbook.offers.names import channel_names
from playbook.offers.window import Window
from playbook.records.consent import MAY_BE_CONTACTED
from playbook.report.workbook.columns import WHO, WHO_TO_CALL, choose_columns
from playbook.report.workbook.sheets import RoomySheet, TableSheet
from playbook.show.words import Words
from playbook.stats.trials.earlier import read_plan

DATED = {
    "first_order": "first on {date}",
    "last_order": "last on {date}",
    "complaint_on": "COMPLAINT of {date} not solved",
    "cancellation_on": "CANCELLATION announced on {date}: call before you confirm it",
}
"""What is said of a customer's days, where they are known."""
AT_STAKE = ("leaving_risk", "margin_at_stake")
"""Columns of early warning that a caller does not need on paper."""
WORKING_DAYS = 5
PLAN_WIDTHS = {
    "know": 46,
    "first_words": 46,
    "offer": 22,
    "language": 5,
    "channel": 8,
    "week": 11,
    "notes": 26,
}
EARLY_WIDTHS = {
    "call_rank": 6,
    "by": 11,
    "caller": 18,
    "language": 5,
    "warning": 34,
    "know": 30,
    "first_step": 28,
    "first_words": 46,
    "promise": 24,
    "notes": 26,
}


def calls(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the sheet for those who call or visit: whom, what to know, what to say first, room for notes.

    None where nobody is called or visited.
    """
    if "offer" not in frame:
        return None
    words, say = run.words, run.words.say
    plan = read_plan(run.folder, dates=["week", "contact_by"])
    plan = plan[plan["channel"].isin(catalogue.NAMED)]
    if plan.empty:
        return None
    facts = ["customer_id", "orders", *DATED, *(name for name in WHO_TO_CALL[1:] if name in frame)]
    sheet = plan.merge(frame[facts], on="customer_id", how="left")
    sheet = sheet.sort_values(["responsible", "week", "rank"], ignore_index=True)
    sheet["channel"] = sheet["channel"].map(channel_names(words))
    sheet["know"] = [_know(row, words) for row in sheet.to_dict("records")]
    columns = choose_columns(
        words,
        *("responsible", "week", "contact_by", *WHO_TO_CALL, "channel", "know", "first_words", "offer"),
        *("incentive_return", "incentive_stay", "notes"),
        responsible=say("who speaks for the client"),
        contact_by=say("after it the offer no longer pays: leave it"),
        incentive_return=say("what may be promised on return"),
        incentive_stay=say("what may be promised for staying"),
    )
    sentence = words.say_many(
        "{n} customer to call or visit. Listen first; who asks to be left in peace is left in peace.",
        "{n} customers to call or visit. Listen first; who asks to be left in peace is left in peace.",
        len(sheet),
    )
    return RoomySheet(say("Calls"), sentence, sheet.assign(notes=None), columns, widths=PLAN_WIDTHS)


def _know(row: dict[Any, Any], words: Words) -> str:
    """Say what is known of a customer: history, what weighs on the talk, why they were chosen."""
    dated = [
        words.say(message, date=_date(row[name], words))
        for name, message in DATED.items()
        if pd.notna(row[name])
    ]
    orders = words.say_many("{n} order", "{n} orders", int(row["orders"]))
    return "; ".join([orders, *dated, str(row["reason"])])


def _date(day: Any, words: Words) -> str:
    return words.date(pd.Timestamp(day).date())


# Early warning --------------------------------------------------------------------------------


def early_calls(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the sheet for those who call: whom, by when, why, what to say first, room for notes.

    None where nobody is called. Nobody without consent for a call, on the suppression list or held
    back is in it: chapter 05 has not given them a place.
    """
    if "call_rank" not in frame or not frame["call_rank"].notna().any():
        return None
    words, say = run.words, run.words.say
    listed = frame[frame["call_rank"].notna()].sort_values("call_rank", ignore_index=True)
    offers = catalogue.load(run.settings, run.client_folder)
    usual = listed["call_kind"].map(lambda kind: usual_caller(offers, kind) or say("customer service"))
    monday = Window(run.as_of, 1).start
    friday = monday + timedelta(days=WORKING_DAYS - 1)
    sheet = listed.assign(
        by=listed["call_kind"].map(lambda kind: monday if kind == "cancellation" else friday),
        caller=listed["caller"].where(listed["caller"].notna(), usual),
        know=_bought(listed, words),
        first_words=call_words(listed, run.settings),
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
    columns = choose_columns(
        words,
        *("call_rank", "by", "caller", *WHO_TO_CALL, "warning", "know", "first_step", "first_words"),
        *("promise", "notes", *AT_STAKE),
    )
    return RoomySheet(say("Early-warning calls"), sentence, sheet, columns, AT_STAKE, EARLY_WIDTHS)


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
    return TableSheet(say("Calls held back"), sentence, held, choose_columns(words, *WHO))


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
    may = {way: listed[f"consent_{way}"].isin(MAY_BE_CONTACTED) for way in ways}
    about = {
        "satisfaction": say("ask whether they are satisfied, and what could be better"),
        "complaint": say("apologise and put it right; sell nothing"),
        "cancellation": say("answer before you confirm the cancellation"),
    }
    sheet = listed.assign(
        ways=[", ".join(ways[way] for way in ways if may[way][row]) for row in listed.index],
        first_step=listed["call_kind"].map(about),
        know=_bought(listed, words),
    )
    columns = choose_columns(words, *WHO, "ways", "warning", "know", "first_step", *AT_STAKE)
    sentence = say(
        "They would be called, had they agreed to it: write to them instead, and ask whether they may be"
        " called. Those with most at stake come first."
    )
    return RoomySheet(say("Write instead"), sentence, sheet, columns, widths=EARLY_WIDTHS)


def _bought(listed: pd.DataFrame, words: Words) -> list[str]:
    """Say what the customer has bought so far."""
    facts = listed[["orders", "first_order", "last_order", "margin"]].itertuples(index=False)
    return [
        words.say_many(
            "one order, on {last}; margin {margin}",
            "{n} orders, from {first} to {last}; margin {margin}",
            int(orders),
            first=_date(first, words),
            last=_date(last, words),
            margin=words.money(margin),
        )
        for orders, first, last, margin in facts
    ]
