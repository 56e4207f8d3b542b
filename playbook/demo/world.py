"""The demo retailer's world as it happened, and the truth that no export shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.demo.campaigns import Contacts
from playbook.demo.lives import Lives
from playbook.demo.people import People, Scene
from playbook.demo.planted import Behaviour
from playbook.demo.seasons import Numbers, Words

TRAITS = ("leaving_rate", "spend", "satisfaction", "thrift", "online", "account", "business", "rebate")


@dataclass(frozen=True)
class Truth:
    """What no export shows.

    Parameters
    ----------
    customers : DataFrame
        One row per contact, dates up to the last day and NaT after it: customer_id; group (new, old,
        gone, prospect, lead); occasional_kind; converts (an occasional buyer who stays after all);
        left_on (left for good); first_life_left_on; second_life_on and second_life_left_on (after a
        pause); won_on and won_left_on (a life begun by a campaign); unsolved_complaint_on (the first);
        and the traits gap_days and regularity (mean and gamma shape of the gaps, in shop days),
        leaving_rate (per day, before complaints), spend (CHF), satisfaction, thrift, online, account,
        business, rebate.
    contacts : DataFrame
        One row per row of the contacts table: won (the campaign began a life or an order that would
        not have been) and kind (emotional, material, financial, none).
    planted : mapping
        The parameters of the world, as in its `Behaviour`.
    """

    customers: pd.DataFrame
    contacts: pd.DataFrame
    planted: Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """Everything that happens until the end of the world, before it is cut at the last day."""

    scene: Scene[Behaviour]
    ids: Words
    lives: Lives
    contacts: Contacts


@dataclass(frozen=True)
class Demo:
    """The four canonical tables, as a reader of the exports should find them; the truth, and its world."""

    orders: pd.DataFrame
    customers: pd.DataFrame
    events: pd.DataFrame
    contacts: pd.DataFrame
    truth: Truth
    world: World


def ids_from(letter: str, first: int, people: People) -> Words:
    """Return a number for everyone, in the order in which they became known."""
    return np.array([f"{letter}{number}" for number in range(first, first + len(people))])


def as_seen(
    world: World,
    orders: pd.DataFrame,
    events: pd.DataFrame,
    book: pd.DataFrame,
    last: int,
    **more_truth: Words,
) -> Demo:
    """Return what the exports of the day `last` show of the world, and the truth.

    Parameters
    ----------
    orders, events : DataFrame
        customer (position in `People`, -1 for none), day, and the other columns as in the tables.
    book : DataFrame
        The customers table of the whole world.
    more_truth
        Further columns of the truth, one entry per contact of the world.
    """
    dates, people = world.scene.clock.dates, world.scene.people
    orders, events = (part[part["day"] <= last].reset_index(drop=True) for part in (orders, events))
    known = people.joined <= last
    known[events["customer"]] = True
    truth = _truth_of_customers(world, last).assign(**more_truth)
    contacts, won = _contacts(world, last)
    named = np.where(orders["customer"] < 0, "", world.ids[orders["customer"]])
    orders = orders.assign(customer_id=named, ordered_at=dates(orders["day"].to_numpy()))
    events = events.assign(
        customer_id=world.ids[events["customer"]], happened_at=dates(events["day"].to_numpy())
    )
    asked = [name for name in book if str(name).startswith("may_")]
    book = book.astype(dict.fromkeys(asked, "boolean"))
    book["acquired_on"] = book["acquired_on"].where(people.joined <= last)
    positions = ["customer", "day"]
    return Demo(
        orders=_blank_is_missing(orders.drop(columns=positions)),
        customers=_blank_is_missing(book[known].reset_index(drop=True)),
        events=_blank_is_missing(events.drop(columns=positions)),
        contacts=contacts,
        truth=Truth(truth[known].reset_index(drop=True), won, asdict(world.scene.planted)),
        world=world,
    )


def _blank_is_missing(table: pd.DataFrame) -> pd.DataFrame:
    """Make empty text missing."""
    texts = table.select_dtypes(object)
    return table.assign(**{str(name): texts[name].mask(texts[name] == "") for name in texts})


def _left_for_good(world: World, last: int) -> Numbers:
    """Return the day on which the last life begun by `last` ends; NaN where a pause will end later."""
    people, lives = world.scene.people, world.lives
    begun = np.where(lives.starts <= last, lives.leaves, -np.inf).max(axis=1)
    returns = lives.starts[:, 1] > last
    left = np.where(np.isinf(begun) | returns, np.nan, begun)
    return np.asarray(np.where(people.group == "gone", people.joined, left), dtype=np.float64)


def _first_unsolved(world: World) -> Numbers:
    """Return the day of each contact's first complaint that is never solved."""
    complaints = world.lives.complaints
    unsolved = complaints.take(complaints.solved < 0)
    day = np.full(len(world.scene.people), np.inf)
    np.minimum.at(day, unsolved.customer, unsolved.day)
    return np.where(np.isinf(day), np.nan, day)


def _truth_of_customers(world: World, last: int) -> pd.DataFrame:
    """Return the truth of all contacts, as described in `Truth`; no date is after `last`."""
    people, lives = world.scene.people, world.lives
    days = {
        "left_on": _left_for_good(world, last),
        "first_life_left_on": lives.leaves[:, 0],
        "second_life_on": lives.starts[:, 1],
        "second_life_left_on": lives.leaves[:, 1],
        "won_on": lives.starts[:, 2],
        "won_left_on": lives.leaves[:, 2],
        "unsolved_complaint_on": _first_unsolved(world),
    }
    seen = {name: ~np.isnan(day) & (day <= last) for name, day in days.items()}
    dates = {
        name: world.scene.clock.dates(np.where(seen[name], day, 0).astype(np.int64)).where(seen[name])
        for name, day in days.items()
    }
    table = {
        "customer_id": world.ids,
        "group": people.group,
        "occasional_kind": people.kind,
        "converts": people.converts,
        **dates,
        "gap_days": people.gap,
        "regularity": people.shape,
        **{name: getattr(people, name) for name in TRAITS},
    }
    return _blank_is_missing(pd.DataFrame(table))


def _contacts(world: World, last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the contacts table, and what only the truth knows of it; costs of contacts that were made."""
    campaigns = world.scene.planted.campaigns
    sent = world.contacts.take(world.contacts.day <= last)
    code, offer, kind = (
        np.array([getattr(campaign, name) for campaign in campaigns])[sent.campaign]
        for name in ("code", "offer", "kind")
    )
    cost = [campaigns[n].costs[channel] for n, channel in zip(sent.campaign, sent.channel, strict=True)]
    table = pd.DataFrame(
        {
            "campaign": code,
            "customer_id": world.ids[sent.customer],
            "contacted_at": world.scene.clock.dates(sent.day),
            "channel": sent.channel,
            "arm": np.where(sent.treated, "treated", "control"),
            "offer": pd.Series(offer).where(sent.treated),
            "cost": np.where(sent.treated, np.array(cost, dtype=float), np.nan),
        }
    )
    return table, table[["campaign", "customer_id"]].assign(won=sent.won, kind=kind)
