"""What is claimed against what is true, in generated worlds: ``python -m tests.benchmarks truth``.

- Who comes back: ten seeds of each small or seasonal client of `return_worlds`. Aim: the 90% interval
  holds the truth in at least eight of ten, for all and for the lapsed.
- When a customer counts as lapsed: see `threshold_worlds`.
- What offers and the plan bring: ten shops, see `worth`.
- What is advised where no offer does anything: twenty shops, see `null`.
"""

import pandas as pd

from tests.benchmarks import null, threshold_worlds, worth
from tests.benchmarks.calibration import rolling, show
from tests.benchmarks.return_worlds import WORLDS

SEEDS = range(10)


def main() -> None:
    """Print claim, truth and coverage by world."""
    who_comes_back()
    threshold_worlds.main()
    worth.main()
    null.main()


def who_comes_back() -> None:
    """Print expected and actual buyers."""
    print("Expected and actual buyers within 183 days, mean of ten seeds; 90% intervals that cover, of ten")
    for name, world in WORLDS.items():
        show(name, pd.concat([rolling(world.make(seed), [world.as_of]) for seed in SEEDS]))


if __name__ == "__main__":
    main()
