"""Aiuto Demo: a charity that never was, with planted truth."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.campaigns import run_campaigns
from playbook.demo.charity import FIRST_DAY, LAST_DAY, PLANTED, WORLD_END, PlantedGiving
from playbook.demo.export import Dialect, as_text, damage, write_text
from playbook.demo.giving import MONTHLY, all_gifts, draw_donors, with_standing_orders
from playbook.demo.happenings import leaving_days
from playbook.demo.lives import live
from playbook.demo.seasons import charity_clock
from playbook.demo.supporters import address_book, all_events
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

DONORS = 3500

GIFTS = {
    "order_id": "Ricevuta",
    "ordered_at": "Data",
    "customer_id": "Donatore",
    "amount": "Importo",
    "source": "Provenienza",
    "category": "Scopo",
}
DONOR_COLUMNS = {
    "customer_id": "Numero",
    "name": "Nome",
    "email": "E-mail",
    "phone": "Telefono",
    "language": "Lingua",
    "acquired_on": "Donatore dal",
    "may_email": "Ok e-mail",
    "may_phone": "Ok telefono",
    "may_letter": "Ok lettera",
    "referrals": "Passaparola",
    "volunteer": "Volontario",
}
TEXTS = ("name", "email", "phone", "language")
EVENTS = {
    "customer_id": "Donatore",
    "happened_at": "Quando",
    "kind": "Evento",
    "value": "Valore",
    "detail": "Nota",
}
CONTACTS = {
    "campaign": "Campagna",
    "customer_id": "Donatore",
    "contacted_at": "Contatto",
    "channel": "Canale",
    "arm": "Gruppo",
    "offer": "Offerta",
    "cost": "Costo",
}
OFFICE = Dialect("utf-8-sig", ";", ",", ".", "%d/%m/%Y", "sì", "no")
LISTS = Dialect("utf-8", ",", ".", "", "%Y-%m-%d")
DAMAGED_DATES = ("30/02/{year}", "00/00/0000", "n.d.")
DAMAGED_NUMBERS = ("#VALORE!", "n.d.", "--")


def _gifts(world: World, gifts: pd.DataFrame, last: int) -> pd.DataFrame:
    gifts = gifts[gifts["day"] <= last].reset_index(drop=True)
    ids = pd.Series(np.where(gifts["customer"] < 0, "", world.ids[gifts["customer"]]))
    return pd.DataFrame(
        {
            "customer_id": text_or_missing(ids),
            "ordered_at": world.clock.dates(gifts["day"].to_numpy()),
            "amount": gifts["amount"],
            "order_id": gifts["order_id"],
            "source": text_or_missing(gifts["source"]),
            "category": text_or_missing(gifts["category"]),
        }
    )


def generate(
    seed: int = 1,
    customers: int = DONORS,
    last_day: dt.date = LAST_DAY,
    planted: PlantedGiving = PLANTED,
) -> Demo:
    """Generate the charity.

    The world runs to the end of 2027 whatever `last_day` is: a later one shows the same past and more
    of the future, so that what happened after an as-of date can be looked up.

    Parameters
    ----------
    seed : int
        Seed of numpy's legacy generator, whose streams never change.
    customers : int
        Roughly how many contacts are known at the end of November 2025.
    last_day : datetime.date
        Last day of the data, at the latest the end of 2027.
    planted : PlantedGiving
        The parameters of the world.

    Returns
    -------
    Demo
        Gifts are orders, donors are customers. In the truth, occasional_kind is the source of those who
        by nature give once; rhythm is once, yearly, quarterly, monthly or irregular; spend is the usual
        gift in CHF.
    """
    if not FIRST_DAY <= last_day <= WORLD_END:
        raise ValueError(
            f"last_day is {last_day}, but the demo's world runs from {FIRST_DAY} to {WORLD_END}."
        )
    random = RandomState(seed)
    clock = charity_clock(FIRST_DAY, WORLD_END)
    last = clock.number(last_day)
    people, rhythm, source = draw_donors(random, clock, customers, planted)
    ids = np.array([f"D{number}" for number in range(20_001, 20_001 + len(people))])
    lives = with_standing_orders(random, clock, live(random, clock, people, planted), rhythm)
    quit_day, cancelled = leaving_days(random, people, lives, planted)
    cancelled = np.where(rhythm == MONTHLY, cancelled, np.nan)
    lives, sent = run_campaigns(random, clock, people, lives, quit_day, planted, customers / DONORS)
    world = World(clock, people, ids, lives, sent)
    gifts = all_gifts(random, clock, lives.orders, people, rhythm, source, planted)
    events = all_events(random, clock, people, lives, gifts, (quit_day, cancelled), planted)
    book = address_book(random, clock, people, ids, np.where(quit_day <= last, quit_day, np.nan))
    known = people.joined <= last
    contacts, won = contacts_tables(world, planted, last)
    truth = truth_of_customers(world, known, last).assign(rhythm=rhythm[known])
    return Demo(
        orders=_gifts(world, gifts, last),
        customers=customers_table(world, book, known, last, TEXTS),
        events=events_table(world, events, last),
        contacts=contacts,
        truth=Truth(truth, won, asdict(planted)),
    )


def write(folder: Path, seed: int = 1) -> None:
    """Write the exports of the charity: gifts by year, donors, events, contacts."""
    demo = generate(seed)
    text = as_text(demo.orders, {"ordered_at": "date", "amount": "money"}, OFFICE)
    for year in sorted(demo.orders["ordered_at"].dt.year.unique()):
        of_year = text[demo.orders["ordered_at"].dt.year == year].reset_index(drop=True)
        spoiled = damage(of_year, 900, "ordered_at", "amount", year, DAMAGED_DATES, DAMAGED_NUMBERS)
        write_text(spoiled, GIFTS, folder / f"donazioni_{year}.csv", OFFICE)
    forms = {**dict.fromkeys(("may_email", "may_phone", "may_letter"), "yes_no"), "acquired_on": "date"}
    forms |= {"referrals": "number", "volunteer": "number"}
    write_text(as_text(demo.customers, forms, OFFICE), DONOR_COLUMNS, folder / "donatori.csv", OFFICE)
    forms = {"happened_at": "date", "value": "number"}
    write_text(as_text(demo.events, forms, LISTS), EVENTS, folder / "eventi.csv", LISTS)
    forms = {"contacted_at": "date", "cost": "money"}
    write_text(as_text(demo.contacts, forms, LISTS), CONTACTS, folder / "contatti.csv", LISTS)
