"""Which campaigns teach: what chapter 08 says of a campaign reaches whoever learns from it."""

import numpy as np
import pandas as pd
import pytest

from playbook.stats.trials.accepted import with_verdicts
from playbook.stats.trials.earlier import assigned
from playbook.stats.trials.known_offers import learn
from tests.builders import offer
from tests.trials import client_of, contacts_of, ids, orders_of, simple

RANDOM = {"measurement": {"randomised": ["SPRING"]}}


def judged(client):
    history, sources = client.history, client.sources
    return with_verdicts(assigned(history, sources, {}), history, sources, ())


def unlike(n=200, **settings):
    """The better customers are contacted, and come back as they would have anyway."""
    better, others = ids("T", n), ids("C", n)
    spread = np.linspace(10, 30, n)
    rows = [(better + others, -400, 30.0), (better, -450, 200.0), (better[:80], 10, spread[:80])]
    return client_of(
        orders_of(*rows, (others[:40], 10, spread[:40])), contacts_of(better, others), **settings
    )


def test_a_campaign_whose_arms_are_alike_teaches_with_its_verdict():
    rows = judged(simple(**RANDOM))
    assert rows["sound"].all() and set(rows["verdict"]) == {"works"}
    assert (rows["silence"] == 400).all()


def test_a_campaign_that_went_to_the_better_customers_teaches_nothing():
    client = unlike(**RANDOM)
    rows = judged(client)
    assert len(rows) == 400 and not rows["sound"].any()
    made = offer("Letter", kind="emotional")
    for learned_from, source in ((rows, "assumed"), (rows.assign(sound=True), "measured")):
        known = learn((made,), learned_from.assign(kind="emotional"), client.history.settings)
        assert known.offers[0].response.source == source


def test_an_offer_whose_customers_were_not_like_those_left_alone_teaches_nothing_alone():
    treated, control = ids("T", 400), ids("C", 400)
    rows = orders_of((treated + control, -400, 30.0), (treated[:100], 10, 20.0), (control[:50], 10, 20.0))
    names = np.where(np.arange(400) < 200, "Gift A", "Gift B")
    contacts = contacts_of(treated, control, offer=[*names, *names])
    alike = judged(client_of(rows, contacts, **RANDOM))
    assert alike["sound"].all()
    better = orders_of((treated[:200], -450, 200.0), (control[200:], -450, 200.0))
    client = client_of(pd.concat([rows, better]), contacts, **RANDOM)
    unsound = judged(client).groupby(["offer", "arm"])["sound"].all()
    assert not unsound["Gift A", "treated"] and not unsound["Gift B", "treated"]


@pytest.mark.parametrize("named", [["SPRING"], []])
def test_without_the_word_of_client_yml_a_sound_campaign_is_shown_and_not_learned_from(named):
    client = simple(measurement={"randomised": named})
    known = learn((offer("Letter"),), judged(client).assign(kind="material"), client.history.settings)
    assert known.not_random == (() if named else ("SPRING",))
    assert len(known.responses) == (2 if named else 0)
