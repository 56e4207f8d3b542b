"""Chapter 06, weights and breakpoints moved by hand: what becomes of the ranking."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from playbook.chapters.scoring.backtest import RankingBacktest
from playbook.chapters.scoring.comparisons import Stability, random_weights, stays
from playbook.chapters.scoring.criteria import ScoreSheet, give_points, label, rounded_total, top
from playbook.chapters.scoring.ranking import FIRST, SHOWN, Ranking
from playbook.records.arrays import Array, Flags
from playbook.show.figures import Picture, new_figure
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words
from playbook.stats.result import Result

WEIGHTS = (0.0, 1.0, 2.0)
STRETCHES = (0.5, 1.0, 2.0)
"""Factors of all breakpoints of a criterion."""
DRAWS = 20
"""Draws of random weights while somebody waits."""
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#6B7280")


@dataclass(frozen=True)
class WeightTrial:
    """What may be moved, and what it is tried on.

    Attributes
    ----------
    ranking : Ranking
        As chosen; who is ranked apart takes no part.
    tried : RankingBacktest or CannotTell
        The past on which the moved ranking is tried, where it could be.
    stability : Stability
        How steady the ranking is as chosen.
    """

    ranking: Ranking
    tried: Result
    stability: Stability
    words: Words

    @cached_property
    def sheet(self) -> ScoreSheet:
        """Return the scoring sheet of those who are not ranked apart."""
        return self.ranking.sheet.of(self.ranking.together)

    def knobs(self) -> dict[str, Knob]:
        """Return a slider for each weight, and for the breakpoints of each criterion that has some."""
        words = self.words

        def knob(message: str, positions: tuple[float, ...], chosen: float) -> Knob:
            name = label(criterion.name, words)
            return Knob(words.say(message, name=name), positions, chosen, lambda x: words.number(x, 1))

        weights, stretches = {}, {}
        for criterion in self.ranking.sheet.criteria:
            weights[f"weight_{criterion.name}"] = knob("weight of {name}", WEIGHTS, criterion.weight)
            if criterion.points != "percentile" and any(criterion.points):
                message = "breakpoints of {name}, times"
                stretches[f"stretch_{criterion.name}"] = knob(message, STRETCHES, 1.0)
        return weights | stretches

    def ask(self, **moved: float) -> Answer:
        """Rank again with moved weights and breakpoints."""
        say, words = self.words.say, self.words
        n, sheet = len(self.ranking.of(FIRST)), self.sheet
        weights = np.array([moved[f"weight_{name}"] for name in sheet.names])
        among = say("of the first {n}, still there", n=words.number(n))
        steady, past = say("steady under random weights"), say("margin captured on the past")
        if not weights.any() or not 0 < n < len(sheet.points):
            return Answer(dict.fromkeys((among, steady, past), "–"))
        points = _stretched(sheet, moved)
        score = rounded_total(points @ weights)
        usual, now = top(sheet.score(), n), top(score, n)
        cells = {
            among: words.percent(float(usual[now].mean())),
            steady: words.percent(self._steady(points, weights, now)),
            past: self._captured(moved),
        }
        return Answer(cells, lambda: self._picture(points, weights, score))

    def _steady(self, points: Array, weights: Array, now: Flags) -> float:
        """Return the share that stays under random weights; as chosen, what the chapter says of it."""
        if points is self.sheet.points and (weights == self.sheet.weights).all():
            return float(self.stability.stays.mean())
        drawn = random_weights(weights[weights > 0], self.ranking.settings.seed, DRAWS)
        return float(stays(drawn @ np.ascontiguousarray(points[:, weights > 0].T), now).mean())

    def _captured(self, moved: dict[str, float]) -> str:
        """Return what the first tenth would have captured on the past, with its interval."""
        if not isinstance(self.tried, RankingBacktest):
            return "–"
        sheet = self.tried.past.sheet
        weights = np.array([moved.get(f"weight_{name}", np.nan) for name in sheet.names])
        if not weights.any() or np.isnan(weights).any():  # nothing to rank by, or another sheet then
            return "–"
        score = rounded_total(_stretched(sheet, moved) @ weights)
        value, low, high = self.tried.past.captured(score)
        percent = self.words.percent
        return self.words.say(
            "{value} ({low} to {high})", value=percent(value), low=percent(low), high=percent(high)
        )

    def _picture(self, points: Array, weights: Array, score: Array) -> Picture:
        """Draw the first ten, their points one beside the other."""
        words, customers = self.words, self.ranking.customers[self.ranking.together]
        first = np.argsort(-score, kind="stable")[:SHOWN]
        ids = customers["customer_id"].to_numpy()[first].astype(str)
        names = [label(name, words) for name in self.sheet.names]
        parts = pd.DataFrame(points[first] * weights, ids, names)
        figure, axes = new_figure(words.say("The first {n}", n=words.number(len(first))))
        # seaborn stacks bars only as histograms, which takes longer, and somebody waits here
        parts.plot.barh(stacked=True, width=0.8, color=[*COLOURS], ax=axes)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(words.say("points times weight"))
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        alt = words.say(
            "Bars of the points of the first {n}: {ids}.", n=words.number(len(first)), ids=", ".join(ids)
        )
        return Picture(figure, alt)


def _stretched(sheet: ScoreSheet, moved: dict[str, float]) -> Array:
    """Return the points with the breakpoints of some criteria multiplied."""
    points = sheet.points
    for place, criterion in enumerate(sheet.criteria):
        factor = moved.get(f"stretch_{criterion.name}", 1.0)
        if factor != 1.0 and criterion.points != "percentile":
            marks = tuple(mark * factor for mark in criterion.points)
            stretched = criterion.model_copy(update={"points": marks})
            points = points.copy()
            points[:, place] = give_points(sheet.values[:, place], stretched)
    return points


def explore_weights(ranking: Ranking, tried: Result, stability: Stability, words: Words) -> Any:
    """Show sliders for weights and breakpoints; in a report a table over their settings."""
    trial = WeightTrial(ranking, tried, stability, words)
    return explore(words.say("What weights and breakpoints do"), trial.ask, trial.knobs(), words)
