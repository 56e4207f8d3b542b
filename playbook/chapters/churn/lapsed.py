"""Chapter 04, second part: who is lapsed today, and who of them comes back unaided."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.arrays import Array
from playbook.records.history import History, customers
from playbook.show.display import Table
from playbook.show.words import Words
from playbook.stats import return_probability
from playbook.stats.cancellations import lost_by_cancellation
from playbook.stats.cells import ORDER_LABELS, SILENCE_LABELS, order_band, silence_band
from playbook.stats.inactivity import Inactivity
from playbook.stats.result import Result
from playbook.stats.return_probability import Estimate, ReturnModel
from playbook.stats.rhythms import own_days

SHIFTS = (-90, -60, -30, 0, 30, 60, 90)
"""Days around the threshold."""


@dataclass(frozen=True)
class CustomerBase(Result):
    """Every customer as of the as-of date: who is lapsed, and who comes back unaided.

    Attributes
    ----------
    customers : DataFrame
        The customer table with silence_days (days, None without an order), lapsed (bool),
        inactivity_days (everybody's own threshold, where ``inactivity_by`` is set),
        return_probability and expected_orders (float, NaN where they cannot be told).
    frame["cancelled"] = lost_by_cancellation(frame, history)
    model : ReturnModel or None
        None where the data are too few for any; so are the returners then.
    inactivity_days : int
        The silence after which a customer counts as lapsed.
    horizon_days : int
        Days within which a return counts.
    min_return : float
        The return probability below which an offer makes a difference.
    returners_all, returners_lapsed : Estimate or None
        Customers expected to order within the horizon, with 90% predictive intervals.
    contacted : int
        Customers whom earlier win-back campaigns contacted: their returns after it are not unaided.
    """

    customers: pd.DataFrame
    model: ReturnModel | None
    inactivity_days: int
    horizon_days: int
    min_return: float
    returners_all: Estimate | None = None
    returners_lapsed: Estimate | None = None
    contacted: int = 0

    @property
    def buyers(self) -> pd.DataFrame:
        """Return the customers who ever ordered."""
        return self.customers[self.customers["orders"] > 0]

    def lapsed_at(self, days: int) -> pd.Series:
        """Return who is lapsed where the threshold of all is ``days``: those of their own move by as much."""
        own = self.customers.get("inactivity_days", self.inactivity_days)
        beyond: pd.Series = self.customers["silence_days"] - own > days - self.inactivity_days
        return beyond.fillna(False).astype(bool)

    @property
    def lapsed(self) -> pd.DataFrame:
        """Return the lapsed customers."""
        return self.customers[self.customers["lapsed"]]

    @property
    def lapsed_margin(self) -> float:
        """Return the past margin of the lapsed."""
        return float(self.lapsed["margin"].sum())

    @property
    def below_minimum(self) -> int:
        """Count the lapsed whose return probability is below the minimum."""
        return int((self.lapsed["return_probability"] < self.min_return).sum())

    def findings(self) -> list[Finding]:
        """Return who is lapsed and who is expected back."""
        buyers, lapsed = len(self.buyers), len(self.lapsed)
        found = [
            Finding("lapsed", lapsed, unit="customers", n=buyers),
            Finding("lapsed_margin", round(self.lapsed_margin, 2), unit="money", n=lapsed),
            *self._cancelled_findings(),
            Finding("horizon_days", self.horizon_days, unit="days"),
            Finding("min_return", self.min_return, unit="share"),
        ]
        if self.model is None or self.returners_all is None or self.returners_lapsed is None:
            return [*found, Finding("returners_lapsed", None, unit="customers", n=lapsed, verdict="unknown")]
        reach = "extrapolated" if self.model.extrapolated else "followed"
        return [
            *found,
            Finding("returners_all", *rounded(self.returners_all), "customers", buyers, reach),
            Finding("returners_lapsed", *rounded(self.returners_lapsed), "customers", lapsed, reach),
            Finding("below_min_return", self.below_minimum, unit="customers", n=lapsed),
            Finding("return_method", int(self.model.seasonal), unit="yes_no", verdict=self.model.method),
            Finding("contacted_before", self.contacted, unit="customers"),
        ]

    def _cancelled_findings(self) -> list[Finding]:
        """Return who is lost through a cancellation before that silence; nothing where nobody is."""
        early = self.customers[self.customers["cancelled"] & ~self.customers["lapsed"]]
        if early.empty:
            return []
        lost, margin = len(self.lapsed) + len(early), self.lapsed_margin + float(early["margin"].sum())
        return [
            Finding("cancelled_not_lapsed", len(early), unit="customers", n=lost),
            Finding("lapsed_or_cancelled_margin", round(margin, 2), unit="money", n=lost),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how many are lapsed and how many come back unaided."""
        return lapsed_sentences(self.by_name, words)

    def table(self, words: Words) -> Table | None:
        """Return the mean return probability by number of orders and silence; None without a model."""
        if self.model is None:
            return None
        say = words.say
        frame = pd.DataFrame(self.by_cell().T, columns=list(ORDER_LABELS)).assign(silence=SILENCE_LABELS)
        by_orders = {label: (order_label(label, words), "percent") for label in ORDER_LABELS}
        return Table(
            frame,
            say("Chance of an order within {days} days, unaided", days=words.number(self.horizon_days)),
            words,
            columns={"silence": say("days of silence"), **by_orders},
            note=say("The mean of today's customers. A dash: no customer is there today."),
            bars=tuple(by_orders),
        )

    def at_other_thresholds(self, words: Words) -> Table:
        """Return how many customers and how much margin are lapsed at thresholds around the chosen one."""
        say, frame = words.say, self.customers
        rows = []
        for days in (self.inactivity_days + shift for shift in SHIFTS):
            beyond = self.lapsed_at(days)
            rows.append((days, int(beyond.sum()), float(frame.loc[beyond, "margin"].sum())))
        table = pd.DataFrame(rows, columns=["days", "lapsed", "margin"])
        table = table[table["days"] > 0]
        now = table[table["days"] == self.inactivity_days].iloc[0]
        return Table(
            table.assign(
                lapsed_change=table["lapsed"] - now["lapsed"], margin_change=table["margin"] - now["margin"]
            ),
            say("What another threshold would change"),
            words,
            columns={
                "days": (say("threshold (days)"), "number"),
                "lapsed": (say("lapsed"), "number"),
                "lapsed_change": (say("customers who change sides"), "number"),
                "margin": (say("their past margin"), "money"),
                "margin_change": (say("margin that changes sides"), "money"),
            },
        )

    def chance_later(self, customers: pd.DataFrame, days: int) -> Array:
        """Return the return probability of customers after further days of silence.

        In proportion to what it is today, where customers were ranked by another rule.
        """
        if self.model is None:
            return np.full(len(customers), np.nan)
        now, today = self.model.predict(customers), customers["return_probability"].to_numpy(float)
        changed = np.divide(today, now, out=np.ones_like(now), where=now > 0)
        return np.asarray(np.clip(self.model.predict(customers, days) * changed, 0, 1))

    def by_cell(self) -> Array:
        """Return the mean return probability, shape (order bands, silence bands); NaN where nobody is."""
        bought = self.buyers
        rows, columns = order_band(bought["orders"]), silence_band(bought["silence_days"])
        sums, counts = (np.zeros((len(ORDER_LABELS), len(SILENCE_LABELS))) for _ in range(2))
        np.add.at(sums, (rows, columns), bought["return_probability"].to_numpy(float))
        np.add.at(counts, (rows, columns), 1)
        return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def rounded(estimate: Estimate) -> Estimate:
    """Round an estimate and its interval to a tenth."""
    value, low, high = estimate
    return round(value, 1), round(low, 1), round(high, 1)


def find_lapsed(
    history: History,
    threshold: Inactivity,
    frame: pd.DataFrame | None = None,
    horizon_days: int | None = None,
) -> CustomerBase:
    """Describe every customer as of today: silence, lapsed, return probability.

    Parameters
    ----------
    frame : DataFrame, optional
        The customer table; counted anew without it.
    horizon_days : int, optional
        Another horizon than that of the settings.
    """
    settings = history.settings
    horizon = horizon_days or settings.horizon_days
    frame = (customers(history) if frame is None else frame).copy()
    frame["silence_days"] = silence(frame, history.as_of)
    own = own_days(frame["customer_id"], history, threshold.days)
    frame["lapsed"] = (frame["silence_days"] > own).fillna(False).astype(bool)
    if settings.inactivity_by is not None:
        frame["inactivity_days"] = own
    frame["cancelled"] = lost_by_cancellation(frame, history)
    model = return_probability.fit(history, horizon)
    if model is None:
        frame = frame.assign(return_probability=np.nan, expected_orders=np.nan)
        return CustomerBase(frame, None, threshold.days, horizon, settings.min_return)
    frame["return_probability"] = model.predict(frame)
    frame["expected_orders"] = model.expected_orders(frame)
    return CustomerBase(
        frame,
        model,
        threshold.days,
        horizon,
        settings.min_return,
        model.expected_buyers(frame),
        model.expected_buyers(frame[frame["lapsed"]]),
        _contacted(history),
    )


def _contacted(history: History) -> int:
    """Count the customers whom win-back campaigns contacted."""
    made = history.contacts_made
    return 0 if made is None else int(made.customer_id.nunique().execute())


def order_label(label: str, words: Words) -> str:
    """Return what customers with so many orders, one of `ORDER_LABELS`, are called."""
    return words.say("1 order") if label == "1" else words.say("{n} orders", n=label)


def silence(frame: pd.DataFrame, as_of: date) -> pd.Series:
    """Return days since the last order (Int32, missing without an order)."""
    last = pd.to_datetime(frame["last_order"])
    return (pd.Timestamp(as_of) - last).dt.days.astype("Int32")


def lapsed_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is lapsed and who comes back unaided."""
    say, number = words.say, words.number
    lapsed, back = findings["lapsed"], findings["returners_lapsed"]
    said = [
        words.say_many(
            "{n} of all who ever ordered ({buyers}) is lapsed ({share}), and brought {margin} of margin."
            if lapsed.n != 1
            else "The one customer who ever ordered is lapsed, and brought {margin} of margin.",
            "{n} of {buyers} customers who ever ordered are lapsed ({share}); they brought {margin} of"
            " margin.",
            lapsed.value,
            buyers=number(lapsed.n or 0),
            share=words.percent(lapsed.value / max(lapsed.n or 0, 1)),
            margin=words.money(findings["lapsed_margin"].value),
        )
    ]
    if not lapsed.value:
        said = [say("Nobody is lapsed today.")] if lapsed.n else [say("Nobody has ordered yet.")]
        said += _cancelled_sentences(findings, words)
        if back.verdict == "unknown":
            said.append(say("Who would come back unaided cannot be told from these data."))
        return said
    said += _cancelled_sentences(findings, words)
    if back.verdict == "unknown":
        return [*said, say("Who of them would come back unaided cannot be told from these data.")]
    return [*said, *_back_sentences(findings, words), *_method_sentences(findings, words)]


def lost_customers(findings: Findings) -> int:
    """Return how many are lapsed, or lost through a cancellation before that silence."""
    return int(findings["lapsed"].value) + _cancelled(findings)


def _cancelled(findings: Findings) -> int:
    return int(findings["cancelled_not_lapsed"].value) if "cancelled_not_lapsed" in findings else 0


def _cancelled_sentences(findings: Findings, words: Words) -> list[str]:
    """Say who is lost through a cancellation beside the lapsed, and what all of them brought."""
    if not _cancelled(findings):
        return []
    margin = words.money(findings["lapsed_or_cancelled_margin"].value)
    if not findings["lapsed"].value:
        return [
            words.say_many(
                "{n} has cancelled and is lost without having been silent for that long; this customer"
                " brought {margin} of margin.",
                "{n} have cancelled and are lost without having been silent for that long; they brought"
                " {margin} of margin.",
                _cancelled(findings),
                margin=margin,
            )
        ]
    return [
        words.say_many(
            "{n} more has cancelled and has not been silent for that long: {lost} are lost, lapsed or"
            " cancelled, and brought {margin} of margin.",
            "{n} more have cancelled and have not been silent for that long: {lost} are lost, lapsed or"
            " cancelled, and brought {margin} of margin.",
            _cancelled(findings),
            lost=words.number(lost_customers(findings)),
            margin=margin,
        )
    ]


def _back_sentences(findings: Findings, words: Words) -> list[str]:
    """Say how many of the lapsed come back unaided, and how many hardly ever."""
    number, back = words.number, findings["returners_lapsed"]
    said = [
        words.say_many(
            "About {n} of the lapsed orders again within {days} days without any offer (90% interval {low} to"
            " {high}): an offer there is given away.",
            "About {n} of the lapsed order again within {days} days without any offer (90% interval {low} to"
            " {high}): an offer to them is given away.",
            round(back.value),
            days=number(findings["horizon_days"].value),
            low=number(back.low or 0),
            high=number(back.high or 0),
        ),
        words.say_many(
            "{n} of the lapsed has less than {minimum} chance to come back unaided.",
            "{n} of the lapsed have less than {minimum} chance to come back on their own.",
            findings["below_min_return"].value,
            minimum=words.percent(findings["min_return"].value, 1),
        ),
    ]
    contacted = findings.get("contacted_before")
    if contacted is not None and contacted.value:
        said.append(
            words.say_many(
                "Earlier win-back campaigns contacted {n} customer: what was bought after it is not counted"
                " as coming back unaided.",
                "Earlier win-back campaigns contacted {n} customers: what they bought after it is not counted"
                " as coming back unaided.",
                contacted.value,
            )
        )
    return said


def _method_sentences(findings: Findings, words: Words) -> list[str]:
    """Say where the chances rest on less than the whole model."""
    say, said = words.say, []
    if findings["returners_lapsed"].verdict == "extrapolated":
        said.append(say("Nobody was followed for as long as the horizon: these figures are carried forward."))
    method = findings.get("return_method")
    if method is not None and method.verdict == "pooled":
        said.append(
            say(
                "There are too few customers or comebacks for the whole model: the chance is read from the"
                " orders, the silence and the own rhythm of all customers together."
            )
        )
    if method is not None and not method.value:
        said.append(
            say(
                "The record is too young to have seen the coming season before, so the level may be off: the"
                " interval allows for that."
            )
        )
    return said
