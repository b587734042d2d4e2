import contextlib
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from converter.local.supervisor import Child, Supervisor


class FullDiskTests(SimpleTestCase):
    """`/dev/full` takes no byte, as a full disk."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def watch(self, code, seconds=1.5):
        supervisor = Supervisor(
            [Child("web", [sys.executable, "-c", code])], self.folder, self.folder
        )
        self.addCleanup(supervisor.stop)
        supervisor.start(supervisor.children[0])
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            supervisor.step(0.1)
        return supervisor.children[0]

    def test_a_log_that_cannot_be_written_ends_nothing(self):
        (self.folder / "web.log").symlink_to("/dev/full")
        child = self.watch(
            "import time\nfor _ in range(50): print('line', flush=True)\ntime.sleep(9)"
        )
        self.assertTrue(child.alive)

    def test_an_output_that_cannot_be_written_ends_nothing(self):
        full = Path("/dev/full").open("w")  # noqa: SIM115 - even closing it fails
        self.addCleanup(close, full)
        with mock.patch("sys.stdout", full):
            child = self.watch("import time\nprint('line', flush=True)\ntime.sleep(9)")
        self.assertTrue(child.alive)
        self.assertEqual((self.folder / "web.log").read_text(), "line\n")


def close(file):
    with contextlib.suppress(OSError):
        file.close()
