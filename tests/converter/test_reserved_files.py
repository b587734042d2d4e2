import errno
import tempfile
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase
from prometheus_client import mmap_dict, values

from converter.monitoring.reserved_files import ReservedDict

FULL = OSError(errno.ENOSPC, "No space left on device")
MANY = 3000  # entries: several times the room that a file starts with


class ReservedFilesTests(SimpleTestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = Path(folder) / "histogram_1.db"

    def fill(self, numbers, count=MANY):
        for number in range(count):
            numbers.write_value(f"key {number}", float(number), 0.0)

    def stored(self):
        """What whoever sums up reads from the file."""
        return {
            key: value
            for key, value, _, _ in mmap_dict.MmapedDict.read_all_values_from_file(self.path)
        }

    def test_metrics_use_them(self):
        self.assertIs(values.MmapedDict, ReservedDict)

    def test_a_file_has_no_holes_that_a_full_disk_could_refuse_to_fill(self):
        numbers = ReservedDict(str(self.path))
        self.addCleanup(numbers.close)
        for count in (1, MANY):
            self.fill(numbers, count)
            found = self.path.stat()
            self.assertGreaterEqual(found.st_blocks * 512, found.st_size)
        self.assertEqual(self.stored(), {f"key {n}": float(n) for n in range(MANY)})

    def test_an_earlier_file_goes_on(self):
        first = ReservedDict(str(self.path))
        self.fill(first)
        first.close()
        second = ReservedDict(str(self.path))
        self.addCleanup(second.close)
        self.assertEqual(second.read_value("key 7")[0], 7.0)

    def test_without_room_a_process_counts_in_its_memory(self):
        with mock.patch("os.posix_fallocate", side_effect=FULL), self.assertLogs() as logs:
            numbers = ReservedDict(str(self.path))
        self.fill(numbers)
        self.assertEqual(numbers.read_value(f"key {MANY - 1}")[0], MANY - 1)
        numbers.close()
        self.assertIn("stay in its memory", logs.output[0])

    def test_a_file_that_cannot_grow_keeps_what_it_has(self):
        numbers = ReservedDict(str(self.path))
        self.fill(numbers, 5)
        with mock.patch("os.posix_fallocate", side_effect=FULL), self.assertLogs():
            self.fill(numbers)
        self.assertEqual(numbers.read_value("key 3")[0], 3.0)
        self.assertEqual(numbers.read_value(f"key {MANY - 1}")[0], MANY - 1)
        self.assertEqual(self.stored()["key 3"], 3.0)
        numbers.close()
