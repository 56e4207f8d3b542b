"""What `playbook new` proposes about the rows of orders, and what a run then makes of them."""

import shutil
from pathlib import Path

import pytest

from playbook.intake.propose import propose
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings.client import load
from playbook.settings.yaml import read_yaml
from tests.conftest import PROJECT

CASES = PROJECT.parent / "shared" / "cases"


@pytest.fixture
def new(tmp_path):
    """Propose for files; return the table of orders, all of client.yml, and (buyers, orders, revenue)."""

    def of(*files, ask=None, **texts):
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        paths = [Path(file) for file in files]
        for name, text in texts.items():
            paths.append(tmp_path / f"{name}.csv")
            paths[-1].write_text(text, encoding="utf-8")
        proposal = propose("acme", paths, tmp_path / "data", ask)
        written = proposal.path.read_text(encoding="utf-8")
        return read_yaml(proposal.path)["tables"]["orders"], written, result(tmp_path / "data")

    return of


def result(data):
    settings = load("acme", data)
    sources = open_sources(settings, data / "acme")
    people = customers(read_history(settings, sources))
    sources.close()
    buyers = people[people["orders"] > 0]
    return len(buyers), int(buyers["orders"].sum()), round(float(people["revenue"].sum()), 2)


HEAD = "order;customer;date;total;"
STATES = {
    "en": ("Status", ["paid", "Cancelled", "pending", "complete"]),
    "de": ("Bestellstatus", ["bezahlt", "Storniert", "Ausstehend", "Abgeschlossen"]),
    "it": ("Stato", ["Pagato", "annullato", "In attesa", "evaso"]),
    "fr": ("État", ["payée", "Annulée", "en attente", "Livrée"]),
}


def orders(column, values, number="{n}", amount="{n}0.00"):
    rows = [
        f"{number.format(n=n)};K{n % 3};2025-01-{n:02};{amount.format(n=n)};{value}"
        for n, value in enumerate(values, 1)
    ]
    return "\n".join([HEAD + column, *rows]) + "\n"


@pytest.mark.parametrize("language", STATES)
def test_states_that_are_no_money_are_left_out_in_four_languages(new, language):
    name, values = STATES[language]
    table, written, found = new(orders=orders(name, values * 3))
    assert table["keep"] == {name: [values[0], values[3]]}
    assert "unsure" not in written.split("keep:")[1].split("offers:")[0]
    assert found == (3, 6, 10 + 40 + 50 + 80 + 90 + 120)


def test_a_state_that_is_not_known_is_left_out_and_said_to_be_unsure(new):
    table, written, found = new(orders=orders("Status", ["paid", "paid", "parked", "void"]))
    assert table["keep"] == {"Status": ["paid"]} and found[2] == 30
    assert "Status: [paid] # unsure: these may count as well: parked" in written.replace("  #", " #")


def test_states_of_which_most_are_not_known_lose_only_those_that_are_no_money(new):
    table, written, found = new(orders=orders("Status", ["blue", "blue", "paid", "void"]))
    assert table["drop"] == {"Status": ["void"]} and found[2] == 60
    assert "unsure: the other words are not known" in written


def test_a_state_that_only_orders_without_money_have_drops_them_alone(new):
    table, _, found = new(orders=orders("Status", ["", "storniert", "", ""]))
    assert table["drop"] == {"Status": ["storniert"]} and found[2] == 80
    table, written, found = new(orders=orders("Status", ["", "storniert", "bezahlt", ""]))
    assert table["keep"] == {"Status": ["bezahlt", ""]} and found[2] == 80
    assert "unsure: rows without a word may not count" in written


def test_what_is_not_sent_yet_is_bought_all_the_same(new):
    table, _, found = new(
        orders=orders("Fulfillment Status", ["fulfilled", "pending", "cancelled", "shipped"])
    )
    assert table["drop"] == {"Fulfillment Status": ["cancelled"]} and found[2] == 70
    table, _, found = new(orders=orders("Lieferstatus", ["geliefert", "ausstehend", "offen", "geliefert"]))
    assert not {"keep", "drop"} & set(table) and found[2] == 100


def test_nothing_is_proposed_where_every_state_counts_or_no_column_is_one_of_states(new):
    table, _, found = new(orders=orders("Status", ["paid", "complete", "Bezahlt", "paid"]))
    assert not {"keep", "drop"} & set(table) and found[2] == 100
    table, _, _ = new(orders=orders("Warengruppe", ["Garten", "Test", "Küche", "Tisch"]))
    assert not {"keep", "drop", "negative"} & set(table)


@pytest.mark.parametrize(
    ("column", "test"), [("Is Test", "Yes"), ("livemode", "false"), ("Testbestellung", "1")]
)
def test_rows_that_a_flag_calls_a_test_are_dropped(new, column, test):
    other = {"Yes": "No", "false": "true", "1": "0"}[test]
    table, _, found = new(orders=orders(column, [other, other, test, other]))
    assert table["drop"] == {column: [test]} and found[2] == 70


def test_orders_with_a_day_of_cancellation_are_left_out(new):
    table, _, found = new(orders=orders("Storniert am", ["", "2025-02-01", "", "2025-02-03"]))
    assert table["keep"] == {"Storniert am": [""]} and found[2] == 40


def test_a_refund_column_lowers_the_amount_and_is_unsure_beside_a_net_one(new):
    text = orders("Refunded Amount", ["", "20.00", "5.00", ""])
    table, written, found = new(orders=text)
    assert table["less"] == ["Refunded Amount"] and found == (2, 3, 75)
    assert "unsure" not in written.split("less:")[1].split("offers:")[0]
    _, written, _ = new(orders=text.replace("total", "Net Amount"))
    assert "less: [Refunded Amount] # unsure: Net Amount may be without it already" in written.replace(
        "  #", " #"
    )


@pytest.mark.parametrize(
    ("values", "rules", "revenue"),
    [
        (["charge", "charge", "refund", "payout"], {"negative": ["refund"], "drop": ["payout"]}, 0),
        (["Rechnung", "Rechnung", "Gutschrift", "Rechnung"], {"negative": ["Gutschrift"]}, 40),
        (["Fattura", "Nota di credito", "Fattura", "Fattura"], {"negative": ["Nota di credito"]}, 60),
    ],
)
def test_a_type_tells_refunds_and_what_is_no_sale(new, values, rules, revenue):
    table, _, found = new(orders=orders("Type", values))
    assert {rule: table[rule]["Type"] for rule in ("negative", "drop") if rule in table} == rules
    assert found[2] == revenue


def test_refunds_that_are_written_below_zero_are_left_as_they_are(new):
    text = orders("Type", ["charge", "charge", "refund", "charge"]).replace(";30.00;refund", ";-30.00;refund")
    table, _, found = new(orders=text)
    assert "negative" not in table and found[2] == 40


def test_the_rarer_side_of_an_account_is_a_guess(new):
    table, written, found = new(orders=orders("Soll/Haben", ["S", "S", "H", "S"]))
    assert table["negative"] == {"Soll/Haben": ["H"]} and found[2] == 40
    assert "unsure: S comes more often" in written


@pytest.mark.parametrize(
    ("name", "cents"), [("Amount (cents)", True), ("Betrag Rappen", True), ("Amount", False)]
)
def test_cents_are_told_by_the_name_and_suspected_by_the_ends(new, name, cents):
    text = orders("x", ["a", "b", "c", "d"], amount="{n}995").replace("total", name)
    table, written, found = new(orders=text)
    assert table.get("format", {}).get("cents", False) == cents
    assert found[2] == (139.8 if cents else 13980)
    assert ("may be cents" in written) != cents


REPEATED = "".join(
    f"{n};K{n % 3};2025-01-{n:02};{n}0.00;{item}\n" for n in range(1, 5) for item in "abc"[: n % 3 + 1]
)


def test_totals_that_stand_on_each_line_count_once(new):
    table, written, found = new(orders=HEAD + "item\n" + REPEATED)
    assert table["total_per_order"] is True and found == (3, 4, 100)
    assert "unsure" not in written.split("total_per_order")[1].split("offers:")[0]
    _, written, _ = new(orders=HEAD.replace("total", "Amount") + "item\n" + REPEATED)
    assert "total_per_order: true  # unsure: each line of an order has the same amount" in written


def test_a_total_on_the_first_line_alone_makes_the_others_no_incomplete_lines(new):
    text = (
        HEAD
        + "item\n1;K1;2025-01-01;30.00;a\n1;K1;2025-01-01;;b\n2;K2;2025-01-02;20.00;a\n2;K2;2025-01-02;;b\n"
    )
    table, _, found = new(orders=text)
    assert table["total_per_order"] is True and found == (2, 2, 50)


def test_amounts_of_lines_are_summed(new):
    lines = "".join(f"{n};K{n};2025-01-{n:02};{n}{item}.00;{item}\n" for n in range(1, 5) for item in (1, 2))
    table, _, found = new(orders=HEAD + "item\n" + lines)
    assert "total_per_order" not in table and found[2] == 212


def test_a_file_without_the_column_differs(new):
    first = orders("Status", ["paid", "void", "paid", "paid"])
    second = "order;customer;date;total\n9;K9;2025-03-01;5.00\n"
    table, _, found = new(first=first, second=second)
    assert table["differs"] == {"second.csv": {"keep": {}}} and found[2] == 85


def test_whoever_is_asked_may_keep_every_row(new):
    def ask(question, chosen, others):
        return "every row as it is" if "keep Status" in question else chosen

    table, _, found = new(orders=orders("Status", ["paid", "paid", "parked", "void"]), ask=ask)
    assert "keep" not in table and found[2] == 100


def test_an_id_is_no_money(new):
    table, _, _ = new(orders=orders("Contribution ID", ["4711", "4712", "4713", "4714"]))
    assert "margin" not in table["columns"]


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (["1735776000", "1735862400", "1738713600"], {"dates": "unix"}),
        (["1735776000000", "1735862400000", "1738713600000"], {"dates": "unix"}),
        (["Jan-02-25", "Jan-03-25", "Feb-05-25"], {"dates": "%b-%d-%y"}),
        (["0201", "301", "0502"], {"dates": "%d%m"}),
    ],
)
def test_days_are_found_however_they_are_written(new, dates, form):
    rows = "".join(f"{n},K{n},{day},{n}0.50\n" for n, day in enumerate(dates, 1))
    table, written, found = new(orders="order,customer,date,total\n" + rows)
    assert {name: table["format"][name] for name in form} == form and found == (3, 3, 61.5)
    assert ("unsure: the dates name no year" in written) == (form["dates"] == "%d%m")


# Exports that were read wrongly --------------------------------------------------------------


@pytest.fixture
def case():
    if not CASES.is_dir():
        pytest.skip(f"no exports in {CASES.relative_to(PROJECT.parent)} beside the project")
    return lambda *names: [CASES / f"{name}.csv" for name in names]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("woo_total_repeated", (3, 4, 192.5)),
        ("status_column", (2, 2, 180)),
        ("contribution_id_margin", (2, 2, 130)),
        ("empty_name_column", (3, 4, 115)),
        ("id_makes_it_customers", (1, 2, 45)),
        ("shopify_case_blank", (1, 2, 63.8)),
    ],
)
def test_an_export_comes_out_right_without_a_question(new, case, name, right):
    assert new(*case(name))[2] == right


def test_refunded_orders_of_a_shop_are_no_money_and_two_spellings_are_one_customer(new, case):
    table, _, found = new(*case("shopify_case_blank"))
    assert table["less"] == ["Refunded Amount"] and "paid" in table["keep"]["Financial Status"]
    assert found == (1, 2, 63.8)


def test_a_customer_number_per_order_leads_to_the_person(new, case):
    assert new(*case("two_ids_orders", "two_ids_customers", "two_ids_payments"))[2] == (2, 3, 108)


def test_a_query_may_bring_the_customer_to_the_orders(new, case, tmp_path):
    new(*case("two_ids_orders", "two_ids_customers", "two_ids_payments"))
    client_yml = tmp_path / "data" / "acme" / "client.yml"
    client_yml.write_text(
        "client: Acme\nsource: files\ntables:\n  orders:\n    query: |\n"
        "      SELECT customer_unique_id AS who, o.*, payment_value AS paid FROM 'two_ids_orders.csv' o\n"
        "      JOIN 'two_ids_customers.csv' USING (customer_id)"
        " JOIN 'two_ids_payments.csv' USING (order_id)\n"
        "    keep: {order_status: delivered}\n"
        "    columns: {customer_id: who, ordered_at: order_purchase_timestamp, amount: paid}\n"
    )
    assert result(tmp_path / "data") == (2, 3, 108)


# Which column is which ------------------------------------------------------------------------


def till(*columns, rows=24):
    """Return receipts of five customers; each column is a name and what its n-th row holds."""
    columns = [("Datum", lambda n: f"2025-01-{n + 1:02}"), ("Betrag", lambda n: f"{9 + n % 7}.50"), *columns]
    lines = [";".join(name for name, _ in columns)]
    return "\n".join([*lines, *(";".join(str(cell(n)) for _, cell in columns) for n in range(rows))]) + "\n"


def person(n):
    return f"K{n % 5}"


def test_numbers_that_count_up_are_no_money(new):
    table, _, _ = new(sales=till(("Kunde", person), ("Marge", lambda n: 900 + n)))
    assert table["columns"] == {"customer_id": "Kunde", "ordered_at": "Datum", "amount": "Betrag"}
    counted = till(("Kunde", person), ("Summe", lambda n: 900 + n)).replace("Betrag", "Gewicht")
    assert "it counts up from row to row" in new(sales=counted)[1]


def test_the_customer_is_neither_a_time_nor_the_emptier_column(new):
    time = ("Kundenzeit", lambda n: f"{9 + n % 5}:30")
    empty, guest = ("Kundennummer", lambda n: ""), ("Kunde", lambda n: "" if n % 5 else "K1")
    address = ("E-Mail", lambda n: f"{person(n)}@x.example")
    table, _, found = new(sales=till(empty, time, guest, address))
    assert table["columns"]["customer_id"] == "E-Mail" and found[:2] == (5, 24)
    assert "more than half of the rows have none" in new(sales=till(empty, time, guest))[1]


def test_rows_of_nobody_in_particular_are_dropped_and_a_rare_number_is_not(new):
    table, written, found = new(sales=till(("Kunde", lambda n: person(n) if n % 3 else "Gast")))
    assert table["drop"] == {"Kunde": ["Gast"]} and "nobody in particular" in written
    assert found[:2] == (5, 16)
    many = "\n".join(f"2025-{n % 12 + 1:02}-{n % 28 + 1:02};9.50;{9950 + n % 80}" for n in range(400))
    assert "drop" not in new(sales=f"Datum;Betrag;Kunde\n{many}\n")[0]


@pytest.mark.parametrize(("none", "some"), [("0", "1"), ("nein", "ja"), ("0,00", "5,00"), ("", "HERBST")])
def test_a_coupon_of_nothing_was_not_redeemed(new, tmp_path, none, some):
    new(sales=till(("Kunde", person), ("Gutschein", lambda n: some if n in (2, 7, 9) else none)))
    settings = load("acme", tmp_path / "data")
    sources = open_sources(settings, tmp_path / "data" / "acme")
    redeemed = int(read_history(settings, sources).days.coupon_lines.sum().execute())
    sources.close()
    assert redeemed == 3
