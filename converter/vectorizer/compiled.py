"""Compiling hot loops: Numba, with its results kept beside the code for the next process."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers and arrays to machine code at its first call.

    It releases no lock and runs on one thread: a tracer process has one job at a time.
    """
    return njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})(function)
