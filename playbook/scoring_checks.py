"""Chapter 06, is the ranking any good: its steadiness under other weights, and its past."""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from playbook import returns, value
from playbook.criteria import chosen_criteria, label, score_sheet, top
from playbook.display import Table
from playbook.findings import Finding, Findings
from playbook.history import SHARDS, History, customers, shard, spell_counts
from playbook.returns import Positions
from playbook.scoring import FIRST, Flags, Ranking, candidates
from playbook.sources import Sources
from playbook.survival import Array, inactivity, shard_weights
from playbook.wording import Words
from playbook.worth import measure, unsolved_complaints

DRAWS = 200
BLOCK = 20
"""Weight draws taken at once: one score per customer and draw is held in memory."""
TENTHS = (0.1, 0.2, 0.3)
LEAST_SPAN = 30
"""Days that must follow the earlier day."""
LEAST_RANKED = 100
"""Lapsed customers then, below which a tenth of them says nothing."""


# Other weights -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stability:
    """What other weights would do to the top of the ranking.

    Attributes
    ----------
    n : int
        Customers at the top.
    stays : array, shape (draws,)
        Share of them that stays, for each draw of random weights.
    doubled : DataFrame
        criterion, stays: the share that stays where one criterion counts twice.
    """

    n: int
    stays: Array
    doubled: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return the mean share that stays, with the range of nine draws in ten."""
        if not len(self.stays):
            return [Finding("stability", None, unit="share", n=self.n)]
        low, high = np.quantile(self.stays, [0.05, 0.95])
        mean = float(self.stays.mean())
        return [
            Finding("stability", round(mean, 4), round(float(low), 4), round(float(high), 4), "share", self.n)
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how steady the top is."""
        return stability_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return how many stay where one criterion counts twice."""
        headings = {
            "criterion": words.say("criterion that counts twice"),
            "stays": words.say("share of the first {n} that stays", n=words.number(self.n)),
        }
        return Table(self.doubled, words.say("What the weights do"), words, {"stays": "percent"}, headings)


def stability(ranking: Ranking, words: Words, draws: int = DRAWS) -> Stability:
    """Rank again under random weights.

    Weights are drawn from a Dirichlet distribution around the chosen ones: with equal weights,
    every weighting of the criteria is as likely as any other. The top are as many as come first;
    who is ranked apart takes no part. Nothing can be told where nobody comes first, or everybody
    does.
    """
    among = (ranking.customers["apart"] == "").to_numpy()
    sheet, settings, n = ranking.sheet.of(among), ranking.settings, len(ranking.of(FIRST))
    if not 0 < n < len(sheet.points):
        return Stability(0, np.array([]), pd.DataFrame(columns=["criterion", "stays"]))
    weighed = sheet.weights > 0
    usual = top(ranking.customers.loc[among, "score"], n)
    concentration = sheet.weights[weighed] / sheet.weights[weighed].mean()
    drawn = np.random.default_rng(settings.seed).dirichlet(concentration, size=draws)
    stays = np.concatenate(
        [
            _stays(sheet.points[:, weighed] @ drawn[start : start + BLOCK].T, usual)
            for start in range(0, draws, BLOCK)
        ]
    )
    twice = sheet.weights + np.diag(sheet.weights)
    doubled = pd.DataFrame(
        {
            "criterion": [label(name, words) for name in sheet.names],
            "stays": _stays(sheet.points @ twice.T, usual),
        }
    )
    return Stability(n, stays, doubled)


def _stays(scores: Array, usual: Flags) -> Array:
    """Return, by column of scores, the share of the usual top that is still among as many."""
    n = int(usual.sum())
    chosen = np.argpartition(-scores, n - 1, axis=0)[:n]
    return np.asarray(usual[chosen].mean(axis=0))


def stability_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how steady the top of the ranking is."""
    steady = findings["stability"]
    if steady.value is None:
        return []
    return [
        words.say(
            "Under random weights, {share} of the first {n} stay among the first {n} on average (in nine of"
            " ten draws {low} to {high}).",
            share=words.percent(steady.value),
            n=words.number(steady.n or 0),
            low=words.percent(steady.low or 0),
            high=words.percent(steady.high or 0),
        )
    ]


# One horizon earlier -------------------------------------------------------------------------


@dataclass(frozen=True)
class Backtest:
    """The ranking one horizon earlier, against the margin that its customers then brought.

    Attributes
    ----------
    as_of : date
    horizon_days : int
    customers : int
        Lapsed customers ranked then.
    margin : float
        What they brought in the horizon after.
    captured : DataFrame
        ranking (score, revenue, rfm, chance, random); and by share of the ranked (0.1, 0.2, 0.3)
        the share of the margin that the first of that ranking brought.
    ahead : tuple (value, low, high)
        What the score's top tenth captured beyond that of revenue, with its 90% interval.
    """

    as_of: date
    horizon_days: int
    customers: int
    margin: float
    captured: pd.DataFrame
    ahead: tuple[float, float, float]

    def findings(self) -> list[Finding]:
        """Return the share of the later margin that each ranking's first captured."""
        found = [
            Finding(
                f"captured_{row['ranking']}_{share:.0%}", round(row[share], 4), unit="share", n=self.customers
            )
            for row in self.captured.to_dict("records")
            for share in TENTHS
        ]
        difference, low, high = (round(number, 4) for number in self.ahead)
        verdict = "ahead" if low > 0 else "behind" if high < 0 else "level"
        return [
            Finding("score_ahead_of_revenue", difference, low, high, "share", self.customers, verdict),
            Finding("scoring_backtest_day", self.as_of.isoformat(), unit="date", n=self.customers),
            *found,
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
        columns = {share: f"top_{share:.0%}" for share in TENTHS}
        frame = self.captured.assign(ranking=self.captured["ranking"].map(names)).rename(columns=columns)
        headings = {"ranking": say("ranked by")} | {
            name: say("first {share} bring", share=words.percent(share)) for share, name in columns.items()
        }
        caption = say(
            "Share of the margin that {n} customers lapsed as of {day} brought within {days} days",
            n=words.number(self.customers),
            day=words.date(self.as_of),
            days=words.number(self.horizon_days),
        )
        note = say("This shows who is valuable, not who can be won.")
        return Table(frame, caption, words, dict.fromkeys(columns.values(), "percent"), headings, note)


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
    ranked = _ranked_then(returns.seen_from(history, day), sources, horizon)
    if ranked is None:
        return None
    ranked = ranked.merge(_later_margin(history, day), on="customer_id", how="left")
    later = ranked["later"].to_numpy(float)
    total = float(later.sum())
    if total <= 0:
        return None
    rows = [
        (name, *(float(taken(ranked[name], share) @ later) / total for share in TENTHS))
        for name in ("score", "revenue", "rfm", "chance")
    ]
    captured = pd.DataFrame([*rows, ("random", *TENTHS)], columns=["ranking", *TENTHS])
    gained = (taken(ranked["score"], TENTHS[0]) - taken(ranked["revenue"], TENTHS[0])) * later
    ahead = _share_of(gained, later, ranked["shard"].to_numpy(int), history.settings.seed)
    return Backtest(day, horizon, len(ranked), round(total, 2), captured, ahead)


def _ranked_then(past: History, sources: Sources | None, horizon: int) -> pd.DataFrame | None:
    """Return the lapsed of a past day with their score, revenue, rfm and chance; None where none."""
    frame = customers(past)
    last = pd.to_datetime(frame["last_order"])
    frame["silence_days"] = (pd.Timestamp(past.as_of) - last).dt.days
    days = inactivity(spell_counts(past), past.settings).days
    frame["lapsed"] = frame["silence_days"] > days
    model = returns.fit(past, horizon)
    frame["return_probability"] = model.predict(frame) if model else np.nan
    frame["expected_orders"] = model.expected_orders(frame) if model else np.nan
    measured = measure(frame, past, value.second_life(past, days), unsolved_complaints(past, sources))
    ranked = measured[candidates(measured, past)[0]].reset_index(drop=True)
    criteria = [criterion for criterion in chosen_criteria(past.settings) if criterion.column in ranked]
    if len(ranked) < LEAST_RANKED or not any(criterion.weight for criterion in criteria):
        return None
    tenths = ranked[["orders", "revenue"]].rank(pct=True)
    tenths["recency"] = (-ranked["silence_days"]).rank(pct=True)
    return ranked.assign(
        score=score_sheet(ranked, criteria).score(),
        rfm=np.ceil(tenths * 5).sum(axis=1),
        chance=ranked["return_probability"].fillna(0),
    )


def _later_margin(history: History, day: date) -> pd.DataFrame:
    """Return customer_id, later (margin after a day) and shard."""
    days = history.days
    after = ibis.ifelse(days.day > ibis.literal(day), days.margin, 0).sum()
    grouped = days.group_by("customer_id", shard=shard(days.customer_id).cast("int64")).aggregate(later=after)
    frame: pd.DataFrame = grouped.order_by("customer_id").to_pyarrow().to_pandas()
    return frame.astype({"later": "float64"})


def taken(scores: pd.Series, share: float) -> Array:
    """Return how much of each customer is among the first ``share``: 1, 0, or a part where level."""
    _, place, counts = np.unique(-scores.to_numpy(float), return_inverse=True, return_counts=True)
    before = counts.cumsum() - counts
    return np.asarray(np.clip((share * len(scores) - before) / counts, 0, 1)[place])


def _share_of(part: Array, whole: Array, shards: Positions, seed: int) -> tuple[float, float, float]:
    """Return part over whole with its 90% interval from resampled customers."""
    sums = np.column_stack([np.bincount(shards, values, SHARDS) for values in (part, whole)])
    drawn = shard_weights(500, seed) @ sums
    shares = np.divide(drawn[:, 0], drawn[:, 1], out=np.zeros(len(drawn)), where=drawn[:, 1] > 0)
    low, high = np.quantile(shares, [0.05, 0.95])
    return float(part.sum() / whole.sum()), float(low), float(high)


def backtest_findings(result: Backtest | None) -> list[Finding]:
    """Return the backtest's findings; one that says so where there was none."""
    if result is None:
        return [Finding("score_ahead_of_revenue", None, unit="share", verdict="untried")]
    return result.findings()


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
    compared = {
        "ahead": say("The score is ahead of revenue alone, beyond chance."),
        "behind": say("Revenue alone was ahead of the score, beyond chance."),
        "level": say("The difference between the score and revenue alone is within chance."),
    }
    return [
        say(
            "Tried on the past: the tenth of the {n} lapsed customers that this score put first brought"
            " {score} of the margin of the horizon that followed; the first tenth by revenue {revenue}, by"
            " recency, frequency and money {rfm}, by the chance to return {chance}, at random 10%.",
            n=words.number(ahead.n or 0),
            score=percent(findings["captured_score_10%"].value),
            revenue=percent(findings["captured_revenue_10%"].value),
            rfm=percent(findings["captured_rfm_10%"].value),
            chance=percent(findings["captured_chance_10%"].value),
        ),
        compared[str(ahead.verdict)] + " " + say("This shows who is valuable, not who can be won."),
    ]


def backtest_table(result: Backtest | None, words: Words) -> Table | None:
    """Return what each ranking captured; None where it could not be tried."""
    return result.table(words) if result else None
