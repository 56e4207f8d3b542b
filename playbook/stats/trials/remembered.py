"""What a run keeps of its campaigns for the runs that follow."""

from pathlib import Path

import pandas as pd

from playbook.archive.earlier import REMEMBERED, earlier_runs
from playbook.records.history import History

INTENDED = "held_back.csv"


def remember(folder: Path, assigned: pd.DataFrame) -> None:
    """Keep what became of earlier campaigns' customers, for runs whose exports no longer hold them.

    Parameters
    ----------
    assigned : DataFrame
        As `earlier_campaigns.assigned` returns it.
    """
    assigned.to_parquet(folder / REMEMBERED, index=False)


def with_remembered(assigned: pd.DataFrame, home: Path, history: History) -> pd.DataFrame:
    """Add the campaigns that an earlier run measured and the client's contacts no longer hold."""
    limit = history.settings.forget_before
    for run in reversed(earlier_runs(home, history.as_of)):
        path = run.folder / REMEMBERED
        if not path.is_file():
            continue
        kept = pd.read_parquet(path)
        kept = kept[~kept["campaign"].isin(set(assigned["campaign"]))]
        if limit is not None:
            kept = kept[kept["contacted_at"] >= pd.Timestamp(limit)]
        if len(kept):
            assigned = pd.concat([assigned, kept], ignore_index=True) if len(assigned) else kept
    return assigned.sort_values(["campaign", "customer_id"], ignore_index=True)


def read_intended(folder: Path) -> pd.DataFrame:
    """Return ``held_back.csv`` of a report; empty where it has none."""
    path = folder / INTENDED
    if not path.is_file():
        return pd.DataFrame(columns=["customer_id", "rank", "offer", "channel", "week"])
    return pd.read_csv(path, dtype={"customer_id": str})
