"""What a campaign did, by intention to treat: differences of means with their intervals."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import t as student
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from playbook.records.arrays import Array, Flags
from playbook.stats.trials.data import BEFORE, CampaignTrial

ALPHA = 0.05
LEAST_ASSIGNED = 30
"""Customers in an arm below which not even harms are compared."""
CHUNK = 50
"""Bootstrap draws held in memory at once."""
UNITS = {
    "visit": "share",
    "return": "share",
    "orders": "orders",
    "revenue": "money",
    "margin": "money",
    "net": "money",
    "unsubscribe": "share",
    "complaint": "share",
}
"""Outcomes per assigned customer and their units; net is margin less contacts and incentives."""


@dataclass(frozen=True)
class Effect:
    """The difference of one outcome between the assigned of an arm and the control group.

    Attributes
    ----------
    outcome, unit : str
        One of `UNITS`.
    days : int
        Days after the contact up to which it is read.
    n_treated, n_control : int
    treated, control : float
        Means per assigned customer.
    value : float
        Their difference.
    buyers : float
        Customers with the outcome, expected in the smaller arm were both arms alike: the buyers of
        both, in proportion to its size, as cells of a contingency table are counted.
    se, low, high, p : float or None
        Welch: standard error, 95% interval, two-sided p; bounds moved out and p raised where
        the skewness of amounts asks for it (Hall 1992). None where there are too few buyers.
    skewness, freedom : float
        Of the difference of amounts (0 for shares, see `difference_skewness`), and Welch's degrees of
        freedom.
    corrected_low, corrected_high : float or None
        The interval corrected for several arms (Holm); with one arm the same.
    adjusted, adjusted_low, adjusted_high : float or None
        Regression on the arm and what was before, interval robust to unequal variances (HC3).
    bootstrap_se, bootstrap_low, bootstrap_high : float or None
        Poisson bootstrap over customers, percentile interval.
    """

    outcome: str
    unit: str
    days: int
    n_treated: int
    n_control: int
    treated: float
    control: float
    value: float
    buyers: float
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    corrected_low: float | None = None
    corrected_high: float | None = None
    adjusted: float | None = None
    adjusted_low: float | None = None
    adjusted_high: float | None = None
    bootstrap_se: float | None = None
    bootstrap_low: float | None = None
    bootstrap_high: float | None = None
    skewness: float = 0.0
    freedom: float = np.inf

    @property
    def has_interval(self) -> bool:
        """Whether there are enough buyers for an interval."""
        return self.low is not None


def outcome(trial: CampaignTrial, name: str, last: int) -> Array:
    """Return an outcome of every assigned customer from the contact to day ``last`` after it."""
    if name == "return":
        return trial.returned(last)
    if name == "net":
        return trial.total("margin", 0, last) - trial.spent(last)
    if name in ("orders", "margin", "revenue"):
        return trial.total("ordered" if name == "orders" else name, 0, last)
    return trial.happened(name, last)


def welch(values: Array, treated: Flags, happened: Array, name: str, days: int, least_buyers: int) -> Effect:
    """Compare two arms by Welch's t; a bound moves out where skewness asks for it, see `symmetric`.

    Parameters
    ----------
    values : array, shape (customers,)
    treated : array of bool, shape (customers,)
    happened : array, shape (customers,)
        Not 0 for whoever has the outcome at all; counted against ``least_buyers``.
    """
    yes, no = values[treated], values[~treated]
    found = _means(values, treated, happened, name, days)
    if found.buyers < least_buyers or min(len(yes), len(no)) < 2 or (np.ptp(yes) == 0 and np.ptp(no) == 0):
        return found
    compared = CompareMeans(DescrStatsW(yes), DescrStatsW(no))
    se, freedom = float(compared.std_meandiff_separatevar), float(compared.dof_satt())
    skewness = 0.0 if UNITS[name] == "share" else _skewness((yes, no), se)
    found = replace(found, se=se, skewness=skewness, freedom=freedom)
    t = found.value / se
    found = replace(found, p=2 * float(student.sf(min(abs(t), abs(float(symmetric(t, skewness)))), freedom)))
    return _with_interval(found, *interval_at(found, ALPHA))


def _means(values: Array, treated: Flags, happened: Array, name: str, days: int) -> Effect:
    """Return the arms' means and their difference, without an interval."""
    yes, no = values[treated], values[~treated]
    small = min(len(yes), len(no))
    return Effect(
        outcome=name,
        unit=UNITS[name],
        days=days,
        n_treated=len(yes),
        n_control=len(no),
        treated=float(yes.mean()) if len(yes) else 0.0,
        control=float(no.mean()) if len(no) else 0.0,
        value=float(yes.mean() - no.mean()) if small else 0.0,
        buyers=float(np.count_nonzero(happened)) * small / max(len(values), 1),
    )


def _with_interval(effect: Effect, low: float, high: float) -> Effect:
    """Add an interval, which is also the corrected one as long as there is one arm."""
    return replace(effect, low=low, high=high, corrected_low=low, corrected_high=high)


def _skewness(arms: tuple[Array, Array], se: float) -> float:
    """Return the skewness of a difference of means from the values of its arms."""
    thirds = [float(((values - values.mean()) ** 3).mean()) for values in arms]
    sizes = (len(arms[0]), len(arms[1]))
    return float(difference_skewness(sizes, (arms[0].var(), arms[1].var()), (thirds[0], thirds[1]), se))


def difference_skewness(
    sizes: tuple[int, int],
    variances: tuple[Array | float, Array | float],
    thirds: tuple[Array | float, Array | float],
    se: Array | float,
) -> Array:
    """Return the skewness of the difference of two means, both arms taken to be of one shape.

    A small arm that holds none of the rare large amounts has a small spread and shows no skewness,
    just when its bound should move out. How skewed single values are is therefore read from both
    arms together, by their sizes; how far they spread from each arm alone.

    Parameters
    ----------
    sizes : tuple of int
    variances, thirds : tuple of float, or arrays of one shape
        Second and third central moments of each arm's values; an arm without spread has no shape.
    se : float or array
        Standard error of the difference.
    """
    cubes = [np.asarray(variance, dtype=float) ** 1.5 for variance in variances]
    weights = [np.where(cube > 0, n, 0) for n, cube in zip(sizes, cubes, strict=True)]
    shapes = [third / np.where(cube > 0, cube, 1.0) for third, cube in zip(thirds, cubes, strict=True)]
    shape = (weights[0] * shapes[0] + weights[1] * shapes[1]) / np.maximum(weights[0] + weights[1], 1)
    return np.asarray(shape * (cubes[0] / sizes[0] ** 2 - cubes[1] / sizes[1] ** 2) / se**3)


def symmetric(t: Array | float, skewness: Array | float) -> Array:
    """Return a studentised mean made symmetric: Hall's (1992) monotone transformation.

    Margins have a long right tail. The mean of a small control group is then low just when its
    spread looks small, and without this a campaign that does nothing would too often seem to work.

    Parameters
    ----------
    t : array or float
    skewness : array or float
        Of the numerator: that of single values over the root of their number. Where 0, nothing changes.
    """
    return np.asarray(t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6)


def skewed(u: Array | float, skewness: Array | float) -> Array:
    """Return the inverse of `symmetric`."""
    small = np.abs(skewness) < 1e-9
    safe = np.where(small, 1.0, skewness)
    return np.asarray(np.where(small, u, 3 / safe * (np.cbrt(1 + safe * (u - safe / 6)) - 1)))


def interval_at(effect: Effect, alpha: float) -> tuple[float, float]:
    """Return Welch's interval at a level, wider on the side where skewness asks for it."""
    assert effect.se is not None
    reach = float(student.ppf(1 - alpha / 2, effect.freedom))
    down = max(reach, float(skewed(reach, effect.skewness)))
    up = max(reach, -float(skewed(-reach, effect.skewness)))
    return effect.value - effect.se * down, effect.value + effect.se * up


def harm(values: Array, treated: Flags, name: str, days: int) -> Effect:
    """Compare how many unsubscribed, or complained, by Newcombe's hybrid score interval.

    It holds with few or no such customers in an arm, so that no number of them is asked for; only
    arms of fewer than 30 customers have none.
    """
    found = _means(values, treated, values, name, days)
    if min(found.n_treated, found.n_control) < LEAST_ASSIGNED:
        return found
    counts = [float(values[treated].sum()), found.n_treated, float(values[~treated].sum()), found.n_control]
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=ALPHA)
    return _with_interval(found, float(low), float(high))


def adjust(effect: Effect, values: Array, treated: Flags, before: Array | None) -> Effect:
    """Add the regression-adjusted effect: arm, what was before, and their products (Lin 2013), HC3.

    Its bounds move out where the skewness of what is left of amounts asks for it, as Welch's do.

    Parameters
    ----------
    before : array, shape (customers, columns) or None
        Known before the contact; columns that are the same for everybody are left out.
    """
    if before is None or not effect.has_interval:
        return effect
    moving = before[:, np.ptp(before, axis=0) > 0]
    if not moving.shape[1] or effect.n_control <= 3 * moving.shape[1] + 3:
        return effect
    scaled = (moving - moving.mean(axis=0)) / moving.std(axis=0)
    arm = treated.astype(np.float64)
    design = np.column_stack([np.ones(len(values)), arm, scaled, scaled * arm[:, None]])
    if np.linalg.matrix_rank(design.T @ design) < design.shape[1]:
        return effect
    fitted = OLS(values, design).fit(cov_type="HC3")
    value, se, left = float(fitted.params[1]), float(fitted.bse[1]), np.asarray(fitted.resid)
    skewness = 0.0 if effect.unit == "share" else _skewness((left[treated], left[~treated]), se)
    low, high = interval_at(replace(effect, value=value, se=se, skewness=skewness), ALPHA)
    return replace(effect, adjusted=value, adjusted_low=low, adjusted_high=high)


def known_before(trial: CampaignTrial) -> Array | None:
    """Return what was known of everybody before the contact; None where the data begin with it.

    Returns
    -------
    array, shape (customers, 3)
        Margin of the three years before on a logarithmic scale, orders in them, logarithm of the silence.
    """
    if trial.begins_before or not (trial.days["day"] < 0).any():
        return None
    margin, orders = trial.total("margin", -BEFORE, -1), trial.total("ordered", -BEFORE, -1)
    earlier = trial.days[(trial.days["day"] < 0) & trial.days["ordered"]]
    last = earlier.groupby("person")["day"].max().reindex(range(trial.size)).fillna(-BEFORE - 1)
    return np.column_stack(
        [np.sign(margin) * np.log1p(np.abs(margin)), orders, np.log(-last.to_numpy(float))]
    )


def correct(effects: list[Effect]) -> list[Effect]:
    """Correct several arms' intervals as Holm orders them: the clearest at 5% over all, the next less."""
    known = [position for position, effect in enumerate(effects) if effect.p is not None]
    if len(known) < 2:
        return effects
    ordered = sorted(known, key=lambda position: effects[position].p or 0.0)
    corrected = list(effects)
    holds = True
    for rank, position in enumerate(ordered):
        level = ALPHA / (len(known) - rank) if holds else ALPHA / len(known)
        holds &= (effects[position].p or 0.0) < level
        low, high = interval_at(effects[position], level)
        corrected[position] = replace(effects[position], corrected_low=low, corrected_high=high)
    return corrected


def holm(p: list[float]) -> list[float]:
    """Return p values corrected for how many there are."""
    return [float(value) for value in multipletests(p, method="holm")[1]] if p else []


# Bootstrap -----------------------------------------------------------------------------------


def bootstrap(values: Array, treated: Flags, draws: int, seed: int) -> Array:
    """Draw differences of means by a Poisson bootstrap over customers, on grouped counts.

    Customers with the same outcomes are counted together: the weight of a group of so many is one
    Poisson number with that mean. All who bought nothing are one group.

    Parameters
    ----------
    values : array, shape (customers, outcomes)
    treated : array of bool, shape (customers,)

    Returns
    -------
    array, shape (draws, outcomes)
    """
    random = np.random.default_rng(seed)
    return arm_means(values[treated], draws, random) - arm_means(values[~treated], draws, random)


def arm_means(values: Array, draws: int, random: np.random.Generator) -> Array:
    """Return bootstrap draws of the means of one arm, shape (draws, outcomes)."""
    groups = pd.DataFrame(values).groupby(list(range(values.shape[1])), sort=True).size()
    distinct = groups.index.to_frame().to_numpy(np.float64)
    counts = groups.to_numpy()
    single = counts == 1
    alone, together, many = distinct[single], distinct[~single], counts[~single]
    means = np.empty((draws, values.shape[1]))
    for first in range(0, draws, CHUNK):
        size = min(CHUNK, draws - first)
        ones = random.poisson(1.0, (size, len(alone))).astype(np.float64)
        more = random.poisson(many, (size, len(many))).astype(np.float64)
        weight = ones.sum(axis=1) + more.sum(axis=1)
        means[first : first + size] = (ones @ alone + more @ together) / np.maximum(weight, 1)[:, None]
    return means


def with_bootstrap(effect: Effect, differences: Array) -> Effect:
    """Add the bootstrap's standard error and percentile interval to an effect that has an interval."""
    if not effect.has_interval:
        return effect
    low, high = np.quantile(differences, [ALPHA / 2, 1 - ALPHA / 2])
    return replace(
        effect,
        bootstrap_se=float(differences.std(ddof=1)),
        bootstrap_low=float(low),
        bootstrap_high=float(high),
    )
