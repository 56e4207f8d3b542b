"""What is scarce in a plan, and what one more of it would bring.

The prices come from the linear relaxation, by column generation (Dantzig and Wolfe 1960); they
prove how much any plan can bring at most (Fisher 1981).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from playbook.survival import Array

Choice = npt.NDArray[np.intp]
Weeks = npt.NDArray[np.intp]

NOBODY = -1
PRECISION = 1e-9
ROUNDS = 200


@dataclass(frozen=True)
class Problem:
    """What may be offered to whom, and what is scarce.

    Attributes
    ----------
    profit : array, shape (customers, offers)
        Expected incremental profit, above 0; -inf where the offer may not be made, or pays in no
        week in which it can be made.
    spend : array, shape (customers, offers)
        Expected spend: contact and incentives.
    last_week : array of int, shape (customers, offers)
        Last week (from 1) in which the offer still pays.
    first_week : array of int, shape (offers,)
        First week in which the offer can be made.
    capacity : array, shape (offers,)
        Contacts per week; inf where there is no limit.
    weeks : int
        Weeks of the planning window.
    budget : float
        Limit of the expected spend.
    """

    profit: Array
    spend: Array
    last_week: Weeks
    first_week: Weeks
    capacity: Array
    weeks: int
    budget: float

    @cached_property
    def limits(self) -> Array:
        """Return how many contacts with a deadline by each week can be made, shape (offers, weeks).

        Contacts with deadlines can be scheduled exactly where, for every week, those due by then
        are no more than can be made by then.
        """
        open_weeks = np.maximum(np.arange(1, self.weeks + 1) - self.first_week[:, None] + 1, 0)
        limited = np.isfinite(self.capacity)
        limits = np.full(open_weeks.shape, np.inf)
        limits[limited] = open_weeks[limited] * self.capacity[limited, None]
        return limits

    def used(self, choice: Choice) -> tuple[float, Array]:
        """Return the expected spend of a choice, and its contacts due by each week, by offer."""
        chosen = np.flatnonzero(choice != NOBODY)
        offers = choice[chosen]
        due = np.zeros(self.limits.shape)
        np.add.at(due, (offers, self.last_week[chosen, offers] - 1), 1)
        return float(self.spend[chosen, offers].sum()), due.cumsum(axis=1)

    def total(self, choice: Choice) -> float:
        """Return the expected profit of a choice."""
        chosen = np.flatnonzero(choice != NOBODY)
        return float(self.profit[chosen, choice[chosen]].sum())

    def fits(self, choice: Choice) -> bool:
        """Whether a choice keeps the budget and all capacities."""
        spend, due = self.used(choice)
        return bool(spend <= self.budget * (1 + 1e-12) and (due <= self.limits).all())


@dataclass(frozen=True)
class Prices:
    """What a unit of budget, and a contact by each week, is worth; and the bound they prove."""

    budget: float
    contact: Array
    bound: float

    def reduced(self, problem: Problem) -> Array:
        """Return the profits net of what each pair uses up."""
        due = self.contact[:, ::-1].cumsum(axis=1)[:, ::-1]
        offers = np.arange(problem.profit.shape[1])
        return np.asarray(problem.profit - self.budget * problem.spend - due[offers, problem.last_week - 1])


def best_offer(reduced: Array) -> Choice:
    """Return each customer's best offer, none where it is not above 0."""
    best = reduced.argmax(axis=1)
    return np.where(reduced[np.arange(len(best)), best] > 0, best, NOBODY)


def shadow_prices(problem: Problem) -> Prices:
    """Find the prices of the linear relaxation by column generation.

    The master programme mixes whole assignments; its shadow prices make the next one, in which
    everybody takes what is best at these prices. The least dual value seen bounds every assignment.
    """
    limited = np.isfinite(problem.limits)
    limits = np.concatenate([[problem.budget], problem.limits[limited]])
    columns, profits = [np.zeros(len(limits))], [0.0]
    prices = Prices(0.0, np.zeros(problem.limits.shape), np.inf)
    if not len(problem.profit):
        return Prices(0.0, prices.contact, 0.0)
    for _ in range(ROUNDS):
        reduced = prices.reduced(problem)
        choice = best_offer(reduced)
        dual = np.concatenate([[prices.budget], prices.contact[limited]]) @ limits
        dual += reduced.max(axis=1).clip(min=0).sum()
        best = Prices(prices.budget, prices.contact, min(prices.bound, float(dual)))
        spend, due = problem.used(choice)
        columns.append(np.concatenate([[spend], due[limited]]))
        profits.append(problem.total(choice))
        master = linprog(
            -np.array(profits),
            A_ub=np.array(columns).T,
            b_ub=limits,
            A_eq=np.ones((1, len(profits))),
            b_eq=[1.0],
            method="highs",
        )
        if best.bound + master.fun <= PRECISION * max(1.0, best.bound):
            return best
        shadow = -master.ineqlin.marginals
        contact = np.zeros(problem.limits.shape)
        contact[limited] = shadow[1:]
        prices = Prices(float(shadow[0]), contact, best.bound)
    return best
