"""Chapter 02: stages, months, moves, cohorts, who changed; on small clients and on the demo."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from playbook.archive.findings import read as read_findings
from playbook.chapters import lifecycle
from playbook.chapters.lifecycle import by_month
from playbook.chapters.lifecycle.base import StageBase, unseen_since
from playbook.chapters.lifecycle.daily_events import DailyEvents
from playbook.chapters.lifecycle.development import Development
from playbook.chapters.lifecycle.margin_lost import MarginLost
from playbook.chapters.lifecycle.rules import NEW, STAGES, find_silences, stages_at
from playbook.errors import SettingsError
from playbook.records.history import History, customers
from playbook.records.sources import Sources
from playbook.settings import client as settings
from playbook.settings.lifecycle import Lifecycle
from playbook.show.words import Words
from playbook.stats.inactivity import inactivity
from playbook.stats.spells import spell_counts

WORDS = Words()
RULES = "inactivity_days: 100\nlifecycle: {at_risk_days: 50, lost_days: 300"
TABLES = "tables:\n  orders: {files: orders.csv, cohort: true, columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}}\n"  # noqa: E501
EVENTS = "  events: {files: events.csv, columns: {customer_id: c, happened_at: d, kind: k}}\n"
PEOPLE = "  customers: {files: people.csv, columns: {customer_id: c, acquired_on: a, cancelled_on: x}}\n"
LAST = "last,2024-12-31,1\n"


@dataclass(frozen=True)
class Seen:
    history: History
    sources: Sources
    daily: DailyEvents
    base: StageBase

    @property
    def stage(self) -> dict[str, str]:
        return dict(zip(self.base.customers["customer_id"], self.base.customers["stage"], strict=True))

    @property
    def limits(self) -> str:
        return "\n".join(self.base.limits.sentences(WORDS))

    def develop(self) -> Development:
        return lifecycle.develop(self.history, self.daily, self.base)

    def margin_lost(self) -> MarginLost:
        return lifecycle.find_margin_lost(self.history, self.daily, self.base.silences)


def see(history: History, sources: Sources) -> Seen:
    daily = lifecycle.read_daily_events(history, sources)
    return Seen(history, sources, daily, lifecycle.find_stages(history, sources, daily, customers(history)))


@pytest.fixture
def read(open_client):
    """Write a client and find the stages: ``read(orders, events=..., people=..., rules=...)``."""

    def write(orders: str, events: str = "", people: str = "", rules: str = "", tables: str = TABLES) -> Seen:
        text = f"client: Acme\n{tables}{EVENTS if events else ''}{PEOPLE if people else ''}"
        text += f"{RULES}{', ' + rules if rules else ''}}}\n"
        files = {"events_csv": "c,d,k\n" + events, "people_csv": "c,a,x\n" + people}
        return see(*open_client(orders + LAST, text, **files))

    return write


@pytest.fixture(scope="module")
def demo(demo_client):
    return see(*demo_client)


def visits(who: str, days: list[str]) -> str:
    return "".join(f"{who},2024-{day},visit\n" for day in days)


TEN = ["11-01", "11-03", "11-05", "11-07", "11-09", "11-11", "11-13", "11-15", "11-17"]


# The rules of the stages ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orders", "stage"),
    [
        (["2024-12-01"], "just engaged"),
        (["2024-11-01", "2024-12-01"], "engaged"),
        (["2024-10-01", "2024-11-01", "2024-12-01"], "firmly engaged"),
        (["2024-11-11"], "just engaged"),  # silent for 50 days
        (["2024-11-10"], "at risk"),  # 51
        (["2024-09-22"], "at risk"),  # 100
        (["2024-09-21"], "lapsed"),  # 101
        (["2024-03-06"], "lapsed"),  # 300
        (["2024-03-05"], "lost"),  # 301
        (["2023-01-01", "2023-01-02", "2023-01-03", "2024-12-30"], "firmly engaged"),  # came back
    ],
)
def test_customers_stand_by_orders_and_silence(read, orders, stage):
    assert read("".join(f"a,{day},5\n" for day in orders)).stage["a"] == stage


def test_ten_visits_over_more_than_30_days_make_firmly_engaged(read):
    orders = "".join(f"{who},2024-12-01,5\n" for who in "abcd")
    events = visits("a", [*TEN, "12-02"])  # the tenth, 31 days after the first
    events += visits("b", [*TEN, "12-01"])  # 30 days
    events += visits("c", TEN)  # nine visits
    stage = read(orders, events).stage
    assert (stage["a"], stage["b"], stage["c"]) == ("firmly engaged", "just engaged", "just engaged")


def test_visits_become_enough_on_the_first_day_that_meets_both_conditions(read):
    chapter = read("a,2024-10-01,5\na,2024-12-01,5\n", visits("a", [*TEN, "11-20", "12-10", "12-20"]))
    rows = chapter.daily.rows().filter(lambda row: row.regular)
    assert [str(day)[:10] for day in rows.day.to_pyarrow().to_pylist()] == ["2024-12-10"]


def test_who_never_ordered_is_suspect_prospect_or_lead(read):
    events = "p,2024-05-01,visit\nl,2024-05-01,inquiry\nu,2024-05-01,unsubscribe\n"
    events += visits("v", [*TEN, "12-02"])
    people = "s,,\np,,\nl,,\nu,,\nv,,\n"
    stage = read("a,2024-12-01,5\n", events, people).stage
    expected = {"s": "suspect", "p": "prospect", "l": "lead", "u": "suspect", "v": "lead"}
    assert {who: stage[who] for who in expected} == expected


def test_regular_visitors_without_an_order_are_firmly_engaged_where_the_rule_says_so(read):
    chapter = read(
        "a,2024-12-01,5\n", visits("v", [*TEN, "12-02"]), "v,,\n", rules="engaged_without_order: true"
    )
    assert chapter.stage["v"] == "firmly engaged"


def test_a_complaint_or_unsubscription_since_the_last_order_is_a_risk(read):
    orders = "".join(f"{who},2024-12-01,5\n" for who in "abcde")
    events = (
        "a,2024-12-01,complaint\n"  # on the day of the order
        "b,2024-12-05,complaint\nb,2024-12-09,complaint_solved\n"
        "c,2024-12-05,unsubscribe\n"
        "d,2024-11-30,complaint\n"  # before the order: forgiven
        "e,2024-12-05,complaint\ne,2024-12-06,complaint_solved\ne,2024-12-07,complaint\n"
    )
    stage = read(orders, events).stage
    expected = dict.fromkeys("ace", "at risk") | dict.fromkeys("bd", "just engaged")
    assert {who: stage[who] for who in "abcde"} == expected


def test_a_cancellation_since_the_last_order_is_lost_and_an_order_brings_back(read):
    orders = "a,2024-12-01,5\nb,2024-12-01,5\nb,2024-12-20,5\nc,2024-12-01,5\nd,2024-12-01,5\n"
    events = "a,2024-12-10,cancellation\nb,2024-12-10,cancellation\n"
    people = "c,,2024-12-15\nd,,2025-06-30\n"  # the last one only announced
    chapter = read(orders, events, people)
    expected = {"a": "lost", "b": "engaged", "c": "lost", "d": "just engaged"}
    assert {who: chapter.stage[who] for who in expected} == expected
    lapsed = chapter.base.customers.set_index("customer_id")["lapsed"]
    assert not lapsed["a"]  # lapsed is silence alone


def test_the_stages_and_the_lapsed_of_the_other_chapters_are_reconciled(read):
    orders = "a,2024-12-01,5\nb,2024-12-01,5\nc,2024-09-01,5\nd,2024-09-02,5\ne,2024-01-01,5\n"
    chapter = read(orders, "a,2024-12-10,cancellation\nd,2024-12-10,cancellation\n", "b,,2024-12-15\n")
    assert (
        "Lapsed and lost together are 5. The other chapters go by silence alone and call 3 of them lapsed: 2"
        " are lost through a cancellation and have not been silent for that long."
    ) in chapter.base.sentences(WORDS)
    by_silence = read("c,2024-09-01,5\ne,2024-01-01,5\n").base.sentences(WORDS)
    assert "In the other chapters both stages count as lapsed, 2 together." in by_silence


def test_every_rule_follows_the_settings(read):
    orders = "a,2024-11-30,5\na,2024-12-01,5\nb,2024-12-01,5\n"
    chapter = read(
        orders,
        "p,2024-05-01,visit\nq,2024-05-01,review\nb,2024-12-02,review\n",
        "p,,\nq,,\n",
        rules="just_engaged_orders: 2, engaged_orders: 2, firmly_engaged_orders: 2, visits: 1,"
        " visits_over_days: 0, prospect_events: [review], at_risk_events: [review], lead_events: [visit]",
    )
    expected = {"a": "firmly engaged", "b": "at risk", "p": "lead", "q": "prospect"}
    assert {who: chapter.stage[who] for who in expected} == expected


def test_settings_that_contradict_each_other_are_refused(client):
    data, name = client(None, f"client: A\n{TABLES}lifecycle: {{engaged_orders: 4}}\n")
    with pytest.raises(SettingsError, match="must not fall in this order"):
        settings.load(name, data)
    with pytest.raises(ValueError, match="below lost_share"):
        Lifecycle(at_risk_share=0.995)


def test_who_may_be_older_than_the_data_is_never_just_engaged(read):
    tables = TABLES.replace("cohort: true", "cohort: false")
    orders = "first,2024-11-01,5\nold,2024-12-01,5\nnew,2024-12-02,5\n"
    people = "new,2024-12-02,\n"
    chapter = read(orders, people=people, tables=tables)
    assert (chapter.stage["old"], chapter.stage["new"]) == ("engaged", "just engaged")
    assert "may have been customers before" in chapter.limits


# The silences --------------------------------------------------------------------------------


def test_the_silence_of_the_lapsed_is_the_inactivity_threshold_and_the_others_are_read_from_its_curve(demo):
    counts = spell_counts(demo.history)
    silences = demo.base.silences
    assert silences.lapsed == inactivity(counts, demo.history.settings).days
    assert 0 < silences.at_risk < silences.lapsed < silences.lost
    assert (silences.at_risk_source, silences.lost_source) == ("data", "data")


def test_with_a_threshold_of_the_clients_own_the_others_keep_the_proportion(demo):
    own = demo.history.settings.model_copy(update={"inactivity_days": 2 * demo.base.silences.lapsed})
    silences = find_silences(spell_counts(demo.history), own)
    assert silences.lapsed == 2 * demo.base.silences.lapsed
    assert silences.at_risk == pytest.approx(2 * demo.base.silences.at_risk, abs=2)
    assert silences.lost_source == "scaled"


def test_lapsed_and_stage_agree_but_for_goodbyes(demo):
    seen = demo.base.customers
    gone = seen["stage"].isin(["lapsed", "lost"])
    assert (seen.loc[seen["lapsed"], "stage"].isin(["lapsed", "lost"])).all()
    assert (gone & ~seen["lapsed"]).sum() < 0.02 * len(seen)
    assert set(seen["stage"]) <= set(STAGES)


# Month by month ------------------------------------------------------------------------------


def test_the_months_are_what_replaying_each_of_them_gives(demo):
    months = demo.develop().months
    unseen = unseen_since(demo.history, demo.base.customers)
    daily = demo.base.silences.known_of(demo.daily, demo.history)
    for end in months.base.index[[0, 7, 20, -2, -1]]:
        replayed = stages_at(daily, demo.base.silences, end.date()).value_counts()
        expected = replayed.reindex(list(STAGES), fill_value=0)
        expected["suspect"] += (unseen <= end).sum()
        assert months.base.loc[end].tolist() == expected.tolist(), end


def test_the_last_month_is_the_base_of_today(demo):
    months = demo.develop().months
    today = demo.base.groups.set_index("stage")["customers"]
    assert months.base.iloc[-1].tolist() == today.reindex(list(STAGES)).tolist()


def test_moves_account_for_every_change_of_the_base(demo):
    months = demo.develop().months
    change = months.base.diff().iloc[1:]
    moves = months.moves
    into = moves.pivot_table(index="month", columns="stage", values="customers", aggfunc="sum")
    out = moves[moves["before"] != NEW]
    out = out.pivot_table(index="month", columns="before", values="customers", aggfunc="sum")
    shape = {"index": change.index, "columns": change.columns, "fill_value": 0}
    balance = into.fillna(0).reindex(**shape) - out.fillna(0).reindex(**shape)
    known = change.drop(columns="suspect")  # suspects also come with their day of acquisition
    assert (balance.drop(columns="suspect") == known).all().all()


def test_the_months_are_the_same_in_parts(demo, monkeypatch):
    whole = demo.develop().months
    monkeypatch.setattr(by_month, "ROWS_AT_ONCE", demo.daily.size // 4)
    parts = demo.develop().months
    pd.testing.assert_frame_equal(whole.base, parts.base)
    pd.testing.assert_frame_equal(whole.moves, parts.moves)


def test_whose_margin_is_lost_and_comes_back_are_those_who_moved(demo):
    flows, lost = demo.develop().flows, demo.margin_lost()
    by_month = lost.by_month.loc[flows.index]
    assert by_month["lost"].tolist() == (flows["lapsed"] + flows["goodbye"]).tolist()
    assert by_month["came_back"].tolist() == flows["came_back"].tolist()
    told = by_month[by_month.index > lost.whole_from + pd.offsets.MonthEnd()].tail(12).sum()
    [said] = lost.sentences(WORDS)
    for value in ("margin_lost", "margin_back"):
        assert WORDS.money(told[value]) in said and WORDS.money(told[value]) in lost.figure(WORDS).alt


def test_what_is_lost_with_a_customer_is_the_margin_of_the_year_up_to_the_last_order(read):
    orders = "a,2022-05-01,99\na,2023-04-30,10\na,2023-05-01,10\na,2023-05-02,-4\na,2024-04-01,50\n"
    orders += "b,2024-06-01,40\nb,2024-11-20,7\n"  # says goodbye in July, before having lapsed
    lost = read(orders, events="b,2024-07-05,cancellation\n").margin_lost()
    happened = lost.by_month[lost.by_month[["lost", "came_back"]].any(axis=1)]
    told = [(f"{month:%y-%m}", *row) for month, *row in happened.round(2).itertuples()]
    assert told == [
        ("22-08", 1, 34.65, 0, 0),
        ("23-04", 0, 0, 1, 34.65),  # the first year alone
        ("23-08", 1, 7, 0, 0),  # 20 at 35%, neither what was returned later nor an order a year before
        ("24-04", 0, 0, 1, 7),
        ("24-07", 2, 37.1, 0, 0),  # the year holds the orders of spring 2023, and what was returned
        ("24-11", 0, 0, 1, 14),
    ]


def test_the_young_are_told_that_lost_margin_cannot_be_told(read):
    young = TABLES.replace("cohort: true", "cohort: false")
    lost = read("a,2024-01-10,5\n", tables=young).margin_lost()
    assert lost.figure(WORDS) is None
    assert "cannot be told yet" in lost.sentences(WORDS)[0]


def test_moves_are_counted_by_month_and_stage(read):
    orders = "a,2024-01-10,5\na,2024-12-20,5\n"
    moves = read(orders).develop().months.moves
    counted = [
        (f"{row.month:%m}", row.before, row.stage) for row in moves[moves["before"] != "new"].itertuples()
    ]
    assert counted == [
        ("03", "just engaged", "at risk"),  # silent for 51 days on 1 March
        ("04", "at risk", "lapsed"),
        ("11", "lapsed", "lost"),
        ("12", "lost", "engaged"),
    ]


def test_the_stage_of_today_stands_beside_that_of_a_year_ago(read):
    shown = read("a,2023-12-20,5\nb,2023-12-20,5\nb,2024-12-20,5\n").base.moved(WORDS).frame
    assert shown["before"].tolist() == ["just engaged", "not known then"]
    by_stage = shown.set_index("before").stack().to_dict()
    assert by_stage == {
        ("just engaged", "lost"): 1,
        ("just engaged", "engaged"): 1,
        ("not known then", "just engaged"): 1,
    }


def test_the_title_of_the_base_holds_the_shares_of_today(demo):
    groups = demo.base.groups.set_index("stage")["customers"]
    engaged = groups[["just engaged", "engaged", "firmly engaged"]].sum() / groups.sum()
    title = demo.develop().figure(WORDS).figure.get_suptitle()
    assert title.startswith(f"{WORDS.percent(engaged)} of all people known are engaged")


def test_title_alt_text_and_caption_of_the_moves_speak_of_the_same_months(demo):
    moved = demo.develop()
    short = replace(moved, flows=moved.flows.tail(5))
    picture = short.moves_figure(WORDS)
    assert picture.figure.get_suptitle().startswith("In the last 5 months: ")
    assert "In the last 5 months" in picture.alt
    assert short.moves_table(WORDS).caption == "Moves of the last 5 months, from stage to stage"
    assert moved.moves_table(WORDS).caption == "Moves of the last 12 months, from stage to stage"


def test_every_line_of_the_moves_is_called_what_it_is(demo):
    moved = demo.develop()
    (axes,) = moved.moves_figure(WORDS).figure.axes
    names = {
        handle.get_color(): text.get_text()
        for handle, text in zip(axes.get_legend().get_lines(), axes.get_legend().get_texts(), strict=True)
    }
    lines = [line for line in axes.get_lines() if len(line.get_ydata())]  # those of the legend hold nothing
    drawn = {names[line.get_color()]: list(line.get_ydata()) for line in lines}
    flows = {"new customers": "new", "came back": "came_back", "lapsed": "lapsed", "were lost": "lost"}
    assert drawn == {name: moved.flows[flow].tolist() for name, flow in flows.items()}


def test_no_more_months_are_shown_than_asked_for(read):
    chapter = read("a,2023-01-10,5\n", rules="months: 6")
    assert len(chapter.develop().months.base) == 6


# Cohorts -------------------------------------------------------------------------------------


def test_cohorts_count_who_ordered_in_each_half_year_after_the_first_order(read):
    orders = "".join(f"c{n},2023-01-0{n},5\n" for n in range(1, 5))
    orders += "c1,2023-07-01,5\n"  # 181 days later: the first half-year
    orders += "c2,2023-07-04,5\n"  # 183: the second
    orders += "c2,2023-07-05,5\n"
    chapter = read(orders)
    row = lifecycle.find_cohorts(chapter.history, chapter.base.customers).cohorts.iloc[0]
    assert (row["cohort"], row["customers"], row["in_1"], row["in_2"], row["in_3"]) == (
        "2023 Q1", 4, 0.25, 0.25, 0.0,
    )  # fmt: skip
    assert np.isnan(row["in_4"])  # 728 days were not yet followed


def test_the_cancelled_are_counted_with_the_lost_by_month_and_by_cohort(read):
    orders = "a,2024-10-01,5\nb,2024-10-01,5\nc,2024-10-01,5\nd,2024-10-01,5\nd,2024-12-01,5\n"
    ended = "a,,2024-11-01\nb,,2024-11-01\nc,,\nd,,2024-11-01\n"  # d ordered again
    chapter = read(orders, people=ended)
    moved, won = chapter.develop(), lifecycle.find_cohorts(chapter.history, chapter.base.customers)
    assert (moved.year["lapsed"], moved.year["lost"], moved.year["goodbye"]) == (0, 3, 3)
    said = moved.sentences(WORDS)[0]
    assert "0 lapsed, 3 more were lost through a cancellation before that, and 1 came back" in said
    assert "3 said goodbye" in moved.moves_figure(WORDS).figure.get_suptitle()
    assert won.cohorts["active"].iloc[0] == pytest.approx(3 / 5)  # c, d and the last one
    assert "cancellations are, by their day" in chapter.limits


def test_cohorts_hold_every_new_customer_once(demo):
    found = lifecycle.find_cohorts(demo.history, demo.base.customers)
    seen = demo.base.customers
    assert found.cohorts["customers"].sum() == ((seen["orders"] > 0) & ~seen["old_customer"]).sum()


def test_the_grid_of_cohorts_shows_the_shares_of_the_table(demo):
    won = lifecycle.find_cohorts(demo.history, demo.base.customers)
    (axes,) = won.figure(WORDS).figure.axes
    followed = won.cohorts[won.cohorts["in_1"].notna()]
    shares = followed[["in_1", "in_2", "in_3", "in_4"]].to_numpy().ravel()
    expected = [WORDS.percent(share) for share in shares if not np.isnan(share)]
    assert [text.get_text() for text in axes.texts if text.get_text()] == expected
    assert axes.figure.get_suptitle().startswith(WORDS.percent(won.mean(1)[0]))


# Since the last report -----------------------------------------------------------------------


def earlier_report(home, as_of: str, stages: dict[str, str]) -> None:
    folder = home / as_of / "tables"
    folder.mkdir(parents=True)
    table = pa.table({"customer_id": list(stages), "stage": list(stages.values())})
    pq.write_table(table, folder / "customers.parquet")


PEOPLE_NOW = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "stage": ["at risk", "engaged", "just engaged"],
        "margin": [10.0, 5.0, 1.0],
    }
)


def test_who_changed_stage_is_read_from_the_latest_earlier_report(tmp_path):
    earlier_report(tmp_path, "2024-06-30", {"a": "lost"})
    earlier_report(tmp_path, "2024-09-30", {"a": "engaged", "b": "engaged", "gone": "lost"})
    earlier_report(tmp_path, "2024-12-31", {"a": "suspect"})  # the same date: no earlier one
    found = lifecycle.since_last_report(tmp_path / ".run-1", date(2024, 12, 31), PEOPLE_NOW)
    assert found.since == date(2024, 9, 30)
    assert found.changed["customer_id"].tolist() == ["a"]
    assert found.worse["customer_id"].tolist() == ["a"]
    assert (int(found.people["before"].isna().sum()), found.gone) == (1, 1)
    assert "1 person changed stage and 1 is new" in found.sentences(WORDS)[0]
    assert "at risk" in str(found.table(WORDS))
    assert "a" in str(found.named(WORDS))


def test_without_an_earlier_report_that_is_said(tmp_path):
    found = lifecycle.since_last_report(tmp_path / ".draft" / "2024-12-31", date(2024, 12, 31), PEOPLE_NOW)
    assert found.since is None
    assert "no earlier report" in found.sentences(WORDS)[0]


# What the data cannot show -------------------------------------------------------------------


def test_without_events_and_people_the_stages_that_are_missing_are_named(read):
    chapter = read("a,2024-12-01,5\n")
    assert "There are no events" in chapter.limits
    assert "There is no table of customers" in chapter.limits


def test_events_that_count_for_nothing_are_counted_and_named(read):
    visits = "a,2024-05-01,visit\n,2024-05-01,visit\nnobody,2024-05-01,visit\n"
    events = f"{visits}a,2024-05-02,plausch\na,2024-05-02,\n"
    chapter = read("a,2024-12-01,5\n", events)
    assert (
        "2 events are of kinds that no rule knows, and count for nothing: (empty) (1), plausch (1)"
        in chapter.limits
    )
    assert "1 visit has no customer" in chapter.limits
    assert "1 event is of somebody who is neither in the orders" in chapter.limits
    assert "none of the kinds that make a lead" in chapter.limits
    assert "nobody" not in chapter.stage


def test_people_with_nothing_but_returns_are_no_customers(read):
    chapter = read("a,2024-12-01,-5\n")
    assert chapter.stage["a"] == "prospect"
    assert "only returns" in chapter.limits


def test_stages_that_hold_nobody_are_not_counted_up(read):
    chapter = read("a,2024-12-31,5\nb,2024-12-01,-5\n")
    said = " ".join(chapter.base.sentences(WORDS))
    assert "1 never ordered: 1 prospect who has shown interest." in said
    assert "and nothing from those now at risk." in said


def test_a_client_younger_than_the_silences_is_told_that_nobody_can_be_lost(read):
    chapter = read("a,2024-12-01,5\n")
    assert "too few for anybody to have been silent" in chapter.limits
    assert "less than two months" in chapter.develop().sentences(WORDS)[0]


@pytest.mark.parametrize(
    "orders",
    ["", "a,2024-12-31,0\n", "".join(f"c{n},2024-12-31,1\n" for n in range(40))],
    ids=["one customer", "no amounts", "all on one day"],
)
def test_clients_with_little_in_them_get_every_sentence_table_and_picture(read, orders):
    chapter = read(orders)
    moved, won = chapter.develop(), lifecycle.find_cohorts(chapter.history, chapter.base.customers)
    assert moved.sentences(WORDS)
    assert won.sentences(WORDS)
    for shown in (chapter.base.table, chapter.base.moved, moved.table, moved.moves_table, won.table):
        assert str(shown(WORDS))
    for picture in (moved.figure, moved.moves_figure, won.figure):
        assert picture(WORDS) is None


def test_all_one_time_buyers_are_a_base_too(read):
    orders = "".join(f"c{n},2024-{1 + n % 12:02}-05,5\n" for n in range(60))
    stage = set(read(orders).stage.values())
    assert stage == {"just engaged", "at risk", "lapsed", "lost"} - {"lost"} | (stage & {"lost"})


# What is written -----------------------------------------------------------------------------


def test_contacts_of_the_demo_stand_where_they_were_planted(demo):
    """Who only visits was planted as prospect, who only asks as lead; both may do more."""
    from playbook.demo.retailer import generate

    truth = generate(1).truth.customers.set_index("customer_id")["group"]
    stage = demo.base.customers.set_index("customer_id")["stage"]
    planted = truth.reindex(stage.index)
    assert (stage[planted == "lead"] == "lead").mean() > 0.9
    assert stage[planted == "prospect"].isin(["prospect", "lead"]).mean() > 0.85
    assert (stage[planted == "gone"] == "suspect").all()


def test_donors_give_and_have_given(demo):
    said = " ".join(demo.base.sentences(Words(preset="donations")))
    assert "have given" in said
    assert "donors" in said
    assert "ordered" not in said


def test_people_won_after_the_as_of_date_are_told(read):
    chapter = read("a,2024-12-01,5\n", people="z,2025-02-01,\n")
    assert chapter.stage["z"] == "suspect"
    assert "1 person was won only after" in chapter.limits
    assert chapter.develop().months.base["suspect"].tolist() == [0]


@pytest.mark.parametrize("run", ["demo_run", "donors_run"])
def test_a_run_has_stages_of_everybody_and_the_threshold_of_chapter_04(run, request):
    folder = request.getfixturevalue(run).folder
    table = pq.read_table(folder / "tables" / "02.parquet")
    assert {name: str(table.schema.field(name).type) for name in ("silence_days", "stage", "lapsed")} == {
        "silence_days": "int32", "stage": "string", "lapsed": "bool",
    }  # fmt: skip
    assert table["stage"].null_count == table["lapsed"].null_count == 0
    found = {number: read_findings(folder / "findings" / f"{number}.json") for number in ("02", "04")}
    assert found["02"]["silence_lapsed"].value == found["04"]["inactivity_threshold"].value
    assert sum(table["lapsed"].to_pylist()) == found["04"]["lapsed"].value
