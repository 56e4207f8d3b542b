"""Starts the process of a kernel, which ends with the process that started it.

A kernel looks once a second whether it was orphaned. Until then it could write into folders that the
next run has already cleared; where the system offers it, it is ended at once.
"""

import ctypes
import os
import runpy
import signal
import sys

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
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
