"""In which week each contact is made."""

from dataclasses import dataclass

import numpy as np

from playbook.shadow_prices import NOBODY, Choice, Flags, Problem, Weeks
from playbook.survival import Array


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

    week: Weeks
    room: Array

    def choice(self, choice: Choice) -> Choice:
        """Return the choice without the contacts that found no week."""
        return np.where(self.week > 0, choice, NOBODY)


def schedule(problem: Problem, choice: Choice) -> Schedule:
    """Lay contacts into weeks: earliest deadline first, then by profit, in the first week with room.

    With one resource to a contact this finds room for everybody if there is any (Jackson 1955);
    where several are shared, some contacts may be left without a week.
    """
    groups, offers, weeks = problem.shape
    week = np.zeros(len(choice), dtype=np.intp)
    room = np.repeat(problem.capacity[:, None], weeks, axis=1)
    chosen = np.flatnonzero(choice != NOBODY)
    cells = problem.cell[chosen, choice[chosen]]
    profit = problem.profit[chosen, choice[chosen]]
    order = np.lexsort((-profit, cells))
    chosen, cells = chosen[order], cells[order]
    found, starts = np.unique(cells, return_index=True)
    ends = np.append(starts[1:], len(cells))
    for place in np.lexsort((found, found % weeks)):
        group, offer = np.unravel_index(found[place] // weeks, (groups, offers))
        takes = problem.uses[:, group, offer]
        rows = chosen[starts[place] : ends[place]]
        for now in range(problem.first_week[offer], int(found[place]) % weeks + 2):
            possible = room[takes, now - 1].min(initial=np.inf)
            n = len(rows) if np.isinf(possible) else min(len(rows), int(possible + 1e-9))
            week[rows[:n]] = now
            room[takes, now - 1] -= n
            rows = rows[n:]
    return Schedule(week, room)


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
