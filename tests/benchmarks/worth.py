"""What offers are claimed to bring, against what they do bring: ``python -m tests.benchmarks worth``.

Claimed: chapter 07's expected profit per contact, by kind of offer, over all the addressed in as many
generated shops as `SEEDS` says, whose earlier campaigns it learns from. True: the same kinds sent, after
the last day, to half of everybody silent for 270 to 900 days in shops of ten times the size, and followed
to the end of their world: the difference of the margins, less contact and incentive.
Aim: claimed over true between .75 and 1.33.
"""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.plan import prepare
from playbook.chapters.plan.campaign import Campaign
from playbook.demo import retailer
from playbook.demo.export import write_files
from playbook.demo.planted import CALL, DISCOUNT, GIFT, PLANTED, WORLD_END, PlantedCampaign
from playbook.settings.client import load
from playbook.stats.trials.known_offers import known_offers
from tests.benchmarks.measure import cost

SEEDS = int(os.environ.get("SEEDS", "10"))
LARGE = 38_000
DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
START, RETURN_DAYS, LAPSED_DAYS = date(2025, 10, 6), 183, 270
SENT: dict[str, tuple[PlantedCampaign, str]] = {
    "call": (CALL, "Personal call"),
    "discount by e-mail": (replace(DISCOUNT, percent_off=20, costs={"email": 0.15}), "20% off by e-mail"),
    "gift by letter": (GIFT, "Small gift with the next order"),
}
"""A kind of offer, as it is planted, and its name in the catalogue."""
COSTS = {"call": (6.0, 0.0), "discount by e-mail": (0.15, 0.0), "gift by letter": (1.8, 5.0)}
"""Contact and incentive on return, as in the catalogue; a discount is in the margins already."""


def main() -> None:
    """Print claimed and true profit per contact by kind of offer."""
    claims = pd.DataFrame([claimed(seed) for seed in range(1, SEEDS + 1)])
    print(f"Profit per contact, CHF: claimed over {SEEDS} generated shops, and true")
    for kind in SENT:
        true = np.array([brought(kind, seed) for seed in range(101, 104)])
        mean, error = true[:, 0].mean(), np.sqrt((true[:, 1] ** 2).sum()) / len(true)
        said = claims[kind]
        print(
            f"  {kind:<20} claimed {said.mean():7.2f} (from {said.min():.2f} to {said.max():.2f}), true"
            f" {mean:7.2f} (standard error {error:.2f}), claimed / true {said.mean() / mean:5.2f}",
            flush=True,
        )


def claimed(seed: int) -> dict[str, float]:
    """Return what chapter 07 expects of a contact, by kind of offer, in one shop."""
    with TemporaryDirectory() as place:
        return claims_of(*opened(seed, Path(place), retailer.generate))


def opened(seed: int, place: Path, generate: Callable[[int], retailer.Demo]) -> tuple[Path, Path]:
    """Write a shop and run the chapters before the plan on it; return its data and its reports."""
    data, reports = place / "data", place / "reports"
    (data / "demo").mkdir(parents=True)
    write_files(generate(seed), retailer.FILES, data / "demo")
    shutil.copy(DEMO / "client.yml", data / "demo")
    words = ["run", "demo", "--chapters", "01-06", "--data", data, "--reports", reports]
    cost([sys.executable, "-m", "playbook", *words])
    return data, reports


def claims_of(data: Path, reports: Path) -> dict[str, float]:
    """Return the mean expected profit of each kind of offer over those whom it may reach."""
    [folder] = (reports / "demo").glob("*.partial")
    run = Chapter("07", "demo", load("demo", data), folder, data)
    known = known_offers(run.history, run.sources, run.client_folder, run.home)
    campaign = prepare(run.customers, run.history, run.sources, known.offers)
    return {kind: _mean(campaign, name) for kind, (_, name) in SENT.items()}


def _mean(campaign: Campaign, name: str) -> float:
    k = [offer.name for offer in campaign.offers].index(name)
    silent = campaign.people["silence_days"].between(LAPSED_DAYS, PLANTED.campaign_silence_most)
    profit = campaign.profit(k, campaign.settings.offers.response, campaign.response_of(k))
    return float(profit[campaign.suits[:, k] & silent.to_numpy()].mean())


def brought(kind: str, seed: int) -> tuple[float, float]:
    """Return what a contact of one kind brings in a large shop, and its standard error."""
    planted, _ = SENT[kind]
    sent = replace(planted, code="TRUTH", starts=START, spread=1, arm_size=LARGE)
    demo = retailer.generate(seed, LARGE, WORLD_END, replace(PLANTED, campaigns=(*PLANTED.campaigns, sent)))
    arms = demo.contacts[demo.contacts["campaign"] == "TRUTH"]
    days = (pd.to_datetime(demo.orders["ordered_at"]) - pd.Timestamp(START)).dt.days
    lines = demo.orders.assign(day=days)[days >= 0]
    margin = (
        lines.groupby("customer_id")["margin"].sum().reindex(arms["customer_id"]).fillna(0).to_numpy(float)
    )
    back = arms["customer_id"].isin(lines.loc[lines["day"] <= RETURN_DAYS, "customer_id"]).to_numpy()
    treated = (arms["arm"] == "treated").to_numpy()
    net = margin - treated * (COSTS[kind][0] + COSTS[kind][1] * back)
    parts = net[treated], net[~treated]
    error = float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)))
    return float(parts[0].mean() - parts[1].mean()), error
