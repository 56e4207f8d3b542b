"""What is planted in the demo retailer: every parameter of its world, in one place."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

FIRST_DAY = dt.date(2023, 1, 1)
LAST_DAY = dt.date(2025, 9, 30)
WORLD_END = dt.date(2027, 12, 31)


@dataclass(frozen=True)
class PlantedCampaign:
    """A campaign to customers silent for long, with a random half as its control group.

    Parameters
    ----------
    code, offer, kind
        Its name in the export, what was offered, and emotional, material, financial or none.
    starts, spread
        The first day, and over how many days the contacts are made.
    costs : mapping of channel to CHF
        Cost per contact, in order of preference; the first channel with consent is used.
    arm_size : int
        Customers per arm with the default number of customers.
    wins : float
        Probability that a treated regular customer, who would not have ordered within 90 days,
        begins a second life.
    stays : float
        Mean length of that second life in days; 0 is a single order.
    percent_off : int
        Discount on what treated customers order in the first 30 days.
    pulls_forward : float
        Share of treated customers' orders of day 31 to 90 that move into the first 30 days.
    cancels_later : float
        Share of treated customers' orders of day 91 to 365 that never happen.
    unsubscribes : float
        Share of treated customers who unsubscribe within three weeks.
    silence, silence_most : int, optional
        Who gets it, by days of silence, where it is not the client's own rule.
    """

    code: str
    offer: str
    kind: str
    starts: dt.date
    spread: int
    costs: Mapping[str, float]
    arm_size: int
    wins: float = 0.0
    stays: float = 0.0
    percent_off: int = 0
    pulls_forward: float = 0.0
    cancels_later: float = 0.0
    unsubscribes: float = 0.0
    silence: int | None = None
    silence_most: int | None = None


CALL = PlantedCampaign(
    code="DANKE24",
    offer="Dankanruf",
    kind="emotional",
    starts=dt.date(2024, 4, 8),
    spread=12,
    costs={"phone": 4.5},
    arm_size=420,
    wins=0.52,
    stays=420.0,
)
DISCOUNT = PlantedCampaign(
    code="RABATT24",
    offer="25% Rabatt",
    kind="financial",
    starts=dt.date(2024, 10, 14),
    spread=1,
    costs={"email": 0.15, "letter": 1.4},
    arm_size=600,
    wins=0.22,
    percent_off=25,
    pulls_forward=0.9,
    cancels_later=0.5,
    unsubscribes=0.07,
    silence=60,
    silence_most=270,
)
GIFT = PlantedCampaign(
    code="GESCHENK25",
    offer="Kleines Geschenk",
    kind="material",
    starts=dt.date(2025, 4, 22),
    spread=1,
    costs={"letter": 4.8},
    arm_size=260,
    wins=0.14,
    stays=250.0,
)
LETTER = PlantedCampaign(
    code="KATALOG25",
    offer="Sommerkatalog",
    kind="none",
    starts=dt.date(2025, 5, 12),
    spread=1,
    costs={"letter": 1.4},
    arm_size=120,
)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How customers live, leave and respond in any of the demo worlds. Times are days, money is CHF.

    Parameters
    ----------
    old, gone, prospects : float
        Shares of all contacts: customers from before the log; those who had left before it; contacts
        who never buy. The rest arrives during the log.
    occasional : mapping of kind to share
        Shares of the arriving customers who are occasional buyers of each kind.
    occasional_returns : float
        Share of occasional buyers who become slow regulars after all.
    lifetime : float
        Mean days until a regular of usual rhythm and satisfaction leaves.
    satisfaction_effect : float
        The leaving rate is multiplied by exp(-effect) per standard deviation of satisfaction.
    complaint_rate, complaint_solved : float
        Complaints per order, and the share of them that is solved.
    complaint_factor, solved_factor : float
        The leaving rate is multiplied by this from the first unsolved (solved) complaint on.
    pauses, pause : float
        Share of leavers who only pause, and the pause's mean length (gamma, shape 4).
    second_gap, second_lifetime, second_spend : float
        Second lives: mean gap (factor on the customer's own), mean length, and order value (factor).
    warning_days, warning_spend, warning_visits : float
        Before leaving: for so many days the order value falls linearly to this factor, and visits
        come at this factor of the usual rate.
    unsubscribe_leavers, cancel_leavers : float
        Shares of leavers who unsubscribe in the warning days, and who cancel around leaving.
    campaigns : tuple of PlantedCampaign
        In order of date. None is sent to a customer contacted in the 180 days before.
    campaign_silence, campaign_silence_most : int
        The client's own rule: silent for so many days is lapsed, for more than so many given up.
    occasional_response : float
        An occasional buyer responds to a campaign at this factor of a regular's probability.
    """

    old: float
    gone: float
    prospects: float
    occasional: Mapping[str, float]
    occasional_returns: float
    lifetime: float
    satisfaction_effect: float
    complaint_rate: float
    complaint_solved: float = 0.5
    complaint_factor: float = 2.5
    solved_factor: float = 1.0
    pauses: float
    pause: float
    second_gap: float = 0.9
    second_lifetime: float
    second_spend: float = 0.9
    warning_days: float
    warning_spend: float
    warning_visits: float = 0.35
    unsubscribe_leavers: float = 0.12
    cancel_leavers: float
    campaigns: tuple[PlantedCampaign, ...]
    campaign_silence: int
    campaign_silence_most: int
    occasional_response: float


@dataclass(frozen=True, kw_only=True)
class Planted(Behaviour):
    """The parameters of the retailer's world, with those of `Behaviour`.

    Parameters
    ----------
    leads : float
        Share of contacts with an inquiry only; the prospects have visits only.
    flag_noise : float
        Probability that a regular's first order bears the marks of one kind (each kind).
    flag_missing : float
        Probability that an occasional buyer's mark is missing from the export.
    gap, gap_spread : float
        Median over customers of the mean gap between orders, and its log standard deviation.
    regularity, regularity_spread : float
        Median over customers of the gamma shape of gaps (1 is memoryless), and its log spread.
    business : float
        Share of the regulars that are businesses.
    dealers, rebate, dealer_spend : float
        Share of the regulars that are businesses which sell on; what their own list of prices lies below
        that of others, so that less is left than the goods cost; what they take, as a factor on others.
    """

    leads: float
    flag_noise: float
    flag_missing: float
    gap: float
    gap_spread: float
    regularity: float
    regularity_spread: float
    business: float
    dealers: float
    rebate: float
    dealer_spend: float


PLANTED = Planted(
    old=0.16,
    gone=0.015,
    prospects=0.045,
    leads=0.025,
    occasional={"sample": 0.07, "online_only": 0.12, "bargain": 0.09, "coupon": 0.11, "promotion": 0.08},
    occasional_returns=0.08,
    flag_noise=0.05,
    flag_missing=0.10,
    gap=140.0,
    gap_spread=0.6,
    regularity=1.6,
    regularity_spread=0.35,
    business=0.20,
    dealers=0.06,
    rebate=0.58,
    dealer_spend=5.0,
    lifetime=320.0,
    satisfaction_effect=0.35,
    complaint_rate=0.06,
    pauses=0.42,
    pause=330.0,
    second_lifetime=270.0,
    warning_days=120.0,
    warning_spend=0.55,
    cancel_leavers=0.04,
    campaigns=(CALL, DISCOUNT, GIFT, LETTER),
    campaign_silence=180,
    campaign_silence_most=900,
    occasional_response=0.35,
)
