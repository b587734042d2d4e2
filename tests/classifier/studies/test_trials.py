from unittest import mock

from classifier import tasks
from classifier.models import Study, Trial
from classifier.studies.lifecycle import cancel_study, create_study, create_trials
from classifier.training.config import TrainingConfig
from classifier.training.reporting import SilentObserver
from classifier.training.search_space import Budget
from tests.classifier.runs.test_execution import ExecutionTestCase
from tests.support.work import do

CONFIG = TrainingConfig(
    backbone="efficientnet_lite0", input_size=32, batch_size=8, head_epochs=2, top_epochs=0,
    full_epochs=0,
)  # fmt: skip


class CancelStudyAfterFirstEpoch(SilentObserver):
    def __init__(self, study):
        self.study = study
        self.stopped = False

    def on_epoch(self, result):
        cancel_study(self.study)
        self.stopped = True

    def should_stop(self):
        return self.stopped


class TrialTestCase(ExecutionTestCase):
    def setUp(self):
        super().setUp()
        self.study = create_study(
            self.dataset, CONFIG, Budget(trials=2, share=0.5, epochs=2), ["learning_rate", "head"]
        )

    def execute(self, listener=None):
        (trial,) = create_trials(self.study.pk)
        return do("trial", trial.pk, listener)


class ExecuteTrialTests(TrialTestCase):
    def test_a_study_of_two_trials(self):
        for number in (1, 2):
            trial = self.execute()
            self.assertEqual((trial.status, trial.error, trial.number), ("complete", "", number))
            self.assertEqual(trial.values.keys(), {"learning_rate", "head"})
            self.assertEqual(len(trial.curve), 2)
            self.assertIn(trial.value, trial.curve)
            self.assertFalse(trial.folder.exists())
        # Both trials share them: the training and validation images, and copies of the former as
        # people upload them.
        self.assertEqual(len(list((self.study.folder / "arrays").glob("*.npy"))), 3)
        with self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(create_trials(self.study.pk), [])
        self.study.refresh_from_db()
        self.assertEqual(self.study.status, Study.Status.SUCCEEDED)
        self.assertFalse(self.study.folder.exists())

    def test_a_trial_is_carried_out_once(self):
        (trial,) = create_trials(self.study.pk)
        self.assertIsNotNone(trial.begin())
        self.assertIsNone(do("trial", trial.pk))
        self.assertIsNone(do("trial", 0))

    def test_a_trial_that_is_worse_than_the_others_is_pruned(self):
        with mock.patch("classifier.training.tuning.should_prune", return_value=True) as prune:
            trial = self.execute()
        self.assertEqual((trial.status, trial.error), ("pruned", ""))
        self.assertEqual([trial.value], trial.curve)
        self.assertEqual(prune.call_args.args[2].curve, trial.curve)

    def test_a_cancelled_study_ends_its_trial_and_leaves_no_files(self):
        trial = self.execute(CancelStudyAfterFirstEpoch(self.study))
        self.assertEqual((trial.status, trial.error), ("cancelled", ""))
        self.assertFalse(self.study.folder.exists())

    def test_a_failing_trial_says_why(self):
        for path in self.dataset.folder.glob("train-*.png"):
            path.write_bytes(b"no image")
        trial = self.execute()
        self.assertEqual((trial.status, trial.value), ("failed", None))
        self.assertNotEqual(trial.error, "")

    def test_an_interrupt_leaves_a_trial_that_does_not_count(self):
        with (
            mock.patch("classifier.training.run.build_model", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.execute()
        self.assertEqual(Trial.objects.get().status, Trial.Status.CANCELLED)

    def test_a_study_deleted_meanwhile_leaves_no_files(self):
        listener = SilentObserver()
        with mock.patch.object(listener, "on_epoch", lambda result: Study.objects.all().delete()):
            folder = self.study.folder
            self.assertIsNone(self.execute(listener))
        self.assertFalse(folder.exists())

    def test_a_changed_dataset_is_named(self):
        self.dataset.fingerprint = "other"
        self.dataset.save()
        self.assertIn("was changed", self.execute().error)


class TaskTests(TrialTestCase):
    def test_it_carries_out_the_trial_and_passes_on_the_baton(self):
        (trial,) = create_trials(self.study.pk)
        with (
            mock.patch("classifier.studies.kinds.train_trial", side_effect=ValueError("odd")),
            mock.patch("classifier.studies.kinds.schedule_trials") as schedule,
            self.assertRaises(ValueError),
        ):
            tasks.carry_out("trial", trial.pk)
        trial.refresh_from_db()
        self.assertEqual((trial.status, trial.error), ("failed", "ValueError: odd"))
        schedule.assert_called_once_with(self.study.pk)
