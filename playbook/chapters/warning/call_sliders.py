"""Chapter 05: how many calls are worth it, by the trial on the past."""

from functools import partial
from typing import TYPE_CHECKING

from playbook.chapters.warning.backtest import Check
from playbook.show.display import Table
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words

if TYPE_CHECKING:
    from ipywidgets import VBox

NUMBERS = (10, 25, 50, 100, 200, 400)
"""How many calls are tried, as far as there are customers."""


def how_many_calls(tried: Check | None, words: Words) -> "VBox | Table | None":
    """Show what a longer or shorter list would have caught; None where it could not be tried."""
    if tried is None or not tried.calls:
        return None
    numbers = [number for number in NUMBERS if number <= tried.customers]
    knob = Knob(words.say("customers warned of"), numbers, tried.calls, words.number)
    caption = words.say(
        "Had the first been warned of on {day}, before consent and rules", day=words.date(tried.day)
    )
    return explore(caption, partial(caught, tried, words), {"calls": knob}, words)


def caught(tried: Check, words: Words, calls: int) -> Answer:
    """Say how many of the first would have been leavers, and what share of all leavers they are."""
    say, first = words.say, tried.in_order[:calls]
    left = int(first.sum())
    return Answer(
        {
            say("warned of"): words.number(calls),
            say("of them left"): f"{words.number(left)} ({words.percent(left / calls)})",
            say("of all who left"): words.percent(left / max(tried.left, 1)),
            say("times as many as by chance"): words.number(
                left / calls * tried.customers / max(tried.left, 1), 2
            ),
        }
    )
