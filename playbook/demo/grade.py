"""What a plan for a practice client is worth by the truth: ``playbook grade``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from playbook.archive.folders import CUSTOMERS as RUN_CUSTOMERS
from playbook.archive.folders import finished
from playbook.archive.sheets import read_sheet
from playbook.chapters.plan.assignment import assign
from playbook.chapters.plan.capacity import find_capacities
from playbook.chapters.plan.prices import NOBODY, Problem
from playbook.demo.practice import CUSTOMERS, FACTS, OFFERS
from playbook.errors import CallError, DataError, did_you_mean
from playbook.offers.catalogue import Offer
from playbook.offers.catalogue import load as load_offers
from playbook.records.arrays import Array, Flags, Positions
from playbook.settings.client import Settings
from playbook.settings.yaml import read_yaml
from playbook.show.words import Words

NEEDED = ("customer_id", "offer")
EXPECTED, CHANCE = "expected_profit", "return_probability"
NINE_OF_TEN = float(norm.ppf(0.95))
MOST_OFFERS = 3
"""Offers of which a line is said: those that the plan makes most."""


@dataclass(frozen=True)
class Key:
    """An answer key, see `answers.Answers`; the columns of its offers as arrays (people, offers)."""

    facts: Mapping[str, Any]
    people: pd.DataFrame
    offers: tuple[Offer, ...]
    table: pd.DataFrame
    settings: Settings

    def of(self, column: str) -> Array:
        """Return a column of the offers, shape (people, offers)."""
        return self.table[column].to_numpy().reshape(len(self.offers), len(self.people)).T

    @cached_property
    def profit(self) -> Array:
        """Return the expected true profit."""
        return self.of("profit")

    def best(self, who: Flags, budget: float) -> Positions:
        """Return the truly best offers to some of the people, -1 for none, within budget and capacities."""
        return assign(self._problem(who, budget)).choice

    def fits(self, choice: Positions, budget: float) -> bool:
        """Whether offers keep within budget and capacities."""
        return self._problem(np.ones(len(choice), dtype=bool), budget).fits(choice)

    def _problem(self, who: Flags, budget: float) -> Problem:
        chosen, n, k = self.settings.offers, len(self.people), len(self.offers)
        known = find_capacities(self.offers, self.people["owner"], self.settings)
        pays = self.of("allowed").astype(bool) & known.staffed & (self.profit > 0) & who[:, None]
        return Problem(
            profit=np.where(pays, self.profit, -np.inf),
            spend=self.of("spend"),
            last_week=np.full((n, k), chosen.weeks, dtype=np.intp),
            first_week=np.ones(k, dtype=np.intp),
            weeks=chosen.weeks,
            budget=budget,
            group=known.group,
            capacity=known.capacity,
            uses=known.uses,
            kind_budget=np.zeros(0),
            of_kind=np.zeros((0, k), dtype=bool),
        )


def read_key(client: str, keys: Path, settings: Settings, folder: Path) -> Key:
    """Read the answer key of a practice client.

    Raises
    ------
    CallError
        Where ``keys`` has none.
    """
    place = keys / client
    if not all((place / name).is_file() for name in (FACTS, CUSTOMERS, OFFERS)):
        raise CallError(
            f"{keys} has no answer key of {client}: name the folder of keys with --key; playbook demo makes"
            " a practice client with its key."
        )
    usual = settings.model_copy(update={"offers": settings.offers.model_copy(update={"catalogue": None})})
    people, table = (pd.read_parquet(place / name) for name in (CUSTOMERS, OFFERS))
    return Key(read_yaml(place / FACTS), people, load_offers(usual, folder), table, settings)


def read_plan(path: Path, key: Key) -> pd.DataFrame:
    """Read a plan.csv, or a CSV with `NEEDED` columns: one row per contact.

    Raises
    ------
    DataError
        Where it cannot be read, is empty, or names what the client does not have.
    """
    name, client = path.name, key.facts["client"]
    try:
        plan = read_sheet(path)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError):
        raise DataError(f"{name} is no CSV that can be read: write it in UTF-8, with commas.") from None
    missing = [column for column in NEEDED if column not in plan]
    if missing:
        raise DataError(f"{name} has no column {missing[0]}: expected {' and '.join(NEEDED)}, and commas.")
    if plan.empty:
        raise DataError(f"{name} has no contacts: plan at least one customer to have it graded.")
    known = plan["customer_id"].isin(key.people["customer_id"])
    if not known.any():
        raise DataError(f"{name} is the plan of another client: none of its customers is one of {client}'s.")
    if not known.all():
        first = plan.loc[~known, "customer_id"].iloc[0]
        raise DataError(
            f"{name} names {(~known).sum()} customers whom {client} does not have or who never ordered, such"
            f" as {first!r}: take them out."
        )
    offers = [offer.name for offer in key.offers]
    for offer in plan.loc[~plan["offer"].isin(offers), "offer"].astype(str):
        hint = did_you_mean(offer, offers) or f" There are: {', '.join(offers)}."
        raise DataError(f"{name}: {offer!r} is no offer of the playbook's catalogue.{hint}")
    for column in {EXPECTED, CHANCE} & {*plan}:
        if not pd.api.types.is_numeric_dtype(plan[column]) or plan[column].isna().any():
            raise DataError(f"{name}: {column} is no number everywhere: correct it, or leave the column out.")
    for twice in plan.loc[plan["customer_id"].duplicated(), "customer_id"]:
        raise DataError(f"{name} names customer {twice!r} twice: keep one offer for each.")
    return plan


def held_back(client: str, plan: Path, reports: Path) -> set[str]:
    """Return whom chance holds back, by the run that the plan lies in, else by the client's last one."""
    runs = [run for run in finished(reports / client) if not run.name.endswith(".failed")]
    for run in (plan.parent, *reversed(runs)):
        if (run / RUN_CUSTOMERS).is_file():
            table = pd.read_parquet(run / RUN_CUSTOMERS)
            held = table.get("holdout", pd.Series(False, table.index))
            return set(table.loc[held.astype(bool), "customer_id"])
    return set()


@dataclass(frozen=True)
class Grade:
    """A plan held against the truth.

    Attributes
    ----------
    plan : DataFrame
        The plan's rows with person (position), place (of the offer) and counted (bool: may be made).
    without_consent, too_early, held : int
        Contacts that may not be made: no consent by this channel; a complaint comes first, or a contact
        was lately; chance holds them back.
    fits : bool
        Whether what counts keeps within budget and capacities.
    best, same : array of int
        The best offers by the truth, to anybody who has left; and to the same customers.
    """

    key: Key
    plan: pd.DataFrame
    without_consent: int
    too_early: int
    held: int
    fits: bool
    best: Positions
    same: Positions

    def total(self, choice: Positions) -> float:
        """Return what offers truly bring."""
        rows = np.flatnonzero(choice != NOBODY)
        return float(self.key.profit[rows, choice[rows]].sum())

    @cached_property
    def true(self) -> Array:
        """Return the true profit of each contact; 0 where it may not be made."""
        return np.where(self.plan["counted"], self._pairs("profit"), 0.0)

    def _pairs(self, column: str) -> Array:
        return np.asarray(self.key.of(column)[self.plan["person"], self.plan["place"]])

    @property
    def regret(self) -> float:
        """Return what the best plan brings more."""
        return max(0.0, self.total(self.best) - float(self.true.sum()))

    def sentences(self, words: Words) -> list[str]:
        """Say all of it: faults first, then what is given away, what it brings, and the regret."""
        say, money, number = words.say, words.money, words.number
        occasional = self.key.people["occasional"].to_numpy(bool)[self.plan["person"]]
        payable = self.key.of("allowed").astype(bool) & (self.key.profit > 0)
        unpayable = ~np.asarray(payable.any(axis=1))[self.plan["person"]]
        anybody = self.total(self.best)
        lines = [
            *self._faults(words),
            self._given_away(words),
            self._brought(words),
            *self._by_offer(words),
            say(
                "{n} of those planned are occasional buyers by nature, and for {m} no offer pays at all: they"
                " could be let go.",
                n=number(occasional.sum()),
                m=number(unpayable.sum()),
            ),
            say(
                "The same customers would bring {money} if each got the offer that is truly best.",
                money=money(self.total(self.same)),
            ),
            say(
                "Whoever knew the truth would have {money} from {n} contacts to customers who have left, with"
                " the same budget and capacities; {m} of them are in this plan.",
                money=money(anybody),
                n=number((self.best != NOBODY).sum()),
                m=number(np.isin(np.flatnonzero(self.best != NOBODY), self.plan["person"]).sum()),
            ),
            say(
                "The regret is {money}, {share} of what could be had.",
                money=money(self.regret),
                share=words.percent(self.regret / anybody if anybody > 0 else 0.0),
            ),
        ]
        if self.key.settings.selection:
            lines[-1] += " " + say("The selection in client.yml leaves many out: `selection: null` lifts it.")
        return lines

    def _faults(self, words: Words) -> list[str]:
        say, number = words.say, words.number
        said = []
        if self.without_consent + self.too_early + self.held:
            said.append(
                say(
                    "A fault: some contacts may not be made, and count for nothing: without consent by their"
                    " channel {a}, too soon after another or before a complaint is answered {b}, to customers"
                    " held back by chance {c}.",
                    a=number(self.without_consent),
                    b=number(self.too_early),
                    c=number(self.held),
                )
            )
        if not self.fits:
            said.append(say("A fault: there are more contacts than can be made in the weeks of the plan."))
        return said or [say("No contact lacks consent, and nobody held back by chance is in the plan.")]

    def _given_away(self, words: Words) -> str:
        say, number = words.say, words.number
        returns = self.key.people["returns"].to_numpy(bool)[self.plan["person"]]
        said = say(
            "{k} of {n} customers planned would have come back within {days} days unaided: {money} is given"
            " away to them.",
            k=number(returns.sum()),
            n=number(len(self.plan)),
            days=number(self.key.facts["horizon_days"]),
            money=words.money(self._pairs("spend")[returns & self.plan["counted"]].sum()),
        )
        if CHANCE not in self.plan:
            return said
        chance = self.plan[CHANCE].to_numpy(float)
        around = NINE_OF_TEN * np.sqrt((chance * (1 - chance)).sum())
        ends = number(max(0.0, chance.sum() - around)), number(chance.sum() + around)
        expected = "The plan expected {k} (by luck {range} in nine of ten cases)."
        return f"{said} " + say(expected, k=number(chance.sum()), range=words.between(*ends))

    def _brought(self, words: Words) -> str:
        say, money, true = words.say, words.money, float(self.true.sum())
        around = NINE_OF_TEN * np.sqrt((self._pairs("spread")[self.plan["counted"]] ** 2).sum())
        said = say(
            "After costs its offers truly bring {money} on average until {day} (by luck {range} in nine of"
            " ten cases).",
            money=money(true),
            day=words.date(self.key.facts["until"]),
            range=words.between(money(true - around), money(true + around)),
        )
        if EXPECTED not in self.plan:
            return said
        return f"{said} " + say("The plan expected {money}.", money=money(self.plan[EXPECTED].sum()))

    def _by_offer(self, words: Words) -> list[str]:
        said, plan = [], self.plan.assign(true=self.true)
        for offer in plan["offer"].value_counts().head(MOST_OFFERS).index:
            mean = plan[plan["offer"] == offer].mean(numeric_only=True)
            n = int((plan["offer"] == offer).sum())
            line = words.say_many(
                "{offer}: {n} contact, which truly brings {money}",
                "{offer}: {n} contacts, which truly bring {money} each",
                n,
                offer=offer,
                money=words.money(mean["true"], 2),
            )
            expected = words.say("; {money} expected", money=words.money(mean.get(EXPECTED, 0), 2))
            said.append(f"{line}{expected if EXPECTED in plan else ''}.")
        return said


def grade(plan: pd.DataFrame, key: Key, held: set[str]) -> Grade:
    """Hold a plan against the truth; what may not be made brings nothing.

    The budget is the client's, or what the plan truly spends where that is more: a run may have been given
    another one.
    """
    person = pd.Index(key.people["customer_id"].to_numpy()).get_indexer(pd.Index(plan["customer_id"]))
    place = pd.Index([offer.name for offer in key.offers]).get_indexer(pd.Index(plan["offer"]))
    consent, allowed = (key.of(name).astype(bool)[person, place] for name in ("consent", "allowed"))
    kept = key.people["customer_id"].isin(held).to_numpy()
    counted = allowed & ~kept[person]
    choice = np.full(len(key.people), NOBODY, dtype=np.intp)
    choice[person[counted]] = place[counted]
    spent = float(key.of("spend")[person[counted], place[counted]].sum())
    budget = max(key.settings.offers.budget, spent)
    planned = np.isin(np.arange(len(key.people)), person)
    return Grade(
        key=key,
        plan=plan.assign(person=person, place=place, counted=counted),
        without_consent=int((~consent).sum()),
        too_early=int((consent & ~allowed).sum()),
        held=int((allowed & kept[person]).sum()),
        fits=key.fits(choice, budget + 1e-6),
        best=key.best((key.people["left"].to_numpy(bool) | planned) & ~kept, budget),
        same=key.best(planned & ~kept, budget),
    )
