"""Calls held back by chance: always the same customers, only where it can show anything, and judged later."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from playbook.archive import findings
from playbook.chapters.warning import call_words, calls
from playbook.chapters.warning import trial as call_trial
from playbook.records.history import customers, read_history
from playbook.records.sources import open_sources
from playbook.settings.client import Settings, load
from playbook.show.words import Words
from playbook.stats.trials.data import read_trials
from playbook.stats.trials.measure import measure

WORDS = Words()
SUNDAY = date(2025, 9, 28)


def settings(share=0.2, per_week=50, least=30):
    return Settings(
        client="Acme",
        tables={"orders": {"files": "orders.csv"}},
        warning={"holdout_share": share, "calls_per_week": per_week},
        measurement={"least_buyers": least},
    )


def worth(n, chance=0.5):
    return pd.DataFrame({"customer_id": [f"c{k:05d}" for k in range(n)], "chance": chance})


def weigh(n=1000, chance=0.5, **chosen):
    return call_trial.weigh(worth(n, chance), 1.0, settings(**chosen), SUNDAY)


def test_a_trial_needs_as_many_buyers_held_back_as_an_interval_does():
    drawn = weigh(500)  # 100 held back, of whom 50 order within 90 days
    assert (drawn.verdict, drawn.held_back, drawn.buyers) == ("drawn", 100, 50)
    small = weigh(200)  # 40, of whom 20: three tenths would be enough
    assert (small.verdict, small.share, small.enough) == ("too_few", 0, 0.3)
    assert weigh(100).enough is None  # even half of them would be too few
    assert weigh(200, least=20).verdict == "drawn"


def test_a_quarter_holds_no_more_than_its_calls():
    few = weigh(1000, per_week=10)  # 130 calls: 162 on a list, 32 of them held back
    assert few.verdict == "too_few" and few.held_back == pytest.approx(0.2 * 162)
    assert few.worth == 1000


def test_buyers_are_counted_within_the_days_of_the_measurement(client):
    """One in two who order within half a year does so within 90 days: 500 worth a call give 25 buyers."""
    first, end = date(2024, 12, 1), date(2025, 9, 28)
    past = end - timedelta(days=183)
    rows = [(f"c{k}", first, 20) for k in range(300)] + [("z", end, 20)]
    rows += [(f"c{k}", past + timedelta(days=60 if k % 2 else 150), 20) for k in range(200)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    data, name = client(orders.to_csv(index=False))
    sources = open_sources(load(name, data), data / name)
    history = read_history(load(name, data), sources)
    ratio = call_trial.buyers_per_return(history)
    sources.close()
    assert ratio == 0.5
    assert call_trial.weigh(worth(500), ratio, settings(), SUNDAY).buyers == pytest.approx(25)
    assert call_trial.weigh(worth(500), None, settings(), SUNDAY).verdict == "unknown"


@pytest.mark.parametrize(
    ("share", "n", "chance", "verdict"),
    [(0, 1000, 0.5, "off"), (0.2, 1000, np.nan, "unknown"), (0.2, 0, 0.5, "nobody")],
)
def test_why_nobody_is_held_back_is_told_and_said(share, n, chance, verdict):
    trial = weigh(n, chance, share=share)
    assert trial.verdict == verdict and not trial.draw(worth(1000)["customer_id"], 1).any()
    found = trial.by_name | {"calls_held_back": findings.Finding("", 0)}
    said = " ".join(call_words._held_back(found, WORDS))
    assert "nan" not in said and "None" not in said and bool(said) == (verdict != "nobody")


def test_too_few_is_said_with_what_would_be_enough():
    found = weigh(200).by_name | {"calls_held_back": findings.Finding("", 0)}
    (said,) = call_words._held_back(found, WORDS)
    assert "of the 200 worth a call for their satisfaction at most 40 would be held back" in said
    assert "about 20 of these would order within 90 days, and below 30" in said
    assert said.endswith("Holding back 30% would be enough (warning.holdout_share: 0.30 in client.yml).")


def test_the_same_customers_are_held_back_in_any_company_and_others_under_another_seed():
    trial, ids = weigh(), worth(20_000)["customer_id"]
    drawn = trial.draw(ids, 1)
    assert drawn.mean() == pytest.approx(0.2, abs=0.01)
    some = ids.sample(500, random_state=1)
    assert (trial.draw(some, 1) == drawn[some.index]).all()
    both = (drawn & trial.draw(ids, 2)).mean()
    assert both == pytest.approx(0.04, abs=0.005)


def on_watch(n=400, ruled=20):
    """Return customers on watch, the first with an unsolved complaint, all of whom may be called."""
    frame = worth(n).assign(
        orders=4,
        silence=100,
        age=300,
        warned=False,
        contacted_recently=False,
        may_phone=True,
        lost_for_good=False,
    )
    frame["margin_at_stake"] = np.linspace(100, 1, n)
    frame["complaint"] = np.arange(n) < ruled
    frame["may_letter"] = np.arange(n) < n / 2
    return frame.assign(
        cancellation=False, cancellation_ago=np.nan, owner=None, may_email=False, person=np.arange(n)
    )


class Standing:
    """A history of which only the settings and the day are asked."""

    as_of = SUNDAY

    def __init__(self, **chosen):
        self.settings = settings(**chosen).model_copy(update={"horizon_days": 90})


def test_all_calls_are_made_and_those_held_back_stand_among_them_by_worth():
    frame = on_watch()
    calls._list_calls(frame, Standing(least=10), 1.0)
    called, held = frame[frame["call_rank"].notna()], frame[frame["call_held_back"]]
    assert list(called.sort_values("call_rank")["call_rank"]) == list(range(1, 51))
    assert len(held) and not held["call_rank"].notna().any() and held["call_kind"].isna().all()
    assert held["margin_at_stake"].min() >= called["margin_at_stake"].min() - 1
    assert not held["complaint"].any() and called["complaint"].sum() == 20
    assert set(called["call_kind"]) == {"complaint", "satisfaction"}


def test_next_week_s_list_calls_nobody_who_is_held_back_this_week():
    first, second = on_watch(), on_watch()
    second["margin_at_stake"] = second["margin_at_stake"].sample(frac=1, random_state=1).to_numpy()
    for frame in (first, second):
        calls._list_calls(frame, Standing(least=10), 1.0)
    held = set(first.loc[first["call_held_back"], "customer_id"])
    assert held and not held & set(second.loc[second["call_rank"].notna(), "customer_id"])


def test_whoever_may_not_be_called_or_was_contacted_lately_is_neither_called_nor_held_back():
    frame = on_watch()
    frame.loc[::2, "may_phone"] = False
    frame.loc[1::4, "contacted_recently"] = True
    calls._list_calls(frame, Standing(least=5, share=0.4), 1.0)
    listed = frame[frame["call_rank"].notna() | frame["call_held_back"]]
    assert frame["call_held_back"].any() and listed["may_phone"].all()
    assert not (listed["contacted_recently"] & ~listed["complaint"]).any()
    assert (listed["contacted_recently"] & listed["complaint"]).any()  # a complaint is put right all the same


def test_who_would_be_called_but_for_consent_is_written_to_where_that_is_allowed():
    frame = on_watch()
    frame.loc[::2, "may_phone"] = False
    frame.loc[[0, 4], "may_letter"] = False
    calls._list_calls(frame, Standing(least=10), 1.0)
    instead = frame[frame["write_instead"]]
    assert list(instead.index) == [2, *range(6, 50, 2)]  # of the first 50, whoever may be called or not
    assert instead["call_rank"].isna().all() and instead["call_kind"].notna().all()


def test_without_capacity_nobody_is_called_or_held_back():
    frame = on_watch()
    calls._list_calls(frame, Standing(per_week=0), 1.0)
    assert frame["call_rank"].isna().all() and not frame["call_held_back"].any()


YML = """client: Acme
tables:
  orders:
    files: orders.csv
    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}
  contacts:
    files: [first.csv, second.csv]
    columns: {campaign: campaign, customer_id: customer_id, contacted_at: contacted_at, channel: channel,
      arm: arm, offer: offer, cost: cost}
margin_rate: 1.0
"""


def test_the_calls_of_a_quarter_are_judged_as_one_campaign(client, tmp_path):
    """Two weeks' files handed in with the next export; whoever was called orders twice as often."""
    random, monday = np.random.default_rng(1), date(2025, 9, 29)
    ids = worth(3000)["customer_id"]
    held = weigh(share=0.4).draw(ids, 1)
    comes = random.uniform(size=3000) < np.where(held, 0.2, 0.4)
    orders = pd.DataFrame({"customer_id": ids, "ordered_at": date(2025, 6, 1), "amount": 20})
    again = orders[comes].assign(ordered_at=monday + timedelta(days=30))
    last = orders.head(1).assign(customer_id="z", ordered_at=date(2026, 3, 1))
    files = {}
    for name, week, part in (("first", 0, slice(0, 2000)), ("second", 1, slice(1000, 3000))):
        listed = pd.DataFrame({"customer_id": ids, "held_back": held})[part]
        day = monday + timedelta(weeks=week)
        rows = call_trial.assignment(listed, call_trial.campaign_of(monday), day, 6.0)
        call_trial.write_assignment(tmp_path, rows)
        files[f"{name}_csv"] = (tmp_path / call_trial.CALL_TRIAL).read_text(encoding="utf-8")
    data, name = client(pd.concat([orders, again, last]).to_csv(index=False), YML, **files)
    sources = open_sources(load(name, data), data / name)
    history = read_history(load(name, data), sources)
    (trial,) = read_trials(history, sources, customers(history))
    assert trial.campaign == "Calls 2025 Q3" and trial.size == 3000 and not trial.counts["contaminated"]
    assert trial.treated.sum() == (~held).sum()
    judged = measure(trial, history.settings.measurement, 1)
    back = judged.whole.effects["return"]
    assert back.low < 0.2 < back.high and judged.judgement.verdict == "does_not"  # 4 of margin, 9 of calls
    sources.close()
