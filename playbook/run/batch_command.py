"""``playbook batch``: what it prints, and what it leaves behind."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from playbook.run import batch, executors, portfolio, progress
from playbook.run.batch import CANNOT, FAILED, UNDER_WAY, Outcome
from playbook.run.executors import Lanes
from playbook.run.plan import Request
from playbook.settings import client as settings


@dataclass(frozen=True)
class Asked:
    """What the user asked for; ``clients`` is empty for all of them."""

    clients: tuple[str, ...]
    data: Path
    reports: Path
    workers: int = 1
    cluster: str | None = None
    only_failed: bool = False
    compare: bool = False

    def requests(self) -> list[Request]:
        """Return a request for each client that is meant."""
        chosen = batch.clients(self.data, self.clients)
        if self.only_failed:
            chosen = batch.failed_before(self.reports, chosen)
        places = (self.data, self.reports)
        if self.cluster is not None:  # its workers may have another working directory
            places = (self.data.resolve(), self.reports.resolve())
        return [Request(client, *places) for client in chosen]

    def lanes(self, clients: int) -> AbstractContextManager[Lanes]:
        """Return where the clients are run."""
        return (
            executors.cluster(self.cluster)
            if self.cluster is not None
            else executors.processes(min(self.workers, clients))
        )


def foresee(asked: Asked) -> bool:
    """Print what would be run; return whether all of it can be."""
    outcomes = batch.foresee(asked.requests())
    _print_table(outcomes)
    _name_others(asked)
    return all(outcome.status != CANNOT for outcome in outcomes)


def run(asked: Asked) -> bool:
    """Run the clients; print a line for each that ends and a table of all; return whether none failed.

    What cannot be written beside their reports is said at the end, and counts as a failure.
    """
    requests = asked.requests()
    outcomes: list[Outcome] = []
    pages: list[Path] = []
    unwritten: dict[str, str] = {}
    with _going_on(unwritten, batch.RECORD):
        batch.shorten_record(asked.reports)
    try:
        with asked.lanes(len(requests)) as open_lanes, progress.over_clients(len(requests)) as shown:
            requests = [replace(request, beside=open_lanes.beside) for request in requests]
            for outcome in batch.run(requests, open_lanes, shown.now):
                outcomes.append(outcome)
                if outcome.status != UNDER_WAY:  # the other run tells what comes of it
                    with _going_on(unwritten, batch.RECORD):
                        batch.record(asked.reports, outcome)
                shown.ended(_line(outcome))
    except (KeyboardInterrupt, SystemExit) as stop:
        typer.echo("Stopped. What was finished stands; the same command starts the others anew.", err=True)
        code = stop.code if isinstance(stop, SystemExit) else None
        raise typer.Exit(code if isinstance(code, int) else 130) from None
    finally:
        try:
            if outcomes:
                _print_table(outcomes)
        finally:
            with _going_on(unwritten, "The pages over all clients"):
                pages = _write_pages(asked) if outcomes else []
            for what, why in unwritten.items():
                typer.echo(f"{what} could not be written: {why}; the reports stand.", err=True)
    if not outcomes:
        typer.echo("No client to run.")
    _name_others(asked)
    for page in pages:
        typer.echo(page)
    return not unwritten and all(outcome.status != FAILED for outcome in outcomes)


@contextmanager
def _going_on(unwritten: dict[str, str], what: str) -> Iterator[None]:
    """Note why something cannot be written, and go on."""
    try:
        yield
    except OSError as error:
        unwritten[what] = error.strerror or type(error).__name__


def _name_others(asked: Asked) -> None:
    """Say which folders were passed over, where all clients were meant."""
    _, others = settings.clients_in(asked.data)
    if others and not asked.clients:
        typer.echo(f"Passed over, for want of a client.yml: {', '.join(others)}.", err=True)


def _write_pages(asked: Asked) -> list[Path]:
    entries = portfolio.read(asked.reports, batch.clients(asked.data, ()))
    return portfolio.write(asked.reports, entries, asked.compare)


def _line(outcome: Outcome) -> str:
    said = outcome.said if outcome.status == FAILED else f"{outcome.seconds:.0f} s"
    return f"{outcome.client}: {outcome.status}{'' if outcome.status == batch.UNCHANGED else ', ' + said}"


def _print_table(outcomes: Sequence[Outcome]) -> None:
    width = max((len(outcome.client) for outcome in outcomes), default=0)
    for outcome in sorted(outcomes, key=lambda outcome: outcome.client):
        seconds = f"{outcome.seconds:7.1f} s" if outcome.seconds else " " * 9
        typer.echo(f"{outcome.client:<{width}}  {outcome.status:<13}  {seconds}  {outcome.said}".rstrip())
    counts = Counter(outcome.status for outcome in outcomes)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    size = "1 client" if len(outcomes) == 1 else f"{len(outcomes)} clients"
    typer.echo(f"{size}: {told}.")
