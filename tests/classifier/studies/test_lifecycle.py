from datetime import timedelta

from django.test import TestCase
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier.conf import conf
from classifier.models import EpochMetric, Study, TrainingRun, Trial
from classifier.studies.lifecycle import (
    StudyError,
    best_trial,
    cancel_study,
    create_trials,
    estimate_seconds,
    full_config,
    resume_study,
    schedule_trials,
    seconds_left,
    start_study,
)
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.search_space import PARAMETERS, Budget
from tests.classifier.runs.test_lifecycle import make_dataset
from tests.support.work import mark_lost, patch_queue

CONFIG = TrainingConfig(batch_size=8)
SILENT = timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)


def end_trial(trial, status="complete", value=0.5, seconds=60, **values):
    """Let a trial be over."""
    now = timezone.now()
    Trial.objects.filter(pk=trial.pk).update(
        status=status,
        value=value,
        started_at=now - timedelta(seconds=seconds),
        finished_at=now,
        **values,
    )


class StudyTestCase(TestCase):
    def setUp(self):
        self.dataset = make_dataset(per_class=20)
        self.send = patch_queue(self)

    def start(self, parameters=tuple(PARAMETERS), **budget):
        with self.captureOnCommitCallbacks(execute=True):
            return start_study(self.dataset, CONFIG, Budget(**{"trials": 4, **budget}), parameters)

    def schedule(self, study):
        with self.captureOnCommitCallbacks(execute=True):
            schedule_trials(study.pk)
        study.refresh_from_db()

    def states(self, study):
        return list(study.trials.values_list("status", flat=True))


class StartTests(StudyTestCase):
    def test_it_gives_as_many_trials_to_workers_as_may_run_at_once(self):
        study = self.start(parallel=2)
        self.assertEqual(self.states(study), ["queued", "queued"])
        self.assertEqual(
            [call.args[1] for call in self.send.call_args_list],
            list(study.trials.values_list("pk", flat=True)),
        )

    def test_it_refuses_what_does_not_fit(self):
        for budget, parameters, field in (
            ({"trials": 0}, ["head"], "trials"),
            ({"share": 0.1}, ["batch_size"], "share"),
            ({}, ["backbone"], "parameters"),
        ):
            with self.subTest(field), self.assertRaises(InvalidConfigError) as caught:
                self.start(parameters, **budget)
            self.assertEqual(list(caught.exception.errors), [field])
        self.dataset.status = "building"
        with self.assertRaisesMessage(StudyError, "not ready (building)"):
            self.start()
        self.assertFalse(Study.objects.exists())

    def test_an_unreachable_queue_fails_the_study_with_advice(self):
        self.send.side_effect = OperationalError("no broker")
        study = self.start()
        study.refresh_from_db()
        self.assertEqual(study.status, Study.Status.FAILED)
        self.assertIn("could not be reached", study.error)
        self.assertEqual(self.states(study), ["cancelled"])


class ScheduleTests(StudyTestCase):
    def test_every_end_of_a_trial_makes_room_for_the_next(self):
        study = self.start(trials=3)
        for count in (1, 2, 3):
            self.schedule(study)  # once more than needed
            self.assertEqual(study.trials.count(), count)
            end_trial(study.trials.last())
            self.schedule(study)
        self.assertEqual((study.status, study.trials.count()), (Study.Status.SUCCEEDED, 3))
        self.assertIsNotNone(study.finished_at)

    def test_a_failed_trial_does_not_end_the_study(self):
        study = self.start()
        end_trial(study.trials.first(), "failed", None)
        self.schedule(study)
        self.assertEqual(self.states(study), ["failed", "queued"])

    def test_three_failures_without_a_result_do(self):
        study = self.start()
        for _ in range(3):
            end_trial(study.trials.last(), "failed", None)
            self.schedule(study)
        self.assertEqual(study.status, Study.Status.FAILED)
        self.assertIn("all failed", study.error)

    def test_a_deleted_or_ended_study_gets_no_trials(self):
        study = self.start()
        Study.objects.update(status=Study.Status.CANCELLED)
        self.assertEqual(create_trials(study.pk), [])
        self.assertEqual(create_trials(0), [])


class CancelAndResumeTests(StudyTestCase):
    def test_waiting_trials_are_off_and_running_ones_asked_to_stop(self):
        study = self.start(parallel=2)
        study.trials.first().begin()
        cancel_study(study)
        self.assertEqual(study.status, Study.Status.CANCELLED)
        self.assertEqual(self.states(study), ["cancelling", "cancelled"])
        with self.assertRaisesMessage(StudyError, "nothing to cancel"):
            cancel_study(study)

    def test_a_resumed_study_does_what_was_left(self):
        study = self.start(trials=2)
        end_trial(study.trials.first())
        cancel_study(study)
        with self.captureOnCommitCallbacks(execute=True):
            resume_study(study)
        self.assertEqual(self.states(study), ["complete", "queued"])
        with self.assertRaisesMessage(StudyError, "cannot be resumed"):
            resume_study(study)

    def test_a_changed_or_deleted_dataset_is_refused(self):
        study = self.start()
        cancel_study(study)
        study.dataset.fingerprint = "other"
        with self.assertRaisesMessage(StudyError, "was changed"):
            resume_study(study)
        self.dataset.delete()
        study.refresh_from_db()
        with self.assertRaisesMessage(StudyError, "was deleted"):
            resume_study(study)


class LostTrialTests(StudyTestCase):
    def test_a_silent_trial_fails_and_the_study_goes_on(self):
        study = self.start()
        trial = study.trials.get()
        trial.begin()
        self.assertEqual(mark_lost("trial"), 0)
        Trial.objects.update(heartbeat_at=timezone.now() - SILENT)
        with self.captureOnCommitCallbacks(execute=True):
            self.assertEqual(mark_lost("trial"), 1)
        trial.refresh_from_db()
        self.assertEqual((trial.status, trial.claim), ("failed", None))
        self.assertIn("silent", trial.error)
        self.send.assert_called_with("trial", study.trials.last().pk)
        self.assertEqual(self.states(study), ["failed", "queued"])

    def test_a_study_whose_worker_died_between_two_trials_goes_on(self):
        study = self.start()
        end_trial(study.trials.get())
        mark_lost("trial")
        self.assertEqual(self.states(study), ["complete"])  # its worker may be about to
        Trial.objects.update(finished_at=timezone.now() - SILENT)
        mark_lost("trial")
        self.assertEqual(self.states(study), ["complete", "queued"])


class ResultTests(StudyTestCase):
    def test_the_best_trial_gives_the_settings_of_a_full_run(self):
        study = self.start(parallel=3)
        first, second, third = study.trials.all()
        self.assertIsNone(best_trial(study))
        end_trial(first, value=0.6, values={"learning_rate": 0.002})
        end_trial(second, value=0.7, values={"learning_rate": 0.005, "head": "enhanced"})
        end_trial(third, "pruned", value=0.9, values={"learning_rate": 0.009})
        best = best_trial(study)
        self.assertEqual(best, second)
        config = full_config(best)
        self.assertEqual((config.learning_rate, config.head), (0.005, "enhanced"))
        self.assertEqual((config.full_epochs, config.batch_size), (CONFIG.full_epochs, 8))

    def test_time_left_follows_from_the_trials_so_far(self):
        study = self.start()
        self.assertIsNone(seconds_left(study))
        end_trial(study.trials.first(), seconds=60)
        self.assertAlmostEqual(seconds_left(study), 180, delta=0.1)

    def test_the_estimate_follows_from_the_last_run(self):
        self.assertIsNone(estimate_seconds(self.dataset, CONFIG, Budget()))
        run = TrainingRun.objects.create(dataset=self.dataset, config=CONFIG.to_json())
        EpochMetric.objects.create(
            run=run,
            epoch=1,
            stage="full",
            train_loss=1,
            train_accuracy=0.5,
            val_loss=1,
            val_accuracy=0.5,
            learning_rate=0.1,
            images_per_second=40,
            seconds=1,
        )
        one = estimate_seconds(self.dataset, CONFIG, Budget(trials=1))
        self.assertGreater(one, 0)
        many = estimate_seconds(self.dataset, CONFIG, Budget(trials=10, parallel=2))
        self.assertAlmostEqual(many, 5 * one)
