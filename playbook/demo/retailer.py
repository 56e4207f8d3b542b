"""Bottega Demo: a shop for kitchen, table and garden that never was, with planted truth."""

import datetime as dt
from pathlib import Path

import numpy as np
from numpy.random import RandomState

from playbook.demo.campaigns import run_campaigns
from playbook.demo.export import Dialect, ExportFile, write_files
from playbook.demo.happenings import all_events, leaving_days
from playbook.demo.lines import all_lines
from playbook.demo.lives import live
from playbook.demo.people import Scene, address_book, draw_people
from playbook.demo.planted import FIRST_DAY, LAST_DAY, PLANTED, WORLD_END, Planted
from playbook.demo.seasons import Numbers, shop_clock
from playbook.demo.world import Demo, World, as_seen, ids_from

CUSTOMERS = 3800
FIRST_NUMBER = 10_001

FILES = {
    "orders": ExportFile(
        "bestellungen_{year}.csv",
        Dialect("cp1252", ";", ",", "'", "%d.%m.%Y"),
        {
            "order_id": "Belegnr",
            "ordered_at": ("Datum", "date"),
            "customer_id": "Kundennr",
            "category": "Warengruppe",
            "quantity": ("Menge", "number"),
            "list_amount": ("Listenpreis", "money"),
            "amount": ("Betrag", "money"),
            "margin": ("DB", "money"),
            "coupon": "Gutschein",
            "is_sample": ("Muster", "flag"),
            "is_promotion": ("Aktion", "flag"),
            "sales_channel": "Kanal",
            "source": "Herkunft",
        },
    ),
    "customers": ExportFile(
        "kunden.csv",
        Dialect("cp1252", ";", ",", "'", "%d.%m.%Y"),
        {
            "customer_id": "Nr",
            "name": "Name",
            "email": "E-Mail",
            "phone": "Telefon",
            "street": "Strasse",
            "postcode": "PLZ",
            "town": "Ort",
            "language": "Sprache",
            "segment": "Segment",
            "acquired_on": ("Kunde seit", "date"),
            "may_email": ("Mail ok", "yes_no"),
            "may_phone": ("Tel ok", "yes_no"),
            "may_letter": ("Brief ok", "yes_no"),
            "may_visit": ("Besuch ok", "yes_no"),
            "owner": "Betreuung",
            "referrals": ("Empfehlungen", "number"),
            "reference_customer": ("Referenzkunde", "number"),
            "potential": ("Potenzial CHF", "number"),
        },
    ),
    "events": ExportFile(
        "ereignisse.csv",
        Dialect(),
        {
            "customer_id": "Kunde",
            "happened_at": ("Am", "date"),
            "kind": "Ereignis",
            "value": ("Wert", "number"),
            "detail": "Bemerkung",
        },
    ),
    "contacts": ExportFile(
        "kontakte.csv",
        Dialect("utf-8", ";", ".", "", "%d.%m.%Y"),
        {
            "campaign": "Kampagne",
            "customer_id": "Kunde",
            "contacted_at": ("Kontakt am", "date"),
            "channel": "Weg",
            "arm": "Gruppe",
            "offer": "Angebot",
            "cost": ("Kosten", "money"),
        },
    ),
}


def generate(
    seed: int = 1,
    customers: int = CUSTOMERS,
    last_day: dt.date = LAST_DAY,
    planted: Planted = PLANTED,
    first_number: int = FIRST_NUMBER,
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
    first_number : int
        Of the first customer.
    """
    world, scene, quit_day, cancelled = happen(seed, customers, planted, first_number)
    last = scene.clock.last_number(last_day)
    lines = all_lines(scene, world.lives.orders)
    events = all_events(scene, world.lives, quit_day, cancelled)
    book = address_book(scene, world.ids, np.where(quit_day <= last, quit_day, np.nan))
    return as_seen(world, lines, events, book, last)


def happen(
    seed: int,
    customers: int = CUSTOMERS,
    planted: Planted = PLANTED,
    first_number: int = FIRST_NUMBER,
) -> tuple[World, Scene[Planted], Numbers, Numbers]:
    """Let everything happen: the world, its scene, and the days on which each unsubscribed and cancelled."""
    random = RandomState(seed)
    clock = shop_clock(FIRST_DAY, WORLD_END)
    people = draw_people(random, clock, customers, planted)
    scene = Scene(random, clock, people, planted)
    lives = live(scene)
    quit_day, cancelled = leaving_days(scene, lives)
    lives, sent, quit_day = run_campaigns(scene, lives, quit_day, customers / CUSTOMERS)
    return World(scene, ids_from("K", first_number, people), lives, sent), scene, quit_day, cancelled


def write(folder: Path, seed: int = 1) -> None:
    """Write the exports of the shop: orders by year, customers, events, contacts."""
    write_files(generate(seed), FILES, folder)
