"""Who may be contacted by which channel, and why: per customer and channel, one reason."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from playbook.records.arrays import Flags
from playbook.records.canonical import REFUSING
from playbook.records.same_person import Everybody, everybody, labelled
from playbook.records.selection import lost_for_good
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS
from playbook.show.display import Column, Table
from playbook.show.words import Words

REASONS = ("lost_for_good", "suppressed", "refused", "no_address", "allowed", "assumed", "not_asked")
"""The first that applies."""
MAY_BE_CONTACTED = ("allowed", "assumed")
"""The only reasons with which a customer may be contacted."""

ADDRESS = {"email": "email", "phone": "phone", "letter": "address"}
"""The column that a channel needs, where the client has it."""


def without_addresses(sources: Sources | None) -> tuple[str, ...]:
    """Return the channels whose addresses are in no column of the client's."""
    columns = sources.customers.columns if sources and sources.customers is not None else ()
    return tuple(channel for channel, column in ADDRESS.items() if column not in columns)


def consents(ids: Iterable[str], sources: Sources | None, settings: Settings) -> pd.DataFrame:
    """Say for every customer and channel whether contact is allowed, and why; see `consents_of`."""
    return consents_of(everybody(ids, sources), sources, settings)


def consents_of(who: Everybody, sources: Sources | None, settings: Settings) -> pd.DataFrame:
    """Say for every customer and channel whether contact is allowed, and why.

    A refusal holds for all numbers of a person: an explicit no, a line of the suppression list, an event
    that is a refusal, whatever its day, and a row that could not be read, since it may have been one. A yes
    holds for its number alone, and where rows of it contradict each other, the no stands. Where nobody
    asked, the channel is used only if ``consent.assumed`` names it, and never while answers may be lost:
    see `_not_assumed`. Nobody is reached by a channel whose address is known to be missing, or who left
    for a reason of ``offers.lost_for_good``, under any number.

    Parameters
    ----------
    who : Everybody
        Those asked for, and everybody else who may be the same person.

    Returns
    -------
    DataFrame
        customer_id, in the order given; for each of `CHANNELS` one of `REASONS` (``consent_``...).
    """
    kept = {f"may_{channel}": "all" for channel in CHANNELS} | dict.fromkeys(ADDRESS.values(), "max")
    known = known_customers(sources, kept).reindex(who.ids)
    index = who.ids[: who.asked]
    nobody = np.zeros(len(index), dtype=bool)
    suppressed = who.any_of(who.holding(suppressed_identifiers(sources)))
    beyond = who.any_of(who.ids.isin(lost_for_good(sources, settings)))
    lost = who.any_of(who.holding(_named_in_lost_rows(sources)))
    events, not_assumed = _refusing_events(sources), _not_assumed(who, sources)
    found = pd.DataFrame({"customer_id": index})
    for channel in CHANNELS:
        name, address = f"may_{channel}", ADDRESS.get(channel)
        said = (known[name] if name in known else pd.Series(None, who.ids, dtype="boolean")).astype("boolean")
        gone = {one for kind, ids in events.items() if name in REFUSING[kind] for one in ids}
        no = ~said.fillna(True).to_numpy(bool) | who.ids.isin(gone - {None})
        own = said.iloc[: who.asked]
        applies = {
            "lost_for_good": beyond,
            "suppressed": suppressed,
            "refused": lost | who.any_of(no),
            "no_address": known[address].isna().to_numpy(bool)[: who.asked] if address in known else nobody,
            "allowed": own.fillna(False).to_numpy(bool),
            "assumed": ~not_assumed & (None not in gone) & (channel in settings.consent.assumed),
        }
        *reasons, otherwise = REASONS
        first = np.select([applies[reason] for reason in reasons], reasons, otherwise)
        found[f"consent_{channel}"] = first.astype(object)
    return found


def suppressed_identifiers(sources: Sources | None) -> frozenset[str]:
    """Return every identifier that the suppression list may name."""
    return frozenset().union(*sources.suppressed.lines.values()) if sources else frozenset()


def _named_in_lost_rows(sources: Sources | None) -> frozenset[str]:
    """Return the identifiers in rows that could not be read, and of `Sources.ruled_out`."""
    if sources is None:
        return frozenset()
    return sources.ruled_out.union(*sources.lost.get("customers", ()), *sources.lost.get("events", ()))


def _not_assumed(who: Everybody, sources: Sources | None) -> Flags:
    """Return for whom nothing may be assumed, since an answer may be lost.

    A row that could not be read, or without a number, may name nobody, or the wrong one where a field
    slipped. So while there is such a row of customers, nothing is assumed for those without a readable one;
    and for nobody at all while an event is lost whose customer is not known: it may be a refusal.
    """
    index = who.ids[: who.asked]
    if sources is None:
        return np.zeros(len(index), dtype=bool)
    held = set(who.held["identifier"])
    not_assumed = np.full(len(index), any(row.isdisjoint(held) for row in sources.lost.get("events", ())))
    if sources.customers is not None:
        numbers = sources.customers.select("customer_id").distinct().to_pyarrow()["customer_id"].to_pylist()
        if "customers" in sources.lost or None in numbers:
            not_assumed |= ~index.isin(numbers)
    return not_assumed


def known_customers(sources: Sources | None, kept: Mapping[str, str]) -> pd.DataFrame:
    """Return columns of the client's table of customers, one row per customer_id (see `labelled`).

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
    known = labelled(table)
    measures = {name: getattr(known[name], kept[name])() for name in there}
    frame: pd.DataFrame = known.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    return frame.set_index("customer_id")


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
        "lost_for_good": say("cancelled for a reason that no offer changes"),
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
    return Table(frame, caption, words, columns=columns, bars=CHANNELS)


def _refusing_events(sources: Sources | None) -> dict[str, list[str | None]]:
    """Return by kind of refusal whose events say so; None among them for an event without a number."""
    table = sources.events if sources else None
    if table is None:
        return {kind: [] for kind in REFUSING}
    return {
        kind: table.filter(table.kind == kind)
        .select("customer_id")
        .distinct()
        .to_pyarrow()["customer_id"]
        .to_pylist()
        for kind in REFUSING
    }
