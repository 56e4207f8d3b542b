"""What came of the calls that callers have written down, long before it shows whether they worked."""

from dataclasses import dataclass

import pandas as pd

from playbook.archive.findings import Finding
from playbook.offers.catalogue import NAMED
from playbook.offers.names import outcome_names
from playbook.records.sources import Sources
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result

BY_RULE = ""
"""In place of a campaign: calls that a complaint or a cancellation asked for."""


@dataclass(frozen=True)
class CallsMade(Result):
    """How often each outcome was written down.

    Attributes
    ----------
    counts : DataFrame
        One row per campaign, by its name: campaign (or `BY_RULE`), to_call (assigned to a call or visit),
        called, and one column per outcome of `offers.names.outcome_names`.
    """

    counts: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return how many calls were made."""
        return [Finding("calls_made", int(self.counts["called"].sum()), unit="customers")]

    def table(self, words: Words) -> Table | None:
        """Return one line per campaign; None where no call was handed in."""
        if self.counts.empty:
            return None
        say = words.say
        columns: dict[str, Column] = {
            "campaign": say("campaign"),
            "to_call": (say("to call"), "number"),
            "called": (say("called"), "number"),
            **{code: (said, "number") for code, said in outcome_names(words).items()},
        }
        shown = self.counts.assign(
            campaign=self.counts["campaign"].replace({BY_RULE: say("complaints and cancellations")}),
            to_call=self.counts["to_call"].where(self.counts["campaign"] != BY_RULE),
        )
        note = say("As callers wrote it down. Whether the calls paid is told by the orders, not by this.")
        return Table(shown, say("What came of the calls"), words, columns=columns, note=note)


def calls_made(sources: Sources) -> CallsMade:
    """Count the outcomes that were handed in with ``playbook done``, by the campaign of their call.

    Calls made after the as-of date count too: nothing is measured by them.
    """
    codes = list(outcome_names(Words()))
    nothing = CallsMade(pd.DataFrame(columns=["campaign", "to_call", "called", *codes]))
    if sources.events is None or sources.contacts is None:
        return nothing
    events, contacts = sources.events, sources.contacts
    if "detail" not in events.columns:
        return nothing
    made = events.filter(events.kind == "outcome")
    made = made.select("customer_id", day="happened_at", outcome=made.detail).distinct()
    by_voice = contacts.filter(contacts.channel.isin(NAMED) & (contacts.arm == "treated"))
    own = by_voice.select("campaign", "customer_id", day="contacted_at").distinct()
    counted = (
        made.left_join(own, ["customer_id", "day"])
        .select("campaign", "outcome")
        .group_by("campaign", "outcome")
        .aggregate(n=lambda t: t.count())
        .to_pyarrow()
        .to_pandas()
    )
    if counted.empty:
        return nothing
    counted["campaign"] = counted["campaign"].fillna(BY_RULE)
    counts = counted.pivot_table("n", "campaign", "outcome", "sum", 0).reindex(columns=codes, fill_value=0)
    to_call = own.group_by("campaign").aggregate(n=own.customer_id.nunique()).to_pyarrow().to_pandas()
    counts = counts.reset_index().rename_axis(columns=None)
    counts["called"] = counts[codes].sum(axis=1)
    counts["to_call"] = counts["campaign"].map(to_call.set_index("campaign")["n"])
    return CallsMade(counts)
