"""What a client declares before a campaign: the outcome, its horizon, and what would be worth while."""

from typing import Literal

from pydantic import Field, field_validator

from playbook.settings.yaml import Strict

Outcome = Literal["margin", "revenue", "return", "visit"]


class Measurement(Strict):
    """The outcome and its horizon, declared before the campaign.

    Attributes
    ----------
    outcome : str
        What the verdict is about, per assigned customer: margin (net of contacts and incentives where
        the costs are known), revenue, return (an order) or visit.
    horizon_days : int
        Days after the contact at which the verdict is read.
    interim_days : tuple of int
        Earlier and later readings, shown as such.
    smallest_worthwhile : float
        Smallest effect worth having: the client's currency per assigned customer.
    smallest_worthwhile_share : float
        The same where the outcome is a return or a visit, as a share of the assigned.
    unsubscribe_tolerance : float
        More unsubscriptions than this share of the assigned are a harm.
    control_share : float or None
        Share that was to be left alone, where it was the same in all campaigns; None: not declared,
        and only the likeness of the arms is checked.
    randomised : tuple of str
        Campaigns of ``contacts`` whose control groups were drawn by chance, besides those that the
        playbook drew itself (``campaign.csv`` and ``warning_trial.csv`` of a run): responses are learned from
        no others.
    segments : tuple of str
        Columns of the customers by which effects may be looked at, named before the campaign.
    incentives : mapping of offer to amount
        Paid once to whoever came back within the horizon, where the margins do not hold it already;
        an offer that is not named here costs what the catalogue says.
    power : float
        Chance to show an effect that is there, for which tests are planned.
    least_buyers : int
        Buyers expected in the smaller arm below which no interval is given.
    bootstrap_draws : int
    """

    outcome: Outcome = "margin"
    horizon_days: int = Field(90, gt=0, le=730)
    interim_days: tuple[int, ...] = (30, 90, 365)
    smallest_worthwhile: float = Field(0.5, ge=0, allow_inf_nan=False)
    smallest_worthwhile_share: float = Field(0.01, ge=0, le=1)
    unsubscribe_tolerance: float = Field(0.01, ge=0, le=1)
    control_share: float | None = Field(None, gt=0, lt=1)
    randomised: tuple[str, ...] = ()
    segments: tuple[str, ...] = ("segment",)
    incentives: dict[str, float] = Field(default_factory=dict)
    power: float = Field(0.8, gt=0, lt=1)
    least_buyers: int = Field(30, gt=0)
    bootstrap_draws: int = Field(1000, ge=100)

    @field_validator("interim_days")
    @classmethod
    def _days(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= day <= 730 for day in value):
            raise ValueError("days must lie between 1 and 730")
        return tuple(sorted(set(value)))
