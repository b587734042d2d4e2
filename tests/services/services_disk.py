"""A training worker whose disk fills up: the run fails, says why, and leaves nothing half."""

import shutil
import subprocess
import unittest
from pathlib import Path

from django.conf import settings
from django.test import TransactionTestCase

from classifier.models import ModelVersion, TrainingRun
from classifier.runs.lifecycle import resume_run, start_run
from classifier.training.config import TrainingConfig
from tests.services.servers import wait_for
from tests.support.broker import real_broker
from tests.support.builders import make_dataset
from tests.support.worker import real_worker

_PATIENCE = 400  # seconds for a training and its export, on a busy machine
CONFIG = TrainingConfig(
    backbone="efficientnet_lite0", input_size=32, batch_size=8, head_epochs=1, top_epochs=0,
    full_epochs=1, twins=False,
)  # fmt: skip


class FullDiskTests(TransactionTestCase):
    def small_disk(self, folder, megabytes):
        """Mount a disk of so many MB on a folder under CLASSIFIER_ROOT."""
        place = Path(settings.CLASSIFIER_ROOT) / folder
        place.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
            raise unittest.SkipTest("Small disks can be mounted by root only.")
        self.addCleanup(subprocess.run, ["umount", str(place)], check=True)
        return place

    def train(self):
        """Let a worker train; return the run when it has ended."""
        with real_broker() as url, real_worker(url, queues="training"):
            run = start_run(make_dataset(per_class=16), CONFIG)
            active = (TrainingRun.Status.QUEUED, TrainingRun.Status.RUNNING)
            wait_for(
                lambda: not TrainingRun.objects.filter(pk=run.pk, status__in=active).exists(),
                "the run ends",
                seconds=_PATIENCE,
            )
        run.refresh_from_db()
        return run

    def assert_full(self, run):
        self.assertEqual(run.status, "failed", run.error)
        self.assertIn("disk is full", run.error)
        self.assertFalse(ModelVersion.objects.filter(run=run).exists())

    def test_a_run_whose_checkpoint_does_not_fit_fails_and_keeps_no_half_of_it(self):
        disk = self.small_disk("runs", 10)
        run = self.train()
        self.assert_full(run)
        self.assertEqual(list(disk.rglob("*.partial")), [])

    def test_a_run_whose_version_does_not_fit_fails_and_resumes_when_there_is_room(self):
        disk = self.small_disk("versions", 5)
        run = self.train()
        self.assert_full(run)
        self.assertEqual(list(disk.iterdir()), [])
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        with real_broker() as url, real_worker(url, queues="training"):
            resume_run(run)
            wait_for(
                lambda: ModelVersion.objects.filter(run=run).exists(), "it is stored", _PATIENCE
            )
        folder = ModelVersion.objects.get(run=run).folder
        self.assertEqual(folder.parent, disk)
