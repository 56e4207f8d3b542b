"""What else the charity knows of its supporters: their address book, calls, complaints, goodbyes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.addresses import contact_details, names
from playbook.demo.charity import PlantedGiving
from playbook.demo.happenings import complaints_and_solutions, event_table, visits
from playbook.demo.lives import Lives
from playbook.demo.people import People, Words
from playbook.demo.seasons import Clock, Numbers

REASONS = ("Troppe lettere", "Addebito", "Indirizzo", "Attestazione fiscale")
THANKED_FROM = 150
THANKED = 0.6


def thank_you_calls(random: RandomState, clock: Clock, gifts: pd.DataFrame) -> pd.DataFrame:
    """Draw calls to thank for large gifts, and for a few others; the value is their length in minutes.

    They change nothing in what the donors do.
    """
    share = np.where(gifts["amount"] >= THANKED_FROM, THANKED, 0.02)
    share = np.where((gifts["customer"] < 0) | (gifts["amount"] < 0), 0.0, share)
    thanked = gifts[random.uniform(size=len(gifts)) < share]
    day = clock.open_day(thanked["day"].to_numpy() + 2 + random.randint(0, 12, len(thanked)))
    minutes = 1 + random.geometric(0.3, len(thanked))
    return event_table(thanked["customer"].to_numpy(), day, "call", value=minutes, detail="Ringraziamento")


def all_events(
    random: RandomState,
    clock: Clock,
    people: People,
    lives: Lives,
    gifts: pd.DataFrame,
    goodbyes: tuple[Numbers, Numbers],
    planted: PlantedGiving,
) -> pd.DataFrame:
    """Return every event of the world, sorted by day: customer, day, kind, value, detail."""
    quit_day, cancelled = goodbyes
    left, gone = np.flatnonzero(~np.isnan(quit_day)), np.flatnonzero(~np.isnan(cancelled))
    parts = [
        visits(random, clock, people, lives, planted),
        complaints_and_solutions(random, lives, REASONS),
        thank_you_calls(random, clock, gifts),
        event_table(left, quit_day[left].astype(np.int64), "unsubscribe", detail="Newsletter"),
        event_table(gone, cancelled[gone].astype(np.int64), "cancellation", detail="Ordine permanente"),
    ]
    events = pd.concat(parts, ignore_index=True)
    return events.sort_values(["day", "customer", "kind"], kind="stable").reset_index(drop=True)


def address_book(
    random: RandomState, clock: Clock, people: People, ids: Words, unsubscribed: Numbers
) -> pd.DataFrame:
    """Return the donors table of the whole world; `unsubscribed` holds days up to the export."""
    size = len(people)
    name, local = names(random, people)
    email, phone = contact_details(random, local)
    chance = random.uniform(size=(4, size))
    language = np.array(["it", "de", "fr", ""])[random.choice(4, size=size, p=[0.72, 0.17, 0.08, 0.03])]
    noted = np.where(people.group == "new", chance[2] < 0.92, chance[2] < 0.55)
    return pd.DataFrame(
        {
            "customer_id": ids,
            "name": np.where(random.uniform(size=size) < 0.01, "", name),
            "email": np.where((people.may_email == 1) | (chance[0] < 0.1), email, ""),
            "phone": np.where((people.may_phone == 1) | (chance[1] < 0.1), phone, ""),
            "language": language,
            "acquired_on": clock.dates(people.joined).where(noted & (people.group != "prospect")),
            "may_email": np.where(np.isnan(unsubscribed), people.may_email, 0.0),
            "may_phone": people.may_phone,
            "may_letter": people.may_letter,
            "referrals": random.poisson(np.where(people.occasional, 0.01, 0.15)),
            "volunteer": (chance[3] < np.where(people.occasional, 0.01, 0.06)).astype(np.int64),
        }
    )
