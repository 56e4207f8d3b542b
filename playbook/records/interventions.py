"""Earlier win-back campaigns: who was contacted when.

The return probability is the chance of an order without a win-back offer. What came after a contact
of such a campaign says nothing of it: from there on a customer's return was no longer unaided.
"""

from typing import Any

import ibis

from playbook.records.sources import Sources

MOST_REACHED = 0.25
"""A campaign that treated a larger share of all buyers is the client's usual marketing."""
OPEN_DAYS = 90
"""So long after a contact without an order since then a customer may still answer it."""


def win_back_contacts(sources: Sources, days: Any) -> Any:
    """Return the contacts made by win-back campaigns: customer_id, day; None where none is known.

    Held-back customers were not contacted and are not among them; a campaign that reached more than
    `MOST_REACHED` of all buyers counts as usual marketing.
    """
    if sources.contacts is None:
        return None
    contacts = sources.contacts
    made = contacts.filter(
        (contacts.arm.lower() == "treated")
        & contacts.campaign.notnull()
        & contacts.customer_id.notnull()
        & contacts.contacted_at.notnull()
    )
    buyers = int(days.filter(days.sale_lines > 0).customer_id.nunique().execute() or 0)
    sizes = made.group_by("campaign").aggregate(reached=made.customer_id.nunique())
    small = sizes.filter(sizes.reached <= MOST_REACHED * buyers)
    kept = made.semi_join(small, "campaign").select("customer_id", day="contacted_at").distinct()
    return sources.keep("win_back_contacts", kept)


def around(contacts: Any, landmark: Any) -> Any:
    """Return, by customer, the last contact up to a day and the first one after it."""
    earlier = contacts.day <= landmark
    return contacts.group_by("customer_id").aggregate(
        contacted_before=contacts.day.max(where=earlier), contacted_after=contacts.day.min(where=~earlier)
    )


def unaided(seen: Any, contacts: Any, landmark: Any, horizon_days: int) -> Any:
    """Add to customers of a landmark what contacts did to what was seen of them.

    Parameters
    ----------
    seen : ibis.Table
        customer_id, last and following: the days of the orders before and after the landmark.
    contacts : ibis.Table or None
        As `win_back_contacts` returns them.

    Returns
    -------
    ibis.Table
        With until (the day of the first contact after the landmark, where it came before the next
        order; null else), aided (bool: that contact came within the horizon) and answering (bool:
        contacted shortly before the landmark, and no order since).
    """
    if contacts is None:
        no = ibis.literal(False)
        return seen.mutate(until=ibis.null("date"), aided=no, answering=no)
    joined = seen.left_join(around(contacts, landmark), "customer_id").drop("customer_id_right")
    first = joined.following.isnull() | (joined.contacted_after < joined.following)
    until = ibis.ifelse(first, joined.contacted_after, ibis.null("date"))
    aided = (until.delta(landmark, unit="day") <= horizon_days).fill_null(False)
    answering = (joined.contacted_before >= joined.last) & (
        landmark.delta(joined.contacted_before, unit="day") < OPEN_DAYS
    )
    told = joined.mutate(until=until, aided=aided, answering=answering.fill_null(False))
    return told.drop("contacted_before", "contacted_after")
