import io
import json
import time

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase

from classifier.benchmarks.inference import InferenceBenchmark, alternate
from tests.support.serving import ServingCase

FIGURES = {
    "machine": "A machine",
    "version": "tiny",
    "input_size": 32,
    "images": "8 synthetic logos",
    "threads": 1,
    "engine_ms_one": 2.0,
    "pytorch_ms_one": 20.0,
    "ratio_one": 10.0,
    "engine_ms_batch16": 40.0,
    "pytorch_ms_batch16": 400.0,
    "ratio_batch16": 10.0,
    "file_mb": 5.0,
    "load_seconds": 0.4,
    "engine_peak_mb": 90.0,
    "web_start_rss_mb": 80.0,
    "web_rss_mb": 170.0,
    "web_pss_mb": 120.0,
}


class ComparisonTests(SimpleTestCase):
    def test_two_pipelines_take_turns_on_the_same_images(self):
        calls = []

        def quick(batch):
            calls.append(("quick", batch))

        def slow(batch):
            calls.append(("slow", batch))
            time.sleep(0.01)

        batches = [[b"a"], [b"b"], [b"c"], [b"d"], [b"e"]]
        first, second = alternate(quick, slow, batches)
        self.assertEqual([name for name, _ in calls], ["quick", "slow"] * 5)
        self.assertEqual([batch for _, batch in calls[::2]], batches)
        self.assertGreaterEqual(second, 10)
        self.assertLess(first, second)

    def test_the_table_says_which_goals_were_reached(self):
        table = InferenceBenchmark().describe(FIGURES)
        answers = [line.split("|")[-2].strip() for line in table.splitlines() if "at least" in line]
        self.assertEqual(answers, ["reached", "not reached"])
        self.assertIn("| 170 | under 160 | not reached |", table)
        self.assertIn("A machine", table)


class CommandTests(ServingCase, TestCase):
    def test_it_measures_the_version_in_production(self):
        self.serve()
        out = io.StringIO()
        options = {"images": 8, "rounds": 2, "batches": 1, "requests": 4, "json": True}
        call_command("benchmark", "inference", stdout=out, **options)
        results = json.loads(out.getvalue())
        self.assertEqual(results["version"], "tiny")
        for name in ("ratio_one", "ratio_batch16"):
            self.assertGreater(results[name], 1)  # a graph of one multiplication beats any B0
        self.assertAlmostEqual(results["file_mb"], 0.001, delta=0.001)
        self.assertGreater(results["load_seconds"], 0)
        self.assertGreater(results["web_rss_mb"], results["web_start_rss_mb"])
        self.assertGreaterEqual(results["web_rss_mb"], results["web_pss_mb"])
        self.assertLess(results["engine_peak_mb"], results["web_rss_mb"])

    def test_it_says_that_there_is_nothing_to_measure(self):
        with self.assertRaisesRegex(CommandError, "No model is in production"):
            call_command("benchmark", "inference")
        with self.assertRaisesRegex(CommandError, "no version 'other'"):
            call_command("benchmark", "inference", model_version="other")
