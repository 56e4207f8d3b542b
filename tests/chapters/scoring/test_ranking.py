import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from playbook.archive import findings
from playbook.chapters import churn
from playbook.chapters.scoring import ranking as scoring
from playbook.chapters.scoring import worth
from playbook.chapters.scoring.comparisons import RevenueList, try_other_weights
from playbook.chapters.scoring.criteria import (
    ScoreSheet,
    chosen_criteria,
    give_points,
    reasons,
    score_sheet,
    top,
)
from playbook.chapters.scoring.words import ranking_sentences
from playbook.errors import SettingsError
from playbook.offers import catalogue
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.settings.client import Settings
from playbook.settings.scoring import CRITERIA, Criterion, Scoring
from playbook.show.words import Words
from playbook.stats import value

WORDS = Words()
DATA = Path(__file__).parents[3] / "data"
YML = """client: A
tables:
  orders:
    files: orders.csv
    columns: {customer_id: c, ordered_at: d, amount: a}
"""


def criterion(**fields):
    return Criterion(**{"name": "x", "column": "margin", **fields})


def settings_with(preset="retail", **scoring_fields) -> Settings:
    return Settings(
        client="A", preset=preset, tables={"orders": {"files": "o.csv"}}, scoring=Scoring(**scoring_fields)
    )


# Points --------------------------------------------------------------------------------------


def test_percentile_points_are_the_share_below_with_those_level_counting_half():
    assert give_points([10, 20, 20, 30], criterion()).tolist() == [1.25, 5.0, 5.0, 8.75]
    assert give_points([10, 20, 20, 30], criterion(better="low")).tolist() == [8.75, 5.0, 5.0, 1.25]
    assert give_points([7], criterion()).tolist() == [5.0]


def test_breakpoints_give_equal_steps_and_are_reached_at_their_own_value():
    rising = criterion(points=(10, 20, 30, 40))
    assert give_points([-5, 9.9, 10, 25, 40, 99], rising).tolist() == [0, 0, 2.5, 5, 10, 10]
    discount = criterion(points=(0, 0.1, 0.3, 0.6), better="low")
    assert give_points([0, 0.05, 0.1, 0.45, 0.6, 0.61], discount).tolist() == [10, 7.5, 7.5, 2.5, 2.5, 0]


def test_percentiles_depend_on_the_group_and_breakpoints_do_not():
    group, larger = [10, 20, 30], [10, 20, 30, 40, 50]
    assert give_points(group, criterion())[1] != give_points(larger, criterion())[1]
    marks = criterion(points=(15, 25))
    assert give_points(group, marks).tolist() == give_points(larger, marks)[:3].tolist()


def test_missing_values_get_no_points_and_take_no_part_in_the_percentile():
    assert give_points([np.nan, 1, 2], criterion()).tolist() == [0, 2.5, 7.5]
    assert give_points([np.nan, 0], criterion(points=(0,), better="low")).tolist() == [0, 10]
    sheet = score_sheet(pd.DataFrame({"margin": [np.nan, 1, 2]}), [criterion()])
    assert sheet.missing.tolist() == [1]


def test_negative_margins_are_ranked_below_zero():
    assert give_points([-100, 0, 5], criterion()).argsort().tolist() == [0, 1, 2]
    assert give_points([-100], criterion(points=(0, 10))).tolist() == [0]


def test_the_score_is_the_weighted_sum():
    frame = pd.DataFrame({"margin": [1, 2], "revenue": [9, 5]})
    both = [criterion(weight=2), criterion(name="y", column="revenue", weight=0.5)]
    assert score_sheet(frame, both).score().tolist() == [2 * 2.5 + 0.5 * 7.5, 2 * 7.5 + 0.5 * 2.5]


def test_breakpoints_must_rise_and_weights_be_positive_numbers():
    with pytest.raises(ValidationError, match="breakpoints must rise"):
        criterion(points=(3, 1))
    for weight in (-1, float("nan"), "much"):
        with pytest.raises(ValidationError):
            criterion(weight=weight)
        with pytest.raises(ValidationError):
            Scoring(weights={"past margin": weight})
    with pytest.raises(ValidationError, match="two criteria are named 'x'"):
        Scoring(criteria=(criterion(), criterion(column="revenue")))


# Criteria ------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["retail", "donations", "subscription"])
def test_every_preset_has_criteria_of_weight_one(preset):
    chosen = chosen_criteria(settings_with(preset))
    assert chosen == CRITERIA[preset]
    assert {one.weight for one in chosen} == {1}


def test_a_weight_can_be_changed_alone():
    chosen = chosen_criteria(settings_with(weights={"past margin": 3}))
    assert {one.name: one.weight for one in chosen if one.weight != 1} == {"past margin": 3}


def test_a_weight_of_an_unknown_criterion_is_refused():
    with pytest.raises(
        SettingsError, match=r"names 'past margn', which is no criterion\. Did you mean 'past mar"
    ):
        chosen_criteria(settings_with(weights={"past margn": 3}))


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(SettingsError, match="all weights are 0"):
        chosen_criteria(settings_with(criteria=(criterion(weight=0),)))
    with pytest.raises(SettingsError, match="all weights are 0"):
        chosen_criteria(settings_with(weights={one.name: 0 for one in CRITERIA["retail"]}))


def test_a_measure_that_the_client_does_not_have_is_left_out():
    frame = pd.DataFrame({"margin": [1.0, 2.0], "potential": [np.nan, np.nan]})
    wanted = [
        criterion(),
        criterion(name="y", column="discount_share"),
        criterion(name="z", column="potential"),
    ]
    sheet = score_sheet(frame, wanted)
    assert sheet.names == ["x"]
    assert [one.name for one in sheet.left_out] == ["y", "z"]
    with pytest.raises(SettingsError, match="data of no weighted criterion"):
        score_sheet(frame, wanted[1:])


def test_a_column_that_nobody_has_is_refused_with_a_suggestion():
    frame = pd.DataFrame({"margin": [1.0], "stars": [3], "segment": ["a"]})
    with pytest.raises(SettingsError, match=r"names 'star', which is neither .* Did you mean 'stars'"):
        score_sheet(frame, [criterion(column="star")])
    with pytest.raises(SettingsError, match="'segment', which holds no numbers"):
        score_sheet(frame, [criterion(column="segment")])


def test_any_numeric_column_of_the_customers_can_be_a_criterion():
    sheet = score_sheet(pd.DataFrame({"stars": [3, 1]}), [criterion(column="stars")])
    assert sheet.score().tolist() == [7.5, 2.5]


def test_a_criterion_that_ranks_nobody_is_named():
    frame = pd.DataFrame({"margin": [1.0, 1.0], "revenue": [1.0, 2.0]})
    assert score_sheet(frame, [criterion(), criterion(name="y", column="revenue")]).constant == ["x"]


# Reasons -------------------------------------------------------------------------------------


def sheet_of(points, columns=("margin", "discount_share", "silence_days", "referrals"), weights=None):
    weights = weights or [1] * len(columns)
    criteria = tuple(
        criterion(name=column, column=column, weight=weight)
        for column, weight in zip(columns, weights, strict=True)
    )
    points = np.array(points, dtype=float)
    return ScoreSheet(criteria, (), np.where(np.isnan(points), np.nan, points * 10), np.nan_to_num(points))


def said_of(sheet):
    """The reasons, with plain spaces in place of those that do not break."""
    return reasons(sheet, WORDS).replace("\xa0", " ", regex=True)


def test_reasons_are_where_a_customer_stands_out_from_the_others():
    said = said_of(sheet_of([[9, 10, 2, 5], [1, 10, 8, 5], [2, 10, 5, 5]]))
    assert said["reason"][0] == "margin CHF 90 (9.0 of 10)"
    assert said["weakest"][0] == "last order 20 days ago (2.0 of 10)"
    assert said["reason"][1] == "last order 80 days ago (8.0 of 10)"
    assert not said["reason"].str.contains("discount").any()
    assert said["weakest"][1] == "margin CHF 10 (1.0 of 10)"


def test_neither_missing_values_nor_ten_points_are_a_weakness_nor_none_a_strength():
    said = said_of(sheet_of([[9, 10, 8, np.nan], [0, 10, 0, 3]]))
    assert "referrals" not in f"{said['reason'][0]}{said['weakest'][0]}"
    assert "discount" not in str(said["weakest"][0])
    assert "(0.0 of 10)" not in said["reason"][1]
    assert said["weakest"][1] in ("margin CHF 0 (0.0 of 10)", "last order 0 days ago (0.0 of 10)")


def test_a_criterion_without_weight_is_no_reason():
    said = said_of(sheet_of([[9, 1, 6, 5], [1, 1, 5, 7]], weights=[0, 1, 1, 1]))
    assert said["reason"].tolist() == ["last order 60 days ago (6.0 of 10)", "referrals 70 (7.0 of 10)"]


def test_two_strengths_are_named_where_both_are_above_the_mean():
    said = said_of(sheet_of([[9, 1, 6, 8], [1, 2, 5, 5]]))
    assert said["reason"][0] == "margin CHF 90 (9.0 of 10); referrals 80 (8.0 of 10)"


def test_with_one_criterion_there_is_one_reason_and_no_weakness():
    said = said_of(sheet_of([[9], [1]], columns=("margin",)))
    assert said["reason"].tolist() == ["margin CHF 90 (9.0 of 10)", "margin CHF 10 (1.0 of 10)"]
    assert said["weakest"].isna().all()


def test_names_with_braces_and_brackets_are_only_text():
    odd = ScoreSheet((criterion(name="{a} <b>"),), (), np.array([[3.0]]), np.array([[5.0]]))
    assert said_of(odd)["reason"][0] == "{a} <b> CHF 3 (5.0 of 10)"


# Classes -------------------------------------------------------------------------------------


def classified(profit, chance, worth_of=None, apart=None, **fields):
    frame = pd.DataFrame({"best_profit": profit, "return_probability": chance})
    frame["second_lifetime_value"] = worth_of or [10.0] * len(frame)
    frame["apart"] = apart or ""
    return scoring.classify(frame, settings_with(**fields)).tolist()


def test_classes_let_go_before_wait_before_first():
    assert classified([0, 0, 1, 1, 1, 1], [0.9, 0.1, 0.5, 0.4, 0.4, 0.4], first_share=0.5) == [
        "let_go",
        "let_go",
        "wait",
        "first",
        "first",
        "budget",
    ]


def test_the_first_are_a_share_of_the_rest_rounded_up():
    for n, first in ((1, 1), (5, 1), (6, 2), (10, 2)):
        assert classified([1] * n, [0.1] * n).count("first") == first
    assert classified([1] * 5, [0.1] * 5, first_share=0).count("first") == 0


def test_a_customer_whose_second_life_loses_money_is_let_go():
    assert classified([5.0], [0.1], worth_of=[-1.0]) == ["let_go"]


def test_nobody_ranked_apart_comes_first():
    kinds = ["", "", "occasional", "no_consent", "occasional"]
    assert classified([1, 1, 1, 1, -1], [0.1] * 5, apart=kinds, first_share=1) == [
        "first",
        "first",
        "budget",
        "budget",
        "let_go",
    ]


def test_who_has_no_channel_is_apart_whether_occasional_or_not():
    frame = pd.DataFrame(
        {
            "occasional": [False, True, True, False],
            "consent_email": ["refused", "refused", "allowed", "not_asked"],
            "consent_letter": ["assumed", "no_address", "refused", "suppressed"],
        }
    )
    assert scoring.apart(frame, settings_with()).tolist() == ["", "no_consent", "occasional", "no_consent"]
    assert scoring.apart(frame[["occasional"]], settings_with()).tolist() == [
        "",
        "occasional",
        "occasional",
        "",
    ]
    chosen = settings_with().model_copy(update={"selection": ()})
    assert scoring.apart(frame, chosen).tolist() == ["", "no_consent", "", "no_consent"]


def test_where_the_chance_is_not_known_nobody_is_let_go_or_waited_for():
    assert classified([np.nan] * 5, [np.nan] * 5) == ["first", *["budget"] * 4]


def test_the_top_takes_the_first_of_those_level():
    assert top([3, 5, 5, 5], 2).tolist() == [False, True, True, False]


# Small clients -------------------------------------------------------------------------------


@pytest.fixture
def chapter(client):
    """Run the chapter's steps on a small client; returns what each found."""
    opened = []

    def run(lines, yml=YML, **files):
        data, name = client(lines, yml, **files)
        chosen = settings.load(name, data)
        sources = open_sources(chosen, data / name)
        opened.append(sources)
        return steps(read_history(chosen, sources), sources, data / name)

    yield run
    for sources in opened:
        sources.close()


def steps(history, sources, folder, customers=None):
    threshold = churn.find_threshold(history)
    frame = churn.find_lapsed(history, threshold).customers if customers is None else customers
    values = worth.see_worth(frame, history, sources, threshold.days)
    ranking = scoring.rank(values.customers, history, catalogue.load(history.settings, folder), WORDS)
    return values, ranking, try_other_weights(ranking, WORDS)


def lines_of(*orders):
    return "c,d,a\n" + "".join(f"{line}\n" for line in orders)


ONE_LAPSED = lines_of("ann,2022-01-01,500", "ann,2022-03-01,500", "bob,2022-06-01,20", "bob,2024-06-01,30")


def test_a_single_lapsed_customer_is_ranked_and_said(chapter):
    values, ranking, steady = chapter(ONE_LAPSED)
    assert ranking.customers["customer_id"].tolist() == ["ann"]
    assert ranking.customers["rank"].tolist() == [1]
    found = {item.name: item for item in [*values.findings(), *ranking.findings(), *steady.findings()]}
    said = ranking_sentences(found, WORDS)
    assert any("One customer is ranked" in sentence for sentence in said)
    assert not steady.sentences(WORDS)


def test_with_nobody_lapsed_the_chapter_says_so_and_writes_empty_columns(chapter, tmp_path):
    values, ranking, steady = chapter(lines_of("ann,2024-01-01,5", "bob,2024-02-01,6", "ann,2024-03-01,5"))
    assert ranking.sentences(WORDS) == ["Nobody is ranked: there is nobody to win back today."]
    frame = ranking.columns()
    assert frame["customer_id"].tolist() == ["ann", "bob"]
    assert frame[["score", "rank", "class", "second_lifetime_value"]].isna().all(axis=None)
    for table in (
        ranking.table(WORDS),
        ranking.class_table(WORDS),
        ranking.criteria_table(WORDS),
        RevenueList(ranking).table(WORDS),
        steady.table(WORDS),
    ):
        assert table._repr_html_()
    findings.write(tmp_path / "06.json", [*values.findings(), *ranking.findings(), *steady.findings()])
    assert json.loads((tmp_path / "06.json").read_text())


def test_the_client_s_own_numbers_and_complaints_are_measured(chapter):
    yml = YML.replace("amount: a}", "amount: a, list_amount: l}") + (
        "  customers: {files: [k.csv], columns: {customer_id: k, referrals: r, stars: s}}\n"
        "  events: {files: [e.csv], columns: {customer_id: k, happened_at: t, kind: x}}\n"
        "scoring: {criteria: [{name: stars, column: stars}]}\n"
    )
    _, ranking, _ = chapter(
        "c,d,a,l\nann,2020-01-01,60,80\nbob,2020-01-02,50,\ncid,2024-01-01,10,10\n",
        yml,
        **{
            "k.csv": "k,r,s\nann,2,4\nbob,,5\n",
            "e.csv": "k,t,x\nann,2020-02-01,complaint\nann,2020-03-01,complaint\n"
            "ann,2020-03-05,complaint_solved\nbob,2020-03-05,visit\nann,2025-01-01,complaint\n",
        },
    )
    seen = ranking.customers.set_index("customer_id")
    assert seen.loc[["bob", "ann"], "rank"].tolist() == [1, 2]
    assert seen.loc["ann", ["discount_share", "referrals", "unsolved_complaints"]].tolist() == [0.25, 2, 1]
    assert seen.loc["bob", ["discount_share", "unsolved_complaints"]].tolist() == [0, 0]
    assert np.isnan(seen.loc["bob", "referrals"])
    assert ranking.columns()["points_stars"].notna().sum() == 2


def test_level_scores_are_ranked_by_second_lifetime_value_then_id(chapter):
    yml = YML + "scoring: {criteria: [{name: orders, column: orders}]}\n"
    many = [f"c{n},2024-0{1 + n % 6}-0{n},{10 * n}" for n in range(1, 8)]
    many += [f"d{n},2020-01-0{n},20" for n in (2, 1)] + ["e,2020-01-05,900"]
    again = [f"f{n},2023-0{m}-01,{30 * n}" for n in range(1, 6) for m in range(1, 9)]  # margins that differ
    _, ranking, _ = chapter(lines_of(*many, *again), yml)
    old = ranking.customers[ranking.customers["orders"] == 1]
    assert old["score"].nunique() == 1
    assert old["customer_id"].tolist() == ["e", "d1", "d2"]


def test_a_selection_decides_over_the_label_lapsed(chapter):
    yml = YML + "selection: {orders: {min: 1, max: 1}}\n"
    _, ranking, _ = chapter(lines_of("ann,2020-01-01,5", "ann,2020-03-01,5", "bob,2024-01-01,6"), yml)
    assert ranking.customers["customer_id"].tolist() == ["bob"]
    frame = ranking.columns().set_index("customer_id")
    assert frame.loc["bob", "second_lifetime_value"] > 0
    assert frame.loc["ann", "second_lifetime_value"] > 0
    assert pd.isna(frame.loc["ann", "rank"])


def test_occasional_buyers_that_are_left_out_are_not_ranked(client):
    data, name = client(lines_of("ann,2020-01-01,5", "bob,2020-01-01,6", "cid,2024-01-01,6"), YML)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    history = read_history(chosen, sources)
    frame = churn.find_lapsed(history, churn.find_threshold(history)).customers
    frame = frame.assign(occasional=True, left_out=[False, True, True])
    _, ranking, _ = steps(history, sources, data / name, frame)
    sources.close()
    assert ranking.customers["customer_id"].tolist() == ["ann"]
    assert ranking.not_ranked == 1
    assert any("One occasional buyer is left out" in sentence for sentence in ranking.sentences(WORDS))


def test_occasional_buyers_are_ranked_behind_the_others(client):
    lines = lines_of("ann,2020-01-01,5", "bob,2020-01-01,900", "cid,2020-01-02,7", "dan,2024-01-01,6")
    data, name = client(lines, YML)
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    history = read_history(chosen, sources)
    frame = churn.find_lapsed(history, churn.find_threshold(history)).customers
    frame = frame.assign(occasional=frame["customer_id"] == "bob", left_out=False)
    _, ranking, _ = steps(history, sources, data / name, frame)
    sources.close()
    assert ranking.customers["customer_id"].tolist()[-1] == "bob"
    assert ranking.customers["score"].idxmax() == 2
    assert ranking.columns().set_index("customer_id").loc["bob", "apart"] == "occasional"
    assert (
        "One occasional buyer who may be contacted is ranked apart, behind the others."
        in ranking.sentences(WORDS)
    )


def test_orders_without_any_value_are_ranked_and_let_go(chapter):
    yml = YML.replace("    columns", "    zero_is_order: true\n    columns")
    orders = [f"c{n},202{y}-0{1 + n % 6}-1{n % 9},0" for n in range(40) for y in (1, 2, 3)]
    _, ranking, _ = chapter(lines_of(*orders, "z,2025-01-01,0"), yml)
    assert set(ranking.customers["class"]) == {"let_go"}


# The demo retailer ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo():
    chosen = settings.load("demo", DATA)
    folder = DATA / "demo"
    sources = open_sources(chosen, folder)
    history = read_history(chosen, sources)
    yield history, sources, *steps(history, sources, folder)
    sources.close()


def test_the_demo_is_ranked_by_all_criteria_of_its_preset(demo):
    ranking = demo[3]
    assert ranking.sheet.names == [one.name for one in CRITERIA["retail"]]
    assert not ranking.sheet.left_out
    assert ranking.customers["rank"].tolist() == list(range(1, len(ranking.customers) + 1))
    assert ranking.customers["score"].is_monotonic_decreasing
    assert ranking.sheet.missing[ranking.sheet.names.index("potential")] > 0
    total = ranking.sheet.points.sum(axis=1)
    assert ranking.customers["score"].to_numpy() == pytest.approx(total, abs=1e-6)


def test_the_same_input_gives_the_same_ranking(demo):
    history, sources, _, ranking, steady = demo
    again = steps(history, sources, settings.client_folder("demo", DATA))
    pd.testing.assert_frame_equal(ranking.columns(), again[1].columns())
    assert steady.findings() == again[2].findings()


def test_the_usual_list_is_by_revenue_and_says_how_many_also_come_first(demo):
    ranking = demo[3]
    usual = RevenueList(ranking)
    assert usual.table(WORDS).frame["revenue"].tolist() == ranking.customers["revenue"].nlargest(5).tolist()
    first = ranking.of("first")
    both = (first["revenue"] >= ranking.customers["revenue"].nlargest(len(first)).min()).sum()
    assert f"{both} also come first by the score" in usual.sentences(WORDS)[0]


def test_random_weights_move_some_of_the_first_but_not_most(demo):
    steady = demo[4].findings()[0]
    assert 0.5 < steady.low < steady.value < steady.high < 1


def test_a_criterion_that_counts_alone_is_steady_under_any_weights(demo):
    ranking = demo[3]
    alone = ranking.sheet
    weighed = tuple(
        one.model_copy(update={"weight": float(one.name == "past margin")}) for one in alone.criteria
    )
    sheet = ScoreSheet(weighed, (), alone.values, alone.points)
    order = np.argsort(-sheet.score(), kind="stable")
    frame = ranking.customers.iloc[order].reset_index(drop=True).assign(score=sheet.score()[order])
    frame["class"] = scoring.classify(frame, ranking.settings)
    sheet = ScoreSheet(weighed, (), alone.values[order], alone.points[order])
    only = scoring.Ranking(frame, sheet, ranking.everybody, 0, 0.1, ranking.settings)
    assert try_other_weights(only, WORDS).stays.min() == 1


def test_words_and_numbers_say_the_same(demo):
    values, ranking, _ = demo[2:]
    life = values.findings()[0]
    assert life.verdict == "second_lives"
    assert life.low < life.value < life.high
    said = " ".join(values.sentences(WORDS) + ranking.sentences(WORDS))
    assert WORDS.money(life.value) in said
    assert WORDS.number(len(ranking.of("first"))) + " come first" in said
    assert values.figure(WORDS).svg().startswith("<?xml")
    assert values.life.comebacks >= value.ENOUGH_COMEBACKS
