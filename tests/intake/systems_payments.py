"""Exports of payments."""

from pathlib import Path

from tests.intake.systems_sales import Sale, comma, write


def stripe(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "id", "Description", "Seller Message", "Created (UTC)", "Amount", "Amount Refunded", "Currency",
        "Converted Amount", "Converted Amount Refunded", "Fee", "Mode", "Status", "Statement Descriptor",
        "Customer ID", "Customer Email", "Captured", "Card ID", "Invoice ID",
    ]  # fmt: skip
    states = {"refunded": "Refunded", "cancelled": "Failed", "pending": "Pending"}
    rows: list[list[object]] = [head]
    for sale in sales:
        total, back = f"{sale.amount:.2f}", f"{sale.refund:.2f}"
        mode = "Test" if sale.fate == "test" else "Live"
        who = "" if sale.guest else f"cus_{sale.person}"
        rows.append(
            [f"ch_{sale.number}", "", "Payment complete.", f"{sale.moment:%Y-%m-%d %H:%M:%S}", total, back,
             "chf", total, back, "0.80", mode, states.get(sale.fate, "Paid"), "SHOP", who, sale.email, "true",
             "card_1", ""]
        )  # fmt: skip
    return [write(place / "unified_payments.csv", rows)]


OUR_ADDRESS = "shop@bottega.example"


def _paypal(sales: list[Sale], words: dict[str, str], date: str, number) -> list[list[object]]:
    rows: list[list[object]] = []
    for sale in sales:
        day = sale.moment.strftime(date)
        start = [day, f"{sale.moment:%H:%M:%S}", "Europe/Zurich", sale.name]
        end = ["CHF", number(sale.amount), "-0,80", number(sale.amount)]
        state = {"cancelled": words["denied"], "pending": words["pending"]}.get(sale.fate, words["done"])
        kind = words["hold"] if sale.fate == "test" else words["sale"]
        rows.append([*start, kind, state, *end, sale.email, OUR_ADDRESS, f"T{sale.number}", "", words["in"]])
        if sale.refund:
            back = number(-sale.refund)
            money = ["CHF", back, "0,00", back]
            refund = [OUR_ADDRESS, sale.email, f"R{sale.number}", f"T{sale.number}", words["out"]]
            rows.append([*start, words["refund"], words["done"], *money, *refund])
    last = [rows[-1][0], "09:00:00", "Europe/Zurich", "", words["payout"], words["done"]]
    return [
        *rows,
        [*last, "CHF", number(-500), "0,00", number(-500), OUR_ADDRESS, "", "W1", "", words["out"]],
    ]


def paypal(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Date", "Time", "TimeZone", "Name", "Type", "Status", "Currency", "Gross", "Fee", "Net",
        "From Email Address", "To Email Address", "Transaction ID", "Reference Txn ID", "Balance Impact",
    ]  # fmt: skip
    words = {
        "sale": "Express Checkout Payment", "refund": "Payment Refund", "payout": "General Withdrawal",
        "hold": "General Authorization", "done": "Completed", "denied": "Denied", "pending": "Pending",
        "in": "Credit", "out": "Debit",
    }  # fmt: skip
    rows = _paypal(sales, words, "%m/%d/%Y", lambda value: f"{value:,.2f}")
    rows = [
        [str(cell).replace("0,", "0.") if place == 8 else cell for place, cell in enumerate(r)] for r in rows
    ]
    return [write(place / "Download.CSV", [head, *rows], encoding="utf-8-sig")]


def paypal_german(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Datum", "Uhrzeit", "Zeitzone", "Name", "Typ", "Status", "Währung", "Brutto", "Gebühr", "Netto",
        "Absender E-Mail-Adresse", "Empfänger E-Mail-Adresse", "Transaktionscode",
        "Zugehöriger Transaktionscode",
        "Auswirkung auf Guthaben",
    ]  # fmt: skip
    words = {
        "sale": "PayPal Express-Zahlung", "refund": "Rückzahlung", "payout": "Allgemeine Abbuchung",
        "hold": "Allgemeine Autorisierung", "done": "Abgeschlossen", "denied": "Abgelehnt",
        "pending": "Ausstehend", "in": "Haben", "out": "Soll",
    }  # fmt: skip
    return [
        write(place / "Download.CSV", [head, *_paypal(sales, words, "%d.%m.%Y", comma)], encoding="utf-8-sig")
    ]


def square(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Date", "Time", "Time Zone", "Gross Sales", "Discounts", "Service Charges", "Net Sales",
        "Gift Card Sales", "Tax", "Tip", "Partial Refunds", "Total Collected", "Source", "Card", "Fees",
        "Net Total", "Transaction ID", "Payment ID", "Event Type", "Location", "Customer ID", "Customer Name",
        "Transaction Status",
    ]  # fmt: skip
    states = {"cancelled": "Voided", "pending": "Pending", "test": "Failed"}
    rows: list[list[object]] = [head]
    for sale in sales:
        kinds = [("Payment", sale.amount)] + ([("Refund", -sale.refund)] if sale.refund else [])
        for kind, paid in kinds:
            total = f"${paid:,.2f}" if paid >= 0 else f"-${-paid:,.2f}"
            rows.append(
                [f"{sale.moment:%m/%d/%Y}", f"{sale.moment:%H:%M:%S}", "Bern", total, "$0.00", "$0.00", total,
                 "$0.00", "$0.00", "$0.00", "$0.00", total, "Point of Sale", total, "-$0.50", total,
                 f"X{sale.number}", f"Y{sale.number}", kind, "Main", sale.person.upper(), sale.name,
                 states.get(sale.fate, "Complete")]
            )  # fmt: skip
    return [write(place / "transactions.csv", rows)]


def chargebee(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Invoice Number", "Customer Id", "Subscription Id", "Status", "Invoice Date", "Due Date", "Currency",
        "Total", "Amount Paid", "Amount Due", "Credits Applied", "Refunded Amount",
    ]  # fmt: skip
    states = {"cancelled": "Voided", "refunded": "Voided", "test": "Voided", "pending": "Pending"}
    rows: list[list[object]] = [head]
    for sale in sales:
        day, total = f"{sale.moment:%d-%b-%Y %H:%M}", f"{sale.amount:.2f}"
        rows.append(
            [sale.number, sale.person, f"S{sale.person}", states.get(sale.fate, "Paid"), day, day, "CHF",
            total,
             total, "0.00", "0.00", f"{sale.refund:.2f}"]
        )  # fmt: skip
    return [write(place / "Invoices.csv", rows)]


LEDGER = "refunds are rows of their own: an order paid back in full stays one, of nothing"
SYSTEMS = [
    ("Stripe", stripe),
    ("PayPal", paypal, LEDGER),
    ("PayPal, in German", paypal_german, LEDGER),
    ("Square", square, LEDGER),
    ("Chargebee", chargebee),
]
