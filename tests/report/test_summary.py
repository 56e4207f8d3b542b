import html
import re

import pytest

from playbook.archive import findings


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
    titles = [html.unescape(title) for title in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert titles == ["Monday", "What could go wrong", "When we know"]
    pictures = re.findall(r'<a href="(\d\d)_\w+\.html"><img alt="[^"]*\d[^"]*" src="data:image/svg', page)
    assert pictures == ["07", "07", "07", "08", "02"]
    assert len(re.findall(r"\w[\w'.,’-]*", text(page[page.index("<main") :]))) <= 300


def test_monday_s_files_are_there(page, demo_run):
    monday = page[page.index("Monday") : page.index("What could go wrong")]
    links = re.findall(r'href="([^"]+)"', monday)
    assert links == ["plan.csv", "mailing/", "workbook.xlsx"]
    assert all((demo_run.folder / link).exists() for link in links)


def test_what_could_go_wrong_stands_beside_the_decision(page):
    said = text(page[page.index("What could go wrong") : page.index("When we know")])
    assert "“RABATT24” brought money at first and lost it later" in said and "DANKE24" not in said
    assert "Of “GESCHENK25” it can be told how many came back, not what they brought" in said
    assert "lies beyond what their offer was tested on" in said


def test_the_files_that_were_read_are_named_with_their_hashes(appendix, demo_data):
    for path in (demo_data / "demo").glob("*.csv"):
        assert path.name in appendix


def test_the_data_s_warnings_are_counted_on_the_first_page_and_told_in_the_appendix(page, appendix):
    assert "2 notes on the data" in text(page)
    assert "have no customer" in appendix and "could not be read" in appendix


def test_what_stands_in_for_missing_data_is_said(donors_run, appendix):
    assert "is assumed, not measured" in appendix and "margin_rate" not in appendix
    assert "Offers and what they cost are the preset's" in text(donors_run.page("index.html"))


def test_the_charitys_page_says_which_selection_holds_and_what_it_leaves_out(donors_run):
    said = text(donors_run.page("appendix.html"))
    assert (
        "said by the preset’s selection: exactly 1 gift, first gift 12 to 18 months ago; or at least 3"
        in said
    )
    assert "leaves out 1,749 of the 2,011 lapsed (87%)" in said
