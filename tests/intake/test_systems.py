"""Exports of systems that are known by name, as they come and read back to the true sales."""

import csv
import io
import re

import pytest

from playbook.errors import DataError, SettingsError
from playbook.intake import systems as known
from playbook.intake.propose import propose
from playbook.settings.client import load
from tests import systems
from tests.intake.systems_sales import sales, write
from tests.intake.systems_shops import etsy, marketplace, shopify, woocommerce

DOCUMENT = systems.DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("one", systems.SYSTEMS, ids=lambda one: one.name)
def test_an_export_is_known_and_read_back_to_the_true_sales(one, tmp_path):
    counts, proposal = systems.got(one, tmp_path)
    assert counts == systems.true(one, told=False)
    assert any(" is a" in line for line in proposal.said)
    assert not [line for line in proposal.said if "cannot be read" in line]
    assert systems.row(one, counts) in DOCUMENT.splitlines()


def test_every_system_is_written_and_the_page_says_no_more():
    names = [one.name for one in systems.SYSTEMS]
    assert [s.name for s in known.systems() if not any(name.startswith(s.name) for name in names)] == []
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == names
    assert DOCUMENT.startswith(systems.HEAD) and DOCUMENT.endswith(systems.TAIL)


def test_what_an_export_does_not_tell_is_said_in_client_yml(tmp_path):
    for one in systems.SYSTEMS:
        if one.untold in (systems.systems_shops.NO_REFUNDS, systems.systems_shops.IN_PART):
            place = tmp_path / one.name.split()[0]
            place.mkdir()
            said = propose("acme", one.write(sales()[:12], place), place / "data", None).said
            assert any(re.match(r"Unsure, tables.orders.*(paid back|refund|returned)", line) for line in said)


# Which export it is ---------------------------------------------------------------------------


def changed(path, change):
    """Rewrite the cells of a file: header and rows go through ``change``."""
    rows = [list(row) for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8")))]
    return write(path, change(rows))


@pytest.fixture
def new(tmp_path):
    def of(files):
        proposal = propose("acme", files, tmp_path / "data", None)
        return load("acme", tmp_path / "data").tables, proposal

    return of


def test_headers_are_compared_without_capitals_and_blanks(new, tmp_path):
    def change(rows):
        return [[name.upper().replace(" ", "  ") for name in rows[0]], *rows[1:]]

    tables, proposal = new([changed(woocommerce(sales()[:9], tmp_path)[0], change)])
    assert "orders-2025.csv is a WooCommerce order export." in proposal.said
    assert tables.orders.columns["customer_id"] == "EMAIL  (BILLING)"


def test_a_file_with_few_of_the_headers_is_read_as_any_other(new, tmp_path):
    text = "Name,Email,Created at,Total\n" + "".join(
        f"#{n},a{n % 3}@x.org,2025-01-0{n},1{n}.00\n" for n in range(1, 8)
    )
    (tmp_path / "orders.csv").write_text(text)
    _, proposal = new([tmp_path / "orders.csv"])
    assert not [line for line in proposal.said if "Shopify" in line]


def test_a_second_proposal_changes_nothing_and_keeps_what_a_person_wrote(new, tmp_path):
    files = shopify(sales(), tmp_path)
    _, proposal = new(files)
    written = proposal.path.read_text(encoding="utf-8")
    assert "files:  # a Shopify order export" in written and "# what was paid back" in written
    proposal.path.write_text(written.replace("amount: Total ", "amount: Subtotal "), encoding="utf-8")
    tables, again = new(files)
    assert tables.orders.columns["amount"] == "Subtotal"
    assert again.path.read_text(encoding="utf-8") == written.replace("amount: Total ", "amount: Subtotal ")


# Words ----------------------------------------------------------------------------------------


def restated(words):
    def change(rows):
        place = rows[0].index("Order Status")
        for row in rows[1:]:
            row[place] = words.get(row[place], row[place])
        return rows

    return change


def test_a_state_of_a_plugin_does_not_count_and_is_said(new, tmp_path):
    path = changed(woocommerce(sales(), tmp_path)[0], restated({"Failed": "In the hall"}))
    tables, proposal = new([path])
    assert "In the hall" not in tables.orders.keep["Order Status"]
    assert any("these may count as well: In the hall" in line for line in proposal.said)


def test_states_in_another_language_are_read_by_the_words(new, tmp_path):
    words = {"Completed": "Erledigt", "Cancelled": "Storno", "Refunded": "Erstattet", "Failed": "Abgelehnt",
             "Pending payment": "Ausstehend"}  # fmt: skip
    tables, _ = new([changed(woocommerce(sales(), tmp_path)[0], restated(words))])
    assert tables.orders.keep == {"Order Status": ("Erledigt",)}


# Several files --------------------------------------------------------------------------------


def test_items_beside_payments_are_left_out_and_alone_are_the_lines(new, tmp_path):
    orders, people, payments, items = marketplace(sales(), tmp_path)
    tables, proposal = new([orders, people, payments, items])
    assert tables.orders.lines.files == ("market_order_payments.csv",)
    assert any(line.startswith("market_order_items.csv is left out") for line in proposal.said)
    tables, _ = propose("other", [orders, people, items], tmp_path / "data", None), None
    assert load("other", tmp_path / "data").tables.orders.lines.columns["amount"] == "price"


def test_a_number_per_order_is_known_without_the_system(new, tmp_path):
    orders, people, payments = marketplace(sales(), tmp_path)[:3]

    def renamed(path, names):
        return changed(path, lambda rows: [[names.get(name, name) for name in rows[0]], *rows[1:]])

    said = {"customer_id": "Kunde", "order_id": "Bestellnr", "order_status": "Status",
            "payment_value": "Betrag", "order_purchase_timestamp": "Datum",
            "customer_unique_id": "Kundennummer"}  # fmt: skip
    tables, _ = new([renamed(path, said) for path in (orders, people, payments)])
    assert tables.orders.persons.columns == {"number": "Kunde", "customer_id": "Kundennummer"}


def test_a_list_of_addresses_with_refusals_is_one_without_the_system(new, tmp_path):
    orders = woocommerce(sales(), tmp_path)
    (tmp_path / "abmeldungen.csv").write_text(
        "E-Mail;Abgemeldet\n" + "".join(f"per{n:03}@example.org;2025-01-01\n" for n in range(20))
    )
    tables, _ = new([*orders, tmp_path / "abmeldungen.csv"])
    assert tables.customers.columns == {"email": "E-Mail", "no_email": "Abgemeldet"}


def test_a_report_without_buyers_is_told_to_be_none(tmp_path):
    head = ["amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
            "fulfillment-channel", "sales-channel", "sku", "item-status", "item-price"]  # fmt: skip
    row = ["1", "1", "2025-01-01T10:00:00+00:00", "", "Shipped", "Amazon", "amazon.de", "S", "", "5.00"]
    path = write(tmp_path / "all.txt", [head, row, row], "\t")
    with pytest.raises(DataError, match=r"all\.txt is an Amazon report of all orders.*it names no buyer"):
        propose("acme", [path], tmp_path / "data", None)


def test_a_system_that_names_no_column_of_ours_is_refused(tmp_path):
    path = tmp_path / "shop.yml"
    path.write_text(
        "name: Shop\nexports:\n  - what: an export\n    table: orders\n    telling: [a, b]\n"
        "    columns: {buyer: [c]}\n"
    )
    with pytest.raises(SettingsError, match=r"shop\.yml.*buyer is no column of orders"):
        known._read(path)


def test_days_that_may_be_months_are_read_as_the_system_writes_them(new, tmp_path):
    early = sorted((sale for sale in sales() if sale.moment.day <= 12), key=lambda sale: sale.email)
    tables, proposal = new(etsy(early, tmp_path))
    assert tables.orders.format.dates == "%m/%d/%y"
    assert not any("day and month" in line for line in proposal.said)
