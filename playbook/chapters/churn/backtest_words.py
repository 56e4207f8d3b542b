"""Chapter 04: what the backtest says, worded from its findings."""

from __future__ import annotations

from datetime import date

from playbook.archive.findings import Findings
from playbook.show.words import Words

RULES = ("chance", "recency", "frequency")


def rule_labels(words: Words) -> dict[str, str]:
    """Return what each rule is called."""
    return {
        "chance": words.say("the chance to return"),
        "recency": words.say("the shortest silence"),
        "frequency": words.say("the most orders, then the shortest silence"),
    }


def backtest_words(findings: Findings, day: date, horizon_days: int, words: Words) -> list[str]:
    """Word the backtest from its findings."""
    say, number = words.say, words.number
    expected, actual = findings["backtest_expected_all"], findings["backtest_actual_all"]
    inside = expected.verdict == "covered"
    verdict = (
        say("inside the interval") if inside else say("outside the interval: read the figures above as rough")
    )
    said = [
        say(
            "Tried on the past: as of {day} the method would have expected {expected} within"
            " {days} days (90% interval {low} to {high}); {actual} came, {verdict}.",
            verdict=verdict,
            day=words.date(day),
            expected=_buyers(expected.value, words),
            days=number(horizon_days),
            low=number(expected.low or 0),
            high=number(expected.high or 0),
            actual=number(actual.value),
        )
    ]
    return [*said, *_ranking_words(findings, words)]


def _ranking_words(findings: Findings, words: Words) -> list[str]:
    areas = {rule: findings.get(f"backtest_auc_{rule}") for rule in RULES}
    chance, recency = areas["chance"], areas["recency"]
    if chance is None or recency is None:
        return []
    rule = str(findings["ranked_by"].value)
    better = findings.get(f"backtest_auc_{rule}")
    if rule != "chance" and better is not None:
        return [
            words.say(
                "Ranked by {rule}, more of those who came stood at the top (area {simple} against {area}): so"
                " the customers below are ranked by it too, and the chances dealt out along it.",
                rule=rule_labels(words)[rule],
                simple=words.number(better.value, 2),
                area=words.number(chance.value, 2),
            )
        ]
    return [
        words.say(
            "It puts first those who come better than the silence alone: area {area} against {simple} (1 is"
            " perfect, 0.5 a coin)."
            if chance.value >= recency.value
            else "It puts first those who come about as well as the silence alone: area {area} against"
            " {simple} (1 is perfect, 0.5 a coin).",
            area=words.number(chance.value, 2),
            simple=words.number(recency.value, 2),
        )
    ]


def _buyers(expected: float, words: Words) -> str:
    return words.say_many("{n} buyer", "{n} buyers", round(expected))


def backtest_cautions(findings: Findings, words: Words) -> list[str]:
    """Word it where the backtest missed what happened."""
    tried = findings["backtest_expected_all"]
    if tried.verdict != "missed":
        return []
    return [
        words.say(
            "Tried on the past, the method expected {expected} and {actual} came: read the chance to"
            " return as rough.",
            expected=_buyers(tried.value, words),
            actual=words.number(findings["backtest_actual_all"].value),
        )
    ]
