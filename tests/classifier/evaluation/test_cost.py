from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from django.test import SimpleTestCase

from classifier.evaluation.cost import fresh_process, speeds
from classifier.inference.engine import Engine
from tests.support.versions import make_version_folder


class CostTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = make_version_folder(Path(folder.name))

    def test_a_fresh_process_pays_for_imports_and_its_own_memory(self):
        ballast = np.ones(300_000_000, np.uint8)  # of this process; must not be counted
        found = fresh_process(self.folder, repetitions=1)
        self.assertGreater(found.load_seconds, 0.02)
        self.assertTrue(20 < found.peak_mb < len(ballast) / 1e6, found)

    def test_a_file_that_cannot_be_loaded_is_told(self):
        with self.assertRaisesRegex(RuntimeError, "other.onnx"):
            fresh_process(self.folder, "other.onnx", repetitions=1)

    def test_speeds_are_per_image(self):
        engines = {"a": Engine.load(self.folder), "b": Engine.load(self.folder)}
        found = speeds(engines, np.zeros((16, 32, 32, 3), np.uint8), rounds=5)
        self.assertEqual(list(found), ["a", "b"])
        for speed in found.values():
            self.assertGreater(speed.ms_one, 0)
            self.assertLess(speed.ms_batch, speed.ms_one)
