"""Occasional buyers held against what was planted, and against what later happened on two public logs.

Planted kinds: precision and recall among those called occasional, beside what the noise of the columns
allows at best. A tenth of the marks is missing, of promoted products more, as their lines are marked one
by one; 5% of the first orders of those who are no occasional buyers by nature bear the mark of a kind, and
nothing in the columns tells these from true ones.

Public logs: of those called occasional, how many ordered within the horizon, expected and actual, and
their rate against that of the other lapsed.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.chapters import occasional
from playbook.chapters.occasional.base import OccasionalBase
from playbook.chapters.occasional.kinds import COLUMNS
from playbook.demo import retailer
from playbook.demo.planted import PLANTED
from playbook.records.history import History, customers, read_history
from playbook.records.sources import open_sources
from playbook.settings.client import load
from playbook.stats import return_probability
from tests.benchmarks.clients import came_within, real

CASES = (("CDNOW", date(1997, 9, 30), 273), ("Online Retail II", date(2011, 6, 9), 183))
SEEDS = (1, 2, 3)
MARKED = 1 - PLANTED.flag_missing


def main() -> None:
    """Print both tables."""
    print("Planted kinds among those called occasional, seeds 1 to 3 of the demo retailer")
    heads = ("called", "planted", "precision", "at best", "recall", "at best")
    print(f"  {'kind':<12}" + "".join(f"{head:>10}" for head in heads))
    rows = pd.concat([planted(seed) for seed in SEEDS]).groupby("kind", sort=False).sum()
    for kind, row in rows.iterrows():
        print(
            f"  {kind:<12}{row['called']:10.0f}{row['planted']:10.0f}{row['both'] / row['called']:10.3f}"
            f"{row['marked'] / (row['marked'] + row['noise']):10.3f}{row['both'] / row['planted']:10.3f}"
            f"{row['marked'] / row['planted']:10.3f}"
        )
    for name, as_of, horizon in CASES:
        with real(name) as history:
            followed(name, history, as_of, horizon)


def see(history: History) -> OccasionalBase:
    """Find the occasional buyers as chapter 03 does."""
    second, first = occasional.find_second_order(history), occasional.first_orders(history)
    kinds = occasional.measure_kinds(first, history.settings, second.days)
    return occasional.find_occasional(history, customers(history), first, second, kinds)


@contextmanager
def demo(seed: int) -> Iterator[History]:
    """Open the demo retailer of a seed, as its files say it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "demo"
        folder.mkdir()
        retailer.write(folder, seed)
        settings_file = Path(__file__).parents[2] / "data" / "demo" / "client.yml"
        (folder / "client.yml").write_text(settings_file.read_text(encoding="utf-8"), encoding="utf-8")
        settings = load("demo", Path(place))
        sources = open_sources(settings, folder)
        yield read_history(settings, sources)
        sources.close()


def planted(seed: int) -> pd.DataFrame:
    """Count, by kind, who is called so, who was planted so, and who bears the mark by noise alone."""
    with demo(seed) as history:
        base = see(history)
    seen = base.customers.query("occasional")
    truth = retailer.generate(seed).truth.customers.set_index("customer_id")["occasional_kind"].fillna("")
    kind = seen["customer_id"].map(truth)
    rows = []
    for name in COLUMNS:
        called, true = seen["occasional_kind"] == name, kind == name
        marked = MARKED * true.sum() * (0.85 if name == "promotion" else 1)
        rows.append(
            {
                "kind": name,
                "called": called.sum(),
                "planted": true.sum(),
                "both": (called & true).sum(),
                "marked": marked,
                "noise": PLANTED.flag_noise * (kind == "").sum(),
            }
        )
    return pd.DataFrame(rows)


def followed(name: str, history: History, as_of: date, horizon: int) -> None:
    """Print what the occasional buyers of a past day did afterwards, expected and actual."""
    past = return_probability.seen_from(history, as_of)
    past = replace(past, settings=past.settings.model_copy(update={"horizon_days": horizon}))
    base = see(past)
    seen = base.customers
    seen["came"] = came_within(history, as_of, horizon, seen["customer_id"])
    rare, other = seen[seen["occasional"]], seen[seen["lapsed"] & ~seen["occasional"]]
    row = base.groups.set_index("group").loc["occasional"]
    came, n = int(rare["came"].sum()), len(rare)
    deviation = np.sqrt(n * (came / n) * (1 - came / n))
    expected, rate, others = float(row["expected"]), came / n, other["came"].mean()
    print(f"{name} as of {as_of}, {horizon} days")
    low, high = row["low"], row["high"]
    print(f"  occasional {n:,}: expected {expected:,.0f} ({low:,.0f} to {high:,.0f}), came {came:,}")
    print(
        f"  expected / came {expected / came - 1:+.1%}, {(expected - came) / deviation:+.1f} binomial"
        " standard deviations   aim: within 10% or two"
    )
    print(
        f"  rate {rate:.3f}, of the other lapsed {others:.3f}: {rate / others:.2f}   aim: below 0.5",
        flush=True,
    )


if __name__ == "__main__":
    main()
