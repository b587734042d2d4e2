import tempfile
import threading
from pathlib import Path

from django.test import SimpleTestCase

from classifier.lib.files import write_whole


class WriteWholeTests(SimpleTestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_many_writers_of_one_file_do_not_meet(self):
        path, failures = self.folder / "sub" / "file", []

        def write():
            try:
                for _ in range(100):
                    write_whole(path, b"content" * 1000)
            except OSError as error:
                failures.append(error)

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual([found.name for found in path.parent.iterdir()], ["file"])

    def test_no_draft_is_left_where_the_file_cannot_be(self):
        (self.folder / "file").mkdir()
        with self.assertRaises(OSError):
            write_whole(self.folder / "file", b"content")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["file"])
