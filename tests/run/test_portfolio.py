"""The page over all clients, and the one without names."""

import json
import re

import pytest

from playbook.run import batch, portfolio
from playbook.run.batch import FAILED, Outcome

FINDINGS = {
    "01": [("data_quality", 0.979, None, None, "with_care"), ("buyers", 1000, None, None, None)],
    "03": [("occasional", 250, None, None, None)],
    "04": [
        ("inactivity_threshold", 267, 245.0, 288.0, "data"),
        ("lapsed", 500, None, None, None),
        ("lapsed_margin", 137490.58, None, None, None),
        ("returners_lapsed", 50.0, 40.0, 60.0, "followed"),
    ],
    "07": [("plan_expected_profit", 2417.88, 3.09, 5413.39, "do_it")],
}


def a_report(
    reports, client, as_of="2025-12-31", ended="2026-01-02T00:00:00+00:00", status="done", **changed
):
    folder = reports / client / (as_of if status == "done" else f"{as_of}.failed")
    (folder / "findings").mkdir(parents=True)
    manifest = {
        "client": client,
        "name": f"{client.title()} & <Sons>",
        "currency": "EUR",
        "as_of": as_of,
        "status": status,
        "finished": ended,
        "error": {"message": "chapter 04: no"} if status == "failed" else None,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    keys = ("name", "value", "low", "high", "verdict")
    for chapter, found in FINDINGS.items():
        items = [dict(zip(keys, one, strict=True)) for one in found]
        for item in items:
            item["value"] = changed.get(item["name"], item["value"])
        (folder / "findings" / f"{chapter}.json").write_text(json.dumps(items))
    (folder / "index.html").write_text("")
    return folder


def cells(html, row):
    line = re.findall(r"<tr>.*?</tr>", html)[row]
    return [
        " ".join(re.sub(r"<[^>]+>", " ", cell).split())
        for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line)
    ]


def test_a_client_is_shown_by_its_latest_good_report(tmp_path):
    a_report(tmp_path, "acme", "2025-06-30", "2026-01-03T00:00:00+00:00", lapsed_margin=1.0)
    a_report(tmp_path, "acme", "2025-12-31", "2026-01-02T00:00:00+00:00")  # of later data
    pages = portfolio.write(tmp_path, portfolio.read(tmp_path, ["acme"]))
    assert pages == [tmp_path / "index.html"]
    assert cells(pages[0].read_text(), 1) == [
        "acme Acme &amp; &lt;Sons&gt;",
        "31 Dec 2025",
        "do it",
        "EUR 2,418 EUR 3 to EUR 5,413",
        "EUR 137,491",
        "98%, with care",
        "good 2026-01-02",
    ]
    assert 'href="acme/2025-12-31/index.html"' in pages[0].read_text()


def test_a_client_that_failed_keeps_its_last_good_report_and_says_why(tmp_path):
    a_report(tmp_path, "acme")
    a_report(tmp_path, "acme", ended="2026-01-05T00:00:00+00:00", status="failed")
    batch.record(tmp_path, Outcome("bettini", FAILED, "<no> orders", ended="2026-01-01T00:00:00+00:00"))
    html = str(portfolio.portfolio(portfolio.read(tmp_path, ["acme", "bettini", "cima"])))
    ends = ["failed figures of 2026-01-02", "failed", "not run yet"]
    assert [cells(html, row)[-1].strip() for row in (1, 2, 3)] == ends
    assert "3 in all, 2 failed, 1 not run yet." in html
    assert 'href="#problem-acme"' in html and 'id="problem-acme"' in html
    assert "acme/2025-12-31/index.html" in html
    assert "<strong>acme</strong>: chapter 04: no" in html
    assert "<strong>bettini</strong>: &lt;no&gt; orders" in html
    assert cells(html, 3)[0] == "cima"


@pytest.mark.parametrize("value", [pytest.param(10**400, id="huge"), float("nan"), float("inf"), "much", [1]])
def test_a_number_that_cannot_be_is_not_known(tmp_path, value):
    a_report(tmp_path, "acme", plan_expected_profit=value)
    row = cells(portfolio.portfolio(portfolio.read(tmp_path, ["acme"])), 1)
    assert row[2:4] == ["–", "–"] and row[4].startswith("EUR")


def test_a_damaged_report_leaves_a_row_and_the_pages_are_written(tmp_path):
    folder = a_report(tmp_path, "acme")
    (folder / "findings" / "07.json").write_text('[{"name": ["plan_expected_profit"], "value": 3}]')
    manifest = json.loads((folder / "manifest.json").read_text()) | {"name": "Acme \ud800"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    failed = a_report(tmp_path, "bettini", status="failed")
    (failed / "manifest.json").write_text('{"status": "failed", "finished": "2026", "error": {"name": "X"}}')
    page, _ = portfolio.write(tmp_path, portfolio.read(tmp_path, ["acme", "bettini"]), compare=True)
    html = page.read_text()
    assert cells(html, 1)[0].startswith("bettini") and cells(html, 2)[2:4] == ["–", "–"]
    assert "<strong>bettini</strong>: –" in html


def test_clients_that_failed_come_before_the_others(tmp_path):
    a_report(tmp_path, "acme")
    batch.record(tmp_path, Outcome("bettini", FAILED, "no orders", ended="2026-01-01T00:00:00+00:00"))
    html = str(portfolio.portfolio(portfolio.read(tmp_path, ["acme", "bettini"])))
    assert cells(html, 1)[0] == "bettini"


def test_a_failure_of_a_batch_is_over_once_a_later_run_was_good(tmp_path):
    batch.record(tmp_path, Outcome("acme", FAILED, "no orders", ended="2026-01-01T00:00:00+00:00"))
    a_report(tmp_path, "acme")
    entry = portfolio.read(tmp_path, ["acme"])[0]
    assert (entry.status, entry.problem) == ("good", "")


def test_the_comparison_names_nobody_and_is_in_no_order_that_tells(tmp_path):
    for client, threshold in (("acme", 300), ("bettini", 100), ("cima", 200)):
        a_report(tmp_path, client, inactivity_threshold=threshold)
    pages = portfolio.write(tmp_path, portfolio.read(tmp_path, ["acme", "bettini", "cima"]), compare=True)
    html = pages[1].read_text()
    assert [cells(html, row) for row in (1, 2, 3)] == [
        ["1", "100", "25%", "10%"],
        ["2", "200", "25%", "10%"],
        ["3", "300", "25%", "10%"],
    ]
    assert not re.search("acme|bettini|cima", html, re.IGNORECASE)
    assert not pages[0].read_text().count("comparison")


@pytest.mark.parametrize("known", [{}, {"inactivity_threshold": None}])
def test_too_few_clients_are_not_compared(tmp_path, known):
    clients = ["acme", "bettini"] if not known else ["acme", "bettini", "cima"]
    for client in clients:
        a_report(tmp_path, client, **known)
    assert "<table" not in portfolio.comparison(portfolio.read(tmp_path, clients))
