import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase

from django.conf import settings

from classifier.logo_types import CLASS_NAMES
from tests.support.serving import image_bytes


class FirstCommandTests(TestCase):
    """On a machine on which nothing has run: no database, no folder, no server."""

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        self.environment["VAR_DIR"] = folder.name

    def manage(self, *args):
        return subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def test_it_may_build_a_dataset(self):
        done = self.manage("build_dataset", "--synthetic", "2", "--name", "first")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("first (synthetic): ready", done.stdout)
        self.assertIn("Creating the database.", done.stderr)

    def test_it_may_ask_for_a_dataset_that_is_not_there(self):
        for command in (["dataset_info"], ["train", "--dataset", "logos-1"]):
            done = self.manage(*command)
            self.assertEqual(done.returncode, 1)
            self.assertIn("There is no dataset", done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_it_may_classify_with_the_model_that_ships(self):
        image = Path(self.environment["VAR_DIR"]) / "red.png"
        image.write_bytes(image_bytes("red"))
        done = self.manage("classify", str(image), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["method"], "neural")
        self.assertIn(answer["logo_type"], CLASS_NAMES)

    def test_it_may_import_corrections(self):
        done = self.manage("label_corrections", "import")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("corrections stored", done.stdout)
