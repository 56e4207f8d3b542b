"""One verdict per campaign, by rules that stand before the numbers are seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import chi2, chisquare

from playbook.records.arrays import Array, Flags
from playbook.settings.measurement import Measurement
from playbook.stats.trials.data import CampaignTrial
from playbook.stats.trials.effects import Effect

Verdict = Literal["works", "does_not", "backfires_later", "cannot_be_told"]

SRM = 0.001
"""p below which arms are not what chance draws."""
LOST_TOLERATED = 0.2
"""Share of the assigned that is in no other table from which on nothing is told."""
CONTAMINATION_TOLERATED = 0.1
"""Share of the held back who were contacted from which on "does not work" is not said."""
FIRST_DAYS = 30
"""The days in which a campaign looks good."""


@dataclass(frozen=True)
class Judgement:
    """A verdict, and a word for why nothing can be told where that is it."""

    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What a verdict is made from.

    Attributes
    ----------
    main : Effect or None
        The named outcome at the declared horizon; None where it is not reached yet.
    early, late : Effect or None
        Margin before costs: of the first 30 days, and from day 31 to the end of what is followed.
    harms : sequence of Effect
        Unsubscriptions.
    worthwhile : float
        The smallest effect worth having, in the outcome's unit.
    tolerance : float
        Share of unsubscriptions that is tolerated.
    """

    main: Effect | None
    early: Effect | None
    late: Effect | None
    harms: Sequence[Effect]
    worthwhile: float
    tolerance: float
    contaminated: float = 0.0


def judge(evidence: Evidence) -> Judgement:
    """Apply the rules: backfires later before works, works before does not.

    Backfires later: the first 30 days bring margin for certain (lower bound above 0), and what
    follows loses it for certain (upper bound below 0), or more unsubscribe than is tolerated.
    Works: the lower bound is above 0. Does not: the upper bound is below what would be worth while.
    """
    early, late, main = evidence.early, evidence.late, evidence.main
    if main is None:
        return Judgement("cannot_be_told", "too_early")
    if early is not None and _above(early, 0.0):
        fades = late is not None and late.corrected_high is not None and late.corrected_high < 0
        if fades or any(_above(harm, evidence.tolerance) for harm in evidence.harms):
            return Judgement("backfires_later")
    if main.corrected_low is None or main.corrected_high is None:
        return Judgement("cannot_be_told", "too_few")
    if main.corrected_low > 0:
        return Judgement("works")
    if main.corrected_high < evidence.worthwhile:
        if evidence.contaminated > CONTAMINATION_TOLERATED:
            return Judgement("cannot_be_told", "contaminated")
        return Judgement("does_not")
    return Judgement("cannot_be_told", "includes_both")


def _above(effect: Effect, bound: float) -> bool:
    return effect.corrected_low is not None and effect.corrected_low > bound


def cannot_be_told(trial: CampaignTrial, settings: Measurement, balance: float | None) -> str | None:
    """Return why no comparison can be made at all, the first that applies; None where it can.

    Parameters
    ----------
    balance : float or None
        p of the arms' likeness before the contact; see `arms_alike`.
    """
    treated, control = int(trial.treated.sum()), int((~trial.treated).sum())
    lost, assigned = sum(trial.lost), trial.size + sum(trial.lost)
    if not assigned:
        return "future"
    if lost / assigned > LOST_TOLERATED:
        return "lost" if trial.size else "nobody_known"
    if not treated:
        return "nobody_contacted"
    if not control:
        return "no_control"
    if trial.begins_before:
        return "before_data"
    if settings.outcome == "visit" and not trial.knows_visits:
        return "no_visits"
    ratio = sample_ratio(treated + trial.lost[0], control + trial.lost[1], settings.control_share)
    if any(p is not None and p < SRM for p in (ratio, balance)):
        return "arms_differ"
    return None


def sample_ratio(treated: int, control: int, control_share: float | None) -> float | None:
    """Return p of a control group of this size under the declared share; None where none is declared."""
    n = treated + control
    if control_share is None or not n:
        return None
    expected = [n * (1 - control_share), n * control_share]
    return float(chisquare([treated, control], expected).pvalue)


def arms_alike(before: Array | None, treated: Flags) -> float | None:
    """Return p of the difference of the arms before the contact (Hotelling, by chi-square).

    Parameters
    ----------
    before : array, shape (customers, columns) or None
        What was known before the contact.
    """
    if before is None or min(treated.sum(), (~treated).sum()) < 30:
        return None
    moving = before[:, np.ptp(before, axis=0) > 0]
    if not moving.shape[1]:
        return None
    difference = moving[treated].mean(axis=0) - moving[~treated].mean(axis=0)
    spread = np.atleast_2d(np.cov(moving.T)) * (1 / treated.sum() + 1 / (~treated).sum())
    rank = int(np.linalg.matrix_rank(spread))
    return float(chi2.sf(difference @ np.linalg.pinv(spread) @ difference, rank))
