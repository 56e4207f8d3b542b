"""Survival curves by group, with a log-rank test that knows which spells are of the same customers.

Everything comes from counts (group, shard of customers, duration, event, how many), so that a log of
any size takes the same time here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from playbook.archive.findings import Finding, Findings
from playbook.records.arrays import Array
from playbook.records.history import SHARDS, History, shard, spells
from playbook.show.display import STYLE, Table, heading, new_figure
from playbook.show.figures import Picture
from playbook.show.words import Words
from playbook.stats.survival import Curve, kaplan_meier

GROUPINGS = ("order_number", "segment", "channel", "source")
ORDER_NUMBERS = {1: "1", 2: "2", 3: "3–4", 5: "5–9", 10: "10+"}
MOST_LEVELS = 4
"""Levels shown on their own; the rarer ones stand together."""
LEAST_SPELLS, LEAST_RETURNS = 100, 10
"""Spells, and returns, that a level needs to be compared."""
SHARES_AT = 183
NOT_KNOWN, OTHER = "?", "…"


@dataclass(frozen=True)
class LogRank:
    """Whether groups differ in their hazards, whatever the day.

    Attributes
    ----------
    statistic : float
        F: Hotelling's T² of observed minus expected events, scaled.
    p : float
    groups : int
    """

    statistic: float
    p: float
    groups: int


@dataclass(frozen=True)
class GroupCurves:
    """Curves by level of several groupings.

    Attributes
    ----------
    levels : DataFrame
        grouping; level; spells; returned, low, high (share back within `SHARES_AT` days, 95%
        interval).
    curves : mapping
        (grouping, level) to its curve.
    tests : mapping
        Grouping to its log-rank test; None where too few customers are in it.
    """

    levels: pd.DataFrame
    curves: Mapping[tuple[str, str], Curve]
    tests: Mapping[str, LogRank | None]

    def findings(self) -> list[Finding]:
        """Return the share back by level, and each test's p-value with who comes back most and least."""
        found: list[Finding] = []
        for row in self.levels.to_dict("records"):
            name = f"returned_by_{row['grouping']}={row['level']}"
            share, low, high = (round(float(row[key]), 4) for key in ("returned", "low", "high"))
            found.append(Finding(name, share, low, high, "share", int(row["spells"])))
        for grouping, test in self.tests.items():
            p = round(test.p, 6) if test else None
            verdict = "untested" if test is None else "differ" if test.p < 0.05 else "alike"
            found.append(Finding(f"log_rank_{grouping}", p, unit="p", verdict=verdict))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say which groups come back most and least, and whether that can be told from chance."""
        return group_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return the share back within half a year by level."""
        say = words.say
        names = grouping_labels(words)
        shown = pd.DataFrame(
            {
                "grouping": self.levels["grouping"].map(names),
                "level": [level_label(level, words) for level in self.levels["level"]],
                "spells": self.levels["spells"],
                "returned": self.levels["returned"],
                "between": [
                    words.between(words.percent(low), words.percent(high))
                    for low, high in zip(self.levels["low"], self.levels["high"], strict=True)
                ],
            }
        )
        headings = {
            "grouping": say("by"),
            "level": say("group"),
            "spells": say("spells"),
            "returned": say("back within {days} days", days=words.number(SHARES_AT)),
            "between": say("95% interval"),
        }
        formats = {"spells": "number", "returned": "percent"}
        note = say(
            "After second and later orders; by order number after first ones too. Groups as they are today."
        )
        return Table(shown, say("Who comes back, by group"), words, formats, headings, note)

    def figure(self, words: Words) -> Picture:
        """Draw the curves, one panel for each grouping."""
        say, names = words.say, grouping_labels(words)
        shown = list(self.tests)
        lines = (len(shown) + 1) // 2
        if not shown:
            figure, axes = new_figure()
            heading(axes, say("Share of customers who have not ordered again"))
            return Picture(figure, say("No curves: too few customers to compare."))
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(7.2, 3.4 * lines))
            panels = figure.subplots(lines, min(2, len(shown)), squeeze=False).ravel()
        for panel, grouping in zip(panels, shown, strict=False):
            heading(panel, names[grouping])
            panel.set_ylim(0, 1)
            panel.yaxis.set_major_formatter(lambda value, _: words.percent(value))
            for (name, level), curve in self.curves.items():
                if name == grouping:
                    label = level_label(level, words)
                    panel.step(curve.days, curve.survival, where="post", label=label)
            panel.set_xlabel(say("days since an order"))
            panel.legend(fontsize=8, frameon=False)
        for panel in panels[len(shown) :]:
            panel.remove()
        alt = say(
            "Falling curves of the share who have not ordered again, a panel for each of: {list}.",
            list="; ".join(names[grouping] for grouping in shown),
        )
        return Picture(figure, alt)


def log_rank(counts: pd.DataFrame) -> LogRank | None:
    """Test whether the hazards of groups differ (Mantel 1966), spells of one customer not being independent.

    The variance of observed minus expected events is that of leaving out one shard of customers
    after another (jackknife), so a customer's spells are taken together.

    Parameters
    ----------
    counts : DataFrame
        group, shard, duration, returned, n; and entry (days before which a spell was not yet followed), where
        there is one.

    Returns
    -------
    LogRank or None
        None where there are fewer than two groups or too few shards for the variance.
    """
    groups = sorted(counts["group"].unique())
    free = len(groups) - 1
    if free < 1 or counts["shard"].nunique() < free + 20:
        return None
    days = int(counts["duration"].max()) + 2
    parts = [laid_out(counts[counts["group"] == group], days) for group in groups]
    events, at_risk = (np.stack([part[k] for part in parts]) for k in (0, 1))
    total = _difference(events.sum(axis=1), at_risk.sum(axis=1))[:-1]
    present = np.flatnonzero(at_risk.sum(axis=(0, 2)))
    without = np.stack(
        [
            _difference(events.sum(axis=1) - events[:, k], at_risk.sum(axis=1) - at_risk[:, k])[:-1]
            for k in present
        ]
    )
    number = len(present)
    pseudo = number * total - (number - 1) * without
    variance = np.atleast_2d(np.cov(pseudo.T)) / number
    if np.linalg.matrix_rank(variance) < free:
        return None
    squared = float(total @ np.linalg.solve(variance, total))
    statistic = squared * (number - free) / (free * (number - 1))
    return LogRank(statistic, float(stats.f.sf(statistic, free, number - free)), len(groups))


def laid_out(counts: pd.DataFrame, days: int) -> tuple[Array, Array]:
    """Return events and spells at risk by shard and day, each of shape (shards, days)."""
    events, change = np.zeros((SHARDS, days)), np.zeros((SHARDS, days))
    shards, n = counts["shard"].to_numpy(int), counts["n"].to_numpy(float)
    duration = counts["duration"].to_numpy(int)
    entry = counts["entry"].to_numpy(int) if "entry" in counts else np.zeros(len(counts), int)
    np.add.at(events, (shards, duration), n * counts["returned"].to_numpy(float))
    np.add.at(change, (shards, np.where(entry > 0, entry + 1, 0)), n)
    np.add.at(change, (shards, duration + 1), -n)
    return events, change.cumsum(axis=1)


def _difference(events: Array, at_risk: Array) -> Array:
    """Return observed minus expected events by group; both arguments by group and day."""
    everybody = at_risk.sum(axis=0)
    hazard = np.divide(events.sum(axis=0), everybody, out=np.zeros_like(everybody), where=everybody > 0)
    return np.asarray((events - at_risk * hazard).sum(axis=1))


def find_group_curves(history: History) -> GroupCurves:
    """Draw the curves of every grouping that the client's data hold."""
    found = spells(history)
    rows: list[dict[str, Any]] = []
    curves: dict[tuple[str, str], Curve] = {}
    tests: dict[str, LogRank | None] = {}
    for grouping in GROUPINGS:
        counts = _counts(history, found, grouping)
        if counts is None:
            continue
        counts = _enough(counts if grouping == "order_number" else _common_levels(counts))
        levels = list(dict.fromkeys(counts["group"]))
        if len(levels) < 2:
            continue
        tests[grouping] = log_rank(counts)
        for level in levels:
            of_it = counts[counts["group"] == level]
            curve = kaplan_meier(of_it)
            curves[grouping, level] = curve
            at = int(np.searchsorted(curve.days, SHARES_AT, side="right")) - 1
            rows.append(
                {
                    "grouping": grouping,
                    "level": level,
                    "spells": int(of_it["n"].sum()),
                    "returned": 1 - float(curve.survival[at]),
                    "low": 1 - float(curve.high[at]),
                    "high": 1 - float(curve.low[at]),
                }
            )
    columns = ["grouping", "level", "spells", "returned", "low", "high"]
    return GroupCurves(pd.DataFrame(rows, columns=columns), curves, tests)


def _counts(history: History, found: Any, grouping: str) -> pd.DataFrame | None:
    """Count spells by level of a grouping; None where the client has no such column."""
    if grouping == "order_number":
        counted = found.filter((found.order_number > 1) | ~found.old_customer)
        group = sum((counted.order_number >= start).cast("int64") for start in ORDER_NUMBERS)
    else:
        levels = _levels(history, grouping)
        if levels is None:
            return None
        counted = found.filter(found.order_number > 1).left_join(levels, "customer_id")
        group = counted.level.fill_null(NOT_KNOWN)
    keys = {
        "group": group,
        "shard": shard(counted.customer_id).cast("int64"),
        "duration": counted.duration.cast("int64"),
        "returned": counted.returned,
    }
    frame: pd.DataFrame = (
        counted.group_by(**keys).aggregate(n=counted.count()).order_by(list(keys)).to_pyarrow().to_pandas()
    )
    if grouping == "order_number":
        frame["group"] = frame["group"].map(dict(enumerate(ORDER_NUMBERS.values(), start=1)))
    return frame


def _levels(history: History, grouping: str) -> Any:
    """Return customer_id and level, one row per customer; None where there is no such column."""
    known, orders = history.known, history.orders
    if grouping == "segment":
        if known is None or "segment" not in known.columns:
            return None
        return known.group_by("customer_id").aggregate(level=known.segment.min())
    column = {"channel": "sales_channel", "source": "source"}[grouping]
    if column not in orders.columns:
        return None
    starts = orders.group_by("customer_id").aggregate(day=orders.day.min())
    firsts = orders.inner_join(starts, ["customer_id", "day"])
    return firsts.select("customer_id", level=firsts[column])


def _common_levels(counts: pd.DataFrame) -> pd.DataFrame:
    """Put the rarer levels together, the commonest first."""
    by_level = counts.groupby("group")["n"].sum().sort_index().sort_values(ascending=False, kind="stable")
    named = list(by_level.index[:MOST_LEVELS])
    kept = counts.assign(group=counts["group"].where(counts["group"].isin(named), OTHER))
    place = kept["group"].map({level: k for k, level in enumerate([*named, OTHER])})
    keys = ["place", "group", "shard", "duration", "returned"]
    return pd.DataFrame(kept.assign(place=place).groupby(keys)["n"].sum().reset_index())


def _enough(counts: pd.DataFrame) -> pd.DataFrame:
    """Leave out levels that are too rare."""
    n = counts.groupby("group")["n"].transform("sum")
    returns = (counts["n"] * counts["returned"]).groupby(counts["group"]).transform("sum")
    return counts[(n >= LEAST_SPELLS) & (returns >= LEAST_RETURNS)]


# The words -----------------------------------------------------------------------------------


def grouping_labels(words: Words) -> dict[str, str]:
    """Return what each grouping is called."""
    say = words.say
    return {
        "order_number": say("order number"),
        "segment": say("segment"),
        "channel": say("first channel"),
        "source": say("source"),
    }


def level_label(level: str, words: Words) -> str:
    """Return what a level is called: the client's own word, but for those that stand for several."""
    return {NOT_KNOWN: words.say("not known"), OTHER: words.say("others")}.get(level, level)


def group_sentences(findings: Findings, words: Words) -> list[str]:
    """Word which groups come back most and least, from the findings."""
    say, percent, names, said = words.say, words.percent, grouping_labels(words), []
    for grouping in GROUPINGS:
        test = findings.get(f"log_rank_{grouping}")
        if test is None:
            continue
        if test.verdict != "differ":
            message = say(
                "By {grouping}: no difference that could be told from chance.", grouping=names[grouping]
            )
            said.append(message)
            continue
        prefix = f"returned_by_{grouping}="
        shares = {
            name.removeprefix(prefix): seen.value
            for name, seen in findings.items()
            if name.startswith(prefix)
        }
        most, least = max(shares, key=lambda k: shares[k]), min(shares, key=lambda k: shares[k])
        said.append(
            say(
                "By {grouping}: of “{most}” the most come back ({high} within {days} days), of “{least}” the"
                " fewest ({low}; log-rank test, p {p}).",
                grouping=names[grouping],
                most=level_label(most, words),
                high=percent(shares[most]),
                days=words.number(SHARES_AT),
                least=level_label(least, words),
                low=percent(shares[least]),
                p=_p(test.value, words),
            )
        )
    return said


def _p(p: float, words: Words) -> str:
    return words.say("below 0.001") if p < 0.001 else f"= {words.number(p, 3)}"
