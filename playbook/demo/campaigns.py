"""Win-back campaigns with random control groups, and what they do to the treated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import RandomState

from playbook.demo.lives import Complaints, Lives, Orders, join_complaints, join_orders, renew
from playbook.demo.people import People, Words
from playbook.demo.planted import Behaviour, Campaign
from playbook.demo.seasons import Clock, Days, Flags, Numbers

RESPONSE_DAYS = 90
EARLY_DAYS = 30
REST_DAYS = 180


@dataclass(frozen=True)
class Contacts:
    """Who was assigned to which arm of which campaign, one entry per customer and campaign.

    Parameters
    ----------
    campaign : array of int
        Position in `Behaviour.campaigns`.
    customer, day : array of int
        Position in `People`; the day of the contact, for controls the day it would have been.
    channel : array of str
        phone, letter or email.
    treated, won : array of bool
        The arm; whether the campaign began a life (or a single order) that would not have been.
    unsubscribed : array of int
        The day on which the campaign made the customer unsubscribe, or -1.
    """

    campaign: Days
    customer: Days
    day: Days
    channel: Words
    treated: Flags
    won: Flags
    unsubscribed: Days


def _last_order(orders: Orders, size: int, before: int) -> Days:
    last = np.full(size, -(10**6), dtype=np.int64)
    seen = orders.day < before
    np.maximum.at(last, orders.customer[seen], orders.day[seen])
    return last


def _channel(campaign: Campaign, consents: dict[str, Flags]) -> Words:
    """Return the first channel of the campaign that each customer consents to, or empty."""
    channel = np.full(len(next(iter(consents.values()))), "", dtype="<U6")
    for name in reversed(list(campaign.costs)):
        channel = np.where(consents[name], name, channel)
    return np.asarray(channel)


def _assign(
    random: RandomState,
    campaign: Campaign,
    silence: Days,
    channel: Words,
    rested: Flags,
    planted: Behaviour,
    scale: float,
) -> tuple[Days, Flags]:
    """Draw the campaign's customers from all who are eligible, and half of them as treated."""
    lapsed = (silence >= planted.campaign_silence) & (silence <= planted.campaign_silence_most)
    eligible = np.flatnonzero(lapsed & (channel != "") & rested)
    size = 2 * min(len(eligible) // 2, max(1, round(campaign.arm_size * scale)))
    drawn = random.permutation(eligible)[:size]
    treated = np.arange(size) < size // 2
    order = np.argsort(drawn, kind="stable")
    return drawn[order].astype(np.int64), treated[order]


def _forward(
    random: RandomState, clock: Clock, orders: Orders, contacted: Numbers, campaign: Campaign
) -> Orders:
    """Change the usual orders of the treated: at a discount at first, pulled forward, cancelled later.

    `contacted` holds each customer's day of contact, NaN for everybody not treated.
    """
    after = orders.day - contacted[orders.customer]
    chance = random.uniform(size=len(after))
    early = (after > 0) & (after <= EARLY_DAYS)
    pulled = (after > EARLY_DAYS) & (after <= RESPONSE_DAYS) & (chance < campaign.pulls_forward)
    gone = (after > RESPONSE_DAYS) & (after <= 365) & (chance < campaign.cancels_later)
    sooner = orders.day - after + random.randint(1, EARLY_DAYS - 1, len(after))
    day = np.where(pulled, clock.open_day(np.where(pulled, sooner, 0).astype(np.int64)), orders.day)
    percent = np.where(early | pulled, campaign.percent_off, orders.percent_off)
    kept = ~gone
    return Orders(
        orders.customer[kept],
        day[kept].astype(np.int64),
        orders.leaves[kept],
        orders.life[kept],
        percent[kept].astype(np.int64),
    )


def _win(
    random: RandomState,
    clock: Clock,
    campaign: Campaign,
    customer: Days,
    contact: Days,
    people: People,
    planted: Behaviour,
) -> tuple[Orders, Complaints, Days, Numbers]:
    """Draw the orders, complaints, first and last days of the lives that a campaign begins."""
    wait = 1 + np.minimum(random.exponential(14, len(customer)), EARLY_DAYS - 4).astype(np.int64)
    starts = clock.open_day(contact + wait)
    if not campaign.stays:
        leaves = starts.astype(np.float64)
        none = np.zeros(0, dtype=np.int64)
        percent = np.full(len(customer), campaign.percent_off)
        orders = Orders(customer, starts, leaves, np.full(len(customer), 3), percent)
        return orders, Complaints(none, none, none), starts, leaves
    leaves = starts + random.exponential(campaign.stays, len(customer))
    life = renew(random, clock, customer, starts, leaves, people, 3, planted)
    return life.orders, life.complaints, starts, life.leaves


def run_campaign(
    random: RandomState,
    clock: Clock,
    people: People,
    lives: Lives,
    number: int,
    consents: dict[str, Flags],
    rested: Flags,
    planted: Behaviour,
    scale: float,
) -> tuple[Lives, Contacts]:
    """Send one campaign and return what happened because of it.

    Among treated regulars without a usual order in the 90 days after, the share `wins` begins a new
    life: the return probability becomes p0 + wins (1 - p0).
    """
    campaign = planted.campaigns[number]
    start = clock.number(campaign.starts)
    silence = start - _last_order(lives.orders, len(people), start)
    channel = _channel(campaign, consents)
    customer, treated = _assign(random, campaign, silence, channel, rested, planted, scale)
    contact = clock.open_day(start + random.randint(0, campaign.spread, len(customer)))
    contacted = np.full(len(people), np.nan)
    contacted[customer[treated]] = contact[treated]
    after = lives.orders.day - contacted[lives.orders.customer]
    usual = np.zeros(len(people), dtype=np.bool_)
    usual[lives.orders.customer[(after > 0) & (after <= RESPONSE_DAYS)]] = True
    wins = campaign.wins * np.where(people.occasional[customer], planted.occasional_response, 1.0)
    won = treated & (random.uniform(size=len(customer)) < wins) & ~usual[customer]
    added, complaints, starts, leaves = _win(
        random, clock, campaign, customer[won], contact[won], people, planted
    )
    orders = lives.orders
    if campaign.percent_off:
        orders = _forward(random, clock, orders, contacted, campaign)
    starts_of, leaves_of = lives.starts.copy(), lives.leaves.copy()
    starts_of[customer[won], 2], leaves_of[customer[won], 2] = starts, leaves
    quits = treated & (random.uniform(size=len(customer)) < campaign.unsubscribes)
    unsubscribed = np.where(quits, contact + random.randint(1, 21, len(customer)), -1)
    lives = replace(
        lives,
        orders=join_orders(orders, added),
        complaints=join_complaints(lives.complaints, complaints),
        starts=starts_of,
        leaves=leaves_of,
    )
    code = np.full(len(customer), number)
    return lives, Contacts(code, customer, contact, channel[customer], treated, won, unsubscribed)


def run_campaigns(
    random: RandomState,
    clock: Clock,
    people: People,
    lives: Lives,
    unsubscribed: Numbers,
    planted: Behaviour,
    scale: float,
) -> tuple[Lives, Contacts]:
    """Run all campaigns in order of date; `unsubscribed` is the day of the usual unsubscribing, or NaN."""
    sent: list[Contacts] = []
    last_contact = np.full(len(people), -np.inf)
    quit_day = unsubscribed.copy()
    for number, campaign in enumerate(planted.campaigns):
        start = clock.number(campaign.starts)
        consents = {
            "email": (people.may_email == 1) & ~(quit_day <= start),
            "phone": people.may_phone == 1,
            "letter": people.may_letter == 1,
        }
        rested = start - last_contact >= REST_DAYS
        lives, contacts = run_campaign(random, clock, people, lives, number, consents, rested, planted, scale)
        last_contact[contacts.customer] = contacts.day
        quits = contacts.unsubscribed >= 0
        quit_day[contacts.customer[quits]] = np.fmin(
            quit_day[contacts.customer[quits]], contacts.unsubscribed[quits]
        )
        sent.append(contacts)
    names = ("campaign", "customer", "day", "channel", "treated", "won", "unsubscribed")
    return lives, Contacts(*(np.concatenate([getattr(part, name) for part in sent]) for name in names))
