"""The whole report in one file, and on paper: its pages behind each other, as they have been written."""

import contextlib
import io
import re
from base64 import b64decode
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from playbook.archive.folders import INDEX, write_text
from playbook.errors import CallError
from playbook.show.words import Words

REPORT, PAPER, SLIDES = "report.html", "report.pdf", "report.pptx"

_TAG = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:\s+[\w:-]+(?:=(?:"[^"]*"|'[^']*'))?)*)\s*/?>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\s+([\w:-]+)=("[^"]*"|'[^']*')""")
_MAIN = re.compile(r'(?<=<main id="content">).*(?=</main>)', re.DOTALL)
_NAVIGATION = re.compile(r'<nav class="(?:chapters|contents|turn)".*?</nav>\n?', re.DOTALL)
_HEADING = re.compile(r'<h([23])[^>]*? id="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)
_FILES = re.compile(r'<p class="files">.*?</p>\n?')
_SVG = "data:image/svg+xml;base64,"
_NAMES_ONE = ("id", "aria-labelledby", "aria-describedby", "aria-controls")


def write(run: Path, hrefs: Sequence[str], language: str) -> None:
    """Write ``report.html``: the first page, what it contains, the chapters and the appendix.

    Parameters
    ----------
    run : Path
        A run's folder with its pages.
    hrefs : sequence of str
        The pages in order, the first page first.
    """
    texts = {href: (run / href).read_text(encoding="utf-8") for href in hrefs}
    first, *others = (_section(href, text, texts) for href, text in texts.items())
    chapters = "\n".join(others)
    entries = Markup("").join(
        Markup('<li class="level{}"><a href="#{}">{}</a></li>').format(level, name, Markup(heading))
        for level, name, heading in _HEADING.findall(chapters)
    )
    contents = Markup('<nav class="contents whole" aria-label="{0}"><p>{0}</p><ol>{1}</ol></nav>').format(
        Words(language).say("Contents"), entries
    )
    shell = _FILES.sub("", _NAVIGATION.sub("", texts[INDEX]))
    write_text(run / REPORT, _MAIN.sub(lambda _: f"\n{first}\n{contents}\n{chapters}\n", shell))
    link(run, language)


def link(run: Path, language: str) -> None:
    """Name on the first page the files that hold the whole report, those that are there."""
    there = [name for name in (REPORT, PAPER, SLIDES) if (run / name).is_file()]
    links = Markup(", ").join(Markup('<a href="{0}">{0}</a>').format(name) for name in there)
    line = Markup('<p class="files">{}</p>\n').format(
        Markup(Words(language).say("As one file: {files}", files=links))
    )
    page = _FILES.sub("", (run / INDEX).read_text(encoding="utf-8"))
    write_text(run / INDEX, page.replace("</header>", f"{line}</header>", 1))


def write_paper(run: Path, language: str) -> None:
    """Write ``report.pdf`` from ``report.html``, with contents, page numbers, bookmarks and folds opened."""
    part = run / f".{PAPER}.part"
    printed((run / REPORT).read_text(encoding="utf-8")).write_pdf(part)
    part.replace(run / PAPER)
    link(run, language)


def printed(html: str) -> Any:
    """Return a page as WeasyPrint lays it out on paper; it loads nothing, and gets no folder to link into."""
    weasyprint = engine()
    inside = weasyprint.urls.URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    opened = html.replace("<details>", "<details open>")
    return weasyprint.HTML(string=opened, url_fetcher=inside).render()


def engine() -> Any:
    """Return WeasyPrint.

    Raises
    ------
    CallError
        Where it, or the library Pango that it needs, is not installed.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # where it says at length what the error says
            import weasyprint
    except (ImportError, OSError) as error:
        raise CallError(
            "--pdf takes WeasyPrint and the library Pango: pip install 'playbook[paper]', on Debian also"
            " apt-get install libpango-1.0-0 libpangoft2-1.0-0."
        ) from error
    return weasyprint


def _section(href: str, text: str, pages: Collection[str]) -> str:
    """Return a page's content as a section, its ids its own, its links to pages within the file."""
    page, inside = Path(href).stem, _NAVIGATION.sub("", _main(text))
    moved = _TAG.sub(lambda tag: _moved(tag, page, pages), inside)
    if href == INDEX:
        return f'<section id="{page}">{moved}</section>'
    return f'<section class="page">{moved.replace("<h2>", f"""<h2 id="{page}">""", 1)}</section>'


def _main(text: str) -> str:
    found = _MAIN.search(text)
    if not found:
        raise ValueError("A page of the report has no content.")
    return found[0]


def _moved(tag: re.Match[str], page: str, pages: Collection[str]) -> str:
    """Return a tag as it stands in the whole report, headings one level below the first page's."""
    closing, name, attributes = tag.groups()
    if page != Path(INDEX).stem and re.fullmatch("h[1-5]", name):
        name = f"h{int(name[1]) + 1}"

    def renamed(attribute: re.Match[str]) -> str:
        key, value = attribute[1], attribute[2][1:-1]
        if key in _NAMES_ONE:
            return f' {key}="{" ".join(f"{page}-{one}" for one in value.split())}"'
        if key == "href":
            return f' href="{_target(value, page, pages)}"'
        return f' src="{_small(value)}"' if key == "src" and value.startswith(_SVG) else attribute[0]

    return f"<{closing}{name}{_ATTRIBUTE.sub(renamed, attributes)}>"


def _target(href: str, page: str, pages: Collection[str]) -> str:
    """Return where a link leads in the whole report; links to files and to other sites stay."""
    to, _, anchor = href.partition("#")
    if to not in pages and (to or not anchor):
        return href
    return "#" + "-".join(filter(None, (Path(to).stem if to else page, anchor)))


def _small(source: str) -> str:
    """Return a picture as text rather than base64, without what nobody sees: the file is to fit in a mail."""
    svg = b64decode(source.removeprefix(_SVG)).decode()
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    text = " ".join(svg.split())
    plain = text if "'" in text else text.replace('"', "'")
    return "data:image/svg+xml," + quote(plain, safe=" /:=;,.'()*+!?@-_~")
