"""What is wrong with the events and with the contacts of earlier campaigns."""

from typing import Any

import ibis

from playbook.intake.check.orders import one_row
from playbook.intake.check.personal import holds_contact_detail, personal_columns
from playbook.intake.check.rows import MOST, rows, unread, values
from playbook.intake.check.rules import Check, found
from playbook.records.confidential import DAY_OF
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.settings.offers import CHANNELS

KINDS = ("visit", "inquiry", "complaint", "complaint_solved", "cancellation", "unsubscribe", "review", "call")
ARMS = ("treated", "control")


def inspect_records(settings: Settings, sources: Sources, history: History) -> list[Check]:
    """Look through the events and the contacts, where the client has them."""
    checks: list[Check] = []
    for name in ("events", "contacts"):
        table = getattr(sources, name)
        if table is not None:
            checks += _shared(settings, sources, history, name, table)
    if sources.events is not None:
        checks += _events(sources.events, history)
    if sources.contacts is not None:
        checks += _contacts(sources.contacts, history)
    return checks


def _shared(settings: Settings, sources: Sources, history: History, name: str, table: Any) -> list[Check]:
    """Return what can be wrong with both."""
    checks = found(f"{name}_unreadable", *unread(sources, settings, name))
    day = DAY_OF[name]

    def nobody(row: Any) -> Any:
        return row.customer_id.isnull() | row[day].isnull()

    counts = one_row(table, nobody=nobody(table).sum(), personal=holds_contact_detail(name, table).sum())
    if counts["nobody"]:
        shown = rows(sources, settings, name, nobody)
        checks += found(f"{name}_without_customer", counts["nobody"], f"customer_id, {day}", shown)
    if counts["personal"]:
        shown = rows(sources, settings, name, lambda row: holds_contact_detail(name, row))
        searched = personal_columns(name, table.columns)
        checks += found("personal_data", counts["personal"], searched, shown, table=name)
    people = table.filter(table.customer_id.notnull()).select("customer_id").distinct()
    strangers = people.anti_join(history.all_days, "customer_id")
    if sources.customers is not None:
        strangers = strangers.anti_join(sources.customers, "customer_id")
    unknown = int(strangers.count().execute())
    return checks + found(
        f"{name}_customer_unknown", unknown, "customer_id", values(strangers, "customer_id")
    )


def _named(table: Any, column: str, known: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """Count the rows whose word is none of those known, and name the commonest with their counts."""
    odd = table.filter(table[column].isnull() | table[column].notin(known))
    counted = odd.group_by(word=odd[column].fill_null("")).aggregate(n=odd.count())
    said = counted.order_by([ibis.desc("n"), "word"]).limit(MOST).to_pyarrow().to_pylist()
    shown = tuple(f"{row['word'][:40] or '(empty)'} ({row['n']:,})" for row in said)
    return int(odd.count().execute()), shown


def _late(table: Any, column: str, history: History) -> int:
    return int(one_row(table, n=(table[column] > ibis.literal(history.as_of)).sum())["n"])


def _events(events: Any, history: History) -> list[Check]:
    count, shown = _named(events, "kind", KINDS)
    return [
        *found("events_kind_unknown", count, "kind", shown),
        *found("events_after_as_of", _late(events, "happened_at", history), "happened_at"),
    ]


def _contacts(contacts: Any, history: History) -> list[Check]:
    arms, arms_shown = _named(contacts, "arm", ARMS)
    ways, ways_shown = _named(contacts, "channel", CHANNELS)
    late = _late(contacts, "contacted_at", history)
    people = contacts.group_by("campaign", "customer_id").aggregate(
        both=(contacts.arm == "treated").any() & (contacts.arm == "control").any()
    )
    both = people.filter(people.both.fill_null(False) & people.customer_id.notnull())
    campaigns = contacts.group_by("campaign").aggregate(controlled=(contacts.arm == "control").any())
    alone = campaigns.filter(~campaigns.controlled.fill_null(False))
    return [
        *found("contacts_after_as_of", late, "contacted_at"),
        *found("contacts_arm_unknown", arms, "arm", arms_shown),
        *found("contacts_both_arms", int(both.count().execute()), "arm", values(both, "customer_id")),
        *found("contacts_no_control", int(alone.count().execute()), "arm", values(alone, "campaign")),
        *found("contacts_channel_unknown", ways, "channel", ways_shown),
    ]
