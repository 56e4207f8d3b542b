"""What is wrong with the events and with the contacts of earlier campaigns."""

from typing import Any

import ibis

from playbook.intake.check.rows import (
    MOST,
    Delivery,
    count_of,
    each,
    holds_contact_detail,
    one_row,
    personal_columns,
)
from playbook.intake.check.rules import Check, found
from playbook.records.confidential import DAY_OF
from playbook.records.history import History
from playbook.settings.lifecycle import EVENT_KINDS
from playbook.settings.offers import CHANNELS

ARMS = ("treated", "control")


def inspect_records(data: Delivery) -> list[Check]:
    """Look through the events and the contacts, where the client has them."""
    events, contacts = data.sources.events, data.sources.contacts
    return [
        *(_shared(data, "events", events) if events is not None else []),
        *(_shared(data, "contacts", contacts) if contacts is not None else []),
        *(_events(events, data.history) if events is not None else []),
        *(_contacts(contacts, data.history) if contacts is not None else []),
    ]


def _shared(data: Delivery, name: str, table: Any) -> list[Check]:
    """Return what can be wrong with both."""
    day = DAY_OF[name]

    def nobody(row: Any) -> Any:
        return row.customer_id.isnull() | row[day].isnull()

    def personal(row: Any) -> Any:
        return holds_contact_detail(name, row)

    counts = one_row(table, nobody=nobody(table).sum(), personal=personal(table).sum())
    searched = personal_columns(name, table.columns)
    people = table.filter(table.customer_id.notnull()).select("customer_id").distinct()
    strangers = people.anti_join(data.history.all_days, "customer_id")
    if data.sources.customers is not None:
        strangers = strangers.anti_join(data.sources.customers, "customer_id")
    return [
        *data.unread(f"{name}_unreadable", name),
        *data.in_rows(f"{name}_without_customer", counts["nobody"], f"customer_id, {day}", nobody, name),
        *data.in_rows("personal_data", counts["personal"], searched, personal, name),
        *each(f"{name}_customer_unknown", strangers, "customer_id"),
    ]


def _unknown_words(code: str, table: Any, column: str, known: tuple[str, ...]) -> list[Check]:
    """Return the check of rows whose word is none of those known; the commonest with their counts."""
    odd = table.filter(table[column].isnull() | table[column].notin(known))
    counted = odd.group_by(word=odd[column].fill_null("")).aggregate(n=odd.count())
    said = counted.order_by([ibis.desc("n"), "word"]).limit(MOST).to_pyarrow().to_pylist()
    shown = tuple(f"{row['word'][:40] or '(empty)'} ({row['n']:,})" for row in said)
    return found(code, count_of(odd), column, values=shown)


def _late(code: str, table: Any, column: str, history: History) -> list[Check]:
    late = one_row(table, n=(table[column] > ibis.literal(history.as_of)).sum())["n"]
    return found(code, late, column)


def _events(events: Any, history: History) -> list[Check]:
    return [
        *_unknown_words("events_kind_unknown", events, "kind", EVENT_KINDS),
        *_late("events_after_as_of", events, "happened_at", history),
    ]


def _contacts(contacts: Any, history: History) -> list[Check]:
    people = contacts.group_by("campaign", "customer_id").aggregate(
        both=(contacts.arm == "treated").any() & (contacts.arm == "control").any()
    )
    both = people.filter(people.both.fill_null(False) & people.customer_id.notnull())
    campaigns = contacts.group_by("campaign").aggregate(controlled=(contacts.arm == "control").any())
    alone = campaigns.filter(~campaigns.controlled.fill_null(False))
    return [
        *_late("contacts_after_as_of", contacts, "contacted_at", history),
        *_unknown_words("contacts_arm_unknown", contacts, "arm", ARMS),
        *each("contacts_both_arms", both, "arm"),
        *each("contacts_no_control", alone, "arm", "campaign"),
        *_unknown_words("contacts_channel_unknown", contacts, "channel", CHANNELS),
    ]
