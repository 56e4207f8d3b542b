"""Tables whose columns are described once, with the values they show."""

from playbook.show.display import table_of
from playbook.show.words import Words

WORDS = Words()
COLUMNS = {
    "name": lambda thing: thing[0],
    ("share", "percent"): lambda thing: thing[1],
}


def test_a_row_for_each_thing_shown_in_the_columns_formats():
    lines = str(table_of([("a", 0.25), ("b", None)], COLUMNS, "Shares", WORDS)).splitlines()
    assert [line.split() for line in lines] == [["name", "share"], ["a", "25.0%"], ["b", "–"]]


def test_a_table_of_nothing_says_so():
    assert str(table_of([], COLUMNS, "Shares", WORDS)) == "Shares: none."
