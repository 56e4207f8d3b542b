"""Chapter 04 for clients with contracts: when they are cancelled, and how many cancellations to expect.

Only where the table of customers says when contracts were cancelled. The spell runs from the start
(acquired_on, else the first order) to the cancellation.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd
from lifelines import CoxTimeVaryingFitter
from lifelines.exceptions import ConvergenceError, ConvergenceWarning

from playbook.archive.findings import Finding
from playbook.chapters.churn.contract_words import YEARS, contract_sentences
from playbook.chapters.churn.group_curves import level_label
from playbook.records.arrays import SHARDS, Array
from playbook.records.history import History, shard
from playbook.records.sources import Sources
from playbook.show.display import Table, interval_texts
from playbook.show.figures import Picture, new_figure
from playbook.show.words import Words
from playbook.stats.result import CannotTell, Result
from playbook.stats.return_probability import Estimate, predictive_interval
from playbook.stats.survival import Curve, LogRank, ShardCounts, kaplan_meier, log_rank, shard_weights
from playbook.stats.survival_figure import draw_curve

LEAST_CONTRACTS, LEAST_CANCELLED = 50, 10
"""Contracts, and cancelled ones, below which no curve is drawn."""
LEAST_AT_RISK = 30
"""Contracts at risk that a day of the curve needs; later days take the hazard of the half before."""
LEAST_WITH_COMPLAINT = 30
"""Contracts with a complaint below which its effect is not estimated."""
MOST_CONTRACTS = 5_000
"""Contracts above which those of some shards stand for all in the Cox regression."""
DRAWS = 200


@dataclass(frozen=True)
class Contracts(Result):
    """When contracts are cancelled (Kaplan and Meier 1958; Cox 1972).

    Attributes
    ----------
    contracts, cancelled, running : int
    unusable : int
        Contracts left out: no start is known, or the cancellation lies before it.
    followed_from : datetime or None
        Day from which contracts begun earlier are followed, as those cancelled before it are not in
        the data; None where they are.
    curve : Curve or None
        Share of contracts still running by days since their start; None where too few were cancelled.
    kept : DataFrame
        group (all, or a segment); contracts; cancelled; year; share, low, high (still running, 95%).
    log_rank : LogRank or None
        Whether segments differ; None without segments.
    complaint : tuple of float or None
        Hazard ratio of a cancellation while a complaint is unsolved, with its 95% interval.
    expected : tuple of float or None
        Cancellations within the horizon, with a 90% predictive interval.
    horizon_days : int
    """

    contracts: int
    cancelled: int
    running: int
    unusable: int
    followed_from: Any
    curve: Curve | None
    kept: pd.DataFrame
    log_rank: LogRank | None
    complaint: Estimate | None
    expected: Estimate | None
    horizon_days: int

    def findings(self) -> list[Finding]:
        """Return what is known of contracts and cancellations."""
        few = None if self.curve else "too_few"
        found = [
            Finding("contracts", self.contracts, unit="contracts", verdict=few),
            Finding("contracts_cancelled", self.cancelled, unit="contracts", n=self.contracts),
            Finding("contracts_running", self.running, unit="contracts", n=self.contracts),
            Finding("contracts_unusable", self.unusable, unit="contracts"),
        ]
        if self.followed_from is not None:
            found.append(Finding("contracts_followed_from", str(self.followed_from), unit="date"))
        for row in self.kept.to_dict("records"):
            share, low, high = (round(float(row[key]), 6) for key in ("share", "low", "high"))
            name = f"contracts_kept_{row['year']}={row['group']}"
            found.append(Finding(name, share, low, high, "share", int(row["contracts"])))
        if self.log_rank:
            verdict = "differ" if self.log_rank.p < 0.05 else "alike"
            found.append(Finding("contracts_log_rank", round(self.log_rank.p, 6), unit="p", verdict=verdict))
        if self.complaint:
            ratio, low, high = (round(value, 6) for value in self.complaint)
            verdict = "faster" if low > 1 else "slower" if high < 1 else "alike"
            found.append(
                Finding("contracts_complaint_ratio", ratio, low, high, "ratio", self.contracts, verdict)
            )
        if self.expected:
            value, low, high = (round(value, 2) for value in self.expected)
            name = "contracts_expected_cancellations"
            found.append(Finding(name, value, low, high, "contracts", self.running))
            found.append(Finding("contracts_horizon", self.horizon_days, unit="days"))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say how long contracts run and how many cancellations to expect."""
        return contract_sentences(self.by_name, words)

    def table(self, words: Words) -> Table | None:
        """Return the share still running after whole years, for all and by segment; None without a curve."""
        if self.curve is None:
            return None
        say, kept = words.say, self.kept
        shown = kept.assign(
            group=[_group_label(str(group), words) for group in kept["group"]],
            between=interval_texts(kept, "low", "high", words.percent, words),
        )
        return Table(
            shown,
            say("How long contracts run"),
            words,
            columns={
                "group": say("contracts of"),
                "year": (say("after years"), "number"),
                "share": (say("still running"), "percent"),
                "between": say("95% interval"),
                "contracts": (say("contracts"), "number"),
                "cancelled": (say("of them cancelled"), "number"),
            },
        )

    def figure(self, words: Words) -> Picture | None:
        """Draw the share of contracts still running; None without a curve."""
        if self.curve is None:
            return None
        say, curve = words.say, self.curve
        last, end = words.percent(float(curve.survival[-1])), words.number(curve.days[-1])
        title = say("{last} of the contracts are still running after {end} days", last=last, end=end)
        figure, axes = new_figure(title)
        draw_curve(axes, curve, words)
        axes.set_xlabel(say("days since the start"))
        axes.set_ylabel(say("still running"))
        alt = say(
            "A falling curve: {half} of the contracts are still running after {day} days and {last} after"
            " {end} days, where it ends.",
            half=words.percent(curve.at(curve.days[-1] / 2)),
            day=words.number(int(curve.days[-1] / 2)),
            last=last,
            end=end,
        )
        return Picture(figure, alt)


def _group_label(group: str, words: Words) -> str:
    return words.say("all") if group == "all" else level_label(group.removeprefix("segment "), words)


# The spells ----------------------------------------------------------------------------------


def contract_spells(history: History) -> pd.DataFrame | None:
    """Return one row per contract; None where the client has no dates of cancellation.

    A cancellation after the as-of date is not yet known.

    Returns
    -------
    DataFrame
        customer_id (sorted), segment (where there is one), shard, start (datetime, NaT where not known),
        entry (days from the start to the day it is followed from), duration (days), cancelled.
    """
    known = history.known
    if known is None or "cancelled_on" not in known.columns:
        return None
    measures = {"cancelled_on": known.cancelled_on.min()}
    measures |= {name: known[name].min() for name in ("acquired_on", "segment") if name in known.columns}
    people = known.filter(known.customer_id.notnull()).group_by("customer_id").aggregate(**measures)
    orders = history.orders
    firsts = orders.group_by("customer_id").aggregate(first_order=orders.day.min())
    joined = people.left_join(firsts, "customer_id").drop("customer_id_right")
    joined = joined.mutate(shard=shard(joined.customer_id).cast("int64")).order_by("customer_id")
    frame: pd.DataFrame = joined.to_pyarrow().to_pandas(date_as_object=False)
    if frame["cancelled_on"].isna().all():
        return None
    as_of, begin = pd.Timestamp(history.as_of), pd.Timestamp(history.first_day)
    start = frame["first_order"]
    if "acquired_on" in frame:
        start = frame["acquired_on"].fillna(start)
    complete = frame["cancelled_on"].min() < begin
    cancelled = frame["cancelled_on"] <= as_of
    end = frame["cancelled_on"].where(cancelled, as_of)
    entry = (begin - start).dt.days.clip(lower=0) * (not complete)
    frame = frame.assign(start=start, entry=entry, duration=(end - start).dt.days, cancelled=cancelled)
    kept = ["customer_id", "segment", "shard", "start", "entry", "duration", "cancelled"]
    return frame.loc[~(start > as_of), [name for name in kept if name in frame]].reset_index(drop=True)


def find_contracts(history: History, sources: Sources) -> Contracts | CannotTell:
    """Follow contracts from their start to the cancellation; nothing is said where none is dated."""
    spells = contract_spells(history)
    if spells is None:
        return CannotTell((), contract_sentences)
    good = spells["start"].notna() & (spells["duration"] >= 0)
    good &= (spells["entry"] == 0) | (spells["duration"] > spells["entry"])
    seen = spells[good].astype({"entry": "int64", "duration": "int64"}).reset_index(drop=True)
    number, cancelled = len(seen), int(seen["cancelled"].sum())
    enough = number >= LEAST_CONTRACTS and cancelled >= LEAST_CANCELLED
    groups = _groups(seen) if enough else {}
    return Contracts(
        contracts=number,
        cancelled=cancelled,
        running=number - cancelled,
        unusable=len(spells) - number,
        followed_from=history.first_day if seen["entry"].any() else None,
        curve=_curve(seen) if enough else None,
        kept=pd.concat([_kept(name, group) for name, group in groups.items()]) if groups else _NONE_KEPT,
        log_rank=log_rank(_as_counts(seen, seen["segment"].fillna("?"))) if len(groups) > 1 else None,
        complaint=_complaint(seen, sources) if enough else None,
        expected=_expected(seen, history) if enough else None,
        horizon_days=history.settings.horizon_days,
    )


_NONE_KEPT = pd.DataFrame(columns=["group", "contracts", "cancelled", "year", "share", "low", "high"])


def _groups(seen: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return all contracts, and those of each segment that has enough."""
    groups = {"all": seen}
    if "segment" not in seen:
        return groups
    for name, group in seen.groupby(seen["segment"].fillna("?")):
        if len(group) >= LEAST_CONTRACTS and group["cancelled"].sum() >= LEAST_CANCELLED:
            groups[f"segment {name}"] = group
    return groups if len(groups) > 2 else {"all": seen}


def _as_counts(seen: pd.DataFrame, group: Any) -> pd.DataFrame:
    named = seen.assign(group=group).rename(columns={"cancelled": "returned"})
    keys = ["group", "shard", "entry", "duration", "returned"]
    return pd.DataFrame(named.groupby(keys).size().rename("n").reset_index())


def _curve(seen: pd.DataFrame) -> Curve:
    """Estimate the share still running, from the first to the last day with enough contracts at risk."""
    curve = kaplan_meier(_as_counts(seen, "all"))
    enough = curve.days[curve.at_risk >= LEAST_AT_RISK]
    return curve.until(enough.max(initial=curve.days[0]))


def _kept(name: str, seen: pd.DataFrame) -> pd.DataFrame:
    """Return the share still running after whole years, as far as the curve reaches."""
    curve, cancelled = _curve(seen), int(seen["cancelled"].sum())
    years = [year for year in YEARS if 365 * year <= curve.days[-1]]
    rows = [(name, len(seen), cancelled, year, *curve.interval_at(365 * year)) for year in years]
    return pd.DataFrame(rows, columns=_NONE_KEPT.columns)


# Cancellations to expect ---------------------------------------------------------------------


def _expected(seen: pd.DataFrame, history: History) -> Estimate:
    """Return the cancellations of running contracts within the horizon, with a 90% predictive interval.

    By the hazard of each contract's age; the interval holds the uncertainty of the hazards
    (bootstrap over shards of customers) and the chance of who cancels (binomial).
    """
    horizon, seed = history.settings.horizon_days, history.settings.seed
    running = seen.loc[~seen["cancelled"], "duration"]
    counts = ShardCounts.of(_as_counts(seen, "all"))
    weights = np.vstack([np.ones((1, SHARDS)), shard_weights(DRAWS, seed)])
    hazard = _hazard(weights @ counts.events, weights @ counts.at_risk)
    further = np.repeat(hazard[:, -1:], horizon, axis=1)
    kept = np.cumsum(np.log1p(-np.hstack([hazard, further])), axis=1)
    ages, n = np.unique(running, return_counts=True)
    leaving = -np.expm1(kept[:, ages + horizon] - kept[:, ages])
    totals = leaving @ n
    variance = (leaving[1:] * (1 - leaving[1:])) @ n
    low, high = predictive_interval(totals[1:], variance, np.random.default_rng(seed))
    return float(totals[0]), max(0.0, low), min(float(len(running)), high)


def _hazard(events: Array, at_risk: Array) -> Array:
    """Return the daily hazard by draw and age; ages with too few take that of many days together."""
    enough = at_risk[0] >= LEAST_AT_RISK
    last = int(np.flatnonzero(enough).max()) if enough.any() else at_risk.shape[1] - 1
    late = slice(last // 2, last + 1)
    overall = events.sum(axis=1) / np.maximum(at_risk.sum(axis=1), 1)
    tail = events[:, late].sum(axis=1) / np.maximum(at_risk[:, late].sum(axis=1), 1)
    own = np.divide(events, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    found = np.where(enough, own, overall[:, None])
    found[:, last + 1 :] = tail[:, None]
    return np.asarray(np.clip(found, 0, 1 - 1e-9))


# Complaints ----------------------------------------------------------------------------------


def _complaint(seen: pd.DataFrame, sources: Sources) -> Estimate | None:
    """Return the hazard ratio of a cancellation while a complaint is unsolved; None if it cannot be told."""
    if sources.events is None:
        return None
    if len(seen) > MOST_CONTRACTS:
        seen = seen[seen["shard"] < np.ceil(SHARDS * MOST_CONTRACTS / len(seen))]
    cut = episodes(seen, _complaints(sources))
    with_one = cut["complaint"] == 1
    ends = cut.groupby(with_one)["cancelled"].sum()
    few = ends.reindex([False, True], fill_value=0).min() < LEAST_CANCELLED
    if few or cut.loc[with_one, "id"].nunique() < LEAST_WITH_COMPLAINT:
        return None
    fitter = CoxTimeVaryingFitter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            fitter.fit(cut, id_col="id", event_col="cancelled", start_col="from", stop_col="to")
    except (ConvergenceError, ConvergenceWarning):
        return None
    columns = ["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%"]
    ratio, low, high = fitter.summary.loc["complaint", columns].tolist()
    return ratio, low, high


def _complaints(sources: Sources) -> pd.DataFrame:
    """Return complaints (+1) and their solutions (-1) by customer and day."""
    events = sources.events
    step = ibis.ifelse(events.kind == "complaint", 1, -1)
    chosen = events.filter(events.kind.isin(["complaint", "complaint_solved"]))
    table = chosen.select("customer_id", day=chosen.happened_at, step=step).order_by(["customer_id", "day"])
    frame: pd.DataFrame = table.to_pyarrow().to_pandas(date_as_object=False)
    return frame


def episodes(seen: pd.DataFrame, complaints: pd.DataFrame) -> pd.DataFrame:
    """Cut contracts where a complaint is made or solved.

    Parameters
    ----------
    seen : DataFrame
        customer_id, start, entry, duration, cancelled.
    complaints : DataFrame
        customer_id, day (datetime), step (+1 complaint, -1 solution).

    Returns
    -------
    DataFrame
        id; from, to (days since the start; an event counts from the day after); complaint (1.0
        while one is unsolved); cancelled (at the end of the episode).
    """
    contracts = seen.assign(id=np.arange(len(seen)), end=seen["duration"].clip(lower=0.5))
    steps = complaints.merge(contracts[["customer_id", "id", "start", "entry", "end"]], on="customer_id")
    steps["from"] = np.maximum((steps["day"] - steps["start"]).dt.days, steps["entry"])
    starts = contracts.assign(step=0).rename(columns={"entry": "from"})
    columns = ["id", "from", "step", "end"]
    changes = pd.concat([starts[columns], steps.loc[steps["from"] < steps["end"], columns]])
    by_day = changes.groupby(["id", "from"], as_index=False).agg(step=("step", "sum"), end=("end", "first"))
    unsolved = by_day.groupby("id")["step"].cumsum() > 0
    following = by_day.groupby("id")["from"].shift(-1)
    last = following.isna()
    cancelled = by_day["id"].map(contracts.set_index("id")["cancelled"]).astype(bool) & last
    cut = {
        "id": by_day["id"],
        "from": by_day["from"].astype(float),
        "to": following.fillna(by_day["end"]),
        "complaint": unsolved.astype(float),
        "cancelled": cancelled,
    }
    return pd.DataFrame(cut)
