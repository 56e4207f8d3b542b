"""Chapter 06, the ranking beside others: the usual list by revenue, and the same one by other weights."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.scoring.criteria import label, top
from playbook.chapters.scoring.ranking import FIRST, SHOWN, Ranking, class_names
from playbook.records.arrays import Array, Flags
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats.result import Result

DRAWS = 200
BLOCK = 20
"""Weight draws taken at once: one score per customer and draw is held in memory."""


@dataclass(frozen=True)
class RevenueList(Result):
    """The usual list: the same customers by revenue alone.

    Attributes
    ----------
    ranking : Ranking
    """

    ranking: Ranking

    def findings(self) -> list[Finding]:
        """Return none: the list is shown beside the ranking and decides nothing."""
        return []

    def sentences(self, words: Words) -> list[str]:
        """Say whom a ranking by revenue alone would have put first, and what they are like."""
        customers, n = self.ranking.customers, len(self.ranking.of(FIRST))
        if not n:
            return [words.say("Nobody comes first here, by revenue or otherwise.")]
        by_revenue = top(customers["revenue"], n)
        by_score = (customers["class"] == FIRST).to_numpy()
        said = [
            words.say(
                "Of the {n} with the highest revenue, {both} also come first by the score.",
                n=words.number(n),
                both=words.number(int((by_revenue & by_score).sum())),
            )
        ]
        only_revenue, only_score = customers[by_revenue & ~by_score], customers[by_score & ~by_revenue]
        if len(only_revenue) and only_revenue["return_probability"].notna().all():
            said.append(
                words.say(
                    "Those who come first by revenue only have been silent for {days} days (median) and"
                    " return unaided with a chance of {chance}; those who come first by the score only,"
                    " {days_score} days and {chance_score}.",
                    days=words.number(float(only_revenue["silence_days"].median())),
                    chance=words.percent(float(only_revenue["return_probability"].mean())),
                    days_score=words.number(float(only_score["silence_days"].median())),
                    chance_score=words.percent(float(only_score["return_probability"].mean())),
                )
            )
        return said

    def table(self, words: Words) -> Table:
        """Return the first by revenue alone, and where the score puts them."""
        say, customers = words.say, self.ranking.customers
        first = customers.sort_values(["revenue", "customer_id"], ascending=[False, True]).head(SHOWN)
        caption = say("The first {n} by revenue alone", n=words.number(len(first)))
        named = first.assign(**{"class": first["class"].map(class_names(words))})
        return Table(
            named,
            caption,
            words,
            columns={
                "customer_id": say("customer"),
                "revenue": (say("revenue"), "money"),
                "margin": (say("past margin"), "money"),
                "silence_days": (say("days of silence"), "number"),
                "return_probability": (say("chance to return"), "percent"),
                "rank": (say("rank by the score"), "number"),
                "class": say("class"),
            },
        )


# Other weights --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stability(Result):
    """What other weights would do to the top of the ranking.

    Attributes
    ----------
    n : int
        Customers at the top.
    stays : array, shape (draws,)
        Share of them that stays, for each draw of random weights.
    doubled : DataFrame
        criterion, stays: the share that stays where one criterion counts twice.
    """

    n: int
    stays: Array
    doubled: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return the mean share that stays, with the range of nine draws in ten."""
        if not len(self.stays):
            return [Finding("stability", None, unit="share", n=self.n)]
        low, high = np.quantile(self.stays, [0.05, 0.95])
        mean = float(self.stays.mean())
        return [
            Finding("stability", round(mean, 6), round(float(low), 6), round(float(high), 6), "share", self.n)
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how steady the top is."""
        steady = self.by_name["stability"]
        if steady.value is None:
            return []
        return [
            words.say(
                "Under random weights, {share} of the first {n} stay among the first {n} on average (in nine"
                " of ten draws {low} to {high}).",
                share=words.percent(steady.value),
                n=words.number(steady.n or 0),
                low=words.percent(steady.low or 0),
                high=words.percent(steady.high or 0),
            )
        ]

    def table(self, words: Words) -> Table:
        """Return how many stay where one criterion counts twice."""
        return Table(
            self.doubled,
            words.say("What the weights do"),
            words,
            columns={
                "criterion": words.say("criterion that counts twice"),
                "stays": (words.say("share of the first {n} that stays", n=words.number(self.n)), "percent"),
            },
        )


def try_other_weights(ranking: Ranking, words: Words, draws: int = DRAWS) -> Stability:
    """Rank again under random weights.

    Weights are drawn from a Dirichlet distribution around the chosen ones: with equal weights,
    every weighting of the criteria is as likely as any other. The top are as many as come first;
    who is ranked apart takes no part. Nothing can be told where nobody comes first, or everybody
    does.
    """
    sheet, n = ranking.sheet.of(ranking.together), len(ranking.of(FIRST))
    if not 0 < n < len(sheet.points):
        return Stability(0, np.array([]), pd.DataFrame(columns=["criterion", "stays"]))
    weighed = sheet.weights > 0
    usual = top(ranking.customers.loc[ranking.together, "score"], n)
    drawn = random_weights(sheet.weights[weighed], ranking.settings.seed, draws)
    points = np.ascontiguousarray(sheet.points.T)
    staying = [
        stays(drawn[start : start + BLOCK] @ points[weighed], usual) for start in range(0, draws, BLOCK)
    ]
    twice = sheet.weights + np.diag(sheet.weights)
    doubled = pd.DataFrame(
        {
            "criterion": [label(name, words) for name in sheet.names],
            "stays": stays(twice @ points, usual),
        }
    )
    return Stability(n, np.concatenate(staying), doubled)


def random_weights(weights: Array, seed: int, draws: int) -> Array:
    """Draw weights from a Dirichlet distribution around those given, all above 0.

    Returns
    -------
    array, shape (draws, criteria)
    """
    return np.random.default_rng(seed).dirichlet(weights / weights.mean(), size=draws)


def stays(scores: Array, usual: Flags) -> Array:
    """Return the share of the usual top that is still among as many.

    Parameters
    ----------
    scores : array, shape (draws, customers)

    Returns
    -------
    array, shape (draws,)
    """
    n = int(usual.sum())
    chosen = np.argpartition(-scores, n - 1, axis=1)[:, :n]
    return np.asarray(usual[chosen].mean(axis=1))
