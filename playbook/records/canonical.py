"""The canonical tables: their columns, how each is read, and what a mapping in client.yml must name."""

from playbook.errors import DataError, did_you_mean
from playbook.settings.tables import OrderSettings, TableSettings

MONEY = "DECIMAL(18,4)"
ID, TEXT, DAY, FLAG, NUMBER = "id", "VARCHAR", "TIMESTAMP", "flag", "DOUBLE"
AS_TEXT = (ID, TEXT, FLAG)

COLUMNS: dict[str, dict[str, str]] = {
    "orders": {
        "customer_id": ID,
        "ordered_at": DAY,
        "amount": MONEY,
        "unit_price": MONEY,
        "quantity": MONEY,
        "order_id": TEXT,
        "margin": MONEY,
        "list_amount": MONEY,
        "coupon": TEXT,
        "is_sample": FLAG,
        "is_promotion": FLAG,
        "sales_channel": TEXT,
        "source": TEXT,
        "category": TEXT,
        "currency": TEXT,
    },
    "customers": {
        "customer_id": ID,
        "name": TEXT,
        "email": TEXT,
        "phone": TEXT,
        "address": TEXT,
        "language": TEXT,
        "segment": TEXT,
        "acquired_on": DAY,
        "cancelled_on": DAY,
        "may_email": FLAG,
        "may_phone": FLAG,
        "may_letter": FLAG,
        "may_visit": FLAG,
        "owner": TEXT,
    },
    "events": {
        "customer_id": ID,
        "happened_at": DAY,
        "kind": TEXT,
        "value": NUMBER,
        "detail": TEXT,
    },
    "contacts": {
        "campaign": TEXT,
        "customer_id": ID,
        "contacted_at": DAY,
        "channel": TEXT,
        "arm": TEXT,
        "offer": TEXT,
        "cost": MONEY,
    },
}
"""Canonical columns and how they are read; further columns of `customers` are numbers."""

CONSENTS = ("may_email", "may_phone", "may_letter", "may_visit")
GENERAL = "may_advertise"
"""The column of `customers` that says whether anybody may advertise at all: a no closes all channels, a yes
opens e-mail alone, where nothing else is said of it."""

REFUSALS: dict[str, tuple[str, ...]] = {
    "no_contact": CONSENTS,
    "blocked": CONSENTS,
    "deceased": CONSENTS,
    "opted_out": CONSENTS,
    "no_email": ("may_email",),
    "no_phone": ("may_phone",),
    "no_letter": ("may_letter",),
    "no_visit": ("may_visit",),
}
"""Columns of `customers` that say what a customer has refused, and the consents that it takes away.

Whatever stands in them but a clear no is a refusal: a day, a reason, the name of a list.
"""

REFUSING = {"unsubscribe": ("may_email",), "no_contact": CONSENTS}
"""Kinds of events that are refusals, whatever their day, and the consents that they take away."""

REFUSING_WORDS = {
    "no_contact": r"do.?not.?contact|don.?t contact|no.?contact|no.?marketing|blacklist|block|suppress"
    r"|deceased|\b(dead|died|death)\b|erasure|kein.?kontakt|kontaktverbot|werbeverbot|robinson|sperr|verstorb|gestorben"
    r"|todesfall|widersp|widerruf|l(ö|o\x{308}|oe)sch(ung|antrag)|bloc+at|bloqu|contattare|revoc|rifiut|oppos"
    r"|refus|d(é|e\x{301}?)c(é|e\x{301}?)[ds]|ne pas contacter",
    "unsubscribe": r"unsub|opt.{0,2}.?out|opted.?out|no.?(more.?)?(e.?)?mail|no.?newsletter|spam|abmeld"
    r"|abgemeldet|abbestell|austrag|ausgetragen|kein.{0,2} (newsletter|mail|e-mail|werbung)|disiscri"
    r"|d(é|e\x{301}?)s(abon|inscri)|(cancell|annull).{1,12}(iscri|newsletter|mail)|plus de (newsletter|mail)",
}
"""How such a kind is written in English, German, French and Italian, as a pattern in lower case."""

LINES = "lines"
"""The name of the lines of `orders` where they are a table of their own."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "orders": ("customer_id", "ordered_at"),
    LINES: ("order_id",),
    "customers": ("customer_id",),
    "events": ("customer_id", "happened_at", "kind"),
    "contacts": ("campaign", "customer_id", "contacted_at", "channel", "arm"),
}

NO = ("0", "false", "f", "no", "n", "nein", "falsch", "non", "faux", "falso", "-", ".", "0.0")
YES = ("1", "true", "t", "yes", "y", "x", "ja", "j", "wahr", "sì", "si", "s", "vero", "oui", "o", "vrai")


def kinds_of(name: str) -> dict[str, str]:
    """Return the columns that a table may have, and how they are read."""
    if name == LINES:
        return {ours: kind for ours, kind in COLUMNS["orders"].items() if ours not in REQUIRED["orders"]}
    return COLUMNS[name] | dict.fromkeys((GENERAL, *REFUSALS), FLAG) if name == "customers" else COLUMNS[name]


def place_of(name: str) -> str:
    """Return where in client.yml a table stands."""
    return "tables.orders.lines" if name == LINES else f"tables.{name}"


def check_mapping(name: str, table: TableSettings) -> None:
    """Refuse a mapping with columns that no table has, or without one that it needs.

    Raises
    ------
    DataError
    """
    kinds, place = kinds_of(name), place_of(name)
    for ours, theirs in table.columns.items():
        if not isinstance(theirs, str) and (name != "customers" or kinds.get(ours) != FLAG):
            raise DataError(
                f"client.yml: {place}.columns.{ours} names {len(theirs)} columns: name the one that is meant;"
                " only consents and refusals may have several."
            )
        if ours not in kinds and name != "customers":
            raise DataError(
                f"client.yml: {place}.columns.{ours} is no column of {name}."
                f"{did_you_mean(ours, kinds)} Known: {', '.join(kinds)}."
            )
    missing = [ours for ours in _required(name, table) if ours not in table.columns]
    if missing:
        raise DataError(f"client.yml: {place}.columns does not say which column is {missing[0]}.")


def _required(name: str, table: TableSettings) -> list[str]:
    required = list(REQUIRED[name])
    if name == LINES or (name == "orders" and not (isinstance(table, OrderSettings) and table.lines)):
        priced = "unit_price" in table.columns and "quantity" in table.columns
        required += [] if priced else ["amount"]
    if isinstance(table, OrderSettings) and table.lines:
        required += ["order_id"]
    if "unit_price" in table.columns and "amount" not in table.columns:
        required += ["quantity"]
    return required
