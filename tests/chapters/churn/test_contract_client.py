"""A client with contracts as a whole: the cancelled count as lost, and no offer goes where none can win."""

import numpy as np
import pandas as pd
import pytest
import python_calamine

from playbook.archive import findings
from playbook.chapters import churn
from playbook.intake.check.command import examine
from playbook.records.history import read_history
from playbook.records.selection import lost_for_good
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from playbook.show.words import Words
from tests.conftest import make_run

WORDS = Words()
FIRST, DAYS, SIZE = pd.Timestamp("2023-01-01"), 720, 400
REASONS = ["Umzug", "zu teuer", "Nicht genutzt", "verstorben", ""]
YML = """client: Club
preset: subscription
tables:
  orders: {files: orders.csv, columns: {customer_id: id, ordered_at: day, amount: amount}}
  customers:
    files: people.csv
    columns: {customer_id: id, acquired_on: since, cancelled_on: ended, may_phone: phone, may_email: mail,
      cancel_reason: why}
  events: {files: events.csv, columns: {customer_id: id, happened_at: day, kind: kind, detail: why}}
margin_rate: 0.9
"""
LEFT_OUT = "offers: {lost_for_good: [UMZUG, verstorben], holdout_share: 0}\n"
LEAVING = {"Umzug": ["r0", "r1", "r2"], "zu teuer": ["r3", "r4"]}
"""Whose contract runs and who announced to leave, by the reason that they gave."""


def club():
    """Members who pay every 30 days till they cancel, and five who have announced it: the tables as texts."""
    random = np.random.default_rng(7)
    start = random.integers(0, DAYS - 60, SIZE)
    end = start + 20 + random.exponential(500, SIZE).astype(int)
    why = random.choice(REASONS, SIZE, p=[0.2, 0.3, 0.2, 0.1, 0.2])
    people = pd.DataFrame({"id": [f"c{n:03}" for n in range(SIZE)], "start": start, "end": end, "why": why})
    running = [name for names in LEAVING.values() for name in names]
    people = pd.concat([people, pd.DataFrame({"id": running, "start": 100, "end": DAYS + 9, "why": ""})])
    paid = people.assign(day=[np.arange(s, min(e, DAYS) + 1, 30) for s, e in people[["start", "end"]].values])
    paid = paid.explode("day")
    ended = people["end"].where(people["end"] <= DAYS)
    known = people.assign(
        since=date(people["start"]),
        ended=date(people["end"]).where(ended.notna(), ""),
        why=people["why"].where(ended.notna(), ""),
        phone="yes",
        mail="yes",
    )
    rows = [(name, DAYS - 3, "cancellation", why) for why, names in LEAVING.items() for name in names]
    events = pd.DataFrame(rows, columns=["id", "day", "kind", "why"])
    orders = pd.DataFrame({"id": paid["id"], "day": date(paid["day"].astype(int)), "amount": 300})
    events = events.assign(day=date(events["day"]))
    columns = ["id", "since", "ended", "phone", "mail", "why"]
    return orders.to_csv(index=False), known[columns].to_csv(index=False), events.to_csv(index=False)


def date(numbers):
    return (FIRST + pd.to_timedelta(numbers, unit="D")).dt.strftime("%Y-%m-%d")


def write(folder, yml=YML, **texts):
    orders, people, events = club()
    folder.mkdir(parents=True)
    for name, text in ({"orders": orders, "people": people, "events": events} | texts).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "client.yml").write_text(yml, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    data = tmp_path_factory.mktemp("contracts")
    write(data / "club", YML + LEFT_OUT)
    return make_run(data, "club", data / "reports")


@pytest.fixture(scope="module")
def people(run):
    return pd.read_csv(run.data / "club" / "people.csv", keep_default_na=False)


@pytest.fixture
def opened(tmp_path):
    """Open the club, with other texts or lines of client.yml: (history, sources)."""
    sources = []

    def read(yml=YML, **texts):
        write(tmp_path / "club", yml, **texts)
        chosen = settings.load("club", tmp_path)
        sources.append(open_sources(chosen, tmp_path / "club"))
        return read_history(chosen, sources[0]), sources[0]

    yield read
    for one in sources:
        one.close()


def found(run, chapter):
    return findings.read(run.folder / "findings" / f"{chapter}.json")


def test_whoever_cancelled_is_lost_in_every_chapter_that_counts_the_lost(run, people):
    cancelled = people.loc[people["ended"] != "", "id"]
    base, churned, plan = found(run, "02"), found(run, "04"), found(run, "07")
    customers = pd.read_parquet(run.folder / "tables/customers.parquet").set_index("customer_id")
    assert set(customers.index[customers["stage"] == "lost"]) == set(cancelled) | {
        name for names in LEAVING.values() for name in names
    }
    early = customers.loc[cancelled, "lapsed"].eq(False).sum()
    assert 0 < early == churned["cancelled_not_lapsed"].value == plan["cancelled_not_selected"].value
    lost = int(churned["lapsed"].value) + early
    assert lost == len(cancelled)
    margin = customers.loc[cancelled, "margin"].sum()
    assert churned["lapsed_or_cancelled_margin"].value == pytest.approx(margin)
    assert f"{early} more have cancelled and have not been silent for that long: {lost} are lost" in run.page(
        "04_churn.html"
    )
    assert f"{early} customers are lost through a cancellation, and not addressed." in run.page(
        "07_offers.html"
    )
    year = (pd.to_datetime(people["ended"]) > FIRST + pd.Timedelta(days=DAYS - 366)).sum()
    assert abs(base["moved_goodbye"].value + base["moved_lapsed"].value - year) <= 20
    assert "more were lost through a cancellation before that, and" in run.page("02_lifecycle.html")


def test_members_are_compared_by_whether_they_cancelled(run, people):
    landmark = FIRST + pd.Timedelta(days=DAYS - 183)
    ended = pd.to_datetime(people["ended"])
    there = pd.to_datetime(people["since"]) <= landmark
    running = there & ~(ended <= landmark)
    left = found(run, "02")["left_customers"]
    assert (left.value, left.verdict) == ((running & ended.notna()).sum(), "contracts")
    assert f"Of {running.sum()} customers whose contract ran on" in run.page("02_lifecycle.html")


def test_reasons_are_counted_with_number_margin_and_month(opened):
    history, sources = opened()
    told = churn.find_why_cancelled(history, sources)
    orders, people, _ = (pd.read_csv(pd.io.common.StringIO(text), keep_default_na=False) for text in club())
    people = people[people["ended"] != ""].set_index("id")
    counts = people["why"].value_counts()
    rows = told.reasons.set_index(told.reasons["reason"].fillna(""))
    assert rows["n"].to_dict() == counts.to_dict()
    assert rows.index[-1] == "" and rows.index[0] == counts.drop("").idxmax()
    ended = pd.to_datetime(orders["id"].map(people["ended"]))
    since = (ended - pd.to_datetime(orders["day"])).dt.days
    brought = orders[since.between(0, 364)].groupby(orders["id"].map(people["why"]))["amount"].sum() * 0.9
    assert rows["margin"].to_dict() == pytest.approx(brought.to_dict())
    months = told.by_month.groupby("month")["n"].sum()
    expected = pd.to_datetime(people["ended"]).dt.to_period("M").value_counts().sort_index()
    assert months.tolist() == expected.tolist()
    said = " ".join(told.sentences(WORDS))
    first = counts.drop("").idxmax()
    assert f"“{first}” {counts[first]} (" in said
    assert f"For {counts['']} of them" in said and "the reason is not known" in said
    assert f"“{first}” is the largest part" in told.figure(WORDS).alt
    assert "not known" in str(told.table(WORDS))


def test_a_text_about_one_person_is_not_shown_and_spellings_are_one_reason(opened):
    _, people, _ = club()
    people = people.replace(",zu teuer", ",Zu  Teuer", 4)
    lines = people.splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if line.endswith("Nicht genutzt\n"))
    lines[place] = lines[place].replace("Nicht genutzt", "Frau Muster zog zu ihrem Sohn")
    told = churn.find_why_cancelled(*opened(people="".join(lines)))
    shown = str(told.table(WORDS)) + " ".join(told.sentences(WORDS))
    assert "Muster" not in shown and "other reasons" in shown
    assert "Zu  Teuer" not in shown
    assert told.reasons.set_index("reason").loc["zu teuer", "n"] == people.lower().count("zu") - people.count(
        "Umzug"
    )


def test_reasons_that_nobody_wrote_down_are_said_not_to_be_known(opened):
    told = churn.find_why_cancelled(
        *opened(YML.replace("why}\n  events", "}\n  events", 1).replace(",\n      cancel_reason: }", "}"))
    )
    assert "Why contracts were cancelled is not known" in told.sentences(WORDS)[0]
    assert told.table(WORDS) is None


def test_one_detail_for_all_says_what_was_cancelled_and_not_why(demo):
    told = churn.find_why_cancelled(*demo)
    assert (told.findings(), told.sentences(WORDS)) == ([], [])


def test_whom_no_offer_wins_is_ranked_planned_mailed_and_called_nowhere(run, people):
    gone = set(people.loc[people["why"].isin(["Umzug", "verstorben"]), "id"]) | set(LEAVING["Umzug"])
    customers = pd.read_parquet(run.folder / "tables/customers.parquet").set_index("customer_id")
    plan = pd.read_csv(run.folder / "plan.csv")
    ranked = customers.index[customers["rank"].notna()]
    assert len(plan) and len(ranked)
    for ids in (plan["customer_id"], ranked, pd.read_csv(run.folder / "campaign.csv")["customer_id"]):
        assert gone.isdisjoint(ids)
    calls = pd.read_csv(run.folder / "warning_trial.csv")["customer_id"]
    assert (
        set(LEAVING["zu teuer"]) <= set(calls) or customers.loc[LEAVING["zu teuer"], "warning"].notna().all()
    )
    assert gone.isdisjoint(calls)
    for file in (run.folder / "mailing").glob("*_*.csv"):
        listed = pd.read_csv(file, sep=";", encoding="utf-8-sig")["customer_id"]
        assert gone.isdisjoint(listed) == (file.name != "do_not_contact.csv")
    book = python_calamine.CalamineWorkbook.from_path(run.folder / "workbook.xlsx")
    named = {
        name
        for name in book.sheet_names
        if gone & {str(cell) for row in book.get_sheet_by_name(name).to_python() for cell in row}
    }
    assert named <= {"Stages", "Occasional buyers", "Not contacted"}
    out = found(run, "07")["lost_for_good_value"]
    chosen = customers.loc[sorted(gone)]
    assert out.n == chosen["lapsed"].sum() > 0
    assert out.value == pytest.approx(chosen["second_lifetime_value"].sum(), rel=1e-6)
    said = f"{out.n} of those who may be addressed are left out: no offer changes why they cancelled"
    assert said in run.page("07_offers.html")
    assert f"{out.n} are not ranked, who cancelled for reasons" in run.page("06_scoring.html")


def test_without_the_setting_nobody_is_left_out(opened):
    history, sources = opened()
    assert lost_for_good(sources, history.settings) == []


def test_such_a_reason_outlives_the_retention_date(opened):
    history, sources = opened(YML + LEFT_OUT + "forget_before: 2024-12-21\n")
    assert set(LEAVING["Umzug"]) <= set(lost_for_good(sources, history.settings))


def test_a_reason_that_nobody_gave_is_an_error_that_lists_those_given(tmp_path):
    folder = write(tmp_path / "club", YML + "offers: {lost_for_good: [Umzgu, verstorben]}\n")
    (error,) = [
        check
        for check in examine(settings.load("club", tmp_path), folder).checks
        if check.severity == "error"
    ]
    said = error.text(WORDS)
    assert error.count == 1
    assert "Did you mean 'Umzug'?" in said and "there are: zu teuer, " in said
