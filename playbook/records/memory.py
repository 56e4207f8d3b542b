"""The engine of one machine, how much of that machine it may take, and how it is told of a file."""

import os
import re
from pathlib import Path
from typing import Any

import ibis

from playbook.settings.client import Settings


def open_engine(settings: Settings, scratch: Path) -> Any:
    """Return an engine that works on disk what does not fit into memory.

    PLAYBOOK_MEMORY, such as ``1GB``, says how much it may take, PLAYBOOK_BESIDE how many runs share
    the machine.
    """
    place = settings.machine.temp_directory
    connection = ibis.duckdb.connect(
        preserve_insertion_order=False,
        temp_directory=f"{place}/{scratch.name}" if place else f"{scratch}/engine",
    )
    connection.raw_sql("SET enable_progress_bar = false")  # a notebook would show it, now and then
    limit, runs = memory_limit(settings), beside()
    if runs > 1:
        share = "SELECT current_setting('threads'), current_setting('memory_limit')"
        threads, memory = connection.raw_sql(share).fetchone()
        amount, unit = memory.split()
        connection.raw_sql(f"SET threads = {max(1, threads // runs)}")
        limit = limit or f"{float(amount) / runs:.2f} {unit}"
    if limit:
        connection.raw_sql(f"SET memory_limit = '{limit}'")
    return connection


def literally(path: Path) -> str:
    """Return a path as the engine's readers take it for that one file, whatever letters are in it.

    They take ``*``, ``?`` and ``[`` for patterns, and the first file that fits for the one that is meant.
    """
    return re.sub(r"[*?[]", r"[\g<0>]", str(path))


def write(rows: Any, path: Path, form: str = "FORMAT parquet") -> None:
    """Write the rows of an expression of the engine to a file; ``form`` is as in its COPY."""
    engine, target = rows.get_backend(), str(path).replace("'", "''")
    engine.raw_sql(f"COPY ({engine.compile(rows)}) TO '{target}' ({form})")


def memory_limit(settings: Settings) -> str | None:
    """Return how much memory the engine may take, as ``1GB``; None: as it likes."""
    return os.environ.get("PLAYBOOK_MEMORY") or settings.machine.memory_limit


def beside() -> int:
    """Return how many runs share the machine."""
    return int(os.environ.get("PLAYBOOK_BESIDE", "1"))
