"""Threshold and horizon moved by hand."""

import numpy as np
import pytest

from playbook.chapter import Chapter
from playbook.chapters.churn import returns, sliders
from playbook.chapters.churn import threshold as churn
from playbook.chapters.churn.returns import Base
from playbook.settings.client import load
from playbook.show.display import Table
from playbook.show.words import Words

WORDS = Words("en", "CHF")


@pytest.fixture(scope="module")
def seen(demo_data, tmp_path_factory):
    run = Chapter("04", "demo", load("demo", demo_data), tmp_path_factory.mktemp("run"), demo_data)
    threshold = churn.find_threshold(run.history)
    return run.history, returns.see_base(run.history, threshold), threshold


def test_the_chosen_setting_gives_the_chapter_s_own_figures(seen):
    history, base, threshold = seen
    cells = sliders.asker(history, base, WORDS)(threshold.days, base.horizon_days).cells
    assert cells["lapsed"] == WORDS.number(len(base.lapsed))
    assert cells["of them expected back unaided"] == WORDS.number(base.lapsed["return_probability"].sum())


def test_a_longer_horizon_brings_more_back_and_a_later_threshold_leaves_fewer_lapsed(seen, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")
    history, base, threshold = seen
    table = sliders.slide(history, base, threshold, WORDS)
    assert isinstance(table, Table)
    rows = table.frame.set_index("setting")
    lapsed = rows["lapsed"].str.replace(",", "").astype(int)
    chance = rows["mean chance"].str.rstrip("%").astype(float)
    by_threshold = [f"inactivity threshold: {threshold.days + days} days" for days in (-90, -45, 45, 90)]
    assert lapsed[by_threshold].is_monotonic_decreasing
    assert chance["horizon: 90 days"] < chance["as chosen"] < chance["horizon: 365 days"]


def test_without_a_model_the_lapsed_are_still_counted(seen):
    history, base, threshold = seen
    customers = base.customers.assign(return_probability=np.nan)
    unknown = Base(customers, None, base.horizon_days, 0.02, None, None)
    cells = sliders.asker(history, unknown, WORDS)(threshold.days, base.horizon_days).cells
    assert cells["lapsed"] == WORDS.number(len(base.lapsed)) and cells["mean chance"] == "–"
