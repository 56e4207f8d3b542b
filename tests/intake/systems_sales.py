"""The sales that stand in every system's export: some of the demo client's, and what became of them."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from tests.conftest import PROJECT

PEOPLE = 60
FATES = {3: "cancelled", 9: "refunded", 13: "part", 18: "pending", 23: "test", 27: "part"}
"""What becomes of some of thirty orders; the others are paid."""


@dataclass(frozen=True)
class Sale:
    """An order.

    Attributes
    ----------
    number : int
    moment : datetime
    person : str
        Whose it is, without what an export calls them.
    email : str
        As it was typed: in capitals now and then.
    guest : bool
        Whether the shop has no number of the customer.
    lines : tuple of (str, int, float)
        What, how many, and what was paid for the line.
    fate : str
        paid, cancelled, refunded, part (a quarter paid back), pending, test.
    """

    number: int
    moment: datetime
    person: str
    email: str
    guest: bool
    lines: tuple[tuple[str, int, float], ...]
    fate: str

    @property
    def amount(self) -> float:
        return round(sum(paid for _, _, paid in self.lines), 2)

    @property
    def refund(self) -> float:
        return {"refunded": self.amount, "part": round(self.amount / 4, 2)}.get(self.fate, 0.0)

    @property
    def name(self) -> str:
        return f"{self.person[:3].title()} Muster{self.person[3:]}"


@cache
def sales() -> list[Sale]:
    """Return the sales, in the order of their days."""
    path = PROJECT / "data" / "demo" / "bestellungen_2025.csv"
    with path.open(encoding="cp1252", newline="") as text:
        rows = [row for row in csv.DictReader(text, delimiter=";") if row["Kundennr"]]
    rows = [row for row in rows if re.fullmatch(r"[\d']+,\d\d", row["Betrag"]) and row["Menge"].isdigit()]
    paid = [(row, float(row["Betrag"].replace("'", "").replace(",", "."))) for row in rows]
    ids = list(dict.fromkeys(row["Kundennr"] for row, amount in paid if amount > 0))
    number = {one: place for place, one in enumerate(sorted(ids)[:: len(ids) // PEOPLE][:PEOPLE])}
    by_order: dict[str, list[tuple[dict[str, str], float]]] = {}
    for row, amount in paid:
        if row["Kundennr"] in number and amount > 0 and int(row["Menge"]) > 0:
            by_order.setdefault(row["Belegnr"], []).append((row, amount))
    found = []
    for place, lines in enumerate(by_order.values()):
        first = lines[0][0]
        who = number[first["Kundennr"]]
        day = datetime.strptime(first["Datum"], "%d.%m.%Y") + timedelta(
            hours=8 + place % 12, minutes=place % 60
        )
        person = f"per{who:03}"
        email = f"{person}@example.org"
        found.append(
            Sale(
                number=4001 + place,
                moment=day,
                person=person,
                email=email.title() if place % 7 == 3 else email,
                guest=who % 8 == 0,
                lines=tuple(
                    (row["Warengruppe"] or "Diverses", int(row["Menge"]), paid) for row, paid in lines
                ),
                fate=FATES.get(place % 30, "paid"),
            )
        )
    return sorted(found, key=lambda sale: sale.moment)


def number_of(sale: Sale, first: int = 10_000) -> int:
    """The number of a customer in systems that give guests one as well."""
    return first + int(sale.person[3:])


def write(
    path: Path, rows: Iterable[Sequence[object]], separator: str = ",", encoding: str = "utf-8"
) -> Path:
    with path.open("w", encoding=encoding, newline="") as text:
        csv.writer(text, delimiter=separator).writerows(rows)
    return path


def comma(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")
