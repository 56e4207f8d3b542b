"""Practice clients: a world of its own for each seed, its exports, and apart from them the answer key."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState
from ruamel.yaml import YAML

from playbook.demo import charity, donors, planted, retailer, subscription
from playbook.demo.answers import Effects, Margins, answer
from playbook.demo.export import ExportFile, write_files
from playbook.demo.giving import all_gifts
from playbook.demo.lines import draw_purchases, order_lines, returned_lines
from playbook.demo.lives import OrderRows
from playbook.demo.people import Scene
from playbook.demo.planted import Behaviour, PlantedCampaign
from playbook.demo.world import Demo
from playbook.errors import CallError
from playbook.settings.client import SETTINGS_FILE, named_client

KEYS = ".keys"
"""The folder of the answer keys in the data folder: hidden, so that it is no client."""
FACTS, CUSTOMERS, OFFERS = "key.yml", "customers.parquet", "offers.parquet"

BOUNDS = {
    "lifetime": (0.75, 1.4),
    "pauses": (0.7, 1.3),
    "pause": (0.8, 1.3),
    "second_lifetime": (0.75, 1.4),
    "complaint_rate": (0.6, 1.6),
    "occasional_returns": (0.6, 1.5),
    "occasional_response": (0.6, 1.6),
    "gap": (0.75, 1.35),
    "occasional": (0.5, 1.35),
    "rhythm": (0.6, 1.5),
    "gift": (0.75, 1.35),
    "wins": (0.55, 1.5),
    "stays": (0.7, 1.35),
}
"""Between which factors on the usual world's a parameter of a practice client lies."""
WORKS = 0.8
"""Chance that a kind of kindness does anything; one kind at least does."""
MOST_WON = 0.75
FORMAT = ("encoding", "separator", "decimal", "thousands", "dates")
FIRST_NUMBERS = (10_000, 90_000)
"""Between which the first customer's number lies: a plan for another client is seen by its numbers."""


@dataclass(frozen=True)
class Kind:
    """What a kind of practice client is made from.

    ``untried`` holds (wins, stays) of kindnesses by kind and channel, as in `PlantedCampaign`, that none of
    the planted campaigns tries; ``settings`` are lines of client.yml.
    """

    planted: Behaviour
    generate: Callable[..., Demo]
    customers: int
    files: Mapping[str, ExportFile]
    margins: Margins
    untried: Mapping[tuple[str, str], tuple[float, float]]
    settings: Mapping[str, Any]


def _shop(scene: Scene[Any], orders: OrderRows, truth: pd.DataFrame) -> pd.DataFrame:
    sold = order_lines(scene, orders, draw_purchases(scene, orders))
    back = returned_lines(scene, sold)
    return pd.concat([sold, back], ignore_index=True) if len(back) else sold


def _charity(scene: Scene[Any], orders: OrderRows, truth: pd.DataFrame) -> pd.DataFrame:
    gifts = all_gifts(scene, orders, truth["rhythm"].to_numpy(str), np.full(len(truth), ""))
    return gifts.assign(margin=gifts["amount"])


def _club(scene: Scene[Any], orders: OrderRows, truth: pd.DataFrame) -> pd.DataFrame:
    return subscription.payments(scene, orders)


KINDS = {
    "retailer": Kind(
        *(planted.PLANTED, retailer.generate, retailer.CUSTOMERS, retailer.FILES, _shop),
        untried={
            ("emotional", "visit"): (0.6, 450),
            ("emotional", "letter"): (0.06, 300),
            ("emotional", "email"): (0.012, 250),
            ("financial", "letter"): (0.1, 150),
        },
        settings={"preset": "retail", "margin_rate": 0.52, "inactivity_by": "segment"},
    ),
    "charity": Kind(
        *(charity.PLANTED, donors.generate, donors.DONORS, donors.FILES, _charity),
        untried={
            ("emotional", "visit"): (0.4, 900),
            ("emotional", "email"): (0.015, 0),
            ("material", "letter"): (0.15, 120),
        },
        settings={"preset": "donations"},
    ),
    "subscription": Kind(
        *(subscription.PLANTED, subscription.generate, subscription.MEMBERS, subscription.FILES, _club),
        untried={
            ("emotional", "letter"): (0.04, 250),
            ("emotional", "email"): (0.012, 250),
            ("material", "letter"): (0.06, 220),
        },
        settings={"preset": "subscription", "margin_rate": subscription.MARGIN_RATE},
    ),
}


def draw(kind: Kind, seed: int) -> tuple[Behaviour, Effects]:
    """Draw the parameters of a practice client's world, and what each kindness does by each channel."""
    random, usual = RandomState([seed, 1]), kind.planted

    def vary(name: str, value: float) -> float:
        return float(value * np.exp(random.uniform(*np.log(BOUNDS[name]))))

    plain = [name for name in BOUNDS if isinstance(getattr(usual, name, None), float)]
    varied: dict[str, Any] = {name: vary(name, getattr(usual, name)) for name in plain}
    varied["occasional"] = {name: vary("occasional", share) for name, share in usual.occasional.items()}
    if isinstance(usual, charity.PlantedGiving):
        varied["rhythms"] = {
            name: replace(one, new=vary("rhythm", one.new), gift=vary("gift", one.gift))
            for name, one in usual.rhythms.items()
        }
    sent = usual.campaigns[0]
    effects = {_place(one): one for one in usual.campaigns if one.kind != "none"}
    effects |= {
        (kindness, channel): replace(sent, kind=kindness, costs={channel: 0.0}, wins=wins, stays=stays)
        for (kindness, channel), (wins, stays) in kind.untried.items()
    }
    kinds = sorted({kindness for kindness, _ in effects})
    works = random.uniform(size=len(kinds)) < WORKS
    works[random.randint(len(kinds))] |= not works.any()
    does = dict(zip(kinds, works.tolist(), strict=True))
    effects = {
        place: replace(
            one, wins=does[place[0]] * min(MOST_WON, vary("wins", one.wins)), stays=vary("stays", one.stays)
        )
        for place, one in effects.items()
    }
    campaigns = tuple(effects.get(_place(one), one) for one in usual.campaigns)
    return replace(usual, **varied, campaigns=campaigns), effects


def _place(campaign: PlantedCampaign) -> tuple[str, str]:
    return campaign.kind, next(iter(campaign.costs))


def make(name: str, kind: str, seed: int, data: Path, keys: Path, customers: int | None = None) -> Path:
    """Write a practice client's folder and, into ``keys``, its answer key; return the client's folder.

    The key holds `FACTS` (all that was drawn), `CUSTOMERS` and `OFFERS` (see `answers.Answers`).

    Raises
    ------
    CallError
        Where there is a folder or a key of this name.
    """
    named_client(name)
    for folder in (data / name, keys / name):
        if folder.exists() or folder.is_symlink():
            raise CallError(f"{folder} is there already: choose another name, or remove it first.")
    made, size = KINDS[kind], customers or KINDS[kind].customers
    behaviour, effects = draw(made, seed)
    first = RandomState([seed, 2]).randint(*FIRST_NUMBERS)
    demo = made.generate(seed, size, planted=behaviour, first_number=first)
    for folder in (data, keys):
        folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".new-", dir=data) as place, TemporaryDirectory(dir=keys) as apart:
        client, key = Path(place) / name, Path(apart) / name
        client.mkdir()
        key.mkdir()
        write_files(demo, made.files, client)
        _write_yaml(_settings(name, made, demo, client), client / SETTINGS_FILE)
        truth = answer(demo, effects, made.margins, name, client.parent, seed)
        truth.customers.to_parquet(key / CUSTOMERS, index=False)
        truth.offers.to_parquet(key / OFFERS, index=False)
        asked = {"client": name, "kind": kind, "seed": seed, "customers": size, **truth.facts}
        does = {" by ".join(place): {"wins": one.wins, "stays": one.stays} for place, one in effects.items()}
        _write_yaml({**asked, "offers": does, "planted": asdict(behaviour)}, key / FACTS)
        shutil.move(key, keys / name)
        shutil.move(client, data / name)
    return data / name


def _settings(name: str, kind: Kind, demo: Demo, folder: Path) -> dict[str, Any]:
    """Return the client.yml of a practice client, whose files lie in ``folder``."""
    tables = {}
    for table, file in kind.files.items():
        form = {key: getattr(file.dialect, key) for key in FORMAT}
        tables[table] = {
            "files": sorted(path.name for path in folder.glob(file.name.replace("{year}", "*"))),
            "format": {key: text for key, text in form.items() if text},
            "columns": {ours: is_ if isinstance(is_, str) else is_[0] for ours, is_ in file.columns.items()},
        }
    lines: dict[str, Any] = {"client": name, "language": "en", "currency": "CHF", **kind.settings}
    campaigns = [one.code for one in demo.world.scene.planted.campaigns]
    lines |= {"tables": tables, "measurement": {"randomised": campaigns}, "seed": 1}
    given = demo.customers.get("cancel_reason", pd.Series(dtype=object))
    for_good = [reason for reason in subscription.FOR_GOOD if (given == reason).any()]
    return lines | ({"offers": {"lost_for_good": for_good}} if for_good else {})


def _write_yaml(tree: Mapping[str, Any], path: Path) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(dict(tree), file)
