"""Sliders for budget, cost and response, with the profit curve redrawn."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from playbook.chapters.plan.assignment import assign
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.pictures import profit_curve
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.prices import Problem
from playbook.show.display import Table
from playbook.show.figures import Picture
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words

if TYPE_CHECKING:
    from ipywidgets import VBox

ENOUGH = 20_000
"""Customers of whom the sliders plan for a sample, so that they answer at once."""
NEAR_ENOUGH = 0.01
BUDGETS = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3)
COSTS = (0.5, 0.75, 1, 1.5, 2)
RESPONSES = (0.5, 0.7, 0.85, 1, 1.15, 1.3)
CURVE = (0, 0.25, 0.5, 1, 2, 3)
"""Budgets of the curve, as multiples of the client's."""


def explore_plan(plan: Plan, words: Words) -> "VBox | Table":
    """Show what budget, cost of contact and response do to the plan's profit."""
    budget, say = plan.campaign.settings.offers.budget, words.say
    knobs = {
        "money": Knob(
            say("budget"), [budget * part for part in BUDGETS if budget or not part], budget, words.money
        ),
        "cost": Knob(say("cost of a contact"), COSTS, 1, words.percent),
        "response": Knob(say("responses"), RESPONSES, 1, words.percent),
    }

    def ask(money: float, cost: float, response: float) -> Answer:
        return answer(plan, money, cost, response, words)

    caption = say("What budget, cost and response do to the plan")
    return explore(caption, ask, knobs, words)


def answer(plan: Plan, money: float, cost: float, response: float, words: Words) -> Answer:
    """Return the best plan for a budget, costs and responses as multiples of those stated.

    For those of the plan itself these are the plan's own figures: others are found less exactly, of a
    sample where there are many customers.
    """
    campaign = dearer(plan.campaign, cost)
    whole = campaign.problem(plan.form, response, money, with_held_back=plan.pilot is not None)
    part, share = _sample(whole)
    if plan.pilot and plan.profit:  # drawn by chance: what is left alone is the same part of every plan
        share *= plan.undivided.profit / plan.profit
    as_planned = (money, cost, response) == (plan.campaign.settings.offers.budget, 1, 1)
    profit, customers, spending = _totals(plan) if as_planned else _nearly(part, share)
    most = max(plan.campaign.settings.offers.budget, money)
    cells = {
        words.say("expected profit"): words.money(profit),
        words.say("customers"): words.number(customers),
        words.say("expected spending"): words.money(spending),
    }

    def draw() -> Picture:
        curve = pd.DataFrame({"budget": [most * at for at in CURVE]})
        curve["profit"] = [
            assign(replace(part, budget=budget * share), NEAR_ENOUGH).profit / share
            for budget in curve["budget"]
        ]
        return profit_curve(curve, money, words)

    return Answer(cells, draw)


def _totals(plan: Plan) -> tuple[float, int, float]:
    """Return the plan's profit, its customers and what it is expected to spend."""
    return plan.profit, len(plan.contacts), plan.spend


def _nearly(part: Problem, share: float) -> tuple[float, int, float]:
    """Return the same of the best plan that is soon found, from a share of the customers."""
    found = assign(part, NEAR_ENOUGH)
    spent = float(part.used(found.choice)[0])
    return found.profit / share, round(found.chosen.sum() / share), spent / share


def dearer(campaign: Campaign, factor: float) -> Campaign:
    """Return the campaign with all contacts costing so many times as much."""
    offers = tuple(offer.model_copy(update={"cost": offer.cost * factor}) for offer in campaign.offers)
    return replace(campaign, offers=offers)


def _sample(whole: Problem) -> tuple[Problem, float]:
    if len(whole.profit) <= ENOUGH:
        return whole, 1.0
    part, share = whole.sample(ENOUGH)
    # Rounded up: a part of a caller can make no call.
    return replace(part, capacity=np.ceil(part.capacity)), share
