import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from django.core.management import call_command
from django.test import SimpleTestCase, TestCase, override_settings

from classifier.benchmarks.race import Clock, Point, Runner
from classifier.benchmarks.training import TrainingBenchmark, compare
from tests.classifier.runs.test_execution import make_dataset


def runner(points, accuracy=0.8):
    """A training that was: (stage, images, CPU seconds, accuracy) per validation."""
    made = Runner(accuracy)
    made.curve = [
        Point(stage, images, seconds, 2 * seconds, val) for stage, images, seconds, val in points
    ]
    made.clock = Clock()
    made.clock._cpu, made.clock._wall = points[-1][2], 2 * points[-1][2]
    return made


OURS = [("head", 100, 10, 0.6), ("full", 200, 20, 0.7), ("full", 300, 30, 0.85)]


class CompareTests(SimpleTestCase):
    def test_the_ratio_is_of_the_times_to_the_accuracy(self):
        plain = runner([("full", 100, 60, 0.7), ("full", 200, 120, 0.8), ("full", 300, 180, 0.9)])
        results = compare(runner(OURS), plain)
        self.assertEqual(results["ratio_time_to_accuracy"], 4.0)
        self.assertEqual(results["ratio_wall_time_to_accuracy"], 4.0)
        self.assertFalse(results["ratio_is_lower_bound"])
        self.assertEqual(results["ours"]["cpu_seconds"], 30)

    def test_a_plain_loop_that_did_not_get_there_makes_it_a_lower_bound(self):
        results = compare(runner(OURS), runner([("full", 100, 90, 0.7)]))
        self.assertEqual(results["ratio_time_to_accuracy"], 3.0)
        self.assertTrue(results["ratio_is_lower_bound"])

    def test_there_is_no_ratio_where_ours_did_not_get_there(self):
        results = compare(runner([("head", 100, 10, 0.6)]), runner(OURS))
        self.assertIsNone(results["ratio_time_to_accuracy"])


class TrainingBenchmarkTests(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        setting = override_settings(CLASSIFIER_ROOT=Path(folder.name))
        setting.enable()
        self.addCleanup(setting.disable)
        make_dataset()

    def test_it_measures_both_and_describes_them(self):
        threads = torch.get_num_threads()
        output = io.StringIO()
        call_command(
            "benchmark",
            *("training", "--json", "--images", "8", "--accuracy", "1.01", "--minutes", "0.01"),
            *("--set", "input_size=32", "batch_size=4"),
            *("--set", "head_epochs=1", "top_epochs=0", "full_epochs=1"),
            stdout=output,
        )
        results = json.loads(output.getvalue())
        self.assertEqual(results["images"], {"train": 8, "val": 4})
        self.assertEqual([p["stage"] for p in results["ours"]["curve"]], ["head", "full"])
        self.assertGreater(results["plain"]["cpu_seconds"], 0)
        self.assertIsNone(results["ratio_time_to_accuracy"])
        self.assertGreater(results["head_epoch_seconds_uncached"], 0)
        self.assertGreater(results["ratio_images_per_second"], 1)
        self.assertEqual(torch.get_num_threads(), threads)
        self.assertIn("(not reached)", TrainingBenchmark().describe(results))
