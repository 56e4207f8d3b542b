"""Generated clients whose future is known, for the return probability: small, seasonal, and long ones.

Each is a table of order days by customer; what comes after the as-of date is the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

from playbook.records.history import History, read_history
from playbook.records.sources import Sources
from playbook.settings.client import Settings

START = pd.Timestamp("2012-01-01")
SHOP_MONTHS = (0.8, 0.8, 0.9, 1.0, 1.05, 0.95, 0.7, 0.75, 1.0, 1.1, 1.3, 1.75)
GIVING_MONTHS = (0.7, 0.7, 1.1, 1.05, 0.9, 0.8, 0.55, 0.6, 0.95, 1.05, 1.5, 2.8)


def history_of(lines: pd.DataFrame) -> History:
    """Return the history of order lines (customer_id, ordered_at, amount)."""
    connection = ibis.duckdb.connect()
    table = connection.create_table("order_lines", ibis.memtable(lines))
    table = table.mutate(amount=table.amount.cast("decimal(18, 4)"), ordered_at=table.ordered_at.cast("date"))
    return read_history(Settings(client="A", tables={"orders": {"files": "x"}}), Sources(connection, table))


def _lines(customer: np.ndarray, day: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:05d}" for number in customer],
            "ordered_at": START + pd.to_timedelta(day, unit="D"),
            "amount": np.round(random.lognormal(3.5, 0.5, len(day)), 2),
        }
    )


def drifting(seed: int, months: tuple[float, ...], yearly: float, years: int = 12) -> History:
    """Return a client of many years whose level drifts, and jumps in some of them.

    Customers order at a rate of their own while active, and seldom while dormant; what brings the
    dormant back swings by year apart from what all order (a level of its own).
    """
    random, customers = np.random.default_rng(seed), 300 * years
    days = 365 * years
    year, month = np.arange(days) // 365, np.minimum(np.arange(days) % 365 * 12 // 365, 11)
    jumps = random.normal(0, 0.4, years) * (random.random(years) < 0.3)
    level = np.exp(np.cumsum(random.normal(0, 0.1, years) + jumps))[year]
    dormant_level = np.exp(random.normal(0, 0.6, years))[year]
    season = np.array(months)[month]
    joined = random.integers(-365, days, customers)
    rate = random.gamma(1.5, yearly / 1.5 / 365, customers)
    dormant = np.zeros((customers, days), dtype=bool)
    turn, active = joined.astype(float), np.ones(customers, dtype=bool)
    day = np.arange(days)
    for _ in range(12):
        length = random.exponential(np.where(active, 500, 900))
        dormant |= (~active)[:, None] & (day >= turn[:, None]) & (day < (turn + length)[:, None])
        turn, active = turn + length, ~active
    chance = rate[:, None] * (season * level) * np.where(dormant, 0.15 * dormant_level, 1.0)
    bought = (random.random(chance.shape) < chance) & (day >= joined[:, None])
    bought[np.arange(customers)[joined >= 0], joined[joined >= 0]] = True
    customer, when = np.nonzero(bought)
    return history_of(_lines(customer, when, random))


@dataclass(frozen=True)
class ReturnWorld:
    """A kind of client: how it is made by seed, and the day on which it is seen."""

    make: Callable[[int], History]
    as_of: date


def business(seed: int) -> History:
    """Return sixty business customers with rhythms of their own, of whom some leave each year."""
    random, rows = np.random.default_rng(seed), []
    for customer in range(60):
        day, leaves = float(random.integers(0, 900)), random.exponential(800)
        begun, gap = day, random.uniform(20, 70)
        while day < min(1500, begun + leaves):
            rows.append((customer, int(day)))
            day += 1 + gap * random.gamma(3, 1 / 3)
        if random.random() < 0.25:
            rows.append((customer, int(day + random.exponential(500))))
    return _of(rows, random)


def december(seed: int) -> History:
    """Return a shop whose customers buy in the weeks before Christmas, hardly ever else."""
    random, rows = np.random.default_rng(seed), []
    for customer in range(900):
        first, stays = random.integers(0, 5), random.uniform(0.3, 0.8)
        for year in range(first, 6):
            if year == first or random.random() < stays:
                rows.append((customer, 365 * year + int(random.integers(325, 357))))
            if random.random() < 0.03:
                rows.append((customer, 365 * year + int(random.integers(0, 365))))
    return _of(rows, random)


def yearly_givers(seed: int) -> History:
    """Return a charity whose donors give once a year, most of them in December."""
    random, rows = np.random.default_rng(seed), []
    for customer in range(1200):
        first, lapse = random.integers(0, 6), random.uniform(0.1, 0.5)
        for year in range(first, 7):
            if random.random() < (1 if year == first else 1 - lapse):
                rows.append((customer, 365 * year + int(np.clip(random.normal(345, 15), 0, 500))))
    return _of(rows, random)


def marketplace(seed: int) -> History:
    """Return a marketplace on which 95% buy once."""
    random, rows = np.random.default_rng(seed), []
    for customer in range(1500):
        day = float(random.integers(0, 1400))
        rows.append((customer, int(day)))
        while random.random() < 0.05:
            day += random.gamma(1.2, 250)
            rows.append((customer, int(day)))
    return _of(rows, random)


def closing(seed: int, closed: tuple[int, int]) -> History:
    """Return a shop of four and a half years that was closed between two of its days.

    Customers order at a rate of their own until they leave, which they also do while it is closed.
    """
    random, customers, days = np.random.default_rng(seed), 1200, 1640
    joined, stays = random.integers(-400, days, customers), random.exponential(700, customers)
    rate = random.gamma(1.5, 4.0 / 1.5 / 365, customers)[:, None]
    day = np.arange(days)
    season = np.array(SHOP_MONTHS)[np.minimum(day % 365 * 12 // 365, 11)]
    known = (day >= joined[:, None]) & (day < (joined + stays)[:, None])
    chance = np.where(known, rate * season, 0.02 * rate)
    bought = (random.random(chance.shape) < chance) & (day >= joined[:, None])
    bought[np.arange(customers)[joined >= 0], joined[joined >= 0]] = True
    bought[:, closed[0] : closed[1]] = False
    customer, when = np.nonzero(bought)
    return history_of(_lines(customer, when, random))


def closed_a_year_before(seed: int) -> History:
    """Return a shop that was closed for most of the season that lies ahead, a year before."""
    return closing(seed, (1090, 1200))


def reopened(seed: int) -> History:
    """Return a shop that was closed for four months until three weeks ago."""
    return closing(seed, (1314, 1434))


def _of(rows: list[tuple[int, int]], random: np.random.Generator) -> History:
    customer, day = np.array(sorted(set(rows))).T
    return history_of(_lines(customer, day, random))


WORLDS = {
    "60 business customers": ReturnWorld(business, date(2014, 12, 1)),
    "December shop, in November": ReturnWorld(december, date(2016, 11, 10)),
    "December shop, in January": ReturnWorld(december, date(2016, 1, 15)),
    "yearly givers, in October": ReturnWorld(yearly_givers, date(2017, 10, 10)),
    "marketplace, 95% once": ReturnWorld(marketplace, date(2014, 11, 1)),
    "closed for months a year before": ReturnWorld(closed_a_year_before, date(2015, 12, 10)),
    "reopened three weeks ago": ReturnWorld(reopened, date(2015, 12, 26)),
}
