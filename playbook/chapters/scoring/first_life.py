"""What a new customer brings, year by year: beside it stands what a customer won back brings."""

from dataclasses import dataclass

import ibis
import pandas as pd

from playbook.archive.findings import Finding
from playbook.records.history import History, spells

YEAR_DAYS = 365
LEAST_FOLLOWED = 50
"""Customers followed to the end of a year, below which it is not read."""
MOST_YEARS = 10


@dataclass(frozen=True)
class FirstLife:
    """New customers by year since their first order.

    Attributes
    ----------
    years : DataFrame
        year (1 begins with the first order), customers (followed to its end, old customers of a
        log that begins in the middle of business left out), active (share with an order in it),
        margin (mean of those with an order, client's currency).
    """

    years: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return shares and margins by year, as lists."""
        return [
            Finding("first_life_customers", [int(n) for n in self.years["customers"]], unit="customers"),
            Finding("first_life_active", [round(float(x), 4) for x in self.years["active"]], unit="share"),
            Finding("first_life_margin", [round(float(x), 2) for x in self.years["margin"]], unit="money"),
        ]


def first_life(history: History) -> FirstLife:
    """Read, for each year of a first life, how many still buy and what they bring.

    Returns
    -------
    FirstLife
        Without a row where nobody was followed for a year.
    """
    begun = spells(history)
    begun = begun.filter((begun.order_number == 1) & ~begun.old_customer)
    begun = begun.select(
        "customer_id",
        begin="start",
        followed=ibis.literal(history.as_of).delta(begun.start, unit="day") // YEAR_DAYS,
    )
    days = history.days.select("customer_id", "day", "margin", "sale_lines")
    joined = begun.inner_join(days, "customer_id")
    joined = joined.mutate(year=joined.day.delta(joined.begin, unit="day") // YEAR_DAYS)
    joined = joined.filter((joined.day >= joined.begin) & (joined.year < joined.followed))
    by_customer = joined.group_by("customer_id", "year").aggregate(
        margin=joined.margin.sum(), bought=joined.sale_lines.sum() > 0
    )
    active = by_customer.filter(by_customer.bought)
    seen = active.group_by("year").aggregate(active=active.count(), margin=active.margin.sum())
    frame = seen.to_pyarrow().to_pandas().astype({"margin": "float64", "active": "float64", "year": "int64"})
    counts = begun.group_by("followed").aggregate(n=begun.count()).to_pyarrow().to_pandas()
    rows = []
    for year in range(MOST_YEARS):
        customers = int(counts.loc[counts["followed"] > year, "n"].sum())
        if customers < LEAST_FOLLOWED:
            break
        here = frame[frame["year"] == year]
        buying, margin = float(here["active"].sum()), float(here["margin"].sum())
        rows.append((year + 1, customers, buying / customers, margin / buying if buying else 0.0))
    return FirstLife(pd.DataFrame(rows, columns=["year", "customers", "active", "margin"]))
