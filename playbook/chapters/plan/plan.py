"""Chapter 07: who offers what to whom, by which channel, until when, and what it brings."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.plan.assignment import NEAR_ENOUGH, Assignment, assign, nobody
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.draws import (
    EVEN,
    ProfitDraws,
    Range,
    customer_intervals,
    draw_worlds,
    simulate,
)
from playbook.chapters.plan.pilot import Pilot, draw_pilot
from playbook.chapters.plan.plan_sheet import LATER, all_contacts
from playbook.chapters.plan.prices import Problem
from playbook.chapters.plan.selection import lost_for_good_findings, selection_findings, selection_sentences
from playbook.chapters.plan.words import offers_sentences
from playbook.offers.catalogue import Offer
from playbook.offers.first_words import codes
from playbook.offers.names import channel_names, kind_names
from playbook.offers.response import Form
from playbook.records.arrays import Flags, Positions
from playbook.settings.offers import CHANNELS, KINDS
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result

NO_CONTACT = (
    "lost_for_good",
    "suppressed",
    "not_contactable",
    "contacted_recently",
    "same_person",
    "left_out",
    "let_go",
    "wait",
    "value_unknown",
    "held_back",
    "no_room",
    "not_ranked",
    "no_offer_pays",
)
"""Why a customer who was selected is not contacted, in the order of the findings."""


Ranges = tuple[Range, Range]

LEAST_MEASURED = 0.5
"""Share of the expected profit that must have been measured for the advice to do it."""


@dataclass(frozen=True)
class Plan(Result):
    """One offer at most for each of the addressed, and what that is expected to bring.

    Attributes
    ----------
    campaign : Campaign
    form : str
        Form of the response under which it was made.
    assignment : Assignment
        Position of the offer for each of the addressed; -1: none.
    undivided : Assignment
        The same, had nobody been held back.
    contacts : DataFrame
        One row per contact, by week, responsible and expected profit: customer_id, rank, offer, offer_kind,
        channel, responsible, week (its Monday), contact_by, contact_cost, incentive_return,
        incentive_stay (paid if earned, client's currency), return_probability,
        return_probability_with_offer, expected_profit and its low and high under the ends of the
        response's range, expected_spend, assumed (consent assumed), reason, first_words, measured
        (bool: the offer's response was measured, on customers of such a silence), beyond (bool: it
        was, on customers of another silence), wave (pilot: now; later: only if the pilot works; empty
        without a pilot), spared (bool: never held back, so never compared with those who are).
    draws : ProfitDraws
        The profit in worlds drawn, of this plan, or of the best one where that is too unlikely to pay.
    pilot : Pilot or None
        The arms of a plan that is to be tried small.
    """

    campaign: Campaign
    form: Form
    assignment: Assignment
    undivided: Assignment
    contacts: pd.DataFrame
    draws: ProfitDraws
    pilot: Pilot | None = None

    @property
    def sent(self) -> pd.DataFrame:
        """The contacts that are made now: all but the later wave."""
        return self.contacts[self.contacts["wave"] != LATER]

    def best(self, problem: Problem, near_enough: float = NEAR_ENOUGH) -> Assignment:
        """Return the best assignment of another `problem`, without those whom a pilot holds back."""
        found = assign(problem, near_enough)
        return found.without(self.held_back, problem) if self.pilot else found

    def problem(self, form: Form | None = None, scale: float = 1.0, **limits: Any) -> Problem:
        """Return `Campaign.problem` as this plan was found: that of a pilot as if nobody were held back."""
        asked = form or self.form
        return self.campaign.problem(asked, scale, with_held_back=self.pilot is not None, **limits)

    @property
    def profit(self) -> float:
        """Expected incremental profit."""
        return float(self.contacts["expected_profit"].sum())

    @property
    def contact_cost(self) -> float:
        """Cost of all contacts."""
        return float(self.contacts["contact_cost"].sum())

    @property
    def spend(self) -> float:
        """Expected spend: all contacts, and the incentives of those who return."""
        return float(self.contacts["expected_spend"].sum())

    @property
    def verdict(self) -> str:
        """Return do_it, try_small, do_not, or unknown where nothing can be told."""
        if not len(self.contacts):
            return "unknown" if self.why_nobody == "unknown" else "do_not"
        known = self.measured_share >= LEAST_MEASURED and self.draws.interval[0] > 0
        return "do_it" if known and self.pilot is None else "try_small"

    @property
    def measured_share(self) -> float:
        """Return the share of the expected profit that rests on what was measured, within its silence."""
        contacts = self.contacts
        measured = contacts.loc[contacts["measured"], "expected_profit"].sum()
        return float(measured / self.profit) if len(contacts) else 0.0

    @property
    def why_nobody(self) -> str | None:
        """Return why the plan holds nobody; None where it holds somebody."""
        status = self.campaign.everybody["status"]
        if len(self.contacts):
            return None
        if (status == "not_selected").all():
            return "nobody_selected"
        if self.campaign.everybody["return_probability"].isna().all():
            return "unknown"
        if status.isin(["not_selected", "not_contactable"]).all():
            return "nobody_contactable"
        if not len(self.campaign.people):
            return "nobody_addressed"
        if len(self.draws.draws):
            return "no_even_chance"
        if self._paying.any():
            return "no_room"
        if len(self._closed) == len(self.campaign.offers):
            return "offers_over"
        if not self.campaign.suits.any():
            return "no_offer_suits"
        if not (self.campaign.suits & self.campaign.capacities.staffed).any():
            return "no_capacity"
        return "no_offer_pays"

    @property
    def _closed(self) -> list[str]:
        """Return the offers that can be made in none of the weeks."""
        window = self.campaign.window
        weeks = [(offer.name, *window.open_weeks(offer)) for offer in self.campaign.offers]
        return [name for name, first, last in weeks if first > last]

    @property
    def held_back(self) -> Flags:
        """Who of those who would be planned is held back; nobody where there is no campaign to measure."""
        return np.asarray(self.campaign.held_back & self.undivided.chosen & bool(len(self.contacts)))

    @cached_property
    def _paying(self) -> Flags:
        """Whether some offer pays for each of the addressed, held back or not."""
        problem = self.campaign.problem(self.form, with_held_back=True)
        return np.asarray(np.isfinite(problem.profit).any(axis=1))

    @cached_property
    def status(self) -> pd.Series:
        """Return what becomes of every customer, one of `words.status_names`, or not_selected."""
        status = self.campaign.everybody["status"].copy()
        chosen = self.assignment.chosen
        later = chosen & ~self.pilot.drawn if self.pilot else np.zeros_like(chosen)
        room = self._paying & (self.why_nobody != "no_even_chance")
        people = np.select(
            [later, chosen, self.held_back, room],
            [LATER, "planned", "held_back", "no_room"],
            "no_offer_pays",
        )
        status[status == "addressed"] = people
        return status

    def findings(self) -> list[Finding]:
        """Return the plan in numbers."""
        window = self.campaign.window
        return [
            *self._profit_and_spend(),
            *self._addressed_and_left_out(),
            *self._kinds_and_channels(),
            Finding("plan_weeks", window.weeks, unit="weeks"),
            Finding("plan_start", window.start.isoformat(), unit="date"),
            *self._responses("assumed", "response_range"),
            *self._responses("measured", "response_range_measured"),
            *self._taken_for_granted(),
        ]

    def _profit_and_spend(self) -> list[Finding]:
        low, high = map(_round, self.draws.interval) if len(self.contacts) else (None, None)
        n, addressed = len(self.contacts), len(self.campaign.people)
        profit, spend, contact = map(_round, (self.profit, self.spend, self.contact_cost))
        chance = Finding("chance_of_profit", _round(self.draws.chance_of_profit, 6), unit="share", n=n)
        measured, beyond = (self.contacts[self.contacts[name]] for name in ("measured", "beyond"))
        outside = _round(beyond["expected_profit"].sum())
        return [
            Finding("plan_expected_profit", profit, low, high, "money", n, self.verdict),
            Finding("plan_customers", n, unit="customers", n=addressed, verdict=self.why_nobody),
            *self._waves(),
            *([chance] if len(self.draws.draws) else []),
            Finding("profit_measured", _round(self.measured_share, 6), unit="share", n=len(measured)),
            Finding("profit_beyond_tested", outside, unit="money", n=len(beyond)),
            *self._failed(),
            Finding("plan_contact_cost", contact, unit="money", n=n),
            Finding("plan_incentives", _round(self.spend - self.contact_cost), unit="money", n=n),
            Finding("budget", self.campaign.settings.offers.budget, unit="money"),
            Finding("budget_used", spend, unit="money", n=n),
            Finding("value_of_one_more", _round(self.assignment.budget_price, 6), unit="money"),
            Finding("gap", _round(self.assignment.gap, 6), unit="share", n=n),
        ]

    def _waves(self) -> list[Finding]:
        """Return how many are contacted in the pilot, and how many only if it works."""
        if self.pilot is None:
            return []
        n, now = len(self.contacts), len(self.sent)
        verdict = "enough" if self.pilot.enough else "too_small"
        return [
            Finding("pilot", now, unit="customers", n=n, verdict=verdict),
            Finding(LATER, n - now, unit="customers", n=n),
        ]

    def _failed(self) -> list[Finding]:
        """Return the kinds that are not planned, since their last campaign failed."""
        failed = {offer.kind: offer.failed for offer in self.campaign.offers if offer.failed}
        return [
            Finding(f"failed_{kind}", why.campaign, verdict=why.verdict)
            for kind, why in sorted(failed.items())
        ]

    def _addressed_and_left_out(self) -> list[Finding]:
        selected = int((self.status != "not_selected").sum())
        who = "lapsed" if self.campaign.settings.selection is None else "selection"
        counts = self.status.value_counts()
        cancelled = int((self.campaign.everybody["cancelled"] & (self.status == "not_selected")).sum())
        return [
            Finding("cancelled_not_selected", cancelled, unit="customers"),
            *selection_findings(self.campaign.everybody, self.campaign.settings),
            *lost_for_good_findings(self.campaign.everybody, self.campaign.settings),
            Finding("selected", selected, unit="customers", verdict=who),
            Finding("addressed", len(self.campaign.people), unit="customers", n=selected),
            *(Finding(name, int(counts.get(name, 0)), unit="customers", n=selected) for name in NO_CONTACT),
        ]

    def _kinds_and_channels(self) -> list[Finding]:
        planned = self.campaign.people[self.assignment.chosen]
        counts = {
            **{kind: (self.contacts["offer_kind"] == kind).sum() for kind in KINDS},
            **{channel: (self.contacts["channel"] == channel).sum() for channel in CHANNELS},
            "complaints": planned["complaint"].sum(),
            "cancellations": planned["cancellation"].sum(),
        }
        counts |= Counter(self.contacts["offer_kind"] + "_" + self.contacts["channel"])
        n = len(self.contacts)
        return [Finding(f"plan_{name}", int(k), unit="customers", n=n) for name, k in counts.items()]

    def _responses(self, source: str, range_name: str) -> list[Finding]:
        """Return how many offers' responses are assumed, or measured, and how wide they may be."""
        offers = [offer for offer in self._offers_shown if offer.response.source == source]
        n = int(self.contacts["offer"].isin([offer.name for offer in offers]).sum())
        low = min((offer.response.low for offer in offers), default=None)
        high = max((offer.response.high for offer in offers), default=None)
        return [
            Finding(f"response_{source}", len(offers), unit="offers", n=n),
            Finding(range_name, None, low, high, "points", verdict=self.form),
        ]

    def _taken_for_granted(self) -> list[Finding]:
        settings, n = self.campaign.settings.offers, len(self.contacts)
        unspoken = codes(self.campaign.people[self.assignment.chosen], self.campaign.settings)
        spoken = settings.language or self.campaign.settings.language
        measured = [offer for offer in self._offers_shown if offer.second_life_source == "measured"]
        shares = [o.second_life_share for o in self._offers_shown if o.second_life_source == "assumed"]
        staying = int((self.contacts["incentive_stay"] > 0).sum())
        priced = {offer.channel for offer in self.campaign.offers} <= set(settings.contact_costs)
        nothing = [offer.response.nothing for offer in self._offers_shown if not offer.response.tested]
        return [
            Finding("chance_of_nothing", _round(max(nothing, default=0), 6), unit="share", n=n),
            Finding("second_life_measured", len(measured), unit="offers"),
            Finding("offers_closed", self._closed, unit="names"),
            Finding("catalogue_preset", int(settings.catalogue is None and not priced), unit="yes_no"),
            Finding("stay_share", settings.stay_share, unit="share", n=staying),
            Finding("second_life_share", float(min(shares, default=1)), unit="share", n=n),
            Finding("language_unknown", unspoken.count(None), unit="customers", n=n, verdict=spoken),
            Finding("unaddressed", int(self.sent["channel"].isin(self.campaign.unaddressed).sum()), n=n),
            Finding("consent_assumed", int(self.contacts["assumed"].sum()), unit="customers", n=n),
        ]

    @property
    def _offers_shown(self) -> list[Offer]:
        """Return the offers of the plan; all where it holds nobody."""
        used = set(self.contacts["offer"])
        return [offer for offer in self.campaign.offers if not used or offer.name in used]

    def columns(self) -> pd.DataFrame:
        """Return this chapter's columns for every customer."""
        kept = ["offer", "offer_kind", "channel", "responsible", "contact_by", "expected_profit"]
        known = ["customer_id", "contactable", "complaint_on", "cancellation_on"]
        frame = self.campaign.everybody[known].assign(plan_status=self.status)
        frame = frame.merge(self.contacts[["customer_id", *kept]], on="customer_id", how="left")
        for name in kept[:-1]:
            frame[name] = frame[name].astype(object).mask(frame[name].isna(), None)
        return frame.assign(holdout=(frame["plan_status"] == "held_back"))

    def sentences(self, words: Words) -> list[str]:
        """Say whether to do it, for whom and what it brings."""
        selection = self.campaign.settings.selection
        said = offers_sentences(self.by_name, words)
        return [*said, *selection_sentences(selection, self.by_name, words)]

    def table(self, words: Words) -> Table:
        """Return the plan by offer."""
        say = words.say
        frame = self.contacts.groupby(["offer", "offer_kind", "channel"], as_index=False).agg(
            customers=("customer_id", "size"),
            contact=("contact_cost", "sum"),
            spend=("expected_spend", "sum"),
            profit=("expected_profit", "sum"),
        )
        frame = frame.sort_values(["profit", "offer"], ascending=[False, True], ignore_index=True)
        frame["incentives"] = frame["spend"] - frame["contact"]
        frame["offer_kind"] = frame["offer_kind"].map(kind_names(words))
        frame["channel"] = frame["channel"].map(channel_names(words))
        columns: dict[str, Column] = {
            "offer": say("offer"),
            "offer_kind": say("kindness"),
            "channel": say("channel"),
            "customers": (say("customers"), "number"),
            "contact": (say("contacts cost"), "money"),
            "incentives": (say("incentives, expected"), "money"),
            "profit": (say("expected profit"), "money"),
        }
        note = say("Profit is what they bring more than if left alone, after contacts and incentives.")
        return Table(
            frame, say("The plan by offer"), words, columns=columns, note=note, bars=("customers", "profit")
        )


def make_plan(
    campaign: Campaign,
    form: Form | None = None,
    value_range: tuple[float, float] | None = None,
    chance_range: tuple[float, float] | None = None,
    least_chance: float = EVEN,
) -> Plan:
    """Choose who gets which offer, when, and what that may bring; nobody, where that is too unlikely to pay.

    Parameters
    ----------
    form : {"points", "odds"}
        None: the settings'.
    value_range, chance_range : tuple of float
        90% intervals of the value of a second life and of the customers expected to return, as
        factors of their estimates; see `draw_worlds`.
    least_chance : float
        Chance of a profit below which nobody is planned.
    """
    form = form or campaign.settings.offers.response
    ranges, share = (value_range, chance_range), campaign.settings.offers.holdout_share
    problem = campaign.problem(form)
    found = assign(problem)
    whole = _had_nobody_been_held_back(campaign, form, found)
    plan = _plan(campaign, form, problem.last_week, (found, whole), ranges)
    if plan.verdict == "try_small" and plan.draws.chance_of_profit >= least_chance and share:
        plan = _tried_small(campaign, form, ranges)
    if len(plan.contacts) and plan.draws.chance_of_profit < least_chance:
        none = nobody(len(campaign.people))
        return Plan(campaign, form, none, none, plan.contacts.iloc[:0], plan.draws)
    return plan


def _had_nobody_been_held_back(campaign: Campaign, form: Form, found: Assignment) -> Assignment:
    """Return the assignment that shows who of those held back would have been planned.

    Budgets and capacities grow with those who share them, so that both arms reach as far down.
    """
    if not campaign.held_back.any():
        return found
    whole = campaign.problem(form, with_held_back=True)
    worth = np.isfinite(whole.profit).any(axis=1)
    more = worth.sum() / (worth & ~campaign.held_back).sum()
    limits = {name: more * getattr(whole, name) for name in ("budget", "kind_budget")}
    return assign(replace(whole, capacity=np.round(more * whole.capacity), **limits))


def _tried_small(campaign: Campaign, form: Form, ranges: Ranges) -> Plan:
    """Return the plan for all, without those whom chance leaves alone for a pilot.

    What those would have cost is not spent on others: they are to differ by the offer alone.
    """
    problem = campaign.problem(form, with_held_back=True)
    whole = assign(problem)
    pilot = draw_pilot(campaign, whole.chosen)
    rest = whole.without(pilot.held_back, problem)
    campaign = replace(campaign, held_back=pilot.held_back)
    return _plan(campaign, form, problem.last_week, (rest, whole), ranges, pilot)


def _plan(
    campaign: Campaign,
    form: Form,
    last_week: Positions,
    assignments: tuple[Assignment, Assignment],
    ranges: Ranges,
    pilot: Pilot | None = None,
) -> Plan:
    """Return the plan of an assignment, beside that without anybody held back."""
    made, _ = assignments
    random = np.random.default_rng([campaign.settings.seed, 7])
    worlds = draw_worlds(campaign, int(made.chosen.sum()), ranges, random)
    draws = simulate(campaign, made.choice, worlds, random)
    ends = customer_intervals(campaign, made.choice, worlds)
    contacts = all_contacts(campaign, form, made, last_week, ends, pilot)
    return Plan(campaign, form, *assignments, contacts, draws, pilot)


def _round(value: float, digits: int = 2) -> float:
    return round(float(value), digits) + 0.0
