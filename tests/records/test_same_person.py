"""One person under several numbers is addressed under one of them."""

import ibis
import numpy as np
import pandas as pd
import pytest

from playbook.chapters.plan import campaign
from playbook.records.same_person import MOST_NUMBERS, everybody
from playbook.records.sources import Sources


def known(**columns) -> Sources:
    frame = pd.DataFrame(columns, dtype=object)
    return Sources(
        connection=None, orders=None, customers=ibis.memtable(frame, schema=dict.fromkeys(frame, "string"))
    )


def persons(ids, sources):
    return everybody(ids, sources).person[: len(ids)]


@pytest.mark.parametrize(
    ("column", "one", "other", "same"),
    [
        ("email", "Anna@Example.com", "anna@example.com ", True),
        ("email", "anna@example.com", "hanna@example.com", False),
        ("email", None, None, False),
        ("phone", "+41 79 555 10 20", "079/555 10 20", True),
        ("phone", "555 10", "555 10", False),
        ("address", "Via Nassa 1, 6900 Lugano", "via nassa 1 6900 LUGANO", True),
    ],
)
def test_one_person_is_told_by_what_both_numbers_share(column, one, other, same):
    first, second = persons(["a", "b"], known(customer_id=["a", "b"], **{column: [one, other]}))
    assert (first == second) == same


def test_a_family_with_one_telephone_is_no_one_person():
    shared = {"phone": ["079 555 10 20"] * 3, "name": ["Anna Rossi", "Ugo Rossi", "anna  rossi"]}
    anna, ugo, again = persons(list("abc"), known(customer_id=list("abc"), **shared))
    assert anna == again != ugo


def test_numbers_that_differ_in_capitals_or_blanks_are_one_person():
    found = persons(["K00494", "k00494", "K 00494", "K00495"], None)
    assert len(set(found[:3])) == 1 and found[3] != found[0]


def test_what_one_shares_with_two_others_joins_all_three():
    table = known(
        customer_id=list("abc"), email=["x@e.ch", "x@e.ch", None], phone=[None, *["0795551020"] * 2]
    )
    assert len(set(persons(list("abc"), table))) == 1


def test_an_address_of_many_is_a_placeholder():
    ids = [f"K{n}" for n in range(MOST_NUMBERS + 1)]
    found = persons(ids, known(customer_id=ids, email=["shop@example.com"] * len(ids)))
    assert len(set(found)) == len(ids)


def test_nobody_is_addressed_under_two_numbers_and_the_better_one_stays():
    emails = ["x@e.ch", "x@e.ch", "y@e.ch", "y@e.ch", "z@e.ch", "z@e.ch"]
    people = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "person": persons("abcdef", known(customer_id=list("abcdef"), email=emails)),
            "status": ["addressed", "addressed", "suppressed", "addressed", "not_selected", "addressed"],
            "rank": [7.0, 2.0, np.nan, 1.0, np.nan, 3.0],
        }
    )
    twice = campaign._doubled(people)
    assert sorted(people.loc[twice, "customer_id"]) == ["a", "d"]
