"""The report as a few slides to present and to change: native text and tables, the first page's pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from playbook.offers.names import channel_names
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.trials.earlier import PLAN, read_plan

MOST_SLIDES, MOST_WEEKS = 8, 12
PIXELS_PER_INCH = 200
WIDTH, HEIGHT, MARGIN, TOP = 13.333, 7.5, 0.6, 1.55
"""Inches: a slide, its margins, and where the content begins below the title."""
INK, QUIET, ACCENT, WASH = "1F2933", "52606D", "27567B", "EDF3F8"
TITLE_AND_TEXT, TWO_TEXTS, TITLE_ONLY = 1, 4, 5
"""Layouts of python-pptx' own template."""


@dataclass(frozen=True)
class Shown:
    """A picture of the first page.

    Attributes
    ----------
    svg, title, alt : str
        As the chapter's cell has shown it.
    source : str
        The chapter, as the speaker's notes name it.
    """

    svg: str
    title: str
    alt: str
    source: str


def can_be_made() -> bool:
    """Whether the packages that slides take are installed."""
    return all(map(find_spec, ("pptx", "resvg_py")))


def write(
    path: Path,
    words: Words,
    footer: str,
    decision: str,
    boxes: Mapping[str, Sequence[str]],
    pictures: Sequence[Shown],
) -> None:
    """Write at most eight slides: the decision, the pictures, the plan by week, what speaks against it.

    Parameters
    ----------
    path : Path
        The file, in a run's folder.
    footer : str
        The client and the day of the data.
    boxes : mapping
        The first page's three boxes, title to sentences: what is done first, what could go wrong, when it
        is known.
    """
    slides, say = _Slides(footer), words.say
    monday, *against = boxes.items()
    slides.texts(
        say("Winning customers back"), [decision, *monday[1]], say("From chapter 07 and chapter 05.")
    )
    for picture in pictures[: MOST_SLIDES - 3]:
        slides.picture(picture)
    if weeks := plan_by_week(path.parent, words):
        slides.table(weeks, say("From plan.csv, which chapter 07 wrote."))
    if any(sentences for _, sentences in against):
        title = say("What could go wrong, and when we know")
        slides.two_texts(title, dict(against), say("From chapters 07 and 08."))
    part = path.with_name(f".{path.name}.part")
    slides.deck.save(str(part))
    part.replace(path)


def plan_by_week(folder: Path, words: Words) -> Table | None:
    """Return the contacts of each week by channel with their expected profit; None where none is planned."""
    plan = read_plan(folder, dates=["week"]) if (folder / PLAN).is_file() else pd.DataFrame()
    if plan.empty:
        return None
    say, names = words.say, channel_names(words)
    frame = plan.pivot_table(index="week", columns="channel", values="customer_id", aggfunc="count")
    frame = frame.reindex(columns=[name for name in names if name in frame])
    frame["profit"] = plan.groupby("week")["expected_profit"].sum()
    columns: dict[str, Column] = {"week": (say("week of"), "date")}
    columns |= {name: (names[name], "number") for name in names if name in frame}
    columns["profit"] = (say("expected profit"), "money")
    left_out = len(frame) - MOST_WEEKS
    note = words.say_many("One more week is in plan.csv.", "{n} more weeks are in plan.csv.", left_out)
    shown = frame.head(MOST_WEEKS).reset_index()
    return Table(shown, say("The plan by week"), words, columns, note if left_out > 0 else "")


class _Slides:
    """A deck under way; sizes are in inches."""

    def __init__(self, footer: str) -> None:
        from pptx import Presentation
        from pptx.util import Inches

        self.deck, self.footer = Presentation(), footer
        self.deck.slide_width, self.deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self.deck.core_properties.author = "Playbook"
        self.deck.core_properties.title = _printable(footer)

    def texts(self, title: str, sentences: Sequence[str], source: str) -> None:
        """Add a slide whose first sentence stands out."""
        slide = self._slide(TITLE_AND_TEXT, title, source)
        place = slide.placeholders[1]
        self._put(place, MARGIN, TOP, WIDTH - 2 * MARGIN, HEIGHT - TOP - 1)
        _fill(place.text_frame, sentences, 20)
        first = place.text_frame.paragraphs[0]
        first.runs[0].font.bold = True
        self._plain(first)

    def two_texts(self, title: str, columns: Mapping[str, Sequence[str]], source: str) -> None:
        """Add a slide with two lists beside each other."""
        slide = self._slide(TWO_TEXTS, title, source)
        width = (WIDTH - 3 * MARGIN) / 2
        for place, (heading, sentences) in enumerate(columns.items()):
            head, body = slide.placeholders[1 + 2 * place], slide.placeholders[2 + 2 * place]
            left = MARGIN + place * (width + MARGIN)
            self._put(head, left, TOP, width, 0.5)
            self._put(body, left, TOP + 0.6, width, HEIGHT - TOP - 1.6)
            _fill(head.text_frame, [heading], 20)
            _color(head.text_frame.paragraphs[0].runs[0].font, ACCENT)
            _fill(body.text_frame, sentences or ["–"], 16 if sum(map(len, sentences)) < 600 else 14)

    def picture(self, shown: Shown) -> None:
        """Add a slide with a picture, as large as fits."""
        from pptx.util import Inches

        slide = self._slide(TITLE_ONLY, shown.title, f"{shown.source}\n{shown.alt}")
        placed = slide.shapes.add_picture(BytesIO(_as_png(shown.svg)), 0, 0)
        width, height = Inches(WIDTH - 2 * MARGIN), Inches(HEIGHT - TOP - 0.6)
        scale = min(width / placed.width, height / placed.height)
        placed.width, placed.height = int(placed.width * scale), int(placed.height * scale)
        placed.left, placed.top = (self.deck.slide_width - placed.width) // 2, Inches(TOP - 0.1)
        placed._element.nvPicPr.cNvPr.set("descr", _printable(shown.alt))

    def table(self, table: Table, source: str) -> None:
        """Add a slide with a table that can be edited."""
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Inches

        slide = self._slide(TITLE_ONLY, table.caption, " ".join(filter(None, (source, table.note))))
        columns = list(map(str, table.frame))
        rows = [[table.heading(column) for column in columns]]
        for values in table.frame.itertuples(index=False, name=None):
            rows.append([table.cell(column, value) for column, value in zip(columns, values, strict=True)])
        size = [Inches(inches) for inches in (MARGIN, TOP, WIDTH - 2 * MARGIN, 0.4 * len(rows))]
        native = slide.shapes.add_table(len(rows), len(rows[0]), *size).table
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                cell = native.cell(y, x)
                _fill(cell.text_frame, [text], 14)
                cell.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if x else PP_ALIGN.LEFT
                cell.fill.solid()
                _color(cell.fill, ACCENT if y == 0 else WASH if y % 2 else "FFFFFF")
                _color(cell.text_frame.paragraphs[0].runs[0].font, INK if y else "FFFFFF")

    def _slide(self, layout: int, title: str, source: str) -> Any:
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[layout])
        self._put(slide.shapes.title, MARGIN, 0.4, WIDTH - 2 * MARGIN, 1)
        _fill(slide.shapes.title.text_frame, [title], 28)
        self._plain(slide.shapes.title.text_frame.paragraphs[0])
        font = slide.shapes.title.text_frame.paragraphs[0].runs[0].font
        font.bold = True
        _color(font, INK)
        below = slide.shapes.add_textbox(0, 0, 0, 0)
        self._put(below, MARGIN, HEIGHT - 0.5, WIDTH - 2 * MARGIN, 0.35)
        _fill(below.text_frame, [f"{self.footer}  ·  {len(self.deck.slides)}"], 11)
        _color(below.text_frame.paragraphs[0].runs[0].font, QUIET)
        slide.notes_slide.notes_text_frame.text = source
        return slide

    @staticmethod
    def _put(shape: Any, left: float, top: float, width: float, height: float) -> None:
        from pptx.util import Inches

        shape.left, shape.top = Inches(left), Inches(top)
        shape.width, shape.height = Inches(width), Inches(height)

    @staticmethod
    def _plain(paragraph: Any) -> None:
        """Set a paragraph to the left, without a bullet."""
        from pptx.enum.text import PP_ALIGN
        from pptx.oxml.ns import qn

        paragraph.alignment = PP_ALIGN.LEFT
        properties = paragraph._p.get_or_add_pPr()
        properties.set("marL", "0")
        properties.set("indent", "0")
        properties.append(properties.makeelement(qn("a:buNone"), {}))


def _fill(frame: Any, sentences: Sequence[str], size: int) -> None:
    """Write one paragraph for each sentence."""
    from pptx.util import Pt

    frame.word_wrap = True
    for place, sentence in enumerate(sentences):
        paragraph = frame.add_paragraph() if place else frame.paragraphs[0]
        paragraph.space_after = Pt(6 if len(sentences) > 1 else 0)
        run = paragraph.add_run()
        run.text, run.font.size = sentence, Pt(size)


def _color(colored: Any, color: str) -> None:
    from pptx.dml.color import RGBColor

    (colored.color if hasattr(colored, "color") else colored.fore_color).rgb = RGBColor.from_string(color)  # type: ignore[no-untyped-call]


def _as_png(svg: str) -> bytes:
    """Return a picture without its title, which the slide has as text."""
    from resvg_py import svg_to_bytes

    untitled = svg.replace('<g id="title">', '<g id="title" display="none">')
    return bytes(svg_to_bytes(svg_string=untitled, dpi=PIXELS_PER_INCH, skip_system_fonts=True))


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
