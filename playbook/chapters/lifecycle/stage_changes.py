"""Chapter 02: who changed stage since the client's last report.

It is read from that report's own table of customers and only shown: the tables and findings of a run
depend on its input alone.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from playbook.archive.earlier import EarlierRun, earlier_runs, home_of
from playbook.archive.folders import CUSTOMERS
from playbook.chapters.lifecycle.rules import STAGES
from playbook.chapters.lifecycle.words import FRESH, stage_labels
from playbook.show.display import Table
from playbook.show.words import Words

MOST_NAMED = 15


@dataclass(frozen=True)
class Changes:
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
        say = words.say
        if self.since is None:
            return [
                say(
                    "There is no earlier report of this client with stages. The next one, on later data, will"
                    " show here who changed stage."
                )
            ]
        new = int(self.people["before"].isna().sum())
        said = [
            say(
                "Since the last report, as of {date}, {changed} stage and {new} new.",
                date=words.date(self.since),
                changed=words.say_many("{n} person changed", "{n} people changed", len(self.changed)),
                new=words.say_many("{n} is", "{n} are", new),
            )
        ]
        if len(self.worse):
            said.append(
                words.say_many(
                    "{n} who was engaged then is now at risk, lapsed or lost.",
                    "{n} who were engaged then are now at risk, lapsed or lost.",
                    len(self.worse),
                )
            )
        if self.gone:
            said.append(
                words.say_many(
                    "{n} person of that report is no longer in the data.",
                    "{n} people of that report are no longer in the data.",
                    self.gone,
                )
            )
        return said

    def table(self, words: Words) -> Table:
        """Return from which stage to which people changed."""
        say, labels = words.say, stage_labels(words)
        counted = self.changed.groupby(["before", "stage"]).size().reset_index(name="people")
        place = {stage: number for number, stage in enumerate(STAGES)}
        order = counted[["before", "stage"]].map(place.__getitem__)
        counted = counted.loc[order.sort_values(["before", "stage"]).index]
        shown = counted.assign(before=counted["before"].map(labels), stage=counted["stage"].map(labels))
        headings = {"before": say("then"), "stage": say("today"), "people": say("people")}
        caption = say("Who changed stage since the last report")
        return Table(shown, caption, words, {"people": "number"}, headings)

    def named(self, words: Words) -> Table:
        """Return the customers worth most who were engaged and no longer are."""
        say, labels = words.say, stage_labels(words)
        worse = self.worse.head(MOST_NAMED)
        shown = worse.assign(before=worse["before"].map(labels), stage=worse["stage"].map(labels))
        headings = {
            "customer_id": say("number"),
            "before": say("then"),
            "stage": say("today"),
            "margin": say("margin so far"),
        }
        caption = say("Engaged at the last report and no longer: those worth most")
        return Table(shown[list(headings)], caption, words, {"margin": "money"}, headings)


def since_last_report(folder: Path, as_of: date, customers: pd.DataFrame) -> Changes:
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
        return Changes(None, people.assign(before=None), 0)
    table = pq.read_table(earlier.folder / CUSTOMERS, columns=["customer_id", "stage"]).to_pandas()
    before = table.set_index("customer_id")["stage"]
    people["before"] = people["customer_id"].map(before).astype(object)
    gone = int((~before.index.isin(people["customer_id"])).sum())
    return Changes(earlier.as_of, people, gone)


def _last_report(folder: Path, as_of: date) -> EarlierRun | None:
    for run in reversed(earlier_runs(home_of(folder), as_of)):
        if "stage" in pq.read_schema(run.folder / CUSTOMERS).names:
            return run
    return None
