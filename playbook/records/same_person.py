"""Who stands in the data under several numbers: by spelling, e-mail address, telephone or postal address."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from playbook.records.arrays import Flags
from playbook.records.canonical import REFUSING
from playbook.records.identifiers import Pseudonyms, emails_in, phones, spelling_of
from playbook.records.sources import Sources

MOST_NUMBERS = 5
"""Customers with the same identifier above which it may be a placeholder: no longer one person, but refusals
of one still hold for all."""
NAMELESS = "anybody"
"""The kind of identifier that joins a row without a name with all who share its telephone or address."""
DETAILS = ("email", "phone", "name", "address")


@dataclass(frozen=True)
class Everybody:
    """All numbers that stand in any file, and what they share.

    Attributes
    ----------
    ids : Index
        The numbers asked for, then all others.
    asked : int
        How many were asked for.
    held : DataFrame
        customer (position in ``ids``), identifier (its kind, a blank, and what it is).
    refusing : array of int, shape (numbers,)
        The same for all who share an identifier, directly or through others.
    person : array of int, shape (numbers,)
        The same, without identifiers of more than `MOST_NUMBERS`, and `NAMELESS` ones.
    """

    ids: pd.Index
    asked: int
    held: pd.DataFrame
    refusing: npt.NDArray[np.int32]
    person: npt.NDArray[np.int32]

    def any_of(self, flags: Flags) -> Flags:
        """Say for each number asked for whether something holds for it, or for one that it is joined with."""
        return np.isin(self.refusing[: self.asked], self.refusing[flags])

    def holding(self, identifiers: Collection[str]) -> Flags:
        """Say which numbers hold one of some identifiers."""
        flags = np.zeros(len(self.ids), dtype=bool)
        flags[self.held.loc[self.held["identifier"].isin(identifiers), "customer"]] = True
        return flags


def everybody(ids: Iterable[str], sources: Sources | None) -> Everybody:
    """Find who is the same person: among those asked for, the customers, who refused, who was contacted.

    An identifier is the number as `identifiers.spelled` compares it, an e-mail address, and the telephone or
    postal address together with the name where the client has names: a family is not one person.
    Whoever shares one identifier with a second customer and another with a third is the same person as both.
    """
    asked: pd.Index = pd.Index(pd.Series(list(ids), dtype=object))
    details = _details(sources)
    every = asked.append(
        pd.Index([*details["customer_id"], *_elsewhere(sources)], dtype=object).difference(asked)
    )
    pseudonyms = sources.pseudonyms if sources else None
    numbers = spelling_of(pd.Series(every, dtype=object), bool(pseudonyms))
    rows = pd.Series(every.get_indexer(pd.Index(details["customer_id"])))
    parts = [_identifiers("number", numbers), *_held_details(details, pseudonyms)]
    parts[1:] = [part.assign(customer=rows.loc[part["customer"]].to_numpy()) for part in parts[1:]]
    held = pd.concat(parts).drop_duplicates(ignore_index=True)
    size = held.groupby("identifier")["customer"].transform("size")
    joins = (size > 1) & ~held["identifier"].str.startswith("telephone ")
    one = joins & (size <= MOST_NUMBERS) & ~held["identifier"].str.startswith(NAMELESS)
    return Everybody(
        every,
        len(asked),
        held,
        refusing=_joined(held[joins], len(every)),
        person=_joined(held[one], len(every)),
    )


def _joined(held: pd.DataFrame, n: int) -> npt.NDArray[np.int32]:
    """Return one number for all customers who are joined by identifiers."""
    codes, names = pd.factorize(held["identifier"])
    size = n + len(names)
    links = coo_array(
        (np.ones(len(held), np.int8), (held["customer"].to_numpy(np.intp), n + codes)), (size, size)
    )
    found: npt.NDArray[np.int32] = connected_components(links, directed=False)[1][:n]
    return found


def labelled(table: Any) -> Any:
    """Return the table of customers, those without a number by their contact details in its place."""
    has = [table[name].fill_null("") for name in DETAILS if name in table.columns]
    own = "|" + ibis.literal("|").join(has) if has else ibis.null("string")
    return table.mutate(customer_id=table.customer_id.fill_null(own)).filter(
        lambda row: row.customer_id.notnull()
    )


def _elsewhere(sources: Sources | None) -> Iterator[str]:
    """Yield the numbers of events that are refusals, and of contacts."""
    events = sources.events if sources else None
    refusals = None if events is None else events.filter(events.kind.isin(list(REFUSING)))
    for table in (refusals, sources.contacts if sources else None):
        if table is not None:
            numbered = table.filter(table.customer_id.notnull()).select("customer_id").distinct()
            yield from numbered.to_pyarrow()["customer_id"].to_pylist()


def _details(sources: Sources | None) -> pd.DataFrame:
    table = sources.customers if sources else None
    if table is None:
        return pd.DataFrame({"customer_id": pd.Series(dtype=object)})
    has = [name for name in DETAILS if name in table.columns]
    frame: pd.DataFrame = labelled(table).select("customer_id", *has).distinct().to_pyarrow().to_pandas()
    return frame


def _held_details(details: pd.DataFrame, pseudonyms: Pseudonyms | None) -> Iterator[pd.DataFrame]:
    """Yield the identifiers in each row of details, ``customer`` being the row; ``telephone`` has no name."""
    if "email" in details:
        emails = emails_in(details["email"])
        yield _identifiers("email", emails)
        called = pseudonyms.of(set(emails)) if pseudonyms else {}
        yield _identifiers("number", emails.replace(called))  # some clients number their customers so
    if "phone" in details:
        last = phones(details["phone"])
        yield _identifiers("telephone", last)
        yield from _with_name("phone", last, details)
    if "address" in details:
        squeezed = details["address"].astype("string").str.lower().str.replace(r"[\W_]", "", regex=True)
        yield from _with_name("address", squeezed.replace("", pd.NA), details)


def _with_name(kind: str, shared: pd.Series, details: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield what several rows share together with their names, in whatever order these stand.

    A row without a name may be of anybody who shares it: such are `NAMELESS`.
    """
    shared = shared[(shared.notna() & shared.duplicated(keep=False)).to_numpy(bool)].astype(object)
    if "name" not in details:
        yield _identifiers(kind, shared)
        return
    written = details["name"].loc[shared.index].fillna("").str.normalize("NFC").str.lower()
    names = written.str.findall(r"[^\W_]+").map(sorted).str.join(" ").set_axis(shared.index)
    yield _identifiers(kind, pd.Series(shared.to_numpy() + " " + names.to_numpy(), shared.index))
    nameless = shared[(names == "").to_numpy(bool)]
    yield _identifiers(NAMELESS, f"{kind} " + shared[shared.isin(nameless).to_numpy(bool)])


def _identifiers(kind: str, texts: pd.Series) -> pd.DataFrame:
    """Return customer (the index of the texts) and identifier: its kind, a blank and the text, if any."""
    texts = texts[(texts.notna() & (texts != "")).to_numpy(bool)].astype(object)
    return pd.DataFrame({"customer": texts.index, "identifier": (f"{kind} " + texts).to_numpy(object)})
