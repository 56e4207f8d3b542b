"""Contracts: a small subscription client with planted hazards, and clients without contracts."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from playbook.chapters.churn import contracts, group_curves
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.show.words import Words

WORDS = Words()
FIRST, DAYS, HORIZON = pd.Timestamp("2022-01-01"), 1000, 183
HAZARD, COMPLAINT_FACTOR, SILVER_FACTOR = 0.0010, 3.0, 1.6


def subscriptions(seed, size=2000):
    """Return contracts begun over `DAYS` and their complaints, day by day, one horizon beyond the end."""
    rng = np.random.default_rng(seed)
    start, silver = rng.integers(0, DAYS - 30, size), rng.random(size) < 0.5
    alive, unsolved = np.ones(size, bool), np.zeros(size, bool)
    ended, events = np.full(size, -1), []
    for day in range(DAYS + HORIZON):
        running = alive & (start < day)
        rate = HAZARD * np.where(unsolved, COMPLAINT_FACTOR, 1) * np.where(silver, SILVER_FACTOR, 1)
        leaves = running & (rng.random(size) < rate)
        ended[leaves], alive[leaves] = day, False
        complains = running & alive & ~unsolved & (rng.random(size) < 0.0015)
        solved = running & alive & unsolved & (rng.random(size) < 0.01)
        unsolved = (unsolved | complains) & ~solved
        for who, kind in ((complains, "complaint"), (solved, "complaint_solved")):
            events += [(f"c{n:05d}", day, kind) for n in np.flatnonzero(who)]
    people = pd.DataFrame(
        {
            "customer_id": [f"c{n:05d}" for n in range(size)],
            "segment": np.where(silver, "silver", "gold"),
            "start": start,
            "ended": ended,
        }
    )
    return people, pd.DataFrame(events, columns=["customer_id", "day", "kind"])


def exports(people, events):
    """Return the texts of orders, customers and events as the client would know them on the last day."""
    day = lambda numbers: (FIRST + pd.to_timedelta(numbers, unit="D")).dt.strftime("%Y-%m-%d")  # noqa: E731
    known = people.assign(
        acquired_on=day(people["start"]),
        cancelled_on=day(people["ended"]).where(people["ended"].between(0, DAYS), ""),
    )
    orders = pd.DataFrame(
        {"customer_id": people["customer_id"], "ordered_at": known["acquired_on"], "amount": 9}
    )
    orders.loc[len(orders)] = ["c00000", str((FIRST + pd.Timedelta(DAYS, "D")).date()), 9]
    seen = events[events["day"] <= DAYS]
    happened = seen.assign(happened_at=day(seen["day"]))[["customer_id", "happened_at", "kind"]]
    columns = ["customer_id", "segment", "acquired_on", "cancelled_on"]
    return (frame.to_csv(index=False) for frame in (orders, known[columns], happened))


SETTINGS = """client: Club
preset: subscription
tables:
  orders: {files: orders.csv, columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}}
  customers:
    files: customers.csv
    columns:
      customer_id: customer_id
      segment: segment
      acquired_on: acquired_on
      cancelled_on: cancelled_on
  events: {files: events.csv, columns: {customer_id: customer_id, happened_at: happened_at, kind: kind}}
"""


@pytest.fixture
def club(client):
    """Read a client with contracts: ``club(orders, customers, events)`` returns (history, sources)."""
    opened = []

    def read(orders, people, events, **overrides):
        data, name = client(orders, SETTINGS, customers_csv=people, events_csv=events)
        chosen = settings.load(name, data, overrides)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return read_history(chosen, sources), sources

    yield read
    for sources in opened:
        sources.close()


def test_planted_hazards_are_recovered(club):
    people, events = subscriptions(1)
    found = contracts.find_contracts(*club(*exports(people, events)))
    ratio, low, high = found.complaint
    assert low < COMPLAINT_FACTOR < high and low > 1.5
    assert found.log_rank.p < 0.001
    later = people[(people["ended"] < 0) | (people["ended"] > DAYS)]
    actual = (later["ended"] > DAYS).sum()
    expected, least, most = found.expected
    assert least <= actual <= most
    assert most - least < expected
    assert found.running == len(later)
    said = "\n".join(found.sentences(WORDS))
    assert f"are cancelled {ratio:.1f} times as often" in said
    assert f"{WORDS.number(expected)} cancellations are to be expected" in said
    assert "Segments keep their contracts for different times" in said
    assert "gold" in str(found.table(WORDS))
    assert found.figure(WORDS).alt.startswith("A falling curve")


@pytest.mark.slow
def test_expected_cancellations_cover_what_then_happens_at_four_in_five_seeds(club):
    covered, complaint = 0, 0
    for seed in range(1, 41):
        people, events = subscriptions(seed)
        found = contracts.find_contracts(*club(*exports(people, events)))
        covered += found.expected[1] <= (people["ended"] > DAYS).sum() <= found.expected[2]
        complaint += found.complaint[1] <= COMPLAINT_FACTOR <= found.complaint[2]
    print(f"expected cancellations cover {covered} of 40, the effect of complaints {complaint} of 40")
    assert covered >= 32
    assert complaint >= 34


def test_a_client_without_cancellations_costs_and_says_nothing(demo):
    found = contracts.find_contracts(*demo)
    assert (found.findings(), found.sentences(WORDS)) == ([], [])
    assert found.table(WORDS) is None and found.figure(WORDS) is None


def test_contracts_older_than_the_data_are_followed_from_their_first_day(club):
    """Those cancelled before are not in the data: counting the others from their start would flatter."""
    people, events = subscriptions(2)
    there = people[(people["ended"] < 0) | (people["ended"] >= 400)]
    orders, known, happened = exports(there, events[events["customer_id"].isin(there["customer_id"])])
    header, *lines = orders.splitlines(keepends=True)
    orders = header + "".join(line for line in lines if line.split(",")[1] >= "2023-02-05")
    history, sources = club(orders, known, happened)
    told = contracts.contract_spells(history)
    assert (told["entry"] > 0).mean() > 0.2
    found = contracts.find_contracts(history, sources)
    assert str(found.followed_from) == str(history.first_day)
    naive = KaplanMeierFitter().fit(told["duration"], told["cancelled"]).predict(365)
    truth = np.exp(-HAZARD * 365 * 1.6)  # both segments and some complaints
    share = found.kept.query("group == 'all' and year == 1")["share"].item()
    assert abs(share - truth) < 0.05 < naive - truth
    assert "are followed from that day on" in "\n".join(found.sentences(WORDS))


def test_too_few_cancellations_are_said_to_be_too_few(club):
    orders = "customer_id,ordered_at,amount\na,2024-01-01,5\nb,2024-02-01,5\na,2025-01-01,5\n"
    people = (
        "customer_id,segment,acquired_on,cancelled_on\n"
        "a,x,2024-01-01,\nb,x,,2024-12-01\nc,x,,2024-12-01\nd,x,2024-06-01,2024-05-01\n"
    )
    found = contracts.find_contracts(
        *club(orders, people, "customer_id,happened_at,kind\na,2024-03-01,call\n")
    )
    assert (found.contracts, found.cancelled, found.running, found.unusable) == (2, 1, 1, 2)
    said = found.sentences(WORDS)
    assert said[0] == "Contracts: 2 in all, 1 cancelled, 1 running."
    assert said[-1] == "That is too few to say how long a contract runs."
    assert found.table(WORDS) is None and found.figure(WORDS) is None


def test_a_cancellation_after_the_as_of_date_is_not_yet_known(club):
    people, events = subscriptions(3, 300)
    history, _ = club(*exports(people, events), as_of="2023-06-30")
    told = contracts.contract_spells(history)
    day = (pd.Timestamp("2023-06-30") - FIRST).days
    assert told["cancelled"].sum() == people["ended"].between(0, day).sum()
    assert told["start"].max() <= pd.Timestamp("2023-06-30")


def test_episodes_change_where_complaints_are_made_and_solved():
    seen = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "start": pd.to_datetime(["2024-01-01", "2024-01-01"]),
            "entry": [0, 5],
            "duration": [40, 20],
            "cancelled": [True, False],
        }
    )
    happened = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "a"],
            "day": pd.to_datetime(["2024-01-11", "2024-01-21", "2024-01-03", "2024-03-01"]),
            "step": [1, -1, 1, 1],
        }
    )
    told = contracts.episodes(seen, happened)
    assert told.to_numpy().tolist() == [
        [0, 0.0, 10.0, 0.0, False],
        [0, 10.0, 20.0, 1.0, False],
        [0, 20.0, 40.0, 0.0, True],
        [1, 5.0, 20.0, 1.0, False],
    ]


def test_group_curves_of_the_demo(demo):
    found = group_curves.find_group_curves(demo[0])
    assert list(found.tests) == ["order_number", "segment", "channel", "source"]
    assert found.tests["order_number"].p < 1e-6
    shares = found.levels.query("grouping == 'order_number'")["returned"].to_list()
    assert shares == sorted(shares)
    assert found.sentences(WORDS)[0].startswith("By order number: of “10+” the most come back")
    assert "Falling curves" in found.figure(WORDS).alt
