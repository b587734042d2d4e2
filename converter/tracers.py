"""Warm tracer processes: started once, used for many logos, replaced when one fails or grows."""

import hashlib
import json
import math
import os
import queue
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from converter.tracer_process import START_SECONDS, TOO_LARGE

PROGRAM = Path(__file__).with_name("tracer_process.py")
MEMORY_BYTES = 3 * 2**30  # of addresses: compiled code and libraries take one, an image a half
GROWN_BYTES = 290 * 2**20  # of memory in use after a job: the process makes room for a new one
JOBS = 500  # after which a process is replaced
_END_SECONDS = 2  # for a process that said its last word
_PATIENCE = 15  # seconds of the clock for one of processor time: others use the machine, too


class TracerError(Exception):
    """A tracer process gave no drawing."""


class TracerCrashedError(TracerError):
    """The tracer process ended without an answer: it crashed or ran out of memory."""


class TracerTooSlowError(TracerError):
    """It needed more processor time than allowed."""


class TracerStartingError(TracerTooSlowError):
    """It is not ready yet; it goes on getting so."""


class DrawingTooLargeError(TracerError):
    """Its answer was larger than allowed."""


class Tracer:
    """A warm tracer process. It gets ready by itself: nobody has to wait for that to its end."""

    def __init__(self, program: Path, cache: Path | None) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        if cache:
            environment["NUMBA_CACHE_DIR"] = str(cache)
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(program), str(MEMORY_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        os.set_blocking(self._process.stdin.fileno(), False)
        self._latest = time.monotonic() + _PATIENCE * START_SECONDS
        self._ready = False
        self._jobs = 0
        self._memory = 0  # after the last job
        self._buffer = b""

    def wait(self, clock_seconds: float) -> None:
        """Wait until it is ready.

        Raises:
            TracerStartingError: if it is not, after so many seconds.
            TracerCrashedError: if it ends meanwhile, or takes far too long.
        """
        if self._ready:
            return
        try:
            self._line(min(self._latest, time.monotonic() + clock_seconds))
        except TracerTooSlowError as error:
            if time.monotonic() < self._latest:
                raise TracerStartingError from error
            raise TracerCrashedError("It does not start.") from error
        self._ready = True

    @property
    def worn(self) -> bool:
        """Whether the process should be replaced: it ended, grew, or did many jobs."""
        if self._process.poll() is not None or self._jobs >= JOBS:
            return True
        return self._memory > GROWN_BYTES

    def trace(
        self, request: dict[str, Any], pixels: bytes, clock_seconds: float = math.inf
    ) -> bytes:
        """Return the answer to a request; see `tracer_process` for what it holds.

        Raises:
            TracerError: if there is none. The process is not to be used again.
        """
        self._jobs += 1
        deadline = time.monotonic() + min(_PATIENCE * request["seconds"], clock_seconds)
        self._send(json.dumps(request).encode() + b"\n" + pixels, deadline)
        answer = json.loads(self._line(deadline))
        self._memory = answer.get("memory", 0)
        if answer.get("error") == TOO_LARGE:
            raise DrawingTooLargeError
        if "error" in answer:
            raise TracerCrashedError(answer.get("detail", ""))
        return self._bytes(answer["length"], deadline)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):  # what was not sent yet goes nowhere
            self._process.stdin.close()
        self._process.stdout.close()

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._buffer:
            self._receive(deadline)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _bytes(self, length: int, deadline: float) -> bytes:
        while len(self._buffer) < length:
            self._receive(deadline)
        content, self._buffer = self._buffer[:length], self._buffer[length:]
        return content

    def _send(self, content: bytes, deadline: float) -> None:
        """Send bytes; a process that takes none must not keep whoever sends."""
        left = memoryview(content)
        while left:
            self._await(self._process.stdin, selectors.EVENT_WRITE, deadline)
            try:
                left = left[os.write(self._process.stdin.fileno(), left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._ended() from error

    def _receive(self, deadline: float) -> None:
        self._await(self._process.stdout, selectors.EVENT_READ, deadline)
        part = os.read(self._process.stdout.fileno(), 1 << 16)
        if not part:
            raise self._ended()
        self._buffer += part

    @staticmethod
    def _await(stream: IO[bytes], event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(stream, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TracerTooSlowError

    def _ended(self) -> TracerError:
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return TracerCrashedError("It closed its output, and goes on.")
        cpu_limit = -getattr(signal, "SIGXCPU", 24)
        return (
            TracerTooSlowError() if code == cpu_limit else TracerCrashedError(f"exit code {code}")
        )


class TracerPool:
    """At most so many tracer processes, started when they are needed first."""

    def __init__(self, size: int, program: Path = PROGRAM, cache: Path | None = None) -> None:
        self._program = program
        self.cache = cache / _digest(program) if cache else None
        self._places: queue.LifoQueue[Tracer | None] = queue.LifoQueue()
        for _ in range(size):
            self._places.put(None)

    def trace(
        self, request: dict[str, Any], pixels: bytes, clock_seconds: float = math.inf
    ) -> bytes:
        """Return a tracer's answer, waiting for one that is free.

        `clock_seconds` bounds all of that for a caller who cannot wait longer.

        Raises:
            TracerError: if there is none.
        """
        end = time.monotonic() + clock_seconds
        with self._tracer(clock_seconds) as tracer:
            return tracer.trace(request, pixels, max(0.0, end - time.monotonic()))

    @contextmanager
    def _tracer(self, clock_seconds: float = math.inf) -> Iterator[Tracer]:
        end = time.monotonic() + clock_seconds
        try:
            tracer = self._places.get(timeout=None if clock_seconds == math.inf else clock_seconds)
        except queue.Empty as error:
            raise TracerTooSlowError from error
        try:
            if tracer is not None and tracer.worn:
                tracer.end()
                tracer = None
            tracer = tracer or Tracer(self._program, self.cache)
            tracer.wait(end - time.monotonic())
            yield tracer
            if tracer.worn:
                tracer.end()
                tracer = Tracer(self._program, self.cache)  # ready when the next one comes
        except TracerStartingError:
            raise  # whoever comes next finds it ready
        except BaseException:
            if tracer is not None:
                tracer.end()
            tracer = None
            raise
        finally:
            self._places.put(tracer)

    def start(self) -> None:
        """Let one process get ready beside other work, if there is none yet."""
        with suppress(queue.Empty):
            tracer = self._places.get_nowait()
            self._places.put(tracer or Tracer(self._program, self.cache))

    def warm(self) -> None:
        """Start one process, if none runs yet, and wait until it is ready."""
        with self._tracer():
            pass

    def end(self) -> None:
        """End all processes that are not at work."""
        waiting = []
        while True:
            try:
                waiting.append(self._places.get_nowait())
            except queue.Empty:
                break
        for tracer in waiting:
            if tracer is not None:
                tracer.end()
            self._places.put(None)


def _digest(program: Path) -> str:
    """Return a name for the tracer's code: what was compiled from other code is never used."""
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted((program.parent / "vectorizer").glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


_pools: dict[int, TracerPool] = {}
_lock = threading.Lock()


def tracers() -> TracerPool:
    """Return this process's pool. A fork has one of its own."""
    with _lock:
        pid = os.getpid()
        if pid not in _pools:
            _pools.clear()
            _pools[pid] = TracerPool(
                settings.CONVERTER_TRACERS, cache=Path(settings.CONVERTER_COMPILED)
            )
        return _pools[pid]
