"""Chapter 05, last part: who is warned of today, why, and whom to call this week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.warning import leaving
from playbook.chapters.warning import trial as call_trial
from playbook.chapters.warning.backtest import CHANCE, WarningBacktest, scores
from playbook.chapters.warning.call_words import call_sentences, first_steps, reasons_in_words, reasons_of
from playbook.chapters.warning.judged import NothingJudged, Signals
from playbook.chapters.warning.leaving import CANCELLED, NO_ORDER
from playbook.chapters.warning.model import Combined
from playbook.chapters.warning.openings import cost_of_call
from playbook.chapters.warning.signals import LEAST_ORDERS, events_of, find_visible
from playbook.chapters.warning.trial import CallTrial
from playbook.offers.catalogue import Offer
from playbook.offers.window import Window
from playbook.records.arrays import Array, Flags, Positions
from playbook.records.history import History
from playbook.records.reach import reach
from playbook.records.sources import Sources
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats import value
from playbook.stats.result import CannotTell, Result

COLUMNS = (
    *("customer_id", "warning", "leaving_risk", "margin_at_stake"),
    *("call_rank", "call_kind", "caller", "first_step", "call_held_back", "write_instead"),
)
SHOWN = 5
"""Calls that the report shows; all of them stand in the chapter's table."""
FRESH_DAYS = 30
"""Days within which an announced cancellation is called about before everybody else."""
WRITING = ("may_letter", "may_email")
REACHED = (
    *("may_phone", "assumed_phone", "contacted_recently", "owner", "person"),
    *("complaint", "cancellation", "lost_for_good", *WRITING),
)
KINDS = ("satisfaction", "complaint", "cancellation")
"""What a call is about: the customer's satisfaction, unless a rule says otherwise."""


@dataclass(frozen=True)
class Calls(Result):
    """The customers not lapsed today, and whom of them to call.

    Attributes
    ----------
    ids : Series
        customer_id of the customer table.
    watched : DataFrame
        The customers not lapsed, or with a running contract: the columns of `customers`; warned (shows
        a warning), cancellation (has announced one), complaint (an unsolved one), assumed_phone (the
        consent for a call is assumed) and unreached (would be on the list but for the consent).
    capacity, horizon_days : int
    monday : date
        First day of the week of the calls.
    trial : CallTrial
        Whether anybody is held back, so that the calls can be judged.
    outcome, verdict : str
        What counts as leaving; why nobody is called (no_consent, consent_unknown, no_capacity,
        nothing_at_stake), else planned.
    """

    ids: pd.Series
    watched: pd.DataFrame
    capacity: int
    horizon_days: int
    monday: date
    trial: CallTrial
    outcome: str
    verdict: str

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per customer of the customer table.

        Columns: customer_id; warning (the reasons in words, None where there is none); leaving_risk (0
        to 1), margin_at_stake (client's currency), both NaN where they cannot be told; call_rank
        (Int64, missing where nobody is to call); call_kind (one of `KINDS`), caller (who looks after
        the customer, where that is known) and first_step (what the call begins with), None;
        call_held_back (bool: would be called, and is not, by chance); write_instead (bool: would be
        called, may not be, and may be written to).
        """
        everybody = self.ids.to_frame().merge(self.watched[list(COLUMNS)], on="customer_id", how="left")
        for name in ("call_held_back", "write_instead"):
            everybody[name] = everybody[name].eq(True)  # False for those not watched
        return everybody

    @property
    def called(self) -> pd.DataFrame:
        """The customers to call, the first first."""
        return self.watched[self.watched["call_rank"].notna()].sort_values("call_rank")

    def arms(self, offers: Sequence[Offer]) -> pd.DataFrame:
        """Return the calls by which calling can be judged: made without a rule, or held back by chance."""
        ruled = self.watched["call_kind"].isin(KINDS[1:])
        chosen = self.watched["call_held_back"] | (self.watched["call_rank"].notna() & ~ruled)
        listed = self.watched[chosen].rename(columns={"call_held_back": "held_back"})
        return call_trial.assignment(listed, self.trial.campaign, self.monday, cost_of_call(offers))

    def findings(self) -> list[Finding]:
        """Return who is watched, warned of and called."""
        watched, called, n = self.watched, self.called, len(self.watched)
        risk, instead = watched["leaving_risk"], int(watched["write_instead"].sum())
        leaving = round(float(risk.sum()), 1) if risk.notna().all() else None
        stake = round(float(called["margin_at_stake"].fillna(0).sum()), 2)
        complaints = called["complaint"] & ~called["cancellation"]
        listed = watched["call_rank"].notna() | watched["write_instead"]
        return [
            Finding("watched", n, unit="customers", n=len(self.ids), verdict=self.outcome),
            Finding("warned", int(watched["warned"].sum()), unit="customers", n=n),
            Finding("listed_unwarned", int((listed & ~watched["warned"]).sum()), unit="customers", n=n),
            Finding("expected_to_leave", leaving, unit="customers", n=n),
            Finding("calls", len(called), unit="customers", n=n, verdict=self.verdict),
            Finding("calls_at_stake", stake, unit="money", n=len(called)),
            Finding("calls_capacity", self.capacity, unit="customers"),
            Finding("calls_horizon", self.horizon_days, unit="days"),
            Finding("calls_week", self.monday.isoformat(), unit="date"),
            Finding("calls_cancellations", int(called["cancellation"].sum()), unit="customers"),
            Finding("calls_complaints", int(complaints.sum()), unit="customers"),
            Finding("calls_assumed", int(called["assumed_phone"].sum()), unit="customers"),
            Finding("calls_without_consent", int(watched["unreached"].sum()), unit="customers", n=instead),
            Finding("calls_held_back", int(watched["call_held_back"].sum()), unit="customers"),
            *self.trial.findings(),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say whom to call this week."""
        return call_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the first calls; where there is none, the first to write to instead."""
        say, shown, place = words.say, self.called, words.say("call")
        caption, sheet = say("The calls of this week"), say("Early-warning calls")
        file = "calls.xlsx"
        to_write_to = self.watched[self.watched["write_instead"]]
        writing = shown.empty and len(to_write_to) > 0
        if writing:
            shown = to_write_to.sort_values(["margin_at_stake", "customer_id"], ascending=[False, True])
            shown = shown.assign(call_rank=np.arange(1, len(shown) + 1))
            caption, sheet = say("Nobody may be called; the first to write to instead"), say("Write instead")
            file = "workbook.xlsx"
            place = say("place")
        columns: dict[str, Column] = {
            "call_rank": (place, "number"),
            "customer_id": say("customer"),
            "leaving_risk": (say("risk to leave"), "percent"),
            "margin_at_stake": (say("margin at stake"), "money"),
            "warning": say("why"),
        }
        if not writing:
            columns["first_step"] = say("begin with")
        more = len(shown) - SHOWN
        note = say(
            "{n} more stand in the sheet “{sheet}” of {file}.", n=words.number(more), sheet=sheet, file=file
        )
        return Table(shown.head(SHOWN), caption, words, columns=columns, note=note if more > 0 else "")


def plan_calls(
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    signals: Signals | NothingJudged,
    combined: Combined | None,
    tried: WarningBacktest | CannotTell,
    words: Words,
) -> Calls:
    """Find who is warned of today, and whom to call.

    Ranked by the risk to leave times the margin that would be lost; announced cancellations first.
    Nobody is called without consent for a call.

    Parameters
    ----------
    customers : DataFrame
        The customer table with orders, first_order, last_order, lapsed, return_probability and
        expected_orders.
    combined : Combined or None
    tried : WarningBacktest or CannotTell
        Says whether a simpler rule ranks better.
    words : Words
        The language of the reasons.
    """
    past = signals.past if isinstance(signals, Signals) else None
    visible = past.visible if past else find_visible(history, sources)
    outcome = past.outcome if past else NO_ORDER
    watched, shown = leaving.today(history, sources, customers, visible, outcome == CANCELLED)
    watched = watched.join(reach(watched, sources, history.settings, history.as_of)[list(REACHED)])
    watched = watched.join(_days_since(history, sources, watched))
    watched["leaving_risk"] = risk_today(watched, shown, combined, tried)
    watched["margin_at_stake"] = watched["leaving_risk"] * margin_if_kept(watched, history)
    reasons = reasons_of(watched, shown, signals.warning if isinstance(signals, Signals) else [], words)
    watched["warned"] = np.array([bool(one) for one in reasons], dtype=bool)
    trial = _list_calls(watched, history, call_trial.buyers_per_return(history))
    watched["warning"] = reasons_in_words(watched, reasons, words)
    watched["first_step"] = first_steps(watched, words)
    return Calls(
        ids=customers["customer_id"],
        watched=watched,
        capacity=history.settings.warning.calls_per_week,
        horizon_days=combined.horizon_days if combined else history.settings.horizon_days,
        monday=Window(history.as_of, 1).start,
        trial=trial,
        outcome=outcome,
        verdict=_verdict(watched, history.settings.warning.calls_per_week, sources),
    )


def risk_today(
    watched: pd.DataFrame,
    shown: pd.DataFrame,
    combined: Combined | None,
    tried: WarningBacktest | CannotTell,
) -> Array:
    """Return each customer's risk to leave; NaN where nothing tells it.

    By the combined warning where there is one, else one minus the return probability. Where the
    trial found a simpler rule better, the same risks are dealt out in the order of that rule.
    """
    chance = np.asarray(1 - watched["chance"].to_numpy(float))
    known = bool(np.isfinite(chance).all())
    usable = combined is not None and (known or not combined.on_chance)
    risk = combined.risk(watched, shown) if combined is not None and usable else chance
    if not isinstance(tried, WarningBacktest) or not np.isfinite(risk).all():
        return risk
    if tried.rule == tried.areas["rule"].iloc[0]:
        return risk
    if tried.rule == CHANCE and (combined is None or combined.on_chance):
        return chance
    score = scores(watched, shown, None).get(tried.rule)
    if score is None:
        return risk
    dealt = np.empty(len(risk))
    dealt[np.argsort(-score, kind="stable")] = -np.sort(-risk)
    return dealt


def margin_if_kept(watched: pd.DataFrame, history: History) -> Array:
    """Return the margin of a customer within the horizon, given that the customer stays.

    The mean margin per order, shrunk, times the orders of a customer who returns, one at least.
    """
    orders, chance = watched["expected_orders"].to_numpy(float), watched["chance"].to_numpy(float)
    per_return = np.divide(orders, chance, out=np.ones(len(watched)), where=chance > 0)
    margin = value.mean_order_margin(history, watched["customer_id"])
    return np.asarray(margin * np.fmax(per_return, 1.0))


def _wanted(watched: pd.DataFrame) -> Flags:
    """Say who is worth a call.

    A rule asks for it, or something is at stake and the customer shows a warning or is due: silent
    for the usual gap or longer, that of all where there is no own one yet; and was not contacted
    lately. Nobody whom no offer wins.
    """
    gap = ((watched["age"] - watched["silence"]) / (watched["orders"] - 1)).where(
        watched["orders"] >= LEAST_ORDERS
    )
    usual = gap.fillna(gap.dropna().median()).fillna(0.0)
    due = ((watched["silence"] >= usual) | watched["warned"]) & ~watched["contacted_recently"]
    wanted = _ruled(watched) | ((watched["margin_at_stake"] > 0) & due).to_numpy(bool)
    return np.asarray(wanted & ~watched["lost_for_good"].to_numpy(bool))


def _ruled(watched: pd.DataFrame) -> Flags:
    """Say for whom a rule asks for a call, whatever is at stake."""
    return (watched["complaint"] | watched["cancellation"]).to_numpy(bool)


def _in_order(watched: pd.DataFrame) -> Positions:
    """Return the positions of those who are worth a call and may be called, each person once."""
    may = watched["may_phone"].to_numpy(bool) & _wanted(watched)
    # Whose cancellation was announced within the last days, or is still to come
    fresh = watched["cancellation"] & ~(watched["cancellation_ago"] > FRESH_DAYS)
    ranked = watched.assign(fresh=fresh, stake=watched["margin_at_stake"].fillna(0.0))
    ranked = ranked.reset_index(drop=True)[may].sort_values(
        ["fresh", "stake", "customer_id"], ascending=[False, False, True], kind="stable"
    )
    return np.asarray(ranked.index[~ranked["person"].duplicated()], dtype=np.intp)


def _list_calls(watched: pd.DataFrame, history: History, ratio: float | None) -> CallTrial:
    """Add who is called, held back or written to instead, as in `Calls.customers`; return the trial.

    As many are called as can be. Held back are those whom chance says, as far down as the last who
    is called; nobody for whom a rule asks for a call.
    """
    settings, order, ruled = history.settings, _in_order(watched), _ruled(watched)
    capacity = settings.warning.calls_per_week
    trial = call_trial.weigh(watched.iloc[order[~ruled[order]]], ratio, settings, history.as_of)
    kept = trial.draw(watched["customer_id"], settings.seed) & ~ruled
    reached = order[np.cumsum(~kept[order]) <= capacity] if capacity else order[:0]
    made = reached[~kept[reached]]
    places = pd.Series(np.arange(1, len(made) + 1), watched.index[made], dtype="Int64")
    watched["call_rank"] = places.reindex(watched.index)
    kinds = np.select([watched["cancellation"], watched["complaint"]], [KINDS[2], KINDS[1]], KINDS[0])
    watched["unreached"] = _unreached(watched, capacity)
    watched["write_instead"] = watched["unreached"] & watched[list(WRITING)].any(axis=1)
    watched["call_held_back"] = kept & watched.index.isin(watched.index[reached])
    listed = watched["call_rank"].notna() | watched["write_instead"]
    watched["call_kind"] = pd.Series(kinds, watched.index, dtype=object).where(listed)
    watched["caller"] = watched["owner"].where(listed)
    return trial


def _unreached(watched: pd.DataFrame, capacity: int) -> Flags:
    """Say who would be called if nobody had to be asked, and may not be."""
    first = np.zeros(len(watched), dtype=bool)
    first[_in_order(watched.assign(may_phone=True))[:capacity]] = True
    return np.asarray(first & ~watched["may_phone"].to_numpy(bool))


def _days_since(history: History, sources: Sources, watched: pd.DataFrame) -> pd.DataFrame:
    """Return how many days ago the last complaint and the last cancellation was; NaN without one."""
    kinds, events = ("complaint", "cancellation"), events_of(history, sources)
    if events is None:
        return pd.DataFrame(np.nan, index=watched.index, columns=[f"{kind}_ago" for kind in kinds])
    last = {kind: events.happened_at.max(where=events.kind == kind) for kind in kinds}
    table = events.group_by("customer_id").aggregate(**last)
    frame = table.to_pyarrow().to_pandas().set_index("customer_id").reindex(watched["customer_id"])
    as_of = pd.Timestamp(history.as_of)
    return pd.DataFrame(
        {f"{kind}_ago": (as_of - pd.to_datetime(frame[kind])).dt.days.array for kind in kinds}
    )


def _verdict(watched: pd.DataFrame, capacity: int, sources: Sources) -> str:
    if watched["call_rank"].notna().any():
        return "planned"
    if not capacity:
        return "no_capacity"
    if watched["may_phone"].any():
        return "nothing_at_stake"
    asked = sources.customers is not None and "may_phone" in sources.customers.columns
    return "no_consent" if asked else "consent_unknown"
