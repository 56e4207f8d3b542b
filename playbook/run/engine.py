"""Papermill on a kernel that is already running. Importing this takes a while: papermill is large."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import nbformat
import papermill
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers

from playbook.errors import CellFailed

if TYPE_CHECKING:
    from playbook.run.kernel import WarmKernel

_quiet = logging.getLogger("playbook.engine")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False

_UNFINISHED = "it stopped before its last cell"


class WarmEngine(Engine):  # type: ignore[misc]
    """Runs a notebook on a `WarmKernel`."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, kernel: "WarmKernel", timeout: int, seen: list[Any], **_: Any
    ) -> None:
        """Execute the notebook's cells; ``seen`` receives the notebook, also when this raises."""
        seen.append(nb_man.nb)
        client = PapermillNotebookClient(
            nb_man, km=kernel.manager, kernel_name=kernel_name, timeout=timeout, log=_quiet
        )
        client.kc = kernel.client
        client.execute()


papermill_engines.register("playbook", WarmEngine)


def execute(kernel: "WarmKernel", notebook: Any, parameters: Mapping[str, Any], timeout: int) -> Any:
    """Run a notebook with papermill on a warm kernel; see `WarmKernel.execute`."""
    seen: list[Any] = []
    try:
        executed = papermill.execute_notebook(
            nbformat.from_dict(notebook),  # type: ignore[no-untyped-call]
            None,
            parameters=dict(parameters),
            engine_name="playbook",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            kernel=kernel,
            timeout=timeout,
            seen=seen,
        )
    except PapermillExecutionError as error:
        stopped = remove_error_markers(seen[0])  # papermill puts two cells around the one that failed
        number = _number(stopped, error.cell_index)
        raise CellFailed(number, error.ename, error.evalue, _bare(stopped)) from None
    except DeadKernelError:
        raise _stopped(seen[0], "the notebook kernel died") from None
    except CellTimeoutError:
        raise _stopped(seen[0], f"it took longer than {timeout} seconds") from None
    _refuse_unfinished(executed)
    return _bare(executed)


def run_code(kernel: "WarmKernel", code: str, timeout: int) -> str:
    """Run lines of code on a warm kernel; see `WarmKernel.run`."""
    from nbclient import NotebookClient

    cell = nbformat.v4.new_code_cell(code)  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, km=kernel.manager, timeout=timeout, log=_quiet)
    client.kc = kernel.client
    try:
        done = client.execute_cell(cell, 0, store_history=False)
    except CellExecutionError as error:
        raise CellFailed(None, error.ename, error.evalue) from None
    except DeadKernelError:
        raise CellFailed(None, "", "the notebook kernel died") from None
    except CellTimeoutError:
        raise CellFailed(None, "", f"it took longer than {timeout} seconds") from None
    return "".join(output.text for output in done.outputs if output.get("name") == "stderr")


def _refuse_unfinished(notebook: Any) -> None:
    """Papermill counts ``sys.exit(0)`` as success, and the cells after it as completed."""
    for index, cell in enumerate(notebook.cells):
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        if errors:
            message = f"{_UNFINISHED} ({errors[0].ename})"
            raise CellFailed(_number(notebook, index), "", message, _bare(notebook))
        if _is_run(cell) and cell.execution_count is None:
            raise CellFailed(_number(notebook, index), "", _UNFINISHED, _bare(notebook))


def _stopped(notebook: Any, message: str) -> CellFailed:
    """Blame the last cell that was sent to the kernel; those after it only read completed."""
    sent = [index for index, cell in enumerate(notebook.cells) if cell.metadata.papermill.get("start_time")]
    return CellFailed(_number(notebook, sent[-1]) if sent else None, "", message, _bare(notebook))


def _number(notebook: Any, index: int) -> int:
    """Return the number that a cell has, or would have, between the brackets of ``In [7]``."""
    return sum(_is_run(cell) for cell in notebook.cells[: index + 1])


def _is_run(cell: Any) -> bool:
    skipped = "skip-execution" in cell.metadata.get("tags", [])
    return bool(cell.cell_type == "code" and cell.source.strip() and not skipped)


def _bare(notebook: Any) -> Any:
    """Remove what papermill noted about where the notebook lies."""
    for name in ("input_path", "output_path"):
        notebook.metadata.papermill.pop(name, None)
    return notebook
