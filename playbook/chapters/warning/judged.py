"""Chapter 05: which signals warn that a customer is about to leave, and which say nothing here.

A signal is judged among customers alike: on the same past day, with about as long a silence and as
many orders. Otherwise everything that goes with a long silence would seem to warn.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import proportion_confint

from playbook.archive.findings import Finding, rounded
from playbook.chapters.warning.leaving import CANCELLED, LookBack
from playbook.chapters.warning.signals import KIND_OF_COMPLAINT
from playbook.chapters.warning.words import (
    label,
    rounded_interval,
    signal_sentences,
    threshold,
    with_intervals,
)
from playbook.records.arrays import SHARDS, Array, Flags, Positions
from playbook.show.display import Column, Table
from playbook.show.figures import BLUE, GREY, ORANGE, Picture, intervals
from playbook.show.words import Words
from playbook.stats.cells import order_band
from playbook.stats.cox import LEAST_CUSTOMERS, discoveries
from playbook.stats.result import CannotTell, Result

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


COLORS = {"warns": ORANGE, "reassures": BLUE, "nothing": GREY, "unclear": GREY}


@dataclass(frozen=True)
class Signals(Result):
    """What every signal was worth on past days.

    Attributes
    ----------
    judged : DataFrame
        signal; on (descriptions with the signal); customers (who had it); left, left_low, left_high
        (share who then left; 95% by Wilson); lift, lift_low, lift_high (how many times as often as
        comparable ones without it: the risk ratio of Mantel and Haenszel 1959, 95% by a jackknife over
        shards of customers; NaN where none of either left); p; clear (bool: a discovery at a false
        discovery rate of 5%, the kinds of complaints on their own); verdict (warns or reassures where
        clear; nothing where the interval holds only small lifts; else unclear); lead (days left until
        they would have counted as lapsed, median of those who left); before_left, before_stayed (share
        of all who left, and of all who stayed, who had it before their last order).
    not_judged : dict
        Signal to why: missing, untold (of nobody yet), constant (never on), few, same.
    past : LookBack
    """

    judged: pd.DataFrame
    not_judged: dict[str, str]
    past: LookBack

    @property
    def warning(self) -> list[str]:
        """The signals that warn, the strongest first."""
        warns = self.judged[self.judged["verdict"] == "warns"]
        return list(warns.sort_values("lift", ascending=False, kind="stable")["signal"])

    @property
    def promising(self) -> list[str]:
        """The signals worth a place in a model that predicts: Akaike's rule, which is milder."""
        return list(self.judged.loc[self.judged["p"] < AKAIKE, "signal"])

    def findings(self) -> list[Finding]:
        """Return what every signal was worth, and what was not judged."""
        rows, n = self.past.rows, len(self.past.rows)
        own = None if (rows["threshold_days"] == self.past.threshold_days).all() else "own"
        short = "short" if self.past.horizon_days < self.past.wanted_days else "whole"
        days = [day.isoformat() for day in self.past.landmarks]
        found = [
            Finding("watched_past", n, unit="descriptions", n=rows["customer_id"].nunique()),
            Finding("left_past", rounded(rows["left"].mean()), unit="share", n=n, verdict=self.past.outcome),
            Finding("watch_horizon", self.past.horizon_days, unit="days", verdict=short),
            Finding("watch_horizon_wanted", self.past.wanted_days, unit="days"),
            Finding("watch_threshold", self.past.threshold_days, unit="days", verdict=own),
            Finding("watch_landmarks", len(days), unit="days", verdict=" ".join(days)),
        ]
        for _, row in self.judged.iterrows():
            found += self._of_signal(row)
        found += [Finding(f"signal_not_judged_{k}", None, verdict=why) for k, why in self.not_judged.items()]
        return [*found, *self._before_last_order(), *self._thresholds()]

    def _before_last_order(self) -> list[Finding]:
        """Return how many showed a warning while they still bought; nothing where no signal warns."""
        if not self.warning:
            return []
        rows = self.past.rows
        left = rows["left"].to_numpy(bool)
        warned = (self.past.before[self.warning] == 1).any(axis=1).to_numpy(bool)
        once = (rows["orders"] == 1).to_numpy(bool)
        leavers, stayers = int(left.sum()), int((~left).sum())
        return [
            Finding("left_after_first_order", rounded(_share(once, left)), unit="share", n=leavers),
            Finding("warned_before_left", rounded(_share(warned, left)), unit="share", n=leavers),
            Finding("warned_before_stayed", rounded(_share(warned, ~left)), unit="share", n=stayers),
        ]

    def _thresholds(self) -> list[Finding]:
        """Return from where on the signals are on."""
        rules = self.past.rules.model_dump(exclude={"calls_per_week", "holdout_share"})
        return [Finding(f"threshold_{name}", value) for name, value in rules.items()]

    def _of_signal(self, row: pd.Series) -> list[Finding]:
        name, verdict = str(row["signal"]), str(row["verdict"])
        lift, left = rounded_interval(row, "lift"), rounded_interval(row, "left")
        before = rounded(row["before_left"])
        found = [
            Finding(f"signal_lift_{name}", *lift, "ratio", int(row["customers"]), verdict),
            Finding(f"signal_left_{name}", *left, "share", int(row["on"]), verdict),
            Finding(f"signal_before_{name}", before, unit="share", verdict=verdict),
        ]
        if self.past.outcome != CANCELLED:  # a contract does not lapse by silence
            lead = rounded(row["lead"])
            found.append(Finding(f"signal_lead_{name}", lead, unit="days", verdict=verdict))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say which signals warn here, and which do not."""
        return signal_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return what each signal was worth, the clear ones first."""
        say, judged = words.say, self.judged
        verdicts = {
            "warns": say("warns"),
            "reassures": say("reassures"),
            "nothing": say("adds nothing"),
            "unclear": say("not clear"),
        }
        shown = judged.assign(
            signal=[label(name, words) for name in judged["signal"]],
            left=with_intervals(judged, "left", words.percent, words),
            lift=with_intervals(judged, "lift", partial(words.number, digits=2), words),
            verdict=judged["verdict"].map(verdicts),
        )
        columns: dict[str, Column] = {
            "signal": say("customers with"),
            "customers": (say("how many"), "number"),
            "left": say("of them left (95%)"),
            "lift": say("times as often as comparable ones (95%)"),
            "verdict": say("verdict"),
        }
        note = say(
            "Comparable: on the same day, with about as long a silence and as many orders. “Warns” and"
            " “reassures” hold with 5% false discoveries among them."
        )
        caption = say("What each signal was worth")
        return Table(shown, caption, words, columns=columns, note="" if judged.empty else note)

    def timing_table(self, words: Words) -> Table | None:
        """Return from where on each signal is on, and how early; None where none was judged."""
        if self.judged.empty:
            return None
        say, names = words.say, self.judged["signal"]
        shown = self.judged.assign(
            signal=[label(name, words) for name in names],
            since=[threshold(name, self.past, words) for name in names],
        )
        columns: dict[str, Column] = {
            "signal": say("signal"),
            "since": say("from where on"),
            "lead": (say("days before they would have counted as lapsed"), "number"),
            "before_left": (say("of those who left, had it before their last order"), "percent"),
            "before_stayed": (say("of those who stayed"), "percent"),
        }
        if self.past.outcome == CANCELLED:
            del columns["lead"]
        note = say("Days: the median of those who had it and left.")
        return Table(shown, say("How early each signal speaks"), words, columns=columns, note=note)

    def figure(self, words: Words) -> Picture | None:
        """Draw how many times as often those with a signal left; None where too little was compared."""
        say, seen = words.say, self.judged.dropna(subset=["lift_low"])
        if seen.empty:
            return None
        rows = seen.rename(columns={"lift": "value", "lift_low": "low", "lift_high": "high"})
        rows = rows.assign(label=[label(name, words) for name in seen["signal"]])
        warns = len(self.warning)
        title = words.say_many("One signal warns of leaving", "{n} signals warn of leaving", warns)
        figure = intervals(
            title if warns else say("No signal is sure to warn"),
            rows,
            COLORS,
            words,
            across=say("times as often as comparable customers"),
            at_least=(0.45, 2.2),
        )
        highest = rows.loc[rows["value"].idxmax()]
        alt = say(
            "Dots with intervals, one line for each of {n} signals: {warns} warn, the others do not. The"
            " highest is “{name}”, {lift} times as often.",
            n=words.number(len(seen)),
            warns=words.number(int((seen["verdict"] == "warns").sum())),
            name=highest["label"],
            lift=words.number(float(highest["value"]), 2),
        )
        return Picture(figure, alt)


class NothingJudged(CannotTell):
    """What stands in for the signals where there is no past day to look at."""

    def timing_table(self, words: Words) -> None:
        """Show nothing."""


# The judgement -------------------------------------------------------------------------------


def judge(past: LookBack | None) -> Signals | NothingJudged:
    """Judge every signal among customers alike in silence, number of orders and day."""
    if past is None:
        too_short = Finding("watched_past", None, unit="descriptions", verdict="too_short")
        return NothingJudged((too_short,), signal_sentences)
    strata = strata_of(past.rows)
    not_judged: dict[str, str] = dict.fromkeys(past.visible.missing, "missing")
    measured: list[dict[str, object]] = []
    kept: list[str] = []
    for name in past.visible.signals:
        on = past.signals[name]
        why = _unfit(on, past.rows, strata) or _same(on, past.signals[kept])
        if why:
            not_judged[name] = why
            continue
        kept.append(name)
        measured.append({"signal": name, **_measured(name, past, strata)})
    judged = _with_verdicts(pd.DataFrame(measured, columns=["signal", *_COLUMNS]))
    return Signals(judged, not_judged, past)


def _with_verdicts(judged: pd.DataFrame) -> pd.DataFrame:
    """Add what each signal does, by its interval and among how many; the clear ones first."""
    # Kinds of complaints are tried on their own: however many a client tells apart, they must not
    # make it harder for the other signals to be discovered.
    kinds = judged["signal"].str.startswith(KIND_OF_COMPLAINT)
    p = judged["p"].astype(float)
    judged["clear"] = discoveries(p.mask(kinds)) | discoveries(p.where(kinds))
    near_1 = (judged["lift_low"] > 1 / SMALL_LIFT) & (judged["lift_high"] < SMALL_LIFT)
    unclear = np.where(near_1, "nothing", "unclear")
    judged["verdict"] = np.where(
        ~judged["clear"], unclear, np.where(judged["lift"] > 1, "warns", "reassures")
    )
    return judged.sort_values(["clear", "lift"], ascending=False, kind="stable").reset_index(drop=True)


_COLUMNS = (
    *("on", "customers", "left", "left_low", "left_high", "lift", "lift_low", "lift_high", "p"),
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
    known = on.notna().to_numpy(bool)
    frame = pd.DataFrame({"stratum": strata[known], "on": on[known].to_numpy(float)})
    share = frame.groupby("stratum")["on"].transform("mean").to_numpy(float)
    comparable = np.zeros(len(on), dtype=bool)
    comparable[known] = (share > 0) & (share < 1)
    return comparable


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


def _measured(name: str, past: LookBack, strata: Positions) -> dict[str, float]:
    rows, on = past.rows, past.signals[name]
    with_it = (on == 1).to_numpy(bool)
    left = rows["left"].to_numpy(bool)
    precision = float(left[with_it].mean())
    low, high = proportion_confint(int(left[with_it].sum()), int(with_it.sum()), 1 - LEVEL, "wilson")
    known = on.notna().to_numpy(bool)
    counts = tables(with_it[known], left[known], strata[known], rows["shard"].to_numpy(int)[known])
    lead = (rows["threshold_days"] - rows["silence"])[with_it & left]
    before = (past.before[name] == 1).to_numpy(bool)
    values = (int(with_it.sum()), rows["customer_id"][with_it].nunique())
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
