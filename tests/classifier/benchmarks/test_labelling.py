import json
import tempfile
import unittest
from io import StringIO
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

from django.core.management import call_command
from django.test import TestCase

from classifier.benchmarks.labelling import LabellingBenchmark
from tests.classifier.labelling.test_labelling import hashes_as_features
from tests.support.builders import TemporaryRoot, make_dataset


class LabellingBenchmarkTests(TemporaryRoot, TestCase):
    def test_it_plays_on_a_dataset_and_draws_the_curves(self):
        make_dataset(24)
        self.enterContext(
            mock.patch("classifier.datasets.features.features_of", hashes_as_features)
        )
        with tempfile.TemporaryDirectory() as folder:
            chart, out = Path(folder) / "curves.svg", StringIO()
            call_command(
                "benchmark",
                "labelling",
                "--json",
                "--seeds=2",
                "--labels=60",
                f"--chart={chart}",
                stdout=out,
            )
            picture = ElementTree.fromstring(chart.read_text())
        results = json.loads(out.getvalue())
        self.assertEqual(results["labels"][0], 50)
        self.assertEqual(len(results["chosen"]), 2)
        self.assertEqual(len(picture.findall(".//{*}polyline")), 2)


class DescriptionTests(unittest.TestCase):
    def describe(self, **row):
        row = {"labels": 500, "accuracy": 0.83, "low": None, "high": None} | row
        results = {"labels": [50], "random": [[0.5]] * 2, "chosen": [[0.5]] * 2, "goal": 0.6}
        return LabellingBenchmark().describe(results | {"savings": [row]})

    def test_it_says_that_the_goal_is_reached(self):
        self.assertIn("Reached: 50%", self.describe(needed=250, share=0.5))

    def test_it_says_that_it_is_not(self):
        self.assertIn("Not reached: 90%", self.describe(needed=450, share=0.9))
        self.assertIn("not reached", self.describe(needed=None, share=None))
