"""``plan.csv``: the plan as a call centre and a mailing house read it."""

from pathlib import Path

import pandas as pd

from playbook.archive.sheets import write_sheet
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
)
DECIMALS = {"return_probability": 4, "return_probability_with_offer": 4}


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
