"""Run all benchmarks, or those named: ``python -m tests.benchmarks overhead intake``.

Acceptance and landmarks need the peers that they are held against: ``pip install lifetimes scikit-learn``.
"""

import os
import platform
import sys
from datetime import date
from importlib import import_module

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
    "measuring",
    "trials",
)

print(f"{date.today()}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
for name in sys.argv[1:] or ALL:
    import_module(f"tests.benchmarks.{name}").main()
