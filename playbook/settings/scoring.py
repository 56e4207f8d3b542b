"""What a client scores its customers by: criteria, weights, and the presets' criteria."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from playbook.errors import SettingsError, did_you_mean
from playbook.settings.yaml import Strict


class Criterion(Strict):
    """One line of the scoring sheet: a column mapped to 0 to 10 points.

    Attributes
    ----------
    name : str
        As the report shows it.
    column : str
        A column of the customer table, or any numeric column of the client's customers.
    group : str
    points : str or tuple of float
        percentile: ten times the share of the ranked below, those level counting half. Or rising
        breakpoints, each worth the same: reached from below where high is better, not exceeded
        where low is better. All of them are ten points, none is zero.
    better : str
        high or low.
    weight : float
    """

    name: str = Field(min_length=1)
    column: str
    group: Literal["value", "ideal value", "price", "recoverability"] = "value"
    points: Literal["percentile"] | tuple[float, ...] = "percentile"
    better: Literal["high", "low"] = "high"
    weight: float = Field(1, ge=0, allow_inf_nan=False)

    @field_validator("points")
    @classmethod
    def _rising(cls, value: Any) -> Any:
        if not isinstance(value, str) and (not value or list(value) != sorted(set(value))):
            raise ValueError("breakpoints must rise from left to right")
        return value


class Scoring(Strict):
    """Whom the client wants back: criteria, and the cut-offs of the classes.

    Attributes
    ----------
    criteria : tuple of Criterion
        All that count: they replace the preset's; none: those, see `CRITERIA`.
    weights : dict
        Criterion name to its weight, to change some weights without writing all criteria again.
    first_share : float
        Share of those worth an offer, and not likely to return unaided, who come first.
    wait_probability : float
        Return probability from which a customer is likely to return unaided.
    """

    criteria: tuple[Criterion, ...] = ()
    weights: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    first_share: float = Field(0.2, ge=0, le=1)
    wait_probability: float = Field(0.5, ge=0, le=1)

    @field_validator("criteria")
    @classmethod
    def _named_once(cls, value: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        names = [criterion.name for criterion in value]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two criteria are named {twice[0]!r}")
        return value


_VALUE = (
    Criterion(name="past margin", column="margin", group="value"),
    Criterion(name="second lifetime value", column="second_lifetime_value", group="value"),
    Criterion(name="order value", column="mean_order_value", group="value"),
)
_GIVING = (*_VALUE[:2], _VALUE[2].model_copy(update={"name": "gift value"}))
_IDEAL_VALUE = (
    Criterion(name="referrals", column="referrals", group="ideal value", points=(1, 2, 3, 5)),
    Criterion(name="reference customer", column="reference_customer", group="ideal value", points=(1,)),
    Criterion(name="potential", column="potential", group="ideal value"),
)
_PRICE = (
    Criterion(
        name="bought at a discount",
        column="discount_share",
        group="price",
        points=(0, 0.05, 0.1, 0.2, 0.3),
        better="low",
    ),
)
_RECOVERABILITY = (
    Criterion(name="chance to return", column="return_probability", group="recoverability"),
    Criterion(name="days of silence", column="silence_days", group="recoverability", better="low"),
    Criterion(
        name="unsolved complaints",
        column="unsolved_complaints",
        group="recoverability",
        points=(0, 1),
        better="low",
    ),
)

CRITERIA: dict[str, tuple[Criterion, ...]] = {
    "retail": _VALUE + _IDEAL_VALUE + _PRICE + _RECOVERABILITY,
    "donations": _GIVING + _IDEAL_VALUE + _RECOVERABILITY,
    "subscription": _VALUE + _IDEAL_VALUE + _PRICE + _RECOVERABILITY,
}
"""The criteria of each preset, all of weight 1: the plain sum."""


def named_criteria(scoring: Scoring, preset: str) -> tuple[Criterion, ...]:
    """Return the client's criteria, else the preset's.

    Raises
    ------
    SettingsError
        For the weight of a criterion that does not exist.
    """
    criteria = scoring.criteria or CRITERIA[preset]
    names = [criterion.name for criterion in criteria]
    for name in scoring.weights:
        if name not in names:
            raise SettingsError(
                f"scoring.weights (client.yml, or -p) names {name!r}, which is no criterion."
                f"{did_you_mean(name, names)} There are: {', '.join(names)}."
            )
    return criteria
