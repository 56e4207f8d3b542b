"""In which week each contact is made."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from playbook.chapters.plan.prices import NOBODY, Problem
from playbook.records.arrays import Array, Flags, Positions

EARLIER = 1e-3
"""How much less a contact in the last week is worth than one in the first, where there is a choice."""


@dataclass(frozen=True)
class Schedule:
    """The week of each contact, and what is left of the capacities.

    Attributes
    ----------
    week : array of int, shape (customers,)
        From 1; 0 without an offer, or where no week had room.
    room : array, shape (resources, weeks)
        Contacts that could still be made.
    """

    week: Positions
    room: Array

    def choice(self, choice: Positions) -> Positions:
        """Return the choice without the contacts that found no week."""
        return np.where(self.week > 0, choice, NOBODY)


def schedule(problem: Problem, choice: Positions) -> Schedule:
    """Lay contacts into weeks: earliest deadline first, then by profit, in the first week with room.

    With one resource to a contact this finds room for everybody if there is any (Jackson 1955).
    Where contacts that share several are left without a week, the numbers of contacts by week are
    found by an integer programme.
    """
    week = np.zeros(len(choice), dtype=np.intp)
    chosen = np.flatnonzero(choice != NOBODY)
    cells = _alike(problem)[problem.cell[chosen, choice[chosen]]]
    profit = problem.profit[chosen, choice[chosen]]
    order = np.lexsort((-profit, cells))
    chosen, cells = chosen[order], cells[order]
    found, starts, counts = np.unique(cells.astype(np.intp), return_index=True, return_counts=True)
    by_week = _earliest(problem, found, counts)
    if by_week.sum() < len(chosen):
        worth = np.add.reduceat(profit[order], starts) / counts
        by_week = _most(problem, found, counts, worth)
    for place, start in enumerate(starts):
        made = np.repeat(np.arange(1, problem.weeks + 1), by_week[place])
        week[chosen[start : start + len(made)]] = made
    return Schedule(week, problem.capacity[:, None] - _takes(problem, found).T @ by_week)


def _alike(problem: Problem) -> Positions:
    """Return for each cell the first one whose contacts take from the same, in the same weeks."""
    cells = np.arange(int(np.prod(problem.shape)))
    first = problem.first_week[cells // problem.weeks % problem.shape[1]]
    kinds = np.column_stack([_takes(problem, cells), first, cells % problem.weeks])
    _, where, alike = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
    return np.asarray(where[alike.ravel()])


def _takes(problem: Problem, cells: Positions) -> Flags:
    """Return which resources a contact of each cell takes from, shape (cells, resources)."""
    groups, offers, weeks = problem.shape
    group, offer = np.unravel_index(cells // weeks, (groups, offers))
    return np.asarray(problem.uses[:, group, offer].T)


def _span(problem: Problem, cell: int) -> tuple[int, int]:
    """Return the first and the last week of a cell's contacts."""
    offers, weeks = problem.shape[1:]
    return int(problem.first_week[cell // weeks % offers]), int(cell) % weeks + 1


def _earliest(problem: Problem, cells: Positions, counts: Positions) -> Positions:
    """Return how many contacts of each cell are made in each week, each in the first with room."""
    by_week = np.zeros((len(cells), problem.weeks), dtype=np.intp)
    room = np.repeat(problem.capacity[:, None], problem.weeks, axis=1)
    takes = _takes(problem, cells)
    for place in np.lexsort((cells, cells % problem.weeks)):
        left = counts[place]
        first, last = _span(problem, cells[place])
        for now in range(first, last + 1):
            n = int(min(left, room[takes[place], now - 1].min(initial=np.inf) + 1e-9))
            by_week[place, now - 1] = n
            room[takes[place], now - 1] -= n
            left -= n
    return by_week


def _most(problem: Problem, cells: Positions, counts: Positions, worth: Array) -> Positions:
    """Return the same such that the contacts that find a week are worth most; of equals the earliest."""
    spans = [_span(problem, cell) for cell in cells]
    place = np.repeat(np.arange(len(cells)), [last - first + 1 for first, last in spans])
    week = np.concatenate([np.arange(first, last + 1) for first, last in spans])
    resources = _takes(problem, cells)[place].T
    in_week = [resources & (week == now) for now in range(1, problem.weeks + 1)]
    matrix = csr_array(np.vstack([*in_week, place == np.arange(len(cells))[:, None]]).astype(float))
    limits = np.concatenate([np.tile(problem.capacity, problem.weeks), counts])
    early = 1 - EARLIER * week / problem.weeks
    found = integers(worth[place] * early, matrix, np.full(len(limits), -np.inf), limits, counts[place])
    by_week = np.zeros((len(cells), problem.weeks), dtype=np.intp)
    by_week[place, week - 1] = np.round(found.x).astype(np.intp)
    return by_week


def with_room(problem: Problem, room: Array) -> Flags:
    """Return whether a contact of each cell could still be scheduled, shape (cells,)."""
    groups, offers, weeks = problem.shape
    free = np.zeros((groups, offers, weeks), dtype=bool)
    for offer in range(offers):
        first = int(problem.first_week[offer])
        for group in range(groups):
            takes = problem.uses[:, group, offer]
            any_week = np.min(room[takes], axis=0, initial=np.inf) >= 1
            any_week[: first - 1] = False
            free[group, offer] = np.logical_or.accumulate(any_week)
    return free.ravel()


def integers(
    worth: Array,
    matrix: Any,
    lower: Array,
    upper: Array,
    most: Any,
    near_enough: float = 1e-9,
    nodes: int = 10_000,
) -> Any:
    """Return the whole numbers from 0 to ``most`` that are worth most within linear limits.

    Parameters
    ----------
    worth : array, shape (variables,)
    matrix : sparse array, shape (limits, variables)
    lower, upper : array, shape (limits,)
    most : array or int
        The largest value of each variable.
    near_enough : float
        Share of the worth that may be missing.
    nodes : int
        Branches after which the search stops.

    Returns
    -------
    OptimizeResult
        As `scipy.optimize.milp` returns it: x (None where nothing was found), mip_dual_bound (of the
        negative worth).
    """
    with _without_chatter():
        return milp(
            -worth,
            integrality=np.ones(len(worth)),
            bounds=Bounds(0, most),
            constraints=LinearConstraint(matrix, lower, upper),
            options={"mip_rel_gap": near_enough, "node_limit": nodes},
        )


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
