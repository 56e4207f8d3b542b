"""Chapter 07, first part: who is addressed, what could be offered to whom, and who is held back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from playbook.chapters.plan.capacity import Capacities, find_capacities
from playbook.chapters.plan.prices import Problem
from playbook.offers.catalogue import Offer
from playbook.offers.first_words import as_most_speak
from playbook.offers.response import (
    Form,
    incentive_return,
    incentive_staying,
    profit_with,
    response_quantile,
    with_offer,
)
from playbook.offers.window import Window
from playbook.records.arrays import Array, Flags, Positions
from playbook.records.consent import without_addresses
from playbook.records.history import History
from playbook.records.reach import reach
from playbook.records.selection import selected
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import KINDS
from playbook.stats import return_probability
from playbook.stats.cancellations import lost_by_cancellation

STRATA = 5
"""Fifths of the score within which the holdout is drawn."""

REACHED_ALREADY = ("suppressed", "contacted_recently")
"""Nobody is addressed under another number who is left alone for one of these reasons."""


@dataclass(frozen=True)
class Campaign:
    """Everything that is known before anybody is chosen.

    Attributes
    ----------
    everybody : DataFrame
        All customers by customer_id, with what `reach` says, contactable, cancelled (bool: the contract
        was, with no order since) and status:
        "addressed", or the first reason of `_status` why not, or "same_person" (would be addressed,
        but is so, or left alone, under another number: see `same_person.Everybody`).
    people : DataFrame
        The addressed, by customer_id: customer_id, rank, score, return_probability,
        second_lifetime_value, mean_order (revenue per order), reason, owner, complaint,
        cancellation, and the columns of `reach`.
    offers : tuple of Offer
    suits : array of bool, shape (addressed, offers)
        Channel allowed and reason suited.
    chances : array, shape (addressed, weeks)
        Return probability without an offer at the end of each week of the window.
    held_back : array of bool, shape (addressed,)
        Whom chance bars from every offer; see `Plan.held_back` for those who would have got one.
    """

    everybody: pd.DataFrame
    people: pd.DataFrame
    offers: tuple[Offer, ...]
    suits: Flags
    chances: Array
    window: Window
    settings: Settings
    held_back: Flags
    unaddressed: tuple[str, ...] = ()

    @property
    def p0(self) -> Array:
        """Return probability of the addressed today, without an offer."""
        return self.people["return_probability"].to_numpy(float)

    @property
    def v0(self) -> Array:
        """Second lifetime value of the addressed."""
        return self.people["second_lifetime_value"].to_numpy(float)

    @property
    def mean_order(self) -> Array:
        """Mean revenue per order of the addressed."""
        return self.people["mean_order"].to_numpy(float)

    @cached_property
    def spared(self) -> Flags:
        """Who of the addressed is never held back: those whose second lives are worth most."""
        most = np.argsort(-self.v0, kind="stable")[: self.settings.offers.never_hold_back]
        return np.isin(np.arange(len(self.people)), most)

    @cached_property
    def reference(self) -> float:
        """Mean return probability of the addressed, at which the odds ratio is calibrated."""
        return float(self.p0.mean()) if len(self.people) else 0.5

    def response_of(self, offer: int, scale: float = 1.0) -> float:
        """Return the points of an offer, scaled."""
        return scale * self.offers[offer].response.expected

    @cached_property
    def tested(self) -> Array:
        """How far each offer's response holds for each of the addressed, shape (addressed, offers).

        1 within the silence of those on whom it was measured, or where it never was; beyond it the
        nearer end of that silence over the customer's, or the reverse where that is shorter.
        """
        silence = self.people["silence_days"].to_numpy(float)
        held = np.ones((len(silence), len(self.offers)))
        for k, offer in enumerate(self.offers):
            if offer.response.tested is not None:
                low, high = np.maximum(offer.response.tested, 1.0)
                held[:, k] = np.minimum(1, np.minimum(high / np.maximum(silence, 1), silence / low))
        return held

    @cached_property
    def references(self) -> Array:
        """Where each offer's odds ratio is calibrated: the mean chance of those within its tested silence."""
        inside = self.tested >= 1
        sums, counts = (inside * self.p0[:, None]).sum(axis=0), inside.sum(axis=0)
        return np.where(counts > 0, sums / np.maximum(counts, 1), self.reference)

    def chance_with(
        self, offer: int, form: Form, points: float, p0: Array | None = None, rows: Any = slice(None)
    ) -> Array:
        """Return probability of the addressed (of ``rows`` of them) with an offer.

        Beyond the tested silence the same points fall towards what the same odds ratio adds.
        """
        p0, reference = self.p0[rows] if p0 is None else p0, float(self.references[offer])
        held = self.tested[rows, offer]
        p1 = with_offer(p0, points, form, reference)
        if form == "odds" or points <= 0 or (held >= 1).all():
            return p1
        same_odds = np.minimum(with_offer(p0, points, "odds", reference), p1)
        return np.asarray(held * p1 + (1 - held) * same_odds)

    def profit(self, offer: int, form: Form, points: float, p0: Array | None = None) -> Array:
        """Return the expected profit of an offer to each of the addressed.

        An offer that adds fewer points than expected also changes second lives by as much less: one
        that does nothing must not seem to pay through those who would have come anyway.
        """
        p0, made = self.p0 if p0 is None else p0, self.offers[offer]
        p1, expected = self.chance_with(offer, form, points, p0), made.response.expected
        of_it = min(1.0, max(points, 0.0) / expected) if expected > 0 else 1.0
        share = 1 + of_it * (made.expected_share - 1)
        return profit_with(made, p1, p0, self.v0, self.mean_order, self.settings, share)

    def spend(self, offer: int, form: Form, points: float) -> Array:
        """Return the expected spend: the contact, and the incentives of those who return."""
        made = self.offers[offer]
        paid = incentive_return(made, self.mean_order) + incentive_staying(made, self.settings)
        return made.cost + self.chance_with(offer, form, points) * paid

    @cached_property
    def capacities(self) -> Capacities:
        """What limits the contacts of a week."""
        return find_capacities(self.offers, self.people["owner"], self.settings)

    def problem(
        self,
        form: Form | None = None,
        scale: float = 1.0,
        budget: float | None = None,
        capacities: Capacities | None = None,
        with_held_back: bool = False,
    ) -> Problem:
        """Return what may be offered to whom and what it brings.

        Parameters
        ----------
        form : {"points", "odds"}
            Form of the response; None: the settings'.
        scale : float
            Multiplies every response.
        budget : float
            None: the settings'.
        capacities : Capacities
            None: those of the settings and the catalogue.
        with_held_back : bool
            As if nobody were held back.
        """
        form, known = form or self.settings.offers.response, capacities or self.capacities
        shape = len(self.people), len(self.offers)
        profit, spend = np.full(shape, -np.inf), np.zeros(shape)
        first_week, last_week = np.ones(len(self.offers), dtype=np.intp), np.ones(shape, dtype=np.intp)
        open_to = self.suits & known.staffed
        if not with_held_back:
            open_to &= ~self.held_back[:, None]
        open_to &= np.array([offer.failed is None for offer in self.offers], dtype=bool)
        for k, offer in enumerate(self.offers):
            first, last = self.window.open_weeks(offer)
            points = self.response_of(k, scale)
            weeks = self._paying_weeks(k, form, points, last)
            pays = (weeks >= first) & self._surely_pays(k, form, scale)
            expected = self.profit(k, form, points)
            profit[:, k] = np.where(open_to[:, k] & pays & (expected > 0), expected, -np.inf)
            spend[:, k] = self.spend(k, form, points)
            first_week[k] = min(first, self.window.weeks)
            last_week[:, k] = np.clip(weeks, 1, self.window.weeks)
        chosen = self.settings.offers
        limited = [kind for kind in KINDS if kind in chosen.kind_budgets]
        of_kind = [[offer.kind == kind for offer in self.offers] for kind in limited]
        return Problem(
            profit=self._call_before_confirming(profit),
            spend=spend,
            last_week=last_week,
            first_week=first_week,
            weeks=self.window.weeks,
            budget=chosen.budget if budget is None else budget,
            group=known.group,
            capacity=known.capacity,
            uses=known.uses,
            kind_budget=np.array([chosen.kind_budgets[kind] for kind in limited], dtype=float),
            of_kind=np.array(of_kind, dtype=bool).reshape(len(limited), len(self.offers)),
        )

    def _surely_pays(self, offer: int, form: Form, scale: float) -> Flags:
        """Whether an offer pays with the least chance that the settings ask for."""
        least = self.settings.offers.least_chance
        if not least:
            return np.ones(len(self.people), dtype=bool)
        points = scale * response_quantile(self.offers[offer].response, 1 - least)
        return np.asarray(self.profit(offer, form, points) > 0)

    def _paying_weeks(self, offer: int, form: Form, points: float, last: int) -> Positions:
        """Return the last week, up to ``last``, through which an offer goes on paying; 0: not even one."""
        paying = np.zeros((self.window.weeks, len(self.people)), dtype=bool)
        for week in range(last):
            paying[week] = self.profit(offer, form, points, self.chances[:, week]) > 0
        return np.asarray(np.logical_and.accumulate(paying, axis=0).sum(axis=0), dtype=np.intp)

    def _call_before_confirming(self, profit: Array) -> Array:
        """Leave those who announced a cancellation the telephone only, where that is possible."""
        phone = np.array([offer.channel == "phone" for offer in self.offers])
        leaving = self.people["cancellation"].to_numpy(bool) & np.isfinite(profit[:, phone]).any(axis=1)
        profit[np.ix_(leaving, ~phone)] = -np.inf
        return profit


def prepare(
    customers: pd.DataFrame, history: History, sources: Sources | None, offers: Sequence[Offer]
) -> Campaign:
    """Find who is addressed, what suits them, and draw the holdout.

    Parameters
    ----------
    customers : DataFrame
        The customer table with the columns of chapters 03, 04 and 06.
    """
    settings = history.settings
    known = reach(customers, sources, settings, history.as_of)
    settings = as_most_speak(settings, known)
    known = known.drop(columns="customer_id")
    kept = customers.drop(columns=[name for name in known if name in customers])
    everybody = pd.concat([kept.reset_index(drop=True), known], axis=1)
    channels = dict.fromkeys(f"may_{offer.channel}" for offer in offers)
    everybody["contactable"] = everybody[list(channels)].any(axis=1)
    everybody["status"] = _status(everybody, selected(everybody, settings, history.as_of), settings)
    everybody.loc[_doubled(everybody), "status"] = "same_person"
    everybody["cancelled"] = lost_by_cancellation(everybody, history)
    people = everybody[everybody["status"] == "addressed"].reset_index(drop=True)
    people["mean_order"] = people["revenue"] / people["orders"].clip(lower=1)
    window = Window(history.as_of, settings.offers.weeks)
    campaign = Campaign(
        everybody=everybody,
        people=people,
        offers=tuple(offers),
        suits=_suits(people, offers),
        chances=_chances(people, history, window),
        window=window,
        settings=settings,
        held_back=np.zeros(len(people), dtype=bool),
        unaddressed=without_addresses(sources),
    )
    return _hold_back(campaign)


def _status(everybody: pd.DataFrame, chosen: Flags, settings: Settings) -> Any:
    """Say why a customer is not addressed, by the first reason that applies, or that they are.

    A selection stands over the label occasional; without one, the occasional buyers who are left
    out are never addressed.
    """
    ranked = everybody["class"]
    out = np.zeros(len(everybody), dtype=bool)
    if settings.selection is None and "left_out" in everybody:
        out = everybody["left_out"].to_numpy(bool)
    consents = [name for name in everybody if str(name).startswith("consent_")]
    reasons: dict[str, Any] = {
        "not_selected": ~chosen,
        "lost_for_good": everybody["lost_for_good"],
        "suppressed": (everybody[consents] == "suppressed").any(axis=1),
        "not_contactable": ~everybody["contactable"],
        "contacted_recently": everybody["contacted_recently"],
        "left_out": out,
        "not_ranked": ranked.isna(),
        "let_go": ranked == "let_go",
        "wait": ranked == "wait",
        "value_unknown": everybody["return_probability"].isna() | everybody["second_lifetime_value"].isna(),
    }
    return np.select(list(reasons.values()), list(reasons), "addressed")


def _doubled(everybody: pd.DataFrame) -> pd.Index:
    """Return the rows of the addressed who are so under a better-ranked number, or left alone under one."""
    who = everybody.loc[
        everybody["status"].isin(["addressed", *REACHED_ALREADY]), ["status", "rank", "person"]
    ]
    who["addressed"] = who["status"] == "addressed"
    who = who.sort_values(["addressed", "rank"], kind="stable")
    return who.index[who["addressed"] & who["person"].duplicated()]


def _suits(people: pd.DataFrame, offers: Sequence[Offer]) -> Flags:
    """Return which offers may be made to whom, by channel, reason and, where it is known, stage.

    An unsolved complaint leaves only what suits a complaint: apology and repair before money.
    """
    complaint, leaving = people["complaint"].to_numpy(bool), people["cancellation"].to_numpy(bool)
    suits = np.zeros((len(people), len(offers)), dtype=bool)
    for k, offer in enumerate(offers):
        usual = ~complaint & (not offer.suits or (leaving & ("cancellation" in offer.suits)))
        reason = usual | (complaint & ("complaint" in offer.suits))
        suits[:, k] = reason & people[f"may_{offer.channel}"].to_numpy(bool)
        if offer.stages and "stage" in people:
            suits[:, k] &= people["stage"].isin(offer.stages).to_numpy(bool)
    return suits


def _chances(people: pd.DataFrame, history: History, window: Window) -> Array:
    """Return the return probability at the end of each week: today's, in proportion to the model's."""
    today = people["return_probability"].to_numpy(float)
    model = return_probability.fit(history, history.settings.horizon_days, draws=1) if len(people) else None
    if model is None:
        return np.repeat(today[:, None], window.weeks, axis=1)
    now = model.predict(people)
    chances = []
    for week in range(1, window.weeks + 1):
        days = (window.sunday(week) - window.as_of).days
        later = model.predict(people, later_days=days)
        chances.append(today * np.divide(later, now, out=np.ones_like(now), where=now > 0))
    return np.asarray(np.clip(np.array(chances).T, 0, 1))


def _hold_back(campaign: Campaign) -> Campaign:
    """Draw a random tenth of those for whom some offer pays, by fifths of the score; nobody spared."""
    worth = np.flatnonzero(np.isfinite(campaign.problem().profit).any(axis=1) & ~campaign.spared)
    held_back = np.zeros(len(campaign.people), dtype=bool)
    settings = campaign.settings
    held_back[worth] = stratified_draw(
        campaign.people["score"].to_numpy(float)[worth], settings.offers.holdout_share, settings.seed
    )
    return replace(campaign, held_back=held_back)


def stratified_draw(score: Array, share: float, seed: int | Sequence[int]) -> Flags:
    """Draw a share of customers by chance, evenly from each fifth of the score.

    A systematic sample in random order within the fifths: everybody has the same chance, and each
    fifth its part, to within one customer. Where the share is less than one customer, nobody.

    Parameters
    ----------
    score : array, shape (customers,)
    share : float
        0 to 1.
    """
    n = len(score)
    drawn = np.zeros(n, dtype=bool)
    if n * share < 1:
        return drawn
    random = np.random.default_rng(seed)
    fifth = np.argsort(np.argsort(score, kind="stable"), kind="stable") * STRATA // n
    order = np.lexsort((random.random(n), fifth))
    steps = np.floor((np.arange(n + 1) + random.random() / share) * share)
    drawn[order] = np.diff(steps) > 0
    return drawn
