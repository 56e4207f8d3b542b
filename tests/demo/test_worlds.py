"""What both practice clients keep: their committed files, their truth, and a past that stays the same."""

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from ruamel.yaml import YAML

from playbook.demo import donors, retailer
from playbook.demo.__main__ import main

DATA = Path(__file__).parents[2] / "data"
TABLES = ("orders", "customers", "events", "contacts")
CLIENTS = {
    "demo": SimpleNamespace(module=retailer, most_bytes=1_800_000, growth=1.1, nameless=0.05),
    "demo_donors": SimpleNamespace(module=donors, most_bytes=1_000_000, growth=1.05, nameless=0.03),
}


@pytest.fixture(scope="module", params=CLIENTS)
def world(request):
    chosen = CLIENTS[request.param]
    return SimpleNamespace(
        name=request.param, folder=DATA / request.param, demo=chosen.module.generate(1), **vars(chosen)
    )


def test_the_command_writes_the_committed_files_byte_for_byte(tmp_path):
    main(tmp_path)
    for name in CLIENTS:
        committed = sorted(path.name for path in (DATA / name).glob("*.csv"))
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == committed
        for file in committed:
            assert (tmp_path / name / file).read_bytes() == (DATA / name / file).read_bytes(), file


def test_the_committed_folder_stays_small(world):
    files = [path for path in world.folder.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= world.most_bytes


def test_client_yml_maps_every_column_of_the_files(world):
    written = YAML(typ="safe").load(world.folder / "client.yml")["tables"]
    for name in TABLES:
        table, form = written[name], written[name]["format"]
        first = (world.folder / table["files"][0]).read_text(form["encoding"]).splitlines()[0]
        assert set(first.split(form["separator"])) == set(table["columns"].values())
        assert set(table["columns"]) == set(getattr(world.demo, name).columns)


def test_every_id_is_in_the_customers_table_and_some_orders_have_none(world):
    assert world.demo.customers["customer_id"].is_unique
    known = set(world.demo.customers["customer_id"])
    for name in TABLES:
        assert set(getattr(world.demo, name)["customer_id"].dropna()) <= known
    assert 0.005 < world.demo.orders["customer_id"].isna().mean() < world.nameless


def test_nobody_can_be_reached(world):
    book = world.demo.customers
    assert book["email"].dropna().str.contains(r"@example\.(?:com|org|net)$").all()
    assert book["phone"].dropna().str.fullmatch(r"000 555 \d\d \d\d").all()


def test_the_same_seed_gives_the_same_tables_and_another_seed_others(world):
    again, other = world.module.generate(1), world.module.generate(2)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(world.demo, name), getattr(again, name))
    assert not world.demo.orders["amount"].head(1000).equals(other.orders["amount"].head(1000))


def test_a_later_last_day_shows_the_same_past(world):
    last = world.module.LAST_DAY
    later = world.module.generate(1, last_day=last + dt.timedelta(days=183))
    for name, day in (("orders", "ordered_at"), ("events", "happened_at"), ("contacts", "contacted_at")):
        table = getattr(later, name)
        past = table[table[day] <= pd.Timestamp(last)].reset_index(drop=True)
        pd.testing.assert_frame_equal(past, getattr(world.demo, name))
    assert len(later.orders) > world.growth * len(world.demo.orders)


def test_nothing_happens_after_the_last_day(world):
    last = pd.Timestamp(world.module.LAST_DAY)
    assert world.demo.orders["ordered_at"].max() == last
    assert world.demo.events["happened_at"].max() <= last
    assert world.demo.customers["acquired_on"].max() <= last
    assert (world.demo.truth.customers.select_dtypes("datetime").max() <= last).all()


def test_a_last_day_outside_the_world_is_refused(world):
    with pytest.raises(ValueError, match="the demo's world runs from"):
        world.module.generate(1, last_day=dt.date(2031, 1, 1))


def test_truth_names_the_planted_parameters_and_describes_every_contact(world):
    truth = world.demo.truth
    assert truth.planted == asdict(world.module.PLANTED)
    assert list(truth.customers["customer_id"]) == list(world.demo.customers["customer_id"])
    assert list(truth.contacts["customer_id"]) == list(world.demo.contacts["customer_id"])
