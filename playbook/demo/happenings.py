"""What else is seen of contacts: visits, complaints, goodbyes; and in the shop reviews, inquiries, calls."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from playbook.demo.lives import Lives
from playbook.demo.people import Scene
from playbook.demo.planted import Behaviour
from playbook.demo.seasons import Days, Numbers

REASONS = ("Lieferung", "Qualität", "Rechnung", "Beratung", "Umtausch")
QUESTIONS = ("Sortiment", "Hochzeitsliste", "Firmengeschenke", "Lieferzeit")
VISITS_PER_DAY = 1 / 86
ASLEEP = 0.08


def event_table(
    customer: Days, day: Days, kind: str, value: object = np.nan, detail: object = ""
) -> pd.DataFrame:
    """Return events of one kind as rows."""
    return pd.DataFrame({"customer": customer, "day": day, "kind": kind, "value": value, "detail": detail})


def leaving_days(scene: Scene[Behaviour], lives: Lives) -> tuple[Numbers, Numbers]:
    """Draw the days on which leavers unsubscribe and cancel their card, NaN where they do not."""
    random, people, planted = scene.random, scene.people, scene.planted
    first, size, since = lives.leaves[:, 0], len(people), np.maximum(people.joined, 0)
    can = ~people.occasional & ~np.isnan(first)
    warned = first - random.uniform(0, planted.warning_days, size)
    unsubscribes = can & (random.uniform(size=size) < planted.unsubscribe_leavers)
    some_day = random.uniform(30, 9000, size) + since
    quit_day = np.floor(np.where(unsubscribes, warned, some_day))
    quit_day = np.where((people.may_email == 1) & (quit_day >= since), quit_day, np.nan)
    cancels = can & (random.uniform(size=size) < planted.cancel_leavers)
    cancelled = np.floor(first + random.uniform(-10, 10, size))
    return quit_day, np.where(cancels & (cancelled >= 0), cancelled, np.nan)


def _awake(lives: Lives, customer: Days, day: Days, planted: Behaviour) -> Numbers:
    """Return the rate of visits relative to a customer in good standing."""
    starts, leaves = lives.starts[customer], lives.leaves[customer]
    alive = (starts <= day[:, None]) & (day[:, None] <= leaves)
    fading = alive & (leaves - day[:, None] < planted.warning_days)
    rate = np.where(alive, np.where(fading, planted.warning_visits, 1.0), ASLEEP)
    return np.asarray(rate.max(axis=1), dtype=np.float64)


def visits(scene: Scene[Behaviour], lives: Lives) -> pd.DataFrame:
    """Draw the visits of those with a login; fewer before leaving, hardly any afterwards."""
    random, clock, people = scene.random, scene.clock, scene.people
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
    rate = np.where(prospect[who], 1.0, _awake(lives, customer, day, scene.planted))
    seen = random.uniform(size=len(who)) < rate * np.where(clock.closed[day], 0.6, 1.0)
    return event_table(customer[seen], day[seen], "visit")


def complaints_and_solutions(
    scene: Scene[Behaviour], lives: Lives, reasons: tuple[str, ...]
) -> list[pd.DataFrame]:
    """Return the complaints with a reason each, and the solutions of those that were solved."""
    all_of_them = lives.complaints
    reason = np.array(reasons)[scene.random.randint(0, len(reasons), len(all_of_them.day))]
    solved = all_of_them.solved >= 0
    repaired = all_of_them.take(solved)
    return [
        event_table(all_of_them.customer, all_of_them.day, "complaint", detail=reason),
        event_table(repaired.customer, repaired.solved, "complaint_solved", detail=reason[solved]),
    ]


def goodbyes(quit_day: Numbers, cancelled: Numbers, contract: str) -> list[pd.DataFrame]:
    """Return who unsubscribes from the newsletter and who cancels the contract; NaN: nobody does."""
    left, gone = np.flatnonzero(~np.isnan(quit_day)), np.flatnonzero(~np.isnan(cancelled))
    return [
        event_table(left, quit_day[left].astype(np.int64), "unsubscribe", detail="Newsletter"),
        event_table(gone, cancelled[gone].astype(np.int64), "cancellation", detail=contract),
    ]


def in_order(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all events, sorted by day: customer, day, kind, value, detail."""
    events = pd.concat(parts, ignore_index=True)
    return events.sort_values(["day", "customer", "kind"], kind="stable").reset_index(drop=True)


# Only in the shop ----------------------------------------------------------------------------


def reviews(scene: Scene[Behaviour], lives: Lives) -> pd.DataFrame:
    """Give one to five stars after some orders: satisfaction shows, and sours before leaving."""
    random = scene.random
    orders = lives.orders.take(random.uniform(size=len(lives.orders.day)) < 0.09)
    ahead = orders.leaves - orders.day
    fading = (ahead < scene.planted.warning_days) & (ahead > 0)
    mood = 4.1 + 0.8 * scene.people.satisfaction[orders.customer] - 0.7 * fading
    stars = np.clip(np.round(mood + 0.7 * random.standard_normal(len(mood))), 1, 5)
    day = orders.day + 2 + random.randint(0, 18, len(mood))
    return event_table(orders.customer, day, "review", value=stars)


def inquiries(scene: Scene[Behaviour]) -> pd.DataFrame:
    """Draw questions of leads, and of some customers before their first order."""
    random, people = scene.random, scene.people
    lead = people.group == "lead"
    asks = lead | ((people.group == "new") & ~people.occasional & (random.uniform(size=len(people)) < 0.05))
    customer = np.flatnonzero(asks)
    before = np.where(lead[customer], 0, random.randint(1, 15, len(customer)))
    day = np.maximum(people.joined[customer] - before, 0)
    detail = np.array(QUESTIONS)[random.randint(0, len(QUESTIONS), len(customer))]
    return event_table(customer, scene.clock.open_day(day), "inquiry", detail=detail)


def calls(scene: Scene[Behaviour], lives: Lives) -> pd.DataFrame:
    """Draw telephone calls about orders; the value is their length in minutes."""
    random = scene.random
    orders = lives.orders.take(random.uniform(size=len(lives.orders.day)) < 0.012)
    day = scene.clock.open_day(orders.day + random.randint(0, 5, len(orders.day)))
    minutes = 1 + random.geometric(0.25, len(day))
    return event_table(orders.customer, day, "call", value=minutes)


def all_events(scene: Scene[Behaviour], lives: Lives, quit_day: Numbers, cancelled: Numbers) -> pd.DataFrame:
    """Return every event of the shop's world."""
    return in_order(
        [
            visits(scene, lives),
            *complaints_and_solutions(scene, lives, REASONS),
            reviews(scene, lives),
            inquiries(scene),
            calls(scene, lives),
            *goodbyes(quit_day, cancelled, "Kundenkarte"),
        ]
    )
