"""Expected against actual buyers over rolling as-of dates: ``python -m tests.benchmarks calibration``.

Aims: with two years of history before each date, a median absolute error of at most 15%, none
beyond 50%, and the 90% interval covering at 80% of the dates or more, for all and for the lapsed;
on the two young logs the coverage alone.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd

from playbook.records.history import History
from playbook.stats import return_probability
from playbook.stats.inactivity import inactivity
from playbook.stats.spells import spell_counts
from tests.benchmarks.clients import came_within, generated, real

HORIZON = 183


def main() -> None:
    """Print errors and coverage by log."""
    print("Expected against actual buyers within 183 days, over rolling as-of dates")
    for kind in ("retailer", "charity"):
        rows = []
        for seed in (11, 12):
            history = generated(kind, seed)
            first = history.first_day + timedelta(days=740)
            rows.append(rolling(history, _dates(first, history.last_day - timedelta(days=HORIZON), 67)))
        show(f"generated {kind}, two seeds", pd.concat(rows))
    for name, first, step in (("CDNOW", date(1997, 5, 31), 19), ("Online Retail II", date(2010, 6, 15), 24)):
        with real(name) as history:
            last = history.last_day - timedelta(days=HORIZON)
            show(name, rolling(history, _dates(first, last, step)))


def _dates(first: date, last: date, step: int) -> list[date]:
    return [day.date() for day in pd.date_range(first, last, freq=f"{step}D")]


def rolling(history: History, dates: Iterable[date]) -> pd.DataFrame:
    """Return expected (with interval) and actual buyers by as-of date and group."""
    rows = []
    for day in dates:
        past = return_probability.seen_from(history, day)
        model = return_probability.fit(past, HORIZON)
        assert isinstance(model, return_probability.LandmarkModel)
        customers = model.today.reset_index()
        came = came_within(history, day, HORIZON, customers["customer_id"])
        threshold = inactivity(spell_counts(past), past.settings).days
        lapsed = (customers["silence"] > threshold).to_numpy()
        for group, chosen in (("all", lapsed | True), ("lapsed", lapsed)):
            expected, low, high = model.expected_buyers(customers[chosen])
            rows.append((day, group, model.level.years, expected, low, high, int(came[chosen].sum())))
    return pd.DataFrame(rows, columns=["as_of", "group", "years", "expected", "low", "high", "actual"])


def show(name: str, rows: pd.DataFrame) -> None:
    """Print one log's figures."""
    rows = rows.assign(
        error=rows["expected"] / rows["actual"] - 1,
        covered=(rows["low"] <= rows["actual"]) & (rows["actual"] <= rows["high"]),
        width=(rows["high"] - rows["low"]) / rows["expected"],
    )
    for group, part in rows.groupby("group"):
        error, label = part["error"], f"{name}, {group}"
        print(
            f"  {label:<40} {len(part):3d} dates, error: median {error.abs().median():6.1%},"
            f" worst {error.abs().max():6.1%}, mean {error.mean():+6.1%}; covered"
            f" {part['covered'].mean():4.0%}; width / expected {part['width'].median():.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
