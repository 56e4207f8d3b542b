"""The contacts of a plan, and ``plan.csv``, as a call centre and a mailing house read them."""

from pathlib import Path

import numpy as np
import pandas as pd

from playbook.archive.sheets import write_sheet
from playbook.chapters.plan.assignment import Assignment
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.pilot import Pilot
from playbook.offers.catalogue import NAMED
from playbook.offers.first_words import first_words
from playbook.offers.response import Form, incentive_return
from playbook.records.arrays import Array, Positions
from playbook.stats.trials.earlier import PLAN

COLUMNS = (
    "customer_id",
    "rank",
    "offer",
    "offer_kind",
    "channel",
    "responsible",
    "week",
    "contact_by",
    "contact_cost",
    "incentive_return",
    "incentive_stay",
    "return_probability",
    "return_probability_with_offer",
    "expected_profit",
    "expected_profit_low",
    "expected_profit_high",
    "reason",
    "first_words",
    "wave",
    "spared",
)
PILOT, LATER = "pilot", "later"
"""The waves of a plan that is to be tried small."""
DECIMALS = {"return_probability": 4, "return_probability_with_offer": 4}


def all_contacts(
    campaign: Campaign,
    form: Form,
    made: Assignment,
    last_week: Positions,
    ends: tuple[Array, Array],
    pilot: Pilot | None,
) -> pd.DataFrame:
    """Return the contacts of an assignment, by week, responsible and expected profit; see `Plan`.

    ``ends`` are the intervals of the expected profit by the addressed, as of `draws.customer_intervals`.
    """
    parts = []
    for offer in range(len(campaign.offers)):
        rows = np.flatnonzero(made.choice == offer)
        part = _contacts(campaign, form, offer, rows, made.week, last_week)
        low, high = (end[rows] for end in ends)
        parts.append(part.assign(expected_profit_low=low, expected_profit_high=high))
    contacts = pd.concat(parts, ignore_index=True).assign(wave="")
    if pilot is not None:
        now = contacts["customer_id"].isin(campaign.people.loc[pilot.drawn, "customer_id"])
        contacts["wave"] = np.where(now, PILOT, LATER)
    order = {"week": True, "responsible": True, "expected_profit": False, "rank": True}
    return contacts.sort_values([*order], ascending=[*order.values()], ignore_index=True)


def _contacts(
    campaign: Campaign, form: Form, offer: int, rows: Positions, weeks: Positions, last_week: Positions
) -> pd.DataFrame:
    """Return the contacts of one offer."""
    made, people, window = campaign.offers[offer], campaign.people.iloc[rows], campaign.window
    points = campaign.response_of(offer)
    owner = people["owner"].to_numpy(object)
    named = people["owner"].notna().to_numpy(bool) & (made.channel in NAMED)
    last_day = made.last_day or window.sunday(window.weeks)
    return pd.DataFrame(
        {
            "customer_id": people["customer_id"].to_numpy(),
            "rank": people["rank"].to_numpy(int),
            "offer": made.name,
            "offer_kind": made.kind,
            "channel": made.channel,
            "responsible": np.where(named, owner, made.responsible),
            "week": [window.monday(int(week)) for week in weeks[rows]],
            "contact_by": [min(window.sunday(int(week)), last_day) for week in last_week[rows, offer]],
            "contact_cost": made.cost,
            "incentive_return": incentive_return(made, campaign.mean_order)[rows],
            "incentive_stay": made.whole_stay,
            "return_probability": campaign.p0[rows],
            "return_probability_with_offer": campaign.chance_with(offer, form, points)[rows],
            "expected_profit": campaign.profit(offer, form, points)[rows],
            "expected_spend": campaign.spend(offer, form, points)[rows],
            "assumed": people[f"assumed_{made.channel}"].to_numpy(bool),
            "reason": people["reason"].to_numpy(object),
            "first_words": first_words(people, made, campaign.settings),
            "measured": (made.response.tested is not None) & (campaign.tested[rows, offer] >= 1),
            "beyond": campaign.tested[rows, offer] < 1,
            "spared": campaign.spared[rows],
        }
    )


def write_plan(folder: Path, contacts: pd.DataFrame) -> None:
    """Write ``plan.csv`` into a run's folder.

    UTF-8, comma, point, ISO dates; money to the cent, probabilities to four decimals. A text that a
    spreadsheet would take for a formula begins with an apostrophe.

    Parameters
    ----------
    contacts : DataFrame
        As `Plan.contacts` holds them.
    """
    sheet = contacts[list(COLUMNS)].copy()
    for column in sheet.select_dtypes("float64"):
        sheet[column] = sheet[column].round(DECIMALS.get(str(column), 2)) + 0.0
    write_sheet(sheet, folder / PLAN)
