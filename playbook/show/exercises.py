"""Exercises that check themselves: what is asked, which mistakes are known, and what is said to an answer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from playbook.show.display import Say
from playbook.show.words import Words

SPOKEN = [Words()]
"""The language and words in which answers are given: those of the chapter that was opened last."""
A_SHARE, THE_SIGN = "A share is asked: 0.25 for a quarter, not 25.", "The sign is the other way round."
COARSE = 0.025
"""Share of the right number by which a rounded answer may miss it."""


@dataclass(frozen=True)
class Exercise:
    """A number that a student is to find.

    Attributes
    ----------
    expected : float
    hint : str
        Shown with an answer that is neither right nor a mistake that is known.
    mistakes : mapping of str to float
        What to say to a mistake that is known, and the number that it leads to.
    share : bool
        Whether a share is asked, for which a percentage is a mistake of its own.
    near : float
        Share of the right number by which an answer may miss it.
    """

    expected: float
    hint: str
    mistakes: Mapping[str, float] = field(default_factory=dict)
    share: bool = False
    near: float = 0.01

    def check(self, answer: Any) -> Say:
        """Say whether an answer is right, rounded or not, and where a known mistake lies if it is one."""
        say = SPOKEN[-1].say
        if answer is None:
            return Say([say("Your turn: replace None with your answer and run the cell again.")])
        if isinstance(answer, str):
            return Say([say("Not yet: write the number without quotation marks.")])
        if isinstance(answer, bool) or not isinstance(answer, Real):
            kind = type(answer).__name__
            return Say([say("Not yet: one number is asked, and this is a {kind}.", kind=kind)])
        number = float(answer)
        if math.isnan(number):
            missing = say(
                "Not yet: this is no number (nan): something was divided by nothing, or is missing."
            )
            return Say([missing])
        if self._is(number, self.expected):
            return Say([say("Right: {number}.", number=f"{self.expected:,.4g}")])
        wrong = say("Not yet: {number} is not it.", number=f"{number:,.4g}")
        return Say([f"{wrong} {SPOKEN[-1].text(self._what_went_wrong(number))}"])

    def _what_went_wrong(self, answer: float) -> str:
        known = {said: wrong for said, wrong in self.mistakes.items() if self._is(answer, wrong)}
        if known:
            return min(known, key=lambda said: abs(answer - known[said]))
        if self.share and self._is(answer / 100, self.expected):
            return A_SHARE
        if self._is(-answer, self.expected):
            return THE_SIGN
        return self.hint

    def _is(self, answer: float, number: float) -> bool:
        """Whether an answer is a number, or nearly, rounded to two figures or three."""
        missed = abs(answer - number)
        rounded = any(math.isclose(answer, float(f"{number:.{figures}g}")) for figures in (2, 3))
        return missed <= self.near * abs(number) or (rounded and missed <= COARSE * abs(number))
