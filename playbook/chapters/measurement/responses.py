"""What offers were measured to do, as chapter 08 shows it and keeps it for the next plan."""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.archive.sheets import write_sheet
from playbook.chapters.measurement.words import limits
from playbook.offers.names import channel_names, kind_names
from playbook.show.display import Table, table_of
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.earlier import remember
from playbook.stats.trials.known_offers import KnownOffers

RESPONSES = "responses.csv"
RAW, SHRUNK = ("raw_points", "raw_low", "raw_high"), ("lift_points", "low", "high")
UNPROVEN = (
    "Of “{campaign}” it can be told how many came back, not what they brought: one offer like it ({kind})"
    " pays if second lives are worth what is estimated.",
    "Of “{campaign}” it can be told how many came back, not what they brought: {n} offers like it ({kind})"
    " pay if second lives are worth what is estimated.",
)
FAILED = (
    "“{campaign}” is not to be repeated as it was, says the chapter on measurement, and the plan holds one"
    " offer of its kind ({kind}): its profit counts returns and what second lives are worth, but not who"
    " unsubscribes for good. To do without it, set their budget to 0 in client.yml (offers.kind_budgets).",
    "“{campaign}” is not to be repeated as it was, says the chapter on measurement, and the plan holds {n}"
    " offers of its kind ({kind}): their profit counts returns and what second lives are worth, but not who"
    " unsubscribes for good. To do without them, set their budget to 0 in client.yml (offers.kind_budgets).",
)
"""What is said of a campaign whose kind the plan holds again: once, many."""


@dataclass(frozen=True)
class LearnedResponses(Result):
    """What earlier campaigns have shown of the offers.

    Attributes
    ----------
    responses : DataFrame
        As `stats.trials.responses.measured_responses` returns them.
    used : bool
        Whether the next plan uses them (``offers.use_measured``).
    """

    responses: pd.DataFrame
    used: bool = True

    @property
    def pooled(self) -> list[dict[Hashable, Any]]:
        """The responses by kind and channel, over all offers."""
        return self.responses[self.responses["offer"].isna()].to_dict("records")

    def findings(self) -> list[Finding]:
        """Return every kind and channel with its measured response."""
        found = [Finding("responses_measured", len(self.pooled), unit="responses")]
        for k, row in enumerate(self.pooled, 1):
            cell, n = f"{row['kind']} {row['channel']}", int(row["n_treated"] + row["n_control"])
            points = round(row["lift_points"], 6)
            found.append(Finding(f"response_{k}", cell, verdict=row["campaigns"]))
            found.append(Finding(f"response_{k}_points", points, row["low"], row["high"], "points", n))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what was learned for the next plan."""
        return response_sentences(self.by_name, words, self.used)

    def table(self, words: Words) -> Table:
        """Return the measured responses before and after shrinkage."""
        say, kinds, channels = words.say, kind_names(words), channel_names(words)
        note = (
            "With 90% intervals. What was measured is shrunk towards what the catalogue assumes, the more"
            " the fewer were measured; chapter 07 uses the same figures. How many return can be told from"
            " fewer customers than what they bring: a campaign without a verdict counts here all the"
            " same."
            if self.used
            else "With 90% intervals. What was measured is shrunk towards what the catalogue assumes, the"
            " more the fewer were measured; chapter 07 does not use it, as client.yml has it"
            " (offers.use_measured). How many return can be told from fewer customers than what they bring:"
            " a campaign without a verdict counts here all the same."
        )
        shrunk = say("used by the next plan") if self.used else say("after shrinkage, not used")
        return table_of(
            self.pooled,
            {
                say("kindness"): lambda row: kinds.get(row["kind"], row["kind"]),
                say("channel"): lambda row: channels.get(row["channel"], row["channel"]),
                say("campaigns"): lambda row: row["campaigns"],
                (say("contacted"), "number"): lambda row: int(row["n_treated"]),
                (say("held back"), "number"): lambda row: int(row["n_control"]),
                say("measured"): lambda row: _points(row, RAW, words),
                shrunk: lambda row: _points(row, SHRUNK, words),
                (say("weight of the measurement"), "percent"): lambda row: row["weight"],
            },
            say("What offers add to the chance to return, in points"),
            words,
            say(note),
        )


def keep(folder: Path, offers: KnownOffers) -> None:
    """Keep beside the report what was measured, and what became of the campaigns' customers."""
    remember(folder, offers.earlier)
    write_sheet(offers.responses, folder / RESPONSES, float_format="%.6g")


def response_sentences(findings: Findings, words: Words, used: bool = True) -> list[str]:
    """Word what was learned for the next plan, or beside it where client.yml does not let it be used."""
    n = int(findings["responses_measured"].value)
    if not n:
        return [
            words.say(
                "No response to an offer has been measured yet: the next plan rests on the catalogue's"
                " assumptions."
            )
        ]
    kinds, channels, said = kind_names(words), channel_names(words), []
    for k in range(1, n + 1):
        kind, channel = str(findings[f"response_{k}"].value).split(" ", 1)
        points = findings[f"response_{k}_points"]
        said.append(
            words.say(
                "{kind} by {channel} adds {points} returns to a hundred ({low} to {high})",
                kind=kinds.get(kind, kind),
                channel=channels.get(channel, channel),
                points=words.points(points.value),
                low=words.points(points.low or 0),
                high=words.points(points.high or 0),
            )
        )
    if not used:
        message = (
            "Measured, and not used by the next plan, as client.yml has it (offers.use_measured): {said}."
        )
        return [words.say(message, said="; ".join(said))]
    return [words.say("Learned for the next plan: {said}.", said="; ".join(said))]


def plan_cautions(measured: Findings, plan: Findings, words: Words) -> list[str]:
    """Say where the plan repeats what failed, or what is not proven.

    Parameters
    ----------
    measured, plan : Findings
        Those of chapters 08 and 07.
    """
    verdicts = {
        str(measured[f"campaign_{k}"].value): measured[f"campaign_{k}"].verdict
        for k in range(1, int(measured["campaigns"].value) + 1)
    }
    responses = [measured[f"response_{k}"] for k in range(1, int(measured["responses_measured"].value) + 1)]
    planned: Counter[tuple[str, str]] = Counter()
    for response in responses:
        kind, channel = str(response.value).split(" ", 1)
        contacts = plan.get(f"plan_{kind}_{channel}")
        for campaign in str(response.verdict or "").split(", "):
            planned[campaign, kind] += contacts.value if contacts else 0
    said = []
    for (campaign, kind), n in planned.items():
        verdict = verdicts.get(campaign, "works")
        if n and verdict != "works":
            messages = UNPROVEN if verdict == "cannot_be_told" else FAILED
            name = kind_names(words).get(kind, kind)
            said.append(words.say_many(*messages, n, campaign=campaign, kind=name))
    return said


def _points(row: Mapping[Hashable, Any], names: tuple[str, str, str], words: Words) -> str:
    value, low, high = (row[name] for name in names)
    return f"{words.points(value)} ({limits(low, high, 'share', words)})"
