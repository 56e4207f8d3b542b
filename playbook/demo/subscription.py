"""A club with monthly contracts that never was, with planted truth: payments, cancellations and reasons."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo import happenings as seen
from playbook.demo.campaigns import run_campaigns
from playbook.demo.charity import FIRST_DAY, LAST_DAY, WORLD_END, PlantedGiving, Rhythm
from playbook.demo.export import Dialect, ExportFile
from playbook.demo.giving import MONTHLY, draw_donors, nearest, with_standing_orders
from playbook.demo.lives import Lives, OrderRows, first_orders, live
from playbook.demo.people import Scene, contact_columns, pick, some_blank
from playbook.demo.planted import Behaviour, PlantedCampaign
from playbook.demo.seasons import Numbers, Words, shop_clock
from playbook.demo.world import Demo, World, as_seen, ids_from

MEMBERS, FIRST_NUMBER = 2500, 30_001
TRIAL, TRIAL_SHARE, TRIAL_DAYS = "TRIAL", 0.5, 28
"""The voucher of the first month: what is paid of the fee, and after how many days a mere trial ends."""
FEES = (29, 39, 49, 69, 89)
MARGIN_RATE = 0.6
FOR_GOOD = {"moved away": 0.85, "deceased": 0.15}
"""Reasons of those whom nothing brings back: a share `FOR_GOOD_SHARE` of those without a second life."""
FOR_GOOD_SHARE = 0.2
REASONS = {"too expensive": 0.34, "not used": 0.28, "changed provider": 0.18, "service": 0.1, "": 0.1}
COMPLAINTS = ("Invoice", "Opening hours", "Equipment", "Staff")
LANGUAGES = {"de": 0.6, "fr": 0.2, "it": 0.1, "en": 0.07, "": 0.03}

CALL = PlantedCampaign(
    *("CALL23", "Personal call", "emotional", dt.date(2023, 9, 4), 12, {"phone": 7.0}, 260),
    wins=0.24,
    stays=320.0,
)
MONTH_FREE = PlantedCampaign(
    *("MONTH24", "A month free", "financial", dt.date(2024, 10, 7), 1, {"letter": 1.6}, 320),
    wins=0.14,
    stays=110.0,
)
PLANTED = PlantedGiving(
    old=0.14,
    gone=0.01,
    prospects=0.04,
    occasional={"coupon": 0.16},
    sources={"": 1.0},
    rhythms={MONTHLY: Rhythm(new=1, old=1, gap=30.4, spread=0, regularity=400, gift=42)},
    gift_spread=0.4,
    same_gift=1.0,
    major=0.0,
    major_factor=1.0,
    once_gap=30.4,
    once_gift=36.0,
    charged_back=0.0,
    occasional_returns=0.25,
    lifetime=520.0,
    satisfaction_effect=0.35,
    complaint_rate=0.012,
    pauses=0.28,
    pause=260.0,
    second_gap=1.0,
    second_lifetime=330.0,
    warning_days=75.0,
    warning_spend=1.0,
    cancel_leavers=0.0,
    campaigns=(CALL, MONTH_FREE),
    campaign_silence=60,
    campaign_silence_most=900,
    occasional_response=0.4,
)


def _file(name: str, columns: str) -> ExportFile:
    """Return a file whose columns are called as the playbook calls them, with their forms behind a colon."""
    forms = dict(column.partition(":")[::2] for column in columns.split())
    return ExportFile(
        name, Dialect(yes="yes", no="no"), {one: (one, form) if form else one for one, form in forms.items()}
    )


FILES = {
    "orders": _file("payments_{year}.csv", "order_id ordered_at:date customer_id amount:money coupon"),
    "customers": _file(
        "members.csv",
        "customer_id name email phone language acquired_on:date cancelled_on:date cancel_reason"
        " may_email:yes_no may_phone:yes_no may_letter:yes_no",
    ),
    "events": _file("events.csv", "customer_id happened_at:date kind value:number detail"),
    "contacts": _file("contacts.csv", "campaign customer_id contacted_at:date channel arm offer cost:money"),
}


def payments(scene: Scene[Behaviour], orders: OrderRows) -> pd.DataFrame:
    """Return every payment: customer, day, amount (CHF; less for a trial), coupon, margin, order_id."""
    people, first = scene.people, first_orders(orders, len(scene.people))
    trial = people.occasional | (scene.random.uniform(size=len(people)) < 0.08)
    trial = first & (trial & (people.group == "new"))[orders.customer]
    amount = nearest(people.spend, FEES)[orders.customer] * np.where(trial, TRIAL_SHARE, 1.0)
    coupon = np.where(trial, TRIAL, "")
    paid = pd.DataFrame(
        {"customer": orders.customer, "day": orders.day, "amount": amount, "coupon": coupon}
    ).sort_values(["day", "customer"], kind="stable", ignore_index=True)
    numbers = (500_001 + np.arange(len(paid))).astype(str)
    return paid.assign(margin=MARGIN_RATE * paid["amount"], order_id=numbers)


def cancellations(scene: Scene[Behaviour], lives: Lives) -> pd.DataFrame:
    """Return every cancelled contract: customer, day of the announcement, after the last payment, and end."""
    last = np.full(lives.leaves.shape, -1, dtype=np.int64)
    np.maximum.at(last, (lives.orders.customer, lives.orders.life - 1), lives.orders.day)
    customer, life = np.nonzero(last >= 0)
    paid, left = last[customer, life], lives.leaves[customer, life]
    end = np.where(left <= paid + 1, paid + TRIAL_DAYS, left)
    said = end - scene.random.uniform(size=len(end)) * np.minimum(end - paid, 25)
    table = pd.DataFrame({"customer": customer, "day": np.floor(said), "end": np.floor(end)})
    table = table[end < scene.clock.days - 1].astype(np.int64)
    return table.sort_values(["end", "customer"], kind="stable", ignore_index=True)


def _ended(goodbye: pd.DataFrame, paid: pd.DataFrame, last: int, size: int) -> Numbers:
    """Return the day on which each member's last contract ended; NaN where it runs on the day ``last``."""
    over = goodbye[goodbye["end"] <= last].groupby("customer")["end"].max().reindex(range(size))
    running = paid[paid["day"] <= last].groupby("customer")["day"].max().reindex(range(size))
    return np.asarray(over.where(over >= running), dtype=np.float64)


def address_book(
    scene: Scene[PlantedGiving], ids: Words, unsubscribed: Numbers, ended: Numbers, reason: Words
) -> pd.DataFrame:
    """Return the members table of the whole world, with the contracts that have ended."""
    columns, _ = contact_columns(scene.random, scene.people, LANGUAGES, 0.1, unsubscribed)
    over, dates = ~np.isnan(ended), scene.clock.dates
    columns |= {
        "customer_id": ids,
        "name": some_blank(scene.random, columns["name"]),
        "acquired_on": dates(scene.people.joined).where(scene.people.group != "prospect"),
        "cancelled_on": dates(np.where(over, ended, 0).astype(np.int64)).where(over),
        "cancel_reason": np.where(over, reason, ""),
    }
    return pd.DataFrame(columns)


def generate(
    seed: int = 1,
    customers: int = MEMBERS,
    last_day: dt.date = LAST_DAY,
    planted: PlantedGiving = PLANTED,
    first_number: int = FIRST_NUMBER,
) -> Demo:
    """Generate the club as `donors.generate` does; the truth also says who is lost_for_good (yes, no)."""
    random, clock = RandomState(seed), shop_clock(FIRST_DAY, WORLD_END)
    last = clock.last_number(last_day)
    people, _, _ = draw_donors(random, clock, customers, planted)
    scene, everybody = Scene(random, clock, people, planted), np.ones(len(people), dtype=np.bool_)
    lives = with_standing_orders(scene, live(scene), everybody)
    for_good = np.isnan(lives.starts[:, 1]) & (random.uniform(size=len(people)) < FOR_GOOD_SHARE)
    asked = {name: getattr(people, name) for name in ("may_email", "may_phone", "may_letter")}
    closed = {name: np.where(for_good, 0.0, value) for name, value in asked.items()}  # no campaign seeks them
    quit_day, none = seen.leaving_days(scene, lives)
    sought = replace(scene, people=replace(people, **closed))
    lives, sent, quit_day = run_campaigns(sought, lives, quit_day, customers / MEMBERS)
    lives = with_standing_orders(scene, lives, everybody, of=(3,))
    paid, goodbye = payments(scene, lives.orders), cancellations(scene, lives)
    reason = np.where(for_good, pick(random, FOR_GOOD, len(people)), pick(random, REASONS, len(people)))
    who, day = goodbye["customer"].to_numpy(), goodbye["day"].to_numpy()
    told = seen.event_table(who, day, "cancellation", detail=reason[who])
    happened = [seen.visits(scene, lives), *seen.complaints_and_solutions(scene, lives, COMPLAINTS), told]
    events = seen.in_order([*happened, *seen.goodbyes(quit_day, none, "")])
    ids, ended = ids_from("M", first_number, people), _ended(goodbye, paid, last, len(people))
    book = address_book(scene, ids, np.where(quit_day <= last, quit_day, np.nan), ended, reason)
    good = np.where(for_good, "yes", "no")
    return as_seen(World(scene, ids, lives, sent), paid, events, book, last, lost_for_good=good)
