"""Earlier campaigns as trials: who was assigned to which arm, when, and what followed day by day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd

from playbook.records.arrays import Array, Flags, Positions
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings

BEFORE, AFTER = 1095, 730
"""Days before and after the contact that are looked at."""
DAYS_APART = 7
"""Control groups whose median day lies further from that of the contacted are all read from one day."""
OUTCOMES = ("visit", "unsubscribe", "complaint")
CONTACTED = ["campaign", "customer_id", "day", "channel", "offer", "control", "cost"]
"""Columns of the contacts as they are read; sorted by them."""


@dataclass(frozen=True)
class CampaignTrial:
    """One campaign: its arms, and everything that its customers did before and after.

    Attributes
    ----------
    campaign : str
    people : DataFrame
        One row per assigned customer, by customer_id: customer_id; treated (bool: assigned to be
        contacted); arm (offer, with its channel where the arms differ by it; empty for the control
        group); offer, channel (of those held back: what would have been; empty where not
        known); start (datetime64, day of the contact, or
        the day it would have been); cost (of all contacts made, client's currency; NaN where not
        known); contaminated (bool: held back, and contacted all the same); elsewhere (bool:
        contacted by another campaign within the horizon).
    days : DataFrame
        One row per customer and day with an order line: person (position in people), day (from the
        contact, negative before it), margin, revenue, ordered (bool). By person and day.
    events : DataFrame
        person, day, kind (one of `OUTCOMES`).
    counts : mapping
        future (customers contacted after the as-of date: left out), contaminated (held back and
        contacted), two_offers, unknown (in no other table: left out).
    lost : tuple of int
        Of the unknown, how many were treated and how many held back.
    followed : int
        Days after the last contact that the data reach.
    begins_before : bool
        The first contact lies before the first order of the client's data.
    one_start : bool
        All are read from the campaign's first day, since the control group's dates are others.
    knows_visits : bool
        The client records visits.
    """

    campaign: str
    people: pd.DataFrame
    days: pd.DataFrame
    events: pd.DataFrame
    counts: Mapping[str, int]
    lost: tuple[int, int]
    followed: int
    begins_before: bool
    one_start: bool
    knows_visits: bool
    incentives: Mapping[str, float] = field(default_factory=dict)

    @property
    def treated(self) -> Flags:
        """Whether each was assigned to be contacted."""
        return self.people["treated"].to_numpy(bool)

    @property
    def costs(self) -> str:
        """Return known, partly or missing: what is known of the contacts' costs."""
        known = self.people.loc[self.treated, "cost"].notna()
        return "known" if known.all() else "partly" if known.mean() >= 0.5 else "missing"

    @property
    def has_control(self) -> bool:
        """Whether there is anybody to compare, contacted and held back."""
        return bool(self.treated.any() and not self.treated.all())

    @property
    def size(self) -> int:
        """Assigned customers."""
        return len(self.people)

    def total(self, column: str, first: int, last: int) -> Array:
        """Sum a column of the days from ``first`` to ``last`` after the contact, by customer."""
        within = self.days["day"].between(first, last).to_numpy()
        weights = self.days[column].to_numpy(float)[within]
        found = np.bincount(self.days["person"].to_numpy()[within], weights, minlength=self.size)
        return np.asarray(found, dtype=np.float64)

    def returned(self, last: int) -> Array:
        """Return 1 for everybody with an order from the contact to day ``last``, else 0."""
        return np.asarray(self.total("ordered", 0, last) > 0, dtype=np.float64)

    def happened(self, kind: str, last: int) -> Array:
        """Return 1 for everybody with an event of a kind from the contact to day ``last``, else 0."""
        chosen = self.events[(self.events["kind"] == kind) & self.events["day"].between(0, last)]
        found = np.bincount(chosen["person"].to_numpy(), minlength=self.size)
        return np.asarray(found > 0, dtype=np.float64)

    def spent(self, last: int) -> Array:
        """Return contacts, and incentives of those who came back by day ``last``, by customer.

        A cost that is not known counts as the mean of the known ones of the campaign.
        """
        cost = self.people["cost"].to_numpy(float).copy()
        known = ~np.isnan(cost) & self.treated
        cost[np.isnan(cost) & self.treated] = cost[known].mean() if known.any() else 0.0
        paid = self.people["offer"].map(self.incentives).fillna(0.0).to_numpy(float)
        return np.asarray(np.nan_to_num(cost) + self.treated * paid * self.returned(last))


def read_trials(
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    incentives: Mapping[str, float] | None = None,
) -> list[CampaignTrial]:
    """Read all campaigns of ``contacts``, in order of their first contact.

    Parameters
    ----------
    customers : DataFrame
        Everybody the client knows by another table than contacts: customer_id.
    incentives : mapping of offer to amount
        Paid to whoever returns.
    """
    if sources.contacts is None:
        return []
    return trials_of(contact_rows(sources.contacts), history, sources, customers, incentives)


def trials_of(
    rows: pd.DataFrame,
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    incentives: Mapping[str, float] | None = None,
) -> list[CampaignTrial]:
    """Return the trials of contacts as `contact_rows` returns them."""
    settings, as_of = history.settings, pd.Timestamp(history.as_of)
    future = rows[rows["day"] > as_of]
    people = assign(rows[~(rows["day"] > as_of)])  # those held back without a day among them
    known = people["customer_id"].isin(set(customers["customer_id"]))
    lost = people[~known]
    people = _elsewhere(people[known].reset_index(drop=True), settings.measurement.horizon_days)
    days, events = follow(people, history), events_of(people, sources, history)
    paid = dict(incentives or {}) | settings.measurement.incentives
    trials = []
    for campaign in _in_order(people, lost, future.rename(columns={"day": "start"})):
        own = np.flatnonzero(people["campaign"] == campaign)
        part = people.iloc[own].reset_index(drop=True)
        gone = lost[lost["campaign"] == campaign]
        counts = {
            "future": int(future.loc[future["campaign"] == campaign, "customer_id"].nunique()),
            "contaminated": int(part["contaminated"].sum()),
            "two_offers": int(part["two_offers"].sum()),
            "unknown": len(gone),
        }
        trials.append(
            CampaignTrial(
                campaign=str(campaign),
                people=part.drop(columns=["campaign", "two_offers"]),
                days=_of(days, own),
                events=_of(events, own),
                counts=counts,
                lost=(int(gone["treated"].sum()), int((~gone["treated"]).sum())),
                followed=(as_of - part["start"].max()).days if len(part) else 0,
                begins_before=bool(part["start"].min() < pd.Timestamp(history.first_day)),
                one_start=bool(part["one_start"].any()),
                knows_visits=bool((events["kind"] == "visit").any()),
                incentives=paid,
            )
        )
    return trials


def _in_order(*frames: pd.DataFrame) -> pd.Index:
    """Return the campaigns by their first contact."""
    starts = pd.concat([frame[["campaign", "start"]] for frame in frames])
    return starts.groupby("campaign")["start"].min().sort_values(kind="stable").index


def contact_rows(contacts: Any) -> pd.DataFrame:
    """Return the contacts that name a campaign, a customer and a known arm.

    Returns
    -------
    DataFrame
        campaign, customer_id, day (datetime64, NaT where none), channel and offer (empty where
        none), control (bool), cost (float, NaN where none); sorted, so that the order of the lines
        in the file does not matter.
    """
    arm = contacts.arm.lower()
    usable = contacts.filter(
        contacts.campaign.notnull() & contacts.customer_id.notnull() & arm.isin(("treated", "control"))
    )
    columns = set(contacts.columns)
    chosen = usable.select(
        campaign=usable.campaign,
        customer_id=usable.customer_id,
        day=usable.contacted_at.cast("date"),
        channel=usable.channel.fill_null(""),
        offer=usable.offer.fill_null("") if "offer" in columns else ibis.literal(""),
        control=usable.arm.lower() == "control",
        cost=usable.cost.cast("float64") if "cost" in columns else ibis.null("float64"),
    )
    frame: pd.DataFrame = chosen.order_by(CONTACTED).to_pyarrow().to_pandas(date_as_object=False)
    return frame.astype({"day": "datetime64[ns]", "control": bool})


def read_rows(listed: pd.DataFrame) -> pd.DataFrame:
    """Return a list of arms, as `design_page.assignment` makes it, in the columns of `contact_rows`."""
    rows = listed.assign(
        day=pd.to_datetime(listed["contacted_at"]),
        control=listed["arm"] == "control",
        channel=listed["channel"].fillna(""),
        offer=listed["offer"].fillna(""),
        cost=listed["cost"].astype(float),
    )
    return rows[CONTACTED].sort_values(["campaign", "customer_id"], kind="stable", ignore_index=True)


def assign(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per campaign and customer: the arm to which each was assigned.

    Whoever stands as held back is held back, contacted or not: what was meant counts, not what was
    done. Whoever got two offers belongs to the arm of the first. A control group without dates, or
    with dates far from those of the contacts, is read from the campaign's first day, and so are
    then all.

    Parameters
    ----------
    rows : DataFrame
        As `contact_rows` returns them.
    """
    by = ["campaign", "customer_id"]
    rows = rows[rows["control"] | rows["day"].notna()]
    first_day = rows[~rows["control"]].groupby("campaign")["day"].min()
    rows = rows.assign(day=rows["day"].fillna(rows["campaign"].map(first_day))).dropna(subset="day")
    rows = rows.sort_values([*by, "control", "day"], ascending=[True, True, False, True], kind="stable")
    people = rows.drop_duplicates(by).rename(columns={"day": "start"}).reset_index(drop=True)
    made = rows[~rows["control"]].groupby(by, sort=True)
    people = people.drop(columns="cost").merge(
        made.agg(cost=("cost", _sum_known), offers=("offer", "nunique")).reset_index(), on=by, how="left"
    )
    contacted = people["offers"].notna()
    people["treated"] = ~people["control"]
    people["contaminated"] = people["control"] & contacted
    people["two_offers"] = people["treated"] & (people["offers"] > 1)
    people["arm"] = _arms(people)
    people = _one_start(people, first_day)
    kept = ["arm", "treated", "offer", "channel", "start", "cost", "contaminated", "two_offers", "one_start"]
    return people[[*by, *kept]]


def _sum_known(costs: pd.Series) -> float:
    return float(costs.sum(min_count=1))


def _arms(people: pd.DataFrame) -> pd.Series:
    """Name each one's arm: the offer; with the channel where the control group has none to compare by."""
    held_back = people[people["control"]]
    known = set(zip(held_back["campaign"], held_back["channel"], strict=True))
    pairs = zip(people["campaign"], people["channel"], strict=True)
    compared = np.array([pair in known for pair in pairs], dtype=bool)
    both = people["offer"].where(compared, people["offer"] + ", " + people["channel"]).str.strip(", ")
    named = both.where(both != "", people["channel"])
    return named.where(people["treated"], "")


def _one_start(people: pd.DataFrame, first_day: pd.Series) -> pd.DataFrame:
    """Read all from the campaign's first day where the arms' dates are far apart."""
    middle = [
        people["campaign"].map(people[people["treated"] == arm].groupby("campaign")["start"].median())
        for arm in (True, False)
    ]
    moved = ((middle[0] - middle[1]).abs() > pd.Timedelta(days=DAYS_APART)).to_numpy(bool)
    start = people["start"].where(~moved, people["campaign"].map(first_day))
    return people.assign(start=pd.to_datetime(start), one_start=moved)


def _elsewhere(people: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Mark those whom another campaign contacted within the horizon."""
    contacted = people.loc[people["treated"], ["customer_id", "campaign", "start"]]
    pairs = people[["customer_id", "campaign", "start"]].reset_index(names="row")
    pairs = pairs.merge(contacted, on="customer_id", suffixes=("", "_other"))
    gap = (pairs["start_other"] - pairs["start"]).dt.days
    touched = pairs.loc[(pairs["campaign"] != pairs["campaign_other"]) & gap.between(0, horizon), "row"]
    return people.assign(elsewhere=people.index.isin(touched))


def follow(people: pd.DataFrame, history: History) -> pd.DataFrame:
    """Return what customers bought around a day: one row per person and day with an order line.

    Parameters
    ----------
    people : DataFrame
        customer_id, start (datetime64).

    Returns
    -------
    DataFrame
        person (position in people), day (from the start), margin, revenue, ordered; by person and day.
    """
    days = history.days
    joined = days.inner_join(_keys(people), "customer_id")
    offset = joined.day.delta(joined.start, unit="day").cast("int32")
    chosen = joined.select(
        person=joined.person,
        day=offset,
        margin=joined.margin.cast("float64"),
        revenue=joined.revenue.cast("float64"),
        ordered=joined.sale_lines > 0,
    )
    chosen = chosen.filter((chosen.day >= -BEFORE) & (chosen.day <= AFTER))
    frame: pd.DataFrame = chosen.order_by(["person", "day"]).to_pyarrow().to_pandas()
    return frame


def events_of(people: pd.DataFrame, sources: Sources, history: History) -> pd.DataFrame:
    """Return visits, unsubscriptions and complaints of the assigned after their contact."""
    if sources.events is None:
        return pd.DataFrame({"person": np.array([], int), "day": np.array([], int), "kind": []})
    happened = sources.events.filter(
        (sources.events.happened_at <= ibis.literal(history.as_of)) & sources.events.kind.isin(OUTCOMES)
    )
    joined = happened.inner_join(_keys(people), "customer_id")
    offset = joined.happened_at.cast("date").delta(joined.start, unit="day").cast("int32")
    chosen = joined.select(person=joined.person, day=offset, kind=joined.kind).distinct()
    chosen = chosen.filter((chosen.day >= 0) & (chosen.day <= AFTER))
    frame: pd.DataFrame = chosen.order_by(["person", "day", "kind"]).to_pyarrow().to_pandas()
    return frame


def _keys(people: pd.DataFrame) -> Any:
    keys = pd.DataFrame(
        {
            "customer_id": people["customer_id"],
            "person": np.arange(len(people), dtype=np.int64),
            "start": people["start"].dt.date,
        }
    )
    return ibis.memtable(keys, schema={"customer_id": "string", "person": "int64", "start": "date"})


def _of(rows: pd.DataFrame, own: Positions) -> pd.DataFrame:
    """Keep the rows of some persons, numbered anew."""
    if not len(own):
        return rows.iloc[:0]
    first, last = int(own[0]), int(own[-1])
    inside = rows[rows["person"].between(first, last)]
    return inside.assign(person=inside["person"] - first).reset_index(drop=True)


def incentives_of(settings: Settings, offers: Any) -> dict[str, float]:
    """Return what is paid to whoever returns, by offer: the catalogue's, then the settings'."""
    paid = {name: offer.incentive_return for offer in offers for name in offer.names}
    return paid | settings.measurement.incentives
