"""``plan.csv``: the plan as a call centre and a mailing house read it."""

from pathlib import Path
from typing import Any

import pandas as pd

from playbook.stats.trials.earlier import FORMULA_SIGNS, PLAN

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
    write_sheet(sheet, folder / PLAN, encoding="utf-8", lineterminator="\n")


def write_sheet(frame: pd.DataFrame, path: Path, **form: Any) -> None:
    """Write a file whole or not at all, without a text that a spreadsheet takes for a formula."""
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    sheet = frame.assign(**{str(name): frame[name].map(_as_text) for name in texts})
    partial = path.with_suffix(".partial")
    sheet.to_csv(partial, index=False, **form)
    partial.replace(path)


def _as_text(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell
