"""The plan: how much there is to do by week, the contacts to make, and who must not be contacted."""

import pandas as pd

from playbook.chapter import Chapter
from playbook.offers.names import channel_names
from playbook.report.workbook.columns import PERSONAL, WHO, choose_columns
from playbook.report.workbook.sheets import RoomySheet, TableSheet
from playbook.stats.trials.earlier import read_plan


def weeks(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return how many contacts each responsible makes in each week; None without chapter 07."""
    if "offer" not in frame:
        return None
    words, say = run.words, run.words.say
    plan = read_plan(run.folder, dates=["week", "contact_by"])
    plan["channel"] = plan["channel"].map(channel_names(words))
    counted = plan.groupby(["week", "responsible", "channel", "offer"], as_index=False).agg(
        contacts=("customer_id", "size"),
        contacts_cost=("contact_cost", "sum"),
        earliest=("contact_by", "min"),
        expected_profit=("expected_profit", "sum"),
    )
    columns = choose_columns(words, *counted.columns, expected_profit=say("over leaving the customers alone"))
    sentence = say("Who does how much, and when.")
    return RoomySheet(say("Weeks"), sentence, counted, columns, widths={"offer": 34, "responsible": 22})


def contacts(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the contacts to make; None without chapter 07."""
    if "offer" not in frame:
        return None
    words, say = run.words, run.words.say
    plan = read_plan(run.folder, dates=["week", "contact_by"])
    personal = frame[["customer_id", *(name for name in PERSONAL if name in frame)]]
    plan = plan.merge(personal, on="customer_id", how="left")
    plan["channel"] = plan["channel"].map(channel_names(words))
    columns = choose_columns(
        words,
        *("week", "responsible", *WHO, "offer", "channel", "contact_by", "contact_cost"),
        *("incentive_return", "incentive_stay", "return_probability", "return_probability_with_offer"),
        *("expected_profit", "expected_profit_low", "expected_profit_high", "reason", "first_words"),
        reason=say("why this customer"),
        first_words="",
    )
    sentence = words.say_many("{n} contact to make.", "{n} contacts to make.", len(plan))
    return TableSheet(say("Plan"), sentence, plan, columns)


def held_back(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return who is left alone so that the effect can be measured; None without chapter 07."""
    if "holdout" not in frame:
        return None
    words, say = run.words, run.words.say
    held = frame[frame["holdout"]].sort_values("rank")
    columns = choose_columns(words, *WHO, "rank")
    sentence = say("Do NOT contact: drawn by chance, to measure what the offers do to the others.")
    return TableSheet(say("Held back"), sentence, held, columns)
