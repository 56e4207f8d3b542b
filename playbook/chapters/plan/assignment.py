"""Who gets which offer: at most one each, the most expected profit within budgets and capacities.

Customers are admitted by their profit at the prices of what is scarce; the same prices say how much
may be missing to the best that is possible. Where that is too much and the problem is not too large,
the integer programme is solved.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from playbook.chapters.plan.prices import NOBODY, PRECISION, Prices, Problem, best_offer, shadow_prices
from playbook.chapters.plan.schedule import Schedule, integers, schedule, with_room
from playbook.records.arrays import Array, Flags, Positions

NEAR_ENOUGH = 1e-4
"""Share of the possible profit that may be missing before the integer programme is solved."""
EXACT_PAIRS = 20_000
"""Pairs of customer and offer up to which it is solved."""
ROUNDS = 200
NODES = 300
"""Branches after which HiGHS stops; the gap is then printed as it is."""


@dataclass(frozen=True)
class Assignment:
    """One offer, or none, for each customer.

    Attributes
    ----------
    choice : array of int, shape (customers,)
        Position of the offer; -1 for none.
    week : array of int, shape (customers,)
        Week of the contact, from 1; 0 for none.
    profit : float
        Sum of the expected profits.
    bound : float
        No assignment can bring more than this.
    budget_price : float
        What one more unit of budget would bring.
    """

    choice: Positions
    week: Positions
    profit: float
    bound: float
    budget_price: float

    @property
    def chosen(self) -> Flags:
        """Return who gets an offer."""
        return np.asarray(self.choice != NOBODY)

    @property
    def gap(self) -> float:
        """Return the largest share of the possible profit that may be missing."""
        missing = max(0.0, self.bound - self.profit) / self.bound if self.bound > 0 else 0.0
        return 0.0 if missing < 1e-7 else missing

    def without(self, left_alone: Flags, problem: Problem) -> "Assignment":
        """Return the same for all but those left alone, with the same gap."""
        choice = np.where(left_alone, NOBODY, self.choice)
        profit = problem.total(choice)
        bound = self.bound * profit / self.profit if self.profit else 0.0
        return replace(
            self, choice=choice, week=np.where(left_alone, 0, self.week), profit=profit, bound=bound
        )


def nobody(customers: int) -> Assignment:
    """Return the assignment that leaves everybody alone."""
    return Assignment(np.full(customers, NOBODY), np.zeros(customers, dtype=int), 0.0, 0.0, 0.0)


def assign(problem: Problem, near_enough: float = NEAR_ENOUGH, exact_pairs: int = EXACT_PAIRS) -> Assignment:
    """Return the assignment of the largest expected profit within budgets and capacities.

    Parameters
    ----------
    near_enough : float
        Share of the possible profit that may be missing; 0: none.
    exact_pairs : int
        Pairs up to which this is held; beyond, the gap is as it comes.
    """
    open_rows = np.flatnonzero(np.isfinite(problem.profit).any(axis=1))
    small = problem if len(open_rows) == len(problem.profit) else problem.part(open_rows)
    pairs = int(np.isfinite(small.profit).sum())
    prices = shadow_prices(small, near_enough / 2 if pairs > exact_pairs else 0.0)
    planned, laid = _admit(small, prices, near_enough)
    bound = prices.bound
    if bound - small.total(planned) > max(near_enough, PRECISION) * bound and pairs <= exact_pairs:
        planned, week, bound = best_choice(small, planned, laid.week, prices, near_enough)
    else:
        week = laid.week
    choice = np.full(len(problem.profit), NOBODY, dtype=np.intp)
    weeks = np.zeros(len(problem.profit), dtype=np.intp)
    choice[open_rows], weeks[open_rows] = planned, week
    return Assignment(choice, weeks, small.total(planned), bound, budget_price=float(prices.unit[0]))


def _admit(problem: Problem, prices: Prices, near_enough: float) -> tuple[Positions, Schedule]:
    """Admit customers by their profit at the prices, then fill what is left.

    Whom an offer's capacity turned away takes the next best at these prices; what is left over then
    goes by profit per money.
    """
    reduced = prices.reduced(problem)
    tolerance = 1e-9 * np.abs(problem.profit[np.isfinite(problem.profit)]).max(initial=1.0)
    at_prices = reduced + 2 * tolerance
    per_money = problem.profit / np.maximum(problem.spend, 1e-9)
    choice = np.full(len(reduced), NOBODY, dtype=np.intp)
    laid = schedule(problem, choice)
    for worth in (at_prices, per_money):
        for _ in range(ROUNDS):
            if problem.total(choice) >= (1 - near_enough) * prices.bound:
                return choice, laid
            more = _keep(problem, choice, worth, with_room(problem, laid.room))
            again = schedule(problem, more)
            more = again.choice(more)
            if problem.total(more) <= problem.total(choice):
                break
            choice, laid = more, again
    return choice, laid


def _keep(problem: Problem, choice: Positions, worth: Array, free: Flags) -> Positions:
    """Add everybody's best offer by ``worth``, the most worth first, as far as all limits allow."""
    room = problem.limits - problem.used(choice)
    kinds = 1 + len(problem.kind_budget)
    money = np.minimum(
        room[0], np.where(problem.of_kind, room[1:kinds, None], np.inf).min(axis=0, initial=np.inf)
    )
    possible = free[problem.cell] & (problem.spend <= money) & (choice == NOBODY)[:, None]
    best = best_offer(np.where(possible, worth, -np.inf))
    rows = np.flatnonzero(best != NOBODY)
    rows = rows[np.argsort(-worth[rows, best[rows]], kind="stable")]
    rows = rows[_within_spans(problem, rows, best[rows], room[kinds:])]
    for row, kind in enumerate(problem.of_kind):
        spend = np.where(kind[best[rows]], problem.spend[rows, best[rows]], 0.0)
        rows = rows[(spend == 0) | (spend.cumsum() <= room[1 + row])]
    rows = rows[problem.spend[rows, best[rows]].cumsum() <= room[0]]
    added = choice.copy()
    added[rows] = best[rows]
    return added


def _within_spans(problem: Problem, rows: Positions, offers: Positions, room: Array) -> Flags:
    """Return which of the contacts, in their order, leave room in every span."""
    kept = np.ones(len(rows), dtype=bool)
    cells = problem.cell[rows, offers]
    counts = problem.within @ np.bincount(cells, minlength=problem.within.shape[1])
    for span in np.flatnonzero(counts > room):
        due = np.flatnonzero(kept & (problem.within[span, cells] > 0))
        kept[due[int(max(0, room[span])) :]] = False
    return kept


# The integer programme, solved by HiGHS ------------------------------------------------------


@dataclass(frozen=True)
class _Pairs:
    """Pairs of a customer (``rows``) and an offer among which a better assignment may be found.

    ``must``, shape (customers,), says who gets an offer in every better assignment.
    """

    rows: Positions
    offers: Positions
    must: Flags


def best_choice(
    problem: Problem, start: Positions, week: Positions, prices: Prices, near_enough: float
) -> tuple[Positions, Positions, float]:
    """Solve the assignment among what could still be better than ``start``.

    Where contacts that take from several resources find no weeks, it is solved again with the weeks
    in it.

    Returns
    -------
    choice, week : array of int, shape (customers,)
        The better one of what was found and of ``start``.
    bound : float
        No assignment can bring more.
    """
    pairs = _open_pairs(problem, start, prices)
    spans = np.asarray(problem.within[:, problem.cell[pairs.rows, pairs.offers]])
    found = _solve(problem, pairs, spans, problem.limits, near_enough)
    bound = _bound(found, prices.bound)
    choice = _choice(found, pairs)
    if choice is not None and problem.fits(choice):
        laid = schedule(problem, choice)
        if (laid.week[choice != NOBODY] > 0).all():
            return _better(problem, (choice, laid.week), (start, week), bound)
    pairs, weeks = _by_week(problem, pairs)
    takes = problem.uses[:, problem.group[pairs.rows], pairs.offers]
    in_week = np.concatenate([takes & (weeks == now) for now in range(1, problem.weeks + 1)])
    money = problem.limits[: 1 + len(problem.kind_budget)]
    limits = np.concatenate([money, np.tile(problem.capacity, problem.weeks)])
    found = _solve(problem, pairs, in_week.astype(float), limits, near_enough)
    bound = _bound(found, bound)
    choice = _choice(found, pairs)
    if choice is None:
        return start, week, max(bound, problem.total(start))
    when = np.zeros(len(start), dtype=np.intp)
    taken = found.x > 0.5
    when[pairs.rows[taken]] = weeks[taken]
    return _better(problem, (choice, when), (start, week), bound)


def _better(
    problem: Problem, new: tuple[Positions, Positions], old: tuple[Positions, Positions], bound: float
) -> tuple[Positions, Positions, float]:
    fits = problem.fits(new[0]) and problem.total(new[0]) > problem.total(old[0])
    choice, week = new if fits else old
    return choice, week, max(bound, problem.total(choice))


def _open_pairs(problem: Problem, start: Positions, prices: Prices) -> _Pairs:
    """Return the pairs that may be in a better assignment.

    One whose profit at the prices lies further below its customer's best than ``start`` lies below
    the bound is in none (reduced cost fixing).
    """
    reduced = prices.reduced(problem)
    best = reduced.max(axis=1).clip(min=0)
    slack = prices.bound - problem.total(start) + PRECISION * max(1.0, prices.bound)
    rows, offers = np.nonzero(best[:, None] - reduced <= slack)
    return _Pairs(rows, offers, must=best > slack)


def _by_week(problem: Problem, pairs: _Pairs) -> tuple[_Pairs, Positions]:
    """Repeat each pair for every week in which its contact could be made; return the weeks too."""
    first = problem.first_week[pairs.offers]
    length = problem.last_week[pairs.rows, pairs.offers] - first + 1
    again = np.repeat(np.arange(len(first)), length)
    nth = np.arange(len(again)) - np.repeat(np.cumsum(length) - length, length)
    return _Pairs(pairs.rows[again], pairs.offers[again], pairs.must), first[again] + nth


def _solve(problem: Problem, pairs: _Pairs, contacts: Array, limits: Array, near_enough: float) -> Any:
    """Choose among pairs within the budgets and, row by row, the limits of ``contacts``."""
    n, columns = len(pairs.must), len(pairs.rows)
    once = csr_array((np.ones(columns), (pairs.rows, np.arange(columns))), shape=(n, columns))
    spend = problem.spend[pairs.rows, pairs.offers]
    money = np.vstack([spend[None, :], problem.of_kind[:, pairs.offers] * spend])
    return integers(
        problem.profit[pairs.rows, pairs.offers],
        vstack([once, csr_array(money), csr_array(contacts)], format="csc"),
        np.concatenate([pairs.must.astype(float), np.full(len(limits), -np.inf)]),
        np.concatenate([np.ones(n), limits]),
        1,
        near_enough,
        NODES,
    )


def _bound(found: Any, known: float) -> float:
    return known if found.mip_dual_bound is None else min(known, -float(found.mip_dual_bound))


def _choice(found: Any, pairs: _Pairs) -> Positions | None:
    if found.x is None:
        return None
    taken = found.x > 0.5
    choice = np.full(len(pairs.must), NOBODY, dtype=np.intp)
    choice[pairs.rows[taken]] = pairs.offers[taken]
    return choice
