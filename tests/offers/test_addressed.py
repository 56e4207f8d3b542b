"""Names and addresses in parts, and how a letter begins: what cannot be told is left as it is."""

import pandas as pd
import pytest

from playbook.offers.addressed import in_one_cell, in_parts, salutation


def parts(**known):
    return in_parts(pd.DataFrame([known])).iloc[0].dropna().to_dict()


def test_what_the_client_has_apart_is_taken_as_it_is():
    own = {"salutation": "Frau", "first_name": "Ada", "last_name": "Muster", "street": "Weg 1", "town": "Ort"}
    assert parts(name="Ada Muster", **own) == {**own, "name_parts": "exported", "address_parts": "exported"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Gino Fantasi", {"first_name": "Gino", "last_name": "Fantasi", "name_parts": "taken apart"}),
        ("Fantasi, Gino", {"first_name": "Gino", "last_name": "Fantasi", "name_parts": "taken apart"}),
        ("Muster & Söhne AG", {"company": "Muster & Söhne AG", "name_parts": "taken apart"}),
        ("Anna Maria Testa Muster", {"name_parts": "as it is"}),
        ("Muster", {"name_parts": "as it is"}),
        (None, {}),
    ],
)
def test_one_text_is_taken_apart_only_where_it_can_be(name, expected):
    assert parts(name=name, address=None) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Im Weg 3a, 8000 Zürich", ("Im Weg 3a", "8000", "Zürich")),
        ("Via Po 1\nCH-6900 Lugano", ("Via Po 1", "6900", "Lugano")),
        ("c/o Muster, Postfach", None),
    ],
)
def test_an_address_of_most_of_europe_is_taken_apart(address, expected):
    found = parts(name=None, address=address)
    if expected is None:
        assert found == {"address_parts": "as it is"}
    else:
        assert (found["street"], found["postcode"], found["town"]) == expected


@pytest.mark.parametrize(
    ("known", "language", "begins"),
    [
        (
            {"salutation": "Frau", "last_name": "Muster", "name_parts": "exported"},
            "de",
            "Sehr geehrte Frau Muster",
        ),
        ({"salutation": "Signor", "last_name": "Rossi", "name_parts": "exported"}, "fr", "Monsieur"),
        (
            {"last_name": "Fantasi", "name": "Gino Fantasi", "name_parts": "taken apart"},
            "it",
            "Gentile Gino Fantasi",
        ),
        (
            {"salutation": "Dr.", "name": "Kim Doe", "last_name": "Doe", "name_parts": "exported"},
            "en",
            "Dear Kim Doe",
        ),
        ({"name": "Muster AG", "company": "Muster AG"}, "de", "Guten Tag"),
        ({"name": None}, "fr", "Bonjour"),
    ],
)
def test_a_letter_begins_without_guessing_who_is_a_man(known, language, begins):
    assert salutation(known, language) == begins


def test_no_text_has_to_be_put_into_quotes():
    assert in_one_cell('Wir haben "etwas"; es\nkommt.') == "Wir haben “etwas”, es kommt."
    assert in_one_cell("Nous avons quelque chose ; il arrive.") == "Nous avons quelque chose, il arrive."
