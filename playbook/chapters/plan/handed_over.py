"""What a plan hands over as files: ``plan.csv``, ``held_back.csv``, and `mailing`."""

import numpy as np
import pandas as pd

from playbook.archive.sheets import write_sheet
from playbook.chapter import Chapter
from playbook.chapters.plan.mailing import write_mailing
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.plan_sheet import write_plan
from playbook.stats.trials.earlier import INTENDED


def hand_over(run: Chapter, plan: Plan) -> None:
    """Write all files of a plan into the run's folder."""
    write_plan(run.folder, plan.contacts)
    write_sheet(intended(plan), run.folder / INTENDED)
    write_mailing(run, plan)


def intended(plan: Plan) -> pd.DataFrame:
    """Return the offer, channel and week of everybody held back, had nobody been held back.

    Offers are dealt out by what pays, not by chance. So the customers of an offer can only be
    compared with those who would have got the same one.

    Returns
    -------
    DataFrame
        customer_id, rank, offer, channel, week (its Monday), by rank.
    """
    campaign = plan.campaign
    everybody = plan.undivided
    rows = np.flatnonzero(plan.held_back)
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
