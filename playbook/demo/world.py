"""The demo retailer's world as it happened, and the truth that no export shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.demo.campaigns import Contacts
from playbook.demo.lives import Lives
from playbook.demo.people import People, Words
from playbook.demo.planted import Behaviour
from playbook.demo.seasons import Clock, Flags, Numbers

TRAITS = ("leaving_rate", "spend", "satisfaction", "thrift", "online", "account", "business")


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
        business.
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
class Demo:
    """The four canonical tables, as a reader of the exports should find them, and the truth."""

    orders: pd.DataFrame
    customers: pd.DataFrame
    events: pd.DataFrame
    contacts: pd.DataFrame
    truth: Truth


@dataclass(frozen=True)
class World:
    """Everything that happens until the end of the world, before it is cut at the last day."""

    clock: Clock
    people: People
    ids: Words
    lives: Lives
    contacts: Contacts


def text_or_missing(column: pd.Series[Any]) -> pd.Series[Any]:
    """Make empty text missing."""
    return column.mask(column == "")


def _left_for_good(world: World, last: int) -> Numbers:
    """Return the day on which the last life begun by `last` ends; NaN where a pause will end later."""
    people, lives = world.people, world.lives
    begun = np.where(lives.starts <= last, lives.leaves, -np.inf).max(axis=1)
    returns = lives.starts[:, 1] > last
    left = np.where(np.isinf(begun) | returns, np.nan, begun)
    return np.asarray(np.where(people.group == "gone", people.joined, left), dtype=np.float64)


def _first_unsolved(world: World) -> Numbers:
    """Return the day of each contact's first complaint that is never solved."""
    complaints = world.lives.complaints
    day = np.full(len(world.people), np.inf)
    unsolved = complaints.solved < 0
    np.minimum.at(day, complaints.customer[unsolved], complaints.day[unsolved])
    return np.where(np.isinf(day), np.nan, day)


def truth_of_customers(world: World, known: Flags, last: int) -> pd.DataFrame:
    """Return the truth of the contacts `known`, as described in `Truth`; no date is after `last`."""
    people, lives = world.people, world.lives
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
        name: world.clock.dates(np.where(seen[name], day, 0).astype(np.int64)).where(seen[name])
        for name, day in days.items()
    }
    traits = {name: getattr(people, name) for name in TRAITS}
    table = pd.DataFrame(
        {
            "customer_id": world.ids,
            "group": people.group,
            "occasional_kind": text_or_missing(pd.Series(people.kind)),
            "converts": people.converts,
            **dates,
            "gap_days": people.gap,
            "regularity": people.shape,
            **traits,
        }
    )
    return table[known].reset_index(drop=True)


def customers_table(
    world: World, book: pd.DataFrame, known_ones: Flags, last: int, texts: tuple[str, ...]
) -> pd.DataFrame:
    """Return the contacts known; `texts` names the columns whose empty text is missing."""
    known = book[known_ones].reset_index(drop=True)
    columns: dict[str, Any] = {name: text_or_missing(known[name]) for name in texts}
    for name in known.columns[known.columns.str.startswith("may_")]:
        columns[name] = known[name].astype("boolean")
    columns["acquired_on"] = known["acquired_on"].where(world.people.joined[known_ones] <= last)
    return known.assign(**columns)


def events_table(world: World, events: pd.DataFrame, last: int) -> pd.DataFrame:
    """Return the events up to the last day."""
    events = events[events["day"] <= last].reset_index(drop=True)
    return pd.DataFrame(
        {
            "customer_id": world.ids[events["customer"]],
            "happened_at": world.clock.dates(events["day"].to_numpy()),
            "kind": events["kind"],
            "value": events["value"],
            "detail": text_or_missing(events["detail"]),
        }
    )


def contacts_tables(world: World, planted: Behaviour, last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the contacts table, and what only the truth knows of it; costs of contacts that were made."""
    sent = world.contacts
    code, offer, kind = (
        np.array([getattr(campaign, name) for campaign in planted.campaigns])[sent.campaign]
        for name in ("code", "offer", "kind")
    )
    cost = np.array(
        [planted.campaigns[n].costs[c] for n, c in zip(sent.campaign, sent.channel, strict=True)], dtype=float
    )
    table = pd.DataFrame(
        {
            "campaign": code,
            "customer_id": world.ids[sent.customer],
            "contacted_at": world.clock.dates(sent.day),
            "channel": sent.channel,
            "arm": np.where(sent.treated, "treated", "control"),
            "offer": pd.Series(offer).where(sent.treated),
            "cost": np.where(sent.treated, cost, np.nan),
        }
    )
    truth = pd.DataFrame(
        {"campaign": code, "customer_id": table["customer_id"], "won": sent.won, "kind": kind}
    )
    seen = sent.day <= last
    return table[seen].reset_index(drop=True), truth[seen].reset_index(drop=True)
