"""Assignment of offers: ``python -m tests.benchmarks assigning``.

One million customers, 12 offers and 30 limits of capacity (aim: a proven gap of at most 0.5%, under
30 seconds); and 20,000 customers against HiGHS solving the full integer programme (aim: at least
20 times faster at no more than 0.1% less profit).
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, vstack

from playbook.chapters.plan.assignment import assign
from playbook.chapters.plan.prices import NOBODY, Problem
from tests.benchmarks.measure import cost, line, python

OFFERS, WEEKS = 12, 8
MILLION, THOUSANDS = 1_000_000, 20_000
PATIENCE = 600.0
"""Seconds after which the full integer programme is stopped; what it had proved until then counts."""


def main() -> None:
    """Print time, memory and gap of the large problem, and the comparison on the smaller one."""
    print("Assignment of offers under budget and capacities")
    with TemporaryDirectory() as folder:
        log = Path(folder) / "said"
        spent = cost(python("-m", "tests.benchmarks.assigning", "million"), log=log)
        print(log.read_text(encoding="utf-8"), end="", flush=True)
    line("one million customers, 12 offers: the whole process", spent.seconds, "", "s")
    line("peak memory of the process", spent.gigabytes, "", "GB")
    against_highs()


def problem(n: int, seed: int = 1) -> Problem:
    """Return customers with lognormal second lives, offers by four channels, and 30 limits."""
    random = np.random.default_rng(seed)
    v0 = random.lognormal(4.3, 0.9, n)
    p0 = np.clip(random.beta(1.2, 9, n), 0, 1)
    cost_of = np.array([9, 6, 80, 1.6, 1.8, 1.6, 3.5, 3, 0.15, 0.15, 0.1, 2.0])
    points = np.array([0.08, 0.06, 0.15, 0.02, 0.035, 0.04, 0.05, 0.03, 0.01, 0.03, 0.012, 0.025])
    incentive = np.array([10, 0, 0, 0, 5, 10, 4, 0, 0, 14, 0, 0])
    share = np.array([1, 1, 1, 1, 1, 0.95, 0.9, 1, 1, 0.75, 1, 1])
    taste = random.lognormal(0, 0.3, (n, OFFERS))
    p1 = np.clip(p0[:, None] + points * taste, 0, 1)
    profit = p1 * (share * v0[:, None] - incentive) - (p0 * v0)[:, None] - cost_of
    spend = cost_of + p1 * incentive
    channel = np.array([0, 0, 1, 2, 2, 2, 2, 2, 3, 3, 3, 2])
    allowed = random.random((n, 4)) < np.array([0.4, 0.1, 0.8, 0.5])
    last = np.where(random.random((n, 1)) < 0.2, random.integers(1, WEEKS, (n, 1)), WEEKS)
    last_week = np.repeat(last, OFFERS, axis=1)
    limits: list[tuple[float, Any]] = [
        (n / 2000, [0]),
        (n / 1500, [1]),
        (n / 10_000, [2]),
        (n / 1000, [0, 1]),
    ]
    uses = np.array([[np.isin(np.arange(OFFERS), some)] for _, some in limits])
    return Problem(
        profit=np.where(allowed[:, channel] & (profit > 0), profit, -np.inf),
        spend=spend,
        last_week=last_week,
        first_week=np.ones(OFFERS, dtype=int),
        weeks=WEEKS,
        budget=0.4 * n,
        group=np.zeros(n, dtype=int),
        capacity=np.floor([limit for limit, _ in limits]),
        uses=uses,
        kind_budget=np.array([0.1 * n]),
        of_kind=np.isin(np.arange(OFFERS), [5, 9])[None, :],
    )


def million() -> None:
    """Assign the large problem, and write down what it took."""
    given = problem(MILLION)
    began = time.perf_counter()
    found = assign(given)
    seconds = time.perf_counter() - began
    rows = len(given.limits)
    said = (
        f"{MILLION:,} customers x {OFFERS} offers, {rows} limits ({len(given.spans)} of capacity by week):"
        f" {seconds:.1f} s (aim 30), gap at most {found.gap:.4%} (aim 0.5%),"
        f" {(found.choice != NOBODY).sum():,} contacts, fits: {given.fits(found.choice)}"
    )
    print(f"  {said}")


def against_highs() -> None:
    """Print both times and profits for the smaller problem."""
    given = problem(THOUSANDS)
    began = time.perf_counter()
    found = assign(given)
    ours = time.perf_counter() - began
    began = time.perf_counter()
    profit, bound = full(given)
    theirs = time.perf_counter() - began
    line(f"{THOUSANDS:,} customers: ours", ours, "", "s")
    line("HiGHS on the full integer programme", theirs, "", "s")
    line("times faster", theirs / ours, "20")
    line(
        "profit missing to HiGHS' best (percent; negative: ours is better)",
        100 * (1 - found.profit / profit),
        "0.1",
    )
    line("HiGHS' own gap when it stopped (percent)", 100 * (1 - profit / bound))
    line("our proven gap (percent)", 100 * found.gap)


def full(given: Problem) -> tuple[float, float]:
    """Return profit and bound of the integer programme over all pairs."""
    rows, offers = np.nonzero(np.isfinite(given.profit))
    once = csc_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(given.profit), len(rows)))
    spend = given.spend[rows, offers]
    money = np.vstack([spend, given.of_kind[:, offers] * spend])
    spans = given.within[:, given.cell[rows, offers]]
    upper = np.concatenate([np.ones(len(given.profit)), given.limits])
    found = milp(
        -given.profit[rows, offers],
        integrality=np.ones(len(rows)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(
            vstack([once, csc_array(money), csc_array(spans)], format="csc"), -np.inf, upper
        ),
        options={"time_limit": PATIENCE, "mip_rel_gap": 1e-4},
    )
    return -float(found.fun), -float(found.mip_dual_bound)


if __name__ == "__main__":
    if sys.argv[1:] == ["million"]:
        million()
    else:
        main()
