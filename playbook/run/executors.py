"""Where a batch runs its clients: processes of this machine, or places on a cluster.

Both are executors of ``concurrent.futures``, each running one client at a time.
"""

import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from playbook.errors import CallError
from playbook.run import runner
from playbook.run.plan import Request
from playbook.run.runner import Finished


@dataclass(frozen=True)
class Lanes:
    """Where clients run: a lane is an executor that runs one at a time.

    Attributes
    ----------
    count, beside : int
        How many clients run at a time, and how many of them on one machine.
    open : callable
        Gives a lane; called again where one broke.
    run : callable
        What a lane runs; it can be pickled.
    """

    count: int
    beside: int
    open: Callable[[], Executor]
    run: Callable[[Request], Finished] = runner.run


@contextmanager
def processes(workers: int) -> Iterator[Lanes]:
    """Give each lane a process of its own, so that one that is killed takes no other with it.

    The workers hold one end of a pipe. When the other end closes, since this process was stopped or
    killed, they clean up what they were doing and end.
    """
    spawn = multiprocessing.get_context("spawn")
    _start_tracker()
    reader, writer = spawn.Pipe(duplex=False)
    pools: list[ProcessPoolExecutor] = []

    def open_lane() -> Executor:
        pools.append(ProcessPoolExecutor(1, mp_context=spawn, initializer=_begin, initargs=(reader,)))
        return pools[-1]

    try:
        yield Lanes(workers, workers, open_lane, _run_or_end)
    finally:
        writer.close()
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)
        reader.close()


def _start_tracker() -> None:
    """Start what cleans up after processes; the end of a terminal does not end it before them."""
    if hasattr(signal, "SIGHUP"):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as its process will have it
        resource_tracker.ensure_running()
        signal.signal(signal.SIGHUP, before)


@contextmanager
def cluster(address: str) -> Iterator[Lanes]:
    """Send clients to the workers of a Dask scheduler, which see the same folders under the same names.

    The scheduler gives the client of a worker that was lost to another one.

    Raises
    ------
    CallError
        Where dask.distributed is not installed, or no scheduler answers.
    """
    if not re.match(r"[a-z]+://[^/]", address):
        raise CallError(f"--cluster: write the scheduler's address as tcp://HOST:8786, not {address!r}.")
    try:
        from distributed import Client
    except ImportError as error:
        raise CallError(
            "--cluster needs dask.distributed: install it with pip install distributed."
        ) from error
    try:
        client = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise CallError(f"--cluster: no scheduler answers at {address}.") from error
    with client:
        threads = _threads_by_worker(client, address)
        executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        try:
            yield Lanes(sum(threads.values()), _most_on_one_machine(threads), lambda: executor)
        finally:
            executor.shutdown(wait=False)


def _threads_by_worker(client: Any, address: str) -> dict[str, int]:
    try:
        client.wait_for_workers(1, timeout=30)
    except TimeoutError as error:
        raise CallError(f"--cluster: the scheduler at {address} has no workers.") from error
    return dict(client.nthreads())


def _most_on_one_machine(threads: dict[str, int]) -> int:
    machines: dict[str, int] = {}
    for worker, count in threads.items():
        host = worker.rsplit(":", 1)[0]
        machines[host] = machines.get(host, 0) + count
    return max(machines.values())


def _begin(reader: Connection) -> None:
    """Prepare a worker: it ends when the pipe closes, and not at a signal that was meant for its parent.

    A terminal sends Ctrl-C, and its own end, to all processes that were started from it.
    """
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    threading.Thread(target=_end_with, args=(reader,), daemon=True).start()


def _run_or_end(request: Request) -> Finished:
    """Run a client; a worker that was told to end does so once the run has cleaned up after itself."""
    try:
        return runner.run(request)
    except SystemExit:
        os._exit(1)


def _end_with(reader: Connection) -> None:
    reader.poll(None)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGTERM)
