"""Many clients in one go: who is run, and what came of each.

Unchanged clients never reach a lane (see `executors`), and what goes wrong in a lane stays with
the client in it.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from playbook.archive import folders
from playbook.errors import CallError, UnderWay, one_line
from playbook.run import runner
from playbook.run.executors import Lanes
from playbook.run.plan import Request, plan_run
from playbook.run.runner import Finished
from playbook.settings import client as settings

RECORD = ".batch.jsonl"
"""In the folder of reports: a line for each client that a batch has brought to its end."""

DONE, UNCHANGED, FAILED, DUE = "done", "unchanged", "failed", "to be run"
UNDER_WAY, CANNOT = "under way", "cannot be run"


@dataclass(frozen=True)
class Outcome:
    """What a batch did with a client: a status above, and the report's path or the reason it failed."""

    client: str
    status: str
    said: str
    seconds: float = 0.0
    ended: str = ""


def clients(data: Path, named: Sequence[str]) -> list[str]:
    """Return the clients named, or all in the data folder.

    Raises
    ------
    CallError
        For a client that is not there, or where there is none.
    """
    known, _ = settings.clients_in(data)
    if not known:
        raise CallError(f"There is no client in {data}: a client is a folder with {settings.SETTINGS_FILE}.")
    for client in named:
        if client not in known:
            settings.client_folder(client, data)
    return list(dict.fromkeys(named)) or known


def failed_before(reports: Path, chosen: Sequence[str]) -> list[str]:
    """Return the clients whose latest run, in a batch or alone, failed."""
    recorded = read_record(reports)
    return [client for client in chosen if _failed_last(reports / client, recorded.get(client))]


def foresee(requests: Sequence[Request]) -> list[Outcome]:
    """Return what would become of each client, without running or writing anything."""
    seen = [_settled(request) or Outcome(request.client, DUE, "") for request in requests]
    return [replace(outcome, status=CANNOT) if outcome.status == FAILED else outcome for outcome in seen]


def run(
    requests: Sequence[Request], lanes: Lanes, watch: Callable[[list[str]], None] = lambda running: None
) -> Iterator[Outcome]:
    """Run clients, as many at a time as there are lanes; yield each outcome as it comes.

    Parameters
    ----------
    watch
        Told which clients are running, each time before it is waited for them.
    """
    left = iter(requests)
    free: list[Executor] = []
    busy: dict[Future[Finished], tuple[Request, Executor, float]] = {}
    while True:
        while len(busy) < lanes.count and (request := next(left, None)):
            if settled := _settled(request):
                yield settled
            else:
                lane, future = _submitted(lanes, free, request)
                busy[future] = (request, lane, time.monotonic())
        if not busy:
            return
        watch([request.client for request, _, _ in busy.values()])
        for future in wait(busy, return_when=FIRST_COMPLETED).done:
            request, lane, began = busy.pop(future)
            if not isinstance(future.exception(), BrokenExecutor):
                free.append(lane)
            yield _came(request, future, time.monotonic() - began)


def _submitted(lanes: Lanes, free: list[Executor], request: Request) -> tuple[Executor, Future[Finished]]:
    """Hand a client to a lane; one whose process was killed while it waited is left behind."""
    while free:
        lane = free.pop()
        try:
            return lane, lane.submit(lanes.run, request)
        except BrokenExecutor:
            continue
    lane = lanes.open()
    return lane, lane.submit(lanes.run, request)


def record(reports: Path, outcome: Outcome) -> None:
    """Note an outcome, so that the next batch and the portfolio know it."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / RECORD).open("a", encoding="utf-8", errors="backslashreplace") as lines:
        lines.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")


def read_record(reports: Path) -> dict[str, Outcome]:
    """Return the latest outcome of each client; a line torn by a crash counts as none."""
    path = reports / RECORD
    lines = path.read_bytes().split(b"\n") if path.is_file() else []
    return {outcome.client: outcome for outcome in map(_noted, lines) if outcome}


def _noted(line: bytes) -> Outcome | None:
    """Return the outcome that a line notes; None where it is torn, or notes none."""
    try:
        outcome = Outcome(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (outcome.client, outcome.status, outcome.said, outcome.ended)
    return outcome if all(isinstance(text, str) for text in texts) else None


def shorten_record(reports: Path) -> None:
    """Keep only the latest line of each client, and none that is torn: the next one would be torn with it."""
    if (reports / RECORD).is_file():
        latest = read_record(reports).values()
        lines = [json.dumps(asdict(outcome), ensure_ascii=False) + "\n" for outcome in latest]
        folders.write_text(reports / RECORD, "".join(lines))


def _settled(request: Request) -> Outcome | None:
    """Return the outcome of a client that needs no run: nothing has changed, or it cannot be run."""
    try:
        plan = plan_run(request)
        known = plan.chosen.source is None and folders.is_tidy(plan.home)
        ready = runner.unchanged(plan) if known else None
    except Exception as error:  # whatever a client's files hold, the others are run
        return Outcome(request.client, FAILED, one_line(error), ended=folders.now())
    return Outcome(request.client, UNCHANGED, str(ready.page), ended=folders.now()) if ready else None


def _came(request: Request, future: Future[Finished], seconds: float) -> Outcome:
    """Return what a lane brought; an error of any kind is this client's alone."""
    error = future.exception()
    if isinstance(error, UnderWay):
        return Outcome(request.client, UNDER_WAY, one_line(error))
    if error is not None:
        return Outcome(request.client, FAILED, one_line(error), round(seconds, 1), folders.now())
    finished = future.result()
    status = UNCHANGED if finished.unchanged else DONE
    return Outcome(request.client, status, str(finished.page), round(seconds, 1), folders.now())


def _failed_last(home: Path, recorded: Outcome | None) -> bool:
    ends = [(recorded.ended, recorded.status == FAILED)] if recorded else []
    for folder in folders.finished(home):
        manifest = folders.read_manifest(folder)
        ends.append((str(manifest.get("finished") or ""), manifest.get("status") == "failed"))
    return max(ends, default=("", False))[1]
