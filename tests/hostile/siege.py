"""Sending attacks to a server that runs, and watching what becomes of it."""

import contextlib
import http.client
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import psutil
from PIL import Image

from tests.hostile.inputs import encoded

SECONDS = 10.0  # the longest that any answer may take
HEALTH_SECONDS = 1.0
MEMORY_BYTES = 300 * 2**20
_BACK_SECONDS = 120  # a task that was delivered twice may still be at work, though nothing waits
_TRIES = 8  # of a request that is told to come back


@dataclass
class Report:
    """What was seen."""

    failures: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    health: list[float] = field(default_factory=list)
    timed: bool = True  # whether slowness is a failure
    others: float = 0.0  # cores that others used meanwhile: what is slow then may be their doing
    running: list[str] = field(default_factory=list)  # attacks that were sent and not answered yet
    slow_probes: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def attack(self, name):
        """Say what runs, for probes that are slow meanwhile."""
        with self.lock:
            self.running.append(name)
        try:
            yield
        finally:
            with self.lock:
                self.running.remove(name)

    def probed(self, seconds):
        self.health.append(seconds)
        if seconds > HEALTH_SECONDS / 2:
            with self.lock:
                self.slow_probes.append(f"{seconds:.2f} s beside {sorted(self.running)}")

    def note(self, name, status, seconds):
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.slowest = max(self.slowest, (seconds, name))
            if status >= 500:
                self.failures.append(f"{name}: status {status}")
            if self.timed and seconds > SECONDS:
                self.failures.append(f"{name}: {seconds:.1f} s")

    def __str__(self):
        return (
            f"{sum(self.statuses.values())} answers {dict(sorted(self.statuses.items()))}, slowest "
            f"{self.slowest[0]:.2f} s ({self.slowest[1]}), {len(self.health)} probes, slowest "
            f"{max(self.health, default=0):.3f} s; others took {self.others:.1f} of "
            f"{psutil.cpu_count()} cores"
        )


@contextlib.contextmanager
def watched(server, report):
    """Ask `/healthz` four times a second meanwhile."""
    done = threading.Event()

    def watch():
        while not done.is_set():
            try:
                seconds = server.health_seconds()
            except (OSError, http.client.HTTPException, AssertionError) as error:
                report.failures.append(f"/healthz: {error!r}")
                seconds = 0.0
            report.probed(seconds)
            done.wait(0.25)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started, all_before, ours_before = time.monotonic(), _busy_seconds(), _seconds_of(server)
    try:
        yield
    finally:
        done.set()
        watcher.join()
    theirs = _busy_seconds() - all_before - (_seconds_of(server) - ours_before)
    report.others = max(0.0, theirs / (time.monotonic() - started))
    if report.timed and max(report.health) > HEALTH_SECONDS:
        report.failures.append(f"/healthz took {max(report.health):.2f} s: {report.slow_probes}")


def _busy_seconds():
    """Processor time that this machine has spent on anything."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _seconds_of(server):
    """Processor time of a server's processes, those that ended too, and of this one."""
    seconds = sum(os.times()[:4])
    for process in server.processes():
        with contextlib.suppress(psutil.Error):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def besiege(server, attacks, at_once=4, timed=True):
    """Send attacks, some at once; return the report. A token of the site is sent with each."""
    report = Report(timed=timed)
    with httpx.Client(base_url=server.address) as first:
        first.get("/accounts/login/")
        token = first.cookies["csrftoken"]
    with watched(server, report), ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda attack: _carry_out(server, attack, token, report), attacks))
    return report


def _carry_out(server, attack, token, report):
    with report.attack(attack.name):
        if attack.claims:
            _claim(server, attack, report)
        else:
            _send(server, attack, token, report)


def _send(server, attack, token, report):
    headers = {"X-CSRFToken": token, "Cookie": f"csrftoken={token}", **attack.headers}
    for _ in range(_TRIES):
        started = time.monotonic()
        try:
            with httpx.Client(base_url=server.address, timeout=60) as client:
                answer = client.request(
                    attack.method, attack.path, files=list(attack.files) or None,
                    data=attack.data or None, content=attack.content, headers=headers,
                )  # fmt: skip
        except (httpx.InvalidURL, httpx.LocalProtocolError, ValueError, UnicodeError):
            return  # the client itself sends no such thing
        except httpx.HTTPError as error:
            if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
                report.note(f"{attack.name} (connection closed)", 400, time.monotonic() - started)
            else:
                report.failures.append(f"{attack.name}: {error!r}")
            return
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            report.note(attack.name, 429, time.monotonic() - started)  # it may come back
            time.sleep(float(answer.headers["Retry-After"]) / 2)
            continue
        report.note(attack.name, answer.status_code, time.monotonic() - started)
        return
    report.failures.append(f"{attack.name}: told to come back {_TRIES} times")


def _claim(server, attack, report):
    """Promise a body and send little of it."""
    path = urlsplit(attack.path).path
    started = time.monotonic()
    with server.connection() as opened:
        opened.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {attack.claims}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
        )
        opened.settimeout(SECONDS)
        try:
            answer = opened.recv(4096)
        except TimeoutError:
            report.failures.append(f"{attack.name}: the server waits for the body")
            return
    status = int(answer.split()[1]) if answer else 0
    # 507 is the right answer where the disk has no such room.
    report.note(attack.name, 413 if status == 507 else status, time.monotonic() - started)


def is_well(server):
    """Return what is wrong with a server after a siege: nothing, if it serves as before."""
    problems = []
    image = encoded(Image.new("RGB", (64, 64), "teal"))
    answer = httpx.post(
        f"{server.address}/api/v1/classify/", files={"image": ("a.png", image)}, timeout=30
    )
    if answer.status_code != 200:
        problems.append(f"a sound image gets {answer.status_code}")
    deadline = time.monotonic() + _BACK_SECONDS
    while (large := _large(server)) and time.monotonic() < deadline:
        time.sleep(1)
    problems += large
    left = [path.name for path in server.temporary.iterdir() if not path.name.startswith("pymp-")]
    if left:
        problems.append(f"left in the temporary folder: {left[:5]}")
    return problems


def _large(server):
    """Say which processes take more memory than any should that has nothing to do."""
    found = []
    for process in server.processes():
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info().rss
            if memory > MEMORY_BYTES:
                found.append(f"{' '.join(process.cmdline())[-90:]}: {memory / 2**20:.0f} MB")
    return found


# Files of the media folder that no row names.
ORPHANS = """
from pathlib import Path
from django.conf import settings
from converter.models import BatchItem, Conversion
named = {str(n) for r in Conversion.objects.values_list("original", "svg") for n in r}
named |= set(BatchItem.objects.values_list("upload", flat=True))
root = Path(settings.MEDIA_ROOT)
files = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
print(len(files - named))
"""
WAITING = """
from converter.models import BatchItem
print(BatchItem.objects.filter(status="waiting").count())
"""
