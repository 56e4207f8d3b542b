"""What was found wrong with a client's data: each by a rule, and as findings, sentences and a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.intake.check.order_rules import ORDER_RULES
from playbook.intake.check.people_rules import BUYER_RULES, CUSTOMER_RULES, SUPPRESSION_RULES
from playbook.intake.check.record_rules import ANY_TABLE_RULES, CONTACT_RULES, EVENT_RULES
from playbook.intake.check.rule import SEVERITIES, Rule, Severity
from playbook.show.display import Table
from playbook.show.words import Words

RULEBOOK: dict[str, dict[str, Rule]] = {
    "orders": ORDER_RULES | BUYER_RULES | ANY_TABLE_RULES,
    "customers": CUSTOMER_RULES,
    "suppress.csv": SUPPRESSION_RULES,
    "events": EVENT_RULES,
    "contacts": CONTACT_RULES,
}
"""The rules about each table, or file, by code."""
RULES = {code: rule for rules in RULEBOOK.values() for code, rule in rules.items()}
TABLE_OF = {code: table for table, rules in RULEBOOK.items() for code in rules}

PREFIX = "check_"
IN_THE_WATERFALL = ("lines_unreadable", "lines_without_customer", "lines_incomplete", "lines_after_as_of")
"""Rules whose lines chapter 01 counts out by themselves."""


@dataclass(frozen=True)
class Check:
    """Something that is wrong, or worth knowing, in one table.

    Attributes
    ----------
    code : str
        A key of `RULES`.
    severity : {"error", "warning", "note"}
        The rule's, unless there is so much of it that it is worse.
    table, column : str
        Where; more than one column, or none, where it is about several or about rows.
    count : int
        How many lines, customers or values; the rule's text says which.
    examples : tuple of str
        Rows of the files, days, amounts: what a report may show, at most three.
    values : tuple of str
        What stands there, at most three: only on the terminal of whoever checks, since it may be a
        person's name or address.
    """

    code: str
    severity: Severity
    table: str
    column: str
    count: int
    examples: tuple[str, ...]
    values: tuple[str, ...] = ()

    @property
    def rule(self) -> Rule:
        """The rule that is broken."""
        return RULES[self.code]

    def what(self, words: Words) -> str:
        """Return what is wrong, as a sentence."""
        return _what(self.rule, self.count, words)

    def then(self, words: Words) -> str:
        """Return what it does to the result, and what to do."""
        return f"{words.say(self.rule.effect)} {words.say(self.rule.advice)}"

    def text(self, words: Words) -> str:
        """Return all of it as one paragraph that can be sent to the client."""
        some = self.values or located(self.examples, words)
        shown = words.say("For example: {examples}.", examples="; ".join(some))
        return " ".join([self.what(words), *([shown] if some else []), self.then(words)])


def found(
    code: str,
    count: int,
    column: str = "",
    examples: tuple[str, ...] = (),
    severity: Severity | None = None,
    table: str | None = None,
    values: tuple[str, ...] = (),
) -> list[Check]:
    """Return the check of a rule that was broken ``count`` times: none where it never was."""
    if not count:
        return []
    severity, table = severity or RULES[code].severity, table or TABLE_OF[code]
    return [Check(code, severity, table, column, int(count), examples[:3], values[:3])]


def located(examples: Sequence[str], words: Words) -> list[str]:
    """Return places in files as the reader's language says them."""
    row, column = words.text("row"), words.text("column")
    return [text.replace(", row ", f", {row} ").replace(", column ", f", {column} ") for text in examples]


def _what(rule: Rule, count: int, words: Words) -> str:
    return words.say_many(rule.one, rule.many, count)


def check_findings(checks: Sequence[Check]) -> list[Finding]:
    """Return one finding per rule that was broken: how often, in which table, and how bad."""
    by_code: dict[str, list[Check]] = {}
    for check in checks:
        by_code.setdefault(check.code, []).append(check)
    findings = []
    for code, same in by_code.items():
        worst = min((check.severity for check in same), key=SEVERITIES.index)
        tables = " ".join(dict.fromkeys(check.table.replace(",", "") for check in same))
        count = sum(check.count for check in same)
        findings.append(Finding(PREFIX + code, count, unit=tables, verdict=worst))
    return findings


def check_sentences(findings: Findings, words: Words, severity: Severity = "warning") -> list[str]:
    """Word the findings of one severity, except those that the waterfall shows already."""
    said = []
    for name, finding in findings.items():
        code = name.removeprefix(PREFIX)
        if name == code or code in IN_THE_WATERFALL or finding.verdict != severity:
            continue
        said.append(f"{_what(RULES[code], finding.value, words)} {words.say(RULES[code].effect)}")
    return said


def severity_names(words: Words) -> dict[Severity, str]:
    """Return the severities as the reader knows them."""
    return {"error": words.say("error"), "warning": words.say("warning"), "note": words.say("note")}


def checks_table(checks: Sequence[Check], words: Words) -> Table:
    """Return everything that was found, worst first, with what it does and what to do."""
    say, severities = words.say, severity_names(words)
    columns = {
        "severity": say("how bad"),
        "where": say("where"),
        "what": say("what was found"),
        "examples": say("for example"),
        "then": say("what it does to the result, and what to do"),
    }
    rows = [
        {
            "severity": severities[check.severity],
            "where": ", ".join(filter(None, (say(check.table), check.column))),
            "what": check.what(words),
            "examples": "; ".join(located(check.examples, words)) or "–",
            "then": check.then(words),
        }
        for check in checks
    ]
    return Table(pd.DataFrame(rows, columns=list(columns)), say("What was found"), words, columns=columns)
