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


def test_a_plan_that_repeats_what_failed_is_told_so(page):
    cautions = text(page[page.rindex("What to keep in mind") : page.rindex("Where the numbers come from")])
    assert "“RABATT24” is not to be repeated as it was" in cautions
    assert "Of “GESCHENK25” it can be told how many came back, not what they brought" in cautions
    assert "DANKE24" not in cautions


def test_occasional_buyers_left_out_at_a_loss_are_told_with_the_setting(page):
    cautions = text(page[page.rindex("What to keep in mind") : page.rindex("Where the numbers come from")])
    assert "occasional buyers that the method leaves out by default would bring more" in cautions
    assert "set occasional.treat to keep in client.yml" in cautions
