"""What a mapping in client.yml must name, and may."""

import pytest

from playbook.errors import DataError
from playbook.records.canonical import COLUMNS, FLAG, REFUSALS, check_mapping, kinds_of
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
