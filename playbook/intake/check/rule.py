"""A rule about a client's data."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Errors stop a run; warnings stand in the report next to the numbers they touch; notes in chapter 01."""


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong, worded for one and for many; what it does and what to do about it."""

    severity: Severity
    one: str
    many: str
    effect: str
    advice: str


error, warning, note = partial(Rule, "error"), partial(Rule, "warning"), partial(Rule, "note")
