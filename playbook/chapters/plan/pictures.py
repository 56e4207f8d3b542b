"""The pictures of chapter 07: who is contacted, what each offer brings, what another budget would."""

from textwrap import fill

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns

from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.words import status_names
from playbook.show.figures import BLUE, GREY, INK, ORANGE, PALE, THEME, Picture, compact_axis, new_figure
from playbook.show.words import Words

WIDTH = 5.4
"""Inches: two of these pictures stand side by side."""
LABEL_WIDTH = 40
"""Characters of a label before it goes on in the next line."""
FEW = 10
"""Contacts of an offer below which its interval is that of what is expected of each."""


def who_is_contacted(plan: Plan, words: Words) -> Picture:
    """Draw the way from everybody known to those who get an offer, and what becomes of the others."""
    say, everybody, counts = words.say, plan.campaign.everybody, plan.status.value_counts()
    lapsed = plan.campaign.settings.selection is None
    selected = len(plan.status) - int(counts.get("not_selected", 0))
    before = [
        (say("known"), len(everybody)),
        (say("have ordered"), int((everybody["orders"] > 0).sum())),
        (say("lapsed or lost, by silence") if lapsed else say("in the selection"), selected),
    ]
    after = [(label, int(counts[name])) for name, label in status_names(words).items() if name in counts]
    rows = [*before, *after]
    contacted = int(counts.get("planned", 0))
    title = words.say_many(
        "One of {known} people known is contacted",
        "{n} of {known} people known are contacted",
        contacted,
        known=words.number(len(everybody)),
    )
    figure, axes = new_figure(title, WIDTH, 0.6 + 0.4 * len(rows))
    colors = [PALE] * len(before) + [
        BLUE if label == status_names(words)["planned"] else GREY for label, _ in after
    ]
    places = np.arange(len(rows))
    axes.barh(places, [n for _, n in rows], color=colors)
    for place, (_, n) in zip(places, rows, strict=True):
        axes.annotate(
            words.number(n), (n, place), (4, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_yticks(places, [fill(label, LABEL_WIDTH) for label, _ in rows], fontsize=9)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.margins(x=0.12)
    return Picture(figure, "; ".join(f"{label}: {words.number(n)}" for label, n in rows) + ".")


def profit_by_offer(plan: Plan, words: Words) -> Picture | None:
    """Draw what each offer is expected to bring with its 90% interval, what is assumed of it hatched.

    None where nobody is contacted.
    """
    say, contacts = words.say, plan.contacts
    if contacts.empty:
        return None
    known = contacts["expected_profit"].where(contacts["measured"], 0.0)
    rows = contacts.assign(known=known).groupby("offer")[["expected_profit", "known"]].sum()
    rows = rows.sort_values("expected_profit", ascending=False)
    names = [offer.name for offer in plan.campaign.offers]
    summed = contacts.groupby("offer")[["expected_profit_low", "expected_profit_high"]].sum()
    few = contacts["offer"].value_counts() < FEW  # of whom chance alone decides what comes
    ends = np.array(
        [summed.loc[k] if few[k] else plan.draws.interval_of(names.index(k)) for k in rows.index], dtype=float
    )
    share = words.percent(plan.measured_share)
    message = "{share} of the expected profit was measured here"
    title = say(
        message if plan.measured_share else "None of the expected profit was measured here", share=share
    )
    figure, axes = new_figure(title, WIDTH, 1.5 + 0.5 * len(rows))
    places = np.arange(len(rows))
    with mpl.rc_context(THEME):
        axes.barh(places, rows["known"], color=BLUE, label=say("measured here"))
        rest = rows["expected_profit"] - rows["known"]
        look = {"color": "#CFE3F1", "edgecolor": BLUE, "hatch": "////", "linewidth": 0}
        axes.barh(places, rest, left=rows["known"], label=say("assumed, or beyond what was tested"), **look)
    axes.hlines(places, *ends.T, color=INK, linewidth=1.2, label=say("90% interval"))
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(places, [fill(name, 24) for name in rows.index])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    compact_axis(axes.xaxis, words)
    axes.set_xlabel(say("expected profit, {currency}", currency=words.currency))
    figure.legend(loc="outside lower left", fontsize=8.5, ncols=2, frameon=False)
    alt = "; ".join(
        say(
            "{offer}: {profit} ({low} to {high}), {known} of it measured",
            offer=name,
            profit=words.money(row["expected_profit"]),
            low=words.money(low),
            high=words.money(high),
            known=words.percent(row["known"] / row["expected_profit"] if row["expected_profit"] else 0),
        )
        for (name, row), (low, high) in zip(rows.iterrows(), ends, strict=True)
    )
    return Picture(figure, f"{alt}.")


def profit_curve(curve: pd.DataFrame, budget: float, words: Words, caller: float | None = None) -> Picture:
    """Draw the expected profit over the budget.

    Parameters
    ----------
    curve : DataFrame
        budget, profit: the best plan for each budget.
    budget : float
        Where the client's budget is marked.
    caller : float, optional
        What one more caller would bring, within the same budget.
    """
    say, money = words.say, words.money
    middle, last = curve.iloc[len(curve) // 2], curve.iloc[-1]
    pays = curve["profit"].max() > 0
    values = {"half": money(middle["profit"]), "middle": money(middle["budget"])}
    values |= {"whole": money(last["profit"]), "end": money(last["budget"])}
    title = say("No budget brings a profit")
    alt = say("A flat line at 0: no offer is expected to pay, whatever the budget.")
    if pays:
        share = words.percent(middle["profit"] / last["profit"])
        title = say("{middle} bring {share} of the profit that {end} would", share=share, **values)
        alt = say(
            "A line that rises ever more slowly: {half} of expected profit at a budget of {middle}, {whole}"
            " at {end}.",
            **values,
        )
    figure, axes = new_figure(title, WIDTH, 3.2)
    sns.lineplot(curve, x="budget", y="profit", estimator=None, color=BLUE, marker="o", ax=axes)
    axes.set(xlabel=say("budget"), ylabel=say("expected profit"))
    compact_axis(axes.xaxis, words)
    compact_axis(axes.yaxis, words)
    if pays:
        axes.set_ylim(0, 1.1 * float(curve["profit"].max()))
    else:
        axes.set(xticks=[0, last["budget"]], yticks=[0])
    if pays and caller:
        more = say("one more caller, at this budget: {profit} more", profit=money(caller))
        axes.set_xlabel(f"{say('budget')}\n{more}")
        alt = f"{alt} {more[:1].upper()}{more[1:]}."
    if pays and budget <= last["budget"]:
        side = -1 if budget > last["budget"] / 2 else 1  # where the label has room
        axes.axvline(budget, color=ORANGE)
        axes.annotate(
            say("the budget"),
            (budget, 0.12),
            xycoords=axes.get_xaxis_transform(),
            xytext=(4 * side, 4),
            textcoords="offset points",
            ha="right" if side < 0 else "left",
            color=ORANGE,
        )
    return Picture(figure, alt)
