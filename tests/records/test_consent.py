"""Who is never contacted, what is forgotten, and ids that nobody can trace back."""

import hashlib
import hmac
from datetime import date

import pandas as pd
import pytest

from playbook.chapter import Chapter
from playbook.errors import DataError, SettingsError
from playbook.intake.check.command import examine
from playbook.records.confidential import IDS, KEY, KEY_FILE, key_fingerprint
from playbook.records.consent import consent_table, consents
from playbook.records.history import customers, read_history
from playbook.records.identifiers import pseudonym_of
from playbook.records.reach import reach
from playbook.records.sources import open_sources, write_pseudonyms
from playbook.settings import client as settings
from playbook.show.words import Words

SECRET = "a key that nobody guesses"
YML = """client: Acme
{top}tables:
  orders:
    files: orders.csv
    columns: {{customer_id: customer_id, ordered_at: ordered_at, amount: amount}}
  customers:
    files: people.csv
    columns: {{{columns}customer_id: id, email: email, may_email: mail, may_letter: letter, may_phone: phone}}
  events:
    files: events.csv
    columns: {{customer_id: id, happened_at: day, kind: kind}}
"""
CONTACTS = """  contacts:
    files: contacts.csv
    columns: {customer_id: id, contacted_at: day, campaign: code, channel: channel, arm: arm}
"""
ORDERS = "customer_id,ordered_at,amount\n" + "".join(
    f"{name},{day},10\n" for name in "abcdefg" for day in ("2023-01-05", "2025-03-01")
)
PEOPLE = """id,email,mail,letter,phone
a,a@x.ch,yes,yes,
b,b@x.ch,no,,
c,,yes,,
d,d@x.ch,,no,
e,e@x.ch,yes,yes,yes
f,f@x.ch,yes,yes,
f,f@x.ch,no,yes,
g,G@x.ch,perhaps,,
"""
EVENTS = "id,day,kind\na,2023-02-01,unsubscribe\nb,2023-02-01,visit\n"


@pytest.fixture
def read(client):
    opened = []

    def read_client(top="", columns="", kinds="", contacts="", drop="", **files):
        files = {"people_csv": PEOPLE, "events_csv": EVENTS} | files
        yml = (
            YML.format(top=top, columns=columns)
            + (f"    values: {{kind: {kinds}}}\n" if kinds else "")
            + contacts
        )
        for name in ("people.csv", "events.csv"):
            yml = yml.replace(f"{name}\n", f"{name}\n{drop}")
        data, name = client(ORDERS, yml, **files)
        chosen = settings.load(name, data)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return chosen, sources, read_history(chosen, sources)

    yield read_client
    for sources in opened:
        sources.close()


def reasons(read, top="", **files):
    chosen, sources, history = read(top, **files)
    ids = customers(history)["customer_id"]
    return consents(ids, sources, chosen).set_index("customer_id")


def test_every_customer_and_channel_has_a_reason(read):
    found = reasons(read)
    assert found["consent_email"].to_dict() == {
        "a": "refused",  # unsubscribed
        "b": "refused",
        "c": "no_address",
        "d": "not_asked",
        "e": "allowed",
        "f": "refused",  # one row says yes, the other one no
        "g": "refused",  # neither yes nor no
    }
    assert found.loc[["a", "b", "d"], "consent_letter"].tolist() == ["allowed", "assumed", "refused"]
    assert set(found["consent_visit"]) == {"not_asked"}


@pytest.mark.parametrize("top", ["", "pseudonymise: true\n"])
def test_a_refusal_holds_though_a_rule_leaves_its_row_out(read, monkeypatch, top):
    monkeypatch.setenv(KEY, SECRET)
    people = (
        "id,email,mail,letter,phone,state\na,a@x.ch,yes,yes,yes,\na,a@x.ch,,no,,old\nb,b@x.ch,yes,yes,yes,\n"
        "b,b@x.ch,yes,yes,yes,old\nc,c@x.ch,yes,yes,yes,old\nd,d@x.ch,yes,yes,yes,\ne,e@x.ch,yes,yes,yes,\n"
        "f,f@x.ch,yes,yes,yes,\n,F@x.ch,,no,,old\n"
    )
    events = "id,day,kind,state\nd,2023-02-01,no contact,old\ne,2023-02-01,visit,old\n"
    found = reasons(read, top, drop="    drop: {state: old}\n", people_csv=people, events_csv=events)
    said = {name: pseudonym_of(name, SECRET) if top else name for name in "abcdef"}
    phone = {name: found.loc[known, "consent_phone"] for name, known in said.items()}
    assert {name for name, reason in phone.items() if reason == "refused"} == set("acdf")
    assert phone["b"] == phone["e"] == "allowed"


def test_whoever_is_on_the_list_is_contacted_by_no_channel(read):
    found = reasons(read, suppress_csv="customer_id\ne\n A@X.ch \nnobody\n")
    assert (found.loc[["a", "e"]] == "suppressed").all(axis=None)
    assert not (found.drop(["a", "e"]) == "suppressed").any(axis=None)


def test_reach_allows_nobody_who_is_suppressed_or_refused(read):
    chosen, sources, history = read(suppress_csv="e\n")
    people = customers(history)
    allowed = reach(people, sources, chosen, history.as_of).set_index("customer_id")
    why = consents(people["customer_id"], sources, chosen).set_index("customer_id")
    for channel in ("email", "phone", "letter", "visit"):
        reason = why[f"consent_{channel}"]
        assert (allowed[f"may_{channel}"] == reason.isin(["allowed", "assumed"])).all()
        assert not allowed.loc["e", f"may_{channel}"]


def test_a_list_that_cannot_be_read_stops_everything(client):
    data, name = client(ORDERS, YML.format(top="", columns=""), people_csv=PEOPLE, events_csv=EVENTS)
    (data / name / "suppress.csv").write_bytes("Zoë\n".encode("cp1252"))
    with pytest.raises(DataError, match="UTF-8"):
        open_sources(settings.load(name, data), data / name)


def test_the_list_is_part_of_what_a_run_depends_on(client):
    data, name = client(
        ORDERS, YML.format(top="", columns=""), people_csv=PEOPLE, events_csv=EVENTS, suppress_csv="a\n"
    )
    assert data / name / "suppress.csv" in settings.load(name, data).inputs(data / name)


def test_what_lies_before_the_retention_date_is_not_read(read):
    _, sources, history = read("forget_before: 2024-01-01\n")
    assert history.first_day == date(2025, 3, 1)
    assert (customers(history)["orders"] == 1).all()
    assert sources.events.execute()["kind"].tolist() == ["unsubscribe"]


def test_an_unsubscription_outlives_the_retention_date(read):
    found = reasons(read, "forget_before: 2024-01-01\n")
    assert found.loc["a", "consent_email"] == "refused"


def test_pseudonyms_are_keyed_hashes_and_meet_across_tables(read, monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    found = reasons(read, "pseudonymise: true\n", suppress_csv="e\n")
    inner, outer = (
        hmac.new(SECRET.encode(), part, hashlib.sha256).hexdigest() for part in (b"inner", b"outer")
    )
    digest = hashlib.sha256((inner + "e").encode()).hexdigest()
    expected = "P" + hashlib.sha256((outer + digest).encode()).hexdigest()[:20]
    assert pseudonym_of("e", SECRET) == expected
    assert found.index.tolist() == sorted(pseudonym_of(name, SECRET) for name in "abcdefg")
    assert found.loc[expected, "consent_email"] == "suppressed"
    assert found.loc[pseudonym_of("b", SECRET), "consent_email"] == "refused"


def test_a_runs_notebooks_have_the_same_pseudonyms_from_its_file(client, monkeypatch, tmp_path):
    monkeypatch.setenv(KEY, SECRET)
    events = EVENTS + "b,gone,unsubscribe\nnobody,gone,unsubscribe\n"
    yml = YML.format(top="pseudonymise: true\n", columns="")
    data, name = client(ORDERS, yml, people_csv=PEOPLE, events_csv=events, suppress_csv="e\nE@x.ch\nnobody\n")
    chosen = settings.load(name, data)
    write_pseudonyms(chosen, data / name, tmp_path, tmp_path / "ids.parquet")
    seen = []
    for variable, value in ((KEY, SECRET), (IDS, str(tmp_path / "ids.parquet"))):
        monkeypatch.delenv(KEY)
        monkeypatch.setenv(variable, value)
        sources = open_sources(chosen, data / name)
        days = read_history(chosen, sources).days.order_by(["customer_id", "day"]).execute()
        ids = sorted(set(days["customer_id"]))
        why = consents(ids, sources, chosen)
        people, events = (
            table.order_by(list(table.columns)).execute() for table in (sources.customers, sources.events)
        )
        seen.append([days, why, people, events])
        assert (sources.pseudonyms.key, {len(one) for one in ids}) == (
            SECRET if variable == KEY else None,
            {21},
        )
        assert len(sources.unreadable) == 2
        assert any(f"number {pseudonym_of('b', SECRET)}" in row for row in sources.lost["events"])
        sources.close()
        monkeypatch.setenv(KEY, "")
    for one, other in zip(*seen, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_another_key_gives_other_pseudonyms_and_another_checkpoint(read, monkeypatch, tmp_path):
    chosen = settings.Settings(client="A", tables={"orders": {"files": "x"}}, pseudonymise=True)
    monkeypatch.setenv(KEY, SECRET)
    first = key_fingerprint(chosen, tmp_path)
    monkeypatch.setenv(KEY, SECRET[::-1])
    assert key_fingerprint(chosen, tmp_path) != first
    assert SECRET not in first
    assert pseudonym_of("a", SECRET) != pseudonym_of("a", SECRET[::-1])


def test_a_key_is_needed_and_never_lies_beside_the_data(client, monkeypatch, tmp_path):
    yml = YML.format(top="pseudonymise: true\n", columns="")
    data, name = client(ORDERS, yml, people_csv=PEOPLE, events_csv=EVENTS, key=SECRET)
    chosen = settings.load(name, data)
    for variable, value in ((KEY, ""), (KEY, "short"), (KEY_FILE, str(data / name / "key"))):
        monkeypatch.delenv(KEY, raising=False)
        monkeypatch.setenv(variable, value)
        with pytest.raises(SettingsError):
            open_sources(chosen, data / name)
    (tmp_path / "secret").write_text(SECRET)
    monkeypatch.setenv(KEY_FILE, str(tmp_path / "secret"))
    open_sources(chosen, data / name).close()


def test_the_table_counts_each_customer_once_per_channel(read):
    found = reasons(read).reset_index()
    table = consent_table(found, Words()).frame
    assert (table[["email", "phone", "letter", "visit"]].sum() == 7).all()


def test_nobody_in_the_demo_plan_refused(demo_run):
    plan = pd.read_csv(demo_run.folder / "plan.csv", dtype={"customer_id": str})
    chosen = settings.load("demo", demo_run.data)
    sources = open_sources(chosen, demo_run.data / "demo")
    why = consents(plan["customer_id"], sources, chosen)
    sources.close()
    assert len(plan) > 50
    by_channel = [
        row[f"consent_{row['channel']}"] for row in why.assign(channel=plan["channel"]).to_dict("records")
    ]
    assert set(by_channel) <= {"allowed", "assumed"}


@pytest.mark.slow
def test_whoever_is_suppressed_leaves_the_plan(demo_run, tmp_path):
    import shutil

    from tests.conftest import make_run

    plan = pd.read_csv(demo_run.folder / "plan.csv", dtype={"customer_id": str})
    gone = plan["customer_id"].head(30)
    shutil.copytree(demo_run.data / "demo", tmp_path / "data" / "demo")
    (tmp_path / "data" / "demo" / "suppress.csv").write_text("\n".join(gone) + "\n")
    again = make_run(tmp_path / "data", "demo", tmp_path / "reports")
    left = pd.read_csv(again.folder / "plan.csv", dtype={"customer_id": str})
    assert len(left) > 50
    assert not set(left["customer_id"]) & set(gone)


REFUSED = (
    "verstorben",
    "gesperrt 2024",
    "2024-03-01",
    "opt-out",
    "Robinsonliste",
    "deceased",
    "x",
    "1",
    "?",
    "-1",
)
NOT_REFUSED = ("", " ", "no", "Nein", "0", "false", "non", "-")


@pytest.mark.parametrize("column", ["no_contact", "deceased", "blocked", "opted_out"])
def test_whatever_stands_in_a_column_of_refusals_but_a_clear_no_is_one(client, column):
    said = dict(enumerate((*REFUSED, *NOT_REFUSED)))
    orders = "customer_id,ordered_at,amount\n" + "".join(f"{n},2025-01-01,10\n" for n in said)
    people = "id,mail,stop\n" + "".join(f"{n},yes,{text}\n" for n, text in said.items())
    columns = f"{{customer_id: id, may_email: mail, {column}: stop}}"
    yml = YML.format(top="", columns="").split("  customers:")[0]
    yml += f"  customers:\n    files: people.csv\n    columns: {columns}\n"
    data, name = client(orders, yml, people_csv=people)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    ids = [str(n) for n in said]
    may = consents(ids, sources, chosen)
    sources.close()
    kinds = [f"consent_{channel}" for channel in ("email", "phone", "letter", "visit")]
    refused = (may[kinds] == "refused").all(axis=1)
    assert [said[int(n)] for n in may["customer_id"][refused]] == list(REFUSED)
    assert (may.loc[~refused, "consent_email"] == "allowed").all()


TORN = {
    "a date that is none": "c,soon,c@x.ch,,no,",
    "a field too many": "c,2020-01-01,c@x.ch,,,,no",
    "a line that is cut": "c,2020-0",
}
SOUND_A = "a,2020-01-01,a@x.ch,,,\n"


def letters(client, people, events="id,day,kind\na,2023-02-01,visit\n"):
    """Return the reason of the letter of a, b and c; only a has a row that can be read for sure."""
    yml = YML.format(top="", columns="").replace(
        "{customer_id: id, email", "{customer_id: id, acquired_on: since, email"
    )
    people = f"id,since,email,mail,letter,phone\n{SOUND_A}{people}\n"
    data, name = client(ORDERS, yml, people_csv=people, events_csv=events)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    found = consents("abc", sources, chosen)["consent_letter"].tolist()
    sources.close()
    return found


@pytest.mark.parametrize("row", TORN.values(), ids=TORN)
def test_a_no_in_a_row_that_cannot_be_read_is_not_taken_for_nobody_asked(client, row):
    assert letters(client, "c,2020-01-01,c@x.ch,,,") == ["assumed", "assumed", "assumed"]
    said = letters(client, row)
    assert said[:2] == ["assumed", "not_asked"] and said[2] in ("refused", "not_asked")


def test_a_readable_yes_does_not_outweigh_an_unreadable_row_of_the_same_customer(client):
    assert letters(client, "c,2020-01-01,c@x.ch,,yes,\nc,soon,c@x.ch,,no,")[2] == "refused"


def test_an_event_that_cannot_be_read_may_be_an_unsubscription(client):
    people = "b,2020-01-01,,,,\nc,2020-01-01,,,,"
    assert letters(client, people, "id,day,kind\nc,2023-02-31,unsubscribe\n") == [
        "assumed",
        "assumed",
        "refused",
    ]
    assert letters(client, people, "id,day,kind\n?,2023-02-31,unsubscribe\n") == ["not_asked"] * 3


MATCHING = {
    "another case": "E",
    "a blank that does not break": "\u00a0e\u00a0",
    "a mark that nobody sees": "e\u200b",
    "in a later cell": "2024-03-01;complained;e",
    "an address with a name": "Eva Muster <E@X.ch>",
    "a link": "mailto:e@x.ch",
    "a telephone from abroad": "+41 (0)79 555 10 20",
}


@pytest.mark.parametrize("line", MATCHING.values(), ids=MATCHING)
def test_every_cell_of_the_list_is_read_however_it_is_written(read, line):
    people = PEOPLE.replace("letter,phone\n", "letter,phone,tel\n").replace(
        "yes,yes,yes", "yes,yes,yes,079 555 10 20"
    )
    found = reasons(read, suppress_csv=f"anything\n{line}\n", people_csv=people, columns="phone: tel, ")
    assert (found.loc["e"] == "suppressed").all()
    assert not (found.drop("e") == "suppressed").any(axis=None)


def suppressed_unknown(client, lines, top=""):
    data, name = client(
        ORDERS, YML.format(top=top, columns=""), people_csv=PEOPLE, events_csv=EVENTS, suppress_csv=lines
    )
    return examine(settings.load(name, data), data / name).checks


def test_a_row_of_the_list_that_matches_nobody_stops_the_run_unless_accepted(client):
    rows = "customer_id;why\na;asked\nnobody;asked\ne;\nx@nowhere.ch;\n"
    check = next(check for check in suppressed_unknown(client, rows) if check.code == "suppressed_unknown")
    assert (check.severity, check.count, check.examples) == ("error", 2, ("row 3, 5",))
    accepted = suppressed_unknown(client, rows, "suppress_unmatched: accept\n")
    assert [check.severity for check in accepted if check.code == "suppressed_unknown"] == ["note"]


def test_a_first_row_that_is_no_header_has_to_match(client):
    assert "suppressed_unknown" in {check.code for check in suppressed_unknown(client, "z99\na\n")}


@pytest.mark.parametrize("name", ["Suppress.csv", "suppress.xlsx", "SUPPRESSED.txt"])
def test_a_list_under_almost_its_name_is_not_passed_over(client, name):
    data, acme = client(ORDERS, YML.format(top="", columns=""), people_csv=PEOPLE, events_csv=EVENTS)
    (data / acme / name).write_text("e\n")
    with pytest.raises(DataError, match=f"{name} is not read"):
        open_sources(settings.load(acme, data), data / acme)


UNSUBSCRIBED = (
    "Unsubscribe",
    "UNSUBSCRIBED",
    "opt-out",
    "Newsletter abgemeldet",
    "Abmeldung",
    "désabonnement",
)
UNSUBSCRIBED += (
    "kein_newsletter",
    "Newsletter gekündigt",
    "disdetta newsletter",
    "De\u0301sinscription",
    "Disiscrizione",
    "annullata iscrizione newsletter",
    "spam complaint",
)
NEVER = ("verstorben", "Gesperrt", "Werbesperre", "deceased", "do not contact", "Robinsonliste", "décédé")
NEVER += (
    "do not call",
    "nicht anrufen",
    "DNC",
    "ne pas appeler",
    "Opt-out Telefon",
    "keine Werbung mehr",
    "Tod",
)
NEVER += (
    "unsubscribed from all",
    "Einwilligung zurückgezogen",
    "retrait du consentement",
    "gelöscht",
    "defunto",
)
NEVER += (
    "nicht mehr anschreiben",
    "Werbung untersagt",
    "never contact",
    "droit à l'oubli",
    "consent withdrawn",
)
NEVER += ("deceduto", "bloccato", "Widerspruch", "no_contact", "bloqué")
NEITHER = (
    "payment refused",
    "paiement refusé",
    "livraison refusée",
    "ordine bloccato",
    "Karte gesperrt",
    "entsperrt",
)
NEITHER += ("Sperrgut", "Wohnblock", "dead stock", "no email opened", "casino email")
NEITHER += ("visit", "Newsletter opened", "login", "newsletter", "discord", "decided", "Nachsendung")


@pytest.mark.parametrize("kind", [*UNSUBSCRIBED, *NEVER, *NEITHER])
def test_refusals_among_events_are_told_by_their_words(read, kind):
    found = reasons(read, events_csv=f"id,day,kind\ne,2023-02-01,{kind}\n").loc["e"]
    assert (found["consent_email"] == "refused") == (kind not in NEITHER)
    assert (found["consent_letter"] == "refused") == (kind in NEVER)


@pytest.mark.parametrize("day", ["", "2031-01-01", "soon"])
def test_a_refusal_counts_whatever_its_day(read, day):
    assert (
        reasons(read, events_csv=f"id,day,kind\ne,{day},unsubscribe\n").loc["e", "consent_email"] == "refused"
    )


def test_the_client_says_what_kinds_mean(read):
    found = reasons(read, events_csv="id,day,kind\ne,2023-02-01,NL  weg\n", kinds="{nl weg: unsubscribe}")
    assert found.loc["e", "consent_email"] == "refused"
    with pytest.raises(DataError, match="Did you mean 'unsubscribe'"):
        reasons(read, kinds="{nl weg: unsubscribed}")


def test_nothing_is_assumed_while_a_refusal_has_no_number(read):
    may = reasons(
        read, "consent: {assumed: [email, letter]}\n", events_csv="id,day,kind\n,2023-02-01,unsubscribe\n"
    )
    assert may.loc["d", "consent_email"] == "not_asked"
    assert may.loc["b", "consent_letter"] == "assumed"


OTHERS = {
    "another spelling of the number": ("E ", "", "", ""),
    "the same address": ("z", "E@x.ch", "", ""),
    "an address among several": ("z", "old@x.ch; e@x.ch", "", ""),
    "no number, the same address": ("", "e@x.ch", "", ""),
    "telephone and name": ("z", "", "0041 79 555 10 20", "Muster Eva"),
    "a telephone among several, without a name": ("z", "", "044 333 22 01 / 079 555 10 20", ""),
    "an address as the number": ("E@x.ch", "", "", ""),
}


@pytest.mark.parametrize("how", ["no", "suppressed", "unsubscribed", "contacted"])
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_refusal_under_another_number_is_one_of_the_person(read, other, how):
    number, email, phone, name = other
    if not number and how in ("unsubscribed", "contacted"):
        pytest.skip("an event without a number is nobody's")
    said = f"{number},{email},{'no,no,no' if how == 'no' else ',,'},{phone},{name}\n"
    people = "id,email,mail,letter,phone,tel,who\nf,f@x.ch,yes,yes,,,\n"
    people += f"e,e@x.ch,yes,yes,yes,+41 79 555 10 20,Eva Muster\n{said}"
    gone, contacted = (number if how == one else "a" for one in ("unsubscribed", "contacted"))
    chosen, sources, history = read(
        people_csv=people,
        columns="phone: tel, name: who, ",
        contacts=CONTACTS,
        events_csv=f"id,day,kind\n{gone},2023-02-01,no_contact\n",
        contacts_csv=f"id,day,code,channel,arm\n{contacted},2025-02-20,S,letter,\n",
        suppress_csv=f"{number or email}\n" if how == "suppressed" else "",
    )
    found = reach(customers(history), sources, chosen, history.as_of).set_index("customer_id")
    may = found.loc["e", ["may_email", "may_letter", "may_phone"]].any()
    assert may == found.loc["e", "contacted_recently"] == (how == "contacted")
    assert found.loc["f", "may_letter"] and not found.loc["f", "contacted_recently"]


def test_a_refusal_holds_for_all_who_share_an_address_however_many(read):
    people = "id,email,mail,letter,phone\n" + "".join(f"{one},shop@x.ch,yes,yes,yes\n" for one in "abcdef")
    found = reasons(read, people_csv=people + "g,g@x.ch,yes,yes,yes\nz,shop@x.ch,,no,\n")
    assert (found.loc[list("abcdef"), "consent_letter"] == "refused").all()
    assert found.loc["g", "consent_letter"] == "allowed"


def test_an_unreadable_row_is_joined_by_its_address(client):
    assert letters(client, "b,2020-01-01,b@x.ch,,yes,\nz,soon,B@x.ch,,no,")[1] == "refused"


def test_pseudonyms_keep_how_numbers_are_spelled(read, monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    people = "id,email,mail,letter,phone\ne,,yes,yes,yes\nE\u00a0,,no,no,no\n"
    found = reasons(read, "pseudonymise: true\n", people_csv=people, suppress_csv="D\n")
    assert found.loc[pseudonym_of("e", SECRET), "consent_letter"] == "refused"
    assert found.loc[pseudonym_of("d", SECRET), "consent_letter"] == "suppressed"
    assert pseudonym_of("E", SECRET) != pseudonym_of("e", SECRET) == pseudonym_of("E", SECRET)[:21]


def test_several_numbers_in_a_cell_of_the_list_are_each_one(client):
    orders = ORDERS + "K0001,2025-03-01,10\nK0002,2025-03-01,10\n17850,2025-03-01,10\n17851,2025-03-01,10\n"
    data, name = client(
        orders,
        YML.format(top="", columns=""),
        people_csv=PEOPLE,
        events_csv=EVENTS,
        suppress_csv="K0001 K0002\n17850/17851\na@x.ch/b@x.ch\n",
    )
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    found = consents(["K0001", "K0002", "17850", "17851", "a", "b", "e"], sources, chosen)["consent_letter"]
    sources.close()
    assert (found[:-1] == "suppressed").all() and found.iloc[-1] != "suppressed"


def test_a_lost_visit_of_a_stranger_is_no_refusal(client):
    people = "b,2020-01-01,,,,\nc,2020-01-01,,,,"
    assert letters(client, people, "id,day,kind\n?,2023-02-31,visit\n") == ["assumed"] * 3


def test_a_row_that_slipped_names_whoever_stands_in_it(client):
    assert letters(client, "c,2020-01-01,c@x.ch,,yes,\nx,c,soon,no,no,no")[2] == "refused"


def test_rows_that_an_open_quote_swallowed_hold_their_refusals(read):
    people = 'id,email,mail,letter,phone,name\na,,,yes,,"Zum Löwen\nb,b@x.ch,no,no,no,\nc,,yes,yes,,\n'
    people += 'd,,yes,yes,,Krone"\n'
    found = reasons(read, people_csv=people + 'e,,yes,yes,yes,"Weg 1,\n8000 Ort"\n', columns="name: name, ")
    assert found["consent_letter"].to_dict() == dict.fromkeys("abcd", "refused") | {
        "e": "allowed",
        "f": "not_asked",
        "g": "not_asked",
    }


def test_an_anonymised_row_at_the_end_is_a_customer_and_no_total(read):
    people = PEOPLE.replace("id,email,mail,letter,phone", "id;email;mail;letter;phone").replace(",", ";")
    form = "format: {separator: ';', totals: true, amounts: written}\n    "
    found = reasons(
        read,
        people_csv=people + "g;;;no;\n",
        drop=f"    {form}\n".rstrip() + "\n",
        events_csv=EVENTS.replace(",", ";"),
    )
    assert found.loc["g", "consent_letter"] == "refused"


@pytest.mark.parametrize("empty", ["NULL", "null", "\\N", "NaN", "0000-00-00", "keine"])
def test_what_programs_write_where_nothing_stands_is_no_refusal(client, empty):
    people = f"id,mail,stop,since\na,1.0,{empty},{'' if empty == 'keine' else empty}\n"
    columns = "{customer_id: id, may_email: mail, no_contact: stop, acquired_on: since}"
    yml = (
        YML.format(top="", columns="").split("  customers:")[0]
        + f"  customers:\n    files: people.csv\n    columns: {columns}\n"
    )
    data, name = client(ORDERS, yml, people_csv=people)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    assert consents("a", sources, chosen)["consent_email"].tolist() == ["allowed"]
    sources.close()


def test_a_live_notebook_sees_a_refusal_that_was_added(client):
    data, name = client(ORDERS, YML.format(top="", columns=""), people_csv=PEOPLE, events_csv=EVENTS)
    run = Chapter("07", name, settings.load(name, data), data, data)
    before = run.sources
    assert consents("e", before, run.settings)["consent_letter"].tolist() == ["allowed"]
    (data / name / "suppress.csv").write_text("e\n")
    again = Chapter("07", name, settings.load(name, data), data, data)
    assert consents("e", again.sources, again.settings)["consent_letter"].tolist() == ["suppressed"]
    again.sources.close()
    before.close()
