"""Worlds in which no offer does anything (part of `truth`); NULL_SEEDS says how many.

Each is the demo shop drawn anew, whose campaigns are sent and change nothing, with chapter 07's plan.
Aim: "do it" in none of 20 worlds, "try it small" in at most 5.
"""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playbook.demo.planted import PLANTED, Planted
from tests.benchmarks.worth import open_shop, opened, plan_of

SEEDS = int(os.environ.get("NULL_SEEDS", "20"))
CHANGES_NOTHING = {
    "wins": 0.0,
    "stays": 0.0,
    "percent_off": 0,
    "pulls_forward": 0.0,
    "cancels_later": 0.0,
    "unsubscribes": 0.0,
}


def null_world() -> Planted:
    """Return the demo shop's parameters, its campaigns without any effect."""
    return replace(PLANTED, campaigns=tuple(replace(one, **CHANGES_NOTHING) for one in PLANTED.campaigns))


def main() -> None:
    """Print each world's verdict, and how often each was given."""
    verdicts: Counter[str] = Counter()
    print("Plans in worlds where no offer does anything (CHF; true profit: the costs are lost)", flush=True)
    for seed in range(1, SEEDS + 1):
        with TemporaryDirectory() as place:
            plan = plan_of(open_shop(seed, *opened(seed, Path(place), null_world()), null_world()))
        verdicts[plan.verdict] += 1
        low, high = plan.draws.interval if len(plan.contacts) else (0.0, 0.0)
        print(
            f"  seed {seed:>3}: {plan.verdict:<9} {len(plan.contacts):>5} customers, expected"
            f" {plan.profit:>8,.0f} ({low:,.0f} to {high:,.0f}), chance of a profit"
            f" {plan.draws.chance_of_profit:.2f}, measured {plan.measured_share:.0%}",
            flush=True,
        )
    print(f"  do it {verdicts['do_it']}, try it small {verdicts['try_small']}, of {SEEDS}; aim: 0, at most 5")
