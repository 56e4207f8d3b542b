import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from playbook.demo.planted import CALL, DISCOUNT, LAST_DAY, PLANTED
from playbook.demo.retailer import Demo, generate
from playbook.demo.seasons import shop_clock

COMMITTED = Path(__file__).parents[2] / "data" / "demo"
TABLES = ("orders", "customers", "events", "contacts")
SEEDS = range(1, 11)
SILENCES = {campaign.code: campaign.silence for campaign in PLANTED.campaigns}


@pytest.fixture(scope="module")
def demo() -> Demo:
    return generate(1)


@pytest.fixture(scope="module")
def demos(demo: Demo) -> list[Demo]:
    return [demo, *(generate(seed) for seed in SEEDS[1:])]


def sales(demo: Demo) -> pd.DataFrame:
    orders = demo.orders
    return orders[orders["customer_id"].notna() & (orders["quantity"] > 0) & (orders["amount"] > 0)]


def order_days(demo: Demo) -> pd.DataFrame:
    return sales(demo).drop_duplicates(["customer_id", "ordered_at"])


# The files ------------------------------------------------------------------------------------


def read(name: str) -> tuple[pd.DataFrame, dict]:
    """Read a table by client.yml alone, as text, and return it with its format."""
    table = YAML(typ="safe").load(COMMITTED / "client.yml")["tables"][name]
    form = table["format"]
    files = [
        pd.read_csv(
            COMMITTED / file,
            sep=form["separator"],
            encoding=form["encoding"],
            dtype=str,
            keep_default_na=False,
        )
        for file in table["files"]
    ]
    text = pd.concat(files, ignore_index=True)
    return text.rename(columns={theirs: ours for ours, theirs in table["columns"].items()}), form


def numbers(text: pd.Series, form: dict) -> pd.Series:
    plain = text.str.replace(form.get("thousands", "\0"), "").str.replace(form["decimal"], ".")
    return pd.to_numeric(plain, errors="coerce")


def test_orders_read_from_the_files_are_the_generated_ones_once_damaged_lines_are_left_out(demo):
    text, form = read("orders")
    day = pd.to_datetime(text["ordered_at"], format=form["dates"], errors="coerce")
    amount = numbers(text["amount"], form)
    readable = day.notna() & amount.notna()
    assert list(day[readable]) == list(demo.orders["ordered_at"])
    assert list(amount[readable]) == list(demo.orders["amount"])
    assert list(text["customer_id"][readable]) == list(demo.orders["customer_id"].fillna(""))
    assert list(numbers(text["margin"], form)[readable].dropna()) == list(demo.orders["margin"].dropna())
    assert 5 <= (~readable).sum() <= 0.002 * len(text)


def test_every_column_is_filled_somewhere_and_every_key_everywhere(demo):
    for name in TABLES:
        table = getattr(demo, name)
        assert table.notna().any().all(), name
    assert demo.customers["customer_id"].is_unique
    for name, keys in {
        "orders": ["ordered_at", "amount", "order_id", "quantity"],
        "customers": ["customer_id"],
        "events": ["customer_id", "happened_at", "kind"],
        "contacts": ["campaign", "customer_id", "contacted_at", "channel", "arm"],
    }.items():
        assert getattr(demo, name)[keys].notna().all().all(), name


# A shop like any other ------------------------------------------------------------------------


def test_about_half_of_the_buyers_bought_once_and_few_buy_much(demo):
    orders = order_days(demo)["customer_id"].value_counts()
    assert 0.45 < (orders == 1).mean() < 0.60
    assert orders.nlargest(len(orders) // 10).sum() > 0.35 * orders.sum()


def test_december_is_strong_summer_weak_and_sunday_quiet(demos):
    sold = pd.concat([sales(demo) for demo in demos], ignore_index=True)
    month = sold[sold["ordered_at"].dt.year == 2024].groupby(sold["ordered_at"].dt.month)["amount"].sum()
    assert month[12] > 1.2 * month.mean()
    assert month[8] < 0.9 * month.mean()
    weekday = sold.groupby(sold["ordered_at"].dt.weekday)["amount"].sum()
    assert weekday[6] < 0.05 * weekday.sum()


def test_nobody_buys_in_a_closed_shop(demo):
    clock = shop_clock(dt.date(2023, 1, 1), LAST_DAY)
    closed = set(clock.dates(np.flatnonzero(clock.closed)))
    assert pd.Timestamp(2024, 4, 1) in closed  # Easter Monday
    assert set(demo.orders.loc[demo.orders["ordered_at"].isin(closed), "sales_channel"]) == {"online"}


def test_returns_are_negative_and_follow_a_sale_of_the_same_customer(demo):
    back = demo.orders[(demo.orders["quantity"] < 0) & demo.orders["customer_id"].notna()]
    assert (back["amount"] < 0).all()
    assert 0.02 < len(back) / len(demo.orders) < 0.08
    first = demo.orders.groupby("customer_id")["ordered_at"].min()
    assert (back["ordered_at"] > back["customer_id"].map(first)).all()


def test_equal_lines_of_one_receipt_are_there_and_are_true(demo):
    assert 50 < demo.orders.duplicated().sum() < 500


# The planted truth ----------------------------------------------------------------------------


def test_who_has_left_for_good_never_orders_again(demo):
    later = generate(1, last_day=dt.date(2027, 12, 31))
    left = demo.truth.customers.set_index("customer_id")["left_on"].dropna()
    last = sales(later).groupby("customer_id")["ordered_at"].max()
    both = pd.concat({"left": left, "last": last}, axis=1, join="inner")
    assert len(both) > 1500
    assert (both["last"] <= both["left"]).mean() > 0.999


def first_marks(demo: Demo) -> pd.DataFrame:
    """The kinds that the first orders of customers of the log show, from columns alone."""
    lines = sales(demo).sort_values("ordered_at", kind="stable")
    first = lines[lines["ordered_at"] == lines.groupby("customer_id")["ordered_at"].transform("min")]
    off = 1 - first["amount"] / first["list_amount"]
    by = first.assign(
        sample=first["is_sample"],
        online_only=first["source"].isin(["paid_search", "affiliate"]),
        bargain=off > 0.2,
        coupon=first["coupon"].notna(),
        promotion=first["is_promotion"],
    ).groupby("customer_id")
    marks = by[["sample", "online_only", "bargain", "coupon", "promotion"]].any()
    truth = demo.truth.customers.set_index("customer_id")
    return marks.join(truth[truth["group"] == "new"], how="inner")


def test_occasional_kinds_show_in_their_columns_with_noise(demos):
    marks = pd.concat([first_marks(demo) for demo in demos])
    for kind in PLANTED.occasional:
        own = marks["occasional_kind"] == kind
        recall = marks.loc[own, kind].mean()
        precision = own[marks[kind]].mean()
        assert 0.75 < recall < 1 - PLANTED.flag_missing + 0.12, (kind, recall)
        assert 0.40 < precision < 0.90, (kind, precision)


def test_occasional_buyers_hardly_ever_come_back_and_regulars_do(demos):
    rates = []
    for demo in demos:
        orders = order_days(demo)["customer_id"].value_counts()
        truth = demo.truth.customers.assign(orders=demo.truth.customers["customer_id"].map(orders))
        bought = truth[(truth["group"] == "new") & (truth["orders"] > 0)]
        rates.append((bought["orders"] > 1).groupby(bought["occasional_kind"].fillna("regular")).mean())
    again = pd.concat(rates, axis=1).mean(axis=1)
    assert again.drop("regular").max() < 0.12
    assert again["regular"] > 0.55


def leaving_ratio(demo: Demo, complained: pd.Series, until: pd.Series) -> tuple[int, float]:
    """Leavers from a complaint to `until`, and how many the rates before complaints would have made."""
    truth = demo.truth.customers.set_index("customer_id")
    truth = truth[truth["group"].isin(["new", "old"]) & (truth["occasional_kind"].isna() | truth["converts"])]
    day = complained.reindex(truth.index).dropna()
    truth = truth.loc[day.index]
    left = truth["first_life_left_on"]
    end = until.reindex(truth.index).fillna(pd.Timestamp(LAST_DAY))
    exposed = (left.where(left < end, end) - day).dt.days.clip(lower=0)
    happened = ((left > day) & (left < end)).sum()
    return int(happened), float((exposed * truth["leaving_rate"]).sum())


def test_an_unsolved_complaint_multiplies_leaving_and_a_solved_one_does_not(demos):
    unsolved, solved = np.zeros(2), np.zeros(2)
    for demo in demos:
        truth = demo.truth.customers.set_index("customer_id")
        repaired = demo.events[demo.events["kind"] == "complaint_solved"]
        first = repaired.groupby("customer_id")["happened_at"].min()
        upset = truth["unsolved_complaint_on"]
        unsolved += leaving_ratio(demo, upset, upset.iloc[:0])
        solved += leaving_ratio(demo, first, upset)
    assert solved[0] > 500
    assert unsolved[0] > 500
    assert unsolved[0] / unsolved[1] == pytest.approx(PLANTED.complaint_factor, rel=0.12)
    assert solved[0] / solved[1] == pytest.approx(PLANTED.solved_factor, rel=0.1)


def test_orders_shrink_before_leaving(demos):
    ratios = []
    for demo in demos:
        truth = demo.truth.customers.set_index("customer_id")
        amount = sales(demo).groupby(["customer_id", "ordered_at"])["amount"].sum().reset_index()
        left = amount["customer_id"].map(truth["first_life_left_on"])
        typical = amount["customer_id"].map(truth["spend"])
        regular = ~amount["customer_id"].isin(truth.index[truth["occasional_kind"].notna()])
        ahead = (left - amount["ordered_at"]).dt.days
        worth = amount["amount"] / typical
        last_month = regular & ahead.between(0, 30)
        ratios.append(worth[last_month].mean() / worth[regular & (ahead > 150)].mean())
    assert np.mean(ratios) == pytest.approx(PLANTED.warning_spend + 0.45 * 15 / 120, abs=0.05)


def test_visits_thin_out_before_leaving_and_nearly_stop_after(demos):
    visits, days = np.zeros(3), np.zeros(3)
    for demo in demos:
        truth = demo.truth.customers.set_index("customer_id")
        gone = truth[truth["account"] & truth["left_on"].notna() & truth["occasional_kind"].isna()]
        gone = gone[gone["group"].eq("new") & gone["left_on"].eq(gone["first_life_left_on"])]
        seen = demo.events[(demo.events["kind"] == "visit") & demo.events["customer_id"].isin(gone.index)]
        ahead = (seen["customer_id"].map(gone["left_on"]) - seen["happened_at"]).dt.days
        visits += [(ahead > 120).sum(), ahead.between(0, 119).sum(), (ahead < 0).sum()]
        start = demo.orders.groupby("customer_id")["ordered_at"].min().reindex(gone.index)
        life = (gone["left_on"] - start).dt.days
        after = (pd.Timestamp(LAST_DAY) - gone["left_on"]).dt.days
        days += [(life - 120).clip(lower=0).sum(), life.clip(upper=120).sum(), after.sum()]
    usual, before, afterwards = visits / days
    assert before / usual == pytest.approx(PLANTED.warning_visits, abs=0.06)
    assert afterwards / usual < 0.15


def test_the_satisfied_give_more_stars(demo):
    satisfaction = demo.truth.customers.set_index("customer_id")["satisfaction"]
    reviews = demo.events[demo.events["kind"] == "review"]
    assert reviews["value"].between(1, 5).all()
    assert np.corrcoef(reviews["value"], reviews["customer_id"].map(satisfaction))[0, 1] > 0.5


def test_second_lives_follow_pauses_of_the_planted_length_and_size(demos):
    pauses, starts, regular_spend = [], [], []
    for demo in (generate(seed, last_day=dt.date(2027, 12, 31)) for seed in SEEDS[:5]):
        truth = demo.truth.customers
        paused = truth[truth["second_life_on"].notna() & (truth["first_life_left_on"] < "2025-12-31")]
        pauses += list((paused["second_life_on"] - paused["first_life_left_on"]).dt.days)
        amount = sales(demo).groupby(["customer_id", "ordered_at"])["list_amount"].sum()
        alive = paused[(paused["second_life_left_on"] - paused["second_life_on"]).dt.days > 150]
        keys = pd.MultiIndex.from_frame(alive[["customer_id", "second_life_on"]])
        starts += list(amount.reindex(keys).to_numpy() / alive["spend"].to_numpy())
        long_ago = truth[truth["first_life_left_on"].isna() & (truth["group"] == "new")].set_index(
            "customer_id"
        )
        spent = amount.reset_index(level="ordered_at")["list_amount"]
        spent = spent[spent.index.isin(long_ago.index)]
        regular_spend += list(spent / long_ago["spend"].reindex(spent.index))
    assert np.mean(pauses) == pytest.approx(PLANTED.pause, rel=0.1)
    assert np.nanmean(starts) / np.mean(regular_spend) == pytest.approx(PLANTED.second_spend, abs=0.08)


# Campaigns ------------------------------------------------------------------------------------


def margins(demo: Demo, code: str, since: int, until: int) -> tuple[pd.Series, pd.Series]:
    """Gross margin per assigned customer from day `since` to `until` after contact, by arm."""
    sent = demo.contacts[demo.contacts["campaign"] == code]
    orders = demo.orders.assign(margin=demo.orders["margin"].fillna(0.52 * demo.orders["amount"]))
    after = sent.merge(orders[["customer_id", "ordered_at", "margin"]], on="customer_id")
    day = (after["ordered_at"] - after["contacted_at"]).dt.days
    earned = after[day.between(since, until)].groupby("customer_id")["margin"].sum()
    earned = sent["customer_id"].map(earned).fillna(0)
    treated = sent["arm"] == "treated"
    return earned[treated], earned[~treated]


def welch(treated: pd.Series, control: pd.Series) -> tuple[float, float]:
    error = np.sqrt(treated.var() / len(treated) + control.var() / len(control))
    gain = treated.mean() - control.mean()
    return gain - 1.96 * error, gain + 1.96 * error


def works(demo: Demo, code: str) -> bool:
    treated, control = margins(demo, code, 1, 90)
    sent = demo.contacts[(demo.contacts["campaign"] == code) & (demo.contacts["arm"] == "treated")]
    return welch(treated - sent["cost"].mean(), control)[0] > 0


def backfires_later(demo: Demo, code: str) -> bool:
    return welch(*margins(demo, code, 1, 30))[0] > 0 and welch(*margins(demo, code, 31, 90))[1] < 0


def test_the_call_works_and_the_discount_backfires_later_on_the_committed_seed(demo):
    assert works(demo, CALL.code)
    assert not backfires_later(demo, CALL.code)
    assert backfires_later(demo, DISCOUNT.code)
    assert not works(demo, DISCOUNT.code)


def test_the_verdicts_hold_on_nearly_every_seed_and_the_letter_never_works(demos):
    assert sum(works(demo, CALL.code) for demo in demos) >= 9
    assert sum(backfires_later(demo, DISCOUNT.code) for demo in demos) >= 9
    assert not any(works(demo, "KATALOG25") for demo in demos)


def test_the_peak_of_the_discount_melts_within_weeks_and_ends_in_a_loss(demos):
    melted = 0
    for demo in demos:
        gains = [np.subtract(*map(np.mean, margins(demo, DISCOUNT.code, 1, day))) for day in range(1, 351)]
        melted += 7 < int(np.argmax(gains)) < 60 and gains[-1] < 0
    assert melted >= 9


def test_dealers_head_the_list_by_revenue_and_bring_less_than_they_cost(demos):
    for demo in demos:
        truth = demo.truth.customers.set_index("customer_id")
        dealers = truth.index[truth["rebate"] > 0]
        sums = demo.orders.groupby("customer_id")[["amount", "margin"]].sum()
        best = sums["amount"].nlargest(len(sums) // 20).index
        assert best.isin(dealers).mean() > 0.25
        assert sums["margin"].reindex(dealers).sum() < 0


def test_the_gain_of_the_call_lasts_beyond_the_horizon(demos):
    later = [welch(*margins(demo, CALL.code, 91, 365)) for demo in demos]
    assert np.mean([sum(interval) / 2 for interval in later]) > 5


def test_without_planted_effects_both_arms_return_alike():
    nothing = {"wins": 0.0, "pulls_forward": 0.0, "cancels_later": 0.0, "percent_off": 0, "unsubscribes": 0.0}
    idle = replace(PLANTED, campaigns=tuple(replace(one, **nothing) for one in PLANTED.campaigns))
    gains = []
    for seed in SEEDS:
        treated, control = margins(generate(seed, planted=idle), CALL.code, 1, 90)
        gains.append((treated > 0).mean() - (control > 0).mean())
    assert np.mean(gains) == pytest.approx(0, abs=0.025)


def test_treated_regulars_are_won_at_the_planted_rate(demos):
    rates = []
    for demo in demos:
        sent = demo.truth.contacts.assign(arm=demo.contacts["arm"])
        truth = demo.truth.customers.set_index("customer_id")
        regular = sent["customer_id"].map(truth["occasional_kind"]).isna()
        call = sent[(sent["campaign"] == CALL.code) & regular]
        assert not call.loc[call["arm"] == "control", "won"].any()
        rates.append(call.loc[call["arm"] == "treated", "won"].mean())
    usual = 0.12  # of the regulars called come without the call within 90 days, and are not won by it
    assert np.mean(rates) == pytest.approx(CALL.wins * (1 - usual), abs=0.05)


def test_arms_are_drawn_by_chance_from_customers_silent_for_long_with_consent(demo):
    orders = order_days(demo)
    for code, sent in demo.contacts.groupby("campaign"):
        start = sent["contacted_at"].min()
        last = orders[orders["ordered_at"] < start].groupby("customer_id")["ordered_at"].max()
        before = sent["customer_id"].map(last)
        least = SILENCES[code] or PLANTED.campaign_silence
        assert ((start - before).dt.days >= least).all(), code
        assert sent["arm"].value_counts().nunique() == 1
        silence = (start - before).dt.days.groupby(sent["arm"]).mean()
        assert abs(silence["treated"] - silence["control"]) < 40
    allowed = demo.customers.set_index("customer_id")
    called = demo.contacts[demo.contacts["channel"] == "phone"]["customer_id"]
    assert allowed.loc[called, "may_phone"].all()


def test_campaigns_are_over_in_time_and_leave_customers_alone_for_half_a_year(demo):
    last = pd.Timestamp(LAST_DAY)
    ends = demo.contacts.groupby("campaign")["contacted_at"].max()
    assert ((last - ends).dt.days >= 90).all()
    assert ((last - ends).dt.days >= 350).sum() >= 2
    pause = demo.contacts.sort_values("contacted_at").groupby("customer_id")["contacted_at"].diff().dt.days
    assert pause.min() >= 180


def test_the_discount_makes_more_of_the_treated_unsubscribe(demos):
    shares = []
    for demo in demos:
        sent = demo.contacts[demo.contacts["campaign"] == DISCOUNT.code]
        quits = demo.events[demo.events["kind"] == "unsubscribe"].set_index("customer_id")["happened_at"]
        days = (sent["customer_id"].map(quits[~quits.index.duplicated()]) - sent["contacted_at"]).dt.days
        share = days.between(1, 21).groupby(sent["arm"]).mean()
        shares.append(share["treated"] - share["control"])
    assert np.mean(shares) == pytest.approx(DISCOUNT.unsubscribes, abs=0.015)


def test_a_base_worth_winning_back_is_left_at_the_end(demo):
    last = order_days(demo).groupby("customer_id")["ordered_at"].max()
    lapsed = last.index[(pd.Timestamp(LAST_DAY) - last).dt.days > PLANTED.campaign_silence]
    book = demo.customers.set_index("customer_id").loc[lapsed]
    reachable = book["may_phone"].fillna(False) | book["may_letter"].fillna(False)
    margin = demo.orders.groupby("customer_id")["margin"].sum().reindex(lapsed)
    assert ((margin > 60) & reachable).sum() > 500


def test_the_readme_states_the_planted_effects():
    readme = (COMMITTED / "README.md").read_text(encoding="utf-8")
    rows = {line.split(",")[0].strip("| "): line for line in readme.splitlines() if line.startswith("| ")}
    for campaign in PLANTED.campaigns:
        assert campaign.kind in rows[campaign.code] or campaign.kind == "none"
        for share in (campaign.wins, campaign.pulls_forward, campaign.cancels_later, campaign.unsubscribes):
            assert not share or f"{share:.0%}" in rows[campaign.code]
    for fact in (f"{PLANTED.gap:.0f} days", f"{PLANTED.lifetime:.0f} days", f"by {PLANTED.complaint_factor}"):
        assert fact in readme
