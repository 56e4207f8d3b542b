"""Chapter 05: the signals in words, from findings alone."""

from collections.abc import Callable

import pandas as pd

from playbook.archive.findings import Findings, rounded
from playbook.chapters.warning.leaving import CANCELLED, LookBack
from playbook.chapters.warning.signals import KIND_OF_COMPLAINT, NEEDS
from playbook.show.words import Words

LIFT, NOT_JUDGED = "signal_lift_", "signal_not_judged_"


def label(signal: str, words: Words) -> str:
    """Return what a signal is called, to follow "customers with"."""
    say = words.say
    if signal.startswith(KIND_OF_COMPLAINT):
        kind = signal.removeprefix(KIND_OF_COMPLAINT)
        return say("a complaint of the kind “{kind}”", kind=kind)
    return {
        "overdue": say("a silence far beyond their usual gap"),
        "longer_gaps": say("a last gap far longer than those before"),
        "fewer_orders": say("fewer orders than in the months before"),
        "falling_value": say("lower sales than in the months before"),
        "smaller_order": say("a last order far below their usual amount"),
        "more_discount": say("a last order at a deeper discount than before"),
        "returned_goods": say("goods returned lately"),
        "unsolved_complaint": say("an unsolved complaint"),
        "complaint": say("a complaint lately"),
        "several_complaints": say("more than one complaint"),
        "fewer_visits": say("fewer visits than before"),
        "unsubscribed": say("an unsubscription lately"),
        "cancellation": say("a cancellation announced"),
        "low_review": say("reviews below the usual"),
        "inquiry": say("an inquiry lately"),
        "call": say("a telephone call lately"),
    }[signal]


def threshold(signal: str, past: LookBack, words: Words) -> str:
    """Return from where on a signal is on."""
    say, rules = words.say, past.rules
    share, days = words.percent(rules.fall), words.number(rules.recent_days)
    times = words.number(rules.overdue, 0 if rules.overdue == int(rules.overdue) else 1)
    lately = say("within {days} days", days=days)
    fallen = say("{share} or less of the {days} days before", share=share, days=days)
    return {
        "overdue": say("{n} times the usual gap", n=times),
        "longer_gaps": say("{n} times the gaps before", n=times),
        "fewer_orders": fallen,
        "falling_value": fallen,
        "smaller_order": say("{share} or less of the usual", share=share),
        "more_discount": say("{n} points more off the list price", n=words.points(rules.discount_points, 0)),
        "unsolved_complaint": say("no solution since"),
        "several_complaints": say("two or more"),
        "fewer_visits": say(
            "{share} or less of their own rate, over {days} days",
            share=share,
            days=words.number(rules.visit_days),
        ),
        "cancellation": say("since the last order"),
        "low_review": say(
            "below {usual}, over {days} days", usual=words.number(past.visible.usual_review, 1), days=days
        ),
    }.get(signal, lately)


def _need(signal: str, words: Words) -> str:
    """Return what the data would have to hold for a signal."""
    source, what = NEEDS[signal]
    if source == "event":
        return words.say("events of the kind {kind}", kind=what)
    if source == "column":
        return words.say("the column {column} of the orders", column=what)
    return words.say("lines of returns in the orders")


def with_intervals(frame: pd.DataFrame, name: str, shown: Callable[[float], str], words: Words) -> list[str]:
    """Return the values of a column, each with its interval where it has one (NAME_low, NAME_high)."""
    return [
        shown(value) if pd.isna(low) else f"{shown(value)} ({words.between(shown(low), shown(high))})"
        for value, low, high in frame[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)
    ]


def rounded_interval(row: pd.Series, name: str) -> tuple[float | None, float | None, float | None]:
    """Return a row's value with the ends of its interval (NAME_low, NAME_high)."""
    return rounded(row[name]), rounded(row[f"{name}_low"]), rounded(row[f"{name}_high"])


# The signals ---------------------------------------------------------------------------------


def signal_sentences(findings: Findings, words: Words) -> list[str]:
    """Word which signals warn here, and which do not."""
    say = words.say
    if findings["watched_past"].value is None:
        return [
            say(
                "What warns of leaving cannot be told: it takes a past day with customers who were not"
                " lapsed, and a record of two spans of 30 days at least."
            )
        ]
    said = [_described(findings, words)]
    if findings["watch_horizon"].verdict == "short":
        said.append(
            say(
                "The record is too young to follow anybody for {wanted} days after a past day, so {days} days"
                " are taken: read what follows as a first impression.",
                wanted=words.number(findings["watch_horizon_wanted"].value),
                days=words.number(findings["watch_horizon"].value),
            )
        )
    if findings["left_past"].value in (0, 1):
        said.append(
            say("Nobody left, so nothing can have warned of it.")
            if findings["left_past"].value == 0
            else say("All of them left, so nothing sets those who leave apart.")
        )
    by_verdict: dict[str, list[str]] = {"warns": [], "reassures": [], "nothing": [], "unclear": []}
    for name, finding in findings.items():
        if name.startswith(LIFT):
            by_verdict[str(finding.verdict)].append(name.removeprefix(LIFT))
    clear = {
        verdict: "; ".join(_of_signal(name, findings, words) for name in by_verdict[verdict])
        for verdict in ("warns", "reassures")
    }
    if clear["warns"]:
        said.append(
            say("Customers with these leave more often than comparable ones: {list}.", list=clear["warns"])
        )
    if clear["reassures"]:
        said.append(
            say(
                "Customers with these leave less often than comparable ones: {list}.", list=clear["reassures"]
            )
        )
    if by_verdict["nothing"]:
        names = _listed(by_verdict["nothing"], words)
        said.append(say("These add nothing here to what silence and orders say: {list}.", list=names))
    if by_verdict["unclear"]:
        said.append(
            words.say_many(
                "What one further signal says may be chance.",
                "What {n} further signals say may be chance.",
                len(by_verdict["unclear"]),
            )
        )
    said += _not_judged(findings, words)
    if by_verdict["warns"]:
        said += [*_before(findings, words), say("These are associations, not causes.")]
    return said


def _described(findings: Findings, words: Words) -> str:
    seen, left = findings["watched_past"], findings["left_past"]
    values = {
        "customers": words.number(seen.n or 0),
        "share": words.percent(left.value),
        "horizon": words.number(findings["watch_horizon"].value),
    }
    days = findings["watch_landmarks"].value
    if left.verdict == CANCELLED:
        return words.say_many(
            "Everybody whose contract ran on a past day ({customers} in all) was looked at: {share} cancelled"
            " within the {horizon} days after, which is what leaving means here.",
            "Everybody whose contract ran on one of {n} past days ({customers} in all) was looked at: {share}"
            " of the times, the contract was cancelled within the {horizon} days after, which is what leaving"
            " means here.",
            days,
            **values,
        )
    return words.say_many(
        "Everybody who was not lapsed on a past day ({customers} in all) was looked at: {share} ordered"
        " nothing in the {horizon} days after, which is what leaving means here.",
        "Everybody who was not lapsed on one of {n} past days ({customers} in all) was looked at: {share} of"
        " the times, nothing was ordered in the {horizon} days after, which is what leaving means here.",
        days,
        **values,
    )


def _of_signal(name: str, findings: Findings, words: Words) -> str:
    lift, left = findings[LIFT + name], findings[f"signal_left_{name}"]
    if lift.low is None:
        return words.say(
            "{name} ({left} of them; too few left or stayed to tell more)",
            name=label(name, words),
            left=words.percent(left.value),
        )
    return words.say(
        "{name} ({lift} times as often, 95% interval {low} to {high})",
        name=label(name, words),
        lift=words.number(lift.value or 0, 2),
        low=words.number(lift.low or 0, 2),
        high=words.number(lift.high or 0, 2),
    )


def _not_judged(findings: Findings, words: Words) -> list[str]:
    say = words.say
    why: dict[str, list[str]] = {}
    for key, finding in findings.items():
        if key.startswith(NOT_JUDGED):
            why.setdefault(str(finding.verdict), []).append(key.removeprefix(NOT_JUDGED))
    few = [name for reason in ("few", "untold", "constant") for name in why.get(reason, [])]
    said = [say("Too few show it to judge: {list}.", list=_listed(few, words))] if few else []
    return said + _missing(why.get("missing", []), words)


def _listed(names: list[str], words: Words) -> str:
    """List signals, the kinds of complaints together at the end."""
    kinds = [f"“{name.removeprefix(KIND_OF_COMPLAINT)}”" for name in names if name not in NEEDS]
    parts = [label(name, words) for name in names if name in NEEDS]
    if kinds:
        parts.append(words.say("complaints by kind ({kinds})", kinds=", ".join(kinds)))
    return "; ".join(parts)


def _missing(names: list[str], words: Words) -> list[str]:
    """Word what cannot be seen, and what the data would have to hold for it."""
    if not names:
        return []
    needs: dict[str, list[str]] = {}
    for name in names:
        needs.setdefault(_need(name, words), []).append(label(name, words))
    parts = [
        words.say("{signals} (with {need})", signals=", ".join(signals), need=need)
        for need, signals in needs.items()
    ]
    return [words.say("These data cannot show: {list}.", list="; ".join(parts))]


def _before(findings: Findings, words: Words) -> list[str]:
    left, stayed = findings["warned_before_left"].value, findings["warned_before_stayed"].value
    values = {"left": words.percent(left), "stayed": words.percent(stayed)}
    if left > stayed:
        return [
            words.say(
                "Of those who left, {left} had shown a warning before their last order, of those who stayed"
                " {stayed}.",
                **values,
            )
        ]
    return [
        words.say(
            "Before their last order, {left} of those who left had shown a warning, and {stayed} of those who"
            " stayed: most leave without a sign while they still buy, {once} of them after a first order.",
            once=words.percent(findings["left_after_first_order"].value),
            **values,
        )
    ]
