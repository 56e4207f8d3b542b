"""A plan that is tried small: two arms drawn by chance, the others later, the same people in all files."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from playbook.chapters.measurement.design_page import write_assignment
from playbook.chapters.plan import handed_over
from playbook.chapters.plan.decision import decision_sentences
from playbook.chapters.plan.draws import EVEN
from playbook.chapters.plan.handed_over import hand_over
from playbook.chapters.plan.pilot import arm_size, draw_pilot
from playbook.chapters.plan.plan import Plan
from playbook.chapters.plan.what_if import what_would_change
from playbook.offers.catalogue import Learned
from playbook.show.words import Words
from playbook.stats.trials.earlier import read_intended, read_plan
from tests.builders import offer, people
from tests.chapters.plan.campaigns import found, plan_for, prepared, settings_of

MANY = 1600
BUDGET = 100_000.0
ARM = 595  # 30 returns where one in ten returns in 183 days, and one in twenty within 90
CHEAP = offer(cost=0.1)


def pilot_plan(n=MANY, made=(CHEAP,), **settings) -> Plan:
    frame = people(n, second_lifetime_value=100.0 + np.arange(n) % 7)
    chosen = {"budget": BUDGET, "holdout_share": 0.1} | settings
    return plan_for(frame, *made, settings=settings_of(offers=chosen), least_chance=EVEN)


def measured_plan(**settings) -> Plan:
    known = Learned(points=0.05, low=0.04, high=0.06, idle=0.0, span=(200.0, 400.0), source="measured")
    plan = pilot_plan(made=(CHEAP.model_copy(update={"response": known}),), **settings)
    assert plan.verdict == "do_it"
    return plan


def files(plan: Plan, folder, monkeypatch) -> dict[str, pd.DataFrame]:
    """What is handed over of a plan, as it is read again."""
    run = SimpleNamespace(folder=folder, settings=plan.campaign.settings, as_of=date(2025, 9, 30))
    ids = plan.campaign.everybody[["customer_id"]]
    monkeypatch.setattr(handed_over, "_addresses", lambda run: ids)
    hand_over(run, plan)
    write_assignment(folder, read_plan(folder), run.as_of)
    mailed = [pd.read_csv(path, sep=";") for path in (folder / "mailing").glob("letter_*.csv")]
    return {
        "plan": pd.read_csv(folder / "plan.csv", keep_default_na=False),
        "held_back": read_intended(folder),
        "campaign": pd.read_csv(folder / "campaign.csv"),
        "mailed": pd.concat(mailed),
        "alone": pd.read_csv(folder / "mailing" / "control_group.csv", sep=";"),
    }


def test_an_arm_is_sized_for_thirty_returns_by_the_day_of_the_verdict():
    chosen = settings_of()
    assert (chosen.horizon_days, chosen.measurement.horizon_days) == (183, 90)
    assert arm_size(np.full(9, 0.1), chosen) == ARM
    by_then = 1 - 0.9 ** (90 / 183)
    assert (ARM - 1) * by_then < chosen.measurement.least_buyers <= ARM * by_then
    yearly = settings_of(measurement={"horizon_days": 365})
    assert arm_size(np.array([0.05, 0.15]), yearly) == 300
    assert arm_size(np.zeros(3), chosen) == np.inf


def test_the_arms_are_equal_and_drawn_from_those_who_would_be_planned():
    plan = pilot_plan(budget=140.0)
    assert plan.verdict == "try_small"
    would, held, now = plan.undivided.chosen, plan.held_back, plan.pilot.drawn & plan.assignment.chosen
    assert 2 * ARM < would.sum() < MANY
    assert (held.sum(), now.sum()) == (ARM, ARM)
    assert would[held].all() and not (held & plan.assignment.chosen).any()
    assert (held | plan.assignment.chosen == would).all()
    np.testing.assert_array_equal(plan.assignment.choice[~held], plan.undivided.choice[~held])
    score = plan.campaign.people["score"].to_numpy(float)
    edges = np.quantile(score[would], [0.2, 0.4, 0.6, 0.8])
    counts = [np.bincount(np.digitize(score[arm], edges), minlength=5) for arm in (held, now)]
    assert np.abs(counts[0] - counts[1]).max() <= 3


def test_everybody_has_the_same_chance_of_either_arm():
    frame = people(60, return_probability=np.linspace(0.5, 0.9, 60))
    drawn = []
    for seed in range(400):
        given = prepared(frame, [CHEAP], settings_of(seed=seed, measurement={"horizon_days": 30}))
        small = draw_pilot(given, np.arange(60) < 50)
        drawn.append((small.held_back, small.drawn & ~small.held_back))
    held, now = np.array(drawn).swapaxes(0, 1)
    assert not held[:, 50:].any() and not now[:, 50:].any()
    assert held[:, :50].mean(axis=0) == pytest.approx(0.5, abs=0.12)
    assert now[:, :50].mean(axis=0) == pytest.approx(0.5, abs=0.12)


def test_all_files_name_the_same_people_and_the_later_wave_is_not_sent(tmp_path, monkeypatch):
    plan = pilot_plan(budget=140.0)
    made = files(plan, tmp_path, monkeypatch)
    waves = made["plan"].groupby("wave")["customer_id"].agg(set)
    assert set(waves.index) == {"pilot", "later"} and len(waves["later"]) > 100
    arms = made["campaign"].groupby("arm")["customer_id"].agg(set)
    assert waves["pilot"] == arms["treated"] == set(made["mailed"]["customer_id"])
    assert waves["pilot"] == set(read_plan(tmp_path)["customer_id"])
    columns = plan.columns()
    held = set(columns.loc[columns["holdout"], "customer_id"])
    assert (
        held == set(made["held_back"]["customer_id"]) == arms["control"] == set(made["alone"]["customer_id"])
    )
    assert not held & (waves["pilot"] | waves["later"])
    assert set(made["campaign"]["campaign"]) == {"Plan 2025-09-30"}
    assert waves["later"] == set(columns.loc[columns["plan_status"] == "later", "customer_id"])


def test_the_pilot_is_said_with_its_numbers():
    plan = pilot_plan()
    found_of = found(plan)
    assert (found_of["pilot"].value, found_of["later"].value) == (ARM, MANY - 2 * ARM)
    assert (found_of["held_back"].value, found_of["pilot"].verdict) == (ARM, "enough")
    said = " ".join(decision_sentences(found_of, Words()))
    assert f"The pilot: {ARM} are contacted, and {ARM} are left alone" in said
    assert f"; {MANY - 2 * ARM} more follow only if it works" in said
    assert "too small" not in said


def test_a_base_too_small_is_one_pilot_of_all_and_says_what_alone_will_show():
    plan = pilot_plan(n=400)
    assert set(plan.contacts["wave"]) == {"pilot"}
    assert (len(plan.contacts), plan.held_back.sum()) == (200, 200)
    said = " ".join(decision_sentences(found(plan), Words()))
    assert "All of it is a pilot: 200 are contacted, and 200 are left alone" in said
    assert "Only a clear effect will show" in said


def test_without_a_share_to_hold_back_there_is_no_pilot():
    plan = pilot_plan(holdout_share=0)
    assert (plan.verdict, plan.pilot, len(plan.contacts)) == ("try_small", None, MANY)
    assert set(plan.contacts["wave"]) == {""} and "later" not in found(plan)


def test_the_most_valuable_are_never_held_back_and_wait_for_the_pilot():
    plan = pilot_plan(never_hold_back=100)
    value = plan.campaign.v0
    spared = plan.campaign.spared
    assert spared.sum() == 100 and value[spared].min() >= value[~spared].max()
    assert not (plan.held_back & spared).any() and plan.assignment.chosen[spared].all()
    assert set(plan.contacts.loc[plan.contacts["spared"], "wave"]) == {"later"}
    assert (plan.held_back.sum(), len(plan.sent)) == (ARM, ARM)


def test_in_a_plan_to_do_the_spared_are_compared_with_nobody(tmp_path, monkeypatch):
    plan = measured_plan(never_hold_back=100)
    spared = set(plan.campaign.people.loc[plan.campaign.spared, "customer_id"])
    made = files(plan, tmp_path, monkeypatch)
    assert not spared & set(made["held_back"]["customer_id"])
    by_campaign = made["campaign"].groupby("campaign")
    assert by_campaign["customer_id"].agg(set)["Plan 2025-09-30 never held back"] == spared
    arms = by_campaign["arm"].value_counts()
    assert arms["Plan 2025-09-30"].to_dict() == {"treated": 1350, "control": 150}
    assert arms["Plan 2025-09-30 never held back"].to_dict() == {"treated": 100}


def test_a_plan_to_do_holds_back_a_tenth_of_those_who_would_be_planned(tmp_path, monkeypatch):
    plan = measured_plan(budget=100.0)
    made = files(plan, tmp_path, monkeypatch)
    assert set(made["plan"]["wave"]) == {""}
    assert (plan.campaign.held_back & ~plan.held_back).any(), "the budget does not reach all whom chance drew"
    held = plan.held_back.sum()
    assert held / (held + len(plan.contacts)) == pytest.approx(0.1, abs=0.015)
    columns = plan.columns()
    assert set(columns.loc[columns["holdout"], "customer_id"]) == set(made["held_back"]["customer_id"])
    v0 = plan.campaign.v0
    assert v0[plan.held_back].mean() == pytest.approx(v0[plan.assignment.chosen].mean(), abs=0.3)


def test_other_plans_leave_the_same_people_alone():
    plan = pilot_plan(budget=140.0)
    other = what_would_change(plan)
    at = other.responses.set_index("scale")
    assert at.loc[1.0, "planned_profit"] == pytest.approx(plan.profit)
    assert (at["customers"] <= MANY - ARM).all()
    near = plan.best(plan.problem())
    np.testing.assert_array_equal(near.choice, plan.assignment.choice)
    assert plan.assignment.gap == pytest.approx(plan.undivided.gap, abs=1e-9)
