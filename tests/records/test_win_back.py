"""What came after a contact of a win-back campaign is not counted as unaided."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from playbook.records.history import History, read_history, win_back_contacts
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.stats import return_probability
from playbook.stats.landmarks import describe

LANDMARK = date(2024, 6, 30)


def history_of(orders, contacts, last="2024-12-31") -> History:
    connection = ibis.duckdb.connect()
    lines = [*orders, ("z", last)] + [(f"other {n}", "2024-01-05") for n in range(20)]
    frame = pd.DataFrame(lines, columns=["customer_id", "ordered_at"]).assign(amount=10.0)
    table = connection.create_table("lines", ibis.memtable(frame))
    table = table.mutate(ordered_at=table.ordered_at.cast("date"), amount=table.amount.cast("decimal(18, 4)"))
    sent = pd.DataFrame(contacts, columns=["campaign", "customer_id", "contacted_at", "arm"], dtype="string")
    made = connection.create_table("contacts", ibis.memtable(sent))
    made = made.mutate(contacted_at=made.contacted_at.cast("date"))
    settings = Settings(client="c", tables={"orders": {"files": "none"}})
    return read_history(settings, Sources(connection, table, contacts=made))


def seen_of(history, customer="a", horizon=100):
    seen = describe(history, [LANDMARK], horizon)
    return seen[seen["customer_id"] == customer].iloc[0]


def test_a_customer_is_followed_to_the_contact_alone():
    orders = [("a", "2024-01-10"), ("a", "2024-09-30")]
    seen = seen_of(history_of(orders, [("C", "a", "2024-09-10", "treated")]))
    assert seen["wait"] == 72 and not seen["returned"] and seen["aided"]


def test_an_order_before_the_contact_is_an_unaided_return():
    orders = [("a", "2024-01-10"), ("a", "2024-09-01")]
    seen = seen_of(history_of(orders, [("C", "a", "2024-09-10", "treated")]))
    assert seen["wait"] == 63 and seen["returned"] and not seen["aided"]


def test_a_held_back_customer_is_followed_on():
    orders = [("a", "2024-01-10"), ("a", "2024-09-30")]
    seen = seen_of(history_of(orders, [("C", "a", "2024-09-10", "control")]))
    assert seen["wait"] == 92 and seen["returned"] and not seen["aided"]


@pytest.mark.parametrize(
    ("contacted", "ordered", "answering"),
    [
        ("2024-06-01", "2024-01-10", True),
        ("2024-06-01", "2024-06-20", False),
        ("2024-03-01", "2024-01-10", False),
    ],
)
def test_who_may_still_answer_a_contact_is_marked(contacted, ordered, answering):
    seen = seen_of(history_of([("a", ordered)], [("C", "a", contacted, "treated")]))
    assert seen["answering"] == answering


def test_campaigns_to_a_quarter_of_all_are_usual_marketing_and_a_single_one_is_not():
    orders = [("a", "2024-01-10"), ("a", "2024-09-30")]
    everybody = [("C", "a", "2024-09-10", "treated")]
    everybody += [("C", f"other {n}", "2024-09-10", "treated") for n in range(6)]
    once = history_of(orders, everybody)
    assert not seen_of(once)["returned"] and seen_of(once)["wait"] == 72
    again = [("D", who, "2024-03-10", arm) for _, who, _, arm in everybody]
    usual = history_of(orders, [*everybody, *again])
    assert seen_of(usual)["returned"] and usual.win_back.count().execute() == 0


@pytest.mark.parametrize(
    ("contacted", "ordered", "won"),
    [("2024-04-01", "2024-04-20", 1), ("2024-04-20", "2024-04-01", 0), ("2024-01-02", "2024-06-20", 0)],
)
def test_whose_last_order_followed_a_contact_is_marked(contacted, ordered, won):
    contacts = [("C", "a", contacted, "treated"), ("D", "a", "2024-06-25", "treated")]
    assert seen_of(history_of([("a", "2023-01-10"), ("a", ordered)], contacts))["won"] == won


def test_nobody_is_followed_beyond_the_usual_flow_of_orders():
    days = [str(day.date()) for day in pd.date_range("2023-07-01", "2024-11-30")]
    crowd = [(f"{letter}{n}", day) for letter in "bcd" for n, day in enumerate(days)]
    orders = [("a", "2024-01-10"), ("a", "2024-12-20"), *crowd]
    seen = seen_of(history_of(orders, []))
    assert not seen["returned"] and 150 <= seen["wait"] <= 160


def test_contacts_after_the_day_it_is_seen_from_are_not_known():
    orders = [("a", "2024-01-10"), ("a", "2024-09-01")]
    history = history_of(orders, [("C", "a", "2024-08-10", "treated")])
    assert not seen_of(history)["returned"]
    past = return_probability.seen_from(history, date(2024, 8, 1))
    assert past.contacts_made.count().execute() == 0
    assert seen_of(past)["wait"] == 32 and not seen_of(past)["aided"]


def test_without_contacts_there_is_nothing_to_leave_out():
    assert win_back_contacts(Sources(ibis.duckdb.connect(), None), None) is None


def test_a_campaign_that_won_many_back_does_not_raise_what_comes_unaided():
    # everybody orders once in 400 days on average; a third of the silent were called, and came at once
    random = np.random.default_rng(3)
    begin, called = pd.Timestamp("2022-01-01"), "2024-10-01"
    orders, contacts = [], []
    for n in range(1500):
        days = [int(day) for day in np.cumsum(random.exponential(400, 12)) if day < 1090]
        orders += [(f"c{n}", str((begin + pd.Timedelta(days=day)).date())) for day in days]
        before = [day for day in days if day < 1004]
        if before and before[-1] < 850 and n % 4 == 0:
            contacts.append(("CALL", f"c{n}", called, "treated"))
            orders.append((f"c{n}", "2024-10-08"))
    called_ones = {customer for _, customer, _, _ in contacts}
    chance = {}
    for name, known in (("counted", contacts), ("ignored", [])):
        model = return_probability.fit(history_of(orders, known), 120, draws=50)
        customers = model.today.reset_index()
        others = customers[~customers["customer_id"].isin(called_ones) & (customers["silence"] > 150)]
        chance[name] = float(np.nanmean(model.predict(others)))
    truth = 1 - np.exp(-120 / 400)
    assert abs(chance["counted"] - truth) < 0.04
    assert chance["ignored"] - truth > 0.06
