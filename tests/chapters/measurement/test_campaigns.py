"""Chapter 08, after a campaign: what is said of it, also where nothing can be told."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from playbook.archive import findings as found
from playbook.chapters.measurement.campaigns import Measurements
from playbook.chapters.measurement.naive_answers import NaiveAnswers
from playbook.chapters.measurement.segments import by_segment
from playbook.chapters.measurement.words import campaign_sentences
from playbook.show.words import Words
from playbook.stats.trials.measure import measure
from tests.trials import (
    RULES,
    START,
    changed,
    client_of,
    contacts_of,
    ids,
    judged,
    measured_campaigns,
    orders_of,
    simple,
)

WORDS = Words()
TOO_FEW = ["For whom it worked better cannot be told: too few came back to compare groups with each other."]


def said(measured) -> str:
    return " ".join(Measurements((measured,)).sentences(WORDS))


def test_a_gain_that_melts_backfires():
    treated, control = ids("T", 600), ids("C", 600)
    spread = np.linspace(10, 30, 600)
    orders = orders_of(
        (treated + control, -400, 30.0),
        (treated[:150], 5, spread[:150]),
        (control[:60], 5, spread[:60]),
        (treated[-40:], 80, spread[-40:]),
        (control[-180:], 80, spread[-180:]),
    )
    measured = judged(client_of(orders, contacts_of(treated, control)))
    assert measured.judgement.verdict == "backfires_later"
    assert "looked good and backfires" in said(measured)


def test_what_does_nothing_is_said_not_to_work_where_that_is_certain():
    n = 8_000
    treated, control = ids("T", n), ids("C", n)
    orders = orders_of((treated + control, -400, 30.0), (treated[:400], 20, 8.0), (control[:400], 20, 8.0))
    client = client_of(orders, contacts_of(treated, control, cost=0.01))
    assert judged(client).judgement.verdict == "does_not"
    assert "does not work" in said(judged(client))


def test_missing_costs_leave_the_margin_before_costs():
    client = simple()
    frame = contacts_of(ids("T", 200), ids("C", 200), cost=np.nan)
    spread = np.linspace(10, 30, 200)
    listed = [(ids("T", 200) + ids("C", 200), -400, 30.0)]
    listed += [(ids("T", 80), 10, spread[:80]), (ids("C", 40), 10, spread[:40])]
    measured = judged(client_of(orders_of(*listed), frame))
    assert judged(client).named == "net"
    assert measured.named == "margin"
    assert "before its costs, which are not known" in said(measured)


def test_nobody_held_back():
    measured = judged(changed(contacts_of(ids("T", 200), [])))
    assert (measured.judgement.verdict, measured.judgement.reason) == ("cannot_be_told", "no_control")
    assert "no effect can be claimed" in said(measured)
    assert measured.main is None
    assert "how many of them would have anyway, nobody knows" in " ".join(
        NaiveAnswers((measured,)).sentences(WORDS)
    )


def test_nobody_contacted():
    measured = judged(changed(contacts_of([], ids("C", 200))))
    assert measured.judgement.reason == "nobody_contacted"
    assert "nobody who was contacted" in said(measured)


def test_contacts_after_the_as_of_date_are_left_out():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows.loc[:9, "contacted_at"] = pd.Timestamp("2026-02-01")
    trial = changed(rows).trials()[0]
    assert trial.counts["future"] == 10
    assert trial.treated.sum() == 190
    everything = contacts_of(ids("T", 200), ids("C", 200), start=pd.Timestamp("2026-02-01"))
    assert judged(changed(everything)).judgement.reason == "future"
    assert "after the day the data end" in said(judged(changed(everything)))


def test_held_back_and_contacted_counts_as_held_back():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    also = contacts_of(ids("C", 30), [])
    trial = changed(pd.concat([rows, also])).trials()[0]
    assert trial.counts["contaminated"] == 30
    assert (~trial.treated).sum() == 200
    measured = measure(trial, RULES, 1)
    assert "30 customers who were to be left alone were contacted" in said(measured)


def test_customers_that_no_other_table_knows():
    rows = contacts_of([*ids("T", 150), *ids("X", 50)], [*ids("C", 150), *ids("Y", 10)])
    trial = changed(rows).trials()[0]
    assert trial.lost == (50, 10)
    few = measure(trial, RULES, 1)
    assert "60 of its customers are in no other table" in said(few)
    none = judged(changed(contacts_of(ids("X", 150), ids("Y", 150))))
    assert none.judgement.reason == "nobody_known"
    assert "none of its customers is in any other table" in said(none)


def test_a_campaign_from_before_the_first_order():
    rows = contacts_of(ids("T", 200), ids("C", 200), start=START - pd.Timedelta(days=500))
    measured = judged(changed(rows))
    assert measured.judgement.reason == "before_data"
    assert "before the first order" in said(measured)


def test_too_early_says_when():
    measured = judged(simple(as_of=date(2025, 4, 1)))
    assert measured.judgement.reason == "too_early"
    assert "its 90 days end on 1 Jun 2025" in said(measured)


def test_ten_customers_prove_nothing():
    treated, control = ids("T", 5), ids("C", 5)
    orders = orders_of((treated + control, -400, 30.0), (treated, 10, 50.0))
    measured = judged(client_of(orders, contacts_of(treated, control)))
    assert measured.judgement.reason == "too_few"
    assert measured.main.low is None
    assert "too few came back" in said(measured)


def test_no_contacts_at_all():
    assert "hold no contacts" in " ".join(Measurements(()).sentences(WORDS))


@pytest.mark.parametrize(
    "rows",
    [
        contacts_of(ids("T", 200), []),
        contacts_of([], ids("C", 200)),
        contacts_of(ids("X", 20), ids("Y", 20)),
        contacts_of(ids("T", 2), ids("C", 2)),
        contacts_of(ids("T", 200), ids("C", 200), start=pd.Timestamp("2026-02-01")),
        contacts_of(ids("T", 200), ids("C", 200), start=pd.Timestamp("2020-02-01")),
        contacts_of(ids("T", 200), ids("C", 200)).drop(columns=["cost", "offer"]),
    ],
)
def test_whatever_the_contacts_are_the_page_can_be_written(rows, tmp_path):
    client = changed(rows)
    results = Measurements((judged(client),))
    tables = [results.table, results.outcome_table, results.lasting_table, results.reading_table]
    tables += [results.arm_table, results.second_life_table, results.check_table, results.interim_table]
    assert all("nan" not in str(table(WORDS)).lower() for table in tables)
    figure = results.figure(WORDS)
    assert figure is None or all(picture.alt for picture in figure.shown)
    assert by_segment(results.campaigns, client.sources, None).sentences(WORDS) in ([], TOO_FEW)
    assert str(NaiveAnswers(results.campaigns).table(WORDS))
    found.write(tmp_path / "08.json", results.findings())


def test_the_planted_call_works_and_lasts(demo_data):
    call = measured_campaigns("demo", demo_data)["DANKE24"]
    assert call.judgement.verdict == "works"
    assert call.readings[365]["net"].low > 0
    assert "And it lasts" in said(call)


def test_findings_can_be_written_and_worded_again(demo_data, tmp_path):
    all_of_them = Measurements(tuple(measured_campaigns("demo", demo_data).values()))
    found.write(tmp_path / "08.json", all_of_them.findings())
    again = found.read(tmp_path / "08.json")
    assert campaign_sentences(again, WORDS) == all_of_them.sentences(WORDS)
    for table in (all_of_them.table, all_of_them.lasting_table, all_of_them.check_table):
        assert "DANKE24" in str(table(WORDS))
    names = [picture.alt.partition(":")[0] for picture in all_of_them.figure(WORDS).shown]
    assert names == ["DANKE24", "RABATT24", "GESCHENK25", "KATALOG25"]


def test_the_pictures_titles_claim_a_gain_only_where_it_is_certain(demo_data):
    pictures = Measurements(tuple(measured_campaigns("demo", demo_data).values())).figure(WORDS)
    titles = [picture.figure.get_suptitle() for picture in pictures.shown]
    assert titles[0].startswith("DANKE24: CHF") and "gained per customer by day 365" in titles[0]
    assert titles[1].startswith("RABATT24: CHF") and "lost per customer by day 351" in titles[1]
    assert [title.partition(" by day")[0] for title in titles[2:]] == [
        f"{name}: no certain gain" for name in ("GESCHENK25", "KATALOG25")
    ]


def test_the_pictures_title_is_judged_by_the_reading_of_its_last_day(demo_data):
    call = measured_campaigns("demo", demo_data)["DANKE24"]
    unsure = replace(call.readings[call.end]["net"], low=-1.0)
    shaken = replace(call, readings={call.end: call.readings[call.end] | {"net": unsure}})
    [picture] = Measurements((shaken,)).figure(WORDS).shown
    assert picture.figure.get_suptitle().startswith("DANKE24: no certain gain")


def test_a_campaign_under_way_is_told_so_far_and_without_a_verdict():
    early = START + pd.Timedelta(days=40)
    running = Measurements((judged(simple(later=30, as_of=early.date())),))
    table = running.interim_table(WORDS)
    assert table.frame.to_dict("records") == [
        {"campaign": "SPRING", "day": 40, "ready": date(2025, 6, 1), "group": group, "n": 200}
        | {"back": back, "share": back / 200, "orders": back, "revenue": pytest.approx(revenue), "cost": cost}
        for group, back, revenue, cost in (
            ("contacted", 80, np.linspace(10, 30, 200)[:80].round(2).sum(), 200.0),
            ("held back", 40, np.linspace(10, 30, 200)[:40].round(2).sum(), 0.0),  # day 60 is to come
        )
    ]
    assert "no verdict" in table.note
    assert running.by_name["campaign_1"].verdict == "cannot_be_told"
    assert Measurements((judged(simple()),)).interim_table(WORDS) is None  # the horizon is reached
