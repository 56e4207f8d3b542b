"""Chapter 05: the combined warning tried on customers whose leaving it had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from playbook.archive.findings import Finding
from playbook.chapters.warning import model
from playbook.chapters.warning.call_words import check_sentences, rule_labels
from playbook.chapters.warning.leaving import Past
from playbook.chapters.warning.model import Combined
from playbook.records.arrays import Array, Flags
from playbook.settings.client import Settings
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats.ranking import auc, drawn_auc
from playbook.stats.survival import shard_weights

COMBINED, CHANCE = "combined", "chance"
SIMPLE = ("silence", "orders")
DRAWS = 500
LEAST_ROWS, LEAST_OUTCOMES = 100, 20
"""Customers, and of them those who left and those who stayed, that a trial needs."""


@dataclass(frozen=True)
class Check:
    """The warning as it would have been given on a past day, against who then left.

    Attributes
    ----------
    day : date
    horizon_days : int
    customers, left : int
    calls : int
        As many as are called in a week, or everybody.
    areas : DataFrame
        rule (combined where it could be fitted before that day, chance, silence, orders); auc, low,
        high (95%); behind, behind_low, behind_high (the best rule of this chapter, the first row,
        minus it; paired 95%); caught (of the first ``calls`` by this rule, the share who left).
        Intervals from 500 resamplings of shards of customers.
    in_order : array of bool, shape (customers,)
        Who left, in the order of ``rule``.
    """

    day: date
    horizon_days: int
    customers: int
    left: int
    calls: int
    areas: pd.DataFrame
    in_order: Flags

    @property
    def rule(self) -> str:
        """Return the rule to rank by: the first, unless a simpler one was certainly better."""
        return _rule(self.areas)

    def findings(self) -> list[Finding]:
        """Return how well each rule put first those who left."""
        n = self.customers
        found = [
            Finding("warning_tried_on", self.day.isoformat(), unit="date", n=n),
            Finding("warning_tried_horizon", self.horizon_days, unit="days"),
            Finding("warning_tried_left", self.left, unit="customers", n=n),
            Finding("warning_ranked_by", self.rule, unit="rule"),
        ]
        for row in self.areas.to_dict("records"):
            rule = row["rule"]
            area, low, high = (round(float(row[key]), 4) for key in ("auc", "low", "high"))
            gap, least, most = (round(float(row[key]), 4) for key in ("behind", "behind_low", "behind_high"))
            found += [
                Finding(f"warning_auc_{rule}", area, low, high, "score", n),
                Finding(f"warning_caught_{rule}", round(float(row["caught"]), 4), unit="share", n=self.calls),
            ]
            if rule != self.areas["rule"].iloc[0]:
                found.append(Finding(f"warning_ahead_of_{rule}", gap, least, most, "score", n))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say how well the warning would have done."""
        return check_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return how well each rule put first those who left."""
        say, number = words.say, words.number
        seen = self.areas
        shown = pd.DataFrame({"rule": seen["rule"].map(rule_labels(words))})
        for name, columns in (
            ("auc", ("auc", "low", "high")),
            ("behind", ("behind", "behind_low", "behind_high")),
        ):
            shown[name] = [
                f"{number(value, 3)} ({words.between(number(low, 3), number(high, 3))})"
                for value, low, high in seen[list(columns)].itertuples(index=False)
            ]
        shown.loc[0, "behind"] = "–"
        shown["caught"] = seen["caught"]
        headings = {
            "rule": say("customers ranked by"),
            "auc": say("area (95% interval)"),
            "behind": say("the first rule is ahead by"),
            "caught": say("of the first {n}, left", n=number(self.calls)),
        }
        note = say(
            "Area under the curve: the chance that one who left stood above one who stayed; 0.5 is a coin,"
            " 1 perfect."
        )
        caption = say("Who would have been warned of, on {day}", day=words.date(self.day))
        return Table(shown, caption, words, {"caught": "percent"}, headings, note)


def scores(rows: pd.DataFrame, shown: pd.DataFrame, combined: Combined | None) -> dict[str, Array]:
    """Return by which score each rule ranks: higher is more likely to leave."""
    found: dict[str, Array] = {}
    if combined is not None:
        found[COMBINED] = combined.log_odds(rows, shown)
    if rows["chance"].notna().all():
        found[CHANCE] = -rows["chance"].to_numpy(float)
    silence, orders = rows["silence"].to_numpy(float), rows["orders"].to_numpy(float)
    return found | {"silence": silence, "orders": -orders}


def check(past: Past | None, settings: Settings) -> Check | None:
    """Fit on the earlier landmarks alone, and compare on the latest with simple rules.

    Returns None where too few were there, left or stayed.
    """
    if past is None:
        return None
    day = past.landmarks[-1]
    latest = (past.rows["landmark"] == pd.Timestamp(day)).to_numpy(bool)
    earlier = past.rows["landmark"] + pd.Timedelta(days=past.horizon_days) <= pd.Timestamp(day)
    combined = model.fit(past.take(earlier.to_numpy(bool))) if earlier.any() else None
    tried = past.take(latest)
    left = tried.rows["left"].to_numpy(float)
    if len(left) < LEAST_ROWS or min(left.sum(), (1 - left).sum()) < LEAST_OUTCOMES:
        return None
    ranked = scores(tried.rows, tried.signals, combined)
    calls = min(settings.warning.calls_per_week, len(left))
    areas = compare(ranked, left, tried.rows["shard"].to_numpy(int), settings.seed)
    areas["caught"] = [_caught(score, left, calls) for score in ranked.values()]
    in_order = left[np.argsort(-ranked[_rule(areas)], kind="stable")] == 1
    return Check(day, past.horizon_days, len(left), int(left.sum()), calls, areas, in_order)


def _rule(areas: pd.DataFrame) -> str:
    sure = areas[areas["behind_high"] < 0]
    chosen = areas.iloc[0] if sure.empty else sure.loc[sure["auc"].idxmax()]
    return str(chosen["rule"])


def compare(ranked: dict[str, Array], left: Array, shards: Array, seed: int) -> pd.DataFrame:
    """Return every rule's area, and by how much the first is ahead, with 95% intervals."""
    weights = shard_weights(DRAWS, seed)[:, shards]
    drawn = {rule: drawn_auc(score, left, weights) for rule, score in ranked.items()}
    first = next(iter(ranked))
    rows = []
    for rule, score in ranked.items():
        area = auc(score, left)
        low, high = np.nanquantile(drawn[rule], [0.025, 0.975])
        ahead_low, ahead_high = np.nanquantile(drawn[first] - drawn[rule], [0.025, 0.975])
        rows.append((rule, area, low, high, auc(ranked[first], left) - area, ahead_low, ahead_high))
    columns = ["rule", "auc", "low", "high", "behind", "behind_low", "behind_high"]
    return pd.DataFrame(rows, columns=columns)


def _caught(score: Array, left: Array, calls: int) -> float:
    """Return the share who left among the first; customers level with the last count in part."""
    if not calls:
        return float("nan")
    place = rankdata(-score, method="min")
    last = np.sort(place)[calls - 1]
    sure, level = place < last, place == last
    return float((left[sure].sum() + left[level].mean() * (calls - sure.sum())) / calls)


def check_findings(tried: Check | None) -> list[Finding]:
    """Return the findings; one that says so where it could not be tried."""
    if tried is None:
        return [Finding("warning_tried_on", None, unit="date", verdict="too_few")]
    return tried.findings()


def say_check(tried: Check | None, words: Words) -> list[str]:
    """Say how well the warning would have done, or that it could not be tried."""
    return check_sentences({finding.name: finding for finding in check_findings(tried)}, words)


def check_table(tried: Check | None, words: Words) -> Table | None:
    """Return how well each rule ranks; None where it could not be tried."""
    return tried.table(words) if tried else None
