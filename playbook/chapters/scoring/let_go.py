"""Chapter 06, better left to competitors: who, why, and what contacting them would have cost."""

import pandas as pd

from playbook.chapters.scoring.ranking import LET_GO, Ranking
from playbook.show.display import Table
from playbook.show.words import Words


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


def let_go_table(ranking: Ranking, words: Words, n: int = 10) -> Table | None:
    """Return the first of those who are let go, by past margin, with the reason and the cost.

    None where nobody is.
    """
    say = words.say
    if ranking.of(LET_GO).empty:
        return None
    gone = ranking.of(LET_GO).sort_values(["margin", "customer_id"], ascending=[False, True]).head(n)
    frame = pd.DataFrame(
        {
            "customer_id": gone["customer_id"],
            "margin": gone["margin"],
            "silence_days": gone["silence_days"],
            "reason": let_go_reasons(gone, words),
            "cost": ranking.contact_cost,
        }
    )
    headings = {
        "customer_id": say("customer"),
        "margin": say("past margin"),
        "silence_days": say("days of silence"),
        "reason": say("why"),
        "cost": say("cheapest contact"),
    }
    formats = {"margin": "money", "silence_days": "number", "cost": "money_exact"}
    caption = words.say_many("Let go", "Let go: the {n} of them with the highest past margin", len(frame))
    return Table(frame, caption, words, formats, headings, say("All of them stand in the workbook."))


def let_go_sentences(ranking: Ranking, words: Words) -> list[str]:
    """Say how many are let go, what they once brought, and what to contact them would have cost."""
    gone = ranking.of(LET_GO)
    if gone.empty:
        return [
            words.say(
                "Nobody is let go here: the cheapest contact costs {cost}, and if people respond as well as"
                " one may hope, some offer pays for everybody.",
                cost=words.money(ranking.contact_cost, 2),
            )
        ]
    return [
        words.say_many(
            "One customer is better left to competitors: past margin {margin}. To contact this customer once,"
            " by the cheapest way, would have cost {cost}; to make the best of the offers would lose {loss},"
            " even if people respond as well as one may hope.",
            "{n} customers are better left to competitors: past margin {margin} in all. To contact them once,"
            " by the cheapest way, would have cost {cost}; to make each the best of the offers would lose"
            " {loss}, even if people respond as well as one may hope.",
            len(gone),
            margin=words.money(float(gone["margin"].sum())),
            cost=words.money(len(gone) * ranking.contact_cost, 2),
            loss=words.money(float(-gone["best_profit"].clip(upper=0).sum()), 2),
        )
    ]
