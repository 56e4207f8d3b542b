"""Who the donors are, and their gifts: rhythms, standing orders, usual amounts, charge-backs."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.charity import FIRST_DAY, LAST_DAY, PlantedGiving, Rhythm
from playbook.demo.lives import Lives, OrderRows, first_orders, order_values, stack
from playbook.demo.people import People, Scene, arrivals, consent, occasional_kinds, pick
from playbook.demo.planted import Behaviour
from playbook.demo.seasons import Clock, Days, Numbers, Words
from playbook.records.arrays import Flags

MONTHLY = "monthly"
USUAL = (5, 10, 15, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000)
LESS_USUAL = (8, 12, 25, 35, 40, 60, 70, 80, 120, 150, 250, 400, 600, 800, 1500, 3000)
PURPOSES = {"Dove serve": 0.55, "Bambini": 0.18, "Acqua": 0.12, "Emergenze": 0.10, "Anziani soli": 0.05}
LATER_SOURCES = {"letter": 0.66, "online": 0.22, "event": 0.06, "": 0.06}
BOXES_PER_DAY = 0.12


def _rhythms(random: RandomState, group: Words, once: Words, planted: PlantedGiving) -> Words:
    """Draw the rhythm of every regular; those who give once have none."""
    new = pick(random, {name: kind.new for name, kind in planted.rhythms.items()}, len(group))
    old = pick(random, {name: kind.old for name, kind in planted.rhythms.items()}, len(group))
    return np.asarray(np.where(once != "", "once", np.where(group == "old", old, new)))


def draw_donors(
    random: RandomState, clock: Clock, donors: int, planted: PlantedGiving
) -> tuple[People, Words, Words]:
    """Draw everyone in the charity's world, sorted by the day they joined.

    Returns
    -------
    People
        `kind` is the source of those who by nature give once; `spend` is the usual gift in CHF.
    array of str
        The rhythm: once, or a name of `PlantedGiving.rhythms`.
    array of str
        The source by which each came: letter, street, event or online.
    """
    group, joined = arrivals(random, clock, donors, LAST_DAY, planted, {"prospect": planted.prospects})
    size = len(group)
    kind = occasional_kinds(random, group, planted)
    rhythm = _rhythms(random, group, kind, planted)
    source = np.where(kind != "", kind, pick(random, planted.sources, size))
    once = Rhythm(new=0, old=0, gap=planted.once_gap, spread=0.2, regularity=2, gift=planted.once_gift)
    of = {"once": once, **planted.rhythms}
    gap, spread, shape, gift = (
        np.array([getattr(of[name], trait) for name in rhythm])
        for trait in ("gap", "spread", "regularity", "gift")
    )
    satisfaction = random.standard_normal(size)
    frailty = random.standard_gamma(3.0, size) / 3.0
    rate = frailty * np.exp(-planted.satisfaction_effect * satisfaction) / planted.lifetime
    major = random.uniform(size=size) < planted.major
    people = People(
        group=group,
        kind=kind,
        converts=(kind != "") & (random.uniform(size=size) < planted.occasional_returns),
        joined=joined,
        gap=gap * np.exp(spread * random.standard_normal(size)),
        shape=shape,
        leaving_rate=rate,
        spend=gift
        * np.exp(planted.gift_spread * random.standard_normal(size))
        * np.where(major, planted.major_factor, 1),
        rebate=np.zeros(size),
        satisfaction=satisfaction,
        thrift=np.zeros(size),
        online=(source == "online").astype(np.float64),
        account=random.uniform(size=size) < np.where(group == "prospect", 1.0, 0.05),
        business=np.zeros(size, dtype=np.bool_),
        may_email=consent(random, size, 0.45, 0.25),
        may_phone=consent(random, size, 0.78, 0.12),
        may_letter=consent(random, size, 0.88, 0.05),
    )
    return people, rhythm, source


def _month_starts(day: Days) -> Days:
    """Return the day numbers of the first days of the months in which days lie."""
    first = np.datetime64(FIRST_DAY, "D")
    return ((first + day).astype("datetime64[M]").astype("datetime64[D]") - first).astype(np.int64)


def with_standing_orders(
    scene: Scene[Behaviour], lives: Lives, monthly: Flags, of: tuple[int, ...] = (1, 2)
) -> Lives:
    """Replace the orders of whoever pays monthly by one on the same day of every month of their lives.

    Donors only in lives 1 and 2: those won back by a campaign give by payment slip, in their own gaps.
    """
    orders = lives.orders
    parts = [orders.take(~(monthly[orders.customer] & np.isin(orders.life, of)))]
    first = np.datetime64(FIRST_DAY, "D")
    for life in np.array(of) - 1:
        starts, leaves = lives.starts[:, life], lives.leaves[:, life]
        who = np.flatnonzero(monthly & ~np.isnan(starts))
        begin = starts[who].astype(np.int64)
        begin += np.where(begin == 0, scene.random.randint(0, 28, len(who)), 0)
        begin -= np.maximum(begin - _month_starts(begin) - 27, 0)  # a day that every month has
        end = np.minimum(leaves[who], scene.clock.days - 1)
        months = np.maximum((end - begin) // 30 + 2, 0).astype(np.int64)
        row = np.repeat(np.arange(len(who)), months)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(months) - months, months)
        in_month = (begin - _month_starts(begin))[row]
        month = (first + begin).astype("datetime64[M]")[row] + nth
        day = (month.astype("datetime64[D]") - first).astype(np.int64) + in_month
        kept = day <= end[row]
        row, day = row[kept], day[kept]
        number, none = np.full(len(row), life + 1), np.zeros(len(row), dtype=np.int64)
        parts.append(OrderRows(who[row], day, leaves[who[row]], number, none))
    return replace(lives, orders=stack(parts))


def nearest(value: Numbers, amounts: tuple[int, ...]) -> Numbers:
    """Return the amount nearest to each value in proportion."""
    logs = np.log(amounts)
    return np.array(amounts, dtype=float)[np.searchsorted((logs[1:] + logs[:-1]) / 2, np.log(value))]


def _amounts(scene: Scene[PlantedGiving], orders: OrderRows, rhythm: Words) -> Numbers:
    """Draw gifts: mostly the donor's usual amount, less before leaving and in second lives."""
    random, people, size = scene.random, scene.people, len(orders.day)
    odd = random.uniform(size=len(people)) < 0.22
    other = random.uniform(size=size) > scene.planted.same_gift
    factor = order_values(scene, orders)
    factor = factor * np.where(other, np.exp(0.4 * random.standard_normal(size)), 1.0)
    slip = (rhythm[orders.customer] == MONTHLY) & (orders.life == 3)
    standing = (rhythm[orders.customer] == MONTHLY) & ~slip
    value = people.spend[orders.customer] * np.where(standing, 1.0, factor) * np.where(slip, 2.5, 1.0)
    usual, less = nearest(value, USUAL), nearest(value, tuple(sorted({*USUAL, *LESS_USUAL})))
    return np.asarray(np.where(odd[orders.customer], less, usual), dtype=np.float64)


def _charge_backs(scene: Scene[PlantedGiving], gifts: pd.DataFrame) -> pd.DataFrame:
    """Draw gifts by standing order or online that the bank takes back within four weeks."""
    random, clock = scene.random, scene.clock
    direct = gifts["source"].eq("online") | gifts["standing"]
    back = gifts[direct & (random.uniform(size=len(gifts)) < scene.planted.charged_back)]
    day = clock.open_day(back["day"].to_numpy() + 2 + random.randint(0, 26, len(back)))
    late = (day > back["day"].to_numpy()) & (day < clock.days - 1)
    return back.assign(day=day, amount=-back["amount"])[late]


def _collecting_boxes(scene: Scene[PlantedGiving]) -> pd.DataFrame:
    """Draw what is found in the collecting boxes: gifts without a donor."""
    random, size = scene.random, round(BOXES_PER_DAY * scene.clock.days)
    return pd.DataFrame(
        {
            "customer": -1,
            "day": scene.clock.busy_days(random, size),
            "amount": np.round(np.exp(3.6 + 0.7 * random.standard_normal(size)) * 20) / 20,
            "source": "event",
            "category": next(iter(PURPOSES)),
            "standing": False,
        }
    )


def all_gifts(scene: Scene[PlantedGiving], orders: OrderRows, rhythm: Words, source: Words) -> pd.DataFrame:
    """Return every gift of the world, charge-backs and collecting boxes included, sorted by day.

    Returns
    -------
    DataFrame
        customer (position in `People`, -1 for a collecting box), day, amount (CHF, negative for a
        charge-back), source, category, order_id.
    """
    random, people, size = scene.random, scene.people, len(orders.day)
    standing = (rhythm[orders.customer] == MONTHLY) & (orders.life < 3)
    first = first_orders(orders, len(people)) & (people.group[orders.customer] == "new")
    later = np.where(standing, "", pick(random, LATER_SOURCES, size))
    favourite = pick(random, PURPOSES, len(people))[orders.customer]
    asked = pick(random, PURPOSES, size)
    keeps = standing | (random.uniform(size=size) < 0.7)
    named = pd.DataFrame(
        {
            "customer": orders.customer,
            "day": orders.day,
            "amount": _amounts(scene, orders, rhythm),
            "source": np.where(first, source[orders.customer], later),
            "category": np.where(keeps, favourite, asked),
            "standing": standing,
        }
    )
    parts = [named, _collecting_boxes(scene), _charge_backs(scene, named)]
    gifts = pd.concat(parts, ignore_index=True)
    gifts = gifts.assign(mixed=random.permutation(len(gifts)))
    gifts = gifts.sort_values(["day", "mixed"], kind="stable").reset_index(drop=True)
    gifts["category"] = gifts["category"].mask(random.uniform(size=len(gifts)) < 0.01, "")
    gifts["order_id"] = (10_001 + np.arange(len(gifts))).astype(str)
    return gifts.drop(columns=["mixed", "standing"])
