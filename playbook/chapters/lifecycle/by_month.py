"""The base by stage at every month's end, and who moved from stage to stage in every month.

The engine orders each customer's days once and finds, for each, the stage from that day on, when
silence will change it, and when the next day comes. It counts how many customers share the months
in which these lie; the counts of a few thousand such patterns hold every month's base and moves.
Nothing is replayed month by month, and a large base is gone through in shards of customers.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.chapters.lifecycle.daily_events import EVER, LAST_DAYS, DailyEvents
from playbook.chapters.lifecycle.rules import AT_RISK, LAPSED, LOST, NEW, STAGES, Silences, stage_number
from playbook.records.history import History

ROWS_AT_ONCE = 3_000_000
"""Customer-days that are ordered at once; of more, the customers are taken in shards."""
KEYS = ("before", "stage", "first", "at_risk", "lapsed", "lost", "end")
"""What is counted by; see `_patterns`."""


@dataclass(frozen=True)
class Months:
    """The base by stage and the moves between stages, month by month.

    Attributes
    ----------
    base : DataFrame
        One row per month's end (index, datetime64; the last is the as-of date), one column per
        stage: customers.
    moves : DataFrame
        month (the month's end), before (a stage, or new), stage, silent (bool: through silence alone),
        customers: how many passed from one to the other in that month; a customer may pass several
        times.
    """

    base: pd.DataFrame
    moves: pd.DataFrame


def month_ends(history: History) -> list[date]:
    """Return the last day of each month before the as-of date, and that date; no more than are shown."""
    ends, day = [history.as_of], history.as_of.replace(day=1) - timedelta(days=1)
    while day >= history.first_day and len(ends) < history.settings.lifecycle.months:
        ends.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return ends[::-1]


def count_months(
    history: History, daily: DailyEvents, silences: Silences, unseen: pd.Series | None = None
) -> Months:
    """Count the base by stage at every month's end, and the moves in every month.

    Parameters
    ----------
    unseen : Series of datetime64, optional
        For each customer known who never showed anything: the day from which they were known. They
        are suspects from then on.
    """
    ends, daily = month_ends(history), silences.known_of(daily, history)
    parts = max(-(-daily.size // ROWS_AT_ONCE), 1)
    counted = [
        _patterns(daily.rows(part, parts), daily, silences, ends).to_pyarrow().to_pandas()
        for part in range(parts)
    ]
    patterns = pd.concat(counted).groupby(list(KEYS), as_index=False)["n"].sum()
    return _unfold(patterns.astype("int64"), ends, unseen)


# In the engine -------------------------------------------------------------------------------


def _patterns(happened: Any, daily: DailyEvents, silences: Silences, ends: list[date]) -> Any:
    """Count, by pattern, the stretches between one day of a customer and the next.

    Returns
    -------
    ibis.Table
        before, stage (places in `STAGES`; -1: new); first (position in ``ends`` of the first month's end
        on or after the day), at_risk, lapsed, lost (of the day on which silence leads there, -1
        where it does not), end (of the next day; one more than the last where there is none); n.
    """
    seen = _running(happened, daily)
    silence = seen.day.delta(seen.last_order, unit="day")
    seen = seen.mutate(stage=stage_number(seen, silence, silences, daily.settings))
    in_order = ibis.window(group_by=seen.code, order_by=seen.day)
    seen = seen.mutate(
        following=seen.day.lead().over(in_order),
        stage_before=seen.stage.lag().over(in_order),
        order_before=seen.last_order.lag().over(in_order),
    )
    # Silence may have changed the stage since the day before, and no row says so.
    quiet = seen.day.delta(seen.order_before, unit="day") - 1
    steps = silences.steps(seen)
    reached = ibis.cases(*((quiet > days, number) for number, days in reversed(steps)), else_=0)
    before = ibis.ifelse(seen.stage_before.isnull(), -1, ibis.greatest(seen.stage_before, reached))
    keyed = seen.select(
        before=before.cast("int8"),
        stage=seen.stage,
        first=_position(seen.day, ends),
        **{_column(number): _when(seen, number, days, ends) for number, days in steps},
        end=ibis.ifelse(seen.following.isnull(), len(ends), _position(seen.following, ends)),
    )
    return keyed.group_by(list(KEYS)).aggregate(n=keyed.count())


def _running(happened: Any, daily: DailyEvents) -> Any:
    """Return for each day of a customer what is known of them at its end."""
    so_far = ibis.cumulative_window(group_by=happened.code, order_by=happened.day)
    day = {name: ibis.ifelse(happened[flag], happened.day, None) for name, flag in LAST_DAYS.items()}
    seen = happened.select(
        "code",
        "day",
        orders=happened.ordered.cast("int32").sum().over(so_far),
        **{name: last.max().over(so_far) for name, last in day.items()},
        **{name: happened[name].any().over(so_far) for name in EVER},
    )
    return seen.inner_join(daily.people.drop("customer_id"), "code")


def _column(stage: int) -> str:
    """Return the column with the month in which silence leads to a stage."""
    return STAGES[stage].replace(" ", "_")


def _when(seen: Any, number: int, days: Any, ends: list[date]) -> Any:
    """Return the position of the month in which silence leads to a stage, -1 where it does not."""
    # A customer changes stage once silent for more than so many days: on the day after them.
    after = ibis.interval(days=days + 1) if isinstance(days, int) else (days + 1).cast("interval('D')")
    when = (seen.last_order + after).cast("date")
    following = seen.following.fill_null(ibis.literal(ends[-1] + timedelta(days=1)))
    happens = (seen.stage < number) & (when > seen.day) & (when < following)
    return ibis.ifelse(happens.fill_null(False), _position(when, ends), -1)


def _position(day: Any, ends: list[date]) -> Any:
    """Return the position of the first month's end on or after a day; 0 for all before the first."""
    last = ends[-1].year * 12 + ends[-1].month
    since = day.year().cast("int32") * 12 + day.month().cast("int32") - last + len(ends) - 1
    return since.clip(lower=0).cast("int16")


# From patterns to months ---------------------------------------------------------------------


def _unfold(patterns: pd.DataFrame, ends: list[date], unseen: pd.Series | None) -> Months:
    """Return each month's base and moves from the counted patterns."""
    size, n = len(ends), patterns["n"].to_numpy()
    change = np.zeros((len(STAGES), size + 1), dtype=np.int64)
    stage, start = patterns["stage"].to_numpy(), patterns["first"].to_numpy()
    moves = [patterns[["before", "stage", "first", "n"]].rename(columns={"first": "month"})]
    moves[0]["silent"] = False
    np.add.at(change, (stage, start), n)
    for number in (AT_RISK, LAPSED, LOST):
        when = patterns[_column(number)].to_numpy()
        moved = when >= 0
        np.add.at(change, (stage[moved], when[moved]), -n[moved])
        np.add.at(change[number], when[moved], n[moved])
        made = {"before": stage, "stage": number, "month": when, "n": n, "silent": True}
        moves.append(pd.DataFrame(made)[moved])
        stage = np.where(moved, number, stage)
    np.add.at(change, (stage, patterns["end"].to_numpy()), -n)
    base = change[:, :-1].cumsum(axis=1)
    if unseen is not None:
        base[0] += [int((unseen <= pd.Timestamp(end)).sum()) for end in ends]
    index = pd.DatetimeIndex(pd.to_datetime(ends), name="month")
    return Months(pd.DataFrame(base.T, index=index, columns=list(STAGES)), _moves(pd.concat(moves), index))


def _moves(moves: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Sum the moves by month; those of the first month's end and before cannot be told apart."""
    moves = moves[(moves["month"] > 0) & (moves["before"] != moves["stage"])]
    summed = moves.groupby(["month", "before", "stage", "silent"], as_index=False)["n"].sum()
    names = [*STAGES, NEW]
    return pd.DataFrame(
        {
            "month": months[summed["month"].to_numpy(int)],
            "before": [names[number] for number in summed["before"]],
            "stage": [STAGES[number] for number in summed["stage"]],
            "silent": summed["silent"].to_numpy(bool),
            "customers": summed["n"].to_numpy(int),
        }
    )
