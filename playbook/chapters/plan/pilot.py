"""The pilot of a plan that is to be tried small: who is contacted now, who is held back, who comes later."""

from dataclasses import dataclass

import numpy as np

from playbook.chapters.plan.campaign import Campaign, stratified_draw
from playbook.records.arrays import Array, Flags
from playbook.settings.client import Settings


@dataclass(frozen=True)
class Pilot:
    """Two arms drawn by chance from the same customers.

    Attributes
    ----------
    drawn, held_back : array of bool, shape (addressed,)
        Both arms together, and the one that is left alone; all others of the plan come later.
    enough : bool
        Whether a verdict can come: the arms are of `arm_size`.
    """

    drawn: Flags
    held_back: Flags
    enough: bool


def draw_pilot(campaign: Campaign, planned: Flags) -> Pilot:
    """Draw two equal arms from those who would be planned, were nobody held back.

    By fifths of the score; those spared are in neither. Where there are too few for arms of
    `arm_size`, everybody is drawn.

    Parameters
    ----------
    planned : array of bool, shape (addressed,)
    """
    settings, score = campaign.settings, campaign.people["score"].to_numpy(float)
    drawn, held_back = np.zeros_like(planned), np.zeros_like(planned)
    rows = np.flatnonzero(planned & ~campaign.spared)
    if not len(rows):
        return Pilot(drawn, held_back, enough=False)
    both = 2 * arm_size(campaign.p0[rows], settings)
    rows_drawn = rows[stratified_draw(score[rows], min(1.0, both / len(rows)), [settings.seed, 0])]
    drawn[rows_drawn] = True
    held_back[rows_drawn[stratified_draw(score[rows_drawn], 0.5, [settings.seed, 1])]] = True
    return Pilot(drawn, held_back, enough=both <= len(rows))


def arm_size(p0: Array, settings: Settings) -> float:
    """Return how many customers an arm needs for ``measurement.least_buyers``; infinite where nobody returns.

    The chance to return is brought from its own horizon to the day of the verdict at a constant
    hazard: where hazards fall, as they mostly do, more return by then.

    Parameters
    ----------
    p0 : array
        Return probability without an offer, of those who would be planned.
    """
    part = min(1.0, settings.measurement.horizon_days / settings.horizon_days)
    by_then = float((1 - (1 - p0) ** part).mean())
    return float(np.ceil(settings.measurement.least_buyers / by_then)) if by_then > 0 else np.inf
