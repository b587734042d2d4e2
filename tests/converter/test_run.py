import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from contextlib import closing
from pathlib import Path

import psutil
from django.conf import settings
from django.test import SimpleTestCase

from converter.local.broker import broker_socket, server_program, transport_options

_SECONDS = 240


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(processes):
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def wait_for(condition, seconds=_SECONDS):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.2)
    raise AssertionError("It did not happen in time.")


class Project:
    """`manage.py run` in a process of its own, with a data folder of its own."""

    def __init__(self, folder, port):
        self.folder, self.port = Path(folder), port
        self.output = self.folder / "output.txt"
        environment = {k: v for k, v in os.environ.items() if k != "CELERY_BROKER_URL"}
        command = [sys.executable, "manage.py", "run", "--port", str(port)]
        command += ["--web-workers", "1", "--short-workers", "1"]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=environment
                | {
                    "VAR_DIR": str(self.folder / "var"),
                    "DATABASE_URL": "",
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def text(self):
        return self.output.read_text()

    def wait_until_ready(self):
        wait_for(lambda: "Ready: open" in self.text() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise AssertionError(self.text())

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status

    def stop(self, number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


@unittest.skipUnless(server_program(), "No embedded queue server fits this platform.")
class RunTests(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self):
        project = Project(self.folder, free_port())
        self.addCleanup(project.stop)
        project.wait_until_ready()
        return project

    def test_it_serves_restarts_what_dies_and_stops_everything(self):
        project = self.start()
        self.assertEqual(project.get("/healthz"), 200)
        self.assertRegex(project.text(), r"user +admin\s+password +\S{12,}")
        web = next(c for c in project.children() if "gunicorn" in " ".join(c.cmdline()))
        web.kill()
        wait_for(lambda: "ended with code" in project.text() and self._answers(project))
        family = project.children()
        self.assertGreaterEqual(len(family), 6)
        self.assertEqual(project.stop(), 0, project.text())
        self.assertEqual(alive(family), [])
        self.assertIn("Everything has stopped.", project.text())

        again = self.start()
        self.assertNotIn("password", again.text())
        family = again.children()
        again.process.kill()
        wait_for(lambda: not alive(family), 30)

    def _answers(self, project):
        try:
            return project.get("/healthz") == 200
        except OSError:
            return False

    def test_a_port_in_use_is_told(self):
        with closing(socket.socket()) as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            project = Project(self.folder, port)
            self.assertEqual(project.process.wait(_SECONDS), 1)
        self.assertIn(f"Cannot listen on 127.0.0.1:{port}", project.text())
        self.assertIn(f"--port {port + 1}", project.text())
        self.assertFalse(re.search(r"Traceback", project.text()))


class BrokerAddressTests(SimpleTestCase):
    def test_the_socket_is_in_the_folder(self):
        self.assertEqual(broker_socket(Path("/data/var")), Path("/data/var/broker.sock"))

    def test_a_long_folder_gets_a_short_path_of_its_own(self):
        one, other = (broker_socket(Path("/" + name * 120)) for name in "ab")
        self.assertLess(len(str(one)), 100)
        self.assertNotEqual(one, other)

    def test_the_file_queue_polls_often(self):
        with tempfile.TemporaryDirectory() as folder:
            options = transport_options("filesystem://", Path(folder), 180)
            self.assertLessEqual(options["polling_interval"], 0.2)
            self.assertTrue(Path(options["data_folder_in"]).is_dir())
