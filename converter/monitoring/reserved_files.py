"""Files of metrics that a full disk cannot hurt.

The client of Prometheus maps its files into memory and lets them have holes. A number that is
written into a hole of a full disk ends the process with SIGBUS, which nothing can catch. Here the
disk gives all of a file's room before it is mapped; where it has none, the process counts in its
own memory, and the sum of all processes lacks it until it is started anew.
"""

import logging
import mmap
import os
from pathlib import Path

from prometheus_client import mmap_dict, values

logger = logging.getLogger(__name__)
_ENTRY = 64  # bytes, at most, that an entry takes beside its key


def reserve_files() -> None:
    """Let every metric that is counted from now on use such files."""
    values.MmapedDict = ReservedDict


class ReservedDict(mmap_dict.MmapedDict):
    """The client's dictionary in a file that has no holes, or in memory."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        try:
            if not read_mode:
                _reserve(filename, mmap_dict._INITIAL_MMAP_SIZE)
            super().__init__(filename, read_mode)
        except OSError as error:
            if read_mode:
                raise
            logger.warning("Metrics of this process stay in its memory: %s", error)
            self._f, self._fname = None, filename
            self._positions: dict[str, int] = {}
            self._map_memory(mmap_dict._INITIAL_MMAP_SIZE)
            self._used = 8
            mmap_dict._pack_integer(self._m, 0, self._used)

    def _init_value(self, key: str) -> None:
        while self._used + len(key.encode()) + _ENTRY > self._capacity:
            self._grow()
        super()._init_value(key)

    def _grow(self) -> None:
        content, capacity = self._m[: self._used], 2 * self._capacity
        if self._f is not None:
            try:
                _reserve(self._fname, capacity)
                self._m = mmap.mmap(self._f.fileno(), capacity)
                self._capacity = capacity
                return
            except OSError as error:
                # What the file has stays in the sum, and in these numbers: never both.
                logger.warning("Metrics of this process stay in its memory: %s", error)
                self._f.close()
                self._f = None
        self._map_memory(capacity)
        self._m[: len(content)] = content

    def _map_memory(self, capacity: int) -> None:
        self._capacity = capacity
        self._m = mmap.mmap(-1, capacity)


def _reserve(path: str, size: int) -> None:
    """Give a file so many bytes of the disk.

    Raises:
        OSError: if there are not so many.
    """
    with Path(path).open("ab") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        elif file.tell() < size:
            file.write(bytes(size - file.tell()))
