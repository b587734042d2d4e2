"""Child processes that end with their parent, whatever ends it."""

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child of a process with threads must not import or allocate much.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Return a `preexec_fn` that asks the kernel to signal the child when its parent dies.

    Linux only; elsewhere it does nothing.
    """

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(number))

    return ask
