"""Chapter 04, threshold and horizon moved by hand: who is lapsed then, and who comes back unaided."""

from collections.abc import Callable
from functools import cache

import numpy as np
import seaborn as sns

from playbook.chapters.churn.lapsed import CustomerBase
from playbook.records.arrays import Array
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.figures import BLUE, ORANGE, Picture, new_figure, percent_axis
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words
from playbook.stats import return_probability

SHIFTS = (-90, -45, 0, 45, 90)
"""Days around the threshold."""
HORIZONS = (90, 183, 365)
DRAWS = 100
LONGEST_SHOWN = 730


def slide(history: History, base: CustomerBase, words: Words) -> "Table | object":
    """Show how the lapsed, and those expected back, change with threshold and horizon."""
    say, days = words.say, lambda value: words.say_many("{n} day", "{n} days", value)
    knobs = {
        "inactivity_days": Knob(
            say("inactivity threshold"),
            [base.inactivity_days + shift for shift in SHIFTS if base.inactivity_days + shift > 0],
            base.inactivity_days,
            days,
        ),
        "horizon_days": Knob(say("horizon"), HORIZONS, base.horizon_days, days),
    }
    caption = say("What if threshold or horizon were another?")
    return explore(caption, asker(history, base, words), knobs, words)


def asker(history: History, base: CustomerBase, words: Words) -> Callable[[int, int], Answer]:
    """Return what answers a threshold and a horizon; a horizon is fitted when it is first asked for."""
    bought = base.buyers
    silence = bought["silence_days"].to_numpy(float)
    margin = bought["margin"].to_numpy(float)

    @cache
    def chance(horizon_days: int) -> Array:
        if horizon_days == base.horizon_days:
            return bought["return_probability"].to_numpy(float)
        model = return_probability.fit(history, horizon_days, DRAWS)
        return np.full(len(bought), np.nan) if model is None else model.predict(bought)

    def ask(inactivity_days: int, horizon_days: int) -> Answer:
        lapsed = base.lapsed_at(inactivity_days)[bought.index].to_numpy(bool)
        probability = chance(horizon_days)
        back = float(probability[lapsed].sum())
        known = np.isfinite(back) and lapsed.any()
        cells = {
            words.say("lapsed"): words.number(int(lapsed.sum())),
            words.say("their past margin"): words.money(float(margin[lapsed].sum())),
            words.say("of them expected back unaided"): words.number(back) if known else "–",
            words.say("mean chance"): words.percent(back / int(lapsed.sum()), 1) if known else "–",
        }
        return Answer(cells, lambda: _figure(silence, probability, inactivity_days, words))

    return ask


def _figure(silence: Array, probability: Array, inactivity_days: int, words: Words) -> Picture:
    """Draw the mean chance by silence, with the threshold."""
    say, days = words.say, words.number(inactivity_days)
    figure, axes = new_figure(
        say("Chance of an order within the horizon, and a threshold of {days} days", days=days)
    )
    edges = np.arange(0, LONGEST_SHOWN + 30, 30)
    place = np.digitize(silence, edges) - 1
    counts = np.bincount(place, minlength=len(edges))[: len(edges)]
    sums = np.bincount(place, probability, len(edges))[: len(edges)]
    mean = np.divide(sums, counts, out=np.full(len(edges), np.nan), where=counts > 0)
    sns.lineplot(x=edges + 15, y=mean, estimator=None, color=BLUE, ax=axes)
    axes.axvline(inactivity_days, color=ORANGE)
    axes.set_ylim(0, 1)
    percent_axis(axes.yaxis, words)
    axes.set_xlabel(say("days of silence today"))
    axes.set_ylabel(say("mean chance"))
    alt = say(
        "The mean chance of an order within the horizon falls with the days of silence; a line marks the"
        " threshold at {days} days.",
        days=days,
    )
    return Picture(figure, alt)
