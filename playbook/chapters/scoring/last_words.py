"""The good last impression: what to say to those who are not worth an offer, if they get in touch."""

import pandas as pd

from playbook.offers.first_words import in_full, speaks, texts
from playbook.settings.client import Settings

NOT_WORTH_AN_OFFER = ("let_go", "no_offer_pays")
"""What chapter 07 says of them (plan_status); whoever may not be contacted is neither."""


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
    farewells, said = texts("farewells", settings.preset), []
    rows = zip(
        speaks(people, settings),
        people["orders"],
        known["complaint_on"],
        known["cancellation_on"],
        strict=True,
    )
    for language, orders, complaint, cancellation in rows:
        spoken = farewells.get(language, farewells["en"])
        if pd.notna(complaint):
            said.append(spoken["complaint"].format(complaint_on=in_full(pd.Timestamp(complaint), language)))
        elif pd.notna(cancellation):
            said.append(spoken["cancellation"])
        else:
            said.append(spoken["several" if orders > 1 else "once"].format(orders=orders))
    return said
