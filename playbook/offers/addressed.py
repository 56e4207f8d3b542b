"""How a letter is addressed and begins: names and addresses in the parts that a mail house asks for."""

import re
from functools import cache
from typing import Any

import pandas as pd
from nameparser import HumanName

from playbook.offers.catalogue import PRESETS, Offer
from playbook.settings.yaml import read_yaml

NAMES = ("company", "salutation", "first_name", "last_name")
PLACES = ("street", "postcode", "town", "country")
EXPORTED, TAKEN_APART, AS_IT_IS = "exported", "taken apart", "as it is"
"""How sure the parts are: the client's own columns, read out of one text, or not to be told."""
_FIRM = re.compile(r"\b(AG|SA|GmbH|S[àa]rl|Srl|SpA|KG|OHG|Ltd|Inc|LLC|LLP|e\.?V|Verein|Stiftung)\b\.?", re.I)
_PLACE = re.compile(
    r"(?P<street>.*\S)\s*[,\n]\s*(?:[A-Z]{1,2}[- ])?(?P<postcode>\d{4,5})\s+(?P<town>[^\d,\n]+)$"
)
"""A street, then a postcode of four or five digits and a town, as in most of Europe."""


def in_parts(people: pd.DataFrame) -> pd.DataFrame:
    """Return names and addresses in parts.

    Parameters
    ----------
    people : DataFrame
        name, address, and whichever of `NAMES` and `PLACES` the client has.

    Returns
    -------
    DataFrame
        `NAMES`, name_parts, `PLACES`, address_parts (one of the three words above; None: nothing is
        known); what cannot be told apart is None in its parts, and stands in name or address.
    """
    rows = [{**_name(row), **_place(row)} for row in people.to_dict("records")]
    columns = [*NAMES, "name_parts", *PLACES, "address_parts"]
    return pd.DataFrame(rows, people.index, columns)


def _known(row: dict[Any, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row and pd.notna(row[name])}


def _name(row: dict[Any, Any]) -> dict[str, Any]:
    own = _known(row, NAMES)
    if set(own) - {"salutation"}:
        return {**own, "name_parts": EXPORTED}
    text = row.get("name")
    if pd.isna(text) or not str(text).strip():
        return own
    if _FIRM.search(str(text)):
        return {**own, "company": text, "name_parts": TAKEN_APART}
    parsed = HumanName(str(text))
    if not (parsed.first and parsed.last) or parsed.middle or parsed.suffix:
        return {**own, "name_parts": AS_IT_IS}
    return {**own, "first_name": parsed.first, "last_name": parsed.last, "name_parts": TAKEN_APART}


def _place(row: dict[Any, Any]) -> dict[str, Any]:
    own = _known(row, PLACES)
    if set(own) - {"country"}:
        return {**own, "address_parts": EXPORTED}
    text = row.get("address")
    if pd.isna(text) or not str(text).strip():
        return own
    found = _PLACE.match(str(text).strip())
    return {
        **own,
        **(found.groupdict() if found else {}),
        "address_parts": TAKEN_APART if found else AS_IT_IS,
    }


def salutation(row: dict[str, Any], language: str) -> str:
    """Return how a letter begins, by what the client's own records say of the person.

    Parameters
    ----------
    row : dict
        salutation, last_name, name, company and name_parts, as `in_parts` returns them.
    """
    begins = _texts()["begins"][language]
    title = str(row.get("salutation") or "").strip().lower()
    gender = next((one for one, said in _texts()["words"].items() if title and title in said.split()), None)
    last = row.get("last_name")
    if gender and row.get("name_parts") == EXPORTED and pd.notna(last):
        return str(begins[gender].format(last=last))
    name, company = row.get("name"), row.get("company")
    if pd.isna(name) or (pd.notna(company) and name == company):
        return str(begins["unnamed"])
    return str(begins["named"].format(name=name))


def subject(offer: Offer, preset: str, language: str) -> str:
    """Return the subject of an e-mail with an offer."""
    said = _texts().get(preset, _texts()["usual"])[language]
    return str(said["complaint" if "complaint" in offer.suits else offer.kind])


@cache
def _texts() -> dict[str, Any]:
    return read_yaml(PRESETS / "salutations.yml")


def in_one_cell(text: Any) -> Any:
    """Return a text that no program puts into quotes: without semicolons, straight quotes and line breaks."""
    if not isinstance(text, str):
        return text
    curly = re.sub(r'"([^"]*)"', r"“\1”", text).replace('"', "”")
    return re.sub(r"\s+", " ", re.sub(r"\s*;", ",", curly)).strip()
