"""The report as slides: eight at most, native, and without anybody's name."""

import pandas as pd
import pytest

from playbook.report import deck
from playbook.show.words import Words

WIDE, HIGH = 12_192_000, 6_858_000
"""A slide, as PowerPoint measures it."""

pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")


@pytest.fixture(scope="module", params=["demo_run", "donors_run"])
def run(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def slides(run):
    return list(pptx.Presentation(run.folder / "report.pptx").slides)


def texts(slide):
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


def test_the_decision_opens_and_what_could_go_wrong_closes(run, slides):
    assert len(slides) <= 8
    assert slides[0].placeholders[1].text_frame.paragraphs[0].text in run.page("index.html")
    assert slides[-1].shapes.title.text_frame.text == "What could go wrong, and when we know"


def test_every_picture_of_the_first_page_has_a_slide_with_its_title_and_description(run, slides):
    pictures = [shape for slide in slides for shape in slide.shapes if hasattr(shape, "image")]
    assert len(pictures) == run.page("index.html").count("<img")
    for shape in pictures:
        assert shape.image.content_type == "image/png" and shape.image.size[0] > 1000
        assert shape._element.nvPicPr.cNvPr.get("descr")
        assert (
            0 <= shape.left and shape.left + shape.width <= 12192000 and shape.top + shape.height <= 6858000
        )


def test_every_slide_has_a_title_and_notes_that_say_where_it_comes_from(slides):
    for slide in slides:
        assert slide.shapes.title.text_frame.text
        assert slide.notes_slide.notes_text_frame.text.startswith("From ")


def test_the_plan_by_week_is_a_native_table_that_adds_up(run, slides):
    [table] = [shape.table for slide in slides for shape in slide.shapes if shape.has_table]
    rows = [[cell.text_frame.text for cell in row.cells] for row in table.rows]
    plan = pd.read_csv(run.folder / "plan.csv", dtype={"wave": str})
    now = plan[plan["wave"] != "later"]
    assert rows[0][0] == "week of" and len(rows) == 1 + now["week"].nunique()
    shown = [cell.replace(",", "") for row in rows[1:] for cell in row[1:-1] if cell != "–"]
    assert sum(map(int, shown)) == len(now)


def test_more_weeks_than_fit_are_counted_in_a_note(tmp_path):
    weeks = pd.date_range("2025-01-06", periods=14, freq="7D").strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        {"customer_id": range(14), "week": weeks, "channel": "phone", "expected_profit": 1.0}
    )
    frame.to_csv(tmp_path / "plan.csv", index=False)
    table = deck.plan_by_week(tmp_path, Words("en"))
    assert len(table.frame) == 12 and table.note == "2 more weeks are in plan.csv."


def test_no_customer_is_named(run, slides):
    said = "\n".join(
        text for slide in slides for text in [*texts(slide), slide.notes_slide.notes_text_frame.text]
    )
    ids = pd.read_csv(run.folder / "plan.csv", dtype=str)["customer_id"]
    assert not [one for one in ids if one in said]
