"""The assignment as an integer programme, solved by HiGHS."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from playbook.chapters.plan.prices import NOBODY, PRECISION, Prices, Problem
from playbook.chapters.plan.schedule import integers, schedule
from playbook.records.arrays import Array, Flags, Positions

NODES = 300
"""Branches after which HiGHS stops; the gap is then printed as it is."""


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
