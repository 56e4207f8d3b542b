from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from playbook.errors import DataError
from playbook.records.history import customers, once, read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.stats.spells import spell_counts, spells

LINES = """c,d,q,a
ann,2024-01-01,1,10
ann,2024-01-01,2,20
ann,2024-03-01,1,30
ann,2024-03-05,-1,-30
ann,2024-06-01,1,0
bob,2024-07-01,1,40
bob,2024-12-31,1,50
cid,2024-09-09,-1,-5
,2024-09-09,1,5
"""

YML = """client: A
margin_rate: 0.5
tables:
  orders:
    files: orders.csv
    columns: {customer_id: c, ordered_at: d, quantity: q, amount: a}
"""


@pytest.fixture
def history_of(client):
    opened = []

    def read(lines=LINES, yml=YML, overrides=None, **files):
        data, name = client(lines, yml, **files)
        chosen = settings.load(name, data, overrides or {})
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return read_history(chosen, sources)

    yield read
    for sources in opened:
        sources.close()


def test_lines_of_one_day_are_one_order_and_returns_make_none(history_of):
    frame = customers(history_of()).set_index("customer_id")
    assert frame["orders"].to_dict() == {"ann": 2, "bob": 2, "cid": 0}
    assert frame["revenue"].to_dict() == {"ann": 30.0, "bob": 90.0, "cid": -5.0}
    assert frame["margin"].to_dict() == {"ann": 15.0, "bob": 45.0, "cid": -2.5}
    assert str(frame.loc["ann", "last_order"])[:10] == "2024-03-01"
    assert pd.isna(frame.loc["cid", "last_order"])


def test_a_paid_line_without_a_quantity_is_a_sale(history_of):
    frame = customers(history_of(LINES + "dan,2024-05-05,,12\ndan,2024-05-09,,\n")).set_index("customer_id")
    assert frame.loc["dan", ["orders", "revenue"]].tolist() == [1, 12.0]


def test_amount_zero_is_an_order_only_where_the_client_says_so(history_of):
    yml = YML.replace("    columns", "    zero_is_order: true\n    columns")
    frame = customers(history_of(yml=yml)).set_index("customer_id")
    assert frame.loc["ann", "orders"] == 3


def test_the_as_of_date_hides_what_came_later(history_of):
    history = history_of(overrides={"as_of": "2024-03-02"})
    frame = customers(history).set_index("customer_id")
    assert frame["orders"].to_dict() == {"ann": 2}
    assert frame.loc["ann", "revenue"] == 60.0
    with pytest.raises(DataError, match="lies before the first order, 2024-01-01"):
        history_of(overrides={"as_of": "2023-12-31"})


def test_the_as_of_date_is_not_ten_years_after_the_last_order(history_of):
    assert history_of(overrides={"as_of": "2034-12-31"}).as_of == date(2034, 12, 31)
    with pytest.raises(DataError, match="2035-01-02 lies over ten years after the last order, 2024-12-31: "):
        history_of(overrides={"as_of": "2035-01-02"})


def test_spells_run_to_the_next_order_or_to_the_end(history_of):
    found = spells(history_of()).order_by(["customer_id", "order_number"]).execute()
    rows = found[["customer_id", "order_number", "duration", "returned"]].values.tolist()
    assert rows == [["ann", 1, 60, True], ["ann", 2, 305, False], ["bob", 1, 183, True], ["bob", 2, 0, False]]


def test_customers_of_the_first_days_are_old_customers(history_of):
    found = spells(history_of()).execute().drop_duplicates("customer_id").set_index("customer_id")
    assert found["old_customer"].to_dict() == {"ann": True, "bob": False}


def test_whose_acquisition_is_known_is_not_guessed(history_of):
    more = YML + "  customers: {files: people.csv, columns: {customer_id: k, acquired_on: since}}\n"
    people = "k,since\nann,2024-01-01\nbob,2010-05-05\neve,2024-01-01\n"
    history = history_of(yml=more, people_csv=people)
    found = spells(history).execute().drop_duplicates("customer_id").set_index("customer_id")
    assert found["old_customer"].to_dict() == {"ann": False, "bob": True}
    frame = customers(history).set_index("customer_id")
    assert frame.loc["eve", "orders"] == 0
    assert frame.loc["eve", "revenue"] == 0.0


def test_a_cohort_has_no_old_customers(history_of):
    yml = YML.replace("    columns", "    cohort: true\n    columns")
    assert not spell_counts(history_of(yml=yml))["old_customer"].any()


def test_spell_counts_add_up_to_the_spells(history_of):
    history = history_of()
    counts = spell_counts(history)
    assert counts["n"].sum() == len(spells(history).execute())
    assert counts["shard"].between(0, 63).all()


def test_returns_alone_make_no_order(history_of):
    history = history_of("c,d,q,a\nann,2024-01-01,-1,-10\n")
    assert customers(history)[["orders", "revenue"]].values.tolist() == [[0, -10.0]]
    assert spell_counts(history).empty


def test_lines_that_belong_to_nobody_are_a_data_error(history_of):
    with pytest.raises(DataError, match="nobody to report on"):
        history_of("c,d,q,a\n,2024-01-01,1,10\n")


def test_more_unreadable_lines_than_tolerated_stop_with_the_first_of_them(history_of):
    lines = "c,d,q,a\n" + "ann,2024-01-01,1,10\n" * 9 + "ann,oops,1,10\n"
    with pytest.raises(DataError, match=r"1 of 10 order lines cannot be read.*row 11, column d\. See"):
        history_of(lines)
    assert history_of(lines, YML + "tolerated_unreadable: 0.2\n").first_day == date(2024, 1, 1)


def test_margins_given_by_the_client_beat_the_rate(history_of):
    yml = YML.replace("amount: a}", "amount: a, margin: m}")
    lines = "c,d,q,a,m\nann,2024-01-01,1,10,9\nann,2024-02-01,1,10,\n"
    frame = customers(history_of(lines, yml))
    assert frame["margin"].tolist() == [14.0]


def test_what_was_asked_is_kept_unchanged_unless_it_is_large(history_of, monkeypatch):
    history, asked = history_of(), []

    @once
    def of_them(history, column, *, least=0):
        asked.append((column, least))
        return customers(history)[[column]]

    of_them(history, "orders")["orders"] = 0
    assert of_them(history, "orders")["orders"].sum() == customers(history)["orders"].sum() > 0
    of_them(history, "orders", least=1)
    of_them(replace(history), "orders")
    assert asked == [("orders", 0), ("orders", 1), ("orders", 0)]
    monkeypatch.setattr("playbook.records.history.MOST_KEPT", 0)
    of_them(history, "revenue"), of_them(history, "revenue")
    assert asked[3:] == [("revenue", 0)] * 2
