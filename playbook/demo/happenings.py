"""What else the shop saw of its contacts: visits, complaints, reviews, goodbyes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.campaigns import Contacts
from playbook.demo.lives import Lives
from playbook.demo.people import People
from playbook.demo.planted import Behaviour, Planted
from playbook.demo.seasons import Clock, Days, Numbers

REASONS = ("Lieferung", "Qualität", "Rechnung", "Beratung", "Umtausch")
QUESTIONS = ("Sortiment", "Hochzeitsliste", "Firmengeschenke", "Lieferzeit")
VISITS_PER_DAY = 1 / 86
ASLEEP = 0.08


def event_table(
    customer: Days, day: Days, kind: str, value: object = np.nan, detail: object = ""
) -> pd.DataFrame:
    """Return events of one kind as rows."""
    return pd.DataFrame({"customer": customer, "day": day, "kind": kind, "value": value, "detail": detail})


def leaving_days(
    random: RandomState, people: People, lives: Lives, planted: Behaviour
) -> tuple[Numbers, Numbers]:
    """Draw the days on which leavers unsubscribe and cancel their card, NaN where they do not."""
    first = lives.leaves[:, 0]
    can = ~people.occasional & ~np.isnan(first)
    warned = first - random.uniform(0, planted.warning_days, len(people))
    unsubscribes = can & (random.uniform(size=len(people)) < planted.unsubscribe_leavers)
    some_day = random.uniform(30, 9000, len(people)) + np.maximum(people.joined, 0)
    quit_day = np.where(unsubscribes, np.floor(warned), np.floor(some_day))
    quit_day = np.where(
        (people.may_email == 1) & (quit_day >= np.maximum(people.joined, 0)), quit_day, np.nan
    )
    cancels = can & (random.uniform(size=len(people)) < planted.cancel_leavers)
    cancelled = np.floor(first + random.uniform(-10, 10, len(people)))
    return quit_day, np.where(cancels & (cancelled >= 0), cancelled, np.nan)


def _awake(lives: Lives, customer: Days, day: Days, planted: Behaviour) -> Numbers:
    """Return the rate of visits relative to a customer in good standing."""
    starts, leaves = lives.starts[customer], lives.leaves[customer]
    alive = (starts <= day[:, None]) & (day[:, None] <= leaves)
    fading = alive & (leaves - day[:, None] < planted.warning_days)
    rate = np.where(alive, np.where(fading, planted.warning_visits, 1.0), ASLEEP)
    return np.asarray(rate.max(axis=1), dtype=np.float64)


def visits(
    random: RandomState, clock: Clock, people: People, lives: Lives, planted: Behaviour
) -> pd.DataFrame:
    """Draw the visits of those with a login; fewer before leaving, hardly any afterwards."""
    known = np.flatnonzero(people.account & np.isin(people.group, ["new", "old", "prospect"]))
    since = np.maximum(people.joined[known], 0)
    eager = random.standard_gamma(2.0, len(known)) / 2.0
    prospect = people.group[known] == "prospect"
    span = np.where(prospect, np.minimum(200, clock.days - since), clock.days - since)
    expected = eager * span * VISITS_PER_DAY * np.where(prospect, 2.0, 1.0)
    count = np.where(prospect, 1, 0) + random.poisson(expected)
    who = np.repeat(np.arange(len(known)), count)
    day = (since[who] + random.uniform(size=len(who)) * span[who]).astype(np.int64)
    customer = known[who]
    rate = np.where(prospect[who], 1.0, _awake(lives, customer, day, planted))
    seen = random.uniform(size=len(who)) < rate * np.where(clock.closed[day], 0.6, 1.0)
    return event_table(customer[seen], day[seen], "visit")


def complaints_and_solutions(random: RandomState, lives: Lives, reasons: tuple[str, ...]) -> pd.DataFrame:
    """Return the complaints with a reason each, and the solutions of those that were solved."""
    complaints = lives.complaints
    reason = np.array(reasons)[random.randint(0, len(reasons), len(complaints.day))]
    made = event_table(complaints.customer, complaints.day, "complaint", detail=reason)
    solved = complaints.solved >= 0
    repaired = event_table(
        complaints.customer[solved], complaints.solved[solved], "complaint_solved", detail=reason[solved]
    )
    return pd.concat([made, repaired], ignore_index=True)


def reviews(random: RandomState, people: People, lives: Lives, planted: Planted) -> pd.DataFrame:
    """Give one to five stars after some orders: satisfaction shows, and sours before leaving."""
    orders = lives.orders
    writes = random.uniform(size=len(orders.day)) < 0.09
    customer, bought = orders.customer[writes], orders.day[writes]
    fading = (orders.leaves[writes] - bought < planted.warning_days) & (orders.leaves[writes] > bought)
    mood = 4.1 + 0.8 * people.satisfaction[customer] - 0.7 * fading
    stars = np.clip(np.round(mood + 0.7 * random.standard_normal(len(bought))), 1, 5)
    return event_table(customer, bought + 2 + random.randint(0, 18, len(bought)), "review", value=stars)


def inquiries(random: RandomState, clock: Clock, people: People) -> pd.DataFrame:
    """Draw questions of leads, and of some customers before their first order."""
    lead = people.group == "lead"
    asks = lead | ((people.group == "new") & ~people.occasional & (random.uniform(size=len(people)) < 0.05))
    customer = np.flatnonzero(asks)
    before = np.where(lead[customer], 0, random.randint(1, 15, len(customer)))
    day = np.maximum(people.joined[customer] - before, 0)
    detail = np.array(QUESTIONS)[random.randint(0, len(QUESTIONS), len(customer))]
    return event_table(customer, clock.open_day(day), "inquiry", detail=detail)


def calls(random: RandomState, clock: Clock, lives: Lives) -> pd.DataFrame:
    """Draw telephone calls about orders; the value is their length in minutes."""
    orders = lives.orders
    rings = random.uniform(size=len(orders.day)) < 0.012
    day = clock.open_day(orders.day[rings] + random.randint(0, 5, int(rings.sum())))
    minutes = 1 + random.geometric(0.25, len(day))
    return event_table(orders.customer[rings], day, "call", value=minutes)


def all_events(
    random: RandomState,
    clock: Clock,
    people: People,
    lives: Lives,
    contacts: Contacts,
    goodbyes: tuple[Numbers, Numbers],
    planted: Planted,
) -> pd.DataFrame:
    """Return every event of the world, sorted by day: customer, day, kind, value, detail."""
    quit_day, cancelled = goodbyes
    annoyed = contacts.unsubscribed >= 0
    upset = contacts.customer[annoyed]
    quit_day = quit_day.copy()
    quit_day[upset] = np.fmin(quit_day[upset], contacts.unsubscribed[annoyed])
    left, gone = np.flatnonzero(~np.isnan(quit_day)), np.flatnonzero(~np.isnan(cancelled))
    parts = [
        visits(random, clock, people, lives, planted),
        complaints_and_solutions(random, lives, REASONS),
        reviews(random, people, lives, planted),
        inquiries(random, clock, people),
        calls(random, clock, lives),
        event_table(left, quit_day[left].astype(np.int64), "unsubscribe", detail="Newsletter"),
        event_table(gone, cancelled[gone].astype(np.int64), "cancellation", detail="Kundenkarte"),
    ]
    events = pd.concat(parts, ignore_index=True)
    return events.sort_values(["day", "customer", "kind"], kind="stable").reset_index(drop=True)
