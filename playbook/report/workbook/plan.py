"""The plan: how much there is to do by week, the contacts to make, and who must not be contacted."""

import pandas as pd

from playbook.chapter import Chapter
from playbook.offers.names import channel_names
from playbook.report.workbook.columns import WHO, choose_columns
from playbook.report.workbook.sheets import RoomySheet, TableSheet
from playbook.stats.trials.earlier import read_plan

WEEKS_WIDTHS = {"offer": 34, "responsible": 22}
PLAN_WIDTHS = {
    "week": 11,
    "responsible": 16,
    "customer_id": 10,
    "name": 20,
    "offer": 24,
    "channel": 8,
    "reason": 44,
}
MONEY = ("contact_cost", "incentive_return", "incentive_stay", "expected_profit_low", "expected_profit_high")
"""Columns of the plan that are on the screen only."""


def weeks(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return how many contacts each responsible makes in each week; None without chapter 07."""
    if "offer" not in frame:
        return None
    words, say, plan = run.words, run.words.say, _planned(run)
    counted = plan.groupby(["week", "responsible", "channel", "offer"], as_index=False).agg(
        contacts=("customer_id", "size"),
        contacts_cost=("contact_cost", "sum"),
        earliest=("contact_by", "min"),
        expected_profit=("expected_profit", "sum"),
    )
    columns = choose_columns(words, *counted.columns, expected_profit=say("over leaving the customers alone"))
    sentence = say("Who does how much, and when.")
    return RoomySheet(say("Weeks"), sentence, counted, columns, widths=WEEKS_WIDTHS)


def contacts(run: Chapter, frame: pd.DataFrame) -> TableSheet | None:
    """Return the contacts to make, None without chapter 07; calls.xlsx and mailing/ say how to reach whom."""
    if "offer" not in frame:
        return None
    words, say, plan = run.words, run.words.say, _planned(run)
    named = frame[["customer_id", *(["name"] if "name" in frame else [])]]
    plan = plan.merge(named, on="customer_id", how="left")
    columns = choose_columns(
        words,
        *("week", "responsible", "customer_id", "name", "offer", "channel", "contact_by"),
        *("return_probability", "return_probability_with_offer", "expected_profit", "reason", *MONEY),
        reason=say("why this customer"),
    )
    sentence = words.say_many("{n} contact to make.", "{n} contacts to make.", len(plan))
    return RoomySheet(say("Plan"), sentence, plan, columns, MONEY, PLAN_WIDTHS)


def _planned(run: Chapter) -> pd.DataFrame:
    """Return the contacts of the plan."""
    plan = read_plan(run.folder, dates=["week", "contact_by"])
    return plan.assign(channel=plan["channel"].map(channel_names(run.words)))


def held_back(run: Chapter, frame: pd.DataFrame) -> TableSheet:
    """Return who is left alone so that the effect of offers and calls can be measured."""
    words, say = run.words, run.words.say
    drawn = {"holdout": say("offers"), "call_held_back": say("calls of early warning")}
    parts = [frame[frame[name]].assign(spared=of) for name, of in drawn.items() if name in frame]
    held = pd.concat(parts or [frame.head(0)]).sort_values(["rank", "customer_id"], ignore_index=True)
    sentence = say(
        "Do NOT contact: drawn by chance, to measure what offers and calls do to the others. Who complains,"
        " cancels or calls is served as everybody is."
    )
    return TableSheet(say("Held back"), sentence, held, choose_columns(words, *WHO, "spared", "rank"))
