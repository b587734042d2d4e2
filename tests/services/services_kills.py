"""Workers killed in the middle of a run, an evaluation, a batch: nothing is lost or double."""

import os
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import psutil
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase
from django.utils import timezone

from classifier.conf import conf
from classifier.models import Evaluation, EvaluationJob, ModelVersion, TrainingRun
from classifier.runs.lifecycle import resume_run, start_run
from classifier.training.config import TrainingConfig
from classifier.versions.evaluation_jobs import start_evaluation
from converter.batches import create_batch, progress_of
from converter.conversion import Choice
from converter.models import Conversion
from tests.converter.images import encoded, logo
from tests.services.servers import wait_for
from tests.support.broker import real_broker
from tests.support.builders import make_dataset, make_version
from tests.support.work import mark_lost
from tests.support.worker import real_worker

COLOURS = ("#d03030", "#30a040", "#3050d0", "#c0a020", "#8030b0", "#107070", "#404040", "#e07020")


def kill(worker):
    """Kill a worker's processes, those of its pool first: nothing of them goes on."""
    for process in psutil.Process(worker.pid).children(recursive=True):
        process.kill()
    worker.kill()
    worker.wait()


def timeless(figures):
    """Return figures without how long they took."""
    if not isinstance(figures, dict):
        return figures
    return {
        name: timeless(value) for name, value in figures.items() if not name.endswith("seconds")
    }


class EvaluationTests(TransactionTestCase):
    def figures(self):
        rows = Evaluation.objects.order_by("-pk")
        return {row.method: timeless(row.metrics) for row in reversed(rows)}

    def evaluate(self, version, dataset):
        start_evaluation(version, dataset, "test")
        return EvaluationJob.objects.order_by("-pk").first()

    def ends(self, job):
        job.refresh_from_db()
        return not job.is_active and job.status

    def test_a_killed_evaluation_is_lost_and_the_next_one_ends_as_an_undisturbed_one(self):
        version, dataset = make_version(), make_dataset(per_class=40)
        with real_broker() as url:
            with real_worker(url) as worker:
                job = self.evaluate(version, dataset)
                wait_for(lambda: Evaluation.objects.exists(), "the model's part is stored")
                kill(worker)
            self.assertEqual(self.ends(job), False)
            stored = Evaluation.objects.count()
            long_ago = timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)
            EvaluationJob.objects.update(heartbeat_at=timezone.now() - long_ago)
            self.assertEqual(mark_lost("evaluation"), 1)
            self.assertEqual(self.ends(job), "lost")
            with real_worker(url):
                again = self.evaluate(version, dataset)
                wait_for(lambda: self.ends(again), "the second ends", seconds=120)
                self.assertEqual(again.status, "succeeded", again.error)
                self.assertEqual(Evaluation.objects.count(), stored + 3)
                after = self.figures()
                Evaluation.objects.all().delete()
                undisturbed = self.evaluate(version, dataset)
                wait_for(lambda: self.ends(undisturbed), "the third ends", seconds=120)
        self.assertEqual(after, self.figures())
        for row in Evaluation.objects.all():
            self.assertEqual(row.predictions.count(), row.sample_count)


class TrainingTests(TransactionTestCase):
    config = TrainingConfig(
        backbone="efficientnet_lite0", input_size=32, batch_size=8, head_epochs=1, top_epochs=0,
        full_epochs=6, twins=False,
    )  # fmt: skip

    def train(self, dataset):
        run = start_run(dataset, self.config)
        wait_for(lambda: self.status(run) != "queued", "the run begins")
        return run

    def status(self, run):
        return TrainingRun.objects.get(pk=run.pk).status

    def wait_for_end(self, run):
        wait_for(lambda: self.status(run) not in ("queued", "running"), "the run ends", 120)
        self.assertEqual(self.status(run), "succeeded")

    def losses(self, run):
        return list(run.epochs.order_by("epoch").values_list("epoch", "train_loss", "val_loss"))

    def test_a_killed_run_is_lost_and_resumed_to_the_same_end(self):
        dataset = make_dataset(per_class=40)
        with real_broker() as url:
            with real_worker(url) as worker:
                run = self.train(dataset)
                wait_for(lambda: run.epochs.count() >= 3, "some epochs are over", 120)
                kill(worker)
            before = self.losses(run)
            self.assertEqual(self.status(run), "running")
            self.assertLess(len(before), self.config.epochs)
            long_ago = timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)
            TrainingRun.objects.update(heartbeat_at=timezone.now() - long_ago)
            self.assertEqual(mark_lost("training_run"), 1)
            self.assertEqual(self.status(run), "lost")
            with real_worker(url):
                run.refresh_from_db()
                resume_run(run)
                self.wait_for_end(run)
                undisturbed = self.train(dataset)
                self.wait_for_end(undisturbed)
        self.assertEqual(self.losses(run)[: len(before)], before)
        self.assertEqual(self.losses(run), self.losses(undisturbed))
        versions = ModelVersion.objects.all()
        self.assertEqual({version.run_id for version in versions}, {run.pk, undisturbed.pk})
        weights = [version.manifest["files"]["model.safetensors"] for version in versions]
        self.assertEqual(weights[0], weights[1])


class BatchTests(TransactionTestCase):
    @contextmanager
    def quick_redelivery(self):
        with mock.patch.dict(os.environ, QUEUE_VISIBILITY_TIMEOUT="4"):
            yield

    def order(self):
        uploads = [
            SimpleUploadedFile(f"{number}.png", encoded(logo(colour=colour)))
            for number, colour in enumerate(COLOURS)
        ]
        return create_batch("00000000-0000-0000-0000-000000000001", uploads, Choice("simple"))

    def drawings(self, batch):
        drawn = {}
        for item in batch.items.select_related("conversion"):
            with item.conversion.svg.open() as file:
                drawn[item.name] = file.read()
        return drawn

    def test_a_killed_workers_images_are_converted_once_by_the_next(self):
        with real_broker() as url, self.quick_redelivery():
            with real_worker(url, queues="conversion") as worker:
                batch = self.order()
                wait_for(lambda: progress_of(batch).done, "the first is converted")
                kill(worker)
            self.assertTrue(progress_of(batch).is_active)
            with real_worker(url, queues="conversion"):
                wait_for(lambda: not progress_of(batch).is_active, "all are converted", seconds=90)
                undisturbed = self.order()
                wait_for(lambda: not progress_of(undisturbed).is_active, "the others", seconds=90)
        for each in (batch, undisturbed):
            self.assertEqual(progress_of(each).done, len(COLOURS))
        self.assertEqual(Conversion.objects.count(), 2 * len(COLOURS))
        self.assertEqual(self.drawings(batch), self.drawings(undisturbed))
