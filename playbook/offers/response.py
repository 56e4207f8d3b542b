"""What an offer does to a return, and what that is worth."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.stats import beta, norm

from playbook.offers.catalogue import Offer, Response
from playbook.records.arrays import Array
from playbook.settings.client import Settings

Form = Literal["points", "odds"]

NEAR_CERTAIN = 1e-6
POINT = 1e-12
"""Standard deviation of a response without a range."""
HALF_YEAR = 180
"""Days after a return at which ``stay_share`` are still there."""
WEIGHT = 6.0
"""How strongly a response keeps to its stated value within its range: that of a PERT distribution."""
TAIL = float(norm.ppf(0.95))
"""Measured responses are given with their 90% intervals."""


def with_offer(p0: Array, points: Array | float, form: Form, reference: float | None = None) -> Array:
    """Return the return probability with an offer.

    The form decides who is chosen. Under "points" an offer adds the same to everybody, clipped to
    0..1. Under "odds" it multiplies everybody's odds by the same ratio, so that those in the
    middle gain most; the ratio is calibrated so that at the mean return probability of those
    addressed it adds just these points.

    Parameters
    ----------
    p0 : array
        Return probability without an offer.
    points : array or float
        What the offer adds, broadcast against ``p0``.
    form : {"points", "odds"}
    reference : float
        Mean return probability of those addressed; None: that of ``p0``. Used under "odds" only.
    """
    if form == "points":
        return np.clip(p0 + points, 0, 1)
    if reference is None:
        known = p0[~np.isnan(p0)]
        reference = float(known.mean()) if known.size else 0.5
    before = float(np.clip(reference, NEAR_CERTAIN, 1 - NEAR_CERTAIN))
    after = np.clip(before + np.asarray(points), NEAR_CERTAIN, 1 - NEAR_CERTAIN)
    ratio = after / (1 - after) * (1 - before) / before
    return np.asarray(ratio * p0 / (1 - p0 + ratio * p0))


def response_quantile(response: Response, share: float) -> float:
    """Return the points that an offer stays below with a chance of ``share``.

    Assumed: a beta distribution on the stated range whose mean is the stated value. Measured: a
    normal distribution with the interval as its central 90%. Both with the chance that the offer does
    nothing in them.
    """
    spread, nothing = _distribution(response), response.nothing
    harmful = (1 - nothing) * float(spread.cdf(0))
    if nothing and harmful <= share <= harmful + nothing:
        return 0.0
    return float(spread.ppf((share - nothing * (share > harmful)) / (1 - nothing)))


def draw_response(
    response: Response, draws: int, random: np.random.Generator, luck: Array | None = None
) -> Array:
    """Draw an offer's points from the distribution of `response_quantile`.

    Parameters
    ----------
    luck : array, shape (draws,)
        0 to 1: the offer does nothing where it is below the chance of that. The same for several
        offers: where one that is likely to work does nothing, so do all that are less likely to.
    """
    luck = random.random(draws) if luck is None else luck
    drawn = np.asarray(_distribution(response).rvs(draws, random_state=random))
    return np.where(luck < response.nothing, 0.0, drawn)


def share_of_range(response: Response) -> float:
    """Return where in its range a stated response lies, 0 to 1: the mean of its beta distribution."""
    return float(np.clip((response.points - response.low) / (response.high - response.low), 0.01, 0.99))


def _distribution(response: Response) -> Any:
    width = response.high - response.low
    if width <= 0:
        return norm(response.points, POINT)
    if response.source == "measured":
        return norm(response.points, width / (2 * TAIL))
    mean = share_of_range(response)
    return beta(WEIGHT * mean, WEIGHT * (1 - mean), loc=response.low, scale=width)


def incentive_return(offer: Offer, mean_order: Array) -> Array:
    """Return what is paid on return, by customer: the incentive, and the discount on one order.

    Parameters
    ----------
    mean_order : array
        Mean revenue of a customer's orders; where it is not known (NaN), a discount costs nothing.
    """
    return offer.incentive_return + offer.discount * np.nan_to_num(np.maximum(mean_order, 0))


def staying(days: int, settings: Settings) -> float:
    """Return q: the chance to be there still so many days after the return, discounted to today.

    ``stay_share`` is the share after half a year; before and after it the rate of leaving is taken
    to be the same.
    """
    share = settings.offers.stay_share ** (days / HALF_YEAR)
    return float(share * (1 + settings.discount_rate) ** (-days / 365.25))


def incentive_staying(offer: Offer, settings: Settings) -> float:
    """Return q · I_stay: what staying is expected to cost per customer who returned."""
    return sum(staying(part.days, settings) * part.amount for part in offer.stays)


def expected_profit(
    p0: Array,
    p1: Array,
    v0: Array,
    v1: Array,
    contact: Array | float,
    on_return: Array | float,
    on_staying: Array | float,
) -> Array:
    """Return the expected incremental profit of an offer to a customer.

    E = p1 · (V1 − I_return − q · I_stay) − p0 · V0 − c. Those who would have come anyway get the
    incentive too: that is in p1.

    Parameters
    ----------
    p0, p1 : array
        Return probability without and with the offer.
    v0, v1 : array
        Second lifetime value, and that of second lives under this offer.
    contact : array or float
        c, the cost of contact.
    on_return, on_staying : array or float
        I_return, and q · I_stay.
    """
    return p1 * (v1 - on_return - on_staying) - p0 * v0 - contact


def profit_of(
    offer: Offer,
    points: float,
    return_probability: Array,
    second_lifetime_value: Array,
    mean_order: Array,
    settings: Settings,
    form: Form | None = None,
    reference: float | None = None,
) -> Array:
    """Return the expected incremental profit of one offer under a response of so many points.

    ``form`` is the settings' own where None; ``reference`` as in `with_offer`.
    """
    p1 = with_offer(return_probability, points, form or settings.offers.response, reference)
    return profit_with(offer, p1, return_probability, second_lifetime_value, mean_order, settings)


def profit_with(
    offer: Offer,
    with_it: Array,
    return_probability: Array,
    second_lifetime_value: Array,
    mean_order: Array,
    settings: Settings,
    share: float | None = None,
) -> Array:
    """Return the expected incremental profit of one offer that brings the chance to return to ``with_it``.

    ``share`` of the usual is what a second life under it is worth; the offer's own where None.
    """
    return expected_profit(
        return_probability,
        with_it,
        second_lifetime_value,
        (offer.expected_share if share is None else share) * second_lifetime_value,
        offer.cost,
        incentive_return(offer, mean_order),
        incentive_staying(offer, settings),
    )


def best_optimistic_profit(
    offers: Sequence[Offer],
    return_probability: Array,
    second_lifetime_value: Array,
    mean_order: Array,
    settings: Settings,
) -> Array:
    """Return the expected profit of the best offer for each customer, under its optimistic response.

    The best of all offers, whatever their dates, channels and reasons, but for those of a kind that
    failed: where even this is not above 0, no offer can pay. NaN where the probability or the value is
    not known.

    Parameters
    ----------
    return_probability, second_lifetime_value : array, shape (customers,)
    mean_order : array, shape (customers,)
        Mean revenue of a customer's orders.
    """
    profits = [
        profit_of(offer, offer.response.high, return_probability, second_lifetime_value, mean_order, settings)
        for offer in [offer for offer in offers if offer.failed is None] or offers
    ]
    return np.asarray(np.max(profits, axis=0))
