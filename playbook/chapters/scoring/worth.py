"""Chapter 06, first half: what a customer is worth, and what else a criterion may name."""

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd
import seaborn as sns

from playbook.archive.findings import Finding, Findings, rounded
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.figures import BLUE, GREY, Picture, new_figure
from playbook.show.words import Words
from playbook.stats import value
from playbook.stats.result import Result
from playbook.stats.value import LAST_MONTH, SecondLife


@dataclass(frozen=True)
class Worth(Result):
    """What every customer brought, and may bring in a second life.

    Attributes
    ----------
    customers : DataFrame
        As `measure` returns them.
    life : SecondLife or None
        None where too few came back.
    """

    customers: pd.DataFrame
    life: SecondLife | None
    settings: Settings

    def findings(self) -> list[Finding]:
        """Return what a second life is worth, and what the lapsed are expected to bring unaided."""
        lapsed = self.customers[self.customers["lapsed"]]
        expected = lapsed["expected_margin"]
        total = round(float(expected.sum()), 2) if expected.notna().any() else None
        unaided = Finding("expected_margin_lapsed", total, unit="money", n=len(lapsed))
        if self.life is None:
            typical = rounded(lapsed["second_lifetime_value"].median(), 2)
            return [Finding("second_life", typical, unit="money", verdict="orders_only"), unaided]
        life, rate = self.life, self.settings.discount_rate
        low, high = life.interval(rate)
        return [
            Finding(
                "second_life",
                round(life.value(rate), 2),
                round(low, 2),
                round(high, 2),
                "money",
                life.comebacks,
                life.method,
            ),
            Finding("second_life_first_month", round(float(life.months[0]), 2), unit="money"),
            Finding("second_life_months", [round(float(m), 6) for m in life.months], unit="money"),
            Finding("second_life_last_month", life.last_month, unit="months", n=int(life.followed[-1])),
            Finding("discount_rate", rate, unit="share"),
            unaided,
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say what a second life is worth."""
        return worth_sentences(self.by_name, words)

    def figure(self, words: Words) -> Picture | None:
        """Draw a second life month by month; None where too few came back."""
        if self.life is None:
            return None
        say, months = words.say, self.life.months
        low, high = np.quantile(self.life.draws, [0.05, 0.95], axis=0)
        amounts = {
            "first": words.money(months[0]),
            "later": words.money(float(months[1:].mean()) if len(months) > 1 else 0),
        }
        title = "A comeback brings {first} in its first month"
        if len(months) > 1:
            title += ", then {later} a month"
        figure, axes = new_figure(say(title, **amounts))
        places = np.arange(len(months))
        sns.barplot(x=places, y=months, color=BLUE, width=0.8, saturation=1, ax=axes)
        spans = [np.maximum(months - low, 0), np.maximum(high - months, 0)]
        axes.errorbar(places, months, yerr=spans, fmt="none", ecolor=GREY, capsize=2)
        axes.set_xticks(places[::3])
        axes.set(xlabel=say("months after the comeback (the comeback order is in month 0)"), ylabel="")
        axes.yaxis.set_major_formatter(lambda amount, _: words.money(amount))
        alt = say(
            "Bars of the mean margin of a comeback by month: {first} in the first month, {later} a month on"
            " average after it, up to month {last}.",
            last=words.number(self.life.last_month),
            **amounts,
        )
        return Picture(figure, alt)


def see_worth(
    customers: pd.DataFrame, history: History, sources: Sources | None, inactivity_days: int
) -> Worth:
    """Value every customer.

    Parameters
    ----------
    customers : DataFrame
        The customer table with silence_days, lapsed, return_probability and expected_orders.
    """
    life = value.second_life(history, inactivity_days)
    facts = (client_facts(sources), unsolved_complaints(history, sources))
    return Worth(measure(customers, history, life, *facts), life, history.settings)


def worth_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what a second life is worth from its findings."""
    say, number, money = words.say, words.number, words.money
    life = findings["second_life"]
    if life.verdict == "orders_only":
        said = [
            say(
                "What a second life is worth cannot be read from this client's past: fewer than {n} comebacks"
                " were followed for a month, or those who came back had brought no margin. In its place"
                " stands a customer's mean margin per order, times the orders to expect within the horizon"
                " of one who returns.",
                n=number(value.FEW_COMEBACKS),
            )
        ]
        return said + _unaided_sentences(findings, words)
    months = findings["second_life_last_month"]
    said = [
        say(
            "A customer who comes back brings {total} of margin in the {months} months that follow (90%"
            " interval {low} to {high}), discounted at {rate} a year; {first} of it in the first month,"
            " with the comeback order. That is the mean of {n} earlier comebacks, with those who bought"
            " nothing more.",
            total=money(life.value),
            low=money(life.low or 0),
            high=money(life.high or 0),
            months=number(months.value + 1),
            rate=words.percent(findings["discount_rate"].value, 1),
            first=money(findings["second_life_first_month"].value),
            n=number(life.n or 0),
        )
    ]
    if months.value < LAST_MONTH:
        said.append(
            say(
                "Only {n} comebacks were followed to the last of these months; what comes after is not"
                " counted.",
                n=number(months.n or 0),
            )
        )
    if life.verdict == "few_second_lives":
        said.append(say("These are few comebacks: read the figure as rough."))
    return said + _unaided_sentences(findings, words)


def _unaided_sentences(findings: Findings, words: Words) -> list[str]:
    expected = findings["expected_margin_lapsed"]
    if expected.value is None or not expected.n:
        return []
    return [
        words.say_many(
            "Unaided, the one lapsed customer is expected to bring {margin} within the horizon.",
            "Unaided, the {n} lapsed customers are expected to bring {margin} within the horizon.",
            expected.n or 0,
            margin=words.money(expected.value),
        )
    ]


# What is known of every customer -------------------------------------------------------------


def measure(
    customers: pd.DataFrame, history: History, life: SecondLife | None, *facts: pd.DataFrame | None
) -> pd.DataFrame:
    """Add to the customers everything that a criterion may name.

    Parameters
    ----------
    customers : DataFrame
        The customer table with silence_days, return_probability and expected_orders.
    facts : DataFrame or None
        What else is known, by customer_id: `client_facts`, `unsolved_complaints`.

    Returns
    -------
    DataFrame
        The same rows with mean_order_margin (shrunk), mean_order_value (revenue per order),
        second_lifetime_value and expected_margin (client's currency, NaN without an order);
        discount_share (0 to 1) where list prices are known; unsolved_complaints where complaints
        are; and the numeric columns of the client's customers.
    """
    orders = customers["orders"].to_numpy(float)
    measured = customers.assign(
        mean_order_margin=value.mean_order_margin(history, customers["customer_id"]),
        mean_order_value=_share(customers["revenue"].to_numpy(float), orders),
    )
    measured["second_lifetime_value"] = value.second_lifetime_value(
        measured, life, history.settings.discount_rate
    )
    measured["expected_margin"] = value.expected_margin(measured)
    if "list_amount" in customers:
        listed = customers["list_amount"].to_numpy(float)
        paid = _share(customers["sale_amount"].to_numpy(float), listed)
        measured["discount_share"] = np.clip(1 - paid, 0, 1)
    for known in facts:
        if known is not None:
            new = [name for name in known if name == "customer_id" or name not in measured]
            measured = measured.merge(known[new], on="customer_id", how="left")
    if "unsolved_complaints" in measured:
        measured["unsolved_complaints"] = measured["unsolved_complaints"].fillna(0)
    return measured


def _share(part: Any, whole: Any) -> Any:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def client_facts(sources: Sources | None) -> pd.DataFrame | None:
    """Return the numeric columns of the client's own table of customers."""
    table = sources.customers if sources else None
    if table is None:
        return None
    numbers = [name for name, kind in table.schema().items() if kind.is_numeric()]
    known = table.filter(table.customer_id.notnull())
    grouped = known.group_by("customer_id").aggregate(**{name: known[name].max() for name in numbers})
    frame: pd.DataFrame = grouped.order_by("customer_id").to_pyarrow().to_pandas()
    return frame


def unsolved_complaints(history: History, sources: Sources | None) -> pd.DataFrame | None:
    """Count the complaints up to the as-of date that were not solved; None where none is recorded.

    Returns
    -------
    DataFrame
        customer_id, unsolved_complaints; only customers with a complaint.
    """
    table = sources.events if sources else None
    if table is None:
        return None
    seen = table.filter(
        table.customer_id.notnull()
        & (table.happened_at <= ibis.literal(history.as_of))
        & table.kind.isin(["complaint", "complaint_solved"])
    )
    made = (seen.kind == "complaint").sum() - (seen.kind == "complaint_solved").sum()
    counted = seen.group_by("customer_id").aggregate(unsolved_complaints=ibis.greatest(made, 0))
    frame: pd.DataFrame = counted.order_by("customer_id").to_pyarrow().to_pandas()
    return None if frame.empty else frame
