"""The picture of chapter 08: whether a gain lasts or melts away."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from playbook.show.display import STYLE, heading
from playbook.show.figures import BLUE, GREY, ORANGE, Picture
from playbook.show.words import Words
from playbook.stats.trials.measure import Measured
from playbook.stats.trials.over_time import over_time, share_active

DRAWN = 4
"""Campaigns that the picture shows at most, the latest."""
LEAST_DAYS = 7
"""Days followed without which there is nothing to draw."""


def lasting_picture(campaigns: Sequence[Measured], words: Words) -> Picture:
    """Draw the cumulative difference with its band, and the share active by arm, by campaign."""
    shown = [c for c in campaigns if c.compared and c.end >= LEAST_DAYS][-DRAWN:]
    if not shown:
        with mpl.rc_context(STYLE):
            empty = Figure(figsize=(7.2, 0.4))
        return Picture(empty, words.say("No picture: no campaign with a control group was followed."))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.7 * len(shown)))
        axes = figure.subplots(len(shown), 2, squeeze=False, width_ratios=[3, 2])
    alts = [_draw(campaign, row, words) for campaign, row in zip(shown, axes, strict=True)]
    return Picture(figure, " ".join(alts))


def _draw(campaign: Measured, axes: Any, words: Words) -> str:
    """Draw one campaign; return what the picture shows."""
    say, trial, last = words.say, campaign.trial, campaign.end
    curve, months = over_time(trial, last), share_active(trial, last)
    left, right = axes
    left.fill_between(curve["day"], curve["low"], curve["high"], color=BLUE, alpha=0.2, linewidth=0)
    left.plot(curve["day"], curve["value"], color=BLUE)
    left.axhline(0, color=GREY, linewidth=0.8)
    if campaign.settings.horizon_days <= last:
        left.axvline(campaign.settings.horizon_days, color=ORANGE, linewidth=1, linestyle="--")
    heading(left, say("{name}: gain per customer", name=trial.campaign))
    left.set_xlabel(say("days after the contact"))
    right.plot(
        months["month"], months["treated"], color=BLUE, marker="o", markersize=3, label=say("contacted")
    )
    right.plot(
        months["month"], months["control"], color=GREY, marker="s", markersize=3, label=say("held back")
    )
    heading(right, say("Share who order, by month"))
    right.set_xlabel(say("months after the contact"))
    right.yaxis.set_major_formatter(lambda value, _: words.percent(value))
    right.set_ylim(bottom=0)
    right.xaxis.get_major_locator().set_params(integer=True)
    right.legend(fontsize=8)
    top, end = curve.loc[curve["value"].idxmax()], curve.iloc[-1]
    return say(
        "{name}: the gain per assigned customer is highest on day {top_day}, {top}, and ends on day {last} at"
        " {end} (95% band {low} to {high}).",
        name=trial.campaign,
        top_day=words.number(float(top["day"])),
        top=words.money(float(top["value"]), 2),
        last=words.number(last),
        end=words.money(float(end["value"]), 2),
        low=words.money(float(end["low"]), 2),
        high=words.money(float(end["high"]), 2),
    )
