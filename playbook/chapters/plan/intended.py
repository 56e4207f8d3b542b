"""What those held back would have been offered, so that like can be compared with like afterwards."""

from pathlib import Path

import numpy as np
import pandas as pd

from playbook.chapters.plan.assignment import assign
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.prices import NOBODY
from playbook.stats.trials.earlier import INTENDED


def intended(plan: Plan) -> pd.DataFrame:
    """Return the offer, channel and week of everybody held back, had nobody been held back.

    Offers are dealt out by what pays, not by chance. So the customers of an offer can only be
    compared with those who would have got the same one.

    Returns
    -------
    DataFrame
        customer_id, rank, offer, channel, week (its Monday), by rank; whoever would have got nothing
        is left out, held back all the same.
    """
    campaign = plan.campaign
    everybody = assign(campaign.problem(plan.form, with_held_back=True))
    rows = np.flatnonzero(plan.held_back & (everybody.choice != NOBODY))
    offers = [campaign.offers[int(k)] for k in everybody.choice[rows]]
    frame = pd.DataFrame(
        {
            "customer_id": campaign.people["customer_id"].to_numpy()[rows],
            "rank": campaign.people["rank"].to_numpy(int)[rows],
            "offer": [offer.name for offer in offers],
            "channel": [offer.channel for offer in offers],
            "week": [campaign.window.monday(int(week)) for week in everybody.week[rows]],
        }
    )
    return frame.sort_values(["rank", "customer_id"], ignore_index=True)


def write_intended(folder: Path, plan: Plan) -> None:
    """Write what those held back would have been offered beside the plan: nobody in it is contacted."""
    intended(plan).to_csv(folder / INTENDED, index=False, lineterminator="\n")
