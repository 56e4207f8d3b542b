"""Chapter 02: those who left against those who stayed, and the happiest against the rest.

Everybody is described as they stood on one past day; what came after it says who is in which group.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

import ibis
import pandas as pd

from playbook.archive.findings import Finding
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Table, interval_texts
from playbook.show.figures import BLUE, GREY, ORANGE, Picture, intervals
from playbook.show.words import Words
from playbook.stats.cancellations import cancellation_days
from playbook.stats.differences import compare_groups
from playbook.stats.landmarks import describe
from playbook.stats.result import Result

LEAST_IN_GROUP = 30
LEAST_FOLLOWED = 30
"""Days on either side of the landmark below which nobody is compared."""
LEAST_TO_COMPARE = 2
"""Customers without whom there is nobody to compare."""
YEAR = 365
RECENT_VISITS = 90
NOT_HAPPENED = ("visits", "inquired", "complained", "solved", "unsubscribed")
"""What is nought, and not unknown, of customers without any event."""
RHYTHM = ("orders", "silence", "gap", "late")
"""What says how often somebody orders; not compared where that says who the happiest are."""
BEST_SHARE = 0.2
"""The share of customers who count as the happiest where nobody said how content they are."""
SMALL = 0.1
"""Standardised difference below which a clear difference is a small one, and left out of the words."""
MOST_NAMED = 5
COLORS = {"more": ORANGE, "less": BLUE, "alike": GREY}
ATTRIBUTES = {
    "orders": ("number of orders", "mean"),
    "silence": ("days since the last order", "days"),
    "age": ("days since the first order", "days"),
    "order_value": ("amount of a usual order", "money"),
    "gap": ("usual days between orders", "days"),
    "late": ("silence, in times of the usual gap", "mean"),
    "discount": ("share of the list price not paid", "share"),
    "coupons": ("share of orders with a coupon", "share"),
    "promotions": ("share of orders with a promoted product", "share"),
    "returned": ("days with a return, per order", "share"),
    "online": ("share of orders placed online", "share"),
    "visits": ("visits in the last 90 days", "mean"),
    "inquired": ("having asked for something", "share"),
    "complained": ("a complaint that was not solved", "share"),
    "solved": ("complaints that were all solved", "share"),
    "unsubscribed": ("having unsubscribed", "share"),
    "rating": ("mean rating", "mean"),
}
"""What customers are compared by: what it is called, and how its mean is shown."""

Group = Literal["left", "happiest"]
Basis = Literal["orders", "ratings", "contracts"]


@dataclass(frozen=True)
class Profile(Result):
    """A group of customers against the others, as they stood on a past day.

    Attributes
    ----------
    group : str
        left or happiest.
    basis : str
        What says who is in it: orders (after that day), ratings (given after it), or contracts
        (cancelled after it).
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
    basis: Basis
    attributes: pd.DataFrame
    inside: int
    outside: int
    landmark: date
    days: int
    preset: str

    def findings(self) -> list[Finding]:
        """Return every standardised difference with its verdict, and who was compared."""
        found = [
            Finding(f"{self.group}_customers", self.inside, unit="customers", verdict=self.basis),
            Finding(f"{self.group}_others", self.outside, unit="customers"),
            Finding(f"{self.group}_landmark", self.landmark.isoformat(), unit="date"),
            Finding(f"{self.group}_days", self.days, unit="days"),
            Finding("preset", self.preset),
        ]
        for row in self.attributes.to_dict("records"):
            value, low, high = (round(float(row[key]), 6) for key in ("difference", "low", "high"))
            name = f"{self.group}_difference_{row['attribute']}"
            n = self.inside + self.outside
            found.append(Finding(name, value, low, high, "standard_deviations", n, str(row["verdict"])))
            for side, size in (("inside", self.inside), ("outside", self.outside)):
                name = f"{self.group}_{side}_{row['attribute']}"
                found.append(Finding(name, round(float(row[side]), 6), unit="mean", n=size))
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what the group had more and less of."""
        say, rows = words.say, self._worded(words)
        if self.inside + self.outside < LEAST_TO_COMPARE or not self.days:
            return [
                say("Who left and who stayed cannot be told: too few days, or too few customers.")
                if self.group == "left"
                else say("Who is happiest cannot be told: too few days, or too few customers.")
            ]
        said = [self._who(words)]
        if rows.empty:
            return [*said, say("Too few, or too little known of them, to tell what sets them apart.")]
        clear = _clear(rows)
        for verdict, message in (
            ("more", "Already on that day they had more than the others: {list}."),
            ("less", "And less: {list}."),
        ):
            named = clear[clear["verdict"] == verdict].head(MOST_NAMED)[["attribute", "inside", "outside"]]
            listed = [
                say("{attribute} ({ours} against {theirs})", attribute=name, ours=ours, theirs=theirs)
                for name, ours, theirs in named.itertuples(index=False)
            ]
            said += [say(message, list="; ".join(listed))] if listed else []
        if clear.empty:
            said.append(say("Nothing that was known before sets them clearly apart."))
        if self.group == "left":
            said.append(say("These are associations: they say whom to look after, not why anybody left."))
        return said

    def _who(self, words: Words) -> str:
        if self.basis == "contracts":
            message = (
                "Of {all} customers whose contract ran on {date}, {n} left: it was cancelled within the"
                " {days} days that followed."
            )
        elif self.group == "left":
            message = (
                "Of {all} customers who were not lapsed on {date}, {n} left: none of them ordered in the"
                " {days} days that followed."
            )
        elif self.basis == "ratings":
            message = (
                "Of {all} customers who gave a rating in the {days} days after {date}, {n} gave the best one"
                " every time: they are the happiest here."
            )
        else:
            message = (
                "Too few gave ratings to tell who is happiest. In their place stand the {n} of {all}"
                " customers who ordered most often in the {days} days after {date}."
            )
        n, everybody = words.number(self.inside), words.number(self.inside + self.outside)
        days, day = words.number(self.days), words.date(self.landmark)
        return words.say(message, n=n, all=everybody, days=days, date=day)

    def table(self, words: Words) -> Table:
        """Return means, standardised differences and verdicts."""
        say, rows = words.say, self._worded(words)
        verdicts = {"more": say("more"), "less": say("less"), "alike": say("no clear difference")}
        between = interval_texts(rows, "low", "high", partial(words.number, digits=2), words)
        ours, theirs = self._names(words)
        both = "Those who left and those who stayed" if self.group == "left" else "The happiest and the rest"
        note = say(
            "Means, or shares, as of that day. “More” and “less” hold with at most 5% false discoveries among"
            " them."
        )
        return Table(
            rows.assign(between=between, verdict=rows["verdict"].map(verdicts)),
            say(both),
            words,
            columns={
                "attribute": say("on {date}", date=words.date(self.landmark)),
                "inside": ours,
                "outside": theirs,
                "difference": (say("standardised difference"), "decimal"),
                "between": say("95% interval"),
                "verdict": say("verdict"),
            },
            note=note if len(rows) else "",
        )

    def figure(self, words: Words) -> Picture | None:
        """Draw the standardised differences with their intervals; None where nobody can be compared."""
        say, rows = words.say, self._worded(words)
        ours, theirs = self._names(words)
        if rows.empty:
            return None
        clear = _clear(rows)["attribute"]
        title = say("{group} do not differ clearly from {others}", group=ours, others=theirs)
        if len(clear):
            title = say("{group} differ most in: {attribute}", group=ours, attribute=clear.iloc[0])
        across = say("standardised difference; right: {group} had more of it", group=ours)
        rows = rows.rename(columns={"attribute": "label", "difference": "value"})
        figure = intervals(title.capitalize(), rows, COLORS, words, across=across, centre=0)
        alt = say(
            "Dots with intervals, one line per attribute; the farthest from 0 is “{attribute}”, with a"
            " standardised difference of {value}.",
            attribute=rows["label"].iloc[0],
            value=words.number(rows["value"].iloc[0], 2),
        )
        return Picture(figure, alt)

    def _names(self, words: Words) -> tuple[str, str]:
        say = words.say
        if self.group == "left":
            return say("those who left"), say("those who stayed")
        return say("the happiest"), say("the rest")

    def _worded(self, words: Words) -> pd.DataFrame:
        """Return the attributes by their names, and their means as the reader sees them."""
        rows = self.attributes
        shown = {
            side: [_mean(name, mean, words) for name, mean in zip(rows["attribute"], rows[side], strict=True)]
            for side in ("inside", "outside")
        }
        return rows.assign(attribute=[words.say(ATTRIBUTES[name][0]) for name in rows["attribute"]], **shown)


def _clear(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the differences that are clear, and not too small to speak of."""
    return rows[(rows["verdict"] != "alike") & (rows["difference"].abs() >= SMALL)]


def _mean(attribute: str, mean: float, words: Words) -> str:
    kind = ATTRIBUTES[attribute][1]
    if kind == "share":
        return words.percent(mean, 1)
    return words.money(mean) if kind == "money" else words.number(mean, 1 if kind == "mean" else 0)


def those_who_left(history: History, sources: Sources, lapsed_days: int) -> Profile:
    """Compare customers who were not lapsed on a past day by whether they ordered afterwards.

    With contracts: those whose contract ran on that day, by whether it was cancelled afterwards.
    """
    days = _span(history, history.settings.horizon_days)
    if (ends := cancellation_days(history)) is not None:
        seen = describe(history, [_landmark(history, days)], max(days, 1))
        after = (seen["customer_id"].map(ends) - seen["landmark"]).dt.days
        running = seen[~(after <= 0)].reset_index(drop=True)
        left = (after[~(after <= 0)] <= days).reset_index(drop=True)
        return _compared("left", "contracts", history, sources, running, left, days)
    customers = _active(history, days, lapsed_days)
    return _compared("left", "orders", history, sources, customers, customers["later"] == 0, days)


def the_happiest(history: History, sources: Sources, lapsed_days: int) -> Profile:
    """Compare the happiest with the rest, as they stood before they showed it.

    They are those whose ratings given after the landmark are all the best possible, against the others
    who rated. Where too few rated: the fifth who ordered most often after it, against all others.
    """
    days = _span(history, YEAR)
    customers = _active(history, days, lapsed_days)
    ratings = _ratings(sources, _landmark(history, days), history.as_of)
    if ratings is not None:
        rated = customers[customers["customer_id"].isin(ratings.index)].reset_index(drop=True)
        happy = rated["customer_id"].map(ratings) >= ratings.max()
        if min(happy.sum(), (~happy).sum()) >= LEAST_IN_GROUP:
            return _compared("happiest", "ratings", history, sources, rated, happy, days)
    later = customers["later"]
    most = max(float(later.quantile(1 - BEST_SHARE)) if len(later) else 0.0, 1.0)
    return _compared("happiest", "orders", history, sources, customers, later >= most, days)


def _span(history: History, wanted: int) -> int:
    """Return how many days are looked at after the landmark; as many must lie before it."""
    return min(wanted, (history.as_of - history.first_day).days // 2)


def _landmark(history: History, days: int) -> date:
    return history.as_of - timedelta(days=days)


def _compared(
    group: Group,
    basis: Basis,
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    inside: pd.Series,
    days: int,
) -> Profile:
    landmark, sizes = _landmark(history, days), (int(inside.sum()), int((~inside).sum()))
    described = _attributes(history, sources, customers, landmark)
    if group == "happiest" and basis == "orders":
        described = described.drop(columns=list(RHYTHM))
    if min(sizes) < LEAST_IN_GROUP or days < LEAST_FOLLOWED:
        described = described.iloc[:, :0]
    compared = compare_groups(described, inside)
    return Profile(group, basis, compared, *sizes, landmark, days, history.settings.preset)


def _active(history: History, days: int, lapsed_days: int) -> pd.DataFrame:
    """Return the customers who were not lapsed on the landmark, as they stood then."""
    customers = describe(history, [_landmark(history, days)], max(days, 1))
    return customers[customers["silence"] <= lapsed_days].reset_index(drop=True)


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
