"""The course as a book: its own pages, and, once `make book` has been run, what came of them."""

import json
import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import PROJECT

BOOK = PROJECT / "book"
BUILT = BOOK / "_build"
CHAPTERS = sorted(path.stem for path in (PROJECT / "notebooks").glob("0[1-8]_*.ipynb"))
TERMS = """
    at risk, breakpoints, comeback, control group, credibility, hazard ratio, holdout, horizon, inactivity
    threshold, incremental profit, landmark, lapsed, log-rank test, lost, margin at stake, occasional buyer,
    odds ratio, points, return probability, second life, silence, spell, standardised difference, stratum,
    verdict
"""
LINK = re.compile(r'<(a|script|link|img|iframe)\b[^>]*?\s(?:href|src)="([^"]*)"')


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def prose(name):
    notebook = cells(PROJECT / "notebooks" / f"{name}.ipynb")
    return "\n".join("".join(cell["source"]) for cell in notebook if cell["cell_type"] == "markdown")


def test_the_glossary_has_the_terms_that_chapters_use():
    text = "\n".join(map(prose, CHAPTERS)).lower()
    used = {term for term in " ".join(TERMS.split()).split(", ") if term in text}
    defined = re.findall(r"^(\S.*)\n  \S", (BOOK / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(used) > 20
    assert not [term for term in used if not any(entry.startswith(term) for entry in defined)]


def test_every_chapter_has_five_questions_with_folded_answers():
    _, *sections = re.split(r"^## ", (BOOK / "questions.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [section[:2] for section in sections] == [name[:2] for name in CHAPTERS]
    folded = re.compile(r"^:::\{admonition\} \S.*\n:collapsible: closed\n\S", re.MULTILINE)
    assert {section[:2]: len(folded.findall(section)) for section in sections} == {
        name[:2]: 5 for name in CHAPTERS
    }


@pytest.fixture(scope="module")
def pages():
    if not (BUILT / "html" / "index.html").exists():
        pytest.skip("there is no book yet: make book")
    return [*BUILT.glob("html/**/*.html"), *BUILT.glob("slides/chapters/*.html")]


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_pages_link_to_what_is_there_and_load_nothing_from_elsewhere(pages):
    assert len(pages) > 2 * len(CHAPTERS)
    broken = []
    for page in pages:
        for kind, link in LINK.findall(text_of(page)):
            name, _, anchor = unquote(unescape(link)).partition("#")
            if re.match(r"(\w+:)?//|data:", name):
                broken += [(page.name, link)] if kind != "a" else []
                continue
            target = (page.parent / name.partition("?")[0]).resolve() if name else page
            if not target.is_file() or (
                anchor and target in pages and f'id="{anchor}"' not in text_of(target)
            ):
                broken.append((page.name, link))
            if target.suffix == ".css" and re.search(
                r"(url\(|@import)\s*[\"']?(https?:)?//", text_of(target)
            ):
                broken.append((page.name, link))
    assert broken == []


@pytest.mark.slow
def test_pages_name_no_folder_and_keep_solutions_folded_and_tests_out(pages):
    assert not [
        page.name for page in pages if re.search(rf"{re.escape(str(PROJECT))}|/tmp/|/home/", text_of(page))
    ]
    for name in CHAPTERS:
        tags = [cell["metadata"].get("tags", []) for cell in cells(BOOK / "chapters" / f"{name}.ipynb")]
        page, deck = (text_of(BUILT / folder / "chapters" / f"{name}.html") for folder in ("html", "slides"))
        assert page.count('class="cell tag_hide-cell') == sum("solution" in of_cell for of_cell in tags) > 2
        assert page.count(">What it says</summary>") > 1
        assert "tag_remove-cell" not in page
        assert "Exercise:" in page and "Exercise:" not in deck
        assert "# Solution" not in re.sub(r"<[^>]+>", "", deck)
