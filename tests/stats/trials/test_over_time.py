"""What a campaign did day by day and month by month."""

import pytest

from playbook.stats.trials.over_time import over_time, second_lives, share_active
from tests.trials import judged, simple


def test_the_curve_ends_where_the_reading_does():
    measured = judged(simple(later=20))
    curve = over_time(measured.trial, 90)
    assert curve["value"].iloc[-1] == pytest.approx(measured.main.value)
    assert curve["value"].iloc[0] == pytest.approx(-1.0)
    assert (curve["high"] - curve["low"]).iloc[-1] / 2 == pytest.approx(1.96 * measured.main.se, rel=1e-6)


def test_shares_active_and_second_lives_by_arm():
    trial = simple(n=200, won=80, unaided=40, later=20).trials()[0]
    active = share_active(trial, 89)
    assert active["treated"].tolist() == [0.4, 0, 0]
    assert active["control"].tolist() == [0.2, 0, 0.1]
    assert second_lives(trial, 90, 90)["returners"].tolist() == [80, 60]
