"""Chapter 04, last part: the return probability tried on the past, beside simple rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.churn.backtest_words import RULES, backtest_words, rule_labels
from playbook.chapters.churn.returns import Base, rounded, see_base
from playbook.chapters.churn.threshold import Threshold
from playbook.records.arrays import Array
from playbook.records.history import SHARDS, History, shard
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, GREY, Picture
from playbook.show.words import Words
from playbook.stats import return_probability
from playbook.stats.ranking import auc, average_precision, drawn_auc, lift
from playbook.stats.survival import shard_weights

LEAST_SPAN = 30
TENTHS = 10
LEAST_IN_TENTH = 10
DRAWS = 100


@dataclass(frozen=True)
class Backtest:
    """The same method one horizon earlier, against what then happened.

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
                Finding(f"backtest_{measure}_{row['rule']}", round(row[measure], 4), unit="score")
                for measure in ("auc", "average_precision", "lift")
                if np.isfinite(row[measure])
            ]
        return [*found, Finding("ranked_by", self.better_rule or "chance", unit="rule")]

    def sentences(self, words: Words) -> list[str]:
        """Say how near the method came, and whether it ranks better than simple rules."""
        return backtest_words(
            {finding.name: finding for finding in self.findings()}, self.as_of, self.horizon_days, words
        )

    def table(self, words: Words) -> Table:
        """Return expected and actual buyers by group."""
        say = words.say
        labels = {
            "all": say("all"),
            "lapsed": say("lapsed"),
            "once": say("ordered once"),
            "occasional": say("ordered once, and lapsed"),
        }
        frame = self.groups.assign(group=self.groups["group"].map(labels))
        headings = {
            "group": say("customers as of {day}", day=words.date(self.as_of)),
            "customers": say("how many"),
            "expected": say("expected to order"),
            "low": say("from"),
            "high": say("to"),
            "actual": say("ordered"),
        }
        caption = say(
            "Expected and actual buyers in the {days} days after", days=words.number(self.horizon_days)
        )
        return Table(frame, caption, words, dict.fromkeys(list(headings)[1:], "number"), headings)

    def ranking_table(self, words: Words) -> Table:
        """Return how well each rule puts first those who came."""
        say = words.say
        labels = rule_labels(words)
        frame = self.rankings.assign(rule=self.rankings["rule"].map(labels))
        for name in ("auc", "average_precision", "lift"):
            frame[name] = [words.number(value, 3) if np.isfinite(value) else "–" for value in frame[name]]
        headings = {
            "rule": say("customers ranked by"),
            "auc": say("area under the curve"),
            "average_precision": say("average precision"),
            "lift": say("lift of the first tenth"),
        }
        note = say(
            "Area: the chance that one who came stands above one who did not; 0.5 is no better than a coin."
            " Lift: how many times more often the first tenth came than everybody."
        )
        return Table(frame, say("Who would have been put first?"), words, {}, headings, note)

    def figure(self, words: Words) -> Picture:
        """Draw expected against actual shares by tenth of the chance, with predictive intervals."""
        figure, axes = new_figure()
        say, percent = words.say, words.percent
        heading(axes, say("Share who came, by the chance they were given"))
        axes.xaxis.set_major_formatter(lambda value, _: percent(value))
        axes.yaxis.set_major_formatter(lambda value, _: percent(value))
        axes.set_xlabel(say("expected"))
        axes.set_ylabel(say("came"))
        tenths = self.tenths
        if tenths.empty:
            return Picture(figure, say("No picture: too few customers to compare."))
        top = float(tenths[["expected", "high", "actual"]].to_numpy().max()) * 1.05
        axes.plot([0, top], [0, top], color=GREY, linewidth=1)
        axes.vlines(tenths["expected"], tenths["low"], tenths["high"], color=BLUE, alpha=0.35, linewidth=5)
        axes.plot(tenths["expected"], tenths["actual"], "o", color=BLUE)
        inside = int(tenths["actual"].between(tenths["low"], tenths["high"]).sum())
        first, last = tenths.iloc[0], tenths.iloc[-1]
        alt = say(
            "Ten points around a diagonal, {inside} of {n} within their 90% interval: of the tenth with the"
            " least chance {low} were expected and {low_came} came, of the tenth with the most {high} and"
            " {high_came}.",
            inside=words.number(inside),
            n=words.number(len(tenths)),
            low=percent(first["expected"]),
            low_came=percent(first["actual"]),
            high=percent(last["expected"]),
            high_came=percent(last["actual"]),
        )
        return Picture(figure, alt)


def backtest(history: History, threshold: Threshold) -> Backtest | None:
    """Fit one horizon earlier and compare with what then happened.

    Returns None where not even two spans of 30 days fit the history.
    """
    length = (history.as_of - history.first_day).days
    horizon = min(history.settings.horizon_days, length // 2)
    if horizon < LEAST_SPAN:
        return None
    day = history.as_of - timedelta(days=horizon)
    base = see_base(return_probability.seen_from(history, day), threshold, horizon_days=horizon)
    if base.model is None:
        return None
    bought = base.customers[base.customers["orders"] > 0].reset_index(drop=True)
    came = bought["customer_id"].isin(_buyers_after(history, day)).to_numpy()
    once = (bought["orders"] == 1).to_numpy()
    lapsed = bought["lapsed"].to_numpy()
    groups: dict[str, Any] = {
        "all": np.ones(len(bought), dtype=bool),
        "lapsed": lapsed,
        "once": once,
        "occasional": once & lapsed,
    }
    rows = [
        (
            name,
            int(chosen.sum()),
            *rounded(base.model.expected_buyers(bought[chosen])),
            int(came[chosen].sum()),
        )
        for name, chosen in groups.items()
    ]
    columns = ["group", "customers", "expected", "low", "high", "actual"]
    scores = {rule: rule_score(rule, bought) for rule in RULES}
    return Backtest(
        day,
        horizon,
        pd.DataFrame(rows, columns=columns),
        _rankings(scores, came.astype(float)),
        _behind(scores, came.astype(float), _shards(history, bought), history.settings.seed),
        _tenths(base, bought, came),
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
    return pd.DataFrame(rows, columns=["rule", "auc", "average_precision", "lift"])


def _behind(scores: dict[str, Array], came: Array, shards: Any, seed: int) -> pd.DataFrame:
    """Compare the area of each simple rule with that of the chance, over resampled customers."""
    weights = shard_weights(DRAWS, seed)[:, shards]
    drawn = {rule: drawn_auc(score, came, weights) for rule, score in scores.items()}
    rows = []
    for rule in RULES[1:]:
        difference = auc(scores[rule], came) - auc(scores["chance"], came)
        told = drawn[rule] - drawn["chance"]
        told = told[np.isfinite(told)]
        low, high = np.quantile(told, [0.05, 0.95]) if len(told) else (np.nan, np.nan)
        rows.append((rule, difference, low, high))
    return pd.DataFrame(rows, columns=["rule", "difference", "low", "high"])


def _tenths(base: Base, bought: pd.DataFrame, came: Any) -> pd.DataFrame:
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


def _shards(history: History, bought: pd.DataFrame) -> Any:
    days = history.days
    told = days.select("customer_id").distinct().mutate(shard=shard(days.customer_id).cast("int64"))
    frame = told.to_pyarrow().to_pandas().set_index("customer_id")["shard"]
    found = bought["customer_id"].map(frame).to_numpy(int)
    assert found.max(initial=0) < SHARDS
    return found


def _buyers_after(history: History, day: date) -> set[str]:
    orders = history.orders
    after = orders.filter(orders.day > ibis.literal(day)).select("customer_id").distinct()
    return set(after.to_pyarrow()["customer_id"].to_pylist())


def ranked(base: Base, result: Backtest | None) -> Base:
    """Return the base with customers ranked by the simple rule where the backtest found it better.

    The return probabilities and expected orders are then dealt out anew in the order of that rule:
    the same numbers, so the same totals, to other customers.
    """
    rule = None if result is None else result.better_rule
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


def backtest_findings(result: Backtest | None) -> list[Finding]:
    """Return the backtest's findings; one that says so where there was none."""
    if result is None:
        return [Finding("backtest_expected_all", None, unit="customers", verdict="too_short")]
    return result.findings()


def backtest_sentences(result: Backtest | None, words: Words) -> list[str]:
    """Say how near the method came, or that it could not be tried."""
    if result is None:
        return [
            words.say("It could not be tried on the past: the history does not hold two spans of 30 days.")
        ]
    return result.sentences(words)


def backtest_table(result: Backtest | None, words: Words) -> Table | None:
    """Return expected and actual buyers by group; None where it could not be tried."""
    return result.table(words) if result else None


def ranking_table(result: Backtest | None, words: Words) -> Table | None:
    """Return how well each rule ranks; None where it could not be tried."""
    return result.ranking_table(words) if result else None


def calibration_figure(result: Backtest | None, words: Words) -> Picture | None:
    """Draw expected against actual shares; None where it could not be tried."""
    return result.figure(words) if result else None
