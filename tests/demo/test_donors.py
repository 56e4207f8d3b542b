import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from playbook.demo.charity import LAST_DAY, LETTER, PHONE, PLANTED, PlantedCampaign
from playbook.demo.donors import generate
from playbook.demo.world import Demo
from playbook.records.history import customers, read_history
from playbook.records.selection import selected
from playbook.records.sources import open_sources
from playbook.settings.client import load

DATA = Path(__file__).parents[2] / "data"
COMMITTED = DATA / "demo_donors"
TABLES = ("orders", "customers", "events", "contacts")
SEEDS = range(1, 11)


@pytest.fixture(scope="module")
def demo() -> Demo:
    return generate(1)


@pytest.fixture(scope="module")
def demos(demo: Demo) -> list[Demo]:
    return [demo, *(generate(seed) for seed in SEEDS[1:])]


@pytest.fixture(scope="module")
def read() -> dict[str, pd.DataFrame]:
    """The committed files as the playbook reads them, with the customer table of its first chapter."""
    settings = load("demo_donors", DATA)
    sources = open_sources(settings, COMMITTED)
    frames = {name: getattr(sources, name).to_pandas() for name in TABLES}
    frames["donors"] = customers(read_history(settings, sources))
    frames["unreadable"] = pd.DataFrame([vars(value) for value in sources.unreadable])
    sources.close()
    return frames


def gifts(demo: Demo) -> pd.DataFrame:
    """Gifts of known donors, one row per donor and day, with the truth of the donor."""
    given = demo.orders[demo.orders["customer_id"].notna() & (demo.orders["amount"] > 0)]
    given = given.drop_duplicates(["customer_id", "ordered_at"])
    return given.merge(demo.truth.customers, on="customer_id")


# The files ------------------------------------------------------------------------------------


def test_client_yml_leaves_the_selection_to_the_preset():
    written = YAML(typ="safe").load(COMMITTED / "client.yml")
    assert written["preset"] == "donations"
    assert "selection" not in written


def test_gifts_as_the_playbook_reads_them_are_the_generated_ones(demo, read):
    orders = read["orders"].sort_values("order_id", kind="stable")
    assert list(pd.to_datetime(orders["ordered_at"])) == list(demo.orders["ordered_at"])
    assert list(orders["amount"].astype(float)) == list(demo.orders["amount"])
    for name in ("customer_id", "source", "category"):
        assert list(orders[name].fillna("")) == list(demo.orders[name].fillna("")), name
    damaged = read["unreadable"]
    assert set(damaged["table"]) == {"orders"}
    assert 10 <= len(damaged) <= 0.002 * len(orders)


def test_donors_events_and_contacts_are_read_as_generated(demo, read):
    donors = read["customers"]
    for name in ("may_email", "may_phone", "may_letter"):
        assert donors[name].astype("boolean").equals(demo.customers[name]), name
    since = pd.to_datetime(donors["acquired_on"])
    assert list(since.dropna()) == list(demo.customers["acquired_on"].dropna())
    for name in ("referrals", "volunteer"):
        assert list(donors[name].astype(int)) == list(demo.customers[name]), name
    assert list(read["events"]["kind"]) == list(demo.events["kind"])
    costs = read["contacts"]["cost"].astype(float)
    assert costs.equals(demo.contacts["cost"].astype(float))


# A charity like any other ---------------------------------------------------------------------


def test_about_half_gave_once_and_few_give_most(demo):
    given = gifts(demo)
    assert 2500 < given["customer_id"].nunique() < 3500
    assert 0.45 < (given["customer_id"].value_counts() == 1).mean() < 0.60
    total = given.groupby("customer_id")["amount"].sum()
    assert total.nlargest(len(total) // 10).sum() > 0.4 * total.sum()


def test_gifts_are_round_amounts_with_a_heavy_tail(demo):
    amount = gifts(demo)["amount"]
    assert amount.isin([10, 20, 30, 50, 100, 200]).mean() > 0.7
    assert amount.median() <= 40
    assert amount.quantile(0.999) >= 10 * amount.median()


def test_december_is_the_strongest_month_of_every_full_year(demos):
    given = pd.concat([gifts(demo) for demo in demos], ignore_index=True)
    for year in range(2021, 2025):
        of_year = given[given["ordered_at"].dt.year == year]
        month = of_year.groupby(of_year["ordered_at"].dt.month)["amount"].sum()
        assert month.idxmax() == 12
        assert month[12] > 1.8 * month.mean()


def test_standing_orders_fall_on_the_same_day_of_every_month_with_one_amount(demo):
    given = gifts(demo)
    truth = demo.truth.customers.set_index("customer_id")
    never_left = truth.index[truth["first_life_left_on"].isna() & truth["rhythm"].eq("monthly")]
    standing = given[given["customer_id"].isin(never_left)]
    assert standing["customer_id"].nunique() > 30
    by = standing.groupby("customer_id")
    assert (by["amount"].nunique() == 1).all()
    assert (by["ordered_at"].diff().dropna().dt.days.between(27, 34)).mean() > 0.97
    months = by["ordered_at"].agg(lambda days: days.dt.to_period("M").nunique())
    assert (months == by.size()).all()


def test_yearly_donors_give_about_once_a_year_and_quarterly_ones_four_times(demos):
    given = pd.concat([gifts(demo).assign(seed=seed) for seed, demo in enumerate(demos)], ignore_index=True)
    given = given.sort_values(["seed", "customer_id", "ordered_at"])
    gap = given.groupby(["seed", "customer_id"])["ordered_at"].diff().dt.days
    typical = gap.groupby(given["rhythm"]).median()
    assert typical["yearly"] == pytest.approx(PLANTED.rhythms["yearly"].gap, rel=0.08)
    assert 60 < typical["quarterly"] < 100
    assert typical["monthly"] in (30, 31)


def test_charge_backs_are_negative_and_follow_a_gift_of_the_same_amount(demo):
    orders = demo.orders
    back = orders[orders["amount"] < 0]
    assert 0.002 < len(back) / len(orders) < 0.02
    joined = back.merge(orders, on="customer_id", suffixes=("", "_of_gift"))
    fits = joined["amount_of_gift"].eq(-joined["amount"])
    fits &= (joined["ordered_at"] - joined["ordered_at_of_gift"]).dt.days.between(1, 35)
    assert set(joined.loc[fits, "order_id"]) == set(back["order_id"])


def test_old_donors_are_only_partly_known_by_their_date(demo):
    old = demo.truth.customers["group"].eq("old").to_numpy()
    since = demo.customers["acquired_on"]
    assert 0.15 < old.mean() < 0.25
    assert 0.3 < since[old].isna().mean() < 0.6
    assert since[old].max() < pd.Timestamp(2021, 1, 1)


def test_events_show_thanks_complaints_goodbyes_and_few_visits(demo):
    count = demo.events["kind"].value_counts()
    assert set(count.index) == {
        "visit",
        "call",
        "complaint",
        "complaint_solved",
        "unsubscribe",
        "cancellation",
    }
    assert count.min() >= 20
    assert count["visit"] < 0.5 * len(demo.customers)


# The planted truth ----------------------------------------------------------------------------


def test_who_has_left_for_good_never_gives_again(demo):
    later = gifts(generate(1, last_day=dt.date(2027, 12, 31)))
    left = demo.truth.customers.set_index("customer_id")["left_on"].dropna()
    last = later.groupby("customer_id")["ordered_at"].max()
    both = pd.concat({"left": left, "last": last}, axis=1, join="inner")
    assert len(both) > 1200
    assert (both["last"] <= both["left"]).mean() > 0.999


def test_donors_by_nature_once_give_again_only_if_they_convert_or_are_won(demos):
    for demo in demos:
        given = gifts(demo)
        again = given[given["rhythm"].eq("once")].groupby("customer_id").size() > 1
        truth = demo.truth.customers.set_index("customer_id").loc[again.index]
        assert not (again & ~truth["converts"] & truth["won_on"].isna()).any()
        assert again.mean() < 0.25


def test_street_and_event_bring_more_who_give_once(demos):
    shares = []
    for demo in demos:
        given = gifts(demo)
        first = given[given["group"] == "new"].sort_values("ordered_at").drop_duplicates("customer_id")
        shares.append(first["rhythm"].eq("once").groupby(first["source"]).mean())
    share = pd.concat(shares, axis=1).mean(axis=1)
    assert share["street"] > share["event"] > share["online"] > share["letter"]


def test_the_red_cross_selection_finds_some_hundreds_at_the_end(demo, read):
    settings = load("demo_donors", DATA)
    donors = read["donors"].assign(lapsed=False)
    chosen = set(donors.loc[selected(donors, settings, LAST_DAY), "customer_id"])
    by = gifts(demo).groupby("customer_id")["ordered_at"].agg(["count", "min", "max"])
    once = by["count"].eq(1) & by["min"].between("2024-05-28", "2024-11-28")
    regular = by["count"].ge(3) & by["max"].between("2023-11-28", "2024-05-28")
    assert chosen == set(by.index[once | regular])
    assert once.sum() >= 100
    assert regular.sum() >= 100
    lately = demo.contacts.loc[demo.contacts["campaign"] == LETTER.code, "customer_id"]
    assert not chosen & set(lately)


# Campaigns ------------------------------------------------------------------------------------


def given_after(demo: Demo, campaign: PlantedCampaign, since: int, until: int) -> tuple[pd.Series, pd.Series]:
    """Sum of gifts per assigned donor from day `since` to `until` after contact: treated, control."""
    sent = demo.contacts[demo.contacts["campaign"] == campaign.code]
    after = sent.merge(demo.orders[["customer_id", "ordered_at", "amount"]], on="customer_id")
    day = (after["ordered_at"] - after["contacted_at"]).dt.days
    total = after[day.between(since, until)].groupby("customer_id")["amount"].sum()
    total = sent["customer_id"].map(total).fillna(0)
    treated = sent["arm"] == "treated"
    return total[treated], total[~treated]


def gain(demo: Demo, campaign: PlantedCampaign, since: int, until: int) -> tuple[float, float]:
    """Welch's 95% interval of the gain per assigned donor in CHF, before cost."""
    treated, control = given_after(demo, campaign, since, until)
    error = np.sqrt(treated.var() / len(treated) + control.var() / len(control))
    difference = treated.mean() - control.mean()
    return difference - 1.96 * error, difference + 1.96 * error


def cost(campaign: PlantedCampaign) -> float:
    return next(iter(campaign.costs.values()))


def cost_per_first_gift(demo: Demo, campaign: PlantedCampaign) -> float:
    treated, control = given_after(demo, campaign, 1, 90)
    return cost(campaign) / ((treated > 0).mean() - (control > 0).mean())


def test_after_90_days_the_letter_has_paid_and_the_call_cannot_be_told(demo):
    assert gain(demo, LETTER, 1, 90)[0] > cost(LETTER)
    low, high = gain(demo, PHONE, 1, 90)
    assert low < cost(PHONE) < high


def test_after_a_year_the_call_has_paid_and_the_letter_brought_nothing_more(demo):
    assert gain(demo, PHONE, 1, 365)[0] > cost(PHONE)
    assert gain(demo, PHONE, 91, 365)[0] > 0
    low, high = gain(demo, LETTER, 91, 365)
    assert low < 0 < high
    assert sum(gain(demo, PHONE, 1, 365)) / 2 - cost(PHONE) > sum(gain(demo, LETTER, 1, 365)) / 2


def test_a_gift_won_by_telephone_costs_more_than_one_won_by_letter_on_every_seed(demos):
    for demo in demos:
        assert cost_per_first_gift(demo, PHONE) > 2 * cost_per_first_gift(demo, LETTER) > 0


def test_the_long_second_life_after_the_call_shows_on_nearly_every_seed(demos):
    assert sum(gain(demo, PHONE, 1, 365)[0] > cost(PHONE) for demo in demos) >= 9
    assert sum(gain(demo, PHONE, 91, 365)[0] > 0 for demo in demos) >= 9
    assert sum(gain(demo, LETTER, 1, 90)[0] > 0 for demo in demos) >= 9
    assert np.mean([gain(demo, LETTER, 91, 365) for demo in demos]) == pytest.approx(0, abs=2)


def test_the_treated_are_won_at_the_planted_rates(demos):
    for campaign in PLANTED.campaigns:
        rates = []
        for demo in demos:
            sent = demo.truth.contacts.assign(arm=demo.contacts["arm"])
            sent = sent[sent["campaign"] == campaign.code].merge(demo.truth.customers, on="customer_id")
            once = sent["rhythm"] == "once"
            assert not sent.loc[sent["arm"] == "control", "won"].any()
            treated = sent[sent["arm"] == "treated"]
            rates.append(treated["won"].groupby(once).mean())
        rate = pd.concat(rates, axis=1).mean(axis=1)
        assert rate[True] == pytest.approx(campaign.wins * PLANTED.occasional_response, abs=0.03)
        assert rate[False] == pytest.approx(campaign.wins * 0.92, abs=0.04)  # 8% give anyway


def test_without_planted_effects_both_arms_give_alike():
    idle = replace(PLANTED, campaigns=tuple(replace(one, wins=0.0) for one in PLANTED.campaigns))
    for campaign in PLANTED.campaigns:
        gains = []
        for seed in SEEDS:
            treated, control = given_after(generate(seed, planted=idle), campaign, 1, 365)
            gains.append((treated > 0).mean() - (control > 0).mean())
        assert np.mean(gains) == pytest.approx(0, abs=0.025)


def test_arms_are_drawn_by_chance_from_the_long_silent_with_consent(demo):
    given = gifts(demo)
    allowed = demo.customers.set_index("customer_id")
    for campaign in PLANTED.campaigns:
        sent = demo.contacts[demo.contacts["campaign"] == campaign.code]
        start = pd.Timestamp(campaign.starts)
        before = given[given["ordered_at"] < start].groupby("customer_id")["ordered_at"].max()
        silence = (start - sent["customer_id"].map(before)).dt.days
        assert silence.between(PLANTED.campaign_silence, PLANTED.campaign_silence_most).all()
        assert sent["arm"].value_counts().nunique() == 1
        by_arm = silence.groupby(sent["arm"]).mean()
        assert abs(by_arm["treated"] - by_arm["control"]) < 40
        channel = next(iter(campaign.costs))
        assert set(sent["channel"]) == {channel}
        assert allowed.loc[sent["customer_id"], f"may_{channel}"].all()


def test_a_year_can_be_followed_after_each_campaign_without_another_in_it(demo):
    ends = demo.contacts.groupby("campaign")["contacted_at"].max()
    assert ((pd.Timestamp(LAST_DAY) - ends).dt.days >= 365).all()
    pause = demo.contacts.sort_values("contacted_at").groupby("customer_id")["contacted_at"].diff().dt.days
    assert pause.min() >= 365


def test_the_readme_states_the_planted_effects():
    readme = (COMMITTED / "README.md").read_text(encoding="utf-8")
    rows = {line.split(",")[0].strip("| "): line for line in readme.splitlines() if line.startswith("| ")}
    for campaign in PLANTED.campaigns:
        assert f"{campaign.wins:.0%}" in rows[campaign.code]
        assert f"CHF {cost(campaign):.2f}" in rows[campaign.code]
    assert f"{PHONE.stays:.0f} days" in rows[PHONE.code]
    facts = (f"{PLANTED.lifetime:.0f} days", f"by {PLANTED.complaint_factor}", f"{PLANTED.pauses:.0%}")
    for fact in (*facts, f"at {PLANTED.occasional_response} of these rates"):
        assert fact in readme


def test_the_readme_states_what_came_of_the_campaigns(demo):
    readme = (COMMITTED / "README.md").read_text(encoding="utf-8")
    for name, campaign in {"call": PHONE, "letter": LETTER}.items():
        arm = len(given_after(demo, campaign, 1, 90)[0])
        early, later = gain(demo, campaign, 1, 90), gain(demo, campaign, 91, 365)
        year = tuple(end - cost(campaign) for end in gain(demo, campaign, 1, 365))
        shown = [f"CHF {sum(ends) / 2:.0f} ({ends[0]:.0f} to {ends[1]:.0f})" for ends in (early, later, year)]
        won = f"CHF {cost_per_first_gift(demo, campaign):.0f} each"
        assert f"| {name}, {arm} against {arm} | {won} | {shown[0]} | {shown[1]} |" in readme
        assert shown[2] in readme
