"""What to say first: what is known of the customer, then the offer, in the customer's language."""

from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from babel.dates import format_date

from playbook.offers.catalogue import PRESETS, Offer
from playbook.settings.client import Settings
from playbook.settings.yaml import read_yaml

DATES = ("last_order", "complaint_on", "cancellation_on")


def first_words(people: pd.DataFrame, offer: Offer, settings: Settings) -> list[str]:
    """Return what to say first to each customer who gets an offer.

    An unsolved complaint is named before anything else, then a cancellation that was announced;
    everybody else is told what the client remembers of them. The offer's own first words follow.

    Parameters
    ----------
    people : DataFrame
        orders, last_order, complaint, cancellation; complaint_on and cancellation_on (dates) where
        they are known, language where the client has it.
    """
    languages = speaks(people, settings)
    kinds = np.select(
        [people["complaint"].to_numpy(bool), people["cancellation"].to_numpy(bool), people["orders"] > 1],
        ["complaint", "cancellation", "several"],
        "once",
    )
    facts = people[["orders", *(name for name in DATES if name in people)]].to_dict("records")
    said = zip(languages, kinds, facts, strict=True)
    return [_said(str(kind), language, row, offer, settings) for language, kind, row in said]


def speaks(people: pd.DataFrame, settings: Settings) -> list[str]:
    """Return each customer's language as two letters.

    Where it is not known or not spoken: ``offers.language``, else that of the report; see `as_most_speak`.
    """
    otherwise = settings.offers.language or settings.language
    return [code or otherwise for code in codes(people, settings)]


def codes(people: pd.DataFrame, settings: Settings) -> list[str | None]:
    """Return each customer's language as two letters; None where it is not known or not spoken here."""
    if "language" not in people:
        return [None] * len(people)
    spoken = texts("openings", settings.preset)
    read = (str(language)[:2].lower() for language in people["language"])
    return [code if code in spoken else None for code in read]


def as_most_speak(settings: Settings, people: pd.DataFrame) -> Settings:
    """Return settings in whose ``offers.language`` most customers are addressed, where they name none."""
    known = Counter(code for code in codes(people, settings) if code)
    if settings.offers.language or not known:
        return settings
    offers = settings.offers.model_copy(update={"language": max(sorted(known), key=known.__getitem__)})
    return settings.model_copy(update={"offers": offers})


@lru_cache(maxsize=9)
def texts(name: str, preset: str) -> dict[str, dict[str, str]]:
    """Return what is said, by language and by what is known of the customer, from ``catalogues/NAME.yml``."""
    written = read_yaml(PRESETS / f"{name}.yml")
    found: dict[str, dict[str, str]] = written.get(preset, written["usual"])
    return found


def _said(kind: str, language: str, row: dict[Any, Any], offer: Offer, settings: Settings) -> str:
    words = offer.says(language, settings.language)
    openings = texts("openings", settings.preset)
    opening = openings.get(language, openings["en"])[kind]
    needed = [name for name in DATES if f"{{{name}}}" in opening]
    if any(pd.isna(row.get(name)) for name in needed):
        return words
    dates = {name: in_full(pd.Timestamp(row[name]), language) for name in needed}
    return f"{opening.format(orders=row['orders'], **dates)} {words}".strip()


@lru_cache(maxsize=10_000)
def in_full(day: pd.Timestamp, language: str) -> str:
    """Return a day with its month written out, in a language."""
    return str(format_date(day.date(), format="long", locale="en_GB" if language == "en" else language))
