"""Chapter 06, would it have been right before: the ranking at an earlier day, against what came."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.scoring.criteria import ScoreSheet, chosen_criteria, label, rounded_total, score_sheet
from playbook.chapters.scoring.ranking import candidates
from playbook.chapters.scoring.worth import measure, unsolved_complaints
from playbook.records.arrays import SHARDS, Array, Positions
from playbook.records.history import History, customers, shard
from playbook.records.sources import Sources
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import return_probability, value
from playbook.stats.inactivity import inactivity
from playbook.stats.result import CannotTell, Result
from playbook.stats.rhythms import own_days
from playbook.stats.spells import spell_counts
from playbook.stats.survival import shard_weights

SHARES = (0.1, 0.2, 0.3)
LEAST_SPAN = 30
"""Days that must follow the earlier day."""
LEAST_RANKED = 100
"""Lapsed customers then, below which a tenth of them says nothing."""
DRAWS = 500
PEERS = ("revenue", "rfm", "chance")
"""What the score is held against: columns of the ranked, each sorted from high to low."""


@dataclass(frozen=True)
class PastRanking:
    """The lapsed customers of an earlier day, and the margin that each brought after it.

    Attributes
    ----------
    customers : DataFrame
        customer_id, score, and `PEERS`: revenue, rfm (sum of three fifths of recency, frequency
        and money), chance (return probability).
    sheet : ScoreSheet
        Their points as of that day, in the same order.
    later : array, shape (customers,)
        Margin within the horizon after it, client's currency.
    shards : array of int, shape (customers,)
        For intervals from resampled customers.
    """

    customers: pd.DataFrame
    sheet: ScoreSheet
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
class RankingBacktest(Result):
    """The ranking at an earlier day, against the margin that its customers then brought.

    Attributes
    ----------
    as_of : date
    horizon_days : int
    past : PastRanking
    captured : DataFrame
        ranking (score, revenue, rfm, chance, random), share (0.1, 0.2, 0.3), value, low, high: the
        share of the margin that the first of that ranking brought, with its 90% interval.
    ahead : DataFrame
        ranking, value, low, high: what the score's top tenth captured beyond that ranking's.
    """

    as_of: date
    horizon_days: int
    past: PastRanking
    captured: pd.DataFrame
    ahead: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return the share of the later margin that each ranking's first captured."""
        n = len(self.past.later)
        found = [
            Finding(f"score_ahead_of_{row['ranking']}", *_rounded(row), "share", n, _verdict(row))
            for row in self.ahead.to_dict("records")
        ]
        found.append(Finding("scoring_backtest_day", self.as_of.isoformat(), unit="date", n=n))
        for row in self.captured.to_dict("records"):
            found.append(Finding(f"captured_{row['ranking']}_{row['share']:.0%}", *_rounded(row), "share", n))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what the ranking would have captured one horizon ago."""
        return backtest_sentences(self.by_name, words)

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
        firsts = {f"top_{x}": say("first {share} brings", share=words.percent(x)) for x in SHARES}
        shown = self.captured.assign(text=[_interval(row, words) for row in self.captured.to_dict("records")])
        frame = shown.pivot(index="ranking", columns="share", values="text").add_prefix("top_")
        frame = frame.reindex(list(names)).reset_index().assign(ranking=list(names.values()))
        caption = say(
            "Share of the margin that {n} customers lapsed as of {day} brought within {days} days",
            n=words.number(len(self.past.later)),
            day=words.date(self.as_of),
            days=words.number(self.horizon_days),
        )
        return Table(
            frame,
            caption,
            words,
            columns={"ranking": say("ranked by"), **firsts},
            note=say("In brackets the 90% interval."),
        )


@dataclass(frozen=True)
class CarryingCriteria(Result):
    """Which criteria carried the ranking at an earlier day.

    Attributes
    ----------
    criteria : DataFrame
        criterion, weight, alone, alone_low, alone_high (captured by the first tenth by its points),
        adds, adds_low, adds_high (captured by the score beyond the score without it).
    customers : int
        How many were ranked then.
    """

    criteria: pd.DataFrame
    customers: int

    def findings(self) -> list[Finding]:
        """Return the criteria that added to what the first tenth brought, and those that cost it margin."""
        adding = self.criteria[self.criteria["adds_low"] > 0]["criterion"].tolist()
        against = self.criteria[self.criteria["adds_high"] < 0]["criterion"].tolist()
        return [
            Finding("criteria_that_carried", adding, unit="names", n=self.customers),
            Finding("criteria_that_cost", against, unit="names", n=self.customers),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say which criteria carried the ranking and which cost it margin."""
        say, found = words.say, self.by_name
        carried, cost = (
            ", ".join(label(one, words) for one in found[name].value)
            for name in ("criteria_that_carried", "criteria_that_cost")
        )
        said = [say("Carried the ranking beyond chance: {names}.", names=carried)] if carried else []
        if cost:
            message = "Without these the first tenth would have brought more, beyond chance: {names}."
            said.append(say(message, names=cost))
        return said or [say("No single criterion moved what the first tenth brought beyond chance.")]

    def table(self, words: Words) -> Table:
        """Return what each criterion captured alone, and what it adds to the score."""
        say, rows = words.say, self.criteria.to_dict("records")
        frame = self.criteria.assign(
            criterion=[label(row["criterion"], words) for row in rows],
            alone=[_interval(row, words, "alone") for row in rows],
            adds=[_points(row, words) for row in rows],
        )
        caption = say("Which criteria carried the ranking: share of the later margin")
        note = say(
            "In brackets the 90% interval. Percentage points: 28% of the margin with a criterion and 18%"
            " without it are 10 points more."
        )
        return Table(
            frame,
            caption,
            words,
            columns={
                "criterion": say("criterion"),
                "weight": (say("weight"), "decimal"),
                "alone": say("its own first tenth brings"),
                "adds": say("the score's first tenth brings more with it than without (percentage points)"),
            },
            note=note,
        )


# How it is tried ------------------------------------------------------------------------------


def try_on_past(history: History, sources: Sources | None) -> RankingBacktest | CannotTell:
    """Rank those who were lapsed one horizon ago by what was known then.

    Criteria from the client's own table of customers are left out: it says what is known today.
    Cannot tell where two horizons of 30 days do not fit the history, fewer than `LEAST_RANKED`
    were lapsed, or they brought no margin afterwards.
    """
    length = (history.as_of - history.first_day).days
    horizon = min(history.settings.horizon_days, length // 2)
    day = history.as_of - timedelta(days=horizon)
    past = rank_as_of(history, sources, day, horizon) if horizon >= LEAST_SPAN else None
    if past is None:
        untried = Finding("score_ahead_of_revenue", None, unit="share", verdict="untried")
        return CannotTell((untried,), backtest_sentences)
    score = past.customers["score"]
    rows = [
        (name, share, *past.captured(past.customers[name], share))
        for name in ("score", *PEERS)
        for share in SHARES
    ]
    rows += [("random", share, *past.at_random(share)) for share in SHARES]
    captured = pd.DataFrame(rows, columns=["ranking", "share", "value", "low", "high"])
    against = [(name, *past.ahead(score, past.customers[name])) for name in PEERS]
    ahead = pd.DataFrame(against, columns=["ranking", "value", "low", "high"])
    return RankingBacktest(day, horizon, past, captured, ahead)


def which_carried(tried: RankingBacktest | CannotTell) -> CarryingCriteria | CannotTell:
    """Try each criterion alone, and the score without it; nothing to say where the past was not tried."""
    if isinstance(tried, CannotTell):
        return CannotTell((), lambda *_: [])
    past, sheet = tried.past, tried.past.sheet
    rows = []
    for name, weight, points in zip(sheet.names, sheet.weights, sheet.points.T, strict=True):
        without = rounded_total(past.customers["score"].to_numpy(float) - points * weight)
        rows.append((name, weight, *past.captured(points), *past.ahead(past.customers["score"], without)))
    columns = ["alone", "alone_low", "alone_high", "adds", "adds_low", "adds_high"]
    frame = pd.DataFrame(rows, columns=["criterion", "weight", *columns])
    return CarryingCriteria(frame, len(past.later))


def rank_as_of(history: History, sources: Sources | None, day: date, horizon: int) -> PastRanking | None:
    """Rank the lapsed of an earlier day by what was known; None where too few, or no margin since."""
    past = return_probability.seen_from(history, day)
    frame = customers(past)
    last = pd.to_datetime(frame["last_order"])
    frame["silence_days"] = (pd.Timestamp(past.as_of) - last).dt.days
    days = inactivity(spell_counts(past), past.settings).days
    frame["lapsed"] = frame["silence_days"] > own_days(frame["customer_id"], past, days)
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
    return PastRanking(ranked, sheet, ranked["later"].to_numpy(float), shards, history.settings.seed)


def _later_margin(history: History, day: date, horizon: int) -> pd.DataFrame:
    """Return customer_id, later (margin within the horizon after a day) and shard."""
    days, end = history.days, day + timedelta(days=horizon)
    inside = (days.day > ibis.literal(day)) & (days.day <= ibis.literal(end))
    after = ibis.ifelse(inside, days.margin, 0).sum()
    grouped = days.group_by("customer_id", shard=shard(days.customer_id).cast("int64")).aggregate(later=after)
    frame: pd.DataFrame = grouped.order_by("customer_id").to_pyarrow().to_pandas()
    return frame.astype({"later": "float64"})


def taken(scores: Any, share: float) -> Array:
    """Return how much of each customer is among the first ``share``: 1, 0, or a part where level."""
    found = np.asarray(scores, dtype=float)
    _, place, counts = np.unique(-found, return_inverse=True, return_counts=True)
    before = counts.cumsum() - counts
    return np.asarray(np.clip((share * len(found) - before) / counts, 0, 1)[place])


# In words --------------------------------------------------------------------------------------


def backtest_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what the ranking would have captured one horizon ago."""
    say, percent = words.say, words.percent
    ahead = findings["score_ahead_of_revenue"]
    if ahead.value is None:
        return [
            say(
                "The ranking could not be tried on the past: too little history, or too few were lapsed then"
                " or brought margin after it."
            )
        ]
    captured = findings["captured_score_10%"]
    said = say(
        "Tried on the past: the tenth of the {n} lapsed customers that this score put first brought"
        " {score} of the margin of the horizon that followed (90% interval {low} to {high}); the first tenth"
        " by revenue {revenue}, by recency, frequency and money {rfm}, by the chance to return {chance}, at"
        " random 10%.",
        n=words.number(ahead.n or 0),
        score=percent(captured.value),
        low=percent(captured.low or 0),
        high=percent(captured.high or 0),
        revenue=percent(findings["captured_revenue_10%"].value),
        rfm=percent(findings["captured_rfm_10%"].value),
        chance=percent(findings["captured_chance_10%"].value),
    )
    return [said, _compared(findings, words) + " " + say("This shows who is valuable, not who can be won.")]


def _compared(findings: Findings, words: Words) -> str:
    say = words.say
    peers = {
        "revenue": say("revenue alone"),
        "rfm": say("recency, frequency and money"),
        "chance": say("the chance to return alone"),
    }
    messages = {
        "ahead": "Beyond chance the score is ahead of: {names}.",
        "level": "Within chance it is level with: {names}.",
        "behind": "Beyond chance it is behind: {names}. There the simple rule would have served better.",
    }
    found = {peer: findings[f"score_ahead_of_{peer}"].verdict for peer in peers}
    said = []
    for verdict, message in messages.items():
        named = [name for peer, name in peers.items() if found[peer] == verdict]
        if named:
            said.append(say(message, names=", ".join(named)))
    return " ".join(said)


def _rounded(row: dict[Any, Any]) -> tuple[float, float, float]:
    return round(row["value"], 6), round(row["low"], 6), round(row["high"], 6)


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
    value, low, high = (row[name] for name in ("adds", "adds_low", "adds_high"))
    return words.say(
        "{value} ({low} to {high})",
        value=("+" if value > 0 else "") + words.points(value),
        low=words.points(low),
        high=words.points(high),
    )
