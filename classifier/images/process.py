"""Processes that work on hostile files for this one, some at a time, under limits."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.images.jail import Answer, read_message, write_message

_ROOT = Path(__file__).resolve().parents[2]
# One thread each: the arithmetic is small, and every thread takes address space.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class NoRoomError(Exception):
    """All processes are at work, and nobody else may wait for one."""


class OutOfTimeError(Exception):
    """The work took more CPU time than allowed."""


class StalledError(Exception):
    """The work did not end in time by the clock: the machine is busy."""


class CrashedError(Exception):
    """The process ended without an answer."""


@dataclass
class Crew:
    """Some processes of one program, started when they are needed and kept for the next time.

    Attributes:
        module: of the program, such as `classifier.images.decoder`; see `jail.serve`.
        size: how many there may be at once.
        waiting: how many callers may wait for one.
        wait_seconds: for how long.
        wall_seconds: how long one message may take by the clock.
        retire_bytes: one that ever took more memory than this is replaced.
    """

    module: str
    size: int
    waiting: int
    wait_seconds: float
    wall_seconds: float
    retire_bytes: int
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _idle: list["_Process"] = field(default_factory=list)
    _busy: int = 0
    _waiting: int = 0

    def __post_init__(self) -> None:
        # Pipes are not shared between processes: a fork starts with a crew of its own.
        os.register_at_fork(after_in_child=self._forget)

    def ask(
        self,
        head: dict[str, Any],
        content: bytes,
        wait_seconds: float | None = None,
        wall_seconds: float | None = None,
    ) -> Answer:
        """Have a message answered.

        `wait_seconds` lets a caller without an audience wait longer than others, and `wall_seconds`
        one who is in a hurry be done sooner.

        Raises:
            NoRoomError: if every process is at work and stays so.
            OutOfTimeError, StalledError, CrashedError: if there is no answer.
        """
        with self._room(self.wait_seconds if wait_seconds is None else wait_seconds):
            process = self._idle_process() or _Process(self.module)
            answer = process.ask(head, content, wall_seconds or self.wall_seconds)
            if answer[0].pop("peak_bytes") > self.retire_bytes:
                process.close()
            else:
                with self._lock:
                    self._idle.append(process)
            return answer

    def close(self) -> None:
        """End the processes that wait for work."""
        while process := self._idle_process():
            process.close()

    @contextlib.contextmanager
    def _room(self, wait_seconds: float) -> Iterator[None]:
        with self._lock:
            if self._busy >= self.size:
                if self._waiting >= self.waiting:
                    raise NoRoomError
                self._waiting += 1
                try:
                    if not self._lock.wait_for(lambda: self._busy < self.size, wait_seconds):
                        raise NoRoomError
                finally:
                    self._waiting -= 1
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._lock.notify()

    def _idle_process(self) -> "_Process | None":
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _forget(self) -> None:
        self._lock = threading.Condition()
        self._idle, self._busy, self._waiting = [], 0, 0


class _Process:
    """One process of a program. After a failed message it is gone."""

    def __init__(self, module: str) -> None:
        # Isolated: neither the environment nor the working directory can bring code in. It ends
        # with its standard input, and so with this process.
        code = f"import sys; sys.path.append({str(_ROOT)!r}); import {module} as it; it.main()"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "")} | _ENVIRONMENT,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def ask(self, head: dict[str, Any], content: bytes, seconds: float) -> Answer:
        stalled = threading.Event()

        def kill() -> None:
            stalled.set()
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            write_message(self._stdin, head, content)
            answer = read_message(self._stdout)
        except (OSError, ValueError):  # ValueError: half a line of JSON
            answer = None
        finally:
            timer.cancel()
        if answer is not None and not stalled.is_set():
            return answer
        self.close()
        if stalled.is_set():
            raise StalledError
        if self._process.returncode == -signal.SIGPROF:
            raise OutOfTimeError
        raise CrashedError(f"code {self._process.returncode}")

    def close(self) -> None:
        for stream in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
            return
        self._process.kill()
        self._process.wait()
