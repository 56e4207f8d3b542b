"""First and second lives: orders in each customer's rhythm until the customer leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import RandomState

from playbook.demo.people import People
from playbook.demo.planted import Behaviour
from playbook.demo.seasons import Clock, Days, Flags, Numbers


@dataclass(frozen=True)
class Orders:
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
class Complaints:
    """Complaints: who, when, and the day of the solution (-1 if never)."""

    customer: Days
    day: Days
    solved: Days


@dataclass(frozen=True)
class Lives:
    """Everything that happened: orders, complaints, and when each life began and ended.

    `starts` and `leaves` have shape (customers, 3), one column per life, NaN where there was none.
    """

    orders: Orders
    complaints: Complaints
    starts: Numbers
    leaves: Numbers


def join_orders(*parts: Orders) -> Orders:
    """Stack orders."""
    fields = ("customer", "day", "leaves", "life", "percent_off")
    return Orders(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def join_complaints(*parts: Complaints) -> Complaints:
    """Stack complaints."""
    return Complaints(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("customer", "day", "solved"))
    )


@dataclass(frozen=True)
class Renewal:
    """One life per row of `customer`: its orders, complaints and last day."""

    orders: Orders
    complaints: Complaints
    leaves: Numbers


def _complain(
    random: RandomState, day: Days, leaves: Numbers, spared: Flags, planted: Behaviour
) -> tuple[Flags, Days, Days, Numbers]:
    """Draw who complains after an order, when, solved when, and what that does to the day of leaving."""
    size = len(day)
    happens = day + 2 + random.geometric(0.2, size)
    complains = (random.uniform(size=size) < planted.complaint_rate) & (happens < leaves)
    solved = np.where(
        random.uniform(size=size) < planted.complaint_solved, happens + 1 + random.geometric(0.15, size), -1
    )
    factor = np.where(solved < 0, planted.complaint_factor, planted.solved_factor)
    shortened = happens + (leaves - happens) / factor
    return complains, happens, solved, np.where(complains & ~spared, shortened, leaves)


def renew(
    random: RandomState,
    clock: Clock,
    customer: Days,
    starts: Days,
    leaves: Numbers,
    people: People,
    life: int,
    planted: Behaviour,
) -> Renewal:
    """Simulate one life each: an order on `starts`, then gamma gaps in shop time until `leaves`.

    The first unsolved complaint multiplies the leaving rate, which shortens the rest of the life by
    that factor, because the rate is constant over time.
    """
    leaves = leaves.copy()
    spared = np.zeros(len(customer), dtype=np.bool_)
    gap = people.gap[customer] * (1.0 if life == 1 else planted.second_gap)
    shape = people.shape[customer]
    who = np.flatnonzero((starts <= leaves) & (starts < clock.days))
    day = starts[who]
    time = clock.time(day, random.uniform(size=len(who)))
    ordered: list[tuple[Days, Days]] = []
    complained: list[tuple[Days, Days, Days]] = []
    while len(who) or not ordered:
        ordered.append((who, day))
        complains, happens, solved, left = _complain(random, day, leaves[who], spared[who], planted)
        leaves[who] = left
        spared[who] |= complains & (solved < 0)
        complained.append((who[complains], happens[complains], solved[complains]))
        time = time + random.standard_gamma(shape[who]) * gap[who] / shape[who]
        day = clock.day(time)
        stays = (day <= leaves[who]) & (day < clock.days)
        who, day, time = who[stays], day[stays], time[stays]
    rows, days = (np.concatenate([part[i] for part in ordered]) for i in (0, 1))
    upset, when, repaired = (np.concatenate([part[i] for part in complained]) for i in (0, 1, 2))
    orders = Orders(
        customer[rows], days, leaves[rows], np.full(len(rows), life), np.zeros(len(rows), np.int64)
    )
    return Renewal(orders, Complaints(customer[upset], when, repaired), leaves)


def _first_lives(
    random: RandomState, clock: Clock, people: People, planted: Behaviour
) -> tuple[Days, Renewal]:
    """Simulate the first life of everyone who buys; an old customer's starts somewhere within a gap."""
    customer = np.flatnonzero(np.isin(people.group, ["new", "old"]))
    residual = clock.day(random.uniform(size=len(customer)) * people.gap[customer])
    starts = np.where(people.group[customer] == "old", residual, people.joined[customer]).astype(np.int64)
    begins = np.maximum(people.joined[customer], 0)
    stays = random.exponential(size=len(customer)) / people.leaving_rate[customer]
    once = people.occasional[customer] & ~people.converts[customer]
    leaves = np.where(once, starts, begins + stays)
    return customer, renew(random, clock, customer, starts, leaves, people, 1, planted)


def live(random: RandomState, clock: Clock, people: People, planted: Behaviour) -> Lives:
    """Simulate first lives of all customers, and second lives of those who only paused."""
    customer, first = _first_lives(random, clock, people, planted)
    pauses = (random.uniform(size=len(customer)) < planted.pauses) & ~people.occasional[customer]
    pauses &= first.leaves < clock.days - 1
    paused = customer[pauses]
    left = first.leaves[pauses].astype(np.int64)
    length = random.standard_gamma(4.0, len(paused)) / 4.0 * planted.pause
    back = clock.day(clock.time(left, np.zeros(len(paused))) + length)
    leaves = back + random.exponential(planted.second_lifetime, len(paused))
    second = renew(random, clock, paused, back, leaves, people, 2, planted)
    starts_of = np.full((len(people), 3), np.nan)
    leaves_of = np.full((len(people), 3), np.nan)
    starts_of[customer, 0] = np.maximum(people.joined[customer], 0)
    leaves_of[customer, 0] = first.leaves
    starts_of[paused, 1] = back
    leaves_of[paused, 1] = second.leaves
    return Lives(
        orders=join_orders(first.orders, second.orders),
        complaints=join_complaints(first.complaints, second.complaints),
        starts=starts_of,
        leaves=leaves_of,
    )
