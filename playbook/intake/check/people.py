"""What is wrong with the table of customers, with their consent, and with who is in it."""

from typing import Any

import ibis

from playbook.errors import did_you_mean
from playbook.intake.check.rows import (
    Delivery,
    count_of,
    each,
    each_customer,
    holds_contact_detail,
    one_row,
    personal_columns,
    values,
)
from playbook.intake.check.rule import Severity
from playbook.intake.check.rules import Check, found
from playbook.intake.permission import smells_of_consent
from playbook.records.canonical import CONSENTS, GENERAL, NO, REFUSALS, YES, is_any_of, text_key
from playbook.records.consent import ADDRESS as ADDRESS_OF
from playbook.records.consent import suppressed_identifiers, without_addresses
from playbook.records.history import History
from playbook.records.same_person import everybody
from playbook.records.selection import given_reasons
from playbook.records.sources import Sources
from playbook.settings.offers import CHANNELS
from playbook.stats.levels import known_columns

INTERNAL = (
    r"(?i)\b(test|tests|testkunde|testcustomer|dummy|intern|internal|interno|interne|max mustermann|asdf"
    r"|jane doe|john doe|mario rossi|jean dupont)\b"
)
"""Names that people give to accounts that are nobody's."""

MOST_ROWS = 50
"""Rows of the suppression list that are named."""

ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"


def inspect_people(data: Delivery) -> list[Check]:
    """Look through the customers, who is missing from them, and who may be contacted."""
    table = data.sources.customers
    return [
        *_internal(data),
        *(_table(data, table) if table is not None else []),
        *(_joined(data, table) if table is not None else []),
        *_consent(data.sources),
        *(_emails(table) if table is not None else []),
        *_suppressed(data),
        *_lost_for_good(data),
        *_by(data),
        *_unused(data.sources),
    ]


def _internal(data: Delivery) -> list[Check]:
    table = data.sources.customers
    if table is not None and "name" in table.columns:
        wrong = table.name.re_search(INTERNAL).fill_null(False)
        wrong |= table.customer_id.re_search(INTERNAL).fill_null(False)
        return each_customer("customer_internal", table.filter(wrong), "customer_id, name")
    if data.settings.pseudonymise:
        return []
    days = data.history.all_days
    named = days.filter(days.customer_id.re_search(INTERNAL))
    return each_customer("customer_internal", named, "customer_id", "orders")


def _table(data: Delivery, table: Any) -> list[Check]:
    nobody = one_row(table, n=table.customer_id.isnull().sum())["n"]
    known = table.filter(table.customer_id.notnull())
    counted = known.group_by("customer_id").aggregate(n=known.count())
    yes = {c: table[f"may_{c}"].any() for c in CHANNELS if f"may_{c}" in table.columns}
    asked = {
        *data.settings.consent.assumed,
        *(c for c, any_ in (one_row(table, **yes) if yes else {}).items() if any_),
    }
    lacking = [channel for channel in without_addresses(data.sources) if channel in asked]
    return [
        *found("addresses_missing", len(lacking), ", ".join(ADDRESS_OF[channel] for channel in lacking)),
        *data.unread("customers_unreadable", "customers"),
        *data.in_rows(
            "customers_without_id", nobody, "customer_id", lambda row: row.customer_id.isnull(), "customers"
        ),
        *each("customers_twice", counted.filter(counted.n > 1), "customer_id"),
        *_days(table, data.history),
    ]


def _days(table: Any, history: History) -> list[Check]:
    if "acquired_on" not in table.columns:
        return []
    late = table.filter((table.acquired_on > ibis.literal(history.as_of)).fill_null(False))
    checks = each_customer("acquired_future", late, "acquired_on")
    if "cancelled_on" in table.columns:
        wrong = table.filter((table.cancelled_on < table.acquired_on).fill_null(False))
        checks += each_customer("cancelled_before", wrong, "cancelled_on, acquired_on")
    return checks


def _joined(data: Delivery, table: Any) -> list[Check]:
    known = table.filter(table.customer_id.notnull()).select("customer_id").distinct()
    orders = data.history.orders
    buyers = orders.filter(orders.customer_id.notnull()).select("customer_id").distinct()
    unknown, silent = buyers.anti_join(known, "customer_id"), known.anti_join(buyers, "customer_id")
    missing, all_buyers = count_of(unknown), count_of(buyers)
    nobody_known = missing == all_buyers and all_buyers >= data.settings.checks.least_buyers
    severity: Severity | None = "error" if nobody_known else None
    shown = values(unknown, "customer_id")
    return [
        *found("buyers_unknown", missing, "customer_id", severity=severity, values=shown),
        *found("customers_silent", count_of(silent), "customer_id"),
    ]


def _lost_for_good(data: Delivery) -> list[Check]:
    """Name the reasons of ``offers.lost_for_good`` that no cancellation gives, and those that are given."""
    named = data.settings.offers.lost_for_good
    given = given_reasons(data.sources) if named else None
    counted: list[str] = []
    if given is not None:
        rows = given.group_by("reason").aggregate(n=given.count())
        counted = (
            rows.order_by([ibis.desc("n"), "reason"]).limit(MOST_ROWS).to_pyarrow()["reason"].to_pylist()
        )
        there = given.filter(is_any_of(given.reason, named)).select("reason").distinct()
        known = {text_key(reason) for reason in there.to_pyarrow()["reason"].to_pylist()}
        named = tuple(name for name in named if text_key(name) not in known)
    listed = f"there are: {', '.join(counted)}" if counted else "no reason is given anywhere"
    told = [f"{name!r}.{did_you_mean(name, counted)}" for name in named]
    return found("reason_unknown", len(named), "cancel_reason", named, values=(*told[:2], listed))


def _by(data: Delivery) -> list[Check]:
    """Name the columns of ``report.by`` that are not there, and those that are."""
    known = known_columns(data.sources)
    unknown = [name for name in data.settings.report.by if name not in known]
    told = [f"{name!r}.{did_you_mean(name, known)}" for name in unknown]
    listed = f"there are: {', '.join(known)}" if known else "there are none"
    return found("by_unknown", len(unknown), "report.by", (*told, listed))


def _consent(sources: Sources) -> list[Check]:
    refused = sources.customers is not None and any(name in sources.customers.columns for name in CONSENTS)
    if not refused:
        return found("consent_unknown", 1)
    return [
        *_neither_yes_nor_no(sources, "consent_unreadable", (*CONSENTS, GENERAL)),
        *_neither_yes_nor_no(sources, "refusal_in_words", tuple(REFUSALS)),
        *_never_no(sources),
    ]


def _never_no(sources: Sources) -> list[Check]:
    """Count blank cells in columns of consents that never say no: it is not known whether they mean one."""
    blank = {}
    for ours in (*CONSENTS, GENERAL):
        cells = [
            one_row(texts, blank=texts.text.isnull().sum(), no=texts.text.lower().notin(YES).sum())
            for texts in sources.files.flags.get(("customers", ours), ())
        ]
        if not sum(cell["no"] or 0 for cell in cells):
            blank[ours] = sum(cell["blank"] or 0 for cell in cells)
    return found("consent_never_no", sum(blank.values()), ", ".join(ours for ours, n in blank.items() if n))


def _unused(sources: Sources) -> list[Check]:
    """Name every column that client.yml does not use; those apart that may say something about contact."""
    checks = []
    for shown, columns in sources.files.columns.items():
        unused = [name for name, used in columns.items() if not used and name.strip()]
        smelling = [name for name in unused if smells_of_consent(name)]
        others = [name for name in unused if name not in smelling]
        for code, names in (("consent_unused", smelling), ("columns_unused", others)):
            checks += found(code, len(names), values=(f"{shown}: {', '.join(names)}",))
    return checks


def _neither_yes_nor_no(sources: Sources, rule: str, meant: tuple[str, ...]) -> list[Check]:
    """List what stands in columns of consents or of refusals and is neither a yes nor a no."""
    asked = [column for column in meant if ("customers", column) in sources.files.flags]
    count = 0
    columns: list[str] = []
    seen: list[str] = []
    for column in asked:
        for texts in sources.files.flags["customers", column]:
            odd = texts.filter(texts.text.notnull() & texts.text.lower().notin((*YES, *NO)))
            if n := count_of(odd):
                count, columns, seen = count + n, [*columns, column], [*seen, *values(odd, "text")]
    named = ", ".join(dict.fromkeys(columns))
    return found(rule, count, named, values=tuple(dict.fromkeys(seen)))


def _emails(table: Any) -> list[Check]:
    odd = one_row(table, n=holds_contact_detail("customers", table).sum())["n"]
    searched = personal_columns("customers", table.columns)
    checks = found("personal_data", odd, searched, table="customers")
    if "email" not in table.columns:
        return checks
    with_email = table.filter(table.email.notnull() & table.customer_id.notnull())
    wrong = with_email.filter(~with_email.email.re_search(ADDRESS))
    shared = with_email.group_by(address=with_email.email.lower()).aggregate(
        people=with_email.customer_id.nunique(), customer_id=with_email.customer_id.min()
    )
    return [
        *checks,
        *each_customer("email_malformed", wrong, "email"),
        *each("email_shared", shared.filter(shared.people > 1), "email"),
    ]


def _suppressed(data: Delivery) -> list[Check]:
    """Count who is on the suppression list, and name its rows that mean nobody."""
    listed = data.sources.suppressed
    if not listed.lines:
        return []
    tables = [data.history.all_days, data.sources.customers, data.sources.events, data.sources.contacts]
    ids = [
        table.select("customer_id").distinct().to_pyarrow()["customer_id"]
        for table in tables
        if table is not None
    ]
    who = everybody(sorted({one for column in ids for one in column.to_pylist()} - {None}), data.sources)
    people = int(who.any_of(who.holding(suppressed_identifiers(data.sources))).sum())
    held = set(who.held["identifier"])
    unknown = [row for row, found_there in listed.lines.items() if found_there.isdisjoint(held)]
    unknown = [row for row in unknown if row > 1 or not listed.headed]
    accepted: Severity | None = "note" if data.settings.suppress_unmatched == "accept" else None
    rows = "row " + ", ".join(map(str, unknown[:MOST_ROWS])) + (", …" if len(unknown) > MOST_ROWS else "")
    return [
        *found("suppressed", people),
        *found("suppressed_unknown", len(unknown), "", (rows,), accepted),
    ]
