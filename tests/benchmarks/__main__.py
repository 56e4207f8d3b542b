"""Run all benchmarks, or those named: ``python -m tests.benchmarks overhead intake``."""

import os
import platform
import sys
from datetime import date

from tests.benchmarks import intake, overhead

ALL = {"overhead": overhead.main, "intake": intake.main}

print(f"{date.today()}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
for name in sys.argv[1:] or ALL:
    ALL[name]()
