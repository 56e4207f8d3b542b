"""Chapter 05: the calls of the week in words: why each customer is called, and all of them together."""

from datetime import date

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.warning.leaving import CANCELLED
from playbook.chapters.warning.signals import LEAST_ORDERS
from playbook.chapters.warning.words import label
from playbook.records.arrays import Positions
from playbook.show.words import Words

MOST_REASONS = 3

# Each customer ---------------------------------------------------------------------------


def reasons_of(
    watched: pd.DataFrame, shown: pd.DataFrame, warning: list[str], words: Words
) -> list[list[str]]:
    """Return the reasons of each customer: the rules first, then the signals that warn here."""
    rules = {"cancellation": watched["cancellation"], "unsolved_complaint": watched["complaint"]}
    on = {name: column.to_numpy(bool) for name, column in rules.items()}
    on |= {name: (shown[name] == 1).to_numpy(bool) for name in warning if name not in on}
    ago = {
        "cancellation": watched["cancellation_ago"].to_numpy(float),
        "unsolved_complaint": watched["complaint_ago"].to_numpy(float),
    }
    reasons: list[list[str]] = [[] for _ in range(len(watched))]
    for name, flags in on.items():
        text = label(name, words)
        for place in np.flatnonzero(flags):
            if len(reasons[place]) < MOST_REASONS:
                reasons[place].append(_dated(text, ago[name][place], words) if name in ago else text)
    return reasons


def _dated(text: str, days: float, words: Words) -> str:
    if np.isnan(days):
        return text
    return words.say_many("{what} one day ago", "{what} {n} days ago", int(days), what=text)


def reasons_in_words(watched: pd.DataFrame, reasons: list[list[str]], words: Words) -> list[str | None]:
    """Return why each customer is called or written to; None for a customer without reason or list."""
    listed = watched["call_rank"].notna() | watched["write_instead"]
    behaviour = watched[["orders", "silence", "age"]].to_numpy(int)
    return [
        "; ".join(own) if own else _without_signal(row, words) if on else None
        for own, on, row in zip(reasons, listed, behaviour, strict=True)
    ]


def _without_signal(row: Positions, words: Words) -> str:
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


def first_steps(watched: pd.DataFrame, words: Words) -> list[str | None]:
    """Return what each call begins with; None for those who are not called."""
    texts = {
        "satisfaction": words.say("ask whether they are satisfied, and what could be better"),
        "complaint": words.say("apologise and put it right; sell nothing"),
        "cancellation": words.say("call before you confirm the cancellation"),
    }
    kinds = watched["call_kind"].where(watched["call_rank"].notna())
    return [texts.get(kind) for kind in kinds]


# The week, from findings alone --------------------------------------------------------------


def call_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who should be called this week."""
    say, number = words.say, words.number
    if not findings["watched"].value:
        return [
            say("Nobody is there to be warned of: every customer is lapsed already, or none has ordered.")
        ]
    said = [_expected(findings, words)]
    warned = findings["warned"].value
    if warned:
        said.append(words.say_many("One of them shows a warning.", "{n} of them show a warning.", warned))
    if silent := findings["listed_unwarned"].value:
        said.append(
            words.say_many(
                "One more is on the list for a long silence alone.",
                "{n} more are on the list for a long silence alone.",
                silent,
            )
        )
    calls = findings["calls"]
    if not calls.value:
        return [*said, _no_calls(calls, words), *_without_consent(findings, words)]
    said.append(
        words.say_many(
            "To call in the week of {monday}: one customer, with {stake} of margin at stake within {days}"
            " days; the capacity is {capacity}.",
            "To call in the week of {monday}: {n} customers, with {stake} of margin at stake between them"
            " within {days} days; the capacity is {capacity}.",
            calls.value,
            monday=words.date(date.fromisoformat(str(findings["calls_week"].value))),
            stake=words.money(findings["calls_at_stake"].value),
            days=number(findings["calls_horizon"].value),
            capacity=number(findings["calls_capacity"].value),
        )
    )
    said += _rules(findings, words)
    said.append(say("The whole list, with names and numbers, is in calls.xlsx."))
    return [*said, *_held_back(findings, words), *_without_consent(findings, words)]


def _expected(findings: Findings, words: Words) -> str:
    watched, leaving = findings["watched"], findings["expected_to_leave"]
    contracts = watched.verdict == CANCELLED
    if leaving.value is None:
        return words.say_many(
            "One customer is not lapsed today. How likely this customer is to leave cannot be told from these"
            " data.",
            "{n} customers are not lapsed today. How likely each is to leave cannot be told from these data.",
            watched.value,
        )
    values = {
        "leaving": words.number(leaving.value),
        "are": words.say_many("is", "are", round(leaving.value)),
        "days": words.number(findings["calls_horizon"].value),
    }
    if contracts:
        return words.say_many(
            "One contract runs today; about {leaving} is expected to be cancelled within {days} days.",
            "{n} contracts run today; about {leaving} {are} expected to be cancelled within {days} days.",
            watched.value,
            **values,
        )
    return words.say_many(
        "One customer is not lapsed today; the number expected to order nothing within {days} days is"
        " {leaving}.",
        "{n} customers are not lapsed today; about {leaving} of them {are} expected to order nothing within"
        " {days} days.",
        watched.value,
        **values,
    )


def _no_calls(calls: Finding, words: Words) -> str:
    reasons = {
        "no_consent": words.say(
            "Nobody is to be called: none of them has agreed to be called, or has a telephone number. Ask for"
            " consent at the next occasion."
        ),
        "consent_unknown": words.say(
            "Nobody is to be called: these data do not say who has agreed to be called. Where the client"
            " knows, hand it in with the customers (column may_phone); else ask at the next occasion."
        ),
        "no_capacity": words.say("Nobody is to be called: warning.calls_per_week is 0."),
        "nothing_at_stake": words.say(
            "Nobody is to be called: those who may be called show no warning and are not due yet, were"
            " contacted lately, or have no margin at stake as far as the data show."
        ),
    }
    return reasons[str(calls.verdict)]


def _rules(findings: Findings, words: Words) -> list[str]:
    said = []
    if n := findings["calls_cancellations"].value:
        said.append(
            words.say_many(
                "One has announced a cancellation: call before you confirm it.",
                "{n} have announced a cancellation: call before you confirm it. Those of the last 30 days"
                " come first.",
                n,
            )
        )
    if n := findings["calls_complaints"].value:
        said.append(
            words.say_many(
                "One has an unsolved complaint: apologise and put it right first, generously; nothing is sold"
                " in this call.",
                "{n} have an unsolved complaint: apologise and put it right first, generously; nothing is"
                " sold in these calls.",
                n,
            )
        )
    ruled = findings["calls_cancellations"].value + findings["calls_complaints"].value
    if findings["calls"].value > ruled:
        said.append(words.say("The others are asked whether they are satisfied, and what could be better."))
    return said


def _held_back(findings: Findings, words: Words) -> list[str]:
    """Word who is not called so that the calls can be judged, or why nobody is held back."""
    say, trial = words.say, findings["calls_trial"]
    if trial.verdict == "nobody":
        return []
    if trial.verdict == "too_few":
        return [_too_few_to_hold_back(findings, words)]
    if trial.verdict == "drawn":
        return [
            words.say_many(
                "One more would be called and is not, drawn by chance: only customers held back like this"
                " can show what the calls do.",
                "{n} more would be called and are not, drawn by chance: only customers held back like this"
                " can show what the calls do.",
                findings["calls_held_back"].value,
            ),
            say(
                "warning_trial.csv beside this report lists both groups: hand it in with the next export,"
                " and the calls of a quarter are judged {days} days after the last of them.",
                days=words.number(findings["calls_trial_days"].value),
            ),
        ]
    reasons = {
        "off": say(
            "Nobody is held back, as client.yml asks, so nobody will be able to say whether the calls help."
        ),
        "unknown": say(
            "Nobody is held back to judge the calls by: how many would order uncalled cannot be told, so"
            " neither can how many it would take."
        ),
    }
    return [reasons[str(trial.verdict)]]


def _too_few_to_hold_back(findings: Findings, words: Words) -> str:
    """Word what holding calls back could not show, and which share would be enough."""
    say, number, trial = words.say, words.number, findings["calls_trial"]
    said = say(
        "Nobody is held back to judge the calls by, since it would show nothing: of the {worth} worth a call"
        " for their satisfaction at most {kept} would be held back over a quarter, about {buyers} of these"
        " would order within {days} days, and below {least} no difference can be told.",
        worth=number(trial.n or 0),
        kept=number(findings["calls_trial_held_back"].value),
        buyers=number(findings["calls_trial_buyers"].value or 0),
        days=number(findings["calls_trial_days"].value),
        least=number(findings["calls_trial_least"].value),
    )
    enough = findings["calls_trial_enough"].value
    if enough is None:
        return said
    more = say(
        "Holding back {share} would be enough (warning.holdout_share: {setting} in client.yml).",
        share=words.percent(enough),
        setting=f"{enough:.2f}",
    )
    return f"{said} {more}"


def _without_consent(findings: Findings, words: Words) -> list[str]:
    said = []
    missing = findings["calls_without_consent"]
    if missing.value > 1 and missing.value == missing.n:
        said.append(
            words.say(
                "{n} who would be on the list may not be called; all of them may be written to, and stand in"
                " the sheet “Write instead” of workbook.xlsx.",
                n=words.number(missing.value),
            )
        )
    elif missing.value:
        said.append(
            words.say_many(
                "One who would be on the list may not be called; {written} may be written to (sheet “Write"
                " instead” of workbook.xlsx).",
                "{n} who would be on the list may not be called; {written} of them may be written to (sheet"
                " “Write instead” of workbook.xlsx).",
                missing.value,
                written=words.number(missing.n or 0),
            )
        )
    if findings["calls_assumed"].value:
        said.append(
            words.say("That they may be called is assumed (consent.assumed), since the data hold no consent.")
        )
    return said
