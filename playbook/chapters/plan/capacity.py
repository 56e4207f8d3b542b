"""Who and what makes the contacts, and how many a week."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from playbook.offers.catalogue import NAMED, Offer
from playbook.records.arrays import Array, Flags, Positions
from playbook.settings.client import Settings

OTHER_OWNER = 1


@dataclass(frozen=True)
class Capacities:
    """What limits the contacts of a week: each resource is an offer, a channel, or somebody responsible.

    Attributes
    ----------
    capacity : array, shape (resources,)
        Contacts per week.
    group : array of int, shape (customers,)
        0 for a customer without an owner, 1 for one whose owner has no limit of their own, from 2
        on one group for every other owner.
    uses : array of bool, shape (resources, groups, offers)
        Whether a contact takes from a resource.
    """

    capacity: Array
    group: Positions
    uses: Flags

    @property
    def staffed(self) -> Flags:
        """Whether there is anybody at all to make each contact, shape (customers, offers)."""
        possible = np.logical_and.reduce((self.capacity > 0)[:, None, None] | ~self.uses, axis=0)
        return np.asarray(possible[self.group])

    def with_more(self, offers: Flags, contacts: float) -> "Capacities":
        """Return the same with so many more contacts a week of everything that some offers use."""
        used = (self.uses & offers).any(axis=(1, 2))
        return replace(self, capacity=self.capacity + contacts * used)


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
    owner_of: list[str | None] = [None, None, *limited]
    places = {name: place for place, name in enumerate(limited, start=OTHER_OWNER + 1)}
    group = owners.map(places).fillna(owners.notna().astype(int))

    def everywhere(used: list[bool]) -> Flags:
        return np.repeat(np.array(used, dtype=bool)[None, :], len(owner_of), axis=0)

    limits: list[tuple[float, Flags]] = [
        (offer.capacity_per_week, everywhere([other is offer for other in offers]))
        for offer in offers
        if offer.capacity_per_week is not None
    ]
    for channel, limit in chosen.channel_capacity.items():
        limits.append((limit, everywhere([offer.channel == channel for offer in offers])))
    named = [offer.channel in NAMED for offer in offers]
    for name, limit in chosen.responsible_capacity.items():
        uses = everywhere([offer.responsible == name for offer in offers])
        # By phone and in person the owner speaks, whoever is responsible for the offer.
        uses[OTHER_OWNER:, named] = False
        for place, owner in enumerate(owner_of):
            uses[place, named] |= owner == name
        limits.append((limit, uses))
    limits = [(limit, uses) for limit, uses in limits if uses.any()]
    return Capacities(
        capacity=np.array([limit for limit, _ in limits], dtype=float),
        group=np.asarray(group, dtype=np.intp),
        uses=np.array([uses for _, uses in limits], dtype=bool).reshape(-1, len(owner_of), len(offers)),
    )
