"""The loop: earlier reports, what became of their plans, campaigns remembered, checkpoints."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from playbook.archive import findings as found
from playbook.archive.earlier import earlier_runs, home_of, stamp
from playbook.archive.findings import Finding
from playbook.archive.folders import read_manifest
from playbook.chapters.measurement import loop
from playbook.chapters.measurement.responses import LearnedResponses, response_sentences
from playbook.show.words import Words
from playbook.stats.trials import earlier
from playbook.stats.trials.responses import measured_responses
from tests.trials import START, client_of, contacts_of, ids, orders_of

WORDS = Words()
BEFORE = date(2025, 3, 2)


def report(home, as_of=BEFORE, n=400, inputs=None, **plan) -> None:
    """Write what is read of an earlier report: everybody lapsed, nine tenths planned, a tenth held back."""
    folder = home / as_of.isoformat()
    (folder / "tables").mkdir(parents=True)
    (folder / "findings").mkdir()
    people = ids("P", n)
    customers = pd.DataFrame({"customer_id": people, "lapsed": True, "rank": np.arange(1, n + 1)})
    customers["holdout"], customers["score"] = np.arange(n) % 2 == 1, np.arange(n) / 1.0
    customers.to_parquet(folder / "tables/customers.parquet")
    chosen = customers[~customers["holdout"]]
    rows = {"customer_id": chosen["customer_id"], "rank": chosen["rank"], "offer": "Letter"}
    rows |= {"channel": "letter", "week": START.date().isoformat(), "contact_cost": 1.0}
    rows |= {"incentive_return": 0.0, "return_probability": 0.1, "return_probability_with_offer": 0.2}
    pd.DataFrame(rows | plan).to_csv(folder / "plan.csv", index=False)
    held_back = customers.loc[customers["holdout"], ["customer_id", "rank"]]
    held_back = held_back.assign(offer="Letter", channel="letter", week=rows["week"])
    held_back.assign(**plan).to_csv(folder / "held_back.csv", index=False)
    found.write(folder / "findings/04.json", [Finding("inactivity_threshold", 120), Finding("lapsed", n)])
    found.write(
        folder / "findings/07.json", [Finding("plan_customers", n // 2), Finding("held_back", n // 2)]
    )
    manifest = {"as_of": as_of.isoformat(), "inputs": inputs or {"client.yml": "a", "orders.csv": "1"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def planned_client(n=400, contacts=None, **settings):
    """Of those planned 40% come back, of those held back 20%; somebody orders on the last day."""
    people = ids("P", n)
    spread = np.linspace(10, 30, n)
    planned, held_back = people[::2], people[1::2]
    orders = orders_of(
        (people, -300, 20.0),
        (planned[: n // 5], 20, spread[: n // 5]),
        (held_back[: n // 10], 20, spread[: n // 10]),
        (["last"], 303, 20.0),
    )
    return client_of(orders, contacts if contacts is not None else contacts_of(["P00000"], []), **settings)


def story(home, client, campaigns=()):
    return loop.chronicle(home, client.history, client.sources, client.customers, {}, campaigns)


def test_what_became_of_the_plan_is_shown_beside_it(tmp_path):
    report(tmp_path)
    chronicle = story(tmp_path, planned_client())
    first, now = chronicle.runs.to_dict("records")
    assert (first["threshold"], first["lapsed"], first["planned"]) == (120, 400, 200)
    assert first["returned"] == 120
    assert first["planned_return"] == pytest.approx(0.1)
    assert first["realised_return"] == pytest.approx(0.2)
    assert first["low"] < 0.2 < first["high"]
    assert pd.isna(now["realised_return"])
    text = " ".join(chronicle.sentences(WORDS))
    assert "expected 10.0 more returns of a hundred; 20.0 came" in text
    assert "Whether it was carried out is not in the data" in text
    assert "20.0" in str(chronicle.table(WORDS))


def test_contacts_that_were_handed_in_stand_over_the_plan(tmp_path):
    report(tmp_path)
    from playbook.stats.trials.measure import measure

    name = f"Plan {BEFORE.isoformat()}"
    contacts = contacts_of(ids("P", 400)[:100:2], ids("P", 400)[1::2], campaign=name)
    client = planned_client(contacts=contacts)
    settings = client.history.settings.measurement
    campaigns = tuple(measure(trial, settings, 1) for trial in client.trials())
    chronicle = story(tmp_path, client, campaigns)
    assert chronicle.runs.iloc[0]["source"] == "contacts"
    assert "not in the data" not in " ".join(chronicle.sentences(WORDS))


def test_headline_figures_stand_beside_those_of_the_last_report(tmp_path):
    report(tmp_path)
    client = planned_client()
    at_risk = [Finding("stage_at_risk", 70)]
    found.write(tmp_path / BEFORE.isoformat() / "findings/02.json", at_risk)
    plan = {"plan_customers": 90, "plan_expected_profit": 1234.0, "profit_measured": 0.4}
    now = {
        "02": {"stage_at_risk": Finding("stage_at_risk", 50)},
        "04": {"lapsed": Finding("lapsed", 410)},
        "07": {name: Finding(name, value) for name, value in plan.items()},
    }
    chronicle = loop.chronicle(tmp_path, client.history, client.sources, client.customers, now, ())
    assert chronicle.sentences(WORDS)[0] == (  # the last report knew no profit
        "Since the report of 2 Mar 2025: 410 lapsed (then 400), 50 at risk (70), 90 contacts planned (200)."
    )
    assert chronicle.table(WORDS).frame["of it measured"].tolist()[1] == 0.4


def test_the_first_report_says_that_it_is_the_first(tmp_path):
    assert "first report" in " ".join(story(tmp_path, planned_client()).sentences(WORDS))
    assert story(tmp_path, planned_client()).table(WORDS) is None


def test_a_plan_whose_horizon_is_not_over_is_not_judged(tmp_path):
    report(tmp_path, as_of=date(2025, 12, 1), week="2025-12-08")
    chronicle = story(tmp_path, planned_client())
    assert pd.isna(chronicle.runs.iloc[0]["realised_return"])
    assert "cannot be told yet" in " ".join(chronicle.sentences(WORDS))
    assert "not yet" in str(chronicle.table(WORDS))


def test_a_plan_whose_horizon_lies_beyond_the_data_is_not_compared_with_nothing(tmp_path):
    report(tmp_path, as_of=date(2025, 12, 28), week="2025-12-29")
    chronicle = story(tmp_path, planned_client(as_of=date(2030, 1, 1)))
    first = chronicle.runs.iloc[0]
    assert first["source"] == "not_yet"
    assert pd.isna(first["realised_return"]) and pd.isna(first["returned"])
    assert "do not reach the day on which it is to be read" in " ".join(chronicle.sentences(WORDS))


def test_nobody_is_counted_as_not_back_where_no_order_is_known_since(tmp_path):
    report(tmp_path, as_of=date(2025, 12, 31))
    assert pd.isna(story(tmp_path, planned_client(as_of=date(2026, 1, 20))).runs.iloc[0]["returned"])


def test_without_an_earlier_plan_that_is_said(tmp_path):
    report(tmp_path)
    (tmp_path / BEFORE.isoformat() / "plan.csv").unlink()
    chronicle = story(tmp_path, planned_client())
    assert "No earlier plan can be compared" in " ".join(chronicle.sentences(WORDS))


def test_only_good_reports_of_earlier_days_count(tmp_path):
    report(tmp_path)
    report(tmp_path, as_of=date(2026, 1, 1))
    (tmp_path / "2024-01-01.failed").mkdir()
    (tmp_path / "2024-02-01").mkdir()
    assert [run.as_of for run in earlier_runs(tmp_path, date(2025, 12, 31))] == [BEFORE]
    assert home_of(tmp_path / ".run-1") == home_of(tmp_path / ".draft" / "2025-01-01") == tmp_path


def test_scores_of_earlier_reports_are_found(tmp_path):
    report(tmp_path)
    scores = loop.earlier_scores(tmp_path, date(2025, 12, 31))
    assert (scores["as_of"] == pd.Timestamp(BEFORE)).all()
    assert len(scores) == 400
    assert loop.earlier_scores(tmp_path / "nothing", BEFORE).empty


# Checkpoints ---------------------------------------------------------------------------------

NEW = {"client.yml": "b", "orders.csv": "2"}


def test_the_same_run_again_reads_the_same(tmp_path):
    report(tmp_path)
    first = stamp(tmp_path, NEW, None, read_manifest)
    report(tmp_path, as_of=date(2025, 12, 31), inputs=NEW)  # that run is made
    assert stamp(tmp_path, NEW, None, read_manifest) == first
    assert stamp(tmp_path, {**NEW, "client.yml": "c"}, None, read_manifest) == first


def test_another_earlier_report_changes_what_is_read(tmp_path):
    nothing = stamp(tmp_path, NEW, None, read_manifest)
    report(tmp_path)
    one = stamp(tmp_path, NEW, None, read_manifest)
    plan = tmp_path / BEFORE.isoformat() / "plan.csv"
    plan.write_text(plan.read_text().replace("Letter", "Call"))
    assert len({nothing, one, stamp(tmp_path, NEW, None, read_manifest)}) == 3


def test_an_as_of_date_that_was_set_decides_what_is_earlier(tmp_path):
    report(tmp_path)
    assert stamp(tmp_path, NEW, BEFORE, read_manifest) == stamp(tmp_path / "no", NEW, BEFORE, read_manifest)
    assert stamp(tmp_path, NEW, date(2025, 3, 3), read_manifest) != stamp(
        tmp_path, NEW, BEFORE, read_manifest
    )


# Campaigns remembered ------------------------------------------------------------------------


def assigned(campaign="OLD", n=100, won=40, unaided=10) -> pd.DataFrame:
    treated = np.arange(2 * n) < n
    returned = np.where(treated, np.arange(2 * n) < won, np.arange(2 * n) < n + unaided)
    return pd.DataFrame(
        {
            "campaign": campaign,
            "customer_id": ids("R", 2 * n),
            "arm": np.where(treated, "treated", "control"),
            "channel": "letter",
            "offer": pd.Series(np.where(treated, "Gift", None), dtype=object),
            "kind": "material",
            "contacted_at": START,
            "returned": returned,
            "home": returned,
            "value": returned * 20.0,
            "silence": 200.0,
            "sound": True,
            "verdict": "works",
        }
    )


def test_a_campaign_that_the_next_export_lacks_is_still_known(tmp_path):
    report(tmp_path)
    earlier.remember(tmp_path / BEFORE.isoformat(), assigned())
    history = planned_client().history
    empty = assigned().iloc[:0]
    again = earlier.with_remembered(empty, tmp_path, history)
    expected, seen = measured_responses(assigned(), {}), measured_responses(again, {})
    pd.testing.assert_frame_equal(seen, expected)
    assert seen["raw_points"].iloc[0] == pytest.approx(0.3)


def test_what_was_remembered_before_campaigns_were_judged_teaches_nothing(tmp_path):
    report(tmp_path)
    earlier.remember(tmp_path / BEFORE.isoformat(), assigned().drop(columns=["silence", "sound", "verdict"]))
    again = earlier.with_remembered(assigned().iloc[:0], tmp_path, planned_client().history)
    assert len(again) == len(assigned()) and not again["sound"].any()


def test_contacts_of_today_stand_over_what_is_remembered(tmp_path):
    report(tmp_path)
    earlier.remember(tmp_path / BEFORE.isoformat(), assigned())
    now = assigned(won=20)
    both = earlier.with_remembered(now, tmp_path, planned_client().history)
    assert len(both) == len(now)
    assert both["returned"].sum() == now["returned"].sum()


def test_campaigns_that_agree_better_than_chance_are_pooled_all_the_same():
    alike = pd.concat([assigned(name, won=won) for name, won in (("A", 40), ("B", 41), ("C", 40))])
    pooled = measured_responses(alike, {}).iloc[0]
    alone = measured_responses(assigned("A"), {}).iloc[0]
    assert pooled["raw_points"] == pytest.approx(0.30, abs=0.01)
    width, of_one = (row["raw_high"] - row["raw_low"] for row in (pooled, alone))
    assert width == pytest.approx(of_one / np.sqrt(3), rel=0.02)


def test_what_must_be_forgotten_is_not_remembered(tmp_path):
    report(tmp_path)
    earlier.remember(tmp_path / BEFORE.isoformat(), assigned())
    people = ids("P", 4)
    client = client_of(
        orders_of((people, 100, 5.0)), contacts_of(people[:2], people[2:]), forget_before=date(2025, 4, 1)
    )
    assert earlier.with_remembered(assigned().iloc[:0], tmp_path, client.history).empty


def test_measured_responses_are_worded_from_findings_alone():
    learned = LearnedResponses(measured_responses(assigned(), {}))
    text = " ".join(response_sentences(learned.by_name, WORDS))
    assert "material by letter adds 30.0 returns to a hundred" in text
    assert "material" in str(learned.table(WORDS))
    unused = LearnedResponses(learned.responses, used=False)
    assert "not used by the next plan" in " ".join(unused.sentences(WORDS))
    assert "used by the next plan" not in str(unused.table(WORDS))
    nothing = LearnedResponses(measured_responses(assigned().iloc[:0], {}))
    assert "rests on the catalogue's assumptions" in " ".join(nothing.sentences(WORDS))
    assert "none" in str(nothing.table(WORDS))


def test_every_headline_figure_is_one_that_a_run_finds(demo_run):
    chapters = {
        number: found.read(demo_run.folder / f"findings/{number}.json") for number in ("02", "04", "07")
    }
    row = loop._row(date(2025, 9, 30), chapters)
    assert all(row[name] is not None for name in loop.HEADLINES)
