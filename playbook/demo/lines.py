"""Orders to the lines of an export: goods, prices, discounts, returns, sales without a name."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.demo.lives import OrderRows, first_orders, order_values
from playbook.demo.people import Scene, pick
from playbook.demo.planted import Planted
from playbook.demo.seasons import Days, Numbers, Words

GOODS = {
    "Küche": (0.24, 0.46),
    "Tisch": (0.20, 0.44),
    "Textil": (0.16, 0.40),
    "Feinkost": (0.19, 0.52),
    "Geschenke": (0.14, 0.42),
    "Garten": (0.07, 0.48),
}
"""Categories: their share of the lines, and what they cost as a share of the list price."""
SOURCES = {
    "organic": 0.33,
    "recommendation": 0.19,
    "newsletter": 0.10,
    "paid_search": 0.07,
    "affiliate": 0.05,
    "": 0.26,
}
PAID = {"paid_search": 0.6, "affiliate": 0.4}
COUPONS = {"WILLKOMMEN10": 0.45, "SOMMER15": 0.2, "MERCI10": 0.15, "HERBST15": 0.2}
SALE_DISCOUNTS = (0.10, 0.15, 0.18)
NAMELESS_PER_DAY = 0.25


@dataclass(frozen=True)
class Purchases:
    """How orders were made: one entry per order.

    `looks_like` is the kind of occasional buyer that the order looks like, or empty; `discount` is the
    share off the list price; `coupon` the code redeemed, or empty.
    """

    looks_like: Words
    discount: Numbers
    coupon: Words
    channel: Words
    source: Words


def _first_looks(scene: Scene[Planted]) -> Words:
    """Draw what each contact's first order looks like: occasional buyers' own kind, noise for the others."""
    random, people, planted = scene.random, scene.people, scene.planted
    noise = dict.fromkeys(planted.occasional, planted.flag_noise)
    noisy = pick(random, {**noise, "": 1 - sum(noise.values())}, len(people))
    own = np.where(random.uniform(size=len(people)) < planted.flag_missing, "", people.kind)
    return np.asarray(np.where(people.occasional, own, noisy))


def _channels(scene: Scene[Planted], orders: OrderRows, looks_like: Words) -> Words:
    chance = scene.random.uniform(size=len(orders.day))
    channel = np.where(chance < scene.people.online[orders.customer] * 0.96, "online", "shop")
    channel = np.where(chance > 0.965, "phone", channel)
    online = scene.clock.closed[orders.day] | (looks_like == "online_only")
    return np.asarray(np.where(online, "online", channel))


def draw_purchases(scene: Scene[Planted], orders: OrderRows) -> Purchases:
    """Decide how each order was bought: by which channel, with which coupon or discount."""
    random, people, size = scene.random, scene.people, len(orders.day)
    first = first_orders(orders, len(people)) & (people.group[orders.customer] == "new")
    looks = np.where(first, _first_looks(scene)[orders.customer], "")
    chance = random.uniform(size=size)
    looks = np.where(~first & (chance < 0.05), "coupon", looks)
    looks = np.where(~first & (chance > 0.94), "promotion", looks)
    channel = _channels(scene, orders, looks)
    paid = pick(random, PAID, size)
    touch = pick(random, SOURCES, len(people))[orders.customer]
    source = np.where(looks == "online_only", paid, touch)
    source = np.where(channel == "online", source, "")
    in_sale = scene.clock.sale[orders.day] & (random.uniform(size=size) < people.thrift[orders.customer])
    percent = np.array(SALE_DISCOUNTS)[random.randint(0, 3, size)]
    discount = np.where(in_sale, percent, 0.0)
    discount = np.where(looks == "bargain", random.choice([0.35, 0.4, 0.5, 0.6], size), discount)
    coupon = np.where(looks == "coupon", pick(random, COUPONS, size), "")
    discount = np.where(looks == "coupon", np.where(np.char.endswith(coupon, "15"), 0.15, 0.10), discount)
    campaign = orders.percent_off > 0
    coupon = np.where(campaign, "ZURUECK25", coupon)
    return Purchases(
        looks_like=np.asarray(np.where(campaign, "", looks)),
        discount=np.where(campaign, orders.percent_off / 100, discount),
        coupon=np.asarray(coupon),
        channel=channel,
        source=np.asarray(source),
    )


def _list_prices(value: Numbers, quantity: Days) -> Numbers:
    """Write unit prices as a shop does: halves below 20, then .90."""
    unit = value / quantity
    low = np.maximum(np.round(unit * 2) / 2, 1.5)
    return np.asarray(np.round(np.where(unit < 20, low, np.floor(unit) + 0.9), 2), dtype=np.float64)


def _rappen(value: Numbers) -> Numbers:
    """Round to five centimes, the smallest Swiss coin."""
    return np.round(np.round(value * 20) / 20, 2)


def order_lines(scene: Scene[Planted], orders: OrderRows, purchases: Purchases) -> pd.DataFrame:
    """Split orders into lines; one row per line with the day, the order's key and the canonical columns."""
    random, people, size = scene.random, scene.people, len(orders.day)
    per_order = 1 + random.poisson(np.where(people.business[orders.customer], 1.0, 0.12))
    per_order = np.where(purchases.looks_like == "sample", 1, per_order)
    key = np.repeat(np.arange(size), per_order)
    factor = order_values(scene, orders) * np.where(orders.percent_off > 0, 1.15, 1.0)
    value = people.spend[orders.customer] * np.exp(0.5 * random.standard_normal(size)) * factor
    weight = random.standard_gamma(2.0, len(key))
    share = weight / np.bincount(key, weights=weight, minlength=size)[key]
    category = pick(random, {name: share for name, (share, _) in GOODS.items()}, len(key))
    quantity = np.minimum(1 + random.poisson(0.35, len(key)), 6).astype(np.int64)
    sample = (purchases.looks_like == "sample")[key]
    quantity = np.where(sample, 1, quantity)
    worth = np.where(sample, random.uniform(4, 13, len(key)), value[key] * share)
    full = _list_prices(worth, quantity) * quantity
    promoted = (purchases.looks_like == "promotion")[key] & (random.uniform(size=len(key)) < 0.85)
    discount = np.where(promoted, 0.15, purchases.discount[key])
    price = full * (1 - people.rebate[orders.customer[key]])
    amount = _rappen(price * (1 - discount))
    cost = full * np.array([GOODS[name][1] for name in category]) * random.uniform(0.92, 1.08, len(key))
    return pd.DataFrame(
        {
            "customer": orders.customer[key],
            "day": orders.day[key],
            "key": key,
            "amount": amount,
            "margin": _rappen(amount - cost),
            "list_amount": np.round(price, 2),
            "coupon": purchases.coupon[key],
            "is_sample": sample,
            "is_promotion": promoted,
            "sales_channel": purchases.channel[key],
            "source": purchases.source[key],
            "category": np.where(sample, "Muster", category),
            "quantity": quantity,
        }
    )


def nameless_lines(scene: Scene[Planted], named: pd.DataFrame) -> pd.DataFrame:
    """Draw cash sales without a customer: like shop lines of the named ones, on busy open days."""
    random, clock = scene.random, scene.clock
    size = round(NAMELESS_PER_DAY * clock.days)
    shop = np.flatnonzero((named["sales_channel"] == "shop") & (named["coupon"] == ""))
    lines = named.iloc[random.choice(shop, size)].reset_index(drop=True)
    day = clock.busy_days(random, size)
    return lines.assign(customer=-1, day=day, key=named["key"].max() + 1 + np.arange(size), source="")


def scanned_twice(scene: Scene[Planted], lines: pd.DataFrame) -> pd.DataFrame:
    """Repeat lines: two of the same article, scanned one by one: equal lines that are both true."""
    return lines[(scene.random.uniform(size=len(lines)) < 0.012) & (lines["quantity"] == 1)]


def returned_lines(scene: Scene[Planted], lines: pd.DataFrame) -> pd.DataFrame:
    """Draw lines sent back within four weeks, under an order number of their own."""
    random = scene.random
    rate = np.where(lines["sales_channel"] == "online", 0.065, 0.02)
    back = lines[(random.uniform(size=len(lines)) < rate) & ~lines["is_sample"]]
    day = scene.clock.open_day(back["day"].to_numpy() + 3 + random.randint(0, 25, len(back)))
    key = lines["key"].max() + 1 + np.arange(len(back))
    negative = {name: -back[name] for name in ("amount", "margin", "list_amount", "quantity")}
    late = day > back["day"].to_numpy()
    return back.assign(day=day, key=key, coupon="", **negative)[late]


def all_lines(scene: Scene[Planted], orders: OrderRows) -> pd.DataFrame:
    """Return every line of the world, sorted by day, numbered by order, with the gaps of a real export."""
    random = scene.random
    named = order_lines(scene, orders, draw_purchases(scene, orders))
    sold = pd.concat([named, nameless_lines(scene, named)], ignore_index=True)
    sold = pd.concat([sold, scanned_twice(scene, sold)], ignore_index=True)
    lines = pd.concat([sold, returned_lines(scene, sold)], ignore_index=True)
    shuffled = random.permutation(int(lines["key"].max()) + 1)
    lines = lines.assign(mixed=shuffled[lines["key"]]).sort_values(["day", "mixed"], kind="stable")
    lines = lines.reset_index(drop=True)
    starts = lines["key"].ne(lines["key"].shift())
    lines["order_id"] = (100_000 + starts.cumsum()).astype(str)
    missing = random.uniform(size=(3, len(lines)))
    lines["list_amount"] = lines["list_amount"].mask(missing[0] < 0.02)
    lines["margin"] = lines["margin"].mask(missing[1] < 0.01)
    lines["category"] = lines["category"].mask(missing[2] < 0.01, "")
    return lines.drop(columns=["key", "mixed"])
