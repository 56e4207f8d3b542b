"""What a plan may bring: response, outcome and margin drawn together."""

from dataclasses import dataclass

import numpy as np

from playbook.campaign import Campaign
from playbook.catalogue import Offer, Response
from playbook.response import Form, incentive_return
from playbook.settings import Settings
from playbook.shadow_prices import NOBODY, Choice
from playbook.survival import Array

LEVEL = 0.90
MOST_DRAWS, LEAST_DRAWS = 2000, 200
WORK = 10_000_000
"""Draws times customers that are worth waiting for."""
WEIGHT = 6.0
"""How strongly a response keeps to its stated value within its range: that of a PERT distribution."""


@dataclass(frozen=True)
class ProfitDraws:
    """Profit of a plan in as many worlds as were drawn, client's currency."""

    draws: Array

    @property
    def interval(self) -> tuple[float, float]:
        """Return the central 90% of the draws."""
        if not len(self.draws):
            return 0.0, 0.0
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail])
        return float(low), float(high)

    @property
    def chance_of_profit(self) -> float:
        """Return the share of the worlds in which the plan brings more than it costs."""
        return float((self.draws > 0).mean()) if len(self.draws) else 0.0


def draw_response(response: Response, draws: int, random: np.random.Generator) -> Array:
    """Draw an offer's points from its range: a beta distribution on it whose mean is the stated value."""
    width = response.high - response.low
    if width <= 0:
        return np.full(draws, response.points)
    mean = np.clip((response.points - response.low) / width, 0.01, 0.99)
    return np.asarray(response.low + width * random.beta(WEIGHT * mean, WEIGHT * (1 - mean), draws))


def simulate(
    campaign: Campaign, choice: Choice, form: Form, value_range: tuple[float, float] | None = None
) -> ProfitDraws:
    """Draw the realised incremental profit of a plan.

    In every world each offer has one response for all; whoever would have come unaided comes with
    the offer too (where the response is not negative); the margin of each second life is lognormal
    with the settings' coefficient of variation; and whoever returned stays with ``stay_share``.

    Parameters
    ----------
    choice : array of int, shape (addressed,)
        Position of the offer; -1 for none.
    value_range : tuple of float
        90% interval of the mean value of a second life as a factor of its estimate: one draw for
        all customers in every world. None: taken as known.
    """
    chosen = np.flatnonzero(choice != NOBODY)
    settings, made = campaign.settings, choice[chosen]
    if not len(chosen):
        return ProfitDraws(np.empty(0))
    draws = int(np.clip(WORK // len(chosen), LEAST_DRAWS, MOST_DRAWS))
    random = np.random.default_rng([settings.seed, 7])
    offers = campaign.offers
    points = np.array([draw_response(offer.response, draws, random) for offer in offers])
    level = _lognormal(random, draws, _sigma_of_range(value_range))
    sigma = float(np.sqrt(np.log1p(settings.offers.margin_variation**2)))
    p0, v0, order = campaign.p0[chosen], campaign.v0[chosen], campaign.mean_order[chosen]
    share = np.array([offer.second_life_share for offer in offers])[made]
    contact = np.array([offer.cost for offer in offers])[made]
    on_return = np.array([incentive_return(offer, order) for offer in offers])[made, np.arange(len(chosen))]
    later = np.array([_paid_later(offer, settings) for offer in offers])[made]
    profits = np.empty(draws)
    for draw in range(draws):
        p1 = _with_offer(campaign, form, points[:, draw], p0, made)
        luck = random.random(len(chosen))
        value = v0 * level[draw] * _lognormal(random, len(chosen), sigma)
        stays = random.random(len(chosen)) < settings.offers.stay_share
        returned = (luck < p1) * (share * value - on_return - stays * later)
        profits[draw] = (returned - (luck < p0) * value - contact).sum()
    return ProfitDraws(profits)


def _with_offer(campaign: Campaign, form: Form, points: Array, p0: Array, made: Choice) -> Array:
    p1 = np.empty(len(p0))
    for offer in np.unique(made):
        rows = made == offer
        p1[rows] = campaign.chance_with(int(offer), form, float(points[offer]), p0[rows])
    return p1


def _paid_later(offer: Offer, settings: Settings) -> float:
    """Return the staying incentive, discounted to today."""
    return offer.incentive_stay * float((1 + settings.discount_rate) ** (-offer.stay_days / 365.25))


def _sigma_of_range(value_range: tuple[float, float] | None) -> float:
    """Return the spread of a lognormal whose central 90% has the width of the range."""
    if value_range is None or value_range[0] <= 0:
        return 0.0
    return float(np.log(value_range[1] / value_range[0]) / (2 * 1.645))


def _lognormal(random: np.random.Generator, size: int, sigma: float) -> Array:
    """Draw factors with mean 1."""
    return np.asarray(random.lognormal(-(sigma**2) / 2, sigma, size))
