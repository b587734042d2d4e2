"""Running several processes as one: their output together, restarts, and a clean end."""

import contextlib
import errno
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from converter.local.processes import end_with_parent

_GRACE_SECONDS = 10.0
_QUICK_SECONDS = 5.0
_YOUNG_SECONDS = 15.0
_MOST_EARLY_DEATHS = 5
_LONGEST_BACK_OFF = 30.0
_LARGEST_LOG = 10 * 2**20
_LEAST_ROOM = 16 * 2**20  # on the disk; with less it counts as full
_READ = 65536


class SupervisorError(Exception):
    """A process does not stay up; the message names it and its log."""


@dataclass
class Child:
    """One process of the project.

    `quick_signal` is sent when `SIGTERM` did not end it in time; `orphan_signal` by the kernel when
    the supervisor was killed.
    """

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    quick_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float | None = None
    early_deaths: int = 0
    log: BinaryIO | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts children in order, keeps them up, and stops them in reverse order."""

    def __init__(self, children: list[Child], logs: Path, folder: Path) -> None:
        self.children = children
        self.logs = logs
        self.folder = folder
        self.stopping = False
        self._selector = selectors.DefaultSelector()
        self._width = max(len(child.name) for child in children)
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, child: Child) -> None:
        """Start one child in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        child.process = subprocess.Popen(
            child.command,
            cwd=self.folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | child.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(child.orphan_signal),
        )
        child.started_at, child.restart_at = time.monotonic(), None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Pass output on until `ready`, the end of the time, or a wish to stop.

        Raises:
            SupervisorError: if a child keeps dying.
        """
        deadline = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < deadline:
            if ready():
                self._pass_output_on(0)
                return True
            self.step()
        return False

    def run(self) -> None:
        """Keep the children up until somebody wishes to stop.

        Raises:
            SupervisorError: if a child keeps dying.
        """
        while not self.stopping:
            self.step()

    def step(self, seconds: float = 0.2) -> None:
        """Pass waiting output on, and restart who died."""
        self._pass_output_on(seconds)
        for child in self.children:
            if child.process is not None and not child.alive and not self.stopping:
                self._bring_back(child)

    def stop(self) -> None:
        """End the children, the last started first; nothing of theirs is left."""
        self.stopping = True
        for child in reversed(self.children):
            for number, seconds in (
                (signal.SIGTERM, _GRACE_SECONDS),
                (child.quick_signal, _QUICK_SECONDS),
            ):
                if child.alive:
                    child.process.send_signal(number)
                    self._wait_for(child, seconds)
            if child.process is not None:
                # Whatever is left of its group, pool processes included.
                _signal_group(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self._pass_output_on(0)
        for child in self.children:
            if child.log is not None:
                child.log.close()

    def _bring_back(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is None:
            young = now - child.started_at < _YOUNG_SECONDS
            child.early_deaths = child.early_deaths + 1 if young else 1
            if child.early_deaths >= _MOST_EARLY_DEATHS and not self._disk_is_full():
                raise SupervisorError(
                    f"{child.name} ended {child.early_deaths} times right after its start "
                    f"(code {child.process.returncode}): see {self.logs / child.name}.log"
                )
            pause = min(2.0 ** (child.early_deaths - 1), _LONGEST_BACK_OFF)
            child.restart_at = now + pause
            code = child.process.returncode
            self._print(child, f"ended with code {code}; it starts again in {pause:.0f} s")
            _signal_group(child.process.pid, signal.SIGKILL)
        elif now >= child.restart_at:
            self.start(child)

    def _disk_is_full(self) -> bool:
        """Tell whether that may be why a process ended: it will stay up when there is room."""
        return shutil.disk_usage(self.logs).free < _LEAST_ROOM

    def _wait_for(self, child: Child, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while child.alive and time.monotonic() < deadline:
            self._pass_output_on(0.1)

    def _pass_output_on(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            data = key.fileobj.read(_READ)
            if data:
                self._keep(key.data, data)
                for line in data.decode(errors="replace").splitlines():
                    self._print(key.data, line)
            elif data == b"":
                self._selector.unregister(key.fileobj)
                key.fileobj.close()

    def _keep(self, child: Child, data: bytes) -> None:
        """Write output to the child's log; a full disk costs its lines, not the processes."""
        with _lines_may_be_lost():
            if child.log is not None and child.log.tell() > _LARGEST_LOG:
                child.log.close()
                child.log = None
            if child.log is None:
                child.log = self._open_log(child)
            child.log.write(data)

    def _print(self, child: Child, line: str) -> None:
        with _lines_may_be_lost():
            sys.stdout.write(f"{child.name:<{self._width}} | {line}\n")
            sys.stdout.flush()

    def _open_log(self, child: Child) -> BinaryIO:
        path = self.logs / f"{child.name}.log"
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab", buffering=0)  # a buffer would bring the same error at each line


@contextlib.contextmanager
def _lines_may_be_lost() -> Iterator[None]:
    """Go on where no line can be written, as long as it is for want of room."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
