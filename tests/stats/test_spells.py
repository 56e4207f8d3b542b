from datetime import date, timedelta

import numpy as np
import pytest

from playbook.chapters.churn.threshold import find_threshold, threshold_sentences
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.show.words import Words
from playbook.stats.inactivity import cut
from playbook.stats.spells import spell_counts, spells

YML = """client: A
tables:
  orders: {files: orders.csv, columns: {customer_id: c, ordered_at: d, amount: a}}
"""
CONTACTS = (
    YML
    + """  contacts:
    files: contacts.csv
    columns: {campaign: campaign, customer_id: c, contacted_at: d, channel: channel, arm: arm}
"""
)


@pytest.fixture
def history_of(client):
    opened = []

    def read(orders, yml=YML, overrides=None, **files):
        lines = "c,d,a\n" + "".join(f"{who},{day},10\n" for who, day in orders)
        data, name = client(lines, yml, **files)
        chosen = settings.load(name, data, overrides or {})
        opened.append(open_sources(chosen, data / name))
        return read_history(chosen, opened[-1])

    yield read
    for sources in opened:
        sources.close()


def every(step, first=date(2022, 1, 3), last=date(2024, 12, 30), people=1):
    """Orders of customers who take turns, one every ``step`` days."""
    days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
    return [(f"K{n % people:02}", day) for n, day in enumerate(days)]


def of(history, customer="K00"):
    found = spells(history).execute()
    return found[found["customer_id"] == customer].sort_values("order_number")


def test_a_spell_ends_at_the_contact_of_a_campaign_before_the_order(history_of):
    crowd = [(f"X{n}", "2024-01-01") for n in range(8)]
    orders = [
        ("ann", "2024-01-01"),
        ("ann", "2024-02-01"),
        ("ann", "2024-06-01"),
        ("bob", "2024-12-31"),
        *crowd,
    ]
    told = """campaign,c,d,channel,arm
may,ann,2024-05-02,letter,treated
may,ann,2024-06-01,letter,treated
may,bob,2024-05-02,letter,control
june,ann,2024-06-11,letter,treated
"""
    rows = of(history_of(orders, CONTACTS, contacts_csv=told), "ann")[["duration", "returned", "open"]]
    assert rows.to_numpy().tolist() == [[31, True, False], [91, False, False], [10, False, True]]


def test_spells_end_where_the_export_thins_out(history_of):
    orders = [*every(1, last=date(2024, 10, 31), people=40), ("K00", "2024-11-09"), ("K39", "2024-12-05")]
    history = history_of([*orders, *every(1, first=date(2022, 1, 4), last=date(2024, 10, 30), people=30)])
    assert history.as_of == date(2024, 12, 5)
    assert date(2024, 10, 28) <= history.data_end <= date(2024, 11, 3)
    last = of(history).iloc[-1]
    assert (last["duration"], last["returned"]) == (0, False)  # the order after the end begins nothing
    assert history_of(every(1, people=40)).data_end == date(2024, 12, 30)


def test_a_shop_that_is_slow_each_year_at_that_time_is_followed_to_the_end(history_of):
    busy = [(f"K{n % 50:02}", day) for n, (_, day) in enumerate(every(1) * 3)]
    orders = [(who, day) for who, day in busy if day.month != 12 or (day.day % 9 == 1 and who < "K20")]
    history = history_of(orders)
    assert history.data_end == history.as_of


def test_days_on_which_the_client_was_closed_are_no_time_at_risk(history_of):
    first, shut, reopened = date(2022, 1, 3), date(2023, 3, 1), date(2023, 6, 1)
    rng = np.random.default_rng(1)
    open_days, orders = 0, []
    for who in range(300):  # each day of business anybody orders with the same chance
        for step in range(1000):
            day = first + timedelta(days=step)
            if not shut <= day < reopened and rng.uniform() < 1 / 40:
                orders.append((f"K{who:03}", day))
                open_days += 1
    history = history_of(orders)
    assert history.closed == ((date(2023, 2, 28), reopened),)
    counts = spell_counts(history)
    assert counts.loc[counts["entry"] == 0, "n"].sum() == len(spells(history).execute())
    assert counts.loc[counts["open"], "n"].sum() == 300
    told = "campaign,c,d,channel,arm\n" + "".join(
        f"may,K{n:03},2023-04-10,letter,treated\n" for n in range(9)
    )
    asked = spell_counts(history_of(orders, CONTACTS, contacts_csv=told))
    assert asked.loc[asked["open"], "n"].sum() == 300
    alone = [(who, day) for who, day in orders if who != "K000" or day < shut]
    last = spell_counts(history_of(alone, CONTACTS, contacts_csv=told))
    assert last.loc[last["open"], "n"].sum() == 300  # one of them ends with a contact while closed
    within = cut(counts, history.settings.survival, 1)
    ordinary = 40 * np.log(10)  # the day by which nine in ten of such spells have ended
    assert within.days == pytest.approx(ordinary, abs=4)
    blind = counts.groupby(["shard", "duration", "returned"], as_index=False)["n"].sum()
    assert cut(blind, history.settings.survival, 1).days > within.days


def test_nobody_is_lapsed_before_the_floor(history_of):
    orders = [(f"K{n:02}", day) for n in range(40) for _, day in every(7, last=date(2022, 12, 30))]
    history = history_of(orders)
    found = find_threshold(history)
    assert (found.days, found.source, found.cut.days) == (30, "floor", 7)
    assert "least_inactivity_days" in threshold_sentences(found.by_name, Words(), 0.9)[0]
    low = history_of(orders, YML + "survival: {least_inactivity_days: 5}\n")
    assert find_threshold(low).days == 7


def test_who_never_orders_again_counts_each_customer_once(history_of):
    often = [("K00", day) for _, day in every(2)]
    once_more = [(f"L{n:02}", day) for n in range(60) for day in ("2022-02-01", "2022-03-05")]
    found = find_threshold(history_of(often + once_more, YML + "survival: {least_at_risk: 40}\n"))
    assert found.customers == 61
    assert found.cut.returned > 0.8  # of the spells, most of which are one customer's
    assert found.never == pytest.approx(60 / 61, abs=0.02)
