"""The inactivity threshold by the values of a column of the customers, where that parts their rhythms.

With ``inactivity_by`` in ``client.yml`` everybody has the threshold of their value, read from its spells
alone as seen from the same day. Who has none, or one with too few spells, has that of all customers together;
a number of days in ``client.yml`` holds for all. The threshold of all stays what is compared between runs and
clients, what stands in where chapter 03 finds no cut, and what chapter 02 says of the limits of the data.
"""

from typing import Any

import ibis
import pandas as pd

from playbook.errors import SettingsError, did_you_mean
from playbook.records.history import History
from playbook.settings.client import Settings
from playbook.stats.inactivity import Inactivity, inactivity
from playbook.stats.spells import spell_counts


def values_of(history: History, column: str) -> Any:
    """Return customer_id and value (text, never null), one row per customer who has one.

    Raises
    ------
    SettingsError
        Where the customers have no such column.
    """
    known = history.known
    names = [] if known is None else [name for name in known.columns if name != "customer_id"]
    if known is None or column not in names:
        raise SettingsError(
            f"client.yml: inactivity_by names {column!r}, which the customers do not have."
            f"{did_you_mean(column, names)}"
        )
    named = known.filter(known.customer_id.notnull() & known[column].notnull())
    return named.group_by("customer_id").aggregate(value=named[column].cast("string").min())


def is_told(found: Inactivity, days: int) -> bool:
    """Whether a value's spells tell its threshold: not where a short record alone makes it sooner than all's.

    Parameters
    ----------
    days : int
        The threshold of all customers together.
    """
    return found.cut is not None and (not found.cut.still_falling or found.cut.days >= days)


def without_interval(settings: Settings) -> Settings:
    """Return settings by which a threshold is read at once, its interval not being asked for."""
    once = settings.survival.model_copy(update={"bootstrap_draws": 1})
    return settings.model_copy(update={"survival": once})


def own_counts(history: History, days: int) -> dict[str, pd.DataFrame]:
    """Return the counted spells of each value that has a threshold of its own; none where all share one.

    Parameters
    ----------
    days : int
        The threshold of all customers together.
    """
    settings = history.settings
    if settings.inactivity_by is None or settings.inactivity_days is not None:
        return {}
    counts = spell_counts(history, values_of(history, settings.inactivity_by))
    parts, once = counts.groupby("value"), without_interval(settings)
    return {str(value): part for value, part in parts if is_told(inactivity(part, once), days)}


def with_own_days(people: Any, history: History, days: int) -> Any:
    """Add ``inactivity_days`` to a table with customer_id: after how much silence each counts as lapsed."""
    own = {value: {"inactivity_days": number} for value, number in _own(history, days).items()}
    return with_numbers(people, history, own, {"inactivity_days": days})


def with_numbers(
    people: Any, history: History, own: dict[str, dict[str, int]], for_all: dict[str, int]
) -> Any:
    """Add numbers by value to a table with customer_id; ``for_all`` names them, for whoever has none."""
    column = history.settings.inactivity_by
    if column is None or not own:
        return people.mutate(**{name: ibis.literal(number, "int32") for name, number in for_all.items()})
    frame = pd.DataFrame([{"value": value, **numbers} for value, numbers in own.items()])
    theirs = values_of(history, column).inner_join(ibis.memtable(frame), "value")
    theirs = theirs.select("customer_id", **{name: theirs[name].cast("int32") for name in for_all})
    joined = people.left_join(theirs, "customer_id").drop("customer_id_right")
    return joined.mutate(**{name: joined[name].fill_null(number) for name, number in for_all.items()})


def own_days(customers: pd.Series, history: History, days: int) -> pd.Series:
    """Return after how much silence each counts as lapsed, aligned with a column of customer_id."""
    own, column = _own(history, days), history.settings.inactivity_by
    if column is None or not own:
        return pd.Series(days, index=customers.index, dtype="int64")
    values = values_of(history, column).to_pyarrow().to_pandas().set_index("customer_id")["value"]
    return customers.map(values).map(own).fillna(days).astype("int64")


def _own(history: History, days: int) -> dict[str, int]:
    counts = own_counts(history, days)
    settings = without_interval(history.settings)
    return {value: inactivity(part, settings).days for value, part in counts.items()}
