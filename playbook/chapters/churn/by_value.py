"""Chapter 04: whether a column of the customers parts their rhythms, and the threshold of each value."""

from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.canonical import COLUMNS, GENERAL, REFUSALS
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats.inactivity import Inactivity, inactivity
from playbook.stats.rhythms import is_told, values_of, with_own_days, without_interval
from playbook.stats.spells import spell_counts

PREFIX = "inactivity_threshold_by_"
MOST_VALUES, APART = 6, 2.0
"""A column with more values parts no rhythms; thresholds that are this many times each other are proposed."""
NOT_TRIED = {*COLUMNS["customers"], *REFUSALS, GENERAL} - {"segment", "language"}


@dataclass(frozen=True)
class ByValue:
    """The threshold by the values of a column.

    Attributes
    ----------
    column : str
    used : bool
        ``inactivity_by`` names the column; else it is proposed.
    values : DataFrame
        value, customers (who ever ordered), spells, told (bool: it has its own; the others have that of
        all), days, low, high, still_to_return (missing where not told), lapsed (by the threshold that
        holds for them now).
    """

    column: str
    used: bool
    values: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return the column, and the threshold of each value."""
        verdict = "used" if self.used else "proposed"
        found = [Finding("inactivity_by", self.column, verdict=verdict)]
        for row in self.values.to_dict("records"):
            name = f"{PREFIX}{self.column}={row['value']}"
            days, low, high = (row[key] if row["told"] else None for key in ("days", "low", "high"))
            found.append(Finding(name, days and int(days), low, high, "days", row["spells"]))
        return found

    def table(self, words: Words) -> Table:
        """Return the threshold of each value."""
        say = words.say
        return Table(
            self.values,
            say("Inactivity threshold by {column}, with its 95% interval", column=self.column),
            words,
            columns={
                "value": self.column,
                "days": (say("days"), "number"),
                "low": (say("from"), "number"),
                "high": (say("to"), "number"),
                "still_to_return": (say("still return"), "percent"),
                "lapsed": (say("lapsed"), "number"),
                "customers": (say("customers"), "number"),
                "spells": (say("spells"), "number"),
            },
        )


def by_value(history: History, shared: Inactivity) -> ByValue | None:
    """Read the threshold by the values of ``inactivity_by``; without it, of the column that parts them most.

    None where no column does so by `APART` with intervals that do not overlap, or a number holds for all.
    """
    column = history.settings.inactivity_by
    if history.settings.inactivity_days is not None:
        return None
    if column is not None:
        values = _values(history, column, shared)
        return ByValue(column, True, _with_customers(values, history, column, shared))
    tried = {column: _values(history, column, shared, APART) for column in _columns(history)}
    apart = {column: _apart(values) for column, values in tried.items()}
    best = max(apart, key=lambda column: apart[column], default=None)
    if best is None or not apart[best]:
        return None
    return ByValue(best, False, _with_customers(tried[best], history, best, shared))


def _columns(history: History) -> list[str]:
    """Return the columns of the customers that have few values."""
    known = history.known
    names = [] if known is None else [name for name in known.columns if name not in NOT_TRIED]
    if known is None or not names:
        return []
    counted = known.aggregate(**{name: known[name].nunique() for name in names}).execute().iloc[0]
    return [name for name in names if 2 <= counted[name] <= MOST_VALUES]


def _values(history: History, column: str, shared: Inactivity, apart: float = 0.0) -> pd.DataFrame:
    """Return the threshold of each value; intervals only where they differ by a factor ``apart``."""
    counts = spell_counts(history, values_of(history, column))
    parts = [(str(value), part) for value, part in counts.groupby("value")]
    once = without_interval(history.settings)
    seen = [inactivity(part, once) for _, part in parts]
    days = [found.days for found in seen if is_told(found, shared.days)]
    if days and max(days) >= apart * min(days):
        seen = [inactivity(part, history.settings) for _, part in parts]
    rows: list[dict[str, Any]] = []
    for (value, part), found in zip(parts, seen, strict=True):
        later = part[(part["order_number"] >= 2) & (part["entry"] == 0)]
        row = {"value": value, "spells": int(later["n"].sum()), "told": is_told(found, shared.days)}
        if row["told"] and found.cut is not None:
            data = found.cut
            row |= {"days": found.days, "low": data.low, "high": data.high}
            row["still_to_return"] = data.still_to_return
        rows.append(row)
    names = ["value", "spells", "told", "days", "low", "high", "still_to_return"]
    return pd.DataFrame(rows, columns=names)


def _apart(values: pd.DataFrame) -> float:
    """Return the highest threshold over the lowest; 0 below `APART`, or where their intervals overlap."""
    told = values[values["told"]].sort_values("days")
    if len(told) < 2:
        return 0.0
    first, last = told.iloc[0], told.iloc[-1]
    times = float(last["days"] / first["days"])
    return times if times >= APART and first["high"] < last["low"] else 0.0


def _with_customers(values: pd.DataFrame, history: History, column: str, shared: Inactivity) -> pd.DataFrame:
    """Add how many customers have each value, and how many of them are lapsed."""
    orders = history.orders
    last = orders.group_by("customer_id").aggregate(last_order=orders.day.max())
    last = last.inner_join(values_of(history, column), "customer_id")
    last = with_own_days(last, history, shared.days)
    silent = ibis.literal(history.as_of).delta(last.last_order, unit="day") > last.inactivity_days
    counted = last.group_by("value").aggregate(customers=last.count(), lapsed=silent.sum())
    return values.merge(counted.to_pyarrow().to_pandas(), on="value", how="left")


def by_value_sentences(findings: Findings, words: Words) -> list[str]:
    """Say whose threshold is their own, or that a column parts rhythms and what to write then."""
    named = findings.get("inactivity_by")
    if named is None:
        return []
    say, number, prefix = words.say, words.number, f"{PREFIX}{named.value}="
    own = {name.removeprefix(prefix): one for name, one in findings.items() if name.startswith(prefix)}
    told = {value: one for value, one in own.items() if one.value is not None}
    if named.verdict == "proposed":
        low, high = (pick(told, key=lambda value: told[value].value) for pick in (min, max))
        return [
            say(
                "The rhythm differs by {column}: “{low}” would count as lapsed after {few} days, “{high}”"
                " only after {many}, and their 95% intervals do not overlap. To give each its own threshold,"
                " write inactivity_by: {column} in client.yml.",
                column=named.value,
                low=low,
                high=high,
                few=number(told[low].value),
                many=number(told[high].value),
            )
        ]
    if not told:
        return [
            say(
                "By {column} no threshold can be told from these data: too few ordered more than once. That"
                " of all customers together holds for everybody.",
                column=named.value,
            )
        ]
    listed = "; ".join(f"“{value}” {number(one.value)}" for value, one in told.items())
    others = ", ".join(f"“{value}”" for value in own if value not in told)
    message = (
        "Each customer counts as lapsed by the threshold of their {column}: {list} days; the others (too few"
        " spells: {others}) by that of all together."
        if others
        else "Each customer counts as lapsed by the threshold of their {column}: {list} days."
    )
    return [say(message, column=named.value, list=listed, others=others)]
