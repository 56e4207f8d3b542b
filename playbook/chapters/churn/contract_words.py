"""The words of contracts, from their findings."""

import pandas as pd

from playbook.archive.findings import Findings
from playbook.show.words import Words

YEARS = (1, 2, 3, 5)
"""Years after which it is told how many contracts still run."""


def contract_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how long contracts run and how many cancellations to expect; nothing without contracts."""
    if "contracts" not in findings:
        return []
    said = _how_many(findings, words)
    if findings["contracts"].verdict == "too_few":
        return [*said, words.say("That is too few to say how long a contract runs.")]
    parts = (_how_long, _cancellations, _what_goes_with_it)
    return [*said, *(sentence for part in parts for sentence in part(findings, words))]


def _how_many(findings: Findings, words: Words) -> list[str]:
    say, number = words.say, words.number
    said = [
        say(
            "Contracts: {n} in all, {cancelled} cancelled, {running} running.",
            n=number(findings["contracts"].value),
            cancelled=number(findings["contracts_cancelled"].value),
            running=number(findings["contracts_running"].value),
        )
    ]
    if findings["contracts_unusable"].value:
        message = "{n} further ones are left out: their start is not known, or they end before it."
        said.append(say(message, n=number(findings["contracts_unusable"].value)))
    return said


def _how_long(findings: Findings, words: Words) -> list[str]:
    percent, said = words.percent, []
    if since := findings.get("contracts_followed_from"):
        message = (
            "Contracts that began before {day} are followed from that day on: those cancelled earlier are"
            " not in the data."
        )
        said.append(words.say(message, day=words.date(pd.Timestamp(since.value).date())))
    for year in YEARS:
        if kept := findings.get(f"contracts_kept_{year}=all"):
            said.append(
                words.say_many(
                    "After {n} year {share} are still running (95% interval {low} to {high}).",
                    "After {n} years {share} are still running (95% interval {low} to {high}).",
                    year,
                    share=percent(kept.value),
                    low=percent(kept.low or 0),
                    high=percent(kept.high or 0),
                )
            )
    return said


def _cancellations(findings: Findings, words: Words) -> list[str]:
    number, expected = words.number, findings.get("contracts_expected_cancellations")
    if expected is None:
        return []
    return [
        words.say_many(
            "Within the next {days} days {n} cancellation is to be expected (90% interval {low} to"
            " {high}), of {running} running.",
            "Within the next {days} days {n} cancellations are to be expected (90% interval {low} to"
            " {high}) among the {running} running contracts.",
            round(expected.value),
            days=number(findings["contracts_horizon"].value),
            low=number(expected.low or 0),
            high=number(expected.high or 0),
            running=number(expected.n or 0),
        )
    ]


def _what_goes_with_it(findings: Findings, words: Words) -> list[str]:
    say, number, said = words.say, words.number, []
    if test := findings.get("contracts_log_rank"):
        said.append(
            say("Segments keep their contracts for different times (log-rank test): see the table.")
            if test.verdict == "differ"
            else say("Between segments there is no difference that could be told from chance.")
        )
    if ratio := findings.get("contracts_complaint_ratio"):
        message = (
            "While a complaint is unsolved, contracts are cancelled {ratio} times as often as comparable ones"
            " (95% interval {low} to {high}); an association, not proof."
        )
        numbers = {key: number(getattr(ratio, key) or 0, 1) for key in ("low", "high")}
        said.append(say(message, ratio=number(ratio.value, 1), **numbers))
    return said
