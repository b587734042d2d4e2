"""An impossible setting is refused before anything starts, alike at every door."""

from html import unescape

from django.core.management import CommandError, call_command
from django.test import TestCase

from classifier.models import Dataset, TrainingRun
from classifier.training.config import TrainingConfig
from tests.support.builders import TemporaryRoot, make_admin, make_dataset
from tests.support.work import patch_queue

# What is set, and the field and reason that each door has to name.
REFUSALS = {
    "a negative rate": ({"learning_rate": -0.1}, "learning_rate", "must be greater than 0"),
    "an unknown backbone": ({"backbone": "resnet50"}, "backbone", "must be one of"),
    "a batch larger than the split": ({"batch_size": 999}, "batch_size", "larger than the train"),
    "a size that does not divide": ({"input_size": 50}, "input_size", "multiple of 16"),
}


class RefusalTests(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset()
        cls.admin = make_admin()

    def setUp(self):
        self.client.force_login(self.admin)
        self.send = patch_queue(self)

    def tearDown(self):
        self.assertFalse(TrainingRun.objects.exists())
        self.send.assert_not_called()

    def by_admin(self, **changes) -> dict[str, list[str]]:
        values = TrainingConfig(batch_size=8).to_json() | {"dataset": self.dataset.pk} | changes
        values = {f"run-{name}": value for name, value in values.items() if value is not False}
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post("/admin/classifier/trainingrun/add/", values)
        self.assertEqual(response.status_code, 200)
        return response.context["adminform"].form.errors

    def by_api(self, status=400, **changes) -> dict[str, list[str]]:
        config = {"batch_size": 8} | changes
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(
                "/api/v1/runs/",
                {"dataset": self.dataset.pk, "config": config},
                content_type="application/json",
            )
        self.assertEqual(response.status_code, status)
        return response.json()["errors"] or response.json()["detail"]

    def by_command(self, **changes) -> str:
        settings = [f"{name}={value}" for name, value in ({"batch_size": 8} | changes).items()]
        with self.assertRaises(CommandError) as caught:
            call_command("train", "--dataset", self.dataset.name, "--set", *settings)
        return str(caught.exception)

    def test_impossible_settings(self):
        for name, (changes, field, reason) in REFUSALS.items():
            with self.subTest(name, door="admin"):
                told = " ".join(self.by_admin(**changes).get(field, []))
                # A choice field of the form says it in Django's words.
                self.assertRegex(unescape(told), f"(?i){reason}|Select a valid choice")
            with self.subTest(name, door="API"):
                self.assertIn(reason, " ".join(self.by_api(**changes)[f"config.{field}"]))
            with self.subTest(name, door="command"):
                self.assertRegex(self.by_command(**changes), f"{field}.*{reason}")

    def test_a_dataset_with_an_empty_class(self):
        self.dataset.samples.filter(label="text", split="train").delete()
        reason = "has no text images in its train split"
        self.assertIn(reason, " ".join(self.by_admin()["dataset"]).replace("Has", "has"))
        self.assertIn(reason, str(self.by_api()))
        self.assertIn(reason, self.by_command())

    def test_an_unfinished_dataset(self):
        Dataset.objects.update(status=Dataset.Status.BUILDING)
        self.assertIn("dataset", self.by_admin())
        self.assertIn("not ready", str(self.by_api(status=409)))
        self.assertIn("not ready", self.by_command())
