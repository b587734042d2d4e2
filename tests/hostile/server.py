"""Real servers for attacks, on this machine alone, each with a folder of its own."""

import contextlib
import http.client
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import psutil
from django.conf import settings

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
            "CONVERTER_COMPILED": str(settings.CONVERTER_COMPILED),
            "DATABASE_URL": "",
            "CLASSIFIER_ANONYMOUS_RATE": "",
            "CONVERTER_ANONYMOUS_RATE": "",
            "DJANGO_SETTINGS_MODULE": "converter.settings",
            **environment,
        }
        self.process = Process("server", folder, self.command(workers), self.environment, self.port)

    def command(self, workers):
        command = [sys.executable, "-m", "gunicorn", "converter.wsgi", "--workers", str(workers)]
        return [*command, "--bind", f"127.0.0.1:{self.port}"]

    def start(self):
        self.manage("setup")
        self.process.start()
        return self

    def stop(self):
        self.process.stop()

    def manage(self, *arguments):
        """Run a management command; return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = Process("manage", self.folder, command, self.environment)
        if done.start().process.wait(400):
            raise AssertionError(done.log.read_text())
        return done.log.read_text()

    def shell(self, code):
        """Run code with the models at hand; return the last line that it printed."""
        (self.folder / "manage.log").unlink(missing_ok=True)
        return self.manage("shell", "--no-imports", "-c", code).splitlines()[-1]

    def processes(self):
        """The first process, its children, and what they started."""
        parent = psutil.Process(self.process.process.pid)
        return [parent, *parent.children(recursive=True)]

    def health_seconds(self):
        """How long `/healthz` took to answer. A plain connection: httpx takes long to get ready."""
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
        assert answer.status == 200, answer.status
        return time.monotonic() - started

    @contextlib.contextmanager
    def connection(self):
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port), 30)) as opened:
            yield opened


class Project(Server):
    """`manage.py run`: queue, web, workers, and who watches them."""

    def command(self, workers):
        command = [sys.executable, "manage.py", "run", "--port", str(self.port)]
        return [*command, "--web-workers", str(workers)]

    def start(self):
        self.process.port = None  # setting up and compiling may take minutes: who asks waits
        self.process.start()
        return self


@contextlib.contextmanager
def running(kind=Server, **options):
    """A server in a temporary folder, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        server = kind(folder, **options)
        try:
            yield server.start()
        finally:
            server.stop()
