"""Chapter 04 for clients with contracts: why they were cancelled, as far as anybody wrote it down."""

from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.records.canonical import text_key
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Column, Table
from playbook.show.figures import BLUE, GREEN, GREY, ORANGE, PALE, PURPLE, Picture, new_figure, show_months
from playbook.show.words import Words
from playbook.stats.result import CannotTell, Result

LEAST_ALIKE = 5
"""Cancellations for the same reason below which it is not named: it may be a text about one person."""
MOST_NAMED, MOST_SAID, MOST_DRAWN = 10, 3, 4
COLORS = (BLUE, ORANGE, GREEN, PURPLE)
MONTHS = 24
YEAR = 365
OTHER, UNKNOWN = "", None
"""What stands for the reasons that are not named, and where none is given."""


@dataclass(frozen=True)
class WhyCancelled(Result):
    """The reasons of cancellations, by month.

    Attributes
    ----------
    by_month : DataFrame
        month (its first day), reason (as the client writes it; `OTHER` where too few gave the same,
        `UNKNOWN` where none is given), n (cancellations), margin (of those customers in the 365 days
        up to the cancellation, client's currency).
    as_of : Timestamp
    """

    by_month: pd.DataFrame
    as_of: pd.Timestamp

    @property
    def reasons(self) -> pd.DataFrame:
        """Return reason, n, margin, lately (n of the last 12 months), before (of the 12 before them).

        The commonest first; other reasons and those not known at the end.
        """
        months = self.by_month
        ago = (self.as_of.year - months["month"].dt.year) * 12 + self.as_of.month - months["month"].dt.month
        counted = months.assign(
            lately=months["n"].where(ago < 12, 0), before=months["n"].where(ago.between(12, 23), 0)
        )
        summed = counted.groupby("reason", dropna=False)[["n", "margin", "lately", "before"]].sum()
        whole = summed.reset_index()
        whole["place"] = whole["reason"].map({OTHER: 1}).fillna(0).where(whole["reason"].notna(), 2)
        whole = whole.sort_values(["place", "n", "reason"], ascending=[True, False, True])
        return whole.drop(columns="place").reset_index(drop=True)

    def findings(self) -> list[Finding]:
        """Return how many gave each reason, and what margin went with them."""
        total = int(self.by_month["n"].sum())
        found = [Finding("cancellations_with_or_without_reason", total, unit="customers")]
        for row in self.reasons.to_dict("records"):
            name = _key(row["reason"])
            found.append(Finding(f"cancelled_{name}", int(row["n"]), unit="customers", n=total))
            margin = round(float(row["margin"]), 2)
            found.append(Finding(f"cancelled_margin_{name}", margin, unit="money", n=int(row["n"])))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say which reasons were given most, and for how many none is known."""
        return why_cancelled_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the reasons with their number, share and margin, and of the last two years."""
        say, rows = words.say, self.reasons
        columns: dict[str, Column] = {
            "reason": say("reason"),
            "n": (say("cancellations"), "number"),
            "share": (say("of all"), "percent"),
            "margin": (say("margin of the 12 months before"), "money"),
            "lately": (say("in the last 12 months"), "number"),
            "before": (say("in the 12 before them"), "number"),
        }
        note = say(
            "As the client wrote it down: cancel_reason of the customers, else the detail of the event. A"
            " reason that fewer than {n} gave is not named.",
            n=LEAST_ALIKE,
        )
        shown = rows.assign(
            reason=[_label(reason, words) for reason in rows["reason"]], share=rows["n"] / rows["n"].sum()
        )
        caption = say("Why contracts were cancelled")
        return Table(shown, caption, words, columns=columns, note=note, bars=("n", "margin"))

    def figure(self, words: Words) -> Picture | None:
        """Draw the cancellations by month and reason; None where they fall into a single month."""
        say, rows = words.say, self.reasons
        named = rows["reason"][rows["reason"].notna() & (rows["reason"] != OTHER)].head(MOST_DRAWN).tolist()
        last = self.as_of.to_period("M").to_timestamp()
        parts = self.by_month.assign(part=self.by_month["reason"].fillna("?"))
        parts.loc[~parts["part"].isin([*named, "?"]), "part"] = OTHER
        counted = parts.groupby(["month", "part"])["n"].sum().unstack(fill_value=0)
        start = max(counted.index.min(), last - pd.DateOffset(months=MONTHS - 1))
        counted = counted.reindex(pd.date_range(start, last, freq="MS"), fill_value=0)
        if len(counted) < 2 or not counted.to_numpy().any():
            return None
        first = rows.iloc[0]
        share = words.percent(first["n"] / rows["n"].sum())
        title = say(
            "“{reason}” is the reason given most: {share} of all", reason=first["reason"], share=share
        )
        figure, axes = new_figure(title)
        colors = [*COLORS[: len(named)], GREY, PALE]
        below = pd.Series(0, index=counted.index)
        for part, color in zip([*named, OTHER, "?"], colors, strict=True):
            if part in counted:
                label = _label(UNKNOWN if part == "?" else part, words)
                axes.bar(counted.index, counted[part], bottom=below, color=color, label=label, width=25)
                below = below + counted[part]
        axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5), reverse=True)
        show_months(axes, list(counted.index), words)
        alt = say(
            "Stacked bars of the cancellations of {months} months by reason, {n} in all; “{reason}” is the"
            " largest part of them with {most}.",
            months=words.number(len(counted)),
            n=words.number(int(counted.to_numpy().sum())),
            reason=first["reason"],
            most=words.number(int(counted[first["reason"]].sum())),
        )
        return Picture(figure, alt)


def find_why_cancelled(history: History, sources: Sources) -> WhyCancelled | CannotTell:
    """Count cancellations by month and reason, with the margin that went with them.

    Of customers whose contract has a day of cancellation; where there is none, of events of the kind
    cancellation, each customer's last. Nothing is said of a client without either, nor where all
    events have the same detail, which then says what was cancelled and not why.
    """
    cancelled = _cancellations(history, sources)
    if cancelled is None:
        return CannotTell((), why_cancelled_sentences)
    counted = _counted(cancelled, history)
    by_month = _named(counted)
    reasons = set(by_month["reason"].dropna()) - {OTHER}
    from_customers = _has(history.known, "cancelled_on", "cancel_reason")
    if len(reasons) >= (1 if from_customers else 2):
        return WhyCancelled(by_month, pd.Timestamp(history.as_of))
    contracts = _has(history.known, "cancelled_on") and not counted.empty
    none = (Finding("cancellation_reasons", None, n=int(counted["n"].sum()), verdict="not_known"),)
    return CannotTell(none if contracts else (), why_cancelled_sentences)


def _has(table: Any, *columns: str) -> bool:
    return table is not None and set(columns) <= set(table.columns)


def _cancellations(history: History, sources: Sources) -> Any:
    """Return customer_id, day and reason of each customer's cancellation up to the as-of date, or None."""
    known, events, today = history.known, sources.events, ibis.literal(history.as_of)
    said = None
    if events is not None:
        events = events.filter(
            (events.kind == "cancellation") & events.customer_id.notnull() & (events.happened_at <= today)
        )
        detail = events.detail.max() if "detail" in events.columns else ibis.null("string")
        said = events.group_by("customer_id").aggregate(day=events.happened_at.max(), reason=detail)
    if not _has(known, "cancelled_on"):
        return said
    reason = known.cancel_reason.max() if "cancel_reason" in known.columns else ibis.null("string")
    ended = known.filter(known.customer_id.notnull() & known.cancelled_on.notnull())
    ended = ended.group_by("customer_id").aggregate(day=ended.cancelled_on.min(), reason=reason)
    ended = ended.filter(ended.day <= today)
    if said is None:
        return ended
    joined = ended.left_join(said.select("customer_id", said="reason"), "customer_id")
    return joined.select("customer_id", "day", reason=ibis.coalesce(joined.reason, joined.said))


def _counted(cancelled: Any, history: History) -> pd.DataFrame:
    """Return month, reason, n and margin (of the 365 days up to each cancellation)."""
    days = history.days.select("customer_id", "margin", bought="day")
    joined = cancelled.inner_join(days, "customer_id")
    since = joined.day.delta(joined.bought, unit="day")
    brought = joined.filter((since >= 0) & (since < YEAR)).group_by("customer_id")
    margins = brought.aggregate(margin=lambda rows: rows.margin.sum().cast("float64"))
    whole = cancelled.left_join(margins, "customer_id")
    whole = whole.select("reason", month=whole.day.truncate("M"), margin=whole.margin.fill_null(0.0))
    grouped = whole.group_by("month", "reason").aggregate(n=whole.count(), margin=whole.margin.sum())
    frame: pd.DataFrame = grouped.order_by(["month", "reason"]).to_pyarrow().to_pandas(date_as_object=False)
    return frame.assign(month=pd.to_datetime(frame["month"]))


def _named(counted: pd.DataFrame) -> pd.DataFrame:
    """Return the counts by reasons as `WhyCancelled` names them: alike but for case and blanks are one."""
    given = counted[counted["reason"].notna()]
    keys = given["reason"].map(text_key)
    spelled = given.assign(key=keys).groupby(["key", "reason"])["n"].sum().reset_index()
    spelled = spelled.sort_values(["n", "reason"], ascending=[False, True])
    alike = spelled.groupby("key")["n"].sum().reset_index().sort_values(["n", "key"], ascending=[False, True])
    named = alike.loc[alike["n"] >= LEAST_ALIKE, "key"].head(MOST_NAMED)
    label = spelled.drop_duplicates("key").set_index("key")["reason"].reindex(named)
    reason = keys.map(label).fillna(OTHER).reindex(counted.index).astype(object)
    reason[counted["reason"].isna()] = UNKNOWN
    summed = counted.assign(reason=reason).groupby(["month", "reason"], dropna=False)[["n", "margin"]].sum()
    return summed.reset_index()


def _label(reason: str | None, words: Words) -> str:
    return (
        words.say("not known")
        if reason is UNKNOWN or pd.isna(reason)
        else reason or words.say("other reasons")
    )


def _key(reason: Any) -> str:
    return "for_reason_not_known" if pd.isna(reason) else f"for={reason}" if reason else "for_other_reasons"


def why_cancelled_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the reasons given most, and how many gave none; nothing without cancellations."""
    if "cancellation_reasons" in findings:
        return [
            words.say(
                "Why contracts were cancelled is not known: name the column of reasons as cancel_reason of"
                " the customers, or as detail of the events."
            )
        ]
    if "cancellations_with_or_without_reason" not in findings:
        return []
    total = findings["cancellations_with_or_without_reason"].value
    prefix = "cancelled_for="
    named = [name.removeprefix(prefix) for name in findings if name.startswith(prefix)]
    parts = [
        words.say(
            "“{reason}” {n} ({share}, {margin})",
            reason=reason,
            n=words.number(findings[f"{prefix}{reason}"].value),
            share=words.percent(findings[f"{prefix}{reason}"].value / total),
            margin=words.money(findings[f"cancelled_margin_for={reason}"].value),
        )
        for reason in named[:MOST_SAID]
    ]
    said = [
        words.say(
            "Of {total} who cancelled, most gave as reason: {reasons}. The amounts are their margin of the 12"
            " months before.",
            total=words.number(total),
            reasons=", ".join(parts),
        )
    ]
    if unknown := findings.get("cancelled_for_reason_not_known"):
        said.append(
            words.say_many(
                "For {n} of them ({share}) the reason is not known.",
                "For {n} of them ({share}) the reason is not known.",
                unknown.value,
                share=words.percent(unknown.value / total),
            )
        )
    return said
