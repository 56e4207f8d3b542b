"""Chapter 06, better left to competitors: who, why, what a contact would have cost, and the last words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.scoring.ranking import LET_GO, Ranking
from playbook.offers.first_words import speaks, texts, with_facts
from playbook.settings.client import Settings
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats.result import Result

SHOWN = 5
NOT_WORTH_AN_OFFER = ("let_go", "no_offer_pays")
"""What chapter 07 says of them (plan_status); whoever may not be contacted is neither."""


@dataclass(frozen=True)
class LetGo(Result):
    """Those whom even the best offer could not pay for.

    Attributes
    ----------
    customers : DataFrame
        As the ranking holds them, by past margin.
    contact_cost : float
        What the cheapest contact costs, client's currency.
    """

    customers: pd.DataFrame
    contact_cost: float

    def findings(self) -> list[Finding]:
        """Return none: their number and cost stand among those of the ranking."""
        return []

    def sentences(self, words: Words) -> list[str]:
        """Say how many are let go, what they once brought, and what to contact them would have cost."""
        gone = self.customers
        if gone.empty:
            return [
                words.say(
                    "Nobody is let go here: the cheapest contact costs {cost}, and if people respond as well"
                    " as one may hope, some offer pays for everybody.",
                    cost=words.money(self.contact_cost, 2),
                )
            ]
        return [
            words.say_many(
                "One customer is better left to competitors: past margin {margin}. To contact this customer"
                " once, by the cheapest way, would have cost {cost}; to make the best of the offers would"
                " lose {loss}, even if people respond as well as one may hope.",
                "{n} customers are better left to competitors: past margin {margin} in all. To contact them"
                " once, by the cheapest way, would have cost {cost}; to make each the best of the offers"
                " would lose {loss}, even if people respond as well as one may hope.",
                len(gone),
                margin=words.money(float(gone["margin"].sum())),
                cost=words.money(len(gone) * self.contact_cost, 2),
                loss=words.money(float(-gone["best_profit"].clip(upper=0).sum()), 2),
            )
        ]

    def table(self, words: Words) -> Table | None:
        """Return the first of them with the reason and the cost; None where there is nobody."""
        if self.customers.empty:
            return None
        say, gone = words.say, self.customers.head(SHOWN)
        return Table(
            gone.assign(reason=let_go_reasons(gone, words), cost=self.contact_cost),
            words.say_many(
                "Let go: one customer", "Let go: the {n} of them with the highest past margin", len(gone)
            ),
            words,
            columns={
                "customer_id": say("customer"),
                "margin": (say("past margin"), "money"),
                "silence_days": (say("days of silence"), "number"),
                "reason": say("why"),
                "cost": (say("cheapest contact"), "money_exact"),
            },
            note=say("All of them stand in the workbook."),
        )


def whom_to_let_go(ranking: Ranking) -> LetGo:
    """Return those of the ranking who are let go, with the highest past margin first."""
    gone = ranking.of(LET_GO).sort_values(["margin", "customer_id"], ascending=[False, True])
    return LetGo(gone, ranking.contact_cost)


def let_go_reasons(customers: pd.DataFrame, words: Words) -> list[str]:
    """Say why each of the customers is let go.

    Parameters
    ----------
    customers : DataFrame
        second_lifetime_value, return_probability, best_profit (client's currency; per customer, of
        the best offer if people respond as well as one may hope).
    """
    columns = customers[["second_lifetime_value", "return_probability", "best_profit"]]
    return [
        _reason(value, chance, profit, words)
        for value, chance, profit in columns.itertuples(index=False, name=None)
    ]


def _reason(value: float, chance: float, profit: float, words: Words) -> str:
    if value <= 0:
        return words.say("would bring no margin if back")
    return words.say(
        "worth {value} if back, {chance} return unaided: even the best offer loses {loss}",
        value=words.money(value, 2),
        chance=words.percent(chance, 1),
        loss=words.money(-profit, 2),
    )


def last_words(people: pd.DataFrame, settings: Settings) -> list[str]:
    """Return what to say to each customer who gets no offer, in the customer's language.

    What went wrong is put right before anything else; a cancellation is taken note of, without an
    obstacle; everybody else is thanked.

    Parameters
    ----------
    people : DataFrame
        orders; complaint_on (of an unsolved complaint) and cancellation_on, dates, where they are
        known; language where the client has it.
    """
    farewells = texts("farewells", settings.preset)
    facts = people.reindex(columns=["orders", "complaint_on", "cancellation_on"])
    kinds = np.select(
        [facts["complaint_on"].notna(), facts["cancellation_on"].notna(), facts["orders"] > 1],
        ["complaint", "cancellation", "several"],
        "once",
    )
    said = zip(speaks(people, settings), kinds, facts.to_dict("records"), strict=True)
    return [with_facts(farewells.get(one, farewells["en"])[str(kind)], row, one) for one, kind, row in said]
