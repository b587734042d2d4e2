from dataclasses import replace
from unittest import mock

from classifier.admin.training_form import StartTrainingForm
from classifier.models import TrainingRun
from classifier.runs.lifecycle import create_run
from classifier.studies.lifecycle import create_study
from classifier.training.config import InvalidConfigError
from classifier.training.search_space import Budget
from classifier.versions.registry import register_version
from tests.classifier.runs.test_execution import TINY, ExecutionTestCase
from tests.support.versions import make_version_folder
from tests.support.work import do


class TeacherTests(ExecutionTestCase):
    def setUp(self):
        super().setUp()
        self.teacher = register_version(make_version_folder(self.root / "versions", "wise"))
        self.config = replace(TINY, teacher="wise", head_epochs=1)

    def test_a_run_learns_from_its_teacher(self):
        run = create_run(self.dataset, self.config)
        with mock.patch(
            "classifier.training.loop.distilled_loss", side_effect=lambda loss, *rest: loss
        ) as distilled:
            ended = do("training_run", run.pk)
        self.assertEqual((ended.status, ended.error), (TrainingRun.Status.SUCCEEDED, ""))
        _, logits, teacher, weight, temperature = distilled.call_args.args
        self.assertEqual(teacher.shape, logits.shape)
        self.assertEqual((weight, temperature), (0.5, 2.0))
        self.assertEqual(ended.version.manifest["config"]["teacher"], "wise")

    def test_an_unknown_teacher_is_refused_before_anything_starts(self):
        unknown = replace(self.config, teacher="nobody")
        reason = "teacher: there is no version 'nobody'; there are: wise"
        with self.assertRaisesMessage(InvalidConfigError, reason):
            create_run(self.dataset, unknown)
        with self.assertRaisesMessage(InvalidConfigError, reason):
            create_study(self.dataset, unknown, Budget(share=1), ["head"])
        values = {f"run-{name}": value for name, value in unknown.to_json().items()}
        form = StartTrainingForm({**values, "run-dataset": self.dataset.pk})
        self.assertIn("There is no version", str(form.errors["teacher"]))

    def test_a_teacher_that_was_deleted_or_damaged_fails_the_run_with_its_name(self):
        run = create_run(self.dataset, self.config)
        (self.teacher.folder / "model.onnx").write_bytes(b"damaged")
        self.assertIn("does not match its hash", do("training_run", run.pk).error)
        run = create_run(self.dataset, self.config)
        self.teacher.delete()
        self.assertIn("no version 'wise'", do("training_run", run.pk).error)
