"""Exports in the dialects of four languages to a client.yml, and back to the same tables."""

import csv
import io
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from conftest import PROJECT, playbook
from hypothesis import HealthCheck, given, settings as budget, strategies as st

from playbook.errors import CallError, DataError
from playbook.propose import propose
from playbook.settings import load
from playbook.sources import open_sources

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
    "language": ("Sprache", "Lingua", "Langue", "Language"),
    "segment": ("Kundengruppe", "Segmento", "Segment", "Segment"),
    "acquired_on": ("Kunde seit", "Cliente dal", "Client depuis", "Customer since"),
    "may_email": ("Newsletter", "Consenso e-mail", "Accord e-mail", "Email opt-in"),
    "may_phone": ("Anruf erlaubt", "Consenso telefono", "Accord téléphone", "Phone OK"),
    "may_letter": ("Brief ok", "Consenso posta", "Accord courrier", "Letter OK"),
    "may_visit": ("Besuch ok", "Consenso visita", "Accord visite", "Visit OK"),
    "owner": ("Kundenberater", "Responsabile", "Conseiller", "Account manager"),
    "referrals": ("Empfehlungen", "Passaparola", "Parrainages", "Referrals"),
    "reference_customer": ("Referenzkunde", "Cliente di riferimento", "Client de référence", "Reference customer"),
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
    "de": dict(encoding="cp1252", separator=";", decimal=",", thousands=".", dates="%d.%m.%Y", yes="ja", no="nein"),
    "it": dict(encoding="utf-8-sig", separator=";", decimal=",", thousands=".", dates="%d/%m/%Y", yes="sì", no="no"),
    "fr": dict(
        encoding="utf-16", separator="\t", decimal=",", thousands="\u202f", dates="%d/%m/%Y", yes="oui", no="non"
    ),
    "en": dict(encoding="utf-8", separator=",", decimal=".", thousands=",", dates="%m/%d/%Y", yes="yes", no="no"),
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
    return {client: tables_of(demo_data, client) for client in ("demo", "demo_donors")}


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
