"""Campaigns measured: who counts where, what they cost, and planted and published truth."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from playbook.demo import retailer
from playbook.settings.measurement import Measurement
from playbook.stats.trials.measure import measure
from tests.hillstrom import write_hillstrom
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


def test_effects_do_not_depend_on_the_order_of_the_lines():
    first = simple()
    rows = contacts_of(ids("T", 200), ids("C", 200)).sample(frac=1, random_state=4)
    spread = np.linspace(0.5, 1.5, 200) * 20.0
    listed = [(ids("T", 200) + ids("C", 200), -400, 30.0)]
    listed += [(ids("T", 80), 10, spread[:80]), (ids("C", 40), 10, spread[:40])]
    second = client_of(orders_of(*listed).sample(frac=1, random_state=5), rows)
    assert judged(first).whole == judged(second).whole


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


def test_too_many_lost_customers_forbid_a_verdict():
    rows = contacts_of([*ids("T", 150), *ids("X", 90)], ids("C", 150))
    assert judged(changed(rows)).judgement.reason == "lost"


def test_arms_that_were_never_alike_cannot_be_compared():
    treated, control = ids("T", 200), ids("C", 200)
    spread = np.linspace(1, 2, 200)
    orders = orders_of((treated, -50, 300 * spread), (control, -400, 10 * spread), (treated, 10, spread))
    measured = judged(client_of(orders, contacts_of(treated, control)))
    assert measured.judgement.reason == "arms_differ"


def test_no_visits_recorded_where_visits_are_the_outcome():
    assert judged(simple(), Measurement(outcome="visit", bootstrap_draws=200)).judgement.reason == "no_visits"


def test_amounts_all_zero_say_nothing():
    measured = judged(simple(amount=0.0))
    assert measured.judgement.verdict in ("cannot_be_told", "does_not")


def test_the_planted_discount_backfires_later(demo_data):
    assert measured_campaigns("demo", demo_data)["RABATT24"].judgement.verdict == "backfires_later"
    assert measured_campaigns("demo", demo_data)["RABATT24"].whole.early.low > 0


def test_the_letter_that_does_nothing_is_not_praised(demo_data):
    assert measured_campaigns("demo", demo_data)["KATALOG25"].judgement.verdict in (
        "cannot_be_told",
        "does_not",
    )


def test_the_charitys_call_pays_after_a_year_and_its_letter_does_not(demo_data):
    campaigns = measured_campaigns("demo_donors", demo_data)
    verdicts = {name: measured.judgement.verdict for name, measured in campaigns.items()}
    assert {measured.settings.horizon_days for measured in campaigns.values()} == {365}
    assert verdicts == {"CHIAMATA23": "works", "LETTERA24": "cannot_be_told"}


def test_hillstroms_figures_to_the_last_digit(real_data, tmp_path):
    write_hillstrom(real_data, tmp_path / "hillstrom")
    [measured] = measured_campaigns("hillstrom", tmp_path).values()
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
