"""The ranking, the values and the workbook: ``python -m tests.benchmarks scoring``.

Captured: share of the later margin that the first tenth of the lapsed brought, by this score and by
its peers: revenue alone; recency, frequency and money; lifetimes' BG/NBD (expected orders) times its
Gamma-Gamma mean value (penalty 1e-4, on weeks; mean value of all for one-time buyers, whom
Gamma-Gamma cannot be fitted on). Differences paired, 95% bootstrap over customers.

Values: second lives predicted a year back against what they brought, over 50 seeds of the
generated retailer, and on Online Retail II.

Speed: one million customers scored and ranked by 12 criteria against a plain pandas ``apply`` per
criterion on a tenth; 1,000 draws of weights on 100,000 customers; sliders; the workbook.
"""

import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter

from playbook.archive.findings import Finding
from playbook.chapters.scoring import check_second_lives
from playbook.chapters.scoring.backtest import PastRanking, RankingBacktest, rank_as_of, taken
from playbook.chapters.scoring.comparisons import random_weights, try_other_weights
from playbook.chapters.scoring.criteria import score_sheet
from playbook.chapters.scoring.ranking import Ranking
from playbook.chapters.scoring.second_lives import ValueCheck
from playbook.chapters.scoring.sliders import WeightTrial
from playbook.records.history import History, customers
from playbook.report import workbook
from playbook.settings.client import Settings
from playbook.settings.scoring import Criterion
from playbook.show.words import Words
from playbook.stats import return_probability
from tests.benchmarks.clients import generated, real
from tests.benchmarks.measure import line
from tests.spreadsheet import convert

CASES = (("CDNOW", date(1997, 9, 30), 273), ("Online Retail II", date(2011, 6, 9), 183))
SEEDS = range(100, 150)
DRAWS = 1000
WEEK = 7
WORDS = Words()


def main() -> None:
    """Print all parts."""
    captured()
    values()
    points_and_ranks()
    draws_and_sliders()
    living_workbook()


# Captured ------------------------------------------------------------------------------------


def captured() -> None:
    """Print what the first tenth by each ranking brought later."""
    for log, as_of, horizon in CASES:
        with real(log) as history:
            then = rank_as_of(history, None, as_of, horizon)
            assert then is not None
            names = ("score", "revenue", "rfm", "chance")
            scores = {name: then.customers[name].to_numpy(float) for name in names}
            scores["BG/NBD x GG"] = bg_nbd_value(return_probability.seen_from(history, as_of), then, horizon)
            print(f"{log} as of {as_of}: {len(then.later):,} lapsed, {horizon} days, first tenth")
            compare(then, scores)


def compare(then: PastRanking, scores: dict[str, np.ndarray]) -> None:
    """Print shares captured, and the score's lead over each peer with a paired interval."""
    later, random = then.later, np.random.default_rng(1)
    rows = [random.integers(0, len(later), len(later)) for _ in range(DRAWS)]
    drawn = {
        name: np.array([_share(score[chosen], later[chosen]) for chosen in rows])
        for name, score in scores.items()
    }
    for name, score in scores.items():
        value, lead = _share(score, later), drawn["score"] - drawn[name]
        low, high = np.quantile(lead, [0.025, 0.975])
        ahead = _share(scores["score"], later) - value
        against = f"   score ahead by {ahead:+.4f} ({low:+.4f} to {high:+.4f})" if name != "score" else ""
        print(f"  {name:<14} {value:.4f}{against}", flush=True)


def _share(score: np.ndarray, later: np.ndarray) -> float:
    return float(taken(score, 0.1) @ later / later.sum())


def bg_nbd_value(past: History, then: PastRanking, horizon: int) -> np.ndarray:
    """Return expected orders times expected margin per order, in the order of the ranked."""
    seen = customers(past)
    seen = seen[seen["orders"] > 0]
    first, last = pd.to_datetime(seen["first_order"]), pd.to_datetime(seen["last_order"])
    repeat, recency = seen["orders"] - 1, (last - first).dt.days / WEEK
    age = (pd.Timestamp(past.as_of) - first).dt.days / WEEK
    mean = seen["margin"] / seen["orders"]
    usable = (repeat > 0) & (mean > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own: overflow in their line searches
        orders = BetaGeoFitter(penalizer_coef=1e-4).fit(repeat, recency, age)
        spend = GammaGammaFitter(penalizer_coef=1e-4).fit(repeat[usable], mean[usable])
        expected = orders.conditional_expected_number_of_purchases_up_to_time(
            horizon / WEEK, repeat, recency, age
        )
        margin = spend.conditional_expected_average_profit(repeat.clip(lower=0), mean.clip(lower=0.01))
    found = pd.Series(np.asarray(expected) * np.asarray(margin), seen["customer_id"])
    return found.reindex(then.customers["customer_id"]).fillna(0).to_numpy(float)


# Values --------------------------------------------------------------------------------------


def values() -> None:
    """Print bias and coverage of predicted second lives over seeds."""
    print(f"Second lives predicted and brought, {len(SEEDS)} seeds of the generated retailer")
    histories = [generated("retailer", seed) for seed in SEEDS]
    for day in (date(2025, 12, 31), date(2026, 12, 31), date(2027, 12, 31)):
        errors, inside = [], []
        for history in histories:
            found = check_second_lives(return_probability.seen_from(history, day))
            assert isinstance(found, ValueCheck)
            errors.append(found.predicted / found.actual - 1)
            inside.append(found.verdict == "inside")
        half = 1.96 * np.std(errors) / np.sqrt(len(errors))
        print(
            f"  record to {day}, a year back: mean bias {np.mean(errors):+.1%} (give or take {half:.1%};"
            f" aim: 5%), 90% interval covers {np.mean(inside):.0%} (aim: 82 to 98%)",
            flush=True,
        )
    for name in ("CDNOW", "Online Retail II"):
        with real(name) as history:
            found = check_second_lives(history)
            assert isinstance(found, ValueCheck)
            print(
                f"  {name}: predicted {found.predicted:,.0f} ({found.low:,.0f} to {found.high:,.0f}), brought"
                f" {found.actual:,.0f}: {found.predicted / found.actual - 1:+.1%}, {found.verdict}"
            )


# Speed ---------------------------------------------------------------------------------------

KINDS: tuple[dict[str, Any], ...] = (
    {"points": "percentile"},
    {"points": "percentile", "better": "low"},
    {"points": (0.1, 0.3, 0.6), "better": "low"},
    {"points": (0.2, 0.4, 0.6, 0.8)},
)


def criteria_of(n: int) -> list[Criterion]:
    """Return criteria of all kinds, on numbers that every customer may have."""
    return [Criterion(name=f"c{place}", column=f"c{place}", **KINDS[place % 4]) for place in range(n)]


def base(n: int, columns: int = 12) -> pd.DataFrame:
    """Return customers with random values, a tenth of them missing."""
    random = np.random.default_rng(1)
    values = random.random((n, columns)).round(6)
    values[random.random((n, columns)) < 0.1] = np.nan
    frame = pd.DataFrame(values, columns=[f"c{place}" for place in range(columns)])
    return frame.assign(customer_id=[f"k{place:07d}" for place in range(n)])


def points_and_ranks() -> None:
    """Print scoring and ranking of a million customers against pandas' apply."""
    criteria, frame = criteria_of(12), base(1_000_000)
    seconds = timed(lambda: score_sheet(frame, criteria).score().argsort())
    tenth = frame.head(100_000)
    plain = timed(lambda: by_apply(tenth, criteria))
    same = np.allclose(by_apply(tenth.head(2000), criteria), score_sheet(tenth.head(2000), criteria).score())
    print(f"One million customers, 12 criteria: {seconds:.1f} s; same points by apply: {same}")
    line("against pandas apply, scaled up from a tenth", seconds / (10 * plain))


def by_apply(frame: pd.DataFrame, criteria: list[Criterion]) -> np.ndarray:
    """Score customers with a Python function per criterion and row."""
    total = np.zeros(len(frame))
    for one in criteria:
        values = frame[one.column]
        high = one.better == "high"
        if one.points == "percentile":
            share = values.rank(ascending=high)
            known = int(values.notna().sum())
            points = share.apply(
                lambda place, known=known: 0 if pd.isna(place) else 10 * (place - 0.5) / known
            )
        else:
            marks = one.points
            points = values.apply(
                lambda value, marks=marks, high=high: (
                    10 * sum(value >= mark if high else value <= mark for mark in marks) / len(marks)
                )
            )
        total += points.to_numpy(float)
    return total


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ranking_of(n: int) -> Ranking:
    """Return a ranking of customers with random values."""
    frame = base(n)
    sheet = score_sheet(frame, criteria_of(12))
    order = np.argsort(-sheet.score(), kind="stable")
    frame = frame.iloc[order].reset_index(drop=True)
    sheet = sheet.of(order)
    frame = frame.assign(score=sheet.score(), apart="", **{"rank": np.arange(1, n + 1)})
    frame["class"] = np.where(np.arange(n) < n // 5, "first", "budget")
    return Ranking(frame, sheet, frame, 0, 0.1, Settings(client="A", tables={"orders": {"files": "o"}}))


def draws_and_sliders() -> None:
    """Print the stability of 100,000 customers, and how long a slider takes."""
    ranking = ranking_of(100_000)
    seconds = timed(lambda: try_other_weights(ranking, WORDS, draws=DRAWS))
    points = ranking.sheet.points
    drawn = random_weights(np.ones(12), 1, 20)
    plain = timed(lambda: [(ranking.customers.assign(s=points @ w).nlargest(20_000, "s")) for w in drawn])
    line("1,000 draws of weights, 100,000 customers, 12 criteria", seconds, unit="s")
    line("against pandas nlargest per draw, scaled up from 20 draws", seconds / (plain * DRAWS / 20))
    later, shards = np.random.default_rng(2).random(100_000), np.arange(100_000) % 64
    past = PastRanking(ranking.customers, ranking.sheet, later, shards, 1)
    tried = RankingBacktest(date(2025, 1, 1), 183, past, pd.DataFrame(), pd.DataFrame())
    trial = WeightTrial(ranking, tried, try_other_weights(ranking, WORDS), WORDS)
    chosen = {name: knob.chosen for name, knob in trial.knobs().items()}
    trial.ask(**chosen).draw().svg()
    moved = [timed(lambda w=w: trial.ask(**chosen | {"weight_c1": w}).draw().svg()) for w in (0.0, 2.0, 0.0)]
    line("a slider moved, 100,000 customers", float(np.median(moved)), "0.5", "s")


def living_workbook() -> None:
    """Print what a workbook of 5,000 live rows and 100,000 values takes."""
    ranking = ranking_of(105_000)
    frame = ranking.customers
    values = pd.DataFrame(ranking.sheet.values, columns=[f"value_c{place}" for place in range(12)])
    points = pd.DataFrame(ranking.sheet.points, columns=[f"points_c{place}" for place in range(12)])
    random = np.random.default_rng(3)
    frame = pd.concat([frame[["customer_id", "rank", "score", "class", "apart"]], values, points], axis=1)
    frame = frame.assign(
        second_lifetime_value=random.random(len(frame)) * 100,
        return_probability=0.1,
        best_profit=1.0,
        orders=1,
        margin=10.0,
        last_order=date(2024, 1, 1),
        silence_days=400,
        reason="last order 400 days ago (5.0 of 10)",
        weakest="order value CHF 3 (1.0 of 10)",
    )
    settings = Settings(client="A", tables={"orders": {"files": "o"}}, scoring={"criteria": criteria_of(12)})
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = _given(frame, settings, folder)
        seconds = timed(lambda: workbook.write(run))
        path = folder / workbook.FILE
        print("Workbook of 5,000 live rows, 105,000 rows as values, 12 criteria")
        line("written", seconds, unit="s")
        line("size", path.stat().st_size / 1e6, unit="MB")
        if shutil.which("soffice") is None:
            print("  LibreOffice is not installed: not recalculated")
            return
        _recalculated(folder, frame, settings)


def _given(frame: pd.DataFrame, settings: Settings, folder: Path) -> Any:
    return SimpleNamespace(
        customers=frame,
        settings=settings,
        folder=folder,
        words=WORDS,
        as_of=date(2025, 1, 31),
        sources=SimpleNamespace(customers=None),
        findings=lambda number: {"contact_cost": Finding("contact_cost", 1.0)},
    )


def _recalculated(folder: Path, frame: pd.DataFrame, settings: Settings) -> None:
    """Print what recalculating takes: the live rows alone, opened, computed and saved."""
    alone = folder / "alone"
    alone.mkdir()
    workbook.write(_given(frame.head(5000), settings, alone))
    convert(alone / workbook.FILE, alone)
    line(
        "LibreOffice: the live rows opened, recalculated and saved",
        timed(lambda: convert(alone / workbook.FILE, alone)),
        unit="s",
    )
    convert_cached(alone / workbook.FILE, alone)  # the first start writes the profile
    cached = timed(lambda: convert_cached(alone / workbook.FILE, alone))
    line("the same without recalculating", cached, unit="s")


def convert_cached(path: Path, folder: Path) -> None:
    """Open and save a workbook with its cached values."""
    profile = folder / "other"
    words = [f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "xlsx"]
    command = ["soffice", *words, "--outdir", str(folder / "cached"), str(path)]
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
