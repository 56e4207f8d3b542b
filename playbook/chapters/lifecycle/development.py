"""Chapter 02: how the base by stage has developed, and who moved from stage to stage."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import seaborn as sns

from playbook.archive.earlier import EarlierRun, earlier_runs, home_of
from playbook.archive.findings import Finding, Findings
from playbook.archive.folders import CUSTOMERS
from playbook.chapters.lifecycle.base import StageBase, stage_to_stage, unseen_since
from playbook.chapters.lifecycle.by_month import Months, count_months
from playbook.chapters.lifecycle.daily_events import DailyEvents
from playbook.chapters.lifecycle.rules import NEW, STAGES
from playbook.chapters.lifecycle.words import CONTACTS, FRESH, any_of, stage_key, stage_labels
from playbook.records.history import History
from playbook.show.display import Table
from playbook.show.figures import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, Picture, new_figure, show_months
from playbook.show.words import Words
from playbook.stats.result import Result

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
DRAWN = {"new": GREEN, "came_back": BLUE, "lapsed": ORANGE, "lost": PURPLE}
"""The flows that are drawn, and their colours."""
BESIDE: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "fontsize": 8.5, "frameon": False}
"""Where a legend stands: names at the ends of lines and bands would lie over each other."""
SHOWN_BACK = (0, 1, 3, 6, 12, 24)
MOST_NAMED = 15


@dataclass(frozen=True)
class Development(Result):
    """The base by stage at every month's end, and the moves between.

    Attributes
    ----------
    base : StageBase
        The base of today.
    months : Months
    flows : DataFrame
        By month's end: new (customers with a first order), came_back (from lapsed or lost to another
        order), at_risk, lapsed, lost (who got there), goodbye (who was lost through what they did,
        and not lapsed before): customers.
    whole_from : Timestamp
        From this day on the base is whole: before it, old customers were only seen as they ordered.
    """

    base: StageBase
    months: Months
    flows: pd.DataFrame
    whole_from: pd.Timestamp

    @property
    def span(self) -> int:
        """Return how many months back the flows are added up."""
        return min(len(self.flows), YEAR)

    @property
    def year(self) -> pd.Series:
        """Return the flows of the last 12 months, or of as many as there are."""
        return self.flows.tail(YEAR).sum()

    def findings(self) -> list[Finding]:
        """Return the moves of the last 12 months, and the base 12 months ago."""
        months = self.span
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
        return [*found, Finding("preset", self.base.settings.preset)]

    def sentences(self, words: Words) -> list[str]:
        """Say what moved in the last 12 months, up to the base of today."""
        return development_sentences(self.base.by_name | self.by_name, words)

    def figure(self, words: Words) -> Picture | None:
        """Draw the base by stage, month by month; None where the data hold less than two months."""
        say, base = words.say, self.months.base
        if len(base) < 2:
            return None
        first, last = base.iloc[0], base.iloc[-1]
        shown = {stage: label for stage, label in stage_labels(words).items() if base[stage].any()}
        title = say(
            "{engaged} of all people known are engaged, {risk} are at risk",
            engaged=words.percent(last[list(FRESH)].sum() / last.sum()),
            risk=words.percent(last["at risk"] / last.sum()),
        )
        figure, axes = new_figure(title, height=4.2)
        colors = [COLORS[stage] for stage in shown]
        axes.stackplot(base.index, base[list(shown)].T, colors=colors, labels=shown.values(), linewidth=0)
        if base.index[0] < self.whole_from:
            axes.axvline(min(self.whole_from, base.index[-1]), color=INK, linestyle=":", linewidth=1)
        axes.set_xlim(base.index[0], base.index[-1])
        show_months(axes, list(base.index), words)
        axes.legend(**BESIDE, reverse=True)  # in the order of the bands
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
        base = self.months.base
        shown = base.iloc[[-1 - n for n in SHOWN_BACK if n < len(base)]].reset_index(names="month")
        stages = {stage: (label, "number") for stage, label in stage_labels(words).items()}
        return Table(
            shown.assign(month=shown["month"].dt.date),
            words.say("The base by stage, today and earlier"),
            words,
            columns={"month": (words.say("on"), "date")} | stages,
        )

    def moves_table(self, words: Words) -> Table:
        """Return all moves of the last 12 months, or of as many as there are, from which stage to which."""
        say, moves = words.say, self.months.moves
        moves = moves[moves["month"].isin(self.months.base.index[-YEAR:])]
        return stage_to_stage(
            moves.groupby(["before", "stage"])["customers"].sum(),
            words.say_many(
                "Moves of the last month, from stage to stage",
                "Moves of the last {n} months, from stage to stage",
                max(self.span, 1),
            ),
            words,
            head=say("from"),
            rows={NEW: say("not known before")} | stage_labels(words),
            note=say("Every move counts, so that one person may be counted several times."),
            to="to {stage}",
        )

    def moves_figure(self, words: Words) -> Picture | None:
        """Draw how many came, came back and went, month by month; None where nobody moved."""
        say, flows, year = words.say, self.flows, self.year
        if not flows.to_numpy().any():
            return None
        counts = {
            "new": words.number(year["new"]),
            "back": words.number(year["came_back"]),
            "lapsed": words.number(year["lapsed"]),
            "lost": words.number(year["lost"]),
            "goodbye": words.number(year["goodbye"]),
        }
        span = span_in_words(self.span, words)
        message = (
            "{span}: {new} new, {back} came back, {lapsed} lapsed, {goodbye} said goodbye"
            if year["goodbye"]
            else "{span}: {new} new, {back} came back, {lapsed} lapsed"
        )
        title = say(message, span=span, **counts)
        figure, axes = new_figure(title)
        names = [say("new customers"), say("came back"), say("lapsed"), say("were lost")]
        drawn = flows[list(DRAWN)].set_axis(names, axis=1)
        sns.lineplot(drawn, palette=list(DRAWN.values()), dashes=False, errorbar=None, ax=axes)
        sns.move_legend(axes, **BESIDE)
        axes.set_ylim(0, None)
        axes.set_xlim(flows.index[0], flows.index[-1])
        show_months(axes, list(flows.index), words)
        alt = say(
            "Four lines by month. {span} {new} were new, {back} came back, {lapsed} lapsed and {lost} were"
            " lost.",
            span=span,
            **counts,
        )
        return Picture(figure, alt)


def develop(history: History, daily: DailyEvents, base: StageBase) -> Development:
    """Count the base by stage and the moves, month by month."""
    months = count_months(history, daily, base.silences, unseen_since(history, base.customers))
    cohort = history.settings.tables.orders.cohort
    warm_up = timedelta(days=0 if cohort else base.silences.lapsed)
    return Development(base, months, _flows(months), pd.Timestamp(history.first_day + warm_up))


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
        "goodbye": (moves["stage"] == "lost") & ~moves["silent"] & ~gone,
    }
    index = months.base.index[1:]
    columns = {
        name: moves[chosen].groupby("month")["customers"].sum().reindex(index, fill_value=0)
        for name, chosen in kinds.items()
    }
    return pd.DataFrame(columns, index=index).astype(np.int64)


def span_in_words(months: int, words: Words) -> str:
    """Return the last so many months as the beginning of a sentence."""
    return words.say_many("In the last month", "In the last {n} months", months)


def development_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what moved in the last 12 months from its findings."""
    say, number = words.say, words.number
    months = findings["months_of_moves"].value
    if not months:
        return [say("The data hold less than two months: how the base develops cannot be told yet.")]
    new, goodbye = (int(findings[f"moved_{name}"].value) for name in ("new", "goodbye"))
    message = "{span} {new}, {lapsed} lapsed, and {back} came back after lapsing or being lost."
    if goodbye:
        message = (
            "{span} {new}, {lapsed} lapsed, {goodbye} through {events} before that, and {back} came back"
            " after lapsing or being lost."
        )
    said = [
        say(
            message,
            span=span_in_words(months, words),
            new=words.say_many("{n} new customer was won", "{n} new customers were won", new),
            lapsed=number(findings["moved_lapsed"].value),
            goodbye=words.say_many("{n} more was lost", "{n} more were lost", goodbye),
            events=any_of(str(findings["lost_events"].value).split(), words),
            back=number(findings["moved_came_back"].value),
        )
    ]
    keys = [stage_key(stage) for stage in FRESH]
    if f"{keys[0]}_12_months_ago" in findings:
        before = sum(findings[f"{key}_12_months_ago"].value for key in keys)
        now = sum(findings[key].value for key in keys)
        message = (
            "There are more engaged customers than a year ago: {now}, after {before}."
            if now > before
            else "There are fewer engaged customers than a year ago: {now}, after {before}."
            if now < before
            else "There are as many engaged customers as a year ago: {now}."
        )
        said.append(say(message, now=number(now), before=number(before)))
    return said


# Since the last report -----------------------------------------------------------------------


@dataclass(frozen=True)
class StageChanges(Result):
    """Everybody's stage in the client's last report and today.

    Attributes
    ----------
    since : date or None
        The as-of date of that report; None where there is none.
    people : DataFrame
        customer_id, before (None: not known then), stage, margin (so far, client's currency).
    gone : int
        Customers of that report whom the data no longer hold.
    """

    since: date | None
    people: pd.DataFrame
    gone: int

    def findings(self) -> list[Finding]:
        """Return none: the findings of a run depend on its input alone, not on earlier reports."""
        return []

    @property
    def changed(self) -> pd.DataFrame:
        """Return those who are known in both and changed stage."""
        people = self.people
        return people[people["before"].notna() & (people["before"] != people["stage"])]

    @property
    def worse(self) -> pd.DataFrame:
        """Return the customers who were engaged and no longer are, those worth most first."""
        changed = self.changed
        fell = changed["before"].isin(FRESH) & changed["stage"].isin(["at risk", "lapsed", "lost"])
        return changed[fell].sort_values(["margin", "customer_id"], ascending=[False, True])

    def sentences(self, words: Words) -> list[str]:
        """Say how many changed stage, and how many are new."""
        many = words.say_many
        if self.since is None:
            return [
                words.say(
                    "There is no earlier report of this client with stages. The next one, on later data, will"
                    " show here who changed stage."
                )
            ]
        changed = words.say(
            "Since the last report, as of {date}, {changed} stage and {new} new.",
            date=words.date(self.since),
            changed=many("{n} person changed", "{n} people changed", len(self.changed)),
            new=many("{n} is", "{n} are", int(self.people["before"].isna().sum())),
        )
        worse = many(
            "{n} who was engaged then is now at risk, lapsed or lost.",
            "{n} who were engaged then are now at risk, lapsed or lost.",
            len(self.worse),
        )
        gone = many(
            "{n} person of that report is no longer in the data.",
            "{n} people of that report are no longer in the data.",
            self.gone,
        )
        return [changed, *([worse] if len(self.worse) else []), *([gone] if self.gone else [])]

    def table(self, words: Words) -> Table | None:
        """Return from which stage to which people changed; None without an earlier report."""
        if self.since is None:
            return None
        say, labels = words.say, stage_labels(words)
        counted = self.changed.groupby(["before", "stage"]).size().reset_index(name="people")
        place = {stage: number for number, stage in enumerate(STAGES)}
        counted = counted.sort_values(["before", "stage"], key=lambda stages: stages.map(place))
        return Table(
            counted.assign(before=counted["before"].map(labels), stage=counted["stage"].map(labels)),
            say("Who changed stage since the last report"),
            words,
            columns={"before": say("then"), "stage": say("today"), "people": (say("people"), "number")},
        )

    def named(self, words: Words) -> Table | None:
        """Return the customers worth most who were engaged and no longer are; None likewise."""
        if self.since is None:
            return None
        say, labels, worse = words.say, stage_labels(words), self.worse.head(MOST_NAMED)
        return Table(
            worse.assign(before=worse["before"].map(labels), stage=worse["stage"].map(labels)),
            say("Engaged at the last report and no longer: those worth most"),
            words,
            columns={
                "customer_id": say("number"),
                "before": say("then"),
                "stage": say("today"),
                "margin": (say("margin so far"), "money"),
            },
        )


def since_last_report(folder: Path, as_of: date, customers: pd.DataFrame) -> StageChanges:
    """Compare with the latest report of the client that was made on earlier data.

    Parameters
    ----------
    folder : Path
        The run's folder; the client's reports lie beside it.
    as_of : date
        The run's as-of date.
    customers : DataFrame
        customer_id, stage, margin.
    """
    people = customers[["customer_id", "stage", "margin"]].reset_index(drop=True)
    earlier = _last_report(folder, as_of)
    if earlier is None:
        return StageChanges(None, people.assign(before=None), 0)
    table = pq.read_table(earlier.folder / CUSTOMERS, columns=["customer_id", "stage"]).to_pandas()
    before = table.set_index("customer_id")["stage"]
    people["before"] = people["customer_id"].map(before).astype(object)
    gone = int((~before.index.isin(people["customer_id"])).sum())
    return StageChanges(earlier.as_of, people, gone)


def _last_report(folder: Path, as_of: date) -> EarlierRun | None:
    for run in reversed(earlier_runs(home_of(folder), as_of)):
        if "stage" in pq.read_schema(run.folder / CUSTOMERS).names:
            return run
    return None
