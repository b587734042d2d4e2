import io
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TestCase

from classifier.inference.manifest import read_manifest
from classifier.management.commands import reproduce
from classifier.models import BUNDLED_FOLDER, Dataset, ModelVersion, TrainingRun
from classifier.training.config import TrainingConfig

NAME = min(path.name for path in BUNDLED_FOLDER.glob("*/"))


class ReproduceTests(TestCase):
    def setUp(self):
        shipped = read_manifest(BUNDLED_FOLDER / NAME)
        alone = {**shipped.config, "start_from": ""}
        self.shipped = replace(shipped, config=alone, forerunners=[])
        read = mock.patch.object(reproduce, "read_manifest", side_effect=lambda _: self.shipped)
        self.enterContext(read)

    def call(self, fingerprint: str, *before: ModelVersion, moved: int = 0) -> str:
        dataset = Dataset.objects.create(
            name="logos-9", source=Dataset.Source.PACKAGES, status="ready", fingerprint=fingerprint
        )
        output = io.StringIO()
        version = mock.Mock(manifest=self.shipped.to_json())
        counts = {split: {**own} for split, own in self.shipped.dataset["counts"].items()}
        counts["train"]["simple"] += moved
        with (
            mock.patch.object(reproduce, "split_counts", return_value=counts),
            mock.patch("classifier.datasets.building.build_from_packages", return_value=dataset),
            mock.patch("classifier.runs.lifecycle.split_counts", return_value=counts),
            mock.patch.object(reproduce, "carry_out", side_effect=[*before, version]),
        ):
            call_command("reproduce", NAME, stdout=output)
        return output.getvalue()

    def test_the_run_has_the_settings_of_the_manifest(self):
        with mock.patch("classifier.training.device._has_bfloat16", return_value=True):
            output = self.call(self.shipped.dataset["fingerprint"])
        run = TrainingRun.objects.get()
        self.assertEqual(run.config, TrainingConfig.from_json(self.shipped.config).to_json())
        self.assertIn(f"{self.shipped.metrics['test']['accuracy']:.2%}", output)
        self.assertIn("gradient", output)

    def test_what_it_was_trained_from_is_trained_first(self):
        first = {**self.shipped.config, "start_from": "", "full_epochs": 7}
        last = {**first, "start_from": "a version of another database"}
        self.shipped = replace(self.shipped, config=last, forerunners=[first])
        folder = Path(self.enterContext(TemporaryDirectory()))
        (folder / "model.safetensors").touch()
        trained = ModelVersion.objects.create(
            name="again",
            path=str(folder),
            input_size=self.shipped.input_size,
            manifest={"config": first, "files": {"model.safetensors": ""}},
        )
        self.call(self.shipped.dataset["fingerprint"], trained)
        runs = TrainingRun.objects.order_by("pk")
        self.assertEqual([run.config["start_from"] for run in runs], ["", trained.name])

    def test_a_machine_without_the_precision_trains_in_its_own(self):
        self.shipped = replace(
            self.shipped, config={**self.shipped.config, "precision": "bfloat16"}, forerunners=[]
        )
        with mock.patch("classifier.training.device._has_bfloat16", return_value=False):
            output = self.call(self.shipped.dataset["fingerprint"])
        self.assertEqual(TrainingRun.objects.get().config["precision"], "auto")
        self.assertIn("bfloat16 needs hardware", output)

    def test_another_dataset_is_refused(self):
        with self.assertRaisesMessage(CommandError, "has the fingerprint abc, not"):
            self.call("abc", moved=200)
        self.assertFalse(TrainingRun.objects.exists())

    def test_a_few_logos_may_stand_elsewhere(self):
        self.assertIn("0.02% of its logos stand elsewhere", self.call("abc", moved=2))
        self.assertTrue(TrainingRun.objects.exists())

    def test_an_unknown_version_is_refused(self):
        with self.assertRaisesMessage(CommandError, "invalid choice"):
            call_command("reproduce", "b0-0-0")
