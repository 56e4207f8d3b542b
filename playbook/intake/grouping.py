"""Files of one kind become one table; orders and their lines find each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from playbook.errors import DataError
from playbook.intake.formats import Doubt
from playbook.intake.guess import Guess
from playbook.intake.look import Look
from playbook.intake.permission import is_about_contact, names_refusals
from playbook.intake.recognise import PER_ORDER, permissions
from playbook.records.canonical import COLUMNS, CONSENTS, GENERAL, LINES, PERSONS, REFUSALS
from playbook.settings.tables import Format


@dataclass
class Found:
    """One table of the client's: its files, what each of them is, what its rows mean, what is unsure."""

    name: str
    guesses: list[Guess]
    form: Format
    doubts: list[Doubt] = field(default_factory=list)
    lines: "Found | None" = None
    persons: "Found | None" = None
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that most of the files have."""
        return self.guesses[0].columns

    @property
    def named(self) -> dict[str, list[str]]:
        """These columns, each with all of the client's that stand for it."""
        return self.guesses[0].named


def tables_of(guesses: Sequence[Guess], said: list[str]) -> dict[str, Found]:
    """Put files of one kind together; say what is left out.

    Raises
    ------
    DataError
        For a file that is a list of refusals, or holds some, and is no table of customers.
    """
    by_table: dict[str, list[Guess]] = {}
    for guess in _with_answers(_with_lines_apart(guesses)):
        _refuse_refusals(guess)
        if guess.table is None and guess.origin is not None:
            said.append(f"{guess.look.shown} is left out: it is {guess.origin.what}; {guess.origin.useless}.")
        elif guess.table is None:
            said.append(f"{guess.look.shown} is left out: it is none of the tables that the playbook knows.")
        else:
            by_table.setdefault(guess.table, []).append(guess)
    lines, persons = by_table.pop(LINES, []), by_table.pop(PERSONS, [])
    tables = {name: _together(name, by_table[name], said) for name in COLUMNS if name in by_table}
    orders = tables.get("orders")
    if lines and orders is not None and _share_orders(orders, lines):
        own = {"amount", "unit_price", "quantity", "margin", "list_amount"}
        orders.guesses = [
            replace(guess, columns={o: t for o, t in guess.columns.items() if o not in own})
            for guess in orders.guesses
        ]
        orders.lines = _together(LINES, lines, said)
    elif lines:
        names = ", ".join(guess.look.shown for guess in lines)
        said.append(
            f"{names} is left out: it has order lines without customer and date, and no file of orders."
        )
    if orders is not None and persons:
        orders.persons = _together(PERSONS, persons, said)
    elif orders is not None and "customers" in tables:
        orders.persons = _persons_among(tables["customers"], orders)
        if orders.persons is not None and set(tables["customers"].columns) <= {"customer_id"}:
            del tables["customers"]
    if orders is not None and orders.lines is None and not {"amount", "unit_price"} & set(orders.columns):
        names = ", ".join(guess.look.shown for guess in orders.guesses)
        said.append(
            f"{names} is left out: it has orders without amounts, and no file of lines belongs to it."
        )
        del tables["orders"]
    return tables


def _with_lines_apart(guesses: Sequence[Guess]) -> list[Guess]:
    """Take files for lines that name no customer and whose order numbers stand in a file that does."""
    priced = {"amount", "unit_price"}
    orders = [guess for guess in guesses if guess.table == "orders" and "order_id" in guess.columns]
    heads = [guess for guess in orders if not priced & set(guess.columns)]
    sorted_out = []
    for guess in guesses:
        unnamed = any(doubt.place == ("columns", "customer_id") for doubt in guess.doubts)
        if guess in orders and unnamed and any(_overlap(head, guess, "order_id") > 0.5 for head in heads):
            columns = {o: t for o, t in guess.columns.items() if o not in ("customer_id", "ordered_at")}
            doubts = tuple(doubt for doubt in guess.doubts if doubt.place[1] in columns)
            sorted_out.append(replace(guess, table=LINES, columns=columns, doubts=doubts))
        else:
            sorted_out.append(guess)
    return sorted_out


ANSWERS = {"customer_id", "email", "phone", *CONSENTS, GENERAL, *REFUSALS}


def _refuse_refusals(guess: Guess) -> None:
    """Refuse a list of refusals that is no table of customers with a column that says so."""
    look = guess.look
    named = names_refusals(look.path.stem) or names_refusals(look.sheet or "")
    held = [column.name for columns in permissions(look).values() for column in columns]
    if (named and not guess.refusals) or (held and guess.table is None):
        why = "is by its name a list of" if named else f"holds answers ({held[0]}) of"
        raise DataError(
            f"{look.shown} {why} people who must not be contacted, and no table of customers with a"
            " column that says so: leave it out here, and save the numbers, e-mail addresses or telephones"
            " of those who refused as suppress.csv in the client's folder."
        )


def _with_answers(guesses: Sequence[Guess]) -> list[Guess]:
    """Take a file of orders or events for one of customers too where it holds what they answered."""
    both: list[Guess] = []
    for guess in guesses:
        held = permissions(guess.look).items() if guess.table in ("orders", "events", "contacts") else ()
        free = set(guess.unused)
        asked = {o: [c.name for c in cs if c.name in free and is_about_contact(c.name)] for o, cs in held}
        asked = {ours: names for ours, names in asked.items() if names}
        if not asked or "customer_id" not in guess.columns:
            both.append(guess)
            continue
        columns = {ours: names[0] for ours, names in asked.items()}
        columns["customer_id"] = guess.columns["customer_id"]
        also = {ours: tuple(names[1:]) for ours, names in asked.items() if names[1:]}
        every = frozenset(column.name for column in guess.look.columns)
        both.append(replace(guess, elsewhere=frozenset().union(*asked.values())))
        both.append(Guess(guess.look, "customers", columns, also=also, elsewhere=every))
    return both


def _together(name: str, guesses: list[Guess], said: list[str]) -> Found:
    """Make one table of files of a kind: that with most columns first, then as they were given."""
    common = max(guesses, key=lambda guess: sum(other.named == guess.named for other in guesses))
    kept = [common, *(guess for guess in guesses if guess is not common)]
    if name == "customers":
        best = max(guesses, key=lambda guess: ("customer_id" in guess.columns, len(guess.columns)))
        kept = [best]
        for guess in guesses:
            if guess is best:
                continue
            answers = {ours: theirs for ours, theirs in guess.columns.items() if ours in ANSWERS}
            if "customer_id" not in guess.columns or _overlap(best, guess, "customer_id") <= 0.5:
                kept.append(guess)
            elif set(answers) - {"customer_id", "email", "phone"}:
                said.append(
                    f"Of {guess.look.shown} only consents and refusals are taken: its customers are those of"
                    f" {best.look.shown}."
                )
                kept.append(replace(guess, columns=answers))
            else:
                said.append(
                    f"{guess.look.shown} is left out: its customers are those of {best.look.shown},"
                    " and a customer has one row."
                )
    form = kept[0].look.form
    for guess in kept[1:]:
        form = merged_form(form, guess) or form
    position = {guess.look.shown: place for place, guess in enumerate(guesses)}
    found = Found(name, kept, form)
    found.doubts = list(
        dict.fromkeys(doubt for guess in kept for doubt in (*guess.look.doubts, *guess.doubts))
    )
    found.guesses[1:] = sorted(kept[1:], key=lambda guess: position[guess.look.shown])
    return found


def _persons_among(customers: Found, orders: Found) -> Found | None:
    """Return the customers as whose the orders' numbers are, where each of these is one order's alone.

    So it is where no customer number of the orders comes twice, and beside the customers' numbers, which
    are those of the orders, stands another one that does.
    """
    guess, heads = customers.guesses[0], [g for g in orders.guesses if "order_id" in g.columns]
    number = guess.columns.get("customer_id", "")
    person = next((doubt.others[0] for doubt in guess.doubts if doubt.reason.startswith(PER_ORDER)), None)
    if person is None or len(customers.guesses) > 1 or not heads:
        return None
    if not all(map(_one_order_each, heads)) or any(
        _overlap(guess, head, "customer_id") < 0.5 for head in heads
    ):
        return None
    reason = f"{number} comes with one order each, and {person} does not"
    doubt = Doubt(("columns", "customer_id"), person, (), reason)
    said = replace(guess, columns={"number": number, "customer_id": person}, table=PERSONS, doubts=(doubt,))
    customers.guesses = [replace(guess, columns=guess.columns | {"customer_id": person}, doubts=())]
    customers.doubts = []
    return Found(PERSONS, [said], customers.form, [doubt])


def _one_order_each(orders: Guess) -> bool:
    """Whether nobody has two orders in a file."""
    places = [orders.look.place_of(orders.columns[ours]) for ours in ("customer_id", "order_id")]
    rows = [row for row in orders.look.sample if len(row) > max(places)]
    pairs = {(row[places[0]], row[places[1]]) for row in rows}
    return len(pairs) == len({customer for customer, _ in pairs}) > 1


def _overlap(one: Guess, other: Guess, ours: str) -> float:
    """Return the share of the other's values that the one has as well."""
    values = [
        {
            text.removesuffix(".0")
            for column in guess.look.columns
            if column.name == guess.columns[ours]
            for text in column.values
        }
        for guess in (one, other)
    ]
    return len(values[0] & values[1]) / max(len(values[1]), 1)


def _share_orders(orders: Found, lines: Sequence[Guess]) -> bool:
    heads = [guess for guess in orders.guesses if "order_id" in guess.columns]
    return any(_overlap(head, line, "order_id") > 0.5 for head in heads for line in lines)


def merged_form(form: Format, guess: Guess) -> Format | None:
    """Return the dialect in which this file reads as well as in its own; None where there is none."""
    own = guess.look.form
    encodings = {_encoding(form), _encoding(own)} - {"ascii"} or {"ascii"}
    if (form.separator, form.skip, form.header) != (own.separator, own.skip, own.header) or len(
        encodings
    ) > 1:
        return None
    encoding = form.encoding if _encoding(form) != "ascii" else own.encoding
    both = form.model_copy(
        update={
            "encoding": encoding,
            "thousands": form.thousands or own.thousands,
            "totals": form.totals or own.totals,
            "amounts": "written" if "written" in (form.amounts, own.amounts) else "plain",
            "dates": form.dates or own.dates,
        }
    )
    look = Look(guess.look.path, guess.look.sheet, both, guess.look.columns)
    same = all(
        (look.is_day(c), look.is_number(c)) == (guess.look.is_day(c), guess.look.is_number(c))
        for c in look.columns
    )
    return both if same else None


def _encoding(form: Format) -> str:
    return "utf-8" if form.encoding == "utf-8-sig" else form.encoding
