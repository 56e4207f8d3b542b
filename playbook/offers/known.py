"""What a caller knows of a customer, in plain words of the customer's language, and the number to dial."""

from typing import Any

import pandas as pd
import phonenumbers

from playbook.offers.first_words import counted, in_full, in_month, speaks, texts
from playbook.settings.client import Settings
from playbook.show.words import Words

WEIGHING = ("complaint", "cancellation")
"""What weighs on a talk, where its day is known: ``complaint_on``, ``cancellation_on``."""


def what_is_known(people: pd.DataFrame, settings: Settings) -> list[str]:
    """Return what is known of each customer: orders, the last of them, what they brought, what weighs.

    Parameters
    ----------
    people : DataFrame
        orders, revenue (client's currency), first_order, last_order; complaint_on and cancellation_on
        where they are known, language where the client has it.
    """
    languages = speaks(people, settings)
    return [
        _known(row, language, settings)
        for row, language in zip(people.to_dict("records"), languages, strict=True)
    ]


def _known(row: dict[Any, Any], language: str, settings: Settings) -> str:
    said = texts("known", settings.preset)[language]
    orders = int(row["orders"])
    known = said["several" if orders > 1 else "once"].format(
        orders=counted(orders, language),
        first=in_month(row["first_order"], language),
        last=in_month(row["last_order"], language),
        amount=Words(language, settings.currency).money(row["revenue"] / orders),
    )
    days = {kind: row.get(f"{kind}_on") for kind in WEIGHING}
    weighs = [
        said[kind].format(day=in_full(pd.Timestamp(day), language))
        for kind, day in days.items()
        if pd.notna(day)
    ]
    return "; ".join([*weighs, known])


# Telephone ------------------------------------------------------------------------------------


def to_dial(numbers: pd.Series, region: str | None) -> pd.DataFrame:
    """Return telephone numbers as they are dialled from anywhere (E.164).

    Returns
    -------
    DataFrame
        number, and sure: whether it is a possible number of its country; what is not stays as it is
        written, and an empty one is None.
    """
    return pd.DataFrame([_dialled(text, region) for text in numbers], numbers.index, ["number", "sure"])


def _dialled(text: Any, region: str | None) -> tuple[str | None, bool]:
    if pd.isna(text) or not str(text).strip():
        return None, False
    try:
        number = phonenumbers.parse(str(text), region)
    except phonenumbers.NumberParseException:
        return str(text), False
    if not phonenumbers.is_valid_number(number):
        return str(text), False
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)), True


def region_of(settings: Settings) -> str | None:
    """Return the country of numbers that name none: that of the currency; of the euro's, of the language.

    A currency's code begins with its country's (ISO 4217). Where most numbers that do name one are foreign,
    that is because those at home do not.
    """
    language = settings.offers.language or settings.language
    country = language.upper() if settings.currency == "EUR" else settings.currency[:2]
    return country if country in phonenumbers.SUPPORTED_REGIONS else None
