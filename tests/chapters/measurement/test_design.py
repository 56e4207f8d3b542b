"""Chapter 08, before a campaign: power, what would be enough, the list to keep; peeking."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.measurement import design_page
from playbook.chapters.measurement.design import (
    Arms,
    UnaidedPast,
    enough,
    follow_lapsed,
    least_margin,
    least_share,
    peek,
    power_of_margin,
    power_of_shares,
)
from playbook.settings.client import Settings
from playbook.show.words import Words
from playbook.stats.trials.data import assign, read_rows
from tests.trials import AS_OF, client_of, contacts_of, ids, orders_of

WORDS = Words()
MARGINS = np.random.default_rng(1).lognormal(3, 0.8, 500)


def test_power_of_shares_is_the_textbooks():
    # two groups of 1,000, 5% against 8%: z = .03 / sqrt(.05*.95/1000 + .08*.92/1000) = 2.726
    assert power_of_shares(0.05, 0.03, Arms(1000, 1000)) == pytest.approx(0.778, abs=0.002)
    assert power_of_shares(0.05, 0.0, Arms(1000, 1000)) == pytest.approx(0.025, abs=0.001)


def test_no_power_where_too_few_would_come_back():
    assert power_of_shares(0.01, 0.03, Arms(1800, 200)) < 0.01
    assert power_of_shares(0.01, 0.03, Arms(18_000, 2_000)) > 0.9


def test_the_least_effect_has_the_wanted_power():
    arms = Arms(1500, 500)
    least = least_share(0.06, arms, 0.8)
    assert power_of_shares(0.06, least, arms) == pytest.approx(0.8, abs=0.001)
    assert least_share(0.06, Arms(4, 4), 0.8) is None


def test_enough_is_enough_and_not_much_more():
    more = enough(0.05, 0.03, Arms(900, 100), 0.8)
    assert more.contacted / more.held_back == pytest.approx(9, rel=0.01)
    assert power_of_shares(0.05, 0.03, more) >= 0.8
    assert power_of_shares(0.05, 0.03, more.times(0.9)) < 0.8
    assert enough(0.05, 0.0, Arms(900, 100), 0.8) is None


def test_margins_need_a_larger_effect_than_returns_do():
    arms = Arms(2000, 2000)
    effect = least_share(0.06, arms, 0.8)
    assert power_of_margin(MARGINS, 0.06, effect, arms, 1) < 0.75
    assert least_margin(MARGINS, 0.06, arms, 0.8, 1) > effect * MARGINS.mean()


def test_simulated_power_agrees_with_the_normal_one_where_many_buy():
    arms, base, effect = Arms(40_000, 40_000), 0.2, 0.005
    second = (MARGINS**2).mean()
    variance = [p * second - (p * MARGINS.mean()) ** 2 for p in (base, base + effect)]
    se = np.sqrt(sum(variance) / 40_000)
    from scipy.stats import norm

    expected = norm.cdf(effect * MARGINS.mean() / se - 1.96)
    assert power_of_margin(MARGINS, base, effect, arms, 1) == pytest.approx(expected, abs=0.06)


def test_a_cost_per_contact_takes_power_away():
    arms = Arms(1000, 1000)
    assert power_of_margin(MARGINS, 0.1, 0.05, arms, 1, cost=1.0) < power_of_margin(
        MARGINS, 0.1, 0.05, arms, 1
    )


def test_power_is_reproducible():
    arms = Arms(1000, 1000)
    assert power_of_margin(MARGINS, 0.1, 0.05, arms, 3) == power_of_margin(MARGINS, 0.1, 0.05, arms, 3)


def test_the_past_is_what_the_lapsed_did_unaided():
    # on 2025-07-02, half a record back, those silent for 90 days are A; B had just ordered
    a, b = ids("A", 40), ids("B", 40)
    orders = orders_of(
        (a, -63, 10.0), (b, 115, 10.0), (a[:10], 130, 20.0), (a[5:10], 140, 5.0), (b, 150, 9.0)
    )
    client = client_of(orders, contacts_of(a[:1], b[:1]), as_of=date(2025, 12, 31))
    known = follow_lapsed(client.history, client.sources, 90)
    assert known.landmark == date(2025, 7, 2) or known.reaches == (AS_OF - client.history.first_day).days // 2
    assert known.customers == 40
    assert known.rate(90) == pytest.approx(0.25)
    assert known.margins(90).tolist() == [20.0] * 5 + [25.0] * 5
    assert known.visit_rate(90) is None


# The plan's test -----------------------------------------------------------------------------


def planned(n: int, points=0.03) -> tuple[pd.DataFrame, pd.DataFrame]:
    customers = pd.DataFrame({"customer_id": ids("K", n), "rank": np.arange(1, n + 1)})
    customers["holdout"] = np.arange(n) % 10 == np.arange(n) // 10 % 10
    customers["plan_status"] = np.where(customers["holdout"], "held_back", "planned")
    rows = customers[~customers["holdout"]]
    plan = pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "rank": rows["rank"],
            "offer": "Letter",
            "channel": np.where(rows["rank"] % 2 == 0, "letter", "phone"),
            "week": np.where(rows["rank"] % 2 == 0, "2026-01-05", "2026-01-12"),
            "contact_cost": 1.5,
            "incentive_return": 0.0,
            "return_probability": 0.1,
            "return_probability_with_offer": 0.1 + points,
        }
    )
    return customers, plan


def known_past(n=4000) -> UnaidedPast:
    days = pd.DataFrame(
        {"person": np.arange(n // 10), "day": 20, "margin": MARGINS[: n // 10], "ordered": True}
    )
    return UnaidedPast(date(2025, 1, 1), n, days, None, 183)


def settings_of(**more) -> Settings:
    return Settings.model_validate({"client": "x", "tables": {"orders": {}}} | more)


def said(customers, plan, known=None) -> tuple[str, str]:
    made = design_page.design_test(customers, plan, known or known_past(), settings_of())
    return made.verdict, " ".join(made.sentences(WORDS))


def test_a_base_too_small_is_said_to_be_so_with_what_would_be_enough():
    verdict, text = said(*planned(600))
    assert verdict == "too_small"
    assert text.startswith("Your base is too small to prove this")
    assert "Enough would be" in text


def test_a_base_that_is_large_enough():
    verdict, text = said(*planned(40_000, points=0.05))
    assert verdict == "enough"
    assert "so it can be proved" in text
    assert "Read it on 18 Apr 2026" in text  # 90 days after the last contact


def test_a_pilot_is_called_one_and_not_a_base_too_small():
    customers, plan = planned(600)
    waiting = customers.assign(customer_id="L" + customers["customer_id"], holdout=False, plan_status="later")
    verdict, text = said(pd.concat([customers, waiting]), plan)
    assert verdict == "too_small"
    assert text.startswith("This is a pilot: 540 customers contacted, 60 drawn by chance")
    assert "600 more follow if it works" in text and "base is too small" not in text


def test_those_who_are_never_held_back_are_not_counted_in_the_test():
    customers, plan = planned(600)
    spared = np.arange(len(plan)) < 100
    plan = plan.assign(spared=spared, contact_cost=np.where(spared, 1e6, 1.5))
    design = design_page.design_test(customers, plan, known_past(), settings_of())
    assert design.arms == Arms(440, 60)
    assert design.at.planned_margin > -10


def test_no_plan_no_holdout_no_record():
    customers, plan = planned(600)
    assert said(customers, plan.iloc[:0])[0] == "nobody"
    assert said(customers.assign(holdout=False), plan)[0] == "no_holdout"
    empty = UnaidedPast(date(2025, 1, 1), 0, known_past().days.iloc[:0], None, 10)
    assert said(customers, plan, empty)[0] == "unknown"


def held_back_of(customers, plan) -> pd.DataFrame:
    rows = customers.loc[customers["holdout"], ["customer_id", "rank"]]
    return rows.assign(offer="Letter", channel="letter", week="2026-01-05")


def test_the_list_to_keep_can_be_handed_in_as_contacts():
    customers, plan = planned(600)
    rows = design_page.assignment(plan, held_back_of(customers, plan), date(2025, 12, 31))
    assert len(rows) == 600
    assert rows["arm"].value_counts().to_dict() == {"treated": 540, "control": 60}
    assert rows["contacted_at"].notna().all()
    people = assign(read_rows(rows))
    assert not people["one_start"].any()
    assert people["treated"].sum() == 540
    assert set(people.loc[~people["treated"], "offer"]) == {"Letter"}


def test_the_list_of_a_plan_of_nobody_is_empty():
    customers, plan = planned(10)
    rows = design_page.assignment(plan.iloc[:0], held_back_of(customers, plan).iloc[:0], date(2025, 12, 31))
    assert rows.empty
    assert list(rows)[:3] == ["campaign", "customer_id", "contacted_at"]


def test_peeking_makes_successes_out_of_nothing():
    assert peek(1) == pytest.approx(0.025, abs=0.005)
    assert peek(13) > 3.5 * peek(1)
