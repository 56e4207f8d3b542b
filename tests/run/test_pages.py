import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from markupsafe import Markup

from playbook.run import pages
from tests import toys

NAV = [("index.html", "Summary"), ("01_data.html", "Data"), ("04_churn.html", "Churn")]
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="9" height="9"/></svg>'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==\n"


class Seen(HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def shown(*outputs, source="x"):
    cell = toys.code(source)
    cell["outputs"] = list(outputs)
    return cell


def displayed(data, metadata=None):
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def stream(name, text):
    return {"output_type": "stream", "name": name, "text": text}


def page_of(*cells, title="Churn", **asked):
    notebook = nbformat.from_dict(toys.notebook(*cells))
    asked = {"nav": NAV, "active": "04_churn.html", "language": "en", "client": "Acme", "as_of": None} | asked
    return pages.chapter_page(title, notebook, **asked)


def plain_page(body, **asked):
    asked = {"nav": NAV, "active": "index.html", "language": "en", "client": "Acme", "as_of": None} | asked
    return pages.page(asked.pop("title", "Summary"), Markup(body), **asked)


def test_a_page_says_its_language_title_client_and_date_and_loads_nothing():
    page = Seen(plain_page("<p>Advice</p>", client="Müller & Söhne", as_of=date(2025, 12, 31)))
    assert page.all("html") == [{"lang": "en"}]
    assert "Müller & Söhne" in page.text
    assert "Data as of 31 Dec 2025" in page.text
    assert page.all("script") == []
    assert [link["href"] for link in page.all("link")] == ["data:,"]


def test_names_are_escaped_in_the_layout():
    page = plain_page("", title="<b>1</b>", client="<script>x</script>", nav=[("index.html", "<i>")])
    assert "<script>" not in page
    assert "<b>1" not in page
    assert "<i>" not in page


def test_a_page_has_one_h1_whatever_its_body_holds():
    page = plain_page("<h1>Summary</h1><p>x</p><h1>Another</h1>")
    assert len(Seen(page).all("h1")) == 1
    assert page.count(">Summary</h1>") == 1
    assert ">Another</h2>" in page


def test_the_contents_list_the_sections_and_lead_to_them():
    page = plain_page(
        '<p>First</p><h2>One &amp; all</h2><h2 id="mine"><em>Two</em></h2><h2 id="c">3</h2><h2 id="d">4</h2>'
    )
    ids = [attrs["id"] for attrs in Seen(page).all("h2")]
    targets = [attrs["href"] for attrs in Seen(page).all("a") if attrs["href"].startswith("#s")]
    assert ids == ["s1", "mine", "c", "d"]
    assert targets == ["#s1"]
    assert 'href="#mine">Two</a>' in page
    assert ">One &amp; all</a>" in page
    assert page.index("First") < page.index("On this page") < page.index("<h2")


def test_the_navigation_marks_this_page_and_leads_to_its_neighbours():
    page = Seen(page_of(toys.prose("# Churn"), active="01_data.html"))
    links = page.all("a")
    assert [link["href"] for link in links if link.get("aria-current")] == ["01_data.html"]
    assert [link["href"] for link in links if link.get("rel") == "prev"] == ["index.html"]
    assert [link["href"] for link in links if link.get("rel") == "next"] == ["04_churn.html"]


def test_a_figure_carries_the_words_given_for_its_picture():
    alt = 'Falls to 20% "by" <day 100>'
    cells = [
        shown(displayed({"image/svg+xml": SVG, "text/plain": "Picture()"}, {"image/svg+xml": {"alt": alt}})),
        shown(displayed({"image/png": PNG, "text/plain": "Picture()"}, {"image/png": {"alt": alt}})),
    ]
    page = page_of(*cells)
    pictures = Seen(page).all("img")
    assert [picture["alt"] for picture in pictures] == [alt, alt]
    assert all(picture["src"].startswith("data:image/") for picture in pictures)
    assert "Picture()" not in page
    assert "alert" not in page


def test_a_picture_without_words_is_counted_and_not_given_the_stand_in_of_nbconvert():
    cells = [shown(displayed({"image/png": PNG}))]
    assert pages.pictures_without_words(nbformat.from_dict(toys.notebook(*cells))) == 1
    page = page_of(*cells)
    assert Seen(page).all("img")[0]["alt"] == "A figure without a description"
    assert "No description has been provided" not in page


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        '<img src="https://example.org/x.png">',
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="JaVa&#x09;script:alert(1)">x</a>',
        '<iframe src="https://example.org"></iframe>',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        "<style>@import 'https://example.org/x.css';</style>",
        '<p style="background:url(https://example.org/x.png)">x</p>',
        '<svg onload="alert(1)"><image href="https://example.org/x.png"/></svg>',
        '<form action="https://example.org"><input autofocus onfocus="alert(1)"></form>',
        '<object data="https://example.org"></object><embed src="https://example.org">',
        '<meta http-equiv="refresh" content="0; url=https://example.org">',
        "![x](https://example.org/x.png)",
    ],
)
def test_nothing_in_markdown_or_html_loads_or_runs(hostile):
    page = Seen(page_of(toys.prose(hostile), shown(displayed({"text/html": hostile}))))
    forbidden = {"script", "iframe", "svg", "object", "embed", "form", "input"}
    assert forbidden.isdisjoint(tag for tag, _ in page.tags)
    assert len(page.all("style")) == len(page.all("link")) == 1
    assert len(page.all("meta")) == 3
    for _, attrs in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attrs)
        assert not attrs.get("src", "data:").startswith(("http", "//", "x"))
        assert "script:" not in attrs.get("href", "")


def test_tables_keep_their_caption_and_scopes():
    table = (
        '<div class="table"><table class="playbook"><caption>Who</caption>'
        '<thead><tr><th scope="col">n</th></tr></thead>'
        '<tbody><tr><td class="number">1</td></tr></tbody></table></div>'
    )
    assert table in page_of(shown(displayed({"text/html": table})))


def test_code_and_exercises_are_shown_for_teaching_only_and_solutions_never():
    cells = [
        toys.prose("## Ordinary"),
        shown(stream("stdout", "printed"), source="secret_code = 1"),
        toys.prose("Now you", "exercise"),
        toys.code("your_turn = ...", "exercise"),
        toys.prose("It was easy", "solution"),
        toys.code("the_answer = 42", "solution", "exercise"),
        toys.code("never_seen = 1", "hide"),
        toys.code("injected = 1", "injected-parameters"),
    ]
    client, class_ = page_of(*cells), re.sub("<[^>]+>", "", page_of(*cells, teach=True))
    assert "printed" in client
    assert not [text for text in ("secret_code", "Now you", "your_turn") if text in client]
    assert all(text in class_ for text in ("printed", "secret_code", "Now you", "your_turn"))
    for text in ("It was easy", "the_answer", "never_seen", "injected"):
        assert text not in client
        assert text not in class_


def test_a_fold_bears_the_caption_of_its_table_and_the_appendix_is_elsewhere():
    table = '<div class="table"><table class="playbook"><caption>Who &amp; what</caption></table></div>'
    folded, further = (shown(displayed({"text/html": table.replace("Who", who)})) for who in ("Who", "More"))
    folded["metadata"]["tags"], further["metadata"]["tags"] = ["fold"], ["appendix"]
    page = page_of(folded, further)
    assert "<details><summary>Who &amp; what</summary>" in page and "<caption>" not in page
    assert 'aria-label="Who &amp; what"' in page and "More" not in page
    assert pages.shown_by(toys.notebook(folded, further), "appendix") == table.replace("Who", "More")


def test_pictures_of_a_tag_keep_their_words_and_lose_scripts():
    picture = displayed({"image/svg+xml": SVG}, {"image/svg+xml": {"alt": 'a "line"'}})
    cell, other = (
        shown(picture, displayed({"text/html": "<b>x</b><script>alert(1)</script>"})),
        shown(picture),
    )
    cell["metadata"]["tags"] = ["first-page"]
    html = pages.shown_by(toys.notebook(cell, other), "first-page")
    assert html.count("<img") == 1 and 'alt="a &#34;line&#34;"' in html
    assert "<b>x</b>" in html and "script" not in html


def test_stderr_widgets_and_scripts_are_not_shown():
    widget = displayed({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider()"})
    script = displayed({"application/javascript": "alert(1)", "text/plain": "Javascript()"})
    page = page_of(shown(widget, script, stream("stderr", "a warning")))
    assert not [text for text in ("IntSlider", "Javascript", "alert", "a warning") if text in page]


def test_printed_text_is_escaped_and_loses_its_colours():
    page = page_of(shown(stream("stdout", "\x1b[31m<b>red</b>\x1b[0m")))
    assert "&lt;b&gt;red&lt;/b&gt;" in page
    assert "\x1b" not in page


def test_remarks_stand_below_the_title():
    page = page_of(toys.prose("## One"), notes=["Changed & kept"])
    assert page.index("<h1>") < page.index("Changed &amp; kept") < page.index("<h2")


def test_links_use_a_notebooks_label_where_it_has_one(tmp_path):
    (tmp_path / "notebooks").mkdir()
    toys.chapter(tmp_path / "notebooks", "01", "data", [])
    labelled = toys.notebook(toys.prose("# When is a customer {lost}?"))
    labelled["metadata"]["playbook"] = {"label": "Churn {x}"}
    (tmp_path / "notebooks" / "04_churn.ipynb").write_text(nbformat.writes(nbformat.from_dict(labelled)))
    links = pages.navigation(tmp_path, "en")
    expected = [("index.html", "Summary"), ("01_data.html", "The data"), ("04_churn.html", "Churn {x}")]
    assert links == [*expected, ("appendix.html", "Appendix")]


CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_with_a_wide_table_and_figure_fits_the_screen_and_asks_for_nothing(tmp_path, width):
    sync_api = pytest.importorskip("playwright.sync_api")
    cells = "".join(f"<td>{'number' * 4}{i}</td>" for i in range(12))
    wide = f'<div class="table"><table class="playbook"><caption>x</caption><tr>{cells}</tr></table></div>'
    path = tmp_path / "04_churn.html"
    svg = displayed({"image/svg+xml": SVG.replace("9", "2000")}, {"image/svg+xml": {"alt": "wide"}})
    path.write_text(
        page_of(toys.prose("## A\n\n`" + "x" * 300 + "`"), shown(displayed({"text/html": wide}), svg))
    )
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        screen = browser.new_context(viewport={"width": width, "height": 800}, offline=True).new_page()
        asked = []
        screen.on("request", lambda request: asked.append(request.url))
        screen.goto(path.as_uri())
        assert screen.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
