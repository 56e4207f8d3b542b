"""The zoo's client before anything happens to it, and what an animal of the zoo is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from playbook.demo import retailer

TABLE, ERROR = "table", "error"
"""Expected: the table of customers as if nothing were wrong; an error. Else: the code of a finding."""

ORDERS = ("number", "date", "customer", "article", "quantity", "amount", "coupon")
COLUMNS = """      order_id: number
      ordered_at: date
      customer_id: customer
      category: article
      quantity: quantity
      amount: amount
      coupon: coupon
"""
OTHERS = """  customers:
    files: customers.csv
    columns: {customer_id: id, name: name, email: email, may_email: mail_ok, acquired_on: since}
  events:
    files: events.csv
    columns: {customer_id: customer, happened_at: day, kind: kind, detail: detail}
  contacts:
    files: contacts.csv
    columns: {campaign: campaign, customer_id: customer, contacted_at: day, channel: channel, arm: arm}
"""


def client_yml(
    form: str = "{}", files: str = "orders.csv", more: str = "", columns: str = COLUMNS, top: str = ""
) -> str:
    """Return the settings of the zoo's client, with the dialect of its orders."""
    return (
        f"client: Zoo\n{top}tables:\n  orders:\n    files: {files}\n    format: {form}\n{more}"
        f"    columns:\n{columns}{OTHERS}"
    )


@cache
def healthy() -> dict[str, pd.DataFrame]:
    """Return the tables before anything happens to them, all as text: every fourteenth customer."""
    made = retailer.generate()
    orders = made.orders[made.orders["customer_id"].notna()]
    ids = sorted(set(orders["customer_id"]))[::14]
    kept = orders[orders["customer_id"].isin(ids)].copy()
    kept["category"] = kept["category"].fillna("")
    lines = pd.DataFrame(
        {
            "number": [f"B{n}" for n in kept["order_id"]],
            "date": pd.to_datetime(kept["ordered_at"]).dt.strftime("%Y-%m-%d"),
            "customer": kept["customer_id"],
            "article": kept["category"],
            "quantity": kept["quantity"].astype(int).astype(str),
            "amount": [f"{amount:.2f}" for amount in kept["amount"]],
            "coupon": kept["coupon"].fillna(""),
        }
    ).drop_duplicates()
    lines = lines[lines["amount"].astype(float) != 0].reset_index(drop=True)
    people = pd.DataFrame(
        {
            "id": ids,
            "name": [f"Person {n}" for n in range(len(ids))],
            "email": [f"person{n}@example.com" for n in range(len(ids))],
            "mail_ok": ["ja", "nein", ""] * (len(ids) // 3) + ["ja"] * (len(ids) % 3),
            "since": "2022-05-01",
        }
    )
    some = ids[:60]
    events = pd.DataFrame({"customer": some, "day": "2024-05-01", "kind": "visit", "detail": "login"})
    contacts = pd.DataFrame(
        {
            "campaign": "SPRING",
            "customer": some,
            "day": "2025-03-01",
            "channel": "letter",
            "arm": ["treated", "control"] * 30,
        }
    )
    return {"orders": lines, "customers": people, "events": events, "contacts": contacts}


def write(folder: Path) -> None:
    """Write the healthy client."""
    folder.mkdir(parents=True)
    for name, frame in healthy().items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    (folder / "client.yml").write_text(client_yml(), encoding="utf-8")


@dataclass(frozen=True)
class Animal:
    """One damaged export: what happened to it, and what is to come of it.

    Attributes
    ----------
    name : str
    damage : callable
        Changes a client's folder.
    expected : str
        `TABLE`, `ERROR`, or the code of a finding.
    words : str
        Where an error is expected: words that it says.
    """

    name: str
    damage: Callable[[Path], None]
    expected: str
    words: str = ""


def keeper(animals: list[Animal]) -> Callable[..., Callable[[Callable[[Path], None]], None]]:
    """Return a decorator that adds a damage to a list of animals."""

    def animal(name: str, expected: str, words: str = "") -> Callable[[Callable[[Path], None]], None]:
        def add(damage: Callable[[Path], None]) -> None:
            animals.append(Animal(name, damage, expected, words))

        return add

    return animal


def orders() -> pd.DataFrame:
    """Return a copy of the healthy orders, all columns text."""
    return healthy()["orders"].copy()


def save(folder: Path, frame: pd.DataFrame, name: str = "orders.csv", **options: Any) -> None:
    """Write a table as CSV."""
    frame.to_csv(folder / name, **({"index": False, "lineterminator": "\n"} | options))


def configure(folder: Path, *words: str, **parts: str) -> None:
    """Write client.yml with another dialect or other columns."""
    (folder / "client.yml").write_text(client_yml(*words, **parts), encoding="utf-8")
