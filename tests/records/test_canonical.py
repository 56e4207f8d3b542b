"""What a mapping in client.yml must name, and may."""

import re

import ibis
import pytest

from playbook.errors import DataError
from playbook.records import cells
from playbook.records.canonical import (
    _MEANINGS,
    CLOSED,
    COLUMNS,
    FLAG,
    NOT_REFUSING,
    REFUSALS,
    REFUSING,
    REFUSING_WORDS,
    check_mapping,
    compared,
    kinds_of,
    meanings,
)
from playbook.settings.tables import OrderSettings, TableSettings

ORDERS = {"customer_id": "a", "ordered_at": "b", "amount": "c"}


def orders(*left_out, **more):
    columns = {ours: theirs for ours, theirs in (ORDERS | more).items() if ours not in left_out}
    return OrderSettings(files="orders.csv", columns=columns)


def test_a_column_that_no_table_has_is_refused_with_the_closest():
    with pytest.raises(DataError, match=r"tables.orders.columns.cupon is no column .* Did you mean 'coupon'"):
        check_mapping("orders", orders(cupon="d"))
    check_mapping("customers", TableSettings(files="c.csv", columns={"customer_id": "a", "shoe_size": "b"}))


@pytest.mark.parametrize("column", ORDERS)
def test_what_is_needed_must_be_named(column):
    with pytest.raises(DataError, match=f"does not say which column is {column}"):
        check_mapping("orders", orders(column))


def test_price_and_quantity_stand_for_the_amount():
    check_mapping("orders", orders("amount", unit_price="d", quantity="e"))
    with pytest.raises(DataError, match="which column is amount"):
        check_mapping("orders", orders("amount", unit_price="d"))


def test_lines_of_their_own_bear_the_amount_and_the_number_of_their_order():
    lines = TableSettings(files="lines.csv", columns={"order_id": "n", "amount": "c"})
    heads = orders("amount", order_id="n").model_copy(update={"lines": lines})
    check_mapping("orders", heads)
    check_mapping("lines", lines)
    with pytest.raises(DataError, match=r"tables.orders.lines.columns does not say which column is order_id"):
        check_mapping("lines", TableSettings(files="lines.csv", columns={"amount": "c"}))
    with pytest.raises(DataError, match="which column is order_id"):
        check_mapping("orders", orders("amount").model_copy(update={"lines": lines}))
    with pytest.raises(DataError, match="which column is quantity"):
        check_mapping(
            "orders", orders("amount", order_id="n", unit_price="p").model_copy(update={"lines": lines})
        )


def test_a_refusal_takes_away_consents_that_customers_have():
    kinds = kinds_of("customers")
    assert {kinds[consent] for consents in REFUSALS.values() for consent in consents} == {FLAG}
    assert all(kinds[refusal] == FLAG for refusal in REFUSALS)
    assert "no_email" not in COLUMNS["customers"]


# Words ---------------------------------------------------------------------------------------


def read_as(column, *words):
    table = ibis.memtable({"word": list(words)}, schema={"word": "string"})
    connection = ibis.duckdb.connect()
    read = connection.to_pyarrow(table.select(ours=cells.understood(table.word, column)))["ours"].to_pylist()
    connection.disconnect()
    return read


@pytest.mark.parametrize("column", CLOSED)
def test_every_word_means_one_thing_and_the_engine_reads_it_as_python_does(column):
    listed = [word for words in _MEANINGS[column].values() for word in words.split("|")]
    assert len({compared(word) for word in listed}) == len(listed)
    words = [*CLOSED[column], *listed]
    words += [word.upper() for word in words] + [" ".join(word) for word in words]
    assert read_as(column, *words) == [meanings(column)[compared(word)] for word in words]


def test_no_word_with_a_refusal_in_it_is_read_as_something_else():
    kept = [
        re.sub(r"\s+", " ", word.lower()) for words in _MEANINGS["kind"].values() for word in words.split("|")
    ]
    patterns = [
        words.replace(r"\x{308}", "\u0308").replace(r"\x{301}", "\u0301") for words in REFUSING_WORDS.values()
    ]
    assert len(kept) > 100
    assert [word for word in kept if any(re.search(pattern, word) for pattern in patterns)] == []
    assert [word for word in meanings("kind") if re.search(NOT_REFUSING, word)] == []


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            "kind",
            [
                "Besuch abgesagt",
                "complaint closed",
                "Anruf?",
                "visite annulée",
                "Storno",
                "newsletter",
                "❌ Anruf",
            ],
        ),
        (
            "arm",
            ["A", "1", "yes", "not treated", "nicht kontaktiert", "contacted", "Testgruppe B", "variante"],
        ),
        ("channel", ["mail", "SMS", "Brief und Anruf", "app", "telefonieren verboten"]),
    ],
)
def test_what_is_not_known_for_sure_is_not_guessed(column, words):
    read = read_as(column, *words, None)
    assert [one for one in read if one in CLOSED[column] and one not in REFUSING] == []
    assert read[-1] is None


def test_a_refusal_is_told_in_any_wording():
    words = ("Anruf verboten", "NO CONTACT", "Cancellazione dalla newsletter", "Kündigung des Newsletters")
    assert read_as("kind", *words) == ["no_contact"] * 2 + ["unsubscribe"] * 2
