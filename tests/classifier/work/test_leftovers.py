import os
import tempfile
import time
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.test import TestCase, override_settings

from classifier.tasks import report_leftovers
from classifier.work.leftovers import find_leftovers
from tests.support.builders import make_dataset, make_evaluation, make_version

_OLD = time.time() - 3 * 86_400


def age(folder):
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (_OLD, _OLD))


class LeftoverTests(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.enterContext(override_settings(CLASSIFIER_ROOT=folder.name))
        self.root = Path(folder.name)
        self.dataset = make_dataset()
        make_evaluation(make_version(), self.dataset).folder.mkdir(parents=True)
        for name in ("runs/77", "versions/.draft-x", "datasets/88"):
            (self.root / name).mkdir(parents=True)
            (self.root / name / "file").write_bytes(bytes(1000))
        (self.root / "uploads").mkdir(exist_ok=True)
        (self.root / "uploads" / "99.zip").write_bytes(b"zip")
        self.ownerless = {"77", ".draft-x", "88", "99.zip"}

    def test_what_rows_own_and_what_is_young_stays(self):
        self.assertEqual(find_leftovers(), [])
        age(self.root)
        self.assertEqual({path.name for path in find_leftovers()}, self.ownerless)

    def test_the_command_lists_and_deletes_only_when_told(self):
        age(self.root)
        out = StringIO()
        call_command("leftovers", stdout=out)
        self.assertIn("4 found", out.getvalue())
        self.assertTrue((self.root / "runs" / "77").exists())
        call_command("leftovers", delete=True, stdout=out)
        self.assertIn("4 deleted", out.getvalue())
        self.assertEqual(find_leftovers(), [])
        self.assertTrue(self.dataset.folder.is_dir())
        self.assertTrue(all(sample.file.is_file() for sample in self.dataset.samples.all()))

    def test_the_daily_task_tells_of_them(self):
        with self.assertNoLogs("classifier.tasks"):
            report_leftovers()
        age(self.root)
        with self.assertLogs("classifier.tasks") as logs:
            report_leftovers()
        self.assertIn("4 files or folders", logs.output[0])
