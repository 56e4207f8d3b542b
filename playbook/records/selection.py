"""Who may be addressed: the client's own selection, over the labels lapsed and occasional.

And whom no offer wins.
"""

from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.errors import SettingsError, did_you_mean
from playbook.records.arrays import Flags
from playbook.records.canonical import is_any_of
from playbook.records.same_person import labelled
from playbook.records.sources import Sources
from playbook.settings.client import Range, SelectionRule, Settings


def selected(customers: pd.DataFrame, settings: Settings, as_of: date) -> Flags:
    """Return who may be addressed.

    Without a selection in the settings: the lapsed. With one: whoever fits any of its rules,
    whatever the labels lapsed and occasional say.

    Parameters
    ----------
    customers : DataFrame
        orders, first_order, last_order, lapsed, and the columns that ``where`` names.
    as_of : date
        Months are counted back from here, in calendar months.

    Raises
    ------
    SettingsError
        Where a rule names a column that the customers do not have.
    """
    if settings.selection is None:
        return customers["lapsed"].to_numpy(bool)
    chosen = np.zeros(len(customers), dtype=bool)
    for rule in settings.selection:
        chosen |= _fits(customers, rule, as_of)
    return chosen


def _fits(customers: pd.DataFrame, rule: SelectionRule, as_of: date) -> Flags:
    fits = np.ones(len(customers), dtype=bool)
    if rule.orders:
        fits &= _within(customers["orders"], rule.orders)
    if rule.first_order_months_ago:
        fits &= _months_ago(customers["first_order"], rule.first_order_months_ago, as_of)
    if rule.last_order_months_ago:
        fits &= _months_ago(customers["last_order"], rule.last_order_months_ago, as_of)
    for column, wanted in rule.where.items():
        fits &= _equals(customers, column, wanted)
    return fits


def _within(values: pd.Series, limits: Range) -> Flags:
    low = -np.inf if limits.min is None else limits.min
    high = np.inf if limits.max is None else limits.max
    return values.between(low, high).to_numpy(bool)


def _months_ago(days: pd.Series, limits: Range, as_of: date) -> Flags:
    """Whether a day lies between ``min`` and ``max`` months back, both days included."""
    moments, today = pd.to_datetime(days), pd.Timestamp(as_of)
    fits = moments.notna()
    if limits.min is not None:
        fits &= moments <= today - pd.DateOffset(months=int(limits.min))
    if limits.max is not None:
        fits &= moments >= today - pd.DateOffset(months=int(limits.max))
    return fits.to_numpy(bool)


def _equals(customers: pd.DataFrame, column: str, wanted: Any) -> Flags:
    if column not in customers:
        raise SettingsError(
            f"client.yml: selection.where names {column!r}, which the customers do not have."
            f"{did_you_mean(column, customers.columns)}"
        )
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    return customers[column].isin(values).to_numpy(bool)


# Whom no offer wins --------------------------------------------------------------------------


def given_reasons(sources: Sources | None) -> Any:
    """Return customer_id and reason of each cancellation that says why; None where no column could.

    That is ``cancel_reason`` of the customers, and ``detail`` of events of the kind cancellation.
    """
    customers, events = (sources.customers, sources.events) if sources else (None, None)
    parts = []
    if customers is not None and "cancel_reason" in customers.columns:
        parts.append(labelled(customers).select("customer_id", reason="cancel_reason"))
    if events is not None and "detail" in events.columns:
        parts.append(events.filter(events.kind == "cancellation").select("customer_id", reason="detail"))
    given = ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None
    return None if given is None else given.filter(given.customer_id.notnull() & given.reason.notnull())


def lost_for_good(sources: Sources | None, settings: Settings) -> list[str]:
    """Return the customer_ids that gave a reason of ``offers.lost_for_good``, whenever that was."""
    given = given_reasons(sources) if settings.offers.lost_for_good else None
    if given is None:
        return []
    ids: list[str] = (
        given.filter(is_any_of(given.reason, settings.offers.lost_for_good))
        .select("customer_id")
        .distinct()
        .to_pyarrow()["customer_id"]
        .to_pylist()
    )
    return ids
