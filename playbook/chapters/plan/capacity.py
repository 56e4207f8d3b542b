"""Who and what makes the contacts, and how many a week."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from playbook.chapters.plan.prices import Flags
from playbook.offers.catalogue import NAMED, Offer
from playbook.settings.client import Settings
from playbook.stats.survival import Array

NO_OWNER, OTHER_OWNER = 0, 1


@dataclass(frozen=True)
class Capacities:
    """What limits the contacts of a week.

    Attributes
    ----------
    names : tuple of str
        One a resource: an offer, a channel, or somebody responsible.
    channels : tuple of str
        The channels that a resource is used by.
    capacity : array, shape (resources,)
        Contacts per week.
    group : array of int, shape (customers,)
        0 for a customer without an owner, 1 for one whose owner has no limit of their own, from 2
        on one group for every other owner.
    uses : array of bool, shape (resources, groups, offers)
    """

    names: tuple[str, ...]
    channels: tuple[frozenset[str], ...]
    capacity: Array
    group: npt.NDArray[np.intp]
    uses: Flags

    def with_more(self, channel: str, contacts: float) -> Array:
        """Return the capacities with so many more contacts a week by a channel."""
        more = [contacts if channel in channels else 0.0 for channels in self.channels]
        return np.asarray(self.capacity + np.array(more))


def find_capacities(offers: Sequence[Offer], owners: pd.Series, settings: Settings) -> Capacities:
    """Return the limits of the catalogue and of client.yml, and which contacts take from them.

    Parameters
    ----------
    owners : Series of str
        Each customer's own contact person, who speaks for the client by phone and in person; null
        where there is none.
    """
    chosen = settings.offers
    limited = [name for name in chosen.responsible_capacity if (owners == name).any()]
    places = {name: place for place, name in enumerate(limited, start=OTHER_OWNER + 1)}
    groups = [None, None, *limited]
    group = owners.map(places).fillna(owners.notna().astype(int)).to_numpy(np.intp)
    named = np.array([offer.channel in NAMED for offer in offers])
    rows: list[tuple[str, float, Flags]] = []
    for k, offer in enumerate(offers):
        if offer.capacity_per_week is not None:
            rows.append(
                (offer.name, offer.capacity_per_week, _everywhere(len(groups), np.arange(len(offers)) == k))
            )
    for channel, limit in chosen.channel_capacity.items():
        mine = np.array([offer.channel == channel for offer in offers])
        rows.append((channel, limit, _everywhere(len(groups), mine)))
    for name, limit in chosen.responsible_capacity.items():
        uses = _everywhere(len(groups), np.array([offer.responsible == name for offer in offers]))
        uses[OTHER_OWNER:, named] = False
        for place, owner in enumerate(groups):
            if owner == name:
                uses[place, named] = True
        rows.append((name, limit, uses))
    rows = [row for row in rows if row[2].any()]
    by_offer = np.array([uses.any(axis=0) for _, _, uses in rows], dtype=bool).reshape(len(rows), len(offers))
    return Capacities(
        names=tuple(name for name, _, _ in rows),
        channels=tuple(
            frozenset(offer.channel for offer, used in zip(offers, of, strict=True) if used)
            for of in by_offer
        ),
        capacity=np.array([limit for _, limit, _ in rows], dtype=float),
        group=np.asarray(group, dtype=np.intp),
        uses=np.array([uses for _, _, uses in rows], dtype=bool).reshape(len(rows), len(groups), len(offers)),
    )


def _everywhere(groups: int, offers: Flags) -> Flags:
    return np.repeat(offers[None, :], groups, axis=0)
