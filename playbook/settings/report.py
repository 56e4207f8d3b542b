"""What a client wants its report to show besides."""

from typing import Any

from pydantic import Field, field_validator

from playbook.settings.yaml import Strict

NEVER_SHOWN = ("customer_id", "name", "email", "phone", "address")
"""Columns of the customers that no report may show."""


class Report(Strict):
    """What a client wants its report to show besides.

    Attributes
    ----------
    by : tuple of str
        One or two columns by whose values the lost, those at risk and the planned are counted: any
        column of the customers (``region``, once ``tables.customers.columns`` maps it, holds words where
        it is named here), or category, channel, source or coupon of the orders.
    """

    by: tuple[str, ...] = Field((), max_length=2)

    @field_validator("by", mode="before")
    @classmethod
    def _one_or_two(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("by")
    @classmethod
    def _of_nobody_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if personal := [name for name in value if name in NEVER_SHOWN]:
            raise ValueError(f"{personal[0]} says who somebody is, and no report does")
        return tuple(dict.fromkeys("sales_channel" if name == "channel" else name for name in value))
