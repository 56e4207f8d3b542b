"""The report's pages: executed notebooks and the summary in one layout.

A page stands alone. It loads nothing from anywhere, holds no script, names no folder of the machine
that it was made on, and whatever HTML a notebook carries is reduced to plain, known elements first.
"""

import copy
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from playbook.archive.folders import INDEX
from playbook.errors import without_colours, without_folders
from playbook.run import notebooks
from playbook.show.words import Words

TEMPLATES = Path(__file__).parent / "templates"

APPENDIX_PAGE = "appendix.html"
"""The consultant's page: what was read, what is assumed, and the tables that few ask for."""
Navigation = Sequence[tuple[str, str]]

FIRST_PAGE, APPENDIX, FOLDED = "first-page", "appendix", "fold"
"""Tags of cells shown on the first page too; in the appendix instead; folded under their caption."""
NEVER_SHOWN = frozenset({"solution", "hide", "injected-parameters", APPENDIX})
"""Tags of cells that stay out of every chapter's page."""
ONLY_TAUGHT = frozenset({"exercise", "teach"})
"""Tags of cells that only a report for teaching shows."""

SVG = "image/svg+xml"
_SHOWN_TYPES = (SVG, "image/png", "image/jpeg", "text/html", "text/markdown", "text/plain")
_PICTURES = _SHOWN_TYPES[:3]
_NOT_ON_PAPER = ("application/vnd.jupyter.widget-view+json", "application/javascript")

_TAGS = frozenset(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure"
    " h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre s section small span strong sub summary sup"
    " table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES = frozenset(
    "alt class colspan dir height id lang open role rowspan scope start tabindex title width".split()
)
_WITH_CONTENT = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_CAPTION = re.compile(r"><caption>(.*?)</caption>", re.DOTALL)
_H1 = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
_H2 = re.compile(r"<h2\b([^>]*)>(.*?)</h2>", re.IGNORECASE | re.DOTALL)


def page(
    title: str,
    body: Markup,
    *,
    nav: Navigation,
    active: str,
    language: str,
    client: str,
    as_of: date | None,
) -> str:
    """Return a page of the report.

    Parameters
    ----------
    title : str
        The page's only ``h1``; a ``h1`` in the body with the same words is left out, others become ``h2``.
    body : Markup
        What stands below; its ``h2`` make the table of contents, which comes before the first of them.
    nav : sequence of (href, label)
        All pages of the report, in order; see `navigation`.
    active : str
        The href of this page.
    """
    words = Words(language)
    text, contents = _with_anchors(_without_title(without_folders(str(body)), title))
    first = text.find("<h2") if contents else len(text)
    here = [href for href, _ in nav].index(active) if active in dict(nav) else None
    html: str = _layout().render(
        title=title,
        opening=Markup(text[:first]),
        body=Markup(text[first:]),
        contents=contents,
        nav=nav,
        active=active,
        before=nav[here - 1] if here else None,
        after=nav[here + 1] if here is not None and here + 1 < len(nav) else None,
        language=language,
        client=client,
        as_of=words.date(as_of) if as_of else None,
        say=words.say,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
    )
    return html


def navigation(run: Path, language: str) -> list[tuple[str, str]]:
    """Return (href, label) of the summary and of each chapter whose notebook is in the run's folder."""
    paths = sorted((run / "notebooks").glob("*.ipynb"))
    return links({path.stem: notebooks.label(notebooks.read(path), path.stem) for path in paths}, language)


def links(labels: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    """Return (href, label) of the summary and of chapters given by name and English label."""
    say = Words(language).say
    as_messages = {name: re.sub(r"([{}])", r"\1\1", label) for name, label in labels.items()}
    chapters = ((f"{name}.html", say(label)) for name, label in as_messages.items())
    return [(INDEX, say("Summary")), *chapters, (APPENDIX_PAGE, say("Appendix"))]


def chapter_page(
    title: str,
    notebook: Any,
    *,
    nav: Navigation,
    active: str,
    language: str,
    client: str,
    as_of: date | None,
    teach: bool = False,
    notes: Sequence[str] = (),
) -> str:
    """Return an executed notebook as a page.

    Parameters
    ----------
    title : str
        The page's heading.
    notebook : NotebookNode
        The executed notebook.
    teach : bool
        Show code, and cells tagged ``exercise``. Cells tagged ``solution`` or ``hide`` are never shown.
    notes : sequence of str
        Remarks that stand below the title.
    """
    said = Markup("").join(Markup('<p class="changed">{}</p>').format(note) for note in notes)
    body = said + Markup(_cells_as_html(_for_reading(notebook, teach), teach, language))
    return page(title, body, nav=nav, active=active, language=language, client=client, as_of=as_of)


def shown_by(notebook: Any, tag: str) -> Markup:
    """Return the pictures and tables that the cells with a tag have shown."""
    return Markup("").join(map(_as_html, outputs(notebook, tag)))


def outputs(notebook: Any, tag: str) -> list[dict[str, Any]]:
    """Return what the cells with a tag have shown."""
    cells = [cell for cell in notebook["cells"] if tag in notebooks.tags(cell)]
    return [output for cell in cells for output in cell.get("outputs", [])]


def _as_html(output: Mapping[str, Any]) -> Markup:
    data = output.get("data", {})
    if SVG in data:
        source = b64encode("".join(data[SVG]).encode()).decode()
        alt = output.get("metadata", {}).get(SVG, {}).get("alt", "")
        return Markup('<figure><img alt="{}" src="data:{};base64,{}"></figure>').format(alt, SVG, source)
    return Markup(_cleaner()("".join(data.get("text/html", ""))))


def pictures_without_words(notebook: Any, teach: bool = False) -> int:
    """Count the pictures that have no alternative text."""
    return sum(
        not output.get("metadata", {}).get(kind, {}).get("alt")
        for cell in _for_reading(notebook, teach).cells
        for output in cell.get("outputs", [])
        for kind in [next((kind for kind in _PICTURES if kind in output.get("data", {})), None)]
        if kind
    )


def warm_up() -> None:
    """Load what `chapter_page` needs, so that the first page does not wait for it."""
    _exporter(False)


def _for_reading(notebook: Any, teach: bool) -> Any:
    """Return the notebook with only the cells and outputs that a reader sees."""
    left_out = NEVER_SHOWN if teach else NEVER_SHOWN | ONLY_TAUGHT
    shown = copy.copy(notebook)
    shown.cells = [_quiet(cell) for cell in notebook.cells if not left_out.intersection(notebooks.tags(cell))]
    return shown


def _quiet(cell: Any) -> Any:
    """Leave out stderr, widgets and scripts."""
    if cell.cell_type != "code":
        return cell
    kept = copy.copy(cell)
    kept.outputs = [
        output
        for output in cell.outputs
        if output.get("name") != "stderr"
        and not any(kind in output.get("data", {}) for kind in _NOT_ON_PAPER)
    ]
    return kept


def _cells_as_html(notebook: Any, teach: bool, language: str) -> str:
    no_alt = Words(language).say("A figure without a description")
    html, _ = _exporter(teach).from_notebook_node(notebook, {"no_alt": escape(no_alt)})
    return str(html)


@cache
def _exporter(teach: bool) -> Any:
    from nbconvert.exporters.html import HTMLExporter
    from traitlets.config import Config

    config = Config()
    config.NbConvertBase.display_data_priority = list(_SHOWN_TYPES)
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        config=config,
        template_name="chapter",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=not teach,
        exclude_anchor_links=True,
    )
    filters = {"safe_html": _cleaner(), "plain_text": _plain_text, "one_line": _one_line, "folded": _folded}
    for name, filter_ in filters.items():
        exporter.register_filter(name, filter_)  # type: ignore[no-untyped-call]
    return exporter


@cache
def _cleaner() -> Callable[[str], str]:
    """Return a filter that keeps known elements and turns all others into visible text."""
    from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]

    cleaner = Cleaner(tags=_TAGS, attributes=_may_stay, protocols={"http", "https", "mailto", "data"})
    return lambda html: str(cleaner.clean(_WITH_CONTENT.sub("", html)))


def _may_stay(tag: str, name: str, value: str) -> bool:
    """Whether an attribute is harmless; a picture's source must be in the page itself."""
    if name == "src":
        return tag == "img" and value.startswith("data:image/")
    if name == "href":
        return tag == "a" and _may_be_linked(value)
    return name in _ATTRIBUTES or name.startswith("aria-")


def _may_be_linked(href: str) -> bool:
    elsewhere = href.lower().startswith(("http://", "https://", "mailto:", "#"))
    return elsewhere or re.fullmatch(r"[\w.-]+\.html(#[\w-]*)?", href) is not None


def _plain_text(text: str) -> Markup:
    """Escape text and drop the colours that terminals understand."""
    return escape(without_colours(text))


def _one_line(data: str) -> str:
    return "".join(data.split())


def _folded(html: str) -> Markup:
    """Fold what a cell shows under the caption of its table; what holds no table stays as it is."""
    found = _CAPTION.search(html)
    if not found:
        return Markup(html)
    inside = html[: found.start()] + f' aria-label="{found[1]}">' + html[found.end() :]
    return Markup(f"<details><summary>{found[1]}</summary>{inside}</details>")


def _without_title(body: str, title: str) -> str:
    """Leave out the heading that the page already has, and lower any other ``h1``."""

    def lower(found: re.Match[str]) -> str:
        same = _words(found[1]) == " ".join(title.split())
        return "" if same else f"<h2>{found[1]}</h2>"

    return _H1.sub(lower, body)


def _with_anchors(body: str) -> tuple[str, list[tuple[str, str]]]:
    """Give every ``h2`` an id; return the body and (id, heading) of each."""
    contents: list[tuple[str, str]] = []

    def anchor(found: re.Match[str]) -> str:
        given = re.search(r'\bid="([^"]+)"', found[1])
        name = given[1] if given else f"s{len(contents) + 1}"
        contents.append((name, _words(found[2])))
        return found[0] if given else f'<h2 id="{name}"{found[1]}>{found[2]}</h2>'

    return _H2.sub(anchor, body), contents


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


@cache
def _layout() -> Any:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html.j2")
