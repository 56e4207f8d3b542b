"""What is wrong with the order lines: copies, numbers used twice, signs, shares of one customer."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis

from playbook.intake.check.personal import CONTACT_DETAIL, personal_columns
from playbook.intake.check.rows import rows, unread, values
from playbook.intake.check.rules import Check, found
from playbook.records.history import History
from playbook.records.sources import Sources, collect_unreadable
from playbook.settings.client import Settings

Wrong = Callable[[Any], Any]


def inspect_orders(settings: Settings, sources: Sources, history: History) -> list[Check]:
    """Look through the lines once, and through the days.

    That reads every column, and so finds what the days could do without, such as a text that is
    not in the encoding of client.yml.
    """
    lines = _lines(settings, sources)
    collect_unreadable(sources)
    return [
        *_left_out(settings, sources, history),
        *lines,
        *_amounts(settings, sources, history),
        *_shares(settings, history),
    ]


def one_row(table: Any, **measures: Any) -> dict[str, Any]:
    """Return aggregates of a whole table by name, 0 in place of null."""
    row: dict[str, Any] = table.aggregate(**measures).to_pyarrow().to_pylist()[0]
    return {name: 0 if value is None else value for name, value in row.items()}


def _left_out(settings: Settings, sources: Sources, history: History) -> list[Check]:
    days, nobody = history.all_days, history.all_days.customer_id.isnull()
    late = (days.day > ibis.literal(history.as_of)).fill_null(False)
    counts = one_row(
        days,
        nobody=ibis.ifelse(nobody, days.lines, 0).sum(),
        incomplete=ibis.ifelse(nobody, 0, days.incomplete_lines).sum(),
        late=ibis.ifelse(~nobody & late, days.lines - days.incomplete_lines, 0).sum(),
    )
    lost, columns, shown = unread(sources, settings, "orders")
    read = lost + int(one_row(days, lines=days.lines.sum())["lines"])
    many = lost > settings.tolerated_unreadable * read
    checks = found("lines_unreadable", lost, columns, shown, "error" if many else None)
    for code, name, column, wrong in (
        ("lines_without_customer", "nobody", "customer_id", _nobody),
        ("lines_incomplete", "incomplete", "ordered_at, amount", _incomplete),
    ):
        if counts[name]:
            checks += found(code, counts[name], column, rows(sources, settings, "orders", wrong))
    return checks + found("lines_after_as_of", counts["late"], "ordered_at")


def _nobody(line: Any) -> Any:
    return line.customer_id.isnull()


def _incomplete(line: Any) -> Any:
    return line.customer_id.notnull() & (line.ordered_at.isnull() | line.amount.isnull())


def _zero(line: Any) -> Any:
    return line.customer_id.notnull() & (line.amount == 0)


def _contradiction(line: Any) -> Any:
    return ((line.amount < 0) & (line.quantity > 0)) | ((line.amount > 0) & (line.quantity < 0))


def _lines(settings: Settings, sources: Sources) -> list[Check]:
    """Read the lines once more, to a narrow file beside them that holds only what is compared."""
    with TemporaryDirectory(prefix="playbook-") as place:
        path = Path(place) / "lines.parquet"
        parts = [_narrow(part, file) for file, (_, part) in enumerate(sources.files.parts["orders"])]
        narrow = ibis.union(*parts) if len(parts) > 1 else parts[0]
        narrow.to_parquet(path)
        lines = sources.files.connection.read_parquet(path)
        checks = [*_copies(settings, lines), *_numbers(lines)]
        counts = one_row(lines, contradiction=lines.contradiction.sum(), personal=lines.personal.sum())
        currencies = lines.filter(lines.currency.notnull()).select("currency").distinct()
        checks += _currency(settings, currencies.to_pyarrow()["currency"].to_pylist())
    where = "amount, quantity"
    for code, name, column, wrong in (
        ("sign_contradiction", "contradiction", where, _contradiction),
        ("personal_data", "personal", personal_columns("orders", parts_columns(sources, "orders")), None),
    ):
        if counts[name]:
            shown = rows(sources, settings, "orders", wrong or _personal)
            checks += found(code, counts[name], column, shown)
    return checks


def parts_columns(sources: Sources, table: str) -> list[str]:
    """Return the canonical columns that some file of a table has."""
    return list(dict.fromkeys(column for _, part in sources.files.parts[table] for column in part.columns))


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
        contradiction=_contradiction(part).fill_null(False) if "quantity" in has else never,
        personal=_personal(part),
        currency=part.currency.upper() if "currency" in has else ibis.null("string"),
    )


def _personal(part: Any) -> Any:
    columns = [name for name in CONTACT_DETAIL["orders"] if name in part.columns]
    flags = [part[name].contains("@").fill_null(False) for name in columns]
    return ibis.or_(*flags) if flags else ibis.literal(False)


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


def _numbers(lines: Any) -> list[Check]:
    known = lines.filter(lines.order.notnull())
    by_number = known.group_by("order").aggregate(
        customers=known.customer.min() != known.customer.max(), days=known.day.min() != known.day.max()
    )
    reused = one_row(by_number, n=(by_number.customers | by_number.days).fill_null(False).sum())["n"]
    return found("order_number_reused", reused, "order_id")


def _currency(settings: Settings, seen: list[str]) -> list[Check]:
    if not set(seen) - {settings.currency}:
        return []
    return found("currency_mixed", len(seen), "currency", tuple(sorted(seen)))


def _amounts(settings: Settings, sources: Sources, history: History) -> list[Check]:
    days = history.days
    first_sale = days.day.min(where=days.sale_lines > 0)
    first_return = days.day.min(where=days.return_lines > 0)
    people = days.group_by("customer_id").aggregate(sale=first_sale, returned=first_return)
    early = people.returned.notnull() & (people.sale.isnull() | (people.returned < people.sale))
    early &= people.returned >= ibis.literal(history.first_day)
    lines = one_row(
        days,
        all=days.lines.sum(),
        sales=days.sale_lines.sum(),
        zero=days.zero_lines.sum(),
        back=days.return_lines.sum(),
    )
    checks = found("return_without_order", one_row(people, n=early.sum())["n"], "amount")
    if not lines["sales"]:
        checks += found("no_sale", lines["all"], "amount")
    if lines["zero"]:
        zeros = rows(
            sources, settings, "orders", lambda line: line.customer_id.notnull() & (line.amount == 0)
        )
        checks += found("amount_zero", lines["zero"], "amount", zeros)
    often = lines["back"] > lines["sales"]
    return checks + found("amount_negative", lines["back"], "amount", severity="warning" if often else "note")


def _shares(settings: Settings, history: History) -> list[Check]:
    limits, days = settings.checks, history.days
    total = one_row(days, amount=days.sale_amount.sum(), lines=days.lines.sum())
    people = days.group_by("customer_id").aggregate(amount=days.sale_amount.sum(), lines=days.lines.sum())
    if int(people.count().execute()) < limits.least_buyers:
        return []
    part = limits.customer_share
    large = (people.lines > part * total["lines"]) | (
        people.amount.cast("float64") > part * float(total["amount"])
    )
    extreme = days.sale_amount.cast("float64") > limits.line_share * float(total["amount"])
    extreme &= days.sale_lines <= 3
    big, sums = people.filter(large), days.filter(extreme)
    return [
        *found("customer_dominates", int(big.count().execute()), "customer_id", values(big, "customer_id")),
        *found("amount_extreme", int(sums.count().execute()), "amount", values(sums, "sale_amount")),
    ]
