"""A real web server for attacks, on this machine alone, with a folder of its own."""

import contextlib
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.services.servers import Process, free_port


class Server:
    """gunicorn as it is run in production, on SQLite; more settings by environment."""

    def __init__(self, folder, workers=2, **environment):
        self.folder = Path(folder)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.environment = {
            name: value for name, value in os.environ.items() if name != "CELERY_BROKER_URL"
        } | {
            "VAR_DIR": str(self.folder / "var"),
            "TMPDIR": str(self.temporary),
            "DATABASE_URL": "",
            "CLASSIFIER_ANONYMOUS_RATE": "",
            "CONVERTER_ANONYMOUS_RATE": "",
            "DJANGO_SETTINGS_MODULE": "converter.settings",
            **environment,
        }
        command = [sys.executable, "-m", "gunicorn", "converter.wsgi", "--workers", str(workers)]
        command += ["--bind", f"127.0.0.1:{self.port}"]
        self.process = Process("web", folder, command, self.environment, self.port)

    def start(self):
        self.manage("setup")
        self.process.start()
        return self

    def stop(self):
        self.process.stop()

    def manage(self, *arguments):
        done = Process("manage", self.folder, [sys.executable, "manage.py", *arguments])
        done.environment = self.environment
        done.start().process.wait(120)

    def processes(self):
        """gunicorn, its workers, and what they started."""
        parent = psutil.Process(self.process.process.pid)
        return [parent, *parent.children(recursive=True)]

    def health_seconds(self):
        """How long `/healthz` took to answer."""
        started = time.monotonic()
        answer = httpx.get(f"{self.address}/healthz", timeout=30)
        assert answer.status_code == 200, answer
        return time.monotonic() - started

    @contextlib.contextmanager
    def connection(self):
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port), 30)) as opened:
            yield opened


@contextlib.contextmanager
def running(**options):
    """A server in a temporary folder, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        server = Server(folder, **options)
        try:
            yield server.start()
        finally:
            server.stop()
