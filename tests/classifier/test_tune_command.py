import io
from unittest import mock

from django.core.management import CommandError, call_command

from classifier.models import Study
from tests.classifier.runs.test_execution import TINY, ExecutionTestCase

SETTINGS = [f"{name}={getattr(TINY, name)}" for name in ("backbone", "input_size", "batch_size")]
SETTINGS += ["head_epochs=1", "top_epochs=0", "full_epochs=0"]


class TuneCommandTests(ExecutionTestCase):
    def tune(self, *arguments):
        output = io.StringIO()
        with self.captureOnCommitCallbacks(execute=True):
            call_command("tune", *arguments, stdout=output)
        return output.getvalue()

    def start(self, trials=1):
        budget = ["--trials", str(trials), "--share", "1", "--epochs", "1"]
        return self.tune(
            "--dataset", "drawn", *budget, "--vary", "learning_rate", "--set", *SETTINGS
        )

    def test_it_prints_the_best_settings_as_a_command(self):
        output = self.start()
        self.assertRegex(output, r"trial 1: complete 0\.\d{4} learning_rate=")
        self.assertRegex(output, r"train --dataset drawn --set .*learning_rate=0\.\d+")
        self.assertEqual(Study.objects.get().status, Study.Status.SUCCEEDED)

    def test_an_interrupted_study_is_resumed(self):
        interrupt = mock.patch("classifier.training.run.build_model", side_effect=KeyboardInterrupt)
        with interrupt, self.assertRaisesMessage(CommandError, "tune --resume"):
            self.start()
        study = Study.objects.get()
        self.assertEqual(study.status, Study.Status.CANCELLED)
        self.assertIn("trial 2: complete", self.tune("--resume", str(study.pk)))

    def test_wrong_arguments_are_refused_by_name(self):
        for arguments, reason in (
            (["--dataset", "other"], "there are: drawn"),
            (["--dataset", "drawn", "--trials", "0"], "trials: must be"),
            (
                ["--dataset", "drawn", "--vary", "weights", "--set", *SETTINGS],
                "weights cannot be varied",
            ),
            (["--resume", "99"], "no study 99"),
        ):
            with self.subTest(arguments), self.assertRaisesMessage(CommandError, reason):
                self.tune(*arguments)
