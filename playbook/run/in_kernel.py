"""Runs inside the kernel: starts its process, and brings it back to a clean state before each chapter.

``reset`` of IPython clears names only. What else a chapter may have changed, and the next one
would see, is put back here. Imported modules stay: that is what a warm kernel is for.

The process of a kernel ends with the one that started it. A kernel looks only once a second whether it
was orphaned, and until then could write into folders that the next run has already cleared.
"""

import ctypes
import gc
import os
import runpy
import signal
import sys
import warnings
from typing import Any

_at_start: dict[str, Any] = {}
SELDOM = (100_000, 50, 100)
"""Between how many new objects, and collections of the younger ones, rubbish is looked for: expressions are
made of many small objects, and hardly any of them is rubbish that counting references leaves."""


def remember() -> None:
    """Keep the state of a kernel that has just started."""
    _at_start.update(
        environment=dict(os.environ),
        path=list(sys.path),
        filters=list(warnings.filters),
        printers=[(printers, dict(printers)) for printers in _printers()],
        callbacks={name: list(called) for name, called in _shell().events.callbacks.items()},
    )


def restore(folder: str) -> None:
    """Clear the namespace, put back the state and make ``folder`` the working directory."""
    _restore_process(folder)
    _restore_shell()
    _restore_matplotlib()
    _restore_pandas()
    _restore_ibis()
    warnings.filters[:] = _at_start["filters"]  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]
    _shell().reset(new_session=True)
    gc.collect()
    gc.freeze()  # what is left are modules, which every later collection would look through in vain


def _restore_process(folder: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(_at_start["environment"])
    sys.path[:] = _at_start["path"]


def _restore_shell() -> None:
    for printers, kept in _at_start["printers"]:
        printers.clear()
        printers.update(kept)
    for name, called in _at_start["callbacks"].items():
        _shell().events.callbacks[name] = list(called)


def _restore_matplotlib() -> None:
    if "matplotlib" in sys.modules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.modules["matplotlib"].rc_file_defaults()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    if "matplotlib_inline.backend_inline" in sys.modules:
        sys.modules["matplotlib_inline.backend_inline"].configure_inline_support(_shell(), "inline")


def _restore_pandas() -> None:
    # the options for plotting would import matplotlib; where it is not loaded nobody has changed them
    options = "all" if "matplotlib" in sys.modules else r"^(compute|display|future|io|mode|styler)\."
    if "pandas" in sys.modules:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.modules["pandas"].reset_option(options)


def _restore_ibis() -> None:
    if "ibis" in sys.modules:
        options = sys.modules["ibis"].options
        options.default_backend = None
        options.interactive = False


def _printers() -> list[dict[Any, Any]]:
    formatters = _shell().display_formatter.formatters.values()
    tables = ("type_printers", "deferred_printers", "singleton_printers")
    return [getattr(formatter, table) for formatter in formatters for table in tables]


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


_SET_PARENT_DEATH_SIGNAL = 1
"""Of Linux' prctl."""


def end_with_parent(parent: int) -> None:
    """End this process when the one that started it ends, or now, where it has already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if sys.platform != "win32" and os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    end_with_parent(int(sys.argv.pop(1)))
    gc.set_threshold(*SELDOM)
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
