"""What is wrong with the events and with the contacts of earlier campaigns."""

from typing import Any

import ibis

from playbook.intake.check.rows import (
    Delivery,
    each,
    holds_contact_detail,
    one_row,
    personal_columns,
)
from playbook.intake.check.rules import Check, found
from playbook.intake.check.words import Words, words_read
from playbook.records.canonical import CLOSED
from playbook.records.confidential import DAY_OF
from playbook.records.history import History


def inspect_records(data: Delivery) -> list[Check]:
    """Look through the events and the contacts, where the client has them."""
    events, contacts = data.sources.events, data.sources.contacts
    tables = {"events": events, "contacts": contacts}
    return [
        *(_shared(data, "events", events) if events is not None else []),
        *(_shared(data, "contacts", contacts) if contacts is not None else []),
        *(_late("events_after_as_of", events, "happened_at", data.history) if events is not None else []),
        *(_contacts(contacts, data.history) if contacts is not None else []),
        *(
            check
            for words in words_read(data.sources.files)
            for check in _words(f"{words.table}_{words.column}_unknown", words, tables[words.table])
        ),
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


def _words(code: str, words: Words, table: Any) -> list[Check]:
    """Return the checks of the words of a column: what they are read as, and those that are not known."""
    name, column = words.table, words.column
    odd = table[column].isnull() | table[column].notin(CLOSED[column])
    told = (
        (words.not_known, f"to be written in client.yml as {words.line}") if words.unknown else ("(empty)",)
    )
    read_as = (words.read_as,)
    return [
        *found(code, one_row(table, n=odd.sum())["n"], column, values=told),
        *found("words_understood", len(words.understood), column, table=name, values=read_as),
    ]


def _late(code: str, table: Any, column: str, history: History) -> list[Check]:
    late = one_row(table, n=(table[column] > ibis.literal(history.as_of)).sum())["n"]
    return found(code, late, column)


def _contacts(contacts: Any, history: History) -> list[Check]:
    people = contacts.group_by("campaign", "customer_id").aggregate(
        both=(contacts.arm == "treated").any() & (contacts.arm == "control").any()
    )
    both = people.filter(people.both.fill_null(False) & people.customer_id.notnull())
    campaigns = contacts.group_by("campaign").aggregate(controlled=(contacts.arm == "control").any())
    alone = campaigns.filter(~campaigns.controlled.fill_null(False))
    return [
        *_late("contacts_after_as_of", contacts, "contacted_at", history),
        *each("contacts_both_arms", both, "arm"),
        *each("contacts_no_control", alone, "arm", "campaign"),
    ]
