"""The commands."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from playbook.archive.folders import PRIVATE
from playbook.errors import CallError, DataError, PlaybookError, one_line
from playbook.run import notebooks, one_file, progress, runner
from playbook.run.plan import Request
from playbook.settings import client as settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    help="Win lost customers back: from a client's orders to a plan, and a measurement of whether it worked.",
)

Data = Annotated[Path, typer.Option("--data", help="Folder of the clients' folders.")]
Reports = Annotated[Path, typer.Option("--reports", help="Folder that reports are written to.")]
Client = Annotated[str, typer.Argument(help="Name of a folder in the data folder.")]
Key = Annotated[
    Path | None, typer.Option("--key", help="Folder of the answer keys; else .keys in the data folder.")
]
FEWEST = 300
"""Contacts of a practice client: of fewer nothing could be told."""


@app.callback()
def _commands(
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    if version:
        typer.echo(metadata.version("playbook"))
        raise typer.Exit


@app.command()
def run(
    client: Client,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Override a setting for this run.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Judge silence on this day.")
    ] = None,
    chapters: Annotated[
        str | None, typer.Option(metavar="01-04", help="Run these and whatever they need.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every chapter, whatever is there.")] = False,
    teach: Annotated[bool, typer.Option("--teach", help="Show code and exercises in the report.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also print the report: report.pdf.")] = False,
    data: Data = Path("data"),
    reports: Reports = Path("reports"),
) -> None:
    """Run a client's chapters and write the report."""
    request = Request(
        client=client,
        data=data,
        reports=reports,
        parameters=tuple(parameter or ()),
        as_of=_day(as_of),
        chapters=chapters,
        fresh=fresh,
        teach=teach,
        pdf=pdf,
    )
    if pdf:
        one_file.engine()
    _check_writable(reports)
    with progress.over_chapters() as announce:
        finished = runner.run(request, announce)
    for warning in finished.warnings:
        typer.echo(f"Warning: {warning}", err=True)
    if finished.unchanged:
        typer.echo("Nothing has changed since this report was made; --fresh makes it anew.")
    typer.echo(finished.page)


@app.command("batch")
def run_many(
    clients: Annotated[
        list[str] | None, typer.Argument(help="Clients; none: all in the data folder.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Clients that are run at a time.")] = os.cpu_count()
    or 1,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on the workers of this Dask scheduler.")
    ] = None,
    only_failed: Annotated[bool, typer.Option("--only-failed", help="Those that failed last time.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also write comparison.html: the clients without names.")
    ] = False,
    data: Data = Path("data"),
    reports: Reports = Path("reports"),
) -> None:
    """Run many clients, and write a page over all of them."""
    from playbook.run import batch_command

    asked = batch_command.Asked(tuple(clients or ()), data, reports, workers, cluster, only_failed, compare)
    if dry_run:
        well = batch_command.foresee(asked)
    else:
        _check_writable(reports)
        well = batch_command.run(asked)
    if not well:
        raise typer.Exit(1)


@app.command()
def new(
    client: Annotated[str, typer.Argument(help="Name of the client's folder, made in the data folder.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The client's exports.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Never ask; mark what is unsure in client.yml instead.")
    ] = False,
    data: Data = Path("data"),
) -> None:
    """Look at a client's exports and propose its client.yml."""
    from playbook.intake import propose  # loads Ibis, which the other commands do without

    asking = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    proposal = propose.propose(client, files, data, _ask if asking else None)
    for sentence in proposal.said:
        typer.echo(sentence)
    typer.echo(f"{proposal.path}: read it through, then: playbook check {client}")


@app.command()
def check(client: Client, data: Data = Path("data"), reports: Reports = Path("reports")) -> None:
    """Read a client's data and say what is wrong with them, without running anything."""
    from playbook.intake.check import command  # loads pandas and Ibis, which the other commands do without

    chosen = settings.load(client, data)
    seen = command.examine(chosen, settings.client_folder(client, data))
    for paragraph in seen.lines(chosen.words):
        typer.echo(paragraph)
    if seen.errors:
        raise DataError(command.summary_of(seen.errors))


@app.command()
def done(
    client: Client,
    file: Annotated[Path, typer.Argument(help="The calls.xlsx that callers have filled in.")],
    data: Data = Path("data"),
    reports: Reports = Path("reports"),
) -> None:
    """Take in what came of the calls, for the next run to count."""
    from playbook.intake import outcomes

    chosen, folder = settings.load(client, data), settings.client_folder(client, data)
    for sentence in outcomes.hand_in(client, file, chosen, folder, reports):
        typer.echo(sentence)


@app.command()
def demo(
    client: Annotated[str, typer.Argument(help="Name of the practice client, made in the data folder.")],
    kind: Annotated[Literal["retailer", "charity", "subscription"], typer.Option(help="What it is.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another world with other answers.")],
    customers: Annotated[int | None, typer.Option(min=FEWEST, help="About how many contacts.")] = None,
    key: Key = None,
    data: Data = Path("data"),
) -> None:
    """Make a practice client to plan for, and apart from it the answers."""
    from playbook.demo import practice  # loads pandas and Ibis, which the other commands do without

    keys = key or data / practice.KEYS
    folder = practice.make(client, kind, seed, data, keys, customers)
    typer.echo(f"{folder}: playbook run {client}, then: playbook grade {client} plan.csv")


@app.command()
def grade(
    client: Client,
    plan: Annotated[Path, typer.Argument(help="A run's plan.csv, or a CSV with customer_id and offer.")],
    key: Key = None,
    data: Data = Path("data"),
    reports: Reports = Path("reports"),
) -> None:
    """Hold a plan for a practice client against its answer key."""
    from playbook.demo import grade as grading  # loads pandas and Ibis
    from playbook.demo import practice

    chosen, folder = settings.load(client, data), settings.client_folder(client, data)
    answers = grading.read_key(client, key or data / practice.KEYS, chosen, folder)
    if not plan.is_file():
        raise CallError(f"There is no file {plan}: name the plan.csv of a run of {client}.")
    held = grading.held_back(client, plan, reports)
    for sentence in grading.grade(grading.read_plan(plan, answers), answers, held).sentences(chosen.words):
        typer.echo(sentence)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    further: typer.Context,
    client: Annotated[str | None, typer.Argument(help="Work on this client's own copies.")] = None,
    data: Data = Path("data"),
    reports: Reports = Path("reports"),
) -> None:
    """Open JupyterLab on the masters, or on a client's own copies; options behind -- are JupyterLab's."""
    given = list(further.args)
    if client and client.startswith("-"):
        given, client = [client, *given], None
    folder = notebooks.masters_folder() if client is None else _copies(client, data)
    places = {"PLAYBOOK_DATA": str(data.resolve()), "PLAYBOOK_REPORTS": str(reports.resolve())}
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", *given]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in given:
        typer.echo("You work as root: whatever a notebook does, it may do to all of this machine.", err=True)
        command.append("--allow-root")
    raise typer.Exit(subprocess.run(command, env=os.environ | places, check=False).returncode)


def main() -> NoReturn:
    """Run a command; errors end in one sentence and an exit code."""
    os.umask(PRIVATE)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores it, and so do we
            signal.signal(number, _end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may be no text
    try:
        app()
    except PlaybookError as error:
        _say(one_line(error))
        sys.exit(error.exit_code)
    except OSError as error:
        _say(one_line(error))
        sys.exit(1)
    sys.exit(0)


def _end(number: int, frame: object) -> NoReturn:
    """End at a signal, cleaning up; a second one does not cut that short."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def _ask(question: str, proposed: str, others: Sequence[str]) -> str:
    """Ask on the terminal; Enter takes what is proposed. Without other answers any will do."""
    possible = [answer for answer in (proposed, *others) if answer]
    typer.echo(f"{question}{': ' if possible else ''}{' or '.join(possible)}?")
    while True:
        answer = str(typer.prompt("Your choice", default=proposed or None))
        if not others or answer in possible:
            return answer


def _copies(client: str, data: Path) -> Path:
    folder = settings.client_folder(client, data)
    written, kept = notebooks.copy_for_client(client, folder)
    typer.echo(f"{len(written)} notebooks copied to {folder / 'notebooks'}.", err=True)
    for path in kept:
        stays = f"{path.name} was changed for {client} and stays as it is."
        typer.echo(notebooks.what_to_change(path) or stays, err=True)
    return folder / "notebooks"


def _check_writable(reports: Path) -> None:
    """Refuse a folder of reports that nothing can be written to, before anything starts."""
    there = next(path for path in (reports, *reports.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise CallError(f"--reports: nothing can be written to {reports}.")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CallError(f"--as-of: expected a date such as 2025-12-31, got {text!r}.") from error


def _say(sentence: str) -> None:
    typer.echo(f"Error: {sentence}", err=True)


if __name__ == "__main__":
    main()
