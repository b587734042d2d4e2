import contextlib
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from converter.local.supervisor import Child, Supervisor, SupervisorError


class FullDiskTests(SimpleTestCase):
    """`/dev/full` takes no byte, as a full disk."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def watch(self, code, seconds=1.5, until=lambda child: False):
        supervisor = Supervisor(
            [Child("web", [sys.executable, "-c", code])], self.folder, self.folder
        )
        self.addCleanup(supervisor.stop)
        supervisor.start(supervisor.children[0])
        child = supervisor.children[0]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not until(child):
            supervisor.step(0.1)
        return child

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

    def test_a_log_does_not_grow_for_ever(self):
        with mock.patch("converter.local.supervisor._LARGEST_LOG", 20_000):
            self.watch(
                "import time\nfor _ in range(200): print('x' * 999, flush=True)\ntime.sleep(9)"
            )
        sizes = [path.stat().st_size for path in self.folder.glob("web.log*")]
        self.assertEqual(len(sizes), 2)
        self.assertLess(max(sizes), 100_000)

    def test_who_ends_again_and_again_for_want_of_room_is_started_again_and_again(self):
        usage = namedtuple("Usage", "free")
        with (
            mock.patch("converter.local.supervisor._MOST_EARLY_DEATHS", 2),
            mock.patch("shutil.disk_usage", return_value=usage(2**20)) as disk,
        ):
            child = self.watch("exit(1)", 60, until=lambda child: child.early_deaths > 2)
            self.assertGreater(child.early_deaths, 2)
            disk.return_value = usage(2**30)
            with self.assertRaisesMessage(SupervisorError, "right after its start"):
                self.watch("exit(1)", seconds=30)


def close(file):
    with contextlib.suppress(OSError):
        file.close()
