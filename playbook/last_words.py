"""The good last impression: what to say to those who are not worth an offer, if they get in touch."""

from functools import lru_cache

import pandas as pd

from playbook.catalogue import PRESETS
from playbook.first_words import in_full, speaks
from playbook.settings import Settings
from playbook.yaml_models import read_yaml

NOT_WORTH_AN_OFFER = ("let_go", "no_offer_pays")
"""What chapter 07 says of them (plan_status); whoever may not be contacted is neither."""


@lru_cache(maxsize=3)
def farewells(preset: str) -> dict[str, dict[str, str]]:
    """Return the farewells by language and by what is known of the customer."""
    written = read_yaml(PRESETS / "farewells.yml")
    found: dict[str, dict[str, str]] = written.get(preset, written["usual"])
    return found


def last_words(people: pd.DataFrame, settings: Settings) -> list[str]:
    """Return what to say to each customer who gets no offer, in the customer's language.

    What went wrong is put right before anything else; a cancellation is taken note of, without an
    obstacle; everybody else is thanked.

    Parameters
    ----------
    people : DataFrame
        orders; complaint_on (of an unsolved complaint) and cancellation_on, dates, where they are
        known; language where the client has it.
    """
    known = {
        name: people[name] if name in people else pd.Series(pd.NaT, index=people.index)
        for name in ("complaint_on", "cancellation_on")
    }
    texts, said = farewells(settings.preset), []
    rows = zip(
        speaks(people, settings),
        people["orders"],
        known["complaint_on"],
        known["cancellation_on"],
        strict=True,
    )
    for language, orders, complaint, cancellation in rows:
        spoken = texts.get(language, texts["en"])
        if pd.notna(complaint):
            said.append(spoken["complaint"].format(complaint_on=in_full(pd.Timestamp(complaint), language)))
        elif pd.notna(cancellation):
            said.append(spoken["cancellation"])
        else:
            said.append(spoken["several" if orders > 1 else "once"].format(orders=orders))
    return said
