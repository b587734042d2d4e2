import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
from django.test import SimpleTestCase

from classifier.training import parallel
from classifier.training.config import InvalidConfigError
from classifier.training.dataset import TrainingData
from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.classifier.training.two_processes import CONFIG
from tests.support.training_images import make_data

ROOT = Path(__file__).resolve().parents[3]


def torchrun(processes, *arguments):
    """Run a module of the tests under torchrun; return the finished process."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={processes}", "-m", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )


class TwoProcessesTests(SimpleTestCase):
    """One call of torchrun, since starting two processes takes longer than what they do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.data = make_data(cls.folder)
        done = torchrun(2, "tests.classifier.training.two_processes", str(cls.folder))
        assert done.returncode == 0, done.stderr
        cls.first, cls.second = (
            json.loads((cls.folder / f"rank-{rank}.json").read_text()) for rank in (0, 1)
        )

    def test_all_processes_end_with_the_same_weights_and_measures(self):
        self.assertEqual(self.first, self.second)
        self.assertEqual(len(self.first["whole"]["val_loss"]), 3)

    def test_the_result_is_close_to_one_process_with_the_same_batch(self):
        result = train(CONFIG, self.data, self.folder / "alone", SilentObserver())
        both = self.first["head"]
        for name in ("train_loss", "val_loss"):
            alone = [getattr(epoch, name) for epoch in result.history]
            np.testing.assert_allclose(both[name], alone, rtol=1e-3)
        np.testing.assert_allclose(both["logits"], result.val_logits, atol=1e-2)

    def test_a_wish_to_stop_reaches_all(self):
        self.assertTrue(self.first["stopped"] and self.second["stopped"])

    def test_a_stopped_run_resumes_to_the_same_result(self):
        self.assertEqual(self.first["resumed"], self.first["whole"]["logits"])


class OneProcessTests(SimpleTestCase):
    def test_alone_nothing_is_shared(self):
        self.assertEqual((parallel.rank(), parallel.size()), (0, 1))
        self.assertEqual(parallel.from_first(7), 7)
        self.assertTrue(parallel.agreed(True))
        self.assertFalse(parallel.agreed(False))

    def test_a_batch_too_small_for_the_processes_is_refused(self):
        refused = self.assertRaisesMessage(InvalidConfigError, "batch_size: must be at least 16")
        with mock.patch.object(parallel, "size", lambda: 8), refused:
            train(CONFIG, TrainingData([], []), Path("none"), SilentObserver())
