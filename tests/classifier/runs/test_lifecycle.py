from datetime import timedelta

from django.test import TestCase
from django.utils import timezone
from kombu.exceptions import OperationalError

from classifier.conf import conf
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Sample, TrainingRun
from classifier.runs.lifecycle import (
    RunError,
    cancel_run,
    resume_run,
    split_counts,
    start_run,
)
from classifier.training.config import InvalidConfigError, TrainingConfig
from tests.support.work import mark_lost, patch_queue

Status = TrainingRun.Status


def make_dataset(per_class=2, name="logos", fingerprint="f" * 64):
    """Store a ready dataset with rows but without files."""
    dataset = Dataset.objects.create(
        name=name,
        source=Dataset.Source.SYNTHETIC,
        status=Dataset.Status.READY,
        fingerprint=fingerprint,
    )
    Sample.objects.bulk_create(
        Sample(
            dataset=dataset,
            path=f"{split}-{label}-{number}.png",
            sha256=f"{split}-{label}-{number}",
            label=label,
            split=split,
            brand=f"brand {number}",
            package="drawn",
        )
        for split in ("train", "val", "test")
        for label in CLASS_NAMES
        for number in range(per_class)
    )
    return dataset


class RunTestCase(TestCase):
    def setUp(self):
        self.dataset = make_dataset()
        self.send = patch_queue(self)

    def make_run(self, status=Status.QUEUED, **values):
        return TrainingRun.objects.create(
            dataset=self.dataset,
            dataset_fingerprint=self.dataset.fingerprint,
            config=TrainingConfig(batch_size=8).to_json(),
            status=status,
            **values,
        )


class StartRunTests(RunTestCase):
    def start(self, **values):
        with self.captureOnCommitCallbacks(execute=True):
            return start_run(self.dataset, TrainingConfig(batch_size=8, **values))

    def test_it_stores_a_queued_run_and_tells_a_worker(self):
        run = self.start(head="enhanced")
        self.assertEqual(run.status, Status.QUEUED)
        self.assertEqual(run.config["head"], "enhanced")
        self.assertEqual(run.dataset_fingerprint, self.dataset.fingerprint)
        self.send.assert_called_once_with("training_run", run.pk)

    def test_it_tells_nobody_before_the_transaction_is_over(self):
        with self.captureOnCommitCallbacks(execute=False):
            start_run(self.dataset, TrainingConfig(batch_size=8))
        self.send.assert_not_called()

    def test_it_does_not_take_over_the_checkpoints_of_another_database(self):
        left = TrainingRun(pk=self.start().pk + 1).folder / "last.safetensors"
        left.parent.mkdir(parents=True)
        left.touch()
        self.assertEqual(self.start().folder, left.parent)
        self.assertFalse(left.exists())

    def test_it_refuses_a_dataset_that_is_being_built(self):
        self.dataset.status = Dataset.Status.BUILDING
        with self.assertRaisesMessage(RunError, "not ready (building)"):
            self.start()

    def test_it_refuses_a_config_that_does_not_fit_the_dataset(self):
        with self.assertRaises(InvalidConfigError) as caught:
            start_run(self.dataset, TrainingConfig(batch_size=9))
        self.assertIn("8 images", caught.exception.errors["batch_size"])
        self.dataset.samples.filter(label="text", split="test").delete()
        with self.assertRaisesMessage(InvalidConfigError, "no text images in its test split"):
            self.start()
        self.assertFalse(TrainingRun.objects.exists())

    def test_an_unreachable_queue_fails_the_run_with_advice(self):
        self.send.side_effect = OperationalError("no broker")
        run = self.start()
        run.refresh_from_db()
        self.assertEqual(run.status, Status.FAILED)
        self.assertIn("task queue could not be reached", run.error)


class SplitCountsTests(RunTestCase):
    def test_ambiguous_and_unsplit_samples_do_not_count(self):
        self.dataset.samples.filter(split="val", label="text").update(split="")
        self.dataset.samples.filter(split="val", label="simple").update(label="ambiguous")
        counts = split_counts(self.dataset)
        self.assertEqual(counts["train"], dict.fromkeys(CLASS_NAMES, 2))
        self.assertEqual(counts["val"], {"gradient": 2, "complex": 2})


class CancelRunTests(RunTestCase):
    def test_a_queued_run_is_cancelled_at_once(self):
        run = self.make_run()
        cancel_run(run)
        self.assertEqual(run.status, Status.CANCELLED)
        self.assertIsNotNone(run.finished_at)
        self.assertIsNone(run.begin())

    def test_a_running_run_is_asked_to_stop(self):
        run = self.make_run(Status.RUNNING)
        cancel_run(run)
        self.assertEqual(run.status, Status.CANCELLING)
        cancel_run(run)
        self.assertEqual(run.status, Status.CANCELLING)

    def test_a_run_that_is_over_is_refused(self):
        with self.assertRaisesMessage(RunError, "nothing to cancel"):
            cancel_run(self.make_run(Status.SUCCEEDED))


class ResumeRunTests(RunTestCase):
    def resume(self, run):
        with self.captureOnCommitCallbacks(execute=True):
            resume_run(run)

    def test_runs_that_ended_early_are_queued_again(self):
        for status in (Status.CANCELLED, Status.FAILED, Status.LOST):
            run = self.make_run(status, error="why", finished_at=timezone.now())
            self.resume(run)
            self.assertEqual((run.status, run.error), (Status.QUEUED, ""))
            self.assertIsNone(run.finished_at)
            self.send.assert_called_with("training_run", run.pk)

    def test_other_runs_are_refused(self):
        for status in (Status.QUEUED, Status.RUNNING, Status.CANCELLING, Status.SUCCEEDED):
            with self.assertRaisesMessage(RunError, "cannot be resumed"):
                self.resume(self.make_run(status))
        self.send.assert_not_called()

    def test_a_deleted_dataset_is_named(self):
        run = self.make_run(Status.LOST)
        self.dataset.delete()
        run.refresh_from_db()
        with self.assertRaisesMessage(RunError, "was deleted"):
            self.resume(run)

    def test_a_changed_dataset_is_refused(self):
        run = self.make_run(Status.LOST)
        self.dataset.fingerprint = "e" * 64
        self.dataset.save()
        run.refresh_from_db()
        with self.assertRaisesMessage(RunError, "was changed"):
            self.resume(run)


class MarkLostRunsTests(RunTestCase):
    def test_silent_runs_are_lost_and_others_are_not(self):
        now = timezone.now()
        old = now - timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)
        silent = self.make_run(Status.RUNNING, heartbeat_at=old)
        stopping = self.make_run(Status.CANCELLING, heartbeat_at=old)
        alive = self.make_run(Status.RUNNING, heartbeat_at=now)
        done = self.make_run(Status.SUCCEEDED, heartbeat_at=old)
        queued = self.make_run(Status.QUEUED)
        self.assertEqual(mark_lost("training_run"), 1)
        states = [
            TrainingRun.objects.get(pk=run.pk).status
            for run in (silent, stopping, alive, done, queued)
        ]
        self.assertEqual(
            states,
            [Status.LOST, Status.CANCELLED, Status.RUNNING, Status.SUCCEEDED, Status.QUEUED],
        )
        silent.refresh_from_db()
        self.assertIn("Resume", silent.error)
