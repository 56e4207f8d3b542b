"""By which channel a customer may be contacted, and what is known of complaints and cancellations."""

from datetime import date, timedelta

import ibis
import pandas as pd

from playbook.records.reach import reach
from playbook.records.sources import Sources
from tests.chapters.plan.campaigns import AS_OF, settings_of

KNOWN = {
    "customer_id": ["a", "b", "c", "d"],
    "may_email": [True, False, None, True],
    "may_phone": [None, None, None, False],
    "may_letter": [False, None, True, None],
    "email": ["a@example.com", "b@example.com", "c@example.com", None],
    "owner": ["Anna", None, None, None],
}


def sources_of(known=None, events=None) -> Sources:
    tables = {}
    if known is not None:
        schema = {n: "boolean" if n.startswith("may_") else "string" for n in known}
        schema |= {"cancelled_on": "date"} if "cancelled_on" in known else {}
        tables["customers"] = ibis.memtable(pd.DataFrame(known), schema=schema)
    if events is not None:
        frame = pd.DataFrame(events, columns=["customer_id", "happened_at", "kind"])
        schema = {"customer_id": "string", "happened_at": "date", "kind": "string"}
        tables["events"] = ibis.memtable(frame, schema=schema)
    return Sources(connection=None, orders=None, **tables)


def reached(known=None, events=None, consent=("letter",), **rules) -> pd.DataFrame:
    customers = pd.DataFrame({"customer_id": ["a", "b", "c", "d"], "last_order": date(2025, 3, 1)})
    chosen = settings_of(consent=consent, offers=rules)
    return reach(customers, sources_of(known, events), chosen, AS_OF).set_index("customer_id")


def test_a_no_is_a_no_and_nothing_known_is_allowed_only_where_assumed():
    found = reached(KNOWN)
    assert found["may_letter"].tolist() == [False, True, True, True]
    assert found["assumed_letter"].tolist() == [False, True, False, True]
    assert found["may_phone"].tolist() == [False] * 4
    assert found["may_visit"].tolist() == [False] * 4
    assert found["owner"].tolist() == ["Anna", None, None, None]


def test_email_needs_a_yes_an_address_and_no_unsubscription():
    assert reached(KNOWN)["may_email"].tolist() == [True, False, False, False]
    left = [("a", date(2025, 5, 1), "unsubscribe")]
    assert not reached(KNOWN, left)["may_email"].any()


def test_consent_assumed_for_a_channel_does_not_overrule_a_no():
    found = reached(KNOWN, consent=("phone",))
    assert found["may_phone"].tolist() == [True, True, True, False]
    assert not found.loc["b", "may_letter"]


def test_without_a_table_of_customers_only_the_assumed_channel_is_allowed():
    found = reached()
    assert found["may_letter"].all() and found["assumed_letter"].all()
    assert not found[["may_email", "may_phone", "may_visit"]].any(axis=None)


def test_a_complaint_counts_until_it_is_solved_and_a_cancellation_since_the_last_order():
    events = [
        ("a", date(2025, 1, 1), "complaint"),
        ("b", date(2025, 1, 1), "complaint"),
        ("b", date(2025, 1, 5), "complaint_solved"),
        ("c", date(2025, 1, 5), "complaint_solved"),
        ("c", date(2025, 2, 5), "complaint"),
        ("c", date(2025, 8, 1), "cancellation"),
        ("d", date(2025, 2, 1), "cancellation"),
        ("d", date(2025, 12, 1), "complaint"),
    ]
    found = reached(KNOWN, events)
    assert found["complaint"].tolist() == [True, False, True, False]
    assert found["cancellation"].tolist() == [False, False, True, False]


def test_old_complaints_and_cancellations_no_longer_ask_for_a_call():
    events = [
        ("a", AS_OF - timedelta(40), "cancellation"),
        ("b", AS_OF - timedelta(41), "cancellation"),
        ("c", AS_OF - timedelta(50), "complaint"),
        ("d", AS_OF - timedelta(51), "complaint"),
    ]
    found = reached(KNOWN, events, cancellation_days=40, complaint_days=50)
    assert found["cancellation"].tolist() == [True, False, False, False]
    assert found["complaint"].tolist() == [False, False, True, False]
    assert found[["complaint_on", "cancellation_on"]].notna().sum().tolist() == [1, 1]
    coming = KNOWN | {"cancelled_on": [None, None, None, AS_OF + timedelta(200)]}
    assert reached(coming, cancellation_days=40)["cancellation"].tolist() == [False, False, False, True]


def test_contact_pressure_counts_contacts_made_and_no_control_groups():
    rows = [
        ("a", AS_OF - timedelta(29), "treated"),
        ("b", AS_OF - timedelta(30), "treated"),
        ("c", AS_OF - timedelta(1), "control"),
        ("d", AS_OF - timedelta(200), "treated"),
        ("d", AS_OF - timedelta(100), "treated"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "contacted_at", "arm"])
    contacts = ibis.memtable(frame, schema={"customer_id": "string", "contacted_at": "date", "arm": "string"})
    sources = Sources(connection=None, orders=None, contacts=contacts)
    customers = pd.DataFrame({"customer_id": list("abcd"), "last_order": date(2025, 3, 1)})
    calm = reach(customers, sources, settings_of(), AS_OF)
    assert calm["contacted_recently"].tolist() == [True, False, False, False]
    at_most_two = settings_of(offers={"most_contacts": 2})
    assert reach(customers, sources, at_most_two, AS_OF)["contacted_recently"].tolist() == [
        True,
        False,
        False,
        True,
    ]
