"""Chapter 06, how steady the ranking is under other weights."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.scoring.criteria import label, top
from playbook.chapters.scoring.ranking import FIRST, Flags, Ranking
from playbook.records.arrays import Array
from playbook.show.display import Table
from playbook.show.words import Words

DRAWS = 200
BLOCK = 20
"""Weight draws taken at once: one score per customer and draw is held in memory."""


@dataclass(frozen=True)
class Stability:
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
            Finding("stability", round(mean, 4), round(float(low), 4), round(float(high), 4), "share", self.n)
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how steady the top is."""
        return stability_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return how many stay where one criterion counts twice."""
        headings = {
            "criterion": words.say("criterion that counts twice"),
            "stays": words.say("share of the first {n} that stays", n=words.number(self.n)),
        }
        return Table(self.doubled, words.say("What the weights do"), words, {"stays": "percent"}, headings)


def stability(ranking: Ranking, words: Words, draws: int = DRAWS) -> Stability:
    """Rank again under random weights.

    Weights are drawn from a Dirichlet distribution around the chosen ones: with equal weights,
    every weighting of the criteria is as likely as any other. The top are as many as come first;
    who is ranked apart takes no part. Nothing can be told where nobody comes first, or everybody
    does.
    """
    among = (ranking.customers["apart"] == "").to_numpy()
    sheet, settings, n = ranking.sheet.of(among), ranking.settings, len(ranking.of(FIRST))
    if not 0 < n < len(sheet.points):
        return Stability(0, np.array([]), pd.DataFrame(columns=["criterion", "stays"]))
    weighed = sheet.weights > 0
    usual = top(ranking.customers.loc[among, "score"], n)
    drawn = random_weights(sheet.weights[weighed], settings.seed, draws)
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


def stability_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how steady the top of the ranking is."""
    steady = findings["stability"]
    if steady.value is None:
        return []
    return [
        words.say(
            "Under random weights, {share} of the first {n} stay among the first {n} on average (in nine of"
            " ten draws {low} to {high}).",
            share=words.percent(steady.value),
            n=words.number(steady.n or 0),
            low=words.percent(steady.low or 0),
            high=words.percent(steady.high or 0),
        )
    ]
