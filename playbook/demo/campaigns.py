"""Win-back campaigns with random control groups, and what they do to the treated."""

from dataclasses import dataclass, replace

import numpy as np

from playbook.demo.lives import Complaints, Lives, OrderRows, Renewal, Rows, renew, stack
from playbook.demo.people import Scene
from playbook.demo.planted import Behaviour, PlantedCampaign
from playbook.demo.seasons import Days, Numbers, Words
from playbook.records.arrays import Flags

RESPONSE_DAYS = 90
EARLY_DAYS = 30
REST_DAYS = 180


@dataclass(frozen=True)
class Contacts(Rows):
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


def _last_order(orders: OrderRows, size: int, before: int) -> Days:
    last = np.full(size, -(10**6), dtype=np.int64)
    seen = orders.day < before
    np.maximum.at(last, orders.customer[seen], orders.day[seen])
    return last


def _channel(campaign: PlantedCampaign, consents: dict[str, Flags]) -> Words:
    """Return the first channel of the campaign that each customer consents to, or empty."""
    channel = np.full(len(next(iter(consents.values()))), "", dtype="<U6")
    for name in reversed(list(campaign.costs)):
        channel = np.where(consents[name], name, channel)
    return np.asarray(channel)


def _assign(
    scene: Scene[Behaviour], campaign: PlantedCampaign, eligible: Flags, scale: float
) -> tuple[Days, Flags]:
    """Draw the campaign's customers from all who are eligible, and half of them as treated."""
    chosen = np.flatnonzero(eligible)
    size = 2 * min(len(chosen) // 2, max(1, round(campaign.arm_size * scale)))
    drawn = scene.random.permutation(chosen)[:size]
    treated = np.arange(size) < size // 2
    order = np.argsort(drawn, kind="stable")
    return drawn[order].astype(np.int64), treated[order]


def _forward(
    scene: Scene[Behaviour], orders: OrderRows, contacted: Numbers, campaign: PlantedCampaign
) -> OrderRows:
    """Change the usual orders of the treated: at a discount at first, pulled forward, cancelled later.

    `contacted` holds each customer's day of contact, NaN for everybody not treated.
    """
    random, clock = scene.random, scene.clock
    after = orders.day - contacted[orders.customer]
    chance = random.uniform(size=len(after))
    early = (after > 0) & (after <= EARLY_DAYS)
    pulled = (after > EARLY_DAYS) & (after <= RESPONSE_DAYS) & (chance < campaign.pulls_forward)
    gone = (after > RESPONSE_DAYS) & (after <= 365) & (chance < campaign.cancels_later)
    sooner = orders.day - after + random.randint(1, EARLY_DAYS - 1, len(after))
    day = np.where(pulled, clock.open_day(np.where(pulled, sooner, 0).astype(np.int64)), orders.day)
    percent = np.where(early | pulled, campaign.percent_off, orders.percent_off)
    return replace(orders, day=day.astype(np.int64), percent_off=percent.astype(np.int64)).take(~gone)


def _win(
    scene: Scene[Behaviour], campaign: PlantedCampaign, customer: Days, contact: Days
) -> tuple[Days, Renewal]:
    """Draw the first days of the lives that a campaign begins, and these lives."""
    random, size = scene.random, len(customer)
    wait = 1 + np.minimum(random.exponential(14, size), EARLY_DAYS - 4).astype(np.int64)
    starts = scene.clock.open_day(contact + wait)
    if campaign.stays:
        leaves = starts + random.exponential(campaign.stays, size)
        return starts, renew(scene, customer, starts, leaves, 3)
    none = np.zeros(0, dtype=np.int64)
    leaves = starts.astype(np.float64)
    orders = OrderRows(customer, starts, leaves, np.full(size, 3), np.full(size, campaign.percent_off))
    return starts, Renewal(orders, Complaints(none, none, none), leaves)


def treat(
    scene: Scene[Behaviour],
    lives: Lives,
    campaign: PlantedCampaign,
    customer: Days,
    treated: Flags,
    contact: Days,
) -> tuple[Lives, Flags, Days]:
    """Do to the treated what a campaign does: return the lives, who was won, and who unsubscribed when.

    Among treated regulars without a usual order in the 90 days after, the share `wins` begins a new
    life: the return probability becomes p0 + wins (1 - p0).
    """
    random, people, planted = scene.random, scene.people, scene.planted
    contacted = np.full(len(people), np.nan)
    contacted[customer[treated]] = contact[treated]
    after = lives.orders.day - contacted[lives.orders.customer]
    usual = np.zeros(len(people), dtype=np.bool_)
    usual[lives.orders.customer[(after > 0) & (after <= RESPONSE_DAYS)]] = True
    wins = campaign.wins * np.where(people.occasional[customer], planted.occasional_response, 1.0)
    won = treated & (random.uniform(size=len(customer)) < wins) & ~usual[customer]
    starts, begun = _win(scene, campaign, customer[won], contact[won])
    orders = lives.orders
    if campaign.percent_off:
        orders = _forward(scene, orders, contacted, campaign)
    starts_of, leaves_of = lives.starts.copy(), lives.leaves.copy()
    starts_of[customer[won], 2], leaves_of[customer[won], 2] = starts, begun.leaves
    quits = treated & (random.uniform(size=len(customer)) < campaign.unsubscribes)
    unsubscribed = np.where(quits, contact + random.randint(1, 21, len(customer)), -1)
    complaints = stack([lives.complaints, begun.complaints])
    lives = Lives(stack([orders, begun.orders]), complaints, starts_of, leaves_of)
    return lives, won, unsubscribed


def run_campaign(
    scene: Scene[Behaviour],
    lives: Lives,
    number: int,
    consents: dict[str, Flags],
    rested: Flags,
    scale: float,
) -> tuple[Lives, Contacts]:
    """Send one campaign and return what happened because of it."""
    random, clock, people, planted = scene.random, scene.clock, scene.people, scene.planted
    campaign = planted.campaigns[number]
    start = clock.number(campaign.starts)
    silence = start - _last_order(lives.orders, len(people), start)
    least = planted.campaign_silence if campaign.silence is None else campaign.silence
    most = planted.campaign_silence_most if campaign.silence_most is None else campaign.silence_most
    lapsed = (silence >= least) & (silence <= most) & (people.rebate == 0)
    channel = _channel(campaign, consents)
    customer, treated = _assign(scene, campaign, lapsed & (channel != "") & rested, scale)
    contact = clock.open_day(start + random.randint(0, campaign.spread, len(customer)))
    lives, won, unsubscribed = treat(scene, lives, campaign, customer, treated, contact)
    code = np.full(len(customer), number)
    return lives, Contacts(code, customer, contact, channel[customer], treated, won, unsubscribed)


def run_campaigns(
    scene: Scene[Behaviour], lives: Lives, unsubscribed: Numbers, scale: float
) -> tuple[Lives, Contacts, Numbers]:
    """Run all campaigns in order of date.

    Parameters
    ----------
    unsubscribed : array of float
        The day of the usual unsubscribing, or NaN.
    scale : float
        Customers of this world as a share of the default number.

    Returns
    -------
    Lives
        As the campaigns changed them.
    Contacts
    array of float
        The day of unsubscribing, be it for a campaign, or NaN.
    """
    people, sent = scene.people, []
    last_contact = np.full(len(people), -np.inf)
    quit_day = unsubscribed.copy()
    for number, campaign in enumerate(scene.planted.campaigns):
        start = scene.clock.number(campaign.starts)
        consents = {
            "email": (people.may_email == 1) & ~(quit_day <= start),
            "phone": people.may_phone == 1,
            "letter": people.may_letter == 1,
        }
        rested = start - last_contact >= REST_DAYS
        lives, contacts = run_campaign(scene, lives, number, consents, rested, scale)
        last_contact[contacts.customer] = contacts.day
        annoyed = contacts.take(contacts.unsubscribed >= 0)
        quit_day[annoyed.customer] = np.fmin(quit_day[annoyed.customer], annoyed.unsubscribed)
        sent.append(contacts)
    return lives, stack(sent), quit_day
