"""Chapter 05, last part: who is warned of today, why, and whom to call this week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.warning import leaving
from playbook.chapters.warning import trial as call_trial
from playbook.chapters.warning.backtest import CHANCE, Check, scores
from playbook.chapters.warning.call_reasons import LEAST_ORDERS, first_steps, plainly, reasons_of
from playbook.chapters.warning.call_words import call_sentences
from playbook.chapters.warning.judged import Signals
from playbook.chapters.warning.leaving import NO_ORDER
from playbook.chapters.warning.model import Combined
from playbook.chapters.warning.signals import find_visible
from playbook.chapters.warning.trial import CallTrial
from playbook.offers.window import Window
from playbook.records.arrays import Array, Flags, Positions
from playbook.records.history import History
from playbook.records.reach import reach
from playbook.records.sources import Sources
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import value

COLUMNS = (
    *("customer_id", "warning", "leaving_risk", "margin_at_stake"),
    *("call_rank", "call_kind", "caller", "first_step", "call_held_back", "write_instead"),
)
SHOWN = 15
"""Calls that the report shows; all of them stand in the chapter's table."""
FRESH_DAYS = 30
"""Days within which an announced cancellation is called about before everybody else."""
WRITING = ("may_letter", "may_email")
REACHED = (
    *("may_phone", "assumed_phone", "contacted_recently", "owner"),
    *("complaint", "cancellation", *WRITING),
)
KINDS = ("satisfaction", "complaint", "cancellation")
"""What a call is about: the customer's satisfaction, unless a rule says otherwise."""


@dataclass(frozen=True)
class Calls:
    """The customers not lapsed today, and whom of them to call.

    Attributes
    ----------
    customers : DataFrame
        One row per customer of the customer table: customer_id; warning (the reasons in words,
        None where there is none); leaving_risk (0 to 1), margin_at_stake (client's currency), both
        NaN where they cannot be told; call_rank (Int64, missing where nobody is to call); call_kind
        (one of `KINDS`), caller (who looks after the customer, where that is known) and first_step (what
        the call begins with), None; call_held_back (bool: would be called, and is not, by chance);
        write_instead (bool: would be called, may not be, and may be written to).
    watched, warned : int
        Customers not lapsed (or with a running contract), and those with a warning.
    leaving : float or None
        How many of them are expected to leave within the horizon.
    cancellations, complaints, assumed : int
        Of the calls: with a cancellation announced; with an unsolved complaint and none; resting on
        assumed consent.
    unreached, written : int
        Who would be on the list but for the consent; of them, those who may be written to.
    capacity, horizon_days : int
    monday : date
        First day of the week of the calls.
    trial : CallTrial
        Whether anybody is held back, so that the calls can be judged.
    outcome, verdict : str
        What it is to leave; why nobody is called (no_consent, consent_unknown, no_capacity,
        nothing_at_stake), else planned.
    """

    customers: pd.DataFrame
    watched: int
    warned: int
    leaving: float | None
    cancellations: int
    complaints: int
    assumed: int
    unreached: int
    written: int
    capacity: int
    horizon_days: int
    monday: date
    trial: CallTrial
    outcome: str
    verdict: str

    @property
    def called(self) -> pd.DataFrame:
        """The customers to call, the first first."""
        return self.customers[self.customers["call_rank"].notna()].sort_values("call_rank")

    @property
    def judged(self) -> pd.DataFrame:
        """The customers by whom the calls can be judged: called without a rule, or held back."""
        ruled = self.customers["call_kind"].isin(KINDS[1:])
        chosen = self.customers["call_held_back"] | (self.customers["call_rank"].notna() & ~ruled)
        return self.customers[chosen].rename(columns={"call_held_back": "held_back"})

    def findings(self) -> list[Finding]:
        """Return who is watched, warned of and called."""
        stake = round(float(self.called["margin_at_stake"].fillna(0).sum()), 2)
        leaving = None if self.leaving is None else round(self.leaving, 1)
        return [
            Finding("watched", self.watched, unit="customers", n=len(self.customers), verdict=self.outcome),
            Finding("warned", self.warned, unit="customers", n=self.watched),
            Finding("expected_to_leave", leaving, unit="customers", n=self.watched),
            Finding("calls", len(self.called), unit="customers", n=self.watched, verdict=self.verdict),
            Finding("calls_at_stake", stake, unit="money", n=len(self.called)),
            Finding("calls_capacity", self.capacity, unit="customers"),
            Finding("calls_horizon", self.horizon_days, unit="days"),
            Finding("calls_week", self.monday.isoformat(), unit="date"),
            Finding("calls_cancellations", self.cancellations, unit="customers"),
            Finding("calls_complaints", self.complaints, unit="customers"),
            Finding("calls_assumed", self.assumed, unit="customers"),
            Finding("calls_without_consent", self.unreached, unit="customers", n=self.written),
            Finding("calls_held_back", int(self.customers["call_held_back"].sum()), unit="customers"),
            *self.trial.findings(),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say whom to call this week."""
        return call_sentences({finding.name: finding for finding in self.findings()}, words)

    @property
    def shown(self) -> pd.DataFrame:
        """The calls; where there is none, those to write to instead, with most at stake first."""
        if len(self.called):
            return self.called
        instead = self.customers[self.customers["write_instead"]]
        instead = instead.sort_values(["margin_at_stake", "customer_id"], ascending=[False, True])
        return instead.assign(call_rank=np.arange(1, len(instead) + 1))

    def table(self, words: Words) -> Table:
        """Return the first calls; where there is none, the first to write to instead."""
        say, shown = words.say, self.shown
        headings = {
            "call_rank": say("call"),
            "customer_id": say("customer"),
            "leaving_risk": say("risk to leave"),
            "margin_at_stake": say("margin at stake"),
            "warning": say("why"),
            "first_step": say("begin with"),
        }
        caption, sheet = say("The calls of this week"), say("Early-warning calls")
        if self.called.empty and len(shown):
            caption, sheet = say("Nobody may be called; the first to write to instead"), say("Write instead")
            headings = {name: text for name, text in headings.items() if name != "first_step"}
            headings["call_rank"] = say("place")
        formats = {"call_rank": "number", "leaving_risk": "percent", "margin_at_stake": "money"}
        more = len(shown) - SHOWN
        note = (
            say(
                "{n} more stand in the sheet “{sheet}” of workbook.xlsx.",
                n=words.number(more),
                sheet=sheet,
            )
            if more > 0
            else ""
        )
        return Table(shown[list(headings)].head(SHOWN), caption, words, formats, headings, note)


def plan_calls(
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    signals: Signals | None,
    combined: Combined | None,
    check: Check | None,
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
    signals : Signals or None
        What each signal was worth; None where it could not be judged.
    combined : Combined or None
    check : Check or None
        Says whether a simpler rule ranks better.
    words : Words
        The language of the reasons.
    """
    told, trial = _watch(history, sources, customers, signals, combined, check, words)
    capacity = history.settings.warning.calls_per_week
    called = told["call_rank"].notna().to_numpy(bool)
    known = told["leaving_risk"].notna().all()
    everybody = customers[["customer_id"]].merge(told[list(COLUMNS)], on="customer_id", how="left")
    for name in ("call_held_back", "write_instead"):
        everybody[name] = everybody[name].eq(True)  # False for those not watched
    return Calls(
        customers=everybody,
        watched=len(told),
        warned=int(told["warned"].sum()),
        leaving=float(told["leaving_risk"].sum()) if known else None,
        cancellations=int((called & told["cancellation"]).sum()),
        complaints=int((called & told["complaint"] & ~told["cancellation"]).sum()),
        assumed=int((called & told["assumed_phone"]).sum()),
        unreached=int(_unreached(told, capacity).sum()),
        written=int(told["write_instead"].sum()),
        capacity=capacity,
        horizon_days=combined.horizon_days if combined else history.settings.horizon_days,
        monday=Window(history.as_of, 1).start,
        trial=trial,
        outcome=_outcome(signals),
        verdict=_verdict(told, called, capacity, sources),
    )


def _outcome(signals: Signals | None) -> str:
    return signals.past.outcome if signals else NO_ORDER


def _watch(
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    signals: Signals | None,
    combined: Combined | None,
    check: Check | None,
    words: Words,
) -> tuple[pd.DataFrame, CallTrial]:
    """Return the customers not lapsed with their risk, what is at stake, why, and their place."""
    visible = signals.past.visible if signals else find_visible(history, sources)
    contracts = _outcome(signals) != NO_ORDER
    watched, shown = leaving.today(history, sources, customers, visible, contracts)
    told = watched.join(reach(watched, sources, history.settings, history.as_of)[list(REACHED)])
    told = told.join(_happened(history, sources, watched))
    told["leaving_risk"] = risk_today(watched, shown, combined, check)
    told["margin_at_stake"] = told["leaving_risk"] * margin_if_kept(told, history)
    warning = [name for name in signals.warning if name in shown] if signals else []
    reasons = reasons_of(told, shown, warning, words)
    told["warned"] = np.array([bool(found) for found in reasons], dtype=bool)
    trial = _list_calls(told, history, call_trial.sooner(history))
    called = told["call_rank"].notna().to_numpy(bool)
    listed = called | told["write_instead"].to_numpy(bool)
    behind = told[["orders", "silence", "age"]].to_numpy(int)
    told["warning"] = [
        "; ".join(found) if found else plainly(row, words) if on else None
        for found, on, row in zip(reasons, listed, behind, strict=True)
    ]
    told["first_step"] = first_steps(told, called, words)
    return told, trial


def risk_today(
    watched: pd.DataFrame, shown: pd.DataFrame, combined: Combined | None, check: Check | None
) -> Array:
    """Return each customer's risk to leave; NaN where nothing tells it.

    By the combined warning where there is one, else one minus the return probability. Where the
    trial found a simpler rule better, the same risks are dealt out in the order of that rule.
    """
    chance = np.asarray(1 - watched["chance"].to_numpy(float))
    known = bool(np.isfinite(chance).all())
    usable = combined is not None and (known or not combined.on_chance)
    risk = combined.risk(watched, shown) if combined is not None and usable else chance
    if check is None or check.rule == check.areas["rule"].iloc[0] or not np.isfinite(risk).all():
        return risk
    if check.rule == CHANCE and (combined is None or combined.on_chance):
        return chance
    score = scores(watched, shown, None).get(check.rule)
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


def _wanted(told: pd.DataFrame) -> Flags:
    """Say who is worth a call.

    A rule asks for it, or something is at stake and the customer shows a warning or is due: silent
    for the usual gap or longer, that of all where there is no own one yet; and was not contacted
    lately.
    """
    gap = ((told["age"] - told["silence"]) / (told["orders"] - 1)).where(told["orders"] >= LEAST_ORDERS)
    usual = gap.fillna(gap.dropna().median()).fillna(0.0)
    due = ((told["silence"] >= usual) | told["warned"]) & ~told["contacted_recently"]
    return np.asarray(_ruled(told) | ((told["margin_at_stake"] > 0) & due).to_numpy(bool))


def _ruled(told: pd.DataFrame) -> Flags:
    """Say for whom a rule asks for a call, whatever is at stake."""
    return (told["complaint"] | told["cancellation"]).to_numpy(bool)


def _in_order(told: pd.DataFrame) -> Positions:
    """Return the positions of those who are worth a call and may be called, the first first."""
    may = told["may_phone"].to_numpy(bool) & _wanted(told)
    measured = told.reset_index(drop=True)
    measured = measured.assign(fresh=_fresh(measured), stake=measured["margin_at_stake"].fillna(0.0))[may]
    by = ["fresh", "stake", "customer_id"]
    measured = measured.sort_values(by, ascending=[False, False, True], kind="stable")
    return np.asarray(measured.index, dtype=np.intp)


def _list_calls(told: pd.DataFrame, history: History, ratio: float | None) -> CallTrial:
    """Add who is called, held back or written to instead, as in `Calls.customers`; return the trial.

    As many are called as can be. Held back are those whom chance says, as far down as the last who
    is called; nobody for whom a rule asks for a call.
    """
    settings, order, ruled = history.settings, _in_order(told), _ruled(told)
    capacity = settings.warning.calls_per_week
    trial = call_trial.weigh(told.iloc[order[~ruled[order]]], ratio, settings, history.as_of)
    kept = trial.draw(told["customer_id"], settings.seed) & ~ruled
    reached = order[np.cumsum(~kept[order]) <= capacity] if capacity else order[:0]
    made = reached[~kept[reached]]
    places = pd.Series(np.arange(1, len(made) + 1), told.index[made], dtype="Int64")
    told["call_rank"] = places.reindex(told.index)
    kinds = np.select([told["cancellation"], told["complaint"]], [KINDS[2], KINDS[1]], KINDS[0])
    told["write_instead"] = _unreached(told, capacity) & told[list(WRITING)].any(axis=1).to_numpy(bool)
    told["call_held_back"] = kept & told.index.isin(told.index[reached])
    listed = told["call_rank"].notna() | told["write_instead"]
    told["call_kind"] = pd.Series(kinds, told.index, dtype=object).where(listed)
    told["caller"] = told["owner"].where(listed)
    return trial


def _unreached(told: pd.DataFrame, capacity: int) -> Flags:
    """Say who would be called if nobody had to be asked, and may not be."""
    first = np.zeros(len(told), dtype=bool)
    first[_in_order(told.assign(may_phone=True))[:capacity]] = True
    return np.asarray(first & ~told["may_phone"].to_numpy(bool))


def _fresh(told: pd.DataFrame) -> pd.Series:
    """Say whose cancellation was announced within the last days, or is still to come."""
    return told["cancellation"] & ~(told["cancellation_ago"] > FRESH_DAYS)


def _happened(history: History, sources: Sources, watched: pd.DataFrame) -> pd.DataFrame:
    """Return how many days ago the last complaint and the last cancellation was; NaN without one."""
    kinds, ids = ("complaint", "cancellation"), pd.Index(watched["customer_id"])
    if sources.events is None:
        return pd.DataFrame(np.nan, index=watched.index, columns=[f"{kind}_ago" for kind in kinds])
    events = sources.events.filter(
        sources.events.customer_id.notnull() & (sources.events.happened_at <= ibis.literal(history.as_of))
    )
    last = {kind: events.happened_at.max(where=events.kind == kind) for kind in kinds}
    table = events.group_by("customer_id").aggregate(**last)
    frame = table.to_pyarrow().to_pandas().set_index("customer_id").reindex(ids)
    as_of = pd.Timestamp(history.as_of)
    return pd.DataFrame(
        {f"{kind}_ago": (as_of - pd.to_datetime(frame[kind])).dt.days.array for kind in kinds}
    )


def _verdict(told: pd.DataFrame, called: Flags, capacity: int, sources: Sources) -> str:
    if called.any():
        return "planned"
    if not capacity:
        return "no_capacity"
    if told["may_phone"].any():
        return "nothing_at_stake"
    asked = sources.customers is not None and "may_phone" in sources.customers.columns
    return "no_consent" if asked else "consent_unknown"
