"""The answers to a generated world: who comes back unaided, and what each offer would truly bring."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.campaigns import treat
from playbook.demo.lives import Complaints, Lives, OrderRows
from playbook.demo.people import Scene
from playbook.demo.planted import PlantedCampaign
from playbook.demo.seasons import Days
from playbook.demo.world import Demo
from playbook.offers import catalogue
from playbook.offers.window import Window
from playbook.records.arrays import Array, Flags
from playbook.records.history import customers, read_history
from playbook.records.reach import reach
from playbook.records.sources import open_sources
from playbook.settings.client import load

Effects = Mapping[tuple[str, str], PlantedCampaign]
"""What a kindness truly does, by its kind and channel."""
Margins = Callable[[Scene[Any], OrderRows, pd.DataFrame], pd.DataFrame]
"""(scene, orders, truth of its people) to the lines of orders: customer, day, margin."""
DRAWS = 20
"""Second lives that are drawn for each customer and kindness."""


@dataclass(frozen=True)
class Answers:
    """What the world knows of every customer with an order, and of every offer to each of them.

    Attributes
    ----------
    facts : mapping
        as_of, horizon_days, until (the last day of the world, to which margins are counted).
    customers : DataFrame
        customer_id; returns (bool: orders within the horizon, had nobody been contacted); left (bool: no
        life goes on); occasional (bool: by nature, and for ever); owner.
    offers : DataFrame
        By offer, and in it as the customers: customer_id, offer; consent, allowed (bool: nothing else keeps
        it from being made either); adds (to the chance to return), spend, profit (expected, incremental,
        discounted, CHF), spread (standard deviation of the profit).
    """

    facts: Mapping[str, Any]
    customers: pd.DataFrame
    offers: pd.DataFrame


@dataclass(frozen=True)
class Future:
    """What follows for some people after an as-of date, had nobody been contacted: `DRAWS` copies of each.

    ``start`` is the day of the contacts, ``chance`` a factor on what an offer is planted to win, ``truth``
    as in `Truth`; each has a row per copy. ``rate`` discounts, per year.
    """

    scene: Scene[Any]
    lives: Lives
    start: int
    chance: Array
    truth: pd.DataFrame
    rate: float


@dataclass(frozen=True)
class Brought:
    """What a kindness does, before its incentives; arrays of shape (draws, people).

    ``wins`` is the chance that it begins a life, ``life`` the margin of such a life, ``length`` its days;
    ``usual`` the margin that it changes of other orders.
    """

    wins: Array
    life: Array
    length: Array
    usual: Array


def answer(demo: Demo, effects: Effects, margins: Margins, client: str, data: Path, seed: int) -> Answers:
    """Work out the answers to a client whose exports lie in ``data``.

    Contacts are made on the first Monday after the as-of date. Second lives are drawn as the world's own
    campaigns draw them, with the same luck for every offer.
    """
    settings, folder, clock = load(client, data), data / client, demo.world.scene.clock
    truth = demo.truth.customers.set_index("customer_id")
    sources = open_sources(settings, folder)
    history = read_history(settings, sources)
    people = customers(history)
    people = people[(people["orders"] > 0) & people["customer_id"].isin(truth.index)].reset_index(drop=True)
    reached = reach(people, sources, settings, history.as_of)
    sources.close()
    ids = pd.Index(people["customer_id"].to_numpy())
    today, start = (clock.number(day) for day in (history.as_of, Window(history.as_of, 1).start))
    who = pd.Index(demo.world.ids).get_indexer(ids).astype(np.int64)
    known, lives = truth.loc[ids], demo.world.lives
    future = _future(demo, who, start, known, settings.discount_rate)
    ahead = lives.orders.take(
        (lives.orders.day > today) & (lives.orders.day <= today + settings.horizon_days)
    )
    back = np.full(len(demo.world.ids), np.inf)
    np.minimum.at(back, ahead.customer, ahead.day)
    goes_on = (lives.starts[who] <= today) & (lives.leaves[who] > today)
    brought: dict[Any, Brought] = {}
    parts = []
    for offer in catalogue.load(settings, folder):
        place = (offer.kind, offer.channel, round(100 * offer.discount))
        if place not in brought:
            scene = replace(future.scene, random=RandomState([seed, 3]))
            effect = replace(effects[place[:2]], percent_off=place[2])
            brought[place] = _brought(replace(future, scene=scene), effect, margins)
        consent = reached[f"may_{offer.channel}"].to_numpy(bool)
        allowed = consent & _suits(offer, reached) & ~reached["contacted_recently"].to_numpy(bool)
        part = pd.DataFrame({"customer_id": ids, "offer": offer.name, "consent": consent, "allowed": allowed})
        parts.append(part.assign(**_worth(offer, future.lives, back[who], brought[place])))
    return Answers(
        {
            "as_of": history.as_of,
            "horizon_days": settings.horizon_days,
            "until": clock.dates(np.array([clock.days - 1]))[0].date(),
        },
        pd.DataFrame(
            {
                "customer_id": ids,
                "returns": np.isfinite(back[who]),
                "left": ~goes_on.any(axis=1),
                "occasional": known["occasional_kind"].notna().to_numpy() & ~known["converts"].to_numpy(bool),
                "owner": reached["owner"].to_numpy(object),
            }
        ),
        pd.concat(parts, ignore_index=True),
    )


def _suits(offer: catalogue.Offer, reached: pd.DataFrame) -> Flags:
    """Whether nothing else comes first: a complaint is answered before anything is offered."""
    complaint, leaving = (reached[name].to_numpy(bool) for name in ("complaint", "cancellation"))
    usual = ~complaint & (not offer.suits or (leaving & ("cancellation" in offer.suits)))
    return np.asarray(usual | (complaint & ("complaint" in offer.suits)))


def _future(demo: Demo, who: Days, start: int, known: pd.DataFrame, rate: float) -> Future:
    scene, lives, n = demo.world.scene, demo.world.lives, len(who)
    copies = np.tile(who, DRAWS)
    traits = {one.name: getattr(scene.people, one.name)[copies] for one in fields(scene.people)}
    traits["group"] = np.full(len(copies), "old")  # nobody's first order is still to come
    places = np.full(len(scene.people), -1)
    places[who] = np.arange(n)
    ahead = lives.orders.take((lives.orders.day >= start) & (places[lives.orders.customer] >= 0))
    copy = np.arange(DRAWS).repeat(len(ahead.day))
    orders = ahead.take(np.tile(np.arange(len(ahead.day)), DRAWS))
    orders = replace(orders, customer=places[orders.customer] + n * copy)
    none = np.zeros(0, dtype=np.int64)
    planted, truth = scene.planted, pd.concat([known] * DRAWS, ignore_index=True)
    chance = np.where(traits["kind"] != "", planted.occasional_response, 1.0)
    if "lost_for_good" in truth:
        chance = np.where(truth["lost_for_good"] == "yes", 0.0, chance)
    return Future(
        replace(
            scene, people=replace(scene.people, **traits), planted=replace(planted, occasional_response=1)
        ),
        Lives(orders, Complaints(none, none, none), lives.starts[copies], lives.leaves[copies]),
        *(start, chance, truth, rate),
    )


def _brought(future: Future, effect: PlantedCampaign, margins: Margins) -> Brought:
    """Let a kindness win everybody whom it can win, so that its chance need not be drawn."""
    scene, size = future.scene, len(future.chance)
    sent, everybody = replace(effect, wins=1.0), np.ones(size, dtype=np.bool_)
    lives, won, _ = treat(scene, future.lives, sent, np.arange(size), everybody, np.full(size, future.start))
    more, fewer = changed(lives.orders, future.lives.orders)

    def summed(orders: OrderRows) -> Array:
        if not len(orders.day):
            return np.zeros(size)
        lines = margins(scene, orders, future.truth).query("customer >= 0")
        discounted = lines["margin"] * (1 + future.rate) ** (-(lines["day"] - future.start) / 365.25)
        return np.bincount(lines["customer"], discounted, minlength=size).astype(np.float64)

    begun = (more.life == 3) & won[more.customer]
    found = (
        effect.wins * future.chance * won,
        summed(more.take(begun)),
        np.where(won, lives.leaves[:, 2] - lives.starts[:, 2], 0.0),
        summed(more.take(~begun)) - summed(fewer),
    )
    return Brought(*(array.reshape(DRAWS, -1) for array in found))


def changed(orders: OrderRows, alone: OrderRows) -> tuple[OrderRows, OrderRows]:
    """Return the orders that are made only with an offer, and those that are made only without it."""
    new, old = (np.stack([o.customer, o.day, o.life, o.percent_off]) for o in (orders, alone))
    _, number = np.unique(np.concatenate([new, old], axis=1), axis=1, return_inverse=True)
    with_it, without = number.ravel()[: new.shape[1]], number.ravel()[new.shape[1] :]
    return orders.take(~np.isin(with_it, without)), alone.take(~np.isin(without, with_it))


def _worth(offer: catalogue.Offer, lives: Lives, back: Array, brought: Brought) -> dict[str, Array]:
    """Return adds, spend, profit, spread of an offer; ``back`` is the day of the unaided return, else inf."""
    wins, n = brought.wins[0], len(back)
    added = np.where(np.isfinite(back), 0.0, wins)
    spend = offer.cost + offer.incentive_return * (np.isfinite(back) + added)
    for part in offer.stays:
        then = (back + part.days)[:, None]
        stays = ((lives.starts[:n] <= then) & (lives.leaves[:n] >= then)).any(axis=1)
        spend = spend + part.amount * (stays + added * (brought.length >= part.days).mean(axis=0))
    mean, square = brought.life.mean(axis=0), (brought.life**2).mean(axis=0)
    return {
        "adds": added,
        "spend": spend,
        "profit": wins * mean + brought.usual.mean(axis=0) - spend,
        "spread": np.sqrt(np.maximum(wins * square - (wins * mean) ** 2, 0)),
    }
