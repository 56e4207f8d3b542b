"""Who the donors are, and their gifts: rhythms, standing orders, usual amounts, charge-backs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.charity import FIRST_DAY, LAST_DAY, SOURCES, PlantedGiving, Rhythm
from playbook.demo.lines import first_orders
from playbook.demo.lives import Lives, Orders, join_orders
from playbook.demo.people import People, Words, arrivals_and_earlier, consent
from playbook.demo.seasons import Clock, Days, Numbers

MONTHLY = "monthly"
USUAL = (5, 10, 15, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000)
LESS_USUAL = (8, 12, 25, 35, 40, 60, 70, 80, 120, 150, 250, 400, 600, 800, 1500, 3000)
PURPOSES = ("Dove serve", "Bambini", "Acqua", "Emergenze", "Anziani soli")
PURPOSE_SHARES = (0.55, 0.18, 0.12, 0.10, 0.05)
LATER_SOURCES = ("letter", "online", "event", "")
LATER_SHARES = (0.66, 0.22, 0.06, 0.06)
BOXES_PER_DAY = 0.12


def _pick(random: RandomState, words: tuple[str, ...], shares: tuple[float, ...], size: int) -> Words:
    """Draw words with these shares."""
    return np.array(words)[random.choice(len(words), size=size, p=np.array(shares) / sum(shares))]


def _groups(random: RandomState, clock: Clock, donors: int, planted: PlantedGiving) -> tuple[Words, Days]:
    """Draw the groups and days of joining, so that `donors` contacts are known by the default end."""
    known = (LAST_DAY - FIRST_DAY).days + 1
    longer = clock.weights.sum() / clock.weights[:known].sum()
    new = 1 - planted.old - planted.gone - planted.prospects
    shares = {"old": planted.old, "gone": planted.gone}
    shares |= {"prospect": planted.prospects * longer, "new": new * longer}
    group = np.repeat(list(shares), [round(donors * share) for share in shares.values()])
    joined = arrivals_and_earlier(random, clock, group)
    order = np.argsort(joined, kind="stable")
    return group[order], joined[order]


def _rhythms(random: RandomState, group: Words, once: Words, planted: PlantedGiving) -> Words:
    """Draw the rhythm of every regular; those who give once have none."""
    names, kinds = tuple(planted.rhythms), planted.rhythms.values()
    new = _pick(random, names, tuple(kind.new for kind in kinds), len(group))
    old = _pick(random, names, tuple(kind.old for kind in kinds), len(group))
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
    group, joined = _groups(random, clock, donors, planted)
    size = len(group)
    edges = np.cumsum(list(planted.occasional.values()))
    drawn = np.array([*planted.occasional, ""])[np.searchsorted(edges, random.uniform(size=size), "right")]
    kind = np.where(group == "new", drawn, "")
    rhythm = _rhythms(random, group, kind, planted)
    source = np.where(kind != "", kind, _pick(random, SOURCES, tuple(planted.sources.values()), size))
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


def with_standing_orders(random: RandomState, clock: Clock, lives: Lives, rhythm: Words) -> Lives:
    """Replace the gifts of monthly donors by one on the same day of every month of their lives.

    Only lives 1 and 2: those won back by a campaign give by payment slip, in their own gaps.
    """
    orders, monthly = lives.orders, rhythm == MONTHLY
    rest = ~monthly[orders.customer]
    fields = ("customer", "day", "leaves", "life", "percent_off")
    parts = [Orders(*(getattr(orders, name)[rest] for name in fields))]
    first = np.datetime64(FIRST_DAY, "D")
    for life in (0, 1):
        starts, leaves = lives.starts[:, life], lives.leaves[:, life]
        who = np.flatnonzero(monthly & ~np.isnan(starts))
        begin = starts[who].astype(np.int64)
        begin += np.where(begin == 0, random.randint(0, 28, len(who)), 0)
        begin -= np.maximum(begin - _month_starts(begin) - 27, 0)  # a day that every month has
        end = np.minimum(leaves[who], clock.days - 1)
        months = np.maximum((end - begin) // 30 + 2, 0).astype(np.int64)
        row = np.repeat(np.arange(len(who)), months)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(months) - months, months)
        in_month = (begin - _month_starts(begin))[row]
        month = (first + begin).astype("datetime64[M]")[row] + nth
        day = (month.astype("datetime64[D]") - first).astype(np.int64) + in_month
        kept = day <= end[row]
        row, day = row[kept], day[kept]
        number, none = np.full(len(row), life + 1), np.zeros(len(row), dtype=np.int64)
        parts.append(Orders(who[row], day, leaves[who[row]], number, none))
    return replace(lives, orders=join_orders(*parts))


def _nearest(value: Numbers, amounts: tuple[int, ...]) -> Numbers:
    """Return the amount nearest to each value in proportion."""
    logs = np.log(amounts)
    return np.array(amounts, dtype=float)[np.searchsorted((logs[1:] + logs[:-1]) / 2, np.log(value))]


def _amounts(
    random: RandomState, orders: Orders, people: People, rhythm: Words, planted: PlantedGiving
) -> Numbers:
    """Draw gifts: mostly the donor's usual amount, less before leaving and in second lives."""
    size = len(orders.day)
    odd = random.uniform(size=len(people)) < 0.22
    once = orders.leaves == orders.day
    fading = np.where(once, 1.0, np.clip((orders.leaves - orders.day) / planted.warning_days, 0, 1))
    factor = planted.warning_spend + (1 - planted.warning_spend) * fading
    factor = factor * np.where(orders.life > 1, planted.second_spend, 1.0)
    other = random.uniform(size=size) > planted.same_gift
    factor = factor * np.where(other, np.exp(0.4 * random.standard_normal(size)), 1.0)
    slip = (rhythm[orders.customer] == MONTHLY) & (orders.life == 3)
    standing = (rhythm[orders.customer] == MONTHLY) & ~slip
    value = people.spend[orders.customer] * np.where(standing, 1.0, factor) * np.where(slip, 2.5, 1.0)
    usual, less = _nearest(value, USUAL), _nearest(value, tuple(sorted({*USUAL, *LESS_USUAL})))
    return np.asarray(np.where(odd[orders.customer], less, usual), dtype=np.float64)


def _charge_backs(
    random: RandomState, clock: Clock, gifts: pd.DataFrame, planted: PlantedGiving
) -> pd.DataFrame:
    """Draw gifts by standing order or online that the bank takes back within four weeks."""
    direct = gifts["source"].eq("online") | gifts["standing"]
    back = gifts[direct & (random.uniform(size=len(gifts)) < planted.charged_back)]
    day = clock.open_day(back["day"].to_numpy() + 2 + random.randint(0, 26, len(back)))
    late = (day > back["day"].to_numpy()) & (day < clock.days - 1)
    return back.assign(day=day, amount=-back["amount"])[late]


def all_gifts(
    random: RandomState,
    clock: Clock,
    orders: Orders,
    people: People,
    rhythm: Words,
    source: Words,
    planted: PlantedGiving,
) -> pd.DataFrame:
    """Return every gift of the world, charge-backs and collecting boxes included, sorted by day.

    Returns
    -------
    DataFrame
        customer (position in `People`, -1 for a collecting box), day, amount (CHF, negative for a
        charge-back), source, category, order_id.
    """
    size = len(orders.day)
    standing = (rhythm[orders.customer] == MONTHLY) & (orders.life < 3)
    first = first_orders(orders, len(people)) & (people.group[orders.customer] == "new")
    later = np.where(standing, "", _pick(random, LATER_SOURCES, LATER_SHARES, size))
    favourite = _pick(random, PURPOSES, PURPOSE_SHARES, len(people))[orders.customer]
    asked = _pick(random, PURPOSES, PURPOSE_SHARES, size)
    keeps = standing | (random.uniform(size=size) < 0.7)
    named = pd.DataFrame(
        {
            "customer": orders.customer,
            "day": orders.day,
            "amount": _amounts(random, orders, people, rhythm, planted),
            "source": np.where(first, source[orders.customer], later),
            "category": np.where(keeps, favourite, asked),
            "standing": standing,
        }
    )
    boxes = round(BOXES_PER_DAY * clock.days)
    nameless = pd.DataFrame(
        {
            "customer": -1,
            "day": clock.open_day(clock.day(random.uniform(0, clock.weights.sum(), boxes))),
            "amount": np.round(np.exp(3.6 + 0.7 * random.standard_normal(boxes)) * 20) / 20,
            "source": "event",
            "category": PURPOSES[0],
            "standing": False,
        }
    )
    gifts = pd.concat([named, nameless, _charge_backs(random, clock, named, planted)], ignore_index=True)
    mixed = random.permutation(len(gifts))
    gifts = gifts.assign(mixed=mixed).sort_values(["day", "mixed"], kind="stable").reset_index(drop=True)
    gifts["category"] = gifts["category"].mask(random.uniform(size=len(gifts)) < 0.01, "")
    gifts["order_id"] = (10_001 + np.arange(len(gifts))).astype(str)
    return gifts.drop(columns=["mixed", "standing"])
