import pytest

from playbook.intake.look import look_at
from playbook.intake.names import name_fits
from playbook.intake.recognise import recognise


@pytest.fixture
def guess(tmp_path):
    def of(text: str, name: str = "export.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return recognise(look_at(path)[0])

    return of


def table(header: str, *columns: list[str]) -> str:
    return "\n".join([header, *(";".join(row) for row in zip(*columns, strict=True))]) + "\n"


IDS = [f"K{n % 7}" for n in range(30)]
EACH = [f"K{n}" for n in range(30)]
DAYS = [f"2025-01-{n + 1:02d}" for n in range(30)]
PAID = [f"{n}.50" for n in range(30)]
WHOLE = [str(n % 4 + 1) for n in range(30)]
ORDERS = [str(5000 + n // 2) for n in range(30)]


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        ("customer_id", "Kd.-Nr."),
        ("customer_id", "CustomerID"),
        ("customer_id", "CUSTOMER_NO"),
        ("customer_id", "Codice cliente"),
        ("customer_id", "N° client"),
        ("ordered_at", "Date de la commande"),
        ("ordered_at", "Data dell'ordine"),
        ("ordered_at", "Rechnungsdatum"),
        ("amount", "Montant TTC (EUR)"),
        ("amount", "Betrag CHF"),
        ("amount", "Importo in €"),
        ("order_id", "Belegnummer"),
        ("list_amount", "Prezzo di listino"),
        ("margin", "Deckungsbeitrag"),
    ],
)
def test_names_of_columns_in_four_languages(ours, name):
    assert name_fits("orders", ours, name) >= 0.9


def test_a_compound_is_a_likely_name():
    assert 0.45 <= name_fits("orders", "ordered_at", "Erstbestelldatum") < 0.9
    assert name_fits("orders", "ordered_at", "Farbe") == 0


def test_orders_customers_events_and_contacts_are_told_apart(guess):
    people = [f"Anna {n}" for n in range(30)]
    kinds = ["visit", "complaint", "call"] * 10
    arms = ["treated", "control"] * 15
    assert guess(table("Kunde;Datum;Betrag", IDS, DAYS, PAID)).table == "orders"
    assert guess(table("Kunde;Name;Kunde seit", EACH, people, DAYS)).table == "customers"
    assert guess(table("Kunde;Datum;Typ;Wert", IDS, DAYS, kinds, WHOLE)).table == "events"
    assert guess(table("Aktion;Kunde;Datum;Kanal;Gruppe", WHOLE, EACH, DAYS, kinds, arms)).table == "contacts"
    assert guess(table("Farbe;Form", kinds, arms)).table is None


def test_lines_are_told_from_orders(guess):
    found = guess(table("Bestellnr;Artikel;Menge;Preis", ORDERS, IDS, WHOLE, PAID))
    assert (found.table, found.columns) == (
        "lines",
        {"unit_price": "Preis", "quantity": "Menge", "order_id": "Bestellnr"},
    )


def test_a_price_without_a_quantity_is_what_was_paid(guess):
    assert guess(table("Kunde;Datum;Preis", IDS, DAYS, PAID)).columns["amount"] == "Preis"
    found = guess(table("Kunde;Datum;Preis;Menge", IDS, DAYS, PAID, WHOLE)).columns
    assert (found["unit_price"], found["quantity"]) == ("Preis", "Menge")


def test_freight_is_not_what_was_paid(guess):
    found = guess(table("order_id;product;price;freight_value", ORDERS, IDS, PAID, PAID))
    assert (found.table, found.columns["amount"]) == ("lines", "price")


def test_whole_amounts_without_a_header(guess):
    whole = [str(n % 9 * 500) for n in range(30)]
    customers = [str(100 + n % 12) for n in range(30)]
    found = guess(table("", customers, whole, DAYS).lstrip())
    assert found.columns == {"customer_id": "1", "ordered_at": "3", "amount": "2"}


def test_returns_tell_a_price_from_an_amount(guess):
    signs = ["-" if n % 5 == 0 else "" for n in range(30)]
    quantity = [sign + text for sign, text in zip(signs, WHOLE, strict=True)]
    paid = [f"{sign}{n + 1}.50" for n, sign in enumerate(signs)]
    found = guess(table("Kunde;Datum;Preis;Menge", IDS, DAYS, paid, quantity))
    assert found.columns["amount"] == "Preis"
    found = guess(table("Kunde;Datum;Betrag;Menge", IDS, DAYS, PAID, quantity))
    assert any("it may be the price of a piece" in doubt.reason for doubt in found.doubts)


def test_columns_without_names_are_found_by_content_and_unsure(guess):
    text = table("", IDS, DAYS, WHOLE, PAID).lstrip()
    found = guess(text)
    assert found.columns == {"customer_id": "1", "ordered_at": "2", "quantity": "3", "amount": "4"}
    assert {doubt.place[1] for doubt in found.doubts} == set(found.columns)


def test_addresses_stand_for_customers_where_nothing_else_does(guess):
    mails = [f"{who}@example.com" for who in IDS]
    found = guess(table("Email;Paid at;Total", mails, DAYS, PAID))
    assert found.columns["customer_id"] == "Email"
    assert found.doubts[0].place == ("columns", "customer_id")


def test_further_numbers_of_customers_are_taken_along_and_others_not(guess):
    found = guess(
        table(
            "Kunde;Name;PLZ;Empfehlungen;Umsatzziel 2026;Bemerkung",
            EACH,
            [f"Anna {n}" for n in range(30)],
            [str(6500 + n % 9) for n in range(30)],
            WHOLE,
            [str(n % 9 * 100) for n in range(30)],
            ["gut"] * 30,
        )
    )
    assert found.columns["referrals"] == "Empfehlungen"
    assert found.columns["umsatzziel_2026"] == "Umsatzziel 2026"
    assert found.unused == ["Bemerkung"]


def test_consents_and_refusals_need_yes_and_no(guess):
    people = [f"Anna {n}" for n in range(30)]
    answers = ["ja", "nein", ""] * 10
    found = guess(table("Nr;Name;Mail_ok;Werbesperre", EACH, people, answers, ["", "x", ""] * 10))
    assert (found.columns["may_email"], found.columns["no_contact"]) == ("Mail_ok", "Werbesperre")
    assert "may_email" not in guess(table("Nr;Name;Mail_ok", EACH, people, DAYS)).columns
    german = guess(
        table("Nr;Name;Newsletter Einwilligung;Telefon Einwilligung", EACH, people, answers, answers)
    )
    assert german.columns["may_email"] == "Newsletter Einwilligung"
    assert german.columns["may_phone"] == "Telefon Einwilligung"


@pytest.mark.parametrize(
    ("ours", "header", "values"),
    [
        ("may_letter", "Brief ok", ["ja", "nein", "evtl.", ""]),
        ("may_letter", "Post ok", ["1.0", "0.0"]),
        ("may_email", "Newsletter", ["Nein", "NEIN", "Ja", "JA", "ja"]),
        ("may_email", "Newsletter", ["abonniert", "abgemeldet"]),
        ("may_advertise", "Werbeeinwilligung", ["erteilt", "verweigert"]),
        ("no_contact", "gesperrt seit", ["17", "", "230"]),
        ("no_contact", "Werbesperre J/N", ["J", "N", "ja, tel. 3.5."]),
        ("no_email", "Newsletter abbestellt", ["ja", ""]),
    ],
)
def test_a_column_is_what_its_name_says_whatever_cells_are_odd(guess, ours, header, values):
    people = [f"Anna {n}" for n in range(30)]
    found = guess(table(f"Nr;Name;{header}", EACH, people, [values[n % len(values)] for n in range(30)]))
    assert found.columns == {"customer_id": "Nr", "name": "Name", ours: header}


def test_when_or_where_somebody_was_asked_is_no_answer(guess):
    people, where = [f"Anna {n}" for n in range(30)], ["Messe", "Web"] * 15
    found = guess(table("Nr;Name;Opt-in Quelle;Einwilligung vom;Kontakt", EACH, people, where, DAYS, people))
    assert found.unused == ["Opt-in Quelle", "Einwilligung vom", "Kontakt"]


def test_every_column_of_refusals_is_taken(guess):
    people, answers = [f"Anna {n}" for n in range(30)], ["ja", "nein", ""] * 10
    found = guess(
        table("Nr;Name;Werbesperre;Robinson;gesperrt;Newsletter;E-Mail ok", EACH, people, *[answers] * 5)
    )
    assert found.named["no_contact"] == ["Werbesperre", "Robinson", "gesperrt"]
    assert found.named["may_email"] == ["Newsletter", "E-Mail ok"]
    assert found.unused == []


def test_a_second_column_that_may_be_meant_is_said(guess):
    found = guess(table("Kunde;Datum;Montant HT;Montant TTC", IDS, DAYS, PAID, PAID))
    (doubt,) = found.doubts
    assert (doubt.place, doubt.others) == (("columns", "amount"), ("Montant TTC",))


@pytest.mark.parametrize(
    ("ours", "header", "values"),
    [
        ("no_contact", "no_contact", ["", "verstorben", "opt-out"]),
        ("no_contact", "Robinsonliste", ["", "DDV"]),
        ("deceased", "Verstorben am", ["", "03.04.2024", "17.11.2023"]),
        ("deceased", "Deceduto", ["", "sì", "gennaio"]),
        ("no_contact", "Sperrgrund", ["", "zahlt nicht", "Streit"]),
        ("no_contact", "Opt-out", ["", "2024-05-01"]),
        ("no_contact", "Widerspruch am", ["", "2024-05-01"]),
        ("no_email", "Désinscrit", ["", "le 3 mai"]),
    ],
)
def test_a_column_of_refusals_is_found_whatever_is_written_in_it(guess, ours, header, values):
    people = [f"Anna {n}" for n in range(30)]
    found = guess(table(f"Nr;Name;{header}", EACH, people, [values[n % len(values)] for n in range(30)]))
    assert found.columns[ours] == header
