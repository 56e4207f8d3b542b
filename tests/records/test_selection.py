from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from playbook.errors import SettingsError
from playbook.records.selection import selected
from playbook.settings.client import Settings, load

AS_OF = date(2025, 6, 15)


def settings(selection):
    return Settings(client="A", tables={"orders": {"files": "x"}}, selection=selection)


def people(**columns):
    dates = {name: pd.to_datetime(columns[name]) for name in ("first_order", "last_order") if name in columns}
    return pd.DataFrame(columns | dates)


def test_without_a_selection_the_lapsed_may_be_addressed():
    frame = people(lapsed=[True, False])
    assert selected(frame, settings(None), AS_OF).tolist() == [True, False]


def test_months_are_calendar_months_with_both_ends():
    frame = people(
        first_order=["2024-06-15", "2024-06-16", "2023-12-15", "2023-12-14", None], lapsed=[False] * 5
    )
    chosen = settings({"first_order_months_ago": {"min": 12, "max": 18}})
    assert selected(frame, chosen, AS_OF).tolist() == [True, False, True, False, False]


def test_all_conditions_of_a_rule_and_any_of_the_rules():
    frame = people(orders=[1, 2, 3, 9], segment=["a", "b", "b", "c"], lapsed=[False] * 4)
    rules = [{"orders": {"min": 3}, "where": {"segment": "b"}}, {"orders": {"max": 1}}]
    assert selected(frame, settings(rules), AS_OF).tolist() == [True, False, True, False]
    one_of = settings({"where": {"segment": ["a", "c"]}})
    assert selected(frame, one_of, AS_OF).tolist() == [True, False, False, True]


def test_a_column_that_is_not_there_is_asked_about():
    frame = people(orders=[1], segment=["a"], lapsed=[True])
    with pytest.raises(SettingsError, match=r"'segmnt'.*Did you mean 'segment'\?"):
        selected(frame, settings({"where": {"segmnt": "a"}}), AS_OF)


def test_donors_are_chosen_as_the_red_cross_chose_whatever_their_labels(donors_run):
    """Written out by hand from the dates, not with the code under test."""
    chosen = load("demo_donors", donors_run.data)
    frame = pq.read_table(donors_run.folder / "tables" / "customers.parquet").to_pandas()
    as_of = date.fromisoformat(donors_run.folder.name)
    expected = []
    for orders, first, last in zip(frame["orders"], frame["first_order"], frame["last_order"], strict=True):
        once = orders == 1 and _months_before(as_of, 18) <= first <= _months_before(as_of, 12)
        regular = orders >= 3 and _months_before(as_of, 24) <= last <= _months_before(as_of, 18)
        expected.append(once or regular)
    assert selected(frame, chosen, as_of).tolist() == expected
    assert 100 < sum(expected) < 600
    addressed = frame[expected]
    assert addressed["occasional"].any(), "the selection stands over the labels"
    assert frame.loc[frame["offer"].notna(), "customer_id"].isin(addressed["customer_id"]).all()


def _months_before(day, months):
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, day.day)
