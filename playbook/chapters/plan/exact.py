"""The assignment as an integer programme, solved by HiGHS."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from playbook.chapters.plan.highs import integers
from playbook.chapters.plan.prices import NOBODY, PRECISION, Choice, Prices, Problem, Weeks
from playbook.chapters.plan.schedule import schedule

NODES = 300
"""Branches after which HiGHS stops; the gap is then printed as it is."""


def best_choice(
    problem: Problem, start: Choice, week: Weeks, prices: Prices, near_enough: float
) -> tuple[Choice, Weeks, float]:
    """Solve the assignment among what could still be better than ``start``; return the bound with it.

    A pair whose profit at the prices lies further below its customer's best than ``start`` lies
    below the bound is in no better assignment (reduced cost fixing). Where contacts that take from
    several resources find no weeks, it is solved again with the weeks in it.
    """
    rows, offers, must = _open_pairs(problem, start, prices)
    kinds = 1 + len(problem.kind_budget)
    spans = np.asarray(problem.within[:, problem.cell[rows, offers]])
    matrix = [_money(problem, rows, offers), csr_array(spans)]
    found = _solve(problem, rows, offers, must, matrix, problem.limits, near_enough)
    bound = _bound(found, prices.bound)
    choice = _choice(found, rows, offers, len(start))
    if choice is not None and problem.fits(choice):
        laid = schedule(problem, choice)
        if (laid.week[choice != NOBODY] > 0).all():
            return _better(problem, (choice, laid.week), (start, week), bound)
    rows, offers, weeks = _by_week(problem, rows, offers)
    takes = np.array([problem.uses[:, g, k] for g, k in zip(problem.group[rows], offers, strict=True)]).T
    in_week = [takes & (weeks == now) for now in range(1, problem.weeks + 1)]
    matrix = [_money(problem, rows, offers), csr_array(np.concatenate(in_week).astype(float))]
    limits = np.concatenate([problem.limits[:kinds], np.tile(problem.capacity, problem.weeks)])
    found = _solve(problem, rows, offers, must, matrix, limits, near_enough)
    bound = min(bound, _bound(found, bound))
    choice = _choice(found, rows, offers, len(start))
    if choice is None:
        return start, week, max(bound, problem.total(start))
    when = np.zeros(len(start), dtype=np.intp)
    taken = found.x > 0.5
    when[rows[taken]] = weeks[taken]
    return _better(problem, (choice, when), (start, week), bound)


def _better(
    problem: Problem, new: tuple[Choice, Weeks], old: tuple[Choice, Weeks], bound: float
) -> tuple[Choice, Weeks, float]:
    fits = problem.fits(new[0]) and problem.total(new[0]) > problem.total(old[0])
    choice, week = new if fits else old
    return choice, week, max(bound, problem.total(choice))


def _open_pairs(problem: Problem, start: Choice, prices: Prices) -> tuple[Choice, Choice, Any]:
    """Return the pairs that may be in a better assignment, and which customers must have one."""
    reduced = prices.reduced(problem)
    best = reduced.max(axis=1).clip(min=0)
    slack = prices.bound - problem.total(start) + PRECISION * max(1.0, prices.bound)
    rows, offers = np.nonzero(best[:, None] - reduced <= slack)
    return rows, offers, best > slack


def _by_week(problem: Problem, rows: Choice, offers: Choice) -> tuple[Choice, Choice, Weeks]:
    """Repeat each pair for every week in which its contact could be made."""
    first = problem.first_week[offers]
    length = problem.last_week[rows, offers] - first + 1
    again = np.repeat(np.arange(len(rows)), length)
    nth = np.arange(len(again)) - np.repeat(np.cumsum(length) - length, length)
    return rows[again], offers[again], first[again] + nth


def _money(problem: Problem, rows: Choice, offers: Choice) -> Any:
    spend = problem.spend[rows, offers]
    return csr_array(np.vstack([spend[None, :], problem.of_kind[:, offers] * spend]))


def _solve(
    problem: Problem,
    rows: Choice,
    offers: Choice,
    must: Any,
    matrix: list[Any],
    limits: Any,
    near_enough: float,
) -> Any:
    once = csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(must), len(rows)))
    lower = np.concatenate([must.astype(float), np.full(len(limits), -np.inf)])
    upper = np.concatenate([np.ones(len(must)), limits])
    return integers(
        problem.profit[rows, offers],
        vstack([once, *matrix], format="csc"),
        lower,
        upper,
        1,
        near_enough,
        NODES,
    )


def _bound(found: Any, known: float) -> float:
    return known if found.mip_dual_bound is None else min(known, -float(found.mip_dual_bound))


def _choice(found: Any, rows: Choice, offers: Choice, n: int) -> Choice | None:
    if found.x is None:
        return None
    taken = found.x > 0.5
    choice = np.full(n, NOBODY, dtype=np.intp)
    choice[rows[taken]] = offers[taken]
    return choice
