"""Chapter 02: those who left against those who stayed, and the happiest against the rest.

Everybody is described as they stood on one past day; what came after it says who is in which group.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import numpy as np
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.lifecycle.profile_words import attribute_labels, profile_sentences, shown_mean
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Table, heading, new_figure
from playbook.show.figures import BLUE, GREY, ORANGE, Picture
from playbook.show.words import Words
from playbook.stats.differences import compare_groups
from playbook.stats.landmarks import describe

LEAST_IN_GROUP = 30
LEAST_FOLLOWED = 30
"""Days on either side of the landmark below which nobody is compared."""
YEAR = 365
RECENT_VISITS = 90
NOT_HAPPENED = ("visits", "inquired", "complained", "solved", "unsubscribed")
"""What is nought, and not unknown, of customers without any event."""
RHYTHM = ("orders", "silence", "gap", "late")
"""What says how often somebody orders; not compared where that says who the happiest are."""
BEST_SHARE = 0.2
"""The share of customers who count as the happiest where nobody said how content they are."""

Group = Literal["left", "happiest"]
Told = Literal["orders", "ratings"]


@dataclass(frozen=True)
class Profile:
    """A group of customers against the others, as they stood on a past day.

    Attributes
    ----------
    group : str
        left or happiest.
    told_by : str
        What says who is in it: orders (after that day) or ratings (given after it).
    attributes : DataFrame
        As `differences.compare_groups` returns it.
    inside, outside : int
        Customers in the group, and the others.
    landmark : date
    days : int
        Days after it that were looked at.
    preset : str
    """

    group: Group
    told_by: Told
    attributes: pd.DataFrame
    inside: int
    outside: int
    landmark: date
    days: int
    preset: str

    def findings(self) -> list[Finding]:
        """Return every standardised difference with its verdict, and who was compared."""
        found = [
            Finding(f"{self.group}_customers", self.inside, unit="customers", verdict=self.told_by),
            Finding(f"{self.group}_others", self.outside, unit="customers"),
            Finding(f"{self.group}_landmark", self.landmark.isoformat(), unit="date"),
            Finding(f"{self.group}_days", self.days, unit="days"),
            Finding("preset", self.preset),
        ]
        for row in self.attributes.to_dict("records"):
            value, low, high = (round(float(row[key]), 4) for key in ("difference", "low", "high"))
            name = f"{self.group}_difference_{row['attribute']}"
            n = self.inside + self.outside
            found.append(Finding(name, value, low, high, "standard_deviations", n, str(row["verdict"])))
            for side, size in (("inside", self.inside), ("outside", self.outside)):
                name = f"{self.group}_{side}_{row['attribute']}"
                found.append(Finding(name, round(float(row[side]), 4), unit="mean", n=size))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what the group had more and less of."""
        return profile_sentences(self.group, {finding.name: finding for finding in self.findings()}, words)

    def table(self, words: Words) -> Table:
        """Return means, standardised differences and verdicts."""
        say, number, seen = words.say, words.number, self.attributes
        labels = attribute_labels(self.preset, words)
        verdicts = {"more": say("more"), "less": say("less"), "alike": say("no clear difference")}
        shown = pd.DataFrame(
            {
                "attribute": seen["attribute"].map({name: label for name, (label, _) in labels.items()}),
                "inside": [self._mean(row, "inside", words) for row in seen.to_dict("records")],
                "outside": [self._mean(row, "outside", words) for row in seen.to_dict("records")],
                "difference": seen["difference"],
                "between": [
                    words.between(number(low, 2), number(high, 2))
                    for low, high in zip(seen["low"], seen["high"], strict=True)
                ],
                "verdict": seen["verdict"].map(verdicts),
            }
        )
        headings = {
            "attribute": say("on {date}", date=words.date(self.landmark)),
            "inside": self._names(words)[0],
            "outside": self._names(words)[1],
            "difference": say("standardised difference"),
            "between": say("95% interval"),
            "verdict": say("verdict"),
        }
        caption = (
            say("Those who left and those who stayed")
            if self.group == "left"
            else say("The happiest and the rest")
        )
        note = say(
            "Means, or shares, as of that day. “More” and “less” hold with at most 5% false discoveries among"
            " them."
        )
        return Table(shown, caption, words, {"difference": "decimal"}, headings, note if len(seen) else "")

    def figure(self, words: Words) -> Picture:
        """Draw the standardised differences with their intervals."""
        say, seen = words.say, self.attributes
        figure, axes = new_figure(height=1.4 + 0.32 * len(seen))
        ours, theirs = self._names(words)
        heading(axes, say("{group} against {others}", group=ours, others=theirs).capitalize())
        if seen.empty:
            return Picture(figure, say("No differences: too few customers to compare."))
        labels = attribute_labels(self.preset, words)
        places = np.arange(len(seen))[::-1]
        colors = seen["verdict"].map({"more": ORANGE, "less": BLUE, "alike": GREY})
        axes.hlines(places, seen["low"], seen["high"], color=colors)
        axes.scatter(seen["difference"], places, color=colors, zorder=3)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_yticks(places, [labels[name][0] for name in seen["attribute"]])
        axes.xaxis.set_major_formatter(lambda value, _: words.number(value, 1))
        axes.set_xlabel(say("standardised difference; right: {group} had more of it", group=ours))
        largest = seen.iloc[0]
        alt = say(
            "Dots with intervals, one line per attribute; the farthest from 0 is “{attribute}”, with a"
            " standardised difference of {value}.",
            attribute=labels[largest["attribute"]][0],
            value=words.number(largest["difference"], 2),
        )
        return Picture(figure, alt)

    def _names(self, words: Words) -> tuple[str, str]:
        say = words.say
        if self.group == "left":
            return say("those who left"), say("those who stayed")
        return say("the happiest"), say("the rest")

    def _mean(self, row: dict[Any, Any], side: str, words: Words) -> str:
        return shown_mean(str(row["attribute"]), float(row[side]), self.preset, words)


def those_who_left(history: History, sources: Sources, lapsed_days: int) -> Profile:
    """Compare customers who were not lapsed on a past day by whether they ordered afterwards."""
    days = _span(history, history.settings.horizon_days)
    landmark = history.as_of - timedelta(days=days)
    seen = _active(history, landmark, days, lapsed_days)
    left = seen["later"] == 0
    return _profile("left", "orders", history, sources, seen, left, landmark, days)


def the_happiest(history: History, sources: Sources, lapsed_days: int) -> Profile:
    """Compare the happiest with the rest, as they stood before they showed it.

    They are those whose ratings given after the landmark are all the best possible, against the others
    who rated. Where too few rated: the fifth who ordered most often after it, against all others.
    """
    days = _span(history, YEAR)
    landmark = history.as_of - timedelta(days=days)
    seen = _active(history, landmark, days, lapsed_days)
    ratings = _ratings(sources, landmark, history.as_of)
    if ratings is not None:
        rated = seen[seen["customer_id"].isin(ratings.index)].reset_index(drop=True)
        happy = rated["customer_id"].map(ratings) >= ratings.max()
        if min(happy.sum(), (~happy).sum()) >= LEAST_IN_GROUP:
            return _profile("happiest", "ratings", history, sources, rated, happy, landmark, days)
    most = max(float(seen["later"].quantile(1 - BEST_SHARE)) if len(seen) else 0.0, 1.0)
    often = seen["later"] >= most
    return _profile("happiest", "orders", history, sources, seen, often, landmark, days)


def _span(history: History, wanted: int) -> int:
    return min(wanted, (history.as_of - history.first_day).days // 2)


def _profile(
    group: Group,
    told_by: Told,
    history: History,
    sources: Sources,
    seen: pd.DataFrame,
    inside: pd.Series,
    landmark: date,
    days: int,
) -> Profile:
    enough = min(int(inside.sum()), int((~inside).sum())) >= LEAST_IN_GROUP and days >= LEAST_FOLLOWED
    described = _attributes(history, sources, seen, landmark)
    if group == "happiest" and told_by == "orders":
        described = described.drop(columns=list(RHYTHM))
    compared = compare_groups(described if enough else described.iloc[:, :0], inside)
    sizes = (int(inside.sum()), int((~inside).sum()))
    return Profile(group, told_by, compared, *sizes, landmark, days, history.settings.preset)


def _active(history: History, landmark: date, days: int, lapsed_days: int) -> pd.DataFrame:
    """Return the customers who were not lapsed on the landmark, as they stood then."""
    seen = describe(history, [landmark], max(days, 1))
    return seen[seen["silence"] <= lapsed_days].reset_index(drop=True)


def _attributes(history: History, sources: Sources, seen: pd.DataFrame, landmark: date) -> pd.DataFrame:
    """Return what is compared, one row per customer of ``seen``; nothing is later than the landmark."""
    gap = (seen["age"] - seen["silence"]) / (seen["orders"] - 1).where(seen["orders"] > 1)
    found = pd.DataFrame(
        {
            "orders": seen["orders"],
            "silence": seen["silence"],
            "age": seen["age"],
            "order_value": seen["amount"] / seen["orders"],
            "gap": gap,
            "late": seen["silence"] / gap.where(gap > 0),
        }
    )
    for name in ("discount", "coupons"):
        if name in seen:
            found[name] = seen[name]
    ids = seen["customer_id"]
    for part in (_from_days(history, landmark), _from_events(sources, landmark)):
        if part is not None:
            found = pd.concat([found, part.reindex(ids).reset_index(drop=True)], axis=1)
    return found.fillna({name: 0.0 for name in NOT_HAPPENED if name in found})


def _from_days(history: History, landmark: date) -> pd.DataFrame:
    """Return by customer the shares of days with a return, and of orders placed by channel."""
    days = history.days.filter(history.days.day <= ibis.literal(landmark))
    order = days.sale_lines > 0
    measures = {"orders": order.sum(), "returned": (days.return_lines > 0).sum()}
    if "sales_channel" in days.columns:
        named = [channel.casefold() for channel in history.settings.occasional.online_channels]
        measures["online"] = (order & days.sales_channel.lower().isin(named)).sum()
    if "promotion_lines" in days.columns:
        measures["promotions"] = (order & (days.promotion_lines > 0)).sum()
    counted = days.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    counted = counted.set_index("customer_id").astype(float)
    orders = counted.pop("orders")
    shares: pd.DataFrame = counted.div(orders.where(orders > 0), axis=0)
    return shares


def _from_events(sources: Sources, landmark: date) -> pd.DataFrame | None:
    """Return by customer what had happened by the landmark; None without events."""
    if sources.events is None:
        return None
    day = ibis.literal(landmark)
    events = sources.events.filter(sources.events.customer_id.notnull() & (sources.events.happened_at <= day))
    since = day.delta(events.happened_at, unit="day")
    kinds = events.kind
    measures = {
        "visits": ((kinds == "visit") & (since < RECENT_VISITS)).sum(),
        "inquired": (kinds == "inquiry").any(),
        "complaints": (kinds == "complaint").sum(),
        "solved": (kinds == "complaint_solved").sum(),
        "unsubscribed": (kinds == "unsubscribe").any(),
    }
    if "value" in events.columns:
        measures["rating"] = events.value.mean(where=kinds == "review")
    frame: pd.DataFrame = events.group_by("customer_id").aggregate(**measures).to_pyarrow().to_pandas()
    frame = frame.set_index("customer_id").astype(float)
    complaints = frame.pop("complaints")
    frame["complained"] = (complaints > frame["solved"]).astype(float)
    frame["solved"] = ((complaints > 0) & (complaints <= frame["solved"])).astype(float)
    return frame


def _ratings(sources: Sources, landmark: date, as_of: date) -> pd.Series | None:
    """Return the lowest rating each customer gave between two days; None where there are none."""
    if sources.events is None or "value" not in sources.events.columns:
        return None
    events = sources.events
    given = events.filter(
        (events.kind == "review")
        & events.value.notnull()
        & (events.happened_at > ibis.literal(landmark))
        & (events.happened_at <= ibis.literal(as_of))
    )
    lowest = given.group_by("customer_id").aggregate(rating=given.value.min()).to_pyarrow().to_pandas()
    return None if lowest.empty else lowest.dropna().set_index("customer_id")["rating"].astype(float)
