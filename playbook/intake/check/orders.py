"""What is wrong with the order lines: copies, numbers used twice, signs, shares of one customer."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis

from playbook.intake.check.rows import (
    CONTACT_DETAIL,
    Delivery,
    count_of,
    each,
    one_row,
    personal_columns,
    values,
)
from playbook.intake.check.rules import Check, found
from playbook.records.memory import literally, write
from playbook.records.row_rules import kept
from playbook.records.sources import collect_unreadable
from playbook.settings.client import Settings

LONGEST_MARK = 3
"""Letters of a currency; a longer text in its column may be anything."""
LEAST_ALIKE, MOST_ALIKE = 2, 0.9
"""So many orders, and such a share of those with several lines, have one amount on all: their total."""


LEAST_ONCE, ONCE = 4, 0.98
"""So many customers with one order each are told, where orders have their own numbers; and such a share."""


def inspect_orders(data: Delivery) -> list[Check]:
    """Look through the lines once, and through the days.

    That reads every column, and so finds what the days could do without, such as a text that is
    not in the encoding of client.yml.
    """
    lines = _lines(data)
    collect_unreadable(data.sources)
    return [*_left_out(data), *lines, *_once_each(data), *_amounts(data), *_shares(data)]


def _left_out(data: Delivery) -> list[Check]:
    days = data.history.all_days
    nobody = days.customer_id.isnull()
    late = (days.day > ibis.literal(data.history.as_of)).fill_null(False)
    counts = one_row(
        days,
        lines=days.lines.sum(),
        nobody=ibis.ifelse(nobody, days.lines, 0).sum(),
        incomplete=ibis.ifelse(nobody, 0, days.incomplete_lines).sum(),
        late=ibis.ifelse(~nobody & late, days.lines - days.incomplete_lines, 0).sum(),
    )
    lost = len(data.lost("orders"))
    many = lost > data.settings.tolerated_unreadable * (lost + int(counts["lines"]))
    return [
        *data.unread("lines_unreadable", "orders", "error" if many else None),
        *data.in_rows("lines_without_customer", counts["nobody"], "customer_id", _nobody),
        *data.in_rows("lines_incomplete", counts["incomplete"], "ordered_at, amount", _incomplete),
        *found("lines_after_as_of", counts["late"], "ordered_at"),
    ]


def _nobody(line: Any) -> Any:
    return line.customer_id.isnull()


def _incomplete(line: Any) -> Any:
    return line.customer_id.notnull() & (line.ordered_at.isnull() | line.amount.isnull())


def _zero(line: Any) -> Any:
    return line.customer_id.notnull() & (line.amount == 0)


def _contradiction(line: Any) -> Any:
    return ((line.amount < 0) & (line.quantity > 0)) | ((line.amount > 0) & (line.quantity < 0))


def _personal(line: Any) -> Any:
    """Whether a line holds an e-mail address; telephone numbers are not looked for: all lines are read."""
    columns = [name for name in CONTACT_DETAIL["orders"] if name in line.columns]
    flags = [line[name].contains("@").fill_null(False) for name in columns]
    return ibis.or_(*flags) if flags else ibis.literal(False)


def _lines(data: Delivery) -> list[Check]:
    """Read the lines once more, to a narrow file beside them that holds only what is compared."""
    files = data.sources.files
    parts = [kept(part) for _, part in files.parts["orders"]]
    with TemporaryDirectory(prefix="playbook-") as place:
        path = Path(place) / "lines.parquet"
        narrow = [_narrow(part, file) for file, part in enumerate(parts)]
        write(ibis.union(*narrow) if len(narrow) > 1 else narrow[0], path)
        lines = files.connection.read_parquet(literally(path))
        checks = [*_copies(data.settings, lines), *_numbers(data.settings, lines)]
        counts = one_row(lines, contradiction=lines.contradiction.sum(), personal=lines.personal.sum())
        currencies = lines.filter(lines.currency.notnull()).select("currency").distinct()
        checks += _currency(data.settings, currencies.to_pyarrow()["currency"].to_pylist())
    searched = personal_columns("orders", [column for part in parts for column in part.columns])
    return [
        *checks,
        *data.in_rows("sign_contradiction", counts["contradiction"], "amount, quantity", _contradiction),
        *data.in_rows("personal_data", counts["personal"], searched, _personal),
    ]


def _narrow(part: Any, file: int) -> Any:
    """Return what is compared: numbers in place of texts."""
    has = set(part.columns)
    never = ibis.literal(False)
    return part.select(
        file=ibis.literal(file, "int16"),
        key=part.row_key,
        order=part.order_id.hash() if "order_id" in has else ibis.null("int64"),
        customer=part.customer_id.hash(),
        day=part.ordered_at,
        amount=part.amount,
        contradiction=_contradiction(part).fill_null(False) if "quantity" in has else never,
        personal=_personal(part),
        currency=part.currency.upper() if "currency" in has else ibis.null("string"),
    )


def _copies(settings: Settings, lines: Any) -> list[Check]:
    by_key = lines.group_by("key").aggregate(
        n=lines.count(), files=lines.file.max() - lines.file.min(), day=lines.day.min()
    )
    counts = one_row(
        by_key,
        lines=by_key.n.sum(),
        copies=(by_key.n - 1).sum(where=by_key.files == 0),
        across=(by_key.n - 1).sum(where=by_key.files > 0),
    )
    many = counts["copies"] > settings.checks.duplicate_share * counts["lines"]
    days = by_key.filter(by_key.files > 0)
    return [
        *found("lines_duplicated", counts["copies"], severity="warning" if many else "note"),
        *found("lines_in_two_files", counts["across"], examples=values(days, "day")),
    ]


def _numbers(settings: Settings, lines: Any) -> list[Check]:
    """Look at what stands under one order number: customers, days, and amounts that are all the same."""
    known = lines.filter(lines.order.notnull())
    size = known.amount.abs()
    by_number = known.group_by("order").aggregate(
        customers=known.customer.min() != known.customer.max(),
        days=known.day.min() != known.day.max(),
        several=known.key.min() != known.key.max(),
        same=size.min() == size.max(),
    )
    reused = (by_number.customers | by_number.days).fill_null(False)
    several = by_number.several & by_number.same.notnull() & ~reused
    counts = one_row(
        by_number,
        reused=reused.sum(),
        several=several.sum(),
        same=(several & by_number.same).sum(),
    )
    checks = found("order_number_reused", counts["reused"], "order_id")
    once, alike = settings.tables.orders.total_per_order, counts["same"]
    if once:
        checks += found("order_total_differs", counts["several"] - alike, "amount, order_id")
    elif once is None and alike >= max(LEAST_ALIKE, MOST_ALIKE * counts["several"]):
        checks += found("order_total_repeated", alike, "amount, order_id")
    return checks


def _currency(settings: Settings, seen: list[str]) -> list[Check]:
    if not set(seen) - {settings.currency}:
        return []
    marks = tuple(sorted(one for one in seen if len(one) <= LONGEST_MARK))
    return found("currency_mixed", len(seen), "currency", marks, values=tuple(sorted(seen)))


def _once_each(data: Delivery) -> list[Check]:
    """Say where hardly anybody ordered twice; with order numbers at hand even of few customers."""
    orders = data.history.orders
    counts = one_row(orders, orders=orders.count(), buyers=orders.customer_id.nunique())
    least = (
        LEAST_ONCE if "order_id" in data.settings.tables.orders.columns else data.settings.checks.least_buyers
    )
    alone = counts["buyers"] >= max(ONCE * counts["orders"], least)
    return found("customer_per_order", counts["buyers"] if alone else 0, "customer_id")


def _amounts(data: Delivery) -> list[Check]:
    days = data.history.days
    first_sale = days.day.min(where=days.sale_lines > 0)
    first_return = days.day.min(where=days.return_lines > 0)
    people = days.group_by("customer_id").aggregate(sale=first_sale, returned=first_return)
    early = people.returned.notnull() & (people.sale.isnull() | (people.returned < people.sale))
    early &= people.returned >= ibis.literal(data.history.first_day)
    lines = one_row(
        days,
        all=days.lines.sum(),
        sales=days.sale_lines.sum(),
        zero=days.zero_lines.sum(),
        back=days.return_lines.sum(),
    )
    often = lines["back"] > lines["sales"]
    return [
        *found("return_without_order", one_row(people, n=early.sum())["n"], "amount"),
        *found("no_sale", 0 if lines["sales"] else lines["all"], "amount"),
        *data.in_rows("amount_zero", lines["zero"], "amount", _zero),
        *found("amount_negative", lines["back"], "amount", severity="warning" if often else "note"),
    ]


def _shares(data: Delivery) -> list[Check]:
    limits, days = data.settings.checks, data.history.days
    total = one_row(days, amount=days.sale_amount.sum(), lines=days.lines.sum())
    people = days.group_by("customer_id").aggregate(amount=days.sale_amount.sum(), lines=days.lines.sum())
    if count_of(people) < limits.least_buyers:
        return []
    part = limits.customer_share
    large = (people.lines > part * total["lines"]) | (
        people.amount.cast("float64") > part * float(total["amount"])
    )
    extreme = days.sale_amount.cast("float64") > limits.line_share * float(total["amount"])
    few = days.filter(extreme & (days.sale_lines <= 3))
    return [
        *each("customer_dominates", people.filter(large), "customer_id"),
        *found("amount_extreme", count_of(few), "amount", values(few, "sale_amount")),
    ]
