"""Who may be contacted by which channel, and why: per customer and channel, one reason."""

from collections.abc import Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd

from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS
from playbook.show.display import Table
from playbook.show.words import Words

REASONS = ("suppressed", "refused", "no_address", "allowed", "assumed", "not_asked")
"""The first that applies. Only ``allowed`` and ``assumed`` may be contacted."""

ADDRESS = {"email": "email", "phone": "phone", "letter": "address"}
"""The column that a channel needs, where the client has it."""


def consents(
    ids: Sequence[str] | pd.Series, sources: Sources | None, settings: Settings, as_of: date
) -> pd.DataFrame:
    """Say for every customer and channel whether contact is allowed, and why.

    Whoever is on the suppression list is not contacted by any channel. An explicit no is a no, and
    so is an unsubscription for e-mail; where rows of the same customer contradict each other, the
    no stands. Where nobody asked, the channel is used only if ``consent.assumed`` names it. Nobody
    is reached by a channel whose address is known to be missing.

    Returns
    -------
    DataFrame
        customer_id, in the order given; for each of `CHANNELS` one of `REASONS` (``consent_``...).
    """
    index = pd.Index(ids, name="customer_id")
    known = _known(sources).reindex(index)
    unsubscribed = index.isin(_unsubscribed(sources, as_of))
    suppressed = index.isin(suppressed_ids(sources)) if sources else np.zeros(len(index), dtype=bool)
    found = pd.DataFrame({"customer_id": index})
    for channel in CHANNELS:
        name = f"may_{channel}"
        said = (known[name] if name in known else pd.Series(None, index, dtype="boolean")).astype("boolean")
        refused = ~said.fillna(True).to_numpy(bool)
        if channel == "email":
            refused |= unsubscribed
        address = ADDRESS.get(channel)
        missing = (
            known[address].isna().to_numpy(bool) if address in known else np.zeros(len(index), dtype=bool)
        )
        yes = said.fillna(False).to_numpy(bool)
        assumed = np.full(len(index), channel in settings.consent.assumed)
        conditions = [suppressed, refused, missing, yes, assumed]
        found[f"consent_{channel}"] = np.select(conditions, list(REASONS[:-1]), REASONS[-1]).astype(object)
    return found


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
    headings = {
        "email": say("e-mail"),
        "phone": say("telephone"),
        "letter": say("letter"),
        "visit": say("visit"),
    }
    counts = {channel: found[f"consent_{channel}"].value_counts() for channel in CHANNELS}
    rows = [
        {"reason": name, **{channel: int(counts[channel].get(reason, 0)) for channel in CHANNELS}}
        for reason, name in names.items()
    ]
    frame = pd.DataFrame(rows)
    frame = frame[frame[list(CHANNELS)].any(axis=1)].reset_index(drop=True)
    caption = say("Customers by whether they may be contacted, and why")
    return Table(frame, caption, words, dict.fromkeys(CHANNELS, "number"), {"reason": "", **headings})


def _known(sources: Sources | None) -> pd.DataFrame:
    """Return what the table of customers says of consent and addresses, one row per customer_id."""
    empty = pd.DataFrame(index=pd.Index([], name="customer_id"))
    table = sources.customers if sources else None
    if table is None:
        return empty
    known = table.filter(table.customer_id.notnull())
    has = set(table.columns)
    measures = {name: known[name].all() for channel in CHANNELS if (name := f"may_{channel}") in has}
    measures |= {name: known[name].max() for name in ADDRESS.values() if name in has}
    if not measures:
        return empty
    frame: pd.DataFrame = known.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    return frame.set_index("customer_id")


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
