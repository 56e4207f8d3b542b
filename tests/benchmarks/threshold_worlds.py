"""The inactivity threshold against the fully followed truth; a part of ``python -m tests.benchmarks truth``.

Printed: T and its 95% interval of generated retailers and charities with their win-back campaigns, seen on
their last day. True: the same construction at the same tau, that is the day by which the wanted share of all
who order again within tau days have done so, over the silences after second and later orders that begin in
the same years, in worlds of the same kind without a campaign that does anything. They are as large as
`LARGE`, and run on for longer than tau, so that nothing is censored and no curve is needed. It is the truth
of the kind of client: that of one client of the usual size would be as noisy as what is printed.
Aim: the interval holds the truth in at least eight of ten, of each kind.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from playbook.demo import charity, donors, planted, retailer
from playbook.stats.inactivity import Cut, inactivity
from playbook.stats.return_probability import seen_from
from playbook.stats.spells import spell_counts
from tests.benchmarks.clients import generated

SEEDS, TRUE_SEEDS, LARGE = range(40), range(900, 904), 60_000
KINDS = {"retailer": (retailer.generate, planted), "charity": (donors.generate, charity)}


def main() -> None:
    """Print T and truth, and how often the interval holds it, by kind of client."""
    print(f"Inactivity threshold in {len(SEEDS)} generated worlds, and the truth at the same tau (days)")
    for kind, (_, world) in KINDS.items():
        show(kind, silences(kind), world.LAST_DAY)


def show(kind: str, followed: pd.Series, last_day: date) -> None:
    """Print the figures of one kind of client."""
    rows = []
    for seed in SEEDS:
        past = seen_from(generated(kind, seed), last_day)
        found = inactivity(spell_counts(past), past.settings).cut
        assert found is not None
        rows.append((found.days, found.low, found.high, true_days(followed, found)))
    table = pd.DataFrame(rows, columns=["days", "low", "high", "true"])
    held = (table["low"] <= table["true"]) & (table["true"] <= table["high"])
    print(
        f"  {kind:<10} T {table['days'].mean():5.1f}, true {table['true'].mean():5.1f}; T - true"
        f" {(table['days'] - table['true']).mean():+5.1f} (sd {(table['days'] - table['true']).std():.1f});"
        f" interval {(table['high'] - table['low']).mean():.0f} wide, holds the truth in {held.mean():.0%}"
        f" ({int(held[:10].sum())} of the first ten)",
        flush=True,
    )


def silences(kind: str) -> pd.Series:
    """Return the days to the next order, NaN where none comes, after second and later orders."""
    generate, world = KINDS[kind]
    idle = replace(world.PLANTED, campaigns=(planted.LETTER,))
    parts = []
    for seed in TRUE_SEEDS:
        lines = generate(seed, LARGE, world.WORLD_END, idle).orders
        lines = lines[lines["customer_id"].notna() & (lines["amount"] > 0)]
        days = pd.DataFrame({"who": lines["customer_id"], "day": pd.to_datetime(lines["ordered_at"])})
        days = days.drop_duplicates().sort_values(["who", "day"])
        gap = (days.groupby("who")["day"].shift(-1) - days["day"]).dt.days
        begun = days["who"].duplicated() & (days["day"] <= pd.Timestamp(world.LAST_DAY))
        parts.append(gap[begun])
    return pd.concat(parts)


def true_days(followed: pd.Series, found: Cut, share: float = 0.90) -> float:
    """Return the day by which the share of those who return by tau have returned."""
    return float(np.quantile(followed[followed <= found.followed_days], share, method="inverted_cdf"))


if __name__ == "__main__":
    main()
