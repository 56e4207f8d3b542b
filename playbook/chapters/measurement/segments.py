"""For whom a campaign worked: segments that were named beforehand, and fifths of a score."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from playbook.archive.findings import Finding, Findings
from playbook.chapters.measurement.words import with_interval
from playbook.records.arrays import Array
from playbook.records.sources import Sources
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.data import CampaignTrial
from playbook.stats.trials.effects import ALPHA, Effect, holm, outcome, welch
from playbook.stats.trials.measure import Measured

FIFTHS = 5
MOST_GROUPS = 12
"""Values of a segment beyond which it is not looked at: too many to tell apart."""

Groups = npt.NDArray[np.object_]
"""Each assigned customer's group."""


@dataclass(frozen=True)
class Uplift:
    """The effect of one campaign in the groups of one segment.

    Attributes
    ----------
    campaign, segment : str
    groups : dict
        Group to the effect on the named outcome.
    returns : dict
        Group to the effect on returns.
    p : float or None
        Of the effects being the same in all groups (Cochran's Q); corrected for how many segments
        and campaigns were looked at. None where fewer than two groups can be told.
    """

    campaign: str
    segment: str
    groups: Mapping[str, Effect]
    returns: Mapping[str, Effect]
    p: float | None


@dataclass(frozen=True)
class Uplifts(Result):
    """All campaigns by all declared segments."""

    compared: tuple[Uplift, ...]

    def findings(self) -> list[Finding]:
        """Return where effects differ between groups."""
        known = [uplift for uplift in self.compared if uplift.p is not None]
        return [
            Finding("segments_compared", len(known), unit="comparisons", n=len(self.compared)),
            *(
                Finding(
                    f"segment_{k}",
                    f"{uplift.campaign}: {uplift.segment}",
                    unit="p",
                    low=uplift.p,
                    verdict="differs" if uplift.p is not None and uplift.p < ALPHA else "alike",
                )
                for k, uplift in enumerate(known, 1)
            ),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say whether it worked better for some than for others."""
        return segment_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the effect in every group."""
        say = words.say
        rows = [
            (
                uplift.campaign,
                say(uplift.segment),
                group,
                effect.n_treated + effect.n_control,
                with_interval(uplift.returns[group], words),
                with_interval(effect, words),
                uplift.p,
            )
            for uplift in self.compared
            for group, effect in uplift.groups.items()
            if effect.has_interval
        ]
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "segment": say("segment"),
            "group": say("group"),
            "n": (say("customers"), "number"),
            "back": say("came back, of a hundred"),
            "main": say("named outcome"),
            "p": (say("p of no difference"), "decimal"),
        }
        note = say(
            "Differences to those held back, with 95% intervals; groups in which too few came back are"
            " left out. Money is in {currency}. The p says whether groups differ, corrected for all"
            " comparisons (Holm).",
            currency=words.currency,
        )
        frame = pd.DataFrame(rows, columns=list(columns))
        return Table(frame, say("Effects by segment"), words, columns=columns, note=note)


def by_segment(campaigns: tuple[Measured, ...], sources: Sources, scores: pd.DataFrame | None) -> Uplifts:
    """Compare effects between the groups of all declared segments.

    Parameters
    ----------
    scores : DataFrame or None
        customer_id, score, as_of (datetime64) of earlier reports; a campaign takes the last score
        before its first contact. Where there is none, the margin before the contact stands for it:
        today's score knows what came of the campaign.
    """
    compared = [
        _uplift(campaign, segment, groups)
        for campaign in campaigns
        if campaign.whole.effects
        for segment, groups in _segments(campaign, sources, scores).items()
    ]
    corrected = iter(holm([uplift.p for uplift in compared if uplift.p is not None]))
    return Uplifts(tuple(u if u.p is None else replace(u, p=next(corrected)) for u in compared))


def _segments(campaign: Measured, sources: Sources, scores: pd.DataFrame | None) -> dict[str, Groups]:
    """Return each assigned customer's group, by segment."""
    trial, declared = campaign.trial, campaign.settings.segments
    groups: dict[str, Groups] = {}
    table = sources.customers
    columns = [name for name in declared if table is not None and name in table.columns]
    if columns:
        first = {name: table[name].cast("string").min() for name in columns}
        known = table.filter(table.customer_id.notnull()).group_by("customer_id").aggregate(**first)
        frame: pd.DataFrame = known.to_pyarrow().to_pandas()
        frame = frame.set_index("customer_id").reindex(trial.people["customer_id"])
        for name in columns:
            values = frame[name].fillna("–").to_numpy(object)
            if 1 < len(set(values)) <= MOST_GROUPS:
                groups[name] = values
    groups |= _fifths(trial, scores)
    return groups


def _fifths(trial: CampaignTrial, scores: pd.DataFrame | None) -> dict[str, Groups]:
    name, score = "fifth of the score", _score_before(trial, scores)
    if score is None:
        before = trial.total("margin", -10_000, -1)
        if not before.any():
            return {}
        name, score = "fifth of the margin before", before
    # ranks, so that fifths are of one size however many share a score
    place = np.argsort(np.argsort(score, kind="stable"), kind="stable")
    fifth = place * FIFTHS // max(trial.size, 1) + 1
    return {name: np.array([f"{number}/{FIFTHS}" for number in fifth], dtype=object)}


def _score_before(trial: CampaignTrial, scores: pd.DataFrame | None) -> Array | None:
    if scores is None or scores.empty:
        return None
    earlier = scores[scores["as_of"] < trial.people["start"].min()]
    if earlier.empty:
        return None
    last = earlier[earlier["as_of"] == earlier["as_of"].max()].set_index("customer_id")["score"]
    score = last.reindex(trial.people["customer_id"]).to_numpy(float)
    return np.nan_to_num(score, nan=-1.0) if np.isfinite(score).mean() > 0.5 else None


def _uplift(campaign: Measured, segment: str, group: Groups) -> Uplift:
    trial, days = campaign.trial, campaign.settings.horizon_days
    main, back = outcome(trial, campaign.named, days), outcome(trial, "return", days)
    happened = main if campaign.named == "visit" else back
    groups, returns = {}, {}
    for name in sorted(set(group)):
        part = group == name
        least, treated = campaign.settings.least_buyers, trial.treated[part]
        groups[str(name)] = welch(main[part], treated, happened[part], campaign.named, days, least)
        returns[str(name)] = welch(back[part], treated, back[part], "return", days, least)
    return Uplift(campaign.trial.campaign, segment, groups, returns, _heterogeneity(list(groups.values())))


def _heterogeneity(effects: list[Effect]) -> float | None:
    """Return p of Cochran's Q over the groups that can be told."""
    known = [(effect.value, effect.se) for effect in effects if effect.se]
    if len(known) < 2:
        return None
    value, se = np.array(known).T
    weight = 1 / se**2
    q = float((weight * (value - np.average(value, weights=weight)) ** 2).sum())
    return float(chi2.sf(q, len(known) - 1))


def segment_sentences(findings: Findings, words: Words) -> list[str]:
    """Word for whom it worked: nothing is claimed that correction does not leave standing."""
    n, looked_at = int(findings["segments_compared"].value), findings["segments_compared"].n
    if not looked_at:
        return []
    found = [findings[f"segment_{k}"] for k in range(1, n + 1)]
    differs = "; ".join(str(finding.value) for finding in found if finding.verdict == "differs")
    if not found:
        said = words.say(
            "For whom it worked better cannot be told: too few came back to compare groups with each other."
        )
    elif differs:
        said = words.say(
            "The effect differs between the groups of {segments}, more than chance allows after"
            " correction for all comparisons.",
            segments=differs,
        )
    else:
        said = words.say_many(
            "One comparison of groups was declared and can be made: the effect does not differ more than"
            " chance allows. That some group shines in the table is what chance does.",
            "{n} comparisons of groups were declared and can be made: in none does the effect differ more"
            " than chance allows. That some group shines in the table is what chance does.",
            n,
        )
    return [said]
