"""Chapter 06, would it have been right before: the ranking at an earlier day, against what came."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.scoring.criteria import Sheet, chosen_criteria, label, score_sheet
from playbook.chapters.scoring.ranking import candidates
from playbook.chapters.scoring.worth import measure, unsolved_complaints
from playbook.records.arrays import Array, Positions
from playbook.records.history import SHARDS, History, customers, shard, spell_counts
from playbook.records.sources import Sources
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import return_probability, value
from playbook.stats.survival import inactivity, shard_weights

SHARES = (0.1, 0.2, 0.3)
LEAST_SPAN = 30
"""Days that must follow the earlier day."""
LEAST_RANKED = 100
"""Lapsed customers then, below which a tenth of them says nothing."""
DRAWS = 500
PEERS = ("revenue", "rfm", "chance")
"""What the score is held against: columns of the ranked, each sorted from high to low."""


@dataclass(frozen=True)
class Then:
    """The lapsed customers of an earlier day, and the margin that each brought after it.

    Attributes
    ----------
    customers : DataFrame
        customer_id, score, and `PEERS`: revenue, rfm (sum of three fifths of recency, frequency
        and money), chance (return probability).
    sheet : Sheet
        Their points as of that day, in the same order.
    later : array, shape (customers,)
        Margin within the horizon after it, client's currency.
    shards : array of int, shape (customers,)
        For intervals from resampled customers.
    """

    customers: pd.DataFrame
    sheet: Sheet
    later: Array
    shards: Positions
    seed: int

    def captured(self, score: Any, share: float = SHARES[0]) -> tuple[float, float, float]:
        """Return the share of the later margin that a score's first brought, with a 90% interval."""
        return self.share_of(taken(score, share))

    def ahead(self, score: Any, other: Any, share: float = SHARES[0]) -> tuple[float, float, float]:
        """Return what a score's first captured beyond those of another, with a paired 90% interval."""
        return self.share_of(taken(score, share) - taken(other, share))

    def share_of(self, parts: Array) -> tuple[float, float, float]:
        """Return the share of the later margin in parts of customers, with a 90% interval."""
        sums = np.column_stack(
            [np.bincount(self.shards, weighed, SHARDS) for weighed in (parts * self.later, self.later)]
        )
        drawn = shard_weights(DRAWS, self.seed) @ sums
        whole = drawn[:, 1]
        shares = np.divide(drawn[:, 0], whole, out=np.zeros(DRAWS), where=whole > 0)
        low, high = np.quantile(shares, [0.05, 0.95])
        return float(parts @ self.later / self.later.sum()), float(low), float(high)

    def at_random(self, share: float = SHARES[0]) -> tuple[float, float, float]:
        """Return what a random share captures: the mean, and the range of nine draws in ten."""
        random, n = np.random.default_rng(self.seed), round(share * len(self.later))
        drawn = [random.permutation(self.later)[:n].sum() / self.later.sum() for _ in range(DRAWS)]
        low, high = np.quantile(drawn, [0.05, 0.95])
        return share, float(low), float(high)


@dataclass(frozen=True)
class Backtest:
    """The ranking at an earlier day, against the margin that its customers then brought.

    Attributes
    ----------
    as_of : date
    horizon_days : int
    then : Then
    captured : DataFrame
        ranking (score, revenue, rfm, chance, random), share (0.1, 0.2, 0.3), value, low, high: the
        share of the margin that the first of that ranking brought, with its 90% interval.
    ahead : DataFrame
        ranking, value, low, high: what the score's top tenth captured beyond that ranking's.
    carried : DataFrame
        criterion, weight, alone, alone_low, alone_high (captured by the first tenth by its points),
        adds, adds_low, adds_high (captured by the score beyond the score without it).
    """

    as_of: date
    horizon_days: int
    then: Then
    captured: pd.DataFrame
    ahead: pd.DataFrame
    carried: pd.DataFrame

    @property
    def customers(self) -> int:
        """Return how many were ranked then."""
        return len(self.then.later)

    def findings(self) -> list[Finding]:
        """Return the share of the later margin that each ranking's first captured."""
        n = self.customers
        found = [
            Finding(f"score_ahead_of_{row['ranking']}", *_rounded(row), "share", n, _verdict(row))
            for row in self.ahead.to_dict("records")
        ]
        found.append(Finding("scoring_backtest_day", self.as_of.isoformat(), unit="date", n=n))
        for row in self.captured.to_dict("records"):
            found.append(Finding(f"captured_{row['ranking']}_{row['share']:.0%}", *_rounded(row), "share", n))
        adding = self.carried[self.carried["adds_low"] > 0]["criterion"].tolist()
        against = self.carried[self.carried["adds_high"] < 0]["criterion"].tolist()
        return [
            *found,
            Finding("criteria_that_carried", adding, unit="names", n=n),
            Finding("criteria_that_cost", against, unit="names", n=n),
        ]

    def table(self, words: Words) -> Table:
        """Return the share of the later margin that the first of each ranking brought."""
        say = words.say
        names = {
            "score": say("this score"),
            "revenue": say("revenue alone"),
            "rfm": say("recency, frequency and money"),
            "chance": say("chance to return alone"),
            "random": say("at random"),
        }
        shown = self.captured.assign(text=[_interval(row, words) for row in self.captured.to_dict("records")])
        frame = shown.pivot(index="ranking", columns="share", values="text").reindex(list(names))
        columns = {share: f"top_{share:.0%}" for share in SHARES}
        frame = frame.rename(columns=columns).reset_index()
        frame["ranking"] = frame["ranking"].map(names)
        headings = {"ranking": say("ranked by")} | {
            name: say("first {share} brings", share=words.percent(share)) for share, name in columns.items()
        }
        caption = say(
            "Share of the margin that {n} customers lapsed as of {day} brought within {days} days",
            n=words.number(self.customers),
            day=words.date(self.as_of),
            days=words.number(self.horizon_days),
        )
        note = say("In brackets the 90% interval. This shows who is valuable, not who can be won.")
        return Table(frame, caption, words, {}, headings, note)

    def criteria_table(self, words: Words) -> Table:
        """Return what each criterion captured alone, and what it adds to the score."""
        say = words.say
        rows = [
            {
                "criterion": label(row["criterion"], words),
                "weight": row["weight"],
                "alone": _interval(row, words, "alone"),
                "adds": _points(row, words),
            }
            for row in self.carried.to_dict("records")
        ]
        headings = {
            "criterion": say("criterion"),
            "weight": say("weight"),
            "alone": say("its own first tenth brings"),
            "adds": say("the score's first tenth brings more with it than without (percentage points)"),
        }
        caption = say("Which criteria carried the ranking: share of the later margin")
        frame = pd.DataFrame(rows, columns=list(headings))
        note = say(
            "In brackets the 90% interval. Percentage points: 28% of the margin with a criterion and 18%"
            " without it are 10 points more."
        )
        return Table(frame, caption, words, {"weight": "decimal"}, headings, note)


def backtest(history: History, sources: Sources | None, horizon_days: int | None = None) -> Backtest | None:
    """Rank those who were lapsed one horizon ago by what was known then.

    Criteria from the client's own table of customers are left out: it says what is known today.
    Returns None where two horizons of 30 days do not fit the history, fewer than `LEAST_RANKED`
    were lapsed, or they brought no margin afterwards.
    """
    length = (history.as_of - history.first_day).days
    horizon = min(horizon_days or history.settings.horizon_days, length // 2)
    if horizon < LEAST_SPAN:
        return None
    day = history.as_of - timedelta(days=horizon)
    then = ranked_then(history, sources, day, horizon)
    if then is None:
        return None
    score = then.customers["score"]
    rows = [
        (name, share, *then.captured(then.customers[name], share))
        for name in ("score", *PEERS)
        for share in SHARES
    ]
    rows += [("random", share, *then.at_random(share)) for share in SHARES]
    captured = pd.DataFrame(rows, columns=["ranking", "share", "value", "low", "high"])
    against = [(name, *then.ahead(score, then.customers[name])) for name in PEERS]
    ahead = pd.DataFrame(against, columns=["ranking", "value", "low", "high"])
    return Backtest(day, horizon, then, captured, ahead, _carried(then))


def ranked_then(history: History, sources: Sources | None, day: date, horizon: int) -> Then | None:
    """Rank the lapsed of an earlier day by what was known; None where too few, or no margin since."""
    past = return_probability.seen_from(history, day)
    frame = customers(past)
    last = pd.to_datetime(frame["last_order"])
    frame["silence_days"] = (pd.Timestamp(past.as_of) - last).dt.days
    days = inactivity(spell_counts(past), past.settings).days
    frame["lapsed"] = frame["silence_days"] > days
    model = return_probability.fit(past, horizon)
    frame["return_probability"] = model.predict(frame) if model else np.nan
    frame["expected_orders"] = model.expected_orders(frame) if model else np.nan
    measured = measure(frame, past, value.second_life(past, days), unsolved_complaints(past, sources))
    ranked = measured[candidates(measured, past)[0]].reset_index(drop=True)
    criteria = [criterion for criterion in chosen_criteria(past.settings) if criterion.column in ranked]
    if len(ranked) < LEAST_RANKED or not any(criterion.weight for criterion in criteria):
        return None
    ranked = ranked.merge(_later_margin(history, day, horizon), on="customer_id", how="left")
    if ranked["later"].sum() <= 0:
        return None
    tenths = ranked[["orders", "revenue"]].rank(pct=True)
    tenths["recency"] = (-ranked["silence_days"]).rank(pct=True)
    sheet = score_sheet(ranked, criteria)
    ranked = ranked.assign(
        score=sheet.score(),
        rfm=np.ceil(tenths * 5).sum(axis=1),
        chance=ranked["return_probability"].fillna(0),
    )
    shards = ranked["shard"].to_numpy(np.intp)
    return Then(ranked, sheet, ranked["later"].to_numpy(float), shards, history.settings.seed)


def _later_margin(history: History, day: date, horizon: int) -> pd.DataFrame:
    """Return customer_id, later (margin within the horizon after a day) and shard."""
    days, end = history.days, day + timedelta(days=horizon)
    inside = (days.day > ibis.literal(day)) & (days.day <= ibis.literal(end))
    after = ibis.ifelse(inside, days.margin, 0).sum()
    grouped = days.group_by("customer_id", shard=shard(days.customer_id).cast("int64")).aggregate(later=after)
    frame: pd.DataFrame = grouped.order_by("customer_id").to_pyarrow().to_pandas()
    return frame.astype({"later": "float64"})


def _carried(then: Then) -> pd.DataFrame:
    sheet, score = then.sheet, then.customers["score"].to_numpy(float)
    rows = [
        (
            name,
            sheet.weights[place],
            *then.captured(sheet.points[:, place]),
            *then.ahead(score, np.round(score - sheet.points[:, place] * sheet.weights[place], 6)),
        )
        for place, name in enumerate(sheet.names)
    ]
    columns = ["alone", "alone_low", "alone_high", "adds", "adds_low", "adds_high"]
    return pd.DataFrame(rows, columns=["criterion", "weight", *columns])


def taken(scores: Any, share: float) -> Array:
    """Return how much of each customer is among the first ``share``: 1, 0, or a part where level."""
    found = np.asarray(scores, dtype=float)
    _, place, counts = np.unique(-found, return_inverse=True, return_counts=True)
    before = counts.cumsum() - counts
    return np.asarray(np.clip((share * len(found) - before) / counts, 0, 1)[place])


def _rounded(row: dict[Any, Any]) -> tuple[float, float, float]:
    return round(row["value"], 4), round(row["low"], 4), round(row["high"], 4)


def _verdict(row: dict[Any, Any]) -> str:
    return "ahead" if row["low"] > 0 else "behind" if row["high"] < 0 else "level"


def _interval(row: dict[Any, Any], words: Words, name: str = "value") -> str:
    low, high = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
    return words.say(
        "{value} ({low} to {high})",
        value=words.percent(row[name], 1),
        low=words.percent(row[low]),
        high=words.percent(row[high]),
    )


def _points(row: dict[Any, Any], words: Words) -> str:
    """Return what a criterion adds, in percentage points, with its interval."""
    value, low, high = (100 * row[name] for name in ("adds", "adds_low", "adds_high"))
    return words.say(
        "{value} ({low} to {high})",
        value=("+" if value > 0 else "") + words.number(value, 1),
        low=words.number(low, 1),
        high=words.number(high, 1),
    )
