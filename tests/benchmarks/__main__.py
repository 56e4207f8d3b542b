"""Run all benchmarks, or those named: ``python -m tests.benchmarks overhead intake``.

What they print is kept in ``docs/benchmarks.md``.

Acceptance and landmarks need the peers that they are held against: ``pip install lifetimes scikit-learn``.
"""

import sys

from tests.benchmarks.record import run

ALL = (
    "overhead",
    "batch",
    "intake",
    "checking",
    "acceptance",
    "warning",
    "calibration",
    "landmarks",
    "scoring",
    "curves",
    "stages",
    "occasional",
    "assigning",
    "worlds",
    "null",
    "worth",
    "measuring",
    "trials",
)

for name in sys.argv[1:] or ALL:
    run(name, ALL)
