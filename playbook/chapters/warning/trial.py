"""Chapter 05: calls left undone by chance, so that it can be seen later what the others did.

Whom a complaint or a cancellation calls for is called whatever chance says, and is no part of it.
Of the others a share is held back by their number alone: whoever is held back this week is held
back next week, and the lists of a quarter are judged together as one campaign.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.archive.sheets import write_sheet
from playbook.offers.window import Window
from playbook.records.arrays import Flags
from playbook.records.history import History
from playbook.settings.client import Settings
from playbook.stats.landmarks import describe
from playbook.stats.result import Result
from playbook.stats.trials.earlier import CALL_TRIAL

WEEKS = 13
"""Weeks of a quarter, whose calls are judged together."""
MOST_HELD_BACK = 0.5


@dataclass(frozen=True)
class CallTrial(Result):
    """Whether calls are held back, and what that could show.

    Attributes
    ----------
    campaign : str
        What the calls of this quarter are called in the contacts.
    share : float
        Share held back, 0 where nobody is.
    worth : int
        Customers worth a call today, complaints and cancellations not counted.
    held_back : float
        How many of them would be held back, were all of them on a list within the quarter, or as
        many as it has calls for.
    buyers : float or None
        How many of those order within ``days`` uncalled; None where it cannot be told.
    days, least : int
        The horizon of the measurement, and the buyers below which it gives no interval.
    verdict : str
        drawn; or why nobody is held back: nobody (is worth a call), off, unknown (their chances),
        too_few.
    enough : float or None
        The share that would be enough where it is too small; None where not even half would be.
    """

    campaign: str
    share: float
    worth: int
    held_back: float
    buyers: float | None
    days: int
    least: int
    verdict: str
    enough: float | None

    def findings(self) -> list[Finding]:
        """Return what the trial of the calls can show."""
        buyers = None if self.buyers is None else round(self.buyers, 1)
        return [
            Finding("calls_trial", self.campaign, n=self.worth, verdict=self.verdict),
            Finding("calls_trial_held_back", round(self.held_back, 1), unit="customers", n=self.worth),
            Finding("calls_trial_buyers", buyers, unit="customers"),
            Finding("calls_trial_days", self.days, unit="days"),
            Finding("calls_trial_least", self.least, unit="customers"),
            Finding("calls_trial_enough", self.enough, unit="share"),
        ]

    def draw(self, ids: pd.Series, seed: int) -> Flags:
        """Say who is held back: always the same customers, as long as the seed stays.

        Parameters
        ----------
        ids : Series
            customer_id.
        """
        if self.verdict != "drawn":
            return np.zeros(len(ids), dtype=bool)
        key = f"{seed % 10**16:016d}"
        numbers = pd.util.hash_array(ids.to_numpy(object), hash_key=key, categorize=False)
        return np.asarray(numbers < self.share * 2.0**64)


def buyers_per_return(history: History) -> float | None:
    """Return how many order within the measurement's days for one who orders within the horizon.

    Of all customers on the last past day that was followed for both; None where there is none, or
    nobody ordered.
    """
    horizon, days = history.settings.horizon_days, history.settings.measurement.horizon_days
    landmark = history.as_of - timedelta(days=max(horizon, days))
    if landmark < history.first_day:
        return None
    seen = describe(history, [landmark], horizon)
    wait = seen.loc[seen["returned"], "wait"]
    within = int((wait <= horizon).sum())
    return int((wait <= days).sum()) / within if within else None


def weigh(worth: pd.DataFrame, ratio: float | None, settings: Settings, as_of: date) -> CallTrial:
    """Say whether enough could be held back from the calls of a quarter to be of use.

    Enough are so many that the measurement could give an interval: ``measurement.least_buyers``
    expected to order among those held back. Even this is counted in favour of the trial, since not
    everybody who is worth a call today will have been on a list by the end of the quarter.

    Parameters
    ----------
    worth : DataFrame
        Whoever is worth a call and is not called by a rule, the first first: chance (of an order
        within the horizon).
    ratio : float or None
        As `buyers_per_return` returns it.
    """
    chosen, measured = settings.warning, settings.measurement
    share = settings.offers.holdout_share if chosen.holdout_share is None else chosen.holdout_share
    reached = worth.head(int(WEEKS * chosen.calls_per_week / (1 - share)))
    chance = reached["chance"].to_numpy(float)
    days, least = measured.horizon_days, measured.least_buyers
    within = np.clip(chance * (np.nan if ratio is None else ratio), 0, 1)
    known = bool(np.isfinite(within).all())
    buyers = float(share * within.sum()) if known else None
    if worth.empty:
        verdict = "nobody"
    elif not share:
        verdict = "off"
    elif buyers is None:
        verdict = "unknown"
    else:
        verdict = "drawn" if buyers >= least else "too_few"
    return CallTrial(
        campaign=campaign_of(Window(as_of, 1).start),
        share=share if verdict == "drawn" else 0.0,
        worth=len(worth),
        held_back=share * len(reached),
        buyers=buyers,
        days=days,
        least=least,
        verdict=verdict,
        enough=_enough(float(within.sum()), least) if verdict == "too_few" else None,
    )


def _enough(buyers: float, least: int) -> float | None:
    """Return the share, in whole hundredths, of which so many order; None above a half."""
    share = np.ceil(100 * least / buyers) / 100 if buyers > 0 else np.inf
    return float(share) if share <= MOST_HELD_BACK else None


def campaign_of(day: date) -> str:
    """Return what the calls of a day's quarter are called."""
    return f"Calls {day.year} Q{(day.month + 2) // 3}"


def assignment(listed: pd.DataFrame, campaign: str, monday: date, cost: float | None) -> pd.DataFrame:
    """Return the calls by which calling can be judged, made and left undone, as rows of the contacts table.

    Parameters
    ----------
    listed : DataFrame
        customer_id, held_back (bool): those on the list whom no rule calls for.
    monday : date
        First day of the week of the calls.
    cost : float or None
        Of a call.

    Returns
    -------
    DataFrame
        campaign, customer_id, contacted_at, channel, arm, offer (empty: nothing
        is offered), cost; by customer_id.
    """
    rows = pd.DataFrame(
        {
            "campaign": campaign,
            "customer_id": listed["customer_id"],
            "contacted_at": monday,
            "channel": "phone",
            "arm": np.where(listed["held_back"], "control", "treated"),
            "offer": "",
            "cost": np.where(listed["held_back"] | (cost is None), np.nan, cost or 0.0),
        }
    )
    return rows.sort_values("customer_id", ignore_index=True)


def write_assignment(folder: Path, rows: pd.DataFrame) -> None:
    """Write the arms of the calls beside the report, whole or not at all."""
    write_sheet(rows, folder / CALL_TRIAL)
