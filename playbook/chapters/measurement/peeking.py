"""What happens to a test that is read again and again until it shows something."""

import numpy as np
from scipy.stats import norm

from playbook.stats.trials.effects import ALPHA


def peek(looks: int, campaigns: int = 20_000, seed: int = 1) -> float:
    """Return the share of campaigns without any effect that look like a success at some reading.

    Parameters
    ----------
    looks : int
        Readings, as many customers having answered between one and the next.
    campaigns : int
        Simulated campaigns, none of which does anything.
    """
    steps = np.random.default_rng(seed).standard_normal((campaigns, looks))
    z = steps.cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    return float((z > norm.ppf(1 - ALPHA / 2)).any(axis=1).mean())
