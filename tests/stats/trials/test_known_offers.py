"""The offers as they stand: what of a second life was measured, from whom, and what is assumed."""

import numpy as np
import pandas as pd
import pytest

from playbook.show.words import Words
from playbook.stats.trials.known_offers import learn
from tests.builders import settings_of
from tests.stats.trials.test_responses import campaign, offer

WORDS = Words()
RANDOM = {"measurement": {"randomised": ["SPRING", "SUMMER"]}}
LETTER = {"channel": "letter", "second_life_share": 0.8}


def earlier(name="SPRING", sound=True, verdict="works", day="2024-05-01", **changes) -> pd.DataFrame:
    values = {"treated": 40.0, "control": 50.0}
    rows = campaign((60, 200), (30, 200), name=name, values=values, **changes)
    return rows.assign(sound=sound, verdict=verdict, contacted_at=pd.Timestamp(day), silence=300.0)


def learned(*offers, rows=None, **settings):
    """What a client learns from earlier campaigns whose arms chance has drawn."""
    rows = earlier() if rows is None else rows
    return learn(offers, rows, settings_of(**(RANDOM | settings)))


def test_a_measured_worth_of_a_second_life_says_from_whom_and_how_many():
    known = learned(offer(), offer("Letter", **LETTER))
    measured, assumed = known.sentences(WORDS)
    row = known.second_lives.iloc[0]
    assert f"emotional by phone {row['share']:.0%} of the usual" in measured
    assert f"({row['low']:.0%} to {row['high']:.0%}; SPRING)" in measured
    assert assumed == "For one offer of the catalogue it is assumed, not measured: 80% of the usual."


def test_without_an_earlier_campaign_the_worth_is_said_to_be_assumed():
    offers = (offer(), offer("Letter", **LETTER))
    [said] = learned(*offers, rows=earlier().iloc[:0]).sentences(WORDS)
    assert "has not been measured; it is assumed: 80% to 100% of the usual, by offer." in said


def test_what_was_measured_and_is_not_used_is_said_to_be_assumed():
    known = learned(offer(), offers={"use_measured": False})
    said = known.sentences(WORDS)
    assert "measured by the margin of all who were contacted" in said[0]
    assert "The plan does not use this" in said[1]
    assert said[2].startswith("For one offer of the catalogue it is assumed")


def test_the_table_shows_what_is_used_and_not_what_only_was_measured():
    measured, unused = (
        learned(offer(), offers={"use_measured": use}).table(WORDS).frame.iloc[0] for use in (True, False)
    )
    assert measured["points measured"] == unused["points measured"]
    assert unused["used"] == unused["assumed"] != measured["used"]


def test_where_everything_is_measured_nothing_is_said_to_be_assumed():
    said = learned(offer()).sentences(WORDS)
    assert not any("assumed, not measured" in sentence for sentence in said)


def test_nothing_is_learned_from_a_campaign_that_chapter_08_rejects_or_whose_arms_nobody_says_were_drawn():
    rejected = earlier(sound=False, verdict="cannot_be_told")
    for rows, settings, why in (
        (rejected, RANDOM, "does not accept the comparison"),
        (earlier(), {"measurement": {}}, "does not say that chance drew who was left alone"),
    ):
        known = learned(offer(), rows=rows, **settings)
        [only] = known.offers
        assert known.responses.empty and known.second_lives.empty
        assert only.response.source == "assumed" and only.response.tested is None
        assert only.second_life_share == offer().second_life_share
        assert "Nothing is learned from “SPRING”: " in known.sentences(WORDS)[0]
        assert why in known.sentences(WORDS)[0]


@pytest.mark.parametrize("name", ["Plan 2025-03-31", "Calls 2025 Q2"])
def test_the_playbooks_own_campaigns_are_known_to_be_drawn_by_chance(name):
    known = learned(offer(), rows=earlier(name), measurement={})
    assert known.offers[0].response.source == "measured"
    assert known.not_random == known.unsound == ()
    assert learned(offer(), rows=earlier(f"{name} b"), measurement={}).not_random == (f"{name} b",)


def test_what_was_measured_holds_for_the_silence_of_those_it_was_measured_on():
    rows = earlier().assign(silence=np.tile(np.arange(101.0, 301.0), 2))
    [made] = learned(offer(), rows=rows).offers
    assert made.response.tested == pytest.approx((102.99, 298.01))
    [untold] = learned(offer(), rows=earlier().drop(columns="silence")).offers
    assert untold.response.source == "measured" and untold.response.tested is None


FAILURE = {"kind": "financial", "channel": "email", "offer": "25% off", "verdict": "backfires_later"}
DISCOUNTS = [offer(f"Off by {by}", kind="financial", channel=by) for by in ("email", "letter")]


def test_a_kind_that_failed_is_left_out_by_every_channel_but_where_it_works_or_is_asked_for():
    def failed(*rows, **settings):
        known = learned(*DISCOUNTS, offer(), rows=pd.concat(rows), **settings)
        return [made.failed and made.failed.verdict for made in known.offers]

    bad, call = earlier(**FAILURE), earlier("SUMMER")
    assert failed(bad, call) == ["backfires_later", "backfires_later", None]
    by_letter = {**FAILURE, "name": "SUMMER", "channel": "letter", "verdict": "works"}
    assert failed(bad, earlier(**by_letter)) == ["backfires_later", None, None]
    later = {**FAILURE, "name": "SUMMER", "verdict": "works", "day": "2024-09-01"}
    assert failed(bad, earlier(**later)) == [None, None, None]
    assert failed(bad, earlier(**(later | {"day": "2024-02-01"})))[0] == "backfires_later"
    assert failed(bad, offers={"retry": ["financial"]}) == [None, None, None]
    assert failed(bad.assign(sound=False)) == [None, None, None]
    apology = offer("Sorry", kind="financial", channel="email", suits=["complaint"])
    assert learned(apology, rows=bad).offers[0].failed is None
