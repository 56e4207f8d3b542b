"""The texts for customers: no gender guessed, numbers as people write them, amounts that are given."""

import re
from itertools import product

import pandas as pd
import pytest
from pydantic import ValidationError

from playbook.offers.addressed import in_one_cell
from playbook.offers.catalogue import PRESETS, load
from playbook.offers.first_words import counted, first_words, in_full, texts
from playbook.settings.yaml import read_yaml
from playbook.show.words import Words
from tests.builders import offer, people, settings_of

LANGUAGES = ("en", "de", "it", "fr")
SHOPS = ("retail", "donations", "subscription")
OF_ONE_GENDER = (
    r"\b(mancato|delusa|deluso|servito|servi|andato via|passato per|cliente|client|Kunde|soddisfatto"
    r"|satisfait|lieti|heureux|désolés?|déçu|conduit|décidé|spinta|portata)\b"
)


def written() -> list[str]:
    """Return every text of the package that a customer hears or reads."""
    said = [
        text
        for name, preset in product(("openings", "checking_in", "farewells"), SHOPS)
        for kinds in texts(name, preset).values()
        for text in kinds.values()
    ]
    offers = [one for preset in SHOPS for one in read_yaml(PRESETS / f"{preset}.yml")["offers"]]
    return said + [text for one in offers for text in one["first_words"].values()]


@pytest.mark.parametrize("text", sorted(set(written())))
def test_no_text_guesses_a_gender_needs_quoting_or_announces_what_may_be_past(text):
    assert not re.search(OF_ONE_GENDER, text)
    assert text == in_one_cell(text)
    assert not re.search(
        "before (I|we) confirm|bevor (ich|wir)|prima di conferm|avant de confirm", text, re.I
    )


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (2, ["twice", "zweimal", "due volte", "deux fois"]),
        (12, ["twelve times", "zwölfmal", "dodici volte", "douze fois"]),
        (13, ["13 times", "13 Mal", "13 volte", "13 fois"]),
    ],
)
def test_how_many_times_is_said_as_people_write_it(n, said):
    assert [counted(n, language, times=True) for language in LANGUAGES] == said


def test_the_first_of_a_month_is_an_ordinal_in_french_and_italian():
    assert in_full(pd.Timestamp("2025-01-01"), "it") == "1º gennaio 2025"
    assert in_full(pd.Timestamp("2025-05-01"), "fr") == "1er mai 2025"
    assert in_full(pd.Timestamp("2025-05-21"), "fr") == "21 mai 2025"
    assert in_full(pd.Timestamp("2025-05-01"), "de") == "1. Mai 2025"


@pytest.mark.parametrize(("preset", "language"), list(product(SHOPS, LANGUAGES)))
def test_what_is_promised_in_writing_is_named_as_it_is_printed(preset, language, tmp_path):
    settings, words = settings_of(preset=preset), Words(language, "CHF")
    one = people(1, language=language, first_order=pd.Timestamp("2024-01-05"))
    for made in load(settings, tmp_path):
        [said] = first_words(one, made, settings)
        assert "{" not in said
        if made.kind == "financial" or (made.suits == ("complaint",) and made.channel == "letter"):
            for name, value in made.promises.items():
                assert (words.percent(value) if name == "discount" else words.price(value)) in said


@pytest.mark.parametrize(("day", "said"), [("2025-03-08", "l’8 marzo"), ("2025-03-12", "il 12 marzo")])
def test_an_italian_date_has_its_article(day, said):
    [text] = first_words(
        people(1, orders=1, last_order=pd.Timestamp(day), language="it"), offer(), settings_of()
    )
    assert text == f"Ha ordinato da noi {said} 2025."


def test_braces_of_the_clients_own_stay_and_what_is_not_given_cannot_be_named():
    own = offer(first_words="{Vorname}, {on_return} {stay_tuned} { }", incentive_return=5.5)
    [said] = first_words(people(1, orders=1, last_order=pd.NaT), own, settings_of())
    assert said == "{Vorname}, CHF\N{NO-BREAK SPACE}5.50 {stay_tuned} { }"
    with pytest.raises(ValidationError, match=r"first_words name \{stay_2\}, which this offer does not give"):
        offer(first_words={"de": "{stay_2}"}, incentive_stay=5)


def test_a_subscriber_joined_and_did_not_order():
    call, settings = offer(first_words="Hello."), settings_of(preset="subscription")
    one = people(1, orders=13, first_order=pd.Timestamp("2021-05-03"), language="de")
    assert first_words(one, call, settings) == ["Sie sind im Mai 2021 zu uns gekommen. Hello."]
    assert first_words(one.drop(columns="first_order"), call, settings) == ["Hello."]
