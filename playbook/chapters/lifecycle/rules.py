"""The stages of a relationship, read from measurable behaviour alone.

The source names suspect, prospect, lead, customer and lost; a customer is just engaged after one
purchase, firmly engaged after three, or after ten visits over more than 30 days. A stage may last
for ever: nobody leaves one because time has passed, but for the silence after an order.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import ibis
import pandas as pd

from playbook.chapters.lifecycle.daily_events import EVER, LAST_DAYS, DailyEvents
from playbook.settings.client import Settings
from playbook.settings.lifecycle import Stage
from playbook.stats.inactivity import Cut, Inactivity, cut, inactivity

STAGES: tuple[str, ...] = get_args(Stage)
(SUSPECT, PROSPECT, LEAD, JUST_ENGAGED, ENGAGED, FIRMLY_ENGAGED, AT_RISK, LAPSED, LOST) = range(9)
NEW = "new"
"""Where somebody was before anything was known of them."""


@dataclass(frozen=True)
class Silences:
    """The silences, in days, after which a customer is at risk, lapsed and lost.

    Attributes
    ----------
    at_risk, lapsed, lost : int
        Rising, wherever the settings let them.
    inactivity : Inactivity
        Where the middle one comes from.
    at_risk_source, lost_source : str
        data (a share of those who come back), settings, or scaled (in proportion to ``lapsed``).
    """

    at_risk: int
    lapsed: int
    lost: int
    inactivity: Inactivity
    at_risk_source: str
    lost_source: str

    @property
    def steps(self) -> tuple[tuple[int, int], ...]:
        """The places in `STAGES` to which silence leads, each with the days that it takes."""
        return (AT_RISK, self.at_risk), (LAPSED, self.lapsed), (LOST, self.lost)


def find_silences(spell_counts: pd.DataFrame, settings: Settings) -> Silences:
    """Read the three silences from the spells after second and later orders.

    The middle one is the inactivity threshold. The others are read from the same curve at other
    shares of those who come back; where the threshold is not the curve's own, they keep the
    proportion to it that the curve shows, and half and twice where there is no curve.

    Parameters
    ----------
    spell_counts : DataFrame
        As `spells.spell_counts` returns them.
    """
    lapsed, rules = inactivity(spell_counts, settings), settings.lifecycle
    later = spell_counts[spell_counts["order_number"] >= 2]
    early, late = (_share(later, share, settings) for share in (rules.at_risk_share, rules.lost_share))
    at_risk, at_risk_source = _silence(rules.at_risk_days, early, lapsed, 0.5)
    lost, lost_source = _silence(rules.lost_days, late, lapsed, 2.0)
    return Silences(
        at_risk=min(at_risk, lapsed.days),
        lapsed=lapsed.days,
        lost=max(lost, lapsed.days),
        inactivity=lapsed,
        at_risk_source=at_risk_source,
        lost_source=lost_source,
    )


def _share(later: pd.DataFrame, share: float, settings: Settings) -> Cut | None:
    return cut(later, settings.survival.model_copy(update={"share_of_returns": share}), settings.seed)


def _silence(chosen: int | None, seen: Cut | None, lapsed: Inactivity, otherwise: float) -> tuple[int, str]:
    if chosen is not None:
        return chosen, "settings"
    if lapsed.source == "data" and seen is not None:
        return seen.days, "data"
    own = lapsed.cut.days if lapsed.cut else 0
    ratio = seen.days / own if seen is not None and own else otherwise
    return max(round(lapsed.days * ratio), 1), "scaled"


# From what happened to the stage -------------------------------------------------------------


def stage_number(seen: Any, silence: Any, silences: Silences, settings: Settings) -> Any:
    """Return the stage as its place in `STAGES`, from what is known of each customer on a day.

    Parameters
    ----------
    seen : ibis.Table
        orders (int), last_order, warned_on, complained_on, solved_on, goodbye_on (days, null where it
        never happened), interested, inquired, regular, old_customer (bool).
    silence : ibis expression
        Days since the last order.
    """
    rules = settings.lifecycle
    open_complaint = (seen.complained_on >= seen.last_order) & ~(
        (seen.solved_on >= seen.complained_on).fill_null(False)
    )
    warned = (seen.warned_on >= seen.last_order).fill_null(False) | open_complaint.fill_null(False)
    customer = ibis.cases(
        ((seen.goodbye_on >= seen.last_order).fill_null(False), LOST),
        (silence > silences.lost, LOST),
        (silence > silences.lapsed, LAPSED),
        ((silence > silences.at_risk) | warned, AT_RISK),
        ((seen.orders >= rules.firmly_engaged_orders) | seen.regular, FIRMLY_ENGAGED),
        ((seen.orders >= rules.engaged_orders) | seen.old_customer.fill_null(False), ENGAGED),
        (seen.orders >= rules.just_engaged_orders, JUST_ENGAGED),
        else_=LEAD,
    )
    contact = ibis.cases(
        (seen.regular, FIRMLY_ENGAGED if rules.engaged_without_order else LEAD),
        (seen.inquired, LEAD),
        (seen.interested, PROSPECT),
        else_=SUSPECT,
    )
    return ibis.ifelse(seen.orders > 0, customer, contact).cast("int8")


def stages_at(daily: DailyEvents, silences: Silences, day: date) -> pd.Series:
    """Return the stage of everybody of whom something was known by a day, in one GROUP BY.

    Returns
    -------
    Series of str
        By customer_id, sorted; whoever is not there had shown nothing by then.
    """
    happened = daily.rows()
    happened = happened.filter(happened.day <= ibis.literal(day))
    when = happened.day
    seen = happened.group_by("code").aggregate(
        orders=happened.ordered.sum(),
        **{name: when.max(where=happened[flag]) for name, flag in LAST_DAYS.items()},
        **{name: happened[name].any() for name in EVER},
    )
    seen = seen.inner_join(daily.people, "code")
    silence = ibis.literal(day).delta(seen.last_order, unit="day")
    number = stage_number(seen, silence, silences, daily.settings)
    table = seen.select("customer_id", number=number).order_by("customer_id").to_pyarrow().to_pandas()
    return pd.Series([STAGES[n] for n in table["number"]], index=table["customer_id"], dtype=object)
