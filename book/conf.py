"""The course as a book and as slides: the executed notebooks, and the pages that stand beside them."""

import json
import re
from html import unescape
from itertools import pairwise

SLIDES = tags.has("slides")  # noqa: F821  Sphinx brings it; `sphinx-build -t slides` sets it

project = "Winning customers back"
extensions = ["myst_nb", "sphinx_revealjs"]
exclude_patterns = ["_build", *(["*.md"] if SLIDES else [])]
root_doc = "chapters/00_start_here" if SLIDES else "index"
suppress_warnings = ["toc.not_included"] if SLIDES else []
myst_enable_extensions = ["colon_fence", "deflist"]
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("revealjs", "image/svg+xml", 1), ("revealjs", "text/html", 2)]
nb_code_prompt_hide = "Fold"

html_theme = "furo"
html_title = project
html_static_path = revealjs_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_copyright = html_show_sphinx = False
revealjs_style_theme = "white"
revealjs_css_files = ["pages.css", "slides.css"]
revealjs_script_conf = {"hash": True, "center": False, "width": 1280, "height": 720}

SHOWN_AS = {
    "hide": "remove-cell",
    "injected-parameters": "remove-cell",
    "solution": "hide-cell",
    "fold": "hide-output",
    "appendix": "hide-output",
}
"""How the tags of the notebooks are called by what makes pages of them."""
FOR_READERS = "comment exercise finish hide injected-parameters parameters setup solution".split()
"""Tags of what is on no slide."""
CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
SLIDE = 18
"""Lines of 36 pixels, or 27 points, that fit on a slide below its title."""
BREAK = {"cell_type": "markdown", "metadata": {}, "source": ":::{revealjs-break}\n:::"}


def as_chapter(app, docname, source):
    """Give a notebook's cells the tags that say what is folded and what is left out."""
    if not docname.startswith("chapters/"):
        return
    notebook = json.loads(source[0])
    fold_what_follows_solutions(notebook["cells"])
    if SLIDES:
        notebook["cells"] = cut_into_slides(notebook["cells"])
    for cell in notebook["cells"]:
        ours = cell["metadata"].get("tags", [])
        cell["metadata"]["tags"] = ["remove-input"] if SLIDES and not prints(cell) else []
        cell["metadata"]["tags"] += [SHOWN_AS[tag] for tag in ours if tag in SHOWN_AS and not SLIDES]
        cell["metadata"]["mystnb"] = {"code_prompt_show": "Solution"} if "solution" in ours else {}
        for output in cell.get("outputs", []):
            if alt := output.get("metadata", {}).get("image/svg+xml", {}).get("alt"):
                cell["metadata"]["mystnb"]["image"] = {"alt": alt}
            if caption := CAPTION.search(text(output.get("data", {}).get("text/html", ""))):
                cell["metadata"]["mystnb"]["code_prompt_show"] = unescape(caption[1])
    source[0] = json.dumps(notebook)


def fold_what_follows_solutions(cells):
    """Fold the words below a solution, which give it away."""
    for above, cell in pairwise(cells):
        words = text(cell["source"])
        after = "solution" in above["metadata"].get("tags", []) and cell["cell_type"] == "markdown"
        if after and not words.startswith("#"):
            cell["metadata"]["tags"] = ["comment"]
            cell["source"] = f"::::{{admonition}} What it says\n:collapsible: closed\n{words}\n::::"


def cut_into_slides(cells):
    """Leave out what is for readers alone, and begin a slide wherever the last one is full."""
    slides, used = [], 0
    for cell in cells:
        if set(FOR_READERS).intersection(cell["metadata"].get("tags", [])) or not lines(cell):
            continue
        begins = text(cell["source"]).startswith("#")
        if not begins and used > 3 and used + lines(cell) > SLIDE:
            slides.append({**BREAK, "id": f"break-{len(slides)}"})
            begins = True
        slides.append(cell)
        used = lines(cell) + (0 if begins else used)
    return slides


def lines(cell):
    """Return about how many lines a cell takes on a slide."""
    if cell["cell_type"] == "markdown":
        return wrapped(text(cell["source"]).splitlines())
    shown = text(cell["source"]).count("\n") * 0.7 + 2 if prints(cell) else 0
    for output in cell["outputs"]:
        data = output.get("data", {})
        html = text(data.get("text/html", output.get("text", "")))
        if height := re.search(r'<svg[^>]* height="([\d.]+)pt"', text(data.get("image/svg+xml", ""))):
            shown += min(SLIDE, 2 + float(height[1]) / 27)
        else:
            shown += html.count("<tr") or wrapped(html.split("</p>"))
    return shown


def wrapped(paragraphs):
    """Return how many lines paragraphs take, with the space below them."""
    return sum(1.4 + len(paragraph) // 85 for paragraph in paragraphs if paragraph.strip())


def prints(cell):
    """Whether a cell is there for its code: it prints, and shows neither table nor picture."""
    outputs = cell.get("outputs", [])
    return bool(outputs) and all(output["output_type"] == "stream" for output in outputs)


def text(lines_or_text):
    """Return what a notebook's JSON holds as a text or as a list of lines."""
    return "".join(lines_or_text)


def setup(app):
    """Let Sphinx pass every source through `as_chapter`."""
    app.connect("source-read", as_chapter)
