"""The same question asked of sliders and of a table."""

import pytest

from playbook.show.display import Table
from playbook.show.figures import Picture, new_figure
from playbook.show.sliders import Answer, Knob, explore
from playbook.show.words import Words

WORDS = Words("en", "CHF")
KNOBS = {
    "days": Knob("cut, days", [30, 60, 90], 60, lambda days: f"{days} days"),
    "cost": Knob("cost", [1, 2], 1),
}


def product(days, cost):
    figure, _ = new_figure("An empty one")
    return Answer({"days times cost": str(days * cost)}, lambda: Picture(figure, "An empty picture."))


def test_in_a_run_the_sliders_are_a_table_with_one_knob_moved_at_a_time(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")
    table = explore("What if", product, KNOBS, WORDS)
    assert isinstance(table, Table)
    assert table.frame.to_numpy().tolist() == [
        ["as chosen", "60"],
        ["cut, days: 30 days", "30"],
        ["cut, days: 90 days", "90"],
        ["cost: 2", "120"],
    ]


def test_in_a_run_no_picture_is_drawn_for_a_table_that_shows_none(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")

    def ask(days, cost):
        return Answer({"days": str(days)}, lambda: pytest.fail("A picture that nobody sees was drawn."))

    explore("What if", ask, KNOBS, WORDS)


def test_with_somebody_to_move_them_sliders_redraw_the_answer(monkeypatch):
    monkeypatch.delenv("PLAYBOOK_HEADLESS", raising=False)
    box = explore("What <if>", product, KNOBS, WORDS)
    days, cost, shown = box.children
    assert "jp-RenderedHTMLCommon" in shown._dom_classes
    assert days.value == 60 and cost.value == 1
    assert ">60<" in shown.value and "<svg" in shown.value and "What &lt;if&gt;" in shown.value
    days.value = 90
    cost.value = 2
    assert ">180<" in shown.value


def test_a_chosen_value_between_the_positions_is_one_of_them():
    assert Knob("cut", [30, 60], 45).positions() == [30, 45, 60]
