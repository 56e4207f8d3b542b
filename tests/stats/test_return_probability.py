"""Return probabilities of generated retailers, whose future is known, and of small clients."""

import gc
import weakref
from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from playbook.chapters import churn
from playbook.demo import retailer
from playbook.records.history import read_history
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.words import Words
from playbook.stats import return_probability
from playbook.stats.landmarks import describe
from playbook.stats.ranking import auc, average_precision, lift
from playbook.stats.season import followed_landmarks

WORDS = Words()
HORIZON = 183


def history_of(lines, **settings):
    connection = ibis.duckdb.connect()
    lines = lines.assign(ordered_at=pd.to_datetime(lines["ordered_at"]))
    table = connection.create_table("order_lines", ibis.memtable(lines))
    table = table.mutate(amount=table.amount.cast("decimal(18, 4)"), ordered_at=table.ordered_at.cast("date"))
    return read_history(
        Settings(client="A", tables={"orders": {"files": "x"}}, **settings), Sources(connection, table)
    )


@pytest.fixture(scope="module")
def long_run():
    lines = retailer.generate(3, customers=2500, last_day=date(2027, 12, 31)).orders
    return history_of(lines[["customer_id", "ordered_at", "amount"]].dropna())


@pytest.fixture(scope="module")
def december(long_run):
    """The retailer in December, with three years behind it."""
    past = return_probability.seen_from(long_run, date(2026, 12, 20))
    return past, return_probability.fit(past, HORIZON)


def came_after(history, day, customers):
    orders = history.orders
    after = orders.filter(
        (orders.day > ibis.literal(day)) & (orders.day <= ibis.literal(day + timedelta(days=HORIZON)))
    )
    return customers.isin(set(after.select("customer_id").distinct().to_pyarrow()[0].to_pylist())).to_numpy()


def test_december_does_not_fool_it(long_run, december):
    past, model = december
    assert model.seasonal
    customers = model.today.reset_index()
    came = came_after(long_run, past.as_of, customers["customer_id"])
    expected, low, high = model.expected_buyers(customers)
    assert low <= came.sum() <= high
    assert expected == pytest.approx(came.sum(), rel=0.2)


def test_it_ranks_better_than_simple_rules(long_run, december):
    past, model = december
    customers = model.today.reset_index().rename(columns={"silence": "silence_days"})
    came = came_after(long_run, past.as_of, customers["customer_id"]).astype(float)
    assert auc(model.predict(customers), came) > auc(-customers["silence_days"].to_numpy(float), came) + 0.01


def test_expected_orders_are_near_those_that_came(long_run, december):
    past, model = december
    customers = model.today.reset_index()
    orders = long_run.orders
    until = ibis.literal(past.as_of + timedelta(days=HORIZON))
    came = orders.filter((orders.day > ibis.literal(past.as_of)) & (orders.day <= until))
    came = came.semi_join(ibis.memtable(customers[["customer_id"]]), "customer_id").count()
    actual = long_run.orders.get_backend().execute(came)
    assert model.expected_orders(customers).sum() == pytest.approx(actual, rel=0.25)
    assert model.orders_per_return[-1] > model.orders_per_return[0] >= 1


def test_silence_later_is_silence_then(december):
    _, model = december
    someone = model.today.reset_index().head(50)
    assert (model.predict(someone, 90) < model.predict(someone)).mean() > 0.9
    assert model.predict(someone, 0) == pytest.approx(model.predict(someone))
    assert np.isnan(model.predict(pd.DataFrame({"customer_id": ["nobody"]}))).all()


def test_the_same_history_gives_the_same_chances(december):
    past, model = december
    again = return_probability.fit(replace(past), HORIZON)
    customers = model.today.reset_index()
    assert (again.predict(customers) == model.predict(customers)).all()
    assert again.expected_buyers(customers) == model.expected_buyers(customers)


@pytest.mark.parametrize("most_rows", [return_probability.MOST_ROWS, 2_000])
def test_today_is_the_same_whether_described_with_the_past_or_alone(most_rows, monkeypatch):
    lines = retailer.generate(5, customers=600).orders
    history = history_of(lines[["customer_id", "ordered_at", "amount"]].dropna())
    monkeypatch.setattr(return_probability, "MOST_ROWS", most_rows)
    found = []
    for few in (0, 10**6):
        monkeypatch.setattr(return_probability, "FEW_ORDERS", few)
        found.append(return_probability.fit(replace(history), HORIZON))
    alone, together = found
    pd.testing.assert_frame_equal(alone.today, together.today)
    customers = alone.today.reset_index()
    assert len(customers) == history.orders.customer_id.nunique().execute()
    assert (alone.predict(customers) == together.predict(customers)).all()


def test_a_model_is_fitted_once_and_anew_for_another_day_horizon_or_seed(long_run, monkeypatch):
    fitted, usual = [], return_probability.fit_waits
    monkeypatch.setattr(
        return_probability, "fit_waits", lambda rows, days: fitted.append(days) or usual(rows, days)
    )
    long_run = replace(long_run)  # of which nothing was asked before
    past = return_probability.seen_from(long_run, date(2026, 12, 20))
    model = return_probability.fit(past, HORIZON)
    again = return_probability.fit(
        return_probability.seen_from(long_run, date(2026, 12, 20)), HORIZON, draws=1
    )
    assert fitted == [HORIZON]
    assert (model.draws, again.draws) == (400, 1)
    customers = model.today.reset_index()
    assert (again.predict(customers) == model.predict(customers)).all()
    return_probability.fit(return_probability.seen_from(long_run, date(2026, 12, 19)), HORIZON)
    return_probability.fit(past, 60)
    return_probability.fit(replace(past, settings=past.settings.model_copy(update={"seed": 2})), HORIZON)
    assert fitted == [HORIZON, HORIZON, 60, HORIZON]


def test_models_go_with_the_history_they_were_fitted_on():
    history = everybody_every_week()
    model = weakref.ref(return_probability.fit(history, 60).waits)
    assert model() is not None
    del history
    gc.collect()
    assert model() is None


def test_an_interval_is_wider_where_no_season_was_seen(long_run, december):
    young = return_probability.fit(return_probability.seen_from(long_run, date(2024, 3, 1)), HORIZON)
    assert not young.seasonal
    for model in (young, december[1]):
        expected, low, high = model.expected_buyers(model.today.reset_index())
        assert low < expected < high
    old = december[1].expected_buyers(december[1].today.reset_index())
    new = young.expected_buyers(young.today.reset_index())
    assert (new[2] - new[1]) / new[0] > 1.3 * (old[2] - old[1]) / old[0]


def test_seasons_are_taken_from_fully_followed_landmarks():
    first, as_of = date(2022, 1, 1), date(2025, 1, 1)
    days = followed_landmarks(first, as_of, HORIZON)
    assert days["same", 1] == as_of - timedelta(days=365)
    assert days["before", 0] == as_of - timedelta(days=HORIZON)
    assert max(k for _, k in days) == 2
    assert followed_landmarks(date(2024, 1, 1), as_of, HORIZON) == {}
    assert all(day + timedelta(days=HORIZON) <= as_of for day in days.values())


def test_a_landmark_knows_nothing_of_what_came_after(long_run):
    day = date(2025, 6, 1)
    late = describe(return_probability.seen_from(long_run, date(2026, 6, 1)), [day], HORIZON)
    blind = describe(return_probability.seen_from(long_run, day), [day], HORIZON)
    known = ["customer_id", "orders", "silence", "age", "amount", "recent", "season", "squared_gaps"]
    pd.testing.assert_frame_equal(late[known], blind[known])
    assert not blind["returned"].any() and late["returned"].any()


def test_a_sample_of_customers_is_the_same_at_every_landmark(long_run):
    days = [date(2025, 6, 1), date(2026, 6, 1)]
    everybody = describe(long_run, days, HORIZON)
    some = describe(long_run, days, HORIZON, share=0.25)
    first, second = (set(part["customer_id"]) for _, part in some.groupby("landmark"))
    assert first <= second
    assert len(some) / len(everybody) == pytest.approx(0.25, abs=0.04)


def small_client(customers, seed=1):
    random = np.random.default_rng(seed)
    start, rows = pd.Timestamp("2024-01-01"), []
    for name in range(customers):
        day = random.integers(0, 200)
        while day < 600:
            rows.append((f"c{name:04d}", start + pd.Timedelta(days=int(day)), 10.0))
            day += random.exponential(150 if random.random() < 0.7 else 900) + 1
    return history_of(pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"]))


def test_a_small_client_gets_the_pooled_regression_and_is_told():
    history = small_client(150)
    base = churn.find_lapsed(history, churn.find_threshold(history))
    assert base.model.method == "pooled"
    assert any("too few customers" in sentence for sentence in base.sentences(WORDS))
    waits = churn.find_cost_of_waiting(base)
    assert waits.figure(WORDS) is None and len(waits.table(WORDS).frame)
    assert churn.try_on_past(history, churn.find_threshold(history)).table(WORDS) is not None


def test_nobody_lapsed_and_nobody_back_are_said():
    days = pd.DataFrame(
        {"customer_id": [f"c{n}" for n in range(300)], "ordered_at": "2025-01-01", "amount": 5}
    )
    other = days.head(1).assign(ordered_at="2025-06-01", customer_id="late")
    history = history_of(pd.concat([days, other]))
    threshold = churn.find_threshold(history)
    base = churn.find_lapsed(history, threshold)
    assert base.model is None
    waits = churn.find_cost_of_waiting(base)
    assert "cannot be told" in waits.sentences(WORDS)[0]
    assert churn.ranked(base, churn.try_on_past(history, threshold)) is base
    assert len(waits.table(WORDS).frame) == 0


def test_where_nobody_is_lapsed_no_offer_is_called_given_away():
    history = history_of(pd.DataFrame({"customer_id": ["a"], "ordered_at": ["2025-01-01"], "amount": [5]}))
    base = churn.find_lapsed(history, churn.find_threshold(history))
    assert base.sentences(WORDS) == [
        "Nobody is lapsed today.",
        "Who would come back unaided cannot be told from these data.",
    ]


def everybody_every_week():
    days = [
        (f"c{n}", pd.Timestamp("2024-01-01") + pd.Timedelta(days=7 * w + n % 7), 5)
        for n in range(250)
        for w in range(60)
    ]
    return history_of(pd.DataFrame(days, columns=["customer_id", "ordered_at", "amount"]))


def test_everybody_back_every_week_is_fitted():
    history = everybody_every_week()
    model = return_probability.fit(history, 60)
    customers = churn.find_lapsed(history, churn.find_threshold(history)).customers
    assert model.predict(customers).min() > 0.95


def test_where_a_simple_rule_ranks_better_its_order_is_used(december):
    past, _ = december
    base = churn.find_lapsed(past, churn.find_threshold(past))
    tried = churn.try_on_past(past, churn.find_threshold(past))
    assert tried.better_rule is None and churn.ranked(base, tried) is base
    won = tried.behind.assign(low=[0.01, -0.1], difference=[0.02, -0.05])
    changed = replace(tried, behind=won)
    assert changed.better_rule == "recency"
    assert any("shortest silence" in sentence for sentence in changed.sentences(WORDS))
    frame = churn.ranked(base, changed).customers
    bought = frame[frame["orders"] > 0].sort_values("silence_days", kind="stable")
    assert bought["return_probability"].is_monotonic_decreasing
    assert frame["return_probability"].sum() == pytest.approx(base.customers["return_probability"].sum())


def test_ranking_measures_agree_with_their_definitions():
    score = np.array([0.9, 0.8, 0.8, 0.3, 0.1])
    came = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    pairs = [(a > b) + (a == b) / 2 for a in score[came == 1] for b in score[came == 0]]
    assert auc(score, came) == pytest.approx(np.mean(pairs))
    assert average_precision(score, came) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert lift(score, came, 0.2) == pytest.approx(1 / 0.6)
    assert np.isnan(auc(score, came * 0))


def test_gaps_between_orders_are_counted_up_to_the_landmark():
    days = ["2024-01-01", "2024-01-11", "2024-01-31", "2024-04-30"]
    orders = pd.DataFrame({"customer_id": "a", "ordered_at": pd.to_datetime(days), "amount": 10.0})
    seen = describe(history_of(orders), [date(2024, 3, 1), date(2024, 4, 30)], HORIZON)
    assert seen["squared_gaps"].tolist() == [10**2 + 20**2, 10**2 + 20**2 + 90**2]


def test_days_on_which_the_client_was_closed_are_no_time_at_risk():
    everyday = pd.date_range("2022-01-01", "2024-12-31")
    closed = everyday[(everyday > "2024-02-01") & (everyday < "2024-06-01")]
    days = {"other": everyday.difference(closed), "a": pd.to_datetime(["2024-01-22", "2024-06-11"])}
    orders = pd.concat([pd.DataFrame({"customer_id": who, "ordered_at": when}) for who, when in days.items()])
    history = history_of(orders.assign(amount=10.0))
    seen = describe(history, [date(2024, 1, 27), date(2024, 6, 21)], HORIZON)
    seen = seen[seen["customer_id"] == "a"]
    assert seen["silence"].tolist() == [5, 10] and seen["wait"].tolist()[0] == 5 + 11
    assert seen["squared_gaps"].tolist() == [0, 21**2]


def test_seasons_that_were_spent_closed_tell_nothing():
    first, as_of = date(2021, 1, 1), date(2025, 1, 1)
    closed = ((date(2024, 1, 15), date(2024, 5, 15)), (date(2024, 11, 1), date(2024, 12, 1)))
    days = followed_landmarks(first, as_of, HORIZON, closed)
    assert ("same", 1) not in days and days["same", 2] == as_of - timedelta(days=730)
    assert days["before", 0] == as_of - timedelta(days=HORIZON + 29)
    assert days["before", 2] == days["before", 0] - timedelta(days=730)


def test_a_season_without_orders_in_every_year_is_no_shock():
    everyday = pd.date_range("2019-01-01", "2024-12-31")
    lines = [pd.DataFrame({"customer_id": "a", "ordered_at": everyday, "amount": 10.0})]
    open_ = lines[0][~lines[0]["ordered_at"].dt.month.isin([7, 8])]
    shock = open_[~open_["ordered_at"].between("2021-02-01", "2021-05-31")]
    history = history_of(shock)
    assert len(history.closed) == 7
    assert history.shocks == ((date(2021, 1, 31), date(2021, 6, 1)),)
