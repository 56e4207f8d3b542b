"""Chapter 05: why a customer is called, and what the call begins with, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from playbook.chapters.warning.words import label
from playbook.records.arrays import Flags, Positions
from playbook.show.words import Words

MOST_REASONS = 3
LEAST_ORDERS = 3
"""Orders from which on a customer has a usual gap."""


def reasons_of(told: pd.DataFrame, shown: pd.DataFrame, warning: list[str], words: Words) -> list[list[str]]:
    """Return the reasons of each customer: the rules first, then the signals that warn here."""
    rules = {"cancellation": told["cancellation"], "unsolved_complaint": told["complaint"]}
    on = {name: column.to_numpy(bool) for name, column in rules.items()}
    on |= {name: (shown[name] == 1).to_numpy(bool) for name in warning if name not in on}
    ago = {
        "cancellation": told["cancellation_ago"].to_numpy(float),
        "unsolved_complaint": told["complaint_ago"].to_numpy(float),
    }
    found: list[list[str]] = [[] for _ in range(len(told))]
    for name, flags in on.items():
        text = label(name, words)
        for place in np.flatnonzero(flags):
            if len(found[place]) < MOST_REASONS:
                found[place].append(_dated(text, ago[name][place], words) if name in ago else text)
    return found


def _dated(text: str, days: float, words: Words) -> str:
    if np.isnan(days):
        return text
    return words.say_many("{what} one day ago", "{what} {n} days ago", int(days), what=text)


def plainly(row: Positions, words: Words) -> str:
    """Word the risk of a customer without a signal: the orders and the silence behind it."""
    orders, silence, age = (int(number) for number in row)
    days = words.say_many("silent for one day", "silent for {n} days", silence)
    if orders == 1:
        return words.say("only one order, {days}", days=days)
    if orders < LEAST_ORDERS:
        return words.say("{orders} orders, {days}", orders=words.number(orders), days=days)
    return words.say_many(
        "{days}; an order a day on average, {orders} so far",
        "{days}; orders every {n} days on average, {orders} so far",
        round((age - silence) / (orders - 1)),
        days=days,
        orders=words.number(orders),
    )


def first_steps(told: pd.DataFrame, called: Flags, words: Words) -> list[str | None]:
    """Return what each call begins with; None for those who are not called."""
    say = words.say
    texts = (
        say("ask whether they are satisfied, and what could be better"),
        say("apologise and put it right; sell nothing"),
        say("call before you confirm the cancellation"),
    )
    steps = np.where(told["cancellation"], 2, np.where(told["complaint"], 1, 0))
    return [texts[step] if call else None for step, call in zip(steps, called, strict=True)]
