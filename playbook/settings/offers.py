"""What a client may spend on whom: budgets, capacities, and who is left in peace."""

from typing import Literal, get_args

from pydantic import Field, field_validator

from playbook.settings.yaml import Strict

Kind = Literal["emotional", "material", "financial"]
Channel = Literal["visit", "phone", "letter", "email"]
KINDS: tuple[str, ...] = get_args(Kind)
CHANNELS: tuple[str, ...] = get_args(Channel)


class Contact(Strict):
    """What may be assumed about consent where the data say nothing."""

    assumed: tuple[Channel, ...] = ("letter",)


class Offers(Strict):
    """What may be spent on whom.

    Attributes
    ----------
    catalogue : str or None
        File in the client's folder; None: the preset's.
    exchange_rate : float or None
        What one unit of the catalogue's currency is worth in the client's, where they differ.
    contact_costs : mapping of channel to amount
        What a contact costs in the client's currency, in place of the catalogue's prices.
    language : str or None
        In which customers are addressed whose own language is not known; None: that of most customers, else
        that of the report.
    mailing : str or None
        The tool that e-mails are written for; None: as letters, for a Swiss mail house.
    earlier : mapping of offer to kind
        Of what kind the offers of earlier campaigns were, by their name in ``contacts``; none: no
        kindness at all. An offer that is not named here is told by its name.
    use_measured : bool
        Responses measured in earlier campaigns with a control group replace those assumed.
    lost_for_good : tuple of str
        Reasons of a cancellation that no offer changes, as the data write them (capitals, blanks and
        dashes do not count). Whoever gave one is ranked nowhere and contacted by nobody, whatever
        else is known of them.
    retry : tuple of kinds
        Kinds that are planned although their last campaign does not work, or backfires later.
    budget : float
        Limit of the expected spend: contacts, and the incentives of those who return.
    kind_budgets : mapping of kind to amount
        The same for the offers of one kind.
    channel_capacity, responsible_capacity : mapping to contacts per week
        By channel, and by who is responsible (a name of the catalogue, or a customer's owner).
    contacts_per_caller : int
        Calls that one more caller could make in a week.
    rest_days : int
        Whoever was contacted in so many days is left in peace.
    complaint_days : int
        An unsolved complaint calls for apology and repair for so many days.
    cancellation_days : int
        An announced cancellation calls for a call before it is confirmed for so many days; what is
        older has been confirmed. One that is still to come counts always.
    most_contacts, pressure_days : int or None, int
        At most so many contacts, the next one included, in so many days; None: no limit.
    least_chance : float
        An offer is made only where it pays with at least this chance, given what its response may
        be; 0: wherever it is expected to pay.
    holdout_share : float
        Share of those worth an offer who are left alone, by chance, to measure by; a pilot holds
        back half, or with 0 nobody.
    never_hold_back : int
        So many customers whose second lives are worth most are never held back.
    response : str
        points: an offer adds the same to everybody's chance; odds: it multiplies everybody's odds.
    weeks : int
        Weeks of the planning window.
    stay_share : float
        Chance that whoever came back is still there half a year later; an assumption.
    margin_variation : float
        Coefficient of variation of the margin of a second life; an assumption.
    """

    catalogue: str | None = None
    exchange_rate: float | None = Field(None, gt=0)
    contact_costs: dict[Channel, float] = Field(default_factory=dict)
    language: Literal["en", "de", "it", "fr"] | None = None
    mailing: Literal["mailchimp", "klaviyo", "hubspot"] | None = None
    earlier: dict[str, Literal["emotional", "material", "financial", "none"]] = Field(default_factory=dict)
    use_measured: bool = True
    lost_for_good: tuple[str, ...] = ()
    retry: tuple[Kind, ...] = ()
    budget: float = Field(5000, ge=0, allow_inf_nan=False)
    kind_budgets: dict[Kind, float] = Field(default_factory=dict)
    channel_capacity: dict[Channel, int] = Field(default_factory=dict)
    responsible_capacity: dict[str, int] = Field(default_factory=dict)
    contacts_per_caller: int = Field(50, gt=0)
    rest_days: int = Field(30, ge=0)
    complaint_days: int = Field(730, ge=0)
    cancellation_days: int = Field(90, ge=0)
    most_contacts: int | None = Field(None, gt=0)
    pressure_days: int = Field(365, gt=0)
    least_chance: float = Field(0, ge=0, lt=1)
    holdout_share: float = Field(0.1, ge=0, lt=1)
    never_hold_back: int = Field(0, ge=0)
    response: Literal["points", "odds"] = "points"
    weeks: int = Field(8, gt=0, le=52)
    stay_share: float = Field(0.5, ge=0, le=1)
    margin_variation: float = Field(1.0, ge=0, le=5)

    @field_validator("contact_costs", "kind_budgets", "channel_capacity", "responsible_capacity")
    @classmethod
    def _nothing_negative(cls, value: dict[str, float]) -> dict[str, float]:
        for name, limit in value.items():
            if not 0 <= limit < float("inf"):
                raise ValueError(f"{name} must be 0 or more")
        return value
