"""Chapter 06, weights and breakpoints moved by hand: what becomes of the ranking."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from playbook.chapters.scoring.backtest import Backtest
from playbook.chapters.scoring.criteria import Sheet, give_points, label, top
from playbook.chapters.scoring.ranking import FIRST, Ranking
from playbook.chapters.scoring.stability import random_weights, stays
from playbook.records.arrays import Array
from playbook.show.display import heading, new_figure
from playbook.show.figures import Picture
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words

WEIGHTS = (0.0, 1.0, 2.0)
STRETCHES = (0.5, 1.0, 2.0)
"""Factors of all breakpoints of a criterion."""
DRAWS = 20
"""Draws of random weights while somebody waits."""
SHOWN = 10
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#6B7280")


@dataclass(frozen=True)
class Trial:
    """What may be moved, and what it is tried on.

    Attributes
    ----------
    ranking : Ranking
        As chosen; who is ranked apart takes no part.
    tried : Backtest or None
        The past on which the moved ranking is tried.
    """

    ranking: Ranking
    tried: Backtest | None
    words: Words

    @cached_property
    def sheet(self) -> Sheet:
        """Return the scoring sheet of those who are not ranked apart."""
        return self.ranking.sheet.of((self.ranking.customers["apart"] == "").to_numpy())

    @cached_property
    def usual(self) -> Array:
        """Return the totals by the chosen weights."""
        return np.round(self.sheet.points @ self.sheet.weights, 6)

    def knobs(self) -> dict[str, Knob]:
        """Return a slider for each weight, and for the breakpoints of each criterion that has some."""
        say, words, found = self.words.say, self.words, {}
        for place, criterion in enumerate(self.ranking.sheet.criteria):
            name = label(criterion.name, words)
            found[f"weight_{place}"] = Knob(
                say("weight of {name}", name=name), WEIGHTS, criterion.weight, lambda x: words.number(x, 1)
            )
        for place, criterion in enumerate(self.ranking.sheet.criteria):
            if criterion.points != "percentile" and any(criterion.points):
                name = label(criterion.name, words)
                found[f"stretch_{place}"] = Knob(
                    say("breakpoints of {name}, times", name=name),
                    STRETCHES,
                    1.0,
                    lambda x: words.number(x, 1),
                )
        return found

    def ask(self, **moved: float) -> Answer:
        """Rank again with moved weights and breakpoints."""
        say, words = self.words.say, self.words
        n, sheet = len(self.ranking.of(FIRST)), self.sheet
        weights = np.array([moved[f"weight_{place}"] for place in range(len(sheet.criteria))])
        among = say("of the first {n}, still there", n=words.number(n))
        steady, past = say("steady under random weights"), say("margin captured on the past")
        if not weights.any() or not 0 < n < len(sheet.points):
            return Answer(dict.fromkeys((among, steady, past), "–"))
        points = _stretched(sheet, moved)
        score = np.round(points @ weights, 6)
        usual = top(self.usual, n)
        now = top(score, n)
        drawn = random_weights(weights[weights > 0], self.ranking.settings.seed, DRAWS)
        staying = stays(drawn @ np.ascontiguousarray(points[:, weights > 0].T), now)
        cells = {
            among: words.percent(float(usual[now].mean())),
            steady: words.percent(float(staying.mean())),
            past: self._captured(moved),
        }
        return Answer(cells, lambda: self._picture(points, weights, score))

    def _captured(self, moved: dict[str, float]) -> str:
        """Return what the first tenth would have captured on the past, with its interval."""
        if self.tried is None:
            return "–"
        then, names = self.tried.then, self.ranking.sheet.names
        place = [names.index(name) for name in then.sheet.names if name in names]
        weights = np.array([moved[f"weight_{one}"] for one in place])
        if not weights.any() or len(place) < len(then.sheet.names):
            return "–"
        renamed = {
            f"stretch_{new}": moved[f"stretch_{old}"]
            for new, old in enumerate(place)
            if f"stretch_{old}" in moved
        }
        value, low, high = then.captured(np.round(_stretched(then.sheet, renamed) @ weights, 6))
        percent = self.words.percent
        return self.words.say(
            "{value} ({low} to {high})", value=percent(value), low=percent(low), high=percent(high)
        )

    def _picture(self, points: Array, weights: Array, score: Array) -> Picture:
        """Draw the first ten, their points one beside the other."""
        words, sheet = self.words, self.ranking.sheet
        first = np.argsort(-score, kind="stable")[:SHOWN]
        among = (self.ranking.customers["apart"] == "").to_numpy()
        ids = self.ranking.customers.loc[among, "customer_id"].to_numpy()[first]
        figure, axes = new_figure()
        heading(axes, words.say("The first {n}", n=words.number(len(first))))
        left = np.zeros(len(first))
        for place, name in enumerate(sheet.names):
            part = points[first, place] * weights[place]
            axes.barh(
                np.arange(len(first)), part, left=left, label=label(name, words), color=COLOURS[place % 8]
            )
            left += part
        axes.set_yticks(np.arange(len(first)), [str(one) for one in ids])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(words.say("points times weight"))
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
        alt = words.say(
            "Bars of the points of the first {n}: {ids}.",
            n=words.number(len(first)),
            ids=", ".join(str(one) for one in ids),
        )
        return Picture(figure, alt)


def _stretched(sheet: Sheet, moved: dict[str, float]) -> Array:
    """Return the points with the breakpoints of some criteria multiplied."""
    points = sheet.points
    for place, criterion in enumerate(sheet.criteria):
        factor = moved.get(f"stretch_{place}", 1.0)
        if factor != 1.0 and criterion.points != "percentile":
            marks = tuple(mark * factor for mark in criterion.points)
            points = points.copy()
            points[:, place] = give_points(
                sheet.values[:, place], criterion.model_copy(update={"points": marks})
            )
    return points


def explore_scoring(ranking: Ranking, tried: Backtest | None, words: Words) -> Any:
    """Show sliders for weights and breakpoints; in a report a table over their settings."""
    trial = Trial(ranking, tried, words)
    return explore(words.say("What weights and breakpoints do"), trial.ask, trial.knobs(), words)
