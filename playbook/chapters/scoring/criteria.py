"""The scoring sheet: criteria to points from 0 to 10, their sum, and why somebody stands where they do.

A criterion is added in ``client.yml`` (``scoring.criteria``) for one client, and in
`settings.scoring.CRITERIA` for all clients of a preset. Where it names a column that is not there yet,
`worth.measure` works it out, and one of the lists below says how its values are shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from playbook.errors import SettingsError, did_you_mean
from playbook.records.arrays import Array, Flags, Positions
from playbook.settings.client import Settings
from playbook.settings.scoring import CRITERIA, Criterion, named_criteria
from playbook.show.words import Words

MOST = 10
"""Points of the best."""
DIGITS = 6
"""Decimals of a value that count: what differs less is level, here and in a spreadsheet."""

MONEY = (
    "margin",
    "revenue",
    "second_lifetime_value",
    "mean_order_margin",
    "mean_order_value",
    "expected_margin",
    "potential",
)
SHARES = ("discount_share", "return_probability")
COUNTS = ("orders", "silence_days", "unsolved_complaints", "referrals", "reference_customer")
DECIMALS = ("expected_orders",)
MEASURES = (*MONEY, *SHARES, *COUNTS, *DECIMALS)
"""Columns that a criterion may name whether or not this client has them."""
PRESET_NAMES = {criterion.name for criteria in CRITERIA.values() for criterion in criteria}


@dataclass(frozen=True)
class ScoreSheet:
    """The scoring sheet of a group of customers.

    Attributes
    ----------
    criteria : tuple of Criterion
        Those that the client has the column for.
    left_out : tuple of Criterion
        Those it has not.
    values : array, shape (customers, criteria)
        NaN where missing.
    points : array, shape (customers, criteria)
        0 to 10; 0 where missing.
    """

    criteria: tuple[Criterion, ...]
    left_out: tuple[Criterion, ...]
    values: Array
    points: Array

    @property
    def names(self) -> list[str]:
        """Return the criteria's names."""
        return [criterion.name for criterion in self.criteria]

    @property
    def weights(self) -> Array:
        """Return the criteria's weights."""
        return np.array([criterion.weight for criterion in self.criteria])

    @property
    def missing(self) -> npt.NDArray[np.int64]:
        """Count, by criterion, the customers without a value."""
        counted: npt.NDArray[np.int64] = np.isnan(self.values).sum(axis=0)
        return counted

    @property
    def constant(self) -> list[str]:
        """Return the criteria that give everybody the same points, and so rank nobody."""
        if len(self.points) < 2:
            return []
        return [name for name, points in zip(self.names, self.points.T, strict=True) if np.ptp(points) == 0]

    def of(self, chosen: Any) -> "ScoreSheet":
        """Return the sheet of some of the customers: a mask, or places in order."""
        return replace(self, values=self.values[chosen], points=self.points[chosen])

    def score(self) -> Array:
        """Return each customer's total: the points times their weights, summed."""
        return rounded_total(self.points @ self.weights)

    def standing_out(self) -> Array:
        """Return weighted points above the mean of those with a value.

        NaN where missing, where the criterion has no weight, or ranks nobody.
        """
        telling = (self.weights > 0) & ~np.isin(self.names, self.constant)
        known = ~np.isnan(self.values) & telling
        points = np.where(known, self.points, 0.0)
        mean = points.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.where(known, (self.points - mean) * self.weights, np.nan)


def rounded_total(total: Any) -> Array:
    """Return totals rounded, so that what is level is level on every machine."""
    return np.asarray(np.round(total, DIGITS))


def chosen_criteria(settings: Settings) -> tuple[Criterion, ...]:
    """Return the client's criteria, else the preset's, with the weights that ``client.yml`` changes.

    Raises
    ------
    SettingsError
        For the weight of a criterion that there is not, and where all weights are zero.
    """
    scoring = settings.scoring
    criteria = named_criteria(scoring, settings.preset)
    weighed = tuple(
        criterion.model_copy(update={"weight": scoring.weights.get(criterion.name, criterion.weight)})
        for criterion in criteria
    )
    if not any(criterion.weight for criterion in weighed):
        raise SettingsError("client.yml: scoring: all weights are 0; give at least one criterion a weight.")
    return weighed


def score_sheet(customers: pd.DataFrame, criteria: Sequence[Criterion]) -> ScoreSheet:
    """Give points to customers by every criterion that they have the column for.

    Parameters
    ----------
    customers : DataFrame
        Those to be ranked, with the columns that the criteria name. Percentiles are among them.

    Raises
    ------
    SettingsError
        For a criterion whose column is neither a measure nor the client's, or holds no numbers,
        and where no criterion with a weight is left.
    """
    used = tuple(criterion for criterion in criteria if _has(customers, criterion))
    left_out = tuple(criterion for criterion in criteria if criterion not in used)
    if not any(criterion.weight for criterion in used):
        names = ", ".join(criterion.name for criterion in left_out)
        raise SettingsError(
            f"client.yml: scoring: this client has the data of no weighted criterion ({names})."
        )
    values = customers[[criterion.column for criterion in used]].to_numpy(float, na_value=np.nan)
    values = np.round(values, DIGITS)
    points = [give_points(values[:, place], criterion) for place, criterion in enumerate(used)]
    return ScoreSheet(used, left_out, values, np.column_stack(points))


def _has(customers: pd.DataFrame, criterion: Criterion) -> bool:
    column = criterion.column
    if column in customers:
        if not pd.api.types.is_numeric_dtype(customers[column]):
            raise SettingsError(
                f"client.yml: the criterion {criterion.name!r} names {column!r}, which holds no numbers."
            )
        return bool(customers[column].notna().any()) or customers.empty
    if column not in MEASURES:
        numbers = customers.select_dtypes("number").columns
        known = sorted({*MEASURES, *numbers})
        raise SettingsError(
            f"client.yml: the criterion {criterion.name!r} names {column!r}, which is neither a numeric"
            f" column of the customers nor a measure.{did_you_mean(column, known)}"
            f" There are: {', '.join(known)}."
        )
    return False


def give_points(values: Any, criterion: Criterion) -> Array:
    """Map values to points from 0 to 10; a missing value gets none.

    percentile: ten times the share of those with a value who are worse, those level counting half.
    With m breakpoints: 10 / m for each that is reached, from below where high is better (value at
    least the breakpoint), from above where low is better (value at most the breakpoint).

    Parameters
    ----------
    values : array, shape (customers,)
    """
    found = np.asarray(values, dtype=float)
    known = ~np.isnan(found)
    upward = criterion.better == "high"
    points = np.zeros(len(found))
    if criterion.points == "percentile":
        ranks = pd.Series(found[known] if upward else -found[known]).rank(method="average").to_numpy()
        points[known] = MOST * (ranks - 0.5) / max(int(known.sum()), 1)
        return points
    breakpoints = np.array(criterion.points, dtype=float)
    if upward:
        reached = np.searchsorted(breakpoints, found[known], side="right")
    else:
        reached = len(breakpoints) - np.searchsorted(breakpoints, found[known], side="left")
    points[known] = MOST * reached / len(breakpoints)
    return points


# Why -----------------------------------------------------------------------------------------


def reasons(sheet: ScoreSheet, words: Words) -> pd.DataFrame:
    """Say what speaks for each customer, and what most against.

    What counts is the weighted points above the mean of all: points that everybody has are no
    reason. No points are no strength, all ten no weakness, a missing value is neither.

    Returns
    -------
    DataFrame
        reason (the strongest, and a second where it is above the mean), weakest; None where there
        is nothing to say.
    """
    if not len(sheet.points):
        return pd.DataFrame({"reason": [], "weakest": []}, dtype=object)
    texts = np.column_stack(
        [
            _texts(criterion, sheet.values[:, place], sheet.points[:, place], words)
            for place, criterion in enumerate(sheet.criteria)
        ]
    )
    above = sheet.standing_out()
    shown = np.round(sheet.points, 1)
    strong = np.where(np.isnan(above) | (shown <= 0), -np.inf, above)
    first = _best(strong)
    strong[np.arange(len(strong)), first] = -np.inf
    second = _best(np.where(strong > 0, strong, -np.inf))
    weak = np.where(np.isnan(above) | (shown >= MOST), np.inf, above)
    for taken in (first, second):
        weak[np.flatnonzero(taken >= 0), taken[taken >= 0]] = np.inf
    strongest = pd.DataFrame({"first": _pick(texts, first), "second": _pick(texts, second)}, dtype=object)
    both = strongest["first"].str.cat(strongest["second"], sep="; ").fillna(strongest["first"])
    return pd.DataFrame({"reason": both, "weakest": _pick(texts, _best(-weak))}, dtype=object)


def _best(values: Array) -> Positions:
    """Return the place of the highest value of each row, the first of those level; -1 for none."""
    place = values.argmax(axis=1)
    return np.where(np.isfinite(values[np.arange(len(values)), place]), place, -1)


def _pick(texts: Any, place: Positions) -> Any:
    return np.where(place >= 0, texts[np.arange(len(texts)), place], None)


def value_format(column: str, words: Words) -> Callable[[float], str]:
    """Return how a criterion's values are shown."""
    if column in MONEY:
        return words.money
    if column in SHARES:
        return words.percent
    return lambda value: words.number(value, 0 if float(value).is_integer() else 1)


def _texts(criterion: Criterion, values: Array, points: Array, words: Words) -> Any:
    """Return each customer's text for one criterion; every different text is worded once."""
    digits = 2 if criterion.column in SHARES else 0 if criterion.column in (*MONEY, *COUNTS) else 1
    shown = pd.DataFrame({"value": np.round(np.nan_to_num(values), digits), "points": np.round(points, 1)})
    different = shown.groupby(["value", "points"])
    show, name = value_format(criterion.column, words), label(criterion.name, words)
    message = (
        "last order {value} days ago ({points} of 10)"
        if criterion.column == "silence_days"
        else "{name} {value} ({points} of 10)"
    )
    worded = [
        words.say(message, name=name, value=show(value), points=words.number(given, 1))
        for value, given in different.size().index
    ]
    return np.array(worded, dtype=object)[different.ngroup().to_numpy()]


def label(name: str, words: Words) -> str:
    """Return a criterion's name: a preset's in the report's language, a client's as written."""
    return words.say(name) if name in PRESET_NAMES else name


def top(score: Any, n: int) -> Flags:
    """Return who is among the n highest scores, the first of those level."""
    chosen = np.zeros(len(score), dtype=bool)
    chosen[np.argsort(-np.asarray(score), kind="stable")[:n]] = True
    return chosen
