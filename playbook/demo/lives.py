"""First and second lives: orders in each customer's rhythm until the customer leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self, TypeVar

import numpy as np

from playbook.demo.people import Scene
from playbook.demo.planted import Behaviour
from playbook.demo.seasons import Days, Numbers
from playbook.records.arrays import Flags


@dataclass(frozen=True)
class Rows:
    """Things that happened: one array per column, all of the same length."""

    def take(self, chosen: Flags) -> Self:
        """Return some of the rows."""
        return replace(self, **{column.name: getattr(self, column.name)[chosen] for column in fields(self)})


R = TypeVar("R", bound=Rows)


def stack(parts: Sequence[R]) -> R:
    """Return the rows of all parts, one part below the other."""
    names = [column.name for column in fields(parts[0])]
    return type(parts[0])(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class OrderRows(Rows):
    """Orders before they have lines.

    Parameters
    ----------
    customer : array of int
        Position in `People`.
    day : array of int
        Calendar day.
    leaves : array of float
        The day on which the life that this order belongs to ends.
    life : array of int
        1, 2 (after a pause) or 3 (won back by a campaign).
    percent_off : array of int
        Discount of a campaign.
    """

    customer: Days
    day: Days
    leaves: Numbers
    life: Days
    percent_off: Days


@dataclass(frozen=True)
class Complaints(Rows):
    """Complaints: who, when, and the day of the solution (-1 if never)."""

    customer: Days
    day: Days
    solved: Days


@dataclass(frozen=True)
class Lives:
    """Everything that happened: orders, complaints, and when each life began and ended.

    `starts` and `leaves` have shape (customers, 3), one column per life, NaN where there was none.
    """

    orders: OrderRows
    complaints: Complaints
    starts: Numbers
    leaves: Numbers


@dataclass(frozen=True)
class Renewal:
    """One life per row of `customer`: its orders, complaints and last day."""

    orders: OrderRows
    complaints: Complaints
    leaves: Numbers


def _complain(
    scene: Scene[Behaviour], day: Days, leaves: Numbers, spared: Flags
) -> tuple[Flags, Days, Days, Numbers]:
    """Draw who complains after an order, when, solved when, and what that does to the day of leaving."""
    random, planted, size = scene.random, scene.planted, len(day)
    happens = day + 2 + random.geometric(0.2, size)
    complains = (random.uniform(size=size) < planted.complaint_rate) & (happens < leaves)
    solves = random.uniform(size=size) < planted.complaint_solved
    solved = np.where(solves, happens + 1 + random.geometric(0.15, size), -1)
    factor = np.where(solves, planted.solved_factor, planted.complaint_factor)
    shortened = happens + (leaves - happens) / factor
    return complains, happens, solved, np.where(complains & ~spared, shortened, leaves)


def renew(scene: Scene[Behaviour], customer: Days, starts: Days, leaves: Numbers, life: int) -> Renewal:
    """Simulate one life each: an order on `starts`, then gamma gaps in shop time until `leaves`.

    The first unsolved complaint multiplies the leaving rate, which shortens the rest of the life by
    that factor, because the rate is constant over time.
    """
    random, clock, people = scene.random, scene.clock, scene.people
    leaves = leaves.copy()
    spared = np.zeros(len(customer), dtype=np.bool_)
    gap = people.gap[customer] * (1.0 if life == 1 else scene.planted.second_gap)
    shape = people.shape[customer]
    who = np.flatnonzero((starts <= leaves) & (starts < clock.days))
    day = starts[who]
    time = clock.time(day, random.uniform(size=len(who)))
    ordered: list[tuple[Days, Days]] = []
    complained: list[Complaints] = []
    while len(who) or not ordered:
        ordered.append((who, day))
        complains, happens, solved, left = _complain(scene, day, leaves[who], spared[who])
        leaves[who] = left
        spared[who] |= complains & (solved < 0)
        complained.append(Complaints(customer[who], happens, solved).take(complains))
        time = time + random.standard_gamma(shape[who]) * gap[who] / shape[who]
        day = clock.day(time)
        stays = (day <= leaves[who]) & (day < clock.days)
        who, day, time = who[stays], day[stays], time[stays]
    rows, days = (np.concatenate(part) for part in zip(*ordered, strict=True))
    none = np.zeros(len(rows), np.int64)
    orders = OrderRows(customer[rows], days, leaves[rows], none + life, none)
    return Renewal(orders, stack(complained), leaves)


def _first_lives(scene: Scene[Behaviour]) -> tuple[Days, Renewal]:
    """Simulate the first life of everyone who buys; an old customer's starts somewhere within a gap."""
    random, people = scene.random, scene.people
    customer = np.flatnonzero(np.isin(people.group, ["new", "old"]))
    residual = scene.clock.day(random.uniform(size=len(customer)) * people.gap[customer])
    starts = np.where(people.group[customer] == "old", residual, people.joined[customer]).astype(np.int64)
    begins = np.maximum(people.joined[customer], 0)
    stays = random.exponential(size=len(customer)) / people.leaving_rate[customer]
    once = people.occasional[customer] & ~people.converts[customer]
    leaves = np.where(once, starts, begins + stays)
    return customer, renew(scene, customer, starts, leaves, 1)


def live(scene: Scene[Behaviour]) -> Lives:
    """Simulate first lives of all customers, and second lives of those who only paused."""
    random, clock, people, planted = scene.random, scene.clock, scene.people, scene.planted
    customer, first = _first_lives(scene)
    pauses = (random.uniform(size=len(customer)) < planted.pauses) & ~people.occasional[customer]
    pauses &= first.leaves < clock.days - 1
    paused = customer[pauses]
    left = first.leaves[pauses].astype(np.int64)
    length = random.standard_gamma(4.0, len(paused)) / 4.0 * planted.pause
    back = clock.day(clock.time(left, np.zeros(len(paused))) + length)
    leaves = back + random.exponential(planted.second_lifetime, len(paused))
    second = renew(scene, paused, back, leaves, 2)
    starts_of, leaves_of = np.full((2, len(people), 3), np.nan)
    starts_of[customer, 0] = np.maximum(people.joined[customer], 0)
    leaves_of[customer, 0] = first.leaves
    starts_of[paused, 1] = back
    leaves_of[paused, 1] = second.leaves
    return Lives(
        orders=stack([first.orders, second.orders]),
        complaints=stack([first.complaints, second.complaints]),
        starts=starts_of,
        leaves=leaves_of,
    )


def first_orders(orders: OrderRows, size: int) -> Flags:
    """Say whether each order lies on its customer's first day of ordering."""
    first = np.full(size, 10**6, dtype=np.int64)
    np.minimum.at(first, orders.customer, orders.day)
    return np.asarray(orders.day == first[orders.customer], dtype=np.bool_)


def order_values(scene: Scene[Behaviour], orders: OrderRows) -> Numbers:
    """Return an order's usual value as a factor: less before leaving, and in second lives."""
    planted = scene.planted
    fading = np.clip((orders.leaves - orders.day) / planted.warning_days, 0, 1)
    fading = np.where(orders.leaves == orders.day, 1.0, fading)  # who orders once does not fade
    factor = planted.warning_spend + (1 - planted.warning_spend) * fading
    return np.asarray(factor * np.where(orders.life > 1, planted.second_spend, 1.0))
