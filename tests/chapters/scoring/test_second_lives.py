from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.scoring import check_second_lives
from playbook.demo import retailer
from playbook.show.words import Words
from playbook.stats import value
from tests.chapters.scoring.histories import history_of

WORDS = Words()


@pytest.fixture(scope="module")
def steady():
    """Customers silent for 300 days, back with 50, with 30 two months later, year after year."""
    rows, first = [], date(2020, 1, 1)
    for number in range(180):
        day, customer = first + timedelta(days=number * 2), f"c{number:03d}"
        for _ in range(4):
            rows += [(customer, day, 50.0), (customer, day + timedelta(days=65), 30.0)]
            day += timedelta(days=365)
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return history_of(frame[frame["ordered_at"] < date(2023, 7, 1)], inactivity_days=250)


def test_the_months_of_a_group_are_added_up_as_far_as_each_was_followed():
    months = np.array([10.0, 4.0, 2.0])
    life = value.SecondLife(
        months, np.tile(months, (5, 1)), np.array([90, 80, 60]), 20.0, "second_lives", 3.0
    )
    assert life.expected([20.0, 40.0, 20.0], [1, 2, 9]).tolist() == [10.0, 28.0, 16.0]
    total, low, high = life.group_interval([20.0, 40.0, 20.0], [1, 2, 9])
    assert total == pytest.approx(54)
    assert high - total == pytest.approx(1.6449 * np.sqrt(3 * 54), rel=1e-4)
    assert total - low == pytest.approx(high - total)


def test_what_always_comes_the_same_way_is_predicted_exactly(steady):
    found = check_second_lives(steady, days_back=183)
    assert found.comebacks >= 10
    assert found.predicted == pytest.approx(found.actual, rel=0.05)
    assert found.verdict == "inside"


def test_comebacks_are_those_of_customers_lapsed_at_the_split_followed_for_a_month(steady):
    found = check_second_lives(steady, days_back=183)
    split = steady.as_of - timedelta(days=183)
    orders = steady.orders.execute()
    orders["day"] = pd.to_datetime(orders["day"]).dt.date
    last = orders[orders["day"] <= split].groupby("customer_id")["day"].max()
    back = orders[orders["day"] > split].groupby("customer_id")["day"].min()
    silent = last.map(lambda day: (split - day).days) > 250
    followed = back.map(lambda day: (steady.as_of - day).days) >= 30
    assert found.comebacks == len(set(last[silent].index) & set(back[followed].index))


def test_a_long_record_is_split_a_year_back(steady):
    assert check_second_lives(steady).days == 365


def test_too_little_to_try_is_said():
    found = check_second_lives(history_of([("a", "2024-01-01", 5.0), ("b", "2024-06-01", 5.0)]))
    assert "could not be tried" in found.sentences(WORDS)[0]
    assert found.by_name["value_check_predicted"].verdict == "untried"
    assert found.table(WORDS) is None


def test_sentences_name_both_sums_and_warn_of_half_a_year(steady):
    result = check_second_lives(steady, days_back=183)
    said = result.sentences(WORDS)[0]
    assert WORDS.money(result.actual) in said
    assert "not a full year" in said
    assert "margin that came" in result.table(WORDS)._repr_html_()


def test_on_the_generated_retailer_the_prediction_is_near_what_came():
    errors, inside = [], 0
    for seed in (101, 102, 103):
        lines = retailer.generate(seed, last_day=date(2027, 6, 30)).orders
        lines = lines.dropna(subset=["customer_id", "amount"])[["customer_id", "ordered_at", "amount"]]
        found = check_second_lives(history_of(lines))
        errors.append(found.predicted / found.actual - 1)
        inside += found.verdict == "inside"
    assert abs(np.mean(errors)) < 0.12
    assert inside >= 2
