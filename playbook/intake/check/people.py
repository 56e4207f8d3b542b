"""What is wrong with the table of customers, with their consent, and with who is in it."""

from typing import Any

import ibis

from playbook.intake.check.orders import one_row
from playbook.intake.check.personal import holds_contact_detail, personal_columns
from playbook.intake.check.rows import rows, unread, values
from playbook.intake.check.rules import Check, found
from playbook.records.canonical import NO, YES
from playbook.records.consent import suppressed_addresses
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings

INTERNAL = (
    r"(?i)\b(test|tests|testkunde|testcustomer|dummy|intern|internal|interno|interne|max mustermann|asdf"
    r"|jane doe|john doe|mario rossi|jean dupont)\b"
)
"""Names that people give to accounts that are nobody's."""

ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
CONSENT = ("may_email", "may_phone", "may_letter", "may_visit")


def inspect_people(settings: Settings, sources: Sources, history: History) -> list[Check]:
    """Look through the customers, who is missing from them, and who may be contacted."""
    return [
        *_internal(settings, sources, history),
        *_table(settings, sources, history),
        *_joined(settings, sources, history),
        *_consent(sources),
        *_emails(settings, sources),
        *_suppressed(sources, history),
    ]


def _internal(settings: Settings, sources: Sources, history: History) -> list[Check]:
    if sources.customers is not None and "name" in sources.customers.columns:
        table = sources.customers
        wrong = table.name.re_search(INTERNAL).fill_null(False)
        people = table.filter(wrong | table.customer_id.re_search(INTERNAL).fill_null(False))
        return found(
            "customer_internal", _distinct(people), "customer_id, name", values(people, "customer_id")
        )
    if settings.pseudonymise:
        return []
    days = history.all_days
    people = days.filter(days.customer_id.re_search(INTERNAL)).select("customer_id").distinct()
    count = int(people.count().execute())
    return found("customer_internal", count, "customer_id", values(people, "customer_id"), table="orders")


def _distinct(people: Any) -> int:
    return int(one_row(people, n=people.customer_id.nunique())["n"])


def _table(settings: Settings, sources: Sources, history: History) -> list[Check]:
    table = sources.customers
    if table is None:
        return []
    checks = found("customers_unreadable", *unread(sources, settings, "customers"))
    nobody = one_row(table, n=table.customer_id.isnull().sum())["n"]
    if nobody:
        shown = rows(sources, settings, "customers", lambda row: row.customer_id.isnull())
        checks += found("customers_without_id", nobody, "customer_id", shown)
    known = table.filter(table.customer_id.notnull())
    counted = known.group_by("customer_id").aggregate(n=known.count())
    twice = counted.filter(counted.n > 1)
    checks += found(
        "customers_twice", int(twice.count().execute()), "customer_id", values(twice, "customer_id")
    )
    return checks + _days(table, history)


def _days(table: Any, history: History) -> list[Check]:
    checks: list[Check] = []
    if "acquired_on" not in table.columns:
        return checks
    late = table.filter((table.acquired_on > ibis.literal(history.as_of)).fill_null(False))
    checks += found("acquired_future", _distinct(late), "acquired_on", values(late, "customer_id"))
    if "cancelled_on" in table.columns:
        wrong = table.filter((table.cancelled_on < table.acquired_on).fill_null(False))
        shown = values(wrong, "customer_id")
        checks += found("cancelled_before", _distinct(wrong), "cancelled_on, acquired_on", shown)
    return checks


def _joined(settings: Settings, sources: Sources, history: History) -> list[Check]:
    if sources.customers is None:
        return []
    known = sources.customers.filter(sources.customers.customer_id.notnull()).select("customer_id").distinct()
    orders = history.orders
    buyers = orders.filter(orders.customer_id.notnull()).select("customer_id").distinct()
    unknown, silent = buyers.anti_join(known, "customer_id"), known.anti_join(buyers, "customer_id")
    missing, all_buyers = int(unknown.count().execute()), int(buyers.count().execute())
    nobody_known = missing == all_buyers and all_buyers >= settings.checks.least_buyers
    return [
        *found(
            "buyers_unknown",
            missing,
            "customer_id",
            values(unknown, "customer_id"),
            "error" if nobody_known else None,
        ),
        *found("customers_silent", int(silent.count().execute()), "customer_id"),
    ]


def _consent(sources: Sources) -> list[Check]:
    asked = [column for column in CONSENT if ("customers", column) in sources.files.flags]
    refused = sources.customers is not None and any(name in sources.customers.columns for name in CONSENT)
    if not asked and not refused:
        return found("consent_unknown", 1)
    count = 0
    columns: list[str] = []
    seen: list[str] = []
    for column in asked:
        for texts in sources.files.flags["customers", column]:
            said = texts.text.lower()
            odd = texts.filter(texts.text.notnull() & said.notin((*YES, *NO)))
            n = int(odd.count().execute())
            if n:
                count, columns, seen = count + n, [*columns, column], [*seen, *values(odd, "text")]
    named = ", ".join(dict.fromkeys(columns))
    return found("consent_unreadable", count, named, tuple(dict.fromkeys(seen)))


def _emails(settings: Settings, sources: Sources) -> list[Check]:
    table = sources.customers
    if table is None:
        return []
    checks: list[Check] = []
    odd = one_row(table, n=holds_contact_detail("customers", table).sum())["n"]
    checks += found("personal_data", odd, personal_columns("customers", table.columns), table="customers")
    if "email" not in table.columns:
        return checks
    with_email = table.filter(table.email.notnull() & table.customer_id.notnull())
    wrong = with_email.filter(~with_email.email.re_search(ADDRESS))
    checks += found("email_malformed", _distinct(wrong), "email", values(wrong, "customer_id"))
    shared = with_email.group_by(address=with_email.email.lower()).aggregate(
        people=with_email.customer_id.nunique(), customer_id=with_email.customer_id.min()
    )
    shared = shared.filter(shared.people > 1)
    shown = values(shared, "customer_id")
    return checks + found("email_shared", int(shared.count().execute()), "email", shown)


def _suppressed(sources: Sources, history: History) -> list[Check]:
    """Count who is on the suppression list, and its lines that mean nobody."""
    listed = sources.suppressed
    if not listed.entries:
        return []
    tables = [history.all_days] + ([sources.customers] if sources.customers is not None else [])
    met: set[str] = set()
    for table in tables:
        hit = table.filter(table.customer_id.isin(sorted(listed.ids) or [""])).select("customer_id")
        met |= set(hit.distinct().to_pyarrow()["customer_id"].to_pylist())
    by_address = suppressed_addresses(sources)
    seen = met | set(by_address["address"])
    unknown = sum(not entry & seen for entry in listed.entries)
    people = met | set(by_address["customer_id"])
    return [*found("suppressed", len(people)), *found("suppressed_unknown", unknown)]
