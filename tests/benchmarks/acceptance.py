"""Ranking of who returns against peers, on two public logs: ``python -m tests.benchmarks acceptance``.

Peers: recency; lifetimes' BG/NBD and MBG/NBD (penalty 1e-4, on weeks); scikit-learn's
HistGradientBoostingClassifier on orders, silence, age, usual gap, silence over gap and mean amount
at three landmarks. Differences are against the best peer of each row, with a paired bootstrap over
customers. Aim: no 95% interval wholly below 0, and the mean difference above 0.
"""

import time
import warnings
from datetime import date, timedelta

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from playbook.records.history import History
from playbook.stats import return_probability
from playbook.stats.landmarks import describe
from tests.benchmarks.clients import came_within, real

CASES = (("CDNOW", date(1997, 9, 30), 273), ("Online Retail II", date(2011, 6, 9), 183))
OURS = "playbook"
PEERS = ("recency", "BG/NBD", "MBG/NBD", "boosting")
DRAWS = 500
WEEK = 7


def main() -> None:
    """Print both tables."""
    means = []
    for name, as_of, horizon in CASES:
        with real(name) as history:
            print(f"{name} as of {as_of}, {horizon} days")
            means += compare(history, as_of, horizon)
    print(f"  mean difference over all rows {np.mean(means):+.4f}   aim: above 0")


def compare(history: History, as_of: date, horizon: int) -> list[float]:
    """Print one log's table; return the differences from the best peer of each row."""
    past = return_probability.seen_from(history, as_of)
    started = time.perf_counter()
    model = return_probability.fit(past, horizon)
    seconds = time.perf_counter() - started
    now = describe(past, [as_of], horizon)
    customers = now.rename(columns={"silence": "silence_days"})
    came = came_within(history, as_of, horizon, now["customer_id"]).astype(float)
    scores = {OURS: model.predict(customers), **peers(past, now, as_of, horizon)}
    print(f"  {len(now):,} customers, {came.mean():.1%} came; our fit {seconds:.1f} s")
    print("  " + f"{'':<36}" + "".join(f"{name:>10}" for name in scores) + "   against the best peer")
    differences = []
    for who, chosen in (("all", came >= 0), ("silent > 90 days", (now["silence"] > 90).to_numpy())):
        for measure, of in MEASURES.items():
            differences.append(_row(f"{who}, {measure}", of, scores, came, chosen))
    expected, low, high = model.expected_buyers(customers)
    gain = scores["boosting"].sum() / came.sum() - 1
    print(
        f"  expected {expected:,.0f} ({low:,.0f} to {high:,.0f}), {came.sum():,.0f} came:"
        f" {expected / came.sum() - 1:+.0%}; boosting {gain:+.0%}"
    )
    return differences


def _row(label: str, of, scores, came, chosen) -> float:
    inside = {name: score[chosen] for name, score in scores.items()}
    truth = came[chosen]
    values = {name: of(truth, score) for name, score in inside.items()}
    best = max(PEERS, key=values.__getitem__)
    random, drawn = np.random.default_rng(1), []
    for _ in range(DRAWS):
        rows = random.integers(0, len(truth), len(truth))
        drawn.append(of(truth[rows], inside[OURS][rows]) - of(truth[rows], inside[best][rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    difference = values[OURS] - values[best]
    print(
        f"  {label:<36}"
        + "".join(f"{value:10.4f}" for value in values.values())
        + f"   {difference:+.4f} ({low:+.4f} to {high:+.4f}) {best}",
        flush=True,
    )
    return float(difference)


def lift(came: np.ndarray, score: np.ndarray) -> float:
    """Return how many times more often the first tenth came than everybody."""
    first = np.argsort(-score, kind="stable")[: round(len(score) / 10)]
    return float(came[first].mean() / came.mean())


MEASURES = {"AUC": roc_auc_score, "average precision": average_precision_score, "lift, top 10%": lift}


def peers(past: History, now: pd.DataFrame, as_of: date, horizon: int) -> dict[str, np.ndarray]:
    """Return each peer's score of the customers."""
    repeat, last, age = now["orders"] - 1, (now["age"] - now["silence"]) / WEEK, now["age"] / WEEK
    scores = {"recency": -now["silence"].to_numpy(float)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own: overflow in their line searches
        for name, peer in (("BG/NBD", BetaGeoFitter), ("MBG/NBD", ModifiedBetaGeoFitter)):
            fitted = peer(penalizer_coef=1e-4).fit(repeat, last, age)
            expected = fitted.conditional_expected_number_of_purchases_up_to_time
            scores[name] = np.asarray(expected(horizon / WEEK, repeat, last, age))
    return scores | {"boosting": boosting(past, now, as_of, horizon)}


def boosting(past: History, now: pd.DataFrame, as_of: date, horizon: int) -> np.ndarray:
    """Return the chance of an order by gradient boosting at three fully followed landmarks."""
    window = min(horizon, (as_of - past.first_day).days // 2)
    days = [as_of - timedelta(days=round(window * share)) for share in (1.0, 1.2, 1.4)]
    seen = describe(past, days, horizon)
    came = (seen["returned"] & (seen["wait"] <= window)).to_numpy()
    fitted = HistGradientBoostingClassifier(random_state=1, max_iter=100, learning_rate=0.05)
    return fitted.fit(_simple(seen), came).predict_proba(_simple(now))[:, 1]


def _simple(frame: pd.DataFrame) -> np.ndarray:
    gap = (frame["age"] - frame["silence"]) / (frame["orders"] - 1).clip(lower=1)
    usual = gap.where(frame["orders"] > 1)
    mean_amount = frame["amount"] / frame["orders"]
    columns = [frame["orders"], frame["silence"], frame["age"], usual, frame["silence"] / usual.clip(lower=1)]
    return np.column_stack([*columns, mean_amount])


if __name__ == "__main__":
    main()
