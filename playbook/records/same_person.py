"""Who stands in the data under several numbers: by e-mail address, telephone, postal address, or spelling."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from playbook.records.sources import Sources

MOST_NUMBERS = 5
"""Customers with the same identifier above which it is a placeholder, and nobody's."""
PHONE_DIGITS = 9
"""Last digits of a telephone that tell it, however its country is written; shorter ones tell nothing."""


def persons(ids: Sequence[str], sources: Sources | None) -> npt.NDArray[np.int32]:
    """Return the number of a person for every customer; the same for those who share an identifier.

    An identifier is the e-mail address, the customer number without capitals and blanks, or the telephone
    or postal address together with the name where the client has names: a family is not one person.
    Whoever shares one identifier with a second customer and another with a third is the same person as both.

    Parameters
    ----------
    ids : sequence of str
        customer_id, each once.

    Returns
    -------
    array of int, shape (customers,)
    """
    place = pd.Series(np.arange(len(ids)), index=list(ids))
    held = pd.concat([_spelling(place), _details(place, sources)], ignore_index=True).drop_duplicates()
    size = held.groupby("identifier")["customer"].transform("size")
    held = held[(size > 1) & (size <= MOST_NUMBERS)]
    codes, names = pd.factorize(held["identifier"])
    shape = (len(place), max(len(names), 1))
    held_by = coo_array((np.ones(len(held), np.int8), (held["customer"].to_numpy(np.intp), codes)), shape)
    found: npt.NDArray[np.int32] = connected_components(held_by @ held_by.T, directed=False)[1]
    return found


def _spelling(place: pd.Series) -> pd.DataFrame:
    ids = place.index.to_series().astype(str)
    return _identifiers("number", place.to_numpy(), ids.str.replace(r"\s", "", regex=True).str.lower())


def _details(place: pd.Series, sources: Sources | None) -> pd.DataFrame:
    """Return the identifiers in the table of customers: customer (position), identifier."""
    nothing = pd.DataFrame({"customer": [], "identifier": []})
    table = sources.customers if sources else None
    if table is None:
        return nothing
    has = [name for name in ("email", "phone", "name", "address") if name in table.columns]
    rows = table.filter(table.customer_id.notnull()).select("customer_id", *has).distinct()
    frame = rows.to_pyarrow().to_pandas()
    customer = frame["customer_id"].map(place)
    frame, customer = frame[customer.notna()], customer.dropna().astype(int)
    named = frame["name"].fillna("") if "name" in has else pd.Series("", frame.index)
    parts = []
    if "email" in has:
        parts.append(_identifiers("email", customer, frame["email"].str.strip().str.lower()))
    if "phone" in has:
        digits = frame["phone"].astype("string").str.replace(r"\D", "", regex=True)
        last = digits.where(digits.str.len() >= PHONE_DIGITS).str[-PHONE_DIGITS:]
        parts.append(_identifiers("phone", customer, _squeezed(last.str.cat(named))))
    if "address" in has:
        parts.append(_identifiers("address", customer, _squeezed(frame["address"].str.cat(named))))
    return pd.concat(parts or [nothing])


def _squeezed(text: pd.Series) -> pd.Series:
    return text.str.lower().str.replace(r"[\W_]", "", regex=True)


def _identifiers(kind: str, customer: npt.ArrayLike, text: pd.Series) -> pd.DataFrame:
    known = (text.notna() & (text != "")).to_numpy(bool)
    identifiers = kind + " " + text[known].astype(str)
    return pd.DataFrame({"customer": np.asarray(customer)[known], "identifier": identifiers.to_numpy(object)})
