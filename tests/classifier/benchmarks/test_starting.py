import io
import json

from django.core.management import call_command

from classifier.benchmarks.starting import StartingBenchmark
from tests.classifier.runs.test_starts import StartingCase

SMALL = ("head_epochs=1", "top_epochs=0", "full_epochs=1", "batch_size=4", "uploads=0")


class StartingBenchmarkTests(StartingCase):
    def test_both_trainings_are_of_the_versions_network_on_the_same_few_logos(self):
        output = io.StringIO()
        options = ("--json", "--model-version", "first", "--per-class", "2")
        call_command("benchmark", "starting", *options, "--set", *SMALL, stdout=output)
        results = json.loads(output.getvalue())
        self.assertEqual(results["images"], {"train": 8, "val": 16})
        self.assertEqual(results["config"]["head"], "batch_norm")  # of the version
        self.assertEqual(results["config"]["start_from"], "")
        for side in ("from_version", "from_imagenet"):
            curve = results[side]
            self.assertEqual([point["stage"] for point in curve], ["head", "full"])
            self.assertLess(curve[0]["cpu_seconds"], curve[1]["cpu_seconds"])
        self.assertIn("2 (full)", StartingBenchmark().describe(results))
