"""Before a campaign: what its control group will be able to show, how long to wait, what would be enough.

And what happens to a test that is read again and again until it shows something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.power import normal_power_het

from playbook.records.arrays import Array
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.stats.rhythms import with_own_days
from playbook.stats.trials.data import events_of, follow
from playbook.stats.trials.effects import ALPHA, difference_skewness, skewed

READINGS = (30, 60, 90, 183, 365)
REPEATS = 400
"""Simulated campaigns per effect size."""
PEEKED_AT = 20_000
"""Simulated campaigns, none of which does anything, that are read again and again."""
MANY = 3_000
"""Buyers per arm beyond which a mean is taken to be normal, and nothing is drawn."""
LEAST_BUYERS = 30
"""Past buyers below which nothing is simulated, and buyers in the smaller arm below which nothing shows."""


@dataclass(frozen=True)
class UnaidedPast:
    """What lapsed customers did after a past day, unaided: the client's own margins, zeros included.

    Attributes
    ----------
    landmark : date
    customers : int
    days : DataFrame
        person, day, margin, ordered; as `data.follow` returns it.
    visits : DataFrame or None
        person, day of the customers' visits; None where the client records none.
    reaches : int
        Days that were followed.
    """

    landmark: date
    customers: int
    days: pd.DataFrame
    visits: pd.DataFrame | None
    reaches: int

    def rate(self, days: int) -> float:
        """Return the share who ordered within so many days."""
        within = self.days[self.days["ordered"] & self.days["day"].between(1, days)]
        return float(within["person"].nunique()) / max(self.customers, 1)

    def visit_rate(self, days: int) -> float | None:
        """Return the share who visited within so many days; None where visits are not recorded."""
        if self.visits is None:
            return None
        within = self.visits[self.visits["day"].between(1, days)]
        return float(within["person"].nunique()) / max(self.customers, 1)

    def margins(self, days: int) -> Array:
        """Return the margins, within so many days, of those who ordered in them; sorted."""
        within = self.days[self.days["day"].between(1, days)]
        sums = within.groupby("person").agg(margin=("margin", "sum"), ordered=("ordered", "any"))
        return np.sort(sums.loc[sums["ordered"], "margin"].to_numpy(float))


@dataclass(frozen=True)
class Arms:
    """How many are contacted and how many are held back."""

    contacted: int
    held_back: int

    def times(self, factor: float) -> "Arms":
        """Return arms in the same proportion, so many times as large."""
        return Arms(int(np.ceil(self.contacted * factor)), int(np.ceil(self.held_back * factor)))


@dataclass(frozen=True)
class Reading:
    """What can be shown after so many days.

    Attributes
    ----------
    days : int
    base : float
        Share who are expected to come back unaided.
    least_return, least_visit, least_margin : float or None
        Smallest effects that are shown with the wanted chance: in shares, and in margin per customer
        after costs. None where no effect is large enough, or nothing is known.
    planned_margin : float
        Margin per customer after costs that the plan expects by then.
    power_return, power_margin : float or None
        Chances to show what the plan expects.
    """

    days: int
    base: float
    least_return: float | None
    least_visit: float | None
    least_margin: float | None
    planned_margin: float
    power_return: float
    power_margin: float | None


def follow_lapsed(history: History, sources: Sources, threshold: int) -> UnaidedPast:
    """Follow those who were lapsed on a past day, as far back as half of the record allows."""
    reaches = min(READINGS[-1], (history.as_of - history.first_day).days // 2)
    landmark = history.as_of - timedelta(days=reaches)
    orders, day = history.orders, ibis.literal(landmark)
    before = orders.filter(orders.day <= day)
    last = before.group_by("customer_id").aggregate(last=before.day.max())
    last = with_own_days(last, history, threshold)
    silent = last.filter(day.delta(last["last"], unit="day") >= last.inactivity_days).select("customer_id")
    people: pd.DataFrame = silent.order_by("customer_id").to_pyarrow().to_pandas()
    people["start"] = pd.Timestamp(landmark)
    days = follow(people, history)
    visits = events_of(people, sources, history)
    visits = visits[(visits["kind"] == "visit") & visits["day"].between(1, reaches)]
    return UnaidedPast(
        landmark,
        len(people),
        days[days["day"].between(1, reaches)],
        visits if len(visits) else None,
        reaches,
    )


# Power ---------------------------------------------------------------------------------------


def power_of_shares(base: float, effect: float, arms: Arms) -> float:
    """Return the chance that the 95% interval of a difference of shares lies above 0, and is given at all."""
    n, small = arms.contacted + arms.held_back, min(arms.contacted, arms.held_back)
    if small < 2:
        return 0.0
    treated = min(base + effect, 1.0)
    counted = [treated * arms.contacted, base * arms.held_back]
    variance = counted[0] * (1 - treated) + counted[1] * (1 - base)
    wanted = LEAST_BUYERS * n / small - 0.5  # whole customers, by a continuous distribution
    given = float(norm.sf((wanted - sum(counted)) / np.sqrt(variance))) if variance > 0 else 0.0
    se = float(np.sqrt(treated * (1 - treated) / arms.contacted + base * (1 - base) / arms.held_back))
    if se == 0:
        return given
    shown = normal_power_het(effect, 1, ALPHA / 2, std_null=se, std_alternative=se, alternative="larger")
    return float(shown) * given


def power_of_margin(
    margins: Array,
    base: float,
    effect: float,
    arms: Arms,
    seed: int,
    cost: float = 0.0,
) -> float:
    """Return the chance that Welch's 95% interval of the margin per customer lies above 0, by simulation.

    The effect brings back additional customers, whose margins are drawn as all others from the
    client's own past ones; everybody else's margin is 0.

    Parameters
    ----------
    margins : array
        Past margins of those who came back.
    base : float
        Share who come back unaided.
    effect : float
        Additional share who come back.
    cost : float
        Per contacted customer.
    """
    random = np.random.default_rng(seed)
    yes = _means(random, margins, min(base + effect, 1.0), arms.contacted)
    no = _means(random, margins, base, arms.held_back)
    difference = yes[0] - cost - no[0]
    variances = yes[1] / arms.contacted, no[1] / arms.held_back
    total = variances[0] + variances[1]
    spread = variances[0] ** 2 / (arms.contacted - 1) + variances[1] ** 2 / (arms.held_back - 1)
    freedom = np.divide(total**2, spread, out=np.full(REPEATS, 2.0), where=spread > 0)
    se = np.sqrt(np.where(total > 0, total, np.inf))
    sizes = (arms.contacted, arms.held_back)
    skewness = difference_skewness(sizes, (yes[1], no[1]), (yes[2], no[2]), se)
    reach = student.ppf(1 - ALPHA / 2, freedom)
    low = difference - np.maximum(reach, skewed(reach, skewness)) * np.where(total > 0, se, 0)
    small = min(arms.contacted, arms.held_back) / (arms.contacted + arms.held_back)
    given = (yes[3] + no[3]) * small >= LEAST_BUYERS
    return float(((low > 0) & (total > 0) & given).mean())


def _means(random: np.random.Generator, margins: Array, share: float, n: int) -> tuple[Array, ...]:
    """Return mean, variance, third moment and buyers in simulated arms of ``n``, zeros included."""
    if n * share > MANY:
        first, second, third = (share * float((margins**power).mean()) for power in (1, 2, 3))
        moments = second - first**2, third - 3 * first * second + 2 * first**3, n * share
        normal = random.normal(first, np.sqrt(moments[0] / n), REPEATS)
        return normal, *(np.full(REPEATS, value) for value in moments)
    buyers = random.binomial(n, share, REPEATS)
    drawn = random.choice(margins, buyers.sum())
    run = np.repeat(np.arange(REPEATS), buyers)
    means, square, cube = (np.bincount(run, drawn**power, minlength=REPEATS) / n for power in (1, 2, 3))
    variance = np.maximum(square - means**2, 0) * n / max(n - 1, 1)
    return means, variance, cube - 3 * means * square + 2 * means**3, buyers.astype(np.float64)


def least_share(base: float, arms: Arms, power: float) -> float | None:
    """Return the smallest additional share that is shown with the wanted chance; None: not even all."""
    most = 1 - base - 1e-6
    if most <= 0 or power_of_shares(base, most, arms) < power:
        return None
    return float(brentq(lambda effect: power_of_shares(base, effect, arms) - power, 1e-9, most))


def least_margin(margins: Array, base: float, arms: Arms, power: float, seed: int) -> float | None:
    """Return the smallest margin per customer that is shown with the wanted chance, by bisection.

    None where not even everybody coming back would be enough.
    """
    low, high = 0.0, 1 - base
    if power_of_margin(margins, base, high, arms, seed) < power:
        return None
    for _ in range(14):
        middle = (low + high) / 2
        if power_of_margin(margins, base, middle, arms, seed) < power:
            low = middle
        else:
            high = middle
    return float(high * margins.mean())


def enough(base: float, effect: float, arms: Arms, power: float) -> Arms | None:
    """Return arms in the same proportion that would show an additional share; None where that is nothing."""
    if effect <= 0:
        return None
    factor = 1.0
    while power_of_shares(base, effect, arms.times(factor)) < power:
        factor *= 1.05
        if factor > 1e7:
            return None
    return arms.times(factor)


def read_after(
    known: UnaidedPast,
    days: Sequence[int],
    arms: Arms,
    planned: float,
    cost: float,
    level: float,
    power: float,
    seed: int,
) -> list[Reading]:
    """Return what can be shown after each of some numbers of days.

    Parameters
    ----------
    planned : float
        Additional share who come back, as the plan expects it.
    cost : float
        Contacts and incentives per contacted customer.
    level : float
        How much likelier than the lapsed of the past the campaign's customers return, as a factor.
    """
    readings = []
    for day in days:
        margins, base = known.margins(day), min(known.rate(day) * level, 0.99)
        visits = known.visit_rate(day)
        can = len(margins) >= LEAST_BUYERS and margins.mean() > 0
        readings.append(
            Reading(
                days=day,
                base=base,
                least_return=least_share(base, arms, power),
                least_visit=None if visits is None else least_share(visits, arms, power),
                least_margin=least_margin(margins, base, arms, power, seed) if can else None,
                planned_margin=planned * float(margins.mean()) - cost if len(margins) else -cost,
                power_return=power_of_shares(base, planned, arms),
                power_margin=power_of_margin(margins, base, planned, arms, seed, cost) if can else None,
            )
        )
    return readings


# Peeking -------------------------------------------------------------------------------------


def peek(looks: int) -> float:
    """Return the share of campaigns without any effect that look like a success at some reading.

    Parameters
    ----------
    looks : int
        Readings, as many customers having answered between one and the next.
    """
    steps = np.random.default_rng(1).standard_normal((PEEKED_AT, looks))
    z = steps.cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    return float((z > norm.ppf(1 - ALPHA / 2)).any(axis=1).mean())
