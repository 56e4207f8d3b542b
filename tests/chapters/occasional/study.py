"""Small clients, and chapter 03 on a client as the notebook runs it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters import occasional
from playbook.chapters.occasional.base import OccasionalBase, base_sentences
from playbook.chapters.occasional.contrast import Contrast
from playbook.chapters.occasional.evidence import Kinds, kind_sentences
from playbook.chapters.occasional.left_out import LeftOut
from playbook.chapters.occasional.second_order import SecondOrder, second_order_sentences
from playbook.chapters.occasional.words import left_out_sentences
from playbook.offers.catalogue import Offer
from playbook.offers.catalogue import load as load_catalogue
from playbook.records.history import History, customers, read_history
from playbook.records.sources import Sources, open_sources
from playbook.settings.client import load
from playbook.show.words import Words
from playbook.stats.result import CannotTell

WORDS = Words()
START = date(2023, 1, 1)
HEAD = "customer_id,ordered_at,amount"
COLUMNS = "{customer_id: customer_id, ordered_at: ordered_at, amount: amount%s}"


@dataclass(frozen=True)
class Study:
    """The chapter on one client."""

    history: History
    sources: Sources
    offers: Sequence[Offer]
    second: SecondOrder
    first: pd.DataFrame
    kinds: Kinds
    base: OccasionalBase
    against: Contrast | CannotTell
    weighed: LeftOut

    @property
    def findings(self) -> dict[str, Finding]:
        results = (self.second, self.base, self.kinds, self.against, self.weighed)
        return {finding.name: finding for result in results for finding in result.findings()}

    @property
    def sentences(self) -> str:
        return "\n".join(occasional_sentences(self.findings, WORDS, self.second.share))

    @property
    def occasional(self) -> set[str]:
        return set(self.weighed.occasional["customer_id"])

    @property
    def evidence(self) -> pd.DataFrame:
        return self.kinds.evidence.set_index("kind")

    def weigh(self, offers: Sequence[Offer], people: pd.DataFrame | None = None) -> LeftOut:
        people = self.base.customers if people is None else people
        return occasional.leave_out(self.history, self.sources, people, self.second, offers)


@contextmanager
def opened(data: Path, client: str, **overrides: Any) -> Iterator[Study]:
    settings = load(client, data, overrides)
    sources = open_sources(settings, data / client)
    try:
        yield study(read_history(settings, sources), sources, load_catalogue(settings, data / client))
    finally:
        sources.close()


def study(history: History, sources: Sources, offers: Sequence[Offer]) -> Study:
    settings = history.settings
    second, first = occasional.find_second_order(history), occasional.first_orders(history)
    kinds = occasional.measure_kinds(first, settings, second.days)
    base = occasional.find_occasional(history, customers(history), first, second, kinds)
    against = occasional.compare_with_active(first, base.customers, settings.occasional)
    weighed = occasional.leave_out(history, sources, base.customers, second, offers)
    return Study(history, sources, offers, second, first, kinds, base, against, weighed)


def day(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def settings_text(columns: str = "", more: str = "", cohort: bool = True) -> str:
    return (
        f"client: Acme\nhorizon_days: 90\ntables:\n  orders:\n    files: orders.csv\n"
        f"    cohort: {str(cohort).lower()}\n    columns: {COLUMNS % columns}\n{more}"
    )


def steady_shop(size: int = 600) -> list[tuple[str, int]]:
    """Return (customer, day) of a shop where every second new customer orders again, after 10 to 109 days."""
    orders = [(f"c{n:04}", n % 500) for n in range(size)]
    again = [(f"c{n:04}", n % 500 + 10 + n % 100) for n in range(0, size, 2)]
    return [*orders, *again, ("last", 800)]


def nobody_again() -> list[tuple[str, int]]:
    """Return (customer, day) of a shop where nobody ever ordered a second time."""
    return [(f"c{n:03}", 5 * n) for n in range(150)]


def as_csv(orders: list[tuple[str, int]], amount: float = 40) -> str:
    return "\n".join([HEAD, *(f"{who},{day(when)},{amount}" for who, when in orders)]) + "\n"


def with_coupons(coupon: Callable[[str], bool]) -> str:
    """Return the steady shop's orders, with a coupon on every order of the customers whose number fits."""
    rows = [f"{who},{day(when)},40,{'X' if coupon(who) else ''}" for who, when in steady_shop()]
    return "\n".join([f"{HEAD},coupon", *rows]) + "\n"


def number(who: str) -> int:
    return int(who[1:]) if who[1:].isdigit() else 0


def occasional_sentences(findings, words, share):
    """The chapter in words, as its cells say it one after the other."""
    return [
        *second_order_sentences(findings, words, share),
        *base_sentences(findings, words),
        *kind_sentences(findings, words),
        *left_out_sentences(findings, words),
    ]
