"""Exports in the dialects of four languages to a client.yml, and back to the same tables."""

import csv
import re
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from playbook.errors import CallError, DataError
from playbook.intake.propose import propose
from playbook.records.sources import open_sources
from playbook.settings.client import load
from tests.conftest import playbook

ORDERS = {
    "order_id": ("Bestellnummer", "N. ordine", "N° commande", "Order No."),
    "ordered_at": ("Bestelldatum", "Data ordine", "Date de commande", "Order date"),
    "customer_id": ("Kundennummer", "Codice cliente", "N° client", "Customer ID"),
    "category": ("Warengruppe", "Categoria", "Catégorie", "Category"),
    "quantity": ("Menge", "Quantità", "Quantité", "Qty"),
    "list_amount": ("Listenpreis", "Prezzo di listino", "Prix catalogue", "List price"),
    "amount": ("Betrag", "Importo", "Montant TTC", "Amount"),
    "margin": ("Deckungsbeitrag", "Margine", "Marge", "Margin"),
    "coupon": ("Gutscheincode", "Codice sconto", "Code promo", "Coupon code"),
    "is_sample": ("Muster", "Campione", "Échantillon", "Sample"),
    "is_promotion": ("Aktion", "In promozione", "Promotion", "On sale"),
    "sales_channel": ("Verkaufskanal", "Canale di vendita", "Canal de vente", "Sales channel"),
    "source": ("Herkunft", "Provenienza", "Provenance", "Source"),
}
CUSTOMERS = {
    "customer_id": ("Kundennummer", "Codice cliente", "N° client", "Customer ID"),
    "name": ("Name", "Nome", "Nom", "Name"),
    "email": ("E-Mail", "Posta elettronica", "Courriel", "Email"),
    "phone": ("Telefon", "Telefono", "Téléphone", "Phone"),
    "street": ("Strasse", "Via", "Rue", "Street"),
    "postcode": ("PLZ", "CAP", "Code postal", "Zip"),
    "town": ("Ort", "Località", "Ville", "City"),
    "language": ("Sprache", "Lingua", "Langue", "Language"),
    "segment": ("Kundengruppe", "Segmento", "Segment", "Segment"),
    "acquired_on": ("Kunde seit", "Cliente dal", "Client depuis", "Customer since"),
    "may_email": ("Newsletter", "Consenso e-mail", "Accord e-mail", "Email opt-in"),
    "may_phone": ("Anruf erlaubt", "Consenso telefono", "Accord téléphone", "Phone OK"),
    "may_letter": ("Brief ok", "Consenso posta", "Accord courrier", "Letter OK"),
    "may_visit": ("Besuch ok", "Consenso visita", "Accord visite", "Visit OK"),
    "owner": ("Kundenberater", "Responsabile", "Conseiller", "Account manager"),
    "referrals": ("Empfehlungen", "Passaparola", "Parrainages", "Referrals"),
    "reference_customer": (
        "Referenzkunde",
        "Cliente di riferimento",
        "Client de référence",
        "Reference customer",
    ),
    "potential": ("Potenzial CHF", "Potenziale (CHF)", "Potentiel CHF", "Potential CHF"),
    "volunteer": ("Freiwillig", "Volontario", "Bénévole", "Volunteer"),
}
EVENTS = {
    "customer_id": ("Kunde", "Cliente", "Client", "Customer"),
    "happened_at": ("Am", "Quando", "Quand", "When"),
    "kind": ("Ereignis", "Tipo evento", "Événement", "Event"),
    "value": ("Wert", "Valore", "Valeur", "Value"),
    "detail": ("Bemerkung", "Nota", "Remarque", "Comment"),
}
CONTACTS = {
    "campaign": ("Kampagne", "Campagna", "Campagne", "Campaign"),
    "customer_id": ("Kundennr.", "Cod. cliente", "No client", "Customer no."),
    "contacted_at": ("Kontaktdatum", "Data contatto", "Date de contact", "Contact date"),
    "channel": ("Kanal", "Canale", "Canal", "Channel"),
    "arm": ("Gruppe", "Gruppo", "Groupe", "Group"),
    "offer": ("Angebot", "Offerta", "Offre", "Offer"),
    "cost": ("Kosten", "Costo", "Coût", "Cost"),
}
HEADERS = {"orders": ORDERS, "customers": CUSTOMERS, "events": EVENTS, "contacts": CONTACTS}
LANGUAGES = ("de", "it", "fr", "en")

DIALECTS = {
    "de": dict(
        encoding="cp1252", separator=";", decimal=",", thousands=".", dates="%d.%m.%Y", yes="ja", no="nein"
    ),
    "it": dict(
        encoding="utf-8-sig", separator=";", decimal=",", thousands=".", dates="%d/%m/%Y", yes="sì", no="no"
    ),
    "fr": dict(
        encoding="utf-16",
        separator="\t",
        decimal=",",
        thousands="\u202f",
        dates="%d/%m/%Y",
        yes="oui",
        no="non",
    ),
    "en": dict(
        encoding="utf-8", separator=",", decimal=".", thousands=",", dates="%m/%d/%Y", yes="yes", no="no"
    ),
}
WORDS = {  # in the languages of LANGUAGES
    "kind": {
        "visit": ("Besuch", "Visita", "visite", "Visit"),
        "inquiry": ("ANFRAGE", "Richiesta informazioni", "Demande de renseignements", "enquiry"),
        "complaint": ("Reklamation", "reclamo", "Réclamation", "complaint"),
        "complaint_solved": (
            "Beschwerde gelöst",
            "Reclamo risolto",
            "RÉCLAMATION RÉSOLUE",
            "complaint solved",
        ),
        "cancellation": ("Kuendigung", "Disdetta", "Re\u0301siliation", "Cancelled"),
        "unsubscribe": ("Newsletter abgemeldet", "Disiscrizione", "désabonnement", "Unsubscribed"),
        "no_contact": ("Keine Werbung", "Opposizione", "Opposition", "Do not contact"),
        "review": ("Bewertung", "recensione", "Avis", "Product review"),
        "call": ("Anruf", "Telefonata", "appel téléphonique", "Phone call"),
    },
    "arm": {
        "treated": ("Testgruppe", "trattati", "Groupe traité", "Treatment"),
        "control": ("Kontrollgruppe", "Gruppo di controllo", "groupe témoin", "Control group"),
    },
    "channel": {
        "email": ("E-Mail", "posta elettronica", "courriel", "e-mail"),
        "phone": ("Telefon", "telefono", "Téléphone", "Telephone"),
        "letter": ("Brief", "Lettera", "Courrier", "Post"),
        "visit": ("Besuch", "visita", "Visite", "personal visit"),
    },
}
DAYS = ("ordered_at", "acquired_on", "happened_at", "contacted_at")
MONEY = ("amount", "margin", "list_amount", "potential", "cost")
FLAGS = ("may_email", "may_phone", "may_letter", "may_visit")


def tables_of(data: Path, client: str) -> dict[str, pd.DataFrame]:
    """The canonical tables, as text, sorted."""
    sources = open_sources(load(client, data), data / client)
    try:
        found = {name: getattr(sources, name) for name in HEADERS}
        frames = {name: table.execute() for name, table in found.items() if table is not None}
    finally:
        sources.close()
    return {name: as_sorted_text(frame) for name, frame in frames.items()}


def as_sorted_text(frame: pd.DataFrame) -> pd.DataFrame:
    text = pd.DataFrame({name: column.map(_text).astype(str) for name, column in frame.items()})
    return text.sort_values(list(text)).reset_index(drop=True)


def _text(value) -> str:
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, date | pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{float(value):.4f}" if not isinstance(value, str | bool) else str(value)


def number(value: float, decimal: str, thousands: str | None) -> str:
    text = f"{value:,.2f}" if thousands else f"{value:.2f}"
    return text.translate(str.maketrans({",": thousands or "", ".": decimal}))


def dressed(frame: pd.DataFrame, headers: dict, language: str, form: dict) -> list[list[str]]:
    """A canonical table as a client of this language would export it."""
    place = LANGUAGES.index(language)
    columns = []
    for name, column in frame.items():
        texts = []
        for value in column:
            if value == "":
                texts.append("")
            elif name in DAYS:
                texts.append(date.fromisoformat(value).strftime(form["dates"]))
            elif name in MONEY:
                texts.append(number(float(value), form["decimal"], form["thousands"]))
            elif value in WORDS.get(name, ()):
                texts.append(WORDS[name][value][place])
            elif name in FLAGS:
                texts.append(form["yes"] if value == "True" else form["no"])
            elif name in ("quantity", "referrals", "value", "reference_customer", "volunteer"):
                texts.append(str(int(float(value))))
            elif value in ("True", "False"):
                texts.append(str(int(value == "True")))
            else:
                texts.append(value)
        columns.append(texts)
    return [[headers[name][place] for name in frame], *map(list, zip(*columns, strict=True))]


def write(rows: list[list[str]], path: Path, form: dict) -> Path:
    with path.open("w", encoding=form["encoding"], newline="") as file:
        csv.writer(file, delimiter=form["separator"]).writerows(rows)
    return path


@pytest.fixture(scope="module")
def truth(demo_data) -> dict[str, dict[str, pd.DataFrame]]:
    clients = {client: tables_of(demo_data, client) for client in ("demo", "demo_donors")}
    return {
        client: {
            name: as_sorted_text(frame.iloc[::5].drop(columns="address", errors="ignore"))  # of the parts
            for name, frame in tables.items()
        }
        for client, tables in clients.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", ["demo", "demo_donors"])
def test_every_column_of_the_demo_clients_is_found_in_four_languages(truth, tmp_path, client, language):
    form = DIALECTS[language]
    files = [
        write(dressed(frame, HEADERS[name], language, form), tmp_path / f"export{number}.csv", form)
        for number, (name, frame) in enumerate(truth[client].items())
    ]
    proposal = propose("acme", files, tmp_path / "data", None)
    found = load("acme", tmp_path / "data").tables
    wanted = {
        name: {ours: HEADERS[name][ours][LANGUAGES.index(language)] for ours in frame}
        for name, frame in truth[client].items()
    }
    assert {name: getattr(found, name).columns for name in wanted} == wanted
    again = tables_of(tmp_path / "data", "acme")
    for name, frame in truth[client].items():
        pd.testing.assert_frame_equal(again[name][list(frame)], frame)
    assert not [line for line in proposal.said if "cannot be read" in line]
    assert not [line for line in proposal.said if "not understood" in line]
    visit = WORDS["kind"]["visit"][LANGUAGES.index(language)]
    told = [line for line in proposal.said if f"{visit} = visit" in line]
    assert len(told) == (visit.lower() != "visit")


NUMBERS = st.sampled_from(
    [(",", "."), (",", " "), (",", "'"), (",", "\u202f"), (".", ","), (".", "'"), (".", None)]
)
DATES = st.sampled_from(
    [
        "%Y-%m-%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%Y%m%d",
        "%d.%m.%y",
        "%d %b %Y",
        "%d.%m.%Y %H:%M",
        "excel",
    ]
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])
AMOUNTS = st.sampled_from(["{}", "CHF {}", "{} €", "trailing", "brackets"])


@st.composite
def exports(draw):
    """Orders, and a dialect to write them in."""
    decimal, thousands = draw(NUMBERS)
    encoding = draw(ENCODINGS)
    form = {
        "encoding": encoding,
        "separator": draw(st.sampled_from([";", "\t", "|"] if decimal == "," else [";", "\t", "|", ","])),
        "decimal": decimal,
        "thousands": "\u00a0" if encoding == "cp1252" and thousands == "\u202f" else thousands,
        "dates": draw(DATES),
        "amounts": draw(AMOUNTS),
        "title": draw(st.booleans()),
        "total": draw(st.booleans()),
    }
    days = draw(st.lists(st.integers(0, 1000), min_size=30, max_size=60))
    orders = [
        (
            f"K{1000 + draw(st.integers(0, 12))}",
            date(2023, 1, 1) + timedelta(days=day),
            draw(st.integers(-2_000_00, 2_000_000_00)) / 100,
            draw(st.sampled_from(["Küche", "Garten", "Spiel & Spaß"])),
        )
        for day in sorted([*days, 0, 12, 15, 30])
    ]
    orders += [(f"K{1000 + number}", date(2024, 1, 13 + number), 1234.5, "Küche") for number in range(8)]
    return orders, form


def written(value: float, form: dict) -> str:
    text = number(abs(value), form["decimal"], form["thousands"])
    style = form["amounts"]
    if value >= 0:
        return style.format(text) if "{}" in style else text
    if "{}" in style:
        return style.format("-" + text)
    return f"{text}-" if style == "trailing" else f"({text})"


def day_text(day: date, dates: str) -> str:
    return (
        str((day - date(1899, 12, 30)).days)
        if dates == "excel"
        else datetime.combine(day, datetime.min.time()).strftime(dates)
    )


@given(exports())
@budget(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_orders_in_any_dialect_are_the_same_orders(tmp_path, export):
    orders, form = export
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
    rows = [["Umsätze 2023 bis 2025"], []] if form["title"] else []
    rows.append(["Kundennr", "Bestelldatum", "Betrag", "Warengruppe"])
    rows += [
        [who, day_text(day, form["dates"]), written(paid, form), what] for who, day, paid, what in orders
    ]
    if form["total"]:
        rows.append(["Total", "", written(sum(paid for _, _, paid, _ in orders), form), ""])
    propose("acme", [write(rows, tmp_path / "umsatz.csv", form)], tmp_path / "data", None)
    found = tables_of(tmp_path / "data", "acme")["orders"]
    wanted = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "amount", "category"])
    pd.testing.assert_frame_equal(found, as_sorted_text(wanted))


# Workbooks, several files, several kinds ------------------------------------------------------


def text_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def lines(count: int = 40, first: date = date(2024, 1, 1)) -> list[tuple[int, date, float]]:
    return [(1000 + n % 9, first + timedelta(days=n), 10 + n / 4) for n in range(count)]


def test_sheets_of_a_workbook_become_tables(tmp_path):
    path = tmp_path / "crm.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        book.add_worksheet("Lies mich").write(0, 0, "Export aus dem CRM")
        for year in (2024, 2025):
            sheet = book.add_worksheet(f"Umsatz {year}")
            sheet.write(0, 0, f"Umsatz {year}")
            sheet.write_row(2, 0, ["Kunde Nr", "Datum", "Betrag"])
            for place, (who, day, paid) in enumerate(lines(first=date(year, 1, 1)), 3):
                sheet.write(place, 0, who)
                sheet.write_datetime(place, 1, datetime(day.year, day.month, day.day))
                sheet.write(place, 2, paid)
            sheet.write_row(43, 0, ["Summe", "", 99999])
        sheet = book.add_worksheet("Kunden")
        sheet.write_row(0, 0, ["Kunde Nr", "Firma", "Mail_ok"])
        for place in range(9):
            sheet.write_row(place + 1, 0, [1000 + place, f"Firma {place}", "ja" if place % 2 else "nein"])
    said = propose("acme", [path], tmp_path / "data", None).said
    tables = load("acme", tmp_path / "data").tables
    assert tables.orders.sheet == ("Umsatz 2024", "Umsatz 2025")
    assert tables.customers.sheet == ("Kunden",)
    assert tables.customers.columns == {
        "customer_id": "Kunde Nr",
        "company": "Firma",
        "may_email": "Mail_ok",
    }
    found = tables_of(tmp_path / "data", "acme")
    assert (len(found["orders"]), len(found["customers"])) == (80, 9)
    assert "crm.xlsx [Lies mich] is left out: it is none of the tables that the playbook knows." in said


def test_orders_and_their_lines_are_joined(tmp_path):
    heads = text_file(
        tmp_path / "commandes.csv",
        "N° commande;Client;Date commande\n"
        + "".join(f"C{n};{who};{day:%d/%m/%Y}\n" for n, (who, day, _) in enumerate(lines())),
    )
    parts = text_file(
        tmp_path / "lignes.csv",
        "N° commande;Article;Quantité;Prix unitaire\n"
        + "".join(f"C{n // 2};A{n % 7};2;1 250,50\n" for n in range(80)),
    )
    propose("acme", [heads, parts], tmp_path / "data", None)
    found = tables_of(tmp_path / "data", "acme")["orders"]
    assert len(found) == 80
    assert found["amount"].unique().tolist() == ["2501.0000"]
    assert found[["order_id", "customer_id", "ordered_at"]].drop_duplicates().shape == (40, 3)


def test_files_of_a_year_each_may_be_written_differently(tmp_path):
    old = text_file(
        tmp_path / "2023.csv",
        "Kunde;Datum;Betrag\n"
        + "".join(f"{w};{d:%d.%m.%Y};{p:.2f}\n".replace(".2f", "") for w, d, p in lines()),
    )
    new = text_file(
        tmp_path / "2024.csv",
        "Kundennummer,Bestelldatum,Umsatz,Kanal\n"
        + "".join(f"{w},{d},{p:.2f},online\n" for w, d, p in lines()),
    )
    propose("acme", [old, new], tmp_path / "data", None)
    orders = load("acme", tmp_path / "data").tables.orders
    assert orders.files == ("2023.csv", "2024.csv")
    assert orders.part("2024.csv").columns["amount"] == "Umsatz"
    found = tables_of(tmp_path / "data", "acme")["orders"]
    assert (len(found), found["customer_id"].nunique(), found["amount"].nunique()) == (80, 9, 40)
    assert (found["sales_channel"] == "online").sum() == 40


def test_a_refusal_takes_consents_away(tmp_path):
    orders = text_file(
        tmp_path / "orders.csv", "customer,date,amount\n" + "".join(f"{w},{d},{p}\n" for w, d, p in lines())
    )
    people = text_file(
        tmp_path / "kunden.csv",
        "Nr;Name;Mail ok;Werbesperre\n1000;Anna;ja;x\n1001;Beat;ja;\n1002;Carla;;x\n1003;Dino;;\n",
    )
    propose("acme", [orders, people], tmp_path / "data", None)
    found = tables_of(tmp_path / "data", "acme")["customers"].set_index("customer_id")
    assert found["may_email"].tolist() == ["False", "True", "False", ""]
    assert found["may_letter"].tolist() == ["False", "", "False", ""]


# What a person wrote -------------------------------------------------------------------------


@pytest.fixture
def simple(tmp_path) -> Path:
    text = "".join(f"{who};{day:%d/%m/%Y};{paid:.2f};{paid:.2f}\n" for who, day, paid in lines(30))
    return text_file(tmp_path / "sales.csv", "customer;date;Total;Subtotal\n" + text)


def test_what_is_unsure_is_marked(simple, tmp_path):
    propose("acme", [simple], tmp_path / "data", None)
    text = (tmp_path / "data" / "acme" / "client.yml").read_text()
    assert "amount: Total  # unsure: it may be Subtotal as well" in text
    assert "currency: CHF  # unsure: the files name no currency" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_are_addressed_in_the_language_of_the_exports(tmp_path, language):
    place = LANGUAGES.index(language)
    head = ";".join(ORDERS[name][place] for name in ("customer_id", "ordered_at", "amount"))
    rows = "".join(f"{who};{day:%d.%m.%Y};{paid:.2f}\n" for who, day, paid in lines(30))
    propose("acme", [text_file(tmp_path / "export.csv", f"{head}\n{rows}")], tmp_path / "data", None)
    text = (tmp_path / "data" / "acme" / "client.yml").read_text()
    spoken = load("acme", tmp_path / "data").offers.language
    assert spoken == (None if language == "en" else language)
    assert ("# unsure: the names of the columns are" in text) == (language != "en")


def test_the_language_of_most_customers_stands_over_that_of_the_columns(simple, tmp_path):
    people = "".join(f"K{n};{'it' if n else 'fr'};Via {n}\n" for n in range(30))
    known = text_file(tmp_path / "customers.csv", "customer;language;street\n" + people)
    propose("acme", [simple, known], tmp_path / "data", None)
    text = (tmp_path / "data" / "acme" / "client.yml").read_text()
    assert "language: it  # unsure: most customers have it (language)" in text


def test_a_second_proposal_keeps_what_a_person_wrote(simple, tmp_path):
    propose("acme", [simple], tmp_path / "data", None)
    path = tmp_path / "data" / "acme" / "client.yml"
    text = path.read_text().replace(
        "amount: Total  # unsure: it may be Subtotal as well", "amount: Subtotal  # net of tax"
    )
    text = text.replace("client: acme", "# Told by Ms Rossi\nclient: Acme Ltd").replace(
        "# unsure: the files name no currency", "# asked"
    )
    path.write_text(text + "seed: 7   # lucky\n")
    more = text_file(simple.with_name("sales_2025.csv"), simple.read_text().replace("2024", "2025"))
    proposal = propose("acme", [more], tmp_path / "data", None)
    text = path.read_text()
    for line in (
        "# Told by Ms Rossi\n",
        "client: Acme Ltd\n",
        "amount: Subtotal  # net of tax\n",
        "# asked",
        "seed: 7   # lucky\n",
    ):
        assert line in text
    assert load("acme", tmp_path / "data").tables.orders.files == ("sales.csv", "sales_2025.csv")
    assert any(
        "tables.orders.columns.amount stays Subtotal, as you wrote it" in said for said in proposal.said
    )
    assert propose("acme", [more], tmp_path / "data", None) and path.read_text() == text


def test_a_second_proposal_follows_the_file_where_nobody_wrote(simple, tmp_path):
    propose("acme", [simple], tmp_path / "data", None)
    simple.write_text("client|date|amount\n" + "".join(f"{w}|{d}|{p}\n" for w, d, p in lines()))
    propose("acme", [simple], tmp_path / "data", None)
    orders = load("acme", tmp_path / "data").tables.orders
    assert (orders.format.separator, orders.format.dates) == ("|", None)
    assert orders.columns == {"customer_id": "client", "ordered_at": "date", "amount": "amount"}
    assert "may be Subtotal" not in (tmp_path / "data" / "acme" / "client.yml").read_text()


def test_on_a_terminal_the_answers_are_taken_and_asked_for_once(simple, tmp_path):
    asked = {}
    answers = {"preset": ["subscription"], "currency": ["euro", "EUR"], "margin_rate": ["40", "0", "0,4"]}
    answers["offers.exchange_rate"] = ["0", "1,05"]
    answers["offers.contact_costs.phone"] = ["7.5"]
    answers["offers.budget"] = ["viel", "900"]  # the first is no number

    def ask(question, proposed, others):
        place = question.partition(" (")[0]
        asked[place] = (question, proposed, tuple(others))
        if place.startswith("offers.contact_costs") and place not in answers:
            return proposed
        return answers[place].pop(0) if place in answers else others[0]

    propose("acme", [simple], tmp_path / "data", ask)
    path = tmp_path / "data" / "acme" / "client.yml"
    settings, text = load("acme", tmp_path / "data"), path.read_text()
    assert settings.tables.orders.columns["amount"] == "Subtotal"
    assert (settings.preset, settings.currency, settings.margin_rate) == ("subscription", "EUR", 0.4)
    assert (settings.offers.budget, settings.offers.exchange_rate) == (900, 1.05)
    assert settings.offers.contact_costs == {"phone": 7.5, "letter": 1.68, "email": 0.16}
    place = "orders, columns amount"
    assert asked[place] == (f"{place} (it may be Subtotal as well)", "Total", ("Subtotal",))
    assert "unsure" not in text and "Unsure" not in text
    asked.clear()
    propose("acme", [simple], tmp_path / "data", ask)
    assert set(asked) == {place} and path.read_text() == text


def test_what_is_to_settle_stands_first_until_nothing_is_marked(simple, tmp_path):
    proposal = propose("acme", [simple], tmp_path / "data", None)
    path = tmp_path / "data" / "acme" / "client.yml"
    unsure = [
        "preset: retail; nothing in the files says what kind of client it is",
        "currency: CHF; the files name no currency",
        "margin_rate: 0.35; the files hold no margin; it decides what pays",
        "tables.orders.columns.amount: Total; it may be Subtotal as well",
        "offers.budget: 5000; nobody has said what may be spent",
    ]
    assert proposal.said[:5] == tuple(f"Unsure, {line}." for line in unsure)
    assert path.read_text().splitlines()[1:6] == [f"#   {line}" for line in unsure]
    settled = (
        path.read_text()
        .replace("  # unsure: the files name no currency", "")
        .replace("5000  # unsure", "900  #")
    )
    path.write_text(settled)
    propose("acme", [simple], tmp_path / "data", None)
    left = [line for line in path.read_text().splitlines() if line.startswith("#   ")]
    assert left == [f"#   {unsure[n]}" for n in (0, 2, 3)]
    path.write_text(re.sub("  # unsure.*", "", path.read_text()))
    assert propose("acme", [simple], tmp_path / "data", None).said[0].startswith("orders: ")
    assert path.read_text().startswith("client: acme\n")


def test_a_charitys_selection_is_written_out_and_its_margin_rate_is_not_asked(tmp_path):
    gifts = text_file(tmp_path / "spenden.csv", "Spender;Datum;Spende\nA1;2024-01-03;50\nA2;2025-01-03;20\n")
    propose("acme", [gifts], tmp_path / "data", None)
    text = (tmp_path / "data" / "acme" / "client.yml").read_text()
    assert "preset: donations  # unsure: the names are those of a charity" in text
    assert "  - {orders: {min: 3}, last_order_months_ago: {min: 18, max: 24}}\n" in text
    assert "margin_rate" not in text
    assert len(load("acme", tmp_path / "data").selection) == 2


# Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"name,colour\nx,red\ny,blue\n", "No file looks like orders"),
        (b"customer,date,amount\n", "has no line below its header"),
        (b"<html><body><table><tr><td>customer</td></tr></table></html>", "is a web page"),
        (b"PK\x03\x04" + bytes(200), "is a zip archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "is neither text, workbook nor Parquet"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "cannot be opened as a workbook"),
        (b"PAR1" + bytes(50), "cannot be read as Parquet"),
    ],
)
def test_what_is_no_export_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        propose("acme", [path], tmp_path / "data", None)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_the_command_never_asks_with_yes(simple, tmp_path):
    done = playbook("new", "acme", str(simple), "--yes", "--data", str(tmp_path / "data"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Unsure, tables.orders.columns.amount: Total; it may be Subtotal as well." in done.stdout
    done = playbook("new", "../acme", str(simple), "--yes", "--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_missing_file_is_an_error_of_the_call(tmp_path):
    with pytest.raises(CallError, match="is no file"):
        propose("acme", [tmp_path / "nothing.csv"], tmp_path / "data", None)


# Real exports --------------------------------------------------------------------------------


def test_cdnow_as_it_is_published(real_data, tmp_path, cdnow):
    propose("cdnow", [real_data / "cdnow" / "CDNOW_master.txt"], tmp_path / "data", None)
    orders = load("cdnow", tmp_path / "data").tables.orders
    assert orders.columns == {"customer_id": "1", "ordered_at": "2", "quantity": "3", "amount": "4"}
    wanted = tables_of(*cdnow)["orders"]
    found = tables_of(tmp_path / "data", "cdnow")["orders"]
    pd.testing.assert_frame_equal(as_sorted_text(found[list(wanted)]), wanted)


@pytest.mark.slow
def test_online_retail_as_a_workbook_of_two_sheets(real_data, tmp_path):
    path, rows = tmp_path / "online_retail_II.xlsx", 0
    with xlsxwriter.Workbook(
        path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}
    ) as book:
        for years in ("2009-2010", "2010-2011"):
            frame = pd.read_parquet(
                real_data / "online_retail_ii" / f"year_{years.replace('-', '_')}.parquet"
            )
            frame = frame.iloc[::10].assign(InvoiceDate=lambda f: pd.to_datetime(f["InvoiceDate"]))
            rows += len(frame)
            sheet = book.add_worksheet(f"Year {years}")
            sheet.write_row(0, 0, list(frame))
            for place, row in enumerate(frame.itertuples(index=False), 1):
                for column, value in enumerate(row):
                    if column == 4:
                        sheet.write_datetime(place, column, value.to_pydatetime())
                    elif value == value and value is not None:
                        sheet.write(place, column, value)
    propose("uci", [path], tmp_path / "data", None)
    orders = load("uci", tmp_path / "data").tables.orders
    assert orders.sheet == ("Year 2009-2010", "Year 2010-2011")
    assert orders.columns == {
        "customer_id": "Customer ID", "ordered_at": "InvoiceDate", "unit_price": "Price",
        "quantity": "Quantity", "order_id": "Invoice",
    }  # fmt: skip
    found = tables_of(tmp_path / "data", "uci")["orders"]
    assert len(found) == rows


def test_lines_that_name_sellers_are_joined_by_their_order_numbers(tmp_path):
    heads = "order_id,customer_id,order_purchase_timestamp\n"
    heads += "".join(f"o{n},c{who},{day} 10:00:00\n" for n, (who, day, _) in enumerate(lines()))
    parts = "order_id,product_id,seller_id,shipping_limit_date,price\n"
    parts += "".join(f"o{n // 2},p{n % 9},s{n % 20},2024-05-05 10:00:00,{n}.50\n" for n in range(80))
    files = [text_file(tmp_path / "orders.csv", heads), text_file(tmp_path / "items.csv", parts)]
    propose("acme", files, tmp_path / "data", None)
    found = tables_of(tmp_path / "data", "acme")["orders"]
    assert (len(found), found["customer_id"].nunique(), found["ordered_at"].nunique()) == (80, 9, 40)


def test_copies_of_exports_are_for_nobody_else_to_read(tmp_path):
    (tmp_path / "orders.csv").write_text("customer,date,amount\n" + "K1,2025-01-01,5\nK2,2025-02-01,6\n" * 20)
    (tmp_path / "orders.csv").chmod(0o644)
    (tmp_path / "data").mkdir()
    words = ["new", "acme", str(tmp_path / "orders.csv"), "--yes", "--data", str(tmp_path / "data")]
    done = subprocess.run(
        [sys.executable, "-m", "playbook", *words], capture_output=True, text=True, check=False, umask=0
    )
    assert done.returncode == 0, done.stderr
    made = [tmp_path / "data" / "acme", *(tmp_path / "data" / "acme").iterdir()]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in made} == {
        "acme": "0o700",
        "orders.csv": "0o600",
        "client.yml": "0o600",
        ".proposed.yml": "0o600",
    }
