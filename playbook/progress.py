"""How far a run is: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playbook.runner import Announce


@contextmanager
def over_chapters() -> Iterator[Announce]:
    """Give a function that shows chapters done, chapters in all and what runs now, on stderr."""
    if sys.stderr.isatty():
        with _bar() as announce:
            yield announce
    else:
        yield _line


def _line(done: int, total: int, now: str) -> None:
    print(f"[{done}/{total}] {now}", file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Announce]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=None)

        def announce(done: int, total: int, now: str) -> None:
            bar.update(task, completed=done, total=total, description=now)

        yield announce
