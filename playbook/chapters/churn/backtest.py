"""Chapter 04, third part: the return probability tried on the past, beside simple rules."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

import ibis
import numpy as np
import pandas as pd
import seaborn as sns

from playbook.archive.findings import Finding, Findings
from playbook.chapters.churn.lapsed import CustomerBase, find_lapsed, rounded
from playbook.chapters.churn.threshold import Threshold
from playbook.records.arrays import Array, Positions
from playbook.records.history import YEAR, History, shard
from playbook.show.display import Table
from playbook.show.figures import BLUE, GREY, Picture, new_figure, percent_axis
from playbook.show.words import Words
from playbook.stats import return_probability
from playbook.stats.ranking import auc, average_precision, drawn_auc, lift
from playbook.stats.result import CannotTell, Result
from playbook.stats.survival import shard_weights

RULES = ("chance", "recency", "frequency")
"""What customers are ranked by: the return probability, and the simple rules beside it."""
MEASURES = ("auc", "average_precision", "lift")
LEAST_SPAN = 30
"""Days below which a span is too short to be tried."""
TENTHS = 10
LEAST_IN_TENTH = 10
DRAWS = 100


@dataclass(frozen=True)
class ReturnBacktest(Result):
    """The same method on an earlier day, against what then happened.

    Attributes
    ----------
    as_of : date
        The earlier day.
    horizon_days : int
        Days looked ahead: the horizon, or the longest that two of fit the history.
    groups : DataFrame
        group, customers, expected, low, high, actual (customers who ordered within the horizon).
    rankings : DataFrame
        rule (chance, recency, frequency), auc, average_precision, lift (of the first tenth).
    behind : DataFrame
        rule, difference, low, high: the rule's AUC minus that of the chance, with its 90% interval
        from resampled customers.
    tenths : DataFrame
        customers, expected, low, high (predictive 90%), actual: shares, by tenth of the chance.
    """

    as_of: date
    horizon_days: int
    groups: pd.DataFrame
    rankings: pd.DataFrame
    behind: pd.DataFrame
    tenths: pd.DataFrame

    @property
    def better_rule(self) -> str | None:
        """Return the simple rule that ranked better than the chance, beyond doubt; None if none did."""
        better = self.behind[self.behind["low"] > 0]
        if better.empty:
            return None
        return str(better.sort_values("difference", kind="stable")["rule"].iloc[-1])

    def findings(self) -> list[Finding]:
        """Return what was expected and what came, and which ranking was best."""
        found = []
        for row in self.groups.to_dict("records"):
            inside = "covered" if row["low"] <= row["actual"] <= row["high"] else "missed"
            values = (row["expected"], row["low"], row["high"])
            n = row["customers"]
            found += [
                Finding(f"backtest_expected_{row['group']}", *values, "customers", n, inside),
                Finding(f"backtest_actual_{row['group']}", row["actual"], unit="customers", n=n),
            ]
        for row in self.rankings.to_dict("records"):
            found += [
                Finding(f"backtest_{measure}_{row['rule']}", round(row[measure], 6), unit="score")
                for measure in MEASURES
                if np.isfinite(row[measure])
            ]
        return [*found, Finding("ranked_by", self.better_rule or "chance", unit="rule")]

    def sentences(self, words: Words) -> list[str]:
        """Say how near the method came, and whether it ranks better than simple rules."""
        return [
            _tried_sentence(self.by_name, self.as_of, self.horizon_days, words),
            *_ranking_sentences(self.by_name, words),
        ]

    def table(self, words: Words) -> Table:
        """Return expected and actual buyers by group."""
        say = words.say
        labels = {
            "all": say("all"),
            "lapsed": say("lapsed"),
            "once": say("ordered once"),
            "occasional": say("ordered once, and lapsed"),
        }
        return Table(
            self.groups.assign(group=self.groups["group"].map(labels)),
            say("Expected and actual buyers in the {days} days after", days=words.number(self.horizon_days)),
            words,
            columns={
                "group": say("customers as of {day}", day=words.date(self.as_of)),
                "customers": (say("how many"), "number"),
                "expected": (say("expected to order"), "number"),
                "low": (say("from"), "number"),
                "high": (say("to"), "number"),
                "actual": (say("ordered"), "number"),
            },
        )

    def by_rule(self, words: Words) -> Table | None:
        """Return how well each rule puts first those who came."""
        say = words.say
        frame = self.rankings.assign(rule=self.rankings["rule"].map(rule_labels(words)))
        for name in MEASURES:
            frame[name] = [words.number(value, 3) if np.isfinite(value) else "–" for value in frame[name]]
        return Table(
            frame,
            say("Who would have been put first?"),
            words,
            columns={
                "rule": say("customers ranked by"),
                "auc": say("area under the curve"),
                "average_precision": say("average precision"),
                "lift": say("lift of the first tenth"),
            },
            note=say(
                "Area: the chance that one who came stands above one who did not; 0.5 is no better than a"
                " coin. Lift: how many times more often the first tenth came than everybody."
            ),
        )

    def figure(self, words: Words) -> Picture | None:
        """Draw expected against actual shares by tenth of the chance; None where customers are too few."""
        tenths = self.tenths
        if tenths.empty:
            return None
        say, percent = words.say, words.percent
        inside = words.number(int(tenths["actual"].between(tenths["low"], tenths["high"]).sum()))
        title = say(
            "In {inside} of {n} tenths, as many came as the 90% interval said",
            inside=inside,
            n=words.number(len(tenths)),
        )
        figure, axes = new_figure(title)
        top = float(tenths[["expected", "high", "actual"]].to_numpy().max()) * 1.05
        axes.plot([0, top], [0, top], color=GREY, linewidth=1)
        axes.vlines(tenths["expected"], tenths["low"], tenths["high"], color=BLUE, alpha=0.35, linewidth=5)
        sns.scatterplot(tenths, x="expected", y="actual", color=BLUE, ax=axes)
        percent_axis(axes.xaxis, words)
        percent_axis(axes.yaxis, words)
        axes.set_xlabel(say("chance of an order that a tenth of the customers was given"))
        axes.set_ylabel(say("share who ordered"))
        first, last = tenths.iloc[0], tenths.iloc[-1]
        alt = say(
            "Ten points around a diagonal, {inside} of {n} within their 90% interval: of the tenth with the"
            " least chance {low} were expected and {low_came} came, of the tenth with the most {high} and"
            " {high_came}.",
            inside=inside,
            n=words.number(len(tenths)),
            low=percent(first["expected"]),
            low_came=percent(first["actual"]),
            high=percent(last["expected"]),
            high_came=percent(last["actual"]),
        )
        return Picture(figure, alt)


class NotTried(CannotTell):
    """The history is too short to try the method on the past, so no rule can be found to be better."""

    better_rule = None

    def by_rule(self, words: Words) -> Table | None:
        """Return no table."""
        return None


NOT_TRIED = NotTried(
    (Finding("backtest_expected_all", None, unit="customers", verdict="too_short"),),
    lambda _, words: [
        words.say("It could not be tried on the past: the history does not hold two spans of 30 days.")
    ],
)


def try_on_past(history: History, threshold: Threshold) -> ReturnBacktest | NotTried:
    """Fit as of an earlier day and compare with what then happened.

    At the season of the horizon ahead, where a horizon lies before that day; else one horizon earlier.
    """
    length = (history.as_of - history.first_day).days
    horizon = min(history.settings.horizon_days, length // 2)
    if horizon < LEAST_SPAN:
        return NOT_TRIED
    back = YEAR * ceil(horizon / YEAR)
    day = history.as_of - timedelta(days=back if length >= back + horizon else horizon)
    base = find_lapsed(return_probability.seen_from(history, day), threshold, horizon_days=horizon)
    if base.model is None:
        return NOT_TRIED
    bought = base.buyers.reset_index(drop=True)
    came = bought["customer_id"].isin(_buyers_within(history, day, horizon)).to_numpy()
    once, lapsed = (bought["orders"] == 1).to_numpy(), bought["lapsed"].to_numpy()
    groups = {"all": np.ones_like(came), "lapsed": lapsed, "once": once, "occasional": once & lapsed}
    rows = []
    for name, chosen in groups.items():
        estimate = rounded(base.model.expected_buyers(bought[chosen]))
        rows.append((name, int(chosen.sum()), *estimate, int(came[chosen].sum())))
    scores = {rule: rule_score(rule, bought) for rule in RULES}
    outcome = came.astype(float)
    return ReturnBacktest(
        day,
        horizon,
        pd.DataFrame(rows, columns=["group", "customers", "expected", "low", "high", "actual"]),
        _rankings(scores, outcome),
        _behind(scores, outcome, _shards(history, bought), history.settings.seed),
        _tenths(base, bought, outcome),
    )


def rule_score(rule: str, customers: pd.DataFrame) -> Array:
    """Return the score by which a rule ranks: higher is earlier."""
    silence = customers["silence_days"].to_numpy(float)
    if rule == "chance":
        return customers["return_probability"].to_numpy(float)
    if rule == "recency":
        return -silence
    return np.asarray(customers["orders"].to_numpy(float) - silence / (silence.max() + 1))


def _rankings(scores: dict[str, Array], came: Array) -> pd.DataFrame:
    rows = [
        (rule, auc(score, came), average_precision(score, came), lift(score, came))
        for rule, score in scores.items()
    ]
    return pd.DataFrame(rows, columns=["rule", *MEASURES])


def _behind(scores: dict[str, Array], came: Array, shards: Positions, seed: int) -> pd.DataFrame:
    """Compare the area of each simple rule with that of the chance, over resampled customers."""
    weights = shard_weights(DRAWS, seed)[:, shards]
    drawn = {rule: drawn_auc(score, came, weights) for rule, score in scores.items()}
    rows = []
    for rule in RULES[1:]:
        difference = auc(scores[rule], came) - auc(scores["chance"], came)
        differences = drawn[rule] - drawn["chance"]
        differences = differences[np.isfinite(differences)]
        low, high = np.quantile(differences, [0.05, 0.95]) if len(differences) else (np.nan, np.nan)
        rows.append((rule, difference, low, high))
    return pd.DataFrame(rows, columns=["rule", "difference", "low", "high"])


def _tenths(base: CustomerBase, bought: pd.DataFrame, came: Array) -> pd.DataFrame:
    """Compare expected and actual shares by tenth of the chance."""
    assert base.model is not None
    columns = ["customers", "expected", "low", "high", "actual"]
    if len(bought) < TENTHS * LEAST_IN_TENTH:
        return pd.DataFrame(columns=columns)
    order = np.argsort(bought["return_probability"].to_numpy(float), kind="stable")
    rows = []
    for part in np.array_split(order, TENTHS):
        estimate = np.array(base.model.expected_buyers(bought.iloc[part])) / len(part)
        rows.append((len(part), *estimate, came[part].mean()))
    return pd.DataFrame(rows, columns=columns)


def _shards(history: History, bought: pd.DataFrame) -> Positions:
    days = history.days
    of_customers = days.select("customer_id").distinct().mutate(shard=shard(days.customer_id).cast("int64"))
    frame = of_customers.to_pyarrow().to_pandas().set_index("customer_id")["shard"]
    return bought["customer_id"].map(frame).to_numpy(np.intp)


def _buyers_within(history: History, day: date, horizon_days: int) -> set[str]:
    orders, until = history.orders, day + timedelta(days=horizon_days)
    after = orders.filter((orders.day > ibis.literal(day)) & (orders.day <= ibis.literal(until)))
    return set(after.select("customer_id").distinct().to_pyarrow()["customer_id"].to_pylist())


def ranked(base: CustomerBase, tried: ReturnBacktest | NotTried) -> CustomerBase:
    """Return the base with customers ranked by the simple rule where the backtest found it better.

    The return probabilities and expected orders are then dealt out anew in the order of that rule:
    the same numbers, so the same totals, to other customers.
    """
    rule = tried.better_rule
    if rule is None:
        return base
    frame = base.customers.copy()
    bought = np.flatnonzero((frame["orders"] > 0).to_numpy())
    chances = frame["return_probability"].to_numpy(float)[bought]
    from_place = np.argsort(-chances, kind="stable")
    to_place = np.argsort(-rule_score(rule, frame.iloc[bought]), kind="stable")
    for name in ("return_probability", "expected_orders"):
        values = frame[name].to_numpy(float, copy=True)
        values[bought[to_place]] = values[bought[from_place]]
        frame[name] = values
    return replace(base, customers=frame)


# The words -----------------------------------------------------------------------------------


def rule_labels(words: Words) -> dict[str, str]:
    """Return what each rule is called."""
    return {
        "chance": words.say("the chance to return"),
        "recency": words.say("the shortest silence"),
        "frequency": words.say("the most orders, then the shortest silence"),
    }


def _tried_sentence(findings: Findings, day: date, horizon_days: int, words: Words) -> str:
    say, number = words.say, words.number
    expected, actual = findings["backtest_expected_all"], findings["backtest_actual_all"]
    inside = expected.verdict == "covered"
    verdict = (
        say("inside the interval") if inside else say("outside the interval: read the figures above as rough")
    )
    return say(
        "Tried on the past: as of {day} the method would have expected {expected} within"
        " {days} days (90% interval {low} to {high}); {actual} came, {verdict}.",
        verdict=verdict,
        day=words.date(day),
        expected=_buyers(expected.value, words),
        days=number(horizon_days),
        low=number(expected.low or 0),
        high=number(expected.high or 0),
        actual=number(actual.value),
    )


def _ranking_sentences(findings: Findings, words: Words) -> list[str]:
    areas = {rule: findings.get(f"backtest_auc_{rule}") for rule in RULES}
    chance, recency = areas["chance"], areas["recency"]
    if chance is None or recency is None:
        return []
    rule = str(findings["ranked_by"].value)
    better = findings.get(f"backtest_auc_{rule}")
    if rule != "chance" and better is not None:
        return [
            words.say(
                "Ranked by {rule}, more of those who came stood at the top (area {simple} against {area}): so"
                " the customers below are ranked by it too, and the chances dealt out along it.",
                rule=rule_labels(words)[rule],
                simple=words.number(better.value, 2),
                area=words.number(chance.value, 2),
            )
        ]
    return [
        words.say(
            "It puts first those who come better than the silence alone: area {area} against {simple} (1 is"
            " perfect, 0.5 a coin)."
            if chance.value >= recency.value
            else "It puts first those who come about as well as the silence alone: area {area} against"
            " {simple} (1 is perfect, 0.5 a coin).",
            area=words.number(chance.value, 2),
            simple=words.number(recency.value, 2),
        )
    ]


def _buyers(expected: float, words: Words) -> str:
    return words.say_many("{n} buyer", "{n} buyers", round(expected))


def backtest_cautions(findings: Findings, words: Words) -> list[str]:
    """Word it where the backtest missed what happened."""
    tried = findings["backtest_expected_all"]
    if tried.verdict != "missed":
        return []
    return [
        words.say(
            "Tried on the past, the method expected {expected} and {actual} came: read the chance to"
            " return as rough.",
            expected=_buyers(tried.value, words),
            actual=words.number(findings["backtest_actual_all"].value),
        )
    ]
