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
    write_sheet(sheet, folder / "plan.csv", encoding="utf-8", lineterminator="\n")


def read_plan(folder: Path) -> pd.DataFrame:
    """Read ``plan.csv`` of a run, texts as they were before they were kept from being formulas."""
    dates = ["week", "contact_by"]
    plan = pd.read_csv(folder / "plan.csv", dtype={"customer_id": str}, parse_dates=dates)
    for column in ("customer_id", "offer", "responsible", "reason", "first_words"):
        plan[column] = plan[column].map(_as_it_was)
    return plan


def write_sheet(frame: pd.DataFrame, path: Path, **form: Any) -> None:
    """Write a file whole or not at all, without a text that a spreadsheet takes for a formula."""
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    sheet = frame.assign(**{str(name): frame[name].map(_as_text) for name in texts})
    partial = path.with_suffix(".partial")
    sheet.to_csv(partial, index=False, **form)
    partial.replace(path)


def _as_text(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell


def _as_it_was(cell: Any) -> Any:
    guarded = isinstance(cell, str) and cell.startswith(tuple(f"'{sign}" for sign in FORMULA_SIGNS))
    return cell[1:] if guarded else cell
