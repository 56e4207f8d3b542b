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
        The parameters of the world, as in `Planted`.
    """

    customers: pd.DataFrame
    contacts: pd.DataFrame
    planted: Mapping[str, Any]


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
