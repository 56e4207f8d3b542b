"""What `consent` allows, beside what else is known that changes whether and how somebody is contacted."""

from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import Flags
from playbook.records.consent import MAY_BE_CONTACTED, consents_of, known_customers
from playbook.records.same_person import Everybody, everybody
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS


def reach(customers: pd.DataFrame, sources: Sources | None, settings: Settings, as_of: date) -> pd.DataFrame:
    """Say for every customer which channels are allowed.

    The rules are those of `consents_of`: ``allowed`` and ``assumed`` may be contacted, nobody else.

    Parameters
    ----------
    customers : DataFrame
        customer_id, last_order.

    Returns
    -------
    DataFrame
        The same rows: for each of `CHANNELS` whether it is allowed (bool, ``may_``...) and
        whether that rests on the assumption (``assumed_``...), and why (``consent_``..., see
        `consents_of`); language, where the client has it; complaint (an unsolved one) and cancellation
        (announced since the last order), bool, neither older than ``offers.complaint_days`` and
        ``offers.cancellation_days``, with the day on which that was said (complaint_on,
        cancellation_on); lost_for_good (bool: cancelled for a reason that no offer changes); owner, None
        where there is none; contacted_recently (bool: within ``rest_days``, or as often as
        ``most_contacts`` allows);
        person (int, the same for all numbers of one person). Refusals and contacts of one number of a person
        hold for all of them.
    """
    ids = pd.Index(customers["customer_id"])
    contacted = _contacted(sources, settings, as_of)
    who = everybody(ids, sources)
    known = known_customers(sources, {"cancelled_on": "max", "owner": "min", "language": "min"}).reindex(ids)
    happened = _last_events(sources, as_of).reindex(ids)
    found = pd.DataFrame({"customer_id": ids})
    why = consents_of(who, sources, settings)
    for channel in CHANNELS:
        reason = why[f"consent_{channel}"]
        found[f"may_{channel}"] = reason.isin(MAY_BE_CONTACTED)
        found[f"assumed_{channel}"] = reason == "assumed"
        found[f"consent_{channel}"] = reason
    found["lost_for_good"] = (why[f"consent_{CHANNELS[0]}"] == "lost_for_good").to_numpy(bool)
    unsolved = ~(happened["complaint_solved"] >= happened["complaint"])
    lately = _within(happened["complaint"], as_of, settings.offers.complaint_days)
    complained = happened["complaint"].where(lately & unsolved)
    announced = happened["cancellation"]
    announced = announced.where(_within(announced, as_of, settings.offers.cancellation_days))
    found["complaint"] = complained.notna().to_numpy(bool)
    found["cancellation"] = _cancelled(customers, known, announced, as_of)
    found["complaint_on"] = complained.to_numpy()
    found["cancellation_on"] = announced.where(found["cancellation"].to_numpy()).to_numpy()
    found["contacted_recently"] = _left_in_peace(who, contacted, settings)
    found["person"] = who.person[: who.asked]
    if "language" in known:
        found["language"] = known["language"].to_numpy(object)
    owner = known["owner"] if "owner" in known else pd.Series(None, ids, dtype=object)
    found["owner"] = owner.astype(object).mask(owner.isna(), None).to_numpy(object)
    return found


def _within(happened: pd.Series, as_of: date, days: int) -> pd.Series:
    """Whether something happened in so many days up to the as-of date."""
    lately: pd.Series = (pd.Timestamp(as_of) - pd.to_datetime(happened)).dt.days <= days
    return lately


def _cancelled(customers: pd.DataFrame, known: pd.DataFrame, happened: pd.Series, as_of: date) -> Any:
    """Whether a cancellation was announced on or after the day of the last order, or is still to come.

    Parameters
    ----------
    happened : Series
        The day of the last announcement, aligned with ``customers``; NaT without one.
    """
    last = pd.to_datetime(customers["last_order"]).to_numpy()
    announced = (happened >= last).to_numpy(bool)
    if "cancelled_on" in known:
        day = pd.to_datetime(known["cancelled_on"])
        announced |= ((day >= last) & (day >= pd.Timestamp(as_of))).to_numpy(bool)
    return announced


def _left_in_peace(who: Everybody, made: pd.DataFrame, settings: Settings) -> Flags:
    """Say for each number asked for whether its person was contacted lately, and is left in peace for now."""
    by_person = made.groupby(who.refusing[who.ids.get_indexer(pd.Index(made["customer_id"]))])
    often = by_person["often"].sum() >= (settings.offers.most_contacts or float("inf"))
    resting = often | (by_person["last"].min() < settings.offers.rest_days)
    return np.isin(who.refusing[: who.asked], resting.index[resting])


def _contacted(sources: Sources | None, settings: Settings, as_of: date) -> pd.DataFrame:
    """Return customer_id; days since the last contact, and how many there were within ``pressure_days``.

    The control groups of earlier campaigns were not contacted.
    """
    table = sources.contacts if sources else None
    if table is None:
        return pd.DataFrame({"customer_id": pd.Series(dtype=object), "last": [], "often": []})
    today = ibis.literal(as_of)
    left_alone = (table.arm.lower() == "control").fill_null(False)
    made = table.filter(table.customer_id.notnull() & ~left_alone & (table.contacted_at <= today))
    ago = today.delta(made.contacted_at, unit="day")
    counted = made.group_by("customer_id").aggregate(
        last=ago.min(), often=(ago < settings.offers.pressure_days).cast("int64").sum()
    )
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame


def _last_events(sources: Sources | None, as_of: date) -> pd.DataFrame:
    """Return the last day of each kind of event, up to the as-of date, one row per customer_id."""
    kinds = ("complaint", "complaint_solved", "cancellation")
    table = sources.events if sources else None
    if table is None:
        empty = pd.Series(dtype="datetime64[ns]")
        return pd.DataFrame(dict.fromkeys(kinds, empty), index=pd.Index([], name="customer_id"))
    seen = table.filter(table.customer_id.notnull() & (table.happened_at <= ibis.literal(as_of)))
    measures = {kind: ibis.ifelse(seen.kind == kind, seen.happened_at, None).max() for kind in kinds}
    frame: pd.DataFrame = seen.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    days: pd.DataFrame = frame.set_index("customer_id").apply(pd.to_datetime)
    return days
