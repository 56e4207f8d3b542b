"""What offers are claimed to bring, against what they do bring (part of `truth`); SEEDS says how many shops.

In each generated shop chapter 07 learns from the earlier campaigns, and claims a profit. True is what the
generator's own rules make of the same contacts to the same people: the shop's future with and without
them, all else equal, the luck of the response averaged over `DRAWS`. Both are margins less contacts and
incentives.

A claim counts second lives through month K (chapter 06: nothing is carried beyond it), so its truth is
the margin of as many months from the contact, discounted as the claim is. What followed until the end of
the generated world, 27 months, is printed beside it: so much is not claimed.

- By kind: one contact of each kind to all of the addressed within `SILENCE` who may get it. Aim: claimed
  over true between .75 and 1.33. A discount brings next to nothing here, so that its ratio says little:
  the difference is printed with its standard error. Calls are claimed at less than was measured beyond
  the silence that the earlier campaign tested, by the rule of chapter 07.
- The plan as it is printed: who gets which offer in which week. Offers whose effect was not planted in
  these shops do nothing, and cost what they cost. Aim: the 90% interval holds the truth in eight of ten.
"""

import os
import shutil
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.chapter import Chapter
from playbook.chapters.plan import make_plan, prepare, relative_interval
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.plan import Plan
from playbook.demo import retailer
from playbook.demo.answers import changed
from playbook.demo.campaigns import treat
from playbook.demo.export import write_files
from playbook.demo.lines import all_lines
from playbook.demo.lives import OrderRows, stack
from playbook.demo.people import Scene
from playbook.demo.planted import CALL, DISCOUNT, GIFT, PLANTED, Planted, PlantedCampaign
from playbook.demo.world import World
from playbook.records.arrays import Array, Positions
from playbook.settings.client import load
from playbook.stats.inactivity import inactivity
from playbook.stats.spells import spell_counts
from playbook.stats.trials.known_offers import known_offers
from playbook.stats.value import MONTH_DAYS, second_life
from tests.benchmarks.measure import cost

SEEDS = int(os.environ.get("SEEDS", "10"))
DRAWS = 20
DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
START, RETURN_DAYS = date(2025, 10, 6), 183
SILENCE = (270, PLANTED.campaign_silence_most)
SENT: dict[str, PlantedCampaign] = {
    "Personal call": CALL,
    "20% off by e-mail": replace(DISCOUNT, percent_off=20),
    "Small gift with the next order": GIFT,
}
"""The catalogue's offers whose effect is planted; a discount is in the margins of its orders."""


@dataclass(frozen=True)
class Shop:
    """A generated shop, seen by chapter 07 on the last day, and its future.

    ``months`` are those of a second life that are counted, K + 1; ``ranges`` the intervals of second
    lives and of returns, as chapter 07 has them.
    """

    world: World
    campaign: Campaign
    months: int
    ranges: tuple[tuple[float, float] | None, tuple[float, float] | None]


def main() -> None:
    """Print claimed and true profit by kind of offer, and of each shop's plan."""
    kinds, plans = [], []
    for seed in range(1, SEEDS + 1):
        with TemporaryDirectory() as place:
            shop = open_shop(seed, *opened(seed, Path(place)))
        kinds.append(by_kind(shop, seed))
        plans.append(of_plan(shop, seed))
    show(pd.concat(kinds), pd.DataFrame(plans, index=range(1, len(plans) + 1)))


def show(kinds: pd.DataFrame, plans: pd.DataFrame) -> None:
    """Print the figures of all shops."""
    print(f"What offers bring in {len(plans)} generated shops: profit per contact, CHF")
    for kind, rows in kinds.groupby("kind", sort=False):
        mean, off = rows.mean(numeric_only=True), rows["claimed"] - rows["true"]
        print(
            f"  {kind:<30} claimed {mean['claimed']:6.2f}, true {mean['true']:6.2f}, claimed / true"
            f" {mean['claimed'] / mean['true']:5.2f} (aim: .75 to 1.33), claimed - true {off.mean():6.2f}"
            f" (standard error {off.sem():.2f}); true to the end of the world {mean['in_all']:6.2f},"
            f" claimed / this {mean['claimed'] / mean['in_all']:5.2f}"
        )
    longer = plans["in_all"].between(plans["low"], plans["high"])
    print(
        f"  the plan's 90% interval holds it in {plans['covered'].sum()} of {len(plans)} (aim: 8 of 10),"
        f" that to the end of the world in {longer.sum()} (CHF)"
    )
    print(plans.round(0).astype({"customers": int}).to_string(index_names=False), flush=True)


def opened(seed: int, place: Path, planted: Planted = PLANTED) -> tuple[Path, Path]:
    """Write a shop and run the chapters before the plan on it; return its data and its reports."""
    data, reports = place / "data", place / "reports"
    (data / "demo").mkdir(parents=True)
    write_files(retailer.generate(seed, planted=planted), retailer.FILES, data / "demo")
    shutil.copy(DEMO / "client.yml", data / "demo")
    words = ["run", "demo", "--chapters", "01-06", "--data", data, "--reports", reports]
    cost([sys.executable, "-m", "playbook", *words])
    return data, reports


def open_shop(seed: int, data: Path, reports: Path, planted: Planted = PLANTED) -> Shop:
    """Prepare the plan of a shop."""
    [folder] = (reports / "demo").glob("*.partial")
    run = Chapter("07", "demo", load("demo", data), folder, data)
    known = known_offers(run.history, run.sources, run.client_folder, run.home)
    life = second_life(run.history, inactivity(spell_counts(run.history), run.history.settings).days, draws=1)
    value, chance = run.findings("06").get("second_life"), run.findings("04").get("returners_lapsed")
    return Shop(
        retailer.happen(seed, planted=planted)[0],
        prepare(run.customers, run.history, run.sources, known.offers),
        life.last_month + 1 if life else 0,
        (relative_interval(value), relative_interval(chance)),
    )


def by_kind(shop: Shop, seed: int) -> pd.DataFrame:
    """Return claimed and true profit per contact, had everybody who may got the same offer."""
    campaign, rows = shop.campaign, []
    names = [offer.name for offer in campaign.offers]
    for kind in SENT:
        k = names.index(kind)
        who = campaign.suits[:, k] & campaign.people["silence_days"].between(*SILENCE).to_numpy()
        profit = campaign.profit(k, campaign.settings.offers.response, campaign.response_of(k))[who]
        contacts = pd.DataFrame(
            {"customer_id": campaign.people["customer_id"][who], "offer": kind, "week": START}
        )
        true, in_all = brought(shop, contacts, seed)
        rows.append(
            {"kind": kind, "claimed": profit.mean(), "true": true / who.sum(), "in_all": in_all / who.sum()}
        )
    return pd.DataFrame(rows)


def plan_of(shop: Shop) -> Plan:
    """Return the plan as chapter 07 prints it."""
    return make_plan(shop.campaign, value_range=shop.ranges[0], chance_range=shop.ranges[1])


def of_plan(shop: Shop, seed: int) -> dict[str, float]:
    """Return what the printed plan claims, its interval and its truth."""
    plan = plan_of(shop)
    low, high = plan.draws.interval if len(plan.contacts) else (0.0, 0.0)
    true, in_all = brought(shop, plan.contacts, seed)
    found = {"customers": len(plan.contacts), "claimed": plan.profit, "low": low, "high": high, "true": true}
    return {**found, "in_all": in_all, "covered": low <= true <= high}


def brought(shop: Shop, contacts: pd.DataFrame, seed: int) -> tuple[float, float]:
    """Return what contacts bring within the months that count, and to the end of the world.

    Parameters
    ----------
    contacts : DataFrame
        customer_id, offer, week (its first day).
    """
    if contacts.empty:
        return 0.0, 0.0
    world, offers = shop.world, {offer.name: offer for offer in shop.campaign.offers}
    clock = world.scene.clock
    who = pd.Index(world.ids).get_indexer(contacts["customer_id"]).astype(np.int64)
    day = np.array([clock.number(pd.Timestamp(week).date()) for week in contacts["week"]])
    starts = np.full(len(world.ids), -1)
    starts[who] = clock.open_day(day)
    fixed = sum(offers[name].cost for name in contacts["offer"])
    paid = np.zeros(len(world.ids))
    paid[who] = [offers[name].incentive_return + offers[name].whole_stay for name in contacts["offer"]]
    totals = []
    for draw in range(DRAWS):
        scene = replace(world.scene, random=RandomState([seed, draw]))
        lives = world.lives
        for name, planted in SENT.items():
            sent = who[(contacts["offer"] == name).to_numpy()]
            lives, _, _ = treat(scene, lives, planted, sent, np.ones(len(sent), dtype=bool), starts[sent])
        totals.append(
            _difference(shop, scene, lives.orders, starts) - _incentives(lives.orders, starts, paid)
        )
    within, in_all = np.mean(totals, axis=0) - fixed
    return float(within), float(in_all)


def _difference(shop: Shop, scene: Scene[Planted], orders: OrderRows, starts: Positions) -> Array:
    """Return the margin of orders that are otherwise not made, less that of those made otherwise only.

    Within the months that count, discounted to the contact; and to the end of the world.
    """
    more, fewer = changed(orders, shop.world.lives.orders)
    return _margin(shop, scene, more, starts) - _margin(shop, scene, fewer, starts)


def _margin(shop: Shop, scene: Scene[Planted], orders: OrderRows, starts: Positions) -> Array:
    if not len(orders.day):
        return np.zeros(2)
    earlier = shop.world.lives.orders
    known = np.isin(earlier.customer, orders.customer) & (earlier.day < starts[earlier.customer])
    lines = all_lines(scene, stack([earlier.take(known), orders]))
    lines = lines[lines["customer"] >= 0]
    after = lines["day"].to_numpy() - starts[lines["customer"]]
    margin = lines["margin"].fillna(0.52 * lines["amount"]).to_numpy(float) * (after >= 0)
    settings = shop.campaign.settings
    discounted = margin * (1 + settings.discount_rate) ** (-after / 365.25)
    return np.array([discounted[after < MONTH_DAYS * shop.months].sum(), margin.sum()])


def _incentives(orders: OrderRows, starts: Positions, paid: Array) -> float:
    """Return what is paid to those who return in time."""
    after = orders.day - starts[orders.customer]
    back = orders.customer[(starts[orders.customer] >= 0) & (after >= 0) & (after <= RETURN_DAYS)]
    return float(paid[np.unique(back)].sum())
