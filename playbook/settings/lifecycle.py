"""The rules of the stages of a relationship: the ``lifecycle`` section of ``client.yml``."""

from typing import Literal, get_args

from pydantic import Field, model_validator

from playbook.settings.yaml import Strict

EventKind = Literal[
    "visit",
    "inquiry",
    "complaint",
    "complaint_solved",
    "cancellation",
    "unsubscribe",
    "no_contact",
    "review",
    "call",
    "outcome",
]
EVENT_KINDS: tuple[str, ...] = get_args(EventKind)

Stage = Literal[
    "suspect",
    "prospect",
    "lead",
    "just engaged",
    "engaged",
    "firmly engaged",
    "at risk",
    "lapsed",
    "lost",
]
"""The stages of a relationship, in order."""


class Lifecycle(Strict):
    """Rules of the stages of a relationship.

    Attributes
    ----------
    left_truncation_days : int
        Who is first seen in so many days from the log's beginning may be an old customer.
    just_engaged_orders, engaged_orders, firmly_engaged_orders : int
        Orders from which a customer is just engaged, engaged and firmly engaged.
    visits, visits_over_days : int
        So many visits, the first and the last of them more than so many days apart, make a customer
        firmly engaged whatever the orders.
    engaged_without_order : bool
        Whether such visits make somebody firmly engaged who never ordered; if not, a lead.
    prospect_events, lead_events : tuple of str
        Kinds of events that make a suspect a prospect, and a prospect a lead.
    at_risk_share, lost_share : float
        A customer is at risk, and a lapsed one lost, once silent for longer than this share of
        those who come back; beside `Survival.share_of_returns` for the lapsed, on the same curve.
    at_risk_days, lost_days : int or None
        Days of silence that take the place of these shares.
    at_risk_events, lost_events : tuple of str
        Kinds of events since the last order that make a customer at risk, and lost. A complaint
        that was solved afterwards does not count.
    months : int
        How many months back the base is shown.
    """

    left_truncation_days: int = Field(90, ge=0)
    just_engaged_orders: int = Field(1, ge=1)
    engaged_orders: int = Field(2, ge=1)
    firmly_engaged_orders: int = Field(3, ge=1)
    visits: int = Field(10, ge=1)
    visits_over_days: int = Field(30, ge=0)
    engaged_without_order: bool = False
    prospect_events: tuple[EventKind, ...] = ("visit",)
    lead_events: tuple[EventKind, ...] = ("inquiry",)
    at_risk_share: float = Field(0.75, gt=0, lt=1)
    lost_share: float = Field(0.99, gt=0, lt=1)
    at_risk_days: int | None = Field(None, gt=0)
    lost_days: int | None = Field(None, gt=0)
    at_risk_events: tuple[EventKind, ...] = ("complaint", "unsubscribe")
    lost_events: tuple[EventKind, ...] = ("cancellation",)
    months: int = Field(36, gt=0, le=240)

    @model_validator(mode="after")
    def _rules_rise(self) -> "Lifecycle":
        if not self.just_engaged_orders <= self.engaged_orders <= self.firmly_engaged_orders:
            raise ValueError(
                "just_engaged_orders, engaged_orders and firmly_engaged_orders must not fall in this order"
            )
        if not self.at_risk_share < self.lost_share:
            raise ValueError("at_risk_share must lie below lost_share")
        return self
