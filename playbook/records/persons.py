"""Whose an order or an address is, where no customer's number says it: expressions, nothing is read."""

from collections.abc import Sequence
from typing import Any

import ibis

from playbook.records.canonical import CONSENTS


def of_orders(orders: Any, persons: Any) -> Any:
    """Return orders with the customers whose numbers per order stand in them.

    Parameters
    ----------
    orders : ibis.Table
        customer_id is the number per order.
    persons : ibis.Table
        number, customer_id. A number that nobody has, or several have, is nobody's.
    """
    one = persons.customer_id.nunique() == 1
    known = persons.group_by("number").aggregate(
        customer_id=ibis.ifelse(one, persons.customer_id.max(), ibis.null("string"))
    )
    numbered = orders.rename(number="customer_id")
    return numbered.left_join(known, "number").select(*orders.columns)


def of_lists(named: Sequence[tuple[str, Any]], lists: Sequence[str], people: Sequence[Any]) -> list[Any]:
    """Return the files of customers, those that are lists of addresses with whose each address is.

    An address is that of every customer who has it in another file, and else a contact of its own,
    known by it. ``named`` has the name to show and the rows of each file, customer_id of a list being the
    address in small letters; ``people`` the rows of the others that count.
    """
    held = [part for part in people if "email" in part.columns]
    if not held:
        return list(named)
    owned = [
        part.select("customer_id", address=part.email.lower()).filter(lambda p: p.address.notnull())
        for part in held
    ]
    owners = (ibis.union(*owned) if len(owned) > 1 else owned[0]).distinct()
    return [(shown, _owned(part, owners) if shown in lists else part) for shown, part in named]


def _owned(part: Any, owners: Any) -> Any:
    listed = part.rename(listed="customer_id")
    both = listed.left_join(owners, listed.listed == owners.address)
    return both.mutate(customer_id=ibis.coalesce(both.customer_id, both.listed)).select(*part.columns)


def with_lists(people: Any, lists: Any) -> Any:
    """Return one table of the customers and of lists of addresses.

    Whoever is a customer keeps the row, in which a no of either stands, and a yes where the other says
    nothing; the others have a row of their own.
    """
    asked = [name for name in CONSENTS if name in lists.columns]
    strangers = lists.anti_join(people, "customer_id")
    if asked:
        said = lists.group_by("customer_id").aggregate(
            **{f"{name}_listed": lists[name].all() for name in asked}
        )
        columns = list(dict.fromkeys([*people.columns, *asked]))
        people = people.left_join(said, "customer_id").drop("customer_id_right")
        people = people.mutate(**{name: _both(people, name) for name in asked}).select(*columns)
    missing = {
        name: ibis.null(kind) for name, kind in people.schema().items() if name not in strangers.columns
    }
    return ibis.union(people, strangers.mutate(**missing).select(*people.columns))


def _both(people: Any, name: str) -> Any:
    listed = people[f"{name}_listed"]
    if name not in people.columns:
        return listed
    return ibis.coalesce(people[name] & listed, people[name], listed)
