"""The inside of a process that works on hostile files: limits that the kernel keeps, one loop.

It is meant for programs of their own, started by `process.GuardedProcess`: a message at a time
comes in by standard input, and its answer goes out by standard output. A message is a line of JSON
that names the size of the bytes behind it.
"""

import json
import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from typing import IO, Any

_NICENESS = 5
_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
Answer = tuple[dict[str, Any], bytes]


def serve(
    handle: Callable[[dict[str, Any], bytes], Answer], cpu_seconds: float, memory_bytes: int
) -> None:
    """Answer messages until standard input ends.

    From here on no file can be opened or written, each message may take `cpu_seconds` (or fewer, if
    it says so), and the process `memory_bytes` of address space. Whoever takes more time is killed
    by SIGPROF. Others go first where the machine is busy: requests are answered meanwhile.
    """
    source, target = sys.stdin.buffer, sys.stdout.buffer
    status = _open_status()
    _lock_up(memory_bytes, highest=3 if status is None else 4)
    while message := read_message(source):
        head, content = message
        # Counts the CPU time of this process, whatever else the machine does meanwhile.
        signal.setitimer(signal.ITIMER_PROF, min(cpu_seconds, head.pop("cpu_seconds", cpu_seconds)))
        answer, content = handle(head, content)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answer["peak_bytes"] = _peak_bytes(status)
        write_message(target, answer, content)


def read_message(source: IO[bytes]) -> Answer | None:
    """Read one message; None at the end of the stream.

    Raises:
        EOFError: if it ends within a message.
    """
    line = source.readline()
    if not line:
        return None
    head = json.loads(line)
    content = source.read(head.pop("size"))
    return head, content


def write_message(target: IO[bytes], head: dict[str, Any], content: bytes) -> None:
    """Write one message: a line of JSON with the size, then the content."""
    target.write(json.dumps(head | {"size": len(content)}).encode() + b"\n")
    target.write(content)
    target.flush()


def _open_status() -> int | None:
    """Open what the kernel tells of this process while files can be opened, as number 3."""
    try:
        opened = os.open("/proc/self/status", os.O_RDONLY)
    except OSError:  # not Linux
        return None
    if opened != 3:
        os.dup2(opened, 3)
    return 3


def _peak_bytes(status: int | None) -> int:
    """Return the most memory that this process had. (`ru_maxrss` begins with the parent's.)"""
    if status is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = _PEAK.search(os.pread(status, 4096, 0))
    return int(found.group(1)) * 1024 if found else 0


def _lock_up(memory_bytes: int, highest: int) -> None:
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Every number below is taken, and no higher one can be had: nothing opens any more.
    for number in range(highest, 256):
        try:
            os.close(number)
        except OSError:
            continue
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
