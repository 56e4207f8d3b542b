"""The stages of a relationship, read from measurable behaviour alone.

The source names suspect, prospect, lead, customer and lost; a customer is just engaged after one
purchase, firmly engaged after three, or after ten visits over more than 30 days. A stage may last
for ever: nobody leaves one because time has passed, but for the silence after an order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, get_args

import ibis
import pandas as pd

from playbook.chapters.lifecycle.daily_events import EVER, LAST_DAYS, DailyEvents
from playbook.records.history import History
from playbook.settings.client import Settings
from playbook.settings.lifecycle import Stage
from playbook.stats.inactivity import Cut, Inactivity, cut, inactivity
from playbook.stats.rhythms import own_counts, with_numbers, without_interval

STAGES: tuple[str, ...] = get_args(Stage)
(SUSPECT, PROSPECT, LEAD, JUST_ENGAGED, ENGAGED, FIRMLY_ENGAGED, AT_RISK, LAPSED, LOST) = range(9)
DAYS = ("at_risk_days", "lapsed_days", "lost_days")
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
    own : mapping of value to Silences
        Those of customers whose value of ``inactivity_by`` has its own; see `own_silences`.
    """

    at_risk: int
    lapsed: int
    lost: int
    inactivity: Inactivity
    at_risk_source: str
    lost_source: str
    own: Mapping[str, "Silences"] = field(default_factory=dict)

    @property
    def days(self) -> dict[str, int]:
        """The three silences by the names of the columns that hold them."""
        return dict(zip(DAYS, (self.at_risk, self.lapsed, self.lost), strict=True))

    def steps(self, seen: Any) -> tuple[tuple[int, Any], ...]:
        """Return the places in `STAGES` to which silence leads, each with the days that it takes.

        Parameters
        ----------
        seen : ibis.Table
            With the columns of `DAYS`, where values have their own.
        """
        days = [seen[name] for name in DAYS] if self.own else list(self.days.values())
        return tuple(zip((AT_RISK, LAPSED, LOST), days, strict=True))

    def known_of(self, daily: DailyEvents, history: History) -> DailyEvents:
        """Add each customer's silences, as `DAYS`, to the people, where values have their own."""
        by_value = {value: silences.days for value, silences in self.own.items()}
        people = with_numbers(daily.people, history, by_value, self.days) if self.own else daily.people
        return replace(daily, people=people)


def own_silences(history: History, shared: Silences) -> Silences:
    """Return the silences with those by the values of ``inactivity_by`` that have their own."""
    counts, once = own_counts(history, shared.lapsed), without_interval(history.settings)
    return replace(shared, own={value: find_silences(counts[value], once) for value in counts})


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
    rules = without_interval(settings).survival.model_copy(update={"share_of_returns": share})
    return cut(later, rules, settings.seed)


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
        never happened), interested, inquired, regular, old_customer (bool); and own silences.
    silence : ibis expression
        Days since the last order.
    """
    rules = settings.lifecycle
    open_complaint = (seen.complained_on >= seen.last_order) & ~(
        (seen.solved_on >= seen.complained_on).fill_null(False)
    )
    warned = (seen.warned_on >= seen.last_order).fill_null(False) | open_complaint.fill_null(False)
    (_, at_risk), (_, lapsed), (_, lost) = silences.steps(seen)
    customer = ibis.cases(
        ((seen.goodbye_on >= seen.last_order).fill_null(False), LOST),
        (silence > lost, LOST),
        (silence > lapsed, LAPSED),
        ((silence > at_risk) | warned, AT_RISK),
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
