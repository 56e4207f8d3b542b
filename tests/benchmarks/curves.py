"""Kaplan-Meier from grouped counts against lifelines on the rows: ``python -m tests.benchmarks curves``.

Grouping is not counted: the engine does it, and would have to hand over the rows otherwise.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

from playbook.stats.survival import kaplan_meier
from tests.benchmarks.measure import line

T = TypeVar("T")
SPELLS = 5_000_000
REPEATS = 3


def main() -> None:
    """Compare values and times."""
    random = np.random.default_rng(1)
    waited = np.ceil(random.weibull(0.7, SPELLS) * 150).astype("int64")
    followed = random.integers(1, 1095, SPELLS)
    rows = pd.DataFrame({"duration": np.minimum(waited, followed), "returned": waited <= followed})
    counts = rows.groupby(["duration", "returned"]).size().rename("n").reset_index()
    print(f"{SPELLS:,} spells, {len(counts):,} counts")
    ours, seconds = _timed(lambda: kaplan_meier(counts))
    theirs, on_rows = _timed(lambda: KaplanMeierFitter().fit(rows["duration"], rows["returned"]))
    expected = theirs.survival_function_.iloc[:, 0]
    difference = max(abs(ours.at(day) - value) for day, value in expected.items())
    line("largest difference of the curves", difference, "at most 1e-9")
    line("from counts / from rows", seconds / on_rows, "at most 0.05")


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work gives, and its shortest time."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - began)
    return found, min(times)
