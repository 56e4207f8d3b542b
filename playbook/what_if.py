"""Chapter 07, last part: what would change the plan, and what the naive campaign would have cost."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from playbook.assignment import assign
from playbook.display import BLUE, ORANGE, Picture, Table, heading, new_figure
from playbook.findings import Finding
from playbook.offer_words import assumed_sentences, change_sentences
from playbook.offers import Plan
from playbook.response import Form
from playbook.shadow_prices import NOBODY
from playbook.wording import Words

LOWER = 0.7
SCALES = (0.5, LOWER, 0.85, 1.0, 1.15, 1.3)
NEAR_ENOUGH = 0.005
"""Share of the possible profit that may be missing in these plans, which nobody carries out."""
STEPS = 8
"""Points of the profit curve above a budget of nothing."""


@dataclass(frozen=True)
class WhatIf:
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
        planned_profit (of the plan made for that response).
    break_even : float
        Scale of all responses at which this plan brings nothing; NaN without a plan.
    budgets : DataFrame
        budget, profit, customers, spend: the best plan for each budget.
    """

    plan: Plan
    other_form: Form
    other_customers: int
    other_profit: float
    in_common: float
    responses: pd.DataFrame
    break_even: float
    budgets: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return what would change the plan."""
        n = len(self.plan.contacts)
        lower = self.responses[self.responses["scale"] == LOWER].iloc[0]
        share = None if np.isnan(self.in_common) else round(self.in_common, 4)
        even = None if np.isnan(self.break_even) else round(self.break_even, 4)
        return [
            Finding("profit_if_response_30_lower", round(float(lower["profit"]), 2), unit="money", n=n),
            Finding("customers_if_response_30_lower", int(lower["customers"]), unit="customers", n=n),
            Finding("break_even_response", even, unit="share", n=n),
            Finding(
                "profit_other_form",
                round(self.other_profit, 2),
                unit="money",
                n=self.other_customers,
                verdict=self.other_form,
            ),
            Finding("share_in_common", share, unit="share", n=n),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say what would change the advice, and what was assumed."""
        found = {finding.name: finding for finding in [*self.plan.findings(), *self.findings()]}
        return [*change_sentences(found, words), *assumed_sentences(found, words)]

    def table(self, words: Words) -> Table:
        """Return this plan, and the one made for it, under other responses."""
        say = words.say
        headings = {
            "scale": say("responses, of what is stated"),
            "profit": say("this plan brings"),
            "customers": say("customers of the plan made for them"),
            "planned_profit": say("that plan brings"),
        }
        formats = {
            "scale": "percent",
            "profit": "money",
            "customers": "number",
            "planned_profit": "money",
        }
        return Table(self.responses, say("If offers worked better or worse"), words, formats, headings)

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
        headings = {
            "form": say("an offer means"),
            "customers": say("customers"),
            "profit": say("expected profit"),
            "common": say("of this plan's customers"),
        }
        formats = {"customers": "number", "profit": "money", "common": "percent"}
        frame = pd.DataFrame(rows, columns=list(headings))
        return Table(frame, say("The plan under both forms of response"), words, formats, headings)

    def figure(self, words: Words) -> Picture:
        """Draw the expected profit over the budget."""
        figure, axes = new_figure()
        say, money = words.say, words.money
        heading(axes, say("Expected profit by budget"))
        axes.set_xlabel(say("budget"))
        axes.xaxis.set_major_formatter(lambda value, _: words.compact(value))
        axes.yaxis.set_major_formatter(lambda value, _: words.compact(value))
        curve = self.budgets
        axes.plot(curve["budget"], curve["profit"], "o-", color=BLUE)
        if curve["profit"].max() <= 0:
            return Picture(figure, say("A flat line at 0: no offer is expected to pay, whatever the budget."))
        axes.set_ylim(0, 1.1 * float(curve["profit"].max()))
        budget = self.plan.campaign.settings.offers.budget
        if budget <= float(curve["budget"].max()):
            axes.axvline(budget, color=ORANGE)
            axes.text(budget, 0, say(" the budget"), color=ORANGE, va="bottom")
        last = curve.iloc[-1]
        alt = say(
            "A line that rises ever more slowly: {half} of expected profit at a budget of {middle}, {whole}"
            " at"
            " {end}.",
            half=money(float(curve["profit"].iloc[len(curve) // 2])),
            middle=money(float(curve["budget"].iloc[len(curve) // 2])),
            whole=money(float(last["profit"])),
            end=money(float(last["budget"])),
        )
        return Picture(figure, alt)


def value_range(second_life: Finding | None) -> tuple[float, float] | None:
    """Return the interval of the mean value of a second life, from its finding, as factors of it."""
    if second_life is None or not second_life.value or second_life.low is None or second_life.high is None:
        return None
    return second_life.low / second_life.value, second_life.high / second_life.value


def what_if(plan: Plan) -> WhatIf:
    """Make the plan again under the other form of response, other responses and other budgets."""
    campaign = plan.campaign
    other: Form = "odds" if plan.form == "points" else "points"
    chosen = plan.assignment.choice != NOBODY
    again = assign(campaign.problem(other), NEAR_ENOUGH)
    both = chosen & (again.choice != NOBODY)
    return WhatIf(
        plan=plan,
        other_form=other,
        other_customers=int((again.choice != NOBODY).sum()),
        other_profit=again.profit,
        in_common=float(both.sum() / chosen.sum()) if chosen.any() else float("nan"),
        responses=pd.DataFrame([_at_scale(plan, scale) for scale in SCALES]),
        break_even=_break_even(plan),
        budgets=_budgets(plan),
    )


def profit_at(plan: Plan, scale: float) -> float:
    """Return what a plan brings where all responses are ``scale`` times what is stated."""
    campaign, choice = plan.campaign, plan.assignment.choice
    return sum(
        float(campaign.profit(offer, plan.form, campaign.response_of(offer, scale))[choice == offer].sum())
        for offer in range(len(campaign.offers))
    )


def _at_scale(plan: Plan, scale: float) -> dict[str, float]:
    best = plan.assignment if scale == 1 else assign(plan.campaign.problem(plan.form, scale), NEAR_ENOUGH)
    return {
        "scale": scale,
        "profit": profit_at(plan, scale),
        "customers": int((best.choice != NOBODY).sum()),
        "planned_profit": best.profit,
    }


def _break_even(plan: Plan) -> float:
    """Return the scale of all responses at which the plan brings nothing, 0 where it always pays."""
    if not len(plan.contacts):
        return float("nan")
    if profit_at(plan, 0.0) >= 0:
        return 0.0
    return float(brentq(lambda scale: profit_at(plan, scale), 0.0, 1.0))


def _budgets(plan: Plan) -> pd.DataFrame:
    """Return the best plan for budgets from nothing to what everybody worth an offer would cost."""
    campaign, budget = plan.campaign, plan.campaign.settings.offers.budget
    without_limit = campaign.problem(plan.form, budget=float(campaign.problem(plan.form).spend.sum()))
    everybody = without_limit.used(assign(without_limit, NEAR_ENOUGH).choice)[0]
    rows = []
    for money in np.linspace(0, max(everybody, 1.05 * min(budget, everybody)), STEPS + 1):
        problem = campaign.problem(plan.form, budget=float(money))
        best = assign(problem, NEAR_ENOUGH)
        rows.append(
            (float(money), best.profit, int((best.choice != NOBODY).sum()), problem.used(best.choice)[0])
        )
    return pd.DataFrame(rows, columns=["budget", "profit", "customers", "spend"])
