"""Who is never contacted, what is forgotten, and ids that nobody can trace back."""

import hashlib
import hmac
from datetime import date

import pandas as pd
import pytest

from playbook.errors import DataError, SettingsError
from playbook.records.confidential import KEY, KEY_FILE, key_fingerprint, pseudonym_of
from playbook.records.consent import consent_table, consents, suppressed_ids
from playbook.records.history import customers, read_history
from playbook.records.reach import reach
from playbook.records.sources import open_sources
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
    columns: {{customer_id: id, email: email, may_email: mail, may_letter: letter, may_phone: phone}}
  events:
    files: events.csv
    columns: {{customer_id: id, happened_at: day, kind: kind}}
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

    def read_client(top="", drop="", **files):
        files = {"people_csv": PEOPLE, "events_csv": EVENTS} | files
        yml = YML.format(top=top).replace("people.csv\n", f"people.csv\n{drop}")
        data, name = client(ORDERS, yml.replace("events.csv\n", f"events.csv\n{drop}"), **files)
        chosen = settings.load(name, data)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return chosen, sources, read_history(chosen, sources)

    yield read_client
    for sources in opened:
        sources.close()


def reasons(read, top="", drop="", **files):
    chosen, sources, history = read(top, drop, **files)
    ids = customers(history)["customer_id"]
    return consents(ids, sources, chosen, history.as_of).set_index("customer_id")


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
    )
    events = "id,day,kind,state\nd,2023-02-01,unsubscribe,old\ne,2023-02-01,visit,old\n"
    found = reasons(read, top, drop="    drop: {state: old}\n", people_csv=people, events_csv=events)
    said = {name: pseudonym_of(name, SECRET) if top else name for name in "abcde"}
    phone = {name: found.loc[known, "consent_phone"] for name, known in said.items()}
    assert phone == {"a": "refused", "b": "allowed", "c": "refused", "d": "refused", "e": "allowed"}


def test_whoever_is_on_the_list_is_contacted_by_no_channel(read):
    found = reasons(read, suppress_csv="customer_id\ne\n A@X.ch \nnobody\n")
    assert (found.loc[["a", "e"]] == "suppressed").all(axis=None)
    assert not (found.drop(["a", "e"]) == "suppressed").any(axis=None)


def test_reach_allows_nobody_who_is_suppressed_or_refused(read):
    chosen, sources, history = read(suppress_csv="e\n")
    people = customers(history)
    allowed = reach(people, sources, chosen, history.as_of).set_index("customer_id")
    why = consents(people["customer_id"], sources, chosen, history.as_of).set_index("customer_id")
    for channel in ("email", "phone", "letter", "visit"):
        reason = why[f"consent_{channel}"]
        assert (allowed[f"may_{channel}"] == reason.isin(["allowed", "assumed"])).all()
        assert not allowed.loc["e", f"may_{channel}"]


def test_a_list_that_cannot_be_read_stops_everything(client):
    data, name = client(ORDERS, YML.format(top=""), people_csv=PEOPLE, events_csv=EVENTS)
    (data / name / "suppress.csv").write_bytes("Zoë\n".encode("cp1252"))
    with pytest.raises(DataError, match="UTF-8"):
        open_sources(settings.load(name, data), data / name)


def test_the_list_is_part_of_what_a_run_depends_on(client):
    data, name = client(ORDERS, YML.format(top=""), people_csv=PEOPLE, events_csv=EVENTS, suppress_csv="a\n")
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


def test_another_key_gives_other_pseudonyms_and_another_checkpoint(read, monkeypatch, tmp_path):
    chosen = settings.Settings(client="A", tables={"orders": {"files": "x"}}, pseudonymise=True)
    monkeypatch.setenv(KEY, SECRET)
    first = key_fingerprint(chosen, tmp_path)
    monkeypatch.setenv(KEY, SECRET[::-1])
    assert key_fingerprint(chosen, tmp_path) != first
    assert SECRET not in first
    assert pseudonym_of("a", SECRET) != pseudonym_of("a", SECRET[::-1])


def test_a_key_is_needed_and_never_lies_beside_the_data(client, monkeypatch, tmp_path):
    yml = YML.format(top="pseudonymise: true\n")
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
    why = consents(plan["customer_id"], sources, chosen, date(2025, 9, 30))
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


def test_suppressed_ids_hold_those_named_by_address(read):
    _, sources, _ = read(suppress_csv="g@x.ch\n")
    assert suppressed_ids(sources) == {"g"}


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
    yml = YML.format(top="").split("  customers:")[0]
    yml += f"  customers:\n    files: people.csv\n    columns: {columns}\n"
    data, name = client(orders, yml, people_csv=people)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    ids = [str(n) for n in said]
    may = consents(ids, sources, chosen, date(2025, 1, 1))
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
    yml = YML.format(top="").replace("{customer_id: id, email", "{customer_id: id, acquired_on: since, email")
    people = f"id,since,email,mail,letter,phone\n{SOUND_A}{people}\n"
    data, name = client(ORDERS, yml, people_csv=people, events_csv=events)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    found = consents(list("abc"), sources, chosen, date(2025, 3, 1))["consent_letter"].tolist()
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
    everybody = "b,2020-01-01,,,,\nc,2020-01-01,,,,"
    assert letters(client, everybody, "id,day,kind\nc,2023-02-31,unsubscribe\n") == [
        "assumed",
        "assumed",
        "refused",
    ]
    assert letters(client, everybody, "id,day,kind\n?,2023-02-31,unsubscribe\n") == ["not_asked"] * 3
