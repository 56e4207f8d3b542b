"""Whole processes, timed from outside, with their peak memory."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds and peak memory (GB, the process itself) of one finished command."""

    seconds: float
    gigabytes: float
    processor: float


def cost(
    command: Sequence[object], environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Cost:
    """Run a command to its end and return what it cost; raise where it failed."""
    started = time.perf_counter()
    with (log or Path(os.devnull)).open("w") as out:
        process = subprocess.Popen([str(word) for word in command], env=environment, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(word) for word in command])
    worked = usage.ru_utime + usage.ru_stime
    return Cost(time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e9, worked)


def python(*words: object) -> list[object]:
    """Return the words of a command of this Python."""
    return [sys.executable, *words]


def line(name: str, value: float, aim: str = "", unit: str = "") -> None:
    """Print one figure with its aim."""
    print(f"  {name:<66} {value:9.3f} {unit:<4} {('aim: ' + aim) if aim else ''}", flush=True)
