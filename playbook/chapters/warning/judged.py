"""Chapter 05: which signals warn that a customer is about to leave, and which say nothing here.

A signal is judged among customers alike: on the same past day, with about as long a silence and as
many orders. Otherwise everything that goes with a long silence would seem to warn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import proportion_confint

from playbook.archive.findings import Finding
from playbook.chapters.warning import words as warning_words
from playbook.chapters.warning.leaving import CANCELLED, Past
from playbook.chapters.warning.signals import KIND_OF_COMPLAINT
from playbook.chapters.warning.words import label, signal_sentences
from playbook.records.arrays import Array, Flags, Positions
from playbook.records.history import SHARDS
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, GREY, ORANGE, Picture
from playbook.show.words import Words
from playbook.stats.cells import order_band
from playbook.stats.cox import LEAST_CUSTOMERS, discoveries

SILENCE_BANDS = 10
"""Bands of silence, with as many customers each, within which customers are compared."""
LEAST_OUTCOMES = 10
"""Customers who left, and who stayed, that the comparable ones need."""
SAME_AS = 0.95
"""Correlation from which on a signal says what an earlier one has said."""
SMALL_LIFT = 1.25
"""A lift so small, or its inverse, says nothing: an interval within it shows that a signal adds nothing."""
LEVEL = 0.95
AKAIKE = 0.157
"""The p below which one more column lowers Akaike's criterion."""


@dataclass(frozen=True)
class Signals:
    """What every signal was worth on past days.

    Attributes
    ----------
    judged : DataFrame
        signal; told (descriptions in which it can be told); on (of them with the signal); customers
        (who had it); left, left_low, left_high (share who then left; 95% by Wilson); lift, lift_low,
        lift_high (how many times as often as comparable ones without it: the risk ratio of Mantel and
        Haenszel 1959, 95% by a jackknife over shards of customers; NaN where none of either left);
        p; clear (bool: a discovery at a false discovery rate of 5%, the kinds of complaints on their
        own); verdict (warns or reassures where clear; nothing where the interval holds only small
        lifts; else unclear); lead (days left until
        they would have counted as lapsed, median of those who left); before_left, before_stayed (share
        of all who left, and of all who stayed, who had it before their last order).
    not_judged : dict
        Signal to why: missing, untold (of nobody yet), constant (never on), few, same.
    warned_left, warned_stayed : float
        Share of those who left, and of those who stayed, with any warning signal before their last
        order; NaN where no signal warns.
    past : Past
    """

    judged: pd.DataFrame
    not_judged: dict[str, str]
    warned_left: float
    warned_stayed: float
    past: Past

    @property
    def warning(self) -> list[str]:
        """The signals that warn, the strongest first."""
        found = self.judged[self.judged["verdict"] == "warns"]
        return list(found.sort_values("lift", ascending=False, kind="stable")["signal"])

    @property
    def promising(self) -> list[str]:
        """The signals worth a place in a model that predicts: Akaike's rule, which is milder."""
        return list(self.judged.loc[self.judged["p"] < AKAIKE, "signal"])

    def findings(self) -> list[Finding]:
        """Return what every signal was worth, and what was not judged."""
        rows, n = self.past.rows, len(self.past.rows)
        short = "short" if self.past.horizon_days < self.past.wanted_days else "whole"
        days = [day.isoformat() for day in self.past.landmarks]
        found = [
            Finding("watched_past", n, unit="descriptions", n=rows["customer_id"].nunique()),
            Finding("left_past", _rounded(rows["left"].mean()), unit="share", n=n, verdict=self.past.outcome),
            Finding("watch_horizon", self.past.horizon_days, unit="days", verdict=short),
            Finding("watch_horizon_wanted", self.past.wanted_days, unit="days"),
            Finding("watch_threshold", self.past.threshold_days, unit="days"),
            Finding("watch_landmarks", len(days), unit="days", verdict=" ".join(days)),
        ]
        for row in self.judged.to_dict("records"):
            found += _of_signal({str(key): value for key, value in row.items()}, self.past)
        found += [Finding(f"signal_not_judged_{k}", None, verdict=why) for k, why in self.not_judged.items()]
        if np.isfinite(self.warned_left):
            left = int(rows["left"].sum())
            once = float((rows.loc[rows["left"], "orders"] == 1).mean())
            found += [
                Finding("left_after_first_order", _rounded(once), unit="share", n=left),
                Finding("warned_before_left", _rounded(self.warned_left), unit="share", n=left),
                Finding("warned_before_stayed", _rounded(self.warned_stayed), unit="share", n=n - left),
            ]
        rules = self.past.rules.model_dump(exclude={"calls_per_week", "holdout_share"})
        return found + [Finding(f"threshold_{name}", value) for name, value in rules.items()]

    def sentences(self, words: Words) -> list[str]:
        """Say which signals warn here, and which do not."""
        return signal_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return what each signal was worth, the clear ones first."""
        return warning_words.worth_table(self.judged, words)

    def timing_table(self, words: Words) -> Table:
        """Return from where on each signal is on, and how early."""
        return warning_words.timing_table(self.judged, self.past, words)

    def figure(self, words: Words) -> Picture:
        """Draw how many times as often those with a signal left."""
        say, seen = words.say, self.judged.dropna(subset=["lift_low"])
        figure, axes = new_figure(height=1.4 + 0.34 * len(seen))
        heading(axes, say("Who shows it, leaves so many times as often"))
        if seen.empty:
            return Picture(figure, say("No picture: there was too little to compare."))
        places = np.arange(len(seen))[::-1]
        colors = seen["verdict"].map({"warns": ORANGE, "reassures": BLUE, "nothing": GREY, "unclear": GREY})
        axes.hlines(places, seen["lift_low"], seen["lift_high"], color=colors)
        axes.scatter(seen["lift"], places, color=colors, zorder=3)
        axes.axvline(1, color=GREY, linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5], minor=False)
        axes.set_xlim(
            max(min(0.45, seen["lift_low"].min() / 1.1), 0.05), max(2.2, 1.05 * seen["lift_high"].max())
        )
        axes.xaxis.set_major_formatter(lambda lift, _: words.number(lift, 0 if lift >= 1 else 1))
        axes.xaxis.set_minor_formatter(lambda *_: "")
        axes.set_yticks(places, [label(str(name), words) for name in seen["signal"]])
        axes.set_xlabel(say("right of 1: leaves more often than comparable customers"))
        first = seen.loc[seen["lift"].idxmax()]
        alt = say(
            "Dots with intervals, one line for each of {n} signals: {warns} warn, the others do not. The"
            " highest is “{name}”, {lift} times as often.",
            n=words.number(len(seen)),
            warns=words.number(int((seen["verdict"] == "warns").sum())),
            name=label(str(first["signal"]), words),
            lift=words.number(float(first["lift"]), 2),
        )
        return Picture(figure, alt)


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _of_signal(row: dict[str, Any], past: Past) -> list[Finding]:
    name = str(row["signal"])
    number = {key: _rounded(row[key]) for key in _NUMBERS}
    lift = (number["lift"], number["lift_low"], number["lift_high"])
    n, verdict = int(row["customers"]), str(row["verdict"])
    found = [
        Finding(f"signal_lift_{name}", *lift, "ratio", n, verdict),
        Finding(
            f"signal_left_{name}",
            *(number["left"], number["left_low"], number["left_high"]),
            "share",
            int(row["on"]),
            verdict,
        ),
        Finding(f"signal_before_{name}", number["before_left"], unit="share", verdict=verdict),
    ]
    if past.outcome != CANCELLED:
        found.append(Finding(f"signal_lead_{name}", number["lead"], unit="days", verdict=verdict))
    return found


_NUMBERS = ("lift", "lift_low", "lift_high", "left", "left_low", "left_high", "lead", "before_left")


# The judgement -------------------------------------------------------------------------------


def judge(past: Past | None) -> Signals | None:
    """Judge every signal among customers alike in silence, number of orders and day."""
    if past is None:
        return None
    strata = strata_of(past.rows)
    not_judged: dict[str, str] = dict.fromkeys(past.visible.missing, "missing")
    rows = []
    kept: list[str] = []
    for name in past.visible.signals:
        on = past.signals[name]
        why = _unfit(on, past.rows, strata) or _same(on, past.signals[kept])
        if why:
            not_judged[name] = why
            continue
        kept.append(name)
        rows.append({"signal": name, **_measured(name, past, strata)})
    judged = pd.DataFrame(rows, columns=["signal", *_COLUMNS])
    kinds = judged["signal"].str.startswith(KIND_OF_COMPLAINT)
    p = judged["p"].astype(float)
    clear = discoveries(p.mask(kinds)) | discoveries(p.where(kinds))
    near_1 = (judged["lift_low"] > 1 / SMALL_LIFT) & (judged["lift_high"] < SMALL_LIFT)
    unclear = np.where(near_1, "nothing", "unclear")
    judged["verdict"] = np.where(~clear, unclear, np.where(judged["lift"] > 1, "warns", "reassures"))
    judged["clear"] = clear
    judged = judged.sort_values(["clear", "lift"], ascending=False, kind="stable").reset_index(drop=True)
    warning = list(judged.loc[judged["verdict"] == "warns", "signal"])
    left = past.rows["left"].to_numpy(bool)
    warned = (past.before[warning] == 1).any(axis=1).to_numpy(bool)
    if not warning:
        return Signals(judged, not_judged, float("nan"), float("nan"), past)
    return Signals(judged, not_judged, _share(warned, left), _share(warned, ~left), past)


_COLUMNS = (
    *("told", "on", "customers", "left", "left_low", "left_high", "lift", "lift_low", "lift_high", "p"),
    *("lead", "before_left", "before_stayed"),
)


def strata_of(rows: pd.DataFrame) -> Positions:
    """Return the stratum of each row: the landmark, the tenth of the silence, the band of orders."""
    edges = np.quantile(rows["silence"], np.arange(1, SILENCE_BANDS) / SILENCE_BANDS)
    silence = np.searchsorted(edges, rows["silence"], side="left")
    landmark = pd.factorize(rows["landmark"], sort=True)[0]
    return np.asarray((landmark * SILENCE_BANDS + silence) * 5 + order_band(rows["orders"]))


def _comparable(on: pd.Series, strata: Positions) -> Flags:
    """Say which rows are in a stratum with and without the signal."""
    told = on.notna().to_numpy(bool)
    frame = pd.DataFrame({"stratum": strata[told], "on": on[told].to_numpy(float)})
    share = frame.groupby("stratum")["on"].transform("mean").to_numpy(float)
    found = np.zeros(len(on), dtype=bool)
    found[told] = (share > 0) & (share < 1)
    return found


def _unfit(on: pd.Series, rows: pd.DataFrame, strata: Positions) -> str | None:
    """Return why a signal cannot be judged; None where it can."""
    if on.isna().all():
        return "untold"
    if not (on == 1).any():
        return "constant"
    inside = _comparable(on, strata)
    ids, left = rows["customer_id"][inside], rows["left"][inside]
    sides = [ids[on[inside] == value].nunique() for value in (0, 1)]
    outcomes = min(left.sum(), (~left).sum())
    return "few" if min(sides) < LEAST_CUSTOMERS or outcomes < LEAST_OUTCOMES else None


def _same(on: pd.Series, others: pd.DataFrame) -> str | None:
    """Say whether a signal repeats another one, where both can be told."""
    here = on.to_numpy(float)
    for name in others:
        there = others[name].to_numpy(float)
        both = np.isfinite(here) & np.isfinite(there)
        one, two = here[both], there[both]
        if len(one) and one.std() > 0 and two.std() > 0 and np.corrcoef(one, two)[0, 1] > SAME_AS:
            return "same"
    return None


def _measured(name: str, past: Past, strata: Positions) -> dict[str, float]:
    rows, on = past.rows, past.signals[name]
    with_it = (on == 1).to_numpy(bool)
    left = rows["left"].to_numpy(bool)
    precision = float(left[with_it].mean())
    low, high = proportion_confint(int(left[with_it].sum()), int(with_it.sum()), 1 - LEVEL, "wilson")
    told = on.notna().to_numpy(bool)
    counts = tables(with_it[told], left[told], strata[told], rows["shard"].to_numpy(int)[told])
    lead = past.threshold_days - rows["silence"][with_it & left]
    before = (past.before[name] == 1).to_numpy(bool)
    values = (int(told.sum()), int(with_it.sum()), rows["customer_id"][with_it].nunique())
    shares = (float(lead.median()), _share(before, left), _share(before, ~left))
    return dict(zip(_COLUMNS, (*values, precision, low, high, *risk_ratio(counts), *shares), strict=True))


def _share(of: Flags, among: Flags) -> float:
    return float(of[among].mean()) if among.any() else float("nan")


def tables(on: Flags, left: Flags, strata: Positions, shards: Positions) -> Array:
    """Count rows by shard, stratum, signal and outcome: shape (shards, strata, 2, 2), 1 first."""
    _, stratum = np.unique(strata, return_inverse=True)
    counts = np.zeros((SHARDS, stratum.max(initial=0) + 1, 2, 2))
    np.add.at(counts, (shards, stratum, 1 - on.astype(int), 1 - left.astype(int)), 1)
    return counts


def risk_ratio(counts: Array) -> tuple[float, float, float, float]:
    """Return the risk ratio pooled over strata, its 95% interval and the p of 1.

    Mantel and Haenszel's estimator (in the form of Greenland and Robins 1985). The interval comes
    from a jackknife over shards of customers, since the same customer stands at several landmarks.
    Where nobody left on one side there is no interval, and p is that of the test of Cochran, Mantel
    and Haenszel.

    Parameters
    ----------
    counts : array, shape (shards, strata, 2, 2)
        See `tables`.
    """
    total = counts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(_pooled(total))
        without = np.log(_pooled(total[None] - counts[counts.any(axis=(1, 2, 3))]))
    if not np.isfinite(log_ratio) or not np.isfinite(without).all() or len(without) < 2:
        inside = total[(total.sum(axis=2) > 0).all(axis=1)]
        p = float(StratifiedTable(np.moveaxis(inside, 0, -1)).test_null_odds().pvalue)
        return float(np.exp(log_ratio)), float("nan"), float("nan"), p
    shards = len(without)
    error = float(np.sqrt((shards - 1) / shards * ((without - without.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, shards - 1)) * error
    p = float(2 * stats.t.sf(abs(log_ratio) / error, shards - 1)) if error > 0 else 1.0
    low, high = np.exp([log_ratio - reach, log_ratio + reach])
    return float(np.exp(log_ratio)), float(low), float(high), p


def _pooled(counts: Array) -> Array:
    """Return the pooled ratio of tables, shape (..., strata, 2, 2)."""
    sides = counts.sum(axis=-1)
    both = np.maximum(sides.sum(axis=-1), 1)
    with_it = (counts[..., 0, 0] * sides[..., 1] / both).sum(axis=-1)
    without = (counts[..., 1, 0] * sides[..., 0] / both).sum(axis=-1)
    return np.asarray(with_it / without)


def signal_findings(signals: Signals | None) -> list[Finding]:
    """Return the findings; one that says so where nothing could be judged."""
    if signals is None:
        return [Finding("watched_past", None, unit="descriptions", verdict="too_short")]
    return signals.findings()


def say_signals(signals: Signals | None, words: Words) -> list[str]:
    """Say which signals warn, or that it cannot be told."""
    return signal_sentences({finding.name: finding for finding in signal_findings(signals)}, words)


def signal_table(signals: Signals | None, words: Words) -> Table | None:
    """Return what each signal was worth; None where nothing could be judged."""
    return signals.table(words) if signals else None


def timing_table(signals: Signals | None, words: Words) -> Table | None:
    """Return how early each signal speaks; None where nothing could be judged."""
    return signals.timing_table(words) if signals and len(signals.judged) else None


def signal_figure(signals: Signals | None, words: Words) -> Picture | None:
    """Return the picture of the signals; None where nothing could be judged."""
    return signals.figure(words) if signals and len(signals.judged) else None
