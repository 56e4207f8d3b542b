"""Bottega Demo: a shop for kitchen, table and garden that never was, with planted truth."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.addresses import address_book
from playbook.demo.campaigns import run_campaigns
from playbook.demo.export import Dialect, as_text, damage, write_text
from playbook.demo.happenings import all_events, leaving_days
from playbook.demo.lines import all_lines
from playbook.demo.lives import live
from playbook.demo.people import draw_people
from playbook.demo.planted import FIRST_DAY, LAST_DAY, PLANTED, WORLD_END, Planted
from playbook.demo.seasons import shop_clock
from playbook.demo.world import (
    Demo,
    Truth,
    World,
    contacts_tables,
    customers_table,
    events_table,
    text_or_missing,
    truth_of_customers,
)

CUSTOMERS = 3800

ORDERS = {
    "order_id": "Belegnr",
    "ordered_at": "Datum",
    "customer_id": "Kundennr",
    "category": "Warengruppe",
    "quantity": "Menge",
    "list_amount": "Listenpreis",
    "amount": "Betrag",
    "margin": "DB",
    "coupon": "Gutschein",
    "is_sample": "Muster",
    "is_promotion": "Aktion",
    "sales_channel": "Kanal",
    "source": "Herkunft",
}
CUSTOMER_COLUMNS = {
    "customer_id": "Nr",
    "name": "Name",
    "email": "E-Mail",
    "phone": "Telefon",
    "language": "Sprache",
    "segment": "Segment",
    "acquired_on": "Kunde seit",
    "may_email": "Mail ok",
    "may_phone": "Tel ok",
    "may_letter": "Brief ok",
    "may_visit": "Besuch ok",
    "owner": "Betreuung",
    "referrals": "Empfehlungen",
    "reference_customer": "Referenzkunde",
    "potential": "Potenzial CHF",
}
TEXTS = ("name", "email", "phone", "language", "segment", "owner")
EVENTS = {
    "customer_id": "Kunde",
    "happened_at": "Am",
    "kind": "Ereignis",
    "value": "Wert",
    "detail": "Bemerkung",
}
CONTACTS = {
    "campaign": "Kampagne",
    "customer_id": "Kunde",
    "contacted_at": "Kontakt am",
    "channel": "Weg",
    "arm": "Gruppe",
    "offer": "Angebot",
    "cost": "Kosten",
}
SHOP = Dialect("cp1252", ";", ",", "'", "%d.%m.%Y")
WEB = Dialect("utf-8", ",", ".", "", "%Y-%m-%d")
MAILING = Dialect("utf-8", ";", ".", "", "%d.%m.%Y")


def _orders(world: World, lines: pd.DataFrame, last: int) -> pd.DataFrame:
    lines = lines[lines["day"] <= last].reset_index(drop=True)
    ids = pd.Series(np.where(lines["customer"] < 0, "", world.ids[lines["customer"]]))
    texts = {name: text_or_missing(lines[name]) for name in ("coupon", "sales_channel", "source", "category")}
    return pd.DataFrame(
        {
            "customer_id": text_or_missing(ids),
            "ordered_at": world.clock.dates(lines["day"].to_numpy()),
            "amount": lines["amount"],
            "order_id": lines["order_id"],
            "margin": lines["margin"],
            "list_amount": lines["list_amount"],
            "coupon": texts["coupon"],
            "is_sample": lines["is_sample"].astype(bool),
            "is_promotion": lines["is_promotion"].astype(bool),
            "sales_channel": texts["sales_channel"],
            "source": texts["source"],
            "category": texts["category"],
            "quantity": lines["quantity"],
        }
    )


def generate(
    seed: int = 1,
    customers: int = CUSTOMERS,
    last_day: dt.date = LAST_DAY,
    planted: Planted = PLANTED,
) -> Demo:
    """Generate the shop.

    The world runs to the end of 2027 whatever `last_day` is: a later one shows the same past and more
    of the future, so that what happened after an as-of date can be looked up.

    Parameters
    ----------
    seed : int
        Seed of numpy's legacy generator, whose streams never change.
    customers : int
        Roughly how many contacts are known at the end of September 2025.
    last_day : datetime.date
        Last day of the data, at the latest the end of 2027.
    planted : Planted
        The parameters of the world.
    """
    if not FIRST_DAY <= last_day <= WORLD_END:
        raise ValueError(
            f"last_day is {last_day}, but the demo's world runs from {FIRST_DAY} to {WORLD_END}."
        )
    random = RandomState(seed)
    clock = shop_clock(FIRST_DAY, WORLD_END)
    last = clock.number(last_day)
    people = draw_people(random, clock, customers, planted)
    ids = np.array([f"K{number}" for number in range(10_001, 10_001 + len(people))])
    lives = live(random, clock, people, planted)
    quit_day, cancelled = leaving_days(random, people, lives, planted)
    lives, sent = run_campaigns(random, clock, people, lives, quit_day, planted, customers / CUSTOMERS)
    world = World(clock, people, ids, lives, sent)
    lines = all_lines(random, clock, lives.orders, people, planted)
    events = all_events(random, clock, people, lives, sent, (quit_day, cancelled), planted)
    quits = events[(events["kind"] == "unsubscribe") & (events["day"] <= last)]
    unsubscribed = np.full(len(people), np.nan)
    unsubscribed[quits["customer"]] = quits["day"]
    book = address_book(random, clock, people, ids, unsubscribed)
    known = people.joined <= last
    known[events["customer"][events["day"] <= last]] = True
    contacts, won = contacts_tables(world, planted, last)
    return Demo(
        orders=_orders(world, lines, last),
        customers=customers_table(world, book, known, last, TEXTS),
        events=events_table(world, events, last),
        contacts=contacts,
        truth=Truth(truth_of_customers(world, known, last), won, asdict(planted)),
    )


def write(folder: Path, seed: int = 1) -> None:
    """Write the exports of the shop: orders by year, customers, events, contacts."""
    demo = generate(seed)
    forms = {
        "ordered_at": "date",
        "quantity": "number",
        "list_amount": "money",
        "amount": "money",
        "margin": "money",
        "is_sample": "flag",
        "is_promotion": "flag",
    }
    text = as_text(demo.orders, forms, SHOP)
    for year in sorted(demo.orders["ordered_at"].dt.year.unique()):
        of_year = text[demo.orders["ordered_at"].dt.year == year].reset_index(drop=True)
        path = folder / f"bestellungen_{year}.csv"
        write_text(damage(of_year, 900, "ordered_at", "amount", year), ORDERS, path, SHOP)
    consents = dict.fromkeys(("may_email", "may_phone", "may_letter", "may_visit"), "yes_no")
    forms = {**consents, "acquired_on": "date", "referrals": "number", "reference_customer": "number"}
    forms["potential"] = "number"
    write_text(as_text(demo.customers, forms, SHOP), CUSTOMER_COLUMNS, folder / "kunden.csv", SHOP)
    forms = {"happened_at": "date", "value": "number"}
    write_text(as_text(demo.events, forms, WEB), EVENTS, folder / "ereignisse.csv", WEB)
    forms = {"contacted_at": "date", "cost": "money"}
    write_text(as_text(demo.contacts, forms, MAILING), CONTACTS, folder / "kontakte.csv", MAILING)
