import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from django.test import SimpleTestCase

from classifier.training.checkpoint import LAST
from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.classifier.training.killed_run import CONFIG
from tests.support.training_images import make_data

ROOT = Path(__file__).resolve().parents[3]


class KilledRunTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = make_data(self.folder)

    def killed(self, epoch):
        """Train in a process of its own, killed during the epoch after `epoch`."""
        module = "tests.classifier.training.killed_run"
        done = subprocess.run(
            [sys.executable, "-m", module, str(self.folder), str(self.folder / "run"), str(epoch)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)

    def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(self):
        whole = train(CONFIG, self.data, self.folder / "whole", SilentObserver())
        for epoch in (1, 3):  # the second process goes on from the first one's checkpoint
            self.killed(epoch)
            self.assertTrue((self.folder / "run" / LAST).exists())
        resumed = train(CONFIG, self.data, self.folder / "run", SilentObserver())
        for name, tensor in whole.model.state_dict().items():
            self.assertTrue(torch.equal(tensor, resumed.model.state_dict()[name]), name)
        np.testing.assert_array_equal(whole.val_logits, resumed.val_logits)
        self.assertEqual(len(resumed.history), len(whole.history))
        for before, after in zip(whole.history, resumed.history, strict=True):
            self.assertEqual(before.val_loss, after.val_loss)
            self.assertEqual(before.learning_rate, after.learning_rate)
