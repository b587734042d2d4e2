"""What drawings were made of lately: one that differs in a setting goes on from what it shares."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import is_dataclass
from typing import Any, TypeVar

import numpy as np

MOST_BYTES = 24 * 2**20  # some ten images; much more would make the tracer count as grown

Value = TypeVar("Value")


class Memory:
    """Keeps the results of steps, those used last, up to so many bytes of arrays."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def recall(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what was made for a key before, or else make it; nobody may change it."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        value = make()
        self._kept[key] = (value, bytes_in(value))
        while sum(size for _, size in self._kept.values()) > self._most:
            self._kept.popitem(last=False)
        return value


def bytes_in(value: Any) -> int:
    """Return how many bytes the arrays of a value take: of dataclasses, lists and tuples."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    parts: Iterable[Any] = ()
    if is_dataclass(value):
        parts = vars(value).values()
    elif isinstance(value, list | tuple):
        parts = value
    return sum(bytes_in(part) for part in parts)
