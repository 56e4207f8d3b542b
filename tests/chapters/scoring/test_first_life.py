import ibis
import pandas as pd
import pytest

from playbook.chapters.scoring.first_life import first_life
from playbook.records.history import read_history
from playbook.records.sources import Sources
from playbook.settings.client import Settings


def history_of(rows):
    lines = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    lines = lines.assign(ordered_at=pd.to_datetime(lines["ordered_at"]))
    connection = ibis.duckdb.connect()
    table = connection.create_table("lines", ibis.memtable(lines))
    table = table.mutate(amount=table.amount.cast("decimal(18, 4)"), ordered_at=table.ordered_at.cast("date"))
    return read_history(
        Settings(client="A", margin_rate=0.5, tables={"orders": {"files": "none"}}),
        Sources(connection, table),
    )


def test_years_are_those_of_each_customer_and_only_whole_ones_count():
    rows = [("old", "2020-01-01", 1), ("old", "2020-03-01", 900)]  # seen first in the log's first days
    for number in range(60):
        rows += [(f"c{number}", "2021-01-01", 100), (f"c{number}", "2021-06-01", 20)]
        if number < 15:
            rows += [(f"c{number}", "2022-02-01", 40), (f"c{number}", "2022-02-10", -10)]
    rows += [(f"late{number}", "2022-06-01", 7000) for number in range(60)]
    rows.append(("end", "2023-02-01", 1))
    found = first_life(history_of(rows)).years
    assert found["year"].tolist() == [1, 2]
    assert found["customers"].tolist() == [60, 60]
    assert found["active"].tolist() == [1.0, 0.25]
    assert found["margin"].tolist() == pytest.approx([60.0, 15.0])


def test_a_record_shorter_than_a_year_has_no_years():
    found = first_life(history_of([("a", "2024-01-01", 1), ("b", "2024-06-01", 2)]))
    assert found.years.empty
    assert [item.value for item in found.findings()] == [[], [], []]
