"""The memory of a whole web process: gunicorn with all apps, after requests."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
from django.conf import settings

from classifier.models import ModelVersion

_START_SECONDS = 60
_CLASSIFY = "/api/v1/classify/"


class WebProcessError(RuntimeError):
    """The web server did not start, or did not answer."""


def web_process_memory(
    version: ModelVersion, images: list[bytes], requests: int
) -> dict[str, float]:
    """Start the project's web server on an empty database, let it classify, read its memory.

    Args:
        version: what it serves.
        images: files to send, in turn.
        requests: how many.

    Returns:
        Megabytes (10**6 bytes) of one worker process: `web_start_rss_mb` before the first
        request; `web_rss_mb` resident and `web_pss_mb` with shared pages divided among their
        users, after the last.

    Raises:
        WebProcessError: if the server fails.
    """
    with TemporaryDirectory() as folder, web_server(version, Path(folder)) as server:
        start = _memory(server.worker)[0]
        with httpx.Client(base_url=server.address, timeout=30) as client:
            for number in range(requests):
                answer = client.post(
                    _CLASSIFY,
                    files={"image": images[number % len(images)]},
                    data={"method": "neural"},
                )
                _check(answer, version)
        rss, pss = _memory(server.worker)
    return {"web_start_rss_mb": start, "web_rss_mb": rss, "web_pss_mb": pss}


def _environment(folder: Path) -> dict[str, str]:
    """Return this process's environment with a data folder and a database of their own."""
    without = {"DATABASE_URL", "CELERY_BROKER_URL", "CLASSIFIER_URL", "PRODUCTION"}
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return kept | {
        "VAR_DIR": str(folder),
        "CLASSIFIER_ANONYMOUS_RATE": "",
        "MALLOC_ARENA_MAX": "2",  # as `make run` and the Dockerfile set it
    }


def _prepare(environment: dict[str, str], version: ModelVersion) -> None:
    """Make the database and put a copy of the version in production."""
    copy = Path(environment["VAR_DIR"]) / "classifier" / "versions" / version.name
    shutil.copytree(version.folder, copy)
    code = (
        "from pathlib import Path; "
        "from classifier.versions.promotion import put_in_production; "
        "from classifier.versions.registry import register_version; "
        f"put_in_production(register_version(Path({str(copy)!r})))"
    )
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", code]):
        result = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise WebProcessError(f"{command[0]} failed: {result.stderr.strip()[-500:]}")


@dataclass(frozen=True)
class WebServer:
    """The project's web server while it runs."""

    port: int
    worker: psutil.Process

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def web_server(version: ModelVersion, folder: Path) -> Iterator[WebServer]:
    """Run the project's web server with one worker that serves a version.

    Args:
        version: what it serves.
        folder: for its database and its log.

    Raises:
        WebProcessError: if the server fails.
    """
    environment, log = _environment(folder), folder / "web.log"
    _prepare(environment, version)
    port = free_port()
    application = ":".join(settings.WSGI_APPLICATION.rsplit(".", 1))
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", application, *options, "--no-control-socket"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        waited_for(server, f"http://127.0.0.1:{port}/healthz", log)
        yield WebServer(port, psutil.Process(server.pid).children()[0])
    finally:
        server.terminate()
        server.wait(timeout=30)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def waited_for(server: subprocess.Popen, address: str, log: Path) -> None:
    """Return once a server answers at an address.

    Raises:
        WebProcessError: with the end of its log if it does not.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(address, timeout=2)
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise WebProcessError(f"The web server did not start: {log.read_text()[-500:]}")


def _check(answer: httpx.Response, version: ModelVersion) -> None:
    if answer.status_code != httpx.codes.OK or answer.json()["model_version"] != version.name:
        raise WebProcessError(f"The web server answered {answer.status_code}: {answer.text[:300]}")


def _memory(process: psutil.Process) -> tuple[float, float]:
    """Return a process's resident megabytes, and those with shared pages divided among users."""
    full = process.memory_full_info()
    return full.rss / 1e6, getattr(full, "pss", full.uss) / 1e6  # pss exists on Linux alone
