"""The plan, and who must not be contacted."""

import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.plan.plan_sheet import read_plan
from playbook.offers.names import channel_names
from playbook.report.workbook.sheets import PERSONAL, Column, TableSheet, who


def contacts(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the contacts to make; None without chapter 07."""
    if "offer" not in frame:
        return None
    words, say = run.words, run.words.say
    plan = read_plan(run.folder)
    personal = frame[["customer_id", *(name for name in PERSONAL if name in frame)]]
    plan = plan.merge(personal, on="customer_id", how="left")
    columns = [
        Column("week", say("week"), "date", say("its Monday")),
        Column("responsible", say("responsible"), "text", say("who does it")),
        *who(frame, words),
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
    plan["channel"] = plan["channel"].map(channel_names(words))
    sentence = words.say_many("{n} contact to make.", "{n} contacts to make.", len(plan))
    return TableSheet(say("Plan"), sentence, plan, columns)


def held_back(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return who is left alone so that the effect can be measured; None without chapter 07."""
    if "holdout" not in frame:
        return None
    words, say = run.words, run.words.say
    held = frame[frame["holdout"]].sort_values("rank")
    columns = [*who(frame, words), Column("rank", say("rank"), "number", "")]
    sentence = say("Do NOT contact: drawn by chance, to measure what the offers do to the others.")
    return TableSheet(say("Held back"), sentence, held, columns)
