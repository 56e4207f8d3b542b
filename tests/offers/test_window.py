"""The weeks in which an offer may be made."""

from datetime import date

import pytest

from playbook.offers.window import Window
from tests.offers.test_response import offer

WINDOW = Window(date(2025, 12, 31), weeks=4)  # a Wednesday


def test_the_first_week_begins_on_the_monday_after_and_ends_on_a_sunday():
    assert (WINDOW.monday(1), WINDOW.sunday(4)) == (date(2026, 1, 5), date(2026, 2, 1))
    assert Window(date(2026, 1, 5), weeks=1).start == date(2026, 1, 12)


@pytest.mark.parametrize(
    ("dates", "weeks"),
    [
        ({}, (1, 4)),
        ({"first_day": date(2026, 1, 18)}, (2, 4)),
        ({"last_day": date(2026, 1, 18)}, (1, 2)),
        ({"first_day": date(2026, 1, 12), "last_day": date(2026, 1, 12)}, (2, 2)),
    ],
)
def test_a_week_is_open_where_one_of_its_days_is(dates, weeks):
    assert WINDOW.open_weeks(offer(**dates)) == weeks


@pytest.mark.parametrize("dates", [{"first_day": date(2026, 2, 2)}, {"last_day": date(2026, 1, 4)}])
def test_no_week_is_open_outside_of_the_campaign(dates):
    first, last = WINDOW.open_weeks(offer(**dates))
    assert first > last
