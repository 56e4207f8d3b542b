"""Why a contact is made in its week."""

import numpy as np
import pytest

from playbook.chapters.plan.timing import timing
from playbook.show.words import Words
from tests.chapters.plan.test_plan import offer, people, plan_for, settings_of

WORDS = Words()
NO_HOLDOUT = settings_of(holdout_share=0)


def falling(n):
    """The chance to return at the end of four weeks: it falls with waiting."""
    return np.tile([0.10, 0.08, 0.06, 0.04], (n, 1))


def test_without_an_incentive_every_week_is_as_good_and_all_are_contacted_at_once():
    found = timing(plan_for(people(6), offer(), settings=NO_HOLDOUT, chances=falling(6)))
    assert (found.contacts, found.at_once) == (6, 6)
    assert found.profit == pytest.approx(6 * (0.05 * 100 - 2))
    assert found.gain == pytest.approx(0)


def test_what_waiting_could_save_in_incentives_is_told_and_not_planned():
    plan = plan_for(people(6), offer(incentive_return=10.0), settings=NO_HOLDOUT, chances=falling(6))
    found = timing(plan)
    # E = (p0 + 0.05) * (100 - 10) - p0 * 100 - 2: ten francs less for every point of p0 that is gone
    assert found.profit == pytest.approx(6 * (0.15 * 90 - 10 - 2))
    assert found.gain == pytest.approx(6 * (0.10 - 0.04) * 10)
    assert plan.contacts["week"].nunique() == 1
    first, second = found.sentences(WORDS)
    assert "6 of 6" in first
    assert "at most CHF 4 more" in second.replace("\xa0", " ")


def test_who_finds_no_room_at_once_is_not_counted_as_contacted_at_once():
    found = timing(plan_for(people(5), offer(capacity_per_week=2), settings=NO_HOLDOUT))
    assert (found.contacts, found.at_once) == (5, 2)
    assert found.gain == pytest.approx(0)


def test_weeks_before_an_offer_is_open_are_no_better_weeks():
    late = offer(first_day="2025-10-20")
    rising = np.tile([0.5, 0.4, 0.10, 0.10], (3, 1))
    dear = offer(first_day="2025-10-20", second_life_share=1.2)
    for made in (late, dear):
        found = timing(plan_for(people(3), made, settings=NO_HOLDOUT, chances=rising))
        assert found.at_once == found.contacts == 3
        assert found.gain == pytest.approx(0)


def test_of_a_plan_of_nobody_nothing_is_said():
    found = timing(plan_for(people(3), offer(cost=90.0), settings=NO_HOLDOUT))
    assert found.contacts == 0
    assert found.sentences(WORDS) == []
