"""Early warning: what is planted is found, nothing is seen too early, and nobody is called who may not be."""

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from playbook.archive import findings
from playbook.chapters import churn
from playbook.chapters.warning import backtest, call_words, calls, judged, leaving, model, signals, words
from playbook.chapters.warning.signals import Visible
from playbook.records.arrays import SHARDS
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.settings.client import EarlyWarning
from playbook.show.words import Words
from playbook.stats.cancellations import cancellation_days

WORDS = Words()
EPOCH = pd.Timestamp("2023-01-01")


def opened(data, name="acme"):
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    return read_history(chosen, sources), sources


def whole_chapter(history, sources):
    """Do what the notebook does, and see that everything can be shown and written."""
    threshold = churn.find_threshold(history)
    customers = churn.find_lapsed(history, threshold).customers
    past = leaving.look_back(history, sources, threshold.days, leaving.horizon_that_fits(history))
    seen, combined = judged.judge(past), model.combine(past)
    tried = backtest.try_on_past(past, history.settings)
    plan = calls.plan_calls(history, sources, customers, seen, combined, tried, WORDS)
    results = (seen, tried, plan)
    found = [finding for result in results for finding in result.findings()]
    json.dumps([[one.value, one.low, one.high] for one in found], allow_nan=False)
    tables = [result.table(WORDS) for result in results] + [seen.timing_table(WORDS)]
    assert all(table is None or table._repr_html_() for table in tables)
    figure = seen.figure(WORDS)
    assert figure is None or (figure.svg() and figure.alt)
    said = [sentence for result in results for sentence in result.sentences(WORDS)]
    return SimpleNamespace(**locals())


@pytest.fixture(scope="module")
def demo(demo_data):
    history, sources = opened(demo_data, "demo")
    yield whole_chapter(history, sources)
    sources.close()


# Signals -------------------------------------------------------------------------------------

ORDERS = """customer_id,ordered_at,amount,list_amount
a,2024-01-01,100,100
a,2024-02-01,100,100
a,2024-03-01,100,100
a,2024-06-01,40,80
b,2024-05-01,50,50
b,2024-05-02,-50,-50
c,2024-06-20,10,10
"""
EVENTS = """customer_id,happened_at,kind,value,detail
a,2024-06-05,complaint,,Late
a,2024-06-10,complaint_solved,,
b,2024-05-02,complaint,,Broken
b,2024-05-20,unsubscribe,,
b,2024-05-25,cancellation,,
c,2024-06-21,review,2,
a,2024-03-05,review,5,
a,2023-12-20,visit,,
a,2024-01-20,visit,,
a,2024-02-20,visit,,
a,2024-03-01,visit,,
a,2024-03-20,visit,,
c,2024-06-19,inquiry,,
b,2024-05-03,call,,
"""
YML = """client: Acme
tables:
  orders:
    files: orders.csv
    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount, list_amount: list_amount}
  events:
    files: events.csv
    columns: {customer_id: customer_id, happened_at: happened_at, kind: kind, value: value, detail: detail}
"""


def read_on(history, sources, *moments):
    frame = pd.DataFrame(moments, columns=["customer_id", "day"])
    frame["day"] = pd.to_datetime(frame["day"])
    visible = signals.find_visible(history, sources)
    return signals.shown_at(frame, history, sources, visible)


@pytest.fixture
def small(client):
    history, sources = opened(client(ORDERS, YML, events_csv=EVENTS)[0])
    yield history, sources
    sources.close()


def test_signals_are_what_the_orders_and_events_say(small):
    on = read_on(*small, ("a", "2024-06-20"), ("b", "2024-06-20"), ("c", "2024-06-20"))
    a, b, c = (on.iloc[row] for row in range(3))
    assert a["overdue"] == 0  # 19 days, usual gap 51
    assert a["longer_gaps"] == 1  # 92 days after gaps of 30
    assert a["smaller_order"] == 1 and a["more_discount"] == 1
    assert a["fewer_visits"] == 1  # none in 90 days, 5 in the 94 before
    assert (a["complaint"], a["unsolved_complaint"]) == (1, 0)
    assert (a["complaint=Late"], a["complaint=Broken"]) == (1, 0)
    assert (b["unsolved_complaint"], b["complaint=Broken"]) == (1, 1)
    assert (b["unsubscribed"], b["cancellation"], b["returned_goods"], b["call"]) == (1, 1, 1, 1)
    assert b[["overdue", "longer_gaps", "smaller_order", "fewer_visits", "low_review"]].isna().all()
    assert (c["inquiry"], c["complaint"]) == (1, 0) and np.isnan(c["low_review"])


def test_nothing_later_than_the_day_is_seen(small):
    before = read_on(*small, ("a", "2024-06-04"), ("b", "2024-05-01"))
    assert before.loc[0, "complaint"] == 0 and before.loc[0, "longer_gaps"] == 1
    assert not before.loc[1, ["unsolved_complaint", "unsubscribed", "cancellation", "returned_goods"]].any()
    on_may_1 = read_on(*small, ("a", "2024-05-01")).iloc[0]
    assert on_may_1["overdue"] == 1 and np.isnan(on_may_1["longer_gaps"])


def test_a_cut_record_gives_the_same_signals(demo, demo_data, tmp_path):
    """Whatever happens after a landmark may be deleted from the exports."""
    folder = tmp_path / "demo"
    folder.mkdir()
    source = demo_data / "demo"
    day = demo.past.landmarks[0]
    for path in source.iterdir():
        if path.suffix == ".csv" and path.name not in ("bestellungen_2024.csv", "bestellungen_2025.csv"):
            (folder / path.name).write_bytes(path.read_bytes())
    events = pd.read_csv(source / "ereignisse.csv")
    events[events["Am"] <= day.isoformat()].to_csv(folder / "ereignisse.csv", index=False)
    yml = (source / "client.yml").read_text(encoding="utf-8")
    yml = yml.replace(", bestellungen_2024.csv, bestellungen_2025.csv", "")
    (folder / "client.yml").write_text(yml, encoding="utf-8")
    history, sources = opened(tmp_path, "demo")
    rows = demo.past.rows
    there = (rows["landmark"] == pd.Timestamp(day)).to_numpy()
    moments = rows[there].rename(columns={"landmark": "day"})[["customer_id", "day"]]
    again = signals.shown_at(moments, history, sources, demo.past.visible)
    pd.testing.assert_frame_equal(again, demo.past.signals[there].reset_index(drop=True))
    sources.close()


def test_warned_before_the_last_order_means_the_day_before_it(small):
    history, sources = small
    day = pd.Timestamp("2024-06-20")
    last = day - pd.Timedelta(days=19)  # a's last order
    at_it, before_it = (
        read_on(history, sources, ("a", last)).iloc[0],
        read_on(history, sources, ("a", last - pd.Timedelta(days=1))).iloc[0],
    )
    assert at_it["smaller_order"] == 1 and before_it["smaller_order"] == 0
    assert before_it["overdue"] == 1 and at_it["overdue"] == 0


# The judgement -------------------------------------------------------------------------------


def made_past(shown, left, silence=None, orders=None, chance=0.5, landmarks=1, **more):
    """Return a past with the signals given, customers spread over all shards."""
    n = len(left)
    rows = pd.DataFrame(
        {
            "customer_id": [f"c{k:05d}" for k in range(n)],
            "landmark": EPOCH + pd.to_timedelta(200 * (np.arange(n) % landmarks), unit="D"),
            "shard": np.arange(n) // landmarks % SHARDS,
            "orders": 3 if orders is None else orders,
            "silence": 10 if silence is None else silence,
            "threshold_days": 200,
            "age": 300,
            "left": np.asarray(left, dtype=bool),
            "chance": chance,
        }
    )
    frame = pd.DataFrame(shown)
    visible = Visible(tuple(frame), (), (), np.nan)
    given = {"outcome": leaving.NO_ORDER, "wanted_days": 183, "rules": EarlyWarning()} | more
    return leaving.LookBack(rows, frame, frame, visible, 183, 200, **given)


def test_the_pooled_ratio_is_mantel_and_haenszel_s():
    random = np.random.default_rng(1)
    n = 3000
    stratum = random.integers(0, 12, n)
    on = random.uniform(size=n) < 0.1 + 0.05 * stratum
    left = random.uniform(size=n) < 0.1 + 0.04 * stratum + 0.1 * on
    counts = judged.tables(on, left, stratum, random.integers(0, SHARDS, n))
    ratio, low, high, p = judged.risk_ratio(counts)
    pooled = StratifiedTable(np.moveaxis(counts.sum(axis=0), 0, -1))
    assert ratio == pytest.approx(pooled.riskratio_pooled)
    assert p == pytest.approx(pooled.test_null_odds().pvalue, abs=0.02) and low < ratio < high


def test_intervals_of_the_ratio_cover_where_customers_stand_on_several_days():
    random, truth, inside = np.random.default_rng(2), 1.5, 0
    for _ in range(200):
        customers, days = 600, 3
        prone = random.uniform(0.5, 1.5, customers)
        on = np.tile(random.uniform(size=customers) < 0.2, days)
        left = random.uniform(size=customers * days) < 0.2 * np.tile(prone, days) * np.where(on, truth, 1)
        shards = np.tile(np.arange(customers) % SHARDS, days)
        counts = judged.tables(on, left, np.repeat(np.arange(days), customers), shards)
        _, low, high, _ = judged.risk_ratio(counts)
        inside += low <= truth <= high
    assert 182 <= inside <= 199


def test_a_signal_that_only_goes_with_silence_does_not_warn():
    random = np.random.default_rng(3)
    n = 6000
    silence = random.integers(1, 200, n)
    left = random.uniform(size=n) < silence / 250
    overdue = (random.uniform(size=n) < silence / 250).astype(float)
    real = np.where(left, random.uniform(size=n) < 0.3, random.uniform(size=n) < 0.15).astype(float)
    seen = judged.judge(made_past({"overdue": overdue, "unsubscribed": real}, left, silence))
    by_signal = seen.judged.set_index("signal")
    naive = left[overdue == 1].mean() / left[overdue == 0].mean()
    assert naive > 1.5 and by_signal.loc["overdue", "verdict"] == "nothing"
    assert by_signal.loc["unsubscribed", "verdict"] == "warns" and seen.warning == ["unsubscribed"]


def test_few_of_many_empty_signals_are_called_clear():
    random, named = np.random.default_rng(4), 0
    names = list(signals.NEEDS)
    for _ in range(20):
        left = random.uniform(size=1000) < 0.4
        shown = {name: (random.uniform(size=1000) < 0.2).astype(float) for name in names}
        named += len(judged.judge(made_past(shown, left)).warning) > 0
    assert named <= 3


def test_signals_that_cannot_be_judged_are_named_with_the_reason():
    random = np.random.default_rng(5)
    n = 1000
    left = random.uniform(size=n) < 0.4
    on = (random.uniform(size=n) < 0.3).astype(float)
    shown = {
        "overdue": np.full(n, np.nan),
        "complaint": np.zeros(n),
        "unsubscribed": on,
        "fewer_orders": np.ones(n),
        "falling_value": np.where(random.uniform(size=n) < 0.005, 1 - on, on),
        "call": (np.arange(n) < 12).astype(float),
    }
    seen = judged.judge(made_past(shown, left))
    assert seen.not_judged == {
        "overdue": "untold",
        "complaint": "constant",
        "fewer_orders": "few",
        "falling_value": "same",
        "call": "few",
    }
    said = " ".join(seen.sentences(WORDS))
    named = said[said.index("Too few show it to judge") :]
    for name in ("overdue", "complaint", "fewer_orders", "call"):
        assert words.label(name, WORDS) in named


def test_a_signal_that_separates_perfectly_does_no_harm():
    random = np.random.default_rng(6)
    left = random.uniform(size=1200) < 0.4
    only_stay = ((random.uniform(size=1200) < 0.3) & ~left).astype(float)
    past = made_past({"unsubscribed": left.astype(float), "call": only_stay}, left, landmarks=2)
    seen = judged.judge(past)
    verdicts = seen.judged.set_index("signal")["verdict"]
    assert verdicts.to_dict() == {"unsubscribed": "warns", "call": "reassures"}
    combined = model.combine(past)
    risk = combined.risk(past.rows, past.signals)
    assert np.isfinite(risk).all() and risk[left].min() > risk[~left].max()
    assert max(abs(effect) for effect in combined.effects.values()) < 8
    assert all("nan" not in sentence for sentence in seen.sentences(WORDS))


def test_signals_only_deal_the_return_probability_out_anew():
    random = np.random.default_rng(7)
    n = 2000
    chance = random.uniform(0.2, 0.8, n)
    on = (random.uniform(size=n) < 0.2).astype(float)
    left = random.uniform(size=n) < np.clip(1 - chance + 0.2 * on, 0, 1)
    past = made_past({"unsubscribed": on}, left, chance=chance)
    combined = model.combine(past)
    risk = combined.risk(past.rows, past.signals)
    assert risk.sum() == pytest.approx((1 - chance).sum())
    assert (risk > 1 - chance)[on == 1].all() and (risk < 1 - chance)[on == 0].all()


def test_too_few_who_left_give_no_combined_warning():
    on = np.r_[np.ones(50), np.zeros(450)]
    assert model.combine(made_past({"unsubscribed": on}, np.arange(500) < 20)) is None
    assert model.combine(None) is None


def test_the_ridge_fit_has_its_slope_at_zero():
    random = np.random.default_rng(8)
    design = np.column_stack([random.normal(size=(300, 3)), np.ones(300)])
    design[:, 1] = design[:, 0]  # collinear
    left = (random.uniform(size=300) < 0.3).astype(float)
    penalty = np.array([4.0, 4.0, 4.0, 0.01])
    beta = model.ridge(design, left, penalty, np.zeros(300))
    slope = design.T @ (1 / (1 + np.exp(-design @ beta)) - left) + penalty * beta
    assert np.abs(slope).max() < 1e-4 and beta[0] == pytest.approx(beta[1], abs=1e-6)


# The trial -----------------------------------------------------------------------------------


def test_the_trial_does_not_see_the_day_that_it_is_tried_on():
    random = np.random.default_rng(9)
    n = 3000
    left = random.uniform(size=n) < 0.4
    latest = np.arange(n) % 3 == 2
    tells = np.where(latest, left, random.uniform(size=n) < 0.4).astype(float)
    past = made_past({"unsubscribed": tells}, left, landmarks=3)
    chosen = SimpleNamespace(warning=EarlyWarning(), seed=1)
    tried = backtest.try_on_past(past, chosen)
    areas = tried.areas.set_index("rule")
    assert tried.day == date(2024, 2, 5) and tried.customers == 1000
    assert areas["auc"].max() < 0.75  # the answer stood in the signal, and only on that day
    assert backtest.try_on_past(past.take(~latest), chosen).day == date(2023, 7, 20)


def test_a_simple_rule_that_ranks_better_beyond_doubt_is_used():
    random = np.random.default_rng(10)
    n = 2000
    silence = random.integers(1, 200, n)
    left = random.uniform(size=n) < silence / 220
    past = made_past({"overdue": np.zeros(n)}, left, silence, chance=random.uniform(size=n))
    tried = backtest.try_on_past(past, SimpleNamespace(warning=EarlyWarning(), seed=1))
    assert tried.rule == "silence"
    said = " ".join(tried.sentences(WORDS))
    assert "The silence alone ranked better beyond doubt" in said
    caught = tried.areas.set_index("rule").loc["silence", "caught"]
    assert f"by the silence alone, {WORDS.percent(caught)} left" in said
    first = backtest.caught(tried, WORDS, tried.calls).cells["of them left"]
    assert f"({WORDS.percent(caught)})" in first  # though many are level with the last of them
    risk = calls.risk_today(past.rows, past.signals, None, tried)
    assert risk.sum() == pytest.approx((1 - past.rows["chance"]).sum())
    assert risk[silence.argmax()] == risk.max()


# The demo client -----------------------------------------------------------------------------


def test_what_is_planted_in_the_demo_client_is_found(demo):
    by_signal = demo.seen.judged.set_index("signal")
    planted = ["unsolved_complaint", "unsubscribed", "smaller_order", "fewer_visits", "low_review"]
    assert (by_signal.loc[planted, "lift"] > 1).all()
    assert (by_signal.loc[planted, "verdict"] == "warns").sum() >= 3
    others = ["returned_goods", "more_discount", "call", "inquiry", "complaint=Beratung"]
    assert not (by_signal.loc[others, "verdict"] == "warns").any()
    assert set(demo.seen.not_judged) <= {"cancellation"}  # few cancel


def test_the_warning_ranks_better_than_silence_and_orders(demo):
    areas = demo.tried.areas.set_index("rule")
    assert (areas.loc[["silence", "orders"], "behind_low"] > 0).all()
    assert demo.past.landmarks[0] >= demo.history.first_day
    assert demo.tried.day == demo.past.landmarks[-1]


def test_nobody_is_called_without_consent_and_no_more_than_can_be(demo):
    called = demo.plan.called
    assert len(called) == 50 and list(called["call_rank"]) == list(range(1, 51))
    known = demo.sources.customers
    may = known.filter(known.may_phone).select("customer_id").to_pyarrow()["customer_id"].to_pylist()
    assert set(called["customer_id"]) <= set(may)
    assert called["warning"].notna().all() and called["first_step"].notna().all()
    lapsed = demo.customers.set_index("customer_id")["lapsed"]
    assert not lapsed[called["customer_id"]].any()


def test_every_customer_has_a_row_and_only_the_watched_a_risk(demo):
    found = demo.plan.customers
    assert list(found["customer_id"]) == list(demo.customers["customer_id"])
    watched = (demo.customers["orders"] > 0) & ~demo.customers["lapsed"]
    assert (found["leaving_risk"].notna() == watched).all()
    assert found.loc[~watched, ["warning", "first_step", "call_rank"]].isna().all().all()
    chance = 1 - demo.customers.loc[watched, "return_probability"]
    assert found.loc[watched, "leaving_risk"].sum() == pytest.approx(chance.sum())


def test_cancellations_and_complaints_follow_their_own_rules(demo):
    called = demo.plan.called.reset_index(drop=True)
    cancelled = called["warning"].str.contains("a cancellation announced")
    complained = called["warning"].str.contains("an unsolved complaint") & ~cancelled
    assert (called.loc[cancelled, "first_step"] == "call before you confirm the cancellation").all()
    assert (called.loc[complained, "first_step"] == "apologise and put it right; sell nothing").all()
    assert cancelled.any() and complained.any()
    days = called["warning"].str.extract(r"cancellation announced (\d+) days ago")[0].astype(float)
    fresh = days <= calls.FRESH_DAYS
    assert fresh[: int(fresh.sum())].all()
    stakes = called.loc[~fresh, "margin_at_stake"]
    assert stakes.is_monotonic_decreasing


def test_the_title_of_the_figure_says_how_many_signals_warn(demo):
    title = demo.figure.figure.get_suptitle()
    assert title == f"{len(demo.seen.warning)} signals warn of leaving"
    without = demo.seen.judged.copy()
    without.loc[without["signal"] == demo.seen.warning[0], ["lift_low", "lift_high"]] = np.nan
    one_not_drawn = replace(demo.seen, judged=without).figure(WORDS).figure
    assert one_not_drawn.get_suptitle() == title


def test_the_arms_hold_only_those_whom_no_rule_calls_for(demo):
    arms, called = demo.plan.arms(()), demo.plan.called.set_index("customer_id")
    treated = arms.loc[arms["arm"] == "treated", "customer_id"]
    assert (called.loc[treated, "call_kind"] == "satisfaction").all()
    assert len(treated) == (called["call_kind"] == "satisfaction").sum() > 0
    assert set(arms["contacted_at"]) == {demo.plan.monday}
    assert arms["cost"].isna().all()  # the cost of a call is known from the catalogue alone


def test_the_words_come_from_the_findings_alone(demo, tmp_path):
    findings.write(tmp_path / "05.json", demo.found)
    again = findings.read(tmp_path / "05.json")
    assert words.signal_sentences(again, WORDS) == demo.seen.sentences(WORDS)
    assert calls.call_sentences(again, WORDS) == demo.plan.sentences(WORDS)
    assert backtest.backtest_sentences(again, WORDS) == demo.tried.sentences(WORDS)
    assert not [sentence for sentence in demo.said if "nan" in sentence or "None" in sentence]


def test_the_same_input_gives_the_same_findings(demo):
    again = leaving.look_back(demo.history, demo.sources, demo.past.threshold_days, 183)
    pd.testing.assert_frame_equal(again.rows, demo.past.rows)
    pd.testing.assert_frame_equal(again.before, demo.past.before)
    assert judged.judge(again).findings() == demo.seen.findings()
    assert backtest.try_on_past(again, demo.history.settings).findings() == demo.tried.findings()


# Little or odd data --------------------------------------------------------------------------


def shop(customers=300, span=700, seed=1):
    """Return orders of a shop whose customers come and go, as CSV."""
    random, rows = np.random.default_rng(seed), []
    for number in range(customers):
        day = float(random.integers(0, span))
        end = min(day + random.exponential(300), span)
        while day <= end:
            rows.append((f"c{number:04d}", EPOCH + pd.Timedelta(days=int(day)), 20 + number % 7))
            day += max(1.0, random.gamma(1.5, 40))
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])


def steady(customers=60):
    days = pd.date_range(EPOCH, periods=24, freq="30D")
    rows = [(f"c{number}", day, 10) for number in range(customers) for day in days]
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])


ODD = {
    "everybody lapsed": (shop(120), "as_of: 2031-01-01\n", "Nobody is there to be warned of"),
    "nobody left": (steady(), "", "Nobody left, so nothing can have warned"),
    "bought once": (shop().drop_duplicates("customer_id"), "", "All of them left"),
    "short": (shop(120, 150), "", "too young to follow anybody for 183 days"),
    "very short": (shop(120, 40), "", "What warns of leaving cannot be told"),
    "one day": (shop(40).assign(ordered_at=EPOCH), "", "How likely each is to leave cannot be told"),
    "one customer": (steady(1), "", "One customer is not lapsed today"),
}


@pytest.mark.parametrize("case", ODD)
def test_too_little_is_said_plainly(client, case):
    orders, more, expected = ODD[case]
    yml = YML.split("  events")[0].replace(", list_amount: list_amount", "") + more
    history, sources = opened(client(orders.to_csv(index=False), yml)[0])
    chapter = whole_chapter(history, sources)
    assert expected in " ".join(chapter.said)
    assert not [sentence for sentence in chapter.said if "nan" in sentence or "None" in sentence]
    assert list(chapter.plan.customers["customer_id"]) == list(chapter.customers["customer_id"])
    sources.close()


def test_without_consent_nobody_is_called_and_what_the_data_lack_is_named(client):
    yml = YML.split("  events")[0].replace(", list_amount: list_amount", "")
    history, sources = opened(client(shop().to_csv(index=False), yml)[0])
    chapter = whole_chapter(history, sources)
    said = " ".join(chapter.said)
    assert chapter.plan.called.empty and "these data do not say who has agreed" in said
    without = chapter.plan.by_name["calls_without_consent"]
    assert without.n == without.value > 0  # letters are assumed to be allowed
    table = chapter.plan.table(WORDS)
    assert (
        table.caption == "Nobody may be called; the first to write to instead"
        and len(table.frame) == calls.SHOWN
    )
    assert table.frame["warning"].notna().all() and table.frame["margin_at_stake"].is_monotonic_decreasing
    assert "with events of the kind complaint" in said and "the column list_amount" in said
    sources.close()


def test_with_assumed_consent_the_capacity_is_kept_and_who_is_not_due_is_left_alone(client):
    yml = YML.split("  events")[0].replace(", list_amount: list_amount", "")
    yml += "consent: {assumed: [phone]}\nwarning: {calls_per_week: 7}\n"
    never = [f"c{number:04d}" for number in range(0, 300, 2)]
    folder, _ = client(shop().to_csv(index=False), yml, suppress_csv="\n".join(never))
    history, sources = opened(folder)
    plan = whole_chapter(history, sources).plan
    assert len(plan.called) == 7 == plan.by_name["calls_assumed"].value
    listed = plan.customers[plan.customers["call_rank"].notna() | plan.customers["call_held_back"]]
    assert not set(listed["customer_id"]) & set(never)
    assert "is assumed (consent.assumed)" in " ".join(plan.sentences(WORDS))
    told = pd.DataFrame(
        {"orders": [5, 5], "silence": [10, 60], "age": [170, 260], "margin_at_stake": 9.0, "warned": False}
        | {"complaint": False, "cancellation": False, "contacted_recently": False, "lost_for_good": False}
    )
    assert list(calls._wanted(told)) == [False, True]  # usual gaps of 40 and 50 days
    sources.close()


def contract_client():
    random = np.random.default_rng(3)
    orders, people, events = [], [], []
    for number in range(500):
        name, start = f"c{number:04d}", int(random.integers(0, 600))
        end = start + random.exponential(900)
        upset = start + int(random.integers(30, 250)) if random.uniform() < 0.3 else None
        if upset is not None and upset < min(end, 900):
            end = upset + (end - upset) / 4
            events.append((name, EPOCH + pd.Timedelta(days=upset), "complaint", "", ""))
        paid = np.arange(start, min(int(end), 900), random.integers(25, 36))
        orders += [(name, EPOCH + pd.Timedelta(days=int(day)), 20) for day in paid]
        ended = EPOCH + pd.Timedelta(days=int(end)) if end < 920 else None
        people.append((name, ended, "yes"))
    names = (
        ["ordered_at", "amount"],
        ["cancelled_on", "may_phone"],
        ["happened_at", "kind", "value", "detail"],
    )
    frames = zip((orders, people, events), names, strict=True)
    return [pd.DataFrame(rows, columns=["customer_id", *columns]) for rows, columns in frames]


def test_with_contracts_to_leave_is_to_cancel(client):
    orders, people, events = (frame.to_csv(index=False) for frame in contract_client())
    yml = YML.replace(", list_amount: list_amount", "") + (
        "  customers:\n    files: people.csv\n"
        "    columns: {customer_id: customer_id, cancelled_on: cancelled_on, may_phone: may_phone}\n"
    )
    history, sources = opened(client(orders, yml, people_csv=people, events_csv=events)[0])
    past = leaving.look_back(history, sources, 60, leaving.horizon_that_fits(history))
    seen, combined = judged.judge(past), model.combine(past)
    tried = backtest.try_on_past(past, history.settings)
    assert past.outcome == leaving.CANCELLED and not combined.on_chance
    lift = seen.judged.set_index("signal").loc["unsolved_complaint"]
    assert lift["verdict"] == "warns" and 1.8 < lift["lift"] < 4.5
    frame = customers(history).assign(lapsed=True, return_probability=0.5, expected_orders=3.0)
    plan = calls.plan_calls(history, sources, frame, seen, combined, tried, WORDS)
    ended = cancellation_days(history)
    gone = set(ended[ended <= pd.Timestamp(history.as_of)].index)
    assert len(plan.watched) == len(frame) - len(gone) and not gone & set(plan.called["customer_id"])
    assert "contracts run today" in " ".join(plan.sentences(WORDS))
    sources.close()


# Landmarks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("horizon", "expected"), [(183, [183, 366, 549, 732]), (150, [150, 300, 365, 450, 600])]
)
def test_the_same_season_a_year_ago_is_among_the_past_days(horizon, expected):
    history = SimpleNamespace(first_day=date(2022, 1, 1), as_of=date(2024, 12, 31))
    days = leaving.landmark_days(history, horizon)
    assert sorted((history.as_of - day).days for day in days) == expected


def test_every_past_day_has_a_whole_horizon_after_it_and_history_before():
    history = SimpleNamespace(first_day=date(2024, 1, 1), as_of=date(2024, 12, 31))
    assert leaving.landmark_days(history, 182) == [date(2024, 7, 2)]
    assert leaving.landmark_days(history, 300) == []


def test_a_longer_list_catches_more_leavers_and_more_who_stay(demo, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_HEADLESS", "1")
    shown = backtest.how_many_calls(demo.tried, WORDS).frame
    assert len(shown) == len(backtest.LENGTHS)
    left = [demo.tried.in_order[:number].sum() for number in backtest.LENGTHS]
    assert left == sorted(left) and demo.tried.in_order.sum() == pytest.approx(demo.tried.left)
    precision = [count / number for count, number in zip(left, backtest.LENGTHS, strict=True)]
    assert precision[-1] < precision[2] and "50" in set(shown["warned of"])
    too_few = backtest.try_on_past(None, demo.history.settings)
    assert backtest.how_many_calls(too_few, WORDS) is None


def test_where_all_without_consent_may_be_written_to_that_is_said_once():
    found = {
        "calls_without_consent": findings.Finding("calls_without_consent", 12, unit="customers", n=12),
        "calls_assumed": findings.Finding("calls_assumed", 0),
    }
    (said,) = call_words._without_consent(found, WORDS)
    assert said.startswith("12 who would be on the list may not be called; all of them may be written to")
    found["calls_without_consent"] = findings.Finding("calls_without_consent", 12, unit="customers", n=3)
    (said,) = call_words._without_consent(found, WORDS)
    assert "; 3 of them may be written to" in said
