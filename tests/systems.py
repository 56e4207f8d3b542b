"""Exports of systems known by name: sales of the demo client in each system's form, and what is read of them.

``python -m tests.systems`` writes what came of them to docs/systems.md.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from playbook.intake.propose import Proposal, propose
from playbook.records.consent import consents
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings.client import load
from tests.intake import systems_books, systems_giving, systems_lists, systems_payments, systems_shops
from tests.intake.systems_sales import Sale, sales

DOCUMENT = Path(__file__).parent.parent / "docs" / "systems.md"


@dataclass(frozen=True)
class Written:
    """A system, how its export is written, and what nobody can tell from it."""

    name: str
    write: Callable[[list[Sale], Path], list[Path]]
    untold: str = ""


def of(module: object) -> Iterator[Written]:
    """The systems whose exports a module writes: name, writer and what they do not tell."""
    yield from (Written(*row) for row in module.SYSTEMS)  # type: ignore[attr-defined]


SYSTEMS = tuple(
    one
    for module in (systems_shops, systems_payments, systems_books, systems_giving, systems_lists)
    for one in of(module)
)


@dataclass(frozen=True)
class Counts:
    """What an export comes to."""

    customers: int
    orders: int
    revenue: float
    first: date
    last: date
    no_email: int | None = None

    def __str__(self) -> str:
        said = f"{self.customers} customers, {self.orders} orders, {self.revenue:,.2f}"
        return said if self.no_email is None else f"{said}, {self.no_email} without e-mail"


def true(one: Written, told: bool = True) -> Counts:
    """What the sales come to; not ``told``: as far as this export can tell."""
    untold = "" if told else one.untold
    ledger = untold == systems_payments.LEDGER
    paid = [sale for sale in sales() if sale.fate in ("paid", "part", *(["refunded"] if ledger else []))]
    blind = untold and not ledger
    revenue = sum(sale.amount - (0 if blind else sale.refund) for sale in paid)
    days = {(sale.person, sale.moment.date()) for sale in paid}
    buyers = {person for person, _ in days}
    refused = buyers & systems_lists.refusing() if one.name in systems_lists.NAMES else None
    first, *_, last = sorted(day for _, day in days)
    return Counts(
        len(buyers), len(days), round(revenue, 2), first, last, None if refused is None else len(refused)
    )


def got(one: Written, place: Path) -> tuple[Counts, Proposal]:
    """What `playbook new --yes` and a run make of an export."""
    files = one.write(sales(), place)
    proposal = propose("acme", files, place / "data", None)
    settings = load("acme", place / "data")
    sources = open_sources(settings, place / "data" / "acme")
    try:
        people = customers(read_history(settings, sources))
        buyers = people[people["orders"] > 0]
        refused = None
        if one.name in systems_lists.NAMES:
            said = consents(buyers["customer_id"], sources, settings)["consent_email"]
            refused = int((said == "refused").sum())
    finally:
        sources.close()
    revenue = round(float(people["revenue"].sum()), 2)
    first, last = buyers["first_order"].min().date(), buyers["last_order"].max().date()
    return Counts(len(buyers), int(buyers["orders"].sum()), revenue, first, last, refused), proposal


@cache
def results() -> tuple[tuple[Written, Counts], ...]:
    """Write and read all systems."""
    found = []
    for one in SYSTEMS:
        with TemporaryDirectory() as place:
            found.append((one, got(one, Path(place))[0]))
    return tuple(found)


def row(one: Written, counts: Counts) -> str:
    """A system's line of the document."""
    what = f"; {one.untold}" if one.untold else ""
    return f"| {one.name} | {true(one)} | {counts}{what} |"


HEAD = """# Systems known by name

`playbook new` knows the exports of these systems by their headers, says so, and writes into `client.yml` what
follows: which column is the customer, which amount counts, which rows do. Every line can be changed there.

Written by `python -m tests.systems`; a test holds it. The same sales of the demo shop stand in each system's
export, with cancelled, pending, refunded and test orders, orders of guests, and addresses in two spellings.

| system | true | read |
|:--|:--|:--|
"""
TAIL = """
## To add a system

Write a file in `playbook/intake/systems/`: for each kind of file that it exports, the headers that tell it
(`telling`), our columns and the names that theirs may have (`columns`), the words of its states that count
and that do not (`states`), and whatever else `client.yml` says of rows (`less`, `negative`, `drop`, `values`,
`total_per_order`). `notes` says why, `unsure` what it cannot tell; both become comments. Then write its
export in `tests/intake/systems_*.py`, and this page anew.
"""


def document() -> str:
    """The page."""
    out = io.StringIO()
    out.write(HEAD)
    out.writelines(f"{row(one, counts)}\n" for one, counts in results())
    out.write(TAIL)
    return out.getvalue()


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
    print(DOCUMENT)
