"""Who they say they are: invented names, addresses that reach nobody, and what the shop noted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.people import People, Words
from playbook.demo.seasons import Clock, Numbers

FIRST_NAMES = (
    "Alfa Bruna Carlo Dora Elio Fina Gino Hanna Ivo Jole Kilian Lia Mauro Nora Otto Pia Remo Silva Tino "
    "Ugo Vera Zeno Anouk Beat Corinne Didier Etienne Flurina Gian Ladina"
).split()
LAST_START = "Muster Beispiel Fantasi Prob Erfund Schein Test Nirgend Irgend Imagin".split()
LAST_END = "oni mann elli er etti ini hauser berger inelli wiler".split()
TRADES = "Trattoria Caffè Grotto Osteria Hotel Atelier Gelateria".split()
OWNERS = ("M. Fantoni", "L. Musterli", "S. Probst-Esempio")
DOMAINS = ("example.com", "example.org", "example.net")
PLAIN = str.maketrans({"è": "e", " ": "", "-": ""})


def names(random: RandomState, people: People) -> tuple[Words, Words]:
    """Draw names, and the local parts of their e-mail addresses."""
    size = len(people)
    first = np.array(FIRST_NAMES)[random.randint(0, len(FIRST_NAMES), size)]
    start = np.array(LAST_START)[random.randint(0, len(LAST_START), size)]
    last = np.char.add(start, np.array(LAST_END)[random.randint(0, len(LAST_END), size)])
    trade = np.array(TRADES)[random.randint(0, len(TRADES), size)]
    person = np.char.add(np.char.add(first, " "), last)
    house = np.char.add(np.char.add(trade, " "), last)
    initial = np.char.add(np.char.lower(first.astype("<U1")), np.char.lower(last))
    return np.where(people.business, house, person), initial


def contact_details(random: RandomState, local: Words) -> tuple[Words, Words]:
    """Draw e-mail addresses at domains reserved for examples, and numbers that no exchange serves."""
    size = len(local)
    at = np.array(DOMAINS)[random.choice(3, size=size, p=[0.7, 0.2, 0.1])]
    email = np.char.add(np.char.add(local, random.randint(1, 100, size).astype(str)), np.char.add("@", at))
    pairs = random.randint(10, 100, (2, size)).astype(str)
    phone = np.char.add(np.char.add("000 555 ", pairs[0]), np.char.add(" ", pairs[1]))
    return email, phone


def _potential(random: RandomState, people: People) -> Numbers:
    """Guess as a sales person would which yearly purchases are possible, in CHF; known for some."""
    guess = people.spend * 365 / people.gap * np.exp(0.5 * random.standard_normal(len(people)))
    known = random.uniform(size=len(people)) < np.where(people.business, 0.9, 0.25)
    return np.where(known & ~people.occasional, np.maximum(np.round(guess / 50) * 50, 50), np.nan)


def address_book(
    random: RandomState, clock: Clock, people: People, ids: Words, unsubscribed: Numbers
) -> pd.DataFrame:
    """Return the customers table of the whole world; `unsubscribed` holds days up to the export."""
    size = len(people)
    name, local = names(random, people)
    email, phone = contact_details(random, local)
    chance = random.uniform(size=(4, size))
    has_email = (people.may_email == 1) | (chance[0] < 0.1)
    has_phone = (people.may_phone == 1) | (chance[1] < 0.15)
    language = np.array(["de", "it", "fr", ""])[random.choice(4, size=size, p=[0.63, 0.24, 0.10, 0.03])]
    segment = np.where(people.business, np.where(chance[2] < 0.6, "Gastro", "Gewerbe"), "Privat")
    noted = np.where(people.group == "new", chance[3] < 0.93, chance[3] < 0.65)
    noted &= np.isin(people.group, ["new", "old", "gone"])
    owner = np.where(people.business, np.array(OWNERS)[random.randint(0, 3, size)], "")
    referrals = random.poisson(np.where(people.occasional, 0.02, 0.25 * np.exp(0.6 * people.satisfaction)))
    reference = people.business & (people.satisfaction > 0.6)
    return pd.DataFrame(
        {
            "customer_id": ids,
            "name": np.where(random.uniform(size=size) < 0.01, "", name),
            "email": np.where(has_email, email, ""),
            "phone": np.where(has_phone, phone, ""),
            "language": language,
            "segment": segment,
            "acquired_on": clock.dates(people.joined).where(noted),
            "may_email": np.where(np.isnan(unsubscribed), people.may_email, 0.0),
            "may_phone": people.may_phone,
            "may_letter": people.may_letter,
            "may_visit": np.where(people.business, 1.0, np.nan),
            "owner": owner,
            "referrals": referrals,
            "reference_customer": reference.astype(np.int64),
            "potential": _potential(random, people),
        }
    )
