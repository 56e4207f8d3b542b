"""Chapter 04: whether groups of customers come back differently; survival curves with a log-rank test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.churn.circumstances import NOT_KNOWN, OTHER
from playbook.records.history import History, shard
from playbook.show.display import Table, interval_texts
from playbook.show.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, Picture, new_figure
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.spells import spells
from playbook.stats.survival import Curve, LogRank, kaplan_meier, log_rank
from playbook.stats.survival_figure import draw_curve

GROUPINGS = ("order_number", "segment", "channel", "source")
ORDER_NUMBERS = {1: "1", 2: "2", 3: "3–4", 5: "5–9", 10: "10+"}
MOST_LEVELS = 4
"""Levels shown on their own; the rarer ones stand together."""
LEAST_SPELLS, LEAST_RETURNS = 100, 10
"""Spells, and returns, that a level needs to be compared."""
SHARES_AT = 183
"""Days within which the share back is told."""
DIFFER = 0.05
"""Level of the log-rank test below which groups are said to differ."""
COLORS = (BLUE, ORANGE, GREEN, PURPLE, GREY)


@dataclass(frozen=True)
class GroupCurves(Result):
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
            share, low, high = (round(float(row[key]), 6) for key in ("returned", "low", "high"))
            found.append(Finding(name, share, low, high, "share", int(row["spells"])))
        for grouping, test in self.tests.items():
            p = round(test.p, 6) if test else None
            verdict = "untested" if test is None else "differ" if test.p < DIFFER else "alike"
            found.append(Finding(f"log_rank_{grouping}", p, unit="p", verdict=verdict))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say which groups come back most and least, and whether that can be told from chance."""
        return group_sentences(self.by_name, words)

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
                "between": interval_texts(self.levels, "low", "high", words.percent, words),
            }
        )
        return Table(
            shown,
            say("Who comes back, by group"),
            words,
            columns={
                "grouping": say("by"),
                "level": say("group"),
                "spells": (say("spells"), "number"),
                "returned": (say("back within {days} days", days=words.number(SHARES_AT)), "percent"),
                "between": say("95% interval"),
            },
            note=say(
                "After second and later orders; by order number after first ones too. Groups as they are"
                " today."
            ),
        )

    def figure(self, words: Words) -> Picture | None:
        """Draw the curves, one panel for each grouping; None where there is nothing to compare."""
        say, names = words.say, grouping_labels(words)
        if not self.tests:
            return None
        differ = sum(test is not None and test.p < DIFFER for test in self.tests.values())
        title = say(
            "In {differ} of {n} groupings, groups come back differently (log-rank test)",
            differ=words.number(differ),
            n=words.number(len(self.tests)),
        )
        figure, axes = new_figure(title, height=0.6 + 2.6 * len(self.tests), rows=len(self.tests))
        for panel, grouping in zip(np.atleast_1d(axes), self.tests, strict=True):
            self._draw(panel, grouping, words)
        alt = say(
            "Falling curves of the share who have not ordered again. Back within {days} days: {list}.",
            days=words.number(SHARES_AT),
            list="; ".join(f"{names[grouping]}: {self._shares(grouping, words)}" for grouping in self.tests),
        )
        return Picture(figure, alt)

    def _shares(self, grouping: str, words: Words) -> str:
        rows = self.levels[self.levels["grouping"] == grouping]
        shares = map(words.percent, rows["returned"])
        return ", ".join(
            f"{level_label(level, words)} {share}" for level, share in zip(rows["level"], shares, strict=True)
        )

    def _draw(self, panel: Any, grouping: str, words: Words) -> None:
        curves = {level: curve for (name, level), curve in self.curves.items() if name == grouping}
        for curve, color in zip(curves.values(), COLORS, strict=False):
            draw_curve(panel, curve, words, color)
        labels = [level_label(level, words) for level in curves]
        panel.legend(  # beside the curves, which end too close together to be named there
            panel.get_lines(),
            labels,
            title=grouping_labels(words)[grouping],
            frameon=False,
            loc="upper left",
            bbox_to_anchor=(1, 1),
        )
        panel.set_xlabel(words.say("days since an order"))
        panel.set_ylabel(words.say("without another order"))


def find_group_curves(history: History) -> GroupCurves:
    """Draw the curves of every grouping that the client's data hold."""
    found = spells(history)
    rows: list[tuple[str, str, int, float, float, float]] = []
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
            still, low, high = curve.interval_at(SHARES_AT)
            rows.append((grouping, level, int(of_it["n"].sum()), 1 - still, 1 - high, 1 - low))
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
                "By {grouping} alone: no difference that could be told from chance.", grouping=names[grouping]
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
