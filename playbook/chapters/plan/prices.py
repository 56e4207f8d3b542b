"""What is scarce in a plan, and what one more of it would bring.

The prices come from the linear relaxation, by column generation (Dantzig and Wolfe 1960); they
prove how much any plan can bring at most (Fisher 1981).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from playbook.records.arrays import Array, Flags, Positions

NOBODY = -1
"""In place of an offer's position, for a customer who gets none."""
PRECISION = 1e-9
ROUNDS = 200
SAMPLE = 20_000
"""Customers from whom the prices are learnt first, where there are many more."""


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
    weeks : int
        Weeks of the planning window.
    budget : float
        Limit of the expected spend.
    group : array of int, shape (customers,)
        Who speaks to the customer, where that is somebody of their own: position in ``uses``.
    capacity : array, shape (resources,)
        Contacts per week of an offer, a channel or somebody responsible.
    uses : array of bool, shape (resources, groups, offers)
        Whether a contact takes from a resource.
    kind_budget : array, shape (kinds,)
        Limits of the expected spend by kind of offer.
    of_kind : array of bool, shape (kinds, offers)
    """

    profit: Array
    spend: Array
    last_week: Positions
    first_week: Positions
    weeks: int
    budget: float
    group: Positions
    capacity: Array
    uses: Flags
    kind_budget: Array
    of_kind: Flags

    def part(self, rows: Positions) -> "Problem":
        """Return the same for some of the customers."""
        return replace(
            self,
            profit=self.profit[rows],
            spend=self.spend[rows],
            last_week=self.last_week[rows],
            group=self.group[rows],
        )

    def sample(self, size: int) -> tuple["Problem", float]:
        """Return the same for so many of the customers, with limits in proportion, and their share."""
        n = len(self.profit)
        rows = np.linspace(0, n - 1, size).round().astype(np.intp)
        share = size / n
        scaled = replace(
            self.part(rows),
            budget=self.budget * share,
            kind_budget=self.kind_budget * share,
            capacity=self.capacity * share,
        )
        return scaled, share

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Groups, offers, weeks: contacts of the same three are alike to all resources."""
        return self.uses.shape[1], self.profit.shape[1], self.weeks

    @cached_property
    def cell(self) -> npt.NDArray[np.int32]:
        """Which group, offer and last week each pair has, as one number, shape (customers, offers)."""
        _, offers, weeks = self.shape
        first = (self.group[:, None] * offers + np.arange(offers)) * weeks
        return np.asarray(first + self.last_week - 1, dtype=np.int32)

    @cached_property
    def spans(self) -> list[tuple[int, int, int]]:
        """Resource, first and last week of each span whose contacts are limited.

        Contacts of one resource can be scheduled exactly where, for every span of weeks, those
        that must lie within it are no more than can be made in it (Hall's condition for intervals).
        """
        offers, found = np.arange(self.profit.shape[1]), []
        possible = np.isfinite(self.profit)
        for resource in range(len(self.capacity)):
            mine = self.uses[resource].any(axis=0)
            ends = np.unique(self.last_week[:, mine][possible[:, mine]])
            for start in np.unique(self.first_week[offers[mine]]):
                found += [(resource, int(start), int(end)) for end in ends if end >= start]
        return found

    @cached_property
    def within(self) -> Array:
        """Whether a contact of each cell counts in each span, shape (spans, cells)."""
        groups, offers, weeks = self.shape
        member = np.zeros((len(self.spans), groups, offers, weeks))
        for row, (resource, start, end) in enumerate(self.spans):
            late = self.first_week >= start
            member[row, :, :, :end] = (self.uses[resource] & late)[:, :, None]
        return member.reshape(len(self.spans), groups * offers * weeks)

    @cached_property
    def limits(self) -> Array:
        """The budget, the budgets by kind, and the contacts of each span."""
        spans = [self.capacity[resource] * (end - start + 1) for resource, start, end in self.spans]
        return np.concatenate([[self.budget], self.kind_budget, np.array(spans, dtype=float)])

    def used(self, choice: Positions) -> Array:
        """Return what a choice takes of each of the `limits`."""
        chosen = np.flatnonzero(choice != NOBODY)
        offers = choice[chosen]
        spend = np.bincount(offers, self.spend[chosen, offers], self.profit.shape[1])
        contacts = np.bincount(self.cell[chosen, offers], minlength=int(np.prod(self.shape)))
        return np.concatenate([[spend.sum()], self.of_kind @ spend, self.within @ contacts])

    def total(self, choice: Positions) -> float:
        """Return the expected profit of a choice."""
        chosen = np.flatnonzero(choice != NOBODY)
        return float(self.profit[chosen, choice[chosen]].sum())

    def fits(self, choice: Positions) -> bool:
        """Whether a choice keeps the budgets and the contacts of each span."""
        return bool((self.used(choice) <= self.limits * (1 + 1e-12) + 1e-9).all())


@dataclass(frozen=True)
class Prices:
    """What a unit of each of the problem's limits is worth, and the bound that this proves."""

    unit: Array
    bound: float

    def reduced(self, problem: Problem) -> Array:
        """Return the profits net of what each pair uses up."""
        kinds = 1 + len(problem.kind_budget)
        of_spend = self.unit[0] + self.unit[1:kinds] @ problem.of_kind
        of_contact = self.unit[kinds:] @ problem.within
        net = problem.profit - problem.spend * of_spend
        if of_contact.any():
            net -= of_contact[problem.cell]
        return np.asarray(net)


def best_offer(reduced: Array) -> Positions:
    """Return each customer's best offer, none where it is not above 0."""
    if not len(reduced):
        return np.zeros(0, dtype=np.intp)
    best = reduced.argmax(axis=1)
    return np.where(reduced[np.arange(len(best)), best] > 0, best, NOBODY)


def shadow_prices(problem: Problem, near_enough: float = 0.0) -> Prices:
    """Find the prices of the linear relaxation by column generation.

    The master programme mixes whole assignments; its shadow prices make the next one, in which
    everybody takes what is best at these prices. The least dual value seen bounds every assignment.
    Where there are many customers, the prices that mattered for a sample of them are tried first.

    Parameters
    ----------
    near_enough : float
        Share of the bound that may lie between it and the best mixture when the search ends.
    """
    return _search(problem, near_enough, _first_prices(problem, near_enough))[0]


def _first_prices(problem: Problem, near_enough: float) -> list[Array]:
    if len(problem.profit) <= 2 * SAMPLE:
        return []
    sample, _ = problem.sample(SAMPLE)
    if sample.spans != problem.spans:
        return []
    best, mattered = _search(sample, near_enough, [])
    return [best.unit, *mattered]


def _search(problem: Problem, near_enough: float, first: list[Array]) -> tuple[Prices, list[Array]]:
    """Return the best prices, and those whose assignments the last mixture was made of."""
    limits = problem.limits
    waiting = [np.zeros(len(limits)), *first]
    tried: list[Array] = []
    columns, profits, best = [np.zeros(len(limits))], [0.0], Prices(np.zeros(len(limits)), np.inf)
    if not len(problem.profit):
        return Prices(np.zeros(len(limits)), 0.0), []
    for _ in range(ROUNDS + len(first)):
        prices = Prices(waiting.pop(0), np.inf)
        reduced = prices.reduced(problem)
        choice = best_offer(reduced)
        dual = float(prices.unit @ limits + reduced.max(axis=1).clip(min=0).sum())
        if dual < best.bound:
            best = Prices(prices.unit, dual)
        tried.append(prices.unit)
        columns.append(problem.used(choice))
        profits.append(problem.total(choice))
        if waiting:
            continue
        master = _master(columns, profits, limits)
        if best.bound + master.fun <= max(PRECISION, near_enough) * max(1.0, best.bound):
            break
        waiting.append(-master.ineqlin.marginals)
    mixed = np.flatnonzero(master.x[1:] > PRECISION)
    return best, [tried[place] for place in mixed]


def _master(columns: list[Array], profits: list[float], limits: Array) -> Any:
    return linprog(
        -np.array(profits),
        A_ub=np.array(columns).T,
        b_ub=limits,
        A_eq=np.ones((1, len(profits))),
        b_eq=[1.0],
        method="highs",
    )
