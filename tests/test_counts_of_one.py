"""Reports on one of everything: no sentence says "1 customers" or "1 days"."""

import re

import pytest

from tests.conftest import SETTINGS, make_run
from tests.show.test_terms import PAGES, visible

PLURALS = (
    "buyers calls campaigns comebacks comparisons contacts customers days donors events gifts lines months"
    " occasional offers orders people persons prospects returns second suspects visits weeks years"
)
ONE_OF_MANY = re.compile(rf"(?<![\d.,–\N{{MINUS SIGN}}-])\b1 (?:{'|'.join(PLURALS.split())}|are|have|were)\b")


def one_of_many(text: str) -> list[str]:
    return [text[max(found.start() - 40, 0) : found.end() + 40] for found in ONE_OF_MANY.finditer(text)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "one"
    folder.mkdir()
    (folder / "orders.csv").write_text("customer_id,ordered_at,amount\na,2025-01-10,50\n", encoding="utf-8")
    (folder / "client.yml").write_text(SETTINGS, encoding="utf-8")
    return make_run(folder.parent, "one", tmp_path_factory.mktemp("reports"))


@pytest.mark.parametrize("name", PAGES)
def test_one_customer_with_one_order_is_one_customer_and_one_order(run, name):
    assert one_of_many(visible(run.page(f"{name}.html"))) == []


def test_the_first_chapters_of_one_customer_say_what_came_in(run):
    data, stages = (" ".join(visible(run.page(f"{name}.html")).split()) for name in PAGES[1:3])
    assert "That makes 1 order by 1 customer on 10 Jan 2025" in data
    assert "One person is known" in stages


@pytest.mark.parametrize("text", ["1 customers", "of 1 orders", "1 are at risk", "in 1 days"])
def test_a_slip_would_be_noticed(text):
    assert one_of_many(text)


@pytest.mark.parametrize("text", ["1 customer", "21 customers", "2.1 days", "0–1 days", "rank 1 of 5"])
def test_what_is_right_is_left_alone(text):
    assert not one_of_many(text)
