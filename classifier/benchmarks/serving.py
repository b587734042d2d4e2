"""`benchmark serving`: `POST classify/` and all that it does, beside a bare server."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from classifier.benchmarks.inference import logos, served_version
from classifier.benchmarks.machine import machine_line
from classifier.benchmarks.web_process import free_port, waited_for, web_server
from classifier.models import ModelVersion

_USERS = (1, 4)
_BOUNDARY = "benchmark"
_WARM_UP = 20  # requests


@dataclass
class Side:
    """A server under measurement, and what its turns gave by number of users."""

    name: str
    port: int
    form: bool  # whether the image goes in a form
    path: str = "/"
    seconds: dict[int, list[float]] = field(default_factory=dict)  # of each request
    rates: dict[int, list[float]] = field(default_factory=dict)  # requests/s of each turn


class ServingBenchmark:
    """Both servers take turns, one process each, at one and at four users."""

    help = "POST classify/ beside a bare server of the same file: requests/s and times."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the version and how long is measured."""
        parser.add_argument("--model-version", metavar="NAME", help="the one in production if left")
        parser.add_argument("--rounds", type=int, default=6, help="of turns (default: 6)")
        parser.add_argument("--seconds", type=float, default=3, help="of a turn (default: 3)")

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Measure; ratios are medians over the rounds."""
        version = served_version(options["model_version"])
        files, source = logos(200)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            ours = stack.enter_context(web_server(version, folder))
            bare = stack.enter_context(_bare_server(version, folder))
            sides = [
                Side("ours", ours.port, True, "/api/v1/classify/"),
                Side("bare", bare, False),
            ]
            numbers = count()
            for side in sides:
                _turn(side, files, numbers, 1, requests=_WARM_UP)
                side.rates, side.seconds = {}, {}
            for _ in range(options["rounds"]):
                for users in _USERS:
                    for side in sides:
                        _turn(side, files, numbers, users, seconds=options["seconds"])
        results = {"machine": machine_line(), "version": version.name, "images": source}
        for users in _USERS:
            for side in sides:
                key = f"{side.name}_{users}"
                results[f"{key}_per_second"] = round(statistics.median(side.rates[users]), 1)
                results[f"{key}_p50_ms"] = round(1000 * statistics.median(side.seconds[users]), 2)
            pairs = zip(*(side.rates[users] for side in sides), strict=True)
            results[f"ratio_{users}"] = round(statistics.median(a / b for a, b in pairs), 3)
        return results

    def describe(self, results: dict[str, Any]) -> str:
        """Return the table, as Markdown."""
        lines = [
            f"{results['machine']}. Version {results['version']}; {results['images']}; one process "
            "each, medians over turns.",
            "",
            "| | `POST classify/` | bare server | ratio | goal |",
            "|---|---|---|---|---|",
        ]
        for users in _USERS:
            ours, bare = results[f"ours_{users}_per_second"], results[f"bare_{users}_per_second"]
            ratio = results[f"ratio_{users}"]
            reached = "reached" if ratio >= 1 else "not reached"
            lines.append(
                f"| {users} user(s), requests/s | {ours} | {bare} | {ratio} | >= 1, {reached} |"
            )
            times = results[f"ours_{users}_p50_ms"], results[f"bare_{users}_p50_ms"]
            lines.append(f"| {users} user(s), p50 in ms | {times[0]} | {times[1]} | | |")
        return "\n".join(lines)


def _turn(
    side: Side,
    files: list[bytes],
    numbers: Iterator[int],
    users: int,
    seconds: float = 60,
    requests: int = 10**9,
) -> None:
    """Let some users send images for a while, each waiting for its answer."""
    deadline = time.perf_counter() + seconds

    def send(_: int) -> list[float]:
        spent: list[float] = []
        connection = http.client.HTTPConnection("127.0.0.1", side.port, timeout=30)
        while time.perf_counter() < deadline and len(spent) < requests:
            number = next(numbers)
            # What follows a PNG's end is not read: no file comes a second time, from a cache.
            image = files[number % len(files)] + b"%d" % number
            body, headers = _request(image, side.form)
            started = time.perf_counter()
            connection.request("POST", side.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            spent.append(time.perf_counter() - started)
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{side.name} answered {answer.status}.")
        connection.close()
        return spent

    begun = time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        spent = [value for values in pool.map(send, range(users)) for value in values]
    side.rates.setdefault(users, []).append(len(spent) / (time.perf_counter() - begun))
    side.seconds.setdefault(users, []).extend(spent)


def _request(image: bytes, form: bool) -> tuple[bytes, dict[str, str]]:
    if not form:
        return image, {"Content-Type": "application/octet-stream"}
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="logo.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    body = head.encode() + image + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}


@contextmanager
def _bare_server(version: ModelVersion, folder: Path) -> Iterator[int]:
    """Run the bare server with one process; give its port."""
    port = free_port()
    environment = os.environ | {
        "BARE_MODEL": str(version.folder / version.manifest["onnx"]),
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    command = ["-m", "gunicorn", "classifier.benchmarks.bare_server", "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
    log = folder / "bare.log"
    with log.open("wb") as output:
        server = subprocess.Popen(  # elsewhere, so that it does not find our gunicorn.conf.py
            [sys.executable, *command], cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        waited_for(server, f"http://127.0.0.1:{port}/", log)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)
