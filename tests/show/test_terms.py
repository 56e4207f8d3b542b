"""A charity's report speaks of donors and gifts, in every sentence, heading, picture and sheet."""

import html
import re

import pytest
import python_calamine

from playbook.show.words import Words

PAGES = (
    "index", "01_data", "02_lifecycle", "03_occasional", "04_churn", "05_warning", "06_scoring", "07_offers",
    "08_measurement",
)  # fmt: skip
OF_A_SHOP = re.compile(
    r"\b(customers?|buyers?|orders?|ordered|ordering|reorder\w*|bought|buys?|buying|purchase\w*|sales?|revenue|margins?)\b",
    re.IGNORECASE,
)
MARKS_OF_A_NAME = r"\S*(?:_|/|\.\w)\S*"
"""Names of columns, files and settings stay as they are: `customer_id`, `tables/customers.parquet`."""


def visible(page: str) -> str:
    """Return what a reader of a page sees or is read aloud: texts, and descriptions of pictures."""
    without = re.sub(r"<(style|script|svg|code)\b.*?</\1>", " ", page, flags=re.DOTALL)
    described = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', page)
    text = html.unescape(" ".join([re.sub(r"<[^>]+>", " ", without), *described]))
    return re.sub(MARKS_OF_A_NAME, " ", text)


def of_a_shop(text: str) -> list[str]:
    return [text[max(found.start() - 40, 0) : found.end() + 40] for found in OF_A_SHOP.finditer(text)]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_of_a_charity_speaks_of_customers_or_orders(donors_run, name):
    text = visible(donors_run.page(f"{name}.html"))
    assert "donor" in text
    assert "gift" in text or name == "08_measurement"
    assert of_a_shop(text) == []


@pytest.mark.parametrize("file", ["workbook.xlsx", "calls.xlsx"])
def test_no_sheet_of_a_charitys_workbooks_speaks_of_customers_or_orders(donors_run, file):
    book = python_calamine.CalamineWorkbook.from_path(donors_run.folder / file)
    texts = [*book.sheet_names]
    for sheet in book.sheet_names:
        cells = book.get_sheet_by_name(sheet).to_python()
        texts += {cell for row in cells for cell in row if isinstance(cell, str)}
    assert of_a_shop(re.sub(MARKS_OF_A_NAME, " ", " | ".join(texts))) == []


def test_a_shop_keeps_its_words(demo_run):
    text = visible(demo_run.page("04_churn.html"))
    assert "customers" in text
    assert "donor" not in text


def test_what_a_clients_data_hold_is_not_reworded():
    words = Words(preset="donations")
    assert words.say("{n} orders", n="customers") == "customers gifts"
    assert words.say_many("{n} order", "{n} orders", 2) == "2 gifts"
