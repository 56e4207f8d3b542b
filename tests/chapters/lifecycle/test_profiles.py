"""Profiles: those who left against those who stayed, the happiest against the rest."""

from dataclasses import replace
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from playbook.chapters.lifecycle import profiles
from playbook.show.words import Words
from playbook.stats.differences import compare_groups, standardised
from playbook.stats.inactivity import inactivity
from playbook.stats.spells import spell_counts

WORDS = Words()


@pytest.fixture(scope="module")
def demo(demo_client):
    history, sources = demo_client
    return history, sources, inactivity(spell_counts(history), history.settings).days


@pytest.fixture(scope="module")
def left(demo):
    return profiles.those_who_left(*demo)


@pytest.fixture
def small(open_client):
    def read(lines, **files):
        events = "  events: {files: e.csv, columns: {customer_id: c, happened_at: d, kind: k, value: v}}\n"
        text = (
            "client: A\ntables:\n  orders: {files: orders.csv, cohort: true, columns:"
            " {customer_id: customer_id, ordered_at: ordered_at, amount: amount}}\n"
        )
        return *open_client(lines, text + (events if files else ""), **files), 400

    return read


def test_a_standardised_difference_is_that_of_the_textbook():
    value, low, high = standardised(10, 8, 4, 4, 50, 50)
    assert value == 1.0
    error = np.sqrt(100 / 2500 + 1 / 200)
    assert (low, high) == pytest.approx((1 - 1.96 * error, 1 + 1.96 * error), rel=1e-3)


def test_verdicts_keep_to_the_false_discovery_rate():
    random = np.random.default_rng(1)
    inside = pd.Series(np.arange(400) < 200)
    noise = {f"noise_{n:02}": random.normal(size=400) for n in range(40)}
    frame = pd.DataFrame(noise | {"signal": random.normal(size=400) + 0.8 * inside, "flat": 1.0})
    found = compare_groups(frame, inside).set_index("attribute")
    assert found.index[0] == "signal"
    assert found.loc["signal", "verdict"] == "more"
    assert "flat" not in found.index
    assert (found["verdict"].drop("signal") == "alike").all()
    assert (found["p"].drop("signal") < 0.05).any()  # alone, some noise would have looked clear
    assert found["q"].to_numpy() == pytest.approx(multipletests(found["p"], method="fdr_bh")[1])


def test_an_attribute_known_of_too_few_is_not_compared():
    values = np.where(np.arange(100) < 80, np.nan, 1.0 * np.arange(100))
    found = compare_groups(
        pd.DataFrame({"rare": values, "known": np.arange(100.0)}), pd.Series(np.arange(100) < 50)
    )
    assert found["attribute"].tolist() == ["known"]


def test_who_left_did_not_order_in_the_days_that_followed(demo, left):
    history, _, lapsed = demo
    orders = history.orders.to_pyarrow().to_pandas()
    orders["day"] = pd.to_datetime(orders["day"])
    day = pd.Timestamp(left.landmark)
    assert left.landmark == history.as_of - timedelta(days=left.days)
    last = orders[orders["day"] <= day].groupby("customer_id")["day"].max()
    active = last.index[(day - last).dt.days <= lapsed]
    came = set(orders.loc[orders["day"] > day, "customer_id"])
    assert left.outside == sum(who in came for who in active)
    assert left.inside == len(active) - left.outside


def test_nothing_that_is_compared_is_later_than_the_landmark(demo, left):
    history, sources, lapsed = demo
    day = left.landmark
    past = history.days.filter(history.days.day <= ibis.literal(day))
    events = sources.events.filter(sources.events.happened_at <= ibis.literal(day))
    customers = profiles._active(history, left.days, lapsed)
    from dataclasses import replace

    whole = profiles._attributes(history, sources, customers, day)
    cut = profiles._attributes(replace(history, days=past), replace(sources, events=events), customers, day)
    pd.testing.assert_frame_equal(whole, cut)


def test_planted_differences_are_found(left):
    """Discounts were planted on those who come once, frequent ones leave less often."""
    verdicts = left.attributes.set_index("attribute")["verdict"]
    assert verdicts["orders"] == "less"
    assert verdicts["silence"] == "more"
    assert verdicts["discount"] == "more"
    assert verdicts["visits"] == "less"
    assert "associations" in left.sentences(WORDS)[-1]


def test_the_happiest_are_those_who_later_rate_best(demo):
    found = profiles.the_happiest(*demo)
    assert found.basis == "ratings"
    assert min(found.inside, found.outside) >= profiles.LEAST_IN_GROUP
    assert "rating" in found.sentences(WORDS)[0]


def people(n: int, often: int) -> str:
    """Return orders of n people, the first of whom order every month, the others twice a year."""
    rows = []
    for who in range(n):
        step = 30 if who < often else 180
        rows += [
            f"c{who:03},{day.date()},{20 + who % 7}"
            for day in pd.date_range("2023-01-05", "2024-12-20", freq=f"{step}D")
        ]
    return "\n".join(rows) + "\n"


def test_without_ratings_the_happiest_order_most_and_rhythm_is_not_compared(small):
    found = profiles.the_happiest(*small(people(150, 40)))
    assert (found.basis, found.inside) == ("orders", 40)
    assert not set(found.attributes["attribute"]) & set(profiles.RHYTHM)
    assert "Too few gave ratings" in found.sentences(WORDS)[0]


def test_ratings_of_too_few_count_as_none(small):
    events = "c,d,k,v\n" + "".join(f"c{n:03},2024-10-01,review,{5 - n % 2}\n" for n in range(20))
    assert profiles.the_happiest(*small(people(150, 40), e_csv=events)).basis == "orders"


@pytest.mark.parametrize("lines", ["a,2024-01-01,5\n", people(20, 5)], ids=["one customer", "twenty"])
def test_too_few_to_compare_is_said(small, lines):
    read = small(lines)
    for profile in (profiles.those_who_left(*read), profiles.the_happiest(*read)):
        assert profile.attributes.empty
        assert "too few" in profile.sentences(WORDS)[-1].lower()
        assert profile.figure(WORDS) is None
        assert "none" in str(profile.table(WORDS))


def test_a_clear_but_small_difference_is_neither_in_the_title_nor_in_the_words(left):
    small = left.attributes.assign(difference=0.05, low=0.01, high=0.09, verdict="more")
    profile = replace(left, attributes=small)
    title = profile.figure(WORDS).figure.get_suptitle()
    assert title == "Those who left do not differ clearly from those who stayed"
    assert "Nothing that was known before sets them clearly apart." in profile.sentences(WORDS)
