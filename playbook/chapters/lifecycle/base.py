"""Chapter 02: in which stage everybody is, and what that is worth."""

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.lifecycle.daily_events import Signs
from playbook.chapters.lifecycle.limits import Limits, find_limits, limit_sentences
from playbook.chapters.lifecycle.rules import (
    LOST,
    STAGES,
    SUSPECT,
    Silences,
    find_silences,
    stages_at,
    year_before,
)
from playbook.chapters.lifecycle.words import stage_key, stage_labels, stage_rules, stage_sentences
from playbook.records.history import History, known_since, spell_counts
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.display import Table
from playbook.show.words import Words


@dataclass(frozen=True)
class Base:
    """Everybody known, with their stage today.

    Attributes
    ----------
    customers : DataFrame
        The customer table with silence_days (Int32, missing without an order), stage (one of
        `STAGES`), lapsed (bool: silent for longer than the inactivity threshold), year_margin (of the
        last 365 days, client's currency), stage_before (a year ago; None where not known then),
        old_customer and unseen (bool: nothing measurable ever happened).
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
            found += [
                Finding(key, size, unit="customers", n=n),
                Finding(f"revenue_{key}", round(float(row["revenue"]), 2), unit="money", n=size),
                Finding(f"margin_{key}", round(float(row["margin"]), 2), unit="money", n=size),
                Finding(f"year_margin_{key}", round(float(row["year_margin"]), 2), unit="money", n=size),
            ]
        return [*found, *self._lapsed_findings(), *self.limits.findings()]

    def _lapsed_findings(self) -> list[Finding]:
        """Return who is lapsed by silence alone, and who is lost by what they did before that silence."""
        seen = self.customers
        early = (seen["stage"] == STAGES[LOST]) & ~seen["lapsed"]
        kinds = dict.fromkeys(("cancellation", *self.settings.lifecycle.lost_events))
        return [
            Finding("lapsed_by_silence", int(seen["lapsed"].sum()), unit="customers", n=len(seen)),
            Finding("lost_before_silence", int(early.sum()), unit="customers", n=len(seen)),
            Finding("lost_events", " ".join(kinds)),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how many are in each stage, and what those at risk brought."""
        return stage_sentences({finding.name: finding for finding in self.findings()}, words)

    def limit_sentences(self, words: Words) -> list[str]:
        """Say which stages the data cannot show."""
        return limit_sentences({finding.name: finding for finding in self.findings()}, words)

    def rules(self, words: Words) -> Table:
        """Return the rule of every stage."""
        labels = stage_labels(words)
        rules = stage_rules(self.silences, self.settings, words)
        frame = pd.DataFrame(
            {"stage": [labels[stage] for stage in STAGES], "rule": [rules[s] for s in STAGES]}
        )
        headings = {"stage": words.say("stage"), "rule": words.say("who is in it")}
        return Table(
            frame,
            words.say("The stages and their rules"),
            words,
            headings=headings,
            note=words.say(
                "The last rule that fits decides. Every number can be set under lifecycle in client.yml."
            ),
        )

    def table(self, words: Words) -> Table:
        """Return customers, revenue and margin by stage."""
        say, groups = words.say, self.groups
        shown = groups.assign(
            stage=groups["stage"].map(stage_labels(words)),
            share=groups["customers"] / max(int(groups["customers"].sum()), 1),
            of_margin=groups["year_margin"] / total if (total := groups["year_margin"].sum()) > 0 else np.nan,
        )
        headings = {
            "stage": say("stage"),
            "customers": say("people"),
            "share": say("of all"),
            "revenue": say("revenue so far"),
            "margin": say("margin so far"),
            "year_margin": say("margin of the last 12 months"),
            "of_margin": say("of that margin"),
        }
        formats = {"customers": "number", "share": "percent", "of_margin": "percent"}
        formats |= dict.fromkeys(("revenue", "margin", "year_margin"), "money")
        caption = say("The base by stage on {date}", date=words.date(self.as_of))
        return Table(shown[list(headings)], caption, words, formats, headings)

    def moved(self, words: Words) -> Table:
        """Return where everybody is today, by where they were a year ago."""
        say, labels = words.say, stage_labels(words)
        unknown = say("not known then")
        caption = say("From the stage a year ago to the stage of today: people")
        if self.customers["stage_before"].isna().all():
            return Table(pd.DataFrame(columns=["before"]), caption, words)
        before = self.customers["stage_before"].map(labels).fillna(unknown)
        crossed = pd.crosstab(before, self.customers["stage"].map(labels))
        rows = [label for label in (*labels.values(), unknown) if label in crossed.index]
        columns = [label for label in labels.values() if label in crossed.columns]
        shown = crossed.loc[rows, columns].astype(float).replace(0, np.nan).reset_index(names="before")
        headings = {"before": say("a year ago")} | {label: label for label in columns}
        return Table(
            shown.rename_axis(columns=None),
            caption,
            words,
            dict.fromkeys(columns, "number"),
            headings,
            say("Along a line: where those who were in that stage a year ago are now."),
        )


def see_base(history: History, sources: Sources, signs: Signs, frame: pd.DataFrame) -> Base:
    """Find everybody's stage today and a year ago.

    Parameters
    ----------
    signs : Signs
        As `signs.read_signs` returns them.
    frame : DataFrame
        The customer table: customer_id, orders, revenue, margin, last_order; sorted by customer_id.
    """
    settings = history.settings
    silences = find_silences(spell_counts(history), settings)
    ids = frame["customer_id"]
    seen = frame.copy()
    last = pd.to_datetime(seen["last_order"])
    seen["silence_days"] = (pd.Timestamp(history.as_of) - last).dt.days.astype("Int32")
    now = ids.map(stages_at(signs, silences, history.as_of))
    seen["stage"], seen["unseen"] = now.fillna(STAGES[SUSPECT]), now.isna()
    seen["lapsed"] = (seen["silence_days"] > silences.lapsed).fillna(False).astype(bool)
    seen["year_margin"] = ids.map(_year_margin(history)).fillna(0.0)
    seen["stage_before"] = _year_ago(history, signs, silences, seen)
    seen["old_customer"] = ids.isin(_old(signs))
    limits = find_limits(history, sources, seen)
    return Base(seen, silences, limits, settings, history.as_of)


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
    days = history.days.filter(history.days.day > ibis.literal(year_before(history.as_of)))
    summed = days.group_by("customer_id").aggregate(margin=days.margin.sum().cast("float64"))
    frame = summed.to_pyarrow().to_pandas()
    return pd.Series(frame["margin"].to_numpy(float), index=frame["customer_id"])


def _year_ago(history: History, signs: Signs, silences: Silences, seen: pd.DataFrame) -> pd.Series:
    """Return the stage a year ago; None for whoever was not known then, or where the data are younger."""
    day = year_before(history.as_of)
    if day < history.first_day:
        return pd.Series(None, index=seen.index, dtype=object)
    before = seen["customer_id"].map(stages_at(signs, silences, day)).astype(object)
    known = seen["unseen"] & (unseen_since(history, seen).reindex(seen.index) <= pd.Timestamp(day))
    before = before.mask(known, STAGES[SUSPECT])
    return pd.Series([None if pd.isna(stage) else stage for stage in before], seen.index, dtype=object)


def _old(signs: Signs) -> list[str]:
    """Return the customers who may have been customers before the log begins."""
    ids: list[str] = signs.people.filter(signs.people.old_customer).customer_id.to_pyarrow().to_pylist()
    return ids
