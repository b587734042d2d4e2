"""A full data folder: processes stay, uploads are refused, and all goes on afterwards."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import httpx
from django.test import SimpleTestCase

from tests.hostile.inputs import logo
from tests.hostile.pictures import encoded
from tests.hostile.server import Project
from tests.hostile.siege import ORPHANS
from tests.services.servers import ROOT, wait_for

_DISK = 160  # MB: what the project needs to start, and room for some uploads


class SmallDiskCase(SimpleTestCase):
    def mounted(self, megabytes):
        """Return a folder that is a disk of its own."""
        disk = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="hostile-"))) / "var"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
            raise unittest.SkipTest("Small disks can be mounted by root only.")
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
        return disk


class MetricsTests(SmallDiskCase):
    """A process that begins to count, and goes on, while others fill the disk."""

    def count(self, reserve):
        """Return the exit code of a process that counts on a disk that gets full."""
        disk = self.mounted(1)
        code = (
            "import contextlib, prometheus_client as client\n"
            f"{reserve}\n"
            "counter = client.Counter('asked', 'How often.', ['by'])\n"
            "counter.labels('first').inc()\n"
            f"with open({str(disk / 'filler')!r}, 'ab', buffering=0) as filler:\n"
            "    with contextlib.suppress(OSError):\n"
            "        while filler.write(bytes(4096)): pass\n"
            "for number in range(3000): counter.labels(str(number)).inc()\n"
            "assert counter.labels('first')._value.get() == 1\n"
        )
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(disk)}
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment).returncode

    def test_it_lives_and_would_not_with_the_files_that_the_library_makes(self):
        reserve = "from converter.monitoring.reserved_files import reserve_files\nreserve_files()"
        self.assertEqual(self.count(reserve), 0)
        self.assertEqual(self.count(""), -signal.SIGBUS)


class FullDataFolderTests(SmallDiskCase):
    def setUp(self):
        self.disk = self.mounted(_DISK)
        self.project = Project(self.disk.parent, MIN_FREE_BYTES=str(2**20))
        self.addCleanup(self.project.stop)
        self.project.start()
        wait_for(lambda: self.answer("/readyz") == 200, "the project is ready", 400)

    def answer(self, path, **options):
        """Ask, or send files; return the status, 0 for no answer."""
        method = "POST" if options else "GET"
        with contextlib.suppress(httpx.HTTPError):
            address = f"{self.project.address}{path}"
            return httpx.request(method, address, timeout=30, **options).status_code
        return 0

    def send(self, path="/api/v1/conversions/", name="image"):
        return self.answer(path, files={name: ("a.png", encoded(logo()))})

    def fill(self):
        """Take every byte that there is."""
        with (self.disk / "filler").open("ab", buffering=0) as filler:
            for size in (2**20, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(os.urandom(size))

    def test_the_processes_stay_and_all_goes_on_when_there_is_room(self):
        self.assertIn(self.send(), (201, 202))
        before = self.pids()
        self.fill()
        codes = []
        for _ in range(6):
            codes += [self.answer(path) for path in ("/", "/healthz", "/api/docs/", "/nothing/")]
            codes += [self.send(), self.send("/api/v1/batches/", "images")]
            codes += [self.send("/api/v1/classify/"), self.answer("/", data={"x": "y" * 2**21})]
            self.fill()
        self.assertLessEqual(set(codes), {200, 403, 404, 503, 507})
        self.assertIn(503, codes)
        time.sleep(5)  # the supervisor would have noticed an end by now
        self.assertLessEqual(before, self.pids(), self.project.process.log.read_text()[-3000:])
        print({code: codes.count(code) for code in set(codes)}, self.ends())
        (self.disk / "filler").unlink()
        wait_for(lambda: self.answer("/readyz") == 200, "the project is ready again", 60)
        self.assertIn(self.send(), (201, 202))
        self.assertEqual(self.send("/api/v1/batches/", "images"), 202)
        self.assertEqual(self.project.shell(ORPHANS), "0")

    def pids(self):
        """Supervisor, queue and web with its processes. Workers may end, and are started again."""
        parent = self.project.processes()[0]
        return {
            process.pid
            for process in (parent, *parent.children(), *self.web().children())
            if "celery" not in process.cmdline()
        }

    def web(self):
        parent = self.project.processes()[0]
        return next(p for p in parent.children() if "gunicorn" in p.cmdline())

    def ends(self):
        """What the supervisor said of processes that ended."""
        log = self.project.process.log.read_text()
        return [line for line in log.splitlines() if "ended with code" in line]
