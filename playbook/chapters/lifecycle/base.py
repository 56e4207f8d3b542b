"""Chapter 02: in which stage everybody is, and what that is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.lifecycle.daily_events import DailyEvents
from playbook.chapters.lifecycle.limits import Limits, find_limits
from playbook.chapters.lifecycle.rules import (
    LOST,
    NEW,
    STAGES,
    SUSPECT,
    Silences,
    find_silences,
    own_silences,
    stages_at,
)
from playbook.chapters.lifecycle.words import stage_key, stage_labels, stage_rules, stage_sentences
from playbook.records.history import History, known_since
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.rhythms import own_days
from playbook.stats.spells import spell_counts

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class StageBase(Result):
    """Everybody known, with their stage today.

    Attributes
    ----------
    customers : DataFrame
        The customer table with silence_days (Int32, missing without an order), stage (one of
        `STAGES`), lapsed (bool: silent for longer than the inactivity threshold), inactivity_days
        (everybody's own threshold, where values have one), year_margin (of the last 365 days,
        client's currency), stage_before (a year ago; `NEW` where not known then), old_customer and
        unseen (bool: nothing measurable ever happened).
    silences : Silences
    limits : Limits
    settings : Settings
    as_of : date
    """

    customers: pd.DataFrame
    silences: Silences
    limits: Limits
    settings: Settings
    as_of: date

    @property
    def groups(self) -> pd.DataFrame:
        """Return stage, customers, revenue, margin and year_margin, one row per stage."""
        grouped = self.customers.groupby("stage").agg(
            customers=("customer_id", "size"),
            revenue=("revenue", "sum"),
            margin=("margin", "sum"),
            year_margin=("year_margin", "sum"),
        )
        whole = grouped.reindex(list(STAGES), fill_value=0).reset_index(names="stage")
        return whole.astype({"customers": "int64"})

    def findings(self) -> list[Finding]:
        """Return the base by stage, the silences, and what the data cannot show."""
        silences, n = self.silences, len(self.customers)
        found = [
            Finding("silence_at_risk", silences.at_risk, unit="days", verdict=silences.at_risk_source),
            Finding("silence_lapsed", silences.lapsed, unit="days", verdict=silences.inactivity.source),
            Finding("silence_lost", silences.lost, unit="days", verdict=silences.lost_source),
        ]
        for row in self.groups.to_dict("records"):
            key, size = stage_key(str(row["stage"])), int(row["customers"])
            found.append(Finding(key, size, unit="customers", n=n))
            found += [
                Finding(f"{name}_{key}", round(float(row[name]), 2), unit="money", n=size)
                for name in ("revenue", "margin", "year_margin")
            ]
        preset = Finding("preset", self.settings.preset)
        return [*found, *self._lapsed_findings(), *self.limits.findings(), preset]

    def _lapsed_findings(self) -> list[Finding]:
        """Return who is lapsed by silence alone, and who is lost by what they did before that silence."""
        stage, lapsed, n = self.customers["stage"], self.customers["lapsed"], len(self.customers)
        early = (stage == STAGES[LOST]) & ~lapsed
        kinds = dict.fromkeys(("cancellation", *self.settings.lifecycle.lost_events))
        return [
            Finding("lapsed_by_silence", int(lapsed.sum()), unit="customers", n=n),
            Finding("lost_before_silence", int(early.sum()), unit="customers", n=n),
            Finding("lost_events", " ".join(kinds)),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how many are in each stage, and what those at risk brought."""
        return stage_sentences(self.by_name, words)

    def rules(self, words: Words) -> Table:
        """Return the rule of every stage."""
        rules = stage_rules(self.silences, self.settings, words)
        frame = pd.DataFrame(
            [(label, rules[stage]) for stage, label in stage_labels(words).items()], columns=["stage", "rule"]
        )
        note = "The last rule that fits decides. Every number can be set under lifecycle in client.yml."
        if self.silences.own:
            note = (
                "The last rule that fits decides. The silences are those of all customers together; those"
                " with a threshold of their own (chapter 04) have all three of their own."
            )
        return Table(
            frame,
            words.say("The stages and their rules"),
            words,
            columns={"stage": words.say("stage"), "rule": words.say("who is in it")},
            note=words.say(note),
        )

    def table(self, words: Words) -> Table:
        """Return customers, revenue and margin by stage."""
        say, groups = words.say, self.groups
        margin = groups["year_margin"].sum()
        shown = groups.assign(
            stage=groups["stage"].map(stage_labels(words)),
            share=groups["customers"] / max(int(groups["customers"].sum()), 1),
            of_margin=groups["year_margin"] / margin if margin > 0 else np.nan,
        )
        columns: dict[str, Column] = {
            "stage": say("stage"),
            "customers": (say("people"), "number"),
            "share": (say("of all"), "percent"),
            "revenue": (say("revenue so far"), "money"),
            "margin": (say("margin so far"), "money"),
            "year_margin": (say("margin of the last 12 months"), "money"),
            "of_margin": (say("of that margin"), "percent"),
        }
        caption = say("The base by stage on {date}", date=words.date(self.as_of))
        return Table(shown, caption, words, columns=columns, bars=("customers", "of_margin"))

    def moved(self, words: Words) -> Table:
        """Return where everybody is today, by where they were a year ago."""
        say, people = words.say, self.customers
        if (people["stage_before"] == NEW).all():  # the data do not go back that far
            people = people.iloc[:0]
        return stage_to_stage(
            people.groupby(["stage_before", "stage"]).size(),
            say("From the stage a year ago to the stage of today: people"),
            words,
            head=say("a year ago"),
            rows=stage_labels(words) | {NEW: say("not known then")},
            note=say("Along a line: where those who were in that stage a year ago are now."),
        )


def stage_to_stage(
    counted: "pd.Series[int]",
    caption: str,
    words: Words,
    *,
    head: str,
    rows: Mapping[str, str],
    note: str,
    to: str = "{stage}",
) -> Table:
    """Return a table of people by where they were, one line each, and where they are.

    Parameters
    ----------
    counted : Series of int
        People by the stage they were in and the one they are in; a pair that is not there has nobody.
    head : str
        Says when they were there.
    rows : mapping
        What is written before each line, in the order of the lines.
    to : str
        Message that heads a column.
    """
    wide = counted.unstack()
    wide = wide.loc[[stage for stage in rows if stage in wide.index]].rename(index=rows)
    columns: dict[str, Column] = {"before": head}
    for stage, label in stage_labels(words).items():
        if stage in wide:
            columns[stage] = (words.say(to, stage=label), "number")
    shown = wide.rename_axis(index=None, columns=None).reset_index(names="before")
    return Table(shown, caption, words, columns=columns, note=note)


def find_stages(history: History, sources: Sources, daily: DailyEvents, customers: pd.DataFrame) -> StageBase:
    """Find everybody's stage today and a year ago.

    Parameters
    ----------
    customers : DataFrame
        The customer table: customer_id, orders, revenue, margin, last_order; sorted by customer_id.
    """
    settings = history.settings
    silences = own_silences(history, find_silences(spell_counts(history), settings))
    daily = silences.known_of(daily, history)
    ids, frame = customers["customer_id"], customers.copy()
    last = pd.to_datetime(frame["last_order"])
    frame["silence_days"] = (pd.Timestamp(history.as_of) - last).dt.days.astype("Int32")
    stage = ids.map(stages_at(daily, silences, history.as_of))
    frame["stage"], frame["unseen"] = stage.fillna(STAGES[SUSPECT]), stage.isna()
    own = own_days(ids, history, silences.lapsed)
    frame["lapsed"] = (frame["silence_days"] > own).fillna(False).astype(bool)
    if silences.own:
        frame["inactivity_days"] = own
    frame["year_margin"] = ids.map(_year_margin(history)).fillna(0.0)
    frame["stage_before"] = _year_ago(history, daily, silences, frame)
    old = daily.people.filter(daily.people.old_customer).customer_id
    frame["old_customer"] = ids.isin(old.to_pyarrow().to_pylist())
    limits = find_limits(history, sources, frame, silences.lost)
    return StageBase(frame, silences, limits, settings, history.as_of)


def unseen_since(history: History, customers: pd.DataFrame) -> pd.Series:
    """Return, for whoever never showed anything, the day from which the client knew them.

    That is the day on which they were acquired, where it is known and within the data; else the data's
    first day.

    Parameters
    ----------
    customers : DataFrame
        customer_id, unseen (bool).
    """
    ids, first = customers.loc[customers["unseen"], "customer_id"], pd.Timestamp(history.first_day)
    acquired = known_since(history)
    if acquired is None:
        return pd.Series(first, index=ids.index)
    table = acquired.to_pyarrow().to_pandas()
    day = pd.to_datetime(table.set_index("customer_id")["acquired_on"])
    since: pd.Series = ids.map(day).fillna(first).clip(lower=first)
    return since


def _year_margin(history: History) -> pd.Series:
    days = history.days.filter(history.days.day > ibis.literal(history.as_of - YEAR))
    summed = days.group_by("customer_id").aggregate(margin=days.margin.sum().cast("float64"))
    margins: pd.Series = summed.to_pyarrow().to_pandas().set_index("customer_id")["margin"]
    return margins


def _year_ago(history: History, daily: DailyEvents, silences: Silences, customers: pd.DataFrame) -> pd.Series:
    """Return the stage a year ago; `NEW` for whoever was not known then, or where the data are younger."""
    day = history.as_of - YEAR
    if day < history.first_day:
        return pd.Series(NEW, index=customers.index)
    before = customers["customer_id"].map(stages_at(daily, silences, day)).astype(object)
    since = unseen_since(history, customers).reindex(customers.index)
    known = customers["unseen"] & (since <= pd.Timestamp(day))
    return before.mask(known, STAGES[SUSPECT]).fillna(NEW)
