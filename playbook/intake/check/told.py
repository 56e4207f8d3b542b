"""What was found wrong, as findings, sentences and a table."""

from collections.abc import Sequence

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.intake.check.rules import RULES, SEVERITIES, Check, Severity, what
from playbook.show.display import Table
from playbook.show.words import Words

PREFIX = "check_"
IN_THE_WATERFALL = ("lines_unreadable", "lines_without_customer", "lines_incomplete", "lines_after_as_of")
"""Rules whose lines chapter 01 counts out by themselves."""


def check_findings(checks: Sequence[Check]) -> list[Finding]:
    """Return one finding per rule that was broken: how often, in which table, and how bad."""
    merged: dict[str, list[Check]] = {}
    for check in checks:
        merged.setdefault(check.code, []).append(check)
    found = []
    for code, same in merged.items():
        worst = min((check.severity for check in same), key=SEVERITIES.index)
        tables = " ".join(dict.fromkeys(check.table.replace(",", "") for check in same))
        count = sum(check.count for check in same)
        found.append(Finding(PREFIX + code, count, unit=tables, verdict=worst))
    return found


def check_sentences(findings: Findings, words: Words, severity: Severity = "warning") -> list[str]:
    """Word the findings of one severity, apart from what the waterfall says already."""
    said = []
    for name, finding in findings.items():
        code = name.removeprefix(PREFIX)
        if name == code or code in IN_THE_WATERFALL or finding.verdict != severity:
            continue
        said.append(f"{what(code, finding.value, words)} {words.say(RULES[code].effect)}")
    return said


def severity_names(words: Words) -> dict[str, str]:
    """Return the severities as the reader knows them."""
    return {"error": words.say("error"), "warning": words.say("warning"), "note": words.say("note")}


def checks_table(checks: Sequence[Check], words: Words) -> Table:
    """Return everything that was found, worst first, with what it does and what to do."""
    say, severities = words.say, severity_names(words)
    rows = [
        {
            "severity": severities[check.severity],
            "where": say(check.table),
            "what": check.what(words),
            "examples": "; ".join(check.examples) or "–",
            "then": f"{say(check.effect)} {say(check.advice)}",
        }
        for check in checks
    ]
    headings = {
        "severity": say("how bad"),
        "where": say("where"),
        "what": say("what was found"),
        "examples": say("for example"),
        "then": say("what it does to the result, and what to do"),
    }
    return Table(pd.DataFrame(rows, columns=list(headings)), say("What was found"), words, headings=headings)
