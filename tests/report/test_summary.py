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


def test_the_decision_comes_first_with_its_interval(page, demo_run):
    profit = findings.read(demo_run.folder / "findings" / "07.json")["plan_expected_profit"]
    opening = text(page[page.index('<div class="decision">') : page.index("<dl")])
    assert opening.startswith(("Do it", "Try it small", "Do not"))
    assert {"do_it": "Do it", "try_small": "Try it small"}.get(profit.verdict, "Do not") in opening
    assert f"{profit.value:,.0f}" in opening and f"{abs(profit.high):,.0f}" in opening
    assert page.index('<div class="decision">') < page.index("<h2")


def test_sections_stand_in_the_order_in_which_they_are_asked_for(page):
    titles = [html.unescape(title) for title in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert titles[:2] == ["What would change this advice", "Who gets an offer, and who does not"]
    assert titles[-3:] == ["What is assumed", "What to keep in mind", "Where the numbers come from"]


def test_everybody_who_may_be_addressed_is_accounted_for(page):
    table = page[page.index("From those who may be addressed") :]
    table = table[: table.index("</table>")]
    counts = [int(n.replace(",", "")) for n in re.findall(r"<td[^>]*>([\d,]+)</td>", table)]
    assert counts[0] == sum(counts[1:])


def test_the_files_that_were_read_are_named_with_their_hashes(page, demo_data):
    for path in (demo_data / "demo").glob("*.csv"):
        assert path.name in page


def test_the_data_s_warnings_reach_the_first_page(page):
    assert "have no customer" in text(page)
    assert "could not be read" in text(page)


def test_what_stands_in_for_missing_data_is_said(donors_run, demo_run):
    assert "is assumed, not measured" in text(demo_run.page("index.html"))
    assert "margin_rate" not in text(demo_run.page("index.html"))
    assert "The offers and what they cost are the preset's" in text(donors_run.page("index.html"))


def test_a_kind_that_failed_is_left_out_and_one_not_proven_is_told_so(page):
    assert "No financial offer is planned where none has worked: “RABATT24” brought money at first" in text(
        page
    )
    cautions = text(page[page.rindex("What to keep in mind") : page.rindex("Where the numbers come from")])
    assert "RABATT24" not in cautions and "DANKE24" not in cautions
    assert "Of “GESCHENK25” it can be told how many came back, not what they brought" in cautions


def test_the_page_does_not_argue_against_its_own_default(page):
    cautions = text(page[page.rindex("What to keep in mind") : page.rindex("Where the numbers come from")])
    assert "would bring more than their contacts cost" not in cautions


def test_the_charitys_page_says_which_selection_holds_and_what_it_leaves_out(donors_run):
    said = text(donors_run.page("index.html"))
    assert (
        "said by the preset’s selection: exactly 1 gift, first gift 12 to 18 months ago; or at least 3"
        in said
    )
    assert "leaves out 1,749 of the 2,011 lapsed (87%)" in said
