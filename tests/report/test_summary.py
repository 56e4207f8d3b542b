import html
import re
from collections import Counter

import pytest

from playbook.archive import findings
from playbook.intake.client_file import unsettled
from playbook.settings.client import load


def text(page):
    return html.unescape(
        " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style.*?</style>", "", page, flags=re.S)).split())
    )


@pytest.fixture(scope="module")
def page(demo_run):
    return demo_run.page("index.html")


@pytest.fixture(scope="module")
def appendix(demo_run):
    return text(demo_run.page("appendix.html"))


@pytest.mark.parametrize("run", ["demo_run", "donors_run"])
def test_the_decision_comes_first_with_its_interval_and_what_it_rests_on(run, request):
    run = request.getfixturevalue(run)
    plan = findings.read(run.folder / "findings" / "07.json")
    page, profit = run.page("index.html"), plan["plan_expected_profit"]
    [said] = re.findall(r'<p class="decision">(.*?)</p>', page)
    assert said.startswith({"do_it": "Do it", "try_small": "Try it small"}.get(profit.verdict, "Do not"))
    for value in (profit.value, profit.low, profit.high):
        assert f"{abs(value):,.0f}" in said
    assert f"{plan['profit_measured'].value:.0%} of it measured here" in said
    assert page.index('class="decision"') < page.index("<h2")


@pytest.mark.parametrize("run", ["demo_run", "donors_run"])
def test_the_first_page_has_five_pictures_three_boxes_and_few_words(run, request):
    page = request.getfixturevalue(run).page("index.html")
    titles = re.findall(r'<h2[^>]*><a href="(\d\d)_\w+\.html">(.*?)</a></h2>', page)
    assert titles == [("07", "Monday"), ("07", "What could go wrong"), ("08", "When we know")]
    link = r'<a href="(\d\d)_\w+\.html"><img alt="[^"]*\d[^"]*" src="data:image/svg[^"]*">\w+ →</a>'
    assert re.findall(link, page) == ["07", "07", "07", "08", "02"]
    assert len(re.findall(r"\w[\w'.,’-]*", text(page[page.index("<main") :]))) <= 300


def test_monday_s_files_are_there(page, demo_run):
    monday = page[page.index(">Monday<") :].partition("</section>")[0]
    links = re.findall(r'href="([^"]+)"', monday)
    assert links == ["calls.xlsx", "mailing/", "plan.csv", "workbook.xlsx", "calls.xlsx"]
    assert all((demo_run.folder / link).exists() for link in links)


def test_what_could_go_wrong_stands_beside_the_decision(page):
    said = text(page[page.index("What could go wrong") : page.index("When we know")])
    assert "“RABATT24” brought money at first and lost it later" in said and "DANKE24" not in said
    assert "Of “GESCHENK25” it can be told how many came back, not what they brought" in said
    assert "lies beyond what their offer was tested on" in said


def test_a_base_too_small_for_a_verdict_is_told_so(donors_run):
    found = findings.read(donors_run.folder / "findings" / "08.json")
    said = text(donors_run.page("index.html"))
    assert found["design_buyers"].value < 30
    assert (
        f"about {found['design_buyers'].value} would come back in the smaller group, and it takes 30" in said
    )


def test_the_files_that_were_read_are_named_with_their_hashes(appendix, demo_data):
    for path in (demo_data / "demo").glob("*.csv"):
        assert path.name in appendix


def test_warnings_about_the_data_are_counted_on_the_first_page_and_told_by_the_first_chapter(page, demo_run):
    assert "2 warnings about the data: Data" in text(page)
    told = text(demo_run.page("01_data.html"))
    assert "have no customer" in told and "could not be read" in told


def test_what_stands_in_for_missing_data_is_said(donors_run, demo_run):
    assert "is assumed, not measured" in text(demo_run.page("07_offers.html"))
    assert "Offers and what they cost are the preset's" in text(donors_run.page("index.html"))


def test_the_pages_have_few_words(demo_run):
    pages = [path.read_text() for path in demo_run.folder.glob("*.html") if path.stem != "report"]
    counts = [len(re.findall(r"\w[\w'.,’-]*", text(page[page.index("<main") :]))) for page in pages]
    assert len(counts) == 10 and sum(counts) <= 9000


def sentences(page):
    main = re.sub(r"<nav.*?</nav>", "", page[page.index("<main") :], flags=re.S)
    paragraphs = re.findall(r"<(?:p|li)\b[^>]*>(.*?)</(?:p|li)>", main, flags=re.S)
    said = {sentence for p in paragraphs for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", text(p))}
    return {sentence for sentence in said if len(sentence.split()) > 5}


@pytest.mark.parametrize("run", ["demo_run", "donors_run"])
def test_no_sentence_stands_twice_but_what_stands_beside_the_decision(run, request):
    pages = request.getfixturevalue(run).folder.glob("[0a]*.html")
    seen = Counter(sentence for page in pages for sentence in sentences(page.read_text()))
    assert not {sentence for sentence, n in seen.items() if n > 1}
    first = sentences(request.getfixturevalue(run).page("index.html"))
    assert len(first & seen.keys()) <= 5


def test_the_charitys_page_says_which_selection_holds_and_what_it_leaves_out(donors_run):
    said = text(donors_run.page("07_offers.html"))
    assert (
        "said by the preset’s selection: exactly 1 gift, first gift 12 to 18 months ago; or at least 3"
        in said
    )
    assert "leaves out 1,749 of the 2,011 lapsed (87%)" in said
    assert "The selection leaves out 1,749 of the 2,011 lapsed." in text(donors_run.page("index.html"))


def test_consent_that_is_assumed_is_told_on_the_first_page(page, demo_run):
    assumed = findings.read(demo_run.folder / "findings" / "07.json")["consent_assumed"].value
    assert assumed and f"For {assumed} customers of the plan consent is assumed, not recorded." in text(page)


def test_what_nobody_has_settled_is_said_beside_the_decision(page):
    said = text(page[page.index("What could go wrong") : page.index("When we know")])
    assert "Assumed until somebody settles it: the budget of CHF 5,000." in said


@pytest.mark.parametrize(
    ("more", "open_"),
    [
        ("", ["offers.budget", "offers.exchange_rate"]),
        ("offers: {budget: 900, exchange_rate: 0.9}\n", []),
        ("offers:\n  budget: 5000  # unsure: nobody has said it\n  catalogue: own.yml\n", ["offers.budget"]),
    ],
)
def test_a_setting_is_open_until_it_is_written_without_a_mark(tmp_path, more, open_):
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "client.yml").write_text(
        "client: Acme\ncurrency: GBP\ntables: {orders: {files: o.csv}}\n" + more, encoding="utf-8"
    )
    assert list(unsettled(load("acme", tmp_path), folder)) == open_
