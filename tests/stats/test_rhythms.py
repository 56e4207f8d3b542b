"""Subscribers beside a shop: everybody has the inactivity threshold of their own rhythm."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from playbook.chapters import churn, lifecycle, measurement, occasional, warning
from playbook.chapters.churn import sliders
from playbook.errors import SettingsError
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.show.words import Words
from playbook.stats.inactivity import inactivity
from playbook.stats.spells import spell_counts
from playbook.stats.value import second_life

WORDS = Words("en", "CHF")
YML = """client: Two rhythms
tables:
  orders: {files: orders.csv, columns: {customer_id: c, ordered_at: d, amount: a}}
  customers: {files: people.csv, columns: {customer_id: c, segment: s}}
"""
FIRST, LAST = date(2023, 1, 1), date(2025, 6, 30)
RHYTHMS = {"subscription": (150, 30.0, 30.0), "shop": (300, 110.0, 1.5), "press": (4, 60.0, 5.0)}
"""Customers of a segment, their mean gap in days and its gamma shape."""


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    random, orders, people = np.random.default_rng(3), [f"sh000,{LAST},20"], []
    for segment, (size, gap, shape) in RHYTHMS.items():
        for number in range(size):
            who = f"{segment[:2]}{number:03}"
            people.append(f"{who},{segment}")
            day = float(random.integers(0, 700))
            end = min(day + random.exponential(600), (LAST - FIRST).days)
            while day <= end:
                orders.append(f"{who},{FIRST + timedelta(days=int(day))},{random.integers(20, 90)}")
                day += max(1, random.gamma(shape, gap / shape)) + 220 * (random.uniform() < 0.03)
    opened = []

    def read(more=""):
        folder = tmp_path_factory.mktemp("data") / "two"
        folder.mkdir()
        (folder / "orders.csv").write_text("\n".join(["c,d,a", *orders]))
        (folder / "people.csv").write_text("\n".join(["c,s", *people]))
        (folder / "client.yml").write_text(YML + more)
        chosen = settings.load("two", folder.parent)
        opened.append(open_sources(chosen, folder))
        return read_history(chosen, opened[-1]), opened[-1]

    yield read
    for sources in opened:
        sources.close()


@pytest.fixture(scope="module")
def parted(read):
    history, sources = read("inactivity_by: segment\n")
    return history, sources, churn.find_threshold(history)


@pytest.fixture(scope="module")
def base(parted):
    history, _, threshold = parted
    return churn.find_lapsed(history, threshold)


def days_of(threshold):
    values = threshold.values.values.set_index("value")
    own = values["days"].where(values["told"], threshold.days)
    return {"su": own["subscription"], "sh": own["shop"], "pr": threshold.days}


def test_each_value_has_the_threshold_of_its_own_spells_and_too_few_that_of_all(parted):
    history, _, threshold = parted
    values = threshold.values.values.set_index("value")
    for segment in ("subscription", "shop"):
        days = history.days.filter(history.days.customer_id.startswith(segment[:2]))
        alone = inactivity(spell_counts(replace(history, days=days)), history.settings).cut
        seen = values.loc[segment, ["days", "low", "high", "spells", "still_to_return"]]
        assert tuple(seen) == (alone.days, alone.low, alone.high, alone.spells, alone.still_to_return)
    assert values.loc["subscription", "days"] < threshold.days < values.loc["shop", "days"]
    assert not values.loc["press", "told"]
    said = " ".join(threshold.sentences(WORDS))
    own = values["days"]
    assert f"“shop” {own['shop']:.0f}; “subscription” {own['subscription']:.0f} days" in said
    assert "the others (too few spells: “press”)" in said
    assert "–" in str(threshold.by_value(WORDS))


def test_everybody_is_lapsed_by_their_own_threshold_in_every_chapter(parted, base):
    history, sources, threshold = parted
    own = days_of(threshold)
    frame = base.customers.set_index("customer_id")
    expected = frame["silence_days"] > frame.index.str[:2].map(own)
    assert (frame["lapsed"] == expected).all()
    assert threshold.values.values["lapsed"].sum() == expected.sum()
    daily = lifecycle.read_daily_events(history, sources)
    stages = lifecycle.find_stages(history, sources, daily, customers(history))
    seen = stages.customers.set_index("customer_id")
    assert (seen["lapsed"] == expected).all() and (seen["stage"].isin(["lapsed", "lost"]) == expected).all()
    moved = lifecycle.develop(history, daily, stages)
    lost = lifecycle.find_margin_lost(history, daily, stages.silences).by_month["lost"]
    assert lost.iloc[1:].tolist() == (moved.flows["lapsed"] + moved.flows["goodbye"]).tolist()
    months = moved.months.base.iloc[-1]
    assert months["lapsed"] + months["lost"] == expected.sum()
    first, second = occasional.first_orders(history), occasional.find_second_order(history)
    kinds = occasional.measure_kinds(first, history.settings, second.days)
    labelled = occasional.find_occasional(history, customers(history), first, second, kinds).customers
    assert (labelled.set_index("customer_id")["lapsed"] == expected).all()


def test_the_past_is_seen_by_their_own_threshold_too(parted):
    history, sources, threshold = parted
    own = days_of(threshold)
    past = warning.look_back(history, sources, threshold.days, warning.horizon_that_fits(history))
    mine = past.rows["customer_id"].str[:2].map(own)
    assert (past.rows["silence"] <= mine).all()
    assert (past.rows["silence"] > threshold.days).any()  # shoppers in their rhythm
    lapsed = measurement.follow_lapsed(history, sources, threshold.days)
    day = pd.Timestamp(lapsed.landmark)
    orders = history.orders.select("customer_id", "day").to_pandas()
    last = orders[pd.to_datetime(orders["day"]) <= day].groupby("customer_id")["day"].max()
    silence = (day - pd.to_datetime(last)).dt.days
    assert lapsed.customers == (silence >= silence.index.str[:2].map(own)).sum()
    gaps = pd.to_datetime(orders.sort_values(["customer_id", "day"])["day"]).diff().dt.days
    ordered = orders.sort_values(["customer_id", "day"])
    returned = (gaps > ordered["customer_id"].str[:2].map(own)) & ordered["customer_id"].duplicated()
    first_month = (pd.Timestamp(LAST) - pd.to_datetime(ordered["day"])).dt.days >= 30
    assert second_life(history, threshold.days).followed[0] == (returned & first_month).sum()


def test_sliders_and_other_thresholds_move_everybody_s_own(parted, base):
    own = base.customers["customer_id"].str[:2].map(days_of(parted[2]))
    later = int((base.customers["silence_days"] > own + 45).sum())
    cells = sliders.asker(parted[0], base, WORDS)(base.inactivity_days + 45, base.horizon_days).cells
    assert cells["lapsed"] == WORDS.number(later)
    shown = base.at_other_thresholds(WORDS).frame
    now = shown[shown["lapsed_change"] == 0]
    assert len(base.lapsed) in now["lapsed"].tolist()


def test_a_number_holds_for_all_and_an_unknown_column_is_refused(read):
    history, _ = read("inactivity_by: segment\ninactivity_days: 200\n")
    threshold = churn.find_threshold(history)
    base = churn.find_lapsed(history, threshold)
    assert (base.customers["lapsed"] == (base.customers["silence_days"] > 200)).all()
    assert threshold.by_value(WORDS) is None
    history, _ = read("inactivity_by: segmnt\n")
    with pytest.raises(SettingsError, match=r"segmnt.*segment"):
        churn.find_threshold(history)


def test_a_column_that_parts_rhythms_is_proposed_with_the_line_to_write(read):
    history, _ = read()
    threshold = churn.find_threshold(history)
    said = threshold.sentences(WORDS)
    assert any("write inactivity_by: segment in client.yml" in sentence for sentence in said)
    base = churn.find_lapsed(history, threshold)
    assert (base.customers["lapsed"] == (base.customers["silence_days"] > threshold.days)).all()
    lapsed = threshold.values.values.set_index("value")["lapsed"]
    assert lapsed.sum() == base.customers["lapsed"].sum()
