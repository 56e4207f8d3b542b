"""Lists of contacts beside the orders of a shop: who unsubscribed, and who may be written to."""

from pathlib import Path

from tests.intake.systems_sales import Sale, number_of, sales, write
from tests.intake.systems_shops import woocommerce


def _addresses() -> dict[str, str]:
    return {sale.person: sale.email.lower() for sale in sales()}


def refusing() -> set[str]:
    """Who unsubscribed, or has an address that does not work."""
    return {person for person in _addresses() if int(person[3:]) % 5 in (1, 2)}


def mailchimp(found: list[Sale], place: Path) -> list[Path]:
    common = ["Email Address", "First Name", "Last Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP",
              "CONFIRM_TIME",
              "CONFIRM_IP", "TIMEZONE", "CC", "REGION"]  # fmt: skip
    ends = {
        "unsubscribed": [
            "UNSUB_TIME",
            "UNSUB_CAMPAIGN_TITLE",
            "UNSUB_CAMPAIGN_ID",
            "UNSUB_REASON",
            "LEID",
            "EUID",
        ],
        "cleaned": ["CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID", "LEID", "EUID"],
        "subscribed": ["LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS"],
    }
    lists = {name: [[*common, *end]] for name, end in ends.items()}
    when = "2025-02-01 09:00:00"
    for person, address in _addresses().items():
        kind = {1: "unsubscribed", 2: "cleaned"}.get(int(person[3:]) % 5, "subscribed")
        end = (
            [when, *[""] * (len(ends[kind]) - 3), "77", "abc"]
            if kind != "subscribed"
            else [when, "77", "abc", "", ""]
        )
        lists[kind].append(
            [address.upper(), "Ada", person, "3", "", "", when, "", "Europe/Zurich", "ch", "", *end]
        )
    files = [write(place / f"{name}_members_export.csv", rows) for name, rows in lists.items()]
    return [*woocommerce(found, place), *files]


def klaviyo(found: list[Sale], place: Path) -> list[Path]:
    """A shop with customer numbers and a file of customers: the list has addresses alone."""
    orders: list[list[object]] = [["Bestellnummer", "Kundennummer", "Datum", "Betrag"]]
    for sale in (sale for sale in found if sale.fate in ("paid", "part")):
        paid = sale.amount - sale.refund
        orders.append([sale.number, number_of(sale), f"{sale.moment:%d.%m.%Y}", f"{paid:.2f}"])
    people: list[list[object]] = [["Kundennummer", "Name", "E-Mail"]]
    head = ["Email", "Klaviyo ID", "First Name", "Last Name", "Phone Number", "Email Marketing Consent",
            "Email Suppressions", "Profile Created On"]  # fmt: skip
    listed: list[list[object]] = [head]
    for sale in {sale.person: sale for sale in found}.values():
        people.append([number_of(sale), sale.name, sale.email])
        kind = int(sale.person[3:]) % 5
        consent = {1: "UNSUBSCRIBED", 3: "NEVER_SUBSCRIBED"}.get(kind, "SUBSCRIBED")
        suppressed = "['HARD_BOUNCE']" if kind == 2 else "[]"
        listed.append(
            [sale.email.upper(), "01H", "Ada", sale.name, "", consent, suppressed, "2024-01-01 10:00:00"]
        )
    named = {"bestellungen": orders, "kunden": people, "klaviyo_list": listed}
    return [write(place / f"{name}.csv", rows) for name, rows in named.items()]


NAMES = ("Mailchimp, beside WooCommerce", "Klaviyo, beside numbered customers")
SYSTEMS = [(NAMES[0], mailchimp), (NAMES[1], klaviyo)]
