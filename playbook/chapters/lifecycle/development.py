"""Chapter 02: how the base by stage has developed, and who moved from stage to stage."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.lifecycle.base import Base, unseen_since
from playbook.chapters.lifecycle.by_month import NEW, Months, count_months
from playbook.chapters.lifecycle.daily_events import Signs
from playbook.chapters.lifecycle.rules import STAGES
from playbook.chapters.lifecycle.words import CONTACTS, FRESH, stage_key, stage_labels
from playbook.records.history import History
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, Picture
from playbook.show.words import Words

YEAR = 12
COLORS = {
    "suspect": "#E5E7EB",
    "prospect": "#D1D5DB",
    "lead": GREY,
    "just engaged": "#A7D8F0",
    "engaged": "#56B4E9",
    "firmly engaged": BLUE,
    "at risk": "#E69F00",
    "lapsed": ORANGE,
    "lost": "#7F3300",
}
FLOWS = {"new": GREEN, "came_back": BLUE, "at_risk": "#E69F00", "lapsed": ORANGE, "lost": PURPLE}
MOST_LABELS = 8
BESIDE: dict[str, Any] = {
    "loc": "center left",
    "bbox_to_anchor": (1.0, 0.5),
    "fontsize": 8.5,
    "frameon": False,
}
"""Where a legend stands."""
SHOWN_BACK = (0, 1, 3, 6, 12, 24)


@dataclass(frozen=True)
class Development:
    """The base by stage at every month's end, and the moves between.

    Attributes
    ----------
    months : Months
    flows : DataFrame
        By month's end: new (customers with a first order), came_back (from lapsed or lost to another
        order), at_risk, lapsed, lost (who got there): customers.
    whole_from : Timestamp
        From this day on the base is whole: before it, old customers were only seen as they ordered.
    preset : str
    """

    months: Months
    flows: pd.DataFrame
    whole_from: pd.Timestamp
    preset: str

    @property
    def year(self) -> pd.Series:
        """Return the flows of the last 12 months, or of as many as there are."""
        return self.flows.tail(YEAR).sum()

    def findings(self) -> list[Finding]:
        """Return the moves of the last 12 months, and the base 12 months ago."""
        months = min(len(self.flows), YEAR)
        found = [Finding("months_of_moves", months, unit="months")]
        found += [
            Finding(f"moved_{name}", int(n), unit="customers", n=months) for name, n in self.year.items()
        ]
        if len(self.months.base) > YEAR and self.months.base.index[-1 - YEAR] >= self.whole_from:
            before = self.months.base.iloc[-1 - YEAR]
            found += [
                Finding(f"{stage_key(stage)}_12_months_ago", int(before[stage]), unit="customers")
                for stage in STAGES
            ]
        return [*found, Finding("preset", self.preset)]

    def sentences(self, words: Words, base: Base) -> list[str]:
        """Say what moved in the last 12 months, up to the base of today."""
        findings = [*base.findings(), *self.findings()]
        return development_sentences({finding.name: finding for finding in findings}, words)

    def figure(self, words: Words) -> Picture:
        """Draw the base by stage, month by month."""
        say, base, labels = words.say, self.months.base, stage_labels(words)
        figure, axes = new_figure(height=4.2)
        heading(axes, say("The base by stage, month by month"))
        shown = [stage for stage in STAGES if base[stage].any()]
        if len(base) < 2 or not shown:
            return Picture(figure, say("No picture: the data hold less than two months."))
        axes.stackplot(
            base.index,
            [base[stage] for stage in shown],
            colors=[COLORS[stage] for stage in shown],
            labels=[labels[stage] for stage in shown],
            linewidth=0,
        )
        if base.index[0] < self.whole_from:
            axes.axvline(min(self.whole_from, base.index[-1]), color="#1F2937", linestyle=":", linewidth=1)
        _months_below(axes, base.index)
        axes.yaxis.set_major_formatter(lambda value, _: words.compact(value))
        handles, names = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], names[::-1], **BESIDE)
        first, last = base.iloc[0], base.iloc[-1]
        alt = say(
            "Stacked areas from {start} to {end}: {people} people at the beginning, {now} at the end, of whom"
            " {engaged} are engaged, {risk} at risk, {lapsed} lapsed and {lost} lost.",
            start=words.date(base.index[0].date()),
            end=words.date(base.index[-1].date()),
            people=words.number(first.sum()),
            now=words.number(last.sum()),
            engaged=words.number(last[list(FRESH)].sum()),
            risk=words.number(last["at risk"]),
            lapsed=words.number(last["lapsed"]),
            lost=words.number(last["lost"]),
        )
        return Picture(figure, alt)

    def table(self, words: Words) -> Table:
        """Return the base by stage today and some months back."""
        say, base, labels = words.say, self.months.base, stage_labels(words)
        back = [n for n in SHOWN_BACK if n < len(base)]
        rows = base.iloc[[len(base) - 1 - n for n in back]]
        shown = rows.rename(columns=labels).reset_index(names="month")
        shown["month"] = shown["month"].dt.date
        return Table(
            shown.rename_axis(columns=None),
            say("The base by stage, today and earlier"),
            words,
            {"month": "date"} | dict.fromkeys(labels.values(), "number"),
            {"month": say("on")},
        )

    def moves_table(self, words: Words) -> Table:
        """Return all moves of the last 12 months, from which stage to which."""
        say, labels = words.say, stage_labels(words) | {NEW: words.say("not known before")}
        last = self.months.base.index[-YEAR:]
        moves = self.months.moves[self.months.moves["month"].isin(last)]
        crossed = moves.pivot_table(
            index="before", columns="stage", values="customers", aggfunc="sum", fill_value=0
        )
        rows = [stage for stage in (NEW, *STAGES) if stage in crossed.index]
        columns = [stage for stage in STAGES if stage in crossed.columns]
        shown = crossed.loc[rows, columns].rename(index=labels, columns=labels)
        shown = shown.astype(float).replace(0, np.nan)
        names = [labels[stage] for stage in columns]
        return Table(
            shown.reset_index(names="before").rename_axis(columns=None),
            say("Moves of the last 12 months, from stage to stage"),
            words,
            dict.fromkeys(names, "number"),
            {"before": say("from")} | {name: words.say("to {stage}", stage=name) for name in names},
            say("Every move counts, so that one person may be counted several times."),
        )

    def moves_figure(self, words: Words) -> Picture:
        """Draw how many came, came back and went, month by month."""
        say, flows = words.say, self.flows
        figure, axes = new_figure()
        heading(axes, say("Who came, came back and went, month by month"))
        if flows.empty or not flows.to_numpy().any():
            return Picture(figure, say("No picture: no moves between stages were seen."))
        labels = flow_labels(self.preset, words)
        for name in ("new", "came_back", "lapsed", "lost"):
            axes.plot(flows.index, flows[name], color=FLOWS[name], label=labels[name])
        axes.set_ylim(0, None)
        _months_below(axes, flows.index)
        axes.yaxis.set_major_formatter(lambda value, _: words.compact(value))
        axes.legend(**BESIDE)
        year = self.year
        alt = say(
            "Four lines by month: in the last 12 months {new} were new, {back} came back, {lapsed} lapsed and"
            " {lost} were lost.",
            new=words.number(year["new"]),
            back=words.number(year["came_back"]),
            lapsed=words.number(year["lapsed"]),
            lost=words.number(year["lost"]),
        )
        return Picture(figure, alt)


def develop(history: History, signs: Signs, base: Base) -> Development:
    """Count the base by stage and the moves, month by month."""
    months = count_months(history, signs, base.silences, unseen_since(history, base.customers))
    cohort = history.settings.tables.orders.cohort
    warm_up = timedelta(days=0 if cohort else base.silences.lapsed)
    whole = pd.Timestamp(history.first_day + warm_up)
    return Development(months, _flows(months), whole, history.settings.preset)


def _months_below(axes: Any, months: Any) -> None:
    """Label some of the months, evenly spaced, below the axes."""
    axes.set_xlim(months[0], months[-1])
    shown = months[:: -max(-(-len(months) // MOST_LABELS), 1)]
    axes.set_xticks(shown, [f"{month:%m/%Y}" for month in shown])


def _flows(months: Months) -> pd.DataFrame:
    """Return by month who came, came back and went."""
    moves = months.moves
    bought, gone = moves["stage"].isin([*FRESH, "at risk"]), moves["before"].isin(["lapsed", "lost"])
    kinds = {
        "new": bought & moves["before"].isin([NEW, *CONTACTS]),
        "came_back": bought & gone,
        "at_risk": (moves["stage"] == "at risk") & ~gone,
        "lapsed": moves["stage"] == "lapsed",
        "lost": moves["stage"] == "lost",
    }
    index = months.base.index[1:]
    columns = {
        name: moves[chosen].groupby("month")["customers"].sum().reindex(index, fill_value=0)
        for name, chosen in kinds.items()
    }
    return pd.DataFrame(columns, index=index).astype(np.int64)


def flow_labels(preset: str, words: Words) -> dict[str, str]:
    """Return what the flows are called."""
    say = words.say
    return {
        "new": say("new customers"),
        "came_back": say("came back"),
        "at_risk": say("came at risk"),
        "lapsed": say("lapsed"),
        "lost": say("were lost"),
    }


def development_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what moved in the last 12 months from its findings."""
    say, number = words.say, words.number
    months = findings["months_of_moves"].value
    if not months:
        return [say("The data hold less than two months: how the base develops cannot be told yet.")]
    moved = {name: int(findings[f"moved_{name}"].value) for name in FLOWS}
    said = [
        say(
            "{span} {new}, {lapsed} lapsed, and {back} came back after lapsing or being lost.",
            span=words.say_many("In the last month", "In the last {n} months", months),
            new=words.say_many("{n} new customer was won", "{n} new customers were won", moved["new"]),
            lapsed=number(moved["lapsed"]),
            back=number(moved["came_back"]),
        )
    ]
    keys = [stage_key(stage) for stage in FRESH]
    if f"{keys[0]}_12_months_ago" in findings:
        before = sum(findings[f"{key}_12_months_ago"].value for key in keys)
        now = sum(findings[key].value for key in keys)
        message = (
            "Engaged customers are more than a year ago: {now} after {before}."
            if now > before
            else "Engaged customers are fewer than a year ago: {now} after {before}."
            if now < before
            else "Engaged customers are as many as a year ago: {now}."
        )
        said.append(say(message, now=number(now), before=number(before)))
    return said
