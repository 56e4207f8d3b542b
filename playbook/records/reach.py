"""What `consent` allows, beside what else is known that changes whether and how somebody is contacted."""

from datetime import date
from typing import Any

import ibis
import pandas as pd

from playbook.records.consent import MAY_BE_CONTACTED, consents, known_customers
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS


def reach(customers: pd.DataFrame, sources: Sources | None, settings: Settings, as_of: date) -> pd.DataFrame:
    """Say for every customer which channels are allowed.

    The rules are those of `consents`: ``allowed`` and ``assumed`` may be contacted, nobody else.

    Parameters
    ----------
    customers : DataFrame
        customer_id, last_order.

    Returns
    -------
    DataFrame
        The same rows: for each of `CHANNELS` whether it is allowed (bool, ``may_``...) and
        whether that rests on the assumption (``assumed_``...), and why (``consent_``..., see
        `consents`); language, where the client has it; complaint (an unsolved one) and cancellation
        (announced since the last order), bool, neither older than ``offers.complaint_days`` and
        ``offers.cancellation_days``, with the day on which that was said (complaint_on,
        cancellation_on); owner, None where there is none; contacted_recently (bool: within ``rest_days``, or
        as often as ``most_contacts`` allows).
    """
    ids = pd.Index(customers["customer_id"])
    known = known_customers(sources, {"cancelled_on": "max", "owner": "min", "language": "min"}).reindex(ids)
    happened = _last_events(sources, as_of).reindex(ids)
    found = pd.DataFrame({"customer_id": ids})
    why = consents(customers["customer_id"], sources, settings, as_of)
    for channel in CHANNELS:
        reason = why[f"consent_{channel}"]
        found[f"may_{channel}"] = reason.isin(MAY_BE_CONTACTED)
        found[f"assumed_{channel}"] = reason == "assumed"
        found[f"consent_{channel}"] = reason
    unsolved = ~(happened["complaint_solved"] >= happened["complaint"])
    lately = _within(happened["complaint"], as_of, settings.offers.complaint_days)
    complained = happened["complaint"].where(lately & unsolved)
    announced = happened["cancellation"]
    announced = announced.where(_within(announced, as_of, settings.offers.cancellation_days))
    found["complaint"] = complained.notna().to_numpy(bool)
    found["cancellation"] = _cancelled(customers, known, announced, as_of)
    found["complaint_on"] = complained.to_numpy()
    found["cancellation_on"] = announced.where(found["cancellation"].to_numpy()).to_numpy()
    resting = _left_in_peace(sources, settings, as_of).reindex(ids, fill_value=False)
    found["contacted_recently"] = resting.to_numpy(bool)
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


def _left_in_peace(sources: Sources | None, settings: Settings, as_of: date) -> pd.Series:
    """Return, by customer_id of those contacted lately, whether they are left in peace for now.

    The control groups of earlier campaigns were not contacted.
    """
    table, chosen = sources.contacts if sources else None, settings.offers
    if table is None:
        return pd.Series(dtype=bool)
    today = ibis.literal(as_of)
    made = table.filter(
        table.customer_id.notnull() & (table.arm.lower() != "control") & (table.contacted_at <= today)
    )
    ago = today.delta(made.contacted_at, unit="day")
    counted = made.group_by("customer_id").aggregate(
        last=ago.min(), often=(ago < chosen.pressure_days).cast("int64").sum()
    )
    frame = counted.to_pyarrow().to_pandas().set_index("customer_id")
    often = frame["often"] >= (chosen.most_contacts or float("inf"))
    return pd.Series((frame["last"] < chosen.rest_days) | often, dtype=bool)


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
