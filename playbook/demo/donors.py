"""Aiuto Demo: a charity that never was, with planted truth."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.campaigns import run_campaigns
from playbook.demo.charity import FIRST_DAY, LAST_DAY, PLANTED, WORLD_END, PlantedGiving
from playbook.demo.export import Dialect, ExportFile, write_files
from playbook.demo.giving import MONTHLY, all_gifts, draw_donors, with_standing_orders
from playbook.demo.happenings import (
    complaints_and_solutions,
    event_table,
    goodbyes,
    in_order,
    leaving_days,
    visits,
)
from playbook.demo.lives import Lives, live
from playbook.demo.people import Scene, contact_columns, some_blank
from playbook.demo.seasons import Numbers, Words, charity_clock
from playbook.demo.world import Demo, World, as_seen, ids_from

DONORS = 3500
FIRST_NUMBER = 20_001
LANGUAGES = {"it": 0.72, "de": 0.17, "fr": 0.08, "": 0.03}
REASONS = ("Troppe lettere", "Addebito", "Indirizzo", "Attestazione fiscale")
THANKED_FROM = 150
THANKED = 0.6

OFFICE = Dialect(
    *("utf-8-sig", ";", ",", ".", "%d/%m/%Y", "sì", "no"),
    bad_dates=("30/02/{year}", "00/00/0000", "n.d."),
    bad_numbers=("#VALORE!", "n.d.", "--"),
)
FILES = {
    "orders": ExportFile(
        "donazioni_{year}.csv",
        OFFICE,
        {
            "order_id": "Ricevuta",
            "ordered_at": ("Data", "date"),
            "customer_id": "Donatore",
            "amount": ("Importo", "money"),
            "source": "Provenienza",
            "category": "Scopo",
        },
    ),
    "customers": ExportFile(
        "donatori.csv",
        OFFICE,
        {
            "customer_id": "Numero",
            "name": "Nome",
            "email": "E-mail",
            "phone": "Telefono",
            "language": "Lingua",
            "acquired_on": ("Donatore dal", "date"),
            "may_email": ("Ok e-mail", "yes_no"),
            "may_phone": ("Ok telefono", "yes_no"),
            "may_letter": ("Ok lettera", "yes_no"),
            "referrals": ("Passaparola", "number"),
            "volunteer": ("Volontario", "number"),
        },
    ),
    "events": ExportFile(
        "eventi.csv",
        Dialect(),
        {
            "customer_id": "Donatore",
            "happened_at": ("Quando", "date"),
            "kind": "Evento",
            "value": ("Valore", "number"),
            "detail": "Nota",
        },
    ),
    "contacts": ExportFile(
        "contatti.csv",
        Dialect(),
        {
            "campaign": "Campagna",
            "customer_id": "Donatore",
            "contacted_at": ("Contatto", "date"),
            "channel": "Canale",
            "arm": "Gruppo",
            "offer": "Offerta",
            "cost": ("Costo", "money"),
        },
    ),
}


def thank_you_calls(scene: Scene[PlantedGiving], gifts: pd.DataFrame) -> pd.DataFrame:
    """Draw calls to thank for large gifts, and for a few others; the value is their length in minutes.

    They change nothing in what the donors do.
    """
    random = scene.random
    share = np.where(gifts["amount"] >= THANKED_FROM, THANKED, 0.02)
    share = np.where((gifts["customer"] < 0) | (gifts["amount"] < 0), 0.0, share)
    thanked = gifts[random.uniform(size=len(gifts)) < share]
    day = scene.clock.open_day(thanked["day"].to_numpy() + 2 + random.randint(0, 12, len(thanked)))
    minutes = 1 + random.geometric(0.3, len(thanked))
    return event_table(thanked["customer"].to_numpy(), day, "call", value=minutes, detail="Ringraziamento")


def all_events(
    scene: Scene[PlantedGiving], lives: Lives, gifts: pd.DataFrame, quit_day: Numbers, cancelled: Numbers
) -> pd.DataFrame:
    """Return every event of the charity's world."""
    return in_order(
        [
            visits(scene, lives),
            *complaints_and_solutions(scene, lives, REASONS),
            thank_you_calls(scene, gifts),
            *goodbyes(quit_day, cancelled, "Ordine permanente"),
        ]
    )


def address_book(scene: Scene[PlantedGiving], ids: Words, unsubscribed: Numbers) -> pd.DataFrame:
    """Return the donors table of the whole world."""
    random, people = scene.random, scene.people
    columns, chance = contact_columns(random, people, LANGUAGES, 0.1, unsubscribed)
    noted = chance[0] < np.where(people.group == "new", 0.92, 0.55)
    columns |= {
        "customer_id": ids,
        "name": some_blank(random, columns["name"]),
        "acquired_on": scene.clock.dates(people.joined).where(noted & (people.group != "prospect")),
        "referrals": random.poisson(np.where(people.occasional, 0.01, 0.15)),
        "volunteer": (chance[1] < np.where(people.occasional, 0.01, 0.06)).astype(np.int64),
    }
    return pd.DataFrame(columns)


def generate(
    seed: int = 1,
    customers: int = DONORS,
    last_day: dt.date = LAST_DAY,
    planted: PlantedGiving = PLANTED,
    first_number: int = FIRST_NUMBER,
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
    first_number : int
        Of the first donor.

    Returns
    -------
    Demo
        Gifts are orders, donors are customers. In the truth, occasional_kind is the source of those who
        by nature give once; rhythm is once, yearly, quarterly, monthly or irregular; spend is the usual
        gift in CHF.
    """
    random = RandomState(seed)
    clock = charity_clock(FIRST_DAY, WORLD_END)
    last = clock.last_number(last_day)
    people, rhythm, source = draw_donors(random, clock, customers, planted)
    scene = Scene(random, clock, people, planted)
    lives = with_standing_orders(scene, live(scene), rhythm == MONTHLY)
    quit_day, cancelled = leaving_days(scene, lives)
    cancelled = np.where(rhythm == MONTHLY, cancelled, np.nan)
    lives, sent, quit_day = run_campaigns(scene, lives, quit_day, customers / DONORS)
    gifts = all_gifts(scene, lives.orders, rhythm, source)
    events = all_events(scene, lives, gifts, quit_day, cancelled)
    ids = ids_from("D", first_number, people)
    book = address_book(scene, ids, np.where(quit_day <= last, quit_day, np.nan))
    return as_seen(World(scene, ids, lives, sent), gifts, events, book, last, rhythm=rhythm)


def write(folder: Path, seed: int = 1) -> None:
    """Write the exports of the charity: gifts by year, donors, events, contacts."""
    write_files(generate(seed), FILES, folder)
