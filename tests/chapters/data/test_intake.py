"""Chapter 01 on the demo client, whose truth is known, and on clients with little in them."""

import pandas as pd
import pytest

from playbook.chapters.data import take_in, unreadable_lines
from playbook.demo import retailer
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.show.words import Words

WORDS = Words()


@pytest.fixture(scope="module")
def demo(demo_data):
    chosen = settings.load("demo", demo_data)
    sources = open_sources(chosen, demo_data / "demo")
    yield read_history(chosen, sources), sources
    sources.close()


@pytest.fixture
def small(client):
    opened = []

    def read(lines):
        data, name = client("customer_id,ordered_at,amount\n" + lines)
        chosen = settings.load(name, data)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return take_in(read_history(chosen, sources), sources)

    yield read
    for sources in opened:
        sources.close()


def test_the_waterfall_accounts_for_every_line(demo):
    intake = take_in(*demo)
    left_out = intake.unreadable + intake.without_customer + intake.incomplete + intake.after_as_of
    assert intake.read == intake.used + left_out
    made = retailer.generate()
    assert intake.read == len(made.orders) + intake.unreadable  # the export adds what no one can read
    assert intake.without_customer == made.orders["customer_id"].isna().sum()
    assert intake.unreadable == 16
    assert intake.verdict == "with_care"


def test_an_earlier_as_of_date_moves_lines_to_left_out(demo_data):
    chosen = settings.load("demo", demo_data, {"as_of": "2024-12-31"})
    sources = open_sources(chosen, demo_data / "demo")
    intake = take_in(read_history(chosen, sources), sources)
    sources.close()
    assert intake.after_as_of > 3000
    assert intake.read == intake.used + intake.unreadable + intake.without_customer + intake.after_as_of
    assert str(intake.last_day) <= "2024-12-31"


def test_sentences_and_findings_give_the_same_numbers(demo):
    intake = take_in(*demo)
    assert WORDS.number(intake.by_name["orders"].value) in intake.sentences(WORDS)[0]
    assert intake.by_name["data_quality"].verdict == intake.verdict


def test_where_something_could_not_be_read_is_shown_and_not_what(demo):
    shown = unreadable_lines(demo[1], WORDS)
    assert len(shown.frame) == 10
    assert "453" in str(shown) and "31.02.2023" not in shown._repr_html_()


@pytest.mark.parametrize(
    ("buyers", "days", "said"),
    [
        (0, "2024-01-01 2025-01-01", "nobody bought twice"),
        (1, "2024-01-01 2025-01-01", "cannot be told from one customer"),
        (29, "2024-01-01 2025-01-01", "cannot be told from 29 customers"),
        (30, "2024-12-01 2025-01-01", "cannot be told from 30 customers"),
    ],
)
def test_too_little_is_said_by_how_many_bought_twice(small, buyers, days, said):
    first, last = days.split()
    lines = f"once,{first},5\nalso,{last},5\n"
    lines += "".join(f"c{n},{day},5\n" for n in range(buyers) for day in (first, last))
    intake = small(lines)
    assert intake.verdict == "not_enough"
    assert said in str(intake.trust(WORDS))


def test_a_picture_of_a_single_month_has_one_bar(small):
    intake = small("a,2025-01-10,50\n")
    (axes,) = intake.figure(WORDS).figure.axes
    assert [bar.get_height() for bar in axes.patches] == [1]
    assert intake.months["month"].tolist() == [pd.Timestamp("2025-01-01")]


def test_what_client_yml_leaves_out_stands_in_the_waterfall_line_by_line(client):
    head = "number,customer_id,ordered_at,amount,status\n"
    lines = [
        *("1,A,2025-01-01,20,paid", "1,A,2025-01-01,20,paid", "2,B,2025-01-02,30,Draft", "3,C,,5,paid"),
        *(
            "4,D,2025-01-03,40,draft",
            "5,,2025-01-03,4,draft",
            "6,E,2025-01-04,none,draft",
            "7,F,2025-01-05,9,",
        ),
    ]
    rules = "    keep: {status: [paid, draft]}\n    drop: {status: draft}\n    total_per_order: true\n"
    columns = "order_id: number, customer_id: customer_id, ordered_at: ordered_at, amount: amount"
    text = f"client: A\ntables:\n  orders:\n    files: orders.csv\n{rules}    columns: {{{columns}}}\n"
    data, name = client(head + "\n".join(lines) + "\n", text + "tolerated_unreadable: 0.5\n")
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    intake = take_in(read_history(chosen, sources), sources)
    sources.close()
    assert dict(intake.ruled_out) == {"status": 4}
    assert (intake.read, intake.repeated, intake.unreadable, intake.incomplete, intake.used) == (
        8,
        1,
        1,
        1,
        1,
    )
    table = intake.table(WORDS).frame
    assert table["lines"][:-4].sum() == intake.used
    assert table.loc[table["step"] == "left out by status", "lines"].tolist() == [-4]
    assert "8 order lines were read, 5 of which do not count by client.yml" in intake.sentences(WORDS)[0]
    assert intake.by_name["lines_ruled_out"].value == 4 and intake.by_name["lines_repeated"].value == 1


def test_a_client_without_rules_has_no_findings_of_them(demo):
    assert not {"lines_ruled_out", "lines_repeated"} & set(take_in(*demo).by_name)
