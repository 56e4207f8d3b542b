"""Chapter 04 on the demo client, whose truth is known, and on clients with little in them."""

from dataclasses import replace
from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from playbook.archive.findings import Finding
from playbook.chapters import churn
from playbook.chapters.churn import backtest
from playbook.chapters.churn.lapsed import silence
from playbook.demo import retailer
from playbook.records.history import customers, read_history
from playbook.records.sources import Sources, open_sources
from playbook.settings import client as settings
from playbook.show.words import Words
from playbook.stats import return_probability

WORDS = Words()


@pytest.fixture(scope="module")
def demo(demo_data):
    chosen = settings.load("demo", demo_data)
    sources = open_sources(chosen, demo_data / "demo")
    yield chosen, sources, read_history(chosen, sources)
    sources.close()


@pytest.fixture(scope="module")
def threshold(demo):
    return churn.find_threshold(demo[2])


@pytest.fixture(scope="module")
def base(demo, threshold):
    return churn.find_lapsed(demo[2], threshold)


@pytest.fixture
def small(client):
    opened = []

    def read(lines, **overrides):
        data, name = client("customer_id,ordered_at,amount\n" + lines)
        chosen = settings.load(name, data, overrides)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return chosen, sources, read_history(chosen, sources)

    yield read
    for sources in opened:
        sources.close()


def test_the_threshold_is_what_the_definition_says(demo, threshold):
    curve, seen = threshold.curve, threshold.cut
    share = (1 - curve.at(threshold.days)) / (1 - curve.at(seen.followed_days))
    before = (1 - curve.at(threshold.days - 1)) / (1 - curve.at(seen.followed_days))
    assert before < 0.9 <= share
    assert seen.low <= threshold.days <= seen.high
    assert threshold.by_orders["days"].is_monotonic_decreasing


def test_most_who_are_called_lapsed_had_left_for_good(base):
    truth = retailer.generate().truth.customers.set_index("customer_id")
    lapsed = base.lapsed["customer_id"]
    left = truth["left_on"].reindex(lapsed).notna()
    assert left.mean() > 0.85


def test_more_silence_means_less_chance_and_more_orders_mean_more(base):
    cells = pd.DataFrame(base.by_cell())
    assert (cells.iloc[2].diff().dropna() < 0.03).all()  # who is in a cell differs too
    assert cells.iloc[2].iloc[0] > 4 * cells.iloc[2].iloc[-1]
    assert cells[1].is_monotonic_increasing


def test_a_return_probability_is_given_to_buyers_only(base):
    frame = base.customers
    assert (frame["return_probability"].isna() == (frame["orders"] == 0)).all()
    assert frame["return_probability"].dropna().between(0, 1).all()
    assert not frame.loc[frame["orders"] == 0, "lapsed"].any()


def test_expected_buyers_agree_with_what_came_half_a_year_later(demo_data):
    """The demo's world goes on after the export: look at what its future holds."""
    errors = []
    for seed in range(6):
        past = retailer.generate(seed)
        future = retailer.generate(seed, last_day=date(2026, 4, 1))
        known = _history_of(past)
        model = return_probability.fit(known, 183)
        frame = customers(known)
        frame["silence_days"] = silence(frame, known.as_of)
        later = future.orders[pd.to_datetime(future.orders["ordered_at"]) > pd.Timestamp(known.as_of)]
        came = set(later.loc[later["amount"] > 0, "customer_id"].dropna())
        expected, _, _ = model.expected_buyers(frame)
        errors.append(expected / frame["customer_id"].isin(came).sum() - 1)
    assert abs(sum(errors) / len(errors)) < 0.15, errors


def _history_of(made):
    lines = made.orders.assign(ordered_at=pd.to_datetime(made.orders["ordered_at"]))
    lines = lines[["customer_id", "ordered_at", "amount", "quantity"]]
    chosen = settings.Settings(client="A", tables={"orders": {"files": "x"}})
    connection = ibis.duckdb.connect()
    table = connection.create_table("order_lines", ibis.memtable(lines))
    table = table.mutate(amount=table.amount.cast("decimal(18, 4)"), ordered_at=table.ordered_at.cast("date"))
    return read_history(chosen, Sources(connection, table))


def test_the_backtest_knows_nothing_of_what_came_after(demo, threshold):
    history = demo[2]
    result = churn.try_on_past(history, threshold)
    assert result.as_of == history.as_of - timedelta(days=365)
    blind = return_probability.seen_from(history, result.as_of)
    assert pd.Timestamp(blind.days.day.max().execute()) <= pd.Timestamp(result.as_of)
    row = result.groups.set_index("group").loc["all"]
    assert row["low"] < row["expected"] < row["high"]
    assert row["actual"] == pytest.approx(row["expected"], rel=0.25)


def test_another_threshold_moves_customers_from_side_to_side(base, threshold):
    frame = base.at_other_thresholds(WORDS).frame
    assert frame["lapsed"].is_monotonic_decreasing
    assert frame.loc[frame["days"] == threshold.days, "lapsed_change"].tolist() == [0]


def test_one_customer_is_told_what_cannot_be_told(small):
    history = small("a,2025-01-01,5\na,2025-03-01,5\n")[2]
    threshold = churn.find_threshold(history)
    assert threshold.source == "assumed" and threshold.days == 365
    assert "cannot be told" in threshold.sentences(WORDS)[0]
    assert threshold.figure(WORDS) is None
    base = churn.find_lapsed(history, threshold)
    assert base.model is None
    assert base.customers["return_probability"].isna().all()
    assert any("cannot be told" in sentence for sentence in base.sentences(WORDS))


def test_a_threshold_in_the_settings_is_taken(small):
    history = small("a,2025-01-01,5\na,2025-03-01,5\nb,2025-09-01,1\n", inactivity_days=30)[2]
    threshold = churn.find_threshold(history)
    assert (threshold.days, threshold.source) == (30, "settings")
    assert churn.find_lapsed(history, threshold).lapsed["customer_id"].tolist() == ["a"]
    assert "as set in client.yml" in threshold.sentences(WORDS)[0]


def test_a_missed_backtest_is_said_on_the_summary(base):
    finding = Finding("backtest_expected_all", 100.0, 90, 110, "customers", 500, "missed")
    actual = Finding("backtest_actual_all", 150, unit="customers")
    found = {"backtest_expected_all": finding, "backtest_actual_all": actual}
    assert "expected 100 buyers and 150 came" in backtest.backtest_cautions(found, WORDS)[0]
    covered = {"backtest_expected_all": replace(finding, verdict="covered")}
    assert backtest.backtest_cautions(covered, WORDS) == []
