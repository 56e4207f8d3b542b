import re
from datetime import date

import pandas as pd
import pytest

from playbook.run import pages
from playbook.show import words
from playbook.show.display import Say, Table
from playbook.show.exercises import Exercise
from playbook.show.figures import Picture, intervals, new_figure
from playbook.show.words import Words

WORDS = Words("en", "CHF")


def test_numbers_money_and_dates_as_people_write_them():
    assert WORDS.number(1234567.891, 2) == "1,234,567.89"
    assert WORDS.money(-1234.5) == "\u2212CHF\u00a01,234"
    assert WORDS.money(-0.2) == "CHF\u00a00"
    assert WORDS.percent(0.1234, 1) == "12.3%"
    assert WORDS.percent(-0.254, 1) == "\N{MINUS SIGN}25.4%"
    assert WORDS.date(date(2025, 12, 31)) == "31 Dec 2025"


def test_languages_are_those_with_a_catalogue():
    assert {"de", "en", "it"} <= set(words.languages())


def test_a_table_has_a_caption_scopes_and_escapes_the_client_s_text():
    frame = pd.DataFrame({"who": ["<script>alert(1)</script>"], "n": [1200.0]})
    html = Table(frame, "A & B", WORDS, {"who": "<b>who</b>", "n": ("n", "number")})._repr_html_()
    assert "<caption>A &amp; B</caption>" in html
    assert html.count('scope="col"') == 2 and html.count('scope="row"') == 1
    assert "<script>" not in html and "<b>" not in html
    assert ">1,200<" in html


def test_what_is_missing_is_a_dash_and_an_empty_table_says_none():
    frame = pd.DataFrame({"who": ["a"], "n": [None]})
    assert ">–<" in Table(frame, "T", WORDS, {"who": "who", "n": ("n", "number")})._repr_html_()
    assert "T: none." in Table(frame.head(0), "T", WORDS)._repr_html_()


def test_a_picture_carries_its_words_and_is_the_same_twice():
    figure, axes = new_figure("It rises")
    axes.plot([1, 2])
    data, metadata = Picture(figure, "A rising line.")._repr_mimebundle_()
    assert metadata["image/svg+xml"]["alt"] == "A rising line."
    assert data["image/svg+xml"] == Picture(figure, "").svg()


def test_only_the_columns_described_are_shown_in_their_order():
    table = Table(pd.DataFrame({"a": [1], "b": [2], "c": [3]}), "T", WORDS, {"c": "third", "a": "first"})
    assert str(table).split() == ["third", "first", "3", "1"]


def test_two_columns_that_say_the_same_in_the_clients_words_are_one():
    frame = pd.DataFrame({"revenue": [1.0], "margin": [1.0], "more": [2.0]})
    names = dict.fromkeys(frame, "donations")
    assert list(Table(frame, "T", WORDS, names).frame) == ["revenue", "more"]


@pytest.mark.parametrize("centre", [0, 1])
def test_intervals_lie_where_their_numbers_are_and_in_the_colour_of_their_verdict(centre):
    rows = pd.DataFrame({"label": ["A", "B"], "value": [0.5, 3.0], "low": [0.3, 2.0], "high": [0.8, 4.5]})
    rows["verdict"] = ["less", "more"]
    colors = {"less": "#0000ff", "more": "#ff0000"}
    figure = intervals("A falls, B rises", rows, colors, WORDS, across="ratio", centre=centre)
    (axes,) = figure.axes
    drawn = [path.vertices for one in axes.collections for path in one.get_paths() if len(path.vertices) == 2]
    assert sorted(sorted(ends[:, 0]) for ends in drawn) == [[0.3, 0.8], [2.0, 4.5]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B"]
    assert figure.get_suptitle() == "A falls, B rises"


def test_sentences_are_escaped():
    assert Say(["a < b"])._repr_html_() == '<p class="say">a &lt; b</p>'


@pytest.mark.parametrize(
    ("answer", "said"), [(None, "Your turn"), (3.0, "Right"), (9, "Not yet: 9 is not it. Try.")]
)
def test_an_exercise_says_whether_the_answer_is_right(answer, said):
    assert said in str(Exercise(3.001, "Try.").check(answer))


def test_bars_are_as_long_as_values_of_one_format_and_warn_below_zero():
    numbers = {"offer": list("abc"), "n": [40, 10, 0], "m": [20, 1, None], "profit": [50.0, -25.0, 0.1]}
    columns = {"offer": "offer", "n": ("n", "number"), "m": ("m", "number"), "profit": ("profit", "money")}
    html = Table(pd.DataFrame(numbers), "T", WORDS, columns, bars=("n", "m", "profit"))._repr_html_()
    first = ["bar b100", "bar b50", "bar b100"]
    second = ["bar b25", "bar b5", "bar b50 below"]
    assert re.findall(r'<td class="number ?([^"]*)"', html) == [*first, *second, "", "", "bar b5"]


def test_every_length_of_a_bar_has_its_rule():
    style = (pages.TEMPLATES / "style.css").read_text()
    rules = re.findall(r"\.b(\d+) \{ --share: (\d+)%; \}", style)
    assert rules == [(str(n), str(n)) for n in range(5, 105, 5)]
