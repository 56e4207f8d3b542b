"""What to say first: what is known of the customer, then the offer, in the customer's language."""

import re
from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from babel.dates import format_date, format_skeleton

from playbook.offers.catalogue import PRESETS, Offer
from playbook.settings.client import Settings
from playbook.settings.yaml import read_yaml
from playbook.show.words import Words

DATES = ("first_order", "last_order", "complaint_on", "cancellation_on")
FIRST = {"fr": "1er", "it": "1º"}
"""What the first of a month is called where no other day is an ordinal."""
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def first_words(people: pd.DataFrame, offer: Offer, settings: Settings) -> list[str]:
    """Return what to say first to each customer who gets an offer.

    An unsolved complaint is named before anything else, then a cancellation that was announced;
    everybody else is told what the client remembers of them. The offer's own first words follow.

    Parameters
    ----------
    people : DataFrame
        orders, complaint, cancellation; `DATES` where they are known, language where the client has it.
    """
    languages = speaks(people, settings)
    kinds = np.select(
        [people["complaint"].to_numpy(bool), people["cancellation"].to_numpy(bool), people["orders"] > 1],
        ["complaint", "cancellation", "several"],
        "once",
    )
    facts = people[["orders", *(name for name in DATES if name in people)]].to_dict("records")
    openings = texts("openings", settings.preset)
    words = {
        one: with_promises(offer.says(one, settings.language), offer, one, settings.currency)
        for one in set(languages)
    }
    return [
        f"{with_facts(openings.get(one, openings['en'])[str(kind)], row, one)} {words[one]}".strip()
        for one, kind, row in zip(languages, kinds, facts, strict=True)
    ]


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


@lru_cache(maxsize=12)
def texts(name: str, preset: str) -> dict[str, dict[str, str]]:
    """Return what is said, by language and by what is known of the customer, from ``catalogues/NAME.yml``.

    What a preset has no words of its own for is said as usual.
    """
    written = read_yaml(PRESETS / f"{name}.yml")
    own = written.get(preset, {})
    return {language: {**said, **own.get(language, {})} for language, said in written["usual"].items()}


def with_facts(text: str, row: dict[Any, Any], language: str) -> str:
    """Return a text with what is known of a customer in it; empty where it names a day that is not known.

    Parameters
    ----------
    row : dict
        orders; first_order (as ``{since}``) and `DATES` where they are known.
    """
    facts = {name: _fact(name, row, language) for name in PLACEHOLDER.findall(text)}
    return "" if None in facts.values() else text.format(**facts)


def _fact(name: str, row: dict[Any, Any], language: str) -> str | None:
    if name in ("orders", "times"):
        return counted(int(row["orders"]), language, times=name == "times")
    day = row.get("first_order" if name == "since" else name)
    if pd.isna(day):
        return None
    if name == "since":
        return in_month(day, language)
    article = ("l’" if pd.Timestamp(day).day in (8, 11) else "il ") if language == "it" else ""
    return article + in_full(pd.Timestamp(day), language)


def counted(n: int, language: str, times: bool = False) -> str:
    """Return a number from two on as people write it, or how many times that is."""
    spoken = texts("numbers", "usual")
    said = spoken.get(language, spoken["en"])
    word = dict(enumerate(said["words"].split(), 2)).get(n)
    if not times:
        return word or str(n)
    return said["twice"] if n == 2 else said["times" if word else "many"].format(n=word or n)


def with_promises(text: str, offer: Offer, language: str, currency: str) -> str:
    """Return a text in which what the offer gives is printed; other braces stay as they are."""
    words = Words(language, currency)
    given = {
        name: words.percent(value) if name == "discount" else words.price(value)
        for name, value in offer.promises.items()
    }
    return PLACEHOLDER.sub(lambda found: given.get(found[1], found[0]), text)


@lru_cache(maxsize=10_000)
def in_full(day: pd.Timestamp, language: str) -> str:
    """Return a day with its month written out, in a language."""
    said = str(format_date(day.date(), format="long", locale="en_GB" if language == "en" else language))
    return said.replace("1", FIRST[language], 1) if day.day == 1 and language in FIRST else said


@lru_cache(maxsize=2000)
def in_month(day: Any, language: str) -> str:
    """Return the month of a day, written out in a language, with its year."""
    return str(format_skeleton("yMMMM", pd.Timestamp(day), locale="en_GB" if language == "en" else language))
