"""What the exercises of the chapters expect, and the mistakes that are made in them most often.

Each function takes what the notebook has at hand, so that an exercise fits any client; spells are as
`spell_counts` has them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from playbook.show.exercises import Exercise


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below else float("nan")


# 01 Data -------------------------------------------------------------------------------------


def orders_per_buyer(intake: Any) -> Exercise:
    """Ask for orders of the average buyer."""
    return Exercise(
        _ratio(intake.orders, intake.buyers),
        "Orders are days with a sale; buyers are customers with one.",
        {
            "Lines are not orders: those of one day are one.": _ratio(intake.sales, intake.buyers),
            "Some customers never bought: divide by the buyers.": _ratio(intake.orders, intake.customers),
        },
    )


def bought_once(customers: pd.DataFrame) -> Exercise:
    """Ask for share of the buyers with one order."""
    orders = customers["orders"]
    return Exercise(
        _ratio((orders == 1).sum(), (orders > 0).sum()),
        "Count those with one order, and those with one or more; divide.",
        {
            "Whoever never bought is no buyer: divide by those with an order.": float((orders == 1).mean()),
            "That is the share of all orders, not of the buyers.": _ratio((orders == 1).sum(), orders.sum()),
            "Those who never bought have not bought once.": float((orders <= 1).mean()),
        },
        share=True,
    )


def best_tenth(customers: pd.DataFrame) -> Exercise:
    """Ask for share of the revenue that the best tenth of the buyers brings."""
    revenue = customers.loc[customers["orders"] > 0, "revenue"].sort_values(ascending=False)
    tenth = round(len(revenue) / 10)
    everybody = customers["revenue"].sort_values(ascending=False).head(round(len(customers) / 10)).sum()
    return Exercise(
        _ratio(revenue.head(tenth).sum(), revenue.sum()),
        "Sort the buyers by revenue, sum that of the first tenth of them, and divide by that of all.",
        {
            "Those who never bought are no buyers: leave them out before you count a tenth.": _ratio(
                everybody, revenue.sum()
            ),
            "Those are the tenth that bring least: sort the other way round.": _ratio(
                revenue.tail(tenth).sum(), revenue.sum()
            ),
            "That is a mean, not a share of the sum.": float(revenue.head(tenth).mean()),
        },
        share=True,
    )


# 02 Lifecycle --------------------------------------------------------------------------------


def _moves(moves: pd.DataFrame, months: Any, engaged: Sequence[str]) -> tuple[float, float, float]:
    """Return who left the stages, who came into them, and who left them in any month."""
    of_them, into = moves["before"].isin(engaged), moves["stage"].isin(engaged)
    late, n = moves["month"].isin(months), moves["customers"]
    chosen = (late & of_them & ~into, late & ~of_them & into, of_them & ~into)
    left, came, ever = (float(n[rows].sum()) for rows in chosen)
    return left, came, ever


def out_of_engaged(moves: pd.DataFrame, months: Any, engaged: Sequence[str]) -> Exercise:
    """Ask for customers who left the engaged stages within the months."""
    out, into, ever = _moves(moves, months, engaged)
    return Exercise(
        out,
        "Sum the moves of those months from an engaged stage to one that is not.",
        {
            "Those came into the engaged stages; asked is who left them.": into,
            "That is every month: asked are the last twelve.": ever,
            "That counts moves from one engaged stage to another too.": float(
                moves.loc[moves["month"].isin(months) & moves["before"].isin(engaged), "customers"].sum()
            ),
            "Sum the column customers: a row stands for several.": float(
                (
                    moves["month"].isin(months)
                    & moves["before"].isin(engaged)
                    & ~moves["stage"].isin(engaged)
                ).sum()
            ),
        },
    )


def net_of_engaged(moves: pd.DataFrame, months: Any, engaged: Sequence[str]) -> Exercise:
    """Ask for by how many the engaged grew within the months."""
    out, into, _ = _moves(moves, months, engaged)
    return Exercise(
        into - out,
        "Those who came into the three stages, less those who left them.",
        {"That is all who came: take away those who left.": into, "Both are moves: subtract.": into + out},
    )


def lapsed_of_buyers(customers: pd.DataFrame) -> Exercise:
    """Ask for share of the buyers who are lapsed or lost."""
    gone, buyers = customers["stage"].isin(["lapsed", "lost"]), customers["orders"] > 0
    return Exercise(
        _ratio((gone & buyers).sum(), buyers.sum()),
        "Count the stages lapsed and lost, and divide by those who ever ordered.",
        {
            "Contacts who never ordered cannot lapse: divide by those with an order.": float(gone.mean()),
            "Lost customers are lapsed too, and longer.": _ratio(
                (customers["stage"] == "lapsed").sum(), buyers.sum()
            ),
        },
        share=True,
    )


# 03 Occasional buyers ------------------------------------------------------------------------


def share_later(spells: pd.DataFrame, days: int = 90) -> Exercise:
    """Ask for share of the second orders that came later than so many days."""
    came, late = spells[spells["returned"]], spells["duration"] > days
    of_came = came["duration"] > days
    return Exercise(
        _ratio(came.loc[of_came, "n"].sum(), came["n"].sum()),
        "Count the spells that an order ended, and weigh them by n.",
        {
            "A row stands for n spells: sum n.": float(of_came.mean()) if len(came) else float("nan"),
            "Of the second orders is asked: spells without one have no part in it.": _ratio(
                came.loc[of_came, "n"].sum(), spells["n"].sum()
            ),
            "Whoever has not ordered again is not a second order, however long the silence.": _ratio(
                spells.loc[late, "n"].sum(), spells["n"].sum()
            ),
            "That is the share that came by then; asked is who came later.": 1
            - _ratio(came.loc[of_came, "n"].sum(), came["n"].sum()),
        },
        share=True,
    )


def second_within(first: pd.DataFrame, days: int) -> Exercise:
    """Ask for the share of first orders followed by a second one within so many days."""
    new, old = first[~first["old_customer"]], first[first["age"] >= days]
    followed = new[new["age"] >= days]

    def again(rows: pd.DataFrame) -> float:
        return float((rows["returned"] & (rows["duration"] <= days)).mean())

    return Exercise(
        again(followed),
        f"Take first orders of new customers made at least {days} days ago; how many came again by then?",
        {
            "Younger first orders have not had the time yet: leave them out.": again(new),
            "Of customers from before the log began, it is not their first order.": again(old),
            "Those who came later do not count.": float(followed["returned"].mean()),
            "That is the share who did not.": 1 - again(followed),
        },
        share=True,
    )


def least_chance(cost: float, worth: float) -> Exercise:
    """Ask for by how many points a contact must raise the chance to come back to pay for itself."""
    return Exercise(
        cost / worth,
        "What it brings is the points times what a second life is worth; set that equal to the cost.",
        {
            "The other way round: the cost stands above, the worth below.": worth / cost,
            "In hundredths: 0.01 is one point.": 100 * cost / worth,
        },
    )


# 04 Churn ------------------------------------------------------------------------------------


def average_gap(gaps: pd.DataFrame) -> Exercise:
    """Ask for mean duration of the spells that an order ended, days."""
    seen = gaps[gaps["returned"]]
    return Exercise(
        _ratio((seen["duration"] * seen["n"]).sum(), seen["n"].sum()),
        "Weigh each duration by n; count spells that an order ended only.",
        {
            "A row stands for n spells: weigh by n.": float(seen["duration"].mean()),
            "Silent spells have no gap yet: take those that an order ended.": _ratio(
                (gaps["duration"] * gaps["n"]).sum(), gaps["n"].sum()
            ),
        },
    )


def silent_for_a_year(customers: pd.DataFrame) -> Exercise:
    """Ask for share of all who ever bought and have been silent for over a year."""
    ever = customers["orders"] > 0
    silent = ever & (customers["silence_days"] > 365)
    return Exercise(
        _ratio(silent.sum(), ever.sum()),
        "Those with a silence of more than 365 days, over all who ever ordered.",
        {
            "Whoever never bought has no silence: divide by those with an order.": float(silent.mean()),
            "That is the share of those who are not silent.": 1 - _ratio(silent.sum(), ever.sum()),
        },
        share=True,
    )


def given_silent(curve: Any, silent: int = 180, until: int = 270) -> Exercise:
    """Ask for chance of an order by a day of silence, of those silent until an earlier one."""
    still, later = (curve.at(day) if curve else float("nan") for day in (silent, until))
    return Exercise(
        1 - later / still,
        f"Of those still silent at {silent} days, the share no longer silent at {until}.",
        {
            f"Divide by those still silent at {silent} days: it is only of them that is asked.": still
            - later,
            "That speaks of everybody who ordered, not of those who are silent already.": 1 - later,
            "That is the share who stay silent.": later / still,
        },
        share=True,
    )


def alive(r: float, alpha: float, a: float, b: float, x: int = 1, tx: float = 2, t: float = 104) -> Exercise:
    """Ask for probability to be alive by BG/NBD (Fader, Hardie and Lee 2005)."""
    factor = ((alpha + t) / (alpha + tx)) ** (r + x)
    return Exercise(
        1 / (1 + a / (b + x - 1) * factor),
        "x = 1, tx = 2, T = 104.",
        {
            "r + x stands in the exponent, with x = 1.": 1 / (1 + a / (b + x - 1) * factor ** (r / (r + x))),
            "That is the chance to be gone: take it from 1.": 1 - 1 / (1 + a / (b + x - 1) * factor),
            "The fraction is (α + T) over (α + tx), not the other way round.": 1
            / (1 + a / (b + x - 1) / factor),
        },
        share=True,
    )


# 05 Early warning ----------------------------------------------------------------------------


def naive_ratio(left: pd.Series, shown: pd.Series) -> Exercise:
    """Ask for how many times as often those with a signal left, with nobody held alike."""
    left = left.astype(float)
    having, lacking = left[shown == 1].mean(), left[shown == 0].mean()
    return Exercise(
        _ratio(having, lacking),
        "Divide the share who left with the signal by the share who left without it.",
        {
            "The other way round: the share with the signal stands above.": _ratio(lacking, having),
            "That compares with everybody, those with the signal included.": _ratio(having, left.mean()),
            "Missing is not 0: take those who are known.": _ratio(having, left[shown != 1].mean()),
        },
    )


def leavers_found(with_signal: int, of_them: int, without: int, of_those: int) -> Exercise:
    """Ask for share of the leavers who showed a signal."""
    return Exercise(
        of_them / (of_them + of_those),
        "Of all who left, how many had the signal?",
        {
            "That is the share of the signalled who left; asked is the share of the leavers who were"
            " signalled.": of_them / with_signal,
            "Divide by those who left, with the signal and without.": of_them / (with_signal + without),
        },
        share=True,
    )


def call_pays(cost: float, leaving: float, kept: float, worth: float) -> Exercise:
    """Ask for what a call in time is expected to bring, less its cost."""
    return Exercise(
        leaving * kept * worth - cost,
        "Only those who would leave can be kept: multiply both shares.",
        {
            "Not everybody called would have left: multiply by their share too.": kept * worth - cost,
            "The call costs something as well.": leaving * kept * worth,
            "Of those who would leave, only a part is kept.": leaving * worth - cost,
        },
    )


# 06 Scoring ----------------------------------------------------------------------------------


def first_month(months: Sequence[float]) -> Exercise:
    """Ask for share of a second life's margin that comes in its first month."""
    return Exercise(
        _ratio(months[0], float(np.sum(months))),
        "Divide the first month by the sum of all.",
        {
            "Divide by the sum of the months, not by their mean.": _ratio(months[0], float(np.mean(months))),
            "The sum holds the first month too.": _ratio(months[0], float(np.sum(months[1:]))),
        },
        share=True,
    )


def present_value(margin: float, months: int, rate: float) -> Exercise:
    """Ask for what a margin a month is worth today, the first one now."""

    def worth(first: int) -> float:
        return float(np.sum(margin / (1 + rate) ** (np.arange(first, first + months) / 12)))

    return Exercise(
        worth(0),
        "Divide each month's margin by 1 plus the rate, to the power of the years until then.",
        {
            "That is not discounted.": margin * months,
            "The rate is one of a year: a month is a twelfth of it, in the exponent.": sum(
                margin / (1 + rate) ** month for month in range(months)
            ),
            "Not all of it comes at the end of the year.": margin * months / (1 + rate),
            "The first one comes now: it is not discounted.": worth(1),
        },
        near=0.005,
    )


def weighted_total(points: Sequence[float], weights: Sequence[float]) -> Exercise:
    """Ask for a customer's total."""
    total = float(np.dot(points, weights))
    return Exercise(
        total,
        "Multiply each by its weight, and sum up.",
        {
            "Each criterion has its weight.": float(np.sum(points)),
            "The total is a sum, not a mean.": total / float(np.sum(weights)),
        },
    )


# 07 Offers -----------------------------------------------------------------------------------


def points_to_pay(cost: float, incentive: float, worth: float, p0: float) -> Exercise:
    """Ask for points that an offer must add for an expected profit of 0."""
    return Exercise(
        (cost + p0 * incentive) / (worth - incentive),
        "Write p₁ as p₀ plus the points, and solve E = 0 for the points.",
        {
            "Whoever would have come anyway takes the incentive too.": cost / (worth - incentive),
            "Who is won gets the incentive as well: it comes off what they are worth.": (
                cost + p0 * incentive
            )
            / worth,
            "In hundredths: 0.05 stands for five more of a hundred.": 100
            * (cost + p0 * incentive)
            / (worth - incentive),
        },
    )


def expected_profit(cost: float, incentive: float, worth: float, p0: float, points: float) -> Exercise:
    """Ask for E of an offer with an incentive."""
    return Exercise(
        (p0 + points) * (worth - incentive) - p0 * worth - cost,
        "E = p₁ · (V₁ − I) − p₀ · V₀ − c.",
        {
            "Everybody who returns gets the incentive: it is missing.": points * worth - cost,
            "Whoever would have come anyway gets it too, not only those who are won.": points
            * (worth - incentive)
            - cost,
            "What comes without the offer is not its merit: take p₀ · V₀ away.": (p0 + points)
            * (worth - incentive)
            - cost,
            "The contact costs something.": (p0 + points) * (worth - incentive) - p0 * worth,
        },
    )


def within_budget(budget: float, customers: int, offers: Sequence[tuple[float, float]]) -> Exercise:
    """Ask for the largest profit of one offer for all whom the budget reaches; offers are (cost, profit)."""
    reached = [min(customers, budget // cost) * profit for cost, profit in offers]
    dearest = max(range(len(offers)), key=lambda place: offers[place][1])
    return Exercise(
        max(reached),
        "How many does the budget reach with each? Multiply by what each of them brings.",
        {
            "The offer that brings most for each brings less in all: the budget is the limit.": reached[
                dearest
            ],
            "There are not so many customers.": max(budget // cost * profit for cost, profit in offers),
            "The budget does not reach everybody.": customers * max(profit for _, profit in offers),
        },
    )


# 08 Measurement ------------------------------------------------------------------------------


def gain(n: int, called: tuple[int, float], left_alone: tuple[int, float], cost: float) -> Exercise:
    """Ask for what a mailing brought per customer; both groups are (buyers, margin of each), of n."""
    (buyers, margin), (others, their_margin) = called, left_alone
    difference = (buyers * margin - others * their_margin) / n
    return Exercise(
        difference - cost,
        "Take the mean over everybody of each group, not over those who ordered.",
        {
            "Among those who ordered is not among those who were written to: divide by all.": margin
            - their_margin
            - cost,
            "The letters cost something.": difference,
            "Those left alone ordered too: what they brought comes off.": buyers * margin / n - cost,
            "More orders are not more margin: multiply by what each brought.": (buyers - others) / n,
        },
    )


def called_a_success(share: float, looks: int) -> Exercise:
    """Ask for share of campaigns without any effect that are called a success, read so many times."""
    return Exercise(
        share,
        "Call measurement.peek with the number of readings.",
        {
            "That would be if readings had nothing to do with each other; they hold the same people.": 1
            - (1 - 0.025) ** looks,
            "The chance of an error does not simply add up.": 0.025 * looks,
            "That is one reading.": 0.025,
        },
        share=True,
    )


def enough_called(contacted: int) -> Exercise:
    """Ask for customers to be called, to within six in a hundred."""
    return Exercise(
        contacted,
        "The chance rises with the number: halve the distance until it is 80%.",
        {"That is both groups together; asked are those called.": 2 * contacted},
        near=0.06,
    )
