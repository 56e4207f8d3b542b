"""Chapter 07, last part: what would change the plan: other responses, budgets, callers."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from playbook.archive.findings import Finding, rounded
from playbook.chapters.plan.assignment import assign
from playbook.chapters.plan.pictures import profit_curve
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.words import assumed_sentences, change_sentences
from playbook.offers.response import Form
from playbook.records.arrays import Flags
from playbook.show.display import Column, Table
from playbook.show.figures import Picture
from playbook.show.words import Words
from playbook.stats.result import Result

LOWER = 0.7
SCALES = (0.5, LOWER, 0.85, 1.0, 1.15, 1.3)
NEAR_ENOUGH = 0.005
"""Share of the possible profit that may be missing in these plans, which nobody carries out."""
STEPS = 8
"""Points of the profit curve above a budget of nothing."""


@dataclass(frozen=True)
class WhatIf(Result):
    """The plan under other circumstances.

    Attributes
    ----------
    plan : Plan
    other_form : str
        The form of response that the plan does not take.
    other_customers : int
        Customers of the plan under the other form.
    other_profit : float
        What that plan brings, if that form is true.
    in_common : float
        Share of this plan's customers who would be in the other too; NaN where it holds nobody.
    responses : DataFrame
        scale (of all responses), profit (of this plan as it stands), customers and
        planned_profit (of the plan made for that response), common (share of this plan's customers
        who keep their offer in that one).
    break_even : float
        Scale of all responses at which this plan brings nothing; NaN without a plan.
    budgets : DataFrame
        budget, profit, spend: the best plan for each budget.
    caller : float or None
        What one more caller would bring, before pay; None where nothing limits the calls.
    """

    plan: Plan
    other_form: Form
    other_customers: int
    other_profit: float
    in_common: float
    responses: pd.DataFrame
    break_even: float
    budgets: pd.DataFrame
    caller: float | None

    def findings(self) -> list[Finding]:
        """Return what would change the plan."""
        n, campaign = len(self.plan.contacts), self.plan.campaign
        lower = self.responses[self.responses["scale"] == LOWER].iloc[0]
        profit, customers = round(float(lower["profit"]), 2), int(lower["customers"])
        caller = None if self.caller is None else round(self.caller, 2)
        calls = campaign.settings.offers.contacts_per_caller
        other, form = round(self.other_profit, 2), self.other_form
        return [
            Finding("profit_if_response_30_lower", profit, unit="money", n=n),
            Finding("customers_if_response_30_lower", customers, unit="customers", n=n),
            Finding("share_kept_if_30_lower", rounded(lower["common"]), unit="share", n=n),
            Finding("value_of_one_more_caller", caller, unit="money", n=calls),
            Finding("profit_without_limit", round(float(self.budgets["profit"].iloc[-1]), 2), unit="money"),
            Finding("break_even_response", rounded(self.break_even), unit="share", n=n),
            Finding("profit_other_form", other, unit="money", n=self.other_customers, verdict=form),
            Finding("share_in_common", rounded(self.in_common), unit="share", n=n),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say what would change the advice, and what was assumed."""
        known = self.plan.by_name | self.by_name
        return [*change_sentences(known, words), *assumed_sentences(known, words)]

    def table(self, words: Words) -> Table:
        """Return this plan, and the one made for it, under other responses."""
        say = words.say
        columns: dict[str, Column] = {
            "scale": (say("responses, of what is stated"), "percent"),
            "profit": (say("this plan brings"), "money"),
            "customers": (say("customers of the plan made for them"), "number"),
            "planned_profit": (say("that plan brings"), "money"),
            "common": (say("of this plan keep their offer"), "percent"),
        }
        return Table(self.responses, say("If offers worked better or worse"), words, columns=columns)

    def form_table(self, words: Words) -> Table:
        """Return the plan under both forms of response."""
        say = words.say
        names = {
            "points": say("the same points added for everybody"),
            "odds": say("everybody's odds multiplied alike"),
        }
        rows = [
            (names[self.plan.form], len(self.plan.contacts), self.plan.profit, None),
            (names[self.other_form], self.other_customers, self.other_profit, self.in_common),
        ]
        columns: dict[str, Column] = {
            "form": say("an offer means"),
            "customers": (say("customers"), "number"),
            "profit": (say("expected profit"), "money"),
            "common": (say("of this plan's customers"), "percent"),
        }
        frame = pd.DataFrame(rows, columns=list(columns))
        return Table(frame, say("The plan under both forms of response"), words, columns=columns)

    def figure(self, words: Words) -> Picture | None:
        """Draw the expected profit over the budget; None where a plan is too unlikely to pay to be made."""
        if self.plan.why_nobody == "no_even_chance":
            return None
        budget = self.plan.campaign.settings.offers.budget
        return profit_curve(self.budgets, budget, words, self.caller)


def what_would_change(plan: Plan) -> WhatIf:
    """Make the plan again under the other form of response, other responses and other budgets."""
    other: Form = "odds" if plan.form == "points" else "points"
    again = plan.best(plan.problem(other), NEAR_ENOUGH)
    return WhatIf(
        plan=plan,
        other_form=other,
        other_customers=int(again.chosen.sum()),
        other_profit=again.profit,
        in_common=_share_of(plan.assignment.chosen, again.chosen),
        responses=pd.DataFrame([_at_scale(plan, scale) for scale in SCALES]),
        break_even=_break_even(plan),
        budgets=_budgets(plan),
        caller=_one_more_caller(plan),
    )


def profit_at(plan: Plan, scale: float) -> float:
    """Return what a plan brings where all responses are ``scale`` times what is stated."""
    campaign, choice = plan.campaign, plan.assignment.choice
    return sum(
        float(campaign.profit(offer, plan.form, campaign.response_of(offer, scale))[choice == offer].sum())
        for offer in range(len(campaign.offers))
    )


def _at_scale(plan: Plan, scale: float) -> dict[str, float]:
    mine = plan.assignment
    best = mine if scale == 1 else plan.best(plan.problem(scale=scale), NEAR_ENOUGH)
    return {
        "scale": scale,
        "profit": profit_at(plan, scale),
        "customers": int(best.chosen.sum()),
        "planned_profit": best.profit,
        "common": _share_of(mine.chosen, best.choice == mine.choice),
    }


def _share_of(chosen: Flags, those: Flags) -> float:
    return float(those[chosen].mean()) if chosen.any() else float("nan")


def _one_more_caller(plan: Plan) -> float | None:
    """Return what the best plan with one more caller would bring above this one."""
    campaign = plan.campaign
    by_phone = np.array([offer.channel == "phone" for offer in campaign.offers])
    more = campaign.capacities.with_more(by_phone, campaign.settings.offers.contacts_per_caller)
    if (more.capacity == campaign.capacities.capacity).all():
        return None
    return max(0.0, plan.best(plan.problem(capacities=more)).profit - plan.assignment.profit)


def _break_even(plan: Plan) -> float:
    """Return the scale of all responses at which the plan brings nothing, 0 where it always pays."""
    if not len(plan.contacts):
        return float("nan")
    if profit_at(plan, 0.0) >= 0:
        return 0.0
    return float(brentq(lambda scale: profit_at(plan, scale), 0.0, 1.0))


def _budgets(plan: Plan) -> pd.DataFrame:
    """Return the best plan for budgets from nothing to what everybody worth an offer would cost."""
    problem = plan.problem()
    without_limit = replace(problem, budget=float(problem.spend.sum()))
    everybody = without_limit.used(assign(without_limit, NEAR_ENOUGH).choice)[0]
    budgets = np.linspace(0, max(everybody, 1.05 * min(problem.budget, everybody)), STEPS + 1)
    best = [plan.best(replace(problem, budget=float(budget)), NEAR_ENOUGH) for budget in budgets]
    return pd.DataFrame(
        {
            "budget": budgets,
            "profit": [found.profit for found in best],
            "spend": [problem.used(found.choice)[0] for found in best],
        }
    )
