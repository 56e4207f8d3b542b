"""Integer programmes, solved by HiGHS through scipy."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from playbook.stats.survival import Array


def integers(
    worth: Array,
    matrix: Any,
    lower: Array,
    upper: Array,
    most: Any,
    near_enough: float = 1e-9,
    nodes: int = 10_000,
) -> Any:
    """Return the whole numbers from 0 to ``most`` that are worth most within linear limits.

    Parameters
    ----------
    worth : array, shape (variables,)
    matrix : sparse array, shape (limits, variables)
    lower, upper : array, shape (limits,)
    most : array or int
        The largest value of each variable.
    near_enough : float
        Share of the worth that may be missing.
    nodes : int
        Branches after which the search stops.

    Returns
    -------
    OptimizeResult
        As `scipy.optimize.milp` returns it: x (None where nothing was found), mip_dual_bound (of the
        negative worth).
    """
    with _without_chatter():
        return milp(
            -worth,
            integrality=np.ones(len(worth)),
            bounds=Bounds(0, most),
            constraints=LinearConstraint(matrix, lower, upper),
            options={"mip_rel_gap": near_enough, "node_limit": nodes},
        )


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Close standard output for a while: HiGHS writes a line of its own to it, whatever ``disp`` says."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
