"""Signals that end a run are kept until it is at a place that it can be left from.

A handler that raises does so anywhere: between a lock and its release, or a process and who knows of it.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Ending:
    """Keeps the signals that end this process, and hands the first one on when it is left.

    Attributes
    ----------
    stop : callable
        Called at once by a signal; it cuts short what `check` would wait for.
    """

    def __init__(self) -> None:
        self.stop: Callable[[], None] = lambda: None
        self._told: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
                if callable(signal.getsignal(number)):
                    self._before[number] = signal.signal(number, self._keep)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._told:
            signal.raise_signal(self._told[0])

    def check(self) -> None:
        """Raise SystemExit where this process was told to end."""
        if self._told:
            raise SystemExit(128 + self._told[0])

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let signals raise where they arrive, for what may wait for ever and leaves nothing behind."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        try:
            self.check()
            yield
        finally:
            for number in self._before:
                signal.signal(number, self._keep)

    def _keep(self, number: int, frame: object) -> None:
        self._told.append(number)
        self.stop()
