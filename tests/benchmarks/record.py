"""The page with what the benchmarks printed last, each with its day and machine."""

import io
import os
import platform
import re
import sys
from contextlib import redirect_stdout
from datetime import date
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"

TITLE = """# What the benchmarks said

Written by `make bench`, or by `python -m tests.benchmarks NAME` for one part. Every ratio is
taken within one run on one machine; seconds on another machine will differ. What each of them does stands in
`tests/benchmarks/NAME.py`.
"""


class _Both(io.StringIO):
    """Text that is shown while it is kept."""

    def write(self, text: str) -> int:
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
        return super().write(text)


def run(name: str, order: tuple[str, ...]) -> None:
    """Run a benchmark, and put what it prints in its place on the page."""
    print(f"{name}: {machine()}", flush=True)
    with redirect_stdout(_Both()) as said:
        import_module(f"tests.benchmarks.{name}").main()
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    parts = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    parts[name] = f"\n{machine()}\n\n```text\n{said.getvalue().rstrip()}\n```\n\n"
    listed = [f"## {one}\n{parts[one]}" for one in order if one in parts]
    PAGE.write_text(f"{TITLE}\n{''.join(listed).rstrip()}\n", encoding="utf-8")


def machine() -> str:
    """Return the day and the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    size = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"
    return f"{date.today()}, {size}, Python {platform.python_version()}"
