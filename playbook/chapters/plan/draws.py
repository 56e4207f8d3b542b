"""What a plan may bring: response, outcome and margin drawn together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playbook.archive.findings import Finding
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.prices import NOBODY
from playbook.offers.catalogue import Offer
from playbook.offers.response import (
    HALF_YEAR,
    TAIL,
    Form,
    draw_response,
    incentive_return,
    incentive_staying,
    with_offer,
)
from playbook.records.arrays import Array, Flags, Positions
from playbook.settings.client import Settings

LEVEL = 0.90
ENDS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
EVEN = 0.5
"""Chance of a profit below which a plan is not to be carried out."""
MOST_DRAWS, LEAST_DRAWS = 2000, 200
WORK = 10_000_000
"""Draws times customers that are worth waiting for."""


@dataclass(frozen=True)
class ProfitDraws:
    """Profit of a plan in as many worlds as were drawn, client's currency.

    Attributes
    ----------
    draws : array, shape (worlds,)
    by_offer : array, shape (worlds, offers)
        The same by offer of the catalogue.
    """

    draws: Array
    by_offer: Array

    @property
    def interval(self) -> tuple[float, float]:
        """Return the central 90% of the draws."""
        if not len(self.draws):
            return 0.0, 0.0
        low, high = np.quantile(self.draws, ENDS)
        return float(low), float(high)

    def interval_of(self, offer: int) -> tuple[float, float]:
        """Return the central 90% of what an offer brings."""
        low, high = np.quantile(self.by_offer[:, offer], ENDS)
        return float(low), float(high)

    @property
    def chance_of_profit(self) -> float:
        """Return the share of the worlds in which the plan brings more than it costs."""
        return float((self.draws > 0).mean()) if len(self.draws) else 0.0


def relative_interval(finding: Finding | None) -> tuple[float, float] | None:
    """Return the interval of an earlier chapter's finding as factors of its value; None without one."""
    if finding is None or not finding.value or finding.low is None or finding.high is None:
        return None
    return finding.low / finding.value, finding.high / finding.value


@dataclass(frozen=True)
class Worlds:
    """What holds for all customers in each of the worlds drawn.

    Attributes
    ----------
    points, shares : array, shape (offers, worlds)
        What each offer adds to the return probability, and its second life as a share of the usual.
    value, chance : array, shape (worlds,)
        Factors of everybody's second life and of everybody's return probability unaided.
    odds : array of bool, shape (worlds,)
        Whether offers multiply the odds, instead of adding the same points.
    """

    points: Array
    shares: Array
    value: Array
    chance: Array
    odds: Flags

    def form(self, world: int) -> Form:
        """Return the form of the response in a world."""
        return "odds" if self.odds[world] else "points"


Range = tuple[float, float] | None
"""90% interval of an estimate, as factors of it; None: taken as known."""


def draw_worlds(
    campaign: Campaign, customers: int, ranges: tuple[Range, Range], random: np.random.Generator
) -> Worlds:
    """Draw as many worlds as there is time for with so many customers.

    In every world offers add the same points for everybody, or multiply the odds, as a coin falls (what
    is claimed beyond the tested silence lies between the two); each offer has one response for all, or
    does nothing, and one share of the usual second life.

    Parameters
    ----------
    ranges
        Of the mean value of a second life, and of the customers expected to return unaided.
    """
    worlds = int(np.clip(WORK // max(customers, 1), LEAST_DRAWS, MOST_DRAWS))
    offers = campaign.offers
    luck, coins = random.random(worlds), random.random(worlds)
    points = np.array([draw_response(offer.response, worlds, random, luck) for offer in offers])
    shares = np.array(
        [
            offer.second_life_share * _lognormal(random, worlds, sigma_of_range(offer.second_life_range))
            for offer in offers
        ]
    )
    idle = luck < np.array([offer.response.nothing for offer in offers])[:, None]
    shares = np.where(idle, 1.0, shares)  # what does nothing changes no second life either
    value = _lognormal(random, worlds, sigma_of_range(ranges[0]))
    chance = _lognormal(random, worlds, sigma_of_range(ranges[1]))
    return Worlds(points, shares, value, chance, coins >= 0.5)


def simulate(
    campaign: Campaign, choice: Positions, worlds: Worlds, random: np.random.Generator
) -> ProfitDraws:
    """Draw the realised incremental profit of a plan.

    Whoever would have come unaided comes with the offer too (where the response is not negative); the
    margin of each second life is lognormal with the settings' coefficient of variation; and whoever
    returned leaves again at the rate that ``stay_share`` says.

    Parameters
    ----------
    choice : array of int, shape (addressed,)
        Position of the offer; -1 for none.
    """
    chosen = np.flatnonzero(choice != NOBODY)
    settings, offers, made = campaign.settings, campaign.offers, choice[chosen]
    if not len(chosen):
        return ProfitDraws(np.empty(0), np.empty((0, len(offers))))
    sigma = float(np.sqrt(np.log1p(settings.offers.margin_variation**2)))
    p0, v0 = campaign.p0[chosen], campaign.v0[chosen]
    contact, on_return = _costs(campaign, chosen, made)
    profits, by_offer = np.empty(len(worlds.value)), np.empty((len(worlds.value), len(offers)))
    for world in range(len(profits)):
        unaided = np.clip(p0 * worlds.chance[world], 0, 1)
        p1 = _with_offer(campaign, worlds.form(world), worlds.points[:, world], unaided, made)
        luck = random.random(len(chosen))
        value = v0 * worlds.value[world] * _lognormal(random, len(chosen), sigma)
        later = paid_later(offers, made, random.random(len(chosen)), settings)
        returned = (luck < p1) * (worlds.shares[made, world] * value - on_return - later)
        brought = returned - (luck < unaided) * value - contact
        profits[world], by_offer[world] = brought.sum(), np.bincount(made, brought, len(offers))
    return ProfitDraws(profits, by_offer)


def customer_intervals(campaign: Campaign, choice: Positions, worlds: Worlds) -> tuple[Array, Array]:
    """Return the central 90% of what each contact is expected to bring, over the worlds drawn.

    What a single customer does by chance is not in it: added up, the ends lie near those of the plan.

    Returns
    -------
    array, array
        Lower and upper end by the addressed, nan where there is no offer.
    """
    low, high = np.full(len(choice), np.nan), np.full(len(choice), np.nan)
    chosen = np.flatnonzero(choice != NOBODY)
    for part in np.array_split(chosen, max(1, len(chosen) * len(worlds.value) // WORK)):
        made = choice[part]
        later = np.array([incentive_staying(offer, campaign.settings) for offer in campaign.offers])[made]
        contact, on_return = _costs(campaign, part, made)
        expected = np.empty((len(worlds.value), len(part)))
        for world in range(len(expected)):
            unaided = np.clip(campaign.p0[part] * worlds.chance[world], 0, 1)
            p1 = _with_offer(campaign, worlds.form(world), worlds.points[:, world], unaided, made)
            value = campaign.v0[part] * worlds.value[world]
            returned = p1 * (worlds.shares[made, world] * value - on_return - later)
            expected[world] = returned - unaided * value - contact
        low[part], high[part] = np.quantile(expected, ENDS, axis=0)
    return low, high


def _costs(campaign: Campaign, rows: Positions, made: Positions) -> tuple[Array, Array]:
    """Return what the contact of each of these rows costs, and its incentive on return."""
    contact = np.array([offer.cost for offer in campaign.offers])[made]
    by_offer = [incentive_return(offer, campaign.mean_order[rows]) for offer in campaign.offers]
    return contact, np.array(by_offer)[made, np.arange(len(rows))]


def _with_offer(campaign: Campaign, form: Form, points: Array, p0: Array, made: Positions) -> Array:
    p1 = np.empty(len(p0))
    for offer in np.unique(made):
        of = made == offer
        p1[of] = with_offer(p0[of], points[offer], form, float(campaign.references[offer]))
    return p1


def paid_later(offers: Sequence[Offer], made: Positions, luck: Array, settings: Settings) -> Array:
    """Return the staying incentives of those who returned, by how long each stays, discounted to today.

    Parameters
    ----------
    made : array of int, shape (contacts,)
        Position of each contact's offer.
    luck : array, shape (contacts,)
        0 to 1: whoever drew less than the chance to be there still is there.
    """
    paid = np.zeros(len(made))
    for k, offer in enumerate(offers):
        for part in offer.stays:
            there = luck < settings.offers.stay_share ** (part.days / HALF_YEAR)
            worth = part.amount * (1 + settings.discount_rate) ** (-part.days / 365.25)
            paid += (made == k) * there * worth
    return paid


def sigma_of_range(interval: Range) -> float:
    """Return the spread of a lognormal with the mean and the variance of a normal of this 90% interval.

    Its lower end may be 0: a factor that may be anything is not one that is known.
    """
    if interval is None or sum(interval) <= 0:
        return 0.0
    low, high = interval
    return float(np.sqrt(np.log1p(((high - low) / TAIL / (high + low)) ** 2)))


def _lognormal(random: np.random.Generator, size: int, sigma: float) -> Array:
    """Draw factors with mean 1."""
    return np.asarray(random.lognormal(-(sigma**2) / 2, sigma, size))
