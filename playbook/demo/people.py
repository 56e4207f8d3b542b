"""Who they are: what drives a contact's behaviour, none of which the shop can see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from playbook.demo.planted import KINDS, LAST_DAY, Planted
from playbook.demo.seasons import Clock, Days, Flags, Numbers

Words = NDArray[np.str_]


@dataclass(frozen=True)
class People:
    """One entry per contact, in the order in which they became known.

    Parameters
    ----------
    group : array of str
        new, old (customer before the log), gone (left before it), prospect or lead.
    kind : array of str
        The kind of occasional buyer, or empty.
    converts : array of bool
        An occasional buyer who becomes a slow regular after all.
    joined : array of int
        The day the contact became known; before day 0 for old and gone ones.
    gap, shape : array of float
        Mean gap between orders in shop days, and the gamma shape of the gaps.
    leaving_rate : array of float
        Leaving hazard per day before any complaint.
    spend : array of float
        Median list value of an order in CHF.
    satisfaction, thrift : array of float
        Standardised satisfaction; probability of buying at a discount in a sale.
    online : array of float
        Share of orders placed online.
    account, business : array of bool
        Has a login, so that visits are seen; is a business.
    may_email, may_phone, may_letter : array of float
        Consent: 1, 0, or NaN where nobody asked.
    """

    group: Words
    kind: Words
    converts: Flags
    joined: Days
    gap: Numbers
    shape: Numbers
    leaving_rate: Numbers
    spend: Numbers
    satisfaction: Numbers
    thrift: Numbers
    online: Numbers
    account: Flags
    business: Flags
    may_email: Numbers
    may_phone: Numbers
    may_letter: Numbers

    def __len__(self) -> int:
        return len(self.group)

    @property
    def occasional(self) -> Flags:
        """Whether the contact is an occasional buyer by nature."""
        return np.asarray(self.kind != "", dtype=np.bool_)


def _sizes(clock: Clock, customers: int, planted: Planted) -> dict[str, int]:
    """How many of each group live in the whole world, so that `customers` are known by the default end."""
    known = clock.number(min(LAST_DAY, clock.first + dt.timedelta(days=clock.days - 1))) + 1
    longer = clock.weights.sum() / clock.weights[:known].sum()
    fixed = {"old": round(customers * planted.old), "gone": round(customers * planted.gone)}
    growing = {
        "prospect": round(customers * planted.prospects * longer),
        "lead": round(customers * planted.leads * longer),
    }
    new = customers * (1 - planted.old - planted.gone - planted.prospects - planted.leads)
    return {**fixed, **growing, "new": round(new * longer)}


def arrivals_and_earlier(random: RandomState, clock: Clock, group: Words) -> Days:
    """Arrivals follow the shop's busy days; earlier customers came over the years before."""
    arrivals = clock.day(random.uniform(0, clock.weights.sum(), len(group)))
    earlier = -1 - random.exponential(800, len(group)).astype(np.int64) % 2500
    before = np.isin(group, ["old", "gone"])
    return np.where(before, earlier, np.minimum(arrivals, clock.days - 1)).astype(np.int64)


def _kinds(random: RandomState, group: Words, planted: Planted) -> Words:
    """Occasional buyers among the arriving customers."""
    edges = np.cumsum([planted.occasional[kind] for kind in KINDS])
    names = np.array([*KINDS, ""])
    drawn = names[np.searchsorted(edges, random.uniform(size=len(group)), side="right")]
    return np.asarray(np.where(group == "new", drawn, ""))


def consent(random: RandomState, size: int, yes: float, no: float) -> Numbers:
    """Draw consents: 1, 0, or NaN where nobody asked."""
    drawn = random.uniform(size=size)
    return np.where(drawn < yes, 1.0, np.where(drawn < yes + no, 0.0, np.nan))


def draw_people(random: RandomState, clock: Clock, customers: int, planted: Planted) -> People:
    """Draw everyone who lives in the shop's world, sorted by the day they joined."""
    sizes = _sizes(clock, customers, planted)
    group = np.repeat(list(sizes), list(sizes.values()))
    joined = arrivals_and_earlier(random, clock, group)
    order = np.argsort(joined, kind="stable")
    group, joined = group[order], joined[order]
    size = len(group)
    kind = _kinds(random, group, planted)
    occasional = kind != ""
    business = (random.uniform(size=size) < 0.06) & ~occasional
    satisfaction = random.standard_normal(size)
    gap = np.clip(planted.gap * np.exp(planted.gap_spread * random.standard_normal(size)), 12, 500)
    gap = np.where(business, gap * 0.6, gap)
    gap = np.where(occasional, 190.0, gap)
    frailty = random.standard_gamma(3.0, size) / 3.0
    rate = frailty * np.exp(-planted.satisfaction_effect * satisfaction) * (gap / planted.gap) ** 0.4
    rate = rate / planted.lifetime * np.where(group == "old", 0.85, 1.0)
    spend = 72 * np.exp(0.42 * random.standard_normal(size)) * np.where(business, 2.6, 1.0)
    return People(
        group=group,
        kind=kind,
        converts=occasional & (random.uniform(size=size) < planted.occasional_returns),
        joined=joined,
        gap=gap,
        shape=planted.regularity * np.exp(planted.regularity_spread * random.standard_normal(size)),
        leaving_rate=rate,
        spend=np.where(occasional, np.minimum(spend, 90) * 0.75, spend),
        satisfaction=satisfaction,
        thrift=random.beta(2, 3, size),
        online=np.where(kind == "online_only", 1.0, random.beta(0.7, 0.9, size)),
        account=random.uniform(size=size) < np.where(np.isin(group, ["prospect"]), 1.0, 0.34),
        business=business,
        may_email=consent(random, size, 0.62, 0.18),
        may_phone=consent(random, size, 0.76, 0.12),
        may_letter=consent(random, size, 0.84, 0.05),
    )
