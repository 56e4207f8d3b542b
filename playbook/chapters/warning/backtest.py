"""Chapter 05: the combined warning tried on customers whose leaving it had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from playbook.archive.findings import Finding, Findings, rounded
from playbook.chapters.warning.leaving import LookBack
from playbook.chapters.warning.model import Combined, combine
from playbook.chapters.warning.words import rounded_interval, with_intervals
from playbook.records.arrays import Array
from playbook.settings.client import Settings
from playbook.show.display import Column, Table
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words
from playbook.stats.ranking import auc, drawn_auc
from playbook.stats.result import CannotTell, Result
from playbook.stats.survival import shard_weights

if TYPE_CHECKING:
    from ipywidgets import VBox

COMBINED, CHANCE = "combined", "chance"
DRAWS = 500
LEAST_ROWS, LEAST_OUTCOMES = 100, 20
"""Customers, and of them those who left and those who stayed, that a trial needs."""
LENGTHS = (10, 25, 50, 100, 200, 400)
"""Lengths of the list that a reader can try, as far as there are customers."""


@dataclass(frozen=True)
class WarningBacktest(Result):
    """The warning as it would have been given on a past day, against who then left.

    Attributes
    ----------
    day : date
    horizon_days : int
    customers, left : int
    calls : int
        As many as are called in a week, or everybody.
    areas : DataFrame
        rule (combined where it could be fitted before that day, chance, silence, orders); auc, auc_low,
        auc_high (95%); behind, behind_low, behind_high (the best rule of this chapter, the first row,
        minus it; paired 95%); caught (of the first ``calls`` by this rule, the share who left).
        Intervals from 500 resamplings of shards of customers.
    in_order : array, shape (customers,)
        1 for who left and 0 for who stayed, in the order of ``rule``; those level with each other share
        alike, as in ``caught``.
    """

    day: date
    horizon_days: int
    customers: int
    left: int
    calls: int
    areas: pd.DataFrame
    in_order: Array

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
        for place, row in self.areas.iterrows():
            rule = row["rule"]
            found += [
                Finding(f"warning_auc_{rule}", *rounded_interval(row, "auc"), "score", n),
                Finding(f"warning_caught_{rule}", rounded(row["caught"]), unit="share", n=self.calls),
            ]
            if place:
                ahead = rounded_interval(row, "behind")
                found.append(Finding(f"warning_ahead_of_{rule}", *ahead, "score", n))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say how well the warning would have done."""
        return backtest_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return how well each rule put first those who left."""
        say = words.say
        labels, three_digits = rule_labels(words), partial(words.number, digits=3)
        ahead = with_intervals(self.areas, "behind", three_digits, words)
        shown = self.areas.assign(
            rule=self.areas["rule"].map(labels),
            auc=with_intervals(self.areas, "auc", three_digits, words),
            behind=["–", *ahead[1:]],
        )
        columns: dict[str, Column] = {
            "rule": say("customers ranked by"),
            "auc": say("area (95% interval)"),
            "behind": say("the first rule is ahead by"),
            "caught": (say("of the first {n}, left", n=words.number(self.calls)), "percent"),
        }
        note = say(
            "Area under the curve: the chance that one who left stood above one who stayed; 0.5 is a coin,"
            " 1 perfect."
        )
        caption = say("Who would have been warned of, on {day}", day=words.date(self.day))
        return Table(shown, caption, words, columns=columns, note=note)


def scores(rows: pd.DataFrame, shown: pd.DataFrame, combined: Combined | None) -> dict[str, Array]:
    """Return by which score each rule ranks: higher is more likely to leave."""
    ranked: dict[str, Array] = {}
    if combined is not None:
        ranked[COMBINED] = combined.log_odds(rows, shown)
    if rows["chance"].notna().all():
        ranked[CHANCE] = -rows["chance"].to_numpy(float)
    silence, orders = rows["silence"].to_numpy(float), rows["orders"].to_numpy(float)
    return ranked | {"silence": silence, "orders": -orders}


def try_on_past(past: LookBack | None, settings: Settings) -> WarningBacktest | CannotTell:
    """Fit on the earlier landmarks alone, and compare on the latest with simple rules.

    It cannot be told where too few were there, left or stayed.
    """
    too_few = CannotTell(
        (Finding("warning_tried_on", None, unit="date", verdict="too_few"),), backtest_sentences
    )
    if past is None:
        return too_few
    day = pd.Timestamp(past.landmarks[-1])
    earlier = past.rows["landmark"] + pd.Timedelta(days=past.horizon_days) <= day
    combined = combine(past.take(earlier.to_numpy(bool))) if earlier.any() else None
    tried = past.take((past.rows["landmark"] == day).to_numpy(bool))
    left = tried.rows["left"].to_numpy(float)
    if len(left) < LEAST_ROWS or min(left.sum(), (1 - left).sum()) < LEAST_OUTCOMES:
        return too_few
    ranked = scores(tried.rows, tried.signals, combined)
    calls = min(settings.warning.calls_per_week, len(left))
    areas = compare(ranked, left, tried.rows["shard"].to_numpy(int), settings.seed)
    areas["caught"] = [_caught(score, left, calls) for score in ranked.values()]
    in_order = _in_order(ranked[_rule(areas)], left)
    return WarningBacktest(day.date(), past.horizon_days, len(left), int(left.sum()), calls, areas, in_order)


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
        area, ahead = auc(score, left), auc(ranked[first], left) - auc(score, left)
        interval = np.nanquantile(drawn[rule], [0.025, 0.975])
        # Paired: the same draws of customers rank by both rules.
        ahead_interval = np.nanquantile(drawn[first] - drawn[rule], [0.025, 0.975])
        rows.append((rule, area, *interval, ahead, *ahead_interval))
    columns = ["rule", "auc", "auc_low", "auc_high", "behind", "behind_low", "behind_high"]
    return pd.DataFrame(rows, columns=columns)


def _in_order(score: Array, left: Array) -> Array:
    """Return who left, the highest score first; customers level with each other share alike."""
    shared = pd.Series(left).groupby(score, dropna=False).transform("mean").to_numpy(float)
    return np.asarray(shared[np.argsort(-score, kind="stable")])


def _caught(score: Array, left: Array, calls: int) -> float:
    """Return the share who left among the first; customers level with the last count in part."""
    if not calls:
        return float("nan")
    place = rankdata(-score, method="min")
    last = np.sort(place)[calls - 1]
    sure, level = place < last, place == last
    return float((left[sure].sum() + left[level].mean() * (calls - sure.sum())) / calls)


# How long the list should be -----------------------------------------------------------------


def how_many_calls(tried: WarningBacktest | CannotTell, words: Words) -> VBox | Table | None:
    """Show what a longer or shorter list would have caught; None where it could not be tried."""
    if not isinstance(tried, WarningBacktest) or not tried.calls:
        return None
    lengths = [length for length in LENGTHS if length <= tried.customers]
    knob = Knob(words.say("customers warned of"), lengths, tried.calls, words.number)
    caption = words.say(
        "Had the first by {rule} been warned of on {day}, before consent and rules",
        rule=rule_labels(words)[tried.rule],
        day=words.date(tried.day),
    )
    return explore(caption, partial(caught, tried, words), {"calls": knob}, words)


def caught(tried: WarningBacktest, words: Words, calls: int) -> Answer:
    """Say how many of the first would have been leavers, and what share of all leavers they are."""
    say = words.say
    left, all_left = float(tried.in_order[:calls].sum()), max(tried.left, 1)
    by_chance = calls * all_left / tried.customers
    return Answer(
        {
            say("warned of"): words.number(calls),
            say("of them left"): f"{words.number(left)} ({words.percent(left / calls)})",
            say("of all who left"): words.percent(left / all_left),
            say("times as many as by chance"): words.number(left / by_chance, 2),
        }
    )


# In words, from findings alone ---------------------------------------------------------------


def rule_labels(words: Words) -> dict[str, str]:
    """Return what each rule is called."""
    return {
        COMBINED: words.say("the combined warning"),
        CHANCE: words.say("the chance to return alone"),
        "silence": words.say("the silence alone"),
        "orders": words.say("the number of orders alone"),
    }


def backtest_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how the warning would have done on a past day."""
    tried = findings["warning_tried_on"]
    if tried.value is None:
        return [words.say("The warning could not be tried on the past: too few customers left or stayed.")]
    say, labels = words.say, rule_labels(words)
    areas = {rule: findings[key] for rule in labels if (key := f"warning_auc_{rule}") in findings}
    first, *others = areas
    rule = str(findings["warning_ranked_by"].value)
    caught, base = findings[f"warning_caught_{rule}"], findings["warning_tried_left"]
    beside = [
        say("{rule} {area}", rule=labels[rule], area=words.percent(areas[rule].value)) for rule in others
    ]
    said = [
        say(
            "Tried on the past, with nothing but what was known on {day}: {rule} put one who then left above"
            " one who stayed in {area} of such pairs (95% interval {low} to {high}). Beside it: {others}.",
            day=words.date(date.fromisoformat(str(tried.value))),
            rule=labels[first],
            area=words.percent(areas[first].value),
            low=words.percent(areas[first].low or 0),
            high=words.percent(areas[first].high or 0),
            others=", ".join(beside),
        )
    ]
    if caught.n:
        said.append(
            say(
                "Of the first {n} by {rule}, {caught} left; of all, {base}.",
                rule=labels[rule],
                n=words.number(caught.n),
                caught=words.percent(caught.value),
                base=words.percent(base.value / max(base.n or 0, 1)),
            )
        )
    ahead = findings.get(f"warning_ahead_of_{CHANCE}")
    if rule == first == COMBINED and ahead is not None and (ahead.low or 0) <= 0:
        said.append(
            say(
                "That the signals rank better than the chance to return alone cannot be told: they say what"
                " to talk about."
            )
        )
    if COMBINED not in areas:
        said.append(
            say("By then no signal had shown itself yet, so that only the chance to return could be tried.")
        )
    if rule != first:
        said.append(
            say(
                "{rule} ranked better beyond doubt, so customers are ranked by that today.",
                rule=labels[rule][0].upper() + labels[rule][1:],
            )
        )
    return said
