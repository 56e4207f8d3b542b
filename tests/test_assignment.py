"""Who gets which offer: exact on small instances, within all limits on any."""

import os
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook import assignment
from playbook.assignment import assign, weeks_of
from playbook.shadow_prices import NOBODY, Problem

MONEY = st.integers(0, 40).map(float)


def problem(profit, spend, budget, capacity=None, last_week=None, first_week=None, weeks=3) -> Problem:
    profit = np.array(profit, dtype=float)
    offers = profit.shape[1]
    last_week = np.array(last_week if last_week is not None else np.full(profit.shape, weeks))
    first_week = np.array(first_week if first_week is not None else np.ones(offers, dtype=int))
    return Problem(
        profit=np.where((profit > 0) & (last_week >= first_week), profit, -np.inf),
        spend=np.array(spend, dtype=float),
        last_week=last_week,
        first_week=first_week,
        capacity=np.array(capacity if capacity is not None else np.full(offers, np.inf), dtype=float),
        weeks=weeks,
        budget=float(budget),
    )


@st.composite
def problems(draw, customers=4, offers=3, weeks=3) -> Problem:
    n, k = draw(st.integers(1, customers)), draw(st.integers(1, offers))

    def matrix(values):
        return draw(st.lists(st.lists(values, min_size=k, max_size=k), min_size=n, max_size=n))

    def row(values):
        return draw(st.lists(values, min_size=k, max_size=k))

    return problem(
        matrix(st.integers(-10, 40)),
        matrix(MONEY),
        draw(st.integers(0, 80)),
        row(st.sampled_from([0, 1, 2, np.inf])),
        matrix(st.integers(1, weeks)),
        row(st.integers(1, weeks)),
        weeks,
    )


def scheduled_within(given: Problem, choice) -> bool:
    """Whether the contacts can be laid into the weeks, tried out with the earliest deadline first."""
    if any(given.capacity[offer] == 0 for offer in choice if offer != NOBODY):
        return False
    week = weeks_of(given, choice)
    for customer in np.flatnonzero(choice != NOBODY):
        offer = choice[customer]
        if not given.first_week[offer] <= week[customer] <= given.last_week[customer, offer]:
            return False
        if (week[choice == offer] == week[customer]).sum() > given.capacity[offer]:
            return False
    return True


def by_trying_all(given: Problem) -> float:
    best = 0.0
    n, k = given.profit.shape
    for choice in product(range(-1, k), repeat=n):
        choice = np.array(choice)
        if not np.isfinite(given.total(choice)):
            continue
        within = given.used(choice)[0] <= given.budget + 1e-9
        if within and scheduled_within(given, choice):
            best = max(best, given.total(choice))
    return best


@settings(max_examples=80, deadline=None)
@given(problems())
def test_small_instances_equal_trying_all(given):
    found = assign(given, near_enough=0)
    assert found.profit == pytest.approx(by_trying_all(given))
    assert found.bound == pytest.approx(found.profit)


@settings(max_examples=60, deadline=None)
@given(problems(customers=12), st.booleans())
def test_no_assignment_exceeds_budget_or_capacities(given, large):
    found = assign(given, exact_pairs=0 if large else 20_000)
    chosen = found.choice != NOBODY
    assert given.used(found.choice)[0] <= given.budget + 1e-9
    assert scheduled_within(given, found.choice)
    assert np.isfinite(given.profit[chosen, found.choice[chosen]]).all()
    assert found.profit <= found.bound + 1e-6
    assert 0 <= found.gap <= 1


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(1, 30))
def test_more_budget_never_lowers_the_expected_profit(given, more):
    richer = Problem(**{**given.__dict__, "budget": given.budget + more})
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


def test_earliest_deadlines_come_first_then_the_most_profitable():
    given = problem([[5], [9], [7], [1]], np.ones((4, 1)), 10, [2], [[3], [3], [3], [1]])
    found = assign(given)
    assert weeks_of(given, found.choice).tolist() == [2, 1, 2, 1]


def test_the_solvers_own_chatter_is_not_shown(monkeypatch, capfd):
    solve, called = assignment.milp, []

    def chatty(*arguments, **options):
        os.write(1, b"chatter\n")
        called.append(True)
        return solve(*arguments, **options)

    monkeypatch.setattr(assignment, "milp", chatty)
    found = assign(problem([[10], [7], [7]], [[6], [5], [5]], budget=10), near_enough=0)
    print("said")
    assert found.profit == 14
    assert called
    assert capfd.readouterr().out == "said\n"
