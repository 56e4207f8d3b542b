"""Who is an occasional buyer: the cut, the groups, and what became of them on two public logs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import ibis
import numpy as np

from playbook.chapters.occasional import find_occasional
from playbook.chapters.occasional.kinds import EVERY_KIND
from playbook.records.history import customers
from tests.chapters.occasional.study import (
    WORDS,
    as_csv,
    day,
    nobody_again,
    opened,
    settings_text,
    steady_shop,
)


def test_the_cut_lies_where_nine_tenths_of_the_second_orders_have_come(read):
    chapter = read(as_csv(steady_shop()), settings_text())
    # of 300 second orders after 10 to 108 days, the 270th comes after 98
    assert chapter.findings["occasional_after_days"].verdict == "data"
    assert abs(chapter.second.days - 98) <= 2


def test_occasional_are_those_with_one_order_and_a_silence_beyond_the_cut(read):
    chapter = read(as_csv(steady_shop()), settings_text())
    seen = chapter.weighed.customers
    expected = (seen["orders"] == 1) & (seen["silence_days"] > chapter.second.days)
    assert expected.any()
    assert (seen["occasional"] == expected).all()
    assert "last" not in chapter.occasional


def test_a_silence_of_just_the_cut_is_not_yet_occasional(demo):
    seen = demo.base.customers
    silence = int(seen.loc[seen["occasional"], "silence_days"].min())
    for cut, expected in ((silence, False), (silence - 1, True)):
        second = replace(demo.second, cut=replace(demo.second.cut, days=cut))
        base = find_occasional(demo.history, customers(demo.history), demo.first, second, demo.kinds)
        at = (base.customers["silence_days"] == silence) & (base.customers["orders"] == 1)
        assert at.any()
        assert (base.customers.loc[at, "occasional"] == expected).all()


def test_customers_from_before_the_log_are_never_occasional(read):
    chapter = read(as_csv(steady_shop()), settings_text(cohort=False))
    early = {f"c{n:04}" for n in range(600) if n % 500 < 90}
    assert not chapter.occasional & early
    assert chapter.occasional
    assert chapter.findings["one_time_old"].value == len([c for c in early if int(c[1:]) % 2])


def test_a_known_day_of_acquisition_makes_an_early_customer_a_new_one(read):
    more = "  customers: {files: who.csv, columns: {customer_id: customer_id, acquired_on: acquired_on}}\n"
    orders = as_csv([*steady_shop(), ("new", 5), ("old", 5)])
    who = f"customer_id,acquired_on\nnew,{day(5)}\nold,2015-01-01\n"
    chapter = read(orders, settings_text(more=more, cohort=False), who_csv=who)
    assert "new" in chapter.occasional
    assert "old" not in chapter.occasional


def test_in_a_cohort_the_first_ones_are_occasional_like_all_others(read):
    chapter = read(as_csv(steady_shop()), settings_text(cohort=True))
    assert "c0001" in chapter.occasional
    assert chapter.findings["one_time_old"].value == 0


def test_where_second_orders_are_too_few_the_inactivity_threshold_stands_in_and_it_is_said(read):
    chapter = read(as_csv(nobody_again()), settings_text())
    assert chapter.second.days == 365
    assert chapter.findings["occasional_after_days"].verdict == "assumed"
    assert "cannot be told" in chapter.sentences
    assert chapter.occasional == {who for who, when in nobody_again() if 745 - when > 365}
    assert chapter.second.figure(WORDS) is None


def test_nobody_a_one_time_buyer_is_said(read):
    orders = [(f"c{n:03}", when) for n in range(150) for when in (n, n + 40, n + 90)]
    chapter = read(as_csv(orders), settings_text())
    assert not chapter.occasional
    assert chapter.weighed.customers["occasional_kind"].isna().all()
    assert "Nobody bought only once" in chapter.sentences
    assert chapter.weighed.sentences(WORDS) == []


def test_a_client_of_one_customer_has_a_chapter_too(read):
    chapter = read(as_csv([("only", 3)]), settings_text())
    assert not chapter.occasional
    assert chapter.sentences


def test_a_client_younger_than_the_cut_has_no_occasional_buyers_and_it_is_said(read):
    chapter = read(as_csv([(f"c{n:03}", n % 60) for n in range(200)]), settings_text())
    assert not chapter.occasional
    assert "0 of 200 customers" in chapter.sentences
    assert "200 bought too recently to tell" in chapter.sentences


def test_groups_hold_every_buyer_once(demo):
    buyers = int((demo.weighed.customers["orders"] > 0).sum())
    assert demo.base.groups["customers"].sum() == buyers
    counts = [demo.findings[f"occasional_{kind}"].value for kind in EVERY_KIND]
    assert sum(counts) == demo.findings["occasional"].value


def rates_after(data: Path, client: str, as_of: str, horizon: int) -> dict[str, tuple[int, int, float]]:
    """Return customers, buyers within the horizon and expected buyers, of the occasional and other lapsed."""
    with opened(data, client, as_of=as_of, horizon_days=horizon) as chapter:
        days, as_of_day = chapter.history.all_days, chapter.history.as_of
        end = ibis.literal(as_of_day + timedelta(days=horizon))
        later = (days.sale_lines > 0) & (days.day > ibis.literal(as_of_day)) & (days.day <= end)
        came = set(days.filter(later).customer_id.to_pyarrow().to_pylist())
    seen = chapter.base.customers
    groups = {"occasional": seen["occasional"], "other": seen["lapsed"] & ~seen["occasional"]}
    return {
        name: (
            int(mask.sum()),
            int(seen.loc[mask, "customer_id"].isin(came).sum()),
            float(seen.loc[mask, "return_probability"].sum()),
        )
        for name, mask in groups.items()
    }


def test_on_cdnow_occasional_buyers_return_at_less_than_half_the_rate_of_the_other_lapsed(cdnow):
    after = rates_after(*cdnow, "1997-09-30", 273)
    (rare, rare_came, _), (other, other_came, _) = after["occasional"], after["other"]
    assert (rare, rare_came) == (14119, 2065)
    assert rare_came / rare < 0.5 * other_came / other


def test_on_online_retail_occasional_buyers_return_at_less_than_half_the_rate_of_the_other_lapsed(
    online_retail,
):
    after = rates_after(*online_retail, "2011-06-09", 183)
    (rare, rare_came, expected), (other, other_came, _) = after["occasional"], after["other"]
    assert rare > 300
    assert rare_came / rare < 0.5 * other_came / other
    assert abs(expected - rare_came) < 3 * np.sqrt(rare_came * (1 - rare_came / rare))
