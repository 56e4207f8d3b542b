"""How survival curves are drawn."""

from typing import Any

import seaborn as sns

from playbook.show.figures import BLUE, percent_axis
from playbook.show.words import Words
from playbook.stats.survival import Curve

MOST_STEPS = 150
"""Steps of a curve that the eye can tell apart; more only make the file large."""


def draw_curve(axes: Any, curve: Curve, words: Words, color: str = BLUE) -> None:
    """Draw a survival curve in steps, with its 95% interval as a band, on axes of shares."""
    curve = _thinned(curve)
    axes.fill_between(curve.days, curve.low, curve.high, step="post", color=color, alpha=0.15, linewidth=0)
    sns.lineplot(x=curve.days, y=curve.survival, drawstyle="steps-post", color=color, ax=axes)
    axes.set_ylim(0, 1)
    percent_axis(axes.yaxis, words)


def _thinned(curve: Curve) -> Curve:
    """Return the curve at days evenly spaced, the last among them."""
    every = -(-len(curve.days) // MOST_STEPS) or 1
    kept = slice((len(curve.days) - 1) % every, None, every)
    return Curve(*(part[kept] for part in (curve.days, curve.survival, curve.low, curve.high, curve.at_risk)))
