"""Raises the load on a web server of its own, step by step, and prints what it bears.

Usage: python -m tests.load.run [--seconds 12] [--web-processes 1 2]. Everything is on this
machine's loopback: the figures tell of it, not of a network.
"""

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from classifier.data.synthetic import draw_logo
from classifier.logo_types import LogoType
from converter.local.processes import end_with_parent
from tests.services.servers import ROOT, Process, free_port

STEPS = {"Classify": (1, 2, 4, 8, 16, 32), "Convert": (1, 2, 4, 8)}
IMAGES_PER_TYPE = 25
_WARMING = 10  # seconds that do not count
_KNEE = 1.1  # a step that brings less than a tenth more answers is past the knee


def main():
    """Measure each kind of request with each number of web processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=12, help="for each step")
    parser.add_argument("--web-processes", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        draw_images(folder / "images")
        for processes in options.web_processes:
            with web_server(folder, processes) as address:
                for kind, steps in STEPS.items():
                    measure(folder, address, kind, max(steps), _WARMING)  # all processes are up
                    print(f"\n{kind}, {processes} web process{'es' * (processes > 1)}")
                    rows = [measure(folder, address, kind, n, options.seconds) for n in steps]
                    report(rows)


def draw_images(folder):
    """Draw logos of each type."""
    folder.mkdir()
    rng = random.Random(0)
    for logo_type in LogoType:
        for number in range(IMAGES_PER_TYPE):
            draw_logo(logo_type, rng).save(folder / f"{logo_type}-{number}.png")


@contextmanager
def web_server(folder, processes, **settings):
    """Start gunicorn with a database and files of its own, and settings; yield its address."""
    environment = os.environ | {
        "VAR_DIR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "converter.settings",
        "CLASSIFIER_ANONYMOUS_RATE": "",
        "CONVERTER_ANONYMOUS_RATE": "",
        "ADJUSTING_ANONYMOUS_RATE": "",
        "LOG_LEVEL": "WARNING",
        "MALLOC_ARENA_MAX": "2",
        **settings,
    }
    setup = [sys.executable, "manage.py", "setup"]
    subprocess.run(setup, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "converter.wsgi", "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(processes), "--threads", "4"]
    web = Process(f"web-{processes}", folder, command, environment, port)
    web.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        web.stop()


def measure(folder, address, kind, users, seconds):
    """Return locust's row of one step: so many people at once for so long."""
    results = folder / f"{kind}-{users}"
    command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))]
    command += [kind, "--host", address, "--headless", "--users", str(users), "--only-summary"]
    command += ["--spawn-rate", str(users), "--run-time", f"{seconds}s", "--csv", str(results)]
    subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"LOAD_IMAGES": str(folder / "images")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_parent(),
        check=False,  # it fails when requests fail: they are in the table
    )
    with results.with_name(f"{results.name}_stats.csv").open(newline="") as file:
        total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
    return {"users": users, **total}


def report(rows):
    """Print a table, and where the knee is."""
    print("| users | requests/s | p50 ms | p95 ms | p99 ms | failed |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        rate, failed = float(row["Requests/s"]), row["Failure Count"]
        times = " | ".join(row[name] for name in ("50%", "95%", "99%"))
        print(f"| {row['users']} | {rate:.1f} | {times} | {failed} |", flush=True)
    rates = [float(row["Requests/s"]) for row in rows]
    for before, after, row in zip(rates, rates[1:], rows, strict=False):
        if after < before * _KNEE:
            print(f"The knee is at {row['users']} users: more wait longer, and get no more.")
            return
    print("No knee up to here.")


if __name__ == "__main__":
    main()
