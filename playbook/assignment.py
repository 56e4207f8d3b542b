"""Who gets which offer: at most one each, the most expected profit within budget and capacities.

Customers are admitted by their profit at the prices of what is scarce; the same prices say how much
may be missing to the best that is possible. Where that is too much and the problem is not too large,
the integer programme is solved.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from playbook.shadow_prices import (
    NOBODY,
    PRECISION,
    Choice,
    Prices,
    Problem,
    Weeks,
    best_offer,
    shadow_prices,
)
from playbook.survival import Array

NEAR_ENOUGH = 1e-4
"""Share of the possible profit that may be missing before the integer programme is solved."""
EXACT_PAIRS = 20_000
"""Pairs of customer and offer up to which it is solved."""
EXACT_NODES = 300
"""Branches after which it stops; the gap is then printed as it is."""
ROUNDS = 200


@dataclass(frozen=True)
class Assignment:
    """One offer, or none, for each customer.

    Attributes
    ----------
    choice : array of int, shape (customers,)
        Position of the offer; -1 for none.
    profit : float
        Sum of the expected profits.
    bound : float
        No assignment can bring more than this.
    budget_price : float
        What one more unit of budget would bring.
    """

    choice: Choice
    profit: float
    bound: float
    budget_price: float

    @property
    def gap(self) -> float:
        """Return the largest share of the possible profit that may be missing."""
        missing = max(0.0, self.bound - self.profit) / self.bound if self.bound > 0 else 0.0
        return 0.0 if missing < 1e-7 else missing


def assign(problem: Problem, near_enough: float = NEAR_ENOUGH, exact_pairs: int = EXACT_PAIRS) -> Assignment:
    """Return the assignment of the largest expected profit within budget and capacities.

    Parameters
    ----------
    near_enough : float
        Share of the possible profit that may be missing; 0: none.
    exact_pairs : int
        Pairs up to which this is held; beyond, the gap is as it comes.
    """
    open_rows = np.flatnonzero(np.isfinite(problem.profit).any(axis=1))
    small = Problem(
        problem.profit[open_rows],
        problem.spend[open_rows],
        problem.last_week[open_rows],
        problem.first_week,
        problem.capacity,
        problem.weeks,
        problem.budget,
    )
    prices = shadow_prices(small)
    chosen, bound = _admit(small, prices), prices.bound
    missing = bound - small.total(chosen)
    if missing > max(near_enough, PRECISION) * bound and np.isfinite(small.profit).sum() <= exact_pairs:
        chosen, bound = _integer_programme(small, chosen, prices, near_enough)
    choice = np.full(len(problem.profit), NOBODY, dtype=np.intp)
    choice[open_rows] = chosen
    return Assignment(choice, small.total(chosen), bound, prices.budget)


# Choices -------------------------------------------------------------------------------------


def _admit(problem: Problem, prices: Prices) -> Choice:
    """Admit customers by their profit at the prices, then fill what is left by profit per money."""
    reduced = prices.reduced(problem)
    tolerance = 1e-9 * np.abs(problem.profit[np.isfinite(problem.profit)]).max(initial=1.0)
    choice = _keep(problem, np.full(len(reduced), NOBODY), reduced + 2 * tolerance, reduced)
    per_money = problem.profit / np.maximum(problem.spend, 1e-9)
    for _ in range(ROUNDS):
        more = _keep(problem, choice, per_money, per_money)
        if (more == choice).all():
            break
        choice = more
    return choice


def _keep(problem: Problem, choice: Choice, worth: Array, order: Array) -> Choice:
    """Add everybody's best offer by ``worth``, in falling ``order``, as far as all limits allow."""
    spend, due = problem.used(choice)
    room = (problem.limits - due)[:, ::-1]
    room = np.minimum.accumulate(room, axis=1)[:, ::-1]  # a contact by a week counts in all later ones
    offers = np.arange(problem.profit.shape[1])
    possible = (room[offers, problem.last_week - 1] >= 1) & (problem.spend <= problem.budget - spend)
    best = best_offer(np.where(possible & (choice == NOBODY)[:, None], worth, -np.inf))
    rows = np.flatnonzero(best != NOBODY)
    rows = rows[np.argsort(-order[rows, best[rows]], kind="stable")]
    rows = rows[_within_capacity(problem, rows, best[rows], problem.limits - due)]
    rows = rows[spend + problem.spend[rows, best[rows]].cumsum() <= problem.budget]
    added = choice.copy()
    added[rows] = best[rows]
    return added


def _within_capacity(problem: Problem, rows: Choice, offers: Choice, room: Array) -> npt.NDArray[np.bool_]:
    """Return which of the contacts, in their order, can be made by their deadlines."""
    kept = np.ones(len(rows), dtype=bool)
    weeks = problem.last_week[rows, offers]
    for offer in np.flatnonzero(np.isfinite(problem.capacity)):
        for week in range(1, problem.weeks + 1):
            due = np.flatnonzero(kept & (offers == offer) & (weeks <= week))
            kept[due[int(max(0, room[offer, week - 1])) :]] = False
    return kept


def _integer_programme(
    problem: Problem, start: Choice, prices: Prices, near_enough: float
) -> tuple[Choice, float]:
    """Solve the assignment with HiGHS among what could still be better than ``start``.

    A pair whose profit at the prices lies further below its customer's best than ``start`` lies
    below the bound is in no better assignment (reduced cost fixing).
    """
    reduced = prices.reduced(problem)
    best, least = reduced.max(axis=1).clip(min=0), problem.total(start)
    slack = prices.bound - least + PRECISION * max(1.0, prices.bound)
    rows, offers = np.nonzero(best[:, None] - reduced <= slack)
    must = best > slack
    pairs, ones = np.arange(len(rows)), np.ones(len(rows))
    once = csr_array((ones, (rows, pairs)), shape=(len(best), len(rows)))
    matrix = [once, csr_array(problem.spend[rows, offers][None, :])]
    limited = np.argwhere(np.isfinite(problem.limits))
    for offer, week in limited:
        due = (offers == offer) & (problem.last_week[rows, offers] <= week + 1)
        matrix.append(csr_array(due[None, :].astype(float)))
    limits = np.concatenate([np.ones(len(best)), [problem.budget], problem.limits[tuple(limited.T)]])
    lower = np.concatenate([must.astype(float), np.full(len(limits) - len(best), -np.inf)])
    with _without_chatter():
        found = milp(
            -problem.profit[rows, offers],
            integrality=ones,
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(vstack(matrix, format="csc"), lower, limits),
            options={"mip_rel_gap": near_enough, "node_limit": EXACT_NODES},
        )
    bound = prices.bound if found.mip_dual_bound is None else min(prices.bound, -float(found.mip_dual_bound))
    choice = start
    if found.x is not None:
        taken = found.x > 0.5
        better = np.full(len(best), NOBODY, dtype=np.intp)
        better[rows[taken]] = offers[taken]
        if problem.fits(better) and problem.total(better) > least:
            choice = better
    total = problem.total(choice)
    return choice, max(bound, total)


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Close standard output for a while: HiGHS writes a line of its own to it, whatever ``disp`` says."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def weeks_of(problem: Problem, choice: Choice) -> Weeks:
    """Return the week of each contact, 0 without an offer: earliest deadline first, then by profit."""
    week = np.zeros(len(choice), dtype=np.intp)
    for offer in np.unique(choice[choice != NOBODY]):
        rows = np.flatnonzero(choice == offer)
        rows = rows[np.lexsort((-problem.profit[rows, offer], problem.last_week[rows, offer]))]
        capacity = problem.capacity[offer]
        place = np.arange(len(rows)) // capacity if np.isfinite(capacity) else np.zeros(len(rows))
        week[rows] = problem.first_week[offer] + place.astype(int)
    return week
