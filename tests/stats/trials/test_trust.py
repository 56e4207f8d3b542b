"""What measured kinds say of the catalogue as a whole, and so of kinds that nobody measured."""

import numpy as np
import pandas as pd
import pytest

from playbook.offers.catalogue import Response
from playbook.stats.trials.responses import assumed, informed, measured_responses
from playbook.stats.trials.trust import NOTHING, Trust, trust_in
from tests.stats.trials.test_responses import CALL, STATED, campaign, offer

KINDS = (CALL, ("material", "letter"), ("financial", "email"))


def measured(*points, se=0.01) -> pd.DataFrame:
    kinds = pd.DataFrame(list(KINDS[: len(points)]), columns=["kind", "channel"])
    return kinds.assign(raw_points=points, se=se)


def test_without_a_measurement_the_catalogue_is_believed_and_may_be_nothing():
    assert trust_in(measured(), {CALL: STATED}) == trust_in(measured(0.1), {}) == Trust(1.0, NOTHING, 1.0)


def test_failures_lower_what_is_believed_and_successes_raise_it():
    stated = dict.fromkeys(KINDS, STATED)
    nothing, as_stated, more = (trust_in(measured(p, p, p), stated) for p in (0.0, 0.05, 0.1))
    assert nothing.level < 0.5 < as_stated.level < 1.1 < more.level
    assert as_stated.level == pytest.approx(1, abs=0.03)
    assert nothing.nothing > 0.95 > NOTHING > 0.01 > as_stated.nothing > more.nothing
    assert trust_in(measured(0.0), stated).nothing < nothing.nothing


def test_a_measurement_of_few_says_little():
    few = trust_in(measured(0.0, se=0.2), {CALL: STATED})
    assert few.level == pytest.approx(1, abs=0.05)
    assert few.nothing == pytest.approx(NOTHING, abs=0.02)


def test_over_many_worlds_nothing_is_found_where_there_is_nothing():
    random, stated = np.random.default_rng(4), dict.fromkeys(KINDS, STATED)
    chances = {
        truth: [
            trust_in(measured(*random.normal(truth, 0.03, 3), se=0.03), stated).nothing for _ in range(200)
        ]
        for truth in (0.0, 0.05)
    }
    assert np.mean(np.array(chances[0.0]) > 0.5) > 0.7
    assert np.mean(np.array(chances[0.05]) > 0.5) < 0.12


def test_what_measured_kinds_did_moves_the_mean_of_those_assumed():
    offers = [offer(), offer("Visit", channel="visit")]

    def visit(*came) -> Response:
        rows = campaign(*came)
        return informed(offers, measured_responses(rows, assumed(offers)))[1].response

    failed, as_stated = visit((40, 400), (40, 400)), visit((60, 400), (40, 400))
    assert failed.source == as_stated.source == "assumed"
    assert failed.points < 0.8 * STATED.points < 0.95 * STATED.points < as_stated.points
    assert failed.high < STATED.high
    assert failed.nothing > as_stated.nothing == NOTHING
    assert failed.expected == pytest.approx((1 - failed.nothing) * failed.points)
    untold = informed(offers, measured_responses(campaign((40, 400), (40, 400)).iloc[:0], assumed(offers)))
    assert untold[1].response.points == STATED.points and untold[1].response.nothing == NOTHING
