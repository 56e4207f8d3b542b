"""Who they are, which nobody can see, and who they say they are: invented, at addresses that reach nobody."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.random import RandomState

from playbook.demo.planted import LAST_DAY, Behaviour, Planted
from playbook.demo.seasons import Clock, Days, Numbers, Words
from playbook.records.arrays import Flags

FIRST_NAMES = (
    "Alfa Bruna Carlo Dora Elio Fina Gino Hanna Ivo Jole Kilian Lia Mauro Nora Otto Pia Remo Silva Tino "
    "Ugo Vera Zeno Anouk Beat Corinne Didier Etienne Flurina Gian Ladina"
).split()
LAST_START = "Muster Beispiel Fantasi Prob Erfund Schein Test Nirgend Irgend Imagin".split()
LAST_END = "oni mann elli er etti ini hauser berger inelli wiler".split()
TRADES = "Trattoria Caffè Grotto Osteria Hotel Atelier Gelateria".split()
OWNERS = ("M. Fantoni", "L. Musterli", "S. Probst-Esempio")
DOMAINS = {"example.com": 0.7, "example.org": 0.2, "example.net": 0.1}
LANGUAGES = {"de": 0.63, "it": 0.24, "fr": 0.10, "": 0.03}


@dataclass(frozen=True)
class People:
    """One entry per contact, in the order in which they became known.

    Parameters
    ----------
    group : array of str
        new, old (customer before the log), gone (left before it), prospect or lead.
    kind : array of str
        The kind of occasional buyer, or empty.
    converts : array of bool
        An occasional buyer who becomes a slow regular after all.
    joined : array of int
        The day the contact became known; before day 0 for old and gone ones.
    gap, shape : array of float
        Mean gap between orders in shop days, and the gamma shape of the gaps.
    leaving_rate : array of float
        Leaving hazard per day before any complaint.
    spend : array of float
        Median list value of an order in CHF.
    rebate : array of float
        What the contact's own list of prices lies below that of others, as a share.
    satisfaction, thrift : array of float
        Standardised satisfaction; probability of buying at a discount in a sale.
    online : array of float
        Share of orders placed online.
    account, business : array of bool
        Has a login, so that visits are seen; is a business.
    may_email, may_phone, may_letter : array of float
        Consent: 1, 0, or NaN where nobody asked.
    """

    group: Words
    kind: Words
    converts: Flags
    joined: Days
    gap: Numbers
    shape: Numbers
    leaving_rate: Numbers
    spend: Numbers
    rebate: Numbers
    satisfaction: Numbers
    thrift: Numbers
    online: Numbers
    account: Flags
    business: Flags
    may_email: Numbers
    may_phone: Numbers
    may_letter: Numbers

    def __len__(self) -> int:
        return len(self.group)

    @property
    def occasional(self) -> Flags:
        """Whether the contact is an occasional buyer by nature."""
        return np.asarray(self.kind != "", dtype=np.bool_)


def pick(random: RandomState, shares: Mapping[str, float], size: int) -> Words:
    """Draw words with these shares."""
    p = np.array(list(shares.values()))
    return np.array(list(shares))[random.choice(len(shares), size=size, p=p / p.sum())]


def arrivals(
    random: RandomState,
    clock: Clock,
    count: int,
    last_day: dt.date,
    planted: Behaviour,
    strangers: Mapping[str, float],
) -> tuple[Words, Days]:
    """Draw the groups and days of joining of all contacts of the world, sorted by day.

    Arrivals follow the busy days; earlier customers came over the years before.

    Parameters
    ----------
    count : int
        How many contacts are known on `last_day`.
    strangers : mapping of group to share
        Contacts that never buy.
    """
    longer = clock.weights.sum() / clock.weights[: clock.number(last_day) + 1].sum()
    new = 1 - planted.old - planted.gone - sum(strangers.values())
    sizes = {"old": round(count * planted.old), "gone": round(count * planted.gone)}
    sizes |= {name: round(count * share * longer) for name, share in {**strangers, "new": new}.items()}
    group = np.repeat(list(sizes), list(sizes.values()))
    arrived = clock.day(random.uniform(0, clock.weights.sum(), len(group)))
    earlier = -1 - random.exponential(800, len(group)).astype(np.int64) % 2500
    before = np.isin(group, ["old", "gone"])
    joined = np.where(before, earlier, np.minimum(arrived, clock.days - 1)).astype(np.int64)
    order = np.argsort(joined, kind="stable")
    return group[order], joined[order]


def occasional_kinds(random: RandomState, group: Words, planted: Behaviour) -> Words:
    """Draw the kind of occasional buyer that each arriving contact is, or empty."""
    shares = {**planted.occasional, "": 1 - sum(planted.occasional.values())}
    return np.asarray(np.where(group == "new", pick(random, shares, len(group)), ""))


def consent(random: RandomState, size: int, yes: float, no: float) -> Numbers:
    """Draw consents: 1, 0, or NaN where nobody asked."""
    drawn = random.uniform(size=size)
    return np.where(drawn < yes, 1.0, np.where(drawn < yes + no, 0.0, np.nan))


def draw_people(random: RandomState, clock: Clock, customers: int, planted: Planted) -> People:
    """Draw everyone who lives in the shop's world, sorted by the day they joined."""
    strangers = {"prospect": planted.prospects, "lead": planted.leads}
    group, joined = arrivals(random, clock, customers, LAST_DAY, planted, strangers)
    size = len(group)
    kind = occasional_kinds(random, group, planted)
    occasional = kind != ""
    chance = random.uniform(size=size)
    business, dealer = ((chance < share) & ~occasional for share in (planted.business, planted.dealers))
    satisfaction = random.standard_normal(size)
    gap = np.clip(planted.gap * np.exp(planted.gap_spread * random.standard_normal(size)), 12, 500)
    gap = np.where(business, gap * 0.6, gap)
    gap = np.where(occasional, 190.0, gap)
    frailty = random.standard_gamma(3.0, size) / 3.0
    rate = frailty * np.exp(-planted.satisfaction_effect * satisfaction) * (gap / planted.gap) ** 0.4
    rate = rate / planted.lifetime * np.where(group == "old", 0.85, 1.0)
    shape = planted.regularity * np.exp(planted.regularity_spread * random.standard_normal(size))
    spend = 72 * np.exp(0.42 * random.standard_normal(size)) * np.where(business, 1.8, 1.0)
    return People(
        group=group,
        kind=kind,
        converts=occasional & (random.uniform(size=size) < planted.occasional_returns),
        joined=joined,
        gap=gap,
        shape=shape,
        leaving_rate=rate,
        spend=np.where(
            occasional, np.minimum(spend, 90) * 0.75, spend * np.where(dealer, planted.dealer_spend, 1)
        ),
        rebate=np.where(dealer, planted.rebate, 0.0),
        satisfaction=satisfaction,
        thrift=random.beta(2, 3, size),
        online=np.where(kind == "online_only", 1.0, random.beta(0.7, 0.9, size)),
        account=random.uniform(size=size) < np.where(group == "prospect", 1.0, 0.34),
        business=business,
        may_email=consent(random, size, 0.62, 0.18),
        may_phone=consent(random, size, 0.76, 0.12),
        may_letter=consent(random, size, 0.84, 0.05),
    )


P = TypeVar("P", bound=Behaviour, covariant=True)


@dataclass(frozen=True)
class Scene(Generic[P]):
    """Where everything happens: chance, time, who is there, and what is planted in their behaviour."""

    random: RandomState
    clock: Clock
    people: People
    planted: P


# Who they say they are -----------------------------------------------------------------------


def names(random: RandomState, people: People) -> tuple[Words, Words]:
    """Draw names, and the local parts of their e-mail addresses."""
    size = len(people)
    first = np.array(FIRST_NAMES)[random.randint(0, len(FIRST_NAMES), size)]
    start = np.array(LAST_START)[random.randint(0, len(LAST_START), size)]
    last = np.char.add(start, np.array(LAST_END)[random.randint(0, len(LAST_END), size)])
    trade = np.array(TRADES)[random.randint(0, len(TRADES), size)]
    person = np.char.add(np.char.add(first, " "), last)
    house = np.char.add(np.char.add(trade, " "), last)
    initial = np.char.add(np.char.lower(first.astype("<U1")), np.char.lower(last))
    return np.where(people.business, house, person), initial


def contact_columns(
    random: RandomState,
    people: People,
    languages: Mapping[str, float],
    other_phones: float,
    unsubscribed: Numbers,
) -> tuple[dict[str, Any], Numbers]:
    """Draw how everyone can be reached: at domains reserved for examples, by numbers that nobody serves.

    Parameters
    ----------
    other_phones : float
        Share of those without consent whose number is known all the same.
    unsubscribed : array of float
        The day, up to the export, on which a contact unsubscribed; NaN where none did.

    Returns
    -------
    dict
        name, email, phone, language, may_email, may_phone, may_letter.
    array of float, shape (2, customers)
        Chances left for what else is noted.
    """
    size = len(people)
    name, local = names(random, people)
    at = pick(random, DOMAINS, size)
    email = np.char.add(np.char.add(local, random.randint(1, 100, size).astype(str)), np.char.add("@", at))
    pairs = random.randint(10, 100, (2, size)).astype(str)
    phone = np.char.add(np.char.add("000 555 ", pairs[0]), np.char.add(" ", pairs[1]))
    chance = random.uniform(size=(4, size))
    columns = {
        "name": name,
        "email": np.where((people.may_email == 1) | (chance[0] < 0.1), email, ""),
        "phone": np.where((people.may_phone == 1) | (chance[1] < other_phones), phone, ""),
        "language": pick(random, languages, size),
        "may_email": np.where(np.isnan(unsubscribed), people.may_email, 0.0),
        "may_phone": people.may_phone,
        "may_letter": people.may_letter,
    }
    return columns, chance[2:]


def some_blank(random: RandomState, text: Words) -> Words:
    """Return the texts of an address book, in which one in a hundred was never filled in."""
    return np.where(random.uniform(size=len(text)) < 0.01, "", text)


def _potential(random: RandomState, people: People) -> Numbers:
    """Guess as a sales person would which yearly purchases are possible, in CHF; known for some."""
    guess = people.spend * 365 / people.gap * np.exp(0.5 * random.standard_normal(len(people)))
    known = random.uniform(size=len(people)) < np.where(people.business, 0.9, 0.25)
    return np.where(known & ~people.occasional, np.maximum(np.round(guess / 50) * 50, 50), np.nan)


ROADS = {"it": "Via {}", "fr": "Rue {}"}
NAMES = "Fantasia Esempio Probe Muster Nirgend Imago Utopia Arkadia Atlantis Avalon Lummer Taka".split()
TOWNS = (("9991", "Musterwil"), ("9992", "Beispiellikon"), ("9993", "Esempio"), ("9994", "Probetal"))
HOUSES = 97


def _homes(languages: Words) -> dict[str, Words]:
    """Invent an address for everybody, nobody's twice: none of these places is anywhere."""
    road, place = np.divmod(np.arange(len(languages)), HOUSES * len(TOWNS))
    town, house = np.divmod(place, HOUSES)
    names = (NAMES[k % len(NAMES)] for k in road)
    roads = [ROADS.get(str(one), "{}weg").format(name) for one, name in zip(languages, names, strict=True)]
    towns = np.array(TOWNS)[town]
    street = np.char.add(np.char.add(np.array(roads), " "), (house + 1).astype(str))
    return {"street": street, "postcode": towns[:, 0], "town": towns[:, 1]}


def address_book(scene: Scene[Behaviour], ids: Words, unsubscribed: Numbers) -> pd.DataFrame:
    """Return the customers table of the whole world of the shop."""
    random, people = scene.random, scene.people
    columns, chance = contact_columns(random, people, LANGUAGES, 0.15, unsubscribed)
    noted = chance[1] < np.where(people.group == "new", 0.93, 0.65)
    noted &= np.isin(people.group, ["new", "old", "gone"])
    owner = np.where(people.business, np.array(OWNERS)[random.randint(0, 3, len(people))], "")
    referrals = random.poisson(np.where(people.occasional, 0.02, 0.25 * np.exp(0.6 * people.satisfaction)))
    columns |= {
        "customer_id": ids,
        "name": some_blank(random, columns["name"]),
        **_homes(columns["language"]),
        "segment": np.where(people.business, np.where(chance[0] < 0.8, "Gastro", "Gewerbe"), "Privat"),
        "acquired_on": scene.clock.dates(people.joined).where(noted),
        "may_visit": np.where(people.business, 1.0, np.nan),
        "owner": owner,
        "referrals": referrals,
        "reference_customer": (people.business & (people.satisfaction > 0.6)).astype(np.int64),
        "potential": _potential(random, people),
    }
    return pd.DataFrame(columns)
