"""The report as a reader opens it: in a browser, without a network, at a desk and on a phone."""

import shutil

import nbformat
import pytest

from playbook.run import pages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""Axe's rules on colours: all that light and dark can change."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: the report is not opened")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_load_nothing_and_fit_the_screen(browser, demo_run, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in sorted(demo_run.folder.glob("*.html")):
        requests.clear()
        page.goto(path.as_uri())
        outside = [url for url in requests if not url.startswith(("data:", path.as_uri()))]
        assert outside == [] and errors == []
        assert page.locator("h1").count() == 1
        assert page.locator("script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        drawn = "[...document.images].every(i => i.complete && i.naturalWidth && /\\d/.test(i.alt))"
        assert page.evaluate(drawn)
        assert page.locator("table:not(:has(caption)):not([aria-label])").count() == 0
        assert page.locator("th:not([scope])").count() == 0
    context.close()


def test_every_link_of_the_report_leads_somewhere(browser, demo_run):
    page = browser.new_page()
    for path in sorted(demo_run.folder.glob("*.html")):
        page.goto(path.as_uri())
        for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
            name, _, anchor = href.partition("#")
            assert (demo_run.folder / name).exists() if name else True, href
            if anchor and not name:
                assert page.locator(f"[id='{anchor}']").count() == 1, href
    page.close()


@pytest.mark.parametrize("run", ["demo_run", "donors_run"])
@pytest.mark.parametrize("teach", [False, True])
def test_axe_finds_no_barrier_at_any_width_in_light_or_dark(browser, request, run, teach, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    page, folder, found = browser.new_page(), request.getfixturevalue(run).folder, {}
    for path in taught(folder, tmp_path) if teach else folder.glob("*.html"):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
        page.evaluate(axe)
        found[path.name, 1280, "light"] = barriers(page)
        page.emulate_media(color_scheme="dark")
        found[path.name, 1280, "dark"] = barriers(page, COLOURS)
        page.set_viewport_size({"width": 390, "height": 900})
        found[path.name, 390, "dark"] = barriers(page)
        page.emulate_media(color_scheme="light")
        found[path.name, 390, "light"] = barriers(page, COLOURS)
    page.close()
    assert len(found) >= 4 * 8
    assert {where: what for where, what in found.items() if what} == {}


def barriers(page, options=None):
    """Return what axe finds: rule, element and what is wrong with it."""
    found = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"]} | (options or {}))
    return [
        (rule["id"], one["html"], one["failureSummary"])
        for rule in found["violations"]
        for one in rule["nodes"]
    ]


def taught(folder, to):
    """Write each chapter of a run as a report for teaching shows it, with its code and exercises."""
    about = {"nav": pages.navigation(folder, "en"), "language": "en", "client": "Class", "as_of": None}
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        page, notebook = to / f"{path.stem}.html", nbformat.read(path, 4)
        page.write_text(pages.chapter_page(path.stem, notebook, teach=True, active=page.name, **about))
        yield page
