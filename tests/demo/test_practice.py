"""Practice clients and their grading: made whole or not at all, the same by seed, and judged by the truth."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.random import RandomState

from playbook.archive.sheets import write_sheet
from playbook.demo import grade as grading
from playbook.demo import practice
from playbook.demo.campaigns import treat
from playbook.errors import CallError, DataError
from playbook.offers.window import Window
from playbook.settings.client import load
from playbook.show.words import Words
from tests.conftest import make_run, playbook

SIZE, SEED = 600, 7
KINDS = list(practice.KINDS)


def digest(folder):
    parts = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in parts}


def make(kind, data, seed=SEED, name=None):
    return practice.make(name or kind, kind, seed, data, data / practice.KEYS, SIZE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One small client of each kind."""
    data = tmp_path_factory.mktemp("practice")
    for kind in KINDS:
        make(kind, data)
    return data


@pytest.fixture(scope="module")
def key(made):
    return read(made, "retailer")


def read(data, client):
    settings = load(client, data)
    return grading.read_key(client, data / practice.KEYS, settings, data / client)


def hand_in(place, key, choice=None, **columns):
    """Write the plan of one offer per person (-1: none) and read it again."""
    choice = np.full(len(key.people), -1) if choice is None else choice
    rows = np.flatnonzero(choice >= 0)
    offers = [key.offers[k].name for k in choice[rows]]
    plan = pd.DataFrame({"customer_id": key.people["customer_id"].to_numpy()[rows], "offer": offers})
    path = place / "mine.csv"
    write_sheet(plan.assign(**columns), path)
    return grading.read_plan(path, key)


def best(key):
    return key.best(key.people["left"].to_numpy(bool), key.settings.offers.budget)


# Making -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_bytes_and_another_seed_another_world(made, tmp_path, kind):
    make(kind, tmp_path)
    again, first = digest(tmp_path / kind), digest(made / kind)
    assert again == first
    keys = [digest(data / practice.KEYS / kind) for data in (tmp_path, made)]
    assert keys[0] == keys[1]
    drawn = [practice.draw(practice.KINDS[kind], seed) for seed in range(30)]
    assert len({world.lifetime for world, _ in drawn}) == 30
    assert len({tuple(sorted(one.wins for one in effects.values())) for _, effects in drawn}) == 30
    for _, effects in drawn:
        works = {place[0] for place, one in effects.items() if one.wins > 0}
        assert works
        assert max(one.wins for one in effects.values()) <= practice.MOST_WON
    assert any(one.wins == 0 for _, effects in drawn for one in effects.values())
    make(kind, tmp_path, seed=8, name="other")
    other = pd.read_parquet(tmp_path / practice.KEYS / "other" / practice.CUSTOMERS)
    mine = pd.read_parquet(made / practice.KEYS / kind / practice.CUSTOMERS)
    assert set(other["customer_id"]).isdisjoint(mine["customer_id"])


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_of_the_client_tells_the_truth_and_its_contacts_are_randomised(made, kind):
    assert {path.suffix for path in (made / kind).iterdir()} == {".csv", ".yml"}
    settings = load(kind, made)
    assert settings.client == kind
    contacts = pd.read_csv(made / kind / settings.tables.contacts.files[0], sep=None, engine="python")
    name = settings.tables.contacts.columns["campaign"]
    assert set(contacts[name]) <= set(settings.measurement.randomised)


def test_an_existing_folder_is_refused_and_nothing_is_left_half_written(made, tmp_path, monkeypatch):
    with pytest.raises(CallError, match="is there already"):
        make("charity", made)
    (tmp_path / "charity").mkdir()
    with pytest.raises(CallError, match="is there already"):
        make("charity", tmp_path)
    (tmp_path / "charity").rmdir()

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(practice, "answer", full)
    with pytest.raises(OSError, match="No space"):
        make("charity", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.name != practice.KEYS] == []


def test_contracts_end_after_their_last_payment_and_nobody_returns_who_left_for_good(made):
    paid = pd.concat(map(pd.read_csv, sorted((made / "subscription").glob("payments_*.csv"))))
    paid["day"] = pd.to_datetime(paid["ordered_at"], errors="coerce")
    last = paid.dropna(subset="day").groupby("customer_id")["day"].max()
    members = pd.read_csv(made / "subscription" / "members.csv").set_index("customer_id")
    ended = pd.to_datetime(members["cancelled_on"]).dropna()
    assert 0.4 < len(ended) / len(last) < 0.95
    assert (ended >= last.reindex(ended.index)).all()
    running = last[last.index.difference(ended.index)]
    assert (running > pd.Timestamp("2025-10-15")).all()
    months = paid.groupby("customer_id")["day"].agg(lambda days: days.dt.to_period("M").value_counts().max())
    assert (months <= 2).all()
    key = read(made, "subscription")
    gone = members.index[members["cancel_reason"].isin(["moved away", "deceased"])]
    who = key.people["customer_id"].isin(gone).to_numpy()
    assert who.sum() > 20
    assert not key.people.loc[who, "returns"].any()
    assert (key.of("adds")[who] == 0).all()


# The key ----------------------------------------------------------------------------------------


def test_the_key_is_what_the_world_does_when_everybody_is_called(made, key):
    kind = practice.KINDS["retailer"]
    world, effects = practice.draw(kind, SEED)
    first = RandomState([SEED, 2]).randint(*practice.FIRST_NUMBERS)
    demo = kind.generate(SEED, SIZE, planted=world, first_number=first)
    orders, clock = demo.world.lives.orders, demo.world.scene.clock
    who = pd.Index(demo.world.ids).get_indexer(pd.Index(key.people["customer_id"])).astype(np.int64)
    start = clock.number(Window(key.facts["as_of"], 1).start)
    call, margins = effects["emotional", "phone"], []
    for draw in range(20):
        scene = replace(demo.world.scene, random=RandomState([99, draw]))
        contact = np.full(len(who), start)
        lives, _, _ = treat(scene, demo.world.lives, call, who, np.ones(len(who), bool), contact)
        begun = lives.orders.take(np.arange(len(lives.orders.day)) >= len(orders.day))
        lines = kind.margins(scene, begun, demo.truth.customers)
        after = (lines["day"] - start) / 365.25
        margins.append((lines["margin"] * 1.08**-after).sum())
    k = [offer.name for offer in key.offers].index("Personal call")
    true = (key.profit[:, k] + key.of("spend")[:, k]).sum()
    error = np.std(margins) / np.sqrt(len(margins))
    assert true > 0
    assert abs(true - np.mean(margins)) < 4 * error + 0.05 * true


def test_who_returns_unaided_is_who_orders_later_in_the_world(made, key):
    kind = practice.KINDS["retailer"]
    world, _ = practice.draw(kind, SEED)
    first = RandomState([SEED, 2]).randint(*practice.FIRST_NUMBERS)
    until = pd.Timestamp(key.facts["as_of"]) + pd.Timedelta(days=key.facts["horizon_days"])
    later = kind.generate(SEED, SIZE, last_day=until.date(), planted=world, first_number=first).orders
    bought = later[(later["ordered_at"] > pd.Timestamp(key.facts["as_of"])) & (later["amount"] > 0)]
    returns = set(key.people.loc[key.people["returns"], "customer_id"])
    assert returns == set(bought["customer_id"].dropna()) & set(key.people["customer_id"])


# Grading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_plan_has_no_regret_and_a_random_one_has(made, tmp_path, kind):
    key = read(made, kind)
    top = grading.grade(hand_in(tmp_path, key, best(key)), key, set())
    assert top.regret == pytest.approx(0, abs=1e-6)
    assert top.true.sum() > 0
    random = np.random.default_rng(1)
    choice, allowed = np.full(len(key.people), -1), key.of("allowed").astype(bool)
    for person in random.permutation(np.flatnonzero(allowed.any(axis=1)))[:60]:
        choice[person] = random.choice(np.flatnonzero(allowed[person]))
    other = grading.grade(hand_in(tmp_path, key, choice), key, set())
    assert other.regret > 0.1 * top.true.sum()
    assert other.fits


def test_what_may_not_be_done_is_said_first_and_counts_for_nothing(key, tmp_path):
    choice, consent = best(key), key.of("consent").astype(bool)
    refused = np.flatnonzero(~consent[:, 2] & (choice < 0))[:3]
    held = set(key.people["customer_id"].to_numpy()[np.flatnonzero(choice >= 0)[:2]])
    fine = grading.grade(hand_in(tmp_path, key, choice), key, set())
    choice[refused] = 2
    faulty = grading.grade(hand_in(tmp_path, key, choice), key, held)
    assert (faulty.without_consent, faulty.held) == (3, 2)
    assert faulty.true[faulty.plan["customer_id"].isin(held)].tolist() == [0, 0]
    assert faulty.true.sum() < fine.true.sum()
    said = faulty.sentences(Words())
    assert said[0].startswith("A fault: ")
    assert "by their channel 3, " in said[0]
    assert "held back by chance 2." in said[0]
    assert len(said) <= 12
    calls = np.where(consent[:, 2] & key.of("allowed")[:, 2].astype(bool), 2, -1)
    crowd = replace(key, settings=key.settings.model_copy(deep=True, update={}))
    crowd.settings.offers.channel_capacity["phone"] = 1
    assert not grading.grade(hand_in(tmp_path, crowd, calls), crowd, set()).fits


def test_the_sentences_hold_the_figures_of_the_truth(key, tmp_path):
    plan = hand_in(tmp_path, key, best(key), expected_profit=10.0, return_probability=0.1)
    found = grading.grade(plan, key, set())
    said, words = " ".join(found.sentences(Words())), Words()
    returns = key.people["returns"].to_numpy(bool)[found.plan["person"]].sum()
    assert f"{returns} of {len(plan)} customers planned would have come back within 183 days" in said
    assert f"truly bring {words.money(found.true.sum())} on average" in said
    assert f"The plan expected {words.money(10.0 * len(plan))}." in said
    assert f"The plan expected {words.number(0.1 * len(plan))} (by luck" in said
    assert f"The regret is {words.money(0)}, 0% of what could be had." in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no CSV"),
        ("customer_id;offer\nK1;x\n", "has no column customer_id"),
        ("customer_id,offer\n", "has no contacts"),
        ("customer_id,offer\nX1,Personal call\n", "is the plan of another client"),
        ("customer_id,offer\n{one},Personal call\nX1,Personal call\n", "names 1 customers whom"),
        ("customer_id,offer\n{one},Personal cal\n", "Did you mean 'Personal call'"),
        ("customer_id,offer\n{one},Visit\n{one},Visit\n", "twice"),
        ("customer_id,offer,expected_profit\n{one},Visit,much\n", "expected_profit is no number"),
    ],
)
def test_a_plan_that_cannot_be_graded_ends_in_one_sentence(key, tmp_path, text, sentence):
    path = tmp_path / "plan.csv"
    path.write_text(text.format(one=key.people["customer_id"].iloc[0]), encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        grading.read_plan(path, key)


def test_the_commands_say_what_is_missing(made, tmp_path):
    places = ["--data", str(made), "--reports", str(tmp_path)]
    assert _refused("grade", "retailer", "none.csv", *places).startswith("Error: There is no file none.csv")
    keyless = _refused("grade", "retailer", "none.csv", *places, "--key", str(tmp_path))
    assert "has no answer key of retailer" in keyless
    assert "is there already" in _refused("demo", "retailer", "--kind", "charity", "--seed", "1", *places[:2])


def _refused(*words):
    stopped = playbook(*words)
    assert stopped.returncode == 2
    [line] = stopped.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    "kind", ["subscription", *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[:2])]
)
def test_a_report_runs_and_its_plan_is_graded(made, tmp_path, kind):
    run = make_run(made, kind, tmp_path)
    assert (run.folder / "index.html").is_file()
    graded = playbook("grade", kind, str(run.folder / "plan.csv"), "--data", str(made))
    assert graded.stdout.startswith("No contact lacks consent")
    assert "The regret is" in graded.stdout
