"""What a call begins with that is made before a customer leaves, and what may be promised in it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from playbook.offers.catalogue import Offer
from playbook.offers.first_words import speaks, texts, with_facts
from playbook.settings.client import Settings
from playbook.show.words import Words


def call_words(people: pd.DataFrame, settings: Settings) -> list[str]:
    """Return what to say first to each customer, in the customer's language.

    Parameters
    ----------
    people : DataFrame
        call_kind (see `calls.KINDS`), orders, first_order and last_order (dates); language where the client
        has it.
    """
    openings = texts("checking_in", settings.preset)
    usual = pd.Series(np.where(people["orders"] > 1, "several", "once"), people.index)
    kinds = people["call_kind"].where(people["call_kind"] != "satisfaction", usual)
    rows = zip(speaks(people, settings), kinds, people.to_dict("records"), strict=True)
    return [
        with_facts(openings.get(language, openings["en"])[kind], row, language)
        for language, kind, row in rows
    ]


def promises(kinds: pd.Series, offers: Sequence[Offer], words: Words) -> list[str]:
    """Return what may be promised in each call: the catalogue's telephone offers for its reason.

    A call about somebody's satisfaction sells and promises nothing.
    """
    suited = {
        kind: "; ".join(promise(o, words) for o in offers if o.channel == "phone" and kind in o.suits)
        for kind in ("complaint", "cancellation")
    }
    return [suited.get(str(kind)) or words.say("nothing") for kind in kinds]


def promise(offer: Offer, words: Words) -> str:
    """Return what an offer gives."""
    say, money = words.say, words.money
    given = [
        say("{amount} with the next order", amount=money(offer.incentive_return))
        if offer.incentive_return
        else "",
        say("{share} off the next order", share=words.percent(offer.discount)) if offer.discount else "",
        *(say("{amount} after {days} days", amount=money(s.amount), days=s.days) for s in offer.stays),
    ]
    return ", ".join(filter(None, given)) or say("nothing")


def cost_of_call(offers: Sequence[Offer]) -> float | None:
    """Return what a call costs that no complaint or cancellation asks for; None: none is in the catalogue."""
    costs = [offer.cost for offer in offers if offer.channel == "phone" and not offer.suits]
    return min(costs) if costs else None


def usual_caller(offers: Sequence[Offer], kind: str) -> str | None:
    """Return who is responsible for calls of a kind in the catalogue; None where none is in it."""
    phone = [offer for offer in offers if offer.channel == "phone"]
    suited = [offer for offer in phone if kind in offer.suits] or [o for o in phone if not o.suits] or phone
    return suited[0].responsible if suited else None
