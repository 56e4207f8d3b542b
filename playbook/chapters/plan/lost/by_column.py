"""The lost, those at risk and the plan by the values of columns that the client names."""

from dataclasses import dataclass

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.plan.plan import Plan
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.levels import is_of_orders, levels
from playbook.stats.result import Result

MOST_LEVELS = 8
"""Values of a column that are shown by themselves, the commonest."""
COUNTS = ("customers", "lost", "at_risk", "planned", "margin_lost", "expected_profit")


@dataclass(frozen=True)
class Breakdown(Result):
    """Customers by the values of the columns that ``report.by`` names.

    Attributes
    ----------
    rows : DataFrame
        column, value (empty: several rarer ones; None: not known), and `COUNTS`: customers (who ever ordered,
        or cancelled), lost (lapsed or cancelled), at_risk, planned, margin_lost (past margin of the lost)
        and expected_profit (client's currency); by column, the commonest value first.
    of_orders : tuple of str
        The columns of the orders among them: the value of the first order.
    """

    rows: pd.DataFrame
    of_orders: tuple[str, ...]

    def findings(self) -> list[Finding]:
        """Return none: they stand in the table alone."""
        return []

    def table(self, words: Words) -> Table | None:
        """Return one line per value; None where no column is named."""
        if self.rows.empty:
            return None
        say, rows = words.say, self.rows
        named = {"": say("others"), None: say("not known")}
        columns: dict[str, Column] = {
            "column": say("by"),
            "value": say("value"),
            "customers": (say("customers"), "number"),
            "lost": (say("lost"), "number"),
            "at_risk": (say("at risk"), "number"),
            "planned": (say("planned"), "number"),
            "margin_lost": (say("past margin of the lost"), "money"),
            "expected_profit": (say("expected profit"), "money"),
        }
        shown = rows.assign(
            column=[say(str(name).replace("_", " ")) for name in rows["column"]],
            value=[named.get(value, value) for value in rows["value"]],
        )
        note = say(
            "Of the orders it is the value of the first one ({columns}): where it holds several, the one on"
            " which most was spent.",
            columns=", ".join(say(name.replace("_", " ")) for name in self.of_orders),
        )
        caption = say("Who is lost, and who is planned, by what the client asked for")
        return Table(
            shown,
            caption,
            words,
            columns=columns,
            note=note if self.of_orders else "",
            bars=("lost", "planned", "margin_lost"),
        )


def break_down(plan: Plan, history: History, sources: Sources) -> Breakdown:
    """Count the lost, those at risk and the planned by the columns that ``report.by`` names."""
    everybody, by = plan.campaign.everybody, history.settings.report.by
    profit = plan.contacts.set_index("customer_id")["expected_profit"]
    lost = everybody["lapsed"] | everybody["cancelled"]
    ids = everybody["customer_id"]
    told = pd.DataFrame(
        {
            "customer_id": ids,
            "customers": (everybody["orders"] > 0) | lost,
            "lost": lost,
            "at_risk": everybody["stage"] == "at risk",
            "planned": ids.isin(profit.index),
            "margin_lost": everybody["margin"].where(lost, 0.0),
            "expected_profit": ids.map(profit).fillna(0.0),
        }
    )
    told = told[told["customers"]]
    parts = [_by_value(told, name, levels(name, history, sources)) for name in by]
    rows = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["column", "value", *COUNTS])
    )
    return Breakdown(rows, tuple(name for name in by if is_of_orders(name, sources)))


def _by_value(told: pd.DataFrame, name: str, values: pd.Series) -> pd.DataFrame:
    value = told["customer_id"].map(values)
    common = value.value_counts().sort_index().sort_values(ascending=False, kind="stable").index
    named = list(common if len(common) <= MOST_LEVELS + 1 else common[:MOST_LEVELS])
    value = value.where(value.isna() | value.isin(named), "")
    place = value.map({level: k for k, level in enumerate([*named, ""])}).fillna(len(named) + 1)
    summed = told.groupby(place.to_numpy(int))[list(COUNTS)].sum()
    of_place = dict(enumerate([*named, "", None]))
    told_values = pd.Series([of_place[k] for k in summed.index], dtype=object)
    return summed.reset_index(drop=True).assign(column=name, value=told_values)
