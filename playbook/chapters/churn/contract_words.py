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
    say, number, percent = words.say, words.number, words.percent
    all_of_them = findings["contracts"]
    said = [
        say(
            "Contracts: {n} in all, {cancelled} cancelled, {running} running.",
            n=number(all_of_them.value),
            cancelled=number(findings["contracts_cancelled"].value),
            running=number(findings["contracts_running"].value),
        )
    ]
    if findings["contracts_unusable"].value:
        message = "{n} further ones are left out: their start is not known, or they end before it."
        said.append(say(message, n=number(findings["contracts_unusable"].value)))
    if all_of_them.verdict == "too_few":
        return [*said, say("That is too few to say how long a contract runs.")]
    if "contracts_followed_from" in findings:
        said.append(
            say(
                "Contracts that began before {day} are followed from that day on: those cancelled earlier are"
                " not in the data.",
                day=words.date(pd.Timestamp(findings["contracts_followed_from"].value).date()),
            )
        )
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
    if expected := findings.get("contracts_expected_cancellations"):
        said.append(
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
        )
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
