"""What was found wrong with a client's data, each by a rule that says what it does and what to do."""

from dataclasses import dataclass

from playbook.intake.check.order_rules import ORDER_RULES
from playbook.intake.check.people_rules import PEOPLE_RULES
from playbook.intake.check.record_rules import RECORD_RULES
from playbook.intake.check.rule import SEVERITIES, Rule, Severity
from playbook.show.words import Words

__all__ = ["RULES", "SEVERITIES", "Check", "Rule", "Severity", "found", "what"]


@dataclass(frozen=True)
class Check:
    """Something that is wrong, or worth knowing, in one table.

    Attributes
    ----------
    code : str
        A key of `RULES`.
    severity : {"error", "warning", "note"}
    table, column : str
        Where; more than one column, or none, where it is about several or about rows.
    count : int
        How many lines, customers or values; the rule's text says which.
    examples : tuple of str
        Rows of the files, or values, at most three.
    effect, advice : str
        What it does to the result and what to do: messages in English, to be translated.
    """

    code: str
    severity: Severity
    table: str
    column: str
    count: int
    examples: tuple[str, ...]
    effect: str
    advice: str

    def what(self, words: Words) -> str:
        """Return what is wrong, as a sentence."""
        return what(self.code, self.count, words)

    def text(self, words: Words) -> str:
        """Return all of it as one paragraph that can be sent to the client."""
        say, parts = words.say, [self.what(words)]
        if self.examples:
            parts.append(say("For example: {examples}.", examples="; ".join(self.examples)))
        parts += [say(self.effect), say(self.advice)]
        return " ".join(part for part in parts if part)


def found(
    code: str,
    count: int,
    column: str = "",
    examples: tuple[str, ...] = (),
    severity: Severity | None = None,
    table: str | None = None,
) -> list[Check]:
    """Return the check of a rule that was broken ``count`` times: none where it never was."""
    if not count:
        return []
    rule = RULES[code]
    return [
        Check(
            code,
            severity or rule.severity,
            table or rule.table,
            column,
            int(count),
            examples[:3],
            rule.effect,
            rule.advice,
        )
    ]


def what(code: str, count: int, words: Words) -> str:
    """Word what is wrong."""
    rule = RULES[code]
    return words.say_many(rule.one, rule.many, count)


RULES: dict[str, Rule] = ORDER_RULES | PEOPLE_RULES | RECORD_RULES
"""Every rule by its code."""
