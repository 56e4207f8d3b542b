"""Who stands in the data under several numbers: by e-mail address, telephone, postal address, or spelling."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from playbook.records.sources import Sources

MOST_NUMBERS = 5
"""Customers of one mark above which it is a placeholder, and nobody's."""
PHONE_DIGITS = 9
"""Last digits of a telephone that tell it, however its country is written; shorter ones tell nothing."""


def persons(ids: Sequence[str], sources: Sources | None) -> npt.NDArray[np.int32]:
    """Return the number of a person for every customer; the same for those who share one of the marks.

    A mark is the e-mail address, the customer number but for capitals and blanks, and the telephone or
    the postal address, each together with the name where the client has names: a family is not one
    person.

    Parameters
    ----------
    ids : sequence of str
        customer_id, each once.

    Returns
    -------
    array of int, shape (customers,)
    """
    place = pd.Series(np.arange(len(ids)), index=list(ids))
    marks = pd.concat([_spelling(place), _details(place, sources)], ignore_index=True).drop_duplicates()
    size = marks.groupby("mark")["customer"].transform("size")
    marks = marks[(size > 1) & (size <= MOST_NUMBERS)]
    codes, names = pd.factorize(marks["mark"])
    shape = (len(place), max(len(names), 1))
    held = coo_array((np.ones(len(marks), np.int8), (marks["customer"].to_numpy(np.intp), codes)), shape)
    found: npt.NDArray[np.int32] = connected_components(held @ held.T, directed=False)[1]
    return found


def _spelling(place: pd.Series) -> pd.DataFrame:
    ids = place.index.to_series().astype(str)
    return _marks("number", place.to_numpy(), ids.str.replace(r"\s", "", regex=True).str.lower())


def _details(place: pd.Series, sources: Sources | None) -> pd.DataFrame:
    """Return the marks of the customers' table: customer (position), mark."""
    nothing = pd.DataFrame({"customer": [], "mark": []})
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
        parts.append(_marks("email", customer, frame["email"].str.strip().str.lower()))
    if "phone" in has:
        digits = frame["phone"].astype("string").str.replace(r"\D", "", regex=True)
        last = digits.where(digits.str.len() >= PHONE_DIGITS).str[-PHONE_DIGITS:]
        parts.append(_marks("phone", customer, _squeezed(last.str.cat(named))))
    if "address" in has:
        parts.append(_marks("address", customer, _squeezed(frame["address"].str.cat(named))))
    return pd.concat(parts or [nothing])


def _squeezed(text: pd.Series) -> pd.Series:
    return text.str.lower().str.replace(r"[\W_]", "", regex=True)


def _marks(kind: str, customer: npt.ArrayLike, text: pd.Series) -> pd.DataFrame:
    told = text.notna() & (text != "")
    marks = kind + " " + text[told].astype(str)
    return pd.DataFrame(
        {"customer": np.asarray(customer)[told.to_numpy(bool)], "mark": marks.to_numpy(object)}
    )
