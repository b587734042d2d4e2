"""How much of a machine long work takes: what others, such as conversions, leave of it."""

import os
import sys

# Above 0 goes behind what people wait for; 10 still gets a core that is free to the full.
NICENESS = 10


def usable_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on Windows and macOS
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def leave_room() -> None:
    """Let this process's work go behind others': one thread fewer than cores, at lower priority.

    Threads of a matrix product wait for one another; as soon as one of them has to share its core,
    all of them crawl. So one core is left, and who waits does not spin. Values that are set in the
    environment stay. It has to be called before torch is loaded, and more than once does no harm.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, usable_cores() - 1)))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if hasattr(os, "nice"):
        os.nice(max(0, NICENESS - os.nice(0)))
    if torch := sys.modules.get("torch"):  # an earlier task loaded it
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
