"""What a campaign did day by day and month by month, and what followed the comebacks."""

import numpy as np
import pandas as pd

from playbook.stats.trials.data import CampaignTrial


def over_time(trial: CampaignTrial, last: int) -> pd.DataFrame:
    """Return the additional margin per assigned customer, net of what was spent, day by day.

    Returns
    -------
    DataFrame
        day (0 to ``last``); value, low, high (95%, normal) of the cumulative difference between the
        contacted and the held back.
    """
    flow = _flow(trial, last)
    cumulated = flow.groupby("person")["margin"].cumsum()
    squares = cumulated**2
    earlier = squares.groupby(flow["person"]).shift(fill_value=0.0)
    day, treated = flow["day"].to_numpy(), trial.treated[flow["person"].to_numpy()]
    means, spreads = [], []
    for arm in (True, False):
        chosen, n = treated == arm, max(int((trial.treated == arm).sum()), 2)
        total, square = (
            np.cumsum(np.bincount(day[chosen], values.to_numpy(float)[chosen], minlength=last + 1))
            for values in (flow["margin"], squares - earlier)
        )
        means.append(total / n)
        spreads.append((square - total**2 / n) / (n - 1) / n)
    value = means[0] - means[1]
    reach = 1.96 * np.sqrt(np.maximum(spreads[0] + spreads[1], 0.0))
    return pd.DataFrame(
        {"day": np.arange(last + 1), "value": value, "low": value - reach, "high": value + reach}
    )


def _flow(trial: CampaignTrial, last: int) -> pd.DataFrame:
    """Return everybody's margin by day, with the contact on day 0 and incentives on the day of return."""
    days = trial.days[trial.days["day"].between(0, last)][["person", "day", "margin", "ordered"]]
    cost = trial.spent(-1)
    paid = trial.spent(last) - cost
    back = days[days["ordered"]].groupby("person")["day"].min()
    back = back[paid[back.index.to_numpy()] != 0]
    rows = [
        days[["person", "day", "margin"]],
        pd.DataFrame({"person": np.flatnonzero(cost), "day": 0, "margin": -cost[cost != 0]}),
        pd.DataFrame({"person": back.index, "day": back.to_numpy(), "margin": -paid[back.index.to_numpy()]}),
    ]
    flow = pd.concat([row for row in rows if len(row)], ignore_index=True)
    flow = flow.astype({"person": "int64", "day": "int64"})
    return flow.sort_values(["person", "day"], kind="stable", ignore_index=True)


def share_active(trial: CampaignTrial, last: int) -> pd.DataFrame:
    """Return which share of each arm ordered in each month of 30 days after the contact.

    Returns
    -------
    DataFrame
        month (from 1, whole months only), treated, control.
    """
    orders = trial.days[trial.days["ordered"] & trial.days["day"].between(0, last)]
    months = (last + 1) // 30
    month = (orders["day"] // 30).to_numpy()
    once = orders.assign(month=month).drop_duplicates(["person", "month"])
    treated = trial.treated[once["person"].to_numpy()]
    counted = [np.bincount(once["month"][treated == arm], minlength=months)[:months] for arm in (True, False)]
    sizes = [max(int((trial.treated == arm).sum()), 1) for arm in (True, False)]
    return pd.DataFrame(
        {
            "month": np.arange(1, months + 1),
            "treated": counted[0] / sizes[0],
            "control": counted[1] / sizes[1],
        }
    )


def second_lives(trial: CampaignTrial, horizon: int, last: int) -> pd.DataFrame:
    """Return what followed the comebacks of each arm: descriptive, since who returned is itself an outcome.

    Returns
    -------
    DataFrame
        arm (treated, control); returners (ordered within the horizon); again (share of them with
        another order up to day ``last``); margin (mean margin from the comeback to day ``last``).
    """
    orders = trial.days[trial.days["ordered"] & trial.days["day"].between(0, last)]
    count = np.bincount(orders["person"].to_numpy(), minlength=trial.size)
    back, margin = trial.returned(min(horizon, last)) > 0, trial.total("margin", 0, last)
    rows = []
    for name, arm in (("treated", True), ("control", False)):
        chosen = back & (trial.treated == arm)
        n = int(chosen.sum())
        rows.append(
            (name, n, (count[chosen] > 1).mean() if n else np.nan, margin[chosen].mean() if n else np.nan)
        )
    return pd.DataFrame(rows, columns=["arm", "returners", "again", "margin"])
