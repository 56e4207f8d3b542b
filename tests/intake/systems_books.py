"""Exports of bookkeeping."""

from pathlib import Path

from tests.intake.systems_sales import Sale, comma, number_of, write


def odoo(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Order Reference",
        "Order Date",
        "Customer",
        "Salesperson",
        "Order Lines/Product",
        "Total",
        "Status",
    ]
    states = {
        "cancelled": "Cancelled",
        "refunded": "Cancelled",
        "test": "Quotation",
        "pending": "Quotation Sent",
    }
    rows: list[list[object]] = [head]
    for sale in sales:
        first = [f"S{sale.number}", f"{sale.moment:%Y-%m-%d %H:%M:%S}", sale.name, "Beat"]
        rows.append([*first, sale.lines[0][0], f"{sale.amount:.2f}", states.get(sale.fate, "Sales Order")])
        rows += [["", "", "", "", what, "", ""] for what, _, _ in sale.lines[1:]]
    return [write(place / "sale.order.csv", rows)]


def odoo_invoices(sales: list[Sale], place: Path) -> list[Path]:
    head = ["Number", "Invoice Partner Display Name", "Invoice/Bill Date", "Due Date",
            "Untaxed Amount Signed",
            "Total Signed", "Payment Status", "Status"]  # fmt: skip
    states = {"cancelled": "Cancelled", "test": "Cancelled", "pending": "Draft", "refunded": "Cancelled"}
    rows: list[list[object]] = [head]
    for sale in sales:
        day, total = f"{sale.moment:%Y-%m-%d}", f"{sale.amount:.2f}"
        state = states.get(sale.fate, "Posted")
        rows.append([f"INV/{sale.number}", sale.name, day, day, total, total, "Paid", state])
        if sale.fate == "part":
            back = f"-{sale.refund:.2f}"
            rows.append([f"RINV/{sale.number}", sale.name, day, day, back, back, "Paid", "Posted"])
    return [write(place / "account.move.csv", rows)]


def bexio(sales: list[Sale], place: Path) -> list[Path]:
    states = {"cancelled": "Storniert", "refunded": "Gutgeschrieben", "pending": "Entwurf", "test": "Entwurf"}
    rows: list[list[object]] = [
        ["Nr.", "Titel", "Kontakt-Nr.", "Kontakt", "Rechnungsdatum", "Fällig am", "Total", "Status"]
    ]
    for sale in sales:
        day = f"{sale.moment:%d.%m.%Y}"
        total = f"{sale.amount:,.2f}".replace(",", "'")
        state = states.get(sale.fate, "Bezahlt")
        rows.append(
            [f"RE-{sale.number}", "Rechnung", f"{number_of(sale):06}", sale.name, day, day, total, state]
        )
    return [write(place / "rechnungen.csv", rows, ";", "cp1252")]


def datev(sales: list[Sale], place: Path) -> list[Path]:
    above = ["EXTF", 700, 21, "Buchungsstapel", 13, "20260131120000000", "", "RE", "", "", 29098, 55003,
             "20250101",
             4, "20250101", "20251231", "", "", 1, 0, 0, "EUR"]  # fmt: skip
    head = [
        "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz",
        "WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum",
        "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext", "Postensperre", "Diverse Adressnummer",
        "Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink", "Beleginfo - Art 1",
        "Beleginfo - Inhalt 1", "KOST1 - Kostenstelle",
    ]  # fmt: skip

    def booked(sale: Sale, paid: float, side: str, against: int, text: str) -> list[object]:
        row = dict.fromkeys(head, "") | {
            "Umsatz (ohne Soll/Haben-Kz)": comma(paid), "Soll/Haben-Kennzeichen": side, "WKZ Umsatz": "EUR",
            "Konto": str(number_of(sale)), "Gegenkonto (ohne BU-Schlüssel)": str(against),
            "Belegdatum": f"{sale.moment:%d%m}".lstrip("0"), "Belegfeld 1": f"RE{sale.number}",
            "Buchungstext": text,
        }  # fmt: skip
        return list(row.values())

    rows: list[list[object]] = []
    for sale in (sale for sale in sales if sale.fate in ("paid", "part")):
        rows.append(booked(sale, sale.amount, "S", 8400, "Erlöse"))
        if sale.refund:
            rows.append(booked(sale, sale.refund, "H", 8400, "Gutschrift"))
        rows.append(booked(sale, sale.amount, "H", 1200, "Zahlungseingang"))
    return [write(place / "EXTF_Buchungsstapel.csv", [above, head, *rows], ";", "cp1252")]


NO_REFUNDS = "credit notes are a list of their own, and it says so"
SYSTEMS = [
    ("Odoo, sales orders", odoo, NO_REFUNDS),
    ("Odoo, invoices", odoo_invoices),
    ("bexio", bexio, NO_REFUNDS),
    ("DATEV", datev),
]
