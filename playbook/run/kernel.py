"""One warm kernel for one client: it starts once, and every chapter finds it clean.

Starting is quick and does not wait, so that the caller can load what it needs meanwhile. The
kernel is asynchronous and speaks over sockets in a short temporary folder of its own: a
synchronous manager hangs for ever when its kernel is killed.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import DEVNULL
from types import TracebackType
from typing import Any, Self

from playbook.errors import CellFailed
from playbook.run.ending import Ending

_LONGEST_SOCKET = 80
"""Unix sockets allow about 100 characters; longer temporary folders are not used."""

START_TIMEOUT = 120

_SECRET = re.compile(
    r"(?i)TOKEN|SECRET|PASSW|PASSPHRASE|PASSFILE|CREDENTIAL|(API|ACCESS|PRIVATE|ACCOUNT|ID)_?KEY|_(PWD|PAT|SAS|DSN)$"
    r"|^(AWS|AZURE|ARM|GOOGLE|GCP|GCLOUD|CLOUDSDK|OCI)_|^SSH_|_(DATABASE|CONNECTION)_"
)
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what is secret: by its name, or an address with a password in it.

    Notebooks are changed for clients and handed on; nothing in them has a use for a password, the key of
    the pseudonyms or a cloud's credentials.
    """
    return {
        name: value
        for name, value in environment.items()
        if not (_SECRET.search(name) or _WITH_PASSWORD.search(value))
    }


class WarmKernel:
    """A kernel that runs one notebook after the other; a context manager that ends it.

    Parameters
    ----------
    environment : mapping
        The kernel's environment variables.
    name : str
        Names the folder of its sockets, by which it is found where this process is killed.
    ending : Ending
        Where this process is told to end, the kernel is killed, and what runs in it ends with SystemExit.
    """

    def __init__(self, environment: Mapping[str, str], name: str, ending: Ending) -> None:
        self._environment = dict(environment)
        self._ending = ending
        self._folder = sockets(name)
        self._ready = False
        self.manager: Any = None
        self.client: Any = None

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700)
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._ending.stop = self._kill
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from jupyter_core.utils import run_sync

        run_sync(self._stop)()
        shutil.rmtree(self._folder, ignore_errors=True)

    def load(self) -> None:
        """Import what `execute` needs; the kernel starts meanwhile."""
        from playbook.run import engine  # noqa: F401

    def execute(self, notebook: Any, parameters: Mapping[str, Any], folder: Path, timeout: int) -> Any:
        """Run a notebook in a clean state, with ``folder`` as its working directory.

        Returns
        -------
        NotebookNode
            The executed notebook, without any path in its metadata.

        Raises
        ------
        CellFailed
            Where a cell raises, ends early or takes more than ``timeout`` seconds, or the kernel dies.
        """
        from playbook.run import engine

        try:
            self._clean(folder, timeout)
            return engine.execute(self, notebook, parameters, timeout)
        finally:
            self._ending.check()

    def run(self, code: str, folder: Path, timeout: int) -> str:
        """Run lines of code in a clean state; return what they wrote to stderr.

        Raises
        ------
        CellFailed
            As for `execute`; ``cell`` is None.
        """
        from playbook.run import engine

        try:
            self._clean(folder, timeout)
            return engine.run_code(self, code, timeout)
        finally:
            self._ending.check()

    def _kill(self) -> None:
        if self.manager.has_kernel:
            self.manager.provisioner.process.kill()

    def _start(self) -> None:
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from jupyter_core.utils import run_sync

        own_sockets = {} if sys.platform == "win32" else {"transport": "ipc", "ip": str(self._folder / "k")}
        self.manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # this Python, whatever is installed
            connection_file=str(self._folder / "kernel.json"),
            **own_sockets,
        )
        starter = [sys.executable, "-m", "playbook.run.in_kernel", str(os.getpid())]
        self.manager.kernel_spec.argv = [*starter, "-f", "{connection_file}"]
        run_sync(self.manager.start_kernel)(
            env=self._environment,
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
            stdout=DEVNULL,
            stderr=DEVNULL,  # of the process; what cells write arrives as messages
        )

    def _clean(self, folder: Path, timeout: int) -> None:
        from jupyter_core.utils import run_sync

        from playbook.run import engine

        self._ending.check()
        state = "__import__('playbook.run.in_kernel', fromlist=['restore'])"
        if not self._ready:
            run_sync(self._wait_until_ready)()
            engine.run_code(self, f"{state}.remember()", timeout)
            self._ready = True
        engine.run_code(self, f"{state}.restore({str(folder.resolve())!r})", timeout)

    async def _wait_until_ready(self) -> None:
        import time
        from queue import Empty

        self.client = self.manager.client()
        self.client.start_channels()
        self.client.allow_stdin = False
        give_up = time.monotonic() + START_TIMEOUT
        question = self.client.kernel_info()
        while not await self._heard_answer(question):
            if not await self.manager.is_alive():
                raise CellFailed(None, "", "the notebook kernel ended while it started")
            if time.monotonic() > give_up:
                raise CellFailed(None, "", "the notebook kernel did not start")
            try:
                await self.client.shell_channel.get_msg(timeout=1)
            except Empty:
                continue
            question = self.client.kernel_info()

    async def _heard_answer(self, question: str) -> bool:
        """Whether the outputs' channel carries the answer; until then it may not be connected."""
        from queue import Empty

        try:
            while True:
                message = await self.client.iopub_channel.get_msg(timeout=0.2)
                idle = message["content"].get("execution_state") == "idle"
                if idle and message["parent_header"].get("msg_id") == question:
                    return True
        except Empty:
            return False

    async def _stop(self) -> None:
        import asyncio

        unfinished = asyncio.all_tasks() - {asyncio.current_task()}
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        if self.client is not None:
            self.client.stop_channels()
        if self.manager.has_kernel:
            await self.manager.shutdown_kernel(now=True)
        await self.manager.cleanup_resources()


def sockets(name: str) -> Path:
    """Return the folder of a kernel's sockets, by the name it was given."""
    folder = Path(tempfile.gettempdir()) / f"playbook{name}"
    return (
        folder
        if len(str(folder)) <= _LONGEST_SOCKET or sys.platform == "win32"
        else Path("/tmp") / folder.name
    )
