"""Chapter 08, after a campaign: arms, effects, verdicts, and what is said where nothing can be told."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from playbook.archive import findings as found
from playbook.chapters.measurement.campaigns import Measurements
from playbook.chapters.measurement.naive_answers import naive_answers, naive_sentences
from playbook.chapters.measurement.segments import by_segment
from playbook.demo import retailer
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings.client import load
from playbook.settings.measurement import Measurement
from playbook.show.words import Words
from playbook.stats.trials.data import assign, read_trials
from playbook.stats.trials.effects import (
    Effect,
    adjust,
    bootstrap,
    correct,
    difference_skewness,
    harm,
    outcome,
    skewed,
    symmetric,
    welch,
)
from playbook.stats.trials.measure import measure
from playbook.stats.trials.over_time import over_time, second_lives, share_active
from playbook.stats.trials.verdicts import Evidence, arms_alike, judge, sample_ratio
from tests.hillstrom import write_hillstrom
from tests.trials import START, client_of, contacts_of, ids, orders_of, simple

WORDS = Words()
RULES = Measurement(bootstrap_draws=200)
TOO_FEW = ["For whom it worked better cannot be told: too few came back to compare groups with each other."]


def judged(client, rules=RULES, **more):
    return measure(client.trials(**more)[0], rules, 1)


def said(measured) -> str:
    return " ".join(Measurements((measured,)).sentences(WORDS))


# Effects -------------------------------------------------------------------------------------


def test_everybody_counts_in_the_arm_that_chance_put_them_in():
    measured = judged(simple(n=200, won=80, unaided=40, amount=20.0))
    back, net = measured.whole.effects["return"], measured.main
    assert (back.treated, back.control) == (0.4, 0.2)
    assert back.value == pytest.approx(0.2)
    trial = measured.trial
    gross = trial.total("margin", 0, 90)
    expected = gross[trial.treated].mean() - 1.0 - gross[~trial.treated].mean()
    assert net.outcome == "net"
    assert net.value == pytest.approx(expected)
    assert measured.whole.extra_spend == pytest.approx(1.0)


def test_the_interval_is_welchs():
    random = np.random.default_rng(2)
    yes, no = random.normal(1, 3, 400), random.normal(0, 1, 100)
    values, treated = np.concatenate([yes, no]), np.repeat([True, False], [400, 100])
    effect = welch(values, treated, np.ones(500), "margin", 90, 30)
    a, b = yes.var(ddof=1) / 400, no.var(ddof=1) / 100
    assert effect.se == pytest.approx(np.sqrt(a + b))
    from scipy.stats import t

    freedom = (a + b) ** 2 / (a**2 / 399 + b**2 / 99)
    assert effect.freedom == pytest.approx(freedom)
    reach = t.ppf(0.975, freedom) * np.sqrt(a + b)
    assert effect.high - effect.low == pytest.approx(2 * reach, rel=0.01)
    assert (effect.high + effect.low) / 2 == pytest.approx(effect.value, abs=0.05 * reach)  # hardly skewed


def test_a_long_tail_moves_both_bounds_to_the_side_of_the_smaller_arms_tail():
    random = np.random.default_rng(3)
    values = np.where(random.random(3000) < 0.2, random.lognormal(3, 1.2, 3000), 0.0)
    treated = np.arange(3000) < 2700
    effect = welch(values, treated, values, "margin", 90, 30)
    assert (effect.low + effect.high) / 2 < effect.value
    for u in (-2.0, 0.3, 2.5):
        assert skewed(symmetric(u, effect.skewness), effect.skewness) == pytest.approx(u)


def test_a_small_arm_without_its_large_amounts_still_has_its_bound_moved_out():
    random = np.random.default_rng(3)
    large = np.where(random.random(2700) < 0.2, random.lognormal(3, 1.2, 2700), 0.0)
    small = np.where(np.arange(300) < 60, 60.0 + np.arange(300) % 7, 0.0)
    values, treated = np.concatenate([large, small]), np.arange(3000) < 2700
    effect = welch(values, treated, values, "margin", 90, 30)
    below, above = effect.value - effect.low, effect.high - effect.value
    shape = ((small - small.mean()) ** 3).mean() / small.std() ** 3
    alone = -shape * small.std() ** 3 / 300**2 / effect.se**3
    assert effect.skewness < alone
    assert below > 1.05 * above


def test_the_shape_of_one_arm_alone_counts_where_the_other_has_no_spread():
    found = difference_skewness((100, 50), (4.0, 0.0), (16.0, 0.0), 0.2)
    assert found == pytest.approx(16.0 / 100**2 / 0.2**3)


def test_the_adjusted_interval_moves_out_as_welchs_does():
    random = np.random.default_rng(5)
    values = np.where(random.random(3000) < 0.1, random.lognormal(3, 1.2, 3000), 0.0)
    treated = np.arange(3000) < 2700
    effect = adjust(
        welch(values, treated, values, "margin", 90, 30), values, treated, random.random((3000, 2))
    )
    below, above = effect.adjusted - effect.adjusted_low, effect.adjusted_high - effect.adjusted
    assert below > 1.05 * above
    assert below / above == pytest.approx((effect.value - effect.low) / (effect.high - effect.value), rel=0.3)


def test_no_interval_below_thirty_buyers_in_the_smaller_arm():
    values = np.zeros(1000)
    values[:100], values[900:903] = 5.0, 5.0
    treated = np.arange(1000) < 900
    assert not welch(values, treated, values, "margin", 90, 30).has_interval
    assert welch(values, treated, values, "margin", 90, 10).has_interval


@tries(max_examples=30, deadline=None)
@given(st.integers(1, 10_000))
def test_the_bootstrap_agrees_with_the_formula(seed):
    random = np.random.default_rng(seed)
    values = np.where(random.random(4000) < 0.1, random.gamma(2, 20, 4000), 0.0)
    treated = np.arange(4000) < 2500
    effect = welch(values, treated, values, "margin", 90, 30)
    drawn = bootstrap(values[:, None], treated, 1500, seed)[:, 0]
    assert drawn.mean() == pytest.approx(effect.value, abs=4 * effect.se / np.sqrt(1500) + 1e-9)
    assert drawn.std(ddof=1) == pytest.approx(effect.se, rel=0.10)


def test_several_arms_are_corrected_as_holm_orders_them():
    def effect(value, p):
        low, high = value - 1.96, value + 1.96
        return Effect("margin", "money", 90, 99, 99, 0, 0, value, 99, 1.0, low, high, p)

    clear, close, nothing = correct([effect(4.0, 0.0001), effect(2.1, 0.036), effect(0.1, 0.9)])
    assert clear.corrected_low == pytest.approx(4.0 - 2.394, abs=0.01)  # 5% over three
    assert close.corrected_low < 0 < close.low  # 5% over two is not reached
    assert nothing.corrected_high - nothing.corrected_low > 2 * 1.96


def test_adjustment_for_what_was_before_narrows_the_interval():
    random = np.random.default_rng(3)
    people = ids("A", 1200)
    past = random.gamma(2, 30, 1200)
    after = past * 0.4 + random.gamma(2, 2, 1200)
    orders = orders_of((people, -200, past), (people, 20, after))
    client = client_of(orders, contacts_of(people[::2], people[1::2]))
    main = judged(client).main
    assert main.adjusted_high - main.adjusted_low < 0.8 * (main.high - main.low)


def test_effects_do_not_depend_on_the_order_of_the_lines():
    first = simple()
    rows = contacts_of(ids("T", 200), ids("C", 200)).sample(frac=1, random_state=4)
    spread = np.linspace(0.5, 1.5, 200) * 20.0
    listed = [(ids("T", 200) + ids("C", 200), -400, 30.0)]
    listed += [(ids("T", 80), 10, spread[:80]), (ids("C", 40), 10, spread[:40])]
    second = client_of(orders_of(*listed).sample(frac=1, random_state=5), rows)
    assert judged(first).whole == judged(second).whole


# Verdicts ------------------------------------------------------------------------------------


def bounds(low, high, name="margin") -> Effect:
    value = (low + high) / 2
    return Effect(
        name, "money", 90, 99, 99, 0, 0, value, 99, 1, low, high, 0.5, corrected_low=low, corrected_high=high
    )


@pytest.mark.parametrize(
    ("main", "early", "late", "quits", "verdict"),
    [
        ((1, 3), (1, 2), (-1, 1), (0, 0.005), "works"),
        ((1, 3), (1, 2), (-3, -1), (0, 0.005), "backfires_later"),  # asked before works
        ((1, 3), (1, 2), (-1, 1), (0.02, 0.05), "backfires_later"),
        ((1, 3), (-1, 2), (-3, -1), (0.02, 0.05), "works"),  # nothing looked good to begin with
        ((-3, 0.4), (-1, 1), (-1, 1), (0, 0), "does_not"),
        ((-3, 0.6), (-1, 1), (-1, 1), (0, 0), "cannot_be_told"),
        ((0.1, 0.3), (-1, 1), (-1, 1), (0, 0), "works"),  # small, and certain
    ],
)
def test_verdicts_follow_the_rules(main, early, late, quits, verdict):
    evidence = Evidence(bounds(*main), bounds(*early), bounds(*late), [bounds(*quits)], 0.5, 0.01)
    assert judge(evidence).verdict == verdict


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


def test_unsubscriptions_beyond_the_tolerance_turn_a_gain_into_a_harm():
    client = simple(n=400, won=160, unaided=40)
    quits = pd.DataFrame(
        {"customer_id": ids("T", 60), "happened_at": START + pd.Timedelta(days=3), "kind": "unsubscribe"}
    )
    treated, control, spread = ids("T", 400), ids("C", 400), np.linspace(10, 30, 400)
    orders = orders_of(
        (treated + control, -400, 30.0), (treated[:160], 10, spread[:160]), (control[:40], 10, spread[:40])
    )
    driven = client_of(orders, contacts_of(treated, control), events=quits)
    assert judged(client).judgement.verdict == "works"
    assert judged(driven).judgement.verdict == "backfires_later"


def test_harm_needs_no_number_of_cases():
    values = np.zeros(1000)
    values[:40] = 1
    effect = harm(values, np.arange(1000) < 500, "unsubscribe", 90)
    assert effect.value == pytest.approx(0.08)
    assert 0.05 < effect.low < 0.08 < effect.high < 0.11


# Costs ---------------------------------------------------------------------------------------


def test_the_cost_of_an_additional_customer_is_undefined_where_it_could_be_nobody():
    clear, nobody = judged(simple(won=80, unaided=40)), judged(simple(won=42, unaided=40))
    value, low, high = clear.whole.cost_per_additional
    assert value == pytest.approx(1 / 0.2)
    assert low < value < high
    assert nobody.whole.cost_per_additional is None


def test_an_incentive_is_paid_to_all_who_come_back():
    client = simple(won=80, unaided=40)
    without, with_it = judged(client), judged(client, incentives={"Letter": 5.0})
    assert without.main.value - with_it.main.value == pytest.approx(0.4 * 5.0)


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


def test_the_curve_ends_where_the_reading_does():
    measured = judged(simple(later=20))
    curve = over_time(measured.trial, 90)
    assert curve["value"].iloc[-1] == pytest.approx(measured.main.value)
    assert curve["value"].iloc[0] == pytest.approx(-1.0)
    assert (curve["high"] - curve["low"]).iloc[-1] / 2 == pytest.approx(1.96 * measured.main.se, rel=1e-6)


def test_shares_active_and_second_lives_by_arm():
    trial = simple(n=200, won=80, unaided=40, later=20).trials()[0]
    active = share_active(trial, 89)
    assert active["treated"].tolist() == [0.4, 0, 0]
    assert active["control"].tolist() == [0.2, 0, 0.1]
    assert second_lives(trial, 90, 90)["returners"].tolist() == [80, 60]


def test_an_offer_is_compared_with_those_who_would_have_got_it():
    treated, control = ids("T", 400), ids("C", 400)
    rows = contacts_of(treated, control)
    rows["offer"] = (["Call"] * 100 + ["Letter"] * 300) * 2
    spread = np.linspace(10, 30, 400)
    orders = orders_of(
        (treated + control, -400, 30.0),
        (treated[:80], 10, spread[:80]),  # those called come back, and so would they have
        (control[:80], 10, spread[:80]),
        (treated[100:160], 10, spread[:60]),
        (control[100:130], 10, spread[:30]),
    )
    arms = judged(client_of(orders, rows)).arms
    assert arms["Call"].effects["return"].value == 0
    assert arms["Letter"].effects["return"].value == pytest.approx(0.1)
    assert arms["Call"].effects["return"].n_control == 100


# Bad input -----------------------------------------------------------------------------------


def changed(rows: pd.DataFrame, won=80) -> object:
    spread = np.linspace(10, 30, 200)
    listed = [(ids("T", 200) + ids("C", 200), -400, 30.0)]
    listed += [(ids("T", won), 10, spread[:won]), (ids("C", 40), 10, spread[:40])]
    return client_of(orders_of(*listed), rows)


def test_nobody_held_back():
    measured = judged(changed(contacts_of(ids("T", 200), [])))
    assert (measured.judgement.verdict, measured.judgement.reason) == ("cannot_be_told", "no_control")
    assert "no effect can be claimed" in said(measured)
    assert measured.main is None
    assert "how many of them would have anyway, nobody knows" in " ".join(naive_sentences((measured,), WORDS))


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


def test_beside_the_usual_answers_stands_an_interval_or_that_it_cannot_be_told():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    told = judged(changed(rows))
    low, high = (WORDS.number(end, 2) for end in (told.main.low, told.main.high))
    few = judged(
        client_of(orders_of((ids("T", 200) + ids("C", 200), -400, 30.0), (["T00001"], 10, 20.0)), rows)
    )
    alone = judged(changed(contacts_of(ids("T", 200), [])))
    shown = naive_answers((told, few, alone), WORDS)
    effects = shown.frame["effect"].tolist()
    assert effects[0] == f"{WORDS.number(told.main.value, 2)} ({low} to {high})"
    assert effects[1:] == ["cannot be told", None]


def test_held_back_and_contacted_counts_as_held_back():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    also = contacts_of(ids("C", 30), [])
    trial = changed(pd.concat([rows, also])).trials()[0]
    assert trial.counts["contaminated"] == 30
    assert (~trial.treated).sum() == 200
    measured = measure(trial, RULES, 1)
    assert "30 customers who were to be left alone were contacted" in said(measured)


def test_contamination_forbids_to_say_that_it_does_not_work():
    evidence = Evidence(bounds(-1, 0.2), None, None, [], 0.5, 0.01, contaminated=0.3)
    assert judge(evidence).reason == "contaminated"


def test_customers_of_two_offers_count_with_the_first():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    second = contacts_of(ids("T", 20), [], start=START + pd.Timedelta(days=5), offer="Call")
    trial = changed(pd.concat([second, rows])).trials()[0]
    assert trial.counts["two_offers"] == 20
    assert set(trial.people.loc[trial.treated, "arm"]) == {"Letter"}
    assert trial.people.loc[trial.treated, "cost"].sum() == 220


def test_customers_that_no_other_table_knows():
    rows = contacts_of([*ids("T", 150), *ids("X", 50)], [*ids("C", 150), *ids("Y", 10)])
    trial = changed(rows).trials()[0]
    assert trial.lost == (50, 10)
    few = measure(trial, RULES, 1)
    assert "60 of its customers are in no other table" in said(few)
    none = judged(changed(contacts_of(ids("X", 150), ids("Y", 150))))
    assert none.judgement.reason == "nobody_known"
    assert "none of its customers is in any other table" in said(none)


def test_too_many_lost_customers_forbid_a_verdict():
    rows = contacts_of([*ids("T", 150), *ids("X", 90)], ids("C", 150))
    assert judged(changed(rows)).judgement.reason == "lost"


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


def test_arms_that_were_never_alike_cannot_be_compared():
    treated, control = ids("T", 200), ids("C", 200)
    spread = np.linspace(1, 2, 200)
    orders = orders_of((treated, -50, 300 * spread), (control, -400, 10 * spread), (treated, 10, spread))
    measured = judged(client_of(orders, contacts_of(treated, control)))
    assert measured.judgement.reason == "arms_differ"


def test_a_control_group_of_the_wrong_size_is_noticed_where_its_share_was_declared():
    assert sample_ratio(9000, 1000, 0.1) == pytest.approx(1)
    assert sample_ratio(9300, 700, 0.1) < 1e-10
    rules = Measurement(control_share=0.1, bootstrap_draws=200)
    assert judged(simple(), rules).judgement.reason == "arms_differ"
    assert arms_alike(None, np.array([True, False])) is None


def test_no_visits_recorded_where_visits_are_the_outcome():
    assert judged(simple(), Measurement(outcome="visit", bootstrap_draws=200)).judgement.reason == "no_visits"


def test_amounts_all_zero_say_nothing():
    measured = judged(simple(amount=0.0))
    assert measured.judgement.verdict in ("cannot_be_told", "does_not")


def test_a_control_group_without_dates_is_read_from_the_first_day():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows["contacted_at"] = rows["contacted_at"].astype(object)
    rows.loc[rows["arm"] == "control", "contacted_at"] = None
    assert judged(changed(rows)).main.value == pytest.approx(judged(simple()).main.value)


def test_dates_far_apart_are_all_read_from_one_day():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows.loc[rows["arm"] == "treated", "contacted_at"] = START + pd.Timedelta(days=30)
    trial = changed(rows).trials()[0]
    assert trial.one_start
    assert trial.people["start"].nunique() == 1


def test_no_contacts_at_all():
    assert "hold no contacts" in " ".join(Measurements(()).sentences(WORDS))


def test_unknown_arms_and_missing_campaigns_are_no_contacts():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    rows.loc[:4, "arm"] = "B"
    rows.loc[5:9, "campaign"] = None
    assert changed(rows).trials()[0].treated.sum() == 190


def test_assignment_of_nobody():
    empty = pd.DataFrame(columns=["campaign", "customer_id", "day", "channel", "offer", "control", "cost"])
    empty = empty.astype({"day": "datetime64[ns]", "control": bool, "cost": float})
    assert assign(empty).empty


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
    tables += [results.arm_table, results.second_life_table, results.check_table]
    assert all("nan" not in str(table(WORDS)).lower() for table in tables)
    assert results.figure(WORDS).alt
    assert by_segment(results.campaigns, client.sources, None).sentences(WORDS) in ([], TOO_FEW)
    assert str(naive_answers(results.campaigns, WORDS))
    found.write(tmp_path / "08.json", results.findings())


# For whom ------------------------------------------------------------------------------------


def test_a_segment_that_really_differs_is_found_and_one_that_does_not_is_not():
    n = 3000
    treated, control = ids("T", n), ids("C", n)
    spread = np.random.default_rng(5).gamma(4, 5, n)
    won = [who for k, who in enumerate(treated) if k % 2 == 0][:400] + [
        who for k, who in enumerate(treated) if k % 2
    ][:100]
    orders = orders_of(
        (treated + control, -400, 30.0), (won, 10, spread[:500]), (control[:200], 10, spread[:200])
    )
    known = pd.DataFrame({"customer_id": treated + control})
    known["segment"] = np.where(np.arange(2 * n) % 2 == 0, "even", "odd")
    known["language"] = np.where(np.arange(2 * n) // 2 % 2 == 0, "de", "it")
    client = client_of(orders, contacts_of(treated, control), known=known)
    rules = Measurement(segments=("segment", "language"), bootstrap_draws=200)
    found = {u.segment: u.p for u in by_segment((judged(client, rules),), client.sources, None).found}
    assert found["segment"] < 0.001
    assert found["language"] > 0.05


def test_the_score_is_the_one_from_before_the_campaign():
    client = simple(n=200)
    people = ids("T", 200) + ids("C", 200)
    scores = pd.DataFrame({"customer_id": people, "score": np.arange(400.0), "as_of": START})
    measured = (judged(client),)
    late = by_segment(measured, client.sources, scores)
    early = by_segment(measured, client.sources, scores.assign(as_of=START - pd.Timedelta(days=9)))
    assert {u.segment for u in late.found} == {"fifth of the margin before"}
    assert {u.segment for u in early.found} == {"fifth of the score"}


# Real and planted truth ----------------------------------------------------------------------


def opened(name, data):
    settings = load(name, data)
    sources = open_sources(settings, data / name)
    history = read_history(settings, sources)
    return history, sources, customers(history)


@pytest.fixture(scope="module")
def demo(demo_data):
    history, sources, known = opened("demo", demo_data)
    yield {
        t.campaign: measure(t, history.settings.measurement, 1) for t in read_trials(history, sources, known)
    }
    sources.close()


def test_the_planted_call_works_and_lasts(demo):
    call = demo["DANKE24"]
    assert call.judgement.verdict == "works"
    assert call.readings[365]["net"].low > 0
    assert "And it lasts" in said(call)


def test_the_planted_discount_backfires_later(demo):
    assert demo["RABATT24"].judgement.verdict == "backfires_later"
    assert demo["RABATT24"].whole.early.low > 0


def test_the_letter_that_does_nothing_is_not_praised(demo):
    assert demo["KATALOG25"].judgement.verdict in ("cannot_be_told", "does_not")


def test_the_charitys_call_pays_after_a_year_and_its_letter_does_not(demo_data):
    history, sources, known = opened("demo_donors", demo_data)
    rules = history.settings.measurement
    verdicts = {
        t.campaign: measure(t, rules, 1).judgement.verdict for t in read_trials(history, sources, known)
    }
    sources.close()
    assert rules.horizon_days == 365
    assert verdicts == {"CHIAMATA23": "works", "LETTERA24": "cannot_be_told"}


def test_hillstroms_figures_to_the_last_digit(real_data, tmp_path):
    write_hillstrom(real_data, tmp_path / "hillstrom")
    history, sources, known = opened("hillstrom", tmp_path)
    measured = measure(read_trials(history, sources, known)[0], history.settings.measurement, 1)
    sources.close()
    mens, womens = measured.arms["Mens E-Mail"].effects, measured.arms["Womens E-Mail"].effects
    assert (mens["visit"].n_treated, womens["visit"].n_treated) == (21_307, 21_387)
    assert mens["visit"].n_control == 21_306
    for name, figures, digits in (
        ("visit", (0.18276, 0.15140, 0.10617), 5),
        ("return", (0.01253, 0.00884, 0.00573), 5),
        ("revenue", (1.42262, 1.07720, 0.65279), 4),
    ):
        seen = (mens[name].treated, womens[name].treated, mens[name].control)
        assert [round(value, 5) for value in seen] == pytest.approx(figures, abs=0.6 * 10**-digits)
    assert round(mens["visit"].value, 5) == 0.07659
    assert round(mens["return"].value, 5) == 0.00681
    assert round(mens["revenue"].value, 3) == 0.770
    assert round(womens["visit"].value, 5) == 0.04523
    assert round(womens["return"].value, 5) == 0.00311
    assert round(womens["revenue"].value, 3) == 0.424
    assert (round(mens["revenue"].se, 3), round(womens["revenue"].se, 3)) == (0.145, 0.130)
    for arm in (mens, womens):
        for name in ("visit", "return", "revenue"):
            assert arm[name].bootstrap_se == pytest.approx(arm[name].se, rel=0.07)
    assert {name: arm.judgement.verdict for name, arm in measured.arms.items()} == {
        "Mens E-Mail": "works",
        "Womens E-Mail": "works",
    }
    assert mens["revenue"].low > 0
    assert measured.judgement.verdict == "works"


def test_findings_can_be_written_and_worded_again(demo, tmp_path):
    all_of_them = Measurements(tuple(demo.values()))
    found.write(tmp_path / "08.json", all_of_them.findings())
    again = found.read(tmp_path / "08.json")
    from playbook.chapters.measurement.words import campaign_sentences

    assert campaign_sentences(again, WORDS) == all_of_them.sentences(WORDS)
    for table in (all_of_them.table, all_of_them.lasting_table, all_of_them.check_table):
        assert "DANKE24" in str(table(WORDS))
    assert "DANKE24" in all_of_them.figure(WORDS).alt


@pytest.mark.slow
def test_planted_verdicts_over_several_seeds():
    call, discount = [], []
    for seed in range(1, 13):
        shop = retailer.generate(seed)
        client = client_of(
            shop.orders.dropna(subset=["customer_id", "amount"]),
            shop.contacts,
            shop.events,
            as_of=date(2025, 9, 30),
            margin_rate=0.5,
        )
        verdicts = {t.campaign: measure(t, RULES, 1).judgement.verdict for t in client.trials()}
        call.append(verdicts["DANKE24"])
        discount.append(verdicts["RABATT24"])
    assert call.count("works") >= 10
    assert discount.count("backfires_later") >= 10
    assert "works" not in discount


def test_outcomes_are_read_from_the_day_of_the_contact():
    people = ids("T", 2)
    client = client_of(orders_of((people, 0, 10.0), (people, -1, 5.0)), contacts_of(people[:1], people[1:]))
    trial = client.trials()[0]
    assert outcome(trial, "margin", 90).tolist() == [10.0, 10.0]
    assert trial.total("margin", -10, -1).tolist() == [5.0, 5.0]
