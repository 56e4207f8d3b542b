"""What is usually done, beside the plan: the same discount for all, and what is cheapest at first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.plan.campaign import Campaign
from playbook.offers.response import incentive_return
from playbook.records.arrays import Array, Flags
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import CannotTell, Result

LEAST = 30
"""Customers below which offers are not compared."""


@dataclass(frozen=True)
class SameForAll(Result):
    """One financial offer to all the addressed who may get it, as it is usually done.

    Attributes
    ----------
    offer : str
    customers : int
        How many get it.
    returners, unaided : float
        Customers who are expected to return, and who of them would have come anyway.
    spend : float
        Contacts and incentives.
    given_away : float
        Incentives of those who would have come anyway.
    claimed, profit : float
        What the campaign seems to bring (the second lives of all who return, less the spend), and
        what it brings more than doing nothing.
    """

    offer: str
    customers: int
    returners: float
    unaided: float
    spend: float
    given_away: float
    claimed: float
    profit: float

    def findings(self) -> list[Finding]:
        """Return none: nobody carries this campaign out."""
        return []

    def sentences(self, words: Words) -> list[str]:
        """Say what the campaign seems to bring, and what it does bring."""
        say, money, number = words.say, words.money, words.number
        return [
            say(
                "“{offer}” to all {n} who may get it costs {spend}. {returners} return, and the campaign"
                " seems to bring {claimed}.",
                offer=self.offer,
                n=number(self.customers),
                spend=money(self.spend),
                returners=number(self.returners),
                claimed=money(self.claimed),
            ),
            say(
                "But {unaided} of them would have come anyway and brought {anyway}; their incentives,"
                " {given}, are given away.",
                unaided=number(self.unaided),
                anyway=money(self.claimed - self.profit),
                given=money(self.given_away),
            ),
            say("Compared with doing nothing this campaign loses {loss}.", loss=money(-self.profit))
            if self.profit < 0
            else say("Compared with doing nothing this campaign brings {profit}.", profit=money(self.profit)),
        ]


def same_for_all(campaign: Campaign) -> SameForAll | CannotTell:
    """Return what the financial offer that reaches most would bring, made to everybody it may reach."""
    reached = campaign.suits.sum(axis=0)
    financial = [k for k, offer in enumerate(campaign.offers) if offer.kind == "financial"]
    # A discount, where there is one, is what is usually given to everybody.
    k = max(financial, key=lambda k: (campaign.offers[k].discount > 0, reached[k]), default=None)
    if k is None or not reached[k]:
        return CannotTell((), _no_discount)
    form, offer = campaign.settings.offers.response, campaign.offers[k]
    points, rows = campaign.response_of(k), campaign.suits[:, k]

    def total(values: Array) -> float:
        return float(values[rows].sum())

    p1, incentive = campaign.chance_with(k, form, points), incentive_return(offer, campaign.mean_order)
    spend = total(campaign.spend(k, form, points))
    return SameForAll(
        offer=offer.name,
        customers=int(reached[k]),
        returners=total(p1),
        unaided=total(campaign.p0),
        spend=spend,
        given_away=total(campaign.p0 * incentive),
        claimed=total(p1 * offer.expected_share * campaign.v0) - spend,
        profit=total(campaign.profit(k, form, points)),
    )


def _no_discount(_: Findings, words: Words) -> list[str]:
    return [
        words.say(
            "There is nothing to compare with: the catalogue holds no discount, bonus or credit that anybody"
            " here may get."
        )
    ]


@dataclass(frozen=True)
class LongRun(Result):
    """The offers for everybody, each made to the same customers: those whom all of them may reach.

    Attributes
    ----------
    offers : DataFrame
        offer; cost (of a contact), additional (returns per hundred contacts), per_return (contacts
        and incentives per additional return; NaN without one), profit (expected per contact: second
        lives, less everything): means over the same customers.
    customers : int
        How many they are.
    """

    offers: pd.DataFrame
    customers: int

    @property
    def cheapest(self) -> pd.Series:
        """Return the offer with the least cost per additional return."""
        return self.offers.iloc[int(self.offers["per_return"].argmin())]

    @property
    def best(self) -> pd.Series:
        """Return the offer that brings most per contact."""
        return self.offers.iloc[int(self.offers["profit"].argmax())]

    def findings(self) -> list[Finding]:
        """Return both winners."""
        cheapest, best, n = self.cheapest, self.best, self.customers
        cost, profit = round(float(cheapest["per_return"]), 2), round(float(best["profit"]), 2)
        return [
            Finding("cheapest_return", cost, unit="money", n=n, verdict=str(cheapest["offer"])),
            Finding("best_in_the_long_run", profit, unit="money", n=n, verdict=str(best["offer"])),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say whether the offer that is cheapest at first is also the one that pays most."""
        cheapest, best = self.cheapest, self.best
        values = {
            "cheapest": cheapest["offer"],
            "per": words.money(cheapest["per_return"], 2),
            "little": _paying(cheapest["profit"], words),
            "n": words.number(self.customers),
            "assumed": "",
        }
        if cheapest["assumed"] or best["assumed"]:
            which = cheapest if cheapest["assumed"] else best
            values["assumed"] = " " + words.say(
                "What “{offer}” brings is assumed, not measured.", offer=which["offer"]
            )
        if cheapest["offer"] == best["offer"]:
            return [
                words.say(
                    "“{cheapest}” is the cheapest way to one more return ({per}), and the best in the long"
                    " run as well: it {little}, among the {n} whom all these offers may reach.{assumed}",
                    **values,
                )
            ]
        return [
            words.say(
                "“{cheapest}” is the cheapest way to one more return: {per}, against {dear} for “{best}”. But"
                " by what the second lives bring, after all costs, “{best}” {much}, and “{cheapest}”"
                " {little}, among the {n} whom all these offers may reach.{assumed}",
                best=best["offer"],
                dear=words.money(best["per_return"], 2),
                much=_paying(best["profit"], words),
                **values,
            )
        ]

    def table(self, words: Words) -> Table:
        """Return the offers by what they bring in the long run."""
        say = words.say
        columns: dict[str, Column] = {
            "offer": say("offer"),
            "cost": (say("per contact"), "money_exact"),
            "additional": (say("additional returns per hundred"), "decimal"),
            "per_return": (say("cost of one more return"), "money_exact"),
            "profit": (say("profit per contact in the long run"), "money_exact"),
        }
        frame = self.offers.sort_values(["profit", "offer"], ascending=[False, True], ignore_index=True)
        caption = say("Cheap at first, and worth it in the long run")
        return Table(frame, caption, words, columns=columns, bars=("profit",))


def long_run(campaign: Campaign) -> LongRun | CannotTell:
    """Compare the offers for everybody on the same customers.

    Those whom every channel of such offers may reach that at least a tenth of the addressed allow.
    """
    suits, n = campaign.suits, len(campaign.people)
    general = [k for k, offer in enumerate(campaign.offers) if not offer.suits]
    wide = [k for k in general if suits[:, k].sum() >= max(LEAST, n / 10)]
    same = np.asarray(suits[:, wide].all(axis=1) & bool(wide))
    customers = int(same.sum())
    rows = [_means(campaign, k, same) for k in wide] if customers >= LEAST else []
    offers = pd.DataFrame(rows, columns=["offer", "cost", "additional", "per_return", "profit", "assumed"])
    if offers["per_return"].isna().all():
        return CannotTell((Finding("cheapest_return", None, unit="money", n=customers),), _too_few)
    return LongRun(offers, customers)


def _means(campaign: Campaign, k: int, same: Flags) -> tuple[str, float, float, float, float, bool]:
    """Return an offer's name, and per contact its cost, more returns, cost of one, profit; if assumed."""
    form, points, offer = campaign.settings.offers.response, campaign.response_of(k), campaign.offers[k]
    more = float((campaign.chance_with(k, form, points) - campaign.p0)[same].mean())
    spend = float(campaign.spend(k, form, points)[same].mean())
    profit = float(campaign.profit(k, form, points)[same].mean())
    assumed, price = offer.response.source == "assumed", spend / more if more > 0 else float("nan")
    return offer.name, offer.cost, 100 * more, price, profit, assumed


def _too_few(_: Findings, words: Words) -> list[str]:
    return [words.say("Too few may be reached by several offers to compare them.")]


def _paying(profit: float, words: Words) -> str:
    """Word what a contact pays after all costs; below 0 it costs more than it brings."""
    if round(profit, 2) >= 0:
        return words.say("pays {profit} per contact", profit=words.money(profit, 2))
    return words.say("costs {loss} per contact more than it brings", loss=words.money(-profit, 2))
