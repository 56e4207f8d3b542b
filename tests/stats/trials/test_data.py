"""Campaigns read from the contacts: who belongs to which arm, and from which day on."""

import pandas as pd
import pytest

from playbook.stats.trials.data import assign
from playbook.stats.trials.effects import outcome
from tests.trials import START, changed, client_of, contacts_of, ids, judged, orders_of, simple


def test_outcomes_are_read_from_the_day_of_the_contact():
    people = ids("T", 2)
    client = client_of(orders_of((people, 0, 10.0), (people, -1, 5.0)), contacts_of(people[:1], people[1:]))
    trial = client.trials()[0]
    assert outcome(trial, "margin", 90).tolist() == [10.0, 10.0]
    assert trial.total("margin", -10, -1).tolist() == [5.0, 5.0]


def test_customers_of_two_offers_count_with_the_first():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    second = contacts_of(ids("T", 20), [], start=START + pd.Timedelta(days=5), offer="Call")
    trial = changed(pd.concat([second, rows])).trials()[0]
    assert trial.counts["two_offers"] == 20
    assert set(trial.people.loc[trial.treated, "arm"]) == {"Letter"}
    assert trial.people.loc[trial.treated, "cost"].sum() == 220


def test_a_control_group_without_dates_is_read_from_the_first_day():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows["contacted_at"] = rows["contacted_at"].astype(object)
    rows.loc[rows["arm"] == "control", "contacted_at"] = None
    assert judged(changed(rows)).main.value == pytest.approx(judged(simple()).main.value)


def test_dates_far_apart_are_all_read_from_one_day():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows.loc[rows["arm"] == "treated", "contacted_at"] = START + pd.Timedelta(days=30)
    trial = changed(rows).trials()[0]
    assert trial.one_start
    assert trial.people["start"].nunique() == 1


def test_unknown_arms_and_missing_campaigns_are_no_contacts():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows.loc[:4, "arm"] = "B"
    rows.loc[5:9, "campaign"] = None
    assert changed(rows).trials()[0].treated.sum() == 190


def test_assignment_of_nobody():
    empty = pd.DataFrame(columns=["campaign", "customer_id", "day", "channel", "offer", "control", "cost"])
    empty = empty.astype({"day": "datetime64[ns]", "control": bool, "cost": float})
    assert assign(empty).empty
