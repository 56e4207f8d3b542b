"""Orders to the lines of an export: goods, prices, discounts, returns, sales without a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import NDArray

from playbook.demo.lives import Orders
from playbook.demo.people import People, Words
from playbook.demo.planted import Planted
from playbook.demo.seasons import Clock, Flags, Numbers

CATEGORIES = ("Küche", "Tisch", "Textil", "Feinkost", "Geschenke", "Garten")
CATEGORY_SHARES = (0.24, 0.20, 0.16, 0.19, 0.14, 0.07)
COST_SHARES = (0.46, 0.44, 0.40, 0.52, 0.42, 0.48)
SOURCES = ("organic", "recommendation", "newsletter", "paid_search", "affiliate", "")
SOURCE_SHARES = (0.33, 0.19, 0.10, 0.07, 0.05, 0.26)
COUPONS = ("WILLKOMMEN10", "SOMMER15", "MERCI10", "HERBST15")
SALE_DISCOUNTS = (0.10, 0.15, 0.18)
NAMELESS_PER_DAY = 0.25


@dataclass(frozen=True)
class Marks:
    """What an order carries besides goods: one entry per order.

    `mark` is the kind of occasional buyer that the order looks like, or empty; `discount` is the
    share off the list price; `coupon` the code redeemed, or empty.
    """

    mark: Words
    discount: Numbers
    coupon: Words
    channel: Words
    source: Words


def _choose(random: RandomState, words: tuple[str, ...], shares: tuple[float, ...], size: int) -> Words:
    edges = np.cumsum(shares)[:-1]
    return np.asarray(np.array(words)[np.searchsorted(edges, random.uniform(size=size), side="right")])


def _first_marks(random: RandomState, people: People, planted: Planted) -> Words:
    """Draw what each contact's first order looks like: occasional buyers' own kind, noise for the others."""
    kinds = np.array([*planted.occasional, ""])
    edges = np.arange(1, len(kinds)) * planted.flag_noise
    noise = kinds[np.searchsorted(edges, random.uniform(size=len(people)), side="right")]
    own = np.where(random.uniform(size=len(people)) < planted.flag_missing, "", people.kind)
    return np.asarray(np.where(people.occasional, own, noise))


def _channels(random: RandomState, clock: Clock, orders: Orders, people: People, mark: Words) -> Words:
    chance = random.uniform(size=len(orders.day))
    channel = np.where(chance < people.online[orders.customer] * 0.96, "online", "shop")
    channel = np.where(chance > 0.965, "phone", channel)
    online = clock.closed[orders.day] | (mark == "online_only")
    return np.asarray(np.where(online, "online", channel))


def mark_orders(random: RandomState, clock: Clock, orders: Orders, people: People, planted: Planted) -> Marks:
    """Decide how each order was bought: by which channel, with which coupon or discount."""
    size = len(orders.day)
    first = first_orders(orders, len(people)) & (people.group[orders.customer] == "new")
    mark = np.where(first, _first_marks(random, people, planted)[orders.customer], "")
    chance = random.uniform(size=size)
    mark = np.where(~first & (chance < 0.05), "coupon", mark)
    mark = np.where(~first & (chance > 0.94), "promotion", mark)
    channel = _channels(random, clock, orders, people, mark)
    paid = _choose(random, ("paid_search", "affiliate"), (0.6, 0.4), size)
    touch = _choose(random, SOURCES, SOURCE_SHARES, len(people))[orders.customer]
    source = np.where(mark == "online_only", paid, touch)
    source = np.where(channel == "online", source, "")
    in_sale = clock.sale[orders.day] & (random.uniform(size=size) < people.thrift[orders.customer])
    percent = np.array(SALE_DISCOUNTS)[random.randint(0, 3, size)]
    discount = np.where(in_sale, percent, 0.0)
    discount = np.where(mark == "bargain", random.choice([0.35, 0.4, 0.5, 0.6], size), discount)
    coupon = np.where(mark == "coupon", _choose(random, COUPONS, (0.45, 0.2, 0.15, 0.2), size), "")
    discount = np.where(mark == "coupon", np.where(np.char.endswith(coupon, "15"), 0.15, 0.10), discount)
    campaign = orders.percent_off > 0
    coupon = np.where(campaign, "ZURUECK25", coupon)
    return Marks(
        mark=np.asarray(np.where(campaign, "", mark)),
        discount=np.where(campaign, orders.percent_off / 100, discount),
        coupon=np.asarray(coupon),
        channel=channel,
        source=np.asarray(source),
    )


def first_orders(orders: Orders, size: int) -> Flags:
    """Say whether each order lies on its customer's first day of ordering."""
    first = np.full(size, 10**6, dtype=np.int64)
    np.minimum.at(first, orders.customer, orders.day)
    return np.asarray(orders.day == first[orders.customer], dtype=np.bool_)


def _list_prices(value: Numbers, quantity: NDArray[np.int64]) -> Numbers:
    """Write unit prices as a shop does: halves below 20, then .90."""
    unit = value / quantity
    low = np.maximum(np.round(unit * 2) / 2, 1.5)
    return np.asarray(np.round(np.where(unit < 20, low, np.floor(unit) + 0.9), 2), dtype=np.float64)


def _rappen(value: Numbers) -> Numbers:
    """Round to five centimes, the smallest Swiss coin."""
    return np.round(np.round(value * 20) / 20, 2)


def order_lines(
    random: RandomState, orders: Orders, marks: Marks, people: People, planted: Planted
) -> pd.DataFrame:
    """Split orders into lines; one row per line with the day, the order's key and the canonical columns."""
    size = len(orders.day)
    per_order = 1 + random.poisson(np.where(people.business[orders.customer], 1.0, 0.12))
    per_order = np.where(marks.mark == "sample", 1, per_order)
    key = np.repeat(np.arange(size), per_order)
    fading = np.clip((orders.leaves - orders.day) / planted.warning_days, 0, 1)
    once = orders.leaves == orders.day
    factor = np.where(once, 1.0, planted.warning_spend + (1 - planted.warning_spend) * fading)
    factor = factor * np.where(orders.life > 1, planted.second_spend, 1.0)
    factor = factor * np.where(orders.percent_off > 0, 1.15, 1.0)
    value = people.spend[orders.customer] * np.exp(0.5 * random.standard_normal(size)) * factor
    weight = random.standard_gamma(2.0, len(key))
    share = weight / np.bincount(key, weights=weight, minlength=size)[key]
    category = random.choice(len(CATEGORIES), size=len(key), p=CATEGORY_SHARES)
    quantity = np.minimum(1 + random.poisson(0.35, len(key)), 6).astype(np.int64)
    sample = (marks.mark == "sample")[key]
    quantity = np.where(sample, 1, quantity)
    worth = np.where(sample, random.uniform(4, 13, len(key)), value[key] * share)
    full = _list_prices(worth, quantity) * quantity
    promoted = (marks.mark == "promotion")[key] & (random.uniform(size=len(key)) < 0.85)
    discount = np.where(promoted, 0.15, marks.discount[key])
    amount = _rappen(full * (1 - discount))
    cost = full * np.array(COST_SHARES)[category] * random.uniform(0.92, 1.08, len(key))
    return pd.DataFrame(
        {
            "customer": orders.customer[key],
            "day": orders.day[key],
            "key": key,
            "amount": amount,
            "margin": _rappen(amount - cost),
            "list_amount": np.round(full, 2),
            "coupon": marks.coupon[key],
            "is_sample": sample.astype(np.int64),
            "is_promotion": promoted.astype(np.int64),
            "sales_channel": marks.channel[key],
            "source": marks.source[key],
            "category": np.where(sample, "Muster", np.array(CATEGORIES)[category]),
            "quantity": quantity,
        }
    )


def nameless_lines(random: RandomState, clock: Clock, named: pd.DataFrame) -> pd.DataFrame:
    """Draw cash sales without a customer: like shop lines of the named ones, on busy open days."""
    size = round(NAMELESS_PER_DAY * clock.days)
    shop = np.flatnonzero((named["sales_channel"] == "shop") & (named["coupon"] == ""))
    lines = named.iloc[random.choice(shop, size)].reset_index(drop=True)
    day = clock.open_day(clock.day(random.uniform(0, clock.weights.sum(), size)))
    return lines.assign(customer=-1, day=day, key=named["key"].max() + 1 + np.arange(size), source="")


def scanned_twice(random: RandomState, lines: pd.DataFrame) -> pd.DataFrame:
    """Repeat lines: two of the same article, scanned one by one: equal lines that are both true."""
    return lines[(random.uniform(size=len(lines)) < 0.012) & (lines["quantity"] == 1)]


def returned_lines(random: RandomState, clock: Clock, lines: pd.DataFrame) -> pd.DataFrame:
    """Draw lines sent back within four weeks, under an order number of their own."""
    rate = np.where(lines["sales_channel"] == "online", 0.065, 0.02)
    back = lines[(random.uniform(size=len(lines)) < rate) & (lines["is_sample"] == 0)]
    day = clock.open_day(back["day"].to_numpy() + 3 + random.randint(0, 25, len(back)))
    key = lines["key"].max() + 1 + np.arange(len(back))
    negative = {name: -back[name] for name in ("amount", "margin", "list_amount", "quantity")}
    late = day > back["day"].to_numpy()
    return back.assign(day=day, key=key, coupon="", **negative)[late]


def all_lines(
    random: RandomState, clock: Clock, orders: Orders, people: People, planted: Planted
) -> pd.DataFrame:
    """Return every line of the world, sorted by day, numbered by order, with the gaps of a real export."""
    marks = mark_orders(random, clock, orders, people, planted)
    named = order_lines(random, orders, marks, people, planted)
    sold = pd.concat([named, nameless_lines(random, clock, named)], ignore_index=True)
    sold = pd.concat([sold, scanned_twice(random, sold)], ignore_index=True)
    lines = pd.concat([sold, returned_lines(random, clock, sold)], ignore_index=True)
    shuffled = random.permutation(int(lines["key"].max()) + 1)
    lines = lines.assign(mixed=shuffled[lines["key"]]).sort_values(["day", "mixed"], kind="stable")
    lines = lines.drop(columns="mixed").reset_index(drop=True)
    starts = lines["key"].ne(lines["key"].shift())
    lines["order_id"] = (100_000 + starts.cumsum()).astype(str)
    missing = random.uniform(size=(3, len(lines)))
    lines["list_amount"] = lines["list_amount"].mask(missing[0] < 0.02)
    lines["margin"] = lines["margin"].mask(missing[1] < 0.01)
    lines["category"] = lines["category"].mask(missing[2] < 0.01, "")
    return lines
