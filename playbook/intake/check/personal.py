"""Personal data in columns that are shown."""

from collections.abc import Sequence
from typing import Any

import ibis

CONTACT_DETAIL: dict[str, tuple[str, ...]] = {
    "orders": ("coupon", "sales_channel", "source", "category"),
    "customers": ("segment",),
    "events": ("detail",),
    "contacts": ("campaign", "channel", "offer"),
}
"""Text columns in which no e-mail address or telephone number is expected."""

PATTERN = r"[^@\s]+@[^@\s]+\.\w|(\+|00)\d[\d /().-]{7,}\d"


def personal_columns(table: str, has: Sequence[str]) -> str:
    """Return the columns that were searched, as words."""
    return ", ".join(name for name in CONTACT_DETAIL[table] if name in has)


def holds_contact_detail(table: str, rows: Any) -> Any:
    """Whether some text column of a row holds an e-mail address or a telephone number."""
    columns = [name for name in CONTACT_DETAIL[table] if name in rows.columns]
    flags = [rows[name].re_search(PATTERN).fill_null(False) for name in columns]
    return ibis.or_(*flags) if flags else rows.customer_id.isnull() & ibis.literal(False)
