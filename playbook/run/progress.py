"""How far a run is: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playbook.run.runner import Announce


@contextmanager
def over_chapters() -> Iterator[Announce]:
    """Give a function that shows chapters done, chapters in all and what runs now, on stderr."""
    if sys.stderr.isatty():
        with _progress() as (_, announce):
            yield announce
    else:
        yield _line


class OverClients:
    """Shows clients done, clients in all and those running, with a line for each that ended."""

    def __init__(self, total: int, show: Announce, say: Callable[[str], None]) -> None:
        self.total = total
        self.done = 0
        self._show = show
        self._say = say

    def now(self, running: list[str]) -> None:
        """Show which clients are running."""
        self._show(self.done, self.total, ", ".join(running))

    def ended(self, line: str) -> None:
        """Count a client that ended, and say how."""
        self.done += 1
        self._say(f"[{self.done}/{self.total}] {line}")


@contextmanager
def over_clients(total: int) -> Iterator[OverClients]:
    """Give what shows the progress of a batch on stderr; without a terminal only the ends."""
    if sys.stderr.isatty():
        with _progress() as (bar, announce):
            yield OverClients(
                total, announce, lambda line: bar.console.print(line, markup=False, highlight=False)
            )
    else:
        yield OverClients(total, lambda *_: None, lambda line: print(line, file=sys.stderr, flush=True))


def _line(done: int, total: int, now: str) -> None:
    print(f"[{done}/{total}] {now}", file=sys.stderr, flush=True)


@contextmanager
def _progress() -> Iterator[tuple[Any, Announce]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    now = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), now)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=None)

        def announce(done: int, total: int, now: str) -> None:
            bar.update(task, completed=done, total=total, description=now)

        yield bar, announce
