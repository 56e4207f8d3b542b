"""Who may be contacted by which channel, and why: per customer and channel, one reason."""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import Flags
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS
from playbook.show.display import Column, Table
from playbook.show.words import Words

REASONS = ("suppressed", "refused", "no_address", "allowed", "assumed", "not_asked")
"""The first that applies."""
MAY_BE_CONTACTED = ("allowed", "assumed")
"""The only reasons with which a customer may be contacted."""

ADDRESS = {"email": "email", "phone": "phone", "letter": "address"}
"""The column that a channel needs, where the client has it."""


def consents(
    ids: Sequence[str] | pd.Series, sources: Sources | None, settings: Settings, as_of: date
) -> pd.DataFrame:
    """Say for every customer and channel whether contact is allowed, and why.

    Whoever is on the suppression list is not contacted by any channel. An explicit no is a no, and
    so is an unsubscription for e-mail; where rows of the same customer contradict each other, the
    no stands. Where nobody asked, the channel is used only if ``consent.assumed`` names it. Nobody
    is reached by a channel whose address is known to be missing. What stood in a row that could not
    be read may have been a no: see `_lost`.

    Returns
    -------
    DataFrame
        customer_id, in the order given; for each of `CHANNELS` one of `REASONS` (``consent_``...).
    """
    index = pd.Index(ids, name="customer_id")
    kept = {f"may_{channel}": "all" for channel in CHANNELS} | dict.fromkeys(ADDRESS.values(), "max")
    known = known_customers(sources, kept).reindex(index)
    suppressed = index.isin(list(suppressed_ids(sources)) if sources else [])
    unsubscribed = index.isin(_unsubscribed(sources, as_of))
    nobody = np.zeros(len(index), dtype=bool)
    in_lost_row, not_assumed = _lost(index, sources)
    found = pd.DataFrame({"customer_id": index})
    for channel in CHANNELS:
        name, address = f"may_{channel}", ADDRESS.get(channel)
        said = (known[name] if name in known else pd.Series(None, index, dtype="boolean")).astype("boolean")
        no = in_lost_row | (unsubscribed if channel == "email" else nobody)
        applies = {
            "suppressed": suppressed,
            "refused": no | ~said.fillna(True).to_numpy(bool),
            "no_address": known[address].isna().to_numpy(bool) if address in known else nobody,
            "allowed": said.fillna(False).to_numpy(bool),
            "assumed": ~not_assumed & (channel in settings.consent.assumed),
        }
        *reasons, otherwise = REASONS
        first = np.select([applies[reason] for reason in reasons], reasons, otherwise)
        found[f"consent_{channel}"] = first.astype(object)
    return found


def _lost(index: pd.Index, sources: Sources | None) -> tuple[Flags, Flags]:
    """Return who stands in a row that could not be read or is left out, and for whom nothing may be assumed.

    A row of customers or events that could not be read may have held a no: whoever it names counts as
    having refused. It may name nobody, or the wrong one where a field slipped. So while a row of customers
    is lost, nothing is assumed for those without a readable one; and for nobody at all while an event is
    lost whose customer is not known, since it may be an unsubscription.
    """
    lost = sources.lost if sources else {}
    events = lost.get("events", frozenset())
    named = lost.get("customers", frozenset()) | events
    refused = named | sources.ruled_out if sources else named
    not_assumed = np.full(len(index), not events <= set(index))
    if sources and sources.customers is not None and "customers" in lost:
        readable = sources.customers.select("customer_id").distinct().to_pyarrow()["customer_id"].to_pylist()
        not_assumed |= ~index.isin(readable)
    return index.isin(list(refused)), not_assumed


def known_customers(sources: Sources | None, kept: Mapping[str, str]) -> pd.DataFrame:
    """Return columns of the client's table of customers, one row per customer_id.

    Parameters
    ----------
    kept : mapping
        Column to what is kept where a customer has several rows: min, max, or all, which is a yes
        only where no row says no. Columns that the client does not have are left out.
    """
    table = sources.customers if sources else None
    there = [] if table is None else [name for name in kept if name in table.columns]
    if table is None or not there:
        return pd.DataFrame(index=pd.Index([], name="customer_id"))
    known = table.filter(table.customer_id.notnull())
    measures = {name: getattr(known[name], kept[name])() for name in there}
    frame: pd.DataFrame = known.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    return frame.set_index("customer_id")


def suppressed_ids(sources: Sources) -> set[str]:
    """Return the ids of the suppression list, and those of the customers named by e-mail address."""
    return set(sources.suppressed.ids) | set(suppressed_addresses(sources)["customer_id"])


def suppressed_addresses(sources: Sources) -> pd.DataFrame:
    """Return customer_id and address (lower case) of the customers named by their e-mail address."""
    emails, table = sources.suppressed.emails, sources.customers
    if not emails or table is None or "email" not in table.columns:
        return pd.DataFrame({"customer_id": [], "address": []}, dtype=object)
    named = table.select("customer_id", address=table.email.lower())
    named = named.filter(named.customer_id.notnull() & named.address.isin(sorted(emails)))
    frame: pd.DataFrame = named.distinct().order_by(["customer_id", "address"]).to_pyarrow().to_pandas()
    return frame


def consent_table(found: pd.DataFrame, words: Words) -> Table:
    """Count customers by channel and reason."""
    say = words.say
    names = {
        "allowed": say("allowed"),
        "assumed": say("assumed: nobody asked, client.yml assumes it"),
        "not_asked": say("not asked, so not contacted"),
        "refused": say("refused"),
        "no_address": say("allowed or not, but no address"),
        "suppressed": say("on the suppression list"),
    }
    columns: dict[str, Column] = {
        "reason": "",
        "visit": (say("visit"), "number"),
        "phone": (say("telephone"), "number"),
        "letter": (say("letter"), "number"),
        "email": (say("e-mail"), "number"),
    }
    counts = {channel: found[f"consent_{channel}"].value_counts() for channel in CHANNELS}
    rows = [
        {"reason": name, **{channel: int(counts[channel].get(reason, 0)) for channel in CHANNELS}}
        for reason, name in names.items()
    ]
    frame = pd.DataFrame(rows)
    frame = frame[frame[list(CHANNELS)].any(axis=1)].reset_index(drop=True)
    caption = say("Customers by whether they may be contacted, and why")
    return Table(frame, caption, words, columns=columns)


def _unsubscribed(sources: Sources | None, as_of: date) -> list[str]:
    table = sources.events if sources else None
    if table is None:
        return []
    gone = table.filter(
        (table.kind == "unsubscribe")
        & table.customer_id.notnull()
        & (table.happened_at <= ibis.literal(as_of))
    )
    ids: list[str] = gone.select("customer_id").distinct().to_pyarrow()["customer_id"].to_pylist()
    return ids
