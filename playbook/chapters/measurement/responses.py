"""What offers were measured to do, as chapter 08 shows it and keeps it for the next plan."""

from pathlib import Path

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.offers.names import channel_names, kind_names
from playbook.show.display import Table
from playbook.show.words import Words

RESPONSES = "responses.csv"


def response_findings(responses: pd.DataFrame) -> list[Finding]:
    """Return every kind and channel with its measured response.

    Parameters
    ----------
    responses : DataFrame
        As `measured_response.measured_responses` returns them.
    """
    pooled = responses[responses["offer"].isna()]
    found = [Finding("responses_measured", len(pooled), unit="responses")]
    for k, row in enumerate(pooled.to_dict("records"), 1):
        n = int(row["n_treated"] + row["n_control"])
        found.append(Finding(f"response_{k}", f"{row['kind']} {row['channel']}", verdict=row["campaigns"]))
        points = round(row["lift_points"], 6)
        found.append(Finding(f"response_{k}_points", points, row["low"], row["high"], "points", n))
    return found


def response_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what was learned for the next plan."""
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
                points=words.number(100 * points.value, 1),
                low=words.number(100 * (points.low or 0), 1),
                high=words.number(100 * (points.high or 0), 1),
            )
        )
    return [words.say("Learned for the next plan: {said}.", said="; ".join(said))]


def plan_cautions(measured: Findings, plan: Findings, words: Words) -> list[str]:
    """Say where the plan repeats what failed, or what is not proven.

    Parameters
    ----------
    measured, plan : Findings
        Those of chapters 08 and 07.
    """
    kinds, said = kind_names(words), []
    verdicts = {
        str(measured[f"campaign_{k}"].value): measured[f"campaign_{k}"].verdict
        for k in range(1, int(measured["campaigns"].value) + 1)
    }
    warned = set()
    for k in range(1, int(measured["responses_measured"].value) + 1):
        kind = str(measured[f"response_{k}"].value).split(" ", 1)[0]
        planned = plan.get(f"plan_{kind}")
        campaigns = str(measured[f"response_{k}"].verdict or "").split(", ")
        if planned is None or not planned.value:
            continue
        for campaign in campaigns:
            verdict = verdicts.get(campaign, "works")
            if verdict == "works" or (campaign, kind) in warned:
                continue
            warned.add((campaign, kind))
            told = {"campaign": campaign, "kind": kinds.get(kind, kind)}
            if verdict == "cannot_be_told":
                said.append(
                    words.say_many(
                        "Of “{campaign}” it can be told how many came back, not what they brought: the one"
                        " offer of its kind in the plan ({kind}) pays if second lives are worth what is"
                        " estimated.",
                        "Of “{campaign}” it can be told how many came back, not what they brought: the {n}"
                        " offers of its kind in the plan ({kind}) pay if second lives are worth what is"
                        " estimated.",
                        planned.value,
                        **told,
                    )
                )
            else:
                said.append(
                    words.say_many(
                        "“{campaign}” is not to be repeated as it was, says the chapter on measurement, and"
                        " the plan holds one offer of its kind ({kind}): its profit counts returns and what"
                        " second lives are worth, but not who unsubscribes for good. To do without it, set"
                        " their budget to 0 in client.yml (offers.kind_budgets).",
                        "“{campaign}” is not to be repeated as it was, says the chapter on measurement, and"
                        " the plan holds {n} offers of its kind ({kind}): their profit counts returns and"
                        " what second lives are worth, but not who unsubscribes for good. To do without"
                        " them, set their budget to 0 in client.yml (offers.kind_budgets).",
                        planned.value,
                        **told,
                    )
                )
    return said


def response_table(responses: pd.DataFrame, words: Words) -> Table:
    """Return the measured responses before and after shrinkage."""
    say, kinds, channels = words.say, kind_names(words), channel_names(words)
    pooled = responses[responses["offer"].isna()]
    rows = [
        (
            kinds.get(row["kind"], row["kind"]),
            channels.get(row["channel"], row["channel"]),
            row["campaigns"],
            int(row["n_treated"]),
            int(row["n_control"]),
            _points(row["raw_points"], row["raw_low"], row["raw_high"], words),
            _points(row["lift_points"], row["low"], row["high"], words),
            row["weight"],
        )
        for row in pooled.to_dict("records")
    ]
    headings = {
        "kind": say("kindness"),
        "channel": say("channel"),
        "campaigns": say("campaigns"),
        "n_treated": say("contacted"),
        "n_control": say("held back"),
        "raw": say("measured"),
        "shrunk": say("used by the next plan"),
        "weight": say("weight of the measurement"),
    }
    return Table(
        pd.DataFrame(rows, columns=list(headings)),
        say("What offers add to the chance to return, in points"),
        words,
        {"n_treated": "number", "n_control": "number", "weight": "percent"},
        headings,
        say(
            "With 90% intervals. What was measured is shrunk towards what the catalogue assumes, the more the"
            " fewer were measured; chapter 07 uses the same figures. How many return can be told from fewer"
            " customers than what they bring: a campaign without a verdict counts here all the same."
        ),
    )


def write_responses(folder: Path, responses: pd.DataFrame) -> None:
    """Write the measured responses beside the report."""
    responses.to_csv(folder / RESPONSES, index=False, lineterminator="\n", float_format="%.6g")


def _points(value: float, low: float, high: float, words: Words) -> str:
    value, low, high = 100 * value, 100 * low, 100 * high
    return f"{words.number(value, 1)} ({words.between(words.number(low, 1), words.number(high, 1))})"
