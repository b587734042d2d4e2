"""Child processes that end with their parent, whatever ends it."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def parent_death_signal() -> None:
    """Ask the kernel to end this process when its parent dies. Linux only; elsewhere a no-op.

    Runs in the child between fork and exec. The signal is SIGTERM, so that workers shut down
    warmly and their pools with them.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
