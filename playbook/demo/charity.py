"""What is planted in the demo charity: every parameter of its donors' world, in one place."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from playbook.demo.planted import Behaviour, PlantedCampaign

FIRST_DAY = dt.date(2021, 1, 1)
LAST_DAY = dt.date(2025, 11, 28)
WORLD_END = dt.date(2027, 12, 31)

PHONE = PlantedCampaign(
    code="CHIAMATA23",
    offer="Grazie al telefono",
    kind="emotional",
    starts=dt.date(2023, 9, 4),
    spread=18,
    costs={"phone": 12.0},
    arm_size=300,
    wins=0.30,
    stays=900.0,
)
LETTER = PlantedCampaign(
    code="LETTERA24",
    offer="Lettera di grazie",
    kind="emotional",
    starts=dt.date(2024, 10, 7),
    spread=1,
    costs={"letter": 1.5},
    arm_size=420,
    wins=0.13,
)


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How a kind of regular donor gives.

    Parameters
    ----------
    new, old : float
        Shares of the regulars among arriving donors, and among those from before the log.
    gap, spread : float
        Median over donors of the mean gap between gifts in days, and its log standard deviation.
    regularity : float
        Gamma shape of the gaps: 1 is memoryless, 25 close to a fixed date.
    gift : float
        Median over donors of the usual gift in CHF.
    """

    new: float
    old: float
    gap: float
    spread: float
    regularity: float
    gift: float


@dataclass(frozen=True, kw_only=True)
class PlantedGiving(Behaviour):
    """The parameters of the charity's world, with those of `Behaviour`.

    Its prospects read the newsletter and never give; its occasional donors give once, by the source by
    which they came.

    Parameters
    ----------
    sources : mapping of source to share
        How the arriving regulars came.
    rhythms : mapping of name to Rhythm
        monthly is a standing order, on the same day of each month; its gap is that of the payment
        slips by which such donors give once they are won back.
    gift_spread, same_gift : float
        Log standard deviation of the usual gift over donors; probability that a gift is the usual one.
    major, major_factor : float
        Share of major donors, and the factor on their gifts.
    once_gap, once_gift : float
        For those who give once by nature: the mean gap should they be won, and the median gift.
    charged_back : float
        Share of standing orders' and online gifts that the bank takes back.
    """

    sources: Mapping[str, float]
    rhythms: Mapping[str, Rhythm]
    gift_spread: float
    same_gift: float
    major: float
    major_factor: float
    once_gap: float
    once_gift: float
    charged_back: float


PLANTED = PlantedGiving(
    old=0.20,
    gone=0.02,
    prospects=0.03,
    occasional={"letter": 0.12, "street": 0.20, "event": 0.11, "online": 0.12},
    sources={"letter": 0.45, "street": 0.12, "event": 0.13, "online": 0.30},
    rhythms={
        "yearly": Rhythm(new=0.38, old=0.47, gap=360, spread=0.05, regularity=25, gift=60),
        "quarterly": Rhythm(new=0.22, old=0.20, gap=92, spread=0.10, regularity=12, gift=40),
        "monthly": Rhythm(new=0.05, old=0.06, gap=120, spread=0.20, regularity=4, gift=16),
        "irregular": Rhythm(new=0.35, old=0.27, gap=210, spread=0.35, regularity=1.5, gift=50),
    },
    gift_spread=0.5,
    same_gift=0.6,
    major=0.02,
    major_factor=5.0,
    once_gap=135.0,
    once_gift=38.0,
    charged_back=0.015,
    occasional_returns=0.10,
    lifetime=780.0,
    satisfaction_effect=0.3,
    complaint_rate=0.012,
    pauses=0.30,
    pause=420.0,
    second_lifetime=500.0,
    warning_days=240.0,
    warning_spend=0.65,
    cancel_leavers=0.5,
    campaigns=(PHONE, LETTER),
    campaign_silence=456,
    campaign_silence_most=1100,
    occasional_response=0.75,
)
