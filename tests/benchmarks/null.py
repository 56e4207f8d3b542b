"""Worlds in which no offer does anything: ``python -m tests.benchmarks null``; SEEDS says how many.

Each is the demo shop drawn anew, whose campaigns are sent and change nothing. Chapters 01 to 07 run on
it as on any client. Aim: "do it" in none of 20 worlds, "try it small" in at most 5.
"""

import os
import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playbook.archive.findings import Findings, read
from playbook.demo import retailer
from playbook.demo.export import write_files
from playbook.demo.planted import PLANTED, Planted
from tests.benchmarks.measure import cost

SEEDS = int(os.environ.get("SEEDS", "20"))
DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
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
    print("Plans in worlds where no offer does anything (CHF; true profit: the costs are lost)")
    for seed in range(1, SEEDS + 1):
        with TemporaryDirectory() as place:
            found = planned(seed, Path(place))
        profit = found["plan_expected_profit"]
        verdicts[str(profit.verdict)] += 1
        chance = found.get("chance_of_profit")
        print(
            f"  seed {seed:>3}: {profit.verdict:<9} {found['plan_customers'].value:>5} customers, expected"
            f" {profit.value:>8,.0f} ({profit.low or 0:,.0f} to {profit.high or 0:,.0f}), chance of a profit"
            f" {chance.value if chance else 0:.2f}, measured {found['profit_measured'].value:.0%}",
            flush=True,
        )
    print(f"  do it {verdicts['do_it']}, try it small {verdicts['try_small']}, of {SEEDS}; aim: 0, at most 5")


def planned(seed: int, place: Path) -> Findings:
    """Run chapters 01 to 07 on one world, and return what chapter 07 found."""
    folder = place / "data" / "demo"
    folder.mkdir(parents=True)
    write_files(retailer.generate(seed, planted=null_world()), retailer.FILES, folder)
    shutil.copy(DEMO / "client.yml", folder)
    words = ["run", "demo", "--chapters", "01-07", "--data", place / "data", "--reports", place / "reports"]
    cost([sys.executable, "-m", "playbook", *words])
    [path] = (place / "reports" / "demo").glob("*/findings/07.json")
    return read(path)
