"""CPU time: what the clock says depends on who else is at work."""

import os
import resource
import time

import psutil


def cpu_seconds() -> float:
    """Return the CPU time of this process and of all its children, running ones included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for child in psutil.Process(os.getpid()).children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.NoSuchProcess:  # it ended just now, and counts among those that have
            continue
        total += used.user + used.system
    return total
