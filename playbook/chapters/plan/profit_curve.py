"""The picture of expected profit over the budget."""

import pandas as pd

from playbook.show.display import heading, new_figure
from playbook.show.figures import BLUE, ORANGE, Picture
from playbook.show.words import Words


def profit_curve(curve: pd.DataFrame, budget: float, words: Words) -> Picture:
    """Draw the expected profit over the budget.

    Parameters
    ----------
    curve : DataFrame
        budget, profit: the best plan for each budget.
    budget : float
        Where the client's budget is marked.
    """
    figure, axes = new_figure()
    say, money = words.say, words.money
    heading(axes, say("Expected profit by budget"))
    axes.set_xlabel(say("budget"))
    axes.xaxis.set_major_formatter(lambda value, _: words.compact(value))
    axes.yaxis.set_major_formatter(lambda value, _: words.compact(value))
    axes.plot(curve["budget"], curve["profit"], "o-", color=BLUE)
    if curve["profit"].max() <= 0:
        return Picture(figure, say("A flat line at 0: no offer is expected to pay, whatever the budget."))
    axes.set_ylim(0, 1.1 * float(curve["profit"].max()))
    if budget <= float(curve["budget"].max()):
        axes.axvline(budget, color=ORANGE)
        axes.text(budget, 0, say(" the budget"), color=ORANGE, va="bottom")
    last = curve.iloc[-1]
    alt = say(
        "A line that rises ever more slowly: {half} of expected profit at a budget of {middle}, {whole}"
        " at"
        " {end}.",
        half=money(float(curve["profit"].iloc[len(curve) // 2])),
        middle=money(float(curve["budget"].iloc[len(curve) // 2])),
        whole=money(float(last["profit"])),
        end=money(float(last["budget"])),
    )
    return Picture(figure, alt)
