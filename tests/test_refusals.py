"""Nobody who refused, in whatever form, stands in a file that leads to a contact.

Clients are drawn at random. In each, people whom everything speaks for refuse: in a column, under
another spelling or another number, on the list, as an event, in a row that cannot be read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from playbook.chapter import Chapter
from playbook.chapters import plan, warning
from playbook.chapters.measurement.design_page import write_assignment
from playbook.chapters.warning.judged import judge
from playbook.records import canonical, cells, consent, identifiers, reach, same_person
from playbook.records.history import customers
from playbook.report.workbook import calls as calls_sheets
from playbook.report.workbook import lists
from playbook.report.workbook.sheets import TableSheet
from playbook.settings import client as settings
from playbook.stats import return_probability
from playbook.stats.result import CannotTell
from playbook.stats.trials.earlier import read_plan

AS_OF = date(2025, 6, 30)
ALL = frozenset({"email", "phone", "letter", "visit"})
YES = "yes,yes,yes,yes"
PEOPLE_HEAD = "id,mail_ok,phone_ok,letter_ok,visit_ok,stop,since,email,tel,name,street"
YML = """client: Acme
as_of: 2025-06-30
{top}tables:
  orders: {{files: orders.csv, columns: {{customer_id: customer_id, ordered_at: day, amount: amount}}}}
  customers:
    files: people.csv
    columns: {{customer_id: id, may_email: mail_ok, may_phone: phone_ok, may_letter: letter_ok,
      may_visit: visit_ok, {stop}: stop, acquired_on: since,
      email: email, phone: tel, name: name{address}}}
  events: {{files: events.csv, columns: {{customer_id: id, happened_at: day, kind: kind}}}}
  contacts:
    files: contacts.csv
    columns: {{customer_id: id, contacted_at: day, campaign: code, channel: channel, arm: arm}}
"""
REFUSALS = (
    "verstorben",
    "gesperrt 2024",
    "2024-03-01",
    "opt-out",
    "Robinsonliste",
    "x",
    "1",
    "?",
    "deceduto",
)
NOES = ("no", "Nein", "0", "non", "?", "widerrufen")
UNSUBSCRIBED = (
    "unsubscribe",
    "Unsubscribed",
    "OPT-OUT",
    "Abmeldung",
    "désinscrit",
    "disiscrizione",
    "Abbestellt",
)
NEVER = ("no_contact", "Verstorben", "Werbesperre", "do not contact", "décédée", "blocked", "deceduto")


@dataclass
class Export:
    """The lines of a client's files, and by which channels nobody may be contacted."""

    people: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=lambda: ["N0,2024-01-01,visit"])
    contacts: list[str] = field(default_factory=lambda: ["N0,2023-01-01,OLD,letter,treated"])
    listed: list[str] = field(default_factory=list)
    stop: str = "no_contact"
    addressed: bool = True
    forbidden: dict[str, frozenset[str]] = field(default_factory=dict)


class Person:
    """Somebody who bought, may be contacted by every channel, and is worth it."""

    def __init__(self, n: int) -> None:
        self.n, self.id = n, f"K{n:04}"
        self.email, self.tel = f"p{n}@x.ch", f"079 555 {n:04}"
        self.name, self.street = f"Ada{n} Muster", f"Weg {n}, 8000 Ort"

    def row(self, may: str = YES, stop: str = "", since: str = "2020-01-01") -> str:
        details = f'{self.email},{self.tel},{self.name},"{self.street}"'
        return f"{self.id},{may},{stop},{since},{details}"

    def buys(self, export: Export) -> None:
        last = "2025-05-20" if self.n % 3 == 0 else "2024-01-15"
        export.orders += [f"{self.id},{day},80" for day in ("2023-03-01", "2023-09-01", last)]


Draw = Callable[[st.SearchStrategy[str]], str]


def spelling(draw: Draw, number: str) -> str:
    ways = (
        number.lower(),
        f"{number[:2]} {number[2:]}",
        f"{number}\u00a0",
        f"{number[0]}\u200b{number[1:]}",
        f" {number}",
    )
    return draw(st.sampled_from(ways))


def refuse(draw: Draw, export: Export, who: Person, number: str) -> frozenset[str]:
    """Write a refusal under a number that is no row of people.csv yet; return the channels it closes."""
    how = draw(st.sampled_from(("no", "listed", "unsubscribed", "never", "torn")))
    if how == "no":
        export.people.append(f"{number},no,no,no,no,,2020-01-01,,,,")
    elif how == "listed":
        export.listed.append(draw(st.sampled_from((f"asked;{number}", f"{number};2024-01-01;verstorben"))))
    elif how == "torn":
        export.people.append(
            draw(st.sampled_from((f"{number},no,no,no,no,,soon,,,,", f"{number},,,no,,,,,,,,,x")))
        )
    else:
        kind = draw(st.sampled_from(UNSUBSCRIBED if how == "unsubscribed" else NEVER))
        day = draw(st.sampled_from(("2024-05-01", "2026-01-01", "")))
        export.events.append(f"{number},{day},{kind}")
        return frozenset({"email"}) if how == "unsubscribed" else ALL
    return ALL


def in_a_column(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    export.people.append(who.row(stop=draw(st.sampled_from(REFUSALS))))
    return ALL


def a_no(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    channel = draw(st.sampled_from(("email", "phone", "letter", "visit")))
    no = draw(st.sampled_from(NOES))
    may = ",".join(no if one == channel else "yes" for one in ("email", "phone", "letter", "visit"))
    export.people.append(who.row(may))
    return frozenset({channel})


def spelled_otherwise(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    export.people.append(who.row())
    return refuse(draw, export, who, spelling(draw, who.id))


def on_the_list(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    export.people.append(who.row())
    ways = (
        f"x;{who.name} <{who.email.upper()}>",
        f"mailto:{who.email}",
        f"+41 (0){who.tel[1:]}",
        f"a;b;{who.id}",
    )
    export.listed.append(draw(st.sampled_from(ways)))
    return ALL


def in_a_torn_row(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    whole = who.row(may="no,no,no,no")
    torn = (who.row(may="no,no,no,no", since="soon"), f"{whole},,", whole[: len(who.id) + 4], f"{who.id[:3]}")
    export.people.append(draw(st.sampled_from(torn)))
    return ALL


def as_somebody_else(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    other = Person(5000 + who.n)
    shared = draw(st.sampled_from(("email", "phone", "address") if export.addressed else ("email", "phone")))
    setattr(
        other,
        *{
            "email": ("email", who.email.upper()),
            "phone": ("tel", f"+41 {who.tel[1:]}"),
            "address": ("street", who.street),
        }[shared],
    )
    if shared != "email":
        other.name = draw(st.sampled_from((who.name.upper(), " ".join(reversed(who.name.split())))))
    export.people.append(who.row())
    how = draw(st.sampled_from(("no", "else", "torn", "nobody")))
    if how == "torn" and shared == "email":
        export.people.append(other.row(may="no,no,no,no", since="soon"))
    elif how == "nobody":
        other.id = ""
        export.people.append(other.row(may="no,no,no,no"))
    elif how == "else":
        export.people.append(other.row(may=",,,"))
        return refuse(draw, export, other, other.id)
    else:
        export.people.append(other.row(may="no,no,no,no"))
    return ALL


def among_many(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    export.people.append(who.row())
    for n in range(6):
        other = Person(6000 + 10 * who.n + n)
        other.email = who.email
        export.people.append(other.row(may="no,no,no,no" if n == 3 else ",,,"))
    return ALL


def contacted(draw: Draw, export: Export, who: Person) -> frozenset[str]:
    other = Person(7000 + who.n)
    other.email = who.email
    export.people += [who.row(), other.row(may=",,,")]
    number = draw(st.sampled_from((who.id.lower(), other.id)))
    arm = draw(st.sampled_from(("treated", "", "A")))
    export.contacts.append(f"{number},{AS_OF - timedelta(5)},NEW,letter,{arm}")
    return ALL


KINDS = (
    in_a_column,
    a_no,
    spelled_otherwise,
    on_the_list,
    in_a_torn_row,
    as_somebody_else,
    among_many,
    contacted,
)


@st.composite
def exports(draw, kinds=KINDS) -> Export:
    """A client with three people who may be contacted, and up to seven who may not."""
    export = Export(stop=draw(st.sampled_from(tuple(canonical.REFUSALS)[:4])), addressed=draw(st.booleans()))
    for n in range(3):
        may = Person(n)
        may.buys(export)
        export.people.append(may.row())
    for n, kind in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=7)), 10):
        who = Person(n)
        who.buys(export)
        export.forbidden[who.id] = kind(draw, export, who)
    return export


def written(export: Export, data: Path) -> settings.Settings:
    """Write the client's files; return the settings."""
    folder = data / "acme"
    folder.mkdir(parents=True)
    heads = {"people": PEOPLE_HEAD, "orders": "customer_id,day,amount", "events": "id,day,kind"}
    heads["contacts"] = "id,day,code,channel,arm"
    for name, head in heads.items():
        (folder / f"{name}.csv").write_text("\n".join([head, *getattr(export, name)]) + "\n")
    (folder / "suppress.csv").write_text("\n".join(export.listed) + "\n")
    top = "suppress_unmatched: accept\noffers: {holdout_share: 0, budget: 100000}\n"
    top += "warning: {holdout_share: 0}\nconsent: {assumed: [letter, email]}\n"
    (folder / "client.yml").write_text(
        YML.format(top=top, stop=export.stop, address=", address: street" if export.addressed else "")
    )
    return settings.load("acme", data)


def lists_of(export: Export, place: Path) -> set[tuple[str, str, str]]:
    """Make every file that leads to a contact; return (file, customer, channel) of all that they name."""
    chosen = written(export, place / "data")
    folder = place / "run"
    (folder / "tables").mkdir(parents=True)
    run = Chapter("05", "acme", chosen, folder, place / "data")
    people = scored(customers(run.history))
    run.__dict__["customers"] = people
    signals = judge(None)
    calls = warning.plan_calls(
        run.history, run.sources, people, signals, None, CannotTell((), None), run.words
    )
    offers = warning.load_catalogue(chosen, run.client_folder)
    warning.write_assignment(folder, calls.arms(offers))
    with pytest.MonkeyPatch.context() as patch:  # chances change nothing here, and cost most of the time
        patch.setattr(return_probability, "fit", lambda *_, **__: None)
        campaign = plan.prepare(people, run.history, run.sources, offers)
    made = plan.make_plan(campaign, least_chance=0)  # a few, whom chance alone may turn into a loss
    plan.hand_over(run, made)
    write_assignment(folder, read_plan(folder), run.as_of)
    for part in (calls.customers, made.columns()):
        new = [column for column in part if column == "customer_id" or column not in people]
        people = people.merge(part[new], on="customer_id", how="left")
    sheets = calls_sheets.early_calls(run, people), lists.write_instead(run, people)
    run.sources.close()
    return {*named_in(folder), *named_on(*sheets)}


def scored(people: pd.DataFrame) -> pd.DataFrame:
    """Add what chapters 02 to 06 would: everybody is worth every contact."""
    n = len(people)
    silent = (pd.Timestamp(AS_OF) - pd.to_datetime(people["last_order"])).dt.days
    lapsed = (silent > 300).to_numpy()
    return people.assign(
        silence_days=silent,
        stage=np.where(lapsed, "lapsed", "engaged"),
        lapsed=lapsed,
        occasional=False,
        left_out=False,
        occasional_kind=None,
        old_customer=True,
        return_probability=0.2,
        expected_orders=0.3,
        second_lifetime_value=np.where(lapsed, 900.0, np.nan),
        score=50.0,
        rank=pd.Series(np.arange(1, n + 1), dtype="Int64").where(lapsed),
        **{"class": pd.Series(np.where(lapsed, "first", None), dtype=object)},
        reason="past margin",
    )


def named_in(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (file, customer, channel) of everybody whom some file has contacted."""
    for name in ("plan.csv", "campaign.csv", "warning_trial.csv"):
        frame = pd.read_csv(folder / name, dtype=str)
        if "arm" in frame:
            frame = frame[frame["arm"] == "treated"]
        yield from ((name, row.customer_id, row.channel) for row in frame.itertuples())
    for path in (folder / "mailing").glob("*_*.csv"):
        if path.name not in ("do_not_contact.csv", "control_group.csv"):
            frame = pd.read_csv(path, sep=";", encoding="utf-8-sig", dtype=str)
            yield from (("mailing", one, path.name.split("_")[0]) for one in frame["customer_id"])


def named_on(early: TableSheet | None, instead: TableSheet | None) -> Iterator[tuple[str, str, str]]:
    """Yield the same of the sheets of early warning; the workbook's others hold what plan.csv holds."""
    if early is not None:
        yield from ((early.title, one, "phone") for one in early.frame["customer_id"])
    for row in instead.frame.itertuples() if instead is not None else ():
        yield from ((instead.title, row.customer_id, way.replace("-", "")) for way in row.ways.split(", "))


def violations(export: Export) -> set[tuple[str, str, str]]:
    with TemporaryDirectory() as place:
        named = lists_of(export, Path(place))
    assert {"K0001", "K0002"} <= {who for _, who, _ in named}, "those who may be contacted are"
    return {one for one in named if one[2] in export.forbidden.get(one[1], ())}


def nothing(*_, **__) -> frozenset[str]:
    return frozenset()


def without_telephones(cells, pseudonyms):
    named = identifiers_in(cells, pseudonyms)
    return {row: frozenset(one for one in some if one[:9] != "telephone") for row, some in named.items()}


def in_small_groups_only(ids, sources):
    who = everybody(ids, sources)
    return replace(who, refusing=who.person)


def only_by_number(ids, sources):
    return everybody(ids, replace(sources, customers=sources.customers.select("customer_id")))


def up_to_the_as_of_date(rows):
    past = replace(rows, events=rows.events.filter(rows.events.happened_at <= ibis.literal(AS_OF)))
    return refusing_events(past)


def only_of_an_arm(rows, chosen, as_of):
    return made_up_to(
        replace(rows, contacts=rows.contacts.filter(rows.contacts.arm == "treated")), chosen, as_of
    )


everybody, identifiers_in = same_person.everybody, identifiers.identifiers_in
refusing_events, made_up_to = consent._refusing_events, reach._contacted
RULES: dict[str, tuple[Callable, dict[tuple[object, str], object]]] = {
    "what is not understood is a no": (
        in_a_column,
        {(cells, "refused"): lambda column: cells.text_of(column).lower().isin(canonical.YES)},
    ),
    "a lost row may hold a no": (spelled_otherwise, {(consent, "_named_in_lost_rows"): nothing}),
    "nothing is assumed without a readable row": (
        in_a_torn_row,
        {(consent, "_not_assumed"): lambda who, _: np.zeros(who.asked, dtype=bool)},
    ),
    "numbers are compared by their spelling": (
        spelled_otherwise,
        {(same_person, "spelling_of"): lambda ids, key: ids},
    ),
    "refusals follow the person": (
        as_somebody_else,
        {(reach, "everybody"): only_by_number},
    ),
    "refusals of one in many are of all": (among_many, {(reach, "everybody"): in_small_groups_only}),
    "a row without a number has a person": (
        as_somebody_else,
        {
            (same_person, "labelled"): lambda table: table.filter(table.customer_id.notnull()),
            (consent, "labelled"): lambda table: table.filter(table.customer_id.notnull()),
        },
    ),
    "a contact of one number is of all": (
        contacted,
        {
            (reach, "_left_in_peace"): lambda who, made, chosen: np.isin(
                who.ids[: who.asked], made["customer_id"]
            )
        },
    ),
    "an arm that is not said was contacted": (
        contacted,
        {(reach, "_contacted"): only_of_an_arm},
    ),
    "every cell of the list is read": (
        on_the_list,
        {(identifiers, "cells_of"): lambda lines: lines.str.split(";").str[0]},
    ),
    "telephones of the list are read": (on_the_list, {(identifiers, "identifiers_in"): without_telephones}),
    "unsubscriptions are told by their words": (spelled_otherwise, {(cells, "REFUSING_WORDS"): {}}),
    "a refusal counts whatever its day": (
        spelled_otherwise,
        {(consent, "_refusing_events"): up_to_the_as_of_date},
    ),
}
SLOW = list(HealthCheck)


@pytest.mark.slow
@budget(max_examples=300, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(exports())
def test_nobody_who_refused_stands_in_any_list(export):
    assert not violations(export)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_without_any_one_of_the_rules_somebody_would(rule, monkeypatch):
    kind, changes = RULES[rule]
    for (module, name), put in changes.items():
        monkeypatch.setattr(module, name, put)

    found: set[tuple[str, str, str]] = set()

    @budget(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
    @given(exports((kind,)))
    def tried(export):
        if not found:
            found.update(violations(export))

    tried()
    assert found
