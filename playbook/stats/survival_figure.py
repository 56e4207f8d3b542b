"""How survival curves are drawn."""

from typing import Any

import seaborn as sns

from playbook.show.figures import BLUE, percent_axis
from playbook.show.words import Words
from playbook.stats.survival import Curve


def draw_curve(axes: Any, curve: Curve, words: Words, color: str = BLUE) -> None:
    """Draw a survival curve in steps, with its 95% interval as a band, on axes of shares."""
    axes.fill_between(curve.days, curve.low, curve.high, step="post", color=color, alpha=0.15, linewidth=0)
    sns.lineplot(x=curve.days, y=curve.survival, drawstyle="steps-post", color=color, ax=axes)
    axes.set_ylim(0, 1)
    percent_axis(axes.yaxis, words)
