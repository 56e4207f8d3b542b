"""The plan against simpler campaigns in 500 simulated worlds: ``python -m tests.benchmarks worlds``.

In each world the truth is drawn anew from what the plan states: every offer's response and share of
a second life, the level of second lives and of returns, who returns with and without an offer, what
each second life brings and how long it lasts. Both potential outcomes of every customer are known.
Aim: the plan's 90% interval, printed beforehand, covers what comes of it in 87 to 93% of the worlds.
The worlds follow the plan's own model: they check its arithmetic, not the model.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from playbook.chapter import Chapter
from playbook.chapters.plan import make_plan, prepare, relative_interval
from playbook.chapters.plan.campaign import Campaign
from playbook.chapters.plan.comparisons import SameForAll, same_for_all
from playbook.chapters.plan.draws import sigma_of_range
from playbook.chapters.plan.prices import NOBODY
from playbook.offers.response import Form, draw_response, incentive_return, with_offer
from playbook.records.arrays import Array, Positions
from playbook.settings.client import load
from playbook.stats.trials.known_offers import known_offers
from tests.benchmarks.measure import cost, line

WORLDS = 500
DATA = Path(__file__).parent.parent.parent / "data"
POLICIES = ("this plan", "same discount for everybody", "top of the score until the money is gone", "nobody")


@dataclass(frozen=True)
class Ranges:
    """90% intervals, as factors, of second lives and of returns."""

    value: tuple[float, float] | None
    chance: tuple[float, float] | None


def main() -> None:
    """Print realised profits by policy, coverage and width of the interval, for both demo clients."""
    print(f"Realised profit over {WORLDS} simulated worlds (client's currency)")
    for client in ("demo", "demo_donors"):
        with TemporaryDirectory() as reports:
            show(client, prepared(client, Path(reports)))


def prepared(client: str, reports: Path) -> tuple[Campaign, Ranges]:
    """Run the chapters before the plan, and open the plan on them."""
    words = ["-m", "playbook", "run", client, "--chapters", "01-06", "--data", DATA, "--reports", reports]
    cost([sys.executable, *words])
    [folder] = (reports / client).glob("*.partial")
    run = Chapter("07", client, load(client, DATA), folder, DATA)
    known = known_offers(run.history, run.sources, run.client_folder, run.home)
    given = prepare(run.customers, run.history, run.sources, known.offers)
    second_life = relative_interval(run.findings("06").get("second_life"))
    return given, Ranges(second_life, relative_interval(run.findings("04").get("returners_lapsed")))


def show(client: str, found: tuple[Campaign, Ranges]) -> None:
    """Print one client's figures."""
    given, ranges = found
    plan = make_plan(given, value_range=ranges.value, chance_range=ranges.chance)
    given = plan.campaign
    low, high = plan.draws.interval
    chosen = [plan.assignment.choice, same_discount(given), top_of_score(given)]
    realised = np.array([world(given, ranges, chosen, seed) for seed in range(WORLDS)])
    frame = pd.DataFrame(np.column_stack([realised, np.zeros(WORLDS)]), columns=list(POLICIES))
    table = pd.DataFrame(
        {
            "customers": [*((choice != NOBODY).sum() for choice in chosen), 0],
            "mean": frame.mean(),
            "worst 5%": frame.quantile(0.05),
            "best 5%": frame.quantile(0.95),
            "worlds in which this plan brings more": [
                (frame["this plan"] > frame[name]).mean() for name in frame
            ],
        }
    )
    print(f" {client}: expected {plan.profit:,.0f}, 90% interval {low:,.0f} to {high:,.0f}")
    print(table.round(2).to_string())
    covered = float(((realised[:, 0] >= low) & (realised[:, 0] <= high)).mean())
    line(f"{client}: interval covers", covered, "0.87 to 0.93")
    line(f"{client}: its width over the expected profit", (high - low) / plan.profit)


def same_discount(given: Campaign) -> Positions:
    """Give the discount that `same_for_all` takes to everybody who may get it."""
    found = same_for_all(given)
    name = found.offer if isinstance(found, SameForAll) else None
    names = [offer.name for offer in given.offers]
    k = names.index(name) if name else int(np.argmax([offer.response.expected for offer in given.offers]))
    return np.where(given.suits[:, k] & ~given.held_back, k, NOBODY)


def top_of_score(given: Campaign) -> Positions:
    """Give the offer with the largest response that they may get, best score first, within the budget."""
    points = np.array([offer.response.expected for offer in given.offers])
    worth = np.where(given.suits, points, -np.inf)
    choice = np.where(np.isfinite(worth).any(axis=1) & ~given.held_back, worth.argmax(axis=1), NOBODY)
    form = given.settings.offers.response
    by_offer = [given.spend(k, form, given.response_of(k)) for k in range(len(given.offers))]
    spend = np.where(choice == NOBODY, 0.0, np.array(by_offer)[choice, np.arange(len(choice))])
    order = np.argsort(-given.people["score"].to_numpy(float), kind="stable")
    affordable = np.zeros(len(choice), dtype=bool)
    affordable[order] = spend[order].cumsum() <= given.settings.offers.budget
    return np.where(affordable, choice, NOBODY)


def world(given: Campaign, ranges: Ranges, chosen: list[Positions], seed: int) -> list[float]:
    """Return what each policy brings in one world, over leaving everybody alone."""
    random, chosen_settings = np.random.default_rng([seed, 99]), given.settings.offers
    made, n = given.offers, len(given.people)
    luck = random.random(1)
    points = [float(draw_response(offer.response, 1, random, luck)[0]) for offer in made]
    form: Form = "points" if random.random() < 0.5 else "odds"
    shares = [
        offer.second_life_share * level(random, offer.second_life_range)
        if luck[0] >= offer.response.nothing
        else 1.0
        for offer in made
    ]
    worth, unaided = level(random, ranges.value), np.clip(given.p0 * level(random, ranges.chance), 0, 1)
    sigma = np.sqrt(np.log1p(chosen_settings.margin_variation**2))
    value = given.v0 * worth * random.lognormal(-(sigma**2) / 2, sigma, n)
    luck, stays = random.random(n), random.exponential(1, n) * -180 / np.log(chosen_settings.stay_share)
    alone = (luck < unaided) * value
    outcomes = []
    for k, offer in enumerate(made):
        p1 = with_offer(unaided, points[k], form, float(given.references[k]))
        paid = incentive_return(offer, given.mean_order) + staying_paid(given, k, stays)
        outcomes.append((luck < p1) * (shares[k] * value - paid) - offer.cost - alone)
    table = np.array([*outcomes, np.zeros(n)])
    return [float(table[choice, np.arange(n)].sum()) for choice in chosen]


def staying_paid(given: Campaign, offer: int, stays: Array) -> Array:
    """Return what is paid later to each customer who returned, discounted to today."""
    rate = 1 + given.settings.discount_rate
    parts = given.offers[offer].stays
    return sum(
        (part.amount * (stays > part.days) * rate ** (-part.days / 365.25) for part in parts),
        np.zeros(len(stays)),
    )


def level(random: np.random.Generator, interval: tuple[float, float] | None) -> float:
    """Draw a factor with mean 1 whose central 90% is as wide as the interval."""
    sigma = sigma_of_range(interval)
    return float(random.lognormal(-(sigma**2) / 2, sigma))


if __name__ == "__main__":
    main()
