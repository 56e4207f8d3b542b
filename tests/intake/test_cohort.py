"""A log that begins with its customers' first orders is told from one in the middle of business."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from playbook.intake.check.command import examine
from playbook.intake.cohort import cohort_in
from playbook.intake.propose import propose
from playbook.settings.client import load

BEGIN, LENGTH = pd.Timestamp("2023-01-01"), 600


def world(born, gap=120, end=LENGTH, seed=1) -> pd.DataFrame:
    """Customers' days from their births on, with gaps of so many days in the mean; those of the log alone."""
    random = np.random.default_rng(seed)
    gaps = random.exponential(random.gamma(2, gap / 2, len(born))[:, None], (len(born), 200))
    days = np.concatenate(
        [np.asarray(born)[:, None], np.asarray(born)[:, None] + gaps.cumsum(axis=1)], axis=1
    )
    who = np.broadcast_to(np.arange(len(born))[:, None], days.shape)
    inside = (days >= 0) & (days < end)
    return log(who[inside], days[inside])


def log(who, days) -> pd.DataFrame:
    day = (BEGIN + pd.to_timedelta(np.floor(days), unit="D")).date
    return pd.DataFrame({"customer_id": [f"c{n}" for n in who], "day": day})


def uniform(low, high, n, seed=2):
    return np.random.default_rng(seed).uniform(low, high, n)


def dead() -> pd.DataFrame:
    """A large shop in the middle of its life that closes after three months, but for some late bookings."""
    before = world(uniform(-2000, 0, 6000), gap=300, end=90)
    late = log(np.arange(200), uniform(90, LENGTH, 200))
    return pd.concat([before, late.assign(customer_id=before["customer_id"].unique()[:200])])


def subscribers() -> pd.DataFrame:
    """A thousand old customers who pay once a month, of whom forty pause for some months."""
    first = uniform(0, 30, 1000)
    who, month = np.repeat(np.arange(1000), 20), np.tile(np.arange(20), 1000)
    paid = (who >= 40) | (month == 0) | (month > 4)
    return log(who[paid], (first[who] + 30 * month)[paid])


def carried_over() -> pd.DataFrame:
    """Old customers with their balances on the first day, few new ones, and orders that go on."""
    balances = log(np.arange(2000), np.zeros(2000))
    fresh = world(uniform(0, 90, 100), seed=3)
    return pd.concat(
        [balances, world(uniform(-1000, 0, 2000)), fresh.assign(customer_id="n" + fresh.customer_id)]
    )


COHORTS = {
    "new customers of three months": world(uniform(0, 90, 2000)),
    "one slip in a number": pd.concat([world(uniform(0, 90, 2000)), log([9999], [400])]),
    "of one month, seldom buyers": world(uniform(0, 31, 500), gap=400),
    "of one week": world(uniform(0, 7, 1000)),
}
OTHERS = {
    "the middle of business": world(uniform(-1500, LENGTH, 2000)),
    "the middle of business, nobody new any more": world(uniform(-1000, 0, 2000)),
    "an old base that orders every week": world(uniform(-1000, 0, 400), gap=8),
    "a shop that died": dead(),
    "a cohort that is too short": world(uniform(0, 90, 2000), end=260),
    "a cohort of few": world(uniform(0, 90, 25)),
    "subscribers who pay once a month": subscribers(),
    "old customers carried over on the first day": carried_over(),
    "a log of one day": log(np.arange(500), np.zeros(500)),
    "no line at all": log(np.arange(0), np.zeros(0)).astype({"customer_id": str, "day": "datetime64[ns]"}),
}


@pytest.mark.parametrize("name", COHORTS)
def test_new_customers_of_the_first_months_alone_are_a_cohort(name):
    born = cohort_in(ibis.memtable(COHORTS[name]))
    assert born is not None
    assert born.customers == COHORTS[name]["customer_id"].nunique()
    assert date(2023, 1, 6) < born.last_new < date(2023, 4, 2)
    assert born.last_day == COHORTS[name]["day"].max()


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_log_is_not(name):
    assert cohort_in(ibis.memtable(OTHERS[name])) is None


def test_new_writes_it_with_its_reason_and_a_persons_no_stays(tmp_path):
    path = tmp_path / "orders.csv"
    orders = COHORTS["new customers of three months"].rename(columns={"day": "order_date"})
    orders.assign(amount=12.5).to_csv(path, index=False)
    said = propose("acme", [path], tmp_path / "data", None).said
    written = tmp_path / "data" / "acme" / "client.yml"
    assert [
        line for line in said if line.startswith("orders, cohort: true, since nobody is new after 2023-03-31")
    ]
    assert "cohort: true  # nobody is new after 2023-03-31" in written.read_text()
    assert load("acme", tmp_path / "data").tables.orders.cohort is True
    first = written.read_text()
    propose("acme", [path], tmp_path / "data", None)
    assert written.read_text() == first
    written.write_text(first.replace("cohort: true", "cohort: false"))
    assert "cohort stays False" in " ".join(propose("acme", [path], tmp_path / "data", None).said)
    assert load("acme", tmp_path / "data").tables.orders.cohort is False


def test_check_says_so_until_client_yml_does(client):
    orders = COHORTS["new customers of three months"].assign(amount=12.5).to_csv(index=False)
    yml = "client: A\ntables:\n  orders:\n    files: orders.csv\n"
    yml += "    columns: {customer_id: customer_id, ordered_at: day, amount: amount}\n"
    seen = {}
    for said in ("", "    cohort: false\n", "    cohort: true\n"):
        data, name = client(orders, yml + said)
        checks = examine(load(name, data), data / name, date(2025, 1, 1)).checks
        seen[said] = [check for check in checks if check.code == "cohort_not_said"]
    (only,) = seen.pop("")
    assert (only.count, only.severity) == (2000, "warning")
    assert only.examples[0].startswith("nobody is new after 2023-03-31, though orders go on until 2024-08-")
    assert list(seen.values()) == [[], []]


def test_cdnow_is_a_cohort_and_a_wholesaler_is_not(real_data, cdnow):
    data, name = cdnow
    lines = ibis.duckdb.connect().read_csv(data / name / "orders.csv", all_varchar=True)
    born = cohort_in(lines.select(customer_id="id", day=lines.date.as_date("%Y%m%d")))
    assert (born.customers, born.last_new, born.last_day) == (23_570, date(1997, 3, 25), date(1998, 6, 30))
    sold = ibis.duckdb.connect().read_parquet(real_data / "online_retail_ii" / "*.parquet")
    sold = sold.select(customer_id="Customer ID", day=sold.InvoiceDate.cast("timestamp").date()).drop_null()
    assert cohort_in(sold) is None
