"""What earlier campaigns with a control group say of responses and second lives, how far to believe it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from playbook.offers import catalogue
from playbook.offers.catalogue import Offer, Response
from playbook.settings import client as settings
from playbook.show.words import languages
from playbook.stats.trials import earlier
from playbook.stats.trials.data import incentives_of, read_trials
from playbook.stats.trials.responses import (
    LEAST_PER_ARM,
    NEXT,
    TAIL,
    assumed,
    assumed_shares,
    informed,
    measured_responses,
    measured_second_lives,
)
from playbook.stats.trials.trust import NOTHING
from tests.trials import opened

STATED = Response(points=0.05, low=0.01, high=0.1)
CALL = ("emotional", "phone")


def offer(name="Call", **changes) -> Offer:
    given = {
        "name": name,
        "kind": "emotional",
        "channel": "phone",
        "cost": 5.0,
        "responsible": "sales",
        "response": STATED.model_dump(),
    }
    return Offer.model_validate(given | changes)


def campaign(treated, control, name="A", kind="emotional", channel="phone", offer="Call", values=None):
    """Customers of a campaign of whom so many of so many returned in each arm."""
    rows = []
    for arm, (came, n) in (("treated", treated), ("control", control)):
        value = (values or {"treated": 50.0, "control": 50.0})[arm]
        rows += [
            {
                "campaign": name,
                "customer_id": f"{name}{arm}{i}",
                "arm": arm,
                "channel": channel,
                "offer": offer if arm == "treated" else None,
                "kind": kind,
                "returned": i < came,
                "value": (value * (0.5 + i % 2)) if i < came else 0.0,
                "life": 50.0,
                "home": i < came,
            }
            for i in range(n)
        ]
    return pd.DataFrame(rows)


def pooled(found: pd.DataFrame) -> pd.Series:
    [row] = [row for _, row in found.iterrows() if pd.isna(row["offer"])]
    return row


def test_without_an_assumption_the_measured_lift_stands_as_it_is():
    row = pooled(measured_responses(campaign((60, 300), (30, 300)), {}))
    assert row["lift_points"] == row["raw_points"] == pytest.approx(0.1)
    assert (row["n_treated"], row["n_control"], row["campaigns"], row["weight"]) == (300, 300, "A", 1)
    assert row["low"] == pytest.approx(0.1 - 1.645 * 0.029, abs=2e-3)


def test_the_less_was_measured_the_more_the_assumption_counts():
    small = pooled(measured_responses(campaign((5, 40), (4, 40)), {CALL: STATED}))
    large = pooled(measured_responses(campaign((500, 4000), (400, 4000)), {CALL: STATED}))
    assert small["raw_points"] == pytest.approx(large["raw_points"])
    assert small["weight"] < 0.2 < 0.8 < large["weight"]
    assert large["lift_points"] < small["lift_points"] < STATED.points
    assert small["raw_low"] < small["low"] < small["lift_points"] < small["high"] < small["raw_high"]


def test_assumptions_that_prove_far_off_are_believed_less():
    near = pd.concat(
        [campaign((36, 400), (16, 400)), campaign((36, 400), (16, 400), "B", "material", "letter")]
    )
    far = pd.concat(
        [campaign((36, 400), (16, 400)), campaign((180, 400), (16, 400), "B", "material", "letter")]
    )
    stated = {CALL: STATED, ("material", "letter"): STATED}
    weights = [
        measured_responses(frame, stated).set_index("kind").loc["emotional", "weight"].iloc[0]
        for frame in (near, far)
    ]
    assert weights[0] < 0.6 < 0.95 < weights[1]


def test_over_many_worlds_the_interval_holds_the_truth_and_shrinking_brings_it_nearer():
    random, cells, inside, off, raw = np.random.default_rng(3), 60, [], [], []
    kinds = [(f"kind{i}", "phone") for i in range(cells)]
    for _ in range(12):
        truth = 0.05 + 0.018 * random.standard_normal(cells)
        frames = [
            campaign(
                (random.binomial(150, 0.15 + t), 150), (random.binomial(150, 0.15), 150), f"C{i}", kinds[i][0]
            )
            for i, t in enumerate(truth)
        ]
        found = measured_responses(pd.concat(frames), dict.fromkeys(kinds, STATED))
        found = found[found["offer"].isna()].set_index("kind").loc[[kind for kind, _ in kinds]]
        inside += ((found["low"] <= truth) & (truth <= found["high"])).tolist()
        off.append(((found["lift_points"] - truth) ** 2).mean())
        raw.append(((found["raw_points"] - truth) ** 2).mean())
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04)
    assert np.mean(off) < 0.4 * np.mean(raw)


def test_campaigns_of_a_kind_and_channel_are_pooled_and_offers_shown_apart():
    both = pd.concat(
        [campaign((60, 300), (30, 300)), campaign((30, 300), (30, 300), "B", offer="Other call")]
    )
    found = measured_responses(both, {})
    row = pooled(found)
    assert 0 < row["lift_points"] < 0.1
    assert (row["campaigns"], row["n_treated"]) == ("A, B", 600)
    lifts = found.dropna(subset="offer").set_index("offer")["lift_points"]
    assert lifts.to_dict() == pytest.approx({"Call": 0.1, "Other call": 0.0})


def test_a_control_group_shared_by_two_offers_counts_once():
    shared = campaign((60, 300), (30, 300))
    other = campaign((45, 300), (0, 0), offer="Other call")
    assert pooled(measured_responses(pd.concat([shared, other]), {}))["n_control"] == 300


@pytest.mark.parametrize(
    "frame",
    [
        campaign((5, LEAST_PER_ARM - 1), (5, 300)),
        campaign((5, 300), (0, 0)),
        campaign((0, 0), (5, 300)),
        campaign((5, 300), (5, 300), kind=None),
        campaign((5, 300), (5, 300)).iloc[:0],
    ],
)
def test_too_few_one_arm_alone_or_an_unknown_kind_measure_nothing(frame):
    assert measured_responses(frame, {CALL: STATED}).empty


def test_second_lives_that_are_worth_half_are_seen_and_few_returners_shrink_them():
    values = {"treated": 25.0, "control": 50.0}
    many = measured_second_lives(campaign((900, 3000), (900, 3000), values=values), {CALL: 1.0}).iloc[0]
    few = measured_second_lives(campaign((12, 100), (12, 100), values=values), {CALL: 1.0}).iloc[0]
    assert many["raw_share"] == pytest.approx(0.5) == few["raw_share"]
    assert 0.49 < many["share"] < 0.53
    assert many["share"] < few["share"] < 1
    assert few["low"] < 0.55 < 0.8 < few["high"]
    assert measured_second_lives(campaign((9, 100), (12, 100)), {CALL: 1.0}).empty
    assert measured_second_lives(campaign((90, 300), (90, 300)).assign(life=0.0), {}).empty


def test_the_share_and_the_response_say_together_what_the_margin_differs_by():
    rows = campaign((900, 3000), (300, 3000), values={"treated": 60.0, "control": 50.0})
    late = (rows["arm"] == "control") & ~rows["returned"]
    rows.loc[late.to_numpy() & (rows.index % 3 == 0), "value"] = 20.0  # later, which the treated did not
    row = measured_second_lives(rows, {CALL: 1.0}).iloc[0]
    arms = rows.groupby("arm")["value"].mean()
    margin = arms["treated"] - arms["control"]
    assert 0.3 * row["raw_share"] * 50 - 0.1 * 50 == pytest.approx(margin)
    assert row["raw_share"] < 0.85 < 1.2
    assert measured_second_lives(rows.assign(life=np.nan), {CALL: 1.0}).empty


def test_a_response_drawn_to_its_assumption_takes_nothing_from_the_margin():
    rows = campaign((900, 3000), (300, 3000), values={"treated": 60.0, "control": 50.0})
    rows["home"] |= (rows["arm"] == "control") & (rows.index % 20 == 0)  # in time for the plan
    responses = measured_responses(rows, {CALL: STATED}).assign(lift_points=0.15)
    row = measured_second_lives(rows, {CALL: 1.0}, responses).iloc[0]
    arms, unaided = rows.groupby("arm")["value"].mean(), rows.loc[rows["arm"] == "control", "home"].mean()
    assert unaided > 0.12
    claimed = (unaided + 0.15) * row["raw_share"] * 50 - unaided * 50
    assert claimed == pytest.approx(arms["treated"] - arms["control"])


def test_the_share_of_a_next_campaign_is_never_known_for_sure():
    sure = measured_second_lives(campaign((9000, 30000), (9000, 30000)), {CALL: 1.0}).iloc[0]
    assert sure["high"] - sure["low"] == pytest.approx(2 * TAIL * NEXT, rel=0.02)


def test_offers_take_what_was_measured_and_those_for_a_reason_keep_their_assumption():
    responses = measured_responses(campaign((60, 300), (30, 300), offer="Thanks"), {})
    lives = measured_second_lives(campaign((60, 300), (30, 300)), {})
    sorry, own = (
        offer("Sorry", suits=["complaint"]),
        offer("Stated", response=STATED.model_dump() | {"source": "measured"}),
    )
    call, letter, untouched, stated = informed(
        [offer(), offer(channel="letter"), sorry, own], responses, lives
    )
    assert call.response.source == "measured" and call.response.points == pytest.approx(0.1)
    assert call.second_life_source == "measured"
    for kept, was in ((letter, offer(channel="letter")), (untouched, sorry), (stated, own)):
        assert kept.response.source == was.response.source
        assert kept.response.tested is None and kept.response.nothing == NOTHING
    for kept, was in ((letter, offer(channel="letter")), (untouched, sorry)):
        was_known = {"response": was.response, "second_life_range": None}
        assert kept.model_copy(update=was_known) == was
        low, high = kept.second_life_range
        assert low < 0.6 < 1.4 < high, "what is assumed of second lives is in doubt"
    assert stated.response.points == STATED.points
    assert letter.response.points == untouched.response.points > STATED.points, "calls did more than stated"
    assert informed([offer("Thanks", suits=["complaint"])], responses)[0].response.source == "measured"


def test_what_is_assumed_of_a_kind_is_the_mean_of_its_offers_for_everybody():
    offers = [offer(), offer("B", response={"points": 0.07, "low": 0.03, "high": 0.2}, second_life_share=0.8)]
    offers.append(offer("C", suits=["complaint"], response={"points": 0.5, "low": 0.5, "high": 0.5}))
    assert assumed(offers)[CALL].points == pytest.approx(0.06)
    assert assumed_shares(offers) == {CALL: pytest.approx(0.9)}


# From the client's own contacts --------------------------------------------------------------

DAY = date(2024, 3, 1)


def settings_text() -> str:
    return """client: Acme
tables:
  orders:
    files: orders.csv
    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount, list_amount: listed}
  contacts:
    files: contacts.csv
    columns:
      {campaign: campaign, customer_id: customer_id, contacted_at: day, channel: channel, arm: arm,
       offer: offer}
margin_rate: 0.5
offers: {earlier: {Mystery: material, Catalogue: none}}
"""


def test_who_returned_within_the_horizon_and_what_they_brought(client):
    rows = [
        ("A", "a", DAY, "phone", "treated", "Mystery"),
        ("A", "b", DAY, "phone", "control", ""),
        ("A", "c", DAY, "phone", "Control", ""),
        ("A", "d", DAY, "phone", "treated", "Mystery"),
        ("A", "d", DAY, "phone", "control", ""),
        ("A", "e", DAY, "phone", "treated", "Mystery"),
        ("A", "f", DAY, "phone", "treated", "Mystery"),
        ("A", "g", DAY, "phone", "contacted", "Mystery"),
        ("B", "a", date(2024, 11, 20), "phone", "treated", "Mystery"),
        ("C", "a", DAY, "email", "treated", "Catalogue"),
    ]
    contacts = "campaign,customer_id,day,channel,arm,offer\n" + "\n".join(
        ",".join(map(str, row)) for row in rows
    )
    bought = [
        ("a", DAY - timedelta(1), 100, 100),
        ("a", DAY + timedelta(90), 80, 100),
        ("a", DAY + timedelta(150), 60, 100),
        ("b", DAY + timedelta(91), 40, 40),
        ("c", DAY - timedelta(9), 30, 30),
        ("e", DAY + timedelta(1), 10, 10),
        ("f", DAY, 24, 30),
        ("z", date(2024, 12, 31), 5, 5),
    ]
    orders = "customer_id,ordered_at,amount,listed\n" + "\n".join(",".join(map(str, row)) for row in bought)
    with opened(*client(orders, settings_text(), contacts_csv=contacts)) as (history, sources):
        found = earlier.assigned(history, sources, {})
        rules = history.settings.measurement.model_copy(update={"horizon_days": 40})
        short = history.settings.model_copy(update={"measurement": rules})
        sooner = earlier.assigned(replace(history, settings=short), sources, {})
    of_a = found[found["campaign"] == "A"].set_index("customer_id")
    assert of_a.index.tolist() == ["a", "b", "c", "e", "f"]
    assert of_a["arm"].tolist() == ["treated", "control", "control", "treated", "treated"]
    assert of_a["returned"].tolist() == [True, False, False, True, True]
    assert of_a["value"].tolist() == [0.5 * (80 + 60) + 20, 20, 0, 5, 0.5 * 24 + 6]
    assert (of_a["kind"] == "material").all()
    assert found[found["campaign"] == "C"]["kind"].isna().all()
    assert "B" not in set(found["campaign"])
    assert "B" in set(sooner["campaign"])


def test_a_client_without_contacts_has_no_earlier_campaign(client):
    with opened(*client("customer_id,ordered_at,amount\na,2024-01-01,5\n")) as (history, sources):
        found = earlier.assigned(history, sources, {})
    assert found.empty
    assert measured_responses(found, {CALL: STATED}).empty
    assert measured_second_lives(found, {}).empty


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("25% Rabatt", "financial"),
        ("Kleines Geschenk", "material"),
        ("Grazie al telefono", "emotional"),
        ("Sommerkatalog", None),
        (None, None),
        ("Remise de printemps", "financial"),
        ("Mystery", "material"),
    ],
)
def test_the_kind_of_an_earlier_offer_is_what_client_yml_says_or_its_name(name, kind):
    chosen = settings.Settings.model_validate(
        {"client": "x", "tables": {"orders": {}}, "offers": {"earlier": {"Mystery": "material"}}}
    )
    assert earlier.kind_of(name, chosen, {}) == kind


@pytest.mark.parametrize("preset", ["retail", "donations", "subscription"])
def test_a_preset_s_offer_keeps_kind_and_incentive_when_the_language_changes(preset, tmp_path):
    written = {"client": "x", "preset": preset, "tables": {"orders": {}}}
    chosen = {one: settings.Settings.model_validate(written | {"language": one}) for one in languages()}
    before, now = (catalogue.load(chosen[one], tmp_path) for one in ("en", "it"))
    kinds, paid = (
        {name: offer.kind for offer in now for name in offer.names},
        incentives_of(chosen["it"], now),
    )
    for old, new in zip(before, now, strict=True):
        assert old.name != new.name
        for offer in (old, new):
            assert earlier.kind_of(offer.name, chosen["it"], kinds) == offer.kind, offer.name
            assert paid[offer.name] == offer.incentive_return


def test_the_demos_planted_campaigns_are_measured(demo_data):
    with opened(demo_data, "demo") as (history, sources):
        frame = earlier.assigned(history, sources, {})
        offers = catalogue.load(history.settings, demo_data / "demo")
    found = measured_responses(frame, assumed(offers))
    cells = found[found["offer"].isna()].set_index(["kind", "channel"])
    # Planted: .46 of the regulars and .16 of the occasional who would not have ordered begin a second life.
    assert 0.25 < cells.loc[CALL, "low"] < cells.loc[CALL, "lift_points"] < 0.46
    assert cells.loc[("material", "letter"), "low"] > 0.01
    assert set(cells.index) == {CALL, ("financial", "email"), ("financial", "letter"), ("material", "letter")}


def test_an_earlier_campaign_is_counted_alike_before_the_plan_and_in_its_measurement(demo_data):
    with opened(demo_data, "demo") as (history, sources):
        horizon = history.settings.measurement.horizon_days
        frame = earlier.assigned(history, sources, {})
        everybody = history.orders.select("customer_id").distinct().to_pyarrow().to_pandas()
        trials = read_trials(history, sources, everybody)
    frame = frame.set_index(["campaign", "customer_id"])
    counted = [
        (trial.campaign, customer, "treated" if treated else "control", bool(returned))
        for trial in trials
        for customer, treated, returned in zip(
            trial.people["customer_id"], trial.treated, trial.returned(horizon), strict=True
        )
    ]
    both = [row for row in counted if row[:2] in frame.index]
    assert {row[0] for row in both} == set(frame.index.get_level_values("campaign"))
    assert len(both) == len(frame)
    same_day = sum(int(trial.total("ordered", 0, 0).sum()) for trial in trials)
    assert same_day > 0, "nobody ordered on the day of contact: nothing is tested"
    found = frame.loc[[row[:2] for row in both], ["arm", "returned"]]
    assert [tuple(row) for row in found.to_numpy()] == [row[2:] for row in both]
