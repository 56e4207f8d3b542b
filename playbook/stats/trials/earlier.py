"""What became of the customers of earlier campaigns, by arm, and what a run keeps of it for those to come."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.archive.earlier import REMEMBERED, earlier_runs
from playbook.archive.sheets import read_sheet
from playbook.records.arrays import Array
from playbook.records.canonical import ARMS
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.stats.inactivity import inactivity
from playbook.stats.spells import spell_counts
from playbook.stats.value import MONTH_DAYS, mean_order_margin, second_life

LONGEST_DAYS = 365
"""Days after the contact up to which the value of a second life is counted, at most."""

KIND_WORDS: dict[str, str] = {
    "financial": r"%|rabatt|discount|sconto|remise|rabais|bonus|credit|gutschein|voucher|buono|bon d"
    r"|coupon|gutschrift|cashback|spar",
    "material": r"geschenk|gift|regalo|omaggio|cadeau|muster|sample|campione|échantillon|keepsake|parcel",
    "emotional": r"dank|thank|grazie|merci|apolog|entschuldig|scus|excus|anruf|call|telefon|story|besuch"
    r"|visit|personal|persönlich|gespräch",
}
"""What the name of an offer says of its kind, where client.yml does not: the first that is found."""

PLAN = "plan.csv"
"""The contacts of a plan, as `chapters.plan.plan_sheet` writes them."""

INTENDED = "held_back.csv"
ASSIGNMENT, CALL_TRIAL = "campaign.csv", "warning_trial.csv"
"""What those held back would have been offered."""

COLUMNS = (
    "campaign",
    "customer_id",
    "arm",
    "channel",
    "offer",
    "kind",
    "contacted_at",
    "returned",
    "value",
    "silence",
    "life",
    "home",
)


def assigned(history: History, sources: Sources, known: Mapping[str, str]) -> pd.DataFrame:
    """Return who was assigned to which arm of which campaign, and what became of them.

    Only campaigns of which everybody was followed for the whole horizon
    (``measurement.horizon_days``). Whoever stands in a
    campaign more than once counts from the first contact; whoever stands in both of its arms is
    left out.

    Parameters
    ----------
    known : mapping of str to str
        Kinds of offers by their names in catalogues.

    Returns
    -------
    DataFrame
        `COLUMNS`, by campaign and customer_id: arm (treated, control; rows of any other are left out),
        channel, offer (of controls what would have been, else null), kind (of the campaign's offer, see
        `kind_of`; null where it is not known), returned (an order from the day of contact to the end of the
        horizon, as `CampaignTrial.returned` counts), value (margin from the day of
        contact on, as long for the whole campaign, at most `LONGEST_DAYS` after it; the discount on
        the first order within the horizon, where list prices are known, is put back: a plan charges
        it apart), silence (days from the last order before the contact; NaN without one), life (margin
        that a second life begun unaided on the day of contact would bring in the same days; NaN where
        that is not known), home (an order within the horizon of the plan, ``horizon_days``, as far as
        it was followed).
    """
    if sources.contacts is None:
        return pd.DataFrame(columns=list(COLUMNS))
    horizon = history.settings.measurement.horizon_days
    people = _people(sources.contacts, history, horizon)
    frame: pd.DataFrame = _followed(people, history, horizon).to_pyarrow().to_pandas()
    frame = frame.sort_values(["campaign", "customer_id"], ignore_index=True)
    frame["contacted_at"] = pd.to_datetime(frame["contacted_at"])
    frame = frame.astype({"returned": bool, "home": bool, "value": float, "silence": float})
    frame = frame.assign(kind=_kinds(frame, history.settings, known), life=_lives(frame, history))
    return frame[list(COLUMNS)]


def _lives(frame: pd.DataFrame, history: History) -> Array:
    """Return what a second life of each would bring in the days over which ``value`` is counted."""
    life = second_life(history, inactivity(spell_counts(history), history.settings).days, draws=1)
    if life is None or frame.empty:
        return np.full(len(frame), np.nan)
    last = frame.groupby("campaign")["contacted_at"].transform("max")
    days = (pd.Timestamp(history.as_of) - last).dt.days.clip(upper=LONGEST_DAYS)
    return life.expected(mean_order_margin(history, frame["customer_id"]), days // MONTH_DAYS)


def kind_of(offer: str | None, settings: Settings, known: Mapping[str, str]) -> str | None:
    """Return the kind of an earlier offer: as ``offers.earlier`` in client.yml says, else a catalogue.

    Where it stands in neither, by the words of its name.
    """
    if offer is None:
        return None
    said = settings.offers.earlier.get(offer) or known.get(offer)
    if said is not None:
        return None if said == "none" else said
    return next((kind for kind, words in KIND_WORDS.items() if re.search(words, offer.lower())), None)


def _people(table: Any, history: History, horizon: int) -> Any:
    """Return one row per campaign and customer, of the campaigns that were followed long enough."""
    as_of = ibis.literal(history.as_of)
    contacts = table.filter(
        table.customer_id.notnull()
        & table.contacted_at.notnull()
        & (table.contacted_at <= as_of)
        & table.arm.isin(ARMS)
    )
    control = (contacts.arm == "control").cast("int64")
    missing = {} if "offer" in contacts.columns else {"offer": ibis.null("string")}
    contacts = contacts.mutate(control=control, **missing)
    people = contacts.group_by("campaign", "customer_id").aggregate(
        contacted_at=contacts.contacted_at.min().cast("date"),
        channel=contacts.channel.min(),
        offer=contacts.offer.min(),
        first=contacts.control.min(),
        last=contacts.control.max(),
    )
    people = people.filter(people["first"] == people["last"])
    days = as_of.delta(people.contacted_at, unit="day").min().over(group_by=people.campaign)
    people = people.mutate(
        arm=ibis.ifelse(people.last == 1, "control", "treated"), followed=ibis.least(days, LONGEST_DAYS)
    )
    return people.filter(people.followed >= horizon).drop("first", "last")


def _followed(people: Any, history: History, horizon: int) -> Any:
    """Add whether they returned, and what they brought."""
    planned, days, has = history.settings.horizon_days, history.days, "list_amount" in history.days.columns
    given = (days.list_amount - days.sale_amount) if has else ibis.literal(0)
    days = days.select("customer_id", "day", "margin", order=days.sale_lines > 0, given=given)
    joined = people.left_join(days, "customer_id")
    after = joined.day.delta(joined.contacted_at, unit="day")
    joined = joined.mutate(
        after=after,
        inside=(after >= 0) & (after <= joined.followed),
        back=ibis.ifelse(joined.order & (after >= 0) & (after <= horizon), joined.day, None),
        home=joined.order & (after >= 0) & (after <= ibis.least(joined.followed, planned)),
    )
    keys = ["campaign", "customer_id", "contacted_at", "channel", "offer", "arm"]
    first = joined.back.min().over(group_by=[joined.campaign, joined.customer_id])
    joined = joined.mutate(put_back=ibis.ifelse(joined.back == first, joined.given, 0))
    return joined.group_by(keys).aggregate(
        returned=joined.back.notnull().any(),
        home=joined.home.any(),
        silence=-joined.after.max(where=joined.order & (joined.after < 0)),
        value=(
            joined.margin.sum(where=joined.inside).fill_null(0).cast("float64")
            + joined.put_back.sum().fill_null(0).cast("float64")
        ),
    )


def _kinds(frame: pd.DataFrame, settings: Settings, known: Mapping[str, str]) -> pd.Series:
    """Return the kind of each row's offer; controls without one take that of their campaign and channel."""
    kinds = frame["offer"].map(lambda offer: kind_of(offer, settings, known))
    if frame.empty:
        return kinds
    by = [frame["campaign"], frame["channel"]]
    of_group = kinds.groupby(by).transform(lambda of: of.dropna().iloc[0] if of.notna().any() else None)
    return kinds.where((frame["arm"] == "treated") | frame["offer"].notna(), of_group)


# Kept for the next run -----------------------------------------------------------------------


def remember(folder: Path, assigned: pd.DataFrame) -> None:
    """Keep what became of earlier campaigns' customers, for runs whose exports no longer hold them.

    Parameters
    ----------
    assigned : DataFrame
        As `assigned` returns it.
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
        kept = kept[~kept["campaign"].isin(set(assigned["campaign"]))].reindex(columns=assigned.columns)
        kept["sound"] = kept["sound"].eq(True)  # those kept before campaigns were judged teach nothing
        kept["home"] = kept["home"].fillna(kept["returned"])  # nor was this kept once
        if limit is not None:
            kept = kept[kept["contacted_at"] >= pd.Timestamp(limit)]
        if len(kept):
            assigned = pd.concat([assigned, kept], ignore_index=True) if len(assigned) else kept
    return assigned.sort_values(["campaign", "customer_id"], ignore_index=True)


def read_plan(folder: Path, dates: Sequence[str] = ()) -> pd.DataFrame:
    """Read ``plan.csv`` of a run without its later wave: what is sent now.

    Texts are as they were before they were kept from being formulas.

    Parameters
    ----------
    dates : sequence of str
        Columns to read as dates; all others stay the texts that they are.
    """
    plan = read_sheet(folder / PLAN, dates)
    return plan[plan["wave"] != "later"].reset_index(drop=True) if "wave" in plan else plan


def spared(planned: pd.DataFrame) -> pd.Series:
    """Return who of a plan chance could not have held back, so that there is nobody to compare them with."""
    known = planned["spared"] if "spared" in planned else pd.Series(False, index=planned.index)
    return known.astype(bool)


def read_intended(folder: Path) -> pd.DataFrame:
    """Return ``held_back.csv`` of a report; empty where it has none."""
    path = folder / INTENDED
    if not path.is_file():
        return pd.DataFrame(columns=["customer_id", "rank", "offer", "channel", "week"])
    return read_sheet(path)
