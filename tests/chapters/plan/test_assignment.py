"""Who gets which offer: exact on small instances, within all limits on any."""

import os
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.chapters.plan import schedule as scheduling
from playbook.chapters.plan.assignment import assign
from playbook.chapters.plan.prices import NOBODY, Problem
from playbook.chapters.plan.schedule import schedule

MONEY = st.integers(0, 40).map(float)


def problem(
    profit,
    spend,
    budget,
    capacity=None,
    last_week=None,
    first_week=None,
    weeks=3,
    shared=(),
    group=None,
    kinds=(),
) -> Problem:
    """An assignment problem; ``shared`` holds (capacity, offers, groups) of further resources."""
    profit = np.array(profit, dtype=float)
    n, offers = profit.shape
    last_week = np.array(last_week if last_week is not None else np.full(profit.shape, weeks))
    first_week = np.array(first_week if first_week is not None else np.ones(offers, dtype=int))
    group = np.zeros(n, dtype=int) if group is None else np.array(group)
    groups = int(group.max(initial=0)) + 1
    limits, uses = [], []
    for k, limit in enumerate(capacity or ()):
        if np.isfinite(limit):
            limits.append(limit)
            uses.append(np.repeat((np.arange(offers) == k)[None, :], groups, axis=0))
    for limit, some, members in shared:
        limits.append(limit)
        uses.append(np.isin(np.arange(groups), members)[:, None] & np.isin(np.arange(offers), some)[None, :])
    return Problem(
        profit=np.where((profit > 0) & (last_week >= first_week), profit, -np.inf),
        spend=np.array(spend, dtype=float),
        last_week=last_week,
        first_week=first_week,
        weeks=weeks,
        budget=float(budget),
        group=group,
        capacity=np.array(limits, dtype=float),
        uses=np.array(uses, dtype=bool).reshape(len(limits), groups, offers),
        kind_budget=np.array([limit for limit, _ in kinds], dtype=float),
        of_kind=np.array([np.isin(np.arange(offers), some) for _, some in kinds], dtype=bool).reshape(
            len(kinds), offers
        ),
    )


@st.composite
def problems(draw, customers=3, offers=3, weeks=2) -> Problem:
    n, k = draw(st.integers(1, customers)), draw(st.integers(1, offers))

    def matrix(values):
        return draw(st.lists(st.lists(values, min_size=k, max_size=k), min_size=n, max_size=n))

    def row(values):
        return draw(st.lists(values, min_size=k, max_size=k))

    some = st.lists(st.integers(0, k - 1), min_size=1, max_size=k, unique=True)
    members = st.sampled_from([(0,), (1,), (0, 1)])
    return problem(
        matrix(st.integers(-10, 40)),
        matrix(MONEY),
        draw(st.integers(0, 80)),
        row(st.sampled_from([0, 1, 2, np.inf])),
        matrix(st.integers(1, weeks)),
        row(st.integers(1, weeks)),
        weeks,
        draw(st.lists(st.tuples(st.integers(0, 2), some, members), max_size=2)),
        [draw(st.integers(0, 1)) for _ in range(n)],
        draw(st.lists(st.tuples(st.integers(0, 60), some), max_size=1)),
    )


def allowed(given: Problem, choice, week) -> bool:
    """Whether everybody's offer and week keep every budget and every capacity, counted one by one."""
    chosen = [i for i in range(len(choice)) if choice[i] != NOBODY]
    if sum(given.spend[i, choice[i]] for i in chosen) > given.budget + 1e-9:
        return False
    for limit, kind in zip(given.kind_budget, given.of_kind, strict=True):
        if sum(given.spend[i, choice[i]] for i in chosen if kind[choice[i]]) > limit + 1e-9:
            return False
    if any(not given.first_week[choice[i]] <= week[i] <= given.last_week[i, choice[i]] for i in chosen):
        return False
    for resource, limit in enumerate(given.capacity):
        for now in range(1, given.weeks + 1):
            taken = [i for i in chosen if week[i] == now and given.uses[resource, given.group[i], choice[i]]]
            if len(taken) > limit:
                return False
    return True


def by_trying_all(given: Problem) -> float:
    n, k = given.profit.shape
    each = [
        [(NOBODY, 0)]
        + [(j, w) for j in range(k) for w in range(1, given.weeks + 1) if given.profit[i, j] > 0]
        for i in range(n)
    ]
    best = 0.0
    for pairs in product(*each):
        choice, week = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        worth = sum(given.profit[i, j] for i, j in enumerate(choice) if j != NOBODY)
        if worth > best and allowed(given, choice, week):
            best = worth
    return best


@settings(max_examples=150, deadline=None)
@given(problems())
def test_small_instances_equal_trying_all(given):
    found = assign(given, near_enough=0)
    assert found.profit == pytest.approx(by_trying_all(given))
    assert found.bound == pytest.approx(found.profit)
    assert allowed(given, found.choice, found.week)


@settings(max_examples=60, deadline=None)
@given(problems(customers=12, offers=4, weeks=3), st.booleans())
def test_no_assignment_exceeds_budgets_or_capacities(given, large):
    found = assign(given, exact_pairs=0 if large else 20_000)
    chosen = found.choice != NOBODY
    assert allowed(given, found.choice, found.week)
    assert ((found.week > 0) == chosen).all()
    assert np.isfinite(given.profit[chosen, found.choice[chosen]]).all()
    assert found.profit <= found.bound + 1e-6
    assert 0 <= found.gap <= 1


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(1, 30))
def test_more_budget_never_lowers_the_expected_profit(given, more):
    richer = replace(given, budget=given.budget + more)
    assert assign(richer, near_enough=0).profit >= assign(given, near_enough=0).profit - 1e-9


def test_without_budget_only_what_costs_nothing_is_offered():
    found = assign(problem([[9, 5]], [[1, 0]], budget=0))
    assert found.choice.tolist() == [1]


def test_the_budget_price_is_what_one_more_brings():
    # Profit 3 per franc first, then 2: with 15 francs the second customer is half paid for.
    found = assign(problem([[30], [20]], [[10], [10]], budget=15))
    assert found.budget_price == pytest.approx(2)


def test_nobody_to_choose_from_is_an_empty_plan():
    found = assign(problem(np.zeros((3, 2)), np.ones((3, 2)), budget=10))
    assert (found.choice == NOBODY).all()
    assert (found.profit, found.gap, found.budget_price) == (0, 0, 0)


def test_many_customers_are_assigned_within_a_proven_hundredth_of_a_percent():
    random = np.random.default_rng(3)
    value, points = random.lognormal(4.5, 1, (20_000, 1)), random.uniform(0.005, 0.12, 6)
    cost = random.uniform(0.2, 9, 6)
    given = problem(value * points - cost, np.tile(cost, (20_000, 1)), 20_000, [200, *[np.inf] * 5], weeks=8)
    found = assign(given, exact_pairs=0)
    assert given.fits(found.choice)
    assert found.gap < 1e-4


def test_a_sample_has_its_share_of_every_limit():
    given = problem(np.full((10, 1), 5.0), np.ones((10, 1)), 8, [4], kinds=[(6, [0])])
    part, share = given.sample(5)
    assert (len(part.profit), share, part.budget) == (5, 0.5, 4)
    assert (part.capacity.tolist(), part.kind_budget.tolist()) == ([2], [3])


def test_earliest_deadlines_come_first_then_the_most_profitable():
    given = problem([[5], [9], [7], [1]], np.ones((4, 1)), 10, [2], [[3], [3], [3], [1]])
    assert assign(given).week.tolist() == [2, 1, 2, 1]


def test_the_solvers_own_chatter_is_not_shown(monkeypatch, capfd):
    solve, called = scheduling.milp, []

    def chatty(*arguments, **options):
        os.write(1, b"chatter\n")
        called.append(True)
        return solve(*arguments, **options)

    monkeypatch.setattr(scheduling, "milp", chatty)
    found = assign(problem([[10], [7], [7]], [[6], [5], [5]], budget=10), near_enough=0)
    print("said")
    assert found.profit == 14
    assert called
    assert capfd.readouterr().out == "said\n"


def test_two_offers_that_share_a_caller_share_the_week():
    given = problem([[5, 0], [0, 4], [3, 0]], np.zeros((3, 2)), 10, weeks=2, shared=[(1, [0, 1], [0])])
    found = assign(given)
    assert found.profit == 9
    assert sorted(found.week.tolist()) == [0, 1, 2]


def test_an_owners_own_capacity_limits_their_customers_only():
    given = problem([[5], [4], [3]], np.zeros((3, 1)), 10, weeks=1, shared=[(1, [0], [1])], group=[1, 1, 0])
    assert assign(given).choice.tolist() == [0, NOBODY, 0]


def test_a_budget_by_kind_limits_that_kind_alone():
    given = problem([[9, 5], [9, 5], [9, 0]], np.full((3, 2), 4.0), 100, kinds=[(8, [0])])
    found = assign(given)
    assert found.profit == 9 + 9 + 5
    assert sorted(found.choice.tolist()) == [0, 0, 1]


@given(st.integers(0, 2**20), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_with_one_resource_the_schedule_finds_room_whenever_there_is_any(seed, limit):
    random = np.random.default_rng(seed)
    last = random.integers(1, 4, (6, 3))
    first = random.integers(1, 4, 3)
    profit = random.integers(1, 9, (6, 3))
    given = problem(profit, np.zeros((6, 3)), 10, None, last, first, 3, shared=[(limit, [0, 1, 2], [0])])
    offered = random.integers(-1, 3, 6)
    choice = np.where((offered >= 0) & np.isfinite(given.profit[np.arange(6), offered]), offered, NOBODY)
    laid = schedule(given, choice)
    assert (laid.week[choice != NOBODY] > 0).all() == given.fits(choice)
    assert allowed(given, laid.choice(choice), laid.week)
