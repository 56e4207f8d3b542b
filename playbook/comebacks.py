"""Chapter 04, second half: who is lapsed, who comes back unaided, and how waiting hurts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook import returns
from playbook.churn import Threshold
from playbook.display import BLUE, GREY, ORANGE, Picture, Table, heading, new_figure
from playbook.findings import Finding, Findings
from playbook.history import History, customers
from playbook.returns import ORDER_LABELS, SILENCE_LABELS, ReturnModel
from playbook.wording import Words

SHIFTS = (-90, -60, -30, 0, 30, 60, 90)


@dataclass(frozen=True)
class Base:
    """Every customer seen from the as-of date.

    Attributes
    ----------
    customers : DataFrame
        The customer table with silence_days (days, None without an order), lapsed (bool),
        return_probability and expected_orders (float, NaN where they cannot be told).
    model : ReturnModel or None
    lapsed_margin : float
        Past margin of the lapsed, in the client's currency.
    returners_all, returners_lapsed : tuple (expected, low, high) or None
        Customers expected to order within the horizon, with 90% predictive intervals.
    below_minimum : int
        Lapsed customers whose return probability is below ``min_return``.
    """

    customers: pd.DataFrame
    model: ReturnModel | None
    horizon_days: int
    min_return: float
    returners_all: tuple[float, float, float] | None
    returners_lapsed: tuple[float, float, float] | None

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
        buyers = int((self.customers["orders"] > 0).sum())
        lapsed = len(self.lapsed)
        found = [
            Finding("lapsed", lapsed, unit="customers", n=buyers),
            Finding("lapsed_margin", round(self.lapsed_margin, 2), unit="money", n=lapsed),
            Finding("horizon_days", self.horizon_days, unit="days"),
            Finding("min_return", self.min_return, unit="share"),
        ]
        if self.model is None or self.returners_all is None or self.returners_lapsed is None:
            return [*found, Finding("returners_lapsed", None, unit="customers", n=lapsed, verdict="unknown")]
        method = "extrapolated" if self.model.extrapolated else "followed"
        return [
            *found,
            Finding(
                "returners_all", *_rounded(self.returners_all), unit="customers", n=buyers, verdict=method
            ),
            Finding(
                "returners_lapsed",
                *_rounded(self.returners_lapsed),
                unit="customers",
                n=lapsed,
                verdict=method,
            ),
            Finding("below_min_return", self.below_minimum, unit="customers", n=lapsed),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how many are lapsed and how many come back unaided."""
        return base_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return return probabilities by number of orders and silence."""
        say = words.say
        frame = pd.DataFrame({"silence": SILENCE_LABELS})
        if self.model is not None:
            for row, label in enumerate(ORDER_LABELS):
                seen = self.model.customers[row] > 0
                frame[label] = np.where(seen, self.model.probability[row], np.nan)
        headings = {"silence": say("days of silence")} | {
            label: say("{orders} orders", orders=label) if label != "1" else say("1 order")
            for label in ORDER_LABELS
        }
        return Table(
            frame,
            say("Chance of an order within {days} days, unaided", days=words.number(self.horizon_days)),
            words,
            dict.fromkeys(ORDER_LABELS, "percent"),
            headings,
            say(
                "A dash: no customer was seen there on a past landmark; the band of silence stands in for them."
            ),
        )

    def figure(self, words: Words) -> Picture:
        """Draw the return probability by silence for one order and for several."""
        figure, axes = new_figure()
        say = words.say
        heading(
            axes,
            say("Chance of an order within {days} days, by silence", days=words.number(self.horizon_days)),
        )
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(lambda value, _: words.percent(value))
        axes.set_xlabel(say("days of silence today"))
        if self.model is None:
            return Picture(figure, say("No curve: the return probability cannot be told from these data."))
        places = np.arange(len(SILENCE_LABELS))
        for row, label, color in ((0, "1", GREY), (2, "3–4", BLUE), (3, "5–9", ORANGE)):
            seen = self.model.customers[row] > 0
            low, high = np.quantile(self.model.draws[:, row], [0.05, 0.95], axis=0)
            axes.fill_between(places[seen], low[seen], high[seen], color=color, alpha=0.15, linewidth=0)
            axes.plot(places[seen], self.model.probability[row][seen], "o-", color=color, label=label)
        axes.set_xticks(places, SILENCE_LABELS)
        axes.legend(title=say("orders so far"))
        known = np.flatnonzero(self.model.customers[2] > 0)
        if not len(known):
            return Picture(figure, say("Lines of the return probability by silence."))
        first, last = known[0], known[-1]
        alt = say(
            "Falling lines by number of orders: of those with three or four orders, {high} order again after"
            " {short} days of silence, {low} after {long}.",
            high=words.percent(self.model.probability[2][first]),
            short=SILENCE_LABELS[first],
            low=words.percent(self.model.probability[2][last]),
            long=SILENCE_LABELS[last],
        )
        return Picture(figure, alt)


def _rounded(estimate: tuple[float, float, float]) -> tuple[float, float, float]:
    value, low, high = estimate
    return round(value, 1), round(low, 1), round(high, 1)


def see_base(history: History, threshold: Threshold, frame: pd.DataFrame | None = None) -> Base:
    """Describe every customer as of today: silence, lapsed, return probability."""
    settings = history.settings
    frame = (customers(history) if frame is None else frame).copy()
    frame["silence_days"] = silence(frame, history.as_of)
    frame["lapsed"] = (frame["silence_days"] > threshold.days).fillna(False).astype(bool)
    model = returns.fit(history, settings.horizon_days)
    if model is None:
        return Base(
            frame.assign(return_probability=np.nan, expected_orders=np.nan),
            None,
            settings.horizon_days,
            settings.min_return,
            None,
            None,
        )
    frame["return_probability"] = model.predict(frame)
    frame["expected_orders"] = model.expected_orders(frame)
    lapsed = model.expected_buyers(frame[frame["lapsed"]])
    return Base(
        frame, model, settings.horizon_days, settings.min_return, model.expected_buyers(frame), lapsed
    )


def silence(frame: pd.DataFrame, as_of: date) -> pd.Series:
    """Return days since the last order (Int32, missing without an order)."""
    last = pd.to_datetime(frame["last_order"])
    return (pd.Timestamp(as_of) - last).dt.days.astype("Int32")


def base_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is lapsed and who comes back unaided."""
    say, number = words.say, words.number
    lapsed, back = findings["lapsed"], findings["returners_lapsed"]
    days = number(findings["horizon_days"].value)
    said = [
        say(
            "{lapsed} of {buyers} customers who ever ordered are lapsed ({share});"
            " they brought {margin} of margin.",
            lapsed=number(lapsed.value),
            buyers=number(lapsed.n or 0),
            share=words.percent(lapsed.value / max(lapsed.n or 0, 1)),
            margin=words.money(findings["lapsed_margin"].value),
        )
    ]
    if back.verdict == "unknown":
        return [*said, say("Who of them would come back unaided cannot be told from these data.")]
    said.append(
        say(
            "About {n} of the lapsed order again within {days} days without any offer (90% interval {low} to"
            " {high}): an offer to them is given away.",
            n=number(back.value),
            days=days,
            low=number(back.low or 0),
            high=number(back.high or 0),
        )
    )
    said.append(
        say(
            "{n} of the lapsed have less than {minimum} chance to come back on their own.",
            n=number(findings["below_min_return"].value),
            minimum=words.percent(findings["min_return"].value, 1),
        )
    )
    if back.verdict == "extrapolated":
        said.append(say("Nobody was followed for as long as the horizon: these figures are carried forward."))
    return said


# What if the threshold were another? ---------------------------------------------------------


def sensitivity(base: Base, threshold: Threshold, words: Words) -> Table:
    """Return how many customers and how much margin are lapsed at thresholds around the chosen one."""
    frame = base.customers
    rows = []
    for shift in SHIFTS:
        days = threshold.days + shift
        if days < 1:
            continue
        beyond = (frame["silence_days"] > days).fillna(False)
        rows.append((days, shift, int(beyond.sum()), float(frame.loc[beyond, "margin"].sum())))
    table = pd.DataFrame(rows, columns=["days", "shift", "lapsed", "margin"])
    now = table.loc[table["shift"] == 0].iloc[0]
    table["lapsed_change"] = table["lapsed"] - now["lapsed"]
    table["margin_change"] = table["margin"] - now["margin"]
    say = words.say
    headings = {
        "days": say("threshold (days)"),
        "lapsed": say("lapsed"),
        "lapsed_change": say("customers who change sides"),
        "margin": say("their past margin"),
        "margin_change": say("margin that changes sides"),
    }
    return Table(
        table[list(headings)],
        say("What another threshold would change"),
        words,
        {
            "days": "number",
            "lapsed": "number",
            "lapsed_change": "number",
            "margin": "money",
            "margin_change": "money",
        },
        headings,
    )


# Would it have been right before? ------------------------------------------------------------


@dataclass(frozen=True)
class Backtest:
    """The same method one horizon earlier, against what then happened.

    Attributes
    ----------
    as_of : date
        The earlier day.
    horizon_days : int
        Days looked ahead: the horizon, or the longest that two of fit the history.
    groups : DataFrame
        group, customers, expected, low, high, actual (customers who ordered within the horizon).
    """

    as_of: date
    horizon_days: int
    groups: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return the expected buyers of all, with what happened."""
        found = []
        for row in self.groups.to_dict("records"):
            inside = "covered" if row["low"] <= row["actual"] <= row["high"] else "missed"
            found += [
                Finding(
                    f"backtest_expected_{row['group']}",
                    row["expected"],
                    row["low"],
                    row["high"],
                    "customers",
                    row["customers"],
                    inside,
                ),
                Finding(
                    f"backtest_actual_{row['group']}", row["actual"], unit="customers", n=row["customers"]
                ),
            ]
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say how near the method came."""
        rows = {row["group"]: row for row in self.groups.to_dict("records")}
        row = rows["all"]
        inside = row["low"] <= row["actual"] <= row["high"]
        verdict = (
            words.say("inside the interval")
            if inside
            else words.say("outside the interval: read the figures above as rough")
        )
        return [
            words.say(
                "Tried on the past: as of {day} the method would have expected {expected} buyers within"
                " {days} days (90% interval {low} to {high}); {actual} came, {verdict}.",
                verdict=verdict,
                day=words.date(self.as_of),
                expected=words.number(row["expected"]),
                days=words.number(self.horizon_days),
                low=words.number(row["low"]),
                high=words.number(row["high"]),
                actual=words.number(row["actual"]),
            )
        ]

    def table(self, words: Words) -> Table:
        """Return expected and actual buyers by group."""
        say = words.say
        labels = {"all": say("all"), "lapsed": say("lapsed"), "once": say("ordered once")}
        frame = self.groups.assign(group=self.groups["group"].map(labels))
        headings = {
            "group": say("customers as of {day}", day=words.date(self.as_of)),
            "customers": say("how many"),
            "expected": say("expected to order"),
            "low": say("from"),
            "high": say("to"),
            "actual": say("ordered"),
        }
        caption = say(
            "Expected and actual buyers in the {days} days after", days=words.number(self.horizon_days)
        )
        return Table(frame, caption, words, dict.fromkeys(list(headings)[1:], "number"), headings)


def backtest_findings(result: Backtest | None) -> list[Finding]:
    """Return the backtest's findings; one that says so where there was none."""
    if result is None:
        return [Finding("backtest_expected_all", None, unit="customers", verdict="too_short")]
    return result.findings()


def backtest_sentences(result: Backtest | None, words: Words) -> list[str]:
    """Say how near the method came, or that it could not be tried."""
    if result is None:
        return [
            words.say("It could not be tried on the past: the history does not hold two spans of 30 days.")
        ]
    return result.sentences(words)


def backtest_cautions(findings: Findings, words: Words) -> list[str]:
    """Word it where the backtest missed what happened."""
    tried = findings["backtest_expected_all"]
    if tried.verdict != "missed":
        return []
    return [
        words.say(
            "Tried on the past, the method expected {expected} buyers and {actual} came: read the chance to"
            " return as rough.",
            expected=words.number(tried.value),
            actual=words.number(findings["backtest_actual_all"].value),
        )
    ]


def backtest_table(result: Backtest | None, words: Words) -> Table | None:
    """Return expected and actual buyers by group; None where it could not be tried."""
    return result.table(words) if result else None


def backtest(history: History, threshold: Threshold) -> Backtest | None:
    """Fit one horizon earlier and compare with what then happened.

    Returns None where not even two spans of 30 days fit the history.
    """
    length = (history.as_of - history.first_day).days
    horizon = min(history.settings.horizon_days, length // 2)
    if horizon < 30:
        return None
    day = history.as_of - timedelta(days=horizon)
    earlier = returns.seen_from(history, day)
    base = see_base(earlier, threshold)
    if base.model is None:
        return None
    came = base.customers["customer_id"].isin(_buyers_after(history, day)).to_numpy()
    bought = (base.customers["orders"] > 0).to_numpy()
    groups: dict[str, Any] = {
        "all": bought,
        "lapsed": base.customers["lapsed"].to_numpy(),
        "once": (base.customers["orders"] == 1).to_numpy(),
    }
    rows = [
        (
            name,
            int(chosen.sum()),
            *_rounded(base.model.expected_buyers(base.customers[chosen])),
            int(came[chosen].sum()),
        )
        for name, chosen in groups.items()
    ]
    columns = ["group", "customers", "expected", "low", "high", "actual"]
    return Backtest(day, horizon, pd.DataFrame(rows, columns=columns))


def _buyers_after(history: History, day: date) -> set[str]:
    orders = history.orders
    after = orders.filter(orders.day > ibis.literal(day)).select("customer_id").distinct()
    return set(after.to_pyarrow()["customer_id"].to_pylist())
