"""Are verdicts as sure as they say: ``python -m tests.benchmarks trials`` (some minutes).

Simulated campaigns go through the whole measurement. Margins are those that lapsed customers of the
demo shop brought, and, as a harder case, a heavy-tailed distribution. Aims: of 1,000 campaigns
without effect at most 3.5% are called working; of 1,000 with a known effect the 95% intervals cover
it in 93 to 97%; the power stated beforehand agrees with the share found within 5 points.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.chapters.measurement.design import Arms, follow_lapsed, power_of_margin, power_of_shares
from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings.client import load
from playbook.settings.measurement import Measurement
from playbook.stats.trials.data import CampaignTrial
from playbook.stats.trials.measure import measure
from playbook.stats.trials.verdicts import Evidence, judge

CAMPAIGNS = 1000
SPLITS = {
    "300 and 300": Arms(300, 300),
    "1,000 and 1,000": Arms(1000, 1000),
    "2,700 and 300": Arms(2700, 300),
}
BASE = 0.1
"""Share who come back unaided: 30 buyers in the smaller arm, or more."""
EFFECTS = {"1,000 and 1,000": (0.03, 0.045, 0.07), "2,700 and 300": (0.05, 0.07, 0.10)}
"""What a campaign adds to the share who come back, by the arms for which power is held against."""
RULES = Measurement(interim_days=(), bootstrap_draws=200)
START = pd.Timestamp("2025-03-03")


@dataclass(frozen=True)
class World:
    """Margins of those who come back, arms, and what the campaign adds to the share who do."""

    margins: np.ndarray
    arms: Arms
    effect: float

    def campaign(self, seed: int, earlier: bool = True) -> CampaignTrial:
        """Draw one campaign, divided by chance; everybody with an order before it, or nobody."""
        random = np.random.default_rng(seed)
        n = self.arms.contacted + self.arms.held_back
        treated = np.arange(n) < self.arms.contacted
        back = random.random(n) < np.where(treated, BASE + self.effect, BASE)
        who = np.flatnonzero(back)
        before = pd.DataFrame({"person": np.arange(n), "day": -random.integers(180, 400, n)})
        later = pd.DataFrame({"person": who, "day": random.integers(1, 90, len(who))})
        days = pd.concat([before, later] if earlier else [later], ignore_index=True)
        days["margin"] = random.choice(self.margins, len(days))
        days["revenue"], days["ordered"] = days["margin"], True
        people = pd.DataFrame(
            {
                "customer_id": [f"{number:06}" for number in range(n)],
                "arm": np.where(treated, "offer", ""),
                "treated": treated,
                "offer": np.where(treated, "offer", ""),
                "channel": "letter",
                "start": START,
                "cost": np.where(treated, 0.0, np.nan),
                "contaminated": False,
                "elsewhere": False,
            }
        )
        none = pd.DataFrame({"person": np.array([], int), "day": np.array([], int), "kind": []})
        counts = dict.fromkeys(("future", "contaminated", "two_offers", "unknown"), 0)
        days = days.sort_values(["person", "day"], ignore_index=True)
        return CampaignTrial("SIMULATED", people, days, none, counts, (0, 0), 100, False, False, False)


def main() -> None:
    """Print the three tables."""
    heavy = np.exp(np.random.default_rng(7).normal(3, 1.2, 2000))
    worlds = [
        (name, split, World(margins, arms, 0.0))
        for name, margins in {"demo shop": _demo_margins(), "heavy tail": heavy}.items()
        for split, arms in SPLITS.items()
    ]
    print(f"Called working without any effect, of {CAMPAIGNS} campaigns (aim: at most 3.5%)")
    for name, split, world in worlds:
        back, margin = works(world)
        print(f"  {name:<11} {split:<16} return rate {back:5.1%}   gross margin {margin:5.1%}", flush=True)
    print("Power stated beforehand and found (aim: within 5 points)")
    for name, split, world in worlds:
        for effect in EFFECTS.get(split, ()):
            changed = replace(world, effect=effect)
            margins, arms = world.margins, world.arms
            stated = power_of_shares(BASE, effect, arms), power_of_margin(margins, BASE, effect, arms, 1)
            seen = works(changed)
            print(
                f"  {name:<11} {split:<16} {100 * effect:.1f} more of a hundred: return stated"
                f" {stated[0]:5.1%}, found {seen[0]:5.1%}; margin stated {stated[1]:5.1%}, found"
                f" {seen[1]:5.1%}",
                flush=True,
            )
    print(f"95% intervals that cover a known effect, of {CAMPAIGNS} campaigns (aim: 93 to 97%)")
    for name, split, world in worlds:
        covered = coverage(replace(world, effect=0.05))
        print(
            f"  {name:<11} {split:<16}", "   ".join(f"{k} {v:5.1%}" for k, v in covered.items()), flush=True
        )


def works(world: World, campaigns: int = CAMPAIGNS) -> tuple[float, float]:
    """Return the shares of campaigns that are called working, by return rate and by margin."""
    called = []
    for seed in range(campaigns):
        measured = measure(world.campaign(seed, earlier=False), RULES, seed)
        whole = measured.whole
        evidence = Evidence(whole.effects.get("return"), whole.early, whole.late, whole.harms[:1], 0.01, 0.01)
        verdicts = judge(evidence).verdict, measured.judgement.verdict
        called.append([verdict == "works" for verdict in verdicts])
    back, margin = np.mean(called, axis=0)
    return float(back), float(margin)


def coverage(world: World, campaigns: int = CAMPAIGNS) -> dict[str, float]:
    """Return the share of intervals that cover the truth, of those that are given."""
    truth = {"return": world.effect, "margin": world.effect * world.margins.mean()}
    hits: dict[str, list[bool]] = {}
    for seed in range(campaigns):
        effects = measure(world.campaign(seed), RULES, seed).whole.effects
        for kind, value in truth.items():
            effect = effects.get(kind)  # one in a thousand draws leaves arms that look unlike
            if effect is None or not effect.told:
                continue
            ways = {
                "Welch": (effect.low, effect.high),
                "adjusted": (effect.adjusted_low, effect.adjusted_high),
                "bootstrap": (effect.bootstrap_low, effect.bootstrap_high),
            }
            for way, (low, high) in ways.items():
                if low is not None and high is not None:
                    hits.setdefault(f"{kind} {way}", []).append(low <= value <= high)
    return {name: float(np.mean(found)) for name, found in hits.items()}


def _demo_margins() -> np.ndarray:
    data = Path(__file__).parents[2] / "data"
    settings = load("demo", data)
    sources = open_sources(settings, data / "demo")
    margins = follow_lapsed(read_history(settings, sources), sources, 180).margins(90)
    sources.close()
    return margins


if __name__ == "__main__":
    main()
