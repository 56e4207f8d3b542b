"""What sets the first orders of occasional buyers apart from those of active customers."""

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.occasional import compare_with_active
from playbook.settings.client import Occasional
from tests.chapters.occasional.study import WORDS, as_csv, nobody_again, settings_text


def test_a_contrast_has_the_odds_ratio_and_standardised_difference_of_the_textbook():
    first = pd.DataFrame(
        {
            "customer_id": [f"c{n:03}" for n in range(200)],
            "old_customer": False,
            "age": 300,
            "sale_amount": 10.0,
            "coupon_lines": [1] * 40 + [0] * 60 + [1] * 20 + [0] * 80,
        }
    )
    people = first[["customer_id"]].assign(
        orders=[1] * 100 + [3] * 100, lapsed=False, occasional=[True] * 100 + [False] * 100
    )
    row = compare_with_active(first, people, Occasional()).attributes.set_index("attribute").loc["coupon"]
    assert row["odds_ratio"] == pytest.approx(40 * 80 / (60 * 20))
    error = np.sqrt(1 / 40 + 1 / 60 + 1 / 20 + 1 / 80)
    assert row["odds_ratio_low"] == pytest.approx(np.exp(np.log(8 / 3) - 1.96 * error), rel=1e-3)
    assert row["difference"] == pytest.approx(0.2 / np.sqrt((0.24 + 0.16) / 2))
    assert (row["occasional"], row["active"], row["verdict"]) == (0.4, 0.2, "more")


def test_active_are_not_lapsed_not_old_and_as_long_here_as_the_occasional(demo):
    ages = demo.first.set_index("customer_id")["age"]
    seen = demo.weighed.customers.set_index("customer_id")
    rare = ages[seen.index[seen["occasional"]]]
    active = seen[(seen["orders"] > 1) & ~seen["lapsed"] & ~seen["old_customer"]]
    assert demo.against.occasional == len(rare)
    assert demo.against.active == ages[active.index].between(rare.min(), rare.max()).sum()


def test_planted_marks_set_occasional_buyers_apart(demo):
    ratios = demo.against.attributes.set_index("attribute")
    for mark in ("sample", "coupon", "promotion", "deep_discount", "paid"):
        assert ratios.loc[mark, "odds_ratio_low"] > 1, mark
    assert ratios.loc["large", "odds_ratio_high"] < 1
    assert "associations" in demo.against.sentences(WORDS)[-1]


def test_too_few_to_compare_is_said(read):
    chapter = read(as_csv(nobody_again()), settings_text())
    assert "too few to compare" in chapter.against.sentences(WORDS)[0]
    assert (chapter.against.figure(WORDS), chapter.against.table(WORDS)) == (None, None)
    assert [finding.name for finding in chapter.against.findings()] == [
        "compared_occasional",
        "compared_active",
    ]
