"""Customer numbers that a spreadsheet damaged, or that stand for one customer in two spellings."""

from typing import Any

import ibis
from ibis.util import gen_name

from playbook.intake.check.rows import Delivery, one_row, values
from playbook.intake.check.rule import Severity
from playbook.intake.check.rules import Check, found
from playbook.records.canonical import COLUMNS
from playbook.records.identifiers import PLACEHOLDER
from playbook.records.row_rules import kept
from playbook.settings.client import Settings

SCIENTIFIC = r"^[+-]?\d([.,]\d+)?[eE]\+\d{2,}$"
SPREADSHEET_ERROR = r"^#(N/?A|NV|REF!|BEZUG!|WERT!|VALUE!|NAME\?|VALORE!|VALEUR!|RIF!|#+)"
BLANKS = r"[\s\x{00A0}\x{200B}\x{FEFF}]+"
"""Blanks of all kinds, as RE2 writes them."""


def inspect_ids(data: Delivery) -> list[Check]:
    """Look through the numbers of all tables."""
    settings, every = data.settings, _all_ids(data)
    placeholder = every.customer_id.re_search(PLACEHOLDER) & (every.table == "orders")
    return [
        *_damaged(settings, every),
        *_zeros(every),
        *_spelling(every),
        *_of("id_placeholder", every.filter(placeholder)),
    ]


def _all_ids(data: Delivery) -> Any:
    """Return the distinct customer numbers of each table, as they stand in its files: customer_id, table."""
    files, labelled = data.sources.files, []
    for name in (name for name in COLUMNS if name in files.parts):
        parts = [
            kept(part.filter(part.customer_id.notnull())).select("customer_id")
            for _, part in files.parts[name]
        ]
        if name == "orders" and not data.settings.pseudonymise and not data.sources.spark:
            days = data.history.all_days  # they hold the same numbers, counted already
            parts = [days.filter(days.customer_id.notnull()).select("customer_id")]
        ids = ibis.union(*parts) if len(parts) > 1 else parts[0]
        labelled.append(ids.distinct().mutate(table=ibis.literal(name)))
    union = ibis.union(*labelled) if len(labelled) > 1 else labelled[0]
    return files.connection.create_table(gen_name("ids_seen"), union, temp=True)


def _of(code: str, ids: Any, severity: Severity | None = None) -> list[Check]:
    """Return the check of a rule that some numbers break, naming the tables they stand in."""
    count = one_row(ids, n=ids.customer_id.nunique())["n"]
    if not count:
        return []
    tables = ids.select("table").distinct().to_pyarrow()["table"].to_pylist()
    where = ", ".join(name for name in COLUMNS if name in tables)
    shown = values(ids, "customer_id")
    return found(code, count, "customer_id", severity=severity, table=where, values=shown)


def _damaged(settings: Settings, every: Any) -> list[Check]:
    bad = every.customer_id.re_search(SCIENTIFIC) | every.customer_id.re_search(SPREADSHEET_ERROR)
    counts = one_row(every, bad=(bad & (every.table == "orders")).sum(), all=(every.table == "orders").sum())
    many = counts["bad"] > max(settings.tolerated_unreadable * counts["all"], 1)
    return _of("id_damaged", every.filter(bad), "error" if many else None)


def _zeros(every: Any) -> list[Check]:
    digits = every.filter(every.customer_id.re_search(r"^\d+$"))
    digits = digits.mutate(bare=digits.customer_id.re_replace(r"^0+", ""))
    return _of("id_zeros_lost", _in_two_spellings(digits, "bare"))


def _spelling(every: Any) -> list[Check]:
    alike = every.mutate(alike=every.customer_id.re_replace(BLANKS, "").lower())
    return _of("id_spelling", _in_two_spellings(alike, "alike"))


def _in_two_spellings(ids: Any, key: str) -> Any:
    """Return the numbers of which another one has the same key."""
    twice = ids.group_by(key).aggregate(forms=ids.customer_id.nunique())
    return ids.semi_join(twice.filter(twice.forms > 1), key)
