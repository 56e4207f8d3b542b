"""The offers as they stand: what of a second life was measured, from whom, and what is assumed."""

import pandas as pd

from playbook.show.words import Words
from playbook.stats.trials.known_offers import learn
from tests.stats.trials.test_responses import campaign, offer

WORDS = Words()
LETTER = {"channel": "letter", "second_life_share": 0.8}


def earlier() -> pd.DataFrame:
    values = {"treated": 40.0, "control": 50.0}
    return campaign((60, 200), (30, 200), name="SPRING", values=values)


def test_a_measured_worth_of_a_second_life_says_from_whom_and_how_many():
    known = learn((offer(), offer("Letter", **LETTER)), earlier())
    measured, caution, assumed = known.sentences(WORDS)
    row = known.second_lives.iloc[0]
    assert f"emotional by phone {row['share']:.0%} of the usual" in measured
    assert f"({row['low']:.0%} to {row['high']:.0%})" in measured
    assert "from 60 who came back after a contact and 30 without one, in SPRING" in measured
    assert "not the same people" in caution
    assert assumed == "For one offer of the catalogue it is assumed, not measured: 80% of the usual."


def test_without_an_earlier_campaign_the_worth_is_said_to_be_assumed():
    offers = (offer(), offer("Letter", **LETTER))
    [said] = learn(offers, earlier().iloc[:0]).sentences(WORDS)
    assert "has not been measured; it is assumed: 80% to 100% of the usual, by offer." in said


def test_what_was_measured_and_is_not_used_is_said_to_be_assumed():
    known = learn((offer(),), earlier(), use=False)
    said = known.sentences(WORDS)
    assert said[0].startswith("What a second life begun under an offer is worth was measured")
    assert "The plan does not use this" in said[2]
    assert said[3].startswith("For one offer of the catalogue it is assumed")


def test_the_table_shows_what_is_used_and_not_what_only_was_measured():
    measured, unused = (
        learn((offer(),), earlier(), use=use).table(WORDS).frame.iloc[0] for use in (True, False)
    )
    assert measured["points measured"] == unused["points measured"]
    assert unused["used"] == unused["assumed"] != measured["used"]


def test_where_everything_is_measured_nothing_is_said_to_be_assumed():
    said = learn((offer(),), earlier()).sentences(WORDS)
    assert not any("assumed, not measured" in sentence for sentence in said)
