"""Chapter 02: what became of those who were won together."""

from dataclasses import dataclass

import pandas as pd
import seaborn as sns

from playbook.archive.findings import Finding
from playbook.chapters.lifecycle.rules import LOST, STAGES
from playbook.records.history import History, mark_old
from playbook.show.display import Column, Table
from playbook.show.figures import PALE, Picture, new_figure
from playbook.show.words import Words
from playbook.stats.result import Result

HALF_YEAR = 182
SPANS = (1, 2, 3, 4)
"""Half-years after the first order that are shown."""
MOST_QUARTERS = 12
LEAST_IN_COHORT = 30


@dataclass(frozen=True)
class Cohorts(Result):
    """Customers by when they were won, and what became of them.

    Attributes
    ----------
    cohorts : DataFrame
        cohort (a quarter such as 2024 Q1, or a year); customers; in_1 to in_4 (share with a further order
        in that half-year after the first one; NaN until all of the cohort were followed so long);
        active (share neither lapsed nor lost today); margin (mean so far, client's currency). Old
        customers left out.
    preset : str
    """

    cohorts: pd.DataFrame
    preset: str

    def findings(self) -> list[Finding]:
        """Return the share that orders again by half-year, over all cohorts followed so long."""
        found = [Finding("cohorts", len(self.cohorts), n=int(self.cohorts["customers"].sum()))]
        for span in SPANS:
            share, n = self.mean(span)
            found.append(Finding(f"cohort_orders_in_half_year_{span}", share, unit="share", n=n))
        return [*found, Finding("preset", self.preset)]

    def mean(self, span: int) -> tuple[float | None, int]:
        """Return the share of all customers followed so long who ordered in a half-year, and how many."""
        followed = self.cohorts[self.cohorts[f"in_{span}"].notna()]
        n = int(followed["customers"].sum())
        if n < LEAST_IN_COHORT:
            return None, n
        return round(float((followed[f"in_{span}"] * followed["customers"]).sum() / n), 6), n

    def sentences(self, words: Words) -> list[str]:
        """Say how many order again, and in which half-year."""
        say, (first, n), (second, _) = words.say, self.mean(1), self.mean(2)
        if first is None:
            return [say("Too few new customers were followed for half a year.")]
        message = "Of {n} new customers, {share} ordered again within half a year."
        said = [say(message, n=words.number(n), share=words.percent(first))]
        if second is not None:
            message = "In the second half-year {share} of those followed so long ordered."
            said.append(say(message, share=words.percent(second)))
        return said

    def table(self, words: Words) -> Table:
        """Return the cohorts, one line each."""
        say = words.say
        columns: dict[str, Column] = {
            "cohort": say("first order in"),
            "customers": (say("customers"), "number"),
            **{f"in_{span}": (say("ordered in half-year {n}", n=span), "percent") for span in SPANS},
            "active": (say("neither lapsed nor lost today"), "percent"),
            "margin": (say("margin each so far"), "money"),
        }
        note = say(
            "Half-years are counted from each one's first order, which itself does not count; a dash: not"
            " all of the line were followed so long. Who may have been won before the data begin is left"
            " out."
        )
        caption = say("What became of those who were won together")
        return Table(self.cohorts, caption, words, columns=columns, note=note)

    def figure(self, words: Words) -> Picture | None:
        """Draw the share that ordered in each half-year; None where fewer than two cohorts were followed."""
        say, share = words.say, self.mean(1)[0]
        shares = self.cohorts.set_index("cohort")[[f"in_{span}" for span in SPANS]]
        shares = shares.set_axis([say("half-year {n}", n=span) for span in SPANS], axis=1)
        followed = shares.iloc[:, 0].dropna()
        if len(followed) < 2 or share is None:
            return None
        shares = shares.loc[followed.index].dropna(axis=1, how="all")
        title = say("{share} of new customers ordered again within half a year", share=words.percent(share))
        figure, axes = new_figure(title, height=1.2 + 0.3 * len(shares))
        axes.set_facecolor(PALE)
        axes.grid(visible=False)
        sns.heatmap(
            shares,
            vmin=0,
            cmap="Blues",
            annot=shares.map(lambda value: "" if pd.isna(value) else words.percent(value)),
            fmt="",
            linewidths=1,
            cbar=False,
            ax=axes,
        )
        axes.set(xlabel=say("after the first order"), ylabel="")
        axes.tick_params(axis="y", rotation=0)
        alt = say(
            "A grid of the cohorts by half-year after the first order, darker where more ordered: {first} of"
            " those won in {start} ordered again within half a year, and {last} of those won in {end}.",
            first=words.percent(followed.iloc[0]),
            start=followed.index[0],
            last=words.percent(followed.iloc[-1]),
            end=followed.index[-1],
        )
        return Picture(figure, alt)


def find_cohorts(history: History, customers: pd.DataFrame) -> Cohorts:
    """Count, by quarter or year of the first order, who ordered in each half-year after it.

    Parameters
    ----------
    customers : DataFrame
        The customer table with customer_id, orders, margin, lapsed, stage, old_customer, first_order.
    """
    won = customers[(customers["orders"] > 0) & ~customers["old_customer"]]
    first = pd.to_datetime(won["first_order"])
    unit = "Q" if first.dt.to_period("Q").nunique() <= MOST_QUARTERS else "Y"
    active = ~won["lapsed"] & (won["stage"] != STAGES[LOST])
    won = won.assign(first=first, active=active, cohort=first.dt.to_period(unit))
    cohorts = won.groupby("cohort").agg(
        customers=("customer_id", "size"),
        last=("first", "max"),
        active=("active", "mean"),
        margin=("margin", "mean"),
    )
    again = _orders_again(history, unit).reindex(index=cohorts.index, columns=SPANS, fill_value=0)
    for span in SPANS:
        followed = cohorts["last"] + pd.Timedelta(days=HALF_YEAR * span) <= pd.Timestamp(history.as_of)
        cohorts[f"in_{span}"] = (again[span] / cohorts["customers"]).where(followed)
    names = [period.strftime("%Y Q%q" if unit == "Q" else "%Y") for period in cohorts.index]
    return Cohorts(cohorts.set_axis(names).reset_index(names="cohort"), history.settings.preset)


def _orders_again(history: History, unit: str) -> pd.DataFrame:
    """Count customers by cohort (a row each) and half-year of a further order (a column each)."""
    orders = history.orders.select("customer_id", "day")
    first = mark_old(orders.group_by("customer_id").aggregate(first_seen=orders.day.min()), history)
    new = first.filter(~first.old_customer).select("customer_id", "first_seen")
    later = orders.inner_join(new, "customer_id")
    since = later.day.delta(later.first_seen, unit="day")  # on day 182 the first half-year ends
    later = later.select(
        "customer_id", cohort=later.first_seen.truncate(unit), span=(since + HALF_YEAR - 1) // HALF_YEAR
    )
    later = later.filter(later.span.isin(SPANS)).distinct()
    counted = later.group_by("cohort", "span").aggregate(n=later.count()).to_pyarrow().to_pandas()
    counted["cohort"] = pd.to_datetime(counted["cohort"]).dt.to_period(unit)
    pivoted: pd.DataFrame = counted.pivot(index="cohort", columns="span", values="n").fillna(0)
    return pivoted
