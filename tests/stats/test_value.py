from datetime import date

import numpy as np
import pandas as pd
import pytest

from playbook.demo import retailer
from playbook.demo.planted import LAST_DAY, PLANTED
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.stats import value

YML = """client: A
margin_rate: 0.5
tables:
  orders:
    files: orders.csv
    columns: {customer_id: c, ordered_at: d, amount: a}
"""

# Comebacks (silent for more than 100 days): ann on 2024-01-01, bob on 2024-02-01; as of 2024-03-31.
COMEBACKS = """c,d,a
ann,2023-01-01,40
ann,2024-01-01,60
ann,2024-01-30,10
ann,2024-01-31,20
ann,2024-02-05,-4
bob,2023-06-01,80
bob,2024-02-01,30
cid,2024-03-31,2
"""


@pytest.fixture
def history_of(client):
    opened = []

    def read(lines, **overrides):
        data, name = client(lines, YML)
        chosen = settings.load(name, data, overrides)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return read_history(chosen, sources)

    yield read
    for sources in opened:
        sources.close()


# The margin of an order ----------------------------------------------------------------------


def test_shrinkage_is_that_of_the_analysis_of_variance_by_hand():
    # margins by customer: (10, 14), (20, 24, 28), (40)
    found = value.shrinkage([2, 3, 1], [24, 72, 40], [296, 1760, 1600])
    within = ((2 + 2) * 2 + 16 + 0 + 16) / 3
    overall = 136 / 6
    squares = 2 * (12 - overall) ** 2 + 3 * (24 - overall) ** 2 + (40 - overall) ** 2
    between = (squares - 2 * within) / (6 - (4 + 9 + 1) / 6)
    assert found.within == pytest.approx(within)
    assert found.between == pytest.approx(between)
    weight = [n / (n + within / between) for n in (2, 3, 1)]
    assert found.credibility([2, 3, 1]) == pytest.approx(weight)
    assert found.mean == pytest.approx(np.average([12, 24, 40], weights=weight))
    own = weight[0] * 12 + (1 - weight[0]) * found.mean
    assert found.mean_margin([2, 0], [24, 0]) == pytest.approx([own, np.nan], nan_ok=True)


def test_the_shrinkage_finds_the_variances_that_were_drawn():
    random = np.random.default_rng(7)
    orders = random.integers(1, 9, 4000)
    who = np.repeat(np.arange(4000), orders)
    margin = random.normal(50, 10, 4000)[who] + random.normal(0, 20, len(who))
    found = value.shrinkage(orders, np.bincount(who, margin), np.bincount(who, margin**2))
    assert found.mean == pytest.approx(50, abs=0.8)
    assert found.within == pytest.approx(400, rel=0.05)
    assert found.between == pytest.approx(100, rel=0.15)


def test_shrunk_means_foretell_better_than_own_means_and_than_the_mean_of_all():
    random = np.random.default_rng(3)
    orders = random.integers(1, 5, 3000)
    who = np.repeat(np.arange(3000), orders)
    true = random.normal(50, 10, 3000)
    margin = true[who] + random.normal(0, 20, len(who))
    total = np.bincount(who, margin)
    found = value.shrinkage(orders, total, np.bincount(who, margin**2))
    errors = [
        np.mean((guess - true) ** 2) for guess in (found.mean_margin(orders, total), total / orders, 50)
    ]
    assert errors[0] < 0.9 * min(errors[1:])


def test_where_nobody_ordered_twice_own_order_and_mean_of_all_weigh_alike():
    found = value.shrinkage([1, 1], [10, 30], [100, 900])
    assert found.mean_margin([1, 1], [10, 30]) == pytest.approx([15, 25])


def test_customers_who_do_not_differ_get_the_mean_of_all():
    found = value.shrinkage([2, 2], [20, 20], [4 + 256, 100 + 100])
    assert found.between == 0
    assert found.mean_margin([2, 2], [20, 20]) == pytest.approx([10, 10])


def test_one_customer_alone_keeps_the_own_mean():
    for orders, margin, squares in ((3, 30, 320), (1, 7, 49)):
        found = value.shrinkage([orders], [margin], [squares])
        assert found.mean_margin([orders], [margin]) == pytest.approx([margin / orders])


def test_returns_count_against_the_order_before_them(history_of):
    frame = value.order_margins(history_of(COMEBACKS)).set_index("customer_id")
    assert frame.loc["ann"].tolist() == [4, 63.0, 20.0**2 + 30.0**2 + 5.0**2 + 8.0**2]


def test_mean_order_margin_comes_in_the_order_asked_for(history_of):
    history = history_of(COMEBACKS)
    found = value.mean_order_margin(history, ["cid", "nobody", "ann"])
    assert np.isnan(found[1])
    assert found[0] < found[2]
    again = value.mean_order_margin(history, ["ann", "cid"])
    assert again.tolist() == [found[2], found[0]]


# Second lives --------------------------------------------------------------------------------


def test_months_of_second_lives_by_hand(history_of, monkeypatch):
    monkeypatch.setattr(value, "FEW_COMEBACKS", 1)
    history = history_of(COMEBACKS)
    assert history.as_of == date(2024, 3, 31)
    life = value.second_life(history, 100)
    # ann followed for 90 days: months 0, 1, 2; bob for 59 days: month 0 alone
    assert life.followed.tolist() == [2, 1, 1]
    assert life.comebacks == 2
    assert life.last_month == 2
    # month 0: ann 30 + 5 (day 29), bob 15; month 1 (from day 30): ann 10 - 2
    assert life.months == pytest.approx([(35 + 15) / 2, 8, 0])
    assert life.method == "few_second_lives"
    shrunk = value.shrinkage([4, 2, 1], [63, 55, 1], [1389, 1825, 1])
    assert life.order_margin == pytest.approx(shrunk.mean_margin([1, 1], [20, 40]).mean())


def test_a_comeback_is_an_order_after_more_than_the_threshold(history_of, monkeypatch):
    monkeypatch.setattr(value, "FEW_COMEBACKS", 1)
    history = history_of(COMEBACKS)
    silent = (date(2024, 2, 1) - date(2023, 6, 1)).days  # bob's
    assert value.second_life(history, silent - 1).comebacks == 2
    assert value.second_life(history, silent).comebacks == 1


def test_quarters_whose_comebacks_differ_widen_the_interval():
    random = np.random.default_rng(1)
    followed = np.zeros((64, 38, 2))
    followed[:, 1:13, 0] = followed[:, 2:13, 1] = 5
    noise = random.normal(1, 0.1, followed.shape)
    quarterly = np.where(np.arange(38) // 3 % 2, 20.0, 10.0)[:, None]

    def width(margin):
        drawn = value._drawn_months(followed * margin * noise, followed, 400, 1)
        assert len(drawn) == 401
        return np.subtract(*np.quantile(drawn[1:, 0], [0.95, 0.05]))

    assert width(quarterly) > 3 * width(15.0)


def test_a_month_that_is_not_over_is_not_counted(history_of, monkeypatch):
    monkeypatch.setattr(value, "FEW_COMEBACKS", 1)
    for as_of, months in ((date(2024, 3, 30), 2), (date(2024, 3, 31), 3)):
        assert len(value.second_life(history_of(COMEBACKS, as_of=as_of), 100).months) == months


def test_a_second_life_is_discounted_by_month_from_the_comeback_on():
    life = value.SecondLife(
        np.array([10.0] + [0.0] * 11 + [11.0]), np.ones((5, 13)), np.full(13, 60), 5.0, "second_lives", 1.0
    )
    assert life.value(0.1) == pytest.approx(10 + 11 / 1.1)
    assert life.value(0) == 21
    low, high = life.interval(0)
    assert (low, high) == (13, 13)


def test_second_lifetime_value_goes_with_the_margin_per_order():
    life = value.SecondLife(np.array([10.0, 2.0]), np.ones((5, 2)), np.full(2, 60), 5.0, "second_lives", 1.0)
    frame = pd.DataFrame({"mean_order_margin": [5.0, 10.0, np.nan, -5.0]})
    found = value.second_lifetime_value(frame, life, 0)
    assert found == pytest.approx([12, 24, np.nan, -12], nan_ok=True)


def test_without_second_lives_the_orders_of_a_return_stand_in():
    frame = pd.DataFrame(
        {
            "mean_order_margin": [10.0, 10.0, 10.0, np.nan],
            "return_probability": [0.5, 0.0, np.nan, 0.5],
            "expected_orders": [1.5, 0.0, np.nan, 1.0],
        }
    )
    found = value.second_lifetime_value(frame, None, 0.08)
    assert found == pytest.approx([30, 10, 10, np.nan], nan_ok=True)
    assert value.expected_margin(frame)[0] == 15


def test_too_few_comebacks_give_no_second_life(history_of):
    assert value.second_life(history_of(COMEBACKS), 100) is None


def test_comebacks_that_had_brought_no_margin_give_no_second_life(history_of, monkeypatch):
    monkeypatch.setattr(value, "FEW_COMEBACKS", 1)
    lines = "c,d,a\nann,2023-01-01,5\nann,2023-01-02,-20\nann,2024-01-01,5\nann,2024-03-31,5\n"
    assert value.second_life(history_of(lines), 100) is None


# The demo retailer ---------------------------------------------------------------------------

DEMO_YML = """client: Demo
tables:
  orders:
    files: orders.csv
    columns:
      {customer_id: customer_id, ordered_at: ordered_at, amount: amount, margin: margin, quantity: quantity}
"""
THRESHOLD = 267


YEARS_LATER = date(2027, 12, 31)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def read_orders(tmp_path_factory):
    """Read a frame of orders as a client's history."""
    opened = []

    def read(orders, as_of=None):
        folder = tmp_path_factory.mktemp("worlds") / "demo"
        folder.mkdir()
        columns = ["customer_id", "ordered_at", "amount", "margin", "quantity"]
        orders[columns].to_csv(folder / "orders.csv", index=False)
        (folder / "client.yml").write_text(DEMO_YML)
        chosen = settings.load("demo", folder.parent, {"as_of": as_of})
        opened.append(open_sources(chosen, folder))
        return read_history(chosen, opened[-1])

    yield read
    for sources in opened:
        sources.close()


@pytest.fixture(scope="module")
def worlds():
    """Three demo worlds that go on for two years after the last day of the demo."""
    return [retailer.generate(seed, last_day=YEARS_LATER) for seed in SEEDS]


def comebacks_of(orders, last):
    """Return customer_id and day of the comebacks up to a day, from a plain frame of orders."""
    days = orders.drop_duplicates(["customer_id", "day"]).sort_values(["customer_id", "day"])
    gap = days.groupby("customer_id")["day"].diff().dt.days
    return days[(gap > THRESHOLD) & (days["day"] <= last)][["customer_id", "day"]]


def test_a_second_life_is_worth_what_the_comebacks_went_on_to_bring(worlds, read_orders):
    ratios, covered = [], []
    for world in worlds:
        life = value.second_life(read_orders(world.orders, LAST_DAY), THRESHOLD)
        lines = (
            read_orders(world.orders).days.execute().assign(day=lambda frame: pd.to_datetime(frame["day"]))
        )
        started = comebacks_of(lines[lines["sale_lines"] > 0], pd.Timestamp(LAST_DAY))
        joined = started.merge(lines[["customer_id", "day", "margin"]], on="customer_id")
        month = (joined["day_y"] - joined["day_x"]).dt.days // 30
        inside = month.between(0, life.last_month)
        discounted = joined["margin"].astype(float) * 1.08 ** (-month / 12)
        actual = discounted[inside].sum() / len(started)
        low, high = life.interval(0.08)
        ratios.append(life.value(0.08) / actual)
        covered.append(low <= actual <= high)
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)
    assert sum(covered) >= 2


def test_second_lives_after_a_pause_fade_at_the_planted_pace(worlds, read_orders):
    months = []
    for world in worlds:
        truth = world.truth.customers
        paused = truth[truth["second_life_on"].notna() & truth["won_on"].isna()]
        orders = paused[["customer_id", "second_life_on"]].merge(world.orders, on="customer_id")
        orders = orders[(orders["amount"] > 0) & (orders["ordered_at"] >= orders["second_life_on"])]
        first = orders.drop_duplicates("customer_id")
        long_ago = first.assign(ordered_at=first["ordered_at"] - pd.Timedelta(days=2000))
        months.append(value.second_life(read_orders(pd.concat([long_ago, orders])), 1999).months)
    brought = np.mean([month[1:25] for month in months], axis=0)
    planted = np.exp(-360 / PLANTED.second_lifetime)
    assert brought[12:].sum() / brought[:12].sum() == pytest.approx(planted, abs=0.06)


def test_nobody_s_orders_have_no_mean_and_raise_no_warning(recwarn):
    assert np.isnan(value.shrinkage([], [], []).mean)
    assert not recwarn
