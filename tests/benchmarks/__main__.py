"""Run all benchmarks, or those named: ``python -m tests.benchmarks overhead intake``.

What they print is kept in ``docs/benchmarks.md``.

Acceptance and landmarks need a peer that they are held against: ``pip install lifetimes``.
"""

import sys

from tests.benchmarks.record import run

ALL = (
    "before",
    "overhead",
    "batch",
    "intake",
    "checking",
    "acceptance",
    "warning",
    "calibration",
    "truth",
    "landmarks",
    "scoring",
    "curves",
    "stages",
    "occasional",
    "assigning",
    "worlds",
    "measuring",
    "trials",
)

for name in sys.argv[1:] or ALL:
    run(name, ALL)
