"""Expected against actual buyers over rolling as-of dates: ``python -m tests.benchmarks calibration``.

Aims: with two years of history before each date, a median absolute error of at most 15%, none
beyond 50%, and the 90% interval covering at 80% of the dates or more, for all and for the lapsed;
on the two young logs the coverage alone.
"""

import time
from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd

from playbook.records.history import History
from playbook.stats import return_probability
from playbook.stats.inactivity import inactivity
from playbook.stats.landmarks import describe
from playbook.stats.ranking import auc, average_precision
from playbook.stats.spells import spell_counts
from tests.benchmarks.clients import came_within, generated, real
from tests.benchmarks.return_worlds import GIVING_MONTHS, SHOP_MONTHS, drifting

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
    for kind, months, yearly in (("retailer", SHOP_MONTHS, 4.0), ("charity", GIVING_MONTHS, 1.2)):
        rows = []
        for seed in (1, 2, 3):
            history = drifting(seed, months, yearly)
            first = history.first_day + timedelta(days=740)
            rows.append(rolling(history, _dates(first, history.last_day - timedelta(days=HORIZON), 250)))
        show(f"drifting {kind} of twelve years", pd.concat(rows))
    for name, first, step in (("CDNOW", date(1997, 5, 31), 19), ("Online Retail II", date(2010, 6, 15), 24)):
        with real(name) as history:
            last = history.last_day - timedelta(days=HORIZON)
            show(name, rolling(history, _dates(first, last, step)))


def _dates(first: date, last: date, step: int) -> list[date]:
    return [day.date() for day in pd.date_range(first, last, freq=f"{step}D")]


def rolling(history: History, dates: Iterable[date], horizon: int = HORIZON) -> pd.DataFrame:
    """Return expected (with interval) and actual buyers by as-of date and group, and how well they rank."""
    rows = []
    for day in dates:
        past = return_probability.seen_from(history, day)
        started = time.perf_counter()
        model = return_probability.fit(past, horizon)
        seconds = time.perf_counter() - started
        assert model is not None
        seen = describe(past, [day], horizon, outcomes=False).rename(columns={"silence": "silence_days"})
        came = came_within(history, day, horizon, seen["customer_id"])
        lapsed = (seen["silence_days"] > inactivity(spell_counts(past), past.settings).days).to_numpy()
        groups = {"all": lapsed | True, "lapsed": lapsed, "occasional": lapsed & (seen["orders"] == 1)}
        for group, chosen in groups.items():
            estimate = model.expected_buyers(seen[chosen])
            score, outcome = model.predict(seen[chosen]), came[chosen].astype(float)
            ranked = (auc(score, outcome), average_precision(score, outcome))
            rows.append((day, group, *estimate, int(outcome.sum()), *ranked, seconds))
    columns = ["as_of", "group", "expected", "low", "high", "actual", "auc", "precision", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def show(name: str, rows: pd.DataFrame) -> None:
    """Print one log's figures."""
    rows = rows.assign(
        error=rows["expected"] / rows["actual"].clip(lower=1) - 1,
        covered=(rows["low"] <= rows["actual"]) & (rows["actual"] <= rows["high"]),
        width=(rows["high"] - rows["low"]) / rows["expected"].clip(lower=1),
    )
    for group, part in rows.groupby("group"):
        error, label = part["error"], f"{name}, {group}"
        print(
            f"  {label:<44} {len(part):3d} dates: {part['expected'].mean():8,.1f} expected,"
            f" {part['actual'].mean():8,.1f} came; error: median {error.abs().median():6.1%},"
            f" worst {error.abs().max():6.1%}, mean {error.mean():+6.1%}; covered"
            f" {part['covered'].mean():4.0%}; width / expected {part['width'].median():.2f};"
            f" AUC {part['auc'].mean():.4f}, average precision {part['precision'].mean():.4f};"
            f" fit {part['seconds'].median():.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
