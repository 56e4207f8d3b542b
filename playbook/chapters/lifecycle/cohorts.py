"""Chapter 02: what became of those who were won together."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.history import History, mark_old
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, GREY, Picture
from playbook.show.words import Words

HALF_YEAR = 182
SPANS = 4
"""Half-years after the first order that are shown."""
MOST_QUARTERS = 12
LEAST_IN_COHORT = 30


@dataclass(frozen=True)
class Cohorts:
    """Customers by when they were won, and what became of them.

    Attributes
    ----------
    table_of : DataFrame
        cohort (a quarter such as 2024 Q1, or a year); customers; in_1 to in_4 (share with a further order
        in that half-year after the first one; NaN until all of the cohort were followed so long);
        active (share not lapsed today); margin (mean so far, client's currency). Old customers left out.
    preset : str
    """

    table_of: pd.DataFrame
    preset: str

    def findings(self) -> list[Finding]:
        """Return the share that orders again by half-year, over all cohorts followed so long."""
        found = [Finding("cohorts", len(self.table_of), n=int(self.table_of["customers"].sum()))]
        for span in range(1, SPANS + 1):
            share, n = self.mean(span)
            found.append(Finding(f"cohort_orders_in_half_year_{span}", share, unit="share", n=n))
        return [*found, Finding("preset", self.preset)]

    def mean(self, span: int) -> tuple[float | None, int]:
        """Return the share of all customers followed so long who ordered in a half-year, and how many."""
        followed = self.table_of[self.table_of[f"in_{span}"].notna()]
        n = int(followed["customers"].sum())
        if n < LEAST_IN_COHORT:
            return None, n
        return round(float((followed[f"in_{span}"] * followed["customers"]).sum() / n), 4), n

    def sentences(self, words: Words) -> list[str]:
        """Say how many order again, and in which half-year."""
        return cohort_sentences({finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return the cohorts, one line each."""
        say = words.say
        headings = {
            "cohort": say("first order in"),
            "customers": say("customers"),
            **{f"in_{span}": say("ordered in half-year {n}", n=span) for span in range(1, SPANS + 1)},
            "active": say("not lapsed today"),
            "margin": say("margin each so far"),
        }
        formats = {"customers": "number", "margin": "money", "active": "percent"}
        formats |= {f"in_{span}": "percent" for span in range(1, SPANS + 1)}
        note = say(
            "Half-years are counted from each one's first order, which itself does not count; a dash: not"
            " all of the line were followed so long. Who may have been won before the data begin is left"
            " out."
        )
        caption = say("What became of those who were won together")
        return Table(self.table_of[list(headings)], caption, words, formats, headings, note)

    def figure(self, words: Words) -> Picture:
        """Draw the share that ordered in the first and second half-year, by cohort."""
        say, seen = words.say, self.table_of
        figure, axes = new_figure()
        heading(axes, say("Share that ordered again, by when they were won"))
        first = seen[seen["in_1"].notna()]
        if len(first) < 2:
            return Picture(figure, say("No picture: fewer than two cohorts were followed for half a year."))
        second = seen[seen["in_2"].notna()]
        axes.plot(first["cohort"], first["in_1"], "o-", color=BLUE, label=say("in the first half-year"))
        axes.plot(second["cohort"], second["in_2"], "o-", color=GREY, label=say("in the second half-year"))
        axes.set_ylim(0, None)
        axes.tick_params(axis="x", rotation=45)
        axes.yaxis.set_major_formatter(lambda value, _: words.percent(value))
        axes.legend(frameon=False)
        alt = say(
            "Two lines over the cohorts: {first} of those won in {start} ordered again within half a year,"
            " and {last} of those won in {end}.",
            first=words.percent(first["in_1"].iloc[0]),
            start=first["cohort"].iloc[0],
            last=words.percent(first["in_1"].iloc[-1]),
            end=first["cohort"].iloc[-1],
        )
        return Picture(figure, alt)


def find_cohorts(history: History, customers: pd.DataFrame) -> Cohorts:
    """Count, by quarter or year of the first order, who ordered in each half-year after it.

    Parameters
    ----------
    customers : DataFrame
        The customer table with customer_id, margin, lapsed, old_customer, first_order.
    """
    won = customers[(customers["orders"] > 0) & ~customers["old_customer"]].copy()
    first = pd.to_datetime(won["first_order"])
    quarters = first.dt.to_period("Q").nunique() <= MOST_QUARTERS
    unit = "Q" if quarters else "Y"
    period = first.dt.to_period(unit)
    rows = []
    again = _orders_again(history, quarters)
    for cohort, members in won.groupby(period):
        size, last = len(members), pd.to_datetime(members["first_order"]).max()
        label = f"{cohort.year} Q{cohort.quarter}" if quarters else str(cohort.year)
        row: dict[str, Any] = {"cohort": label, "customers": size}
        for span in range(1, SPANS + 1):
            followed = last + pd.Timedelta(days=HALF_YEAR * span) <= pd.Timestamp(history.as_of)
            came = again.get((cohort.year * 4 + (cohort.quarter if quarters else 1), span), 0)
            row[f"in_{span}"] = came / size if followed else float("nan")
        row |= {"active": float((~members["lapsed"]).mean()), "margin": float(members["margin"].mean())}
        rows.append(row)
    columns = ["cohort", "customers", *(f"in_{span}" for span in range(1, SPANS + 1)), "active", "margin"]
    return Cohorts(pd.DataFrame(rows, columns=columns), history.settings.preset)


def _orders_again(history: History, quarters: bool) -> dict[tuple[int, int], int]:
    """Count customers by cohort (year times 4, plus the quarter) and half-year of a further order."""
    orders = history.orders.select("customer_id", "day")
    first = orders.group_by("customer_id").aggregate(first_seen=orders.day.min())
    first = mark_old(first, history)
    new = first.filter(~first.old_customer).select("customer_id", "first_seen")
    later = orders.inner_join(new, "customer_id")
    since = later.day.delta(later.first_seen, unit="day")
    began = later.first_seen
    cohort = began.year() * 4 + (began.quarter() if quarters else 1)
    later = later.select("customer_id", cohort=cohort, span=(since + HALF_YEAR - 1) // HALF_YEAR)
    later = later.filter((later.span > 0) & (later.span <= SPANS)).distinct()
    counted = later.group_by("cohort", "span").aggregate(n=later.count()).to_pyarrow().to_pylist()
    return {(int(row["cohort"]), int(row["span"])): int(row["n"]) for row in counted}


def cohort_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how many order again from the findings."""
    say, percent = words.say, words.percent
    first, second = (findings[f"cohort_orders_in_half_year_{span}"] for span in (1, 2))
    if first.value is None:
        return [say("Too few new customers were followed for half a year.")]
    said = [
        say(
            "Of {n} new customers, {share} ordered again within half a year.",
            n=words.number(first.n or 0),
            share=percent(first.value),
        )
    ]
    if second.value is not None:
        said.append(
            say(
                "In the second half-year {share} of those followed so long ordered.",
                share=percent(second.value),
            )
        )
    return said
