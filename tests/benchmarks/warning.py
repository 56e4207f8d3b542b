"""Early warning tried on two public logs: ``python -m tests.benchmarks warning``.

Among those not lapsed on the day, with nothing but what was known then: who orders nothing within 183
days? The area under the curve of the combined warning, beside the return probability alone, the
silence alone and the number of orders alone; intervals and paired differences from 500 resamplings of
shards of customers. Aim, on Online Retail II: above the silence and above the number of orders, both
differences beyond doubt.
"""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np

from playbook.chapters import churn
from playbook.chapters.warning import backtest, leaving, model
from playbook.records.history import History
from playbook.stats import return_probability
from playbook.stats.landmarks import describe
from tests.benchmarks.clients import came_within, real

CASES = (("Online Retail II", date(2011, 6, 9)), ("CDNOW", date(1997, 12, 29)))
HORIZON = 183
NO_EVENTS = SimpleNamespace(events=None)


def main() -> None:
    """Print the table of each log."""
    for name, as_of in CASES:
        with real(name) as history:
            try_on(name, history, as_of)


def try_on(name: str, history: History, as_of: date) -> None:
    """Print how well each rule put first those who then ordered nothing."""
    past = return_probability.seen_from(history, as_of)
    threshold = churn.find_threshold(past)
    base = churn.find_lapsed(past, threshold, horizon_days=HORIZON)
    seen = leaving.look_back(past, NO_EVENTS, threshold.days, leaving.horizon_that_fits(past))
    combined = model.combine(seen)
    watched, shown = leaving.today(past, NO_EVENTS, base.customers, seen.visible, False)
    left = ~came_within(history, as_of, HORIZON, watched["customer_id"])
    shards = describe(past, [as_of], HORIZON).set_index("customer_id")["shard"]
    ranked = backtest.scores(watched, shown, combined)
    areas = backtest.compare(
        ranked, left.astype(float), watched["customer_id"].map(shards).to_numpy(int), past.settings.seed
    )
    print(
        f"{name} as of {as_of}: {len(watched):,} not lapsed (silent for {threshold.days} days at most),"
        f" {left.mean():.1%} ordered nothing until {as_of + timedelta(days=HORIZON)}"
    )
    risk = combined.risk(watched, shown) if combined else 1 - watched["chance"]
    print(f"  expected to leave {np.sum(risk):,.0f}, left {left.sum():,}")
    for row in areas.itertuples():
        print(
            f"  {row.rule:<10} AUC {row.auc:.4f} ({row.auc_low:.4f} to {row.auc_high:.4f})"
            f"   {areas['rule'].iloc[0]} ahead by {row.behind:+.4f} ({row.behind_low:+.4f} to"
            f" {row.behind_high:+.4f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
