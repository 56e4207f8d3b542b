"""The rules by which a verdict is given, and when none is."""

import numpy as np
import pytest

from playbook.settings.measurement import Measurement
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.verdicts import Evidence, arms_alike, judge, sample_ratio
from tests.trials import judged, simple


def bounds(low, high, name="margin") -> Effect:
    value = (low + high) / 2
    return Effect(
        name, "money", 90, 99, 99, 0, 0, value, 99, 1, low, high, 0.5, corrected_low=low, corrected_high=high
    )


@pytest.mark.parametrize(
    ("main", "early", "late", "quits", "verdict"),
    [
        ((1, 3), (1, 2), (-1, 1), (0, 0.005), "works"),
        ((1, 3), (1, 2), (-3, -1), (0, 0.005), "backfires_later"),  # asked before works
        ((1, 3), (1, 2), (-1, 1), (0.02, 0.05), "backfires_later"),
        ((1, 3), (-1, 2), (-3, -1), (0.02, 0.05), "works"),  # nothing looked good to begin with
        ((-3, 0.4), (-1, 1), (-1, 1), (0, 0), "does_not"),
        ((-3, 0.6), (-1, 1), (-1, 1), (0, 0), "cannot_be_told"),
        ((0.1, 0.3), (-1, 1), (-1, 1), (0, 0), "works"),  # small, and certain
    ],
)
def test_verdicts_follow_the_rules(main, early, late, quits, verdict):
    evidence = Evidence(bounds(*main), bounds(*early), bounds(*late), [bounds(*quits)], 0.5, 0.01)
    assert judge(evidence).verdict == verdict


def test_contamination_forbids_to_say_that_it_does_not_work():
    evidence = Evidence(bounds(-1, 0.2), None, None, [], 0.5, 0.01, contaminated=0.3)
    assert judge(evidence).reason == "contaminated"


def test_a_control_group_of_the_wrong_size_is_noticed_where_its_share_was_declared():
    assert sample_ratio(9000, 1000, 0.1) == pytest.approx(1)
    assert sample_ratio(9300, 700, 0.1) < 1e-10
    rules = Measurement(control_share=0.1, bootstrap_draws=200)
    assert judged(simple(), rules).judgement.reason == "arms_differ"
    assert arms_alike(None, np.array([True, False])) is None
