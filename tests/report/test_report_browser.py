"""The report as a reader opens it: in a browser, without a network, at a desk and on a phone."""

import shutil

import pytest

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
        broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth || !i.alt).length"
        assert page.evaluate(broken) == 0
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
