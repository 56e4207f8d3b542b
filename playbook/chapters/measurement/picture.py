"""The pictures of chapter 08: what each campaign brought, and whether a gain lasts or melts away."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
import seaborn.objects as so

from playbook.chapters.measurement.words import amount, outcome_names, verdict_names
from playbook.show.figures import BLUE, GREEN, GREY, ORANGE, THEME, Picture, Pictures, new_figure
from playbook.show.words import Words
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.measure import Measured
from playbook.stats.trials.over_time import over_time, share_active

DRAWN = 4
"""Campaigns that the picture shows at most, the latest."""
MOST_VERDICTS = 8
"""Campaigns whose verdicts are drawn at most, the latest."""
COLORS = {"works": GREEN, "does_not": ORANGE, "backfires_later": ORANGE}
LEAST_DAYS = 7
"""Days followed without which there is nothing to draw."""


def verdict_picture(campaigns: Sequence[Measured], words: Words) -> Picture | None:
    """Draw what each campaign brought per customer with its 95% interval; None without a control group."""
    say, names = words.say, verdict_names(words)
    shown = [c for c in campaigns if c.compared][-MOST_VERDICTS:]
    if not any(c.main for c in shown):
        return None
    works = sum(c.judgement.verdict == "works" for c in shown)
    title = words.say_many(
        "{works} of {n} earlier campaign is shown to work",
        "{works} of {n} earlier campaigns are shown to work",
        len(shown),
        works=words.number(works),
    )
    figure, axes = new_figure(title, 5.4, 1.3 + 0.5 * len(shown))
    told = []
    unit = next(c.main.unit for c in reversed(shown) if c.main)
    for place, campaign in enumerate(shown):
        effect, verdict = campaign.main, campaign.judgement.verdict
        said = say("too few came back to tell")
        if effect and effect.has_interval:
            said = f"{amount(effect.value, effect.unit, words)} ({_within(effect, words)})"
        if effect and effect.has_interval and effect.unit == unit:
            low, value, high = (100 * end if unit == "share" else end for end in _ends(effect))
            axes.hlines(place, low, high, color=COLORS.get(verdict, GREY), linewidth=2)
            axes.plot(value, place, "o", color=COLORS.get(verdict, GREY))
        else:
            axes.annotate(said, (0, place), (6, 0), textcoords="offset points", va="center", color=GREY)
        told.append(f"{campaign.trial.campaign}: {names[verdict]}, {said}")
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [f"{c.trial.campaign}\n{names[c.judgement.verdict]}" for c in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    outcome = " / ".join(sorted({outcome_names(words)[c.named] for c in shown}))
    axes.set_xlabel(say("{outcome} per customer, against those held back", outcome=outcome))
    return Picture(figure, "; ".join(told) + ".")


def _ends(effect: Effect) -> tuple[float, float, float]:
    """Return the lower end of the interval, the effect and the upper end."""
    return effect.low or 0.0, effect.value, effect.high or 0.0


def _within(effect: Effect, words: Words) -> str:
    low, _, high = _ends(effect)
    return words.between(amount(low, effect.unit, words), amount(high, effect.unit, words))


def lasting_pictures(campaigns: Sequence[Measured], words: Words) -> Pictures | None:
    """Draw the cumulative difference with its band, and the share active by arm, by campaign."""
    shown = [c for c in campaigns if c.compared and c.end >= LEAST_DAYS][-DRAWN:]
    return Pictures([_lasting(campaign, words) for campaign in shown]) if shown else None


def _lasting(campaign: Measured, words: Words) -> Picture:
    curve = over_time(campaign.trial, campaign.end)
    title = _outcome_in_words(campaign, curve.iloc[-1], words)
    figure, (left, right) = new_figure(title, height=2.9, columns=2)
    with mpl.rc_context(THEME):
        _draw_gain(left, campaign, curve, words)
        _draw_shares(right, campaign, words)
    return Picture(figure, _gain_in_words(campaign, curve, words))


def _draw_gain(axes: Any, campaign: Measured, curve: pd.DataFrame, words: Words) -> None:
    """Draw what the campaign brought so far, day by day, with its band."""
    plot = so.Plot(curve, x="day", y="value", ymin="low", ymax="high")
    plot = plot.add(so.Band(color=BLUE, alpha=0.2)).add(so.Line(color=BLUE))
    plot.label(x=words.say("days after the contact"), y=words.say("gain per customer")).on(axes).plot()
    axes.axhline(0, color=GREY, linewidth=0.8)
    if campaign.settings.horizon_days <= campaign.end:
        axes.axvline(campaign.settings.horizon_days, color=ORANGE, linewidth=1, linestyle="--")


def _outcome_in_words(campaign: Measured, end: pd.Series, words: Words) -> str:
    """Return what is certain of the gain on the last day that is drawn."""
    value, low, high = _at_the_end(campaign, end)
    if low > 0:
        message = "{name}: {amount} gained per customer by day {day}"
    elif high < 0:
        message = "{name}: {amount} lost per customer by day {day}"
    else:
        message = "{name}: no certain gain by day {day}"
    return words.say(
        message,
        name=campaign.trial.campaign,
        amount=words.money(abs(value), 2),
        day=words.number(campaign.end),
    )


def _at_the_end(campaign: Measured, end: pd.Series) -> tuple[float, float, float]:
    """Return the gain on the last day with its interval: of that day's reading where there is one.

    The table and the verdict show the reading, whose interval is wider than the band of the curve where
    amounts are skewed; a reading of too few buyers leaves everything open.
    """
    declared = campaign.end == campaign.settings.horizon_days
    effects = campaign.whole.effects if declared else campaign.readings.get(campaign.end, {})
    effect = effects.get("margin" if campaign.trial.costs == "missing" else "net")
    if effect is None:
        return float(end["value"]), float(end["low"]), float(end["high"])
    if effect.low is None or effect.high is None:
        return effect.value, float("-inf"), float("inf")
    return effect.value, effect.low, effect.high


def _draw_shares(axes: Any, campaign: Measured, words: Words) -> None:
    """Draw which share of each group order in each month."""
    say = words.say
    names = {"treated": say("contacted"), "control": say("held back")}
    months = share_active(campaign.trial, campaign.end).rename(columns=names)
    sns.lineplot(
        months.set_index("month"),
        palette=[BLUE, GREY],
        markers=["o", "s"],
        markersize=4,
        dashes=False,
        ax=axes,
    )
    axes.set_title(say("Share who order, by month"))
    axes.set_xlabel(say("months after the contact"))
    axes.yaxis.set_major_formatter(lambda value, _: words.percent(value))
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)


def _gain_in_words(campaign: Measured, curve: pd.DataFrame, words: Words) -> str:
    """Return what the picture of the gain shows."""
    top, end = curve.loc[curve["value"].idxmax()], curve.iloc[-1]
    return words.say(
        "{name}: the gain per assigned customer is highest on day {top_day}, {top}, and ends on day {last} at"
        " {end} (95% band {low} to {high}).",
        name=campaign.trial.campaign,
        top_day=words.number(float(top["day"])),
        top=words.money(float(top["value"]), 2),
        last=words.number(campaign.end),
        end=words.money(float(end["value"]), 2),
        low=words.money(float(end["low"]), 2),
        high=words.money(float(end["high"]), 2),
    )
