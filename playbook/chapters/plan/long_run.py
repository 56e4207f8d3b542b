"""Which offer is cheap for the first return, and which one pays in the long run."""

from dataclasses import dataclass

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.plan.campaign import Campaign
from playbook.show.display import Table
from playbook.show.words import Words

LEAST = 30
"""Customers below which offers are not compared."""


@dataclass(frozen=True)
class LongRun:
    """The offers for everybody, each made to the same customers: those whom all of them may reach.

    Attributes
    ----------
    offers : DataFrame
        offer, channel; cost (of a contact), additional (returns per hundred contacts), per_return
        (contacts and incentives per additional return; NaN without one), profit (expected per
        contact: second lives, less everything): means over the same customers.
    customers : int
        How many they are.
    """

    offers: pd.DataFrame
    customers: int

    @property
    def cheapest(self) -> pd.Series | None:
        """Return the offer with the least cost per additional return; None where nothing can be compared."""
        known = self.offers.dropna(subset="per_return")
        return None if known.empty else known.iloc[int(known["per_return"].argmin())]

    @property
    def best(self) -> pd.Series | None:
        """Return the offer that brings most per contact."""
        return None if self.offers.empty else self.offers.iloc[int(self.offers["profit"].argmax())]

    def findings(self) -> list[Finding]:
        """Return both winners."""
        cheapest, best = self.cheapest, self.best
        if cheapest is None or best is None:
            return [Finding("cheapest_return", None, unit="money", n=self.customers)]
        return [
            Finding(
                "cheapest_return",
                round(float(cheapest["per_return"]), 2),
                unit="money",
                n=self.customers,
                verdict=str(cheapest["offer"]),
            ),
            Finding(
                "best_in_the_long_run",
                round(float(best["profit"]), 2),
                unit="money",
                n=self.customers,
                verdict=str(best["offer"]),
            ),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say whether the offer that is cheapest at first is also the one that pays most."""
        cheapest, best, say = self.cheapest, self.best, words.say
        if cheapest is None or best is None:
            return [say("Too few may be reached by several offers to compare them.")]
        values = {
            "cheapest": cheapest["offer"],
            "per": words.money(cheapest["per_return"], 2),
            "little": _result(cheapest["profit"], words),
            "n": words.number(self.customers),
        }
        if cheapest["offer"] == best["offer"]:
            return [
                say(
                    "“{cheapest}” is the cheapest way to one more return ({per}), and the best in the long"
                    " run as well: it {little}, among the {n} whom all these offers may reach.",
                    **values,
                )
            ]
        values |= {
            "best": best["offer"],
            "dear": words.money(best["per_return"], 2),
            "much": _result(best["profit"], words),
        }
        return [
            say(
                "“{cheapest}” is the cheapest way to one more return: {per}, against {dear} for “{best}”. But"
                " by what the second lives bring, after all costs, “{best}” {much}, and “{cheapest}”"
                " {little}, among the {n} whom all these offers may reach: the cost of the first return is"
                " not what counts.",
                **values,
            )
        ]

    def table(self, words: Words) -> Table:
        """Return the offers by what they bring in the long run."""
        say = words.say
        headings = {
            "offer": say("offer"),
            "cost": say("per contact"),
            "additional": say("additional returns per hundred"),
            "per_return": say("cost of one more return"),
            "profit": say("profit per contact in the long run"),
        }
        formats = dict.fromkeys(("cost", "per_return", "profit"), "money_exact") | {"additional": "decimal"}
        frame = self.offers.sort_values(["profit", "offer"], ascending=[False, True], ignore_index=True)
        caption = say("Cheap at first, and worth it in the long run")
        return Table(frame[list(headings)], caption, words, formats, headings)


def _result(profit: float, words: Words) -> str:
    """Word what a contact pays after all costs; below 0 it costs more than it brings."""
    if round(profit, 2) >= 0:
        return words.say("pays {profit} per contact", profit=words.money(profit, 2))
    return words.say("costs {loss} per contact more than it brings", loss=words.money(-profit, 2))


def long_run(campaign: Campaign) -> LongRun:
    """Compare the offers for everybody on the same customers.

    Those whom every channel of such offers may reach that at least a tenth of the addressed allow.
    """
    n = len(campaign.people)
    general = [k for k, offer in enumerate(campaign.offers) if not offer.suits]
    wide = [k for k in general if campaign.suits[:, k].sum() >= max(LEAST, n / 10)]
    same = campaign.suits[:, wide].all(axis=1) if wide else campaign.held_back & False
    form, rows = campaign.settings.offers.response, []
    for k in wide if int(same.sum()) >= LEAST else ():
        made, points = campaign.offers[k], campaign.response_of(k)
        more = float((campaign.chance_with(k, form, points) - campaign.p0)[same].mean())
        spend = float(campaign.spend(k, form, points)[same].mean())
        profit = float(campaign.profit(k, form, points)[same].mean())
        per_return = spend / more if more > 0 else float("nan")
        rows.append((made.name, made.channel, made.cost, 100 * more, per_return, profit))
    columns = ["offer", "channel", "cost", "additional", "per_return", "profit"]
    return LongRun(pd.DataFrame(rows, columns=columns), int(same.sum()))
