"""The best customers lost, and the lost by columns that the client names."""

import re
from datetime import date
from html import unescape

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.plan.lost import by_column
from playbook.chapters.plan.lost.best import MOST, find_best_lost
from playbook.chapters.plan.lost.by_column import break_down
from playbook.show.words import Words
from tests.builders import offer, people
from tests.chapters.plan.campaigns import plan_for
from tests.trials import opened

WORDS = Words()
SETTINGS = """client: Acme
margin_rate: 1
as_of: 2025-09-30
tables:
  orders:
    files: orders.csv
    columns: {customer_id: id, ordered_at: day, amount: amount, list_amount: list, category: category}
  customers: {files: people.csv, columns: {customer_id: id, cancelled_on: x, region: region}}
  events: {files: events.csv, columns: {customer_id: id, happened_at: day, kind: kind, detail: why}}
report: {by: [region, category]}
"""
ORDERS = """id,day,amount,list,category
K000,2024-01-10,10,10,wine
K000,2024-01-10,30,30,beer
K000,2025-03-01,60,60,wine
K001,2025-03-01,70,100,wine
K002,2025-03-01,50,50,beer
K003,2025-03-01,40,40,
K004,2025-09-01,500,500,wine
"""
PEOPLE = "id,x,region\nK000,,North\nK001,,North\nK002,,South 2\nK004,2025-09-10,\n"
EVENTS = """id,day,kind,why
K000,2025-02-01,complaint,
K001,2025-02-01,complaint,
K001,2025-02-09,complaint_solved,
K002,2025-04-01,cancellation,Umzug
K003,2025-01-01,cancellation,Umzug
K003,2025-04-01,unsubscribe,
K004,2025-09-10,cancellation,
"""


@pytest.fixture
def lost(client):
    """What is asked of four lapsed customers and one who cancelled; by id where ``found`` is asked."""
    data, name = client(ORDERS, SETTINGS, people_csv=PEOPLE, events_csv=EVENTS)
    frame = people(5, margin=[100.0, 70.0, 50.0, 40.0, 500.0], stage=["lapsed"] * 3 + ["at risk", "lost"])
    frame["lapsed"], frame["cancelled"] = [True] * 4 + [False], [False] * 4 + [True]
    frame["last_order"] = [date(2025, 3, 1)] * 4 + [date(2025, 9, 1)]
    frame["consent_letter"] = np.where(frame["customer_id"] == "K001", "suppressed", "allowed")
    plan = plan_for(frame, offer())
    with opened(data, name) as (history, sources):
        yield plan, history, sources


def test_of_the_best_lost_it_is_told_what_is_known_and_what_the_plan_does(lost):
    best = find_best_lost(*lost)
    rows = {row["customer_id"]: row for row in best.table(WORDS).frame.to_dict("records")}
    assert list(rows) == ["K004", "K000", "K001", "K002", "K003"]  # by margin, the cancelled one too
    assert {name: (row["known"], row["plan"]) for name, row in rows.items()} == {
        "K004": ("cancelled", "not selected"),
        "K000": ("complaint of Feb 2025 unsolved", "Letter"),
        "K001": ("last order 30% off", "on the suppression list: never contacted"),
        "K002": ("cancelled: Umzug", "Letter"),
        "K003": ("unsubscribed", "Letter"),  # the order came after the cancellation
    }
    assert best.others(WORDS) is None
    assert best.sentences(WORDS) == [
        "The best 5 of the 5 lost, lapsed or cancelled, brought 100% of their past margin; the plan has an"
        " offer for 3 of them."
    ]


def test_the_page_shows_five_of_the_twenty_best_lost_and_folds_the_others(demo_run):
    page = demo_run.page("07_offers.html")
    customers = pd.read_parquet(demo_run.folder / "tables/customers.parquet")
    best = (
        customers[customers["lapsed"]]
        .sort_values(["margin", "customer_id"], ascending=[False, True])["customer_id"]
        .head(MOST)
    )
    shown, folded = page.split("<summary>The best customers lost, 6 to 20</summary>")
    tables = [shown[shown.rindex("<caption>The best customers lost") :], folded[: folded.index("</table>")]]
    told = [re.findall(r'<th scope="row">(\w+)</th>', table) for table in tables]
    assert told == [best[:5].tolist(), best[5:].tolist()]
    planned = customers.set_index("customer_id").loc[best, "offer"]
    assert f"the plan has an offer for {planned.notna().sum()} of them" in page
    assert all(unescape(name) in page for name in planned.dropna())


def test_the_lost_are_counted_by_columns_of_the_customers_and_of_the_first_order(lost):
    rows = break_down(*lost).rows.drop(columns="expected_profit")
    assert [tuple(row) for row in rows[["column", "value", *by_column.COUNTS[:-1]]].to_numpy()] == [
        ("region", "North", 2, 2, 0, 1, 170.0),
        ("region", "South 2", 1, 1, 0, 1, 50.0),
        ("region", None, 2, 2, 1, 1, 540.0),
        ("category", "beer", 2, 2, 0, 2, 150.0),  # of the first order most was spent on beer
        ("category", "wine", 2, 2, 0, 0, 570.0),
        ("category", None, 1, 1, 1, 1, 40.0),
    ]
    plan, *_ = lost
    table = break_down(*lost).table(WORDS)
    assert "not known" in str(table) and "first one (category)" in table.note
    for _, of_column in break_down(*lost).rows.groupby("column"):
        assert of_column["expected_profit"].sum() == pytest.approx(plan.profit)


def test_rarer_values_stand_together(lost, monkeypatch):
    monkeypatch.setattr(by_column, "MOST_LEVELS", 0)
    plan, history, sources = lost
    by = break_down(plan, history, sources).table(WORDS).frame
    assert by[by["column"] == "region"]["value"].tolist() == ["others", "not known"]
    assert by[by["column"] == "region"]["customers"].tolist() == [3, 2]


def test_without_a_column_named_there_is_no_table(lost):
    plan, history, sources = lost
    report = history.settings.report.model_copy(update={"by": ()})
    object.__setattr__(history, "settings", history.settings.model_copy(update={"report": report}))
    assert break_down(plan, history, sources).table(WORDS) is None
