"""A real Celery worker process that works on the test database."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from converter.celery import app
from converter.local.processes import end_with_parent

_START_SECONDS = 120


def process_environment(broker_url):
    """Return the environment with which another process sees this test's database and files."""
    database = connection.settings_dict
    environment = os.environ | {
        "VAR_DIR": str(settings.VAR_DIR),
        "CELERY_BROKER_URL": broker_url,
        "DJANGO_SETTINGS_MODULE": "converter.settings",
    }
    if connection.vendor == "sqlite":
        environment["DATABASE_URL"] = f"sqlite:///{database['NAME']}"
    else:
        address = f"{database['HOST']}:{database['PORT']}"
        login = f"{database['USER']}:{database['PASSWORD']}"
        environment["DATABASE_URL"] = f"postgres://{login}@{address}/{database['NAME']}"
    return environment


@contextmanager
def real_worker(broker_url, queues="short,conversion,training", pool="prefork", concurrency=1):
    """Start a worker for the queues and wait until it answers; yield its process.

    Use it in a TransactionTestCase: another process sees committed rows only.
    """
    command = [sys.executable, "-m", "celery", "-A", "converter", "worker", "-Q", queues]
    command += ["-n", f"test-{time.monotonic_ns()}@%h", "--pool", pool, "-c", str(concurrency)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--loglevel=INFO", "--without-mingle", "--without-gossip"],
            cwd=Path(settings.BASE_DIR),
            env=process_environment(broker_url),
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent(),
        )
        try:
            _wait_until_it_answers(process, log)
            process.lines = lambda: _lines(log)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _lines(log):
    """Return what the worker has written so far; its own place in the file stays."""
    return os.pread(log.fileno(), 2**24, 0).decode(errors="replace").splitlines()


def _wait_until_it_answers(process, log):
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with app.connection_for_write() as fresh:
            if app.control.ping(timeout=0.5, connection=fresh):
                return
    log.seek(0)
    raise AssertionError("The worker did not start:\n" + log.read().decode(errors="replace"))
