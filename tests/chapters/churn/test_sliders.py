"""Threshold and horizon moved by hand."""

import numpy as np
import pytest

from playbook.chapters import churn
from playbook.chapters.churn import sliders
from playbook.chapters.churn.lapsed import CustomerBase
from playbook.show.display import Table
from playbook.show.words import Words

WORDS = Words("en", "CHF")


@pytest.fixture(scope="module")
def seen(demo):
    history, _ = demo
    return history, churn.find_lapsed(history, churn.find_threshold(history))


def test_the_chosen_setting_gives_the_chapter_s_own_figures(seen):
    history, base = seen
    cells = sliders.asker(history, base, WORDS)(base.inactivity_days, base.horizon_days).cells
    assert cells["lapsed"] == WORDS.number(len(base.lapsed))
    assert cells["of them expected back unaided"] == WORDS.number(base.lapsed["return_probability"].sum())


def test_a_longer_horizon_brings_more_back_and_a_later_threshold_leaves_fewer_lapsed(seen, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")
    history, base = seen
    table = sliders.slide(history, base, WORDS)
    assert isinstance(table, Table)
    rows = table.frame.set_index("setting")
    lapsed = rows["lapsed"].str.replace(",", "").astype(int)
    chance = rows["mean chance"].str.rstrip("%").astype(float)
    by_threshold = [
        f"inactivity threshold: {base.inactivity_days + days} days" for days in (-90, -45, 45, 90)
    ]
    assert lapsed[by_threshold].is_monotonic_decreasing
    assert chance["horizon: 90 days"] < chance["as chosen"] < chance["horizon: 365 days"]


def test_without_a_model_the_lapsed_are_still_counted(seen):
    history, base = seen
    customers = base.customers.assign(return_probability=np.nan)
    unknown = CustomerBase(customers, None, base.inactivity_days, base.horizon_days, 0.02)
    cells = sliders.asker(history, unknown, WORDS)(base.inactivity_days, base.horizon_days).cells
    assert cells["lapsed"] == WORDS.number(len(base.lapsed)) and cells["mean chance"] == "–"
