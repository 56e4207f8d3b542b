"""The whole report in one file, and on paper."""

import re
import shutil
import sys
from collections import Counter
from html.parser import HTMLParser

import pytest

from playbook.errors import CallError
from playbook.run import one_file

PAGES = ("index.html", "06_scoring.html", "appendix.html")


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.hrefs, self.alts = Counter(), Counter(), [], Counter()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        self.tags[tag] += 1
        self.ids.update([has["id"]] if "id" in has else [])
        self.hrefs += [has["href"]] if tag == "a" else []
        if tag == "img":
            self.alts[has["alt"]] += 1
            assert has["src"].startswith("data:image/")


@pytest.fixture(scope="module", params=["demo_run", "donors_run"])
def report(request):
    run = request.getfixturevalue(request.param)
    return run, Seen(run.page("report.html"))


def test_every_link_leads_somewhere_and_nowhere_twice(report):
    run, seen = report
    assert [name for name, times in seen.ids.items() if times > 1] == []
    pages = {path.name for path in run.folder.glob("*.html")}
    for href in seen.hrefs:
        if href.startswith("#"):
            assert href[1:] in seen.ids, href
        else:
            assert href not in pages and (run.folder / href).exists(), href
    assert {"plan.csv", "workbook.xlsx", "#01_data", "#07_offers"} <= set(seen.hrefs)


def test_no_picture_or_table_is_lost(report):
    run, seen = report
    pages = [Seen(path.read_text()) for path in run.folder.glob("*.html") if path.name != "report.html"]
    assert seen.alts == sum((page.alts for page in pages), Counter())
    for tag in ("table", "details", "tr"):
        assert seen.tags[tag] == sum(page.tags[tag] for page in pages)
    assert seen.tags["h1"] == 1 and seen.tags["script"] == 0


def test_the_first_page_names_the_files_that_are_there(report):
    run, _ = report
    [line] = re.findall(r'<p class="files">(.*?)</p>', run.page("index.html"))
    named = re.findall(r'href="([^"]+)"', line)
    assert named[0] == "report.html"
    assert named == [
        name for name in ("report.html", "report.pdf", "report.pptx") if (run.folder / name).exists()
    ]
    assert 'class="files"' not in run.page("report.html")


def test_a_heading_that_looks_like_a_link_target_stays_text(tmp_path):
    text = """<p id='x' title='an id="y"'>1 &lt; 2 id="z" <a href="#x">b</a></p>"""
    (tmp_path / "index.html").write_text(f'<header></header><main id="content"><h1>A</h1>{text}</main>')
    one_file.write(tmp_path, ["index.html"], "en")
    page = (tmp_path / "report.html").read_text()
    assert """<p id="index-x" title='an id="y"'>1 &lt; 2 id="z" <a href="#index-x">""" in page


def test_paper_that_cannot_be_made_is_refused_with_what_it_takes(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CallError, match="Pango"):
        one_file.engine()


@pytest.fixture(scope="module")
def printed(demo_run, tmp_path_factory):
    """The first page, a chapter and the appendix on paper."""
    try:
        one_file.engine()
    except CallError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("paper")
    for name in PAGES:
        shutil.copy(demo_run.folder / name, folder)
    one_file.write(folder, PAGES, "en")
    return one_file.printed((folder / "report.html").read_text())


def test_pages_are_numbered_and_the_contents_say_where(printed):
    text = [" ".join(words(page._page_box)) for page in printed.pages]
    pages = len(text)
    assert pages > 5
    assert all(said.endswith(f"{number} / {pages}") for number, said in enumerate(text, 1))
    marks = dict(bookmarks(printed))
    [contents] = [said for said in text if "Contents" in said]
    for heading in ("What is a second life worth?", "Where the numbers come from"):
        assert re.search(rf"{re.escape(heading)}[. ]*{marks[heading][0] + 1}\b", contents)


def test_no_heading_stands_alone_at_the_end_of_a_page_and_no_picture_is_cut(printed):
    for heading, (page, _, y) in bookmarks(printed):
        assert y < bottom(printed.pages[page]) - 30, heading
    for page in printed.pages:
        for box in page._page_box.descendants():
            if box.element_tag == "img":
                assert box.position_y + box.height <= bottom(page)
                assert box.position_x + box.width <= page.width


def test_folds_are_open_on_paper(printed, demo_run):
    folded = re.findall(r"<details>.*?</details>", demo_run.page("06_scoring.html"), re.DOTALL)
    cells = [cell for fold in folded for cell in re.findall(r"<td[^>]*>(\w+)</td>", fold)]
    shown = {word for page in printed.pages for text in words(page._page_box) for word in text.split()}
    assert cells and set(cells) <= shown


def bottom(page):
    box = page._page_box
    return page.height - box.margin_bottom


def words(box):
    return [part.text for part in box.descendants() if hasattr(part, "text")]


def bookmarks(document):
    tree = document.make_bookmark_tree()
    while tree:
        label, target, below, _ = tree.pop(0)
        yield label, target
        tree = [*below, *tree]
