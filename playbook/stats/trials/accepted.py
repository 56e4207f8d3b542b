"""Which campaigns teach: those that chapter 08 accepts, and whose arms were drawn by chance."""

import re
from typing import Any

import pandas as pd

from playbook.records.history import History, customers
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.stats.trials.data import incentives_of, read_trials
from playbook.stats.trials.measure import Measured, measure
from playbook.stats.trials.trust import Cell

OWN = re.compile(r"Plan \d{4}-\d\d-\d\d|Calls \d{4} Q[1-4]")
"""How ``campaign.csv`` and ``warning_trial.csv`` call the campaigns whose arms the playbook drew."""
FAILED = ("does_not", "backfires_later")


def by_chance(campaign: str, settings: Settings) -> bool:
    """Whether a campaign's arms are known to have been drawn by chance."""
    return bool(OWN.fullmatch(campaign)) or campaign in settings.measurement.randomised


def with_verdicts(earlier: pd.DataFrame, history: History, sources: Sources, offers: Any) -> pd.DataFrame:
    """Add what chapter 08 says of each row's campaign, or of its arm where there are several.

    Returns
    -------
    DataFrame
        As `earlier.assigned` returns it, with sound (bool: treated and held back can be compared, and
        nothing says that chance did not draw them) and verdict (of `verdicts.judge`; None: no verdict).
    """
    settings = history.settings
    people = customers(history)[["customer_id"]]
    rules = settings.measurement.model_copy(update={"bootstrap_draws": 0})
    trials = read_trials(history, sources, people, incentives_of(settings, offers))
    judged = [_rows(measure(trial, rules, settings.seed)) for trial in trials]
    known = pd.concat(judged) if judged else pd.DataFrame(columns=["campaign", "customer_id"])
    rows = earlier.merge(known, on=["campaign", "customer_id"], how="left")
    rows = rows.reindex(columns=[*earlier.columns, "sound", "verdict"])
    return rows.assign(sound=rows["sound"].eq(True), verdict=rows["verdict"].astype(object))


def _rows(measured: Measured) -> pd.DataFrame:
    """Return campaign, customer_id, sound and verdict of everybody assigned."""
    people = measured.trial.people
    rows = pd.DataFrame(
        {
            "campaign": measured.trial.campaign,
            "customer_id": people["customer_id"],
            "sound": bool(measured.whole.effects),
            "verdict": measured.judgement.verdict,
        }
    )
    for name, arm in measured.arms.items():
        of = (people["arm"] == name).to_numpy()
        rows.loc[of, "sound"] &= arm.judgement.reason != "arms_differ"
        rows.loc[of, "verdict"] = arm.judgement.verdict
    return rows


def failures(lessons: pd.DataFrame) -> dict[Cell, tuple[str, str]]:
    """Return the campaign and the verdict by kind and channel, where the last verdict is a failure.

    A kind that failed by one channel has failed by all, (kind, ""), but where it works.

    Parameters
    ----------
    lessons : DataFrame
        As `with_verdicts` returns it: the campaigns that teach.
    """
    known = lessons[(lessons["arm"] == "treated") & lessons["verdict"].isin(["works", *FAILED])]
    starts = known.groupby("campaign")["contacted_at"].transform("min")
    known = known.assign(start=starts, works=known["verdict"] == "works")
    known = known.sort_values(["start", "works"], kind="stable").dropna(subset=["kind", "channel"])
    last = known.drop_duplicates(["kind", "channel"], keep="last")
    found: dict[Cell, tuple[str, str]] = {}
    for row in last.to_dict("records"):
        if not row["works"]:
            what = (str(row["campaign"]), str(row["verdict"]))
            found[row["kind"], row["channel"]] = found[row["kind"], ""] = what
    works = last[last["works"]]
    return found | {
        (kind, channel): ("", "works") for kind, channel in zip(works["kind"], works["channel"], strict=True)
    }
