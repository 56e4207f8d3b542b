"""``plan.csv``: the plan as a call centre and a mailing house read it."""

from pathlib import Path
from typing import Any

import pandas as pd

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
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_plan(folder: Path, contacts: pd.DataFrame) -> None:
    """Write ``plan.csv`` into a run's folder, whole or not at all.

    UTF-8, comma, point, ISO dates; money to the cent, probabilities to four decimals. A text that a
    spreadsheet would take for a formula begins with an apostrophe.

    Parameters
    ----------
    contacts : DataFrame
        As `offers.Plan.contacts` holds them.
    """
    sheet = contacts[list(COLUMNS)].copy()
    for column in COLUMNS:
        if pd.api.types.is_float_dtype(sheet[column]):
            sheet[column] = sheet[column].round(DECIMALS.get(column, 2)) + 0.0
        elif not pd.api.types.is_numeric_dtype(sheet[column]):
            sheet[column] = sheet[column].map(as_text)
    partial = folder / "plan.partial"
    sheet.to_csv(partial, index=False, encoding="utf-8", lineterminator="\n")
    partial.replace(folder / "plan.csv")


def read_plan(folder: Path) -> pd.DataFrame:
    """Read ``plan.csv`` of a run, texts as they were before they were kept from being formulas."""
    dates = ["week", "contact_by"]
    plan = pd.read_csv(folder / "plan.csv", dtype={"customer_id": str}, parse_dates=dates)
    for column in ("customer_id", "offer", "responsible", "reason", "first_words"):
        plan[column] = plan[column].map(_as_it_was)
    return plan


def _as_it_was(cell: Any) -> Any:
    guarded = isinstance(cell, str) and cell.startswith(tuple(f"'{sign}" for sign in FORMULA_SIGNS))
    return cell[1:] if guarded else cell


def as_text(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell
